"""`griot index`, what it did, and the index brought up to date before a question."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from bot import console
from bot.console import Lines, Style, first, line, printable
from bot.program import ExitStatus, griot
from bot.progress import indexing
from bot.typer_app import Json, assembled, documented, group
from rag.errors import IndexLocked

if TYPE_CHECKING:
    from rag.index.ingest import IngestReport
    from rag.library import Library
    from rag.types import Skipped

NAMED = 3
"""Skipped files that are named before a question; the rest are counted."""

app = group()


@app.command(**documented("index", "index ~/articles more.jsonl --json"))
def index(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files and folders; by default the corpus folder."),
    ] = None,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild the search indexes from the stored articles.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read articles from files and folders, and say what changed.

    Exits with 0 if something is indexed, 1 if nothing could be.
    """
    assembly = assembled(ctx)
    corpus = assembly.settings.corpus
    # Unlike a refresh, ingesting reports every skipped file also where nothing could be read.
    roots = paths or ([corpus] if corpus.is_dir() else [])
    with assembly.library() as library, indexing(sys.stderr) as bar:
        if rebuild:
            library.rebuild(progress=bar)
        report = library.ingest(roots, progress=bar) if roots else library.refresh(progress=bar)
        indexed = report.indexed or (not paths and library.status().articles)
    console.output(report_dict(report) if as_json else report_lines(report))
    if not indexed:
        from rag.pages.formats import KINDS

        console.say(f"nothing could be indexed; give it articles as files ({KINDS})")
        raise typer.Exit(ExitStatus.FAILED)


def up_to_date(library: "Library", *, stream: TextIO, say: Callable[[str], None]) -> None:
    """Refresh the library, saying in a line what was skipped.

    Where another process is writing, the articles that are already indexed still answer, and that
    is said too.

    Raises:
        GriotError: there is nothing to answer from, or the index cannot be used.
    """
    try:
        with indexing(stream) as bar:
            report = library.refresh(progress=bar)
    except IndexLocked as error:
        if not library.status().articles:
            raise
        say(f"{str(error).rstrip('.')}; using the articles indexed so far")
    else:
        if report.skipped:
            say(skipped_line(report.skipped))


def report_lines(report: "IngestReport") -> Lines:
    """Return what changed, each skipped file with its reason, remarks, and counts."""
    changes = {
        "new": (Style.GOOD, report.new),
        "changed": (Style.GOOD, report.changed),
        "removed": (Style.WARNING, report.removed),
    }
    return (
        *(
            row
            for what, (style, names) in changes.items()
            for row in first([line((f"{what:<9}", style), name) for name in names], indent=9)
        ),
        *(
            line(("skipped  ", Style.BAD), f"{each.location}: {each.reason}")
            for each in report.skipped
        ),
        *(
            line(("noted    ", Style.WARNING), f"{each.location}: {each.remark}")
            for each in report.noted
        ),
        *(
            (line(("not read ", Style.WARNING), kinds(report.others), hang=9),)
            if report.others
            else ()
        ),
        line(
            f"{len(report.new):,} new, {len(report.changed):,} changed, "
            f"{report.unchanged:,} unchanged, "
            f"{len(report.removed):,} removed, {len(report.skipped):,} skipped"
        ),
    )


def report_dict(report: "IngestReport") -> dict[str, Any]:
    """Return what changed, what was skipped and remarks, for JSON."""
    return {
        "new": list(report.new),
        "changed": list(report.changed),
        "unchanged": report.unchanged,
        "removed": list(report.removed),
        "skipped": [
            {"location": each.location, "reason": str(each.reason)} for each in report.skipped
        ],
        "noted": [{"location": each.location, "remark": str(each.remark)} for each in report.noted],
        "other_kinds": dict(report.others),
        "indexed": report.indexed,
    }


def kinds(counts: Sequence[tuple[str, int]]) -> str:
    """Return the counts of files of other kinds, such as "12 .jpg, 1 without a suffix"."""
    return ", ".join(f"{count:,} {suffix or 'without a suffix'}" for suffix, count in counts)


def skipped_line(skipped: Sequence["Skipped"]) -> str:
    """Return one line that names the first skipped files and counts the rest."""
    named = ", ".join(f"{each.location} ({each.reason})" for each in skipped[:NAMED])
    left = len(skipped) - NAMED
    more = f" and {left:,} more; {griot('index')} names them all" if left > 0 else ""
    return printable(f"skipped {named}{more}")
