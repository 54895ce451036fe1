"""Replies about the bot and its collection, and answers made of whole sentences of articles.

A reply about the collection comes from the catalog and cites nothing. Summaries, bare topics
("flour prices") and the events of a period are answered with sentences of articles, each cited.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from rag.grounding.verify import cite, stated
from rag.index.catalog import Catalog
from rag.index.retrieve import Query
from rag.index.stores import Extent
from rag.languages import language, language_of
from rag.languages.terms import names, repeats, terms
from rag.models.embedder import Embedder
from rag.reasons import Reason, Remark
from rag.text.passages import sentences
from rag.text.tables import BAR
from rag.types import (
    PASSAGES,
    Answer,
    Article,
    Citation,
    Claim,
    Edition,
    Evidence,
    Outcome,
    Period,
    Question,
    Span,
)
from rag.understanding.asides import Aside, AsideKind, Asides
from rag.understanding.clauses import Clauses
from rag.understanding.conversation import Turn
from rag.understanding.followups import Followups
from rag.understanding.periods import without_period
from rag.understanding.questions import ENDS, understand

NEWEST, LISTED = 3, 10
"""How many articles a reply lists: the newest or oldest ones, and those about a topic."""

COVERED, SIMILAR = 0.5, 0.4
"""An article is about a topic if a passage covers that share of the topic's words, by weight.

If none does, a cosine from there on is enough, of a passage or of a title.
"""

CARRYING = 3
"""The most sentences of a summary beside the lead."""

READ = 40
"""How many of an article's first sentences a summary is chosen from."""

TOPIC_WORDS, TOPIC_ARTICLES = 4, 3
"""The most words of a bare topic, and the most articles that answer one."""

OF_PERIOD = (
    *(AsideKind.ARTICLES, AsideKind.CONTENTS, AsideKind.COUNT, AsideKind.SUMMARY),
    AsideKind.TOPIC,
)
"""The kinds of asides that may be of the articles of a period: "articles of May 2024"."""

Search = Callable[[Question, int], tuple[Query, tuple[Evidence, ...]]]


def day(value: date) -> Remark:
    """Return a day as a value of another remark."""
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


def none_in(period: Period) -> Remark:
    """Return a line that says that no article is from a period."""
    first, last = day(period.first), day(period.last)
    if first == last:
        return Reason.NONE_OF_DAY(day=first)
    return Reason.NONE_IN_PERIOD(first=first, last=last)


