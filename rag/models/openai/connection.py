"""The connection to a server: an HTTP client for each event loop, and a circuit breaker."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.models.openai.faults import Failure

if TYPE_CHECKING:
    import httpx

FAILURES = 2  # in a row, after which a server is left alone
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 300.0  # seconds


class Breaker:
    """A circuit breaker, so that a server that is down does not cost every call its timeout.

    After two failures of the server in a row, calls are not let through for 15 seconds, and twice
    as long after each further failure, at most 5 minutes; then one call tries it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._trying = False

    def seconds_left(self) -> float:
        """Return the seconds until a call is let through, 0 if one is now."""
        if self._failures < FAILURES:
            return 0.0
        left = self._until - self._clock()
        return max(left, 1.0) if self._trying or left > 0 else 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count how a call ends; one that its caller gives up does not count."""
        trial = self._failures >= FAILURES
        self._trying |= trial
        try:
            yield
        except Failure as failure:
            self._count(down=failure.down, trial=trial)
            raise
        else:
            self._failures = 0
        finally:
            self._trying &= not trial

    def _count(self, *, down: bool, trial: bool) -> None:
        if not down:
            self._failures = 0
        elif trial or self._failures < FAILURES:
            self._failures += 1
            pause = FIRST_PAUSE * 2.0 ** (self._failures - FAILURES)
            self._until = self._clock() + min(pause, LONGEST_PAUSE)


class Clients:
    """An HTTP client for each event loop that asks for one.

    `asyncio.run` closes a loop's client, as it closes the generators that are left open. A client
    whose event loop is gone can neither be used nor closed.
    """

    def __init__(self, make: Callable[[], "httpx.AsyncClient"]) -> None:
        self._make = make
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def current(self) -> "httpx.AsyncClient":
        """Return the client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._opened:
            for closed in [other for other in list(self._opened) if other.is_closed()]:
                self._opened.pop(closed, None)
            closing = self._open(loop)
            self._opened[loop] = _Opened(asyncio.create_task(_first(closing)), closing)
        # A caller that is cancelled meanwhile leaves the client to the others that wait for it.
        return await asyncio.shield(self._opened[loop].client)

    async def close(self) -> None:
        """Close the client of the running event loop; the next use opens another."""
        opened = self._opened.get(asyncio.get_running_loop())
        if opened is not None:
            await opened.closing.aclose()

    async def _open(
        self, loop: asyncio.AbstractEventLoop
    ) -> AsyncGenerator["httpx.AsyncClient", None]:
        try:
            # Reading the certificates takes a while.
            client = await asyncio.to_thread(self._make)
            try:
                yield client
            finally:
                await client.aclose()
        finally:
            self._opened.pop(loop, None)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An event loop's client, and the generator whose end closes it."""

    client: "asyncio.Task[httpx.AsyncClient]"
    closing: AsyncGenerator["httpx.AsyncClient", None]


async def _first(closing: AsyncGenerator["httpx.AsyncClient", None]) -> "httpx.AsyncClient":
    return await anext(closing)
