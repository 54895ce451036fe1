"""Claims of different articles that do not say the same; pure.

Whether two sentences differ, and whether that changes with time, is told by the question's language
if both articles are in it, else by the general rules.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from rag.grounding.verify import cite
from rag.languages import shared
from rag.languages.general import Language
from rag.types import Citation, Claim, Conflict, Disagreement, Evidence, Question, Span


class _Side(NamedTuple):
    """A sentence that a claim cites; `short` is the claim if it is a few of the article's words."""

    citation: Citation
    short: str | None = None


_Pair = tuple[_Side, _Side]
_Differ = Callable[[Question, _Side, _Side], str | None]


def disagreements(question: Question, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Return what the articles that the claims cite differ on, as far as the question asks for it.

    Claims are compared by the sentences that they cite, whatever their own words, and so are the
    sentences of one claim; only claims that are a few of an article's words are compared by
    themselves. Of two claims the first pair that differs counts.
    """
    sides = [_sides(claim) for claim in claims]
    within = (_first(question, combinations(own, 2), _sentences_differ) for own in sides)
    across = (_first(question, product(*both), _claims_differ) for both in combinations(sides, 2))
    return _once((*within, *across))


def contrary(
    question: Question, claims: Sequence[Claim], evidence: Sequence[Evidence]
) -> tuple[Disagreement, ...]:
    """Return what the claims' citations and sentences of the evidence that none cites differ on.

    This is for a draft that passes over what another article says. Of a claim and the evidence, in
    its order, the first pair that differs counts.
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


def _once(found: Iterable[Disagreement | None]) -> tuple[Disagreement, ...]:
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _first(question: Question, pairs: Iterable[_Pair], differ: _Differ) -> Disagreement | None:
    """Return the first pair of different articles that differ."""
    for one, other in pairs:
        apart = one.citation.article.id != other.citation.article.id
        if apart and (topic := differ(question, one, other)):
            earlier, later = _by_date(one.citation, other.citation)
            kind = conflict(question, earlier, later)
            return Disagreement(topic=topic, citations=(earlier, later), kind=kind)
    return None


def _by_date(*citations: Citation) -> tuple[Citation, ...]:
    """Return citations by date, those without one last."""
    return tuple(sorted(citations, key=lambda each: str(each.article.published or "later")))


def _sentences_differ(question: Question, one: _Side, other: _Side) -> str | None:
    spoken = _language(question, one.citation, other.citation)
    return spoken.differ(question, one.citation.quote, other.citation.quote)


def _claims_differ(question: Question, one: _Side, other: _Side) -> str | None:
    """Return what two claims differ on: by themselves if both are short, else by their quotes."""
    spoken = _language(question, one.citation, other.citation)
    if one.short and other.short:
        return spoken.answers_differ(question, one.short, other.short)
    topic = _sentences_differ(question, one, other)
    if topic is None and not one.short and not other.short:
        topic = spoken.quoted_differ(question, one.citation.quote, other.citation.quote)
    return topic


def conflict(question: Question, earlier: Citation, later: Citation) -> Conflict:
    """Return whether the later of two citations that differ may supersede the earlier one.

    It may if both articles have dates, not the same, and what they differ on changes with time.
    """
    dates = {earlier.article.published, later.article.published}
    if None in dates or len(dates) == 1:
        return Conflict.CONTRADICTORY
    spoken = _language(question, earlier, later)
    changes = spoken.supersedes(question, earlier.quote, later.quote)
    return Conflict.OUTDATED if changes else Conflict.CONTRADICTORY


def _language(question: Question, *citations: Citation) -> Language:
    return shared(question, *(citation.article.whole.text for citation in citations))
