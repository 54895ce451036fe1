"""The day of a page: as its metadata state it, in digits or in words, or as its address does."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

from rag.languages.english.words import MONTH_NUMBERS, WEEKDAYS
from rag.pages.characters import one_line
from rag.text.detection import LANGUAGES

_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
_DIGITS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_YEAR}([-/.])(?P<month>\d{{1,2}})\2{_DAY}(?:[T\s]\d{{1,2}}:?\d{{2}}.*)?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T\d{4}.*)?",
        rf"{_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}(?:,?\s\d{{1,2}}[:.]\d{{2}}.*)?",
        rf"{_YEAR}\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?{_DAY}\s?[日일].*",
    )
]
_EITHER_ORDER = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,?\s\d{1,2}[:.]\d{2}.*)?", re.IGNORECASE)
_CLOCK = re.compile(
    r"""
    (?<![\d.]) \d{1,2} (?:
        [:.h]\d{2} (?:[:.]\d{2}(?:[.,]\d+)?)? (?![.\d]) (?:\s?[ap]\.?m\b\.?)?
        | \s?[ap]\.?m\b\.? | \s?(?:h|uhr)\b )
    | (?:\s|GMT|UTC) [+\u2212-]\d{1,2}(?::?\d{2})?\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_LONGEST_ZONE = 5
# Words that stand between the parts of a date, and in the names of time zones.
_BETWEEN = frozenset(
    """
    st nd rd th er of the at time eastern central mountain pacific standard daylight summer
    de del di da do le la el à a às alle um uhr om kl klo den d o god r г года год в ч
    """.split()
)
_MOST_TOKENS = 12
_WIDTHS = ("wide", "abbreviated")

_YEARS = range(1000, 2200)
_FIRST_NEWSPAPER = date(1605, 1, 1)
"""The year of the Strasbourg Relation: archives hold digitised pages of all times since."""

_UNSET = frozenset(
    map(
        date.fromisoformat,
        (
            "1970-01-01",  # Unix, and the day before in the zones west of Greenwich
            "1969-12-31",
            "1900-01-01",  # SQL Server and spreadsheets
            "1899-12-30",  # OLE
            "1753-01-01",  # SQL Server's earliest
        ),
    )
)
"""The dates of programs that know none; others write year 1."""

_YEAR_FIRST = (
    r"(?P<year>(?:1[6-9]|20)\d\d)/(?P<month>0?[1-9]|1[0-2]|[a-z]{3,9})/"
    r"(?P<day>0?[1-9]|[12]\d|3[01])"
)
_NAMED = _YEAR_FIRST.replace("/", "[-_]")
_IN_ADDRESS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"/{_YEAR_FIRST}(?![^/_.-])",
        rf"(?<=/){_NAMED}(?![^/_.-])",
        rf"(?<=[_-]){_NAMED}(?=/|$|\.[a-z]+$)",
        r"(?<=_)(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?=/|$|\.[a-z]+$)",
    )
]
"""A day as folders, or as the beginning or the end of a name. Eight digits alone may be an id."""

_UTC = re.compile(r"\d(?:Z|[+-]00:?00|\s?(?:GMT|UTC))$")
_NO_DAY = re.compile(r"(?:P[\dTYMWDHS.]+|T?\d{1,2}:\d{2}[\d:.]*(?:\s?[ap]m)?)?", re.IGNORECASE)
_PART = re.compile(r"\d{4}(?:-\d{2})?")


