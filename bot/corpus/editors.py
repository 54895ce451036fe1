"""Changes to the corpus: articles in by address or file, out by name.

What is added lies in a folder of the corpus, as any article does; what is removed is moved beside
the index, and nothing is deleted.
"""

import asyncio
import hashlib
import json
import os
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import unique
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import urlsplit

from bot.corpus.sources import (
    Source,
    listing,
    source_of,
    sources,
    with_line,
    without_line,
)
from bot.progress import LoggedProgress
from rag.errors import (
    ArticleNotFound,
    CorpusError,
    GriotError,
    IndexLocked,
    SourceError,
    Stopped,
    StorageFull,
)
from rag.index.ingest import IngestReport
from rag.pages import extract, web
from rag.pages.entries import Listing
from rag.pages.formats import EVERY_KIND, SUFFIXES, suffix_of
from rag.pages.links import is_address, without_credentials
from rag.pages.listings import SentFile, find, listed, page_or_reason
from rag.pages.sources import LIST
from rag.pages.visits import Visitor
from rag.reasons import Reason, Remark, Wording
from rag.types import Article, Noted, RawPage, Skipped

if TYPE_CHECKING:
    from rag.index.progress import Progress
    from rag.library import Library

ADDED, REMOVED = "added", "removed"
"""The folders, in the corpus and beside the index, of what was added and what was removed."""

LIMIT = 120
"""Seconds that indexing what an editor adds may take."""

SLUG, NAME = 60, 150  # the longest, in characters and in bytes
SHORT_HASH = 8

BATCH = 20
"""Pages of a feed or a sitemap that are indexed at once."""

PAGES = "pages"

