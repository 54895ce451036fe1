"""Evidence -> Draft, without a chat model: a short answer in its sentence, and what adds to it.

Two small linear models decide, over what retrieval and the reader make of the passages' sentences.
Both are fitted by benchmarks/fit.py on titles that the reader was not trained on, and reported on
others in benchmarks/answering.md: one ranks the sentences, the other gives the probability that the
likeliest one answers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Protocol

from rag.languages import general, language_of, shared
from rag.languages.amounts import Amount
from rag.languages.general import Language
from rag.languages.terms import repeats, terms
from rag.models.reader import Found, Reader, Reading
from rag.reading.candidates import fitting, takes_up
from rag.reading.sides import owned
from rag.text import asks_nothing
from rag.text.tables import BAR, Cell, Readable, readable
from rag.types import (
    AnswerType,
    Article,
    Draft,
    DraftClaim,
    Evidence,
    Question,
    Sentence,
    Side,
    Span,
)

MOST_CLAIMS = 3

MOST_AMOUNTS = 8
"""Of one of two things that are compared: the two are shown by amounts of one unit."""

SENTENCE_WEIGHTS = (4.0, 0.4, 0.1, 7.1, 0.1, 2.1, 1.4)
"""Of a sentence's features, in its log-odds."""

SECOND_ODDS = 0.25
"""A further sentence is quoted when it is at least a quarter as likely as the first to answer."""

OTHER_SOURCE_ODDS = 0.10
"""As `SECOND_ODDS`, for a sentence of a cluster of articles that is not quoted yet."""

BESIDE, BESIDE_LEAST = 2.0, -2.0
"""Beside a short answer a further sentence has to answer, too: the log-odds of what the reader
finds in it are at most so much lower, and not below the least. Of several things that are asked
for, another article may tell of one as it likes."""

ANSWERABLE, POSSIBLE = 0.5, 0.1
"""The bounds, in probability, of what is answered and of what is shown as unsure.

From `ANSWERABLE` on an answer is more likely than not. Below `POSSIBLE` are 3 % of the questions
that the articles answer, and four in five of those about something else: benchmarks/fit.py chooses
it, benchmarks/answering.md has what falls into each tier. Below it no chat model is asked either.
"""

CLEAR = 0.25
"""A range less probable than this within its sentence is no short answer: the sentence is."""

SURE = 3.0
"""A short answer that the reader finds at lower log-odds contradicts nothing: it may be another
question's; chosen as benchmarks/disagreement.py tells."""

NAMED = 9.0
"""The log-odds of a table's cell whose row and column a question names, and of its passage."""

NAMED_SHARE = 0.5
"""The share of its words from which on a name is named."""

NOWHERE = -15.0
"""The score of a sentence in which the reader finds nothing; no score is lower."""


class Answerer(Protocol):
    """Writes a draft from evidence."""

    @property
    def mode(self) -> str:
        """The `Answer.mode` of what it writes."""
        ...

    def load(self) -> None:
        """Load what drafting needs, while something else is done; raises as `draft` does."""
        ...

    def draft(self, question: Question, evidence: Sequence[Evidence]) -> Draft:
        """Write the claims that the evidence bears out, most direct first."""
        ...

    def answering(self, question: Question, texts: Sequence[str]) -> list[float]:
        """Return the log-odds that each text, read by itself, answers; raises as `draft` does."""
        ...


@dataclass(frozen=True, slots=True)
class Quotable:
    """A sentence as an answer to a question. `score` is comparable within one question only.

    `found` is what the reader finds in it, by its range in the passage's text. `features`, each in
    [-1.5, 1.5] or nearly, are the sentence's similarity and coverage, the share of the question's
    pairs of terms that it has, its passage's score less the best passage's, whether it offers what
    is asked for, and the reader's log-odds, in tenths, for the sentence and for its passage.
    """

    evidence: Evidence
    sentence: Sentence
    found: Found | None
    features: tuple[float, ...]
    score: float

    @property
    def offers(self) -> float:
        """Whether the sentence has something of the kind asked for, see `Language.offers`."""
        return self.features[4]

    @property
    def text(self) -> str:
        """The sentence's own words."""
        return self.evidence.article.whole.text[self.sentence.start : self.sentence.end]

    @property
    def is_named(self) -> bool:
        """Whether it is a row of a table whose cell the question names."""
        return self.found is not None and self.found.score == NAMED

    @property
    def short(self) -> str | None:
        """Those of the sentence's words that answer, where it is clear which.

        Of several cells of a table, the row: they say nothing without the names of their columns.
        """
        if self.found is None or self.found.share < CLEAR:
            return None
        words = self.evidence.text[slice(*self.found.span)]
        return self.text if BAR in words else words


