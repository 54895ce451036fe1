"""Measure which words of the question before an ellipsis is taken to stand in for.

    python benchmarks/followups.py > benchmarks/followups.md

The follow-ups of benchmarks/followups.yaml: by turns, two of a language are for choosing and two
are reported on. The weights of rag/understanding/followups.py are fitted on the former, as a choice
among all runs of words and adding to the question before; they are printed last.

Whether words of an article mean an ellipsis in another language is measured with the answers of
XQuAD in Spanish and Russian, each beside the sentence of the English paragraph that has the answer,
and beside one that has not: those of every other title are for choosing `MEANS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from command_line import parser
from data import xquad_whole
from fit import softmax_regression

from rag.languages import language as known
from rag.languages.terms import terms
from rag.models.embedder import EmbeddedModel
from rag.text.passages import sentences
from rag.types import Question
from rag.understanding.conversation import Turn
from rag.understanding.followups import (
    ADDS,
    ADDS_SMALL,
    TRIED,
    WEIGHTS,
    Followups,
    features,
    substituted,
)
from rag.understanding.questions import understand

CASES = Path(__file__).with_name("followups.yaml")
STEP, WORDS = 12, 5
"""One of so many questions of XQuAD is taken, if its answer has at most so many words."""

LEAST = 3
"""Letters of the words by which a choice is compared: an article more or less is none."""


@dataclass(frozen=True, slots=True)
class Case:
    """A follow-up, what it may ask, the features of each, and which are right.

    The last one adds to the question before; its features are the last two alone, the first of them
    1, the second 1 where the ellipsis begins with a small word.
    """

    language: str
    reported: bool
    before: str
    then: str
    ways: list[str]
    rows: np.ndarray
    right: np.ndarray

    @property
    def is_found(self) -> bool:
        """True if it is read as an ellipsis at all."""
        return len(self.ways) > 1

    def chosen(self, weights: Sequence[float]) -> int:
        """Return the place of the likeliest."""
        return int(np.argmax(self.rows @ np.array(weights)))

    def is_tried(self, weights: Sequence[float]) -> bool:
        """True if one that is right is among those that are read in turn."""
        ranked = np.argsort(-(self.rows[:-1] @ np.array(weights)))[:TRIED]
        return self.is_found and bool(self.right[[*ranked, -1]].any())


def main() -> None:
    """Print the tables."""
    parser(__doc__).parse_args()
    cases = read_cases()
    reported = [case for case in cases if case.reported]
    chosen_by = [case for case in cases if not case.reported]
    print("# Follow-ups\n\nMade by `python benchmarks/followups.py`.\n")
    print("The share of ellipses that are read as they are meant: in the place of the right words")
    print("of the question before, or added to it. Others are tried where that is not answered.\n")
    print("| follow-ups | count | always added | encoder alone | in use | among those tried |")
    print("|---|---|---|---|---|---|")
    added = (*[0.0] * len(WEIGHTS), 1.0, 0.0)
    nearest = (1.0, *[0.0] * (len(WEIGHTS) + 1))
    used = (*WEIGHTS, ADDS, ADDS_SMALL)
    rows = {"chosen by": chosen_by, "reported": reported}
    for language in dict.fromkeys(case.language for case in cases):
        rows[f"reported, {language}"] = [each for each in reported if each.language == language]
    for name, some in rows.items():
        shares = [share(some, weights) for weights in (added, nearest, used)]
        shares.append(float(np.mean([case.is_tried(used) for case in some])))
        print(f"| {name} | {len(some)} |", " | ".join(f"{each:.3f}" for each in shares), "|")
    print("\nReported ones that are read otherwise:\n")
    for case in reported:
        if not case.is_found or not case.right[case.chosen(used)]:
            print(f"- {case.before} {case.then} → {case.ways[case.chosen(used)]}")
    print_meant(Followups(EmbeddedModel()))
    fitted = softmax_regression(
        [(case.rows, case.right / case.right.sum()) for case in chosen_by if case.right.any()]
    )
    print(f"\nWeights fitted on those chosen by: {np.round(fitted, 2).tolist()}")


def print_meant(followups: Followups) -> None:
    """Print how often an answer is found in the words of a sentence in English."""
    print("\nThe share of answers in another language that are found in the words of a sentence in")
    print("English that has the answer, by its words and by others, and of one that has not:\n")
    print("| answers | count | its words | others | in another sentence |")
    print("|---|---|---|---|---|")
    halves: dict[bool, list[tuple[bool, bool, bool]]] = {False: [], True: []}
    for code in ("es", "ru"):
        pairs = [*zip(xquad_whole("en").questions, xquad_whole(code).questions, strict=True)]
        titles = [*dict.fromkeys(ours.title for ours, _ in pairs)]
        texts = {each.id: each.text for each in xquad_whole("en").paragraphs}
        for ours, theirs in pairs[::STEP]:
            answer, told = ours.answers[0], terms(ours.answers[0])
            said = theirs.answers[0]
            text = texts[ours.paragraph]
            all_of = [text[slice(*span)] for span in sentences(text)]
            having = [each for each in all_of if answer in each]
            others = [each for each in all_of if not {*told} & {*terms(each)}]
            if {*told} & {*terms(said)} or len(said.split()) > WORDS or not having or not others:
                continue
            asked = replace(understand(said, languages=[code]), language=code, ellipsis=said)
            there, elsewhere = (
                followups.in_their_words(asked, [each]).ellipsis for each in (having[0], others[0])
            )
            right = bool({*terms(there)} & {*told})
            halves[titles.index(ours.title) % 2 == 1].append(
                (right, there != said and not right, elsewhere != said)
            )
    for reported, found in halves.items():
        shares = " | ".join(f"{each:.2f}" for each in np.mean(found, axis=0))
        print(f"| {'reported' if reported else 'chosen by'} | {len(found)} | {shares} |")


def share(cases: Sequence[Case], weights: Sequence[float]) -> float:
    """Return the share of cases that are read as they are meant."""
    return float(np.mean([case.is_found and case.right[case.chosen(weights)] for case in cases]))


def read_cases() -> list[Case]:
    """Read the follow-ups."""
    embedder = EmbeddedModel()
    return [
        case(language, line, embedder, reported=place // 2 % 2 == 1)
        for language, lines in yaml.safe_load(CASES.read_text(encoding="utf-8")).items()
        for place, line in enumerate(lines)
    ]


def case(language: str, line: str, embedder: EmbeddedModel, *, reported: bool) -> Case:
    """Return the case of a line, with the features of what it may ask."""
    before, then, meant = map(str.strip, line.split("|"))
    question = asked(before, then, language)
    if not question.ellipsis:
        none = np.zeros((1, len(WEIGHTS) + 2))
        return Case(language, reported, before, then, [question.text], none, np.ones(1))
    spoken = known(language)
    runs = features(before, question.ellipsis, embedder, spoken)
    width = len(WEIGHTS)
    rows = np.zeros((len(runs) + 1, width + 2))
    rows[:-1, :width] = np.reshape([*runs.values()], (-1, width))
    rows[-1, width:] = 1, spoken.is_small(question.ellipsis.split()[0])
    ways = [substituted(before, run, question.ellipsis) for run in runs]
    right = {words(before.replace(each.strip(), question.ellipsis)) for each in meant.split("/")}
    found = [bool(meant) and words(way) in right for way in ways]
    return Case(
        language,
        reported,
        before,
        then,
        [*ways, question.text],
        rows,
        np.array([*found, not meant], dtype=float),
    )


def asked(before: str, then: str, language: str) -> Question:
    """Return a follow-up as it is parsed over articles in its language."""
    return understand(then, [Turn(before, before)], languages=[language])


def words(text: str) -> tuple[str, ...]:
    """Return the words of a question that matter."""
    return tuple(term for term in terms(text) if len(term) >= LEAST or term.isdigit())


if __name__ == "__main__":
    main()
