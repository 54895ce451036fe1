"""The kind of answer that an English question wants; pure.

The expected answer type is the oldest feature of question answering (Li and Roth, 2002). Here it
only helps to choose among sentences; it makes no answer.
"""

import re
from collections.abc import Mapping

from rag.languages.english.offices import asked_office
from rag.languages.english.words import AUXILIARIES, MODALS, QUESTION_WORDS, UNIT_OF_TIME
from rag.languages.general import asks_year
from rag.types import AnswerType, Measure, Wanted

_ASKS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.QUANTITY: re.compile(
        r"\bhow (?:many|much|old|tall|big|large|far|long|high|deep|fast|often)\b"
        r"|\b(?:what|which) (?:number|percentage|per ?cent|proportion|share|amount|sum)\b",
        re.IGNORECASE,
    ),
    AnswerType.TIME: re.compile(
        r"\bwhen\b|\b(?:what|which) (?:years?|dates?|days?|months?|centur(?:y|ies)|decades?"
        r"|times?)\b",
        re.IGNORECASE,
    ),
    AnswerType.PERSON: re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE),
    AnswerType.PLACE: re.compile(
        r"\bwhere\b|\b(?:what|which) (?:countr(?:y|ies)|cit(?:y|ies)|states?|towns?|places?"
        r"|regions?|continents?|nations?)\b",
        re.IGNORECASE,
    ),
    AnswerType.YES_NO: re.compile(
        rf"^\W*(?:am|{AUXILIARIES}|{MODALS}|(?:is|are|was|were|do|does|did|has|have|wo|ca)n.?t)\b",
        re.IGNORECASE,
    ),
    AnswerType.OTHER: re.compile(r"\b(?:what|which|why|how)\b", re.IGNORECASE),
}
_POLITE = re.compile(
    r"^\W*(?:(?:can|could|would|will) (?:you|i|we)|do (?:you|we) know|is it (?:known|clear|said))\b"
    rf"(?=.*\b(?:{QUESTION_WORDS})\b)",
    re.IGNORECASE,
)
_MEASURES = (
    (Measure.AGE, re.compile(r"\bhow old\b", re.IGNORECASE)),
    (Measure.DURATION, re.compile(r"\bhow (?:long|often|much time)\b", re.IGNORECASE)),
    (Measure.SIZE, re.compile(r"\bhow (?:tall|high|deep|fast)\b", re.IGNORECASE)),
)
_ASKS_UNITS = re.compile(rf"\bhow (?:far\b|many (?:\w+ )?{UNIT_OF_TIME})", re.IGNORECASE)
_ASKS_WHEN = re.compile(
    rf"\b(?:(?<!since )when(?:[’']s|\s(?:{AUXILIARIES}|{MODALS})\b)|when\W*$)"
    r"(?!.*\b(?:what|which|who|whom|whose|how|why)\b)",
    re.IGNORECASE,
)
_UNIQUE = (
    "is|was|will be|became|won|wins|wrote|directed|founded|invented|discovered|composed|designed|"
    "leads|heads|succeeded|replaced|opened|acquired|bought|killed"
)
_ASKS_ONE = re.compile(
    rf"\b(?:who|where|(?:which|what) \w+)(?:[’']s| (?:{_UNIQUE}))\b", re.IGNORECASE
)
_ASKS_SEVERAL = re.compile(
    r"\b(?:what|which|who) (?:are|were)\b|\b(?:two|three|four|five|several|all)\b"
    r"|\b(?:what|which) (?:\w+ ){0,2}?\w{2,}[^siu\W]s\b(?! (?:is|was|does|has)\b)",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:(?:is|are|do|does|has|have|can|will)(?:n[’']t)?|now|still|currently|today|leads?|heads?"
    r"|rules?|owns?|holds?|controls?|lives?|works?|stays?|remains?)\b",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"\b(?:(?:was|were|did|had)(?:n[’']t)?|1\d{3}|20\d\d|ago|yesterday)\b", re.IGNORECASE
)
_WHERE = re.compile(r"\b(?:in|at|inside|within)\s+(?:the\s+)?(\w+)", re.IGNORECASE)


def wanted(question: str) -> Wanted:
    """Return what kind of answer a question wants, by the first words that ask.

    "Can you tell me who …" asks who.
    """
    asking = _POLITE.sub("", question)
    found = [
        (match.start(), kind) for kind, asks in _ASKS.items() if (match := asks.search(asking))
    ]
    kind = min(found, key=lambda place: place[0], default=(0, AnswerType.OTHER))[1]
    one = _ASKS_ONE.search(question) is not None
    several = kind is AnswerType.PERSON and not one
    measures = (measure for measure, asks in _MEASURES if asks.search(question))
    units = Measure.UNITS if _ASKS_UNITS.search(question) else Measure.NUMBER
    return Wanted(
        kind=kind,
        measure=next(measures, units),
        asks=bool(found),
        when=kind is AnswerType.TIME and _ASKS_WHEN.search(question) is not None,
        year=asks_year(question),
        one=one,
        several=several or _ASKS_SEVERAL.search(question) is not None,
        now=bool(_NOW.search(question)) and not _THEN.search(question),
        office=asked_office(question),
    )


def without_phrase(question: str) -> str:
    """Return a question without the words that only tell its type: "how many", "which country"."""
    for asks in (AnswerType.QUANTITY, AnswerType.TIME, AnswerType.PLACE):
        question = _ASKS[asks].sub(" ", question)
    return question


def places(question: str) -> list[str]:
    """See `Language.places`."""
    return _WHERE.findall(question)
