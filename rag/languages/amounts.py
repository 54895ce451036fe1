"""The numbers of a text with their units, and which of two is greater; pure.

The formats of numbers and the words for "million", units and currencies are those of Unicode's
CLDR, in any language.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import product
from typing import NamedTuple

from rag.languages import language
from rag.languages.terms import terms

_AMOUNT = re.compile(
    r"(?P<before>[$€£¥₽%])?\s?(?<![\w.,])(?P<number>\d(?:[\d.,\u00a0\u202f]*\d)?)"
    r"(?:\s?(?P<after>[$€£¥₽%])|[\s-]?(?P<words>[^\W\d_]+(?:\.?[\s’'/][^\W\d_]+){0,3}²?))?"
)
_ALONE = re.compile(r"(?!(?:1\d|20)\d\d$)\d(?:[\d.,\u00a0\u202f]*\d)?")
_YEAR = re.compile(r"(?<![\w.,-])(?:1\d|20)\d\d(?![\w-])(?![.,]\d)")
_AGE = re.compile(r"(?:, |\(|\baged )(\d{1,3})(?=[,.;)])")
_LINK = 2
"""The most letters of a word between "million" and the unit: "61 millions d'euros"."""

_MEASURES = (
    "length-meter length-kilometer length-centimeter length-millimeter length-mile length-foot "
    "length-inch length-yard mass-gram mass-kilogram mass-tonne mass-ton mass-pound mass-ounce "
    "area-square-kilometer area-square-meter area-square-mile area-square-foot area-hectare "
    "area-acre speed-kilometer-per-hour speed-meter-per-second speed-mile-per-hour speed-knot "
    "duration-second duration-minute duration-hour duration-day duration-week duration-month "
    "duration-year temperature-celsius temperature-fahrenheit volume-liter concentr-percent"
).split()
_CURRENCIES = "USD EUR GBP JPY CHF RUB CNY INR BRL MXN SEK NOK DKK CZK PLN".split()
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₽": "RUB"}
_COUNTS = (1, 2, 5, Decimal("1.5"))
"""Numbers whose plural forms are all that units have after a number."""

_LONGEST = 40
"""The most characters of a unit's form."""

_WORDS_TOO = {"length-inch"}
"""Units with a short form that is a word as well: "21 in April"."""

_NOUN_LAST = {"en", "de", "da", "nl", "no", "sv", "fi", "hu"}
"""Languages in which a currency's name ends with its noun: "British pounds"."""

_ADJECTIVE = re.compile(r".+(?:ий|ый|их|ых)", re.IGNORECASE)
"""A word of a currency's name in Russian that is not its noun: "российских рублей"."""

_PLURALS = ("zero", "one", "two", "few", "many", "other")
_FORMATTED = re.compile(r"[\d.,٠-٩]+")
_WORD = re.compile(r"[^\W\d_]+")

_SHORTEST = 2
"""The fewest letters of a unit's form that is looked for: "m" may be a million."""


class Amount(NamedTuple):
    """A number with its unit, and its words; `value` is None if it cannot be parsed.

    `kinds` are those of a known unit: "length", "currency". `start` is its place in the text.
    """

    unit: str
    value: Decimal | None
    text: str
    kinds: frozenset[str] = frozenset()
    start: int = 0

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.start + len(self.text)


def amounts(text: str, code: str) -> tuple[Amount, ...]:
    """Return the numbers of a text that have a unit: a sign, or the term of the word after them.

    "96 million pounds" is 96,000,000 with the unit "pound". A text that is only a number, as a
    table's cell may be, has the unit "", unless it may be a year.
    """
    if alone := _ALONE.fullmatch(text):
        return (Amount("", _value(alone[0], code), text),)
    return tuple(found for match in _AMOUNT.finditer(text) if (found := _amount(match, code)))


def measured(text: str, code: str, *, ages: bool = False) -> tuple[Amount, ...]:
    """Return the amounts of a sentence, with numbers that leave their unit to the others.

    "54 percent in 2019 and 61 in 2023". With `ages`, years are amounts, the earliest the greatest.
    """
    if ages:
        years = (
            Amount("year", -Decimal(each[0]), each[0], start=each.start())
            for each in _YEAR.finditer(text)
        )
        old = (
            Amount("age", Decimal(each[1]), each[1], start=each.start(1))
            for each in _AGE.finditer(text)
        )
        return (*years, *old, *amounts(text, code))
    found = amounts(text, code)
    if len({each.unit for each in found}) != 1:
        return found
    bare = (
        _amount(match, code, left=found[0])
        for match in _AMOUNT.finditer(text)
        if not any(each.start <= match.start("number") < each.end for each in found)
        and not _YEAR.fullmatch(match["number"])
    )
    return tuple(sorted((*found, *filter(None, bare)), key=lambda each: each.start))


def comparable(one: Sequence[Amount], other: Sequence[Amount]) -> bool:
    """True if two texts have amounts of one unit: "40 million euros" and "2 million euros"."""
    return not {each.unit for each in one}.isdisjoint(each.unit for each in other)


def greater(one: Sequence[Amount], other: Sequence[Amount]) -> tuple[Amount, Amount] | None:
    """Return the greater and the smaller of two texts' amounts of the same unit.

    None if they are equal, one cannot be parsed, or a text has several of that unit.
    """
    units = {each.unit for each in one} & {each.unit for each in other}
    ours, theirs = ([each for each in found if each.unit in units] for found in (one, other))
    if not len(units) == len(ours) == len(theirs) == 1:
        return None
    pair = (*ours, *theirs)
    if any(each.value is None for each in pair):
        return None
    small, great = sorted(pair, key=lambda each: each.value or 0)
    return (great, small) if great.value != small.value else None


