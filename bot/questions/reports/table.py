"""Runs and comparisons as lines for the terminal; pure."""

from collections.abc import Iterable, Iterator, Sequence

from bot.console import BLANK, SNIPPET, Line, Lines, Style, counted, first, line, shortened
from bot.questions import figures, words
from bot.questions.comparison import Change, Comparison
from bot.questions.figures import Group
from bot.questions.measures import Confusion, Measures, measured
from bot.questions.results import QuestionResult, SetRun, Verdict

GAP = 2
"""Between columns, in characters."""

TITLED = 20
"""Characters of a run's name above its column."""

_HEAD = 12


ROWS = 100
"""Questions that are shown before the rest is counted."""


def run_lines(run: SetRun, comparison: Comparison | None = None) -> Lines:
    """The questions worth telling, the measures, and whether the run holds.

    A comparison with the baseline comes before the last line.
    """
    shown = [result for result in run.results if words.worth_telling(result)]
    missing = comparison.missing if comparison else ()
    return (
        line((run.set_path, Style.HEAD)),
        line((words.circumstances(run), Style.FAINT), hang=GAP),
        BLANK,
        *_questions(run, shown[:ROWS]),
        *_more(len(shown) - ROWS),
        *([BLANK] if shown else []),
        *_summary(run),
        *(_since(comparison) if comparison else ()),
        BLANK,
        line((words.conclusion(run, missing), _judged(holds=words.holds(run, missing)))),
    )


def comparison_lines(comparison: Comparison, names: tuple[str, str]) -> Lines:
    """Two runs side by side: their numbers, the questions that tell them apart, and the test."""
    before, after = names
    return (
        *_described(comparison, names),
        BLANK,
        *_changes(comparison.measures, names),
        *_differing(comparison),
        *_listed(f"Only in {before}", comparison.missing),
        *_listed(f"Only in {after}", comparison.new),
        BLANK,
        line((comparison.sentence, Style.HEAD)),
    )


def _judged(*, holds: bool) -> Style:
    return Style.GOOD if holds else Style.BAD


# Questions


def _questions(run: SetRun, results: Sequence[QuestionResult]) -> Lines:
    width = max((len(words.verdict(result)) for result in results), default=0) + GAP
    return tuple(each for result in results for each in _question(run, result, width))


def _more(left: int) -> Lines:
    more = f"and {counted(left, 'more question')}; --report FILE.html shows them all"
    return (line((more, Style.FAINT)),) if left > 0 else ()


def _question(run: SetRun, result: QuestionResult, width: int) -> Iterator[Line]:
    asked = result.question
    where = f"  {run.set_path}:{asked.line}" if asked.line else ""
    verdict = (f"{words.verdict(result):<{width}}", _style(result))
    yield line(verdict, (asked.id, Style.HEAD), hang=width)
    yield line((words.asked(asked) + where, Style.FAINT), indent=width)
    for detail in _details(result):
        yield line(detail, indent=width, hang=GAP)


def _style(result: QuestionResult) -> Style:
    if result.verdict is Verdict.PASSED:
        return Style.GOOD
    return Style.BAD if result.gates else Style.WARNING


def _details(result: QuestionResult) -> Iterator[str]:
    fallen = words.shortfalls(result)
    yield from map(str, fallen)
    record = words.telling(result).record
    if record and {shortfall.name for shortfall in fallen} - _NOT_OF_WORDS:
        yield shortened(f"answer: {words.answer(record)}", SNIPPET)
    if result.verdict is Verdict.UNSTEADY and result.holds:
        yield f"often enough: {result.question.share:.0%} must hold"
    if result.known:
        yield f"known: {result.question.known_failure}"
    if result.mended:
        reason = result.question.known_failure
        yield f"holds now; take `known_failure: {reason}` out of the set"


_NOT_OF_WORDS = {"refuse", "answerable", "error", "retrieves", "max_ms"}
"""Shortfalls that need no look at the answer's words."""


# What they come to


def _summary(run: SetRun) -> Iterator[Line]:
    measures = measured(run)
    facts = (
        ("questions", _counts(measures)),
        ("answerable", _answerable(measures)),
        ("to refuse", _refusable(measures)),
        *((group.value, _numbers(measures, group)) for group in _NUMBERED),
        ("repeats", words.spread(run)),
        ("advisory", words.unheeded(run.results)),
        ("took", "" if run.replayed else f"{run.seconds:,.1f} s"),
    )
    for name, fact in facts:
        if fact:
            yield _fact(name, fact)


_NUMBERED = (Group.RETRIEVAL, Group.CITATIONS, Group.TIMES, Group.SPENT)


