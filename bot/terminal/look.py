"""Commands that show the index: `griot search`, `show`, `answers` and `why`."""

import sys
from typing import Annotated

import typer

from bot import console
from bot.program import griot
from bot.terminal import render
from bot.terminal.ask import Words, one_line
from bot.terminal.index import up_to_date
from bot.typer_app import Json, assembled, documented, group, opened

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
