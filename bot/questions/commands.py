"""`griot check` and `griot compare`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import FAILED, INTERRUPTED, USAGE, Stop, say, version
from bot.questions import NAME
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.questions.comparison import Comparison
    from bot.questions.format import Question
    from bot.questions.respondents import Respondent
    from bot.questions.results import Result, Run, Through
    from bot.questions.runner import Asked
    from bot.questions.runs import Kept, Past
    from bot.questions.sets import QuestionSet
    from bot.settings import Settings
    from bot.tape import Tape
    from rag.library import Library

REPORTS = (".html", ".json", ".md", ".xml")
"""What reports are written as, by the endings of their files."""

COULD_NOT_RUN = 3
"""The exit status where nothing could be asked."""

LISTED = 20
"""Mistakes of a set that are named before the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run of a set is asked for."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    failed: bool
    jobs: int
    repeat: int | None
    record: Path | None
    replay: Path | None
    through: "Through"
    baseline: Path | None
    bless: bool
    gate_times: bool
    resume: bool
    reports: tuple[Path, ...]
    as_json: bool

    @property
    def part(self) -> bool:
        """Whether only a part of the set is asked for."""
        return bool(self.words or self.tags or self.failed)


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
    through: Annotated[
        str, typer.Option("--through", help="Ask the library, or the telegram bot's handlers.")
    ] = "library",
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
        typer.Option(
            "--report", metavar="FILE", help="Write a report: .html, .json, .md or .xml (JUnit)."
        ),
    ] = None,
    draft: Annotated[
        str | None,
        typer.Option("--draft", metavar="QUESTION", help="Ask this, and print it for a set."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a set of questions, and hold each answer to what the set expects of it.

    The status is 0 when all that gates holds, 1 when some falls short, 2 on wrong usage or a wrong
    set, 3 when nothing could be asked.
    """
    options = Options(
        words=tuple(words or ()),
        tags=tuple(tags or ()),
        failed=failed,
        jobs=jobs,
        repeat=repeat,
        record=record,
        replay=replay,
        through=_through(through),
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
            sys.stdout.write(drafted(assembly, path, draft))
            return
        _sensible(options)
        status = run(assembly, path or _usual(assembly), options)
    raise typer.Exit(status)


def compare(
    one: Annotated[Path, typer.Argument(metavar="A.json", help="A result, by check --report.")],
    other: Annotated[Path, typer.Argument(metavar="B.json", help="Another one.")],
) -> None:
    """Show two results of a set side by side: two models, two settings, two versions."""
    from bot import render
    from bot.questions.comparison import compare as compared
    from bot.questions.reports.table import comparison_lines
    from bot.questions.runs import read_run

    with _ending():
        comparison = compared(read_run(one), read_run(other))
    render.show(comparison_lines(comparison, (one.stem, other.stem)), sys.stdout)


def run(assembly: "Assembly", path: Path, options: Options) -> int:
    """Run a set, show and write what came of it, and give the exit status.

    Raises:
        SetError: the set is wrong.
        GriotError: nothing could be asked.
    """
    from bot.questions import place
    from bot.questions.comparison import compare as compared
    from bot.questions.results import status
    from bot.questions.runs import to_json, write
    from bot.questions.selection import resolved
    from bot.questions.sets import load

    questions = load(path)
    _outside(options, questions.corpus)
    before = _baseline(options)
    kept = place.kept(assembly.settings.home, questions)
    house = place.house(assembly, questions.corpus, _tape(assembly, options))
    with house.library() as library:
        place.index(library)
        questions = resolved(questions, library.article_ids())
        past = kept.past()
        asked = _ask(house, library, questions, kept, options)
        done = asked.run
        known = [one.id for one in questions.questions]
        comparison = compared(before, done, known=known) if before else None
        kept.keep(done)
        _show(done, comparison, as_json=options.as_json)
        for report in options.reports:
            write(report, _report(report, done, library, past, comparison))
    if asked.interrupted:
        say(_interrupted(asked.left, part=options.part))
        return INTERRUPTED
    if options.bless and options.baseline:
        _blessable(done)
        write(options.baseline, to_json(done))
        say(f"{options.baseline} is the baseline now")
    return max(status(done), FAILED if comparison and comparison.fails else 0)


def drafted(assembly: "Assembly", path: Path | None, question: str) -> str:
    """Ask a question of a set's articles, and give it for the set, with what was answered.

    Raises:
        GriotError: it cannot be asked.
    """
    import asyncio

    from bot.questions import place
    from bot.questions.respondents import LibraryRespondent
    from bot.questions.sets import load
    from bot.questions.stubs import draft

    corpus = load(path).corpus if path else assembly.settings.corpus.resolve()
    with place.house(assembly, corpus).library() as library:
        place.index(library)
        return draft(asyncio.run(LibraryRespondent(library).answer([question])))


# What is asked for


def _usual(assembly: "Assembly") -> Path:
    return assembly.settings.corpus / NAME


def _through(given: str) -> "Through":
    match given:
        case "library" | "telegram":
            return given
    raise typer.BadParameter("must be library or telegram.", param_hint="--through")


def _sensible(options: Options) -> None:
    """Refuse what makes no sense together, before anything is asked."""
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


def _outside(options: Options, corpus: Path) -> None:
    """Refuse to write among the articles, where the next run would read it."""
    from bot.questions.runs import RunError

    for path in filter(None, (options.baseline, options.record, *options.reports)):
        if path.resolve().is_relative_to(corpus):
            raise RunError(
                f"{path} lies among the articles and would be read as one; put it elsewhere"
            )


def _baseline(options: Options) -> "Run | None":
    from bot.questions.runs import RunError, read_run

    file = options.baseline
    if file is None:
        return None
    if not file.exists():
        if options.bless:
            return None
        raise RunError(f"there is no {file}; make it with: griot check --baseline {file} --bless")
    return read_run(file)


def _blessable(done: "Run") -> None:
    from bot.questions import words
    from bot.questions.results import Verdict
    from bot.questions.runs import RunError

    errors = sum(one.verdict is Verdict.ERROR for one in done.results)
    if errors:
        raise RunError(
            f"{words.counted(errors, 'error')} cannot be a baseline; mend what they name, and run "
            "again"
        )


def _tape(assembly: "Assembly", options: Options) -> "Tape | None":
    from bot.tape import Recording, Replaying

    if options.replay:
        return Replaying(options.replay)
    if options.record:
        return Recording(
            options.record,
            assembly.settings,
            today=datetime.now().date(),  # noqa: DTZ005 - where people ask
            further=options.part or options.resume,
        )
    return None


# Asking


def _ask(
    house: "Assembly",
    library: "Library",
    questions: "QuestionSet",
    kept: "Kept",
    options: Options,
) -> "Asked":
    """Ask what is selected, and show how far it is."""
    from bot.questions import place
    from bot.questions.checks import Rules
    from bot.questions.results import Run
    from bot.questions.runner import Runner, ask
    from bot.upkeep import Bar

    selected = _selected(questions, kept, options)
    settings = house.settings
    begun = Run(
        set_path=str(questions.path),
        digest=questions.digest,
        griot=version(),
        when=datetime.now(UTC),
        through=options.through,
        model=settings.llm_model if settings.llm_url else None,
        replayed=options.replay is not None,
        whole=len(selected) == len(questions.questions),
        articles=library.status().articles,
    )
    if options.resume:
        begun = kept.resumed(begun)
    elif begun.whole:
        kept.begin(begun)
    runner = Runner(
        respondent=_respondent(library, settings, options.through),
        rules=Rules(
            texts=place.texts(library),
            timed=options.replay is None,
            gate_times=options.gate_times,
        ),
        model=house.chat_model() if any(one.judge for one in selected) else None,
        repeat=options.repeat,
        jobs=options.jobs,
    )
    with Bar(sys.stderr) as bar:

        def told(result: "Result", count: int) -> None:
            if begun.whole:
                kept.note(result)
            bar(count, len(selected), "asking")

        return ask(begun, selected, runner, told=told)


def _selected(questions: "QuestionSet", kept: "Kept", options: Options) -> "tuple[Question, ...]":
    from bot.questions.selection import Selection

    ids = kept.failed().intersection(one.id for one in questions.questions)
    if options.failed and not ids:
        say("nothing fell short when it was last asked; asking all of it")
    only = ids if options.failed and ids else None
    return Selection(words=options.words, tags=options.tags, ids=only).of(questions.questions)


def _respondent(
    library: "Library", settings: "Settings", through: "Through"
) -> "AbstractAsyncContextManager[Respondent]":
    if through == "telegram":
        from bot.questions import through_telegram

        return through_telegram.respondent(library, settings)
    from bot.questions.respondents import LibraryRespondent

    return nullcontext(LibraryRespondent(library))


# Showing


def _show(done: "Run", comparison: "Comparison | None", *, as_json: bool) -> None:
    if as_json:
        from bot.questions.runs import to_json

        sys.stdout.write(to_json(done))
        return
    from bot import render
    from bot.questions.reports.table import run_lines

    render.show(run_lines(done, comparison), sys.stdout)


def _interrupted(left: int, *, part: bool) -> str:
    asked = "a question was" if left == 1 else f"{left:,} questions were"
    return f"interrupted, {asked} not asked" + ("" if part else "; go on with --resume")


def _report(
    path: Path,
    done: "Run",
    library: "Library",
    past: "Sequence[Past]",
    comparison: "Comparison | None",
) -> str | bytes:
    """Give a report in the form that its file's ending names."""
    match path.suffix:
        case ".html":
            from bot.questions import place
            from bot.questions.reports.page import page

            alike = [one for one in past if (one.model, one.through) == (done.model, done.through)]
            return page(done, texts=place.texts(library), past=alike, comparison=comparison)
        case ".xml":
            from bot.questions.reports.junit import junit

            return junit(done)
        case ".md":
            from bot.questions.reports.markdown import markdown

            return markdown(done, comparison)
    from bot.questions.runs import to_json

    return to_json(done)


# How it ends


@contextmanager
def _ending() -> Iterator[None]:
    """End with the status that says what was wrong: the usage, the set, or what it needs."""
    from bot.questions.runs import RunError
    from bot.questions.selection import NothingSelected
    from bot.questions.sets import SetError

    try:
        yield
    except SetError as error:
        left = len(error.mistakes) - LISTED
        more = (f"and {left:,} more",) if left > 0 else ()
        raise Stop(USAGE, *map(str, error.mistakes[:LISTED]), *more) from error
    except (NothingSelected, RunError) as error:
        raise Stop(USAGE, str(error)) from error
    except GriotError as error:
        raise Stop(COULD_NOT_RUN, str(error)) from error
