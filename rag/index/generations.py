"""The search stores of an index folder: Tantivy and Chroma, in a new folder for each change.

Chroma writes its files in place, so that a reader beside it, or the next run after a kill, may find
half of them and crash. A change is therefore made to a new generation of both stores, in folders of
its own that are copies of the last one's, and published with one transaction of the catalog. A
published generation is never written to again, and what a kill leaves of an unpublished one is
deleted by a later run. What was published before stays a while, for the searches under way.

With a generation the catalog keeps the checksums of Tantivy's files, of which Tantivy reads some
unchecked. They are verified when the stores are first opened after an unclean end, before a
generation is copied, and by `griot doctor`. Chroma's files have none: searching writes to them.
"""

import json
import os
import shutil
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import IndexDamaged
from rag.index.disk import explained
from rag.index.stores import Catalog
from rag.languages import terms
from rag.reasons import Reason

if TYPE_CHECKING:
    from rag.index.chroma import ChromaStore
    from rag.index.tantivy import TantivyStore

_GRACE = 30.0
"""Seconds that a generation outlives its successor's publication, far longer than any search."""

_WORDS, _VECTORS = "lexical-", "vectors-"
"""The prefix of the stores' folders."""

_GENERATION, _COUNTER, _CHECKSUMS = "generation", "generations", "checksums"
_NONE = "0"
"""The generation before the first; without passages, it is there and empty."""

_BLOCK = 2**20


class Generations:
    """The `rag.index.stores.SearchStores` of an index folder, opened on first use.

    Safe to share between threads for searching. `doubtful` is whether a process that had the
    catalog open may have ended without closing it.
    """

    def __init__(self, home: Path, catalog: Catalog, *, doubtful: bool) -> None:
        self._home = home
        self._own = os.path.join(home, "")  # noqa: PTH118 - what its files' paths begin with
        self._catalog = catalog
        self._doubtful = doubtful
        self._lock = threading.RLock()
        self._opened: tuple[str, TantivyStore, ChromaStore] | None = None

    @property
    def published(self) -> bool:
        return self._published() != _NONE

    def open(self) -> "tuple[TantivyStore, ChromaStore]":
        with self._lock:
            if self._opened is None or self._opened[0] != self._published():
                self._opened = self._open()
            return self._opened[1:]

    @contextmanager
    def change(self, *, anew: bool) -> "Iterator[tuple[TantivyStore, ChromaStore]]":
        from rag.index import chroma
        from rag.index.tantivy import TantivyStore

        self._sweep()
        last, generation = self._published(), self._number()
        words, vectors = self._folders(generation)
        try:
            if not anew:
                self.verify()
                with explained(self._home):
                    shutil.copytree(self._folders(last)[0], words)
                    chroma.copy(self._folders(last)[1], vectors)
            lexical = TantivyStore(words)
            with closing(chroma.ChromaStore(vectors)) as dense:
                yield lexical, dense
            with explained(self._home):
                _flush(words, vectors)
                written = json.dumps(_checksums(words))
        except BaseException:
            for folder in (words, vectors):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._catalog.transaction():
            self._catalog.put(_GENERATION, generation)
            self._catalog.put(_CHECKSUMS, written)
            self._catalog.clear_outbox()
        self._doubtful = False
        for folder in self._folders(last):
            with suppress(OSError):
                os.utime(folder)  # from now on it is as old as its successor

    def withdraw(self) -> None:
        self._catalog.put(_GENERATION, _NONE)

    def verify(self) -> None:
        generation = self._published()
        known: dict[str, int] = json.loads(self._catalog.get(_CHECKSUMS) or "{}")
        with explained(self._home):
            found = _checksums(self._folders(generation)[0])
        changed = [name for name, checksum in known.items() if found.get(name) != checksum]
        if changed and generation == self._published():
            raise IndexDamaged(Reason.CHANGED_STORE(file=str(self._home / changed[0])))

    def owns(self, path: str) -> bool:
        return path.startswith(self._own) and path[len(self._own) :].startswith((_WORDS, _VECTORS))

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened[2].close()
                self._opened = None

    def _published(self) -> str:
        """Return the generation that is published."""
        return self._catalog.get(_GENERATION) or _NONE

    def _number(self) -> str:
        """Return a number that no generation had, whatever became of it."""
        with self._catalog.transaction():
            number = str(int(self._catalog.get(_COUNTER) or 0) + 1)
            self._catalog.put(_COUNTER, number)
        return number

    def _folders(self, generation: str) -> tuple[Path, Path]:
        return (
            self._home / f"{_WORDS}{terms.VERSION}.{generation}",
            self._home / f"{_VECTORS}{generation}",
        )

    def _open(self) -> "tuple[str, TantivyStore, ChromaStore]":
        # Before the generation is looked up: Chroma takes a second.
        from rag.index.chroma import ChromaStore
        from rag.index.tantivy import TantivyStore

        words, vectors = self._folders(generation := self._published())
        if generation == _NONE:
            complete = not self._catalog.counts()[1]
        else:
            complete = words.is_dir() and vectors.is_dir()
        if not complete:
            raise IndexDamaged(Reason.INCOMPLETE(home=str(self._home)))
        if self._doubtful:
            self.verify()
            self._doubtful = False
        return generation, TantivyStore(words), ChromaStore(vectors)

    def _sweep(self) -> None:
        """Delete the folders of other generations, but for those published until just now."""
        for folder in [*self._home.glob(f"{_WORDS}*"), *self._home.glob(f"{_VECTORS}*")]:
            age = time.time() - folder.stat().st_mtime
            if folder not in self._folders(self._published()) and age > _GRACE:
                shutil.rmtree(folder, ignore_errors=True)


def _flush(*folders: Path) -> None:
    """Force all files of the folders to the disk, before the catalog names them."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())


def _checksums(folder: Path) -> dict[str, int]:
    """Return the CRC-32 of each file under a folder, by its path from the folder's parent."""
    return {
        path.relative_to(folder.parent).as_posix(): _checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found
