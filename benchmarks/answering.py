"""Measure which sentences are quoted, and when the articles are said not to answer.

    python benchmarks/answering.py > benchmarks/answering.md

All squad2 paragraphs are indexed. Sentences: its answerable questions, every third of them and
those of the four held titles. Refusals: the held titles' answerable questions must be answered;
their unanswerable ones (written to resemble a paragraph) and the questions of XQuAD's 32 other
titles must not.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from data import HELD_TITLES, Collection, Question, holds, squad2, xquad
from libraries import library_of, url_of

from rag.answer import ANSWERABLE, Quotable, answerable, choose, read
from rag.library import PASSAGES, Library

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """A question and the sentences that were read for it, likeliest first."""

    question: Question
    readings: list[Quotable]

    @property
    def confidence(self) -> float:
        """The probability that the articles answer it."""
        return answerable(self.question.text, self.readings[0]) if self.readings else 0.0


def main() -> None:
    """Print the tables."""
    squad = squad2()
    library = library_of(squad)
    held = squad.titled(HELD_TITLES)
    print("# Answering without a chat model\n\nMade by `python benchmarks/answering.py`.")
    print_sentences(
        {
            "squad2, every third": read_all(library, squad.answerable().every(3)),
            "squad2, 4 held titles": read_all(library, held.answerable()),
        }
    )
    answered = confidences(read_all(library, held.answerable()))
    adversarial = confidences(read_all(library, held.answerable(yes=False)))
    elsewhere = confidences(read_all(library, xquad()))
    print_refusals(answered, elsewhere, adversarial)
    print_reliability(answered, elsewhere, adversarial)


def read_all(library: Library, collection: Collection) -> list[Read]:
    """Read for every question of a collection."""
    return [
        Read(question, read(question.text, library.search(question.text, PASSAGES)))
        for question in collection.questions
    ]


def confidences(asked: list[Read]) -> Scores:
    """Give the probability of every question to be answerable."""
    return np.array([one.confidence for one in asked])


def print_sentences(sets: dict[str, list[Read]]) -> None:
    """Print how often the quoted sentences hold a gold answer."""
    print("\n## Quoted sentences\n")
    print("| questions | count | first holds it | one of first three | one of those quoted |")
    print("|---|---|---|---|---|")
    for name, asked in sets.items():
        shares = [
            np.mean([_holds(one, one.readings[:1]) for one in asked]),
            np.mean([_holds(one, one.readings[:3]) for one in asked]),
            np.mean([_holds(one, choose(one.question.text, one.readings)) for one in asked]),
        ]
        print(f"| {name} | {len(asked)} |", " | ".join(f"{share:.3f}" for share in shares), "|")
    asked = next(iter(sets.values()))
    quoted = np.mean([len(choose(one.question.text, one.readings)) for one in asked])
    right = np.mean(
        [one.readings[0].evidence.article.id == url_of(one.question.paragraph) for one in asked]
    )
    print(f"\n{quoted:.2f} sentences are quoted on average; the first one is of the paragraph that")
    print(f"the question was asked of in {right:.3f} of the questions.")


def print_refusals(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print what each threshold would answer and refuse."""
    print("\n## Refusals\n")
    print(f"Answered ({len(answered)}) against other titles ({len(elsewhere)}): AUC")
    print(f"{auc(answered, elsewhere):.3f}; against the adversarial ({len(adversarial)}):")
    print(f"{auc(answered, adversarial):.3f}. The threshold in use is {ANSWERABLE}.\n")
    print("| threshold | false refusals | false answers, other titles | adversarial |")
    print("|---|---|---|---|")
    for threshold in sorted({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, ANSWERABLE}):
        refused = np.mean(answered < threshold)
        false = np.mean(elsewhere >= threshold), np.mean(adversarial >= threshold)
        print(f"| {threshold} | {refused:.3f} | {false[0]:.3f} | {false[1]:.3f} |")


def print_reliability(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print how the probability compares with the share that is answerable."""
    print(
        "\n## Reliability\n\nAnswerable against both kinds of unanswerable, weighed as in fitting"
    )
    print("(1 for other titles, 0.3 for the adversarial, the answerable as both together).\n")
    print("| probability | questions | mean probability | share answerable |")
    print("|---|---|---|---|")
    scores = np.concatenate([answered, elsewhere, adversarial])
    right = np.concatenate([np.ones(len(answered)), np.zeros(len(elsewhere) + len(adversarial))])
    weights = np.concatenate(
        [
            np.full(len(answered), 1.3 / len(answered)),
            np.full(len(elsewhere), 1.0 / len(elsewhere)),
            np.full(len(adversarial), 0.3 / len(adversarial)),
        ]
    )
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1)
        mean = np.average(scores[inside], weights=weights[inside])
        share = np.average(right[inside], weights=weights[inside])
        print(f"| {low:.1f} to {low + 0.1:.1f} | {inside.sum()} | {mean:.3f} | {share:.3f} |")


def auc(positive: Scores, negative: Scores) -> float:
    """Give the chance that a positive scores above a negative, ties counted half."""
    above = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    return float(above)


def _holds(asked: Read, readings: list[Quotable]) -> bool:
    return any(holds(one.text, asked.question.answers) for one in readings)


if __name__ == "__main__":
    main()
