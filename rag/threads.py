"""Threads for what takes the processor: searching, reading, verifying."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Threads:
    """As many threads as the machine has cores; what is more than that waits in line.

    They are not the event loop's own, in which short work would wait behind it.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(os.cpu_count(), "griot")

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do work in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Wait for the work that has begun; what is in line is not done any more."""
        self._pool.shutdown(cancel_futures=True)
