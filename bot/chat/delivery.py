"""Sending messages through a messenger, with retries.

- A call that was not carried out is retried with exponential backoff until it succeeds.
- A send that may have arrived is `Uncertain`, and is not retried; an edit is, as it is idempotent.
- If nobody reads there any more, the call is given up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.chat.events import Sent
from bot.chat.messenger import Messenger, NotDone, Uncertain, Unreachable
from bot.chat.post import Post
from bot.service.patience import backoff

_log = logging.getLogger(__name__)


class OnItsWay(Protocol):
    """Called before and after a try, with whether the message may have arrived."""

    async def __call__(self, *, maybe: bool) -> None:
        """Record it."""


async def unnoticed(*, maybe: bool) -> None:
    """Ignore it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends and edits messages through a messenger."""

    messenger: Messenger
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def send(
        self,
        chat: str,
        post: Post,
        *,
        thread: str = "",
        reply_to: str | None = None,
        on_its_way: OnItsWay = unnoticed,
    ) -> Sent:
        """Send a message whose turn has come.

        `on_its_way` is called before each try, and after one that was not carried out.

        Raises:
            Unreachable: nobody reads there.
            Uncertain: it may have arrived.
        """
        for wait in backoff():
            await on_its_way(maybe=True)
            try:
                return await self.messenger.send(chat, post, thread=thread, reply_to=reply_to)
            except NotDone:
                await on_its_way(maybe=False)
                await self.sleep(wait)
        raise AssertionError("the waits never end")

    async def edit(self, sent: Sent, post: Post) -> bool:
        """Change a message whose turn has come; return whether it is still there.

        Raises:
            Unreachable: nobody reads there.
        """
        for wait in backoff():
            try:
                return await self.messenger.edit(sent, post)
            except (NotDone, Uncertain):
                await self.sleep(wait)
        raise AssertionError("the waits never end")

    async def say(
        self, chat: str, post: Post, *, thread: str = "", reply_to: str | None = None
    ) -> Sent | None:
        """Send a message in its turn; return None if it may not have arrived."""
        await self.messenger.turn(chat)
        try:
            return await self.send(chat, post, thread=thread, reply_to=reply_to)
        except (Unreachable, Uncertain) as error:
            _log.info("%s", error)
            return None

    async def change(self, sent: Sent, post: Post) -> None:
        """Change a message in its turn, if it is still there."""
        await self.messenger.turn(sent.chat)
        try:
            await self.edit(sent, post)
        except Unreachable as error:
            _log.info("%s", error)