class Extractive:
    """Answers in the articles' own words: a short answer, then up to two sentences that add to it.

    A yes-or-no question is answered by the sentences that decide it, never by a yes.
    """

    mode = "reader"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def load(self) -> None:
        """See `Answerer`."""
        self._reader.load()

    def draft(self, question: Question, evidence: Sequence[Evidence]) -> Draft:
        """See `Answerer`. A draft without claims means that nothing was read.

        Raises:
            ReaderError: the reader's model cannot be loaded or run.
        """
        readings = read(question, evidence, self._reader)
        if not readings:
            return Draft(claims=(), confidence=0.0)
        if question.side:
            return _of_side(question, question.side, readings)
        first, *others = choose(question, readings)
        short = None if question.wanted.kind is AnswerType.YES_NO else first.short
        agreeing = agreed(question, first, readings) if short else []
        cited = [_range(reading) for reading in (first, *agreeing)]
        claims = [DraftClaim(text=short or _words(*cited[0]), cited=tuple(cited), support=1.0)]
        for other in others:
            there = _range(other)
            if not any(_overlap(there, known) for known in cited):
                cited.append(there)
                beside = short and (
                    _short_contrary(question, first, other)
                    or (repeats(first.text, other.text) and _lists(question, first, other))
                )
                text = other.short if beside and other.short else _words(*there)
                support = math.exp(other.score - first.score)
                claims.append(DraftClaim(text=text, cited=(there,), support=support))
        chances = [answerable(question, reading) for reading in (first, *agreeing)]
        return Draft(claims=tuple(claims), confidence=together(chances))

    def answering(self, question: Question, texts: Sequence[str]) -> list[float]:
        """See `Answerer`."""
        whole = [(text, [Span(0, len(text))]) for text in texts]
        return [reading.answered for reading in self._reader.read(question.text, whole)]


def _of_side(question: Question, side: Side, readings: Sequence[Quotable]) -> Draft:
    """Return a draft whose claims are amounts of one of two things that are compared.

    The likeliest comes first; each is supported as its sentence is likely to answer.
    """
    claims = [
        DraftClaim(text=text, cited=(_range(reading),), support=answerable(question, reading))
        for reading in readings
        for text in _amounts(question, side, reading)
    ][:MOST_AMOUNTS]
    return Draft(claims=tuple(claims), confidence=max((each.support for each in claims), default=0))


def _amounts(question: Question, side: Side, reading: Quotable) -> list[str]:
    """Return the amounts that a sentence has of one of two things, what the reader found first."""
    if reading.is_named and reading.short:
        return [reading.short]
    evidence = reading.evidence
    article = evidence.article.whole
    texts = [article.text[each.start : each.end] for each in evidence.sentences]
    there = owned(question, side, article, texts)[evidence.sentences.index(reading.sentence)]
    behind = reading.sentence.start - evidence.passage.start
    spans, found = [], reading.found
    while found:
        spans.append((found.span.start - behind, found.span.end - behind))
        found = found.next

    def rank(amount: Amount) -> tuple[bool, int]:
        hits = (
            place
            for place, (start, end) in enumerate(spans)
            if start < amount.end and amount.start < end
        )
        return amount.unit not in question.terms, next(hits, len(spans))

    return [amount.text for amount in sorted(there, key=rank)]


def _range(reading: Quotable) -> tuple[Article, Span]:
    """Return a sentence's range, with the next sentence's if it only announces that: "said:"."""
    start, end = reading.sentence.start, reading.sentence.end
    if reading.text.endswith(":"):
        after = (each.end for each in reading.evidence.sentences if each.start >= end)
        end = min(after, default=end)
    return reading.evidence.article.whole, Span(start, end)


def _words(article: Article, span: Span) -> str:
    return article.text[slice(*span)]


def _overlap(one: tuple[Article, Span], other: tuple[Article, Span]) -> bool:
    (article, span), (known, there) = one, other
    return article.id == known.id and span.start < there.end and there.start < span.end


