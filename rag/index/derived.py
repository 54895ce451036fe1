"""The derived stores, made from the catalog: Tantivy for words, Chroma for vectors.

Chroma writes its files in place, so that a reader beside it, or the next run after a kill, may find
half of them and crash. Griot therefore writes a new generation of both stores in folders of its
own, by copying the last one and applying what the catalog's outbox asks for, and publishes it with
one transaction of the catalog. A published generation is never written to again, and what a kill
leaves of an unpublished one is deleted by a later run. What was published before stays a while, for
the searches that are under way.

With a generation the catalog keeps the checksums of Tantivy's files, of which Tantivy reads some
unchecked. They are verified when the stores are first opened after an unclean end, before a
generation is copied, and by `griot doctor`. Chroma's files have none: searching writes to them.
"""

import json
import os
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import IndexDamaged, IndexMismatch, translating
from rag.index.checksums import checksums
from rag.index.progress import EMBEDDING, WRITING, Work
from rag.index.sqlite_catalog import SqliteCatalog, StoredPassage
from rag.models.embedder import Embedder
from rag.reasons import Reason
from rag.text import passages
from rag.types import Article, Span

if TYPE_CHECKING:
    from rag.index.chroma import ChromaStore
    from rag.index.tantivy import TantivyStore

_GRACE = 30.0
"""Seconds that a generation outlives its successor's publication, far longer than any search."""

_EMBEDDED = 64
"""Passages embedded between two commits: about a second's work."""

HEAD_TOKENS = 48
"""Of a title, so that title, date and passage fit the embedding model's 256 tokens."""

_BATCH = 2048
_EMBEDDER, _GENERATION, _COUNTER = "embedder", "generation", "generations"
_CHECKSUMS = "checksums"
_NONE = "0"
"""The generation before the first; without passages, it is there and empty."""


