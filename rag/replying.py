"""Replies about the bot and its collection, and answers that quote an article as a whole.

What is said of the collection comes from the catalog: it is no claim about the world, and nothing
is cited. A summary and a bare topic ("flour prices") are answered with sentences of the articles.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from rag.grounding.verify import cite
from rag.index.retrieve import Query
from rag.index.stores import Catalog, Extent
from rag.languages.terms import terms
from rag.models.embedder import Embedder
from rag.reading.answerer import repeats
from rag.reasons import Reason, Remark
from rag.text.passages import sentences
from rag.types import (
    PASSAGES,
    Answer,
    Article,
    Citation,
    Claim,
    Edition,
    Evidence,
    Outcome,
    Question,
    Span,
)
from rag.understanding.asides import Aside, AsideKind, Asides
from rag.understanding.periods import names_nothing_else
from rag.understanding.questions import ENDS, understand

NEWEST, LISTED = 3, 10
"""How many articles a reply lists: the latest or oldest ones, and those about a topic."""

COVERED, SIMILAR = 0.5, 0.4
"""An article is about a topic if a passage has half of its words, by weight, or its meaning."""

CARRYING = 3
"""How many sentences a summary has beside the lead, at most."""

READ = 40
"""Sentences of an article, from its beginning, that a summary is made of."""

TOPIC_WORDS, TOPIC_ARTICLES = 4, 3
"""The most words of a bare topic, and the most articles that answer one."""

Search = Callable[[Question, int], tuple[Query, tuple[Evidence, ...]]]


def day(value: date) -> Remark:
    """Return a day as a part of a line."""
    return Reason.DAY(day=value.isoformat())


def known(extent: Extent) -> Remark:
    """Return a line that says how many articles there are, and of which dates."""
    if not extent.articles:
        return Reason.KNOWN_NONE()
    if extent.first is None or extent.last is None:
        return Reason.KNOWN_UNDATED(n=extent.articles)
    first, last = day(extent.first), day(extent.last)
    if first == last:
        return Reason.KNOWN_OF_DAY(n=extent.articles, first=first)
    return Reason.KNOWN(n=extent.articles, first=first, last=last)


class Replier:
    """Replies from the catalog, and from what a search finds about a topic."""

    def __init__(self, catalog: Catalog, search: Search, embedder: Embedder) -> None:
        self._catalog = catalog
        self.search = search
        self._embedder = embedder
        self._asides = Asides(embedder, catalog)

    def aside(self, typed: str) -> Aside | None:
        """Return the aside that a message is, None where it asks of what articles report.

        Raises:
            EmbeddingError: the message cannot be embedded.
        """
        return self._asides.recognise(typed)

    def reply(self, aside: Aside, question: Question) -> Answer:
        """Reply to an aside.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: a topic cannot be embedded.
        """
        if aside.kind is AsideKind.SUMMARY and (found := self._about(aside.topic)):
            article = found[0].article.whole
            quotes = [cite(article, span) for span in self._telling(article)]
            return _quoted(question, quotes, found[:1])
        lines, listed = self._lines(aside)
        return Answer(
            question=question.typed,
            standalone_question=question.text,
            outcome=Outcome.REPLY,
            said=tuple(lines),
            listed=tuple(listed),
            confidence=1.0,
        )

    def _lines(self, aside: Aside) -> tuple[list[Remark], Sequence[Edition]]:
        catalog = self._catalog
        if aside.kind in {AsideKind.ARTICLES, AsideKind.SUMMARY}:
            return self._listing(aside.topic)
        if aside.kind is AsideKind.LATEST:
            return [Reason.LATEST()], catalog.newest(NEWEST)
        if aside.kind is AsideKind.OLDEST:
            return [Reason.OLDEST()], catalog.newest(NEWEST, oldest=True)
        extent, outlets = known(catalog.extent()), self._outlets()
        introduction = [Reason.I_AM(), extent, *outlets]
        lines: Mapping[AsideKind, list[Remark]] = {
            AsideKind.GREETING: [Reason.HELLO(), *introduction],
            AsideKind.THANKS: [Reason.WELCOME()],
            AsideKind.GOODBYE: [Reason.GOODBYE()],
            AsideKind.OPINION: [Reason.NO_OPINION()],
            AsideKind.IDENTITY: introduction,
            AsideKind.HELP: introduction,
            AsideKind.COUNT: [extent],
            AsideKind.PERIOD: [extent],
            AsideKind.OUTLETS: outlets or [Reason.NO_OUTLETS()],
        }
        return lines[aside.kind], ()

    def _listing(self, topic: str) -> tuple[list[Remark], Sequence[Edition]]:
        """List the articles of an outlet, newest first, or about a topic, most relevant first."""
        asked = {*terms(topic)}
        for outlet in self._catalog.outlets():
            if {*terms(outlet)} <= asked:
                articles = self._catalog.newest(LISTED, outlet=outlet)
                return [Reason.FROM_OUTLET(outlet=outlet)], articles
        found = [each.article for each in self._about(topic)][:LISTED]
        if not found:
            return [Reason.NOTHING_ABOUT(topic=topic)], ()
        return [Reason.ABOUT(topic=topic)], found

    def _outlets(self) -> list[Remark]:
        outlets = self._catalog.outlets()
        named = ", ".join(f"{outlet} ({count})" for outlet, count in outlets.items())
        return [Reason.OUTLETS(outlets=named)] if named else []

    def _about(self, topic: str) -> list[Evidence]:
        """Return the best passage of each article about a topic, most relevant first."""
        _, evidence = self.search(understand(topic), 3 * PASSAGES)
        return _first_of_each(related(evidence))

    def _telling(self, article: Article) -> list[Span]:
        """Return an article's lead, and the sentences nearest to all that it says, in order."""
        spans = sentences(article.text)[:READ]
        texts = [article.text[slice(*span)] for span in spans]
        lead = 1 if len(texts) > 1 and texts[0] == article.title else 0
        vectors = self._embedder.texts(texts)
        chosen = [lead]
        for at in np.argsort(-(vectors @ vectors.mean(axis=0))):
            if len(chosen) > CARRYING:
                break
            if at > lead and not any(repeats(texts[at], texts[other]) for other in chosen):
                chosen.append(int(at))
        return [spans[at] for at in sorted(chosen)]


