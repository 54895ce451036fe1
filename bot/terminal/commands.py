"""The commands of `griot`. What is heavy is imported by the command that needs it."""

import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import say, version
from bot.questions import commands as questions
from bot.questions import feedback_commands, import_commands
from bot.typer_app import Json, examples, group
from rag.command import griot
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from rag.types import Outcome

# A longer question, in characters, is taken for a file that was given by mistake.
LONGEST = 2_000


class Status(IntEnum):
    """The exit statuses that a command gives."""

    DONE = 0
    FAILED = 1
    NOT_IN_CORPUS = 3


app = group(completion=True)

Words = Annotated[
    list[str],
    typer.Argument(metavar="QUESTION", help="The question, or - to read it from standard input."),
]


@app.command(
    epilog=examples(
        'ask "who accompanied Goïta?"',
        "ask --json who accompanied Goïta",
        "ask - < question.txt",
    )
)
def ask(ctx: typer.Context, words: Words, *, as_json: Json = False) -> None:
    """Answer a question from the articles, each claim with its source and its quote.

    Exits with 0 if they answer it, 3 if they do not say, 1 on failure, 2 on wrong usage.
    """
    question = _question(words)
    import asyncio

    from bot.terminal import render
    from bot.terminal.live import watched
    from bot.terminal.upkeep import up_to_date

    with _assembly(ctx).library() as library:
        up_to_date(library, stream=sys.stderr, say=say)
        answer = asyncio.run(watched(library.stream(question), sys.stdout))
    if as_json:
        _print_json(render.answer_dict(answer))
    else:
        render.show(render.answer_lines(answer), sys.stdout)
    raise typer.Exit(_status(answer.outcome))


