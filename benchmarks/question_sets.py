"""Run a large question set from import to report, interrupted once on the way.

    python benchmarks/question_sets.py > benchmarks/question_sets.md

The set is all of squad2: `griot import squad`, then `griot check`, which is stopped with Ctrl-C
after half of the questions and continued with `--resume`. Memory is the process's resident set,
read as its journal grows.
"""

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import parser
from data import DATA, HELD_TITLES

SQUAD = DATA / "squad2" / "dev-v2.0.json"
HALF, EVERY = 3000, 1000
"""Results after which the run is interrupted, and between readings of the memory."""

INTERRUPTED = 130
PAUSE = 0.5  # seconds between looks at the journal
GRIOT = [sys.executable, "-m", "bot"]
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Process:
    """A finished process: its exit status, its seconds, and its memory in MB by results so far."""

    status: int
    seconds: float
    memory: Mapping[int, float]


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    # A script's background jobs ignore Ctrl-C, and so does every process that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        imported = run(place, "import", "squad", str(SQUAD), "--into", "squad2")
        first = run(place, *CHECK, stop_at=HALF)
        assert first.status == INTERRUPTED, first
        second = run(place, *CHECK, "--resume", "--report", "run.html", "--report", "run.json")
        assert second.status in {0, 1}, second
        content = json.loads((place / "run.json").read_text(encoding="utf-8"))
        sizes = {name: (place / name).stat().st_size / 1e6 for name in ("run.html", "run.json")}
    report(imported, first, second, content, sizes)


CHECK = ("check", "squad2/questions.yaml")


def run(place: Path, *words: str, stop_at: int | None = None) -> Process:
    """Run a command of Griot, and interrupt it after `stop_at` results."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("GRIOT_")
    }
    began, memory = time.perf_counter(), {}
    with (
        (place / "output.txt").open("w") as output,
        subprocess.Popen(
            [*GRIOT, *words],
            cwd=place,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        while process.poll() is None:
            time.sleep(PAUSE)
            done = results(place)
            if done >= max(memory, default=-EVERY) + EVERY:
                memory[done] = resident(process.pid)
            if stop_at and done >= stop_at:
                process.send_signal(signal.SIGINT)
                stop_at = None
    return Process(process.returncode, time.perf_counter() - began, memory)


def results(place: Path) -> int:
    """Return how many results are in the journal, whose first line is its head."""
    journals = [*place.glob(".griot/checks/*/*/journal.jsonl")]
    return sum(1 for _ in journals[0].open("rb")) - 1 if journals else 0


def resident(pid: int) -> float:
    """Return a process's resident set in MB, 0 if the process has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    line = next(lines, "VmRSS: 0 kB")
    return int(line.split()[1]) / 1024


def report(
    imported: Process,
    first: Process,
    second: Process,
    content: Mapping[str, Any],
    sizes: Mapping[str, float],
) -> None:
    """Print the run's results, time and memory; `content` is its JSON report."""
    count = len(content["results"])
    print("# Question sets\n\nMade by `python benchmarks/question_sets.py`, on")
    print(f"{platform.machine()} with {os.cpu_count()} cores, Python", end=" ")
    print(f"{platform.python_version()}.\n")
    print(f"squad2, {count:,} questions over {content['articles']:,} articles, with the embedded")
    print(
        "reader. Nothing was chosen on this run. The four held titles were never used to train or"
    )
    print("fit the reader; the other titles were, with other questions or with these.\n")
    print("| | all titles | held titles |\n|---|---|---|")
    of_held = dict(figures(held(content["results"])))
    for name, value in figures(content["results"]):
        print(f"| {name} | {value} | {of_held[name]} |")
    measures = content["measures"]
    recall = measures["recall"]
    print(f"\nAll titles: recall@1 {recall['1']:.3f}, recall@8 {recall['8']:.3f}, MRR")
    print(f"{measures['mrr']:.3f}; citation precision {measures['citation_precision']:.3f},")
    print(f"citation recall {measures['citation_recall']:.3f}. Another paragraph than the")
    print("question's own may answer it too; that still counts as a false answer or as a wrong")
    print("citation.\n")
    print(f"The import took {imported.seconds:.1f} s. The run was interrupted and resumed:\n")
    print("| results | resident, MB |\n|---|---|")
    for process in (first, second):
        for done, megabytes in process.memory.items():
            print(f"| {done:,}{' (resumed)' if process is second else ''} | {megabytes:,.0f} |")
    seconds = first.seconds + second.seconds
    print(f"\nBoth parts took {seconds:,.0f} s, {1000 * seconds / count:.0f} ms a question.")
    print(f"The HTML report has {sizes['run.html']:.1f} MB,", end=" ")
    print(f"the JSON {sizes['run.json']:.1f} MB.")


def held(results: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the results of the titles on which nothing was trained, fitted or chosen."""
    titles = {title.replace("_", "-").lower() for title in HELD_TITLES}
    return [result for result in results if titles.intersection(result["question"]["tags"])]


def figures(results: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table: a name and a figure."""
    unanswerable = [result for result in results if result["question"].get("refuse")]
    answerable = [result for result in results if not result["question"].get("refuse")]
    errors = sum(result["verdict"] == "error" for result in results)
    yield "questions", f"{len(results):,}"
    yield "passed", share(map(passed, results))
    yield "errors", f"{errors}"
    yield (
        "answerable, passed: has the answer and cites its paragraph",
        share(map(passed, answerable)),
    )
    yield "answerable, refused", share(map(refused, answerable))
    yield "unanswerable, answered", share(not refused(result) for result in unanswerable)


def passed(result: Mapping[str, Any]) -> bool:
    """Return whether a result passed."""
    return bool(result["verdict"] == "passed")


def refused(result: Mapping[str, Any]) -> bool:
    """Return whether a question was refused in every attempt."""
    answers = [attempt["answer"] for attempt in result["attempts"]]
    return all(answer and answer["outcome"] == "not_in_corpus" for answer in answers)


def share(holds: Iterable[bool]) -> str:
    """Return the share that is true."""
    return f"{statistics.mean(map(float, holds)):.3f}"


if __name__ == "__main__":
    main()