def parse_date(text: str) -> date | None:
    """Return the day of an ISO 8601 or RFC 2822 date, or of one in words, as it was local there.

    None for anything else, and for numbers whose order is open, such as 03/04/2025.
    """
    line = one_line(text)
    for form in _DIGITS:
        if found := form.fullmatch(line):
            return _day(int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _EITHER_ORDER.fullmatch(line):
        one, other, year = map(int, found.groups())
        days = {_day(year, one, other), _day(year, other, one)} - {None}
        return days.pop() if len(days) == 1 else None
    return _in_words(line)


def published(stated: Sequence[str], address: str | None) -> date | None:
    """Return the first day that is stated and may be a newspaper's, or else that of the address.

    A time in UTC may be a day later than it was at the outlet; then the address has the day.
    """
    in_address = address_date(address or "")
    for written in stated:
        found = parse_date(written)
        if found and _may_be(found):
            later = _UTC.search(written.strip()) and found - timedelta(days=1) == in_address
            return in_address if later else found
    return in_address


def _may_be(day: date) -> bool:
    """True unless no newspaper can be of a day: before the first one, or later than tomorrow.

    Tomorrow has begun somewhere on Earth. A day that stands for none is no newspaper's either.
    """
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return _FIRST_NEWSPAPER <= day <= tomorrow and day not in _UNSET


def agreed(stamps: Iterable[str]) -> str | None:
    """Return one of a page's stamps if all are of one day, as it was local there, else None.

    A stamp in UTC gives way to one of the same minute in another zone; a month or a year to a day
    of it. Times without a day, and durations, say nothing.
    """
    days = {stamp: parse_date(stamp) for stamp in stamps if not _NO_DAY.fullmatch(stamp)}
    local = {_minute(stamp) for stamp in days if not _UTC.search(stamp)} - {None}
    again = {stamp for stamp in days if _UTC.search(stamp) and _minute(stamp) in local}
    known = [str(day) for day in days.values()]
    for stamp in days:
        if _PART.fullmatch(stamp) and any(day.startswith(stamp) for day in known):
            again.add(stamp)
    left = [stamp for stamp in days if stamp not in again]
    return left[0] if len({days[stamp] for stamp in left}) == 1 else None


def _minute(stamp: str) -> datetime | None:
    """Return the minute in UTC of a stamp in ISO 8601 with a time zone."""
    try:
        instant = datetime.fromisoformat(stamp)
        in_utc = instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return in_utc and in_utc.replace(second=0, microsecond=0)


def address_date(address: str) -> date | None:
    """Return the day in the path of an address, if all that may be one's are the same."""
    path = "/" + address.partition("://")[2].partition("/")[2].partition("?")[0]
    days = {
        _day(int(found["year"]), _month(found["month"]), int(found["day"]))
        for form in _IN_ADDRESS
        for found in form.finditer(path)
    }
    known = {day for day in days if day and _may_be(day)}
    return known.pop() if len(known) == 1 else None


def _month(written: str) -> int:
    return int(written) if written.isdecimal() else MONTH_NUMBERS.get(written.lower(), 0)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _in_words(line: str) -> date | None:
    """Return a day whose month is a word: beside it and two numbers, no word but of a date."""
    tokens = _TOKEN.findall(_CLOCK.sub(" ", line))
    numbers = sorted((token for token in tokens if token.isdecimal()), key=len)
    if len(tokens) > _MOST_TOKENS or [len(number) for number in numbers] not in ([1, 4], [2, 4]):
        return None
    words = [word for word in tokens if not word.isdecimal()]
    zones = {word.casefold() for word in words if word.isupper() and len(word) <= _LONGEST_ZONE}
    folded = {word.casefold() for word in words}
    for calendar in (_english, _every_language):
        months, weekdays = calendar()
        named = {months[word] for word in folded & months.keys()}
        if len(named) == 1 and folded <= months.keys() | zones | _BETWEEN.union(weekdays):
            return _day(int(numbers[1]), named.pop(), int(numbers[0]))
    return None


def _english() -> tuple[Mapping[str, int], Collection[str]]:
    return MONTH_NUMBERS, {day[:letters] for day in WEEKDAYS for letters in (9, 5, 4, 3)}


@cache
def _every_language() -> tuple[Mapping[str, int], Collection[str]]:
    """Return the months and the words of weekdays in all languages, by Unicode's CLDR.

    A month's name in one of these languages is no other month's in another.
    """
    from babel import Locale

    months: dict[str, int] = {}
    weekdays: set[str] = set()
    for locale in map(Locale.parse, LANGUAGES):
        for widths in locale.months.values():
            for width in _WIDTHS:
                months |= {form.casefold().strip("."): n for n, form in widths[width].items()}
        for widths in locale.days.values():
            for width in _WIDTHS:
                weekdays.update(_TOKEN.findall(" ".join(widths[width].values()).casefold()))
    return months, weekdays
