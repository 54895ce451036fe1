"""Who "he" or "her" is, where a question before was answered with a person's name; pure, English.

A pronoun goes with what the question before was about; of "who rules Mali?" that is the person whom
the answer names. Where the question named another person it may be that one, and nobody is meant.
"""

import re
from collections.abc import Sequence

from rag.languages.english.questions import AnswerType, asked_for
from rag.text.terms import country_terms, terms

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


def who_is_meant(question: str, claims: Sequence[str]) -> str | None:
    """Give the person whom a question's answer begins with, where "he" can be nobody else.

    The question asks who did or is something, and names nobody else; the first claim is a name, or
    a name and who that is: "Assimi Goita, the general".
    """
    if not claims or asked_for(question) is not AnswerType.PERSON:
        return None
    person = _PERSON.fullmatch(claims[0])
    if not person or _is_country(person[1]):
        return None
    return None if _ASKS_FOR_OBJECT.search(question) or _names_another(question) else person[1]


def points_to_person(question: str) -> bool:
    """Say whether a question has a "he" or a "she" in any form."""
    return _POINTER.search(question) is not None


def with_name(question: str, name: str) -> str:
    """Put a name in the place of the first "he" or "she": "his" becomes the name's own form."""

    def named(pointer: re.Match[str]) -> str:
        return name if pointer["whole"] else f"{name}'s"

    return _POINTER.sub(named, question, count=1)


def _names_another(question: str) -> bool:
    """Say whether a question names what may be a person.

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
    return {*terms(name)} <= country_terms()
