"""Copies of cited articles: those that have the same quotes, and those that corrected them; pure.

A copy with all of an article's quotes is named beside it. A copy that has another number, date or
name in a quote is shown as a disagreement.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rag.grounding.disagree import by_date
from rag.grounding.verify import cite
from rag.languages import language_of
from rag.languages.terms import line, repeats
from rag.text.passages import sentences
from rag.types import (
    Answer,
    Article,
    Citation,
    Conflict,
    Disagreement,
    Edition,
    Span,
    Topic,
)

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")

Copies = Callable[[str], Sequence[Article]]
"""Returns the other articles of an article's cluster, by its id, the newest first."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """An article of a cited article's cluster, and its terms on one line."""

    article: Article
    line: str


_Clusters = Mapping[str, Sequence[_Copy]]


def with_copies(answer: Answer, copies: Copies) -> Answer:
    """Add to an answer the copies of the cited articles, and the corrections that they make."""
    cited = dict.fromkeys(citation.article.id for citation in answer.citations)
    clusters = {
        name: [_Copy(article, line(article.text)) for article in copies(name)] for name in cited
    }
    corrections = _corrections(answer, clusters)
    return replace(
        answer,
        also=_also(answer, clusters),
        disagreements=(*answer.disagreements, *corrections),
    )


def _also(answer: Answer, clusters: _Clusters) -> dict[str, tuple[Edition, ...]]:
    """Return the uncited articles that have all the quotes of a cited one."""
    quotes: dict[str, list[str]] = {name: [] for name in clusters}
    for citation in answer.citations:
        quotes[citation.article.id].append(line(citation.quote))
    found = {
        name: tuple(
            copy.article
            for copy in copies
            if copy.article.id not in clusters and all(quote in copy.line for quote in quotes[name])
        )
        for name, copies in clusters.items()
    }
    return {name: same for name, same in found.items() if same}


def _corrections(answer: Answer, clusters: _Clusters) -> tuple[Disagreement, ...]:
    """Return the corrections that copies make to quotes; of equal ones, the newest."""
    shown = [*answer.disagreements]
    for citation in answer.citations:
        found: dict[tuple[str, ...], tuple[Topic, Citation]] = {}
        for copy in clusters[citation.article.id]:
            if otherwise := _otherwise(citation, copy):
                facts, topic, other = otherwise
                if not any(_shows(each, citation, other) for each in shown):
                    found.setdefault(facts, (topic, other))
        if found:
            topics, others = zip(*found.values(), strict=True)
            shown.append(_disagreement(topics[0], (citation, *others)))
    return tuple(shown[len(answer.disagreements) :])


def _shows(disagreement: Disagreement, *citations: Citation) -> bool:
    """Return whether a disagreement is between quotes that say the same as these."""
    return all(
        any(_says(each.quote, citation.quote) for each in disagreement.citations)
        for citation in citations
    )


def _says(one: str, other: str) -> bool:
    """Return whether one text has all of the other, or repeats it with the same facts."""
    if line(one) in line(other) or line(other) in line(one):
        return True
    return repeats(one, other) and not language_of(one).missing(one, other)


def _otherwise(citation: Citation, copy: _Copy) -> tuple[tuple[str, ...], Topic, Citation] | None:
    """Return the facts that a copy has in place of a quote's, their kind, and the copy's sentence.

    A sentence that the cited article has as well, elsewhere, is no correction.
    """
    cited, text = citation.article.whole.text, copy.article.text
    quoted = [citation.quote[slice(*span)] for span in sentences(citation.quote)]
    lacking = [sentence for sentence in quoted if line(sentence) not in copy.line]
    if not lacking:
        return None
    spoken, own = language_of(cited), line(cited)
    for sentence, span in product(lacking, sentences(text)):
        said = text[slice(*span)]
        numbers = _renumbered(sentence, said)
        if (numbers or repeats(sentence, said)) and line(said) not in own:
            topic = spoken.replaced(sentence, said) or (Topic.NUMBER if numbers else None)
            if topic:
                facts = spoken.missing(said, sentence) or numbers
                return facts, topic, cite(copy.article, Span(*span))
    return None


def _renumbered(sentence: str, said: str) -> tuple[str, ...]:
    """Return the numbers that differ between two sentences of the same words."""
    one, other = (" ".join(text.casefold().split()) for text in (sentence, said))
    if _NUMBER.sub("", one) != _NUMBER.sub("", other):
        return ()
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=False)
    return tuple(new for old, new in pairs if new != old)


def _disagreement(topic: Topic, citations: Sequence[Citation]) -> Disagreement:
    """Return a disagreement of citations, by date; if they have several, the last one corrects."""
    days = {citation.article.published for citation in citations}
    later = None not in days and len(days) > 1
    return Disagreement(
        topic=topic,
        citations=by_date(citations),
        kind=Conflict.OUTDATED if later else Conflict.CONTRADICTORY,
    )
