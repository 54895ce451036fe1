"""Periods between two dates, or before one: "between May and July 2024", "before 2023"; pure.

The words around the dates are in times.yaml, the months are those of Unicode's CLDR. An event, as
in "since the coup", is dated later, by the articles about it.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from rag.languages.general import months
from rag.types import DatingEvent, Period, Span
from rag.understanding.data import section_of

SHORTEST = 4
"""The fewest letters of a month's name whose last letter may differ."""

LONGEST_EVENT = 6
"""The most words of an event."""

_STEM = 3
"""The fewest letters that a month keeps in another case: "между маем и июлем"."""

_END = r"([\w.’'\u00ba ]{1,30}?)"
_WORD = re.compile(r"(?P<number>\d+)(?:st|nd|rd|th|er|re|º)?(?!\w)|\w+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"0?[1-9]|[12]\d|3[01]")
_DIGIT = re.compile(r"\d")


class _Day(NamedTuple):
    """A date of which parts may be unknown."""

    year: int | None
    month: int | None
    day: int | None


def ranged(text: str, code: str, today: date | None = None) -> tuple[Period, Span] | None:
    """Return the period between two dates, or before one, that a question names, and its range.

    Without `today`, a month needs its year.
    """
    for pattern in _ranges(code):
        for match in pattern.finditer(text):
            rest = text[match.start(2) :]
            first, _ = _told(match[1], code, whole=True)
            last, length = _told(rest, code, whole=False)
            if first and last and (found := _between(first, last, today)):
                return found, Span(match.start(), match.start(2) + length)
    for match in _before(code).finditer(text):
        end, length = _told(text[match.end() :], code, whole=False)
        if end and not end.day and (dated := _dated(end, today)):
            period = Period(date.min, _days(dated)[0] - timedelta(days=1))
            return period, Span(match.start(), match.end() + length)
    return None


def dating_event(text: str, code: str) -> tuple[DatingEvent, Span] | None:
    """Return the event that limits a question to a time, and the range of the words that say so.

    They are at the question's end, or at its beginning before a comma, and the event does not begin
    with a name: "after the coup", and not "after Goïta".
    """
    known = section_of("times.yaml").get(code, {})
    for key, before in (("after_event", False), ("before_event", True)):
        if key not in known:
            continue
        words = rf"(?P<event>\w+(?:[\s’'-]+\w+){{0,{LONGEST_EVENT - 1}}})"
        lead = rf"(?:{known[key]})\s*(?<![^\W\d_]){words}"
        for form in (rf"\s(?:{lead})(?=\W*$)", rf"^\W*(?:{lead}),\s*"):
            match = re.search(form, text, re.IGNORECASE)
            if match and not match["event"][0].isupper() and not _DIGIT.search(match["event"]):
                return DatingEvent(match["event"], before=before), Span(*match.span())
    return None


def month_of(word: str, code: str) -> int | None:
    """Return the month that a word names; in lower case, its last letter may differ from CLDR's."""
    known = months(code)
    found = known.get(word.casefold())
    if found is None and word.islower() and len(word) >= SHORTEST - (code == "ru"):
        found = next((known[form] for form in known if form[:-1] == word[:-1]), None)
    return found


def _told(text: str, code: str, *, whole: bool) -> tuple[_Day | None, int]:
    """Return the date that a text begins with, or is as a `whole`, and the length of it."""
    year = month = day = None
    end = 0
    for match in _WORD.finditer(text):
        word, number = match[0].casefold(), match["number"] or ""
        if year is None and _YEAR.fullmatch(number):
            year = int(number)
        elif day is None and _DAY.fullmatch(number):
            day = int(number)
        elif month is None and (named := _declined(match[0], code)):
            month = named
        elif word in _words("links", code):
            continue
        elif not (year and word in _words("year", code)):
            if whole:
                return None, 0
            break
        end = match.end()
    return (_Day(year, month, day), end) if year or month or day else (None, 0)


def _declined(word: str, code: str) -> int | None:
    """Return the month that a word names, in any grammatical case."""
    found = month_of(word, code)
    if found is None and word.islower():
        stems = ((form[:-1], number) for form, number in months(code).items())
        found = next(
            (
                number
                for stem, number in stems
                if len(stem) >= _STEM - (code == "ru")
                and word.startswith(stem)
                and len(word) <= len(stem) + 2
            ),
            None,
        )
    return found


def _between(first: _Day, last: _Day, today: date | None) -> Period | None:
    """Return the period between two dates; the second one gives what the first leaves out."""
    if bool(first.day) != bool(last.day) or (first.day and not (first.month or last.month)):
        return None
    if not first.day and bool(first.month) != bool(last.month):
        return None
    end = _dated(last, today)
    if end is None:
        return None
    begin = first._replace(year=first.year or end.year, month=first.month or end.month)
    start, (_, stop) = _days(begin)[0], _days(end)
    if start > stop and not first.year:
        start = _days(begin._replace(year=(end.year or 0) - 1))[0]
    return Period(start, stop) if start <= stop else None


def _dated(day: _Day, today: date | None) -> _Day | None:
    """Return a date with its year: if it has none, the last one in which its month has begun."""
    if day.year:
        return day
    if today is None or not day.month:
        return None
    return day._replace(year=today.year - (day.month > today.month))


def _days(day: _Day) -> tuple[date, date]:
    """Return the first and the last day of a date whose year is known."""
    year = day.year or date.max.year
    if day.month is None:
        return date(year, 1, 1), date(year, 12, 31)
    length = monthrange(year, day.month)[1]
    if day.day is None:
        return date(year, day.month, 1), date(year, day.month, length)
    there = date(year, day.month, min(day.day, length))
    return there, there


@cache
def _ranges(code: str) -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(code))


def _compiled(code: str) -> Iterator[re.Pattern[str]]:
    for form in section_of("times.yaml").get(code, {}).get("ranges", ()):
        first, last, _ = (part.replace(" ", r"\s+") for part in form.split("{}"))
        yield re.compile(rf"\b{first}{_END}{last}(\w)", re.IGNORECASE)


@cache
def _before(code: str) -> re.Pattern[str]:
    words = section_of("times.yaml").get(code, {}).get("before", "(?!)")
    return re.compile(rf"\b(?:{words})\s+(?=\w)", re.IGNORECASE)


@cache
def _words(section: str, code: str) -> frozenset[str]:
    return frozenset(str(section_of("times.yaml").get(code, {}).get(section, "")).split())
