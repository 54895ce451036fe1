"""Runs and comparisons as lines for the terminal; pure."""

from collections.abc import Iterable, Iterator, Sequence

from bot.console import BLANK, SNIPPET, Line, Lines, Style, counted, first, line, shortened
from bot.questions import words
from bot.questions.comparison import Change, Comparison
from bot.questions.measures import Confusion, FigureGroup, Measures, measured
from bot.questions.results import FIXED, KNOWN, QuestionResult, SetRun, Verdict

GAP = 2
"""Between columns, in characters."""

TITLED = 20
"""Characters of a run's name above its column."""

HEAD = 12
"""The column of a fact's name."""

ROWS = 100
"""Questions that are shown before the rest is counted."""

_NOT_OF_WORDS = {"refuse", "answerable", "unsure", "error", "retrieves", "max_ms"}
"""Shortfalls that need no look at the answer's words."""


def run_lines(run: SetRun, comparison: Comparison | None = None) -> Lines:
    """Return the notable questions, the measures, and whether the run holds.

    A comparison with the baseline comes before the last line.
    """
    shown = [result for result in run.results if result.notable]
    left = f"and {counted(len(shown) - ROWS, 'more question')}; --report FILE.html shows them all"
    width = max((len(result.word) for result in shown[:ROWS]), default=0) + GAP
    return (
        line((run.set_path, Style.HEAD)),
        line((words.circumstances(run), Style.FAINT), hang=GAP),
        BLANK,
        *(each for result in shown[:ROWS] for each in _question(run, result, width)),
        *([line((left, Style.FAINT))] if len(shown) > ROWS else []),
        *([BLANK] if shown else []),
        *_summary(run),
        *(_since(comparison) if comparison else ()),
        BLANK,
        line((words.conclusion(run, comparison), _judged(holds=words.holds(run, comparison)))),
    )


def comparison_lines(comparison: Comparison, names: tuple[str, str]) -> Lines:
    """Return two runs side by side: numbers, the questions that tell them apart, and the test."""
    differ = "The sets differ: they may expect different things."
    return (
        *(
            line((name, Style.HEAD), f"  {run.set_path} · {words.circumstances(run)}", hang=GAP)
            for name, run in zip(names, (comparison.before, comparison.after), strict=True)
        ),
        *(
            [line((differ, Style.WARNING))]
            if comparison.before.digest != comparison.after.digest
            else []
        ),
        BLANK,
        *_changes(comparison.measures, names),
        *_differing(comparison),
        *_listed(f"Only in {names[0]}", comparison.missing),
        *_listed(f"Only in {names[1]}", comparison.new),
        BLANK,
        line((comparison.sentence, Style.HEAD)),
    )


def _judged(*, holds: bool) -> Style:
    return Style.GOOD if holds else Style.BAD


# Questions


def _question(run: SetRun, result: QuestionResult, width: int) -> Iterator[Line]:
    question = result.question
    style = Style.BAD if result.gates else Style.WARNING
    if result.verdict is Verdict.PASSED:
        style = Style.GOOD
    where = f"  {run.set_path}:{question.line}" if question.line else ""
    yield line((f"{result.word:<{width}}", style), (question.id, Style.HEAD), hang=width)
    yield line((words.asked(question) + where, Style.FAINT), indent=width)
    for detail in _details(result):
        yield line(detail, indent=width, hang=GAP)


def _details(result: QuestionResult) -> Iterator[str]:
    yield from map(str, result.shortfalls)
    answer, reason = result.telling.given, result.question.known_failure
    if answer and {shortfall.name for shortfall in result.shortfalls} - _NOT_OF_WORDS:
        yield shortened(f"answer: {words.answer(answer)}", SNIPPET)
    if result.verdict is Verdict.FLAKY and result.holds:
        yield f"often enough: {result.question.share:.0%} must pass"
    if result.known:
        yield f"known: {reason}"
    if result.fixed:
        yield f"passes now; remove `known_failure: {reason}` from the set"


# What they come to


