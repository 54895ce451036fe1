"""`griot export`, `griot import` and `griot migrate`: move an index as it is."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import console
from bot.console import Lines, counted, line
from bot.program import griot
from bot.progress import Bar, indexing
from bot.typer_app import Json, assembled, documented, group
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from rag.index.transfer import TableSet

app = group()

TOLD = ("articles", "passages", "answers")
"""The tables whose rows a person counts."""


@app.command(**documented("export", "export backup"))
def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    *,
    as_json: Json = False,
) -> None:
    """Write the whole index to a folder: JSON lines, and Parquet for the passages and vectors.

    It also holds what people asked and were answered, as the index does.
    """
    from rag.index import transfer

    settings = assembled(ctx).settings
    if not settings.engines and not settings.home.is_dir():
        raise GriotError(f"there is no index yet; make it with: {griot('index')}")
    with Bar(sys.stderr) as bar:
        rows = transfer.exported(settings.place, sets(), folder, bar)
    console.output(rows if as_json else told(rows, f"written to {folder}"))


def read_in(ctx: typer.Context, folder: Path, *, as_json: bool) -> None:
    """Read what `export` wrote into the index that the settings name, which has no articles."""
    from rag.index import transfer

    assembly = assembled(ctx)
    settings = assembly.settings
    if not settings.engines:
        settings.home.mkdir(parents=True, exist_ok=True)
    check_vectors(assembly)
    with Bar(sys.stderr) as bar:
        rows = transfer.imported(folder, settings.place, sets(), bar)
    make_searchable(assembly, f"run: {griot('index')}")
    console.output(rows if as_json else told(rows, "read"))


@app.command(
    **documented("migrate", "migrate --to postgresql://griot@db/griot --chroma http://vectors:8000")
)
def migrate(
    ctx: typer.Context,
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="A PostgreSQL database without articles.")
    ],
    chroma: Annotated[str, typer.Option("--chroma", metavar="URL", help="A Chroma server.")],
    as_json: Json = False,
) -> None:
    """Copy the index to a PostgreSQL database and a Chroma server, embedding nothing anew.

    The index stays where it is. GRIOT_CHROMA_HEADER, _TENANT and _DATABASE hold for the new one. A
    password in --to is seen by who lists this machine's processes; PGPASSWORD is not.
    """
    from rag.index import transfer

    assembly = assembled(ctx)
    if not assembly.settings.engines and not assembly.settings.home.is_dir():
        raise GriotError(f"there is no index yet; make it with: {griot('index')}")
    moved = assembly.served(to, chroma)
    if moved.settings.place == assembly.settings.place:
        raise GriotError("the index is in that database already; name another one behind --to")
    check_vectors(moved)
    use = "set GRIOT_DATABASE_URL and GRIOT_CHROMA_URL to these addresses"
    with Bar(sys.stderr) as bar:
        transfer.copied(assembly.settings.place, moved.settings.place, sets(), bar)
    make_searchable(moved, f"{use}, and run: {griot('index')}")
    with moved.library() as library:
        status = library.status()
    rows = {"articles": status.articles, "passages": status.passages}
    console.output(rows if as_json else told(rows, "copied"))
    if not as_json:
        console.say(f"to use it, {use}")


def check_vectors(assembly: "Assembly") -> None:
    """Check that Chroma's server can be used, where there is one, before anything is copied."""
    from rag.index.chroma_server import ChromaServer

    if engines := assembly.settings.engines:
        with closing(ChromaServer(engines.chroma)) as server:
            server.check()


def make_searchable(assembly: "Assembly", remedy: str) -> None:
    """Make the search stores from what was copied; where that fails, say how to go on."""
    try:
        with assembly.library() as library, indexing(sys.stderr) as bar:
            library.add((), progress=bar)
    except GriotError:
        console.say(f"all is copied, but cannot be searched yet; mend what follows, then {remedy}")
        raise


def told(rows: dict[str, int], what: str) -> Lines:
    """Return a line with what was moved."""
    counts = ", ".join(counted(rows[name], name[:-1]) for name in TOLD if name in rows)
    return (line(f"{counts} {what}"),)


def sets() -> "tuple[TableSet, ...]":
    """Return all the sets of tables of an index, the catalog's first."""
    from bot.chat import store as chat
    from bot.corpus import store as watch
    from bot.standing import store as standing
    from rag.index import catalog
    from rag.index.transfer import TableSet

    return (
        TableSet(None, catalog.MIGRATIONS),
        TableSet("chat", chat.MIGRATIONS),
        TableSet("watch", watch.MIGRATIONS),
        TableSet("standing", standing.MIGRATIONS),
    )
