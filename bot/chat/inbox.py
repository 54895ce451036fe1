"""Updates that have come: each is kept before Telegram may forget it, and handled once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from weakref import WeakValueDictionary

from telegram import Update

from bot.chat.patience import Patience
from bot.chat.store import Store

AT_ONCE = 256
"""How many updates may be handled at one time."""

_log = logging.getLogger(__name__)


class Inbox:
    """Handles the updates of a chat one after the other, and chats side by side."""

    def __init__(
        self, store: Store, patiently: Patience, handle: Callable[[Update], Awaitable[object]]
    ) -> None:
        self._store = store
        self._patiently = patiently
        self._handle = handle
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[int] = set()
        self._turns: dict[int, AsyncExitStack] = {}
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._ended = False

    def put(self, update: Update) -> None:
        """Begin to handle an update."""
        if self._ended:
            return
        task = asyncio.create_task(self._handled(update))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def hold(self, update: int) -> None:
        """Keep an update until it is released, though its handler ends."""
        self._held.add(update)

    async def release(self, update: int) -> None:
        """Settle an update that was held."""
        self._held.discard(update)
        await self._patiently(self._store.settle, update)

    async def give_way(self, update: int) -> None:
        """Begin with the chat's next updates while the handler of this one goes on."""
        await self._turns[update].aclose()

    async def end(self, seconds: float) -> None:
        """Wait so long for what is being handled, then leave it to the next start.

        Nothing is handled that is put here afterwards.
        """
        self._ended = True
        if not self._tasks:
            return
        _, left = await asyncio.wait(self._tasks, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _handled(self, update: Update) -> None:
        if update.inline_query:
            # The person's next one makes it void, so that it neither waits nor is kept.
            async with self._room:
                await self._handle(update)
            return
        number = update.update_id
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._lock(update))
            self._turns[number] = turn
            try:
                async with self._room:
                    await self._handle(update)
            finally:
                del self._turns[number]
            if number not in self._held:
                await self._patiently(self._store.settle, number)

    def _lock(self, update: Update) -> asyncio.Lock:
        of = update.effective_chat or update.effective_user
        key = of.id if of else 0
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("an update could not be handled", exc_info=error)
