"""`griot search`: the passages that resemble a question, and what found them."""

import sys
from typing import Annotated

import typer

from bot import console
from bot.terminal import render
from bot.terminal.ask import Words, one_line
from bot.terminal.index import up_to_date
from bot.typer_app import Json, documented, group, opened

app = group()


@app.command(**documented('search "Africa Corps" -k 3', "search --json Wagner"))
def search(
    ctx: typer.Context,
    words: Words,
    *,
    k: Annotated[
        int, typer.Option("-k", min=1, max=1000, metavar="N", help="Show N passages.")
    ] = 8,
    as_json: Json = False,
) -> None:
    """Show the passages that resemble a question, best first, and what found them."""
    question = one_line(words)
    with opened(ctx) as library:
        up_to_date(library, stream=sys.stderr, say=console.say)
        evidence = library.search(question, k)
    console.output(
        {"question": question, "passages": render.evidence_dicts(evidence)}
        if as_json
        else render.evidence_lines(evidence)
    )
