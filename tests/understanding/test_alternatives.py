from decimal import Decimal

import pytest

from rag.understanding.alternatives import (
    Amount,
    amounts,
    asks_greater,
    comparable,
    compared,
    greater,
    listed,
)


@pytest.mark.parametrize(
    ("question", "code", "alone"),
    [
        (
            "Which costs more, the bridge or the long tunnel?",
            "en",
            ("Which costs more, the bridge?", "Which costs more, the long tunnel?"),
        ),
        (
            "What is cheaper, a stay in Gao or in Kidal?",
            "en",
            ("What is cheaper, a stay in Gao?", "What is cheaper, a stay in Kidal?"),
        ),
        (
            "Qui est plus âgé, Ana Roth ou Leo Falk ?",
            "fr",
            ("Qui est plus âgé, Ana Roth ?", "Qui est plus âgé, Leo Falk ?"),
        ),
        ("Что дороже, Корва или Брикстон?", "ru", ("Что дороже, Корва?", "Что дороже, Брикстон?")),
        ("Was it cheap or dear?", "en", ()),
        ("Who came?", "en", ()),
    ],
)
def test_two_things_to_choose_from_are_asked_about_one_by_one(question, code, alone):
    assert tuple(text for _, text in compared(question, code)) == alone


def test_two_things_side_by_side_are_asked_about_one_by_one():
    assert listed("When do the wide bridge and the long tunnel open?", "en") == (
        ("the wide bridge", "When do the wide bridge open?"),
        ("the long tunnel", "When do the long tunnel open?"),
    )
    assert listed("Who came and went?", "en") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("96 million pounds", "it costs 61 million pounds", True),
        ("€ 40", "€ 1,200", True),
        ("12 turbines", "3,000 homes", False),
        ("1,240", "515", True),
        ("1972", "2024", False),
        ("1,240", "515 homes", False),
        ("the mayor", "3 homes", False),
    ],
)
def test_only_what_has_the_same_unit_is_compared(one, other, same):
    assert comparable(amounts(one, "en"), amounts(other, "en")) is same


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("It costs 96 million pounds.", "en", [("pound", 96_000_000, "96 million pounds")]),
        ("61 millions d'euros", "fr", [("euro", 61_000_000, "61 millions d'euros")]),
        ("1.200 euros", "es", [("euro", 1200, "1.200 euros")]),
        ("2.40 euros", "en", [("euro", Decimal("2.40"), "2.40 euros")]),
        ("$5,000 a year", "en", [("$", 5000, "$5,000")]),
        ("12 %", "de", [("%", 12, "12 %")]),
        ("38 миллионов рублей", "ru", [("рублей", 38_000_000, "38 миллионов рублей")]),
        ("1.20.3 euros", "en", [("euro", None, "1.20.3 euros")]),
        ("in 2024", "en", []),
        ("by 7 votes to 5", "en", [("vote", 7, "7 votes")]),
    ],
)
def test_the_amounts_of_a_text(text, code, found):
    """In the forms of its language, with what is counted."""
    assert list(amounts(text, code)) == [Amount(*each) for each in found]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (
            "96 million pounds",
            "it costs 61 million pounds",
            ("96 million pounds", "61 million pounds"),
        ),
        ("9 thousand homes", "12 homes in Gao", ("9 thousand homes", "12 homes")),
        ("3 homes", "3 homes", None),
        ("3 homes", "5 votes", None),
        ("3 homes and 4 homes", "5 homes", None),
        ("1.20.3 euros", "2 euros", None),
    ],
)
def test_the_greater_of_two_amounts(one, other, found):
    """If both are clear and of the same unit."""
    both = greater(amounts(one, "en"), amounts(other, "en"))
    assert both == (found and tuple(amounts(text, "en")[0] for text in found))


@pytest.mark.parametrize(
    ("question", "code", "more"),
    [
        ("Which costs more, A or B?", "en", True),
        ("Which is cheaper, A or B?", "en", False),
        ("Lequel est plus cher, A ou B ?", "fr", True),
        ("Lequel est le plus petit, A ou B ?", "fr", False),
        ("Lequel est le moins cher, A ou B ?", "fr", False),
        ("¿Cuál es más barato, A o B?", "es", False),
        ("Qual é maior, A ou B?", "pt", True),
        ("Что дороже, А или Б?", "ru", True),
        ("Что дешевле, А или Б?", "ru", False),
        ("أيهما أغلى، أ أو ب؟", "ar", True),
        ("Which costs more and weighs less, A or B?", "en", None),
        ("Who came?", "en", None),
        ("どちらが高い？", "ja", None),
    ],
)
def test_what_of_two_is_asked_for(question, code, more):
    assert asks_greater(question, code) is more
