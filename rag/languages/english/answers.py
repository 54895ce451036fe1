"""Sentences, and ranges of them, that can answer what an English question wants; pure.

The reader goes by likeness; these rules go by grammar.
"""

import re
from collections.abc import Mapping

from rag.languages.english.offices import holds
from rag.languages.english.words import CARDINALS, MONTH_FORM, UNIT_OF_TIME, WEEKDAYS
from rag.languages.general import NAME, names_year
from rag.languages.terms import terms
from rag.types import AnswerType, Measure, Question, Span

_NUMBER = (
    rf"(?:\b\d[\d.,]*(?!\d*(?:st|nd|rd|th)\b)|\b(?:{'|'.join(CARDINALS)}|dozens?|hundreds?|"
    r"thousands?|millions?|billions?|trillions?|half|once|twice|third|quarter|several|couple|"
    r"single|no|none)\b)"
)
_YEAR = r"(?:1\d{3}|20\d\d)"
_TIME = re.compile(
    rf"\b{_YEAR}s?\b|\b{MONTH_FORM}|\b(?:{'|'.join(WEEKDAYS)}|centur(?:y|ies)|decades?|years?|"
    r"months?|weeks?|days?|yesterday|today|tomorrow|ago|recently|morning|evening|night)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(_NUMBER, re.IGNORECASE)
_OFFERS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.TIME: _TIME,
    AnswerType.PERSON: NAME,
    AnswerType.PLACE: NAME,
}
_MEASURED: Mapping[Measure, re.Pattern[str]] = {
    Measure.AGE: re.compile(
        r"\b(?:aged?|[\w-]+[- ]old|born|birthday|founded|built|established|dating|"
        r"dates? (?:back|from)|centur(?:y|ies)|years? ago)\b|, \d{1,3}(?=[,.;)])|\(\d{1,3}\)",
        re.IGNORECASE,
    ),
    Measure.DURATION: re.compile(
        rf"{_NUMBER}|{_TIME.pattern}|\b(?:always|often|rarely|regularly|daily|weekly|monthly|yearly|"
        r"annually|permanently|never|hours?)\b",
        re.IGNORECASE,
    ),
    Measure.SIZE: re.compile(
        rf"{_NUMBER}[\s-]*(?:[a-z]+\s)?(?:[cmk]?m|metres?|meters?|"
        r"(?:centi|kilo|milli)met(?:re|er)s?|miles?|feet|foot|ft|inch(?:es)?|yards?|mph|knots?|"
        r"stor(?:ey|y|ies)s?|km/h|light[- ]years?)\b",
        re.IGNORECASE,
    ),
}
# A year is none where it counts: "1500 soldiers".
_DATES = re.compile(
    rf"\b{MONTH_FORM}\s+\d{{1,2}}(?:st|nd|rd|th)?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?\b{MONTH_FORM}"
    rf"|\b{_YEAR}\b(?![.,]\d)(?!\s+(?!and\b|when\b|while\b|after\b|under\b)[a-z]{{3,}})"
    r"|\bone (?:of|another)\b|\bno (?:longer|one)\b",
    re.IGNORECASE,
)
_DURATIONS = re.compile(
    rf"{_NUMBER}[\s-]+(?:(?:more|full|whole|long|further|consecutive|straight)\s+)?{UNIT_OF_TIME}",
    re.IGNORECASE,
)


def offers(question: Question, sentence: str) -> float:
    """Return 1 if a sentence holds what the question asks for and does not hold itself, else 0.

    0.5 where the type has no form that could be seen. Dates, years and ordinals are no quantity,
    nor is a length of time where something else is counted.
    """
    kind, measure = question.wanted.kind, question.wanted.measure
    if kind is AnswerType.QUANTITY:
        pattern = _MEASURED.get(measure, _COUNTED)
        if pattern is _COUNTED:
            sentence = _DATES.sub(" ", sentence)
            if measure is not Measure.UNITS:
                sentence = _DURATIONS.sub(" ", sentence)
    elif kind in _OFFERS:
        pattern = _OFFERS[kind]
    else:
        return 0.5
    known = {*question.terms}
    return float(any({*terms(match[0])} - known for match in pattern.finditer(sentence)))


_ABOUT_TIME = re.compile(
    r"\d|\b[^\W\d_a-z]|\b(?i:before|after|during|when|whenever|while|until|till|since|as|once|upon"
    r"|following|prior|between|by|at|in|on|from|under|spring|summer|autumn|fall|winter|seasons?"
    r"|dawn|dusk|noon|midday|midnight|afternoon|hours?|minutes?|seconds?|era|ages?|periods?|epoch"
    r"|times?|soon|now|then|later|early|earlier|late|end|beginning|start|immediately|always|never"
    r"|birth|death|war|reign|weekends?|holidays?|lifetime|childhood|youth|generations?"
    r"|millenni(?:um|a)|dynasty)\b"
)
# No comma follows but within a number or a date: the clause goes on to the end.
_OPEN = r"(?!.*,(?!\s*\d))"
_RELATIVE = re.compile(rf",\s(?:who|whom|which|that|whose|where)\s{_OPEN}", re.DOTALL)
_THAT = re.compile(rf"\sthat\s{_OPEN}", re.DOTALL)
_SINCE = re.compile(rf",\s{_OPEN}(?=.*\bsince\s(?:\w+\s)?$)", re.DOTALL)
_CLAUSE_END = re.compile(r"[,;:](?!\s*\d)")
_PLACED = re.compile(r"\b(?:in|at|from|to|near|into|inside|outside|around|across)\s+(?:the\s+)?$")


def fits(question: Question, sentence: str, span: Span) -> bool | None:
    """See `Language.fits`: what tells no time does not answer "when", nor another office "who"."""
    if question.wanted.year and not names_year(sentence[slice(*span)]):
        return False
    if not question.wanted.when:
        return holds(question, sentence, span)
    words = sentence[slice(*span)]
    tells_time = _TIME.search(words) is not None
    if not (tells_time or _ABOUT_TIME.search(words)) or _is_aside(question, sentence, span):
        return False
    return tells_time or None


def is_place(sentence: str, span: Span) -> bool:
    """See `Language.is_place`: a preposition of place stands before the range."""
    return _PLACED.search(sentence[: span.start]) is not None


def _is_aside(question: Question, sentence: str, span: Span) -> bool:
    """Return whether a time stands in a relative clause that tells of something else.

    It does where the clause has no word of the question, and the rest of the sentence has one; as
    does what stands between commas with a "since".
    """
    before = sentence[: span.start]
    ends = _CLAUSE_END.search(sentence, span.end)
    end = ends.start() if ends else len(sentence)
    opens = _RELATIVE.search(before) or _SINCE.search(before)
    if opens is None and end < len(sentence) and not sentence.startswith(("It is ", "It was ")):
        opens = _THAT.search(before)
    if opens is None:
        return False
    asked = {*question.subject}
    inside = {*terms(sentence[opens.start() : end])}
    outside = {*terms(sentence[: opens.start()]), *terms(sentence[end:])}
    return not asked & inside and bool(asked & outside)