MOST = 50
"""Pages of one that an editor's message brings in."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


@unique
class Rejection(Wording):
    """Why editors' work is not done, beside the library's own reasons."""

    FILE = "{name}: {reason}"
    HOLDS_NO_ARTICLE = "{name} holds no article"
    OF_NO_KIND = "{name} is not a {kinds} file; save it as one of these"
    PAGE = "{link}: {reason}; send the article as a file"
    FRONT_PAGE = "the front page of a site, not an article"
    OUTSIDE = (
        "{article} comes from {file}, outside of {corpus}; delete that file and run: {griot} index "
        "{file}"
    )
    SHARED = (
        "{article} comes from {file}, which holds {n} articles; take it out of that file, then "
        "/reindex"
    )
    ELSEWHERE = "{article} is in {file} as well; remove it once more"
    FAR_FOLDER = (
        "{folder} is no folder beside that of the articles; put it into sources.txt on the server, "
        "or begin an address with https://"
    )
    SLOW = (
        "indexing it takes more than {seconds} s, so it is not added; send it in parts, or have it "
        "put into the folder of articles"
    )
    UNWRITABLE_FOLDER = "cannot write {path} ({error}); check its permissions and the disk"


class Editors:
    """Changes a library's corpus, and brings the index up to date with it; one change at a time.

    Everything raises `GriotError`, after which the corpus is as it was before; but a file that was
    removed stays so where its article turns out to have another one.
    """

    def __init__(
        self,
        library: "Library",
        *,
        visitor: Visitor | None = None,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._library = library
        self.visitor = visitor or Visitor(web.get)
        self._most = most
        self._clock = clock
        self._turn = asyncio.Lock()

    async def add_link(self, url: str, *, progress: "Progress | None" = None) -> IngestReport:
        """Add the articles at an address, or those that a feed, a sitemap or a site lists there.

        They take the place of what was added from their addresses before.
        """
        found = await find(url, self.visitor.get)
        if isinstance(found, Listing):
            return await self._add_listed(found, progress or LoggedProgress())
        if isinstance(found, SentFile):
            name = _link_name(found.url, found.suffix)
            return await self._in_turn(self._put, name, found.content, progress=progress)
        try:
            record = await asyncio.to_thread(recorded, found)
        except SourceError as error:
            raise SourceError(Rejection.PAGE(link=found.location, reason=error.remark)) from error
        report = await self._in_turn(self._put, record.name, record.content)
        return report + IngestReport(noted=_noted(found))

    async def _add_listed(self, listing: Listing, progress: "Progress") -> IngestReport:
        entries, report = listing.entries[: self._most], IngestReport()
        for start in range(0, len(entries), BATCH):
            found: list[RawPage | Skipped] = []
            for number, entry in enumerate(entries[start : start + BATCH], start):
                progress(number, len(entries), PAGES)
                found.append(await page_or_reason(entry, self.visitor.get_found))
            report += await self.add_pages(found)
        left = listing.cut + len(listing.entries) - len(entries)
        more = (Skipped(listing.location, Reason.MORE_LISTED(n=left)),) if left else ()
        return report + IngestReport(skipped=more)

    async def add_pages(self, pages: Sequence[RawPage | Skipped]) -> IngestReport:
        """Add the articles of pages, in place of what was added from their addresses before.

        What is no article is reported as skipped. An article that another file of the corpus
        holds is left as it is there.
        """
        return await self._in_turn(self._put_all, pages)

    async def add_paths(self, paths: Sequence[Path]) -> IngestReport:
        """Bring the index up to date with files and folders of the corpus."""
        ingest = partial(self._library.ingest, under=self._library.corpus)
        return await self._in_turn(ingest, paths, progress=LoggedProgress())

    async def add_file(
        self, name: str, content: bytes, *, progress: "Progress | None" = None
    ) -> IngestReport:
        """Add a file's articles, in place of a file of that name that was added before.

        Whoever is shown the progress waits longer than `LIMIT`.
        """
        return await self._in_turn(self._put, safe_name(name), content, progress=progress)

    async def remove(self, name: str) -> Article:
        """Remove the article whose id has that part, with its file, which is kept elsewhere."""
        return await self._in_turn(self._remove, name)

    async def reindex(self) -> IngestReport:
        """Bring the index up to date with the corpus."""
        return await self._in_turn(self._library.refresh, progress=LoggedProgress())

    # What is kept current

    def followed(self) -> tuple[Source, ...]:
        """Return the corpus folder and the sources on its list."""
        return sources(self._library.corpus)

    async def follow(self, name: str) -> Source | None:
        """Put a feed, a site or a folder on the list of sources; return None if it is there.

        An address is fetched, as any is, and has to list articles. A folder has to lie beside the
        corpus folder, lest a message make others of the server's files public.
        """
        if is_address(name):
            address = without_credentials(name).partition("#")[0]
            await listed(address, self.visitor.get)
            return await self._in_turn(self._put_on_list, Source(address))
        return await self._in_turn(self._put_on_list, self._folder(name))

    async def unfollow(self, name: str) -> Source | None:
        """Take the source whose name has that part off the list; None if there is not just one.

        Its articles stay.
        """
        return await self._in_turn(self._take_off_list, name)

    def _put_on_list(self, source: Source) -> Source | None:
        if source in self.followed():
            return None
        text = with_line(listing(self._library.corpus), source.name)
        _write(self._library.corpus / LIST, text.encode())
        return source

    def _take_off_list(self, name: str) -> Source | None:
        others = self.followed()[1:]
        found = [each for each in others if each.name == name] or [
            each for each in others if name.casefold() in each.name.casefold()
        ]
        if len(found) != 1:
            return None
        text = without_line(listing(self._library.corpus), found[0].name)
        _write(self._library.corpus / LIST, text.encode())
        return found[0]

    def _folder(self, name: str) -> Source:
        """Return a folder by its path as seen from the corpus folder, in which all is followed.

        Raises:
            SourceError: it does not lie beside the corpus folder, or is hidden, or the index's.
        """
        corpus, home = self._library.corpus.resolve(), self._library.home.resolve()
        refused = SourceError(Rejection.FAR_FOLDER(folder=name))
        try:
            folder = (corpus / name).resolve()
            parts = folder.relative_to(corpus.parent).parts
        except (OSError, ValueError) as error:
            raise refused from error
        if folder.is_dir() and folder.is_relative_to(corpus):
            return self.followed()[0]
        apart = not (home.is_relative_to(folder) or folder.is_relative_to(home))
        plain = all(each.isprintable() and "#" not in each and each[0] != "." for each in parts)
        if not (parts and apart and plain and folder.is_dir()):
            raise refused
        return source_of(Path(os.path.relpath(folder, corpus)).as_posix(), self._library.corpus)

    async def _in_turn(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)

    # In

    def _put(
        self, name: str, content: bytes, *, progress: "Progress | None" = None
    ) -> IngestReport:
        """Index a file before it is put into the corpus, so that it is never there unindexed."""
        place = self._library.corpus / ADDED / name
        hidden = place.with_name(f".{name}")
        try:
            with _for_person(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                hidden.write_bytes(content)
            report = self._ingest(place, content=hidden, progress=progress or self._limit())
            if not report.indexed:
                raise SourceError(_nothing_in(name, report))
            with _for_person(place):
                hidden.replace(place)
        except IndexLocked:
            raise
        except GriotError:
            with suppress(GriotError):  # then the next change brings the index up to date
                self._ingest(place)
            raise
        finally:
            with _for_person(place):
                hidden.unlink(missing_ok=True)
        return report

    def _put_all(self, pages: Sequence[RawPage | Skipped]) -> IngestReport:
        """Put records into the corpus, then index them.

        What cannot be indexed this time is indexed by the next run.
        """
        places, skipped, elsewhere = [], [], 0
        noted: list[Noted] = []
        for page in pages:
            try:
                found = page if isinstance(page, Skipped) else recorded(page)
            except SourceError as error:
                found = Skipped(page.location, error.remark)
            if isinstance(found, Skipped):
                skipped.append(found)
                continue
            place = self._library.corpus / ADDED / found.name
            if self._is_elsewhere(found.url, place):
                elsewhere += 1
            else:
                _write(place, found.content)
                places.append(place)
                noted += _noted(page)
        report = IngestReport(unchanged=elsewhere, skipped=tuple(skipped), noted=tuple(noted))
        if places:
            report += self._library.ingest(places, under=self._library.corpus)
        return report

    def _is_elsewhere(self, article_id: str, place: Path) -> bool:
        """Return whether another source than the file at a place holds an article."""
        with suppress(ArticleNotFound):
            return self._library.origin(article_id).file != place
        return False

    def _limit(self) -> "Progress":
        """Return what stops an indexing that takes longer than an editor is to wait."""
        last = self._clock() + LIMIT

        def check(done: int, total: int, what: str) -> None:  # noqa: ARG001 - as `Progress` is called
            if self._clock() > last:
                raise Stopped(Rejection.SLOW(seconds=LIMIT))

        return check

    def _ingest(
        self, path: Path, *, content: Path | None = None, progress: "Progress | None" = None
    ) -> IngestReport:
        return self._library.ingest(
            [path], under=self._library.corpus, content=content, progress=progress
        )

    # Out

    def _remove(self, name: str) -> Article:
        article, corpus = self._library.article(name), self._library.corpus
        origin = self._library.origin(article.id)
        if (file := origin.file) is None:
            self._library.remove([article.id])
            if corpus.is_dir():
                self._ingest(corpus)
        elif not file.parent.resolve().is_relative_to(corpus.resolve()):
            raise CorpusError(
                Rejection.OUTSIDE(article=article.id, file=str(file), corpus=str(corpus))
            )
        elif (held := len(origin.articles)) > 1:
            raise CorpusError(Rejection.SHARED(article=article.id, file=file.name, n=held))
        else:
            self._remove_file(file)
        with suppress(ArticleNotFound):
            other = self._library.origin(article.id).file
            raise CorpusError(Rejection.ELSEWHERE(article=article.id, file=str(other)))
        return article

    def _remove_file(self, file: Path) -> None:
        """Move a file out of the corpus, and back again where the index does not follow."""
        kept = None
        if os.path.lexists(file):
            places = _numbered(self._library.home / REMOVED, file)
            kept = next(path for path in places if not os.path.lexists(path))
            _move(file, kept)
        try:
            self._ingest(self._library.corpus)
        except GriotError:
            if kept is not None:
                _move(kept, file)
            raise


@dataclass(frozen=True, slots=True)
class Record:
    """The file that an article from an address is kept in: its name and its content."""

    url: str
    name: str
    content: bytes


def recorded(page: RawPage) -> Record:
    """Return the record of a page's article.

    Raises:
        SourceError: it holds no article's text, or is the front page of a site.
    """
    found = extract.extract(page)
    url = _address(found.url, page.location)
    record = extract.record_of(replace(found, url=url))
    said = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    return Record(url, _link_name(url), said.encode())


def _noted(page: RawPage | Skipped) -> tuple[Noted, ...]:
    """Return the remark on how a page was read, which its record does not keep."""
    remark = page.remark if isinstance(page, RawPage) else None
    return (Noted(page.location, remark),) if remark else ()


def _address(own: str | None, location: str) -> str:
    """Return the canonical address that a page claims, unless it is another site's."""
    if own and _same_site(own, location):
        return own
    canonical = extract.canonical_url(location)
    if canonical is None or urlsplit(canonical).path + urlsplit(canonical).query == "/":
        raise SourceError(Rejection.FRONT_PAGE())
    return canonical


