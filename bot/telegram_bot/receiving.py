"""Updates as Telegram sends them: read, kept, and put into the inbox."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telegram import Bot, Update

from bot.chat.health import Metrics
from bot.chat.inbox import Inbox
from bot.chat.store import Store

KINDS = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")
"""The kinds of update that Telegram is asked for."""

Raw = Mapping[str, Any]
"""An update as JSON."""

_log = logging.getLogger(__name__)


def is_update(received: object) -> bool:
    """True for an object with a number, whatever else it holds."""
    return isinstance(received, dict) and type(received.get("update_id")) is int


class Receiver:
    """Takes in updates, each of them once.

    One that python-telegram-bot cannot read is skipped; its number is logged, and nothing of it
    else, nor the error's own words, which may quote it.
    """

    def __init__(self, bot: Bot, store: Store, inbox: Inbox, metrics: Metrics) -> None:
        self._bot = bot
        self._store = store
        self._inbox = inbox
        self._metrics = metrics

    async def take(
        self, raw: Raw, keep: Callable[..., Awaitable[bool]] = asyncio.to_thread
    ) -> None:
        """Keep an update, and begin to handle it. `keep` runs the store's work in a thread.

        Raises:
            StorageError: it cannot be kept.
            StoreGone: the folder of the index is gone.
        """
        update = self._read(raw)
        if update is None:
            return
        # Nobody misses an inline query at the next start.
        if update.inline_query or await keep(self._store.take, update.update_id, json.dumps(raw)):
            self._inbox.put(update)

    async def restore(self, keep: Callable[..., Awaitable[tuple[str, ...]]]) -> int:
        """Handle what was pending when the last process ended; return the number of updates."""
        pending = [json.loads(body) for body in await keep(self._store.pending)]
        for raw in pending:
            update = self._read(raw)
            if update is None:
                await keep(self._store.settle, raw["update_id"])
            else:
                self._inbox.put(update)
        return len(pending)

    def _read(self, raw: Raw) -> Update | None:
        try:
            return Update.de_json(dict(raw), self._bot)
        except Exception as error:  # noqa: BLE001 - whatever the library stumbles over
            number, kind = raw["update_id"], type(error).__name__
            _log.warning("update %d cannot be read (%s) and is skipped", number, kind)
            self._metrics.unreadable()
            return None
