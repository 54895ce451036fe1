"""How an English question goes on from the one before, and what it asks at once; pure.

A pronoun goes with what the question before was about; of "who rules Mali?" that is the person whom
the answer names. Where the question named another person it may be that one, and nobody is meant.
"""

import re
from collections.abc import Sequence

from rag.languages.english.questions import wanted
from rag.languages.english.words import (
    AUXILIARIES,
    CARDINALS,
    FUNCTION_WORDS,
    QUESTION_WORDS,
    WEEKDAYS,
    countries,
)
from rag.languages.following import FOLLOWING
from rag.languages.general import MOST_PARTS, is_short
from rag.languages.terms import content_terms, names, term_set, terms
from rag.types import AnswerType

_ASKS = FOLLOWING["en"].asks
_EMPTY_IT = re.compile(
    r"\b(?:is|was) it (?:true|known|clear|possible|likely|certain|said|reported)\b|\bit takes?\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(
    r"^(?:who|what)(?:’s|'s| is| are| was| were)\s(?!\w+(?:ed|en)\b|said|done|left|sent|told|made)",
    re.IGNORECASE,
)
_DAY = "|".join(WEEKDAYS)
_FROM_TODAY = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow"
    rf"|(?:\d{{1,3}}|an?|{'|'.join(CARDINALS)}|few|several) (?:day|week|month|year)s? ago"
    rf"|(?:this|last|next|past|previous) (?:few )?(?:day|night|week|weekend|month|year|{_DAY})s?"
    rf"|on (?:{_DAY}))\b",
    re.IGNORECASE,
)
_BETWEEN_PARTS = re.compile(
    rf"(?<=\?)\s+(?=\w)|,?\s+and\s+(?=(?:{QUESTION_WORDS})\b)", re.IGNORECASE
)
_IN_LIST = re.compile(
    rf",\s+(?=(?:how|what|why)\b|(?:when|where)\s+(?:{AUXILIARIES})\b)", re.IGNORECASE
)

_CAPITALISED = r"[^\W\d_a-z][\w’'.-]*"
_PERSON = re.compile(
    rf"({_CAPITALISED}(?:\s(?:(?:al|bin|da|de|del|den|der|di|dos|du|el|ibn|la|le|ould|van|von)\s){{0,2}}"
    rf"{_CAPITALISED}){{0,4}})(?:,\s(?:the|an?|who|\S+[’']s)\s.*)?",
    re.DOTALL,
)
# Asked for is whom somebody else met, and "he" is that somebody.
_ASKS_FOR_OBJECT = re.compile(
    r"\b(?:whom|whose)\b|\bwho\s+(?:did|does|do)\s+(?!it\b|this\b|that\b|so\b|not\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:(\w+)\s+)?((?<!^)\b{_CAPITALISED}(?:\s{_CAPITALISED})*)")
_NO_PERSON_AFTER = frozenset(
    "a an the in of at from to for on by near under over within outside inside around".split()
)
_OBJECT = (
    r"(?=\W*$|\W*[?.!,;]|\s+(?:about|after|again|against|and|as|at|because|before|but|by|during|"
    r"for|from|if|in|into|now|of|on|or|over|since|so|that|then|there|to|too|until|when|where|"
    r"while|with|yesterday)\b)"
)
_POINTER = re.compile(
    rf"\b(?:(?P<whole>he|she|him|her{_OBJECT})|(?P<own>his|hers|her))\b", re.IGNORECASE
)


def without_empty_it(question: str) -> str:
    """Return a question without an "it" that points to nothing: "is it true that"."""
    return _EMPTY_IT.sub("", question)


def says_little(question: str) -> bool:
    """See `Language.says_little`."""
    asks = _ASKS.search(question)
    if asks and (names(question) or _WHO_IS.search(question)):
        return False
    short = is_short(question, content_terms(question, FUNCTION_WORDS))
    return short and (asks is not None or question.endswith("?"))


def counts_from_today(question: str) -> bool:
    """See `Language.counts_from_today`."""
    return _FROM_TODAY.search(question) is not None


def parts(question: str) -> list[str]:
    """See `Language.parts`; what stands before a cut has to ask something: not "how and why"."""
    cut: list[str] = []
    start = 0
    for found in _between(question):
        part = question[start : found.start()]
        asks = [*_ASKS.finditer(part)]
        if asks and part[asks[-1].end() :].strip() and len(cut) < MOST_PARTS - 1:
            cut.append(part)
            start = found.end()
    return [*cut, question[start:]]


def _between(question: str) -> list[re.Match[str]]:
    """Return what stands between parts; commas where all that they part asks: "what …, how …"."""
    found = [*_BETWEEN_PARTS.finditer(question)]
    listed = question[: found[-1].start()] if found else ""
    commas = [*_IN_LIST.finditer(listed)]
    asked = commas if len(commas) == listed.count(",") else []
    return sorted([*found, *asked], key=re.Match.start)


def with_person(question: str, before: str, claims: Sequence[str]) -> str | None:
    """See `Language.with_person`: the first "his" becomes the name's own form.

    The question before asks who did or is something, and names nobody else; the first claim is a
    name, or a name and who that is: "Assimi Goita, the general".
    """
    if not (claims and _POINTER.search(question)):
        return None
    person = _PERSON.fullmatch(claims[0])
    if not person or _is_country(person[1]) or wanted(before).kind is not AnswerType.PERSON:
        return None
    if _ASKS_FOR_OBJECT.search(before) or _names_person(before):
        return None

    def named(pointer: re.Match[str]) -> str:
        return person[1] if pointer["whole"] else f"{person[1]}'s"

    return _POINTER.sub(named, question, count=1)


def _names_person(question: str) -> bool:
    """Return whether a question names what may be a person.

    What something belongs to is none ("Mali's minister"), nor what stands behind an article or a
    preposition of place, nor an abbreviation or a country.
    """
    return any(
        before.lower() not in _NO_PERSON_AFTER
        and not re.search(r"[’']s?(?:\s|$)", name)
        and not name.isupper()
        and not _is_country(name)
        for before, name in _NAMED.findall(question)
    )


def _is_country(name: str) -> bool:
    return term_set(countries()).issuperset(terms(name))
