"""`griot watch`, which keeps sources current, and `griot sources`, which lists them."""

import asyncio
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from bot import console
from bot.console import Lines, Style, line
from bot.program import griot
from bot.terminal.index import change_lines
from bot.typer_app import Json, assembled, documented, group

if TYPE_CHECKING:
    from bot.watch.sources import Source
    from bot.watch.store import SourceState
    from rag.errors import GriotError
    from rag.index.ingest import IngestReport
    from rag.types import Skipped

app = group()


@app.command(**documented("watch"))
def watch(ctx: typer.Context) -> None:
    """Keep the corpus folder and the sources in its sources.txt current, until Ctrl-C.

    sources.txt has the address of a feed or a site, or a folder, a line; # begins a comment.
    """
    from bot.chat.editors import Editors
    from bot.watch.store import WatchTables
    from bot.watch.watch import watching
    from rag.index.sqlite_catalog import FILE
    from rag.pages.visits import Visitor

    assembly = assembled(ctx)
    with assembly.library() as library:
        editors = Editors(library, visitor=Visitor(assembly.get))
        library.status()  # which makes the folder of the index
        with closing(WatchTables(library.home / FILE)) as store:
            console.say(f"watching {library.corpus} and its sources; Ctrl-C ends it")
            asyncio.run(watching(library, editors, store, Printed()).run())


class Printed:
    """Prints what sources bring, each skipped file or page once; see `bot.watch.watch.Telling`."""

    def __init__(self) -> None:
        self._skipped: set[Skipped] = set()

    def brought(self, source: "Source", report: "IngestReport") -> None:
        """Print a line for each change."""
        skipped = [each for each in report.skipped if each not in self._skipped]
        self._skipped.update(skipped)
        lines = change_lines(report, skipped)
        if lines:
            console.output((line((source.name, Style.HEAD)), *lines))
            sys.stdout.flush()

    def failed(self, name: str, error: "GriotError") -> None:
        """Print the error."""
        console.say(f"{name}: {error}")


@app.command(**documented("sources", "sources --json"))
def sources(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the sources that `griot watch` keeps current, and how each is doing."""
    from bot.watch.sources import sources as listed
    from bot.watch.store import SourceState, WatchTables
    from rag.index.sqlite_catalog import FILE

    settings = assembled(ctx).settings
    known: dict[str, SourceState] = {}
    if (settings.home / FILE).exists():
        with closing(WatchTables(settings.home / FILE)) as store:
            known = store.states()
    names = [source.name for source in listed(settings.corpus.absolute())]
    states = [known.get(name, SourceState(name=name)) for name in names]
    console.output([*map(state_dict, states)] if as_json else state_lines(states))
    if not known:
        console.say(f"nothing has been read from them yet; run: {griot('watch')}")


def state_dict(state: "SourceState") -> dict[str, Any]:
    """Return what is known of a source, for JSON; times are in UTC."""
    return {
        **asdict(state),
        "succeeded": _instant(state.succeeded),
        "due": _instant(state.due),
        "newest": state.newest or None,
    }


def state_lines(states: "list[SourceState]") -> Lines:
    """Return a line for each source, and below it how it is doing; times are local."""
    return tuple(row for state in states for row in _rows(state))


def _rows(state: "SourceState") -> Lines:
    newest = f", the newest of {state.newest}" if state.newest else ""
    last = f"read {_local(state.succeeded)}" if state.succeeded else "not read yet"
    upcoming = f"next {_local(state.due)}" if state.due else "next as soon as it is watched"
    if state.due is None:
        upcoming = "not read again, it is gone"
    rows = (
        line((state.name, Style.HEAD)),
        line(f"{console.counted(state.articles, 'article')}{newest}; {last}; {upcoming}", indent=2),
    )
    return (*rows, line((state.error, Style.BAD), indent=2)) if state.error else rows


def _local(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _instant(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