def is_topic(question: Question) -> bool:
    """True if a message names something and asks nothing, as far as its language tells."""
    text = question.text.strip()
    short = 0 < len(text.split()) <= TOPIC_WORDS and not text.endswith(ENDS)
    alone = question.alone == question.typed.strip()
    return (short and alone and not question.wanted.asks) or names_nothing_else(question)


def on_topic(question: Question, evidence: Sequence[Evidence]) -> Answer | None:
    """Return the most telling sentences of the newest articles on a bare topic.

    None where no article is about it.
    """
    about = evidence if names_nothing_else(question) else related(evidence)
    found = _first_of_each(about)[:TOPIC_ARTICLES]
    newest = sorted(found, key=lambda each: _day(each.article), reverse=True)
    quotes = [_most_telling(each) for each in newest]
    return _quoted(question, quotes, evidence) if quotes else None


def related(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that share a topic's words or its meaning."""
    return [each for each in evidence if each.coverage >= COVERED or each.similarity >= SIMILAR]


def _first_of_each(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the best passage of each article, in order."""
    first: dict[str, Evidence] = {}
    for each in evidence:
        first.setdefault(each.article.id, each)
    return list(first.values())


def _most_telling(evidence: Evidence) -> Citation:
    """Quote the sentence of a passage that says most about what was searched for."""
    best = max(evidence.sentences, key=lambda sentence: sentence.coverage + sentence.similarity)
    return cite(evidence.article.whole, Span(best.start, best.end))


def _quoted(question: Question, quotes: Sequence[Citation], evidence: Sequence[Evidence]) -> Answer:
    """Return an answer that says what articles say, each quote by itself."""
    return Answer(
        question=question.typed,
        standalone_question=question.text,
        outcome=Outcome.ANSWERED,
        claims=tuple(Claim(text=each.quote, citations=(each,), support=1.0) for each in quotes),
        evidence=tuple(evidence),
        confidence=1.0,
    )


def _day(article: Edition) -> date:
    return article.published or date.min
