"""Claims of different articles that do not say the same; pure, and deliberately narrow.

Two forms are seen: a yes-or-no question to which one article tells of an end, a departure or a
denial and another does not; and different numbers of the same thing.
"""

import re
from collections.abc import Sequence
from itertools import combinations

from rag.answer_type import AnswerType, asked_for
from rag.lexical import content_terms, terms
from rag.types import Citation, Claim, Disagreement

# Stems of words that tell of an end or deny: what stands beside them no longer holds, or never did.
_ENDS = frozenset(
    terms(
        "withdraw withdrew withdrawn withdrawal leave left departure depart quit exit end cease "
        "halt stop suspend suspension cancel abandon expel sever dissolve disband close resign "
        "reject refuse deny never not no neither nor without former formerly"
    )
)
_COUNTED = re.compile(r"(\d[\d.,]*\d|\d)\s+((?:[^\W\d_][\w-]*\s+)?[^\W\d_][\w-]*)")


def disagreements(question: str, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Give the pairs of claims that differ on what the question is about."""
    pairs = (
        (topic, one.citations[0], other.citations[0])
        for one, other in combinations(claims, 2)
        if one.citations[0].article.id != other.citations[0].article.id
        and (topic := differ_on(question, one.text, other.text))
    )
    return tuple(
        Disagreement(topic=topic, citations=_by_date(one, other)) for topic, one, other in pairs
    )


def differ_on(question: str, one: str, other: str) -> str | None:
    """Name what two sentences differ on, as far as the question asks for it; None if on nothing.

    Of a yes-or-no question both have to speak of the subject, which is what it names first.
    """
    asked = content_terms(question)
    shared = {*terms(one)} & {*terms(other)}
    if asked_for(question) is AnswerType.YES_NO:
        differ = asked[0] in shared and _ends(one) != _ends(other)
        return _spoken(question, asked[0]) if differ else None
    return _counted_differently(one, other) if shared & {*asked} else None


def _ends(text: str) -> bool:
    return bool(_ENDS & {*terms(text)})


def _spoken(question: str, term: str) -> str:
    """Give the question's own word for a term."""
    words: list[str] = re.findall(r"\w[\w’'-]*", question)
    return next((word for word in words if term in terms(word)), term)


def _counted_differently(one: str, other: str) -> str | None:
    ours, theirs = _counts(one), _counts(other)
    differing = [what for what in ours if what in theirs and ours[what] != theirs[what]]
    return differing[0] if differing else None


def _counts(text: str) -> dict[str, str]:
    """Give the numbers of a text by what they count."""
    return {what.lower(): number.strip(".,") for number, what in _COUNTED.findall(text)}


def _by_date(*citations: Citation) -> tuple[Citation, ...]:
    """Order citations by date, those without one last."""
    return tuple(
        sorted(
            citations, key=lambda one: (one.article.published is None, str(one.article.published))
        )
    )
