"""What kind of thing a question asks for, and whether a sentence offers such a thing; pure.

The expected answer type is the oldest feature of question answering (Li and Roth, 2002). Here it
only helps to choose among sentences; it makes no answer. English questions only.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from rag.text.terms import terms


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
        r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|"
        r"might|must|isn.?t|aren.?t|wasn.?t|weren.?t|don.?t|doesn.?t|didn.?t|hasn.?t|haven.?t|"
        r"won.?t|can.?t)\b",
        re.IGNORECASE,
    ),
    AnswerType.OTHER: re.compile(r"\b(?:what|which|why|how)\b", re.IGNORECASE),
}

_POLITE = re.compile(
    r"^\W*(?:(?:can|could|would|will) (?:you|i|we)|do (?:you|we) know|is it (?:known|clear|said))\b"
    r"(?=.*\b(?:who|whom|whose|what|which|when|where|why|how)\b)",
    re.IGNORECASE,
)
_ASKED_BEFORE = re.compile(r"\s\(.*\)\W*$")

_NUMBER = (
    r"(?:\b\d[\d.,]*(?!\d*(?:st|nd|rd|th)\b)|\b(?:one|two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|trillions?|half|once|twice|third|quarter|several|couple|single|zero|no|none)\b)"
)
_YEAR = r"(?:1\d{3}|20\d\d)"
# May and March are months by their capital only.
_MONTH = (
    r"\b(?:january|february|april|june|july|august|september|october|november|december|"
    r"jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec|(?-i:May|March|Mar))\b\.?"
)
_UNIT = r"(?:second|minute|hour|day|week|month|year|decade|centur(?:y|ie))s?\b"

_QUANTITY = re.compile(_NUMBER, re.IGNORECASE)
_TIME = re.compile(
    rf"\b{_YEAR}s?\b|{_MONTH}|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"centur(?:y|ies)|decades?|years?|months?|weeks?|days?|yesterday|today|tomorrow|ago|recently|"
    r"morning|evening|night)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!^)(?<![.!?“\"] )\b[^\W\d_a-z][\w’'-]+")
_AGE = re.compile(
    r"\b(?:aged?|[\w-]+[- ]old|born|birthday|founded|built|established|dating|dates? (?:back|from)|"
    r"centur(?:y|ies)|years? ago)\b|, \d{1,3}(?=[,.;)])|\(\d{1,3}\)",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    rf"{_NUMBER}[\s-]*(?:[a-z]+\s)?(?:[cmk]?m|metres?|meters?|(?:centi|kilo|milli)met(?:re|er)s?|"
    r"miles?|feet|foot|ft|inch(?:es)?|yards?|mph|knots?|stor(?:ey|y|ies)s?|"
    r"km/h|light[- ]years?)\b",
    re.IGNORECASE,
)
_LASTING = re.compile(
    rf"{_NUMBER}|{_TIME.pattern}|\b(?:always|often|rarely|regularly|daily|weekly|monthly|yearly|"
    r"annually|permanently|never|hours?)\b",
    re.IGNORECASE,
)

_OFFERS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.QUANTITY: _QUANTITY,
    AnswerType.TIME: _TIME,
    AnswerType.PERSON: _NAME,
    AnswerType.PLACE: _NAME,
}

# A year is none where it counts: "1500 soldiers".
_DATES = re.compile(
    rf"{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}"
    rf"|\b{_YEAR}\b(?![.,]\d)(?!\s+(?!and\b|when\b|while\b|after\b|under\b)[a-z]{{3,}})"
    r"|\bone (?:of|another)\b|\bno (?:longer|one)\b",
    re.IGNORECASE,
)
_DURATIONS = re.compile(
    rf"{_NUMBER}[\s-]+(?:(?:more|full|whole|long|further|consecutive|straight)\s+)?{_UNIT}",
    re.IGNORECASE,
)
_ASKS_AGE = re.compile(r"\bhow old\b", re.IGNORECASE)
_ASKS_LASTING = re.compile(r"\bhow (?:long|often|much time)\b", re.IGNORECASE)
_ASKS_MEASURE = re.compile(r"\bhow (?:tall|high|deep|fast)\b", re.IGNORECASE)
_ASKS_UNITS = re.compile(rf"\bhow (?:far\b|many (?:\w+ )?{_UNIT})", re.IGNORECASE)


def asked_for(question: str) -> AnswerType:
    """Give what a question asks for: the type of the first words that ask.

    "Can you tell me who …" asks who; what stands in brackets at the end was asked before.
    """
    asking = _POLITE.sub("", _ASKED_BEFORE.sub("", question))
    found = [
        (match.start(), kind) for kind, asks in _ASKS.items() if (match := asks.search(asking))
    ]
    return min(found, key=lambda one: one[0], default=(0, AnswerType.OTHER))[1]


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


def asks_for_one(question: str) -> bool:
    """Say whether a question is for one person, place or thing: who won, what is the capital."""
    return _ASKS_ONE.search(question) is not None


def asks_for_several(question: str) -> bool:
    """Say whether several answers may be right at once: which countries, who came."""
    if _ASKS_SEVERAL.search(question):
        return True
    return asked_for(question) is AnswerType.PERSON and not asks_for_one(question)


_AUXILIARY = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"
)
_ASKS_WHEN = re.compile(
    rf"\b(?:(?<!since )when(?:[’']s|\s{_AUXILIARY}\b)|when\W*$)"
    r"(?!.*\b(?:what|which|who|whom|whose|how|why)\b)",
    re.IGNORECASE,
)
_ABOUT_TIME = re.compile(
    r"\d|\b[^\W\d_a-z]|\b(?i:before|after|during|when|whenever|while|until|till|since|as|once|upon"
    r"|following|prior|between|by|at|in|on|from|under|spring|summer|autumn|fall|winter|seasons?"
    r"|dawn|dusk|noon|midday|midnight|afternoon|hours?|minutes?|seconds?|era|ages?|periods?|epoch"
    r"|times?|soon|now|then|later|early|earlier|late|end|beginning|start|immediately|always|never"
    r"|birth|death|war|reign|weekends?|holidays?|lifetime|childhood|youth|generations?"
    r"|millenni(?:um|a)|dynasty)\b"
)


def asks_when(question: str) -> bool:
    """Say whether a question asks when something happened, and nothing else."""
    asking = _ASKED_BEFORE.sub("", question)
    return asked_for(question) is AnswerType.TIME and _ASKS_WHEN.search(asking) is not None


def is_time(text: str) -> bool:
    """Say whether a text tells a date, a year, or how long ago."""
    return _TIME.search(text) is not None


def tells_time(text: str) -> bool:
    """Say whether a text may tell when: a time, a number, a name like Easter, "after the war"."""
    return is_time(text) or _ABOUT_TIME.search(text) is not None


def without_phrase(question: str) -> str:
    """Give a question without the words that only tell its type: "how many", "which country"."""
    for asks in (AnswerType.QUANTITY, AnswerType.TIME, AnswerType.PLACE):
        question = _ASKS[asks].sub(" ", question)
    return question


def offers(sentence: str, question: str) -> float:
    """Say whether a sentence holds something of the type asked for that the question does not.

    1 if it does, 0 if not, 0.5 where the type has no form that could be seen. Dates,
    years and ordinals are no quantity, nor is a length of time where something else is counted;
    "how old" asks for an age, "how tall" for a measure.
    """
    kind = asked_for(question)
    if kind not in _OFFERS:
        return 0.5
    pattern = _OFFERS[kind]
    if kind is AnswerType.QUANTITY:
        pattern, sentence = _counted(sentence, question)
    known = {*terms(question)}
    return float(any({*terms(match[0])} - known for match in pattern.finditer(sentence)))


def _counted(sentence: str, question: str) -> tuple[re.Pattern[str], str]:
    """Give what to look for in a sentence for a quantity, and the sentence without what is none."""
    if _ASKS_AGE.search(question):
        return _AGE, sentence
    if _ASKS_LASTING.search(question):
        return _LASTING, sentence
    if _ASKS_MEASURE.search(question):
        return _MEASURED, sentence
    sentence = _DATES.sub(" ", sentence)
    if not _ASKS_UNITS.search(question):
        sentence = _DURATIONS.sub(" ", sentence)
    return _QUANTITY, sentence
