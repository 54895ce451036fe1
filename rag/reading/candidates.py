"""Which of the words that the reader finds in a sentence can be what a question asks for; pure.

The reader goes by likeness; these rules go by grammar, and know English alone. Words that cannot
answer give way to others of the sentence only where something speaks for those.
"""

import re

from rag.languages.english.offices import asked_office, holds
from rag.languages.english.questions import (
    AnswerType,
    asked_for,
    asks_when,
    is_time,
    tells_time,
    without_phrase,
)
from rag.models.reader import Found
from rag.text.terms import content_terms, terms
from rag.types import Span

CLOSE = 2.0
"""A name that is no place takes the place of one that is where it is less likely by no more than
this, in log-odds."""

_PLACED = re.compile(r"\b(?:in|at|from|to|near|into|inside|outside|around|across)\s+(?:the\s+)?$")
_NAME = re.compile(r"[^\W\d_a-z][\w.’'-]*(?:\s[^\W\d_a-z][\w.’'-]*)*")
# No comma follows but within a number or a date: the clause goes on to the end.
_OPEN = r"(?!.*,(?!\s*\d))"
_RELATIVE = re.compile(rf",\s(?:who|whom|which|that|whose|where)\s{_OPEN}", re.DOTALL)
_THAT = re.compile(rf"\sthat\s{_OPEN}", re.DOTALL)
_SINCE = re.compile(rf",\s{_OPEN}(?=.*\bsince\s(?:\w+\s)?$)", re.DOTALL)
_CLAUSE_END = re.compile(r"[,;:](?!\s*\d)")


def fitting(question: str, text: str, sentence: Span, found: Found | None) -> Found | None:
    """Give the likeliest of what is found in a sentence of a text that can be the answer.

    Where the likeliest cannot be, another one has to be borne out; None where none is.
    """
    if found is None or not (
        asked_for(question) is AnswerType.PERSON or asks_when(question) or asked_office(question)
    ):
        return found
    words = text[slice(*sentence)]
    first, *others = _spans(found, sentence.start)
    if _fits(question, words, first[1]) is not False:
        return _unplaced(question, words, first, others)
    borne_out = (one for one, span in others if _fits(question, words, span))
    return next(borne_out, None)


def _spans(found: Found | None, start: int) -> list[tuple[Found, Span]]:
    """Give all that is found, with their ranges in the sentence that begins at `start`."""
    if found is None:
        return []
    span = Span(found.span.start - start, found.span.end - start)
    return [(found, span), *_spans(found.next, start)]


def _fits(question: str, sentence: str, span: Span) -> bool | None:
    """Say whether a range of a sentence can answer; None where nothing speaks for or against it."""
    if asks_when(question):
        return _when(question, sentence, span)
    return holds(question, sentence, span)


def _when(question: str, sentence: str, span: Span) -> bool | None:
    words = sentence[slice(*span)]
    if not tells_time(words) or _beside(question, sentence, span):
        return False
    return is_time(words) or None


def _beside(question: str, sentence: str, span: Span) -> bool:
    """Say whether a time stands in a relative clause that tells of something else.

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
    asked = {*content_terms(without_phrase(question))}
    inside = {*terms(sentence[opens.start() : end])}
    outside = {*terms(sentence[: opens.start()]), *terms(sentence[end:])}
    return not asked & inside and bool(asked & outside)


def _unplaced(
    question: str,
    sentence: str,
    first: tuple[Found, Span],
    others: list[tuple[Found, Span]],
) -> Found:
    """Give a name that is no place instead of one that is, where nearly as likely."""
    if asked_for(question) is not AnswerType.PERSON or not _is_placed(sentence, first[1]):
        return first[0]
    known = {*terms(question)}
    for one, span in others:
        name = _NAME.match(sentence, *span)
        if (
            name
            and not _is_placed(sentence, span)
            and not {*terms(name[0])} <= known
            and one.score >= first[0].score - CLOSE
        ):
            return one
    return first[0]


def _is_placed(sentence: str, span: Span) -> bool:
    """Say whether a name stands right behind a preposition of place."""
    return bool(_NAME.match(sentence, *span) and _PLACED.search(sentence[: span.start]))
