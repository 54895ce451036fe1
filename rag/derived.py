"""The derived stores, kept in step with the catalog: Tantivy for words, Chroma for vectors.

Both live in folders named by the index's generation; a rebuild makes the next generation beside the
old one, so that no open store is ever pulled from under a reader.
"""

import shutil
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.catalog import Catalog, StoredPassage, Task
from rag.embed import Embedder
from rag.errors import IndexMismatch
from rag.types import Article, Span

if TYPE_CHECKING:
    from rag.lexical import Lexical
    from rag.vectors import DenseIndex

_BATCH = 512
_GENERATION, _REVISION, _EMBEDDER = "generation", "revision", "embedder"


class Progress(Protocol):
    """Told how far a long piece of work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` are finished; `what` names the work."""
        ...


class Derived:
    """Both derived stores of an index folder, opened when first used.

    Safe to share between threads for searching. Whoever writes holds the writer's lock.
    """

    def __init__(self, home: Path, catalog: Catalog, embedder: Embedder) -> None:
        self._home = home
        self._catalog = catalog
        self._embedder = embedder
        self._lock = threading.RLock()
        self._stores: tuple[Lexical, DenseIndex] | None = None
        self._seen = ("", "")

    def stores(self) -> "tuple[Lexical, DenseIndex]":
        """Give both stores as the last commit of any process left them."""
        with self._lock:
            generation, revision = self._current()
            if self._stores is None or self._seen[0] != generation:
                self.close()
                self._stores = self._open(generation)
            elif self._seen[1] != revision:
                self._stores[0].refresh()
                self._stores[1].reopen()
            self._seen = (generation, revision)
            return self._stores

    def check_embedder(self) -> None:
        """Hold the index to one embedding model.

        Raises:
            IndexMismatch: the vectors come from another model than the one in use.
        """
        made_by = self._catalog.get(_EMBEDDER)
        if made_by is not None and made_by != self._embedder.name:
            raise IndexMismatch(
                f"the index in {self._home} was made with the embedding model {made_by}, and "
                f"{self._embedder.name} is in use; set GRIOT_EMBED_URL and GRIOT_EMBED_MODEL as "
                "they were, or embed all anew with: griot index --rebuild"
            )

    def sync(self, progress: Progress) -> None:
        """Do what the outbox asks for, batch by batch. What a kill interrupts, the next run does."""
        self.check_embedder()
        self._catalog.put(_EMBEDDER, self._embedder.name)
        total, done = self._catalog.counts()[2], 0
        while tasks := self._catalog.tasks(_BATCH):
            progress(done, total, "passages")
            self._apply(tasks)
            done += len(tasks)
        if total:
            progress(total, total, "passages")

    def repair(self) -> None:
        """Put into the outbox whatever the stores lack or have too much of, by their ids.

        Costs two counts where the stores and the catalog agree.
        """
        passages, waiting = self._catalog.counts()[1:]
        stores = self.stores()
        if waiting == 0 and all(store.count() == passages for store in stores):
            return
        wanted = self._catalog.passage_ids()
        for store in stores:
            held = store.ids()
            self._catalog.enqueue(Task(passage_id, gone=True) for passage_id in held - wanted)
            self._catalog.enqueue(Task(passage_id, gone=False) for passage_id in wanted - held)

    def rebuild(self, progress: Progress) -> None:
        """Make both stores anew from the catalog; embed anew if the embedding model is another."""
        with self._catalog.transaction():
            if self._catalog.get(_EMBEDDER) != self._embedder.name:
                self._catalog.drop_vectors()
            self._catalog.put(_EMBEDDER, self._embedder.name)
            self._catalog.bump(_GENERATION)
            self._catalog.enqueue(
                Task(passage_id, gone=False) for passage_id in self._catalog.passage_ids()
            )
        self.sync(progress)
        self._sweep()

    def close(self) -> None:
        """Release both stores. Closing twice does no harm."""
        with self._lock:
            if self._stores is not None:
                self._stores[1].close()
                self._stores = None

    def _open(self, generation: str) -> "tuple[Lexical, DenseIndex]":
        from rag.lexical import Lexical
        from rag.vectors import DenseIndex

        return (
            Lexical(self._home / f"lexical-{generation}"),
            DenseIndex(self._home / f"vectors-{generation}"),
        )

    def _current(self) -> tuple[str, str]:
        return self._catalog.get(_GENERATION) or "0", self._catalog.get(_REVISION) or "0"

    def _apply(self, tasks: Sequence[Task]) -> None:
        from rag.vectors import unpack

        wanted = [task.passage_id for task in tasks if not task.gone]
        self._embed(self._catalog.passages(wanted).values())
        held = self._catalog.passages(wanted)
        gone = [task.passage_id for task in tasks if task.passage_id not in held]
        articles = self._articles(held.values())
        lexical, dense = self.stores()
        lexical.apply(
            {
                stored.id: (articles[stored.passage.article_id].title, _text(articles, stored))
                for stored in held.values()
            },
            gone,
        )
        dense.apply(
            {
                stored.id: unpack(stored.vectors, 1 + len(stored.sentences))[0]
                for stored in held.values()
                if stored.vectors is not None
            },
            gone,
        )
        with self._catalog.transaction():
            self._catalog.finish(tasks)
            revision = self._catalog.bump(_REVISION)
        self._seen = (self._seen[0], str(revision))

    def _embed(self, passages: Iterable[StoredPassage]) -> None:
        from rag.vectors import pack

        missing = [stored for stored in passages if stored.vectors is None]
        if not missing:
            return
        articles = self._articles(missing)
        found = self._embedder.passages(
            [headed(articles[stored.passage.article_id], stored) for stored in missing]
        )
        self._catalog.put_vectors(
            (stored.id, pack(vectors.passage, vectors.sentences))
            for stored, vectors in zip(missing, found, strict=True)
        )

    def _articles(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        ids = {stored.passage.article_id for stored in passages}
        found = (self._catalog.article(article_id) for article_id in ids)
        return {article.id: article for article in found if article is not None}

    def _sweep(self) -> None:
        """Delete the folders of earlier generations."""
        current = self._current()[0]
        for name in ("lexical", "vectors"):
            for folder in self._home.glob(f"{name}-*"):
                if folder.name != f"{name}-{current}":
                    shutil.rmtree(folder, ignore_errors=True)


def headed(article: Article, stored: StoredPassage) -> tuple[str, list[Span]]:
    """Give what is embedded of a passage, title and date first, and where its sentences stand."""
    date = f" ({article.published:%d %B %Y})" if article.published else ""
    head = f"{article.title}{date}. "
    shift = len(head) - stored.passage.start
    text = head + article.text[stored.passage.start : stored.passage.end]
    return text, [Span(start + shift, end + shift) for start, end in stored.sentences]


def _text(articles: dict[str, Article], stored: StoredPassage) -> str:
    passage = stored.passage
    return articles[passage.article_id].text[passage.start : passage.end]
