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
    from bot.questions.running import Options

LISTED = 20
"""Mistakes of a set that are named before the rest is counted."""


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
        bool, typer.Option("--failed", help="Ask what fell short when it was last asked.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=64, help="How many are asked at a time.")
    ] = 1,
    repeat: Annotated[
        int | None, typer.Option("--repeat", min=1, help="How often each is asked.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Keep what the chat model answers."),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="DIR", help="Use what was kept; no model is asked."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Compare with an earlier result."),
    ] = None,
    bless: Annotated[
        bool, typer.Option("--bless", help="Make this result the baseline, in its file.")
    ] = False,
    gate_times: Annotated[bool, typer.Option("--gate-times", help="Let max_ms gate.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was interrupted.")
    ] = False,
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="FILE", help="Write a report: .html, .json or .md."),
    ] = None,
    draft: Annotated[
        str | None,
        typer.Option("--draft", metavar="QUESTION", help="Ask this, and print it for a set."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a set of questions, and hold each answer to what the set expects of it.

    The status is 0 when all that gates holds, 1 when some falls short, 2 on wrong usage or a wrong
    set, 3 when nothing could be asked.
    """
    from bot.questions import running

    options = running.Options(
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
            sys.stdout.write(running.drafted(assembly, path, draft))
            return
        _sensible(options)
        status = running.run(assembly, path or _usual(assembly), options)
    raise typer.Exit(status)


def compare(
    one: Annotated[Path, typer.Argument(metavar="A.json", help="A result, by check --report.")],
    other: Annotated[Path, typer.Argument(metavar="B.json", help="Another one.")],
    *,
    as_json: Json = False,
) -> None:
    """Show two results of a set side by side: two models, two settings, two versions."""
    from bot import render
    from bot.questions.comparison import compare as compared
    from bot.questions.comparison import comparison_dict
    from bot.questions.reports.table import comparison_lines
    from bot.questions.runs import read_run

    with _ending():
        comparison = compared(read_run(one), read_run(other))
    if as_json:
        sys.stdout.write(render.json_line(comparison_dict(comparison)))
    else:
        render.show(comparison_lines(comparison, (one.stem, other.stem)), sys.stdout)


# What is asked for


def _usual(assembly: "Assembly") -> Path:
    return assembly.settings.corpus / NAME


def _sensible(options: "Options") -> None:
    """Refuse what makes no sense together, before anything is asked."""
    from bot.questions.running import REPORTS

    for report in options.reports:
        if report.suffix not in REPORTS:
            raise typer.BadParameter(
                f"{report} must end in {', '.join(REPORTS)}.", param_hint="--report"
            )
    if options.record and options.replay:
        raise typer.BadParameter("record or replay, one of them.", param_hint="--record")
    if options.replay and options.gate_times:
        raise typer.BadParameter("the times of a replay say nothing.", param_hint="--gate-times")
    if options.bless and not options.baseline:
        raise typer.BadParameter("name its file with --baseline FILE.", param_hint="--bless")
    if options.bless and options.part:
        raise typer.BadParameter("a baseline is of the whole set.", param_hint="--bless")
    if options.resume and options.part:
        raise typer.BadParameter("only a run of the whole set goes on.", param_hint="--resume")


# How it ends


@contextmanager
def _ending() -> Iterator[None]:
    """End with the status that says what was wrong: the usage, the set, or what it needs."""
    from bot.questions.mistakes import SetError
    from bot.questions.results import Status
    from bot.questions.runs import RunError
    from bot.questions.selection import NothingSelected

    try:
        yield
    except SetError as error:
        left = len(error.mistakes) - LISTED
        more = (f"and {left:,} more",) if left > 0 else ()
        raise Stop(Status.WRONG_USAGE, *map(str, error.mistakes[:LISTED]), *more) from error
    except (NothingSelected, RunError) as error:
        raise Stop(Status.WRONG_USAGE, str(error)) from error
    except GriotError as error:
        raise Stop(Status.COULD_NOT_RUN, str(error)) from error
