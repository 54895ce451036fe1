"""Keeps the sources of a corpus current: each in a task of its own, so that none stops another."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, Protocol

from bot.corpus.editors import Editors
from bot.corpus.sources import Source
from bot.corpus.store import Pending, SourceState, WatchTables
from rag.errors import GriotError, Refused, SourceError
from rag.index.ingest import IngestReport
from rag.pages.extract import extract
from rag.pages.formats import MEDIA_TYPES, SUFFIXES
from rag.pages.listings import held_page, listed, page_of
from rag.pages.sources import LIST
from rag.pages.visits import Visitor
from rag.pages.web import Fetched
from rag.reasons import Reason
from rag.types import RawPage, Skipped

EVERY = 15 * 60.0
"""Seconds between two looks at a source."""

LONGEST = 6 * 3600.0
"""The longest wait after failures, in seconds."""

EVERY_FOLDER = 60.0
"""Seconds between two looks at a folder that reports no changes."""

AGAIN = 60.0
"""Seconds until the first retry of an entry."""

TRIES = 6
"""How often the page of an entry is tried before the feed's own text is taken."""

LOOK = 10.0
"""Seconds between two looks at the list of sources."""

BATCH = 20
"""Pages that are indexed at once."""

_OK, _GONE = 200, 410
_PASSING = {Reason.TOO_SLOW, Reason.UNREACHABLE, Reason.UNKNOWN_HOST, Reason.EMPTY_PAGE}

_log = logging.getLogger(__name__)

Changes = Callable[[Path], AsyncIterator[Collection[Path]]]
"""Yields what has changed under a folder, or nothing where anything may have.

Raises `OSError` if the folder is gone."""


class Reporter(Protocol):
    """Reports to a person how sources are doing."""

    def brought(self, source: Source, report: IngestReport) -> None:
        """Report what a source brought, which may be nothing."""

    def failed(self, name: str, error: GriotError) -> None:
        """Report that something could not be read, and is tried again."""


def after_success(state: SourceState, now: float, *, every: float = EVERY) -> SourceState:
    """Return the state of a source after a success; it is due again after so many seconds."""
    return replace(state, succeeded=now, due=now + every, failures=0, error=None)


def after_failure(
    state: SourceState, error: GriotError, now: float, *, first: float = EVERY
) -> SourceState:
    """Return the state of a source after a failure; one that is gone is not read again.

    `first` is the wait after the first failure.
    """
    failures = state.failures + 1
    wait = backoff(first, failures)
    due: float | None = now + wait
    if isinstance(error, Refused):
        due = None if error.status == _GONE else now + max(wait, error.wait)
    return replace(state, due=due, failures=failures, error=error.remark)


def backoff(first: float, failures: int) -> float:
    """Return the wait after so many failures in a row: doubled each time, up to `LONGEST`."""
    return min(first * 2.0 ** min(failures - 1, 30), LONGEST)


def passes(error: SourceError) -> bool:
    """Return whether a page that could not be read may be readable later."""
    return error.passes if isinstance(error, Refused) else error.remark.kind in _PASSING


async def changes(folder: Path) -> AsyncIterator[Collection[Path]]:
    """See `Changes`; also yields once a minute, for folders that report no changes."""
    from watchfiles import awatch

    quiet = logging.getLogger("watchfiles")
    quiet.setLevel(logging.WARNING)
    async for found in awatch(
        folder,
        debounce=400,
        step=100,
        rust_timeout=round(1000 * EVERY_FOLDER),
        yield_on_timeout=True,
    ):
        yield [Path(path) for _, path in found]


def landed(folder: Path, changed: Collection[Path]) -> list[Path]:
    """Return the changed files of a folder; none if the whole folder has to be read instead.

    That is so if more than a few files have changed, or something else: a file was deleted, a
    folder, or a hidden name.
    """
    files = sorted(path for path in changed if _holds_articles(path, folder))
    return files if len(files) == len(changed) <= BATCH else []


