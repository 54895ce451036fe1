from datetime import date

import pytest

from rag.reading.sides import owned
from rag.types import Article, Side
from rag.understanding.questions import understand


def told(own, other, *sentences, title="", kinds=frozenset()):
    text = " ".join(sentences)
    article = Article(
        id="a",
        url="a",
        title=title,
        outlet="",
        published=date(2024, 5, 1),
        text=text,
        content_hash="",
    )
    side = Side(tuple(own.split()), tuple(other.split()), kinds)
    found = owned(understand("Which is dearer?"), side, article, sentences)
    return [[amount.text for amount in each] for each in found]


@pytest.mark.parametrize(
    ("sentence", "ticket", "bus"),
    [
        ("A ticket costs 3 crowns, a pass 45 crowns.", ["3 crowns"], ["45 crowns"]),
        ("They take 3 crowns for a ticket and 45 for a pass.", ["3 crowns"], ["45"]),
        (
            "At 90 crowns a boat, a ticket is 3 crowns and a pass 45 crowns.",
            ["3 crowns"],
            ["45 crowns"],
        ),
        ("A ticket and a pass cost 3 crowns and 45 crowns.", ["3 crowns"], ["45 crowns"]),
        ("Unlike a ticket, a pass costs 45 crowns.", [], ["45 crowns"]),
        ("A pass costs 42 crowns more than a ticket.", [], []),
        ("A boat costs 90 crowns.", [], []),
    ],
)
def test_a_sentence_that_names_both_has_an_amount_of_each(sentence, ticket, bus):
    assert told("ticket", "pass", sentence) == [ticket]
    assert told("pass", "ticket", sentence) == [bus]


def test_what_follows_is_about_what_was_named_last():
    sentences = (
        "The Lumo came out.",
        "It costs 300 crowns.",
        "The Zed of Kor costs 900 crowns.",
        "Then came the Neo.",
        "It costs 400 crowns.",
    )
    assert told("Lumo", "Neo", *sentences) == [[], ["300 crowns"], [], [], []]
    assert told("Neo", "Lumo", *sentences) == [[], [], [], [], ["400 crowns"]]


def test_an_amount_of_another_kind_is_none():
    kinds = frozenset({"mass"})
    said = "The Lumo costs 300 euros and weighs 182 grams."
    assert told("Lumo", "Neo", said, kinds=kinds) == [["182 grams"]]
