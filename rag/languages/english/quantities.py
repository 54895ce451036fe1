"""Text -> the numbers, quantities and dates that it holds, in one form each; pure. English.

"1,200", "1 200" and "twelve hundred" are one number, "$5m" and "5 million dollars" one amount,
"June 23, 2025", "23 June 2025" and "2025-06-23" one date.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from rag.languages.english.words import (
    MONTH_FORM,
    MONTH_NUMBERS,
    MONTH_VERBS,
    NUMBERS,
    SCALES,
    WEEKDAYS,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number by its value, in `unit` if one stands beside it; `[start, end)` is its range."""

    value: float
    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Day:
    """A date, or the part of one that is told: a year alone is a `Quantity`."""

    year: int | None
    month: int
    day: int | None
    start: int = 0
    end: int = 0

    def within(self, other: "Day", years: frozenset[int]) -> bool:
        """Return whether another date says all that this one says; `years` may fill in its year."""
        return (
            self.month == other.month
            and self.day in {None, other.day}
            and (self.year in {None, other.year} or (other.year is None and self.year in years))
        )


_MONTH = rf"(?P<month>{MONTH_FORM})"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<year>1\d{3}|20\d\d)-(?P<number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])\b",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b(?![.,:]?\d)(?:,?\s+(?:of\s+)?{_YEAR}\b)?",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_MONTH}",
    )
)
_BEFORE_MONTH = re.compile(
    r"\b(?:in|of|since|by|until|till|from|to|and|or|last|next|this|early|late|mid|during|before|"
    r"after|between|through)[\s-]+$",
    re.IGNORECASE,
)