def _same_site(one: str, other: str) -> bool:
    hosts = [f".{(urlsplit(url).hostname or '').removeprefix('www.')}" for url in (one, other)]
    return hosts[0].endswith(hosts[1]) or hosts[1].endswith(hosts[0])


def _link_name(url: str, suffix: str = ".json") -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    words = [word for word in re.split(r"[\W_]+", Path(parts.path).stem.lower()) if word]
    digest = hashlib.sha256(url.encode()).hexdigest()[:SHORT_HASH]
    slug = "-".join(words)[:SLUG].rstrip("-")
    return safe_name("-".join(part for part in (host, slug, digest) if part) + suffix)


def safe_name(name: str) -> str:
    """Return a file's name without folders, leading dots, or what is no letter, digit or "-_.".

    Raises:
        SourceError: it is no kind of file that articles are read from.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    suffix = suffix_of(last)
    if suffix not in SUFFIXES:
        raise SourceError(Rejection.OF_NO_KIND(name=name, kinds=EVERY_KIND))
    stem = re.sub(r"[^\w.-]+", "-", last[: -len(suffix)]).strip("-.")
    stem = stem.encode()[:NAME].decode(errors="ignore").rstrip("-.")
    return (stem or "article") + suffix


def _nothing_in(name: str, report: IngestReport) -> Remark:
    if not report.skipped:
        return Rejection.HOLDS_NO_ARTICLE(name=name)
    said, more = Rejection.FILE(name=name, reason=report.skipped[0].reason), len(report.skipped) - 1
    return Reason.AND_MORE(reason=said, n=more) if more else said


def _numbered(folder: Path, file: Path) -> Iterator[Path]:
    yield folder / file.name
    for number in count(2):
        yield folder / f"{file.stem}-{number}{file.suffix}"


def _write(place: Path, content: bytes) -> None:
    """Write a file, whole or not at all, unless it holds just that."""
    hidden = place.with_name(f".{place.name}")
    with _for_person(place):
        if place.exists() and place.read_bytes() == content:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        hidden.write_bytes(content)
        hidden.replace(place)


def _move(file: Path, place: Path) -> None:
    """Move a file, to another disk if need be."""
    with _for_person(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, place)


@contextmanager
def _for_person(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise StorageFull(Rejection.UNWRITABLE_FOLDER(path=str(path), error=said)) from error
