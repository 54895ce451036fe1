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
    """Make `export` a command of its own name, though it is the only one."""


def _day(text: str) -> datetime:
    """Give the moment, in UTC, at which a day begins.

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
            "--since", metavar="DATE", parser=_day, help="Only what was said from that day on, UTC."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the answers that somebody found bad as a set, to be edited.

    They are those with a thumb down in Telegram or a /bad in griot chat, the last one first. Above
    each question stands what was answered, and from what; nobody is named.
    """
    from bot import render
    from bot.questions import reported, stubs

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
        sys.stdout.write(render.json_line([reported.report_dict(one) for one in found]))
    elif found:
        sys.stdout.write(stubs.as_set(found))
