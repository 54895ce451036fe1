"""Brings the index up to date before a question, and shows how far it is."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TextIO

from rag.errors import IndexLocked

if TYPE_CHECKING:
    from rag.library import Library

# Work that is done sooner than this, in seconds, shows no bar.
PATIENCE = 1.0


class Bar:
    """A bar for work that takes more than a second, drawn on a terminal and nowhere else."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._progress: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        self._from = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that so many of the total are done."""
        if self._progress is None:
            if not self._stream.isatty() or self._clock() - self._from < PATIENCE:
                return
            self._start()
        self._progress.update(self._task, completed=done, total=total, description=what)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._progress.add_task("")
        self._progress.start()


def up_to_date(library: "Library", *, stream: TextIO, say: Callable[[str], None]) -> None:
    """Refresh the library, saying in a line what was skipped.

    Where another process is writing, the articles that are already indexed still answer, and that
    is said too.

    Raises:
        GriotError: there is nothing to answer from, or the index cannot be used.
    """
    from bot import render

    try:
        with Bar(stream) as bar:
            report = library.refresh(progress=bar)
    except IndexLocked as error:
        if not library.status().articles:
            raise
        say(f"{str(error).rstrip('.')}; using the articles indexed so far")
    else:
        if report.skipped:
            say(render.skipped_line(report.skipped))
