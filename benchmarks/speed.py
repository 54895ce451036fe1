"""Measure start-up, a first answer, indexing and search, as ratios within one run.

    python benchmarks/speed.py > benchmarks/speed.md

Programs that are compared take turns, and their medians are compared; the processor time, which
neighbours on the machine disturb less, stands beside it.
"""

import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from command_line import parser
from data import squad2
from libraries import library_of

from rag.library import Library
from rag.models.embedder import EmbeddedModel, Embedder, PassageVectors
from rag.types import Span

HERE = Path(__file__).resolve().parent
ARTICLES = HERE.parents[1] / "shared" / "articles"
CORPUS = HERE.parent / "corpus"
PYTHON = sys.executable
GRIOT = str(Path(PYTHON).with_name("griot"))
QUESTION = "who accompanied Goïta?"
IMPORTS = "import chromadb, onnxruntime, tokenizers"
INTEGRATION = "llama-index-vector-stores-chroma"

ROUNDS = 15
INDEX_ROUNDS = 9
INDEXED = 646  # paragraphs, of some 150 tokens each
ASKED = 200


@dataclass(frozen=True, slots=True)
class Times:
    """What the runs of one thing took: seconds by the clock, and of the processor."""

    wall: Sequence[float]
    processor: Sequence[float]

    @property
    def median(self) -> float:
        """The median by the clock."""
        return statistics.median(self.wall)

    @property
    def work(self) -> float:
        """The median of the processor's."""
        return statistics.median(self.processor)


class Recorder(EmbeddedModel):
    """The embedded model, which keeps what it was given."""

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """See `Embedder`."""
        self.given = [*self.given, *passages]
        return super().passages(passages)

    given: Sequence[tuple[str, Sequence[Span]]] = ()


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    print("# Speed\n\nMade by `python benchmarks/speed.py`, on", platform.machine(), "with")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Medians of runs that took")
    print("turns. The targets are ratios, which hold on other machines too.\n")
    with tempfile.TemporaryDirectory() as folder:
        start_up(Path(folder))
        indexing(Path(folder))
    searching()


def start_up(folder: Path) -> None:
    """Compare the commands with the imports that they rest on, and with LlamaIndex over Chroma."""
    articles = ARTICLES if ARTICLES.is_dir() else CORPUS
    shutil.copytree(articles, folder / "corpus")
    programs = {
        "nothing": [PYTHON, "-c", "pass"],
        "help": [GRIOT, "--help"],
        "imports": [PYTHON, "-c", IMPORTS],
        "ask": [GRIOT, "ask", QUESTION],
        **llamaindex(folder),
    }
    times = take_turns(
        {name: partial(_run, command, folder) for name, command in programs.items()},
        ROUNDS,
    )
    print(f"## Start-up and a first answer\n\nTwo short articles, indexed; {ROUNDS} runs each.\n")
    print("| program | ms | processor ms |\n|---|---|---|")
    for name, title in {
        "nothing": "`python -c pass`",
        "help": "`griot --help`",
        "imports": f'`python -c "{IMPORTS}"`',
        "ask": f'`griot ask "{QUESTION}"`',
        "llamaindex": "LlamaIndex over Chroma, same model (`benchmarks/peers/llamaindex.py`)",
    }.items():
        if name in times:
            print(f"| {title} | {_ms(times[name].median)} | {_ms(times[name].work)} |")
    print("\n| ratio | by the clock | by the processor | at most |\n|---|---|---|---|")
    _ratio(
        "`griot --help` to 1.5 × `python -c pass` + 150 ms",
        times["help"],
        Times(
            [1.5 * seconds + 0.150 for seconds in times["nothing"].wall],
            [1.5 * seconds + 0.150 for seconds in times["nothing"].processor],
        ),
        "1.00",
    )
    _ratio("`griot ask` to the bare imports", times["ask"], times["imports"], "1.50")
    if "llamaindex" in times:
        _ratio("`griot ask` to LlamaIndex over Chroma", times["ask"], times["llamaindex"], "0.50")
    else:
        print(f"\nLlamaIndex was not measured: {INTEGRATION} could not be installed.")
    print()


