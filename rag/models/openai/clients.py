"""An HTTP client for each event loop, closed with it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


class Clients:
    """Makes a client for each event loop that asks for one.

    `asyncio.run` closes it: it closes the generators that are left open. A client whose event loop
    is gone can neither be used nor closed.
    """

    def __init__(self, make: Callable[[], "httpx.AsyncClient"]) -> None:
        self._make = make
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def current(self) -> "httpx.AsyncClient":
        """Give the client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._opened:
            for closed in [one for one in list(self._opened) if one.is_closed()]:
                self._opened.pop(closed, None)
            closing = self._open(loop)
            self._opened[loop] = _Opened(asyncio.create_task(_first(closing)), closing)
        # Who is cancelled while it is made leaves it to the others who wait for it.
        return await asyncio.shield(self._opened[loop].client)

    async def close(self) -> None:
        """Close the client of the running event loop; the next use makes another."""
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
