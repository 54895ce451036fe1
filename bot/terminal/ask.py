"""`griot ask`: one question, and the progress of its answer while it is made."""

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from bot import console
from bot.console import Style, counted, printable
from bot.program import ExitStatus
from bot.terminal import render
from bot.terminal.index import up_to_date
from bot.typer_app import Json, documented, group, opened
from rag.types import Answer, Event, Outcome, ReadingArticles, Searching, TextDelta

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from rag.library import Library

# A longer question, in characters, is taken for a file that was given by mistake.
LONGEST = 2_000

Words = Annotated[
    list[str],
    typer.Argument(metavar="QUESTION", help="The question, or - to read it from standard input."),
]

STATUSES = {
    Outcome.ANSWERED: ExitStatus.DONE,
    Outcome.PARTLY_ANSWERED: ExitStatus.DONE,
    Outcome.UNSURE: ExitStatus.NO_ANSWER,
    Outcome.NOT_IN_CORPUS: ExitStatus.NO_ANSWER,
    Outcome.REPLY: ExitStatus.DONE,
    Outcome.FAILED: ExitStatus.FAILED,
}

app = group()


@app.command(
    **documented(
        'ask "who accompanied Goïta?"',
        "ask --json who accompanied Goïta",
        "ask - < question.txt",
    )
)
def ask(ctx: typer.Context, words: Words, *, as_json: Json = False) -> None:
    """Answer a question from the articles, each claim with its source and its quote.

    Exits with 0 if the articles answer it, 3 if not or if unsure, 1 on failure, 2 on wrong usage.
    """
    question = one_line(words)
    import asyncio

    with opened(ctx) as library:
        up_to_date(library, stream=sys.stderr, say=console.say)
        answer = asyncio.run(answered(library.stream(question), library, sys.stdout))
    console.output(render.answer_dict(answer) if as_json else render.answer_lines(answer))
    raise typer.Exit(STATUSES[answer.outcome])


async def answered(
    events: AsyncGenerator[Event, None], library: "Library", stream: TextIO
) -> Answer:
    """Return the answer, as `watched` does; a reply may have questions to try added."""
    answer = await watched(events, stream)
    if answer.outcome is not Outcome.REPLY:
        return answer
    from bot.chat.examples import with_examples

    return await with_examples(answer, library)


def one_line(words: list[str]) -> str:
    """Return the question on one line, read from standard input where the only word is "-".

    Raises:
        typer.BadParameter: it is empty, or far too long.
    """
    if words == ["-"] and sys.stdin.isatty():
        console.say("type the question; Ctrl-D ends it")
    question = " ".join(printable(sys.stdin.read() if words == ["-"] else " ".join(words)).split())
    if not question:
        raise typer.BadParameter("the question is empty.", param_hint="QUESTION")
    if len(question) > LONGEST:
        raise typer.BadParameter(
            f"the question has {len(question):,} characters; at most {LONGEST:,} are read.",
            param_hint="QUESTION",
        )
    return question


async def watched(events: AsyncGenerator[Event, None], stream: TextIO) -> Answer:
    """Show the stage, then the text as it is written; wipe both and return the answer.

    Where the stream is no terminal, nothing is shown.
    """
    async with aclosing(events):
        with _live(stream) if stream.isatty() else nullcontext() as live:
            stage = written = ""
            async for event in events:
                match event:
                    case Answer():
                        return event
                    case Searching():
                        stage = "Searching …"
                    case ReadingArticles(articles):
                        stage = f"Reading {counted(articles, 'article')} …"
                    case TextDelta(delta):
                        written += delta
                if live:
                    live.update(_text(written or stage, Style.PLAIN if written else Style.FAINT))
    raise AssertionError("a stream ends with its answer")


def _live(stream: TextIO) -> "Live":
    from rich.console import Console
    from rich.live import Live

    return Live(console=Console(file=stream, highlight=False), transient=True)


def _text(text: str, style: Style) -> "Text":
    from rich.text import Text

    return Text("\n".join(printable(row) for row in text.splitlines()), style=style.value)
