"""A bot's process, from its start to its end.

It ends on SIGTERM or Ctrl-C, within eight seconds: answers in work may end, and what is still
pending then is taken up by the next start. Where a part of the bot ends that should not, the
process ends with an error, so that whoever watches it starts it again.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Protocol

from bot.console import say
from bot.program import ExitStatus
from bot.service.health import Metrics, serving
from bot.settings import Address
from rag.errors import GriotError

END = 8.0
"""Seconds that everything may take to end."""

_log = logging.getLogger(__name__)


class Bot(Protocol):
    """A bot at one messenger."""

    metrics: Metrics

    def ill(self) -> str | None:
        """Return why the bot is not well, if it is not."""

    async def run(self, *, warm: Callable[[], object]) -> None:
        """Run until cancelled; `warm` is called when all is loaded that will be needed."""

    def close(self) -> None:
        """Release the index folder."""


async def run(bot: Bot, address: Address | None) -> int:
    """Run a bot until a signal ends it, and return the exit status.

    `address` is where the bot's health and metrics are served.

    Raises:
        Exception: Whatever ended the bot.
    """
    running = asyncio.create_task(_serving(bot, address))
    ending = _Ending(running)
    try:
        await running
    except asyncio.CancelledError:
        if not ending.is_asked:
            raise
    except Exception as error:
        if not ending.is_asked:
            ending.force(ExitStatus.FAILED, str(error) if isinstance(error, GriotError) else "")
            raise
        _log.exception("not everything ended well")
    finally:
        bot.close()
    return ending.status


async def _serving(bot: Bot, address: Address | None) -> None:
    async with serving(address, bot.metrics, bot.ill):
        await bot.run(warm=_settle_memory)


def _settle_memory() -> None:
    """Spare what is loaded the search for garbage, which would hold the loop up."""
    gc.collect()
    gc.freeze()


class _Ending:
    """The end of the process: once a signal asks for it, it comes within eight seconds."""

    def __init__(self, running: asyncio.Task[None]) -> None:
        self._running = running
        self.is_asked = False
        self.status = 0
        loop = asyncio.get_running_loop()
        for name, status in ((signal.SIGTERM, 0), (signal.SIGINT, ExitStatus.INTERRUPTED)):
            loop.add_signal_handler(name, self._ask, status)

    def _ask(self, status: int) -> None:
        if not self.is_asked:
            self.is_asked, self.status = True, status
            self._running.cancel()
            self.force(status)

    def force(self, status: int, said: str = "") -> None:
        """End the process in eight seconds, if it has not ended by itself.

        A thread may be embedding a large file, or waiting for a lock; the index survives being left
        like that.
        """

        def end() -> None:
            if said:
                say(said)
            os._exit(status)

        last = threading.Timer(END, end)
        last.daemon = True
        last.start()
