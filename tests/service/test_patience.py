import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.service.health import Health
from bot.service.patience import Patience
from rag.errors import IndexDamaged, IndexLocked, StorageFull
from virtual_time import run

FULL = StorageFull("no room left")
LOCKED = IndexLocked("another griot is writing")


class Work:
    """Raises in turn, and then returns its argument; looks whether the bot is well each time."""

    def __init__(self, health, *errors):
        self.health = health
        self.errors = [*errors]
        self.seen = []

    def do(self, given):
        self.seen.append((round(self.loop.time()) - 1000, self.health.reason))
        if self.errors:
            raise self.errors.pop(0)
        return given


def done(*errors):
    """The result of the work, the health at each try, and the health after it."""
    health = Health()
    work = Work(health, *errors)

    async def main():
        work.loop = asyncio.get_running_loop()
        return await Patience(health)(work.do, "done")

    return run(main()), work.seen, health.reason


def test_work_that_meets_a_full_disk_or_a_lock_is_tried_again_with_growing_waits(caplog):
    """The bot is ill meanwhile, which is logged once for each reason, as is the end of it."""
    caplog.set_level("INFO")
    full, locked = (f"{error} (the bot tries again by itself)" for error in (FULL, LOCKED))
    assert done(FULL, FULL, LOCKED, LOCKED, LOCKED, LOCKED, LOCKED, LOCKED) == (
        "done",
        [
            (0, None),
            (1, full),
            (3, full),
            (7, locked),
            (15, locked),
            (31, locked),
            (61, locked),
            (91, locked),
            (121, locked),
        ],
        None,
    )
    assert caplog.messages == [full, locked, "everything works again"]


def test_what_waiting_would_not_mend_is_raised():
    with pytest.raises(IndexDamaged, match="spoiled"):
        done(IndexDamaged("spoiled"))


def test_who_stops_waiting_leaves_no_illness_behind():
    health = Health()

    def fail():
        raise FULL

    async def main():
        waiting = asyncio.create_task(Patience(health)(fail))
        await asyncio.sleep(5)
        before = health.reason
        waiting.cancel()
        await asyncio.wait([waiting])
        return before

    assert run(main()) == "no room left (the bot tries again by itself)"
    assert health.reason is None


def test_work_that_was_handed_over_is_done_though_its_caller_is_cancelled():
    done, free = [], threading.Event()

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        blocking = asyncio.create_task(asyncio.to_thread(free.wait))
        working = asyncio.create_task(Patience(Health())(done.append, "kept"))
        await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.sleep(0.01)
        free.set()
        await asyncio.wait([blocking, working])

    asyncio.run(main())
    assert done == ["kept"]


def test_a_part_that_works_again_does_not_hide_another_that_does_not():
    health = Health()
    health.ill("one", "no room")
    health.ill("other", "no index")
    health.well("one")
    assert health.reason == "no index"
