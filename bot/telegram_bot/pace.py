"""How fast messages may go out, so that Telegram has no reason to refuse them.

Its limits: one message a second to a chat, 20 a minute to a group, 30 a second in all
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter

# A limiter of aiolimiter is a bucket that leaks: what it lets through at most is its size and what
# leaks meanwhile. These keep within the limits in every second and every minute, by a small margin.
EVERY = 1 / 28
GROUP_BURST, GROUP_PERIOD = 8, 40.0
CHAT_PERIOD = 1.05

MOST, SECOND = 29, 1.0
"""Calls that are on their way or arrived within the last second, at most: on a busy machine turns
that were given one after the other may be taken all at once."""

SLACK = 0.1
"""Seconds added to what Telegram asks to wait."""

HASTE = 0.05
"""Seconds that what can also be left out waits for its turn."""

TRIES = 8
"""How often a call that is refused for its pace is made."""

TURN = -1
"""The argument of a call whose caller has waited for its turn already."""

UNPACED = frozenset({"sendChatAction", "sendMessageDraft", "deleteMessage"})

_log = logging.getLogger(__name__)

Result = bool | dict[str, Any] | list[dict[str, Any]]


class RateLimiter(AIORateLimiter):
    """The library's limiter, and what it lacks: each chat's second, and a pause of one chat alone.

    A call waits for its turn, unless it was made with `rate_limit_args=TURN`: its caller has waited
    for `turn` already, and decided then what to say.
    """

    def __init__(self) -> None:
        super().__init__(1, EVERY, GROUP_BURST, GROUP_PERIOD)
        self._seconds: WeakValueDictionary[int, _Second] = WeakValueDictionary()
        self._room = asyncio.Semaphore(MOST)

    async def turn(self, chat: int) -> None:
        """Wait until a message may go to a chat."""
        async with self._second(chat).turn():
            await self._overall(chat)

    async def turn_now(self, chat: int) -> bool:
        """Take a turn for a message that can be left out; return whether one is free now."""
        second = self._second(chat)
        if not second.free():
            return False
        try:
            async with asyncio.timeout(HASTE), second.turn():
                await self._overall(chat)
        except TimeoutError:
            return False
        return True

    async def process_request(  # noqa: PLR0913, PLR0917 - the library's own signature
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,  # noqa: ANN401 - the library's own signature
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Make a call when its turn has come; a chat that has to pause holds up no other."""
        chat = data.get("chat_id")
        if not isinstance(chat, int) or endpoint in UNPACED:
            return await callback(*args, **kwargs)
        taken = rate_limit_args == TURN
        for tries in range(1, TRIES + 1):
            if not taken:
                await self.turn(chat)
            taken = False
            try:
                async with self._second(chat).sending(), self._sending():
                    return await callback(*args, **kwargs)
            except RetryAfter as refusal:
                if tries == TRIES:
                    raise
                seconds = wait_of(refusal)
                _log.info("%s is refused for its pace; it waits %.0f s", endpoint, seconds)
                self._second(chat).hold(seconds + SLACK)
        raise AssertionError("the last try returns or raises")

    async def _overall(self, chat: int) -> None:
        """Wait for the group's minute and the second of all chats, by the library's own rules."""
        await super().process_request(_nothing, (), {}, "", {"chat_id": chat}, None)

    @asynccontextmanager
    async def _sending(self) -> AsyncIterator[None]:
        await self._room.acquire()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(SECOND, self._room.release)

    def _second(self, chat: int) -> "_Second":
        return self._seconds.setdefault(chat, _Second())


class _Second:
    """One chat's pace: a turn a second, and a second between messages.

    A message may take a while to arrive; the next one is sent a second after that, though its own
    turn came before. This lives as long as the last turn counts.
    """

    def __init__(self) -> None:
        self._hand = asyncio.Lock()
        self._line = asyncio.Lock()
        self._next = self._until = 0.0
        self._arrived = -CHAT_PERIOD

    def free(self) -> bool:
        """Return whether a message may go out now."""
        return not self._hand.locked() and max(self._next, self._until) <= _now()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, which is given where the block ends well."""
        async with self._hand:
            await asyncio.sleep(max(0.0, self._next - _now()))
            await self._pause()
            yield
            self._next = _now() + CHAT_PERIOD
            self._keep(CHAT_PERIOD)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Wait until the message before has arrived a second ago; the block sends the next."""
        async with self._line:
            await asyncio.sleep(max(0.0, self._arrived + CHAT_PERIOD - _now()))
            await self._pause()
            try:
                yield
            finally:
                self._arrived = _now()
                self._keep(CHAT_PERIOD)

    async def _pause(self) -> None:
        """Wait as long as Telegram asked."""
        await asyncio.sleep(max(0.0, self._until - _now()))

    def hold(self, seconds: float) -> None:
        """Send nothing for so many seconds."""
        self._until = max(self._until, _now() + seconds)
        self._keep(seconds)

    def _keep(self, seconds: float) -> None:
        """Keep this alive until it no longer matters; nothing else refers to it."""
        asyncio.get_running_loop().call_later(seconds + CHAT_PERIOD, self.free)


def wait_of(refusal: RetryAfter) -> float:
    """Return the seconds that Telegram asks to wait."""
    wait = refusal.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _nothing() -> bool:
    return True
