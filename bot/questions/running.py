"""A run of a set as `griot check` does it: from its file to its reports."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import render
from bot.cli import INTERRUPTED, say, version
from bot.questions import place, words
from bot.questions.checks import Rules
from bot.questions.comparison import Comparison, compare
from bot.questions.format import Question
from bot.questions.kept import Kept, Past
from bot.questions.respondents import LibraryRespondent
from bot.questions.results import Result, Run, Status, Verdict, status
from bot.questions.runner import Asked, Runner, ask
from bot.questions.runs import RunError, read_run, to_json, write
from bot.questions.selection import Selection, resolved
from bot.questions.sets import QuestionSet, load
from bot.upkeep import Bar
from rag.command import griot

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape
    from rag.library import Library

REPORTS = (".html", ".json", ".md")
"""What reports are written as, by the endings of their files."""


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


def run(assembly: "Assembly", path: Path, options: Options) -> int:
    """Run a set, show and write what came of it, and give the exit status.

    Raises:
        SetError: the set is wrong.
        GriotError: nothing could be asked.
    """
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
        comparison = compare(before, done, known=known) if before else None
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
    fails = comparison is not None and comparison.fails
    return max(status(done), Status.FALLS_SHORT if fails else Status.HOLDS)


def drafted(assembly: "Assembly", path: Path | None, question: str) -> str:
    """Ask a question of a set's articles, and give it for the set, with what was answered.

    Raises:
        GriotError: it cannot be asked.
    """
    from bot.questions.stubs import draft

    corpus = load(path).corpus if path else assembly.settings.corpus.resolve()
    with place.house(assembly, corpus).library() as library:
        place.index(library)
        return draft(asyncio.run(LibraryRespondent(library).answer([question])))


# What is asked for


def _outside(options: Options, corpus: Path) -> None:
    """Refuse to write among the articles, where the next run would read it."""
    for path in filter(None, (options.baseline, options.record, *options.reports)):
        if path.resolve().is_relative_to(corpus):
            raise RunError(
                f"{path} lies among the articles and would be read as one; put it elsewhere"
            )


def _baseline(options: Options) -> Run | None:
    file = options.baseline
    if file is None or (options.bless and not file.exists()):
        return None
    if not file.exists():
        bless = griot("check", "--baseline", str(file), "--bless")
        raise RunError(f"there is no {file}; make it with: {bless}")
    return read_run(file)


def _blessable(done: Run) -> None:
    errors = sum(one.verdict is Verdict.ERROR for one in done.results)
    if errors:
        raise RunError(
            f"{words.counted(errors, 'error')} cannot be a baseline; mend what they name, and run "
            "again"
        )


def _tape(assembly: "Assembly", options: Options) -> "Tape | None":
    if options.replay:
        from bot.tape import Replaying

        return Replaying(options.replay)
    if options.record:
        from bot.tape import Recording

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
    questions: QuestionSet,
    kept: Kept,
    options: Options,
) -> Asked:
    """Ask what is selected, and show how far it is."""
    selected = _selected(questions, kept, options)
    settings = house.settings
    begun = Run(
        set_path=_from_here(questions.path),
        digest=questions.digest,
        griot=version(),
        when=datetime.now(UTC),
        model=settings.llm_model if settings.llm_url else None,
        replayed=options.replay is not None,
        whole=len(selected) == len(questions.questions),
        articles=library.status().articles,
        corpus=library.fingerprint(),
        repeat=options.repeat,
        gate_times=options.gate_times,
    )
    if options.resume:
        begun = kept.resumed(begun)
    elif begun.whole:
        kept.begin(begun)
    judged = any(one.judge for one in selected)
    runner = _runner(house, library, options, judged=judged)
    with Bar(sys.stderr) as bar:

        def told(result: Result, count: int) -> None:
            if begun.whole:
                kept.note(result)
            bar(count, len(selected), "asking")

        return ask(begun, selected, runner, told=told)


def _from_here(path: Path) -> str:
    """Name a path as seen from the working folder, where it lies in it."""
    here = Path.cwd()
    return str(path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path)


def _selected(questions: QuestionSet, kept: Kept, options: Options) -> tuple[Question, ...]:
    ids = kept.failed().intersection(one.id for one in questions.questions)
    if options.failed and not ids:
        say("nothing fell short when it was last asked; asking all of it")
    only = ids if options.failed and ids else None
    return Selection(words=options.words, tags=options.tags, ids=only).of(questions.questions)


def _runner(house: "Assembly", library: "Library", options: Options, *, judged: bool) -> Runner:
    return Runner(
        respondent=nullcontext(LibraryRespondent(library)),
        rules=Rules(
            texts=place.texts(library),
            timed=options.replay is None,
            gate_times=options.gate_times,
        ),
        model=house.chat_model() if judged else None,
        repeat=options.repeat,
        jobs=options.jobs,
    )


# Showing


def _show(done: Run, comparison: Comparison | None, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(to_json(done))
        return
    from bot.questions.reports.table import run_lines

    render.show(run_lines(done, comparison), sys.stdout)


def _interrupted(left: int, *, part: bool) -> str:
    asked = "a question was" if left == 1 else f"{left:,} questions were"
    return f"interrupted, {asked} not asked" + ("" if part else "; go on with --resume")


def _report(
    path: Path,
    done: Run,
    library: "Library",
    past: Sequence[Past],
    comparison: Comparison | None,
) -> str:
    """Give a report in the form that its file's ending names."""
    match path.suffix:
        case ".html":
            from bot.questions.reports.page import page

            alike = [one for one in past if one.model == done.model]
            return page(done, texts=place.texts(library), past=alike, comparison=comparison)
        case ".md":
            from bot.questions.reports.markdown import markdown

            return markdown(done, comparison)
    return to_json(done)
