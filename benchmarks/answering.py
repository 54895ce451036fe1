"""Measure what is answered without a chat model, and when the articles are said not to answer.

    python benchmarks/answering.py > benchmarks/answering.md

All squad2 paragraphs are indexed as articles. Asked are its answerable questions, every third of
them and those of the four held titles; the held titles' unanswerable ones, which were written to
resemble a paragraph; and the questions of XQuAD's 32 other titles, on which no article is indexed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from data import HELD_TITLES, Collection, Question, squad2, xquad
from libraries import library_of, url_of
from measures import Scores, auc, exact, holds, overlap

from rag.library import Library
from rag.models.reader import EmbeddedReader, Reading
from rag.reading.answerer import ANSWERABLE, Extractive, Quotable, choose, read
from rag.types import PASSAGES, Answer, Claim, Draft, DraftClaim, Span

FALSE_ANSWERS = 0.10


@dataclass
class Remembering:
    """A reader that reads the same passages for the same question once."""

    reader: EmbeddedReader = field(default_factory=EmbeddedReader)
    known: dict[str, list[Reading]] = field(default_factory=dict)

    def load(self) -> None:
        """See `rag.models.reader.Reader`."""
        self.reader.load()

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, Sequence[Span]]],
        *,
        several: bool = False,
    ) -> list[Reading]:
        """See `rag.models.reader.Reader`."""
        if question not in self.known:
            self.known[question] = self.reader.read(question, passages, several=several)
        return self.known[question]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its sentences in order, the draft, and the library's answer."""

    question: Question
    readings: list[Quotable]
    draft: Draft
    answer: Answer


def main() -> None:
    """Print the tables."""
    squad = squad2()
    library, reader = library_of(squad), Remembering()
    asking = Library.open(library.home, corpus=library.corpus, answerer=Extractive(reader))
    held = squad.titled(HELD_TITLES)
    third = ask(asking, reader, squad.answerable().every(3))
    answerable = ask(asking, reader, held.answerable())
    adversarial = ask(asking, reader, held.answerable(yes=False))
    elsewhere = ask(asking, reader, xquad())
    print("# Answering without a chat model\n\nMade by `python benchmarks/answering.py`.")
    print_sentences(
        {
            "squad2, every third (most titles were trained on)": third,
            "squad2, 4 held titles": answerable,
            "squad2, 4 held titles, every third": answerable[::3],
        }
    )
    print_answers(answerable, elsewhere)
    scores = [confidences(asked) for asked in (answerable, elsewhere, adversarial)]
    print_refusals(*scores)
    print_reliability(*scores)


def ask(library: Library, reader: Remembering, collection: Collection) -> list[Asked]:
    """Ask every question of a collection."""
    asked = []
    for question in collection.questions:
        evidence = library.search(question.text, PASSAGES)
        asked.append(
            Asked(
                question,
                read(question.text, evidence, reader),
                Extractive(reader).draft(question.text, evidence),
                asyncio.run(library.ask(question.text)),
            )
        )
    return asked


def confidences(asked: list[Asked]) -> Scores:
    """Give the probability of every question to be answerable."""
    return np.array([one.draft.confidence for one in asked])


def print_sentences(sets: dict[str, list[Asked]]) -> None:
    """Print how often the sentences hold a gold answer."""
    print("\n## Sentences\n")
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
    quoted = np.mean([len(one.draft.claims) for one in asked])
    print(f"\nA draft has {quoted:.2f} claims on average.")


def print_answers(answerable: list[Asked], elsewhere: list[Asked]) -> None:
    """Print how good the short answers are, over all questions; a refusal counts as wrong."""
    print("\n## Short answers\n")
    print(f"The {len(answerable)} answerable questions of the 4 held titles, asked of all squad2's")
    print(f"paragraphs; and the share answered of the {len(elsewhere)} about other titles.\n")
    print("| answered | exact match | F1 | right paragraph | refused | others answered |")
    print("|---|---|---|---|---|---|")
    others = np.sort(confidences(elsewhere))
    tenth = float(others[-int(FALSE_ANSWERS * len(others)) - 1])
    drafted = [Given(one.question, one.draft.claims) for one in answerable]
    asked = [Given(one.question, one.answer.claims) for one in answerable]
    answered = np.mean([bool(one.answer.claims) for one in elsewhere])
    print_given("always", drafted, 1.0)
    print_given(
        f"where at most {FALSE_ANSWERS:.0%} of the others are",
        [
            one if other.draft.confidence > tenth else Given(one.question, ())
            for one, other in zip(drafted, answerable, strict=True)
        ],
        float(np.mean(others > tenth)),
    )
    print_given("by `Library.ask`", asked, float(answered))


@dataclass(frozen=True, slots=True)
class Given:
    """What is answered to a question: claims, the short answer first, or nothing."""

    question: Question
    claims: Sequence[DraftClaim | Claim]

    @property
    def short(self) -> str:
        """The short answer; empty for a refusal."""
        return self.claims[0].text if self.claims else ""

    @property
    def right(self) -> bool:
        """Whether it is taken from the paragraph that the question was asked of."""
        if not self.claims:
            return False
        first = self.claims[0]
        cited = first.citations[0].article if isinstance(first, Claim) else first.cited[0][0]
        return cited.id == url_of(self.question.paragraph)


def print_given(name: str, given: list[Given], others: float) -> None:
    """Print a row of `print_answers`."""
    cells = (
        np.mean([exact(one.short, one.question.answers) for one in given]),
        np.mean([overlap(one.short, one.question.answers) for one in given]),
        np.mean([one.right for one in given]),
        np.mean([not one.claims for one in given]),
        others,
    )
    print(f"| {name} |", " | ".join(f"{cell:.3f}" for cell in cells), "|")


def print_refusals(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print what each threshold would answer and refuse."""
    print("\n## Refusals\n")
    print(f"Answerable ({len(answered)}) against other titles ({len(elsewhere)}): AUC")
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
    print("(3 for other titles, 1 for the adversarial, the answerable as both together).\n")
    print("| probability | questions | mean probability | share answerable |")
    print("|---|---|---|---|")
    scores = np.concatenate([answered, elsewhere, adversarial])
    right = np.concatenate([np.ones(len(answered)), np.zeros(len(elsewhere) + len(adversarial))])
    weights = np.concatenate(
        [
            np.full(len(answered), 4 / len(answered)),
            np.full(len(elsewhere), 3 / len(elsewhere)),
            np.full(len(adversarial), 1 / len(adversarial)),
        ]
    )
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1)
        mean = np.average(scores[inside], weights=weights[inside])
        share = np.average(right[inside], weights=weights[inside])
        print(f"| {low:.1f} to {low + 0.1:.1f} | {inside.sum()} | {mean:.3f} | {share:.3f} |")


def _holds(asked: Asked, readings: list[Quotable]) -> bool:
    return any(holds(one.text, asked.question.answers) for one in readings)


if __name__ == "__main__":
    main()
