import pytest

from rag.languages import language
from rag.models.reader import Found
from rag.reading.candidates import fitting
from rag.types import Span
from rag.understanding.conversation import Turn
from rag.understanding.questions import understand

ENGLISH = language("en")


def found_in(text, *phrases):
    """The reader's candidates, the likeliest first, each a third of a unit less likely."""
    chain = None
    for place, phrase in reversed([*enumerate(phrases)]):
        start = text.index(phrase)
        span = Span(start, start + len(phrase))
        chain = Found(span, score=5.0 - place / 3, share=0.5, next=chain)
    return chain


def fits(question, sentence, *phrases, after=()):
    text = f"It rained. {sentence} It snowed."
    start = len("It rained. ")
    span, found = Span(start, start + len(sentence)), found_in(text, *phrases)
    one = fitting(understand(question, after), text, span, found, ENGLISH)
    return one and text[slice(*one.span)]


VISIT = "With her from Lagos came Ama Sow, Chad's trade minister, and its health minister."
MEETING = "Ama Sow, Chad's trade minister, met Issa Keita, Togo's trade minister."
FIRM = "The firm, which had mined gold since 2015, announced layoffs two weeks ago."
BANK = "The bank, in Togo since 1999, closed in May."
MAYOR = "On June 3, 2021 the mayor, who was elected in 2019, resigned."
TREATY = "The treaty was signed in Lomé, where talks had begun in 1644."
DAM = "The dam, which was built in 1972, broke in May."
LEGEND = "It was there that in 1139 the monk wrote, and the legend began."
RULE = "The rule is gone, a change that the board had made in 1998."
VOTE = "The vote is delayed to May."
LAYOFFS = "When did the firm announce layoffs?"


def test_nothing_found_stays_nothing():
    """Where the reader finds no words there is nothing to choose."""
    assert fitting(understand("Who came?"), "Sow came.", Span(0, 9), None, ENGLISH) is None


@pytest.mark.parametrize(
    ("question", "sentence", "phrases", "answer"),
    [
        # Of another office, only one who is said to hold the office asked for takes the place
        ("Who is Chad's trade minister?", VISIT, ["Ama Sow"], "Ama Sow"),
        ("Who is Chad's health minister?", VISIT, ["Ama Sow"], None),
        ("Who is Chad's health minister?", VISIT, ["Ama Sow", "Lagos"], None),
        ("Who is Togo's trade minister?", MEETING, ["Ama Sow", "Issa Keita"], "Issa Keita"),
        # A relative clause that tells of something else does not tell when
        (LAYOFFS, FIRM, ["2015", "two weeks ago"], "two weeks ago"),
        (LAYOFFS, FIRM, ["2015", "gold"], None),
        ("When did the firm begin mining gold?", FIRM, ["2015"], "2015"),
        ("Since when is the firm announcing layoffs?", FIRM, ["2015"], "2015"),
        ("When did the bank close?", BANK, ["1999", "May"], "May"),
        ("When did the mayor resign?", MAYOR, ["2019", "June 3, 2021"], "June 3, 2021"),
        ("When was the treaty signed?", TREATY, ["1644"], None),
        ("When was the dam built?", DAM, ["1972", "May"], "1972"),
        ("When did the legend begin?", LEGEND, ["1139"], "1139"),
        ("When did the board drop the rule?", RULE, ["1998"], "1998"),
        # What tells no time does not answer when something was, is, or will be
        ("When will the vote be held?", VOTE, ["delayed"], None),
        ("When will the vote be held?", VOTE, ["delayed", "May"], "May"),
        (
            "When will it be held?",
            "It comes after the rains.",
            ["after the rains"],
            "after the rains",
        ),
        ("When is the feast?", "The feast is at Easter.", ["Easter"], "Easter"),
        ("When a vote is delayed, what follows?", VOTE, ["delayed"], "delayed"),
        ("What happened when it rained?", DAM, ["broke"], "broke"),
        # Behind a preposition of place stands no person, if a name is nearly as likely
        ("Who came with her?", VISIT, ["Lagos", "Ama Sow"], "Ama Sow"),
        ("Who came with her?", VISIT, ["Lagos", "Ama Sow, Chad's"], "Ama Sow, Chad's"),
        ("Who came with Ama Sow?", VISIT, ["Lagos", "Ama Sow"], "Lagos"),
        ("Who came with her?", VISIT, ["Lagos", "health minister"], "Lagos"),
        (
            "Who came with her?",
            VISIT,
            [*"Lagos With its and from came her".split(), "Ama Sow"],
            "Lagos",
        ),
        ("Where did they come from?", VISIT, ["Lagos", "Ama Sow"], "Lagos"),
    ],
)
def test_the_likeliest_words_that_can_answer(question, sentence, phrases, answer):
    """Words that cannot answer give way to supported ones, or to nothing."""
    assert fits(question, sentence, *phrases) == answer


@pytest.mark.parametrize(
    ("question", "phrases", "answer"),
    [
        ("And from Togo?", ["Ama Sow", "Issa Keita"], "Issa Keita"),
        ("And from Lagos?", ["Ama Sow", "Issa Keita"], None),
        ("And from Lagos?", ["Issa Keita", "Ama Sow"], "Issa Keita"),
    ],
)
def test_what_answered_before_does_not_answer_an_ellipsis(question, phrases, answer):
    """Its sentence has another answer only where it has the words of the ellipsis."""
    asked = "Who met whom from Chad?"
    before = Turn(asked, asked, ("Ama Sow, Chad's trade minister",), (MEETING,))
    assert fits(question, MEETING, *phrases, after=[before]) == answer
