"""Files -> catalog -> derived stores: first a pure plan, then its execution, batch by batch.

A batch of files is one transaction of the catalog, so a kill leaves whole articles only. The
derived stores follow through the catalog's outbox (see `rag.index.derived`).

What one file gives may depend on the others: a line that several pages share is furniture in all of
them, and of two copies of an article one is kept. Files whose result such a change outdates turn
stale in the catalog, and are read in a further pass of the same run, or after a kill of the next.
"""

import hashlib
import json
import os
import posixpath
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import CorpusError, IndexLocked, SourceError
from rag.index.derived import Derived
from rag.index.progress import READING, Progress, Work
from rag.index.sqlite import translated
from rag.index.sqlite_catalog import Identity, Source, SqliteCatalog
from rag.pages import extract, sources
from rag.pages.sources import SourceFile
from rag.reasons import Reason, Remark
from rag.text import passages
from rag.text.passages import Cut
from rag.types import Article, RawPage, Skipped

REPEATED_IN = 3
"""An edge line that this many pages share is page furniture."""

LOCK_SECONDS = 60.0
"""How long a writer waits for another one before it gives up."""

_BATCH_FILES, _BATCH_BYTES = 100, 8 * 2**20
_BETWEEN_TRIES = 0.1
_PASSES = 4
"""More than any corpus is known to need; what is stale after that waits for the next run."""

_STORES = ("lexical-", "vectors-")
_RECIPE, _REPEATED, _UNSETTLED = "recipe", "repeated", "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """The result of a run: ids of articles, and what was skipped and why.

    `unchanged` counts the articles that needed nothing. What an earlier run skipped is listed again
    while it is there. `others` counts the files of kinds that are not read, by their suffix.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    removed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    others: tuple[tuple[str, int], ...] = ()

    @property
    def indexed(self) -> int:
        """The number of articles that stand in the index because of these paths."""
        return len(self.new) + len(self.changed) + self.unchanged


@dataclass(frozen=True, slots=True)
class Root:
    """A path to be indexed, and the folder that its files' locations start from, if one is set.

    `content` is a file that is indexed as if it stood at the path.
    """

    path: Path
    under: Path | None = None
    content: Path | None = None

    @property
    def place(self) -> Path:
        """Where the content lies now."""
        return self.content or self.path

    @property
    def base(self) -> Path:
        """The folder that locations start from: otherwise the path, or where its file lies."""
        if self.under is not None and self.path.is_relative_to(self.under):
            return self.under
        return self.path if os.path.isdir(self.path) else self.path.parent  # noqa: PTH112 - refuses nothing


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there now: its key in the catalog, its location, and what a stat says."""

    key: str
    location: str
    file: SourceFile


@dataclass(frozen=True, slots=True)
class Plan:
    """The work for the catalog: files to read, files to leave, files that are gone.

    `others` counts the files of kinds that are not read.
    """

    read: tuple[Found, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    others: tuple[tuple[str, int], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has to be done."""
        return not self.read and not self.removed

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the files that are there, as far as can be seen."""
        return frozenset(self.unchanged).union(item.key for item in self.read)


@dataclass(frozen=True, slots=True)
class Extracted:
    """A page's article, or why there is none; its passages and its edge lines."""

    location: str
    article: Article | Remark
    cuts: tuple[Cut, ...]
    edge: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Read:
    """The result of reading a file. `again` where the file could not be opened this time."""

    found: Found
    pages: tuple[Extracted, ...]
    skipped: tuple[Skipped, ...]
    again: bool = False


def plan(known: Mapping[str, Source], found: Sequence[Found]) -> Plan:
    """Compare the files that are known (within the paths looked at) with those found there.

    A file is read when it is new or stale, or its size or time differ. What lies in a folder that
    cannot be listed is not taken for removed.
    """
    same = {item.key for item in found if _same(known.get(item.key), item.file)}
    unlisted = {item.key for item in found if item.file.shut}
    missing = known.keys() - {item.key for item in found}
    hidden = {key for key in missing if any(_within(key, folder) for folder in unlisted)}
    return Plan(
        read=tuple(item for item in found if item.key not in same),
        unchanged=tuple(sorted(same | hidden)),
        removed=tuple(sorted(missing - hidden)),
    )