def _summary(run: SetRun) -> Iterator[Line]:
    measures = measured(run)
    answerable, refusable = measures.answerable, measures.refusable
    facts = {
        "questions": _counts(run, measures),
        "answerable": _confusion(
            answerable, f"{answerable.answered:,} answered", "false refusal", answerable.refused
        ),
        "to refuse": _confusion(
            refusable, f"{refusable.refused:,} refused", "false answer", refusable.answered
        ),
        **{group.value: _figures(measures, group) for group in [*FigureGroup][2:]},
        "repeats": words.spread(run),
        "advisory": words.advisory(run),
        "took": "" if run.replayed else f"{run.seconds:,.1f} s",
    }
    return (_fact(name, fact) for name, fact in facts.items() if fact)


def _fact(name: str, fact: str) -> Line:
    return line((f"{name:<{HEAD}}", Style.HEAD), fact, hang=HEAD)


def _counts(run: SetRun, measures: Measures) -> str:
    found = ", ".join((f"{measures.passed:,} passed", *words.not_passed(run.results)))
    known = counted(measures.known, KNOWN) if measures.known else ""
    fixed = f"{measures.fixed:,} {FIXED}" if measures.fixed else ""
    among = ", ".join(filter(None, (known, fixed)))
    return f"{measures.questions:,}: {found}{f'; among them {among}' if among else ''}"


def _confusion(of: Confusion, right: str, wrong: str, count: int) -> str:
    if not of.total:
        return ""
    errors = f", {counted(of.errors, 'error')}" if of.errors else ""
    wrongly = f"{counted(count, wrong)} ({words.share(count / of.total)})"
    return f"{of.total:,}: {right}, {wrongly}{errors}"


def _figures(measures: Measures, group: FigureGroup) -> str:
    return " · ".join(
        f"{figure.name} {words.number(figure.value, figure.unit)}"
        for figure in measures.figures
        if figure.group is group and figure.value is not None
    )


# Compared


def _since(comparison: Comparison) -> Lines:
    """Return the comparison with the baseline."""
    changed = [change for change in comparison.measures if _difference(change) not in ("", "=")]
    remedy = line("bring back what is missing, or accept the set as it is with --bless", indent=GAP)
    return (
        BLANK,
        _fact("baseline", words.circumstances(comparison.before)),
        *_differing(comparison),
        *_listed("Missing now", comparison.missing, Style.BAD),
        *([remedy] if comparison.missing else []),
        *_listed("New", comparison.new),
        *([BLANK, *_changes(changed, ("baseline", "now"))] if changed else []),
        BLANK,
        line(comparison.sentence),
    )


def _difference(change: Change) -> str:
    return words.difference(change.before, change.after, change.unit)


def _changes(changes: Sequence[Change], names: tuple[str, str]) -> Iterator[Line]:
    """Yield a row for each figure: its name, its values before and after, and the change."""
    heads = [name if len(name) <= TITLED else "…" + name[1 - TITLED :] for name in names]
    values = [
        [words.number(value, change.unit) for value in (change.before, change.after)]
        for change in changes
    ]
    named = max((len(change.name) for change in changes), default=0)
    widths = [max(map(len, column)) + GAP for column in zip(heads, *values, strict=True)]
    yield line((f"{'':<{named}}{_right(heads, widths)}", Style.HEAD))
    for change, cells in zip(changes, values, strict=True):
        style = Style.FAINT if change.better is None else _judged(holds=change.better)
        row = f"{change.name:<{named}}{_right(cells, widths)}"
        yield line(row, (f"{'':<{GAP}}{_difference(change)}", style))


def _right(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _differing(comparison: Comparison) -> Lines:
    """Return the questions that were gained and lost, each with what it was and what it is."""
    before, after = comparison.before.by_id, comparison.after.by_id
    gained, lost = (
        [f"{name}  {before[name].word} → {after[name].word}" for name in names]
        for names in (comparison.gained, comparison.lost)
    )
    return (*_listed("Gained", gained, Style.GOOD), *_listed("Lost", lost, Style.BAD))


def _listed(head: str, names: Sequence[str], style: Style = Style.HEAD) -> Lines:
    """Return a headed list of the first names, and how many more there are."""
    if not names:
        return ()
    lines = [line(name, indent=GAP, hang=GAP) for name in names]
    return (BLANK, line((f"{head} ({len(names):,})", style)), *first(lines, indent=GAP))
