"""Fit the weights of rag/reading/answerer.py, on titles that the reader was not trained on.

Two titles of squad2, in English and, by XQuAD, in Spanish and Russian; eight of SQuADShifts' new
Wikipedia; and the contexts of eight other sets that were held out, in Persian, Arabic, Chinese,
Japanese, Thai, French and English. The four held titles of squad2 and XQuAD's 32 others are left
for benchmarks/answering.py.

    python benchmarks/fit.py

1. Sentences: softmax regression over the sentences of the passages; right are those of the
   question's own paragraph that hold a gold answer.
2. Answerable: logistic regression over `evidence_features` of the best sentence, each set with the
   same weight. Positive: answerable questions, also in another language than the paragraphs.
   Negative: questions about titles that the index lacks (five sets), and those that were written to
   mislead (the last two). Once more without the reader's feature, for yes-or-no questions, of which
   there are too few to fit on them alone.
3. `POSSIBLE`: the probability below which 2 % of the answerable questions are.
4. Answerable once more, by questions of our own about news alone: in English, in other languages,
   and across languages. Passages of news are less similar to a question than those of an
   encyclopedia that answer as well, and near misses are as similar.
5. `TENFOLD`: by how much the log-odds in use, of all of these questions, have to be lower for each
   ten times as many passages that are searched; the collections have 60 to 1,600.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from command_line import parser
from data import (
    FITTING_TITLES,
    Collection,
    Question,
    held_out,
    new_wiki,
    news,
    squad2,
    xquad_whole,
)
from libraries import library_of, url_of
from measures import holds

from rag.models.reader import EmbeddedReader
from rag.reading.answerer import SMALL, Quotable, answerable, evidence_features, read
from rag.types import PASSAGES
from rag.understanding.questions import understand

Matrix = npt.NDArray[np.float64]
Asked = list[tuple[Question, list[Quotable]]]

WIKI_STEP, SQUAD_STEP, HELD_STEP = 6, 2, 4
SIGNS = (1, 1, 1, 1, -1, 1)
"""Of the weights of `evidence_features`: only names that are missing speak against an answer."""

REFUSED = 0.02
"""The share of the answerable questions that may be refused."""


def main() -> None:
    """Print both models' weights, as they stand in rag/reading/answerer.py."""
    parser(__doc__).parse_args()
    reader = EmbeddedReader()
    wiki, squad, held = new_wiki(), squad2(), held_out()
    asked_wiki = wiki.titled(FITTING_TITLES).every(WIKI_STEP)
    asked_squad, misleading_squad = (
        squad.titled(FITTING_TITLES).answerable(yes=yes).every(SQUAD_STEP) for yes in (True, False)
    )
    asked_held = held.answerable().every(HELD_STEP)
    english, spanish, russian = map(xquad_whole, ("en", "es", "ru"))
    foreign = [one.titled(FITTING_TITLES) for one in (spanish, russian)]

    def ask(over: Collection, collection: Collection) -> Asked:
        library = library_of(over)
        return [
            (one, read(understand(one.text), library.search(one.text, PASSAGES), reader))
            for one in collection.questions
        ]

    positive = [
        ask(wiki, asked_wiki),
        ask(squad, asked_squad),
        ask(held, asked_held),
        [*ask(spanish, foreign[0]), *ask(russian, foreign[1])],
        [asked for one in foreign for asked in ask(english, one)],
    ]
    weights = fit_sentences([asked for some in positive for asked in some])
    print("sentences:", np.round(weights, 2))
    misleading = ask(squad, misleading_squad)
    negative = [
        ask(squad, asked_wiki),
        ask(wiki, asked_squad),
        ask(without(wiki, FITTING_TITLES), asked_wiki),
        [asked for one in foreign for asked in ask(wiki, one)],
        ask(squad, asked_held),
        [*misleading, *ask(held, held.answerable(yes=False))],
        misleading,
    ]
    answered, others = ([best(some, weights) for some in every] for every in (positive, negative))
    print_answerable("answerable", answered, others)
    print_answerable("yes or no", *([one[:, :-1] for one in some] for some in (answered, others)))
    told = news()
    for title in ("en", "same", "across"):
        asked_news = told.titled([title])
        sides = [ask(told, asked_news.answerable(yes=yes)) for yes in (True, False)]
        print_answerable(f"news, {title}", *([best(side, weights)] for side in sides))
        positive.append(sides[0])
        negative.append(sides[1])
    print_size(positive, negative)


