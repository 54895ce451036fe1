"""Measure how often sources that disagree are seen, and how often that is a false alarm, on RGB.

    python benchmarks/disagreement.py > benchmarks/disagreement.md

RGB has a question with snippets of news that answer it, and the same with the answer falsified.
Each snippet is an article. Two true ones and one falsified must be shown as a disagreement; three
true ones must not. The rule in rag/disagree.py was written with these questions in view.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from data import DATA
from measures import holds

from rag.library import Library
from rag.types import Answer, Outcome

SNIPPETS = 3


def main() -> None:
    """Print the table."""
    lines = (DATA / "rgb" / "en_fact.json").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    cases = [one for one in records if len(one["positive"]) >= SNIPPETS and one["positive_wrong"]]
    true, mixed = [], []
    for one in cases:
        true.append(ask(one["query"], one["positive"][:SNIPPETS]))
        falsified = one["positive_wrong"][-1:]
        mixed.append(ask(one["query"], [*one["positive"][: SNIPPETS - 1], *falsified]))
    right = [
        bool(answer.claims) and holds(answer.claims[0].text, list(flat(one["answer"])))
        for one, answer in zip(cases, true, strict=True)
    ]
    print("# Sources that disagree\n\nMade by `python benchmarks/disagreement.py`, on the")
    print(f"{len(cases)} of RGB's {len(records)} questions that have {SNIPPETS} true snippets.\n")
    print("| articles | disagreement shown | refused |")
    print("|---|---|---|")
    print_row(f"{SNIPPETS} true snippets", true)
    print_row(f"{SNIPPETS - 1} true snippets and a falsified one", mixed)
    print(
        f"\nWith true snippets alone, the short answer holds the right one in {np.mean(right):.3f}."
    )


def ask(question: str, texts: Sequence[str]) -> Answer:
    """Ask a library of these articles."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, text in enumerate(texts):
            (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
        with Library.open(Path(folder) / ".griot", corpus=corpus) as library:
            library.refresh()
            return asyncio.run(library.ask(question))


def flat(answer: str | list[object]) -> Iterable[str]:
    """Give every spelling of an answer."""
    if isinstance(answer, str):
        yield answer
        return
    for one in answer:
        yield from flat(one)


def print_row(name: str, answers: Sequence[Answer]) -> None:
    """Print the shares of answers that show a disagreement, and that refuse."""
    shown = np.mean([bool(one.disagreements) for one in answers])
    refused = np.mean([one.outcome is Outcome.NOT_IN_CORPUS for one in answers])
    print(f"| {name} | {shown:.3f} | {refused:.3f} |")


if __name__ == "__main__":
    main()
