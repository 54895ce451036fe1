"""Files -> catalog -> derived stores: first a pure plan, then its execution, batch by batch.

A batch of files is one transaction of the catalog, so a kill leaves whole articles only. The
derived stores follow through the catalog's outbox (see `rag.derived`).
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag import extract, passages, sources
from rag.catalog import Catalog, Source
from rag.derived import Derived, Progress
from rag.errors import CorpusError, IndexLocked, SourceError
from rag.sources import Skipped, SourceFile
from rag.types import RawPage

REPEATED_IN = 3
"""An edge line that this many articles share is page furniture."""

LOCK_SECONDS = 60.0
"""How long a writer waits for another one before it says so."""

_BATCH = 100
_RECIPE = "recipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What a run did: ids of articles, and what was skipped and why.

    `unchanged` counts the articles that needed nothing. Files skipped by an earlier run are told
    again, as long as they are there.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    removed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def indexed(self) -> int:
        """The number of articles that stand in the index because of these paths."""
        return len(self.new) + len(self.changed) + self.unchanged


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there now: its key in the catalog, the location it would get, its state."""

    key: str
    location: str
    file: SourceFile


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done to the catalog: files to read, files to leave, files that are gone."""

    read: tuple[Found, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing has to be done."""
        return not self.read and not self.removed


def plan(known: Mapping[str, Source], found: Sequence[Found]) -> Plan:
    """Compare the files that are known (within the paths looked at) with those found there.

    A file is read when it is new, or its size or time differ, or it was marked stale. Files with
    something skipped are read again whenever anything else changes: what they lost to (a second
    copy of an article, say) may be gone. What lies in a folder that cannot be listed is not taken
    for removed.
    """
    same = {item.key for item in found if _same(known.get(item.key), item.file)}
    unread = [Path(item.key) for item in found if item.file.size == 0]
    gone = known.keys() - {item.key for item in found}
    removed = tuple(
        sorted(key for key in gone if not any(_within(Path(key), folder) for folder in unread))
    )
    if removed or len(same) < len(found):
        same = {key for key in same if not known[key].skipped}
    return Plan(
        read=tuple(item for item in found if item.key not in same),
        unchanged=tuple(item.key for item in found if item.key in same),
        removed=removed,
    )


def _same(source: Source | None, file: SourceFile) -> bool:
    return (
        source is not None
        and not source.stale
        and (source.size, source.mtime_ns) == (file.size, file.mtime_ns)
    )