def _amount(match: re.Match[str], code: str, *, left: Amount | None = None) -> Amount | None:
    """Return a number with its unit; of one without, that of another amount if it is `left` it."""
    words = [*_WORD.finditer(match.string, *match.span("words"))] if match["words"] else []
    scale, taken = _scale([word[0] for word in words], code, signed=bool(match["before"]))
    end = words[taken - 1].end() if taken else match.end("number")
    words = words[taken:]
    while taken and words and len(words[0][0]) <= _LINK:
        words = words[1:]
    sign, small = match["before"] or match["after"], language(code).is_small
    if sign:
        unit = _units(code).get(sign, _Unit(sign))
        end = end if match["before"] else match.end("after")
    elif words and (known := _unit_at(match.string, words[0].start(), code)):
        unit, end = known
    elif words and not small(words[0][0]) and (named := terms(words[0][0])):
        unit, end = _Unit(named[0]), words[0].end()
    elif left:
        unit = _Unit(left.unit, left.kinds)
    else:
        return None
    value = _value(match["number"], code)
    start = match.start("before") if match["before"] else match.start("number")
    return Amount(
        unit.name,
        None if value is None else value * scale,
        match.string[start:end],
        unit.kinds,
        start,
    )


class _Unit(NamedTuple):
    """A unit, and what it measures, if it is a known one."""

    name: str
    kinds: frozenset[str] = frozenset()


def _unit_at(text: str, start: int, code: str) -> tuple[_Unit, int] | None:
    """Return the known unit that a text has at a place, by its longest form, and where it ends."""
    there = text[start : start + _LONGEST].casefold().replace("\u00a0", " ")
    for form, unit in _units(code).items():
        if there.startswith(form) and not there[len(form) : len(form) + 1].isalnum():
            return unit, start + len(form)
    return None


def _noun(words: Sequence[str], place: int) -> str:
    """Return the noun of a currency's name, which is not an adjective and else stands there."""
    return ([word for word in words if not _ADJECTIVE.fullmatch(word)] or words[-1:])[place]


@cache
def _units(code: str) -> Mapping[str, _Unit]:
    """Return units by the forms that they have after a number, the longest first, and by sign."""
    from babel import UnknownLocaleError

    found: dict[str, set[tuple[str, str]]] = {}
    for place in ("en", "en_GB") if code == "en" else (code,):
        try:
            for name, kind, form in (*_measures(place), *_currencies(place)):
                found.setdefault(form, set()).add((name, kind))
        except (ValueError, UnknownLocaleError):
            continue
    known = {
        form: _Unit(min(name for name, _ in units), frozenset(kind for _, kind in units))
        for form, units in found.items()
    }
    return dict(sorted(known.items(), key=lambda each: -len(each[0])))


def _measures(place: str) -> Iterator[tuple[str, str, str]]:
    """Yield measures with their kinds and forms: "length-meter", "length", "metres"."""
    from babel.units import format_unit

    for measure, count, length in product(_MEASURES, _COUNTS, ("long", "short")):
        shown = format_unit(count, measure, length, locale=place)  # type: ignore[arg-type]
        form = _FORMATTED.sub("", shown).strip("\u00a0\u202f .").casefold().replace("\u00a0", " ")
        if form == "%" or len(form) >= (_LINK + 1 if measure in _WORDS_TOO else _SHORTEST):
            yield measure, measure.partition("-")[0], form


def _currencies(place: str) -> Iterator[tuple[str, str, str]]:
    """Yield currencies by their names, the nouns of those, and their signs."""
    from babel.numbers import get_currency_name

    noun = -1 if place.partition("_")[0] in _NOUN_LAST else 0
    for currency in _CURRENCIES:
        names = [get_currency_name(currency, count, locale=place) for count in _COUNTS]
        nouns = [_noun(name.casefold().split(), noun) for name in names]
        name = f"currency-{nouns[1]}"
        forms = {*nouns, *map(str.casefold, names)}
        forms |= {sign for sign, meant in _SIGNS.items() if meant == currency}
        for form in forms:
            yield name, "currency", form


def _value(number: str, code: str) -> Decimal | None:
    """Return the value of a number in a language's format; None if it has another one."""
    from babel import UnknownLocaleError
    from babel.numbers import NumberFormatError, parse_decimal

    try:
        return parse_decimal(number, locale=code, strict=True)
    except (NumberFormatError, UnknownLocaleError, ValueError):
        return None


def _scale(words: Sequence[str], code: str, *, signed: bool) -> tuple[int, int]:
    """Return the factor of words such as "million" after a number, and how many words they are.

    A single letter is one after a sign: "€40m".
    """
    known = _scales(code)
    for taken in range(min(len(words), 2), 0, -1):
        name = " ".join(words[:taken]).casefold()
        if name in known and (signed or len(name) >= _SHORTEST):
            return known[name], taken
    return 1, 0


@cache
def _scales(code: str) -> dict[str, int]:
    """Return the factors of the words for thousands, millions and so on, by CLDR."""
    from babel import Locale, UnknownLocaleError

    try:
        formats = Locale.parse(code).compact_decimal_formats
    except (ValueError, UnknownLocaleError):
        return {}
    found = {"bn": 10**9, "mn": 10**6} if code == "en" else {}
    for length, patterns in product(("short", "long"), _PLURALS):
        for size, pattern in formats[length].get(patterns, {}).items():
            digits = pattern.pattern.count("0")
            name = pattern.pattern.strip("0\u00a0 ").replace("'", "").rstrip(".").casefold()
            if name and digits:
                found[name] = int(size) // 10 ** (digits - 1)
    return found
