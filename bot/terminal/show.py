"""`griot show`: an article as it is stored, or all of them."""

import sys
from typing import Annotated

import typer

from bot import console
from bot.program import griot
from bot.terminal import render
from bot.typer_app import Json, assembled, documented, group

app = group()


@app.command(**documented("show", "show 001_eacec48ebf4a28f6.txt"))
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="ARTICLE_ID", help="The article's id, or a part that only it has."),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Print an article's text exactly as it is stored; without an id, list the articles.

    The start and end of a citation are offsets in this text: text[start:end] is the quote.
    """
    assembly = assembled(ctx)
    with assembly.library() as library:
        articles = (library.article(name),) if name else library.articles()
    if name and not as_json:
        sys.stdout.write(articles[0].text + ("\n" if sys.stdout.isatty() else ""))
    elif name:
        console.output(render.article_dict(articles[0]))
    else:
        listed = [render.article_fields(article) for article in articles]
        console.output(listed if as_json else render.id_lines(articles))
    if not articles:
        corpus, command = assembly.settings.corpus, griot("index")
        console.say(
            f"no article is indexed yet; put some into the folder {corpus} and run: {command}"
        )
