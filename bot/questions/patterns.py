"""Searches regular expressions of sets with a limit: one may be written so that it never ends."""

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rag.errors import GriotError

SECONDS = 1.0
"""Of computing that a search may take; one that ends takes milliseconds."""


class Endless(GriotError):
    """A regular expression took too long."""


class _TimeUp(Exception):
    """A search took too long."""


def matches(pattern: str, text: str, *, seconds: float = SECONDS) -> bool:
    """True if a pattern is found in a text.

    The limit holds in the main thread, where sets are run, and not on Windows, which cannot count
    the time of computing.

    Raises:
        Endless: the search took longer.
    """
    try:
        with _limited(seconds):
            return re.search(pattern, text) is not None
    except _TimeUp as error:
        raise Endless(
            f"`matches: {pattern}` took too long; write it without a repetition in a repetition, "
            "such as (a+)+"
        ) from error


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() != threading.main_thread():
        yield
        return
    # The clock of computing: a busy machine is no reason to stop.
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _TimeUp
