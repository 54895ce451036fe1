"""A bot at one messenger: everything that answers there, put together."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from bot.chat.access import Access, Allowance, Policy
from bot.chat.answering import Answering
from bot.chat.commands import Commands
from bot.chat.delivery import Delivery
from bot.chat.dispatch import Dispatcher
from bot.chat.editing import Editing
from bot.chat.events import ChatEvent
from bot.chat.inbox import Inbox
from bot.chat.intake import Intake
from bot.chat.messenger import Messenger
from bot.chat.presses import Presses
from bot.chat.queue import Queue
from bot.chat.services import Services
from bot.chat.standing import StandingCommands, StandingWatch
from bot.chat.store import Store
from bot.chat.upkeep import Upkeep
from bot.corpus.editors import Editors
from bot.corpus.store import WatchTables
from bot.service.health import Health, Metrics
from bot.service.patience import Patience
from bot.standing.checking import Checking
from bot.standing.store import StandingTables
from rag.errors import GriotError, StorageError
from rag.grounding.change import Changes
from rag.index.tables import Place
from rag.library import Library
from rag.models.judge import Judge

DRAIN = 4.0
"""Seconds that answers in work may take to end."""

TAKING_TURNS = 5.0
"""Seconds between looks whether the worker that does what only one should do has ended."""

_log = logging.getLogger(__name__)


class ChatBot:
    """Answers what comes from a messenger, over a library.

    Args:
        messenger: Where it answers.
        library: What it answers from.
        place: Where the bot keeps what it must not forget, beside the index.
        account: The bot's own id, by which its events and messages are kept.
        policy: Who may do what.
        metrics: Counts what happens.
        judge: Tells whether an answer that somebody watches has changed.
        editors: Changes the collection; by default from the library.
        watches: Whether it keeps the sources of the corpus current itself.
    """

    def __init__(  # noqa: PLR0913 - what a bot is made of
        self,
        messenger: Messenger,
        library: Library,
        *,
        place: Place,
        account: str,
        policy: Policy,
        judge: Judge,
        metrics: Metrics | None = None,
        editors: Editors | None = None,
        watches: bool = False,
    ) -> None:
        health, store = Health(), Store(place, bot=account)
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
        self.watched = WatchTables(place)
        editing = Editing(services, self.inbox, self.watched, watches)
        intake = Intake(services, self.inbox, self._queue)
        self.standing, woken = StandingTables(place, bot=account), asyncio.Event()
        self._told = StandingWatch(
            services,
            Checking(library, self.standing, Changes(judge)),
            self._upkeep.started,
            woken,
        )
        standing = StandingCommands(services, intake, self.standing, woken)
        presses = Presses(services, Allowance(policy), intake, editing, standing)
        self._dispatcher = Dispatcher(services, commands, editing, standing, intake, presses)

    @property
    def started(self) -> asyncio.Event:
        """Set once the index was brought up to date for the first time."""
        return self._upkeep.started

    def wake(self) -> None:
        """Look at once for what standing questions and digests are to be told."""
        self._told.woken.set()

    async def run(
        self, *parts: Coroutine[None, None, None], warm: Callable[[], object] = object
    ) -> None:
        """Listen, keep the index up to date, and tell what is new, until cancelled.

        One of the parts hands on what comes. `warm` is called when all models are loaded.

        Raises:
            StoreGone: the folder of the index was deleted.
            Exception: Whatever else ended a part that should not end.
        """
        try:
            async with asyncio.TaskGroup() as group:
                own = (self._upkeep.keep_fresh(warm), self._upkeep.watch_place(), self._tell())
                for part in (*own, self.inbox.share(), *parts):
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
        self.watched.close()
        self.standing.close()
        self.services.store.close()

    async def _tell(self) -> None:
        """Send the news of standing questions and the digests, once no other worker does."""
        while True:
            if await self.services.patiently(self.services.store.lead):
                await self._told.run()
            await asyncio.sleep(TAKING_TURNS)

    async def _handle(self, event: ChatEvent) -> None:
        await self._dispatcher.handle(event)