def _fact(name: str, fact: str, style: Style = Style.PLAIN) -> Line:
    return line((f"{name:<{_HEAD}}", Style.HEAD), (fact, style), hang=_HEAD)


def _counts(measures: Measures) -> str:
    others = {
        Verdict.FAILED: measures.failed,
        Verdict.UNSTEADY: measures.unsteady,
        Verdict.ERROR: measures.errors,
    }
    found = ", ".join((f"{measures.passed:,} passed", *words.not_passed(others)))
    known = counted(measures.known, words.KNOWN) if measures.known else ""
    mended = f"{measures.mended:,} {words.MENDED}" if measures.mended else ""
    among = ", ".join(filter(None, (known, mended)))
    return f"{measures.questions:,}: {found}{f'; among them {among}' if among else ''}"


def _answerable(measures: Measures) -> str:
    of = measures.answerable
    return _confusion(of, f"{of.answered:,} answered", "false refusal", of.refused)


def _refusable(measures: Measures) -> str:
    of = measures.refusable
    return _confusion(of, f"{of.refused:,} refused", "false answer", of.answered)


def _confusion(of: Confusion, right: str, wrong: str, count: int) -> str:
    if not of.total:
        return ""
    errors = f", {counted(of.errors, 'error')}" if of.errors else ""
    wrongly = f"{counted(count, wrong)} ({figures.share(count / of.total)})"
    return f"{of.total:,}: {right}, {wrongly}{errors}"


def _numbers(measures: Measures, group: Group) -> str:
    return " · ".join(
        f"{row.name} {figures.number(row.value, row.unit)}"
        for row in figures.rows(measures)
        if row.group is group and row.value is not None
    )


# Compared


def _since(comparison: Comparison) -> Lines:
    """The comparison with the baseline."""
    changed = [
        change
        for change in comparison.measures
        if figures.difference(change.before, change.after, change.unit) not in ("", "=")
    ]
    return (
        BLANK,
        _fact("baseline", words.circumstances(comparison.before)),
        *_differing(comparison),
        *_missing(comparison.missing),
        *_listed("New", comparison.new),
        *([BLANK, *_changes(changed, ("baseline", "now"))] if changed else []),
        BLANK,
        line(comparison.sentence),
    )


def _missing(names: Sequence[str]) -> Lines:
    remedy = line("bring back what is missing, or accept the set as it is with --bless", indent=GAP)
    return (*_listed("Missing now", names, Style.BAD), *([remedy] if names else []))


def _described(comparison: Comparison, names: tuple[str, str]) -> Iterator[Line]:
    for name, run in zip(names, (comparison.before, comparison.after), strict=True):
        facts = f"  {run.set_path} · {words.circumstances(run)}"
        yield line((name, Style.HEAD), facts, hang=GAP)
    if comparison.before.digest != comparison.after.digest:
        yield line(("The sets differ: they may expect different things.", Style.WARNING))


def _changes(changes: Sequence[Change], names: tuple[str, str]) -> Iterator[Line]:
    """Yield a row for each figure: its name, its values before and after, and the change."""
    heads = [_tail(name) for name in names]
    values = [
        [figures.number(value, change.unit) for value in (change.before, change.after)]
        for change in changes
    ]
    first = max((len(change.name) for change in changes), default=0)
    widths = [max(map(len, column)) + GAP for column in zip(heads, *values, strict=True)]
    yield line((f"{'':<{first}}{_right(heads, widths)}", Style.HEAD))
    for change, cells in zip(changes, values, strict=True):
        by = figures.difference(change.before, change.after, change.unit)
        style = Style.FAINT if change.better is None else _judged(holds=change.better)
        yield line(f"{change.name:<{first}}{_right(cells, widths)}", (f"{'':<{GAP}}{by}", style))


def _right(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _tail(name: str) -> str:
    return name if len(name) <= TITLED else "…" + name[1 - TITLED :]


def _differing(comparison: Comparison) -> Lines:
    """The questions that were gained and lost, each with what it was and what it is."""
    before, after = comparison.before.by_id, comparison.after.by_id

    def became(names: Iterable[str]) -> list[str]:
        return [
            f"{name}  {words.verdict(before[name])} → {words.verdict(after[name])}"
            for name in names
        ]

    return (
        *_listed("Gained", became(comparison.gained), Style.GOOD),
        *_listed("Lost", became(comparison.lost), Style.BAD),
    )


def _listed(head: str, names: Sequence[str], style: Style = Style.HEAD) -> Lines:
    """A headed list of the first names, and how many more there are."""
    if not names:
        return ()
    lines = [line(name, indent=GAP, hang=GAP) for name in names]
    return (BLANK, line((f"{head} ({len(names):,})", style)), *first(lines, indent=GAP))
