"""Fit the weights of rag/answer.py, on SQuADShifts' new Wikipedia and 12 titles of squad2.

The four other titles of squad2 and XQuAD's 32 others are left for benchmarks/answering.py.

    python benchmarks/fit.py

1. Sentences: softmax regression over the sentences of the first passages; right are those of the
   question's own paragraph that hold a gold answer.
2. Answerable: logistic regression over `rag.answer.features` of the best sentence. Positive:
   answerable questions. Negative, each set with the same weight: questions about titles that the
   index lacks, and squad2's adversarial ones, which count `ADVERSARIAL` as much.
"""

import math

import numpy as np
import numpy.typing as npt
from data import HELD_TITLES, Collection, Question, holds, new_wiki, squad2
from libraries import library_of, url_of

from rag.answer import Quotable, features, read
from rag.library import PASSAGES, Library

Matrix = npt.NDArray[np.float64]

ADVERSARIAL = 0.3
STEP = 3


def main() -> None:
    """Print both models' weights, as they stand in rag/answer.py."""
    wiki, squad = new_wiki(), squad2()
    known = {question.title for question in squad.questions} - HELD_TITLES
    wiki_library, squad_library = library_of(wiki), library_of(squad)
    train = squad.titled(known)
    asked = [
        (wiki_library, wiki.every(STEP).questions),
        (squad_library, train.answerable().every(STEP).questions),
    ]
    readings = [
        (question, read(question.text, library.search(question.text, PASSAGES)))
        for library, questions in asked
        for question in questions
    ]
    weights = fit_sentences(readings)
    print("sentences: similarity, coverage, pairs, passage, offers:", np.round(weights, 2))
    even, odd = halves(wiki)
    adversarial = train.answerable(yes=False).every(STEP).questions
    positive = [first(question.text, found) for question, found in readings]
    negative = [
        (best(squad_library, wiki.every(2 * STEP).questions), 1.0),
        (best(wiki_library, train.answerable().every(STEP).questions), 1.0),
        (best(library_of(even), odd.every(2 * STEP).questions), 1.0),
        (best(squad_library, adversarial), ADVERSARIAL),
    ]
    slopes, bias = fit_answerable(np.array([one for one in positive if one]), negative)
    print("answerable:", np.round(slopes, 2), "bias", round(bias, 2))


def halves(collection: Collection) -> tuple[Collection, Collection]:
    """Part a collection by title: every other title with its paragraphs and questions."""
    titles = list(dict.fromkeys(question.title for question in collection.questions))
    parts = []
    for start, name in ((0, "even"), (1, "odd")):
        kept = frozenset(titles[start::2])
        paragraphs = tuple(one for one in collection.paragraphs if one.id.rsplit("/")[0] in kept)
        questions = tuple(one for one in collection.questions if one.title in kept)
        parts.append(Collection(f"{collection.name}-{name}", paragraphs, questions))
    return parts[0], parts[1]


def best(library: Library, questions: tuple[Question, ...]) -> Matrix:
    """Give the features of the best sentence for each question."""
    found = (
        first(one.text, read(one.text, library.search(one.text, PASSAGES))) for one in questions
    )
    return np.array([one for one in found if one])


def first(question: str, readings: list[Quotable]) -> tuple[float, ...] | None:
    """Give the features of the first of some readings."""
    return features(question, readings[0]) if readings else None


def fit_sentences(asked: list[tuple[Question, list[Quotable]]], epochs: int = 400) -> Matrix:
    """Fit a softmax regression by full-batch Adam; give its weights."""
    groups = []
    for question, readings in asked:
        rows = np.array([_row(readings, one) for one in readings])
        right = np.array(
            [
                one.evidence.article.id == url_of(question.paragraph)
                and holds(one.text, question.answers)
                for one in readings
            ],
            dtype=float,
        )
        if 0 < right.sum() < len(right):
            groups.append((rows, right / right.sum()))
    most = max(len(right) for _, right in groups)
    rows = np.stack([np.pad(one, ((0, most - len(one)), (0, 0))) for one, _ in groups])
    right = np.stack([np.pad(one, (0, most - len(one))) for _, one in groups])
    there = np.stack([np.arange(most) < len(one) for _, one in groups])
    weights = np.zeros(rows.shape[2])
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, epochs + 1):
        scores = np.where(there, rows @ weights, -np.inf)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = ((shares - right)[..., None] * rows).sum(axis=1).mean(axis=0) + 1e-3 * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def _row(readings: list[Quotable], one: Quotable) -> tuple[float, ...]:
    behind = one.evidence.score - max(other.evidence.score for other in readings)
    return one.sentence.similarity, one.sentence.coverage, one.pairs, behind, one.offers


def fit_answerable(positive: Matrix, negative: list[tuple[Matrix, float]]) -> tuple[Matrix, float]:
    """Fit a logistic regression by Newton's method; positives weigh as much as the negatives."""
    rows = np.concatenate([positive, *(one for one, _ in negative)])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    right = np.concatenate([np.ones(len(positive)), np.zeros(len(rows) - len(positive))])
    total = math.fsum(weight for _, weight in negative)
    weights = np.concatenate(
        [
            np.full(len(positive), total / len(positive)),
            *(np.full(len(one), weight / len(one)) for one, weight in negative),
        ]
    )
    slopes = np.zeros(rows.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-rows @ slopes))
        slope = rows.T @ (weights * (chance - right)) + 1e-4 * slopes
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows
        slopes -= np.linalg.solve(curve + 1e-4 * np.eye(len(slopes)), slope)
    return slopes[:-1], float(slopes[-1])


if __name__ == "__main__":
    main()
