"""`griot answers` and `griot why`: past answers, and how each came about."""

from typing import Annotated

import typer

from bot import console
from bot.program import griot
from bot.terminal import render
from bot.typer_app import Json, documented, group, opened

app = group()


@app.command(**documented("answers", "answers -n 100 --json"))
def answers(
    ctx: typer.Context,
    *,
    n: Annotated[
        int, typer.Option("-n", min=1, max=10_000, metavar="N", help="List N answers.")
    ] = 20,
    as_json: Json = False,
) -> None:
    """List past answers, newest first, with the ids that `why` takes."""
    with opened(ctx) as library:
        past = library.last_answers(n)
    console.output(render.answer_dicts(past) if as_json else render.answer_list(past))
    if not past:
        console.say(f"no answer is kept yet; ask a question: {griot('ask', 'QUESTION')}")


@app.command(**documented("why 7k3fq2", "why --json 7k3"))
def why(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="ANSWER_ID", help="The answer's id, or the beginning of it."),
    ],
    *,
    as_json: Json = False,
) -> None:
    """Show how a past answer came about: what was read, what was quoted, what wrote it.

    Quotes are shown as they were given; those whose article has changed since are marked.
    """
    with opened(ctx) as library:
        answer, versions = library.trace(name)
    console.output(
        render.trace_dict(answer, versions) if as_json else render.trace_lines(answer, versions)
    )
