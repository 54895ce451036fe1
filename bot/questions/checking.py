"""`griot check`: a run of a set from its file to its reports."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import console
from bot.console import counted, say
from bot.program import ExitStatus, griot
from bot.progress import Bar
from bot.questions import place
from bot.questions.checks import CheckRules
from bot.questions.comparison import Comparison, compare
from bot.questions.drafts import draft
from bot.questions.format import CannedQuestion
from bot.questions.history import PastRun, SetHistory
from bot.questions.reports.markdown import markdown
from bot.questions.reports.page import page
from bot.questions.reports.table import run_lines
from bot.questions.results import QuestionResult, SetRun, Verdict
from bot.questions.run_json import RunError, read_run, to_json, write
from bot.questions.runner import Runner, ask, respondent
from bot.questions.selection import resolved, select
from bot.questions.sets import QuestionSet, load

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape
    from rag.library import Library

REPORTS = (".html", ".json", ".md")
"""The endings of reports' files, which name their form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `griot check`."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    failed: bool
    jobs: int
    repeat: int | None
    record: Path | None
    replay: Path | None
    baseline: Path | None
    bless: bool
    gate_times: bool
    resume: bool
    reports: tuple[Path, ...]
    as_json: bool

    @property
    def part(self) -> bool:
        """True if only a part of the set is asked for."""
        return bool(self.words or self.tags or self.failed)


def run(assembly: "Assembly", path: Path, options: Options) -> ExitStatus:
    """Run a set, show and write the results, and return the exit status.

    Raises:
        SetError: the set is wrong.
        GriotError: nothing could be asked.
    """
    questions = load(path)
    _refuse_among_articles(options, questions.corpus)
    before = _baseline(options)
    history = place.history(assembly.settings.home, questions)
    own = place.assembly_over(questions.corpus, assembly, _tape(assembly, options))
    with own.library() as library:
        place.index(library)
        questions = resolved(questions, library.article_ids())
        past = history.past()
        selected = _selected(questions, history, options)
        done = _ask(own, library, questions, selected, history, options)
        known = [question.id for question in questions.questions]
        comparison = compare(before, done, known=known) if before else None
        history.add(done)
        left = len(selected) - len(done.results)
        if left:
            console.end_line()
        if options.as_json:
            sys.stdout.write(to_json(done))
        else:
            console.output(run_lines(done, comparison))
        for report in options.reports:
            write(report, _report(report, done, library, past, comparison))
    if left:
        asked = "a question was" if left == 1 else f"{left:,} questions were"
        resume = "" if options.part else "; continue with --resume"
        say(f"interrupted, {asked} not asked{resume}")
        return ExitStatus.INTERRUPTED
    if options.bless and options.baseline:
        _bless(done, options.baseline)
    missing = comparison is not None and comparison.missing
    return max(done.status, ExitStatus.FAILED if missing else ExitStatus.DONE)


def drafted(assembly: "Assembly", path: Path | None, question: str) -> str:
    """Ask a question of a set's articles, and return it for the set, with its answer.

    Raises:
        GriotError: it cannot be asked.
    """
    corpus = load(path).corpus if path else assembly.settings.corpus.resolve()
    with place.assembly_over(corpus, assembly).library() as library:
        place.index(library)
        return draft(asyncio.run(respondent(library)([question])))


# Before


def _refuse_among_articles(options: Options, corpus: Path) -> None:
    """Refuse to write among the articles, where the next run would read it."""
    for path in filter(None, (options.baseline, options.record, *options.reports)):
        if path.resolve().is_relative_to(corpus):
            raise RunError(
                f"{path} lies among the articles and would be read as one; put it elsewhere"
            )


def _baseline(options: Options) -> SetRun | None:
    file = options.baseline
    if file is None or (options.bless and not file.exists()):
        return None
    if not file.exists():
        bless = griot("check", "--baseline", str(file), "--bless")
        raise RunError(f"there is no {file}; make it with: {bless}")
    return read_run(file)


def _tape(assembly: "Assembly", options: Options) -> "Tape | None":
    if options.replay:
        from bot.tape import replaying

        return replaying(options.replay)
    if options.record:
        from bot.tape import recording

        return recording(
            options.record,
            assembly.settings,
            today=datetime.now().date(),  # noqa: DTZ005 - where people ask
            further=options.part or options.resume,
        )
    return None


# Asking


def _ask(  # noqa: PLR0913, PLR0917 - each is a part of a run
    assembly: "Assembly",
    library: "Library",
    questions: QuestionSet,
    selected: Sequence[CannedQuestion],
    history: SetHistory,
    options: Options,
) -> SetRun:
    """Ask the selected questions, with a progress bar."""
    path, here = questions.path.resolve(), Path.cwd()
    begun = SetRun(
        set_path=str(path.relative_to(here) if path.is_relative_to(here) else questions.path),
        digest=questions.digest,
        griot=console.version(),
        when=datetime.now(UTC),
        model=assembly.settings.chat_model,
        replayed=options.replay is not None,
        whole=len(selected) == len(questions.questions),
        articles=library.status().articles,
        corpus=library.fingerprint(),
        repeat=options.repeat,
        gate_times=options.gate_times,
    )
    if options.resume:
        begun = history.resumed(begun)
    elif begun.whole:
        history.begin(begun)
    rules = CheckRules(
        texts=place.texts(library),
        timed=options.replay is None,
        gate_times=options.gate_times,
    )
    judged = any(question.judge for question in selected)
    runner = Runner(
        respond=respondent(library),
        rules=rules,
        model=assembly.chat_model() if judged else None,
        repeat=options.repeat,
        jobs=options.jobs,
    )
    with Bar(sys.stderr) as bar:

        def report(result: QuestionResult, count: int) -> None:
            if begun.whole:
                history.note(result)
            bar(count, len(selected), "asking")

        return ask(begun, selected, runner, report=report)


def _selected(
    questions: QuestionSet, history: SetHistory, options: Options
) -> tuple[CannedQuestion, ...]:
    ids = history.failed().intersection(question.id for question in questions.questions)
    if options.failed and not ids:
        say("nothing failed when it was last asked; asking all of it")
    only = ids if options.failed and ids else None
    return select(questions.questions, words=options.words, tags=options.tags, ids=only)


# After


def _report(
    path: Path,
    done: SetRun,
    library: "Library",
    past: Sequence[PastRun],
    comparison: Comparison | None,
) -> str:
    """Return a report in the form that its file's ending names."""
    match path.suffix:
        case ".html":
            alike = [run for run in past if run.model == done.model]
            return page(done, texts=place.texts(library), past=alike, comparison=comparison)
        case ".md":
            return markdown(done, comparison)
    return to_json(done)


def _bless(done: SetRun, baseline: Path) -> None:
    """Make a run the baseline."""
    errors = sum(result.verdict is Verdict.ERROR for result in done.results)
    if errors:
        raise RunError(
            f"{counted(errors, 'error')} cannot be a baseline; mend what they name, and run again"
        )
    write(baseline, to_json(done))
    say(f"{baseline} is the baseline now")