class Replier:
    """Replies from the catalog, and from what a search finds about a topic.

    `Asker` uses its `search`, its `clauses` and its `followups`, too.
    """

    def __init__(self, catalog: Catalog, search: Search, embedder: Embedder) -> None:
        self._catalog = catalog
        self.search = search
        self._embedder = embedder
        self._asides = Asides(embedder, catalog)
        self.clauses = Clauses(embedder, catalog)
        self.followups = Followups(embedder)

    def aside(self, question: Question) -> Aside | None:
        """Return the kind of aside that a message is, None if it asks about the world.

        A period that it names is no part of its topic.

        Raises:
            EmbeddingError: the message cannot be embedded.
        """
        typed, code = question.typed, question.language
        aside = self._asides.recognise(typed)
        undated = without_period(typed, code)
        if undated == typed or not (question.period or question.all_dates):
            return aside
        topic = without_period(aside.topic, code) if aside else ""
        if aside and not all(map(language(code).is_small, topic.split())):
            return replace(aside, topic=topic)
        whole = self._asides.recognise(undated)
        if whole and whole.kind in OF_PERIOD and not whole.topic:
            return whole
        return Aside(AsideKind.CONTENTS) if aside and aside.topic else aside

    def asks_for_events(self, question: Question) -> bool:
        """Return whether a question of some time asks what happened then, and nothing more.

        The event that dates it, if one does, is in no place that it names: "the coup in Mali".

        Raises:
            EmbeddingError: the question cannot be embedded.
        """
        placed = question.dated_by and names(question.dated_by.text)
        if placed or question.alone != question.typed.strip():
            return False
        return self._asides.asks_for_events(question.undated)

    def events(self, question: Question) -> Answer | None:
        """Return the leads of a period's newest articles, if a question asks what happened then.

        If no article is from then, sentences that name its year. None if there are none, or the
        question asks something else.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question cannot be embedded.
        """
        if question.period is None or not self.asks_for_events(question):
            return None
        _, evidence = self.search(question, 3 * PASSAGES)
        then = [each for each in evidence if question.period.holds(each.article.published)]
        newest = _newest_first(_first_of_each(then))[:TOPIC_ARTICLES]
        if newest:
            return _quoted(question, [*map(_first_words, newest)], newest)
        if question.period.relative:
            return None
        _, evidence = self.search(replace(question, period=None), 3 * PASSAGES)
        quotes = [quote for each in _first_of_each(evidence) for quote in _naming(question, each)]
        return _quoted(question, quotes[:TOPIC_ARTICLES], evidence) if quotes else None

    def more(self, question: Question, before: Turn) -> Answer | None:
        """Return further sentences of the passages that the answer before quoted; None without any.

        They are the ones whose meaning is nearest to the question.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question before cannot be embedded.
        """
        near = self._quoting(before, question)
        unquoted = [
            (sentence, each)
            for each in near
            for sentence in each.sentences
            for text in [each.article.whole.text[sentence.start : sentence.end]]
            if text not in before.quotes and not text.endswith(":")
        ]
        ranked = sorted(unquoted, key=lambda found: -found[0].similarity)[:CARRYING]
        quotes = [
            cite(each.article.whole, Span(sentence.start, sentence.end))
            for sentence, each in sorted(ranked, key=lambda found: found[0].start)
        ]
        told = _quoted(question, quotes, near) if quotes else None
        return told and replace(told, standalone_question=before.standalone_question)

    def reply(self, aside: Aside, question: Question, before: Turn | None = None) -> Answer:
        """Reply to an aside.

        A summary of "it", or of "the article", is of the article that was quoted `before`; where
        none was, all articles are listed.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: a topic cannot be embedded.
        """
        about: list[Evidence] = []
        summary = aside.kind in {AsideKind.SUMMARY, AsideKind.CONTENTS}
        if aside.kind is AsideKind.QUOTED or (summary and _points(aside, question)):
            aside = Aside(AsideKind.CONTENTS)
            about = self._quoting(before, question) if before else []
        elif aside.kind is AsideKind.SUMMARY:
            near = self._near(aside.topic, question)
            about = [each for each, titled in near if titled >= SIMILAR or related([each])]
        if about:
            article = about[0].article.whole
            quotes = [cite(article, span) for span in self._telling(article)]
            return _quoted(question, quotes, about[:1])
        if aside.kind is AsideKind.TOPIC and (told := self._told_of(aside.topic, question)):
            return told
        lines, listed = self._lines(aside, question)
        return Answer(
            question=question.typed,
            standalone_question=question.text,
            outcome=Outcome.REPLY,
            said=tuple(lines),
            listed=tuple(listed),
            confidence=1.0,
        )

    def _lines(self, aside: Aside, question: Question) -> tuple[list[Remark], Sequence[Edition]]:
        catalog, period = self._catalog, question.period
        extent = catalog.extent(period if aside.kind in OF_PERIOD else None)
        if period and aside.kind in OF_PERIOD and not extent.articles:
            return [none_in(period)], ()
        if aside.kind is AsideKind.CONTENTS:
            latest = [Reason.LATEST()] if extent.articles > LISTED else []
            return [known(extent), *latest], catalog.newest(LISTED, period=period)
        if aside.kind in {AsideKind.ARTICLES, AsideKind.SUMMARY, AsideKind.TOPIC}:
            return self._listing(aside.topic, question)
        if aside.kind is AsideKind.LATEST:
            return [Reason.LATEST()], catalog.newest(NEWEST)
        if aside.kind is AsideKind.OLDEST:
            return [Reason.OLDEST()], catalog.newest(NEWEST, oldest=True)
        outlets = self._outlets()
        introduction = [Reason.I_AM(), known(extent), *outlets]
        lines: Mapping[AsideKind, list[Remark]] = {
            AsideKind.GREETING: [Reason.HELLO(), *introduction],
            AsideKind.THANKS: [Reason.WELCOME()],
            AsideKind.GOODBYE: [Reason.GOODBYE()],
            AsideKind.OPINION: [Reason.NO_OPINION()],
            AsideKind.IDENTITY: introduction,
            AsideKind.HELP: introduction,
            AsideKind.MORE: introduction,
            AsideKind.COUNT: [known(extent)],
            AsideKind.PERIOD: [known(extent)],
            AsideKind.OUTLETS: outlets or [Reason.NO_OUTLETS()],
        }
        return lines[aside.kind], ()

    def _listing(self, topic: str, question: Question) -> tuple[list[Remark], Sequence[Edition]]:
        """List the articles of an outlet, newest first, or about a topic, most relevant first.

        If the topic is in another language than most of what is found, the closest articles are
        listed, without the claim that they are about it.
        """
        asked = {*terms(topic)}
        for outlet in self._catalog.outlets():
            if {*terms(outlet)} <= asked:
                articles = self._catalog.newest(LISTED, outlet=outlet, period=question.period)
                said = Reason.FROM_OUTLET if articles else Reason.NOTHING_FROM
                return [said(outlet=outlet)], articles
        near = self._near(topic, question)
        found = [each for each, _ in near]
        titled = [each for each, likeness in near if likeness >= SIMILAR]
        if about := _covering(found) or titled or related(found):
            return [Reason.ABOUT(topic=topic)], _articles(about)[:LISTED]
        spoken = [language_of(each.text).code == question.language for each in found]
        if 2 * sum(spoken) > len(spoken):
            return [Reason.NOTHING_ABOUT(topic=topic)], ()
        return [Reason.CLOSEST_TO(topic=topic)], _articles(found)[:NEWEST]

    def _outlets(self) -> list[Remark]:
        outlets = self._catalog.outlets()
        named = ", ".join(f"{outlet} ({count})" for outlet, count in outlets.items())
        return [Reason.OUTLETS(outlets=named)] if named else []

    def _near(self, topic: str, question: Question) -> list[tuple[Evidence, float]]:
        """Return the passages nearest to a topic, each with its title's cosine with it.

        They are sorted by the sum of that and their score.
        """
        asked = understand(topic, languages=[question.language])
        _, found = self.search(replace(asked, period=question.period), 3 * PASSAGES)
        wanted, *titles = self._embedder.texts([topic, *(each.article.title for each in found)])
        near = [(each, float(wanted @ title)) for each, title in zip(found, titles, strict=True)]
        return sorted(near, key=lambda each: -(each[0].score + each[1]))

    def _told_of(self, topic: str, question: Question) -> Answer | None:
        """Return the most telling sentences about a topic, None without any.

        Where one article is about it, they are what carries that.
        """
        evidence = [each for each, _ in self._near(topic, question)]
        about = _first_of_each(related(evidence))
        if len(about) != 1:
            return on_topic(question, evidence)
        article = about[0].article.whole
        return _quoted(question, [cite(article, span) for span in self._telling(article)], about)

    def _quoting(self, before: Turn, question: Question) -> list[Evidence]:
        """Return the passages that were quoted in answer to the question before."""
        asked = understand(before.standalone_question, languages=[question.language])
        _, evidence = self.search(asked, PASSAGES)
        return [each for each in evidence if any(map(each.text.__contains__, before.quotes))]

    def _telling(self, article: Article) -> list[Span]:
        """Return an article's lead and the sentences nearest to its mean vector, in order.

        Lines of tables are no sentences.
        """
        every = sentences(article.text)[:READ]
        spans = [span for span in every if BAR not in article.text[slice(*span)]] or every
        texts = [article.text[slice(*span)] for span in spans]
        lead = _lead(article, texts)
        vectors = self._embedder.texts(texts)
        chosen = [lead]
        for at in np.argsort(-(vectors @ vectors.mean(axis=0))):
            if len(chosen) > CARRYING:
                break
            if at > lead and not any(repeats(texts[at], texts[other]) for other in chosen):
                chosen.append(int(at))
        return [spans[at] for at in sorted(chosen)]


