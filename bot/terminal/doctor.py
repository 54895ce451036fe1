"""`griot doctor`: checks each part that answering needs, and names the remedy."""

import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from bot import console
from bot.console import Lines, Style, counted, line
from bot.program import ExitStatus, griot
from bot.terminal.index import kinds
from bot.typer_app import Json, documented, group
from rag.errors import EmbeddingError, GriotError, ModelError, SourceError, TextCut

if TYPE_CHECKING:
    import httpx

    from bot.assembly import Assembly
    from bot.settings import Settings
    from rag.index.engines import Engines
    from rag.models.chat import ChatModel

LINE = "A griot keeps the people's record."

# Tokens that a word may take of a model that thinks first, and models that are named.
WORD, NAMED = 512, 5

# Seconds that Telegram has to answer; what its names of bots are made of, which no token is.
PATIENCE = 5.0
NAME = re.compile(r"\w{1,32}", re.ASCII)

# What Telegram answers to a token that it does not know, or that is none.
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}

ELSEWHERE = "look at GRIOT_TELEGRAM_API_URL"


class State(StrEnum):
    """The state of a part."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One part: what was found and, where it does not work, the remedy."""

    name: str
    state: State
    detail: str
    remedy: str = ""


app = group()


@app.command(**documented("doctor", "doctor --json"))
def doctor(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Check every part that answering needs, and show how to mend those that do not work."""
    checks = examine(ctx.obj, console.version())
    console.output([asdict(check) for check in checks] if as_json else check_lines(checks))
    failed = any(check.state is State.FAIL for check in checks)
    raise typer.Exit(ExitStatus.FAILED if failed else ExitStatus.DONE)


def check_lines(checks: Sequence[Check]) -> Lines:
    """Return a line for each part, and one under it for the remedy."""
    return tuple(
        row
        for check in checks
        for row in (
            line(
                (f"{check.state:<5}", _STYLES[check.state]),
                f"{check.name:<9} {check.detail}",
                hang=15,
            ),
            *((line(check.remedy, indent=15),) if check.remedy else ()),
        )
    )


_STYLES = {State.OK: Style.GOOD, State.WARN: Style.WARNING, State.FAIL: Style.BAD}


def examine(assemble: "Callable[[], Assembly]", version: str) -> tuple[Check, ...]:
    """Return every part's check; with unusable settings, only those that need none."""
    python = Check("python", State.OK, platform.python_version())
    first = (python, Check("griot", State.OK, version))
    try:
        assembly = assemble()
    except GriotError as error:
        return (*first, Check("settings", State.FAIL, str(error)))
    home, corpus = assembly.settings.home, assembly.settings.corpus
    served = [
        _working(name, partial(part, assembly.settings.engines))
        for name, part in (("database", _database), ("vectors", _vectors))
        if assembly.settings.engines
    ]
    articles, index = _index(assembly)
    tried = {"embedder": _embedder, "reader": _reader, "model": _chat_model}
    if assembly.settings.verify_url:
        tried["verifier"] = _verifier
    return (
        *first,
        _home(home),
        _corpus(corpus, articles),
        *served,
        index,
        *(_working(name, partial(part, assembly)) for name, part in tried.items()),
        *telegram(assembly.settings),
    )


def _home(home: Path) -> Check:
    nearest = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if home.exists() and not home.is_dir():
        return Check("home", State.FAIL, f"{home} is not a folder", "Set GRIOT_HOME to a folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Check(
            "home", State.FAIL, f"{home} cannot be written", "Allow writing, or set GRIOT_HOME."
        )
    return Check("home", State.OK, f"{home}" if home.exists() else f"{home}, not made yet")


def _corpus(corpus: Path, articles: int) -> Check:
    from rag.pages import sources

    ill = State.WARN if articles else State.FAIL
    remedy = "Put articles there, or set GRIOT_CORPUS."
    if not corpus.is_dir():
        return Check("corpus", ill, f"{corpus} is not a folder", remedy)
    others: set[str] = set()
    files, shut = 0, []
    for file in sources.walk(corpus, others=others):
        files += not file.shut
        shut += [file.path] if file.shut else []
    unread = f"; of kinds that are not read: {kinds(sources.kinds(others))}" if others else ""
    unread += f"; {_shut(shut, corpus)}" if shut else ""
    if not files:
        return Check("corpus", ill, f"{corpus} holds no file that can be read{unread}", remedy)
    state = State.WARN if shut else State.OK
    return Check("corpus", state, f"{corpus}, {counted(files, 'file')}{unread}")


def _shut(paths: list[Path], corpus: Path) -> str:
    """Return why the first of some paths cannot be read, and how many more there are."""
    from rag.pages import sources

    location = sources.short(paths[0].relative_to(corpus).as_posix())
    more = f" (and {len(paths) - 1:,} more)" if len(paths) > 1 else ""
    try:
        sources.read_file(paths[0], location)
    except SourceError as error:
        return f"{location}: {error}{more}"
    return f"{location} cannot be read{more}"


def _index(assembly: "Assembly") -> tuple[int, Check]:
    """Return the number of articles in the index, and its check."""
    if not assembly.settings.home.exists() and not assembly.settings.engines:
        return 0, Check("index", State.OK, "not made yet: the first question makes it")
    try:
        with assembly.library() as library:
            status = library.status()
            library.verify()
            with suppress(EmbeddingError):  # the embedder's own check tells it
                library.search("record", 1)
    except GriotError as error:
        return 0, Check("index", State.FAIL, str(error))
    detail = (
        f"{counted(status.articles, 'article')}, {counted(status.passages, 'passage')}, "
        f"{status.size_bytes / 1e6:,.1f} MB, made with {status.embedder}"
    )
    if status.pending:
        waiting = f"{detail}; {counted(status.pending, 'passage')} not searchable yet"
        return status.articles, Check("index", State.WARN, waiting, f"Run {griot('index')}.")
    if not status.articles:
        return 0, Check("index", State.WARN, "no article yet", f"Run {griot('index')}.")
    return status.articles, Check("index", State.OK, detail)


def _working(name: str, tried: Callable[[], str]) -> Check:
    """Return the check of a part that works if trying it raises no `GriotError`."""
    try:
        return Check(name, State.OK, tried())
    except GriotError as error:
        return Check(name, State.FAIL, str(error))


def _database(engines: "Engines") -> str:
    """Ask the database for its version."""
    from rag.index.postgres import shown, version

    began, url = time.perf_counter(), engines.database.url
    return f"{shown(url)}, PostgreSQL {version(url)}, in {_since(began)}"


def _vectors(engines: "Engines") -> str:
    """Ask Chroma's server for its version and its database."""
    from rag.index.chroma_server import ChromaServer

    began = time.perf_counter()
    with closing(ChromaServer(engines.chroma)) as server:
        server.check()
        return f"{server.name}, Chroma {server.version()}, in {_since(began)}"


def _since(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:,.0f} ms"


def _at(url: str | None) -> str:
    return f"at {urlsplit(url).hostname}" if url else "embedded"


def _embedder(assembly: "Assembly") -> str:
    """Embed one line, with the embedded model or with one call to the endpoint."""
    began = time.perf_counter()
    embedder = assembly.embedder()
    dimensions = embedder.texts([LINE]).shape[1]
    url = assembly.settings.embed_url
    where = _at(url) if url else _embedded("encoder.int8.onnx", "words.q4.bin")
    return f"{embedder.name}, {where}, {dimensions} dimensions, a line in {_since(began)}"


def _reader(assembly: "Assembly") -> str:
    """Read one line."""
    from rag.types import Span

    began = time.perf_counter()
    assembly.reader().read("Who keeps the record?", [(LINE, [Span(0, len(LINE))])])
    files = "reader.en.int8.onnx", "reader.int8.onnx", "words.q4.bin"
    return f"{_embedded(*files)}, judges too, a line in {_since(began)}"


def _embedded(*files: str) -> str:
    """Return the size of an embedded model's files, and the languages that it was measured in."""
    from rag.models.onnx import LANGUAGES, MODELS

    size = sum((MODELS / file).stat().st_size for file in files)
    return f"embedded, {size / 1e6:.0f} MB, measured in {', '.join(LANGUAGES)}"


def _verifier(assembly: "Assembly") -> str:
    """Have a server judge one claim."""
    from rag.grounding.support import Pair

    began = time.perf_counter()
    verifier = assembly.verifier()
    verifier.support([Pair(LINE, (LINE,))])
    return f"{verifier.name}, {_at(assembly.settings.verify_url)}, a claim in {_since(began)}"


def _chat_model(assembly: "Assembly") -> str:
    """Ask the server for its models, and the model for one word."""
    import asyncio

    model = assembly.chat_model()
    if model is None:
        return "no chat model: the embedded reader answers"
    settings = assembly.settings
    if settings.llm_file:
        listed, took = asyncio.run(_loaded(model))
        where = f"in {settings.llm_file}"
    else:
        listed, took = asyncio.run(_called(model))
        where = f"at {settings.llm.module}" if settings.llm else _at(settings.llm_url)
    return f"{model.name}, {where}, {listed}, a word in {took}"


async def _loaded(model: "ChatModel") -> tuple[str, str]:
    """Return how much memory a model in a file takes, and how long a call took."""
    from rag.models.local.model import LocalModel

    assert isinstance(model, LocalModel)
    try:
        memory = await model.memory()
        return f"{memory / 1e9:.1f} GB of memory", (await _called(model))[1]
    finally:
        await model.close()


async def _called(model: "ChatModel") -> tuple[str, str]:
    """Return what the server lists, and how long a call took."""
    from rag.models.chat import Message

    try:
        names = await model.models()
    except ModelError:  # not every server has a list; the call tells whether it works
        names = ()
    listed = _listed(names, model.name) if names else "no list of models"
    began = time.perf_counter()
    request = [Message("user", "Answer with the word yes.")]
    try:
        with suppress(TextCut):
            async for _ in model.stream(request, max_tokens=WORD):
                pass
    except ModelError as error:
        raise ModelError(f"{error} ({listed})") from error
    return listed, _since(began)


def _listed(names: tuple[str, ...], wanted: str) -> str:
    """Count the models that a server lists; name them where the wanted one is not among them."""
    total = f"{counted(len(names), 'model')} listed"
    if wanted in names:
        return total
    more = ", …" if len(names) > NAMED else ""
    return f"{total}, not this one: {', '.join(names[:NAMED])}{more}"


def telegram(
    settings: "Settings", transport: "httpx.BaseTransport | None" = None
) -> tuple[Check, ...]:
    """Ask Telegram who the bot is, where its token is set; the token is never shown."""
    import httpx

    if settings.telegram_token is None:
        return ()
    base, token = settings.telegram_api_url, settings.telegram_token.get_secret_value()
    host = urlsplit(base).hostname or ""
    try:
        with httpx.Client(transport=transport, timeout=PATIENCE) as client:
            reply = client.get(f"{base.rstrip('/')}/bot{token}/getMe")
    except (httpx.HTTPError, httpx.InvalidURL):
        detail = f"{host} cannot be reached"
        return (Check("telegram", State.FAIL, detail, f"Check the network, or {ELSEWHERE}."),)
    return (_bot(reply, host),)


def _bot(reply: "httpx.Response", host: str) -> Check:
    """Read the reply to getMe."""
    if reply.status_code in REFUSED:
        remedy = "Get a new one from @BotFather, and set GRIOT_TELEGRAM_TOKEN."
        return Check("telegram", State.FAIL, f"{host} refuses the token", remedy)
    try:
        bot = reply.json()["result"]
        name, reads_all = bot["username"], bot.get("can_read_all_group_messages")
    except (ValueError, LookupError, TypeError, AttributeError):
        name, reads_all = "", None
    if not NAME.fullmatch(str(name)):
        detail = f"{host} does not answer as a Bot API server ({reply.status_code})"
        return Check("telegram", State.FAIL, detail, f"Try again later, or {ELSEWHERE}.")
    privacy = (
        "off: it reads all that groups write" if reads_all else "on: mentions in groups are hidden"
    )
    return Check("telegram", State.OK, f"@{name}, privacy {privacy}")
