"""Measure answers without a chat model, and refusals where no article has the answer.

    python benchmarks/answering.py > benchmarks/answering.md

All squad2 paragraphs are indexed as articles. The questions are every third of squad2's answerable
ones, all answerable ones of the four held titles, the held titles' unanswerable ones, which were
written to resemble a paragraph, and those of XQuAD's 32 other titles, on which no article is
indexed; these also in Spanish and Russian.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from command_line import parser
from data import HELD_TITLES, Collection, Question, squad2, xquad
from libraries import library_of, url_of
from measures import Scores, auc, exact, holds, overlap

from rag.library import Library
from rag.models.reader import EmbeddedReader, Reading
from rag.reading.answerer import ANSWERABLE, POSSIBLE, Extractive, Quotable, choose, read
from rag.types import PASSAGES, Answer, Claim, Draft, DraftClaim, Span
from rag.understanding.questions import understand

FALSE_ANSWERS = 0.10
LANGUAGES = ("es", "ru")
LANGUAGE_STEP = 6


@dataclass
class CachedReader:
    """A reader that keeps the readings of each question, whose passages are always the same."""

    reader: EmbeddedReader = field(default_factory=EmbeddedReader)
    cache: dict[str, list[Reading]] = field(default_factory=dict)

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
        if question not in self.cache:
            self.cache[question] = self.reader.read(question, passages, several=several)
        return self.cache[question]


@dataclass(frozen=True, slots=True)
class Result:
    """A question, its best sentences in order, the draft, and the library's answer."""

    question: Question
    readings: list[Quotable]
    draft: Draft
    answer: Answer


def main() -> None:
    """Print the tables."""
    parser(__doc__).parse_args()
    squad = squad2()
    indexed, reader = library_of(squad), CachedReader()
    library = Library.open(indexed.home, corpus=indexed.corpus, answerer=Extractive(reader))
    held = squad.titled(HELD_TITLES)
    third = ask(library, reader, squad.answerable().every(3))
    answerable = ask(library, reader, held.answerable())
    adversarial = ask(library, reader, held.answerable(yes=False))
    elsewhere = ask(library, reader, xquad())
    print("# Answering without a chat model\n\nMade by `python benchmarks/answering.py`.")
    print_sentences(
        {
            "squad2, every third (most titles were trained on)": third,
            "squad2, 4 held titles": answerable,
            "squad2, 4 held titles, every third": answerable[::3],
        }
    )
    print_answers(answerable, elsewhere)
    scores = [confidences(results) for results in (answerable, elsewhere, adversarial)]
    print_tiers(*scores)
    print_refusals(*scores)
    print_reliability(*scores)
    print_languages(library, reader)


def ask(library: Library, reader: CachedReader, collection: Collection) -> list[Result]:
    """Ask every question of a collection."""
    results = []
    for question in collection.questions:
        parsed = understand(question.text)
        evidence = library.search(question.text, PASSAGES)
        results.append(
            Result(
                question,
                read(parsed, evidence, reader),
                Extractive(reader).draft(parsed, evidence),
                asyncio.run(library.ask(question.text)),
            )
        )
    return results


def confidences(results: list[Result]) -> Scores:
    """Return the probability that each question is answerable."""
    return np.array([result.draft.confidence for result in results])


def print_sentences(sets: dict[str, list[Result]]) -> None:
    """Print how often the sentences hold a gold answer."""
    print("\n## Sentences\n\nThe share of questions for which a sentence holds a gold answer.\n")
    print("| questions | count | the first | one of the first three | one of those quoted |")
    print("|---|---|---|---|---|")
    for name, results in sets.items():
        shares = [
            np.mean([_holds(result, result.readings[:1]) for result in results]),
            np.mean([_holds(result, result.readings[:3]) for result in results]),
            np.mean(
                [
                    _holds(result, choose(understand(result.question.text), result.readings))
                    for result in results
                ]
            ),
        ]
        print(f"| {name} | {len(results)} |", " | ".join(f"{share:.3f}" for share in shares), "|")
    results = next(iter(sets.values()))
    quoted = np.mean([len(result.draft.claims) for result in results])
    print(f"\nA draft has {quoted:.2f} claims on average.")


def print_answers(answerable: list[Result], elsewhere: list[Result]) -> None:
    """Print how good the short answers are, over all questions; a refusal counts as wrong."""
    print("\n## Short answers\n")
    print(f"The {len(answerable)} answerable questions of the 4 held titles, asked of all squad2's")
    print(f"paragraphs. “Others answered” is the share of the {len(elsewhere)} questions about")
    print("other titles that got an answer.\n")
    print("| answered | exact match | F1 | right paragraph | refused | others answered |")
    print("|---|---|---|---|---|---|")
    others = np.sort(confidences(elsewhere))
    tenth = float(others[-int(FALSE_ANSWERS * len(others)) - 1])
    drafts = [Response(result.question, result.draft.claims) for result in answerable]
    confident = [
        draft if result.draft.confidence > tenth else Response(result.question, ())
        for draft, result in zip(drafts, answerable, strict=True)
    ]
    answers = [Response(result.question, result.answer.claims) for result in answerable]
    answered = np.mean([bool(result.answer.claims) for result in elsewhere])
    print_responses("always", drafts, 1.0)
    print_responses(
        f"where at most {FALSE_ANSWERS:.0%} of the others are",
        confident,
        float(np.mean(others > tenth)),
    )
    print_responses("by `Library.ask`", answers, float(answered))


