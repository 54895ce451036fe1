"""Evidence -> Draft, without a chat model: the sentences that answer, quoted whole.

Two small linear models decide, both fitted by benchmarks/fit.py on SQuADShifts' new Wikipedia and
twelve titles of squad2, and reported on other data in benchmarks/answering.md: one ranks the
sentences of the first passages, the other gives the probability that they answer at all.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Protocol

from rag.answer_type import AnswerType, asked_for, offers, without_phrase
from rag.disagree import differ_on
from rag.lexical import content_terms, terms
from rag.types import Article, Draft, DraftClaim, Evidence, Sentence, Span

PASSAGES_READ = 4
"""Sentences are taken from so many of the first passages, and from the best of another article."""

MOST_CLAIMS = 3

SIMILARITY, COVERAGE, PAIRS, PASSAGE, OFFERS = 3.8, 3.7, 1.0, 7.3, 1.5
"""Weights of a sentence's features in its log-odds."""

SECOND_ODDS = 0.25
"""A further sentence is quoted when it is at least a quarter as likely as the first to answer."""

OTHER_SOURCE_ODDS = 0.10
"""As `SECOND_ODDS`, for a sentence of an article that is not quoted yet."""

REPEATS = 0.6
"""Sentences that share more of their terms than this (Jaccard) say the same."""

ANSWERABLE = 0.5
"""Below this probability the articles do not say."""


class Answerer(Protocol):
    """Writes a draft from evidence."""

    @property
    def mode(self) -> str:
        """How the claims come about, as `Answer.mode` tells it."""
        ...

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """Write the claims that the evidence bears out, most direct first."""
        ...


@dataclass(frozen=True, slots=True)
class Quotable:
    """A sentence as an answer to a question. `score` is comparable within one question only."""

    evidence: Evidence
    sentence: Sentence
    pairs: float
    offers: float
    score: float

    @property
    def text(self) -> str:
        """The sentence's own words."""
        return self.evidence.article.text[self.sentence.start : self.sentence.end]


