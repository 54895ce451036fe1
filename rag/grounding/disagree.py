"""Claims of different articles that contradict each other; pure.

The rules of the question's language decide whether two sentences differ, and whether what they say
changes with time, if both articles are in it; else the general rules do.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from rag.grounding.verify import cite
from rag.languages import shared
from rag.languages.general import Language
from rag.types import Citation, Claim, Conflict, Disagreement, Evidence, Question, Span


class _Side(NamedTuple):
    """A sentence that a claim cites; `short` is the claim if it is a part of a sentence."""

    citation: Citation
    short: str | None = None


_Pair = tuple[_Side, _Side]
_Differ = Callable[[Question, _Side, _Side], str | None]


def disagreements(question: Question, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Return what the cited articles differ on, as far as the question asks for it.

    Claims, and the citations of one claim, are compared by the cited sentences. Only claims that
    are parts of sentences are compared by their own words, unless one article supports both. Of two
    claims, the first pair of sentences that differs counts.
    """
    sides = [_sides(claim) for claim in claims]
    within = (_first(question, combinations(own, 2), _sentences_differ) for own in sides)
    pairs = (both for both in combinations(sides, 2) if not _are_compatible(*both))
    across = (_first(question, product(*both), _claims_differ) for both in pairs)
    return _once((*within, *across))


def contrary(
    question: Question, claims: Sequence[Claim], evidence: Sequence[Evidence]
) -> tuple[Disagreement, ...]:
    """Return what the claims' citations and uncited sentences of the evidence differ on.

    A chat model may have passed over what another article says. Of each claim, the first sentence
    of the evidence that differs counts.
    """
    cited = {(each.article.id, each.start) for claim in claims for each in claim.citations}
    others = [
        _Side(cite(each.article.whole, Span(sentence.start, sentence.end)))
        for each in evidence
        for sentence in each.sentences
        if (each.article.id, sentence.start) not in cited
    ]
    pairs = (product(_sides(claim), others) for claim in claims)
    return _once(_first(question, each, _sentences_differ) for each in pairs)


def _sides(claim: Claim) -> list[_Side]:
    is_short = any(claim.text in each.quote != claim.text for each in claim.citations)
    return [_Side(citation, claim.text if is_short else None) for citation in claim.citations]


def _are_compatible(one: Sequence[_Side], other: Sequence[_Side]) -> bool:
    """Return whether one article has both short answers, so that they are no contradiction."""
    articles = (
        {side.citation.article.id for side in sides if side.short} for sides in (one, other)
    )
    return bool(set.intersection(*articles))


def _once(found: Iterable[Disagreement | None]) -> tuple[Disagreement, ...]:
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _first(question: Question, pairs: Iterable[_Pair], differ: _Differ) -> Disagreement | None:
    """Return the disagreement of the first pair that differs and is of two articles."""
    for one, other in pairs:
        apart = one.citation.article.id != other.citation.article.id
        if apart and (topic := differ(question, one, other)):
            earlier, later = by_date((one.citation, other.citation))
            kind = conflict(question, earlier, later)
            return Disagreement(topic=topic, citations=(earlier, later), kind=kind)
    return None


def by_date(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Sort citations by date, undated ones last."""
    return tuple(sorted(citations, key=lambda each: str(each.article.published or "later")))


def _sentences_differ(question: Question, one: _Side, other: _Side) -> str | None:
    spoken = _language(question, one.citation, other.citation)
    return spoken.differ(question, one.citation.quote, other.citation.quote)


def _claims_differ(question: Question, one: _Side, other: _Side) -> str | None:
    """Return what two claims differ on: by their words if both are short, else by their quotes."""
    spoken = _language(question, one.citation, other.citation)
    if one.short and other.short:
        return spoken.answers_differ(question, one.short, other.short)
    topic = _sentences_differ(question, one, other)
    if topic is None and not one.short and not other.short:
        topic = spoken.quoted_differ(question, one.citation.quote, other.citation.quote)
    return topic


def conflict(question: Question, earlier: Citation, later: Citation) -> Conflict:
    """Return whether the later of two citations that differ may supersede the earlier one.

    It may if the articles have different dates, and what they differ on changes with time.
    """
    dates = {earlier.article.published, later.article.published}
    if None in dates or len(dates) == 1:
        return Conflict.CONTRADICTORY
    spoken = _language(question, earlier, later)
    changes = spoken.supersedes(question, earlier.quote, later.quote)
    return Conflict.OUTDATED if changes else Conflict.CONTRADICTORY


def _language(question: Question, *citations: Citation) -> Language:
    return shared(question, *(citation.article.whole.text for citation in citations))
