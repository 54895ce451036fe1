import pytest

from rag.languages import language
from rag.models.reader import Found
from rag.reading.candidates import fitting
from rag.types import Span
from rag.understanding.questions import understand

ENGLISH = language("en")


def found_in(text, *phrases):
    """What the reader finds, the likeliest first, each a third of a unit less likely."""
    chain = None
    for place, phrase in reversed([*enumerate(phrases)]):
        start = text.index(phrase)
        span = Span(start, start + len(phrase))
        chain = Found(span, score=5.0 - place / 3, share=0.5, next=chain)
    return chain


def fits(question, sentence, *phrases):
    text = f"It rained. {sentence} It snowed."
    start = len("It rained. ")
    span, found = Span(start, start + len(sentence)), found_in(text, *phrases)
    one = fitting(understand(question), text, span, found, ENGLISH)
    return one and text[slice(*one.span)]


VISIT = "With her from Lagos came Ama Sow, Chad's trade minister, and its health minister."
FIRM = "The firm, which had mined gold since 2015, announced layoffs two weeks ago."


def test_nothing_found_stays_nothing():
    """Where the reader finds no words there is nothing to choose."""
    assert fitting(understand("Who came?"), "Sow came.", Span(0, 9), None, ENGLISH) is None


@pytest.mark.parametrize(
    ("question", "sentence", "phrases", "answer"),
    [
        ("Who is Chad's trade minister?", VISIT, ["Ama Sow"], "Ama Sow"),
        ("Who is Chad's health minister?", VISIT, ["Ama Sow"], None),
        ("Who is Chad's health minister?", VISIT, ["Ama Sow", "Lagos"], None),
        ("What is the name of Chad's health minister?", VISIT, ["Ama Sow"], None),
        (
            "Who is Togo's trade minister?",
            "Ama Sow, Chad's trade minister, met Issa Keita, Togo's trade minister.",
            ["Ama Sow", "Issa Keita"],
            "Issa Keita",
        ),
    ],
)
def test_who_holds_another_office_is_not_the_answer(question, sentence, phrases, answer):
    """In the place of another office's holder comes only one who is said to hold this one."""
    assert fits(question, sentence, *phrases) == answer


@pytest.mark.parametrize(
    ("question", "sentence", "phrases", "answer"),
    [
        ("When did the firm announce layoffs?", FIRM, ["2015", "two weeks ago"], "two weeks ago"),
        ("When did the firm announce layoffs?", FIRM, ["2015", "gold"], None),
        ("When did the firm begin mining gold?", FIRM, ["2015"], "2015"),
        ("Since when is the firm announcing layoffs?", FIRM, ["2015"], "2015"),
        (
            "When did the bank close?",
            "The bank, in Togo since 1999, closed in May.",
            ["1999", "May"],
            "May",
        ),
        (
            "When did the mayor resign?",
            "On June 3, 2021 the mayor, who was elected in 2019, resigned.",
            ["2019", "June 3, 2021"],
            "June 3, 2021",
        ),
        (
            "When was the treaty signed?",
            "The treaty was signed in Lomé, where talks had begun in 1644.",
            ["1644"],
            None,
        ),
        (
            "When was the dam built?",
            "The dam, which was built in 1972, broke in May.",
            ["1972", "May"],
            "1972",
        ),
        (
            "When did the legend begin?",
            "It was there that in 1139 the monk wrote, and the legend began.",
            ["1139"],
            "1139",
        ),
        (
            "When did the board drop the rule?",
            "The rule is gone, a change that the board had made in 1998.",
            ["1998"],
            "1998",
        ),
    ],
)
def test_a_time_belongs_to_its_clause(question, sentence, phrases, answer):
    """A relative clause that tells of something else does not tell when."""
    assert fits(question, sentence, *phrases) == answer


@pytest.mark.parametrize(
    ("question", "sentence", "phrases", "answer"),
    [
        ("When will the vote be held?", "The vote has been delayed.", ["delayed"], None),
        ("When will the vote be held?", "The vote is delayed to May.", ["delayed", "May"], "May"),
        (
            "When will the vote be held?",
            "It comes after the rains.",
            ["after the rains"],
            "after the rains",
        ),
        ("When is the feast?", "The feast is at Easter.", ["Easter"], "Easter"),
        ("When a vote is delayed, what follows?", "Unrest follows.", ["Unrest"], "Unrest"),
        ("What happened when it rained?", "The dam broke.", ["The dam broke"], "The dam broke"),
    ],
)
def test_when_is_answered_by_a_time(question, sentence, phrases, answer):
    """What tells no time does not answer when something was, is, or will be."""
    assert fits(question, sentence, *phrases) == answer


@pytest.mark.parametrize(
    ("question", "phrases", "answer"),
    [
        ("Who came with her?", ["Lagos", "Ama Sow"], "Ama Sow"),
        (
            "Who came with her?",
            ["Lagos", "Ama Sow, Chad's trade minister"],
            "Ama Sow, Chad's trade minister",
        ),
        ("Who came with Ama Sow?", ["Lagos", "Ama Sow"], "Lagos"),
        ("Who came with her?", ["Lagos", "health minister"], "Lagos"),
        (
            "Who came with her?",
            ["Lagos", "her", "With", "and", "its", "came", "from", "Ama Sow"],
            "Lagos",
        ),
        ("Where did they come from?", ["Lagos", "Ama Sow"], "Lagos"),
    ],
)
def test_who_is_seldom_a_place(question, phrases, answer):
    """What stands behind a preposition of place gives way to a name that is as likely, nearly."""
    assert fits(question, VISIT, *phrases) == answer
