"""A desk with a corpus and its index, and stories to put there."""

import json
import os
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from fake_embedder import FakeEmbedder
from rag.index.catalog import Catalog
from rag.index.engines import Engines
from rag.index.generations import Generations
from rag.index.ingest import Ingestion, IngestReport
from rag.index.served import ServedStores
from rag.library import Library

PLACES = ("Gao", "Kidal", "Mopti", "Segou", "Bamako", "Timbuktu", "Kayes", "Sikasso")


def story(place: str, event: str = "was flooded") -> str:
    return (
        f"The market of {place} {event} on Monday after a week of rain, the mayor said there.\n\n"
        f"Traders of {place} moved their goods to the school, and nobody was hurt in the town."
    )


@dataclass
class Desk:
    """A corpus folder, its index, and what was told while working on them."""

    folder: Path
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    engines: Engines | None = None

    @property
    def home(self) -> Path:
        return self.folder / ".griot"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    def put(self, name: str, text: str) -> Path:
        path = self.corpus / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def record(self, name: str, place: str, url: str, **more: str) -> Path:
        said = {"title": f"News of {place}", "url": url, "text": story(place, **more)}
        return self.put(name, json.dumps(said))

    def put_deep(self, folder: str, levels: int) -> str:
        """Make folders in each other, to any depth; their location."""
        held = os.open(self.corpus, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir(folder, dir_fd=held)
            outer, held = held, os.open(folder, os.O_RDONLY, dir_fd=held)
            os.close(outer)
        os.close(held)
        return "/".join([folder] * levels)

    def open(self) -> Library:
        return Library.open(
            self.home, corpus=self.corpus, embedder=self.embedder, engines=self.engines
        )

    def index(self, *paths: Path) -> IngestReport:
        with self.open() as library:
            return library.ingest(paths or [self.corpus])

    def texts(self) -> dict[str, str]:
        with self.open() as library:
            return {article.id: article.text for article in library.articles()}

    def found(self, place: str) -> list[str]:
        """The articles of the passages that hold a word."""
        with self.open() as library:
            hits = library.search(place, 50)
        return sorted({hit.article.id for hit in hits if place in hit.text})

    def state(self) -> dict[str, tuple[int, int]]:
        """Every file of the index, but what opening Chroma touches."""
        return {
            str(path.relative_to(self.home)): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and "vectors" not in str(path)
        }

    def agrees(self) -> bool:
        """Whether the catalog and both stores hold the same passages, by their ids."""
        if self.engines:
            catalog = Catalog(self.engines.database)
            stores = ServedStores(catalog, self.engines)
        else:
            catalog = Catalog(self.home / "catalog.sqlite")
            stores = Generations(self.home, catalog)
        lexical, dense = stores.open()
        by_words = {passage for passage, _ in lexical.search(["the", "of", "rain"], 10_000)}
        near = {passage for passage, _ in dense.search(self.embedder.texts(["a"])[0], 10_000)}
        held = set(catalog.passage_ids()) if catalog.counts()[2] == 0 else None
        # The graph of vectors, which are alike here, may leave a few out of what is asked for.
        by_meaning = held if near <= by_words and dense.count() == len(by_words) else near
        stores.close()
        catalog.close()
        return by_words == by_meaning == held


FOOTER = "Follow the Niger Courier for the harvest calendar"


def with_footer(place: str) -> str:
    return f"{story(place)}\n\n{FOOTER}"


def silent(done: int, total: int, what: str) -> None:
    pass


class NoIndex:
    """A search index that is always in step, so that the catalog alone is tried."""

    def __init__(self):
        self.stores = self

    def owns(self, path):
        return False

    def check_embedder(self):
        pass

    def in_step(self):
        return True

    def sync(self, work):
        pass


def catalogued(desk: Desk) -> tuple[IngestReport, IngestReport, dict[str, str]]:
    """The reports of a run and of another one after it, and the articles' texts."""
    desk.home.mkdir(exist_ok=True)
    with closing(Catalog(desk.home / "catalog.sqlite")) as catalog:
        ingestion = Ingestion(desk.home, catalog, NoIndex())
        reports = [ingestion.run([desk.corpus], silent) for _ in range(2)]
        return *reports, {name: catalog.article(name).text for name in catalog.article_ids()}