@dataclass(frozen=True, slots=True)
class Response:
    """The claims that answer a question, the short answer first; none for a refusal."""

    question: Question
    claims: Sequence[DraftClaim | Claim]

    @property
    def short(self) -> str:
        """The short answer; empty for a refusal."""
        return self.claims[0].text if self.claims else ""

    @property
    def right(self) -> bool:
        """True if it is taken from the paragraph that the question was asked of."""
        if not self.claims:
            return False
        first = self.claims[0]
        cited = first.citations[0].article if isinstance(first, Claim) else first.cited[0][0]
        return cited.id == url_of(self.question.paragraph)


def print_responses(name: str, responses: list[Response], others: float) -> None:
    """Print a row of `print_answers`."""
    cells = (
        np.mean([exact(response.short, response.question.answers) for response in responses]),
        np.mean([overlap(response.short, response.question.answers) for response in responses]),
        np.mean([response.right for response in responses]),
        np.mean([not response.claims for response in responses]),
        others,
    )
    print(f"| {name} |", " | ".join(f"{cell:.3f}" for cell in cells), "|")


def print_tiers(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print which share of each kind of question is answered, unsure and refused."""
    print("\n## Tiers\n")
    print(f"From {ANSWERABLE} on a question is answered; from {POSSIBLE} on the closest quotes are")
    print("shown as unsure, without a claim; below that it is refused.\n")
    print("| questions | count | answered | unsure | refused |")
    print("|---|---|---|---|---|")
    kinds = {"answerable": answered, "adversarial": adversarial, "other titles": elsewhere}
    for name, scores in kinds.items():
        sure, refused = np.mean(scores >= ANSWERABLE), np.mean(scores < POSSIBLE)
        shares = (sure, 1 - sure - refused, refused)
        print(f"| {name} | {len(scores)} |", " | ".join(f"{share:.3f}" for share in shares), "|")


def print_languages(elsewhere: Library, reader: CachedReader) -> None:
    """Print how questions in other languages are answered, over three collections."""
    print("\n## Other languages\n")
    print(f"Every {LANGUAGE_STEP}th question of XQuAD's 32 titles, over the paragraphs in its own")
    print("language, over those in English, and over squad2, which has nothing on them.\n")
    print("| questions | count | over | F1, refusals counting 0 | right paragraph | refused |")
    print("|---|---|---|---|---|---|")
    for code in LANGUAGES:
        asked = xquad(code).every(LANGUAGE_STEP)
        for over, indexed in (
            (code, library_of(xquad(code))),
            ("en", library_of(xquad())),
            ("squad2", elsewhere),
        ):
            library = Library.open(indexed.home, corpus=indexed.corpus, answerer=Extractive(reader))
            given = [
                Response(question, asyncio.run(library.ask(question.text, keep=False)).claims)
                for question in asked.questions
            ]
            f1 = np.mean([overlap(one.short, one.question.answers) for one in given])
            right = np.mean([one.right for one in given])
            refused = np.mean([not one.claims for one in given])
            shown = "" if over == "squad2" else f"{f1:.3f} | {right:.3f}"
            print(f"| {code} | {len(given)} | {over} | {shown or ' | '} | {refused:.3f} |")
            reader.cache.clear()


def print_refusals(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print how many questions each threshold would answer and refuse wrongly."""
    print("\n## Refusals\n")
    print(f"Answerable questions ({len(answered)}) are told from those about other titles")
    print(f"({len(elsewhere)}) with an AUC of {auc(answered, elsewhere):.3f}, and from the")
    print(f"adversarial ({len(adversarial)}) with {auc(answered, adversarial):.3f}.")
    print(f"The threshold in use is {ANSWERABLE}.\n")
    print("| threshold | false refusals | false answers, other titles | adversarial |")
    print("|---|---|---|---|")
    for threshold in sorted({0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, POSSIBLE, ANSWERABLE}):
        refused = np.mean(answered < threshold)
        false = np.mean(elsewhere >= threshold), np.mean(adversarial >= threshold)
        print(f"| {threshold} | {refused:.3f} | {false[0]:.3f} | {false[1]:.3f} |")


def print_reliability(answered: Scores, elsewhere: Scores, adversarial: Scores) -> None:
    """Print how the probability compares with the share that is answerable."""
    print("\n## Reliability\n")
    print("Answerable questions and both kinds of unanswerable ones, weighted as in fitting:")
    print("5 for other titles, 2 for the adversarial, 7 for the answerable.\n")
    print("| probability | questions | mean probability | share answerable |")
    print("|---|---|---|---|")
    scores = np.concatenate([answered, elsewhere, adversarial])
    right = np.concatenate([np.ones(len(answered)), np.zeros(len(elsewhere) + len(adversarial))])
    weights = np.concatenate(
        [
            np.full(len(answered), 7 / len(answered)),
            np.full(len(elsewhere), 5 / len(elsewhere)),
            np.full(len(adversarial), 2 / len(adversarial)),
        ]
    )
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1)
        mean = np.average(scores[inside], weights=weights[inside])
        share = np.average(right[inside], weights=weights[inside])
        print(f"| {low:.1f} to {low + 0.1:.1f} | {inside.sum()} | {mean:.3f} | {share:.3f} |")


def _holds(result: Result, readings: list[Quotable]) -> bool:
    return any(holds(reading.text, result.question.answers) for reading in readings)


if __name__ == "__main__":
    main()
