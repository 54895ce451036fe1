"""The search stores of an index folder: Tantivy and Chroma, in new files for each change.

Chroma writes its files in place, so that a reader beside it, or the next run after a kill, may find
half of them and crash. A change is therefore made to a new generation of both stores, in files of
its own, and published with one transaction of the catalog. A published generation is never written
to again, and what a kill leaves of an unpublished one is deleted by a later run. The earlier ones
are kept a while, for the searches that still use them.

Generations share what has not changed. Tantivy's files never change once written: a new generation
has links to them. Chroma's folder, the base, serves several generations, each of which
has a file with what has changed since (`rag.index.layers`); it is copied when that is much.

With a generation the catalog keeps the checksums of its files, but for Chroma's: searching writes
to those. Tantivy reads some of its files unchecked. All are verified when the stores are first
opened after an unclean end, and by `griot doctor`. A change verifies first the files whose size or
time is another than when they were written, and last those that Tantivy has merged into new ones.
"""

import json
import os
import shutil
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rag.errors import IndexDamaged
from rag.index.catalog import Catalog
from rag.index.disk import explained
from rag.index.stores import GRACE
from rag.languages import terms
from rag.reasons import Reason

if TYPE_CHECKING:
    from rag.index.layers import LayeredStore
    from rag.index.tantivy import TantivyStore

RECENT = 4096
"""Vectors and removals beside a base. With 384 dimensions they are 6 MB, and are compared in about
a millisecond; the copy of a base of a million passages, 2 GB, is shared by as many changes."""

_PREFIXES = _WORDS, _BASE, _RECENT = "lexical-", "vectors-", "recent-"
"""The prefixes of the names of the stores' folders and files."""

_LOCK = ".lock"

KEYS = _GENERATION, _COUNTER, _FILES = "generation", "generations", "files"
"""Under which the catalog keeps what is so of these stores alone."""

_NONE = "0/0"
"""The generation before the first."""

_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class _Generation:
    """Where a generation lies. `name` is its number and its base's: "7/3"."""

    home: Path
    name: str

    @property
    def words(self) -> Path:
        return self.home / f"{_WORDS}{terms.VERSION}.{self.name.partition('/')[0]}"

    @property
    def base(self) -> Path:
        return self.home / f"{_BASE}{self.name.partition('/')[2]}"

    @property
    def recent(self) -> Path:
        return self.home / f"{_RECENT}{self.name.partition('/')[0]}.npz"

    @property
    def paths(self) -> tuple[Path, ...]:
        """All that belongs to it."""
        return self.words, self.base, self.recent


