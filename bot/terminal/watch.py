"""`griot watch`, which keeps sources current, and `griot sources`, which lists them."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot import console
from bot.console import Lines, Style, line
from bot.program import griot
from bot.terminal.ask import one_line
from bot.terminal.index import change_lines, up_to_date
from bot.terminal.render import answer_lines, news_lines
from bot.typer_app import Json, assembled, documented, group
from rag.languages import MAIN

if TYPE_CHECKING:
    from bot.corpus.sources import Source
    from bot.corpus.store import SourceState
    from bot.standing.checking import Checking
    from bot.standing.store import Standing, StandingTables
    from rag.errors import GriotError
    from rag.index.ingest import IngestReport
    from rag.types import Skipped

app = group()


Questions = Annotated[
    list[str] | None,
    typer.Option("--ask", help="Print when new articles change the answer; may be repeated."),
]

TERMINAL = "terminal"
"""The chat, and the person, of the questions that are watched here."""


@app.command(**documented("watch", 'watch --ask "who leads the talks?"'))
def watch(ctx: typer.Context, *, ask: Questions = None) -> None:
    """Keep the corpus folder and the sources in its sources.txt current, until Ctrl-C or SIGTERM.

    sources.txt has the address of a feed or a site, or a folder, a line; # begins a comment.
    """
    from bot.corpus.editors import Editors
    from bot.corpus.store import WatchTables
    from bot.corpus.watch import Watch
    from bot.standing.checking import LOOK, Checking
    from bot.standing.store import StandingTables
    from rag.grounding.change import Changes
    from rag.pages.visits import Visitor

    assembly = assembled(ctx)
    questions = [one_line([each]) for each in ask or ()]
    with assembly.library() as library:
        editors = Editors(library, visitor=Visitor(assembly.get))
        if questions:
            up_to_date(library, stream=sys.stderr, say=console.say)
        library.status()  # which makes the folder of the index
        place = assembly.settings.place
        with closing(WatchTables(place)) as store, closing(StandingTables(place, bot="")) as asked:
            console.say(f"watching {library.corpus} and its sources; Ctrl-C ends it")
            sources = Watch(editors.followed, editors, store, editors.visitor, Printed())
            checking = Checking(library, asked, Changes(assembly.judge()))
            parts = [sources.run()]
            if questions:
                parts.append(asking(checking, questions, every=LOOK))
            with suppress(asyncio.CancelledError):
                asyncio.run(_until_ended(*parts))


async def _until_ended(*parts: Coroutine[None, None, None]) -> None:
    """Run what goes on for ever until SIGTERM cancels it; Ctrl-C is asyncio's."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)


async def asking(checking: "Checking", questions: list[str], *, every: float) -> NoReturn:
    """Print the answers to questions, and from then on how they change; look so many seconds apart.

    What an earlier run has told is not told again.
    """
    while True:
        watched = [_watched(checking.store, question) for question in questions]
        await checking.check(watched)
        for before in watched:
            now = _watched(checking.store, before.question)
            if before.told is None and now.told:
                _print((line((now.question, Style.HEAD)), *answer_lines(now.told)))
            elif now.told and now.news:
                _print(news_lines(now.question, now.told, now.news.change))
                checking.store.put(now, now.after)
        await asyncio.sleep(every)


def _watched(store: "StandingTables", question: str) -> "Standing":
    from bot.standing.store import Standing

    asked = Standing(chat=TERMINAL, language=MAIN, question=question)
    kept = store.add(asked, TERMINAL, most=sys.maxsize)
    assert kept is not None, "there is no limit at the terminal"
    return kept


def _print(lines: Lines) -> None:
    console.output((*lines, console.BLANK))
    sys.stdout.flush()


class Printed:
    """Prints what sources bring, each skipped file or page once; see `corpus.watch.Reporter`."""

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
        """Print the error, and the name where the error does not begin with it."""
        said = str(error)
        console.say(said if said.startswith(f"{name}: ") else f"{name}: {said}")


@app.command(**documented("sources", "sources --json"))
def sources(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the sources that `griot watch` keeps current, and how each is doing."""
    from bot.corpus.sources import sources as listed
    from bot.corpus.store import SourceState, WatchTables

    settings = assembled(ctx).settings
    known: dict[str, SourceState] = {}
    if settings.engines or settings.home.exists():
        with closing(WatchTables(settings.place)) as store:
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
        "error": str(state.error or ""),
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
    return (*rows, line((str(state.error), Style.BAD), indent=2)) if state.error else rows


def _local(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _instant(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