_LETTERS: Mapping[str, float] = {"k": 1e3, "m": 1e6, "b": 1e9}
_PLAIN = r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?![\d,]*\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_WORDS = "|".join(sorted([*NUMBERS, "hundred", "thousand"], key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<sign>[$€£¥₹])?\s?(?<![\w.])(?:(?P<digits>{_PLAIN})"
    rf"(?:(?P<ordinal>st|nd|rd|th|s)\b|(?P<letter>[km]|bn|mn|tn|b)\b|[\s-]?(?P<scale>{_SCALE})s?\b)?"
    rf"|(?P<words>\b(?:{_WORDS})\b(?:(?:\s+|-)(?:and\s+)?(?:{_WORDS}|{_SCALE})\b)*))"
    r"(?:(?!\w)|(?=(?:km|kg|cm|ft|lbs?)\b))",
    re.IGNORECASE,
)
_UNITS: Mapping[str, str] = {
    form: names.split()[0]
    for names in (
        *("% percent per\u00a0cent pct", "dollar dollars usd $", "euro euros eur €"),
        *("pound pounds gbp £ lb lbs", "yen ¥", "rupee rupees ₹", "rouble roubles ruble rubles"),
        *("kilometre kilometres kilometer kilometers km kms", "mile miles", "hectare hectares"),
        *("metre metres meter meters m", "centimetre centimetres cm", "foot feet ft"),
        *("kilogram kilograms kilo kilos kg", "tonne tonnes ton tons", "acre acres"),
        *("year years yr yrs", "month months", "week weeks", "day days", "hour hours"),
        *("minute minutes", "second seconds", "franc francs", "yuan", "inch inches"),
    )
    for form in names.split()
}
_SPELLED_UNITS = "|".join(sorted(filter(str.isalpha, _UNITS), key=len, reverse=True))
_UNIT = re.compile(rf"[\s-]?(?P<unit>%|per\s?cent\b|[$€£¥]|(?:{_SPELLED_UNITS})\b)", re.IGNORECASE)
PERCENT = "%"


def days(text: str) -> tuple[Day, ...]:
    """Return the dates of a text, in order; a month by itself is one."""
    found: list[Day] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            apart = all(match.end() <= day.start or day.end <= match.start() for day in found)
            if apart and (day := _day(text, match)):
                found.append(day)
    return tuple(sorted(found, key=lambda day: day.start))


def _day(text: str, match: re.Match[str]) -> Day | None:
    parts = match.groupdict()
    if parts.get("number"):
        month = int(parts["number"])
    else:
        word = parts["month"].rstrip(".").casefold()
        if match[0] == parts["month"] and not _alone(text, match, word):
            return None
        month = MONTH_NUMBERS[word]
    year, day = parts.get("year"), parts.get("day")
    return Day(int(year) if year else None, month, int(day) if day else None, *match.span())


def _alone(text: str, match: re.Match[str], word: str) -> bool:
    """Return whether a month without a number is one: "in May", but not "May I"."""
    return word not in MONTH_VERBS or _BEFORE_MONTH.search(text, 0, match.start()) is not None


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a text, in order, those of its dates left out."""
    dates = days(text)
    return tuple(
        quantity
        for quantity in _quantities(text)
        if all(quantity.end <= day.start or day.end <= quantity.start for day in dates)
    )


def _quantities(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        start, end = match.start("digits" if match["digits"] else "words"), match.end()
        unit = _UNITS.get(match["sign"] or "", "")
        value = _value(match)
        letter = (match["letter"] or "").lower()
        if letter and not (letter == "m" and not unit):
            value *= _LETTERS.get(letter) or SCALES[letter]
        elif letter:
            unit = "metre"
        if not unit and (after := _UNIT.match(text, end)):
            written = after["unit"].casefold()
            unit = PERCENT if written.startswith("per") else _UNITS[written]
            end = after.end() if unit == PERCENT else end
        yield Quantity(value, unit, match.start("sign") if match["sign"] else start, end)


def _value(match: re.Match[str]) -> float:
    if match["words"]:
        return _spelled(match["words"].casefold())
    value = float(re.sub(r"[,\s]", "", match["digits"]))
    return value * SCALES[match["scale"].casefold()] if match["scale"] else value


@cache
def _spelled(words: str) -> float:
    """Return the value of a number in words: "two hundred and fifty"."""
    total, current = 0.0, 0.0
    for word in re.findall(r"[a-z]+", words):
        if word == "and":
            continue
        if word in SCALES:
            current = (current or 1.0) * SCALES[word]
            if word != "hundred":
                total, current = total + current, 0.0
        elif word == "dozen":
            current = (current or 1.0) * NUMBERS[word]
        else:
            current += NUMBERS[word]
    return total + current


def as_date(day: Day) -> date | None:
    """Return a date that is told whole; None for a part of one, and for one that no year has."""
    if not day.year or not day.day:
        return None
    try:
        return date(day.year, day.month, day.day)
    except (ValueError, OverflowError):
        return None


def weekday_of(day: Day) -> str | None:
    """Return the weekday of a date that is told whole."""
    found = as_date(day)
    return WEEKDAYS[found.weekday()] if found else None


_RELATIVE = re.compile(
    rf"\b(?:(?P<weekday>{'|'.join(WEEKDAYS)})|(?P<near>yesterday|today|tonight|tomorrow)"
    r"|(?P<which>last|this|next) (?P<period>month|year))\b",
    re.IGNORECASE,
)
_NEAR = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_WHICH = {"last": -1, "this": 0, "next": 1}


def told_on(text: str, published: date) -> tuple[Day, ...]:
    """Return the dates that a text tells relative to the day of its publication.

    A weekday is the one up to six days before and the one up to six days after, today's both.
    "Last year" is the January to December of that year, without a day.
    """
    return tuple(
        Day(day.year, day.month, day.day)
        for match in _RELATIVE.finditer(text)
        for day in _resolved(match, published)
    )


def _resolved(match: re.Match[str], published: date) -> tuple[date, ...]:
    if match["weekday"]:
        back = (published.weekday() - WEEKDAYS.index(match["weekday"].casefold())) % 7
        return published - timedelta(back), published + timedelta(-back % 7)
    if match["near"]:
        return (published + timedelta(_NEAR[match["near"].casefold()]),)
    step = _WHICH[match["which"].casefold()]
    if match["period"].casefold() == "year":
        return tuple(date(published.year + step, month, 1) for month in range(1, 13))
    months = published.year * 12 + published.month - 1 + step
    return (date(months // 12, months % 12 + 1, 1),)
