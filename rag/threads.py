"""Threads for what takes the processor: searching, reading, verifying."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import count
from queue import PriorityQueue
from typing import Any, ParamSpec, TypeVar

MOST = 2 * (os.cpu_count() or 1)
"""Two for each of the machine's cores: of two, one often waits for a disk or for the other."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Job = tuple[int, int, "Future[Any] | None", Callable[[], Any]]

_LAST = (-1, -1)


class Threads:
    """A few threads; what is more than they can do waits in line, the earliest question's first.

    Were all work done in the order of its coming, each question would wait for the beginnings of
    all that came after it. The threads are not the event loop's own, in which short work would
    wait behind it.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._line: PriorityQueue[_Job] = PriorityQueue()
        self._number = count()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def ticket(self) -> int:
        """Return a question's place in line."""
        return next(self._number)

    async def run(
        self, ticket: int, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do work for the question with that place, in a thread.

        Raises:
            RuntimeError: this is closed.
        """
        self._start()
        future: Future[_T] = Future()
        self._line.put((ticket, next(self._number), future, partial(work, *args, **kwargs)))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for the work that has begun; what is in line is not done any more."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._line.put((*_LAST, None, _nothing))
        for thread in self._threads:
            thread.join()
        while not self._line.empty():
            _, _, future, _ = self._line.get()
            if future:
                future.cancel()

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise RuntimeError("the threads are closed")
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._work, name="griot", daemon=True)
                    for _ in range(self._most)
                ]
                for thread in self._threads:
                    thread.start()

    def _work(self) -> None:
        while True:
            _, _, future, work = self._line.get()
            if future is None:
                return
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - whoever waits is to see it
                    future.set_exception(error)


def _nothing() -> None:
    """Do nothing."""
