"""Claims of different articles that do not say the same; pure.

How two sentences differ is told by the question's language, where both articles are in it. Whether
the later article may supersede the earlier one is told by `conflict`.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from rag.grounding.verify import cite
from rag.languages import shared
from rag.languages.general import Language
from rag.types import Citation, Claim, Conflict, Disagreement, Evidence, Question, Span


class _Told(NamedTuple):
    """A sentence that a claim cites; `short` is the claim if it is an article's own few words."""

    citation: Citation
    short: str | None = None


_Pair = tuple[_Told, _Told]
_Differ = Callable[[Question, _Told, _Told], str | None]


def disagreements(question: Question, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
    """Give what the articles that the claims cite differ on, as far as the question is about it.

    Claims are held against each other by the sentences that they cite, whatever words a claim is
    put in; only claims that are an article's own few words are compared by themselves. What one
    claim cites is held against each other as well. Of two claims the first pair is told.
    """
    told = [_told(claim) for claim in claims]
    within = [_first(question, combinations(own, 2), _sentences_differ) for own in told]
    across = [_first(question, product(*both), _claims_differ) for both in combinations(told, 2)]
    return tuple(dict.fromkeys(one for one in (*within, *across) if one is not None))


def contrary(
    question: Question, claims: Sequence[Claim], evidence: Sequence[Evidence]
) -> tuple[Disagreement, ...]:
    """Give what the claims' citations and sentences of the evidence that none cites differ on.

    This is for a draft that passes over what another article says. Of a claim and the evidence the
    first pair is told, the evidence in its order.
    """
    cited = {(one.article.id, one.start) for claim in claims for one in claim.citations}
    others = [
        _Told(cite(each.article.whole, Span(sentence.start, sentence.end)))
        for each in evidence
        for sentence in each.sentences
        if (each.article.id, sentence.start) not in cited
    ]
    found = (_first(question, product(_told(one), others), _sentences_differ) for one in claims)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _told(claim: Claim) -> list[_Told]:
    own = any(claim.text in one.quote and claim.text != one.quote for one in claim.citations)
    return [_Told(citation, claim.text if own else None) for citation in claim.citations]


def _first(question: Question, pairs: Iterable[_Pair], differ: _Differ) -> Disagreement | None:
    """Return the first pair of different articles that differ."""
    for one, other in pairs:
        apart = one.citation.article.id != other.citation.article.id
        if apart and (topic := differ(question, one, other)):
            earlier, later = _by_date(one.citation, other.citation)
            kind = conflict(question, earlier, later)
            return Disagreement(topic=topic, citations=(earlier, later), kind=kind)
    return None


def _sentences_differ(question: Question, one: _Told, other: _Told) -> str | None:
    spoken = _language(question, one.citation, other.citation)
    return spoken.differ(question, one.citation.quote, other.citation.quote)


def _claims_differ(question: Question, one: _Told, other: _Told) -> str | None:
    """Return what two claims differ on: by themselves if both are short, else by what they cite."""
    spoken = _language(question, one.citation, other.citation)
    if one.short and other.short:
        return spoken.answers_differ(question, one.short, other.short)
    quotes = one.citation.quote, other.citation.quote
    topic = spoken.differ(question, *quotes)
    if topic is None and not one.short and not other.short:
        topic = spoken.quoted_differ(question, *quotes)
    return topic


def conflict(question: Question, earlier: Citation, later: Citation) -> Conflict:
    """Return whether the later of two citations that differ may supersede the earlier one.

    It may where both articles have dates, not the same, and what they differ on changes with time.
    """
    dates = {earlier.article.published, later.article.published}
    if None in dates or len(dates) == 1:
        return Conflict.CONTRADICTORY
    spoken = _language(question, earlier, later)
    changes = spoken.supersedes(question, earlier.quote, later.quote)
    return Conflict.OUTDATED if changes else Conflict.CONTRADICTORY


def _language(question: Question, *citations: Citation) -> Language:
    return shared(question, *(citation.article.whole.text for citation in citations))


def _by_date(*citations: Citation) -> tuple[Citation, ...]:
    """Order citations by date, those without one last."""
    return tuple(
        sorted(
            citations, key=lambda one: (one.article.published is None, str(one.article.published))
        )
    )
