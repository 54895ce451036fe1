"""Updates that have come: each is kept before Telegram may forget it, and dealt with once."""

import asyncio
import json
from collections.abc import Awaitable, Coroutine
from weakref import WeakValueDictionary

from telegram import Bot, Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram_bot.store import Store

AT_ONCE = 256
"""How many updates may be in hand at one time."""


class Inbox(asyncio.Queue[object]):
    """The application's queue, filled only with what the store keeps and has not seen before.

    The library fetches further updates, which confirms these, once all of them are put here.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._held: set[int] = set()

    async def put(self, item: object) -> None:
        """Queue an update, unless it was queued before. An inline query is not worth keeping."""
        if not isinstance(item, Update) or item.inline_query or await self._taken(item):
            await super().put(item)

    async def _taken(self, update: Update) -> bool:
        return await asyncio.to_thread(self._store.take, update.update_id, update.to_json())

    async def restore(self, bot: Bot) -> int:
        """Queue what was not dealt with when the process ended; give how many that were."""
        pending = await asyncio.to_thread(self._store.pending)
        for body in pending:
            await super().put(Update.de_json(json.loads(body), bot))
        return len(pending)

    def hold(self, update: int) -> None:
        """Have an update wait for its answer, though its handler ends."""
        self._held.add(update)

    async def release(self, update: int) -> None:
        """Settle an update that was held."""
        self._held.discard(update)
        await asyncio.to_thread(self._store.settle, update)

    async def handled(self, update: int) -> None:
        """Settle an update, unless it is held."""
        if update not in self._held:
            await asyncio.to_thread(self._store.settle, update)


class InOrder(BaseUpdateProcessor):
    """Handles the updates of a chat one after the other, and chats side by side."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(AT_ONCE)
        self._inbox = inbox
        self._tasks: set[asyncio.Task[object]] = set()
        self._ended = False
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[object]) -> None:
        """Handle an update when those before it are done.

        An inline question is handled at once: the next one makes it void.
        """
        assert isinstance(update, Update)
        assert isinstance(coroutine, Coroutine)
        if self._ended:
            coroutine.close()
            return
        task = asyncio.create_task(self._handled(update, coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def end(self, seconds: float) -> None:
        """Let what is in hand be done, for so long; what is not done then, or comes, is left."""
        self._ended = True
        if not self._tasks:
            return
        _, left = await asyncio.wait(self._tasks, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _handled(self, update: Update, work: Coroutine[None, None, object]) -> None:
        if update.inline_query:
            await work
            return
        try:
            async with self._lock(update):
                await work
        finally:
            work.close()
        await self._inbox.handled(update.update_id)

    def _lock(self, update: Update) -> asyncio.Lock:
        of = update.effective_chat or update.effective_user
        key = of.id if of else 0
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    async def initialize(self) -> None:
        """Nothing is needed."""

    async def shutdown(self) -> None:
        """Nothing is held."""
