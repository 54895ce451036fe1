"""Measure whether the reader, as a reranker of the first passages, improves retrieval.

    python benchmarks/reranking.py > benchmarks/reranking.md

A passage's score is the weighted sum of retrieval's score and the reader's two log-odds. The
weights are fitted by softmax regression on titles that the reader was not trained on, and measured
on other titles.
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

from rag.library import Library
from rag.models.reader import EmbeddedReader
from rag.types import Span
from rag.understanding.questions import understand

DEPTHS = (8, 20)
FIRST = 10
PASSAGES = 60

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question's passages in retrieval's order: their articles, and the features of the first.

    A row of `features` is retrieval's score, then a tenth of the reader's log-odds for the passage
    and for its best range. `milliseconds` are the reader's, for the first 8 and 20.
    """

    question: Question
    articles: list[str]
    features: Matrix
    milliseconds: tuple[float, ...]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """True for each passage of a relevant article."""
        relevant = {url_of(paragraph) for paragraph in self.question.relevant}
        return np.array([article in relevant for article in self.articles])

    def order(self, weights: Matrix, depth: int) -> list[str]:
        """Return the articles with the first `depth` passages reranked."""
        first = np.argsort(-(self.features[:depth] @ weights), kind="stable")
        return [self.articles[place] for place in first] + self.articles[depth:]


def main() -> None:
    """Print the table."""
    parser(__doc__).parse_args()
    reader = EmbeddedReader()
    fitting: list[Ranked] = []
    for collection in (squad2().answerable(), new_wiki()):
        questions = collection.titled(FITTING_TITLES).every(4)
        fitting += rank(library_of(collection), reader, questions)
    print("# The reader as a reranker\n\nMade by `python benchmarks/reranking.py`.\n")
    weights = {depth: fit(fitting, depth) for depth in DEPTHS}
    for depth, fitted in weights.items():
        print(f"Weights over the first {depth}: {np.round(fitted, 2)}.")
    print("\n| collection | questions | reranked | hit@1 | hit@4 | MRR@10 | added ms |")
    print("|---|---|---|---|---|---|---|")
    measured = (
        squad2().answerable().titled(HELD_TITLES).every(2),
        xquad().every(2),
        time_1963(),
    )
    for collection in measured:
        ranked = rank(library_of(collection), reader, collection)
        start = f"| {collection.name} | {len(ranked)} |"
        print(start, "none |", figures(ranked, np.array([1.0, 0.0, 0.0]), 0), "| 0 |")
        for place, depth in enumerate(DEPTHS):
            taken = statistics.median(ranking.milliseconds[place] for ranking in ranked)
            shares = figures(ranked, weights[depth], depth)
            print(start, f"first {depth} |", shares, f"| {taken:.0f} |", flush=True)


def rank(library: Library, reader: EmbeddedReader, collection: Collection) -> list[Ranked]:
    """Search and read for every question."""
    ranked = []
    for question in collection.questions:
        evidence = library.search(question.text, PASSAGES)
        rows, taken = [], []
        for depth in DEPTHS:
            texts = [(found.text, [Span(0, len(found.text))]) for found in evidence[:depth]]
            start = time.perf_counter()
            several = understand(question.text).wanted.several
            readings = reader.read(question.text, texts, several=several)
            taken.append(1000 * (time.perf_counter() - start))
            rows = [
                (found.score, reading.answered / 10, reading.found[0].score / 10)
                for found, reading in zip(evidence, readings, strict=False)
                if reading.found[0]
            ]
        articles = [found.article.id for found in evidence]
        ranked.append(Ranked(question, articles, np.array(rows), tuple(taken)))
    return ranked


def fit(ranked: list[Ranked], depth: int) -> Matrix:
    """Fit the weights over the first passages of each question."""
    groups = [
        (ranking.features[:depth], ranking.right[:depth].astype(float))
        for ranking in ranked
        if 0 < ranking.right[:depth].sum() < len(ranking.features[:depth])
    ]
    return softmax_regression([(rows, right / right.sum()) for rows, right in groups])


def figures(ranked: list[Ranked], weights: Matrix, depth: int) -> str:
    """Return hit@1, hit@4 and MRR@10, as cells of a table."""
    hits_1, hits_4, reciprocal = [], [], []
    for ranking in ranked:
        relevant = {url_of(paragraph) for paragraph in ranking.question.relevant}
        first = list(dict.fromkeys(ranking.order(weights, depth)))[:FIRST]
        rank = next((place for place, name in enumerate(first, 1) if name in relevant), None)
        hits_1.append(rank == 1)
        hits_4.append(rank is not None and rank <= 4)
        reciprocal.append(1 / rank if rank else 0.0)
    return " | ".join(f"{np.mean(values):.3f}" for values in (hits_1, hits_4, reciprocal))


if __name__ == "__main__":
    main()
