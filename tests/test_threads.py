import asyncio
import threading

import pytest

from rag.threads import MOST, Threads


class Crowd:
    """Work that lasts until it is told to end, and how much of it is done at once."""

    def __init__(self):
        self.released = threading.Event()
        self.begun = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._now = self.most = 0

    def work(self, number):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.begun.release()
        assert self.released.wait(30)
        with self._lock:
            self._now -= 1
        return number


def test_work_waits_in_line_and_keeps_short_work_waiting_for_nothing():
    """No more is done at once than there are cores, and the loop's own threads are free."""
    crowd, threads = Crowd(), Threads()

    async def many():
        work = [
            asyncio.create_task(threads.run(threads.ticket(), crowd.work, each))
            for each in range(20)
        ]
        for _ in range(MOST):
            assert await asyncio.to_thread(crowd.begun.acquire, timeout=30)
        assert await asyncio.to_thread(lambda: "short") == "short"
        crowd.released.set()
        return await asyncio.gather(*work)

    assert asyncio.run(many()) == [*range(20)]
    assert crowd.most == MOST
    threads.close()


def test_what_work_raises_is_raised():
    threads = Threads()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(0, lambda: 1 // 0))
    threads.close()


def test_closing_waits_for_what_has_begun():
    """Work that waits in line is not done any more."""
    crowd, threads = Crowd(), Threads()

    async def begun():
        work = [
            asyncio.create_task(threads.run(threads.ticket(), crowd.work, each))
            for each in range(20)
        ]
        for _ in range(MOST):
            assert await asyncio.to_thread(crowd.begun.acquire, timeout=30)
        closing = asyncio.create_task(asyncio.to_thread(threads.close))
        crowd.released.set()
        await closing
        return await asyncio.gather(*work, return_exceptions=True)

    ended = asyncio.run(begun())
    assert ended[:MOST] == [*range(MOST)]
    assert {type(result) for result in ended} <= {int, asyncio.CancelledError}


def test_the_earliest_question_comes_first():
    """Work is done by its question's place, each question's in the order of coming."""
    crowd, threads, done = Crowd(), Threads(1), []

    async def many():
        busy = asyncio.create_task(threads.run(0, crowd.work, 0))
        assert await asyncio.to_thread(crowd.begun.acquire, timeout=30)
        line = [(2, "c"), (1, "a"), (3, "d"), (1, "b")]
        work = [asyncio.create_task(threads.run(place, done.append, name)) for place, name in line]
        await asyncio.sleep(0)
        crowd.released.set()
        await asyncio.gather(busy, *work)

    asyncio.run(many())
    assert done == ["a", "b", "c", "d"]
    threads.close()


def test_closed_threads_do_nothing_further():
    threads = Threads()
    threads.close()
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(threads.run(0, lambda: 1))
