"""Articles into the catalog, from files and from programs; then the search stores follow.

Of files, first a pure plan is made (`rag.index.plan`), then it is carried out batch by batch. A
batch is one transaction of the catalog, so a kill leaves whole articles only. The search stores
follow through the catalog's outbox (`rag.index.search_index`).

What one file gives may depend on the others: a line that several pages share is boilerplate in all
of them, and of two copies of an article one is kept. Where such a change makes a file's result
outdated, the catalog marks the file as stale; it is read in a further pass of the same run, or of
the next one if this is killed.
"""

import hashlib
import json
import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from rag.errors import ArticleNotFound, CorpusError, SourceError
from rag.index.catalog import Catalog
from rag.index.clusters import cluster
from rag.index.plan import FoundFile, Plan, Root, located, plan, within
from rag.index.progress import READING, Progress, Work
from rag.index.search_index import SearchIndex
from rag.index.stores import ADDED, Identity, StoredSource
from rag.pages import extract, sources
from rag.reasons import Reason, Remark
from rag.text import escaped, passages
from rag.text.passages import Cut
from rag.types import Article, Noted, RawPage, Skipped

REPEATED_IN = 3
"""A line at the edge of this many pages is boilerplate."""

LOCK_SECONDS = 60.0
"""How long a writer waits for another one before it gives up."""

WAITING = "waiting for another griot to finish writing"

_BATCH, _BATCH_BYTES = 100, 8 * 2**20
_PASSES = 4
"""More passes than any corpus is known to need; files still stale are read in the next run."""

