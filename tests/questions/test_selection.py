from pathlib import Path

import pytest

from bot.questions.selection import NothingSelected, resolved, select
from bot.questions.sets import QuestionSet, SetError
from question_house import question

GOITA = question("goita", "Who accompanied Goïta?", expect="Camara", tags=["names", "visit"])
GATES = question("gates", "What costs $5?", refuse=True, tags="costs")
THEN = question("then", ["Who is Camara?", "And who met him?"], expect="Belousov", tags="visit")
PLAIN = question("plain", "Where?", refuse=True)
ALL = (GOITA, GATES, THEN, PLAIN)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ALL),
        ({"words": ("goita",)}, (GOITA,)),
        ({"words": ("gates", "camara")}, (GATES, THEN)),
        ({"words": ("camara who",)}, (THEN,)),
        ({"words": ("who",)}, (GOITA, THEN)),
        ({"tags": ("visit",)}, (GOITA, THEN)),
        ({"tags": ("names", "costs")}, (GOITA, GATES)),
        ({"words": ("who",), "tags": ("names",)}, (GOITA,)),
        ({"ids": frozenset({"plain", "goita"})}, (GOITA, PLAIN)),
        ({"ids": frozenset({"plain", "goita"}), "words": ("where",)}, (PLAIN,)),
    ],
)
def test_questions_are_selected_by_words_tags_and_ids(selection, expected):
    """Any of the words and any of the tags; in the set's order."""
    assert select(ALL, **selection) == expected


@pytest.mark.parametrize(
    ("selection", "complaint"),
    [
        ({"words": ("x", "y")}, "-k x -k y"),
        (
            {"tags": ("visits",)},
            "--tag visits; its tags are: costs, names, visit",
        ),
        (
            {"ids": frozenset({"plain"}), "tags": ("visit",)},
            "--tag visit --failed; its tags are: costs, names, visit",
        ),
    ],
)
def test_where_nothing_is_selected_that_is_said_with_the_tags_there_are(selection, complaint):
    with pytest.raises(NothingSelected) as told:
        select(ALL, **selection)
    assert str(told.value) == f"no question of the set fits {complaint}"


# Articles


def named(*questions):
    return QuestionSet(
        path=Path("corpus/questions.yaml"), corpus=Path("corpus"), questions=questions, digest="0"
    )


IDS = ["2025/kremlin-visit.md", "kremlin.md", "https://news.example/Goïta"]


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("visit", "2025/kremlin-visit.md"),
        ("KREMLIN-VISIT", "2025/kremlin-visit.md"),
        ("kremlin.md", "kremlin.md"),
        ("news.example/goita", "https://news.example/Goïta"),
    ],
)
def test_articles_are_named_by_what_only_they_have(name, whole):
    """A whole id is that article's, also where another id has it as a part."""
    one = question("one", "Who?", cites=name, retrieves={name: 3})
    expected = question("one", "Who?", cites=whole, retrieves={whole: 3})
    assert resolved(named(one, PLAIN), [*IDS, "x-kremlin.md"]).questions == (expected, PLAIN)


def test_a_name_of_several_articles_or_of_none_lists_what_there_is():
    """Each wrong name of a question is told once."""
    many = [*IDS, *(f"{number}.txt" for number in range(1, 6))]
    one = question("one", "Who?", cites=["lavrov", "kremlin"], retrieves="lavrov")
    with pytest.raises(SetError) as told:
        resolved(named(one), many)
    assert [str(each) for each in told.value.mistakes] == [
        (
            "corpus/questions.yaml: no article's id has “lavrov”; there are: 1.txt, 2.txt, "
            "2025/kremlin-visit.md, 3.txt, 4.txt and 3 more"
        ),
        (
            "corpus/questions.yaml: “kremlin” is a part of several articles' ids: "
            "2025/kremlin-visit.md, kremlin.md; write more of the id"
        ),
    ]