class Derived:
    """Both derived stores of an index folder, opened on first use.

    Safe to share between threads for searching. Whoever writes holds the writer's lock.
    """

    def __init__(self, home: Path, catalog: SqliteCatalog, embedder: Embedder) -> None:
        self._home = home
        self._catalog = catalog
        self._embedder = embedder
        self._lock = threading.RLock()
        self._doubtful = catalog.unclean
        self._opened: tuple[str, TantivyStore, ChromaStore] | None = None

    def stores(self) -> "tuple[TantivyStore, ChromaStore]":
        """Return both stores as last published, by this process or another.

        Raises:
            IndexDamaged: there are passages, and no stores that could be read.
        """
        with self._lock:
            if self._opened is None or self._opened[0] != self._generation():
                self._opened = self._open()
            return self._opened[1:]

    @property
    def published(self) -> bool:
        """Whether there are stores to search, if only of what the catalog held earlier."""
        return self._generation() != _NONE

    def verify(self) -> None:
        """Compare Tantivy's files with what was written when they were published.

        Raises:
            IndexDamaged: a file is gone, or is not as it was written.
        """
        generation = self._generation()
        known: dict[str, int] = json.loads(self._catalog.get(_CHECKSUMS) or "{}")
        with translating(self._home):
            found = checksums(self._folders(generation)[0])
        changed = [name for name, checksum in known.items() if found.get(name) != checksum]
        if changed and generation == self._generation():
            raise IndexDamaged(Reason.CHANGED_STORE(file=str(self._home / changed[0])))

    def made_by(self) -> str | None:
        """Return the name of the embedding model of the vectors, None without any."""
        return self._catalog.get(_EMBEDDER)

    def check_embedder(self) -> None:
        """Check that the vectors come from the embedding model in use.

        Raises:
            IndexMismatch: the vectors come from another model than the one in use.
        """
        made_by = self.made_by()
        if made_by is not None and made_by != self._embedder.name:
            raise IndexMismatch(
                Reason.OTHER_EMBEDDER(
                    home=str(self._home), made_by=made_by, used=self._embedder.name
                )
            )

    def in_step(self) -> bool:
        """Whether the stores hold as many passages as the catalog, and nothing waits."""
        _, passages, waiting = self._catalog.counts()
        return not waiting and (not passages or self._held() == (passages, passages))

    def sync(self, work: Work) -> None:
        """Bring the stores into step with the catalog; rebuild them where they cannot be read.

        A kill costs the embedding of the last few passages, and the writing of the stores.
        """
        self.check_embedder()
        if self.made_by() is None:
            self._catalog.put(_EMBEDDER, self._embedder.name)
        self._embed_all(work)
        _, passages, waiting = self._catalog.counts()
        if 0 < 2 * waiting <= passages and self._held() is not None:
            with suppress(IndexDamaged):
                self._publish(work, anew=False)
        if not self.in_step():
            self._publish(work, anew=True)

    def rebuild(self, work: Work) -> None:
        """Rebuild both stores from the catalog; embed again if the embedding model is another."""
        with self._catalog.transaction():
            if self.made_by() != self._embedder.name:
                self._catalog.drop_vectors()
                self._catalog.put(_GENERATION, _NONE)
            self._catalog.put(_EMBEDDER, self._embedder.name)
        self._embed_all(work)
        self._publish(work, anew=True)

    def close(self) -> None:
        """Release both stores. Closing twice does no harm."""
        with self._lock:
            if self._opened is not None:
                self._opened[2].close()
                self._opened = None

    def _embed_all(self, work: Work) -> None:
        """Embed every passage that has no vectors, a batch at a time."""
        total, articles = self._catalog.unembedded_counts()
        done = 0
        while batch := self._catalog.passages(self._catalog.unembedded(_EMBEDDED)):
            work.at(EMBEDDING, done, total, articles=articles)
            self._embed(batch.values())
            done += len(batch)
        if total:
            work.at(EMBEDDING, total, total, articles=articles)

    def _embed(self, batch: Collection[StoredPassage]) -> None:
        from rag.index.vectors import pack

        articles = self._catalog.articles_with(batch)
        found = self._embedder.passages(
            [headed(articles[stored.passage.article_id], stored) for stored in batch]
        )
        self._catalog.put_vectors(
            (stored.id, pack(vectors.passage, vectors.sentences))
            for stored, vectors in zip(batch, found, strict=True)
        )

    # The generations

    def _generation(self) -> str:
        return self._catalog.get(_GENERATION) or _NONE

    def _folders(self, generation: str) -> tuple[Path, Path]:
        from rag.text import terms

        return (
            self._home / f"lexical-{terms.VERSION}.{generation}",
            self._home / f"vectors-{generation}",
        )

    def _open(self) -> "tuple[str, TantivyStore, ChromaStore]":
        import chromadb  # noqa: F401 - before the generation is looked up, for it takes a second

        from rag.index.chroma import ChromaStore
        from rag.index.tantivy import TantivyStore

        words, meanings = self._folders(generation := self._generation())
        if generation == _NONE:
            complete = not self._catalog.counts()[1]
        else:
            complete = words.is_dir() and meanings.is_dir()
        if complete:
            if self._doubtful:
                self.verify()
                self._doubtful = False
            return generation, TantivyStore(words), ChromaStore(meanings)
        raise IndexDamaged(Reason.INCOMPLETE(home=str(self._home)))

    def _held(self) -> tuple[int, int] | None:
        """Count what both stores hold; None where they cannot be read."""
        try:
            lexical, dense = self.stores()
            return lexical.count(), dense.count()
        except IndexDamaged:
            return None

    def _publish(self, work: Work, *, anew: bool) -> None:
        """Write the next generation, and publish it in place of the last."""
        self._sweep()
        last, generation = self._generation(), str(self._catalog.bump(_COUNTER))
        try:
            self._write(last, generation, work, anew=anew)
        except BaseException:
            for folder in self._folders(generation):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        with translating(self._home):
            written = json.dumps(checksums(self._folders(generation)[0]))
        with self._catalog.transaction():
            self._catalog.put(_GENERATION, generation)
            self._catalog.put(_CHECKSUMS, written)
            self._catalog.clear_outbox()
        self._doubtful = False
        for folder in self._folders(last):
            with suppress(OSError):
                os.utime(folder)

    def _write(self, last: str, generation: str, work: Work, *, anew: bool) -> None:
        from rag.index import chroma
        from rag.index.tantivy import TantivyStore

        words, meanings = self._folders(generation)
        add, gone = self._catalog.outbox()
        if anew:
            add, gone = tuple(sorted(self._catalog.passage_ids())), ()
        else:
            self.verify()
            with translating(self._home):
                shutil.copytree(self._folders(last)[0], words)
                chroma.copy(self._folders(last)[1], meanings)
        lexical = TantivyStore(words)
        with closing(chroma.ChromaStore(meanings)) as dense:
            for batch in _batches(gone):
                lexical.apply({}, batch)
                dense.apply({}, batch)
            for done, batch in enumerate(_batches(add)):
                work.at(WRITING, done * _BATCH, len(add))
                self._add(batch, lexical, dense)
            work.at(WRITING, len(add), len(add))
        with translating(self._home):
            _flush(words, meanings)

    def _add(self, batch: Sequence[int], lexical: "TantivyStore", dense: "ChromaStore") -> None:
        from rag.index.vectors import unpack

        held = self._catalog.passages(batch)
        articles = self._catalog.articles_with(held.values())
        lexical.apply(
            {
                stored.id: (
                    articles[stored.passage.article_id].title,
                    stored.passage.text_in(articles[stored.passage.article_id]),
                )
                for stored in held.values()
            },
            (),
        )
        dense.apply(
            {
                stored.id: unpack(stored.vectors, 1 + len(stored.sentences))[0]
                for stored in held.values()
                if stored.vectors is not None
            },
            (),
        )

    def _sweep(self) -> None:
        """Delete the folders of other generations, but for those published until just now."""
        for folder in [*self._home.glob("lexical-*"), *self._home.glob("vectors-*")]:
            age = time.time() - folder.stat().st_mtime
            if folder not in self._folders(self._generation()) and age > _GRACE:
                shutil.rmtree(folder, ignore_errors=True)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _flush(*folders: Path) -> None:
    """Force all files of the folders to the disk, before the catalog names them."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())


def headed(article: Article, stored: StoredPassage) -> tuple[str, list[Span]]:
    """Return what is embedded of a passage, and where its sentences stand in that.

    The beginning of the title and the date come first. Both title and text are condensed.
    """
    date = f" ({article.published:%d %B %Y})" if article.published else ""
    title = passages.beginning(passages.condensed(article.title), HEAD_TOKENS)
    text = f"{title}{date}. "
    spans, last = [], stored.passage.start
    for start, end in stored.sentences:
        text += article.text[last:start]
        sentence = passages.condensed(article.text[start:end])
        spans.append(Span(len(text), len(text) + len(sentence)))
        text, last = text + sentence, end
    return text, spans
