"""Incoming events: each is stored before it is confirmed to the messenger, and handled once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from weakref import WeakValueDictionary

from bot.chat.events import ChatEvent
from bot.chat.services import Services

AT_ONCE = 256
"""The most events that are handled concurrently."""

LOOK = 0.2
"""Seconds between two checks for events that other processes left to this one."""

_log = logging.getLogger(__name__)


class Inbox:
    """Handles the events of a chat in order, and chats concurrently.

    If the messenger cannot read an event, only its id is logged: the error's message may quote it.
    """

    def __init__(self, services: Services, handle: Callable[[ChatEvent], Awaitable[None]]) -> None:
        self._store = services.store
        self._patiently = services.patiently
        self._metrics = services.metrics
        self._read = services.messenger.read
        self._handle = handle
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[str] = set()
        self._turns: dict[str, AsyncExitStack] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._ended = False

    async def take(self, event: str, body: str, *, patiently: bool) -> None:
        """Store an event, given its id and its body, and begin to handle it.

        Raises:
            StorageError: it cannot be stored, and waiting would not help, or is not wanted.
            StoreGone: the folder of the index is gone.
        """
        read = self._readable(event, body)
        if read is None:
            return
        keep = self._patiently if patiently else asyncio.to_thread
        if await keep(self._store.take, event, body, read.chat):
            self._put(read)

    async def restore(self) -> None:
        """Handle the events that were pending when the last process ended."""
        pending = await self._patiently(self._store.pending)
        await self._put_kept(pending)
        if pending:
            _log.info("%d updates were left pending", len(pending))

    async def share(self) -> None:
        """Handle events that other processes leave to this one, until cancelled."""
        while self._store.is_shared and not self._ended:
            await self._put_kept(await self._patiently(self._store.claim))
            await asyncio.sleep(LOOK)

    def hold(self, event: str) -> None:
        """Keep an event unsettled until it is released, though its handler ends."""
        self._held.add(event)

    async def release(self, event: str) -> None:
        """Settle an event that was held."""
        self._held.discard(event)
        await self._patiently(self._store.settle, event)

    async def give_way(self, event: str) -> None:
        """Let the chat's next events begin while the handler of this one goes on."""
        await self._turns[event].aclose()

    async def end(self, seconds: float) -> None:
        """Wait so long for events under way, then leave them to the next start.

        No further event is handled.
        """
        self._ended = True
        if not self._tasks:
            return
        _, left = await asyncio.wait(self._tasks, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def skip(self, event: str, error: Exception) -> None:
        """Log and count that an event cannot be read."""
        _log.warning("update %s cannot be read (%s) and is skipped", event, type(error).__name__)
        self._metrics.unreadable.inc()

    async def _put_kept(self, events: Iterable[tuple[str, str]]) -> None:
        for event, body in events:
            if read := self._readable(event, body):
                self._put(read)
            else:
                await self._patiently(self._store.settle, event)

    def _readable(self, event: str, body: str) -> ChatEvent | None:
        try:
            return self._read(body)
        except Exception as error:  # noqa: BLE001 - whatever the messenger stumbles over
            self.skip(event, error)
            return None

    def _put(self, event: ChatEvent) -> None:
        if self._ended:
            return
        self._metrics.updates.inc()
        task = asyncio.create_task(self._run(event))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _run(self, event: ChatEvent) -> None:
        async with AsyncExitStack() as turn:
            lock = self._locks.setdefault(event.chat, asyncio.Lock())
            await turn.enter_async_context(lock)
            self._turns[event.id] = turn
            try:
                async with self._room:
                    await self._handle(event)
            finally:
                del self._turns[event.id]
            if event.id not in self._held:
                await self._patiently(self._store.settle, event.id)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("an update could not be handled", exc_info=error)