@app.command(epilog=examples("chat", "chat --json < questions.txt"))
def chat(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Hold a conversation, in which a question may refer to the one before.

    Where standard input is no terminal, each of its lines is a question. With --json, each answer
    is an object on a line of its own.
    """
    from bot.terminal import chat as repl

    assembly = _assembly(ctx)
    with assembly.library() as library:
        well = repl.run(library, home=assembly.settings.home, as_json=as_json, say=say)
    raise typer.Exit(Status.DONE if well else Status.FAILED)


@app.command(epilog=examples("telegram"))
def telegram(ctx: typer.Context) -> None:
    """Run the Telegram bot whose token is GRIOT_TELEGRAM_TOKEN, until Ctrl-C or SIGTERM.

    README explains how to get a token, and lists the other settings.
    """
    assembly = _assembly(ctx)
    settings = assembly.settings
    if settings.telegram_token is None:
        raise GriotError(
            "GRIOT_TELEGRAM_TOKEN is not set. Send /newbot to @BotFather in Telegram, and put the "
            "token that it gives into .env: GRIOT_TELEGRAM_TOKEN=123456:ABC-…"
        )
    import asyncio

    from bot.chat.logs import set_up
    from bot.telegram_bot import app as bot

    set_up(
        bot.secrets(settings),
        level=settings.log_level,
        stream=sys.stderr,
        questions=settings.log_questions,
    )
    with assembly.library() as library:
        raise typer.Exit(asyncio.run(bot.run(settings, library)))


@app.command(epilog=examples("index", "index ~/articles more.jsonl --json"))
def index(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files and folders; the corpus folder if none."),
    ] = None,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the search indexes anew from stored articles.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read articles: .txt, .md, .html, .json and .jsonl files, and folders of them.

    Exits with 0 if something is indexed, 1 if nothing could be.
    """
    from bot.terminal import render
    from bot.terminal.upkeep import indexing

    assembly = _assembly(ctx)
    corpus = assembly.settings.corpus
    # Unlike a refresh, ingesting reports every skipped file also where nothing could be read.
    roots = paths or ([corpus] if corpus.is_dir() else [])
    with assembly.library() as library, indexing(sys.stderr, say=say) as bar:
        if rebuild:
            library.rebuild(progress=bar)
        report = library.ingest(roots, progress=bar) if roots else library.refresh(progress=bar)
    if as_json:
        _print_json(render.report_dict(report))
    else:
        render.show(render.report_lines(report), sys.stdout)
    if not report.indexed:
        say("nothing could be indexed; give it articles as .txt, .md, .html, .json or .jsonl files")
        raise typer.Exit(Status.FAILED)


@app.command(epilog=examples('search "Africa Corps" -k 3', "search --json Wagner"))
def search(
    ctx: typer.Context,
    words: Words,
    *,
    k: Annotated[
        int, typer.Option("-k", min=1, max=1000, metavar="N", help="How many passages.")
    ] = 8,
    as_json: Json = False,
) -> None:
    """Show the passages that resemble a question, best first, and what found them."""
    question = _question(words)
    from bot.terminal import render
    from bot.terminal.upkeep import up_to_date

    with _assembly(ctx).library() as library:
        up_to_date(library, stream=sys.stderr, say=say)
        evidence = library.search(question, k)
    if as_json:
        _print_json({"question": question, "passages": render.evidence_dicts(evidence)})
    else:
        render.show(render.evidence_lines(evidence), sys.stdout)


@app.command(epilog=examples("show", "show 001_eacec48ebf4a28f6.txt"))
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="ARTICLE_ID", help="The article's id, or a part only it has."),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Print an article's text exactly as it is stored; without an id, list the articles.

    The start and end of a citation are offsets in this text: text[start:end] is the quote.
    """
    from bot.terminal import render

    assembly = _assembly(ctx)
    with assembly.library() as library:
        articles = (library.article(name),) if name else library.articles()
    if as_json:
        _print_json(render.article_dict(articles[0]) if name else render.article_dicts(articles))
    elif name:
        sys.stdout.write(articles[0].text + ("\n" if sys.stdout.isatty() else ""))
    else:
        render.show(render.id_lines(articles), sys.stdout)
    if not articles:
        corpus = assembly.settings.corpus
        command = griot("index")
        say(f"no article is indexed yet; put some into the folder {corpus} and run: {command}")


@app.command(epilog=examples("answers", "answers -n 100 --json"))
def answers(
    ctx: typer.Context,
    *,
    n: Annotated[
        int, typer.Option("-n", min=1, max=10_000, metavar="N", help="How many answers.")
    ] = 20,
    as_json: Json = False,
) -> None:
    """List past answers, newest first, with the ids that `why` takes."""
    from bot.terminal import render

    with _assembly(ctx).library() as library:
        records = library.last_answers(n)
    if as_json:
        _print_json(render.answer_dicts(records))
    else:
        render.show(render.answer_list(records), sys.stdout)
    if not records:
        say(f"no answer is kept yet; ask a question: {griot('ask', 'QUESTION')}")


@app.command(epilog=examples("why 7k3fq2", "why --json 7k3"))
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
    from bot.terminal import render

    with _assembly(ctx).library() as library:
        record, versions = library.trace(name)
    if as_json:
        _print_json(render.record_dict(record, versions))
    else:
        render.show(render.record_lines(record, versions), sys.stdout)


app.command(
    epilog=examples(
        "check corpus/questions.yaml",
        "check --tag follow-up --report page.html --report results.json",
        "check --baseline baseline.json --bless",
        "check --record recorded/",
        "check --replay recorded/",
        'check --draft "who accompanied Goïta?"',
    )
)(questions.check)
app.command(epilog=examples("compare small.json large.json"))(questions.compare)


app.add_typer(feedback_commands.app, name="feedback")
app.add_typer(import_commands.app, name="import")


@app.command(epilog=examples("doctor", "doctor --json"))
def doctor(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Check every part that answering needs, and show how to mend those that do not work."""
    from bot.terminal import doctor as surgery
    from bot.terminal import render

    checks = surgery.examine(ctx.obj, version())
    if as_json:
        _print_json(render.check_dicts(checks))
    else:
        render.show(render.check_lines(checks), sys.stdout)
    failed = any(check.state is surgery.State.FAIL for check in checks)
    raise typer.Exit(Status.FAILED if failed else Status.DONE)


def _assembly(ctx: typer.Context) -> "Assembly":
    assembly: Assembly = ctx.obj()
    return assembly


def _question(words: list[str]) -> str:
    """The question on one line.

    Raises:
        typer.BadParameter: it is empty, or far too long.
    """
    from bot.terminal.render import printable

    if words == ["-"] and sys.stdin.isatty():
        say("type the question; Ctrl-D ends it")
    question = " ".join(printable(sys.stdin.read() if words == ["-"] else " ".join(words)).split())
    if not question:
        raise typer.BadParameter("the question is empty.", param_hint="QUESTION")
    if len(question) > LONGEST:
        raise typer.BadParameter(
            f"the question has {len(question):,} characters; at most {LONGEST:,} are read.",
            param_hint="QUESTION",
        )
    return question


def _status(outcome: "Outcome") -> Status:
    from rag.types import Outcome

    match outcome:
        case Outcome.ANSWERED | Outcome.PARTLY_ANSWERED:
            return Status.DONE
        case Outcome.NOT_IN_CORPUS:
            return Status.NOT_IN_CORPUS
        case Outcome.FAILED:
            return Status.FAILED


def _print_json(value: object) -> None:
    from bot.terminal.render import json_line

    sys.stdout.write(json_line(value))