def without(collection: Collection, titles: frozenset[str]) -> Collection:
    """Give a collection without the paragraphs and the questions of some titles."""
    return Collection(
        f"{collection.name}-others",
        tuple(one for one in collection.paragraphs if one.id.rsplit("/")[0] not in titles),
        tuple(one for one in collection.questions if one.title not in titles),
    )


def best(asked: Asked, weights: Matrix) -> Matrix:
    """Give the evidence's features of the sentence that the weights rank first, by question."""
    return np.array(
        [
            evidence_features(
                understand(question.text),
                max(readings, key=lambda one: float(weights @ one.features)),
            )
            for question, readings in asked
            if readings
        ]
    )


def fit_sentences(asked: Asked) -> Matrix:
    """Fit the weights of the sentences' features."""
    groups = []
    for question, readings in asked:
        rows = np.array([one.features for one in readings])
        right = np.array([is_right(question, one) for one in readings], dtype=float)
        if 0 < right.sum() < len(right):
            groups.append((rows, right / right.sum()))
    return softmax_regression(groups)


def softmax_regression(groups: Sequence[tuple[Matrix, Matrix]], epochs: int = 400) -> Matrix:
    """Fit a choice among each group's rows to the shares that are right, by full-batch Adam."""
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


def is_right(question: Question, reading: Quotable) -> bool:
    """Say whether a sentence is of the question's paragraph and holds an answer."""
    return reading.evidence.article.id == url_of(question.paragraph) and holds(
        reading.text, question.answers
    )


def print_answerable(name: str, positive: Sequence[Matrix], negative: Sequence[Matrix]) -> None:
    """Fit and print the weights of a probability, and its bound of what is possible."""
    slopes, bias = fit_answerable(positive, negative)
    print(f"{name}:", np.round(slopes, 2), "bias", round(bias, 2))
    chances = 1 / (1 + np.exp(-(np.concatenate(positive) @ slopes + bias)))
    print("  possible from", round(float(np.quantile(chances, REFUSED)), 2))


def print_size(positive: Sequence[Asked], negative: Sequence[Asked]) -> None:
    """Print how much lower the log-odds in use have to be for ten times as many passages."""
    rows, right, weights = [], [], []
    for truth, sets in ((1.0, positive), (0.0, negative)):
        for asked in sets:
            for question, first in ((one, found[0]) for one, found in asked if found):
                small = replace(first, evidence=replace(first.evidence, among=0))
                chance = answerable(understand(question.text), small)
                if chance > 0:  # a refusal by rule tells nothing
                    odds = math.log(chance / (1 - chance))
                    rows.append((odds, math.log10(max(SMALL, first.evidence.among)), 1.0))
                    right.append(truth)
                    weights.append(1 / len(asked) / len(sets))
    scale = len(rows) / sum(weights)
    slopes = logistic_regression(np.array(rows), np.array(right), scale * np.array(weights))
    print("for ten times as many passages:", round(-slopes[1] / slopes[0], 2))


def fit_answerable(positive: Sequence[Matrix], negative: Sequence[Matrix]) -> tuple[Matrix, float]:
    """Fit a logistic regression; sets of one side have the same weight.

    A feature whose weight would have the other sign than it must have is left out.
    """
    rows = np.concatenate([*positive, *negative])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    right = np.concatenate(
        [
            np.full(len(one), truth)
            for truth in (1.0, 0.0)
            for one in (negative, positive)[int(truth)]
        ]
    )
    weights = np.concatenate(
        [
            np.full(len(one), 1 / len(one) / len(side))
            for side in (positive, negative)
            for one in side
        ]
    )
    weights *= len(rows) / 2
    slopes, used = np.zeros(rows.shape[1]), np.ones(rows.shape[1], dtype=bool)
    signs = np.array([*SIGNS[: rows.shape[1] - 1], 0.0])
    while True:
        slopes[:] = 0.0
        slopes[used] = logistic_regression(rows[:, used], right, weights)
        against = slopes * signs
        if against.min() >= 0:
            return slopes[:-1], float(slopes[-1])
        used[against.argmin()] = False


def logistic_regression(rows: Matrix, right: Matrix, weights: Matrix) -> Matrix:
    """Return the slopes, by Newton's method."""
    slopes = np.zeros(rows.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-rows @ slopes))
        slope = rows.T @ (weights * (chance - right)) + 1e-4 * slopes
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows
        slopes -= np.linalg.solve(curve + 1e-4 * np.eye(len(slopes)), slope)
    return slopes


if __name__ == "__main__":
    main()