def _same(source: Source | None, file: SourceFile) -> bool:
    return (
        source is not None
        and not source.stale
        and (source.size, source.mtime_ns) == (file.size, file.mtime_ns)
    )


def located(found: Iterable[Found], known: Mapping[str, Source]) -> tuple[Found, ...]:
    """Return the files with the location that each was given first, so that article ids are stable.

    A new file whose location another one has, under another root, takes its key for a location.
    """
    taken = {source.location for source in known.values()}
    placed = []
    for item in found:
        if item.key in known:
            location = known[item.key].location
        else:
            location = item.key if item.location in taken else item.location
        taken.add(location)
        placed.append(Found(item.key, location, item.file))
    return tuple(placed)


def compare(
    before: Mapping[str, Identity], after: Mapping[str, Identity], files: frozenset[str]
) -> IngestReport:
    """Compare the articles of some files before and after a run; skipped files are left out."""
    had = {key for key, identity in before.items() if identity.source in files}
    has = {key for key, identity in after.items() if identity.source in files}
    new = has - before.keys()
    changed = {key for key in has - new if before[key].content_hash != after[key].content_hash}
    return IngestReport(
        new=tuple(sorted(new)),
        changed=tuple(sorted(changed)),
        unchanged=len(has - new - changed),
        removed=tuple(sorted(had - after.keys())),
    )


def read(found: Found, repeated: frozenset[str]) -> Read:
    """Read a file and extract its articles, without the repeated edge lines."""
    try:
        pages, skipped = sources.read_file(found.file.path, found.location)
    except SourceError as error:
        reason = Skipped(found.location, error.remark)
        return Read(found, (), (reason,), again=isinstance(error.__cause__, OSError))
    return Read(found, tuple(_extracted(page, repeated) for page in pages), tuple(skipped))


def _extracted(page: RawPage, repeated: frozenset[str]) -> Extracted:
    lines = extract.edge_lines(page)
    try:
        article = extract.extract(page, repeated=repeated)
    except SourceError as error:
        return Extracted(page.location, error.remark, (), _told_apart(lines, page.text))
    cuts = passages.cut(article.id, article.text)
    return Extracted(page.location, article, cuts, _told_apart(lines, article.text))


