"""Measure retrieval on squad2, XQuAD and TIME, against its two halves and reciprocal rank fusion.

    python benchmarks/retrieval.py > benchmarks/retrieval.md

Ranks are of articles (a paragraph is an article, except in TIME), by their best passage. Weights
were fitted on none of these collections.
"""

import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from command_line import parser
from data import Collection, squad2, time_1963, xquad
from libraries import library_of, url_of

from rag.languages.terms import terms
from rag.library import Library

Ranking = Callable[[str], list[str]]

FIRST = 10
PASSAGES = 60


@dataclass(frozen=True, slots=True)
class Figures:
    """hit@1, hit@4, MRR@10, recall@10 (of at most ten), and the median milliseconds a question."""

    hit_1: float
    hit_4: float
    mrr: float
    recall: float
    milliseconds: float

    def row(self) -> str:
        """Give the figures as cells of a table."""
        shares = (self.hit_1, self.hit_4, self.mrr, self.recall)
        return " | ".join([*(f"{share:.3f}" for share in shares), f"{self.milliseconds:.1f}"])


def main() -> None:
    """Print the table."""
    parser(__doc__).parse_args()
    print("# Retrieval\n\nMade by `python benchmarks/retrieval.py`, on", platform.machine())
    print("with two cores. squad2: every third answerable question; the others: all.\n")
    print("| collection | questions | ranking | hit@1 | hit@4 | MRR@10 | recall@10 | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for collection in (squad2().answerable().every(3), xquad(), time_1963()):
        library = library_of(collection)
        for name, ranking in rankings(library).items():
            figures = measure(collection, ranking)
            count = len(collection.questions)
            print(f"| {collection.name} | {count} | {name} | {figures.row()} |", flush=True)


def rankings(library: Library) -> dict[str, Ranking]:
    """Give the ways to rank that are compared: a question to article ids, best first."""
    lexical, dense = library._parts.index.open()  # noqa: SLF001 - the halves by themselves
    catalog, embedder = library._parts.catalog, library._embedder  # noqa: SLF001

    def articles(ids: Sequence[int]) -> list[str]:
        stored = catalog.passages(ids)
        return [stored[passage_id].passage.article_id for passage_id in ids]

    def by_words(question: str) -> list[int]:
        words = list(dict.fromkeys(terms(question)))
        return [passage_id for passage_id, _ in lexical.search(words, PASSAGES)]

    def by_meaning(question: str) -> list[int]:
        vector = embedder.texts([question])[0]
        return [passage_id for passage_id, _ in dense.search(vector, PASSAGES)]

    return {
        "BM25": lambda question: articles(by_words(question)),
        "dense": lambda question: articles(by_meaning(question)),
        "reciprocal ranks": lambda question: articles(
            reciprocal([by_words(question), by_meaning(question)])
        ),
        "Griot": lambda question: [
            evidence.article.id for evidence in library.search(question, PASSAGES)
        ],
    }


def reciprocal(rankings: Sequence[Sequence[int]], k: int = 60) -> list[int]:
    """Fuse rankings by the sum of 1 / (k + rank) (Cormack et al., 2009)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, passage_id in enumerate(ranking, start=1):
            scores[passage_id] = scores.get(passage_id, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda passage_id: -scores[passage_id])


def measure(collection: Collection, ranking: Ranking) -> Figures:
    """Rank for every question of a collection and compare with what is relevant."""
    hit_1 = hit_4 = mrr = recall = 0.0
    times = []
    for question in collection.questions:
        relevant = {url_of(paragraph) for paragraph in question.relevant}
        start = time.perf_counter()
        ranked = ranking(question.text)
        times.append(1000 * (time.perf_counter() - start))
        first = list(dict.fromkeys(ranked))[:FIRST]
        ranks = [rank for rank, article in enumerate(first, start=1) if article in relevant]
        hit_1 += bool(ranks) and ranks[0] == 1
        hit_4 += bool(ranks) and ranks[0] <= 4
        mrr += 1 / ranks[0] if ranks else 0.0
        recall += len(ranks) / min(FIRST, len(relevant))
    count = len(collection.questions)
    return Figures(
        hit_1 / count, hit_4 / count, mrr / count, recall / count, statistics.median(times)
    )


if __name__ == "__main__":
    main()