def read(question: Question, evidence: Sequence[Evidence], reader: Reader) -> list[Quotable]:
    """Return the sentences of the passages, the likeliest to answer first."""
    best = max((passage.score for passage in evidence), default=0.0)
    texts = [_readable(passage) for passage in evidence]
    passages = [(text.text, text.sentences) for text in texts]
    raw = reader.read(question.text, passages, several=question.wanted.several)
    quotable = [
        _quotable(question, passage, text, place, passage.score - best, reading)
        for passage, text, found in zip(evidence, texts, raw, strict=True)
        for reading in [_fitting(question, passage, text, found)]
        for place in range(len(passage.sentences))
    ]
    if question.wanted.kind is AnswerType.QUANTITY:
        quotable = [sentence for sentence in quotable if sentence.offers] or quotable
    return sorted(quotable, key=lambda sentence: sentence.score, reverse=True)


def _readable(evidence: Evidence) -> Readable:
    spans = [Span(each.start, each.end) for each in evidence.sentences]
    return readable(evidence.article.whole.text, spans)


def _fitting(question: Question, evidence: Evidence, text: Readable, reading: Reading) -> Reading:
    """Return a reading of only what can answer.

    If nothing in the likeliest sentence can, the passage is less likely to answer, by as much as
    what is found in its other sentences is, but for one that takes up an ellipsis.
    """
    spoken = _language(question, evidence)
    found = tuple(
        _named_cell(question, text.text, row) or fitting(question, text.text, sentence, raw, spoken)
        for sentence, row, raw in zip(text.sentences, text.rows, reading.found, strict=True)
    )
    if any(each and each.score == NAMED for each in found):
        return Reading(max(reading.answered, NAMED), found)
    best = max(range(len(found)), key=lambda place: _score(reading.found[place]), default=None)
    if best is None or found[best] is not None or reading.found[best] is None:
        return Reading(reading.answered, found)
    then = max(range(len(found)), key=lambda place: _score(found[place]))
    if takes_up(question, text.text[slice(*text.sentences[then])], spoken):
        return Reading(reading.answered, found)
    lost = _score(reading.found[best]) - _score(found[then])
    return Reading(reading.answered - lost, found)


def _score(found: Found | None) -> float:
    return max(NOWHERE, found.score) if found else NOWHERE


def _named_cell(question: Question, text: str, row: Sequence[Cell]) -> Found | None:
    """Return the cell of a row that a question names by its row and its column, if there is one.

    Of "Tonnes 2023" and "Tonnes 2024" it names the one of which it has more words. A question that
    names a column and what stands there asks for the row.
    """
    if not row:
        return None
    label, *cells = row
    shares = [_named(question, cell.column) for cell in cells]
    most = max(shares, default=0.0)
    asked = [cell for cell, share in zip(cells, shares, strict=True) if share == most]
    if most < NAMED_SHARE or len(asked) != 1:
        return None
    if not _names(question, text[slice(*label.span)]):
        if not _names(question, text[slice(*asked[0].span)]):
            return None
        asked = [label]
    return Found(asked[0].span, score=NAMED, share=1.0)


def _names(question: Question, name: str) -> bool:
    """Return whether a question names a row, a column or a cell."""
    return _named(question, name) >= NAMED_SHARE


def _named(question: Question, name: str) -> float:
    """Return the share of a name's words that a question has."""
    found = {*terms(name)}
    return len(found & {*question.terms}) / len(found) if found else 0.0


def _found(passage: Evidence, text: Readable, found: Found | None) -> Found | None:
    """Return what is found in a text by its range in the passage; None where it has no word."""
    there = text.origin(found.span) if found else None
    if found is None or there is None:
        return None
    start = passage.passage.start
    return replace(found, span=Span(there.start - start, there.end - start))


def _quotable(  # noqa: PLR0913, PLR0917 - what a sentence is scored by
    question: Question,
    passage: Evidence,
    read: Readable,
    place: int,
    behind: float,
    reading: Reading,
) -> Quotable:
    """Score a sentence; `behind` is its passage's score less the best passage's, <= 0."""
    sentence = passage.sentences[place]
    text = read.text[slice(*read.sentences[place])]
    spoken = _language(question, passage)
    found = _found(passage, read, reading.found[place])
    features = (
        sentence.similarity,
        sentence.coverage,
        shared_pairs(question, text, spoken),
        behind,
        spoken.offers(question, text),
        _score(found) / 10,
        reading.answered / 10,
    )
    return Quotable(passage, sentence, found, features, _dot(SENTENCE_WEIGHTS, features))


