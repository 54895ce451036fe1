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
        "withdraw withdrew withdrawn withdrawal leave left departure depart quit exit end ended cease "
        "halt stop suspend suspension cancel cancelled abandon expel sever dissolve disband close "
        "resign reject rejected refuse refused deny denied never not no neither nor without former "
        "formerly"
    )
)
_COUNTED = re.compile(r"(\d[\d.,]*\d|\d)\s+((?:[^\W\d_][\w-]*\s+)?[^\W\d_][\w-]*)")
_NAME = re.compile(r"(?<!^)\b[^\W\d_a-z]\w+")


def disagreements(question: str, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Give the pairs of claims that differ on what the question is about."""
    pairs = (
        (topic, one.citations[0], other.citations[0])
        for one, other in combinations(claims, 2)
        if one.citations[0].article.id != other.citations[0].article.id
        and (topic := _topic(question, one.text, other.text))
    )
    return tuple(
        Disagreement(topic=topic, citations=_by_date(one, other)) for topic, one, other in pairs
    )


def _topic(question: str, one: str, other: str) -> str | None:
    """Name what two sentences differ on, None if nothing is seen."""
    shared = {*content_terms(question)} & {*terms(one)} & {*terms(other)}
    if not shared:
        return None
    if asked_for(question) is AnswerType.YES_NO and _ends(one) != _ends(other):
        return _name_of(question, shared)
    return _counted_differently(one, other)


def _ends(text: str) -> bool:
    return bool(_ENDS & {*terms(text)})


def _name_of(question: str, shared: set[str]) -> str:
    """Give the question's own word for what both sentences speak of, a name if there is one."""
    words: list[str] = re.findall(r"\w[\w’'-]*", question)
    spoken = [word for word in words if shared & {*terms(word)}]
    names = [word for word in spoken if _NAME.search(" " + word)]
    return (names or spoken)[0]


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