def _holds_articles(path: Path, folder: Path) -> bool:
    if not path.is_relative_to(folder) or path.name == LIST:
        return False
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


@dataclass(frozen=True, slots=True)
class Watch:
    """Follows the sources that `sources` lists, until cancelled. Time is passed in."""

    sources: Callable[[], tuple[Source, ...]]
    writer: Editors
    store: WatchTables
    visitor: Visitor
    reporter: Reporter
    changes: Changes = changes
    clock: Callable[[], float] = time.time

    async def run(self) -> NoReturn:
        """Follow every source on the list, which is read again every `LOOK` seconds."""
        tasks: dict[Source, asyncio.Task[None]] = {}
        try:
            while True:
                try:
                    await self._follow_listed(tasks)
                except GriotError as error:
                    self.reporter.failed(LIST, error)
                await asyncio.sleep(LOOK)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _follow_listed(self, tasks: dict[Source, asyncio.Task[None]]) -> None:
        """Start to follow new sources; stop and forget those that were taken off the list."""
        listed = await asyncio.to_thread(self.sources)
        for source in tasks.keys() - set(listed):
            tasks.pop(source).cancel()
        for source in listed:
            if source not in tasks:
                tasks[source] = asyncio.create_task(self._follow(source))
        names = {source.name for source in listed}
        for name in await asyncio.to_thread(self.store.states):
            if name not in names:
                await asyncio.to_thread(self.store.forget, name)

    async def _follow(self, source: Source) -> None:
        """Read a source again and again, whatever fails."""
        while True:
            try:
                if source.folder is None:
                    await self._read(source)
                else:
                    await self._watch(source, source.folder)
            except GriotError as error:
                await self._failed(source, error)
            except Exception as error:  # noqa: BLE001 - others go on, whatever it was
                await self._failed(source, _bug(source.name, error))

    async def _failed(self, source: Source, error: GriotError) -> None:
        """Record a failure, and wait for the next try."""
        try:
            first = EVERY if source.folder is None else AGAIN
            state = after_failure(await self._state(source), error, self.clock(), first=first)
            await asyncio.to_thread(self.store.put_state, state)
        except GriotError as other:
            self.reporter.failed(source.name, other)
            await asyncio.sleep(AGAIN)
        else:
            self.reporter.failed(source.name, error)
            await (asyncio.sleep(AGAIN) if source.folder is None else self._until(state.due))

    async def _state(self, source: Source) -> SourceState:
        states = await asyncio.to_thread(self.store.states)
        return states.get(source.name, SourceState(name=source.name))

    async def _until(self, due: float | None) -> None:
        if due is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(max(0.0, due - self.clock()))

    # Folders

    async def _watch(self, source: Source, folder: Path) -> None:
        await self._take_folder(source, folder, ())
        try:
            async for changed in self.changes(folder):
                await self._take_folder(source, folder, changed)
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            raise GriotError(f"{source.name} cannot be watched: {said}") from error

    async def _take_folder(self, source: Source, folder: Path, changed: Collection[Path]) -> None:
        """Index the files that have changed in a folder, or all of it."""
        files = await asyncio.to_thread(landed, folder, changed)
        report = await self.writer.add_paths(files or [folder])
        self.reporter.brought(source, report)
        state = after_success(await self._state(source), self.clock(), every=EVERY_FOLDER)
        more = state.articles + len(report.new) - len(report.removed)
        found = replace(state, articles=more if files else report.indexed)
        await asyncio.to_thread(self.store.put_state, found)

    # Feeds and sites

    async def _read(self, source: Source) -> None:
        """Wait until a source, or one of its entries, is due, and read what is due."""
        state = await self._state(source)
        page_due = await asyncio.to_thread(self.store.next_due, source.name)
        dues = [due for due in (state.due, page_due) if due is not None]
        await self._until(min(dues, default=None))
        if state.due is not None and state.due <= self.clock():
            await self._look(source, state)
        await self._take_pages(source)

    async def _look(self, source: Source, state: SourceState) -> None:
        """Store the entries that a source lists in one transaction with its state."""
        known = await asyncio.to_thread(self.store.validators, source.name)
        fresh: dict[str, dict[str, str]] = {}

        async def get(
            url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
        ) -> Fetched:
            asked = {**(headers or {}), **known.get(url, {})}
            fetched = await self.visitor.get(url, types=types, headers=asked)
            if fetched.status == _OK and fetched.media_type not in MEDIA_TYPES:
                fresh[url] = validators(fetched)
            return fetched

        listing = await listed(source.name, get)
        read = after_success(state, self.clock())

        def keep() -> None:
            with self.store.transaction():
                self.store.put_listed(source.name, listing, fresh)
                self.store.put_state(read)

        await asyncio.to_thread(keep)

    async def _take_pages(self, source: Source) -> None:
        now = self.clock()
        while due := await asyncio.to_thread(self.store.pending, source.name, now, BATCH):
            await self._take(source, due)

    async def _take(self, source: Source, due: tuple[Pending, ...]) -> None:
        """Index the pages of entries; settle those that are indexed or can never be read."""
        found: dict[str, RawPage | Skipped] = {}
        for pending in due:
            page = await self._page(pending)
            if page is None:
                tries = pending.tries + 1
                await self._postpone(pending.address, tries, backoff(AGAIN, tries))
            else:
                found[pending.address] = page
        if not found:
            return
        try:
            report = await self.writer.add_pages([*found.values()])
        except GriotError:
            for pending in due:
                await self._postpone(pending.address, pending.tries, AGAIN)
            raise
        self.reporter.brought(source, report)
        await asyncio.to_thread(self._settle, source, found)

    async def _postpone(self, address: str, tries: int, wait: float) -> None:
        due = self.clock() + wait
        await asyncio.to_thread(self.store.postpone, address, tries=tries, due=due)

    async def _page(self, pending: Pending) -> RawPage | Skipped | None:
        """Return the page of an entry, or why there is none; None if it is to be tried later."""
        try:
            return await page_of(pending.entry, self.visitor.get_found)
        except SourceError as error:
            if passes(error) and pending.tries + 1 < TRIES:
                return None
            return await held_page(pending.entry) or Skipped(pending.entry.link, error.remark)
        except Exception as error:  # noqa: BLE001 - the other entries go on, whatever it was
            return Skipped(pending.entry.link, _bug(pending.entry.link, error).remark)

    def _settle(self, source: Source, found: Mapping[str, RawPage | Skipped]) -> None:
        with self.store.transaction():
            for address, page in found.items():
                kept = isinstance(page, RawPage)
                day = extract(page).published if isinstance(page, RawPage) else None
                published = day.isoformat() if day else ""
                self.store.settle(address, kept=kept, published=published)
            articles, newest = self.store.articles(source.name)
            state = self.store.states()[source.name]
            self.store.put_state(replace(state, articles=articles, newest=newest))


class Logged:
    """Reports to the log; see `Reporter`."""

    def brought(self, source: Source, report: IngestReport) -> None:
        """Log the counts of what changed."""
        changes = (report.new, report.changed, report.removed)
        if any(changes):
            counts = map(len, changes)
            _log.info("%s: %d articles new, %d changed, %d removed", source.name, *counts)

    def failed(self, name: str, error: GriotError) -> None:
        """Log the error."""
        _log.warning("%s: %s", name, error)


def _bug(name: str, error: Exception) -> GriotError:
    """Return a bug as an error; its traceback is logged at DEBUG alone."""
    _log.debug("%s", name, exc_info=error)
    return GriotError(f"a bug, {type(error).__name__}; report it")


def validators(fetched: Fetched) -> dict[str, str]:
    """Return the headers that ask whether something has changed since it was fetched."""
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {asks: fetched.headers[says] for asks, says in pairs if says in fetched.headers}