def _points(aside: Aside, question: Question) -> bool:
    """True if a message is about something named before, and names nothing itself: "it"."""
    spoken = language(question.language)
    small = all(map(spoken.is_small, aside.topic.split()))
    return small and spoken.points_back(aside.topic or question.typed)


def is_topic(question: Question) -> bool:
    """Return whether a message is a bare topic: a few words that ask nothing."""
    text = question.text.strip()
    short = 0 < len(text.split()) <= TOPIC_WORDS and not text.endswith(ENDS)
    return short and question.alone == question.typed.strip() and not question.wanted.asks


def on_topic(question: Question, evidence: Sequence[Evidence]) -> Answer | None:
    """Answer a bare topic with the best sentences of the newest articles about it; None without."""
    found = _first_of_each(related(evidence))[:TOPIC_ARTICLES]
    quotes = [_most_telling(each) for each in _newest_first(found)]
    return _quoted(question, quotes, evidence) if quotes else None


def mentioning(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that cover most of the query's words, else those related to it."""
    return [each for each in evidence if each.coverage > COVERED] or related(evidence)


def related(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the passages that cover a topic's words, else those similar to it."""
    return _covering(evidence) or [each for each in evidence if each.similarity >= SIMILAR]


def _covering(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [each for each in evidence if each.coverage >= COVERED]


def _articles(evidence: Sequence[Evidence]) -> list[Edition]:
    """Return the article of the best passage of each story."""
    return [each.article for each in _first_of_each(evidence)]


def _first_of_each(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the best passage of each cluster of articles, in order."""
    first: dict[str | int, Evidence] = {}
    for each in evidence:
        first.setdefault(each.story, each)
    return list(first.values())


def _most_telling(evidence: Evidence) -> Citation:
    """Cite the sentence of a passage that matches the query best."""
    best = max(evidence.sentences, key=lambda sentence: sentence.coverage + sentence.similarity)
    return cite(evidence.article.whole, Span(best.start, best.end))


def _naming(question: Question, evidence: Evidence) -> list[Citation]:
    """Cite the sentences of a passage that have all of a question's numbers."""
    article = evidence.article.whole
    spans = (Span(sentence.start, sentence.end) for sentence in evidence.sentences)
    quotes = [cite(article, span) for span in spans]
    return [each for each in quotes if question.numbers <= {*terms(each.quote)}]


def _first_words(evidence: Evidence) -> Citation:
    """Cite the lead of a passage's article."""
    article = evidence.article.whole
    spans = sentences(article.text)
    return cite(article, spans[_lead(article, [article.text[slice(*span)] for span in spans[:2]])])


def _lead(article: Article, texts: Sequence[str]) -> int:
    """Return the index of the first sentence that is not the title."""
    return 1 if len(texts) > 1 and texts[0] == article.title else 0


def _quoted(question: Question, quotes: Sequence[Citation], evidence: Sequence[Evidence]) -> Answer:
    """Return an answer whose claims are quotes."""
    return Answer(
        question=question.typed,
        standalone_question=question.text,
        outcome=Outcome.ANSWERED,
        claims=tuple(Claim(text=stated(each), citations=(each,), support=1.0) for each in quotes),
        evidence=tuple(evidence),
        confidence=1.0,
    )


def _newest_first(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Sort passages by the dates of their articles, newest first and undated last."""
    return sorted(evidence, key=lambda each: each.article.published or date.min, reverse=True)
