"""Retries of work on the index, and the waits between them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from bot.service.health import Health
from rag.errors import EngineGone, IndexLocked, StorageFull

FIRST, LONGEST = 1.0, 30.0
"""The shortest and the longest wait between two tries, in seconds."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def backoff() -> Iterator[float]:
    """Yield the seconds to wait after each failed try: 1, 2, 4 and so on, at most 30."""
    wait = FIRST
    while True:
        yield wait
        wait = min(2 * wait, LONGEST)


@dataclass(frozen=True, slots=True)
class Patience:
    """Does work on the index in a thread, and retries transient failures; the bot is ill meanwhile.

    Those are a full disk, a lock that another process holds, and a server that does not answer.
    Cancelling does not stop work that has begun: what it stores is needed by the next start.
    """

    health: Health
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def __call__(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return the result of the work, once it succeeds.

        Raises:
            StorageError: the index folder cannot be used, and waiting would not change that.
        """
        part, loop = work.__qualname__, asyncio.get_running_loop()
        try:
            for wait in backoff():
                try:
                    handed = loop.run_in_executor(None, partial(work, *args, **kwargs))
                    return await asyncio.shield(handed)
                except (EngineGone, IndexLocked, StorageFull) as error:
                    self.health.ill(part, f"{error} (the bot tries again by itself)")
                await self.sleep(wait)
        finally:
            self.health.well(part)
        raise AssertionError("the waits never end")
