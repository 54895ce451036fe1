"""Measure a library of 1 k, 10 k, 100 k and 1 M passages: rates, disk, memory, questions, changes.

    python benchmarks/scale.py 1000 10000       measures these sizes; run again to go on
    python benchmarks/scale.py > benchmarks/scale.md

The articles are Reuters-21578's stories, then copies of them with other numbers and words. The
model embeds some hundred passages, which gives its speed; each vector of an index is drawn around
one of theirs, because embedding a million passages takes hours. The model embeds questions, too.

Each finished step is kept in a folder, by default in the system's temporary one, and not repeated.
`--minutes` ends a run early, between two steps.
"""

import asyncio
import hashlib
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from command_line import parser
from data import DATA
from memory import peak

from rag.index.catalog import Catalog
from rag.index.generations import Generations
from rag.index.retrieve import DEPTH, Retriever
from rag.index.search_index import SearchIndex, headed
from rag.index.stores import GRACE, LexicalStore, StoredPassage, VectorStore
from rag.index.tables import FILE
from rag.index.vectors import unpack_passage
from rag.languages.terms import terms
from rag.library import Library
from rag.models.embedder import EmbeddedModel, PassageVectors, Vectors
from rag.models.reader import EmbeddedReader
from rag.reading.answerer import Extractive
from rag.text import passages
from rag.types import PASSAGES, Article, Span
from rag.understanding.questions import understand

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REAL = 256
"""Passages that the model embeds."""

NOISE = 0.5
"""The length of what is added to a real unit vector to draw another: their cosine is 0.89."""

AT_ONCE = 25_000
"""Passages that are added in one call."""

OTHER_WORDS = 0.25
"""The share of a copy's words that are others than the story's, so that it is no near-duplicate."""

ASKED, READ, COLD, ONE, LANDED = 100, 10, 2, 15, 5
"""Questions searched for, and read; cold starts; articles added one by one, and by a watched
folder."""

KINDS = ("seconds", "processor")
"""By the clock and of the processor."""

GONE = 0.3
"""The share of the articles that is removed in the end."""

MIB = 2**20
Results = dict[str, Any]


class Drawn(EmbeddedModel):
    """The embedded model, but each vector of a passage is drawn around one of some real ones."""

    def __init__(self, real: tuple[Vectors, Vectors]) -> None:
        super().__init__()
        self._real = real
        self._random = np.random.default_rng(0)

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """See `Embedder`."""
        whole, parts = self._real
        counts = [len(spans) for _, spans in passages]
        found = self._draw(whole, len(passages))
        sentences = np.split(self._draw(parts, sum(counts)), np.cumsum(counts)[:-1])
        return [PassageVectors(*pair) for pair in zip(found, sentences, strict=True)]

    def _draw(self, real: Vectors, count: int) -> Vectors:
        chosen = real[self._random.integers(len(real), size=count)]
        noise = self._random.standard_normal(chosen.shape, dtype=np.float32)
        drawn = chosen + NOISE * noise / np.sqrt(np.float32(chosen.shape[1]))
        unit: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return unit