class Ingestion:
    """Brings one index folder up to date with files and folders.

    Raises `CorpusError` (no such path), `IndexLocked`, `IndexMismatch` and `StorageFull`.
    """

    def __init__(self, home: Path, catalog: Catalog, derived: Derived) -> None:
        self._home = home
        self._catalog = catalog
        self._derived = derived

    def run(self, paths: Sequence[Path], progress: Progress) -> IngestReport:
        """Index the files at and under the paths; forget what is gone from there."""
        self._derived.check_embedder()
        roots = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - keeps symlinks
        todo = self._plan(roots)
        if todo.empty and self._up_to_date():
            return self._report(_Run(), todo)
        with writer_lock(self._home, progress):
            return self._apply(self._plan(roots), roots, progress)

    def rebuild(self, progress: Progress) -> None:
        """Make the derived stores anew from the catalog."""
        with writer_lock(self._home, progress):
            self._derived.rebuild(progress)

    def _up_to_date(self) -> bool:
        _, stored, waiting = self._catalog.counts()
        held = [store.count() for store in self._derived.stores()] if stored else []
        return waiting == 0 and all(count == stored for count in held)

    def _plan(self, roots: Sequence[Path]) -> Plan:
        known = {
            key: source
            for key, source in self._catalog.sources().items()
            if any(_within(self._absolute(key), root) for root in roots)
        }
        for root in roots:
            if not root.exists() and not any(_within(self._absolute(key), root) for key in known):
                raise CorpusError(f"{root} does not exist; check the path")
        found = {item.key: item for root in roots for item in self._find(root)}
        if self._catalog.get(_RECIPE) not in (None, _recipe()):
            known = {key: _stale(source) for key, source in known.items()}
        return plan(known, tuple(found.values()))

    def _find(self, root: Path) -> Iterator[Found]:
        if not root.exists():
            return
        base = root if root.is_dir() else root.parent
        for file in sources.walk(root):
            location = _readable(file.path.relative_to(base).as_posix())
            yield Found(self._key(file.path), location, file)

    def _apply(self, todo: Plan, roots: Sequence[Path], progress: Progress) -> IngestReport:
        run = _Run(fresh=self._catalog.get(_RECIPE) not in (None, _recipe()))
        for key in todo.removed:
            run.removed.update(self._catalog.remove_source(key))
        self._read_all(todo.read, run, progress)
        again = self._plan(roots)
        self._read_all(again.read, run, progress)
        self._catalog.put(_RECIPE, _recipe())
        self._derived.repair()
        self._derived.sync(progress)
        return self._report(run, todo)

    def _read_all(self, files: Sequence[Found], run: "_Run", progress: Progress) -> None:
        """Read files into the catalog; mark those stale whose edge lines turn out repeated."""
        before = self._catalog.repeated_lines(articles=REPEATED_IN)
        for done in range(0, len(files), _BATCH):
            progress(done, len(files), "files")
            batch = files[done : done + _BATCH]
            pages = [(item, *self._read(item)) for item in batch]
            with self._catalog.transaction():
                for item, read, skipped in pages:
                    self._store(item, read, skipped, before, run)
        after = self._catalog.repeated_lines(articles=REPEATED_IN)
        self._catalog.mark_stale(self._catalog.sources_with(after - before))

    def _read(self, item: Found) -> tuple[list[RawPage], list[Skipped]]:
        location = self._location(item)
        try:
            return sources.read(item.file.path, location)
        except SourceError as error:
            return [], [Skipped(location, str(error))]

    def _store(
        self,
        item: Found,
        pages: Sequence[RawPage],
        skipped: list[Skipped],
        repeated: frozenset[str],
        run: "_Run",
    ) -> None:
        gone = set(self._catalog.articles_of(item.key))
        for page in pages:
            try:
                gone.discard(self._store_page(item, page, repeated, run))
            except SourceError as error:
                skipped.append(Skipped(page.location, str(error)))
        for article_id in sorted(gone):
            self._catalog.remove_article(article_id)
        run.removed.update(gone)
        source = Source(
            path=item.key,
            location=self._location(item),
            size=item.file.size,
            mtime_ns=item.file.mtime_ns,
            skipped=tuple((one.location, one.reason) for one in skipped),
        )
        self._catalog.put_source(source)

    def _store_page(self, item: Found, page: RawPage, repeated: frozenset[str], run: "_Run") -> str:
        """Store a page's article if it differs from what is known; give its id."""
        article = extract.extract(page, repeated=repeated)
        known = self._catalog.identity(article.id)
        first = run.seen.setdefault(article.id, page.location)
        if first != page.location or (known is not None and known[0] != item.key):
            raise SourceError(
                f"another copy of {article.id}, which comes from {known[0] if known else first}"
            )
        if known is not None and known[1] == article.content_hash and not run.fresh:
            return article.id
        cuts = passages.cut(article.id, article.text)
        self._catalog.put_article(article, item.key, cuts, extract.edge_lines(page))
        run.stored(article.id, was_known=known is not None)
        return article.id

    def _report(self, run: "_Run", todo: Plan) -> IngestReport:
        keys = {*todo.unchanged, *(item.key for item in todo.read)}
        known = self._catalog.sources()
        counts = self._catalog.article_counts()
        total = sum(counts.get(key, 0) for key in keys)
        return IngestReport(
            new=tuple(sorted(run.new)),
            changed=tuple(sorted(run.changed)),
            unchanged=total - len(run.new) - len(run.changed),
            removed=tuple(sorted(run.removed - run.new - run.changed)),
            skipped=tuple(
                Skipped(where, why)
                for key in sorted(keys & known.keys())
                for where, why in known[key].skipped
            ),
        )

    def _location(self, item: Found) -> str:
        """Keep the location that a file was given first, so that its articles keep their ids."""
        known = self._catalog.source(item.key)
        return item.location if known is None else known.location

    def _key(self, path: Path) -> str:
        return _readable(Path(os.path.relpath(path, self._home.parent)).as_posix())

    def _absolute(self, key: str) -> Path:
        return Path(os.path.normpath(self._home.parent / key))


@dataclass(slots=True)
class _Run:
    """What one run has done so far."""

    fresh: bool = False
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    seen: dict[str, str] = field(default_factory=dict)

    def stored(self, article_id: str, *, was_known: bool) -> None:
        if article_id in self.removed:
            self.removed.discard(article_id)
            was_known = True
        if not was_known:
            self.new.add(article_id)
        elif article_id not in self.new:
            self.changed.add(article_id)


@contextmanager
def writer_lock(home: Path, progress: Progress) -> Iterator[None]:
    """Be the only writer of an index folder; the lock dies with the process.

    Raises:
        IndexLocked: another process still writes after `LOCK_SECONDS`.
    """
    with_lock = sqlite3.connect(home / "writer.lock", timeout=0.0, isolation_level=None)
    try:
        _wait_for(with_lock, home, progress)
        yield
    finally:
        with_lock.close()


def _wait_for(lock: sqlite3.Connection, home: Path, progress: Progress) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise IndexLocked(
                    f"another griot is writing to {home}; try again when it is done"
                ) from error
            progress(0, 1, "waiting for another griot to finish writing")
            time.sleep(0.2)
        else:
            return


def _readable(path: str) -> str:
    """Escape the bytes of a file name that are not UTF-8, which SQLite would refuse."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _within(path: Path, root: Path) -> bool:
    return path == root or root in path.parents


def _stale(source: Source) -> Source:
    return Source(
        path=source.path,
        location=source.location,
        size=source.size,
        mtime_ns=source.mtime_ns,
        stale=True,
    )


def _recipe() -> str:
    """Name how text becomes articles, passages and terms in this version."""
    from rag import lexical

    return f"{extract.HASH_VERSION}/{passages.VERSION}/{lexical.VERSION}"
