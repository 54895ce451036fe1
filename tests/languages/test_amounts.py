from decimal import Decimal

import pytest

from rag.languages.amounts import amounts, comparable, greater, measured


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
        (
            "It costs 96 million pounds.",
            "en",
            [("currency-pounds", 96_000_000, "96 million pounds")],
        ),
        ("61 millions d'euros", "fr", [("currency-euros", 61_000_000, "61 millions d'euros")]),
        ("1.200 euros", "es", [("currency-euros", 1200, "1.200 euros")]),
        ("2.40 euros", "en", [("currency-euros", Decimal("2.40"), "2.40 euros")]),
        ("$5,000 a year", "en", [("currency-dollars", 5000, "$5,000")]),
        ("12 %", "de", [("concentr-percent", 12, "12 %")]),
        ("38 миллионов рублей", "ru", [("currency-рубля", 38_000_000, "38 миллионов рублей")]),
        ("1.20.3 euros", "en", [("currency-euros", None, "1.20.3 euros")]),
        (
            "210 kilómetros por hora",
            "es",
            [("speed-kilometer-per-hour", 210, "210 kilómetros por hora")],
        ),
        ("17 square metres", "en", [("area-square-meter", 17, "17 square metres")]),
        ("€40m", "en", [("currency-euros", 40_000_000, "€40m")]),
        ("$5 million", "en", [("currency-dollars", 5_000_000, "$5 million")]),
        ("200 Mio. Euro", "de", [("currency-euro", 200_000_000, "200 Mio. Euro")]),
        ("3,2 млрд рублей", "ru", [("currency-рубля", 3_200_000_000, "3,2 млрд рублей")]),
        ("21 in April", "en", []),
        ("in 2024", "en", []),
        ("by 7 votes to 5", "en", [("vote", 7, "7 votes")]),
    ],
)
def test_the_amounts_of_a_text(text, code, found):
    """In the forms of its language, with what is counted."""
    assert [each[:3] for each in amounts(text, code)] == found


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
    assert (both and tuple(each.text for each in both)) == found


@pytest.mark.parametrize(
    ("text", "ages", "found"),
    [
        ("54 percent in 2019 and 61 in 2023", False, [(54, "54 percent"), (61, "61")]),
        ("3 crowns for 2 days and 5", False, [(3, "3 crowns"), (2, "2 days")]),
        ("founded in 1961, and in 1948", True, [(-1961, "1961"), (-1948, "1948")]),
        ("Ana Roth, 43, came.", True, [(43, "43")]),
    ],
)
def test_the_amounts_of_a_sentence(text, ages, found):
    """A number without a unit has the unit of the others, if that is one."""
    assert [each[1:3] for each in measured(text, "en", ages=ages)] == found