class Quotes:
    """Answers by quoting one to three sentences, with what they announce; knows nothing beyond."""

    mode = "quotes"

    def draft(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """See `Answerer`. A draft without claims means that nothing was read."""
        readings = read(question, evidence)
        if not readings:
            return Draft(claims=(), confidence=0.0)
        first = readings[0].score
        return Draft(
            claims=tuple(
                DraftClaim(
                    text=article.text[slice(*span)],
                    article=article,
                    spans=(span,),
                    support=math.exp(score - first),
                )
                for article, span, score in _quoted(choose(question, readings))
            ),
            confidence=answerable(question, readings[0]),
        )


def _quoted(chosen: Sequence[Quotable]) -> list[tuple[Article, Span, float]]:
    """Give what is quoted of each reading and its score, none within another."""
    quoted: list[tuple[Article, Span, float]] = []
    for one in chosen:
        span, article = _whole(one), one.evidence.article
        if not any(
            article.id == other.id and span.start < there.end and there.start < span.end
            for other, there, _ in quoted
        ):
            quoted.append((article, span, one.score))
    return quoted


def _whole(reading: Quotable) -> Span:
    """Give a sentence's range, and the next one's with it where it only announces that: "said:"."""
    start, end = reading.sentence.start, reading.sentence.end
    if reading.text.endswith(":"):
        after = (one.end for one in reading.evidence.sentences if one.start >= end)
        end = min(after, default=end)
    return Span(start, end)


def read(question: str, evidence: Sequence[Evidence]) -> list[Quotable]:
    """Give the sentences of the first passages, the likeliest to answer first."""
    if not evidence:
        return []
    best = evidence[0].score
    readings = [
        _reading(question, passage, sentence, passage.score - best)
        for passage in _to_read(evidence)
        for sentence in passage.sentences
    ]
    if asked_for(question) is AnswerType.QUANTITY:
        readings = [one for one in readings if one.offers] or readings
    return sorted(readings, key=lambda one: one.score, reverse=True)


def _to_read(evidence: Sequence[Evidence]) -> Iterable[Evidence]:
    """Give the first passages, and the best one of another article where they are all of one."""
    first = list(evidence[:PASSAGES_READ])
    articles = {one.article.id for one in first}
    if len(articles) == 1:
        first += [one for one in evidence if one.article.id not in articles][:1]
    return first


def _reading(question: str, passage: Evidence, sentence: Sentence, behind: float) -> Quotable:
    """Score a sentence; `behind` is its passage's score less the best passage's, <= 0."""
    text = passage.article.text[sentence.start : sentence.end]
    offered = offers(text, question)
    paired = shared_pairs(question, text)
    score = (
        SIMILARITY * sentence.similarity
        + COVERAGE * sentence.coverage
        + PAIRS * paired
        + PASSAGE * behind
        + OFFERS * offered
    )
    return Quotable(passage, sentence, paired, offered, score)


def shared_pairs(question: str, sentence: str) -> float:
    """Give the share, in [0, 1], of the question's neighbouring terms that are neighbours here too.

    "Russia's defence minister" is told so from a defence minister who meets a Russian one.
    """
    asked = set(pairwise(content_terms(without_phrase(question))))
    return len(asked & set(pairwise(content_terms(sentence)))) / len(asked) if asked else 0.0


def choose(question: str, readings: Sequence[Quotable]) -> list[Quotable]:
    """Choose what is quoted, from readings in order: the first, and what adds to it.

    What another article says to the contrary always adds.
    """
    first = readings[0]
    chosen = [first, *_contrary(question, readings)]
    for one in readings[1:]:
        if len(chosen) == MOST_CLAIMS:
            break
        known = {other.evidence.article.id for other in chosen}
        new_source = one.evidence.article.id not in known
        odds = OTHER_SOURCE_ODDS if new_source else SECOND_ODDS
        if one.score - first.score < math.log(odds):
            continue
        if not any(repeats(one.text, other.text) for other in chosen):
            chosen.append(one)
    return chosen


def _contrary(question: str, readings: Sequence[Quotable]) -> list[Quotable]:
    """Give the likeliest sentence of another article that differs from the first one, if any."""
    first = readings[0]
    differing = (
        one
        for one in readings[1:]
        if one.evidence.article.id != first.evidence.article.id
        and differ_on(question, first.text, one.text)
    )
    return list(islice(differing, 1))


def repeats(one: str, other: str) -> bool:
    """Say whether two sentences say the same in nearly the same words."""
    first, second = set(terms(one)), set(terms(other))
    return len(first & second) > REPEATS * len(first | second)


_NAME = re.compile(r"(?<!^)\b[^\W\d_a-z][\w’'.-]*\w|\d[\d.,]*")


def features(question: str, best: Quotable) -> tuple[float, ...]:
    """Give what `answerable` judges by, each in [-1, 1] or nearly.

    The best sentence's similarity and coverage, its passage's similarity and coverage, and the
    share of the question's names and numbers that its passage and title lack.
    """
    evidence = best.evidence
    named = {term for name in _NAME.findall(question) for term in terms(name)}
    there = {*terms(evidence.text), *terms(evidence.article.title)}
    missing = len(named - there) / len(named) if named else 0.0
    return (
        best.sentence.similarity,
        best.sentence.coverage,
        evidence.similarity,
        evidence.coverage,
        missing,
    )


ANSWERABLE_WEIGHTS = (7.0, 2.6, 2.6, 2.6, -1.7)
ANSWERABLE_BIAS = -7.3


def answerable(question: str, best: Quotable) -> float:
    """Give the probability, in [0, 1], that the articles answer a question."""
    if asked_for(question) is AnswerType.QUANTITY and not best.offers:
        return 0.0
    pairs = zip(ANSWERABLE_WEIGHTS, features(question, best), strict=True)
    odds = ANSWERABLE_BIAS + sum(weight * value for weight, value in pairs)
    return 1 / (1 + math.exp(-odds))
