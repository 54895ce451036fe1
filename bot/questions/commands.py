"""`griot check` and `griot compare`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import Stop
from bot.questions import NAME
from bot.typer_app import Json
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.questions.checking import Options

LISTED = 20
"""Mistakes of a set that are listed before the rest is counted."""


def check(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="SET", help="The question set; questions.yaml of the corpus."),
    ] = None,
    *,
    words: Annotated[
        list[str] | None,
        typer.Option("-k", metavar="WORDS", help="Ask questions with these words; repeatable."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Ask questions with this tag; repeatable."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Ask what failed when it was last asked.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=64, help="How many are asked at a time.")
    ] = 1,
    repeat: Annotated[
        int | None, typer.Option("--repeat", min=1, help="How often each is asked.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Record the chat model's replies."),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="DIR", help="Use recorded replies; no model is asked."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Compare with an earlier result."),
    ] = None,
    bless: Annotated[
        bool, typer.Option("--bless", help="Write this result to the baseline's file.")
    ] = False,
    gate_times: Annotated[
        bool, typer.Option("--gate-times", help="Fail when max_ms is exceeded.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="FILE", help="Write a report: .html, .json or .md."),
    ] = None,
    draft: Annotated[
        str | None,
        typer.Option(
            "--draft", metavar="QUESTION", help="Ask this, and print it as a question for a set."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a set of questions, and check each answer against what the set expects.

    Exits with 0 if every required check passes, 1 if any fails, 2 on wrong usage or a wrong set, 3
    if nothing could be asked.
    """
    from bot.questions import checking

    options = checking.Options(
        words=tuple(words or ()),
        tags=tuple(tags or ()),
        failed=failed,
        jobs=jobs,
        repeat=repeat,
        record=record,
        replay=replay,
        baseline=baseline,
        bless=bless,
        gate_times=gate_times,
        resume=resume,
        reports=tuple(reports or ()),
        as_json=as_json,
    )
    assembly: Assembly = ctx.obj()
    with _ending():
        if draft is not None:
            if not draft.strip():
                raise typer.BadParameter("the question is empty.", param_hint="--draft")
            sys.stdout.write(checking.drafted(assembly, path, draft))
            return
        _refuse_contradictions(options)
        status = checking.run(assembly, path or assembly.settings.corpus / NAME, options)
    raise typer.Exit(status)


def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="A result, by check --report.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="Another one.")],
    *,
    as_json: Json = False,
) -> None:
    """Show two results of a set side by side: two models, two settings, two versions."""
    from bot.questions.comparison import compare as compared
    from bot.questions.comparison import comparison_dict
    from bot.questions.reports.table import comparison_lines
    from bot.questions.run_json import read_run
    from bot.terminal import render

    with _ending():
        comparison = compared(read_run(before), read_run(after))
    if as_json:
        sys.stdout.write(render.json_line(comparison_dict(comparison)))
    else:
        render.show(comparison_lines(comparison, (before.stem, after.stem)), sys.stdout)


def _refuse_contradictions(options: "Options") -> None:
    """Refuse options that contradict each other, before anything is asked."""
    from bot.questions.checking import REPORTS

    for report in options.reports:
        if report.suffix not in REPORTS:
            raise typer.BadParameter(
                f"{report} must end in {', '.join(REPORTS)}.", param_hint="--report"
            )
    if options.record and options.replay:
        raise typer.BadParameter("cannot be combined with --replay.", param_hint="--record")
    if options.replay and options.gate_times:
        raise typer.BadParameter("a replay has no times.", param_hint="--gate-times")
    if options.bless and not options.baseline:
        raise typer.BadParameter("name its file with --baseline FILE.", param_hint="--bless")
    if options.bless and options.part:
        raise typer.BadParameter(
            "only a run of the whole set can be a baseline.", param_hint="--bless"
        )
    if options.resume and options.part:
        raise typer.BadParameter(
            "only a run of the whole set can be continued.", param_hint="--resume"
        )


@contextmanager
def _ending() -> Iterator[None]:
    """Turn errors into exit statuses: 2 for the usage or the set, 3 for what it needs."""
    from bot.questions.mistakes import SetError
    from bot.questions.results import CheckStatus
    from bot.questions.run_json import RunError
    from bot.questions.selection import NothingSelected

    try:
        yield
    except SetError as error:
        left = len(error.mistakes) - LISTED
        more = (f"and {left:,} more",) if left > 0 else ()
        raise Stop(CheckStatus.WRONG_USAGE, *map(str, error.mistakes[:LISTED]), *more) from error
    except (NothingSelected, RunError) as error:
        raise Stop(CheckStatus.WRONG_USAGE, str(error)) from error
    except GriotError as error:
        raise Stop(CheckStatus.COULD_NOT_RUN, str(error)) from error
