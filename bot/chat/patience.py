"""How long to wait between tries, and work on the index folder that waits for its turn."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import ParamSpec, TypeVar

from bot.chat.health import Health
from rag.errors import IndexLocked, StorageFull

FIRST, LONGEST = 1.0, 30.0
"""The shortest and the longest wait between two tries, in seconds."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def growing() -> Iterator[float]:
    """Yield the seconds to wait after each failed try: 1, 2, 4 and so on, at most 30."""
    wait = FIRST
    while True:
        yield wait
        wait = min(2 * wait, LONGEST)


class Patience:
    """Does work on the index folder in a thread, and tries again what fails for a while only.

    That is what meets a full disk, or a lock that another process holds. The bot is ill meanwhile.
    Work that was handed over is done even where nobody waits for it any more: what the end of the
    process cancelled would be lost for the next start.
    """

    def __init__(
        self, health: Health, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._health = health
        self._sleep = sleep

    async def __call__(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what the work returns, as soon as it can be done.

        Raises:
            StorageError: the index folder cannot be used, and waiting would not change that.
        """
        part, loop = work.__qualname__, asyncio.get_running_loop()
        try:
            for wait in growing():
                try:
                    handed = loop.run_in_executor(None, partial(work, *args, **kwargs))
                    return await asyncio.shield(handed)
                except (IndexLocked, StorageFull) as error:
                    self._health.ill(part, f"{error} (the bot tries again by itself)")
                await self._sleep(wait)
        finally:
            self._health.well(part)
        raise AssertionError("the waits never end")