_RECIPE, _REPEATED, _UNSETTLED = "recipe", "repeated", "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """The result of a run: ids of articles, and what was skipped and why.

    `unchanged` counts the articles that needed nothing. What an earlier run skipped is listed again
    while it is there. `others` counts the files of kinds that are not read, by their suffix.
    `noted` are remarks on pages that this run read.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    removed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    noted: tuple[Noted, ...] = ()

    @property
    def indexed(self) -> int:
        """The number of articles in the index that come from these paths."""
        return len(self.new) + len(self.changed) + self.unchanged

    def __add__(self, other: "IngestReport") -> "IngestReport":
        """Return the report of two runs, over different paths."""
        others = Counter(dict(self.others)) + Counter(dict(other.others))
        return IngestReport(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            removed=self.removed + other.removed,
            skipped=self.skipped + other.skipped,
            noted=self.noted + other.noted,
            others=tuple(others.most_common()),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's pages, and what of it is skipped. `again` where it could not be opened this time."""

    found: FoundFile
    pages: tuple[RawPage, ...]
    skipped: tuple[Skipped, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """A page's article, or why there is none; its passages and its edge lines."""

    location: str
    article: Article | Remark
    cuts: tuple[Cut, ...] = ()
    edge: frozenset[tuple[str, str]] = frozenset()


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


def opened(found: FoundFile) -> Opened:
    """Read a file."""
    try:
        pages, skipped = sources.read_file(found.file.path, found.location)
    except SourceError as error:
        reason = Skipped(found.location, error.remark)
        return Opened(found, (), (reason,), again=isinstance(error.__cause__, OSError))
    return Opened(found, tuple(pages), tuple(skipped))


def extracted(page: RawPage, repeated: frozenset[str]) -> Extracted:
    """Extract a page's article, without the repeated edge lines."""
    lines = extract.edge_lines(page)
    try:
        article = extract.extract(page, repeated=repeated)
    except SourceError as error:
        return Extracted(page.location, error.remark, (), _told_apart(lines, page.text))
    cuts = passages.cut(article.id, article.text)
    return Extracted(page.location, article, cuts, _told_apart(lines, article.text))


def _told_apart(lines: Iterable[str], text: str) -> frozenset[tuple[str, str]]:
    """Pair lines with a digest of the longest line of the text, which copies of it share."""
    longest = max(text.split("\n"), key=len)
    digest = hashlib.sha256(longest.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return frozenset((line, digest) for line in lines)


class Ingestion:
    """Brings a catalog, and with it the search index, up to date.

    The paths of files are recorded as seen from the folder that `home` lies in.

    Raises `CorpusError` (no such path), `StorageError` and `EmbeddingError`.
    """

    def __init__(
        self, home: Path, catalog: Catalog, index: SearchIndex, *, patience: float = LOCK_SECONDS
    ) -> None:
        self._home = home
        self._own = os.path.join(home, "")  # noqa: PTH118 - what its files' paths begin with
        self._catalog = catalog
        self._index = index
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
        self._index.check_embedder()
        roots = [Root(_absolute(path), under and _absolute(under), content) for path in paths]
        self._check(roots)
        todo = self._plan(roots)
        if todo.empty and self._in_step():
            counts = self._catalog.article_counts()
            unchanged = sum(counts.get(key, 0) for key in todo.unchanged)
            skipped = self._skipped(roots, todo.keys)
            return IngestReport(unchanged=unchanged, skipped=skipped, others=todo.others)
        with self._writing(progress):
            return self._apply(roots, self._work(progress))

    def add(self, articles: Iterable[Article | Skipped], progress: Progress) -> IngestReport:
        """Index articles that no file holds, in place of those that have their ids.

        A file with one of them loses it until it is removed. Of two with the same id, the first
        counts. What was skipped in making them is reported.
        """
        self._index.check_embedder()
        with self._writing(progress):
            self._follow_recipe()
            report = self._put(articles)
            self._sync(self._work(progress))
        return report

    def remove(self, ids: Iterable[str], progress: Progress) -> IngestReport:
        """Forget articles that were added.

        Raises:
            ArticleNotFound: one of them was not added; then all are kept.
        """
        self._index.check_embedder()
        with self._writing(progress):
            with self._catalog.transaction():
                gone = tuple(dict.fromkeys(ids))
                for name in gone:
                    known = self._catalog.identity(name)
                    if known is None or known.source != ADDED:
                        raise ArticleNotFound(Reason.NOT_ADDED(name=name))
                    self._catalog.remove_article(name)
            self._sync(self._work(progress))
        return IngestReport(removed=gone)

    def rebuild(self, progress: Progress) -> None:
        """Make the search stores anew from the catalog."""
        with self._writing(progress):
            self._index.rebuild(self._work(progress))

    def path(self, key: str) -> Path:
        """Return the path of a file by its key in the catalog."""
        return Path(os.path.normpath(Path(escaped(str(self._home.parent)), key)))

    def _writing(self, progress: Progress) -> AbstractContextManager[None]:
        return self._catalog.writing(lambda: progress(0, 0, WAITING), patience=self._patience)

    def _work(self, progress: Progress) -> Work:
        return Work(progress, self._catalog.counts()[0])

    # Looking

    def _check(self, roots: Sequence[Root]) -> None:
        """Refuse a path that does not exist and never did; articles of one that did are removed."""
        for root in roots:
            if not os.path.lexists(root.place) and not self._known([root]):
                raise CorpusError(Reason.NO_SUCH_PATH(path=str(root.path)))

    def _plan(self, roots: Sequence[Root]) -> Plan:
        known = self._known(roots)
        found: dict[str, FoundFile] = {}
        others: set[str] = set()
        for root in roots:
            for item in self._find(root, others):
                found.setdefault(item.key, item)
        taken = self._catalog.locations() if found.keys() - known.keys() else ()
        todo = plan(known, located(found.values(), known, taken))
        shut = {item.key for item in todo.read if _shut(item, known.get(item.key))}
        return replace(
            todo,
            read=tuple(item for item in todo.read if item.key not in shut),
            unchanged=(*todo.unchanged, *sorted(shut)),
            others=sources.kinds(path for path in others if not path.startswith(self._own)),
        )

    def _known(self, roots: Sequence[Root]) -> dict[str, StoredSource]:
        """Return the files at and under the paths as they were read."""
        keys = [self._key(root.path) for root in roots]
        if not any(key == "." or key.startswith("..") for key in keys):
            return self._catalog.sources(keys)
        names = [escaped(str(root.path)) for root in roots]
        return {
            key: source
            for key, source in self._catalog.sources().items()
            if any(within(str(self.path(key)), name) for name in names)
        }

    def _key(self, path: Path) -> str:
        """Return a path as it is seen from the folder that the index lies in."""
        return escaped(Path(os.path.relpath(path, self._home.parent)).as_posix())

    def _find(self, root: Root, others: set[str]) -> Iterator[FoundFile]:
        """Yield the files at and under a path, without the index's; add those of other kinds."""
        if not os.path.lexists(root.place):
            return
        base = root.base
        key = self._key(base)
        prefix = os.path.join(base, "")  # noqa: PTH118 - for speed
        for file in sources.walk(root.place, others=others):
            path = str(root.path if root.content else file.path)
            if not self._index.stores.owns(path):
                location = escaped(path.removeprefix(prefix).replace(os.sep, "/"))
                yield FoundFile(posixpath.join("" if key == "." else key, location), location, file)

    def _settled(self) -> bool:
        return self._catalog.get(_RECIPE) == _recipe() and not self._catalog.get(_UNSETTLED)

    def _in_step(self) -> bool:
        """Whether a run has nothing to do if no file has changed."""
        return self._settled() and not self._catalog.unclustered_count() and self._index.in_step()

    def _repeated(self) -> frozenset[str]:
        return frozenset(json.loads(self._catalog.get(_REPEATED) or "[]"))

    def _skipped(self, roots: Sequence[Root], files: frozenset[str]) -> tuple[Skipped, ...]:
        known = self._known(roots)
        return tuple(
            Skipped(sources.short(where), why)
            for key in sorted(files & known.keys())
            for where, why in known[key].skipped
        )

    # Doing

    def _apply(self, roots: Sequence[Root], work: Work) -> IngestReport:
        self._follow_recipe()
        first = todo = self._plan(roots)
        files = first.keys.union(first.removed)
        few = files if len(files) <= _BATCH else None
        before = self._catalog.identities(few)
        noted: dict[Noted, None] = {}
        for _ in range(_PASSES):
            if todo.empty and self._settled():
                break
            changing = [*todo.removed, *(item.key for item in todo.read)]
            counted = self._settled() and len(changing) <= _BATCH
            lines = self._catalog.lines_of(changing) if counted else None
            noted.update(dict.fromkeys(self._take(todo, work)))
            self._settle(None if lines is None else lines | self._catalog.lines_of(changing))
            todo = self._plan(roots)
        self._sync(work)
        report = compare(before, self._catalog.identities(few), files)
        skipped = self._skipped(roots, todo.keys)
        return replace(report, skipped=skipped, others=todo.others, noted=tuple(noted))

    def _sync(self, work: Work) -> None:
        """Cluster the articles that are new, and bring the search stores into step."""
        cluster(self._catalog, work)
        self._index.sync(work)

    def _follow_recipe(self) -> None:
        """Mark everything as stale if other versions of extraction or splitting read it."""
        before = self._catalog.get(_RECIPE)
        if before == _recipe():
            return
        with self._catalog.transaction():
            if before is not None:
                self._catalog.outdate()
                for name in self._catalog.articles_of(ADDED):
                    article = self._catalog.article(name)
                    assert article is not None
                    self._put_added(article)
            self._catalog.put(_RECIPE, _recipe())

    def _take(self, todo: Plan, work: Work) -> list[Noted]:
        """Bring the catalog up to date with the files; return the remarks on their pages."""
        noted = []
        repeated = self._repeated()
        with self._catalog.transaction():
            self._catalog.put(_UNSETTLED, "1")
            for key in todo.removed:
                self._catalog.remove_source(key)
        done, total = 0, len(todo.read)
        for batch in _batches(todo.read):
            results = []
            for item in batch:
                work.at(READING, done, total, articles=total)
                file, pages = opened(item), []
                total += max(len(file.pages), 1) - 1
                for page in file.pages:
                    work.at(READING, done, total, articles=total)
                    if page.remark:
                        noted.append(Noted(sources.short(page.location), page.remark))
                    pages.append(extracted(page, repeated))
                    done += 1
                done += not pages
                results.append((file, pages))
            with self._catalog.transaction():
                for file, pages in results:
                    self._store(file, pages)
        return noted

    def _store(self, opened: Opened, pages: Sequence[Extracted]) -> None:
        """Store what a file gave in place of what it gave before."""
        key, file = opened.found.key, opened.found.file
        held: dict[str, str] = {}
        copies: set[str] = set()
        skipped = list(opened.skipped)
        for page in pages:
            article = page.article
            if isinstance(article, Remark):
                skipped.append(Skipped(page.location, article))
                continue
            known = self._catalog.identity(article.id)
            if known is not None and known.source != key:
                copies.add(article.id)
                skipped.append(Skipped(page.location, _copy_of(article, known.source)))
            elif article.id in held:
                skipped.append(Skipped(page.location, _copy_of(article, held[article.id])))
            else:
                held[article.id] = page.location
                if known is None or known.content_hash != article.content_hash:
                    self._catalog.put_article(article, key, page.cuts)
        for article_id in set(self._catalog.articles_of(key)).difference(held):
            self._catalog.remove_article(article_id)
        self._catalog.put_source(
            StoredSource(
                path=key,
                location=opened.found.location,
                size=file.size,
                mtime_ns=file.mtime_ns,
                skipped=tuple((each.location, each.reason) for each in skipped),
                stale=opened.again,
            ),
            copies=copies,
            lines={pair for page in pages for pair in page.edge},
        )

    def _settle(self, among: frozenset[str] | None) -> None:
        """Mark the files stale in which other lines are repeated now than when they were read.

        `among` are the lines that may be others; None is for all of them.
        """
        with self._catalog.transaction():
            known = self._repeated()
            repeated = self._catalog.repeated_lines(pages=REPEATED_IN, among=among)
            if among is not None:
                repeated |= known - among
            self._catalog.mark_stale(repeated ^ known)
            self._catalog.put(_REPEATED, json.dumps(sorted(repeated), ensure_ascii=False))
            self._catalog.put(_UNSETTLED, "")

    def _put(self, articles: Iterable[Article | Skipped]) -> IngestReport:
        """Store what a program gives, in batches: how long it takes holds up no other writer."""
        before: dict[str, Identity] = {}
        after: dict[str, Identity] = {}
        skipped = []
        given = iter(articles)
        while batch := tuple(islice(given, _BATCH)):
            with self._catalog.transaction():
                for item in batch:
                    if isinstance(item, Skipped):
                        skipped.append(item)
                    elif item.id in after:
                        skipped.append(Skipped(item.id, _copy_of(item, ADDED)))
                    else:
                        after[item.id] = Identity(ADDED, item.content_hash)
                        if known := self._catalog.identity(item.id):
                            before[item.id] = known
                        if known != after[item.id]:
                            self._put_added(item)
        return replace(compare(before, after, frozenset({ADDED})), skipped=tuple(skipped))

    def _put_added(self, article: Article) -> None:
        self._catalog.put_article(article, ADDED, passages.cut(article.id, article.text))


def _shut(item: FoundFile, source: StoredSource | None) -> bool:
    """Return whether a file that could not be opened still cannot be, for the same reason."""
    if source is None or not source.stale or [item.location] != [at for at, _ in source.skipped]:
        return False
    now = opened(item)
    return now.again and [(each.location, each.reason) for each in now.skipped] == [*source.skipped]


def _batches(files: Sequence[FoundFile]) -> Iterator[Sequence[FoundFile]]:
    """Yield files in batches whose contents fit in memory."""
    batch: list[FoundFile] = []
    size = 0
    for item in files:
        if batch and (len(batch) == _BATCH or size + item.file.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.file.size
    if batch:
        yield batch


def _copy_of(article: Article, where: str) -> Remark:
    if where == ADDED:
        return Reason.COPY_OF_ADDED(article=article.id)
    return Reason.COPY(article=article.id, where=where)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks


def _recipe() -> str:
    """Return the versions of extraction and of splitting that a catalog is read with."""
    return f"{extract.HASH_VERSION}/{passages.VERSION}"