class Generations:
    """The `rag.index.stores.SearchStores` of an index folder, opened on first use.

    Safe to share between threads for searching. Beyond `recent` changes a base is copied.
    """

    def __init__(self, home: Path, catalog: Catalog, *, recent: int = RECENT) -> None:
        self._home = home
        self._own = os.path.join(home, "")  # noqa: PTH118 - what its files' paths begin with
        self._catalog = catalog
        self._doubtful = catalog.unclean
        self._most = recent
        self._lock = threading.RLock()
        self._opened: tuple[_Generation, TantivyStore, LayeredStore] | None = None

    @property
    def published(self) -> bool:
        return self._published().name != _NONE

    def open(self) -> "tuple[TantivyStore, LayeredStore]":
        with self._lock:
            if self._opened is None or self._opened[0] != self._published():
                self._opened = self._open()
            return self._opened[1:]

    @contextmanager
    def change(self, *, anew: bool) -> "Iterator[tuple[TantivyStore, LayeredStore]]":
        from rag.index import chroma

        self._sweep()
        last, number = self._published(), self._catalog.count_up(_COUNTER)
        new = _Generation(self._home, f"{number}/{number}")
        try:
            known = {} if anew else self._intact(last)
            with ExitStack() as opened:
                lexical, dense = self._anew(new, opened) if anew else self._next(last, new, opened)
                yield lexical, dense
            if dense.shares_base:
                new = _Generation(self._home, f"{number}/{last.base.name.removeprefix(_BASE)}")
            with explained(self._home):
                if not dense.shares_base:
                    chroma.compact(new.base)
                dense.recent.save(new.recent)
                files = _written(new, known)
                _flush(_fresh(new, last, files, known))
                _verify(last, {name: known[name] for name in known.keys() - files.keys()})
        except BaseException:
            for path in new.paths:
                if path not in last.paths:
                    _remove(path)
            raise
        with self._catalog.transaction():
            self._catalog.put(_GENERATION, new.name)
            self._catalog.put(_FILES, json.dumps(files))
            self._catalog.clear_outbox()
        self._doubtful = False
        for path in {*last.paths}.difference(new.paths):
            with suppress(OSError):
                os.utime(path)  # from now on it is as old as its successor

    def withdraw(self) -> None:
        self._catalog.put(_GENERATION, _NONE)

    def verify(self) -> None:
        generation, files = self._published(), self._files()
        try:
            with explained(self._home):
                _verify(generation, files)
        except IndexDamaged:
            if generation == self._published():
                raise

    def owns(self, path: str) -> bool:
        return path.startswith(self._own) and path[len(self._own) :].startswith(_PREFIXES)

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened[2].base.close()
                self._opened = None

    def _published(self) -> _Generation:
        """Return the generation that is published."""
        return _Generation(self._home, self._catalog.get(_GENERATION) or _NONE)

    def _files(self) -> "_Files":
        """Return what the published generation's files were when they were written."""
        kept: dict[str, list[int]] = json.loads(self._catalog.get(_FILES) or "{}")
        return {name: _File(*file) for name, file in kept.items()}

    def _intact(self, generation: _Generation) -> "_Files":
        """Return what a generation's files were when they were written, if they still are.

        Only those are read whose size or time is another.

        Raises:
            IndexDamaged: the content of one is not as it was written.
        """
        files = self._files()
        with explained(self._home):
            places = _places(generation)
            touched = {
                name: file for name, file in files.items() if not file.is_at(places.get(name))
            }
            _verify(generation, touched)
        return files

    def _open(self) -> "tuple[_Generation, TantivyStore, LayeredStore]":
        # Before the generation is looked up: Chroma takes a second.
        from rag.index.chroma import ChromaStore
        from rag.index.layers import LayeredStore, Recent
        from rag.index.tantivy import TantivyStore

        generation = self._published()
        if not all(path.exists() for path in generation.paths):
            raise IndexDamaged(Reason.INCOMPLETE(home=str(self._home)))
        if self._doubtful:
            self.verify()
            self._doubtful = False
        if self._opened is not None and self._opened[0].base == generation.base:
            base = self._opened[2].base
        else:
            base = ChromaStore(generation.base)
        with explained(self._home):
            recent = Recent.load(generation.recent)
        return generation, TantivyStore(generation.words), LayeredStore(base, recent)

    def _anew(self, new: _Generation, opened: ExitStack) -> "tuple[TantivyStore, LayeredStore]":
        """Return empty stores of a generation."""
        from rag.index.chroma import ChromaStore
        from rag.index.layers import NOTHING, LayeredStore
        from rag.index.tantivy import TantivyStore

        base = opened.enter_context(closing(ChromaStore(new.base)))
        return TantivyStore(new.words), LayeredStore(base, NOTHING)

    def _next(
        self, last: _Generation, new: _Generation, opened: ExitStack
    ) -> "tuple[TantivyStore, LayeredStore]":
        """Return the stores of a generation that begins as the last one is."""
        from rag.index import chroma, tantivy
        from rag.index.layers import LayeredStore

        def copied() -> chroma.ChromaStore:
            with explained(self._home):
                chroma.copy(last.base, new.base)
            with self._lock:
                self._opened = None  # who does not search has one of the two in memory
            return opened.enter_context(closing(chroma.ChromaStore(new.base)))

        held = self.open()[1]
        with explained(self._home):
            tantivy.share(last.words, new.words)
        dense = LayeredStore(held.base, held.recent, most=self._most, copied=copied)
        return tantivy.TantivyStore(new.words), dense

    def _sweep(self) -> None:
        """Delete what belongs to other generations, but for those published until just now."""
        kept = self._published().paths
        for path in (path for prefix in _PREFIXES for path in self._home.glob(f"{prefix}*")):
            if path not in kept and time.time() - path.stat().st_mtime > GRACE:
                _remove(path)


class _File(NamedTuple):
    """A file as it was written."""

    checksum: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> "_File":
        now = path.stat()
        return cls(_checksum(path), now.st_size, now.st_mtime_ns)

    def is_at(self, path: Path | None) -> bool:
        """Whether a file has this size and time."""
        if path is None:
            return False
        now = path.stat()
        return (now.st_size, now.st_mtime_ns) == self[1:]


_Files = dict[str, _File]
"""The files of a generation by their names, but for those of the base."""


def _places(generation: _Generation) -> dict[str, Path]:
    """Return the files of a generation that are to stay as they were written, by name."""
    words = generation.words.iterdir() if generation.words.is_dir() else ()
    return {
        path.name: path
        for path in (*words, *generation.paths[2:])
        if path.is_file() and path.suffix != _LOCK
    }


def _verify(generation: _Generation, files: _Files) -> None:
    """Compare the content of files with what was written.

    Raises:
        IndexDamaged: a file is gone, or is not as it was written.
    """
    places = _places(generation)
    for name, file in files.items():
        if name not in places or _checksum(places[name]) != file.checksum:
            place = places.get(name, generation.words / name)
            raise IndexDamaged(Reason.CHANGED_STORE(file=str(place)))


def _written(generation: _Generation, known: _Files) -> _Files:
    """Return a generation's files, those that are known already as they are known."""
    files = {}
    for name, path in _places(generation).items():
        file = known.get(name)
        files[name] = file if file and file.is_at(path) else _File.of(path)
    return files


def _fresh(new: _Generation, last: _Generation, files: _Files, known: _Files) -> list[Path]:
    """Return the paths of a generation that the last one does not share."""
    places = _places(new)
    written = [places[name] for name in files if files[name] is not known.get(name)]
    return written if new.base == last.base else [*written, new.base]


def _flush(paths: Iterable[Path]) -> None:
    """Force files, and all files of folders, to the disk, before the catalog names them."""
    for path in paths:
        for each in path.rglob("*") if path.is_dir() else (path,):
            if each.is_file():
                with each.open("rb+") as file:
                    os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found
