"""The command `griot import squad`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.typer_app import Json, examples, group
from rag.command import griot

if TYPE_CHECKING:
    from bot.questions.set_folder import Imported, LeftOut
    from bot.terminal.render import Line

LISTED = 50
"""Parts left out that are listed before the rest is counted."""

app = group("Make articles and a question set from what you already have.")

Into = Annotated[
    Path | None,
    typer.Option(
        "--into",
        metavar="FOLDER",
        help="A new or empty folder; by default named as the file, in the working folder.",
        show_default=False,
    ),
]


@app.callback()
def import_set() -> None:
    """Keep the name `squad`, though it is the only command."""


@app.command(
    short_help="Read SQuAD and XQuAD: questions with gold answers.",
    epilog=examples(
        "import squad dev-v2.0.json",
        "import squad xquad.en.json xquad.es.json --into xquad",
    ),
)
def squad(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="SQuAD or XQuAD JSON.")],
    *,
    into: Into = None,
    as_json: Json = False,
) -> None:
    """Read SQuAD 1.1, SQuAD 2.0 or XQuAD: each paragraph becomes an article.

    A question expects any of its gold answers and a citation of its paragraph; an impossible one
    must be refused.
    """
    from bot.questions.squad import squad as import_squad
    from bot.terminal.upkeep import Bar

    with Bar(sys.stderr) as bar:
        made = import_squad(files, into or Path(files[0].stem), bar)
    from bot.questions.set_folder import imported_dict
    from bot.terminal import render

    if as_json:
        sys.stdout.write(render.json_line(imported_dict(made)))
    else:
        render.show(imported_lines(made), sys.stdout)


def imported_lines(made: "Imported") -> tuple["Line", ...]:
    """Return the summary of an import, and the next command."""
    from bot.questions.words import counted
    from bot.terminal.render import Style, line

    counts = (
        counted(made.articles, "article"),
        f"{counted(made.questions, 'question')}, {made.refusals:,} of them to be refused",
    )
    return (
        line(f"made {made.folder}: {', '.join(counts)}"),
        *(line((remark, Style.FAINT), hang=2) for remark in made.remarks),
        *_left_out(made.left_out),
        line(f"next: {griot('check', str(made.set_path))}"),
    )


def _left_out(left_out: "Sequence[LeftOut]") -> tuple["Line", ...]:
    from bot.terminal.render import Style, line

    listed = tuple(
        line(("left out  ", Style.WARNING), str(left), hang=10) for left in left_out[:LISTED]
    )
    rest = len(left_out) - LISTED
    return (*listed, line(f"and {rest:,} more; --json lists all")) if rest > 0 else listed
