"""The period that a question names: a year, or a month of one, in any language; pure.

Months are named by Unicode's CLDR. A day is none: it is when something happened, not when it was
reported.
"""

import re
from calendar import monthrange
from datetime import date

from rag.languages.general import months
from rag.languages.terms import terms
from rag.types import Period, Question

SHORTEST = 4
"""Letters of a month's name whose last one may differ."""

_WORD = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d.,-]\d|\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def period(text: str, code: str) -> Period | None:
    """Return the period that a question names, None where it names none, or several, or a day."""
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) != 1 or _DAY.search(text):
        return None
    (year,) = years
    named = {month for word in _WORD.findall(text) if (month := _month(word, code))}
    if len(named) > 1:
        return None
    first, last = (*named, *named) or (1, 12)
    return Period(date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def _month(word: str, code: str) -> int | None:
    """Return the month that a word names; in small letters also in a case that CLDR has not."""
    known = months(code)
    found = known.get(word.casefold())
    if found is None and word.islower() and len(word) >= SHORTEST:
        found = next((known[form] for form in known if form[:-1] == word[:-1]), None)
    return found


def names_nothing_else(question: Question) -> bool:
    """True if a question names a period and hardly another thing: "what happened in June 2024?"."""
    if question.period is None:
        return False
    months_terms = {term for name in months(question.language) for term in terms(name)}
    rest = {*question.content} - question.numbers - months_terms
    return len(rest) <= 1
