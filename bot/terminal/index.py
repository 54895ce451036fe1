"""`griot index`, what it did, and the index brought up to date before a question."""

import asyncio
import hashlib
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
from rag.errors import EngineGone, IndexLocked, SourceError
from rag.pages.links import is_address, without_credentials

if TYPE_CHECKING:
    from bot.corpus.editors import Editors
    from rag.index.ingest import IngestReport
    from rag.index.progress import Progress
    from rag.library import Library
    from rag.types import Skipped

STANDARD_INPUT = "-"
SHORT_HASH = 8

NAMED = 3
"""Skipped files that are named before a question; the rest are counted."""

app = group()


@app.command(
    **documented(
        "index",
        "index ~/articles more.jsonl --json",
        "index https://news.example/feed.xml",
        "index - < article.html",
    )
)
def index(
    ctx: typer.Context,
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders and addresses of pages, feeds, sitemaps and sites; - is standard "
            "input; by default the corpus folder.",
        ),
    ] = None,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild the search indexes from the stored articles.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read articles from files, folders, addresses and standard input, and report what changed.

    What comes from an address or standard input is kept in the corpus folder, in added/. The format
    of standard input is told by its content.

    Exits with 0 if something is indexed, 1 if nothing could be.
    """
    from bot.corpus.editors import Editors
    from rag.index.ingest import IngestReport
    from rag.pages.listings import MOST
    from rag.pages.visits import Visitor

    assembly = assembled(ctx)
    corpus = assembly.settings.corpus
    # Unlike a refresh, ingesting reports every skipped file also where nothing could be read.
    links = [each for each in given or () if is_address(each) or each == STANDARD_INPUT]
    paths = [Path(each) for each in given or () if each not in links]
    roots = paths or ([corpus] if corpus.is_dir() and not links else [])
    with assembly.library() as library, indexing(sys.stderr) as bar:
        if rebuild:
            library.rebuild(progress=bar)
        report = IngestReport()
        if roots:
            report = library.ingest(roots, progress=bar)
        elif not links:
            report = library.refresh(progress=bar)
        editors = Editors(library, visitor=Visitor(assembly.get), most=MOST)
        for link in links:
            report += asyncio.run(added(editors, link, bar))
        indexed = report.indexed or (not given and library.status().articles)
    console.output(report_dict(report) if as_json else report_lines(report))
    if not indexed:
        from rag.pages.formats import KINDS

        # An address that was skipped has named its own remedy.
        advice = "" if links and not paths else f"; give it articles as files ({KINDS})"
        console.say(f"nothing could be indexed{advice}")
        raise typer.Exit(ExitStatus.FAILED)


async def added(editors: "Editors", link: str, progress: "Progress") -> "IngestReport":
    """Add what is at an address or on standard input; report as skipped what cannot be added."""
    from rag.index.ingest import IngestReport
    from rag.types import Skipped

    try:
        if link == STANDARD_INPUT:
            name, content = standard_input()
            return await editors.add_file(name, content, progress=progress)
        return await editors.add_link(link, progress=progress)
    except SourceError as error:
        named = "standard input" if link == STANDARD_INPUT else without_credentials(link)
        return IngestReport(skipped=(Skipped(named, error.remark),))


def standard_input() -> tuple[str, bytes]:
    """Return what standard input holds, and a name for it that tells its format.

    Raises:
        SourceError: it is too long.
    """
    from rag.pages.formats import recognised
    from rag.pages.sources import MAX_BYTES
    from rag.reasons import Reason

    if sys.stdin.isatty():
        console.say("type the article; Ctrl-D ends it")
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        most = MAX_BYTES // 2**20
        raise SourceError(Reason.TOO_LONG_INPUT(most=most))
    if not content.strip():
        raise SourceError(Reason.EMPTY())
    digest = hashlib.sha256(content).hexdigest()[:SHORT_HASH]
    return f"stdin-{digest}{recognised(content)}", content


def up_to_date(library: "Library", *, stream: TextIO, say: Callable[[str], None]) -> None:
    """Refresh the library, saying in a line what was skipped.

    Where another process is writing, or a server does not answer, the articles that are already
    indexed still answer, and that is said too.

    Raises:
        GriotError: there is nothing to answer from, or the index cannot be used.
    """
    try:
        with indexing(stream) as bar:
            report = library.refresh(progress=bar)
    except (EngineGone, IndexLocked) as error:
        if not library.status().articles:
            raise
        say(f"{str(error).rstrip('.')}; using the articles indexed so far")
    else:
        if report.skipped:
            say(skipped_line(report.skipped))


def change_lines(report: "IngestReport", skipped: "Sequence[Skipped]") -> Lines:
    """Return what changed, and these skipped files, each with its reason."""
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
        *(line(("skipped  ", Style.BAD), f"{each.location}: {each.reason}") for each in skipped),
    )


def report_lines(report: "IngestReport") -> Lines:
    """Return what changed, each skipped file with its reason, remarks, and counts."""
    return (
        *change_lines(report, report.skipped),
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
