"""A limit on the processor's work, for what must not cost the square of its length."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooMuchWork(AssertionError):
    """The processor worked longer than it may, however long it waited."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooMuchWork


@contextmanager
def processor_seconds(most: float) -> Iterator[None]:
    """Fail where the process works for longer; waiting for others to work does not count."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