def shared_pairs(question: Question, sentence: str, spoken: Language) -> float:
    """Return the share, in [0, 1], of the question's neighbouring terms that are neighbours here.

    "Russia's defence minister" is told so from a defence minister who meets a Russian one.
    """
    asked = set(pairwise(question.subject))
    return len(asked & set(pairwise(spoken.content(sentence)))) / len(asked) if asked else 0.0


def choose(question: Question, readings: Sequence[Quotable]) -> list[Quotable]:
    """Choose what is quoted, from readings in order: the first, and what adds to it.

    What another article says to the contrary always adds.
    """
    first = readings[0]
    chosen = [first, *_contrary(question, readings)]
    for reading in readings[1:]:
        if len(chosen) == MOST_CLAIMS:
            break
        known = {other.evidence.story for other in chosen}
        new_source = reading.evidence.story not in known
        odds = OTHER_SOURCE_ODDS if new_source else SECOND_ODDS
        if reading.score - first.score < math.log(odds) or reading.is_named < first.is_named:
            continue
        is_part = question.wanted.several and new_source
        if first.short and not is_part and not _answers_beside(first, reading):
            continue
        if not any(_repeated(question, reading, other) for other in chosen):
            chosen.append(reading)
    return chosen


def _answers_beside(first: Quotable, reading: Quotable) -> bool:
    """Return whether the reader finds an answer in a sentence, beside the first one's."""
    return _score(reading.found) >= max(BESIDE_LEAST, _score(first.found) - BESIDE)


def _repeated(question: Question, reading: Quotable, other: Quotable) -> bool:
    """Return whether a sentence says what another one does.

    Those of two articles that name different things of a list are alike and say different things.
    """
    return repeats(reading.text, other.text) and not _lists(question, reading, other)


def _lists(question: Question, reading: Quotable, other: Quotable) -> bool:
    """Return whether sentences of two articles each name one of several things asked for."""
    if not question.wanted.several or reading.evidence.article.id == other.evidence.article.id:
        return False
    one, two = _content(question, reading), _content(question, other)
    return bool(one and two) and not one & two


def agreed(question: Question, first: Quotable, readings: Sequence[Quotable]) -> list[Quotable]:
    """Return the likeliest sentence of every other cluster whose short answer is the first's.

    Short answers agree where the content terms of one are among those of the other. The articles of
    a cluster are one source: a copy bears out nothing.
    """
    agreeing: dict[str | int, Quotable] = {}
    ours = _content(question, first)
    for reading in readings:
        story = reading.evidence.story
        if story == first.evidence.story or story in agreeing:
            continue
        theirs = _content(question, reading)
        near = reading.score - first.score >= math.log(OTHER_SOURCE_ODDS)
        if near and ours and theirs and (ours <= theirs or theirs <= ours):
            agreeing[story] = reading
    return list(agreeing.values())


def _contrary(question: Question, readings: Sequence[Quotable]) -> list[Quotable]:
    """Return the likeliest sentence of another article that differs from the first one, if any."""
    first = readings[0]
    differing = (
        reading
        for reading in readings[1:]
        if reading.evidence.article.id != first.evidence.article.id
        and (
            _language(question, first.evidence, reading.evidence).differ(
                question, first.text, reading.text
            )
            or _short_contrary(question, first, reading)
        )
    )
    return list(islice(differing, 1))


def _short_contrary(question: Question, first: Quotable, other: Quotable) -> bool:
    """Return whether another sentence answers by itself, and not as the first one does.

    A passage that tells of both answers contradicts neither.
    """
    if not first.short or not other.short or other.found is None or other.found.score < SURE:
        return False
    if _content(question, other) <= {*terms(first.evidence.text)}:
        return False
    if _content(question, first) <= {*terms(other.evidence.text)}:
        return False
    spoken = _language(question, first.evidence, other.evidence)
    differ = spoken.answers_differ(question, first.short, other.short) is not None
    return differ and answerable(question, other) >= ANSWERABLE


