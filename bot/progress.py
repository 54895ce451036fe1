"""How far a long piece of work is: a bar on a terminal, its speed, and the time that is left."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TextIO

# Work that is done sooner than this, in seconds, shows no bar.
PATIENCE = 1.0

MINUTE, HOUR = 60, 3600

LOGGED = 10.0
"""Seconds between two lines of a log about the same work."""

_log = logging.getLogger(__name__)


class Speed:
    """How fast a count grows, and when it will be complete, by its last `WINDOW` seconds."""

    WINDOW, APART, SETTLED = 30.0, 0.5, 2.0
    """Seconds that are looked back on, between two samples, and until a speed is known at all."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def text(self, now: float, done: int, total: int) -> str:
        """Return the speed and the time left, empty while they are unknown; `now` is in seconds."""
        while len(self._samples) > 1 and self._samples[1][0] <= now - self.WINDOW:
            self._samples.popleft()
        if not self._samples or now - self._samples[-1][0] >= self.APART:
            self._samples.append((now, done))
        since, before = self._samples[0]
        if now - since < self.SETTLED or done <= before:
            return ""
        rate = (done - before) / (now - since)
        return f"{_rate(rate)}, {duration((total - done) / rate)} left"


def _rate(rate: float) -> str:
    if rate < 1:
        return f"{rate * MINUTE:.0f} a minute"
    return f"{rate:.1f} a second" if rate < 10 else f"{rate:,.0f} a second"  # noqa: PLR2004


def duration(seconds: float) -> str:
    """Return a length of time in the units that a person would use, rounded up."""
    whole = -int(-seconds // 1)
    if whole < 2 * MINUTE:
        return f"{whole} s"
    minutes = -(-whole // MINUTE)
    if whole < 2 * HOUR:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


class Bar:
    """A bar for work that takes more than a second, drawn on a terminal and nowhere else.

    `done`, `total` and `what` are what was shown last.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._speed = Speed()
        self._progress: Any = None
        self._task: Any = None
        self.done = self.total = 0
        self.what = ""

    def __enter__(self) -> Self:
        self._from = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that so many of the total are done; a total of 0 is not known."""
        now = self._clock()
        self.done, self.total, self.what = done, total, what
        speed = self._speed.text(now, done, total)
        if self._progress is None:
            if not self._stream.isatty() or now - self._from < PATIENCE:
                return
            self._start()
        self._progress.update(
            self._task,
            completed=done,
            total=total or None,
            description=what,
            counted=f"{done:,}/{total:,}" if total else "",
            speed=speed,
        )

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[counted]}"),
            TextColumn("{task.fields[speed]}"),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._progress.add_task("", counted="", speed="")
        self._progress.start()


@contextmanager
def indexing(stream: TextIO) -> Iterator[Bar]:
    """Show a bar while an index is brought up to date.

    Raises:
        KeyboardInterrupt: after Ctrl-C; its argument, if any, is a line on what is kept.
    """
    bar = Bar(stream)
    try:
        with bar:
            yield bar
    except KeyboardInterrupt:
        if not bar.total:
            raise
        raise KeyboardInterrupt(
            f"stopped; what is done is kept, about {bar.done:,} of {bar.total:,} {bar.what}, "
            "and the next run goes on from there"
        ) from None


class LoggedProgress:
    """Logs how far the indexing has come, every ten seconds. See `rag.index.progress.Progress`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._speed = Speed()
        self._next = clock() + LOGGED

    def __call__(self, done: int, total: int, what: str) -> None:
        """Log it if it is time."""
        now = self._clock()
        speed = self._speed.text(now, done, total) if total else ""
        if now >= self._next:
            self._next = now + LOGGED
            far = f"{done} of {total} {what}" if total else f"{done} {what}"
            _log.info("bringing the index up to date: %s", f"{far}, {speed}" if speed else far)
