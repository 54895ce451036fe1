"""Run a large question set from import to report, interrupted once on the way.

    python benchmarks/question_sets.py > benchmarks/question_sets.md

The set is all of squad2: `griot import squad`, then `griot check`, which is stopped with Ctrl-C
after half of the questions and goes on with `--resume`. The memory is the process's resident set,
looked at as its journal grows.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import parser
from data import DATA, HELD_TITLES

SQUAD = DATA / "squad2" / "dev-v2.0.json"
HALF, EVERY = 3000, 1000
"""Results after which the run is interrupted, and between looks at the memory."""

INTERRUPTED = 130
LOOK = 0.5  # seconds
GRIOT = [sys.executable, "-m", "bot"]
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a process ended, its seconds, and its memory in MB by the results that it had then."""

    status: int
    seconds: float
    memory: Mapping[int, float]


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    # In the background of a script it is ignored, and a process that is started ignores it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        imported = run(place, "import", "squad", str(SQUAD), "--into", "squad2")
        first = run(place, *CHECK, stop_at=HALF)
        assert first.status == INTERRUPTED, first
        second = run(place, *CHECK, "--resume", "--report", "run.html", "--report", "run.json")
        assert second.status in {0, 1}, second
        said = json.loads((place / "run.json").read_text(encoding="utf-8"))
        sizes = {name: (place / name).stat().st_size / 1e6 for name in ("run.html", "run.json")}
    report(imported, first, second, said, sizes)


CHECK = ("check", "squad2/questions.yaml")


def run(place: Path, *words: str, stop_at: int | None = None) -> Ran:
    """Run a command of Griot's, and press Ctrl-C when it has so many results."""
    own = {name: one for name, one in os.environ.items() if not name.startswith("GRIOT_")}
    began, memory = time.perf_counter(), {}
    with (
        (place / "said.txt").open("w") as said,
        subprocess.Popen(
            [*GRIOT, *words],
            cwd=place,
            env=own | {"PYTHONPATH": str(ROOT)},
            stdout=said,
            stderr=said,
        ) as process,
    ):
        while process.poll() is None:
            time.sleep(LOOK)
            done = results(place)
            if done >= max(memory, default=-EVERY) + EVERY:
                memory[done] = resident(process.pid)
            if stop_at and done >= stop_at:
                process.send_signal(signal.SIGINT)
                stop_at = None
    return Ran(process.returncode, time.perf_counter() - began, memory)


def results(place: Path) -> int:
    """Count the results in the journal, the first line of which is its head."""
    journals = [*place.glob(".griot/checks/*/*/journal.jsonl")]
    return sum(1 for _ in journals[0].open("rb")) - 1 if journals else 0


def resident(pid: int) -> float:
    """Give a process's resident set in MB, 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next((one for one in status.splitlines() if one.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


def report(
    imported: Ran, first: Ran, second: Ran, said: Mapping[str, Any], sizes: Mapping[str, float]
) -> None:
    """Print what the run came to, and what it took."""
    count = len(said["results"])
    print("# Question sets\n\nMade by `python benchmarks/question_sets.py`, on")
    print(f"{platform.machine()} with {os.cpu_count()} cores, Python", end=" ")
    print(f"{platform.python_version()}.\n")
    print(
        f"squad2, {count:,} questions over {said['articles']:,} articles, by the embedded reader."
    )
    print("Nothing was chosen on this run; all of the titles but four (held) took part when the")
    print("reader was trained or fitted, in other questions or in these.\n")
    print("| | all titles | held titles |\n|---|---|---|")
    for row in zip(*map(numbers, (said["results"], held(said["results"]))), strict=True):
        (name, one), (_, other) = row
        print(f"| {name} | {one} | {other} |")
    told = said["measures"]
    print(f"\nOf all: recall@1 {told['recall']['1']:.3f}, recall@8 {told['recall']['8']:.3f}, MRR")
    print(
        f"{told['mrr']:.3f}; citation precision {told['citation_precision']:.3f}, citation recall"
    )
    print(f"{told['citation_recall']:.3f}. A question asked of one paragraph may be answered by")
    print("another; it counts as a false answer, or as a wrong citation, all the same.\n")
    print(f"The import took {imported.seconds:.1f} s. The run was interrupted and resumed:\n")
    print("| results | resident, MB |\n|---|---|")
    for ran in (first, second):
        for done, megabytes in ran.memory.items():
            print(f"| {done:,}{' (resumed)' if ran is second else ''} | {megabytes:,.0f} |")
    print(f"\nBoth parts took {first.seconds + second.seconds:,.0f} s,", end=" ")
    print(f"{1000 * (first.seconds + second.seconds) / count:.0f} ms a question. The page has")
    print(f"{sizes['run.html']:.1f} MB, the JSON {sizes['run.json']:.1f} MB.")


def held(results: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give the results of the titles on which nothing was trained, fitted or chosen."""
    titles = {title.replace("_", "-").lower() for title in HELD_TITLES}
    return [one for one in results if titles.intersection(one["question"]["tags"])]


def numbers(results: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give what results come to, by name."""
    refusals = [one for one in results if one["question"].get("refuse")]
    answerable = [one for one in results if not one["question"].get("refuse")]
    yield "questions", f"{len(results):,}"
    yield "passed", share(results, lambda one: one["verdict"] == "passed")
    yield "errors", f"{sum(one['verdict'] == 'error' for one in results)}"
    yield "answerable, passed: says the answer and cites its paragraph", share(answerable, passed)
    yield "answerable, refused all the same", share(answerable, refused)
    yield "to be refused, answered all the same", share(refusals, lambda one: not refused(one))


def passed(result: Mapping[str, Any]) -> bool:
    """Say whether a result passed."""
    return bool(result["verdict"] == "passed")


def refused(result: Mapping[str, Any]) -> bool:
    """Say whether a question was refused."""
    answers = [one["answer"] for one in result["attempts"]]
    return all(one and one["outcome"] == "not_in_corpus" for one in answers)


def share(results: Sequence[Mapping[str, Any]], holds: Any) -> str:  # noqa: ANN401 - a predicate
    """Give the share of results for which something holds."""
    return f"{sum(map(holds, results)) / len(results):.3f}"


if __name__ == "__main__":
    main()