def _told_apart(lines: Iterable[str], text: str) -> frozenset[tuple[str, str]]:
    """Pair lines with a digest of the longest line: prose, and the same in a copy's text."""
    longest = max(text.split("\n"), key=len)
    digest = hashlib.sha256(longest.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return frozenset((line, digest) for line in lines)


class Ingestion:
    """Brings one index folder up to date with files and folders.

    Raises `CorpusError` (no such path), `IndexLocked`, `IndexMismatch` and `StorageFull`.
    """

    def __init__(
        self,
        home: Path,
        catalog: SqliteCatalog,
        derived: Derived,
        *,
        patience: float = LOCK_SECONDS,
    ) -> None:
        self._home = home
        self._own = os.path.join(home, "")  # noqa: PTH118 - what its files' paths begin with
        self._catalog = catalog
        self._derived = derived
        self._patience = patience

    def run(
        self,
        paths: Sequence[Path],
        progress: Progress,
        *,
        under: Path | None = None,
        content: Path | None = None,
    ) -> IngestReport:
        """Index the files at and under the paths; forget what is gone from there.

        Where the paths lie `under` a folder, the files' locations are those in it. With `content`,
        that file is indexed as if it stood at the one path.
        """
        self._derived.check_embedder()
        roots = [Root(_absolute(path), under and _absolute(under), content) for path in paths]
        self._check(roots)
        todo = self._plan(roots)
        if todo.empty and self._settled() and self._derived.in_step():
            counts = self._catalog.article_counts()
            unchanged = sum(counts.get(key, 0) for key in todo.unchanged)
            return IngestReport(
                unchanged=unchanged, skipped=self._skipped(todo.keys), others=todo.others
            )
        with writer_lock(self._home, progress, patience=self._patience):
            return self._apply(roots, self._work(progress))

    def rebuild(self, progress: Progress) -> None:
        """Rebuild the derived stores from the catalog."""
        with writer_lock(self._home, progress, patience=self._patience):
            self._derived.rebuild(self._work(progress))

    def _work(self, progress: Progress) -> Work:
        return Work(progress, self._catalog.counts()[0])

    # Looking

    def _check(self, roots: Sequence[Root]) -> None:
        """Refuse a path that does not exist and never did; articles of one that did are removed."""
        for root in roots:
            if not os.path.lexists(root.place) and not self._under([root], self._catalog.sources()):
                raise CorpusError(Reason.NO_SUCH_PATH(path=str(root.path)))

    def _plan(self, roots: Sequence[Root]) -> Plan:
        known = self._catalog.sources()
        found: dict[str, Found] = {}
        others: set[str] = set()
        for root in roots:
            for item in self._find(root, others):
                found.setdefault(item.key, item)
        todo = plan(self._under(roots, known), located(found.values(), known))
        shut = {item.key for item in todo.read if _shut(item, known.get(item.key))}
        return replace(
            todo,
            read=tuple(item for item in todo.read if item.key not in shut),
            unchanged=(*todo.unchanged, *sorted(shut)),
            others=sources.kinds(path for path in others if not path.startswith(self._own)),
        )

    def _under(self, roots: Sequence[Root], known: Mapping[str, Source]) -> dict[str, Source]:
        names = [_readable(str(root.path)) for root in roots]
        return {
            key: source
            for key, source in known.items()
            if any(_within(str(self.path(key)), name) for name in names)
        }

    def _find(self, root: Root, others: set[str]) -> Iterator[Found]:
        """Yield the files at and under a path, without the index's; add those of other kinds."""
        if not os.path.lexists(root.place):
            return
        base = root.base
        key = _readable(Path(os.path.relpath(base, self._home.parent)).as_posix())
        prefix = os.path.join(base, "")  # noqa: PTH118 - for speed
        for file in sources.walk(root.place, others=others):
            path = str(root.path if root.content else file.path)
            if path.startswith(self._own) and path.removeprefix(self._own).startswith(_STORES):
                continue
            location = _readable(path.removeprefix(prefix).replace(os.sep, "/"))
            yield Found(posixpath.join("" if key == "." else key, location), location, file)

    def path(self, key: str) -> Path:
        """Return the path of a file by its key in the catalog."""
        return Path(os.path.normpath(Path(_readable(str(self._home.parent)), key)))

    # Doing

    def _apply(self, roots: Sequence[Root], work: Work) -> IngestReport:
        self._follow_recipe()
        before = self._catalog.identities()
        first = todo = self._plan(roots)
        for _ in range(_PASSES):
            if todo.empty and self._settled():
                break
            self._take(todo, work)
            self._settle()
            todo = self._plan(roots)
        self._derived.sync(work)
        report = compare(before, self._catalog.identities(), first.keys.union(first.removed))
        return replace(report, skipped=self._skipped(todo.keys), others=todo.others)

    def _follow_recipe(self) -> None:
        """Mark everything as stale if another version of Griot read it differently."""
        before = self._catalog.get(_RECIPE)
        if before == _recipe():
            return
        with self._catalog.transaction():
            if before is not None:
                self._catalog.outdate()
            self._catalog.put(_RECIPE, _recipe())

    def _take(self, todo: Plan, work: Work) -> None:
        """Bring the catalog up to date with the files."""
        repeated = self._repeated()
        with self._catalog.transaction():
            self._catalog.put(_UNSETTLED, "1")
            for key in todo.removed:
                self._catalog.remove_source(key)
        done, files = 0, len(todo.read)
        for batch in _batches(todo.read):
            results = []
            for item in batch:
                work.at(READING, done, files, articles=files)
                results.append(read(item, repeated))
                done += 1
            with self._catalog.transaction():
                for result in results:
                    self._store(result)

    def _store(self, result: Read) -> None:
        """Store what a file gave in place of what it gave before."""
        key, file = result.found.key, result.found.file
        held: dict[str, str] = {}
        copies: set[str] = set()
        skipped = list(result.skipped)
        for page in result.pages:
            if isinstance(page.article, Remark):
                skipped.append(Skipped(page.location, page.article))
                continue
            known = self._catalog.identity(page.article.id)
            if known is not None and known.source != key:
                copies.add(page.article.id)
                skipped.append(_copy_of(page, known.source))
            elif page.article.id in held:
                skipped.append(_copy_of(page, held[page.article.id]))
            else:
                held[page.article.id] = page.location
                if known is None or known.content_hash != page.article.content_hash:
                    self._catalog.put_article(page.article, key, page.cuts)
        for article_id in set(self._catalog.articles_of(key)).difference(held):
            self._catalog.remove_article(article_id)
        self._catalog.put_copies(key, copies)
        self._catalog.put_edge_lines(key, {pair for page in result.pages for pair in page.edge})
        self._catalog.put_source(
            Source(
                path=key,
                location=result.found.location,
                size=file.size,
                mtime_ns=file.mtime_ns,
                skipped=tuple((one.location, one.reason) for one in skipped),
                stale=result.again,
            )
        )

    def _settled(self) -> bool:
        return self._catalog.get(_RECIPE) == _recipe() and not self._catalog.get(_UNSETTLED)

    def _settle(self) -> None:
        """Mark the files stale in which other lines are furniture now than when they were read."""
        with self._catalog.transaction():
            repeated = self._catalog.repeated_lines(pages=REPEATED_IN)
            self._catalog.mark_stale(self._catalog.sources_with(repeated ^ self._repeated()))
            self._catalog.put(_REPEATED, json.dumps(sorted(repeated), ensure_ascii=False))
            self._catalog.put(_UNSETTLED, "")

    def _repeated(self) -> frozenset[str]:
        return frozenset(json.loads(self._catalog.get(_REPEATED) or "[]"))

    def _skipped(self, files: frozenset[str]) -> tuple[Skipped, ...]:
        known = self._catalog.sources()
        return tuple(
            Skipped(sources.short(where), why)
            for key in sorted(files & known.keys())
            for where, why in known[key].skipped
        )


def _shut(item: Found, source: Source | None) -> bool:
    """Whether a file that could not be opened still cannot be, for the same reason."""
    if source is None or not source.stale or [item.location] != [at for at, _ in source.skipped]:
        return False
    now = read(item, frozenset())
    return now.again and [(one.location, one.reason) for one in now.skipped] == [*source.skipped]


def _batches(files: Sequence[Found]) -> Iterator[Sequence[Found]]:
    """Yield files in batches whose contents fit in memory."""
    batch: list[Found] = []
    size = 0
    for item in files:
        if batch and (len(batch) == _BATCH_FILES or size + item.file.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.file.size
    if batch:
        yield batch


def _copy_of(page: Extracted, where: str) -> Skipped:
    assert isinstance(page.article, Article)
    return Skipped(page.location, Reason.COPY(article=page.article.id, where=where))


@contextmanager
def writer_lock(home: Path, progress: Progress, *, patience: float) -> Iterator[None]:
    """Hold the lock of an index folder's only writer; it ends with the process.

    Raises:
        IndexLocked: another process still writes after `patience` seconds.
        StorageFull: the folder cannot be written.
    """
    path = home / "writer.lock"
    with translated(path):
        lock = sqlite3.connect(path, timeout=0.0, isolation_level=None)
    try:
        _wait_for(lock, path, progress, time.monotonic() + patience)
        yield
    finally:
        lock.close()


def _wait_for(lock: sqlite3.Connection, path: Path, progress: Progress, deadline: float) -> None:
    while True:
        try:
            with translated(path):
                lock.execute("BEGIN EXCLUSIVE")
        except IndexLocked:
            if time.monotonic() > deadline:
                raise
            progress(0, 0, "waiting for another griot to finish writing")
            time.sleep(_BETWEEN_TRIES)
        else:
            return


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks


def _readable(path: str) -> str:
    """Escape the bytes of a file name that are not UTF-8, which SQLite would refuse."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _within(path: str, root: str) -> bool:
    return path == root or Path(root) in Path(path).parents


def _recipe() -> str:
    """Return the versions of extraction and of splitting that a catalog is read with."""
    return f"{extract.HASH_VERSION}/{passages.VERSION}"
