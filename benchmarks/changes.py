"""Measure how a change of an answer is told from another wording of the same.

    python benchmarks/changes.py > benchmarks/changes.md

The pairs of changes.yaml were written for this: a short answer with its sentence as it was told,
and another article's, which repeats it (a title before a name, a name alone, another word order,
number words, the sentence in another language) or changes it (another name, number, date or place,
a denial, a correction). The rules of rag/grounding/change.py were written looking at the stories of
`fit`, some at what was wrong in `held` and `again`; those of `instead` were only counted.

The last table compares what a new article costs a standing question: the search that tells whether
it may concern the question, and asking again.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import yaml
from command_line import parser
from data import xquad
from libraries import library_of

from rag.grounding.change import SURE, Changes, Said, says_again
from rag.models.judge import EmbeddedJudge, Statement
from rag.understanding.questions import understand

FILE = Path(__file__).with_name("changes.yaml")
ARTICLES, ASKED = 40, 20


class Pair(NamedTuple):
    """What was told, what is new, and whether that is a change."""

    question: str
    told: Said
    new: Said
    changed: bool


Decide = Callable[[Pair], bool]
"""Returns whether a pair is a change."""


def main() -> None:
    """Print the tables."""
    parser(__doc__).parse_args()
    halves = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    judge = EmbeddedJudge()
    ways: dict[str, Decide] = {
        "the same words, or a change": _by_words,
        "the rules; what they leave open is a change": _by_rules,
        "the judge alone": lambda pair: _by_judge(pair, judge),
        "the rules, then the judge (what is used)": lambda pair: _by_all(pair, judge),
    }
    print("# Changes of an answer\n\nMade by `python benchmarks/changes.py`.\n")
    print("| way | stories | repetitions told as news | changes not told |")
    print("|---|---|---|---|")
    for name, decide in ways.items():
        for half, stories in halves.items():
            pairs = [*_pairs(stories)]
            print(f"| {name} | {half} | {_wrong(pairs, decide, changed=False)} | ", end="")
            print(f"{_wrong(pairs, decide, changed=True)} |")
    print("\nWrong by what is used:\n")
    for half, stories in halves.items():
        for pair in _pairs(stories):
            if ways["the rules, then the judge (what is used)"](pair) != pair.changed:
                kind = "a change not told" if pair.changed else "a repetition told"
                print(f"- {half}, {kind}: “{pair.told.text}”, “{pair.new.text}” ({pair.question})")
    print_costs()


def print_costs() -> None:
    """Print how long the search takes that decides whether to ask again, beside asking."""
    collection = xquad()
    some = replace(
        collection, name=f"xquad-{ARTICLES}", paragraphs=collection.paragraphs[:ARTICLES]
    )
    questions = [each.text for each in collection.questions[:ASKED]]
    with library_of(some) as library:
        arrived = {library.article_ids()[0]}
        asyncio.run(library.glance(questions[0]))
        searching = _seconds(lambda: [library.concerns(each, arrived) for each in questions])
        asking = _seconds(lambda: [asyncio.run(library.glance(each)) for each in questions])
    ratio = f"{asking / searching:.1f}"
    print(f"\nAsking {ASKED} questions of XQuAD again, over {ARTICLES} of its paragraphs, takes")
    print(f"{ratio} times as long as the searches that tell whether a new article may change")
    print("their answers.")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _pairs(stories: list[dict]) -> Iterator[Pair]:
    for story in stories:
        for kind in ("repeats", "changes"):
            for new in story[kind]:
                changed = kind == "changes"
                yield Pair(story["question"], Said(*story["told"]), Said(*new), changed)


def _wrong(pairs: list[Pair], decide: Decide, *, changed: bool) -> str:
    these = [pair for pair in pairs if pair.changed == changed]
    return f"{sum(decide(pair) != changed for pair in these)} of {len(these)}"


def _by_words(pair: Pair) -> bool:
    return pair.told.text.casefold() != pair.new.text.casefold()


def _by_rules(pair: Pair) -> bool:
    return says_again(understand(pair.question), pair.told, pair.new) is not True


def _by_judge(pair: Pair, judge: EmbeddedJudge) -> bool:
    statements = [
        Statement(pair.told.text, pair.new.quote, pair.question),
        Statement(pair.new.text, pair.told.quote, pair.question),
    ]
    return all(each.supported < SURE for each in judge.judge(statements))


def _by_all(pair: Pair, judge: EmbeddedJudge) -> bool:
    return not Changes(judge).repeated(understand(pair.question), [pair.told], pair.new)


if __name__ == "__main__":
    main()
