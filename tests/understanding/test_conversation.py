from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.understanding.conversation import Turn
from rag.understanding.questions import part_name, understand

FIRST = "Who accompanied Goïta?"
HISTORY = (Turn(FIRST, FIRST, ("Camara did.",)),)


def standalone(question, history):
    return understand(question, history).text


def parts(question):
    asked = understand(question)
    return tuple(part.text for part in asked.parts or (asked,))


def talk(*questions):
    """Every question of a conversation as it stands alone."""

    def said(history, question):
        return (*history, Turn(question, standalone(question, history), ("It is so.",)))

    return [turn.standalone_question for turn in reduce(said, questions, ())]


@pytest.mark.parametrize("question", ["and on the Russian side?", "why?", " Who came? ", "", "🎉"])
def test_the_first_question_stays_as_it_is(question):
    """Without a history nothing is carried along."""
    assert standalone(question, ()) == question.strip()


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("and on the Russian side?", "Who accompanied Goïta, on the Russian side?"),
        ("What about France?", "Who accompanied Goïta, France?"),
        ("And what about France?", "Who accompanied Goïta, France?"),
        ("or, how about the French", "Who accompanied Goïta, the French"),
        ("but in 2021?", "Who accompanied Goïta, in 2021?"),
    ],
)
def test_an_ellipsis_goes_on_from_the_question_before(question, alone):
    """A follow-up that only goes on is put after the previous question."""
    assert standalone(question, HISTORY) == alone


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("when did he arrive?", "when did he arrive? (Who accompanied Goïta)"),
        (
            "What did the minister tell him?",
            "What did the minister tell him? (Who accompanied Goïta)",
        ),
        ("did they meet there?", "did they meet there? (Who accompanied Goïta)"),
        ("why?", "why? (Who accompanied Goïta)"),
        ("And when?", "when? (Who accompanied Goïta)"),
        ("how many soldiers?", "how many soldiers? (Who accompanied Goïta)"),
        ("what happened", "what happened (Who accompanied Goïta)"),
        ("who was killed?", "who was killed? (Who accompanied Goïta)"),
        ("Putin?", "Putin? (Who accompanied Goïta)"),
        (
            "and why was the mission expelled?",
            "why was the mission expelled? (Who accompanied Goïta)",
        ),
    ],
)
def test_what_points_back_carries_the_question_before(question, alone):
    """A question that names no subject of its own gets the previous one in brackets."""
    assert standalone(question, HISTORY) == alone


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("How did she win?", "How did Ama Sow win?"),
        ("And who did she meet?", "who did Ama Sow meet?"),
        ("and her party?", "Who leads Chad, her party?"),
        ("Did Deby say that she won?", "Did Deby say that she won?"),
        ("Is it true that she won?", "Is it true that Ama Sow won?"),
        ("When did they vote?", "When did they vote? (Who leads Chad)"),
        ("why?", "why? (Who leads Chad)"),
    ],
)
def test_a_person_is_called_by_name(question, alone):
    """Who the answer before named takes the pronoun's place, where it points back."""
    before = "Who leads Chad?"
    turn = Turn(before, before, ("Ama Sow", "Ama Sow won in May."))
    assert standalone(question, (turn,)) == alone


@pytest.mark.parametrize(
    "question",
    [
        "When did Mali leave ECOWAS?",
        "Is there a ceasefire in Mali?",
        "Is it true that Wagner left Mali?",
        "How long does it take to fly to Moscow?",
        "Who is Camara?",
        "who is camara?",
        "And who accompanied Putin?",
        "Does Wagner say when it will leave?",
        "Who won the 2018 World Cup?",
        "thanks",
        "ok",
        "and?",
        "?",
        "🎉",
        "谁？",
    ],
)
def test_a_full_question_stays_alone(question):
    """What names its own subject, or asks nothing, carries nothing along."""
    assert standalone(question, HISTORY) == question


def test_a_conversation_does_not_pile_up():
    """However long one goes on asking, no more than two questions are carried along."""
    assert talk(
        FIRST, "why?", "when?", "when did he arrive?", "who met him?", "where?", "why?"
    ) == [
        "Who accompanied Goïta?",
        "why? (Who accompanied Goïta)",
        "when? (Who accompanied Goïta)",
        "when did he arrive? (Who accompanied Goïta)",
        "who met him? (when did he arrive; Who accompanied Goïta)",
        "where? (who met him; Who accompanied Goïta)",
        "why? (who met him; Who accompanied Goïta)",
    ]


def test_a_new_subject_takes_the_place_of_the_old():
    """After a full question only that one is carried along."""
    assert talk(FIRST, "Did Mali leave ECOWAS?", "when?", "and Niger?", "why?") == [
        "Who accompanied Goïta?",
        "Did Mali leave ECOWAS?",
        "when? (Did Mali leave ECOWAS)",
        "when? (Did Mali leave ECOWAS, Niger)",
        "why? (Did Mali leave ECOWAS, Niger)",
    ]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who came?", ("Who came?",)),
        ("", ("",)),
        ("What is Mali and what is Wagner", ("What is Mali", "what is Wagner")),
        (
            "When did Goïta arrive, and who met him?",
            ("When did Goïta arrive", "who met him? (When did Goïta arrive)"),
        ),
        ("Who came? Where did they go?", ("Who came?", "Where did they go? (Who came)")),
        ("Who came to Gao and why?", ("Who came to Gao", "why? (Who came to Gao)")),
        ("Explain how and why it began", ("Explain how and why it began",)),
        ("Which ministers came and went?", ("Which ministers came and went?",)),
        ("why? (Who came and what for)", ("why? (Who came and what for)",)),
    ],
)
def test_the_parts_of_a_question(question, asked):
    """What is asked at once is asked one by one, each part standing alone."""
    assert parts(question) == asked


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("who is Camara", "Who is Camara?"),
        ("Who met him? (When did Goïta arrive)", "Who met him?"),
        ("¿quién es Camara?", "¿quién es Camara?"),
        ("من هو كامارا؟", "من هو كامارا؟"),
        ("and Tell me who came.", "And Tell me who came."),
    ],
)
def test_a_part_is_named_as_a_question(part, name):
    """Without what it carries along from the part before."""
    assert part_name(understand(part)) == name


@given(st.text())
def test_parts_are_few(question):
    """Whatever is typed, it has one to three parts."""
    assert 1 <= len(parts(question)) <= 3


BEFORE = (Turn("Who met Putin?", "Who met Putin?", ("Goïta met Putin.",)),)


@pytest.mark.parametrize(
    ("question", "history", "leans"),
    [
        ("Who accompanied Goïta?", (), False),
        ("Who accompanied Goïta?", BEFORE, False),
        ("When did he leave?", BEFORE, True),
        ("And on the Russian side?", BEFORE, True),
        ("what were the talks about?", BEFORE, True),
        ("What did Goïta do last week?", (), True),
        ("What did Goïta do yesterday?", BEFORE, True),
        ("Who met Putin on Monday?", (), True),
        ("What happened two days ago?", (), True),
        ("What happened 66 million years ago?", (), False),
    ],
)
def test_a_question_is_rewritten_only_where_it_leans_on_something(question, history, leans):
    """On what was asked before, or on today."""
    assert understand(question, history).leans == leans
