"""A circuit breaker: a server that is down is left alone for a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.models.openai.faults import Failure

FAILURES = 2  # in a row, after which a server is left alone
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 300.0  # seconds


class Breaker:
    """Keeps a server that is down from costing every call its timeout: a circuit breaker.

    After two failures in a row that are the server's, calls are not let through for 15 seconds,
    and twice as long after each further failure, at most 5 minutes; then one call tries it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._trying = False

    def seconds_left(self) -> float:
        """Give the seconds until a call is let through again, 0 where one is now."""
        if self._failures < FAILURES:
            return 0.0
        left = self._until - self._clock()
        return max(left, 1.0) if self._trying or left > 0 else 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count how a call ends; one that is given up by its caller counts for nothing."""
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