def llamaindex(folder: Path) -> Mapping[str, Sequence[str]]:
    """Install the integration, make the collection, and give the program; nothing where it fails.

    The integration goes into a folder of its own, so that the environment stays as it is.
    """
    packages = folder / "packages"
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(packages)]
    if subprocess.run([*pip, INTEGRATION], check=False).returncode:
        return {}
    os.environ["PYTHONPATH"] = str(packages)
    program = [PYTHON, str(HERE / "peers" / "llamaindex.py"), str(folder / "chroma")]
    subprocess.run([*program, "index", str(folder / "corpus")], check=True)
    return {"llamaindex": [*program, "ask", QUESTION]}


def indexing(folder: Path) -> None:
    """Compare indexing a fresh folder with the model embedding the same passages."""
    corpus = folder / "paragraphs"
    corpus.mkdir()
    for number, paragraph in enumerate(squad2().paragraphs[:INDEXED]):
        (corpus / f"{number:03}.txt").write_text(
            f"{paragraph.title}, part {number}\n\n{paragraph.text}\n", encoding="utf-8"
        )
    recorder, model = Recorder(), EmbeddedModel()
    homes = iter(range(1 + INDEX_ROUNDS))

    def ingest(embedder: Embedder = model) -> None:
        with Library.open(folder / f"home-{next(homes)}", embedder=embedder) as library:
            library.ingest([corpus])

    ingest(recorder)
    passages = recorder.given
    model.load()
    times = take_turns({"ingest": ingest, "model": partial(model.passages, passages)}, INDEX_ROUNDS)
    length = sum(len(text) for text, _ in passages) / len(passages)
    print(f"## Indexing\n\n{len(passages)} passages of {length:.0f} characters on average, from")
    print(f"{INDEXED} text files into a fresh folder; the model embeds the same texts in one call.")
    print(f"{INDEX_ROUNDS} runs each.\n")
    print("| what | passages a second | seconds | processor seconds |\n|---|---|---|---|")
    for name, title in {"model": "the model alone", "ingest": "`Library.ingest`"}.items():
        took = times[name]
        rate = len(passages) / took.median
        print(f"| {title} | {rate:.1f} | {took.median:.2f} | {took.work:.2f} |")
    print(f"\nIndexing reaches {_of(times['model'].median, times['ingest'].median)} of the model's")
    print(f"speed by the clock and {_of(times['model'].work, times['ingest'].work)} by the")
    print("processor (target: at least 0.90).\n")


def searching() -> None:
    """Time `Library.search` over squad2's paragraphs."""
    collection = squad2().answerable()
    questions = collection.questions[:: len(collection.questions) // ASKED][:ASKED]
    with library_of(collection) as library:
        library.search(questions[0].text)
        searches = {asked.text: partial(library.search, asked.text) for asked in questions}
        times = sorted(taken.median for taken in take_turns(searches, 1).values())
    print(f"## Search\n\n`Library.search`, {len(questions)} questions over squad2's", end=" ")
    print(f"{len(collection.paragraphs)} paragraphs: median {_ms(statistics.median(times))} ms")
    print(f"(target: 60 ms), 95th percentile {_ms(times[int(0.95 * len(times))])} ms.")


def take_turns(things: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Do the things one after another, `rounds` times over."""
    wall: dict[str, list[float]] = {name: [] for name in things}
    work: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(rounds):
        for name, thing in things.items():
            began, before = time.perf_counter(), _processor()
            thing()
            wall[name].append(time.perf_counter() - began)
            work[name].append(_processor() - before)
    return {name: Times(wall[name], work[name]) for name in things}


def _run(command: Sequence[str], folder: Path) -> None:
    # Compiled modules are kept, as for anybody who has run a program once.
    kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(command, cwd=folder, env=kept, stdout=subprocess.DEVNULL, check=True)


def _processor() -> float:
    """The processor time of this process and of those it has waited for, in seconds."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _ratio(title: str, one: Times, other: Times, most: str) -> None:
    clock, work = _of(one.median, other.median), _of(one.work, other.work)
    print(f"| {title} | {clock} | {work} | {most} |")


def _of(one: float, other: float) -> str:
    return f"{one / other:.2f}"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f}"


if __name__ == "__main__":
    main()