def _language(question: Question, *evidence: Evidence) -> Language:
    return shared(question, *(passage.article.whole.text for passage in evidence))


def _is_across(question: Question, evidence: Evidence) -> bool:
    """Return whether a question and an article are in two languages."""
    return language_of(evidence.article.whole.text).code != question.language


def _content(question: Question, reading: Quotable) -> set[str]:
    """Return the content terms of a short answer; none where there is none."""
    return {*_language(question, reading.evidence).content(reading.short or "")}


def evidence_features(question: Question, best: Quotable) -> tuple[float, ...]:
    """Return what `answerable` judges by, each in [-1.5, 1.5] or nearly.

    The best sentence's similarity and coverage, its passage's similarity and coverage, the share of
    the question's names and numbers that its passage and title lack, and the reader's log-odds that
    its passage answers, in tenths.
    """
    evidence = best.evidence
    named = question.names | question.numbers
    there = {*terms(evidence.text), *terms(evidence.article.title)}
    missing = len(named - there) / len(named) if named else 0.0
    return (
        best.sentence.similarity,
        best.sentence.coverage,
        evidence.similarity,
        evidence.coverage,
        missing,
        best.features[-1],
    )


ANSWERABLE_WEIGHTS, ANSWERABLE_BIAS = (2.0, 0.3, 2.5, 0.2, -1.0, 7.3), -2.0
"""Where the question and the article are both in English: between what benchmarks/fit.py gives for
encyclopedias, where similarity tells questions about something else, and for news, where what
answers a question is hardly more similar to it than a near miss."""

OTHER_WEIGHTS, OTHER_BIAS = (0.0, 0.0, 3.0, 0.0, 0.0, 8.0), -0.8
"""Where the question and the article are both in a language that has no rules of its own."""

ACROSS_WEIGHTS, ACROSS_BIAS = (0.0, 2.0, 2.5, 1.0, 0.0, 4.5), -0.8
"""Where they are in two languages. Coverage, of names alone there, tells a question about something
else: by benchmarks/fit.py's, more weight of it answers fewer of those, and more near misses in the
news, which have the same names: it is between."""

SMALL, LARGE, TENFOLD = 60, 1_600, 1.4
"""How much lower the log-odds are for each ten times as many passages as in a small collection, up
to a large one: among many, one that has nothing to do with a question is near it, too. Fitted
together with the weights it is 1.6, 1.7 and 0.4: in English, in other languages and across
languages. Beyond the large one nothing was measured."""

YES_NO_WEIGHTS, YES_NO_BIAS = (8.4, 0.0, 2.5, 0.0, -0.9, 0.0), -4.9


def answerable(question: Question, best: Quotable) -> float:
    """Return the probability, in [0, 1], that the articles answer a question.

    The reader is ignored for a yes-or-no question: it finds words, and a yes has none.
    """
    if asks_nothing(question.text):
        return 0.0
    kind = question.wanted.kind
    if kind is AnswerType.QUANTITY and not best.offers:
        return 0.0
    weights, bias = ANSWERABLE_WEIGHTS, ANSWERABLE_BIAS
    spoken = _language(question, best.evidence)
    if _is_across(question, best.evidence):
        weights, bias = ACROSS_WEIGHTS, ACROSS_BIAS
    elif spoken is general(spoken.code):
        weights, bias = OTHER_WEIGHTS, OTHER_BIAS
    if kind is AnswerType.YES_NO:
        weights, bias = YES_NO_WEIGHTS, YES_NO_BIAS
    odds = bias + _dot(weights, evidence_features(question, best))
    if kind is not AnswerType.YES_NO:
        size = min(max(best.evidence.among, SMALL), LARGE)
        odds -= TENFOLD * math.log10(size / SMALL)
    return 1 / (1 + math.exp(-odds))


def _dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return math.fsum(weight * value for weight, value in zip(weights, features, strict=True))


def together(chances: Sequence[float]) -> float:
    """Combine the probabilities of clusters of articles that agree, the main one's first.

    Agreement adds to an answer, but never makes one that no article gives by itself: what is
    misleading in one is likely to be so in all.
    """
    sure = [chance for chance in chances if chance >= ANSWERABLE]
    return 1 - math.prod(1 - chance for chance in sure) if sure else chances[0]
