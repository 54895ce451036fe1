"""Measure whether the reader, as a reranker of the first passages, lifts retrieval.

    python benchmarks/reranking.py > benchmarks/reranking.md

A passage's score is retrieval's plus the reader's two log-odds, each with a weight; the weights are
fitted by softmax regression on titles that the reader was not trained on, and reported on others.
"""

import statistics
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from command_line import parser
from data import (
    FITTING_TITLES,
    HELD_TITLES,
    Collection,
    Question,
    new_wiki,
    squad2,
    time_1963,
    xquad,
)
from fit import softmax_regression
from libraries import library_of, url_of

from rag.languages.english.questions import asks_for_several
from rag.library import Library
from rag.models.reader import EmbeddedReader
from rag.types import Span

DEPTHS = (8, 20)
FIRST = 10
PASSAGES = 60

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question's passages as retrieval ranks them: their articles, and the first ones' features.

    A row of `features` is retrieval's score, then the reader's odds for the passage and for its
    best range, in tenths. `milliseconds` are the reader's, for the first 8 and 20.
    """

    question: Question
    articles: list[str]
    features: Matrix
    milliseconds: tuple[float, ...]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which passages are of an article that is relevant."""
        relevant = {url_of(paragraph) for paragraph in self.question.relevant}
        return np.array([article in relevant for article in self.articles])

    def order(self, weights: Matrix, depth: int) -> list[str]:
        """The articles with the first `depth` passages reranked."""
        first = np.argsort(-(self.features[:depth] @ weights), kind="stable")
        return [self.articles[place] for place in first] + self.articles[depth:]


def main() -> None:
    """Print the table."""
    parser(__doc__).parse_args()
    reader = EmbeddedReader()
    fitted = [
        one
        for collection in (squad2().answerable(), new_wiki())
        for one in rank(library_of(collection), reader, collection.titled(FITTING_TITLES).every(4))
    ]
    print("# The reader as a reranker\n\nMade by `python benchmarks/reranking.py`.\n")
    weights = {depth: fit(fitted, depth) for depth in DEPTHS}
    for depth, found in weights.items():
        print(f"Weights over the first {depth}: {np.round(found, 2)}.")
    print("\n| collection | questions | reranked | hit@1 | hit@4 | MRR@10 | added ms |")
    print("|---|---|---|---|---|---|---|")
    held = squad2().answerable()
    asked_of = (
        (held, held.titled(HELD_TITLES).every(2)),
        (xquad(), xquad().every(2)),
        (time_1963(), time_1963()),
    )
    for collection, asked in asked_of:
        ranked = rank(library_of(collection), reader, asked)
        start = f"| {asked.name} | {len(ranked)} |"
        print(start, "none |", figures(ranked, np.array([1.0, 0.0, 0.0]), 0), "| 0 |")
        for place, depth in enumerate(DEPTHS):
            taken = statistics.median(one.milliseconds[place] for one in ranked)
            shares = figures(ranked, weights[depth], depth)
            print(start, f"first {depth} |", shares, f"| {taken:.0f} |", flush=True)


def rank(library: Library, reader: EmbeddedReader, asked: Collection) -> list[Ranked]:
    """Search and read for every question."""
    ranked = []
    for question in asked.questions:
        evidence = library.search(question.text, PASSAGES)
        rows, taken = [], []
        for depth in DEPTHS:
            texts = [(one.text, [Span(0, len(one.text))]) for one in evidence[:depth]]
            start = time.perf_counter()
            readings = reader.read(question.text, texts, several=asks_for_several(question.text))
            taken.append(1000 * (time.perf_counter() - start))
            rows = [
                (one.score, reading.answered / 10, reading.found[0].score / 10)
                for one, reading in zip(evidence, readings, strict=False)
                if reading.found[0]
            ]
        articles = [one.article.id for one in evidence]
        ranked.append(Ranked(question, articles, np.array(rows), tuple(taken)))
    return ranked


def fit(ranked: list[Ranked], depth: int) -> Matrix:
    """Fit the weights over the first passages of each question."""
    groups = [
        (one.features[:depth], one.right[:depth].astype(float))
        for one in ranked
        if 0 < one.right[:depth].sum() < len(one.features[:depth])
    ]
    return softmax_regression([(rows, right / right.sum()) for rows, right in groups])


def figures(ranked: list[Ranked], weights: Matrix, depth: int) -> str:
    """Give hit@1, hit@4 and MRR@10, as cells of a table."""
    hits_1, hits_4, reciprocal = [], [], []
    for one in ranked:
        relevant = {url_of(paragraph) for paragraph in one.question.relevant}
        first = list(dict.fromkeys(one.order(weights, depth)))[:FIRST]
        rank = next((place for place, name in enumerate(first, 1) if name in relevant), None)
        hits_1.append(rank == 1)
        hits_4.append(rank is not None and rank <= 4)
        reciprocal.append(1 / rank if rank else 0.0)
    return " | ".join(f"{np.mean(one):.3f}" for one in (hits_1, hits_4, reciprocal))


if __name__ == "__main__":
    main()
