"""What kind of thing a question asks for, and whether a sentence offers such a thing; pure.

The expected answer type is the oldest feature of question answering (Li and Roth, 2002). Here it
only helps to choose among sentences; it makes no answer. English questions only.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class AnswerType(StrEnum):
    """What a question asks for."""

    QUANTITY = "quantity"
    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    YES_NO = "yes or no"
    OTHER = "other"


_ASKS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.QUANTITY: re.compile(
        r"\bhow (?:many|much|old|tall|big|large|far|long|high|deep|fast|often)\b"
        r"|\b(?:what|which) (?:number|percentage|per ?cent|proportion|share|amount|sum)\b",
        re.IGNORECASE,
    ),
    AnswerType.TIME: re.compile(
        r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b", re.IGNORECASE
    ),
    AnswerType.PERSON: re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE),
    AnswerType.PLACE: re.compile(
        r"\bwhere\b|\b(?:what|which) (?:country|city|state|town|place|region|continent|nation)\b",
        re.IGNORECASE,
    ),
    AnswerType.YES_NO: re.compile(
        r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|"
        r"might|must|isn.?t|aren.?t|wasn.?t|weren.?t|don.?t|doesn.?t|didn.?t|hasn.?t|haven.?t|"
        r"won.?t|can.?t)\b",
        re.IGNORECASE,
    ),
}

_QUANTITY = re.compile(
    r"\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|trillions?|half|twice|third|quarter|several|couple|single|no|none)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:1\d{3}|20\d\d)s?\b|\b(?:january|february|march|april|may|june|july|august|september|"
    r"october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday|centur(?:y|ies)|decades?|years?|months?|weeks?|"
    r"days?|yesterday|today|tomorrow|ago|recently|morning|evening|night)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1\d{3}|20\d\d)")
_NAME = re.compile(r"(?<!^)(?<![.!?“\"] )\b[^\W\d_a-z][\w’'-]+")

_OFFERS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.QUANTITY: _QUANTITY,
    AnswerType.TIME: _TIME,
    AnswerType.PERSON: _NAME,
    AnswerType.PLACE: _NAME,
}


def asked_for(question: str) -> AnswerType:
    """Give what a question asks for; the first type that fits, in the order of their listing."""
    return next((kind for kind, asks in _ASKS.items() if asks.search(question)), AnswerType.OTHER)


def without_phrase(question: str) -> str:
    """Give a question without the words that only tell its type: "how many", "which country"."""
    for asks in (AnswerType.QUANTITY, AnswerType.TIME, AnswerType.PLACE):
        question = _ASKS[asks].sub(" ", question)
    return question


def offers(sentence: str, question: str) -> float:
    """Say whether a sentence holds something of the type asked for that the question does not.

    1 if it does, 0 if not, 0.5 where the type has no form that could be seen.
    """
    kind = asked_for(question)
    pattern = _OFFERS.get(kind)
    if pattern is None:
        return 0.5
    known = question.casefold()
    found = (match[0] for match in pattern.finditer(sentence) if match[0].casefold() not in known)
    if kind is AnswerType.QUANTITY:
        found = (number for number in found if not _YEAR.fullmatch(number))
    return float(any(found))
