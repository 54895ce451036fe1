"""The period that a question limits articles to, or the order that it asks for; pure.

A period is a year, a month, the time since one ("since 2023"), between two dates, or counted from
today ("last week"). A day is no period: it is when something happened, not when it was reported.
Months and words such as "yesterday" are those of Unicode's CLDR, in any language; other words are
in times.yaml.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import cache

from rag.languages import language
from rag.languages.terms import terms
from rag.types import Ordering, Period
from rag.understanding.data import section_of
from rag.understanding.ranges import dating_event, month_of, ranged

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_YEAR = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d.,-]\d|\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_COUNTED = (
    ("day", -1),
    ("day", -2),
    *((unit, offset) for unit in ("week", "month", "year") for offset in (-1, 0)),
)
_FIRST_WORD = 2
"""The most letters of an article or preposition before a phrase: "la semaine dernière"."""


def period(text: str, code: str, today: date | None = None) -> Period | None:
    """Return the period that a question names; None if it names none, several, or a day.

    Without `today`, phrases such as "last week" and months without a year are no periods.
    """
    if today and (counted := _counted_from(today, text, code)):
        return counted
    if found := ranged(text, code, today):
        return found[0]
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) > 1 or _DAY.search(text):
        return None
    words = _TOKEN.findall(text)
    named = _months(words, code)
    months = {*named.values()}
    if len(months) > 1 or not (years or (months and today)):
        return None
    year = years.pop() if years else _latest_year(*months, today=today or date.max)
    first, last = (*months, *months) or (1, 12)
    begins, ends = date(year, first, 1), date(year, last, monthrange(year, last)[1])
    places = _places(words, named)
    begun = {words[at - 1].casefold() for at in places if at}
    after = {word.casefold() for word in words[places[-1] + 1 :][:1]}
    if begun & {*_words("since", code)} or after & {*_words("onwards", code)}:
        ends = max(begins, today or date.max)
    return Period(begins, ends)


def without_period(text: str, code: str) -> str:
    """Return a question without the words that name its period, or the event that dates it."""
    if found := ranged(text, code, date.max) or dating_event(text, code):
        start, end = found[1]
        return _tidy(f"{text[:start]} {text[end:]}")
    for name, *_ in _relative(code):
        words = r"\s+".join(map(re.escape, name.split()))
        rest = re.sub(
            rf"(?:\b\w{{1,{_FIRST_WORD}}}\s+)?\b{words}\b", "", text, count=1, flags=re.IGNORECASE
        )
        if rest != text:
            return _tidy(rest)
    tokens = [*_TOKEN.finditer(text)]
    named = [token[0] for token in tokens]
    places = _places(named, _months(named, code))
    if not places:
        return text
    first = places[0] - (places[0] > 0 and named[places[0] - 1].casefold() in _opening(code))
    after = {word.casefold() for word in named[places[-1] + 1 :][:1]}
    last = places[-1] + bool(after & {*_words("year", code), *_words("onwards", code)})
    return _tidy(text[: tokens[first].start()] + text[tokens[last].end() :])


def _tidy(text: str) -> str:
    """Return a text without the white space left by a removal."""
    return re.sub(r"\s+(?=[?؟.!,]|$)", "", " ".join(text.split()))


def ordering(text: str, code: str) -> Ordering | None:
    """Return the order that a question asks for, None if it asks for none."""
    for kind, pattern in _patterns("latest", "first", "last", "now", code=code).items():
        match = re.search(rf"\b(?:{pattern})(?!\w)", text, re.IGNORECASE)
        if match is None or (kind == "last" and _counted_in(text, code)):
            continue
        if kind == "now":
            return Ordering(newest=True, text=text)
        rest = _tidy(text[: match.start()] + text[match.end() :])
        words = () if kind == "latest" else tuple(terms(match[0]))
        return Ordering(newest=kind != "first", text=rest, words=words)
    return None


def _months(words: Sequence[str], code: str) -> dict[int, int]:
    """Return the months that words name, by their indexes.

    One that is also a common word ("may"), or has no year, must follow "in" or "since".
    """
    spoken, found = language(code), {}
    alone = not any(map(_YEAR.fullmatch, words))
    for at, word in enumerate(words):
        month = month_of(word, code)
        doubtful = alone or (word.islower() and spoken.is_common(word))
        opened = at and words[at - 1].casefold() in _opening(code)
        if month and (opened or not doubtful):
            found[at] = month
    return found


def _places(words: Sequence[str], months: Collection[int]) -> list[int]:
    """Return the indexes of the months and the years."""
    return [at for at, word in enumerate(words) if at in months or _YEAR.fullmatch(word)]


def _opening(code: str) -> frozenset[str]:
    return frozenset((*_words("in", code), *_words("since", code)))


def _latest_year(month: int, *, today: date) -> int:
    """Return the year of the last month with this number that has begun."""
    return today.year - (month > today.month)


def _words(section: str, code: str) -> Sequence[str]:
    return str(section_of("times.yaml").get(code, {}).get(section, "")).split()


# What is counted from today


def _counted_from(today: date, text: str, code: str) -> Period | None:
    """Return the period of a phrase such as "last week", up to today."""
    counted = _counted_in(text, code)
    if counted is None:
        return None
    unit, offset = counted
    if unit == "day":
        first = last = today + timedelta(days=offset)
    elif unit == "week":
        first = today - timedelta(days=today.weekday()) + timedelta(weeks=offset)
        last = first + timedelta(days=6)
    elif unit == "month":
        at = 12 * today.year + today.month - 1 + offset
        year, month = at // 12, at % 12 + 1
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    else:
        year = today.year + offset
        first, last = date(year, 1, 1), date(year, 12, 31)
    return Period(first, min(last, today), relative=True)


def _counted_in(text: str, code: str) -> tuple[str, int] | None:
    """Return the unit and the offset from today of a relative phrase in a text."""
    line = f" {' '.join(terms(text))} "
    for name, unit, offset in _relative(code):
        if f" {' '.join(terms(name))} " in line:
            return unit, offset
    return None


@cache
def _relative(code: str) -> tuple[tuple[str, str, int], ...]:
    """Return the relative phrases of a language, each with its unit and its offset from today."""
    named = ((_phrase(unit, offset, code), unit, offset) for unit, offset in _COUNTED)
    return tuple(each for each in named if each[0])


def _patterns(*kinds: str, code: str) -> dict[str, str]:
    """Return the regular expressions by which a question asks for an order, by kind."""
    known = section_of("times.yaml").get(code, {})
    found = {kind: [known[kind]] if kind in known else [] for kind in kinds}
    found["now"] += [
        re.escape(name) for unit in ("day", "second") if (name := _phrase(unit, 0, code))
    ]
    return {kind: "|".join(patterns) for kind, patterns in found.items() if patterns}


def _phrase(unit: str, offset: int, code: str) -> str:
    """Return CLDR's phrase, without an article or a preposition before it; "" without one."""
    from babel import UnknownLocaleError
    from babel.dates import get_relative_name

    try:
        words = (get_relative_name(unit, offset, locale=code) or "").split()
    except (ValueError, UnknownLocaleError):
        return ""
    return " ".join(words[1:] if len(words) > 1 and len(words[0]) <= _FIRST_WORD else words)
