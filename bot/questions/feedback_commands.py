"""The commands of `griot feedback`."""

import sys
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import say
from bot.typer_app import Json, examples, group
from rag.command import griot

if TYPE_CHECKING:
    from bot.assembly import Assembly

app = group("What people thought of answers.")


@app.callback()
def feedback() -> None:
    """Keep the name `export`, though it is the only command."""


def _day(text: str) -> datetime:
    """Return the beginning of a day in UTC.

    Raises:
        typer.BadParameter: it is no date.
    """
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2026-11-01.") from error


@app.command(
    epilog=examples(
        "feedback export > reported.questions.yaml",
        "feedback export --since 2026-11-01 --json",
    )
)
def export(
    ctx: typer.Context,
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", metavar="DATE", parser=_day, help="Only ratings from that day on, UTC."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the answers that somebody found bad as a set, to be edited.

    These have a 👎 in Telegram or a /bad in griot chat, the latest first. Comments show each answer
    and its sources; nobody is named.
    """
    from bot.questions import reported, stubs
    from bot.terminal import render

    assembly: Assembly = ctx.obj()
    with assembly.library() as library:
        disliked = library.disliked(since)
        found = reported.reports(library, disliked, say)
    if not disliked:
        day = f" since {since:%Y-%m-%d}" if since else ""
        say(
            f"no answer was found bad{day}; 👎 in Telegram and /bad in {griot('chat')} say that "
            "one is"
        )
    if as_json:
        sys.stdout.write(render.json_line([reported.report_dict(report) for report in found]))
    elif found:
        sys.stdout.write(stubs.as_set(found))
