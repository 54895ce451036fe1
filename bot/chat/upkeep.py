"""Background work: keep the index up to date, and watch its folder."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from bot.chat.examples import examples
from bot.chat.services import Services
from bot.chat.store import StoreGone
from rag.errors import CorpusError, EngineGone, GriotError, IndexLocked, StorageFull
from rag.index.ingest import IngestReport

REFRESH = 60.0
"""Seconds between looks at the folder of articles."""

LOOK = 5.0
"""Seconds between looks whether the folder of the index is still there."""

INDEX = "index"

NAMED = 5
"""Skipped files that the log names."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Brings the index up to date with the folder of articles, and finds questions to try.

    `ready` is set when there is an index to answer from, `started` when it was brought up to date
    for the first time and the examples were found, whose numbers are in `examples`.
    """

    services: Services
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    examples: list[int] = field(default_factory=list)

    async def keep_fresh(self, warm: Callable[[], object]) -> NoReturn:
        """Bring the index up to date, at once and now and then; call `warm` after the first time.

        What ends the first look at the folder is raised; it would keep every question from its
        answer.
        """
        if await asyncio.to_thread(lambda: self.services.library.is_searchable):
            self.ready.set()
        _log.info("bringing the index up to date")
        while True:
            try:
                changed = await self._refresh()
                if self.ready.is_set() and (changed or not self.started.is_set()):
                    await self._find_examples()
                    if not self.started.is_set():
                        warm()
                        self.started.set()
                        _log.info("the models are loaded")
            except GriotError as error:
                if not self.started.is_set():
                    raise
                _log.warning("%s", error)
            await asyncio.sleep(REFRESH)

    async def watch_place(self) -> NoReturn:
        """Check now and then that the folder of the index is still there.

        SQLite would go on writing to a file that nobody can find any more.

        Raises:
            StoreGone: it is not.
        """
        while True:
            await asyncio.sleep(LOOK)
            try:
                await asyncio.to_thread(self.services.store.check_place)
            except StoreGone as error:
                self.services.health.ill(INDEX, str(error))
                raise

    async def _refresh(self) -> bool:
        """Bring the index up to date; return whether that changed it."""
        try:
            report = await self.services.editors.reindex()
        except (EngineGone, IndexLocked) as error:
            # With an index of before, questions are answered meanwhile.
            if self.ready.is_set():
                _log.warning("%s", error)
            else:
                self.services.health.ill(INDEX, f"{error} (questions wait until there is an index)")
            return False
        except StorageFull as error:
            self.services.health.ill(INDEX, str(error))
            return False
        except CorpusError as error:
            _log.warning("%s", error)
            report = IngestReport()
        self.services.health.well(INDEX)
        self.ready.set()
        changes = (report.new, report.changed, report.removed)
        if any(changes) or not self.started.is_set():
            _log.info(
                "the index is up to date: %d articles new, %d changed, %d removed",
                *map(len, changes),
            )
            for skipped in report.skipped[:NAMED]:
                _log.warning("skipped %s: %s", skipped.location, skipped.reason)
        return any(changes)

    async def _find_examples(self) -> None:
        """Find questions to try that the articles answer; the models are loaded by that, too."""
        self.examples[:] = [
            await self.services.patiently(self.services.store.number_of, question)
            for question in await examples(self.services.library)
        ]
