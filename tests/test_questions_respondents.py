from dataclasses import replace

from bot.questions.respondents import together
from question_runs import ANSWERED


def test_a_conversation_took_what_all_of_its_answers_took():
    """Tokens and cost are added up; the rest is the last answer's."""
    first = replace(ANSWERED, usage={"prompt_tokens": 10, "completion_tokens": 3})
    last = replace(ANSWERED, question="and?", usage={"prompt_tokens": 5, "cost": 0.5})
    assert together([first, last]) == replace(
        last, usage={"prompt_tokens": 15, "completion_tokens": 3, "cost": 0.5}
    )
