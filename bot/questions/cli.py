"""`griot check` and `griot compare`, `griot feedback export` and `griot import`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot import console
from bot.console import LISTED
from bot.program import CommandFailed, ExitStatus, griot
from bot.progress import Bar
from bot.questions import NAME
from bot.terminal.transfer import read_in
from bot.typer_app import Json, assembled, documented, group, opened
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.questions.checking import Options

app = group()


@app.command(
    **documented(
        "check corpus/questions.yaml",
        "check --tag follow-up --report page.html --report results.json",
        "check --baseline baseline.json --bless",
        "check --record recorded/",
        "check --replay recorded/",
        'check --draft "who accompanied Goïta?"',
    )
)
def check(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="SET", help="The question set; by default questions.yaml in the corpus."
        ),
    ] = None,
    *,
    words: Annotated[
        list[str] | None,
        typer.Option(
            "-k", metavar="WORDS", help="Ask only questions with these words; repeatable."
        ),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Ask only questions with this tag; repeatable."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Ask only what failed when it was last asked.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=1, max=64, help="Ask N questions at a time.")
    ] = 1,
    repeat: Annotated[
        int | None, typer.Option("--repeat", metavar="N", min=1, help="Ask each question N times.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Record the chat model's replies."),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="DIR", help="Use recorded replies, and ask no model."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Compare with an earlier result."),
    ] = None,
    bless: Annotated[bool, typer.Option("--bless", help="Make this result the baseline.")] = False,
    gate_times: Annotated[
        bool, typer.Option("--gate-times", help="Fail when max_ms is exceeded.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    reports: Annotated[
        list[Path] | None,
        typer.Option(
            "--report", metavar="FILE", help="Write a report: .html, .json or .md; repeatable."
        ),
    ] = None,
    draft: Annotated[
        str | None,
        typer.Option(
            "--draft", metavar="QUESTION", help="Print this question with its answer, for a set."
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
    assembly = assembled(ctx)
    with _ending():
        if draft is not None:
            if not draft.strip():
                raise typer.BadParameter("the question is empty.", param_hint="--draft")
            sys.stdout.write(checking.drafted(assembly, path, draft))
            return
        _refuse_contradictions(options)
        status = checking.run(assembly, path or assembly.settings.corpus / NAME, options)
    raise typer.Exit(status)


def _refuse_contradictions(options: "Options") -> None:
    """Refuse options that contradict each other, before anything is asked."""
    from bot.questions.checking import REPORTS

    part, bless = options.part, options.bless
    refused = [
        (options.record and options.replay, "--record", "cannot be combined with --replay."),
        (options.replay and options.gate_times, "--gate-times", "a replay has no times."),
        (bless and not options.baseline, "--bless", "name its file with --baseline FILE."),
        (bless and part, "--bless", "only a run of the whole set can be a baseline."),
        (options.resume and part, "--resume", "only a run of the whole set can be continued."),
    ]
    for report in options.reports:
        message = f"{report} must end in {', '.join(REPORTS)}."
        refused.append((report.suffix not in REPORTS, "--report", message))
    for wrong, option, message in refused:
        if wrong:
            raise typer.BadParameter(message, param_hint=option)


@app.command(**documented("compare small.json large.json"))
def compare(
    before: Annotated[
        Path, typer.Argument(metavar="A.json", help="A result that check --report wrote.")
    ],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="The one to compare it with.")],
    *,
    as_json: Json = False,
) -> None:
    """Show two results of a set side by side: two models, two settings, two versions."""
    from bot.questions import comparison
    from bot.questions.reports.table import comparison_lines
    from bot.questions.run_json import read_run

    with _ending():
        compared = comparison.compare(read_run(before), read_run(after))
    console.output(
        comparison.comparison_dict(compared)
        if as_json
        else comparison_lines(compared, (before.stem, after.stem))
    )


@contextmanager
def _ending() -> Iterator[None]:
    """Turn errors into exit statuses: 2 for the usage or the set, 3 for what it needs."""
    from bot.questions.run_json import RunError
    from bot.questions.selection import NothingSelected
    from bot.questions.sets import SetError

    try:
        yield
    except SetError as error:
        left = len(error.mistakes) - LISTED
        more = (f"and {left:,} more",) if left > 0 else ()
        messages = (*map(str, error.mistakes[:LISTED]), *more)
        raise CommandFailed(ExitStatus.USAGE, *messages) from error
    except (NothingSelected, RunError) as error:
        raise CommandFailed(ExitStatus.USAGE, str(error)) from error
    except GriotError as error:
        raise CommandFailed(ExitStatus.NO_ANSWER, str(error)) from error


feedback = group("Answers that people rated.")
app.add_typer(feedback, name="feedback")


@feedback.callback()
def _feedback() -> None:
    """Keep the name `export`, though it is the only command."""


def _day(text: str) -> datetime:
    """Return the beginning of a day in UTC.

    Raises:
        typer.BadParameter: it is no date.
    """
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2026-11-01.") from error


@feedback.command(
    **documented(
        "feedback export > reported.questions.yaml",
        "feedback export --since 2026-11-01 --json",
    )
)
def export(
    ctx: typer.Context,
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", metavar="DATE", parser=_day, help="Only ratings from that day on (UTC)."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print answers that people rated bad, as a question set.

    These have a 👎 in Telegram or a /bad in griot chat, the latest first. Comments show each answer
    and its sources; nobody is named.
    """
    from bot.questions import drafts

    with opened(ctx) as library:
        disliked = library.disliked(since)
        found = drafts.bad_answers(library, disliked, console.say)
    if not disliked:
        day = f" since {since:%Y-%m-%d}" if since else ""
        console.say(
            f"no answer was rated bad{day}; rate one with 👎 in Telegram or /bad in {griot('chat')}"
        )
    if as_json:
        console.output([drafts.bad_answer_dict(bad) for bad in found])
    elif found:
        sys.stdout.write(drafts.as_set(found))


class _Imports(TyperGroup):
    """A group whose commands name kinds of files; any other word is the folder of an export."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as typer has it
        """Return the command that is meant."""
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["library", *args])


imports = group("Read an export, or make articles and a question set from SQuAD.")
app.add_typer(imports, name="import", cls=_Imports)


@imports.command(short_help="Read a folder that export wrote.", **documented("import backup"))
def library(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A folder that export wrote.")],
    *,
    as_json: Json = False,
) -> None:
    """Read a whole index from a folder that `griot export` wrote; nothing is embedded anew.

    The index that the settings name must have no articles.
    """
    read_in(ctx, folder, as_json=as_json)


@imports.command(
    short_help="Import SQuAD or XQuAD: questions with gold answers.",
    **documented(
        "import squad dev-v2.0.json",
        "import squad xquad.en.json xquad.es.json --into xquad",
    ),
)
def squad(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="A JSON file of SQuAD or XQuAD.")
    ],
    *,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FOLDER",
            help="A new or empty folder; by default named after the file, in the working folder.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import SQuAD 1.1, SQuAD 2.0 or XQuAD: each paragraph becomes an article.

    A question expects any of its gold answers and a citation of its paragraph; an impossible one
    must be refused.
    """
    from bot.questions import squad as importer

    with Bar(sys.stderr) as bar:
        made = importer.squad(files, into or Path(files[0].stem), bar)
    console.output(importer.imported_dict(made) if as_json else importer.imported_lines(made))
