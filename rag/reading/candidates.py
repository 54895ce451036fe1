"""Choose among the reader's spans those that can be what a question asks for; pure.

The reader goes by likeness; a language's rules go by grammar. Words that cannot answer give way to
others of the sentence only where something speaks for those.
"""

import re
from collections.abc import Iterator

from rag.languages.general import Language
from rag.languages.terms import terms
from rag.models.reader import Found
from rag.types import AnswerType, Question, Span

CLOSE = 2.0
"""A name that is no place takes the place of one that is where it is less likely by no more than
this, in log-odds."""

_NAME = re.compile(r"[^\W\d_a-z][\w.’'-]*(?:\s[^\W\d_a-z][\w.’'-]*)*")


def fitting(
    question: Question, text: str, sentence: Span, found: Found | None, spoken: Language
) -> Found | None:
    """Return the likeliest of what is found in a sentence of a text that can be the answer.

    Where the likeliest cannot be, another one has to be borne out; None where none is. An ellipsis
    is not answered by what answered the question before.
    """
    words = text[slice(*sentence)]
    found = _unsaid(question, words, found, sentence.start, spoken)
    if found is None:
        return None
    (first, span), *others = _candidates(found, sentence.start)
    if spoken.fits(question, words, span) is False:
        borne_out = (other for other, there in others if spoken.fits(question, words, there))
        return next(borne_out, None)
    if question.wanted.kind is not AnswerType.PERSON or not _is_place(words, span, spoken):
        return first
    for other, there in others:
        name = _NAME.match(words, *there)
        known = name is None or {*terms(name[0])} <= {*question.terms}
        if not known and not _is_place(words, there, spoken) and other.score >= first.score - CLOSE:
            return other
    return first


def takes_up(question: Question, sentence: str, spoken: Language) -> bool:
    """True if a sentence has the words of a question's ellipsis."""
    asked = {*spoken.content(question.ellipsis)}
    return bool(asked) and asked <= {*terms(sentence)}


def _unsaid(
    question: Question, sentence: str, found: Found | None, start: int, spoken: Language
) -> Found | None:
    """Return what is found in a sentence, from the first on that did not answer before an ellipsis.

    A sentence that was quoted there has another answer only if it has the words of the ellipsis.
    """
    if not any(sentence in quote for quote in question.quoted):
        return found
    unsaid = (
        each
        for each, there in _candidates(found, start)
        if not {*terms(sentence[slice(*there)])} <= question.answered
    )
    new = next(unsaid, None)
    return new if new is found or takes_up(question, sentence, spoken) else None


def _candidates(found: Found | None, start: int) -> Iterator[tuple[Found, Span]]:
    """Yield what is found, likeliest first, with its range in the sentence that begins there."""
    while found:
        yield found, Span(found.span.start - start, found.span.end - start)
        found = found.next


def _is_place(sentence: str, span: Span, spoken: Language) -> bool:
    return bool(_NAME.match(sentence, *span)) and spoken.is_place(sentence, span)
