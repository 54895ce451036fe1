"""A bot at one messenger: everything that answers there, put together."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path

from bot.chat.access import Access, Allowance, Policy
from bot.chat.answering import Answering
from bot.chat.commands import Commands
from bot.chat.delivery import Delivery
from bot.chat.dispatch import Dispatcher
from bot.chat.editing import Editing
from bot.chat.editors import Editors
from bot.chat.events import ChatEvent
from bot.chat.health import Health, Metrics
from bot.chat.inbox import Inbox
from bot.chat.intake import Intake
from bot.chat.messenger import Messenger
from bot.chat.patience import Patience
from bot.chat.presses import Presses
from bot.chat.queue import Queue
from bot.chat.services import Services
from bot.chat.store import Store
from bot.chat.upkeep import Upkeep
from rag.errors import GriotError, StorageError
from rag.index.sqlite_catalog import FILE
from rag.library import Library

DRAIN = 4.0
"""Seconds that answers in work may take to end."""

_log = logging.getLogger(__name__)


class ChatBot:
    """Answers what comes from a messenger, over a library.

    Args:
        messenger: Where it answers.
        library: What it answers from.
        home: The folder of the index, where the bot keeps what it must not forget.
        account: The bot's own id, by which its events and messages are kept.
        policy: Who may do what.
        metrics: Counts what happens.
        editors: Changes the collection; by default from the library.
    """

    def __init__(  # noqa: PLR0913 - what a bot is made of
        self,
        messenger: Messenger,
        library: Library,
        *,
        home: Path,
        account: str,
        policy: Policy,
        metrics: Metrics | None = None,
        editors: Editors | None = None,
    ) -> None:
        health, store = Health(), Store(home / FILE, bot=account)
        self.services = services = Services(
            library=library,
            editors=editors or Editors(library),
            store=store,
            messenger=messenger,
            delivery=Delivery(messenger),
            policy=policy,
            access=Access(policy, store),
            health=health,
            metrics=metrics or Metrics(),
            patiently=Patience(health),
        )
        self._upkeep = Upkeep(services)
        self.inbox = Inbox(services, self._handle)
        self._queue = Queue(
            Answering(services, self.inbox, self._upkeep.ready, self._upkeep.examples).work
        )
        services.metrics.queued.set_function(lambda: self._queue.waiting)
        services.metrics.working.set_function(lambda: self._queue.working)
        commands = Commands(services, self._queue, self._upkeep.examples)
        editing, intake = Editing(services, self.inbox), Intake(services, self.inbox, self._queue)
        presses = Presses(services, Allowance(policy), intake, editing)
        self._dispatcher = Dispatcher(services, commands, editing, intake, presses)

    @property
    def started(self) -> asyncio.Event:
        """Set once the index was brought up to date for the first time."""
        return self._upkeep.started

    async def run(
        self, *parts: Coroutine[None, None, None], warm: Callable[[], object] = object
    ) -> None:
        """Listen to the messenger, and keep the index up to date, until cancelled.

        One of the parts hands on what comes. `warm` is called when all models are loaded.

        Raises:
            StoreGone: the folder of the index was deleted.
            Exception: Whatever else ended a part that should not end.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._upkeep.keep_fresh(warm), self._upkeep.watch_place(), *parts):
                    group.create_task(part)
        except BaseExceptionGroup as ended:
            error = ended.exceptions[0]
            if not isinstance(error, GriotError):
                _log.critical("a part of the bot ended, and so the bot ends", exc_info=error)
            raise error from None

    async def end(self, patience: float = 1.0) -> None:
        """Take nothing more, wait for the answers in work, and leave the rest pending."""
        await self.inbox.end(patience)
        await self._queue.drain(patience * DRAIN)
        try:
            async with asyncio.timeout(0.5):
                await asyncio.to_thread(self.services.store.spare)
        except (TimeoutError, StorageError) as error:
            _log.debug("%s", error)

    def close(self) -> None:
        """Release the index folder."""
        self.services.store.close()

    async def _handle(self, event: ChatEvent) -> None:
        await self._dispatcher.handle(event)