class Clock:
    """Adds up the milliseconds that named things take, by the clock and of the processor."""

    def __init__(self) -> None:
        self.taken: dict[str, npt.NDArray[np.float64]] = {}

    @staticmethod
    def now() -> npt.NDArray[np.float64]:
        """Return the seconds by the clock and of the processor."""
        return np.array([time.perf_counter(), time.process_time()])

    def of(self, name: str, thing: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is timed under a name."""

        def timed(*args: object, **kwargs: object) -> object:
            began = self.now()
            try:
                return thing(*args, **kwargs)
            finally:
                taken = 1000 * (self.now() - began)
                self.taken[name] = self.taken.get(name, np.zeros(2)) + taken

        return timed


class TimedLexical:
    """A lexical store whose searches are timed."""

    def __init__(self, store: LexicalStore, clock: Clock) -> None:
        self.search = clock.of("lexical", store.search)
        self.close_to = clock.of("lexical", store.close_to)
        self.frequencies = clock.of("lexical", store.frequencies)
        self.count = clock.of("lexical", store.count)


class TimedVectors:
    """A vector store whose searches are timed."""

    def __init__(self, store: VectorStore, clock: Clock) -> None:
        self.search = clock.of("dense", store.search)


class Scale:
    """One size, its folder, and what was measured of it so far."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self.all = folder
        self.folder = folder / str(size)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{size}.json"
        self.results: Results = json.loads(self._file.read_text()) if self._file.exists() else {}

    @property
    def home(self) -> Path:
        """The index folder."""
        return self.folder / ".griot"

    @property
    def corpus(self) -> Path:
        """The folder of the articles."""
        return self.folder / "corpus"

    def file(self, name: str) -> Path:
        """Return an article's file."""
        return self.corpus / name[:-3].rjust(4, "0") / f"{name}.json"

    def put(self, name: str, result: object) -> None:
        """Keep a result."""
        self.results[name] = result
        self._file.write_text(json.dumps(self.results, indent=1), encoding="utf-8")

    def once(self, name: str, step: Callable[[], object]) -> None:
        """Do a step, unless it has been done, and keep its result."""
        if name not in self.results:
            print(f"{self.size:,}: {name}", file=sys.stderr)
            self.put(name, step())

    def embedder(self) -> EmbeddedModel:
        """Return what draws vectors around real ones."""
        with np.load(self.all / VECTORS) as real:
            return Drawn((real["passages"], real["sentences"]))

    def library(self) -> Library:
        """Open the library."""
        return Library.open(self.home, embedder=self.embedder())


def stories() -> list[Article]:
    """Return Reuters' stories as articles without ids."""
    found = []
    for path in sorted((DATA / "reuters21578").glob("*.sgm")):
        for story in re.findall(r"<REUTERS.*?</REUTERS>", path.read_text("latin-1"), re.DOTALL):
            title, body = (re.search(f"<{tag}>(.*?)</{tag}>", story, re.DOTALL) for tag in TAGS)
            if body:
                paragraphs = re.split(r"\n {4,}", unescape(body[1]))
                text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
                text = re.sub(r"\s*reuter\s*\x03?$", "", text, flags=re.IGNORECASE)
                name = " ".join(unescape(title[1]).split()) if title else ""
                found.append(article_of("", name, text))
    return found


TAGS = ("TITLE", "BODY")


def article_of(name: str, title: str, text: str) -> Article:
    """Return an article of no date."""
    return Article(
        id=name,
        url=None,
        title=title,
        outlet="Reuters",
        published=None,
        text=text,
        content_hash=hashlib.sha256(f"{title}\n{text}".encode()).hexdigest(),
    )


class Stories:
    """The stories, and any number of copies of them, each with a number."""

    def __init__(self, folder: Path) -> None:
        self._stories = stories()
        self._words = [word for each in self._stories[::20] for word in each.text.split()]
        file = folder / "passages.json"
        if not file.exists():
            cuts = [len(passages.cut("", story.text)) for story in self._stories]
            file.write_text(json.dumps(cuts), encoding="utf-8")
        self._cuts: list[int] = json.loads(file.read_text())

    def upto(self, size: int) -> int:
        """Return how many articles have about so many passages."""
        rounds, rest = divmod(size, sum(self._cuts))
        part = int(np.searchsorted(np.cumsum(self._cuts), rest)) + 1
        return rounds * len(self._cuts) + part

    def titles(self, count: int) -> list[str]:
        """Return the titles of stories."""
        named = [story.title for story in self._stories if len(story.title.split()) > 3]
        return chance(1).sample(named, count)

    def article(self, number: int, edition: int = 0) -> Article:
        """Return an article by its number; another edition has other words."""
        copy, place = divmod(number, len(self._stories))
        story = self._stories[place]
        if not (copy or edition):
            return article_of(f"{number}", story.title, story.text)
        drawn = chance(f"{number}/{edition}")
        text = re.sub(r"\S+", lambda word: self._other(word[0], drawn), story.text)
        return article_of(f"{number}", story.title, text)

    def _other(self, word: str, drawn: random.Random) -> str:
        if word.isdigit():
            return str(drawn.randrange(10 ** len(word)))
        return drawn.choice(self._words) if drawn.random() < OTHER_WORDS else word


def embedded(folder: Path, source: Stories) -> Results:
    """Embed some passages, keep their vectors in a file, and return the model's times for one."""
    texts = [
        headed(article, StoredPassage(0, cut.passage, cut.sentences, None))
        for article in map(source.article, range(REAL))
        for cut in passages.cut(article.id, article.text)
    ]
    model = EmbeddedModel()
    model.passages(texts[:4])
    made: list[PassageVectors] = []
    taken = timed(lambda: made.extend(model.passages(texts[:REAL])))
    whole = np.stack([each.passage for each in made])
    parts = np.concatenate([each.sentences for each in made])
    np.savez(folder / VECTORS, passages=whole, sentences=parts)
    return {kind: taken[kind] / REAL for kind in KINDS}


VECTORS, MODEL = "real.npz", "model.json"


def vectors_of(catalog: Catalog) -> Iterator[tuple[int, Vectors]]:
    """Yield each passage's id and its vector."""
    ids = iter(catalog.passage_ids())
    while batch := list(islice(ids, 1000)):
        for stored in catalog.passages(batch).values():
            assert stored.vectors is not None
            yield stored.id, unpack_passage(stored.vectors, 1 + len(stored.sentences))


# The steps


def build(scale: Scale, source: Stories, deadline: float) -> None:
    """Index the articles, as many at once as `AT_ONCE`; what was indexed before a kill stays."""
    last = source.upto(scale.size)
    step = source.upto(min(scale.size, AT_ONCE))
    with scale.library() as library:
        for first in range(0, last, step):
            if time.monotonic() > deadline:
                sys.exit("Out of time; run again to go on.")
            numbers = range(first, min(first + step, last))
            scale.once(f"add {first}", partial(indexed, scale, library, source, numbers))
    taken = [scale.results[f"add {first}"] for first in range(0, last, step)]
    total = {kind: sum(each[kind] for each in taken) for kind in KINDS}
    counts = {"articles": last, "passages": taken[-1]["passages"]}
    state = {"peak": max(each["peak"] for each in taken), "whole": all(e["whole"] for e in taken)}
    scale.put("build", {**total, **counts, **state})


def indexed(scale: Scale, library: Library, source: Stories, numbers: Sequence[int]) -> Results:
    """Put articles into the corpus folder and index it.

    The times are `whole` unless an earlier run was ended in the middle of it.
    """
    whole = not scale.file(f"{numbers[-1]}").exists()
    for article in map(source.article, numbers):
        write(scale, article)
    return {
        **timed(partial(library.ingest, [scale.corpus], progress=shown)),
        "passages": library.status().passages,
        "peak": peak() / MIB,
        "whole": whole,
    }


def write(scale: Scale, article: Article) -> None:
    """Put an article into a file of the corpus folder, a thousand files to a folder."""
    path = scale.file(article.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"title": article.title, "text": article.text}
    path.write_text(json.dumps(record), encoding="utf-8")


def shown(done: int, total: int, what: str) -> None:
    """Show progress."""
    print(f"\r{what}: {done}/{total}   ", end="", file=sys.stderr, flush=True)


def disk(scale: Scale, source: Stories) -> Results:
    """Return the bytes of the index folder's parts, and of all of it right after indexing.

    The vectors that the last change replaced are deleted by the next one, half a minute later.
    """
    at_once = sum(used(scale).values())
    time.sleep(GRACE + 1)
    extra = source.article(source.upto(scale.size))
    with scale.library() as library:
        library.add([extra])
        library.remove([extra.id])
    return {**used(scale), "at once": at_once, "passages": passages_in(scale)}


def used(scale: Scale) -> dict[str, int]:
    """Return the bytes of the index folder's parts."""
    parts: dict[str, int] = {}
    for path in scale.home.rglob("*"):
        if path.is_file():
            part = path.relative_to(scale.home).parts[0].split("-")[0].split(".")[0]
            parts[part] = parts.get(part, 0) + path.stat().st_size
    return parts


def passages_in(scale: Scale) -> int:
    """Return the number of passages in the catalog."""
    with closing(Catalog(scale.home / FILE)) as catalog:
        return catalog.counts()[1]


def cold(folder: Path, size: int) -> Results:
    """Return the times and the memory of `griot ask` in a new process.

    The memory counts in what this process has at the start of that one, which is less.
    """
    scale = Scale(folder, size)
    times = []
    for title in Stories(folder).titles(COLD):
        with griot(scale, "ask", question_about(title)) as process:
            began = time.perf_counter()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in {0, 3}:
            sys.exit(f"griot ask ended with {process.returncode}")
        taken = time.perf_counter() - began
        times.append((taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    medians = map(statistics.median, zip(*times, strict=True))
    return dict(zip((*KINDS, "MiB"), medians, strict=True))


def griot(scale: Scale, *words: str) -> "subprocess.Popen[bytes]":
    """Start a command of this checkout in a size's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=scale.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def question_about(title: str) -> str:
    """Return a question for what a story tells."""
    return f"What is known about {title.capitalize()}?"


def warm(folder: Path, size: int) -> Results:
    """Return the milliseconds of opening and of questions, by their parts, and the memory."""
    import chromadb  # noqa: F401 - opening is measured without imports
    import tantivy  # noqa: F401

    scale = Scale(folder, size)
    titles = Stories(folder).titles(ASKED)
    model = EmbeddedModel()
    vectors = model.texts(titles[:1])
    clock = Clock()
    began = clock.now()
    with closing(Catalog(scale.home / FILE)) as catalog:
        stores = Generations(scale.home, catalog)
        lexical, dense = stores.open()
        catalog.counts()
        dense.search(vectors[0], DEPTH)
        lexical.search(["market"], DEPTH)
        opening = (clock.now() - began).tolist()
        index = Timed(
            catalog, stores, model, TimedLexical(lexical, clock), TimedVectors(dense, clock)
        )
        retriever = Retriever(catalog, index, clocked(model, clock))
        answerer = Extractive(EmbeddedReader())
        answerer.load()
        rows = []
        for number, title in enumerate(titles):
            clock.taken.clear()
            asked = understand(question_about(title))
            query, found = clock.of("retrieval", retriever.search)(asked, PASSAGES)
            if number < READ:
                clock.of("reading", answerer.draft)(query.question, found)
            parts = ("embed", "lexical", "dense")
            clock.taken["rerank"] = clock.taken["retrieval"] - sum(
                clock.taken.get(part, np.zeros(2)) for part in parts
            )
            rows.append(dict(clock.taken))
        stores.close()
    rows = rows[5:]  # the first ones load what is loaded once
    names = sorted({name for row in rows for name in row})
    taken = {name: [row[name] for row in rows if name in row] for name in names}
    return {
        "opening": opening,
        "MiB": peak() / MIB,
        **{name: spread(each) for name, each in taken.items()},
    }


class Timed(SearchIndex):
    """A search index whose stores are timed."""

    def __init__(self, *parts: Any) -> None:  # noqa: ANN401 - a catalog and stores
        super().__init__(*parts[:3])
        self._timed = parts[3:]

    def open(self) -> Any:  # noqa: ANN401 - of the searching side only
        """Return both stores."""
        self.check_embedder()
        self.stores.open()
        return self._timed


def clocked(model: EmbeddedModel, clock: Clock) -> EmbeddedModel:
    """Return a model whose questions are timed."""
    timed = EmbeddedModel()
    timed.texts = clock.of("embed", model.texts)  # type: ignore[method-assign]
    return timed


def spread(taken: Sequence[npt.NDArray[np.float64]]) -> Results:
    """Return the median and the 95th percentile, by the clock and of the processor."""
    half, most = np.percentile(np.array(taken), [50, 95], axis=0).tolist()
    return {"p50": half[0], "p95": most[0], "processor p50": half[1], "processor p95": most[1]}


def in_process(scale: Scale, name: str) -> Results:
    """Return what one of `ALONE` measures in a process of its own."""
    command = [sys.executable, __file__, f"{scale.size}", "--alone", name, "--folder", scale.all]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: Results = json.loads(done.stdout)
    return result


def recall(scale: Scale, source: Stories) -> float:
    """Return the share of the exact search's first passages that the store finds."""
    titles = source.titles(ASKED)
    asked = EmbeddedModel().texts([question_about(title) for title in titles])
    with closing(Catalog(scale.home / FILE)) as catalog:
        best = np.full((len(asked), 0), 0.0, dtype=np.float32)
        ids = np.empty((len(asked), 0), dtype=np.int64)
        held = vectors_of(catalog)
        while batch := list(islice(held, 50_000)):
            block = np.stack([vector for _, vector in batch])
            numbers = np.array([number for number, _ in batch])
            scores = np.hstack([best, asked @ block.T])
            known = np.hstack([ids, np.broadcast_to(numbers, (len(asked), len(numbers)))])
            first = np.argsort(-scores, axis=1)[:, :DEPTH]
            best = np.take_along_axis(scores, first, axis=1)
            ids = np.take_along_axis(known, first, axis=1)
        stores = Generations(scale.home, catalog)
        _, dense = stores.open()
        found = [{number for number, _ in dense.search(vector, DEPTH)} for vector in asked]
        stores.close()
    shares = [
        len(one & {*exact}) / len(exact) for one, exact in zip(found, ids.tolist(), strict=True)
    ]
    return statistics.mean(shares)


def changes(scale: Scale, source: Stories) -> Results:
    """Return the times of adding one article, and of adding, changing and removing 1 %."""
    last = source.upto(scale.size)
    part = range(last + ONE, last + ONE + max(1, last // 100))
    with scale.library() as library:
        ones = [timed(partial(library.add, [source.article(n)])) for n in range(last, last + ONE)]
        return {
            "one": {kind: statistics.median(each[kind] for each in ones) for kind in KINDS},
            "one worst": {kind: max(each[kind] for each in ones) for kind in KINDS},
            "add": timed(lambda: library.add(map(source.article, part))),
            "change": timed(lambda: library.add(source.article(n, edition=1) for n in part)),
            "remove": timed(lambda: library.remove(f"{n}" for n in part)),
        }


def landing(scale: Scale) -> Results:
    """Return the seconds from a file's landing in a watched folder to an answer that cites it.

    `griot watch` indexes it, and this process asks, as a bot would; `searchable` are the seconds
    until its words are found, with which the asking begins.
    """
    taken: dict[str, list[float]] = {"searchable": [], "answered": []}
    with (
        griot(scale, "watch") as process,
        scale.library() as library,
        closing(Catalog(scale.home / FILE)) as catalog,
    ):
        stores = Generations(scale.home, catalog)
        asyncio.run(library.glance(MEETING.format("harbour")))  # which loads the models
        try:
            for number in range(1 + LANDED):
                word = f"zanzibaria{chr(97 + number)}"
                text = f"The council of {word} met on Monday and agreed to widen the harbour."
                landed = article_of(f"landed-{number}", f"Harbour of {word}", text)
                write(scale, landed)
                began = time.perf_counter()
                while not any(stores.open()[0].frequencies(terms(word)).holding.values()):
                    time.sleep(0.02)
                    if process.poll() is not None:
                        sys.exit("griot watch ended")
                taken["searchable"].append(time.perf_counter() - began)
                answer = asyncio.run(library.glance(MEETING.format(word)))
                taken["answered"].append(time.perf_counter() - began)
                if landed.title not in {each.article.title for each in answer.citations}:
                    sys.exit(f"not answered from the article that landed: {answer}")
                time.sleep(2)
        finally:
            process.terminate()
            stores.close()
    return {name: each[1:] for name, each in taken.items()}  # the first waits for the start


MEETING = "When did the council of {} meet?"


def timed(thing: Callable[[], object]) -> Results:
    """Return the seconds that something takes, by the clock and of the processor."""
    began, before = time.perf_counter(), time.process_time()
    thing()
    return {"seconds": time.perf_counter() - began, "processor": time.process_time() - before}


def thinned(scale: Scale, source: Stories) -> Results:
    """Remove a share of the articles; return the times, and the recall that is left."""
    last = source.upto(scale.size)
    for number in chance(2).sample(range(last), int(GONE * last)):
        scale.file(f"{number}").unlink()
    with scale.library() as library:
        taken = timed(lambda: library.ingest([scale.corpus]))
    return {**taken, "recall": recall(scale, source)}


def chance(seed: int | str) -> random.Random:
    """Return a source of the same numbers each time."""
    return random.Random(seed)  # noqa: S311 - nothing secret


ALONE: dict[str, Callable[[Path, int], Results]] = {"warm": warm, "cold": cold}
"""The steps that are processes of their own, so that their memory is."""


def main() -> None:
    """Measure sizes, or print the table."""
    options = parser(__doc__)
    options.add_argument("sizes", type=int, nargs="*", metavar="PASSAGES")
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "griot-scale")
    options.add_argument("--minutes", type=float, default=600.0, help="after which no step begins")
    options.add_argument("--alone", choices=ALONE, help="do this step only, and print its result")
    chosen = options.parse_args()
    if chosen.alone:
        print(json.dumps(ALONE[chosen.alone](chosen.folder, *chosen.sizes)))
        return
    if not chosen.sizes:
        print(table([Scale(chosen.folder, size) for size in SIZES]))
        return
    chosen.folder.mkdir(parents=True, exist_ok=True)
    source = Stories(chosen.folder)
    deadline = time.monotonic() + 60 * chosen.minutes
    if not (chosen.folder / MODEL).exists():
        (chosen.folder / MODEL).write_text(json.dumps(embedded(chosen.folder, source)))
    for size in chosen.sizes:
        measure(Scale(chosen.folder, size), source, deadline)


def measure(scale: Scale, source: Stories, deadline: float) -> None:
    """Do what is not done yet of a size."""
    build(scale, source, deadline)
    steps: Mapping[str, Callable[[], object]] = {
        "disk": lambda: disk(scale, source),
        "warm": lambda: in_process(scale, "warm"),
        "recall": lambda: recall(scale, source),
        "changes": lambda: changes(scale, source),
        "cold": lambda: in_process(scale, "cold"),
        "landed": lambda: landing(scale),
        "thinned": lambda: thinned(scale, source),
    }
    for name, step in steps.items():
        if time.monotonic() > deadline:
            sys.exit("Out of time; run again to go on.")
        scale.once(name, step)
    print(json.dumps(scale.results, indent=1), file=sys.stderr)


def table(scales: Sequence[Scale]) -> str:
    """Return the report."""
    done = [scale for scale in scales if "build" in scale.results]
    lines = [
        "# Scale",
        "",
        f"Made by `python benchmarks/scale.py`, on {platform.machine()}, {os.cpu_count()} cores,",
        f"Python {platform.python_version()}. Sizes are in passages of Reuters' stories, of 407",
        "characters on average. Times are of the processor, all threads added up. Those by the",
        "clock are in brackets: where the machine has other work, they tell little. Vectors of",
        f"passages are drawn around {REAL} real ones, and the model's time is added to that of",
        "indexing.",
        "",
        f"| | {' | '.join(f'{scale.size:,}' for scale in done)} | to reach |",
        f"|---|{'---:|' * (len(done) + 1)}",
    ]
    if missing := [f"{scale.size:,}" for scale in scales if scale not in done]:
        lines.insert(-3, f"\nNot measured: {', '.join(missing)} passages.")
    model = json.loads((done[0].all / MODEL).read_text())
    rows = [dict(cells(scale.results, done[0].results, model)) for scale in done]
    lines += [
        f"| {name} | {' | '.join(row.get(name, '—') for row in rows)} | {TARGETS.get(name, '')} |"
        for name in rows[0]
    ]
    return "\n".join(lines)


TARGETS = {
    "indexing, of the model's speed": "0.9",
    "disk, bytes a passage": "5,000",
    "opening, s": "2 at 1 M",
    "retrieval p50, ms": "25 at 100 k, 60 at 1 M",
    "asking process, MiB": "381 + 2 KB a passage",
    "one article, to the smallest size's": "2",
    "adding 1 %, share of indexing": "1 %",
    "recall of the 50 nearest": "0.98",
    "recall after 30 % are removed": "0.98",
    "landing to answered, s by the clock": "2 at 100 k",
}


def cells(results: Results, smallest: Results, alone: Results) -> Iterator[tuple[str, str]]:
    """Yield the rows' names and a size's values; of steps that are not done yet there are none."""
    build, passages = results["build"], results["build"]["passages"]
    model = {kind: alone[kind] * passages for kind in KINDS}
    whole = {kind: build[kind] + model[kind] for kind in KINDS}
    yield "articles", f"{build['articles']:,}"
    if build["whole"]:
        each = {kind: 1000 * whole[kind] / passages for kind in KINDS}
        yield "indexing, ms a passage", both(each, 1)
        yield "of that the model", both({kind: 1000 * alone[kind] for kind in KINDS}, 1)
        yield "indexing, of the model's speed", f"{model['processor'] / whole['processor']:.2f}"
        yield "indexing, most memory, MiB", f"{build['peak']:,.0f}"
    if "disk" in results:
        for part, name in (("catalog", "catalog"), ("lexical", "words"), ("vectors", "vectors")):
            yield f"{name}, bytes a passage", f"{results['disk'][part] / passages:,.0f}"
        others = {"passages", "at once"}
        total = sum(size for part, size in results["disk"].items() if part not in others)
        yield "disk, bytes a passage", f"{total / passages:,.0f}"
        at_once = results["disk"]["at once"]
        yield "right after indexing, bytes a passage", f"{at_once / passages:,.0f}"
    if "cold" in results:
        yield "cold `griot ask`, s", both(results["cold"], 1)
        yield "cold `griot ask`, MiB", f"{results['cold']['MiB']:,.0f}"
    yield from asking(results.get("warm", {}))
    for name, found in (
        ("recall of the 50 nearest", results.get("recall")),
        ("recall after 30 % are removed", results.get("thinned", {}).get("recall")),
    ):
        if found is not None:
            yield name, f"{found:.3f}"
    if "changes" in results:
        yield from changing(
            results["changes"], smallest["changes"], model, whole if build["whole"] else None
        )
    for name, landed in results.get("landed", {}).items():
        yield f"landing to {name}, s by the clock", f"{statistics.median(landed):.1f}"


def asking(warm: Results) -> Iterator[tuple[str, str]]:
    """Yield the rows of a process that asks."""
    if not warm:
        return
    yield "opening, s", both(dict(zip(KINDS, warm["opening"], strict=True)), 2)
    yield "asking process, MiB", f"{warm['MiB']:,.0f}"
    for part in ("retrieval", "embed", "lexical", "dense", "rerank", "reading"):
        for point in ("p50", "p95"):
            taken = {"seconds": warm[part][point], "processor": warm[part][f"processor {point}"]}
            yield f"{part} {point}, ms", both(taken, 1)


def changing(
    changes: Results, smallest: Results, model: Results, whole: Results | None
) -> Iterator[tuple[str, str]]:
    """Yield the rows of changes; the model's time is added where vectors were drawn."""
    yield "adding one article, ms", both({kind: 1000 * changes["one"][kind] for kind in KINDS}, 0)
    ratio = changes["one"]["processor"] / smallest["one"]["processor"]
    yield "one article, to the smallest size's", f"{ratio:.1f}"
    worst = {kind: 1000 * changes["one worst"][kind] for kind in KINDS}
    yield f"the slowest of {ONE}, ms", both(worst, 0)
    for what, name in (("add", "adding"), ("change", "changing"), ("remove", "removing")):
        embedding = 0.0 if what == "remove" else 0.01
        taken = {kind: changes[what][kind] + embedding * model[kind] for kind in KINDS}
        yield f"{name} 1 %, s", both(taken, 1)
        if whole:
            share = 100 * taken["processor"] / whole["processor"]
            yield f"{name} 1 %, share of indexing", f"{share:.1f} %"


def both(taken: Results, digits: int) -> str:
    """Return a time of the processor, and by the clock in brackets."""
    return f"{taken['processor']:,.{digits}f} ({taken['seconds']:,.{digits}f})"


if __name__ == "__main__":
    main()
