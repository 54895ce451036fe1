from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.understanding.conversation import Turn
from rag.understanding.questions import ALL, understand

FIRST = "Who accompanied Goïta?"
HISTORY = (Turn(FIRST, FIRST, ("Camara did.",)),)


def standalone(question, history):
    return understand(question, history).text


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
        # Only going on: after the previous question
        ("and on the Russian side?", "Who accompanied Goïta, on the Russian side?"),
        ("And what about France?", "Who accompanied Goïta, France?"),
        ("or, how about the French", "Who accompanied Goïta, the French"),
        ("but in 2021?", "Who accompanied Goïta, in 2021?"),
        # Without a subject of its own: the previous question in brackets
        ("when did he arrive?", "when did he arrive? (Who accompanied Goïta)"),
        ("What did the man tell him?", "What did the man tell him? (Who accompanied Goïta)"),
        ("did they meet there?", "did they meet there? (Who accompanied Goïta)"),
        ("Who met the other one?", "Who met the other one? (Who accompanied Goïta)"),
        ("where is that company based?", "where is that company based? (Who accompanied Goïta)"),
        ("what did that one say?", "what did that one say? (Who accompanied Goïta)"),
        ("why?", "why? (Who accompanied Goïta)"),
        ("And when?", "when? (Who accompanied Goïta)"),
        ("how many soldiers?", "how many soldiers? (Who accompanied Goïta)"),
        ("what happened", "what happened (Who accompanied Goïta)"),
        ("who was killed?", "who was killed? (Who accompanied Goïta)"),
        ("Putin?", "Putin? (Who accompanied Goïta)"),
        ("and why was the man expelled?", "why was the man expelled? (Who accompanied Goïta)"),
        # In another language
        ("Pourquoi ?", "Pourquoi ? (Who accompanied Goïta)"),
        ("لماذا؟", "لماذا؟ (Who accompanied Goïta)"),
    ],
)
def test_a_follow_up_carries_the_question_before(question, alone):
    """If it names no subject of its own."""
    assert standalone(question, HISTORY) == alone


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
        "How many soldiers left Mali in this year?",
        "Did Putin deny that soldiers left?",
        "Is the general the one who left?",
        "What was this year's budget of the army?",
        "Où est allé le général Goïta ?",
        "thanks",
        "and?",
        "?",
        "🎉",
    ],
)
def test_a_full_question_stays_alone(question):
    """If it names its own subject, or asks nothing, it carries nothing along."""
    assert standalone(question, HISTORY) == question


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("And who did she meet?", "who did Ama Sow meet?"),
        ("and her party?", "Who leads Chad, her party?"),
        ("Did Deby say that she won?", "Did Deby say that she won?"),
        ("When did they vote?", "When did they vote? (Who leads Chad)"),
    ],
)
def test_a_person_is_called_by_name(question, alone):
    """The person whom the answer before named takes the pronoun's place, where it points back."""
    before = "Who leads Chad?"
    turn = Turn(before, before, ("Ama Sow", "Ama Sow won in May."))
    assert standalone(question, (turn,)) == alone


def test_a_conversation_does_not_pile_up():
    """However long one goes on asking, no more than two questions are carried along."""
    assert talk(FIRST, "why?", "when did he arrive?", "he spoke?", "who met him?", "where?") == [
        "Who accompanied Goïta?",
        "why? (Who accompanied Goïta)",
        "when did he arrive? (Who accompanied Goïta)",
        "he spoke? (when did he arrive; Who accompanied Goïta)",
        "who met him? (he spoke; Who accompanied Goïta)",
        "where? (who met him; Who accompanied Goïta)",
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
    ("typed", "code"),
    [
        ("¿Cuánto costó?", "es"),
        ("Quanto custou?", "pt"),
        ("Сколько стоило?", "ru"),
        ("كم كلفت؟", "ar"),
    ],
)
def test_a_question_of_one_verb_is_of_what_was_asked_before(typed, code):
    """The words that ask say nothing of what it could be about."""
    before = Turn("Q", "Q")

    assert understand(typed, [before], languages=(code,)).text == f"{typed} (Q)"


@given(st.text())
def test_whatever_is_typed_is_understood(question):
    """By itself as after a question, and in at most three parts."""
    assert understand(question).alone == question.removeprefix(ALL).strip()
    assert len(understand(question, HISTORY).parts) <= 3
