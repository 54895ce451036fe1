"""Compare Griot with LlamaIndex and txtai: the same articles, the same model, in turns.

    python benchmarks/peers/compare.py > benchmarks/peers/peers.md

It needs the dependency group `peers`; `--txtai` names the Python of an environment that has txtai,
ONNX Runtime, tokenizers and Tantivy where they do not fit into one. A program that cannot be run is
left out, and named. The articles are stories of Reuters-21578. Each step is a process of its own,
and the programs take turns step by step.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from scale import stories  # noqa: E402

PROGRAMS = {"Griot": "griot", "LlamaIndex": "llamaindex", "txtai": "txtai_hybrid"}
QUESTION = "What is known about the Bahia cocoa review?"
COLD, WARM, SEARCHED = 3, 3, 10
"""Whole questions, each in a new process; processes that search, and their questions."""

KILLED = 0.6
"""The share of indexing's time after which it is killed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: seconds by the clock and of the processor, and its most memory, MiB."""

    clock: float
    processor: float
    memory: float
    output: str


class Peer:
    """A program, and the folder of its index."""

    def __init__(self, program: str, folder: Path, python: str) -> None:
        self._command = [python, str(HERE / f"{program}.py"), str(folder)]
        self.folder = folder

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start it."""
        path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [*self._command, *words],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *words: str) -> Run:
        """Run it to its end.

        Raises:
            OSError: it fails.
        """
        began = time.perf_counter()
        with self.start(*words) as process:
            assert process.stdout is not None
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise OSError(f"{self._command[1]} failed")
        taken = usage.ru_utime + usage.ru_stime
        return Run(time.perf_counter() - began, taken, usage.ru_maxrss / 1024, output)

    def count(self) -> int:
        """Return the number of passages."""
        return int(json.loads(self.run("search", QUESTION).output)["count"])


def measured(
    program: str, folder: Path, python: str, articles: int
) -> Generator[None, None, dict[str, str]]:
    """Measure a program, yield between two steps, and return its rows."""
    corpus = folder / "articles"
    corpus.mkdir(parents=True)
    told = stories()[:articles]
    for number, story in enumerate(told):
        text = f"{story.title}\n\n{story.text}\n"
        (corpus / f"{number:05}.txt").write_text(text, encoding="utf-8")
    peer = Peer(program, folder / "index", python)
    index = peer.run("index", str(corpus))
    size = sum(path.stat().st_size for path in peer.folder.rglob("*") if path.is_file())
    asked = []
    for _ in range(COLD):
        yield
        asked.append(peer.run("ask", QUESTION))
    cold = min(asked, key=lambda run: run.processor)
    warm = []
    for _ in range(WARM):
        yield
        titles = (story.title for story in told[:SEARCHED])
        done = json.loads(peer.run("search", *titles).output)
        passages = done["count"]
        warm += [each["ms"] for each in done["found"][2:]]  # the first ones load the model
    yield
    again = peer.run("index", str(corpus))
    (corpus / "00003.txt").write_text("Gao market\n\nThe market of Gao opened on Monday.\n")
    (corpus / "00004.txt").unlink()
    yield
    changed = peer.run("index", str(corpus))
    texts = json.loads(peer.run("search", "the market of Gao", told[4].title).output)["found"]
    seen = any("market of Gao" in text for text in texts[0]["texts"])
    gone = not any(told[4].text[:60] in text for text in texts[1]["texts"])
    yield
    killed = Peer(program, folder / "killed", python)
    with killed.start("index", str(corpus)) as process:
        time.sleep(KILLED * index.clock)
        process.send_signal(signal.SIGKILL)
    resumed = killed.run("index", str(corpus))
    whole = killed.count() == peer.count()
    clock, processor = (statistics.median(each) for each in zip(*warm, strict=True))
    return {
        "passages": f"{passages}",
        "indexing, passages a second": f"{passages / index.processor:.1f}"
        f" ({passages / index.clock:.1f})",
        "indexing, most memory, MiB": f"{index.memory:,.0f}",
        "disk, bytes a passage": f"{size / passages:,.0f}",
        "cold question, s": both(cold),
        "cold question, MiB": f"{cold.memory:,.0f}",
        "warm search p50, ms": f"{processor:.1f} ({clock:.1f})",
        "indexing again, nothing changed, s": both(again),
        "one changed, one removed, s": both(changed),
        "the changed is found, the removed is not": f"{said(seen)}, {said(gone)}",
        f"indexing after a kill at {KILLED:.0%}, s": both(resumed),
        "and nothing is missing or twice": said(whole),
    }


def both(run: Run) -> str:
    """Return seconds of the processor, and by the clock in brackets."""
    return f"{run.processor:.1f} ({run.clock:.1f})"


def said(good: bool) -> str:  # noqa: FBT001 - what it says
    """Return yes or no."""
    return "yes" if good else "no"


def in_turns(
    programs: dict[str, Generator[None, None, dict[str, str]]],
) -> dict[str, dict[str, str]]:
    """Do the programs' steps in turns; return the rows of those that can be run."""
    rows: dict[str, dict[str, str]] = {}
    running = dict(programs)
    while running:
        for name, steps in [*running.items()]:
            print(name, file=sys.stderr)
            try:
                next(steps)
            except StopIteration as ended:
                rows[name] = ended.value
            except (OSError, ValueError) as error:
                print(f"{name} could not be run: {error}", file=sys.stderr)
            else:
                continue
            del running[name]
    return {name: rows[name] for name in programs if name in rows}


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=int, default=200)
    options.add_argument("--txtai", default=sys.executable, help="the Python that has txtai")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = in_turns(
            {
                name: measured(
                    program,
                    Path(folder) / program,
                    chosen.txtai if name == "txtai" else sys.executable,
                    chosen.articles,
                )
                for name, program in PROGRAMS.items()
            }
        )
    load = os.getloadavg()[2]
    print("# Beside the peers\n\nMade by `python benchmarks/peers/compare.py`, on", end=" ")
    print(f"{platform.machine()}, {os.cpu_count()} cores, with a load")
    print(f"of {load:.0f} in the last quarter of an hour. {chosen.articles} stories of Reuters, in")
    print("passages of at most 256 tokens, the same embedding model. Times are of the processor,")
    print(
        "those by the clock in brackets. The cold question is a whole one: Griot's reader answers"
    )
    print("and verifies; LlamaIndex's mock chat model and txtai only find passages.")
    print(f"\n| | {' | '.join(rows)} |\n|---|{'---:|' * len(rows)}")
    for row in next(iter(rows.values())):
        print(f"| {row} | {' | '.join(each[row] for each in rows.values())} |")
    for name in PROGRAMS.keys() - rows.keys():
        print(f"\n{name} could not be run.")


if __name__ == "__main__":
    main()
