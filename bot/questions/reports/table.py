"""Runs and comparisons as lines for the terminal; pure."""

from collections.abc import Iterable, Iterator, Sequence

from bot.questions import figures, words
from bot.questions.comparison import Change, Comparison
from bot.questions.figures import Group
from bot.questions.measures import Confusion, Measures, measured
from bot.questions.results import Result, Run, Verdict
from bot.render import BLANK, LISTED, SNIPPET, Line, Lines, Style, line, shortened

GAP = 2
"""Between columns, in characters."""

TITLED = 20
"""Of a run's name above its column, in characters."""

_HEAD = 12


ROWS = 100
"""Questions that are told of before the rest is counted."""


def run_lines(run: Run, comparison: Comparison | None = None) -> Lines:
    """What there is to tell of questions; what they come to; whether the run holds.

    Where it is compared with an earlier one, what has changed since comes before the last line.
    """
    told = [one for one in run.results if words.worth_telling(one)]
    missing = comparison.missing if comparison else ()
    return (
        line((run.set_path, Style.HEAD)),
        line((words.circumstances(run), Style.FAINT), hang=GAP),
        BLANK,
        *_questions(run, told[:ROWS]),
        *_more(len(told) - ROWS),
        *([BLANK] if told else []),
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


def _questions(run: Run, results: Sequence[Result]) -> Lines:
    width = max((len(words.verdict(one)) for one in results), default=0) + GAP
    return tuple(each for one in results for each in _question(run, one, width))


def _more(left: int) -> Lines:
    told = f"and {words.counted(left, 'more question')}; --report FILE.html shows them all"
    return (line((told, Style.FAINT)),) if left > 0 else ()


def _question(run: Run, result: Result, width: int) -> Iterator[Line]:
    asked = result.question
    where = f"  {run.set_path}:{asked.line}" if asked.line else ""
    verdict = (f"{words.verdict(result):<{width}}", _style(result))
    yield line(verdict, (asked.id, Style.HEAD), hang=width)
    yield line((words.asked(asked) + where, Style.FAINT), indent=width)
    for detail in _details(result):
        yield line(detail, indent=width, hang=GAP)


def _style(result: Result) -> Style:
    if result.verdict is Verdict.PASSED:
        return Style.GOOD
    return Style.BAD if result.gates else Style.WARNING


def _details(result: Result) -> Iterator[str]:
    fallen = words.shortfalls(result)
    yield from map(str, fallen)
    record = words.telling(result).record
    if record and {one.name for one in fallen} - _NOT_OF_WORDS:
        yield shortened(f"answer: {words.answer(record)}", SNIPPET)
    if result.verdict is Verdict.UNSTEADY and result.holds:
        yield f"often enough: {result.question.share:.0%} must hold"
    if result.known:
        yield f"known: {result.question.known_failure}"
    if result.mended:
        reason = result.question.known_failure
        yield f"holds now; take `known_failure: {reason}` out of the set"


_NOT_OF_WORDS = {"refuse", "answerable", "error", "retrieves", "max_ms"}
"""Shortfalls of which the answer's words tell no more than they do."""


# What they come to


def _summary(run: Run) -> Iterator[Line]:
    told = measured(run)
    facts = (
        ("questions", _counts(told)),
        ("answerable", _answerable(told)),
        ("to refuse", _refusable(told)),
        *((group.value, _numbers(told, group)) for group in _NUMBERED),
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


def _counts(told: Measures) -> str:
    others = {
        Verdict.FAILED: told.failed,
        Verdict.UNSTEADY: told.unsteady,
        Verdict.ERROR: told.errors,
    }
    found = ", ".join((f"{told.passed:,} passed", *words.fared(others)))
    known = words.counted(told.known, words.KNOWN) if told.known else ""
    mended = f"{told.mended:,} {words.MENDED}" if told.mended else ""
    among = ", ".join(filter(None, (known, mended)))
    return f"{told.questions:,}: {found}{f'; among them {among}' if among else ''}"


def _answerable(told: Measures) -> str:
    of = told.answerable
    return _confusion(of, f"{of.answered:,} answered", "false refusal", of.refused)


def _refusable(told: Measures) -> str:
    of = told.refusable
    return _confusion(of, f"{of.refused:,} refused", "false answer", of.answered)


def _confusion(of: Confusion, right: str, wrong: str, count: int) -> str:
    if not of.total:
        return ""
    errors = f", {words.counted(of.errors, 'error')}" if of.errors else ""
    wrongly = f"{words.counted(count, wrong)} ({figures.share(count / of.total)})"
    return f"{of.total:,}: {right}, {wrongly}{errors}"


def _numbers(told: Measures, group: Group) -> str:
    return " · ".join(
        f"{row.name} {figures.number(row.value, row.unit)}"
        for row in figures.rows(told)
        if row.group is group and row.value is not None
    )


# Compared


def _since(comparison: Comparison) -> Lines:
    """What has become of the baseline."""
    changed = [
        one
        for one in comparison.measures
        if figures.difference(one.before, one.after, one.unit) not in ("", "=")
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
        told = f"  {run.set_path} · {words.circumstances(run)}"
        yield line((name, Style.HEAD), told, hang=GAP)
    if comparison.before.digest != comparison.after.digest:
        yield line(("The sets differ: they may expect different things.", Style.WARNING))


def _changes(changes: Sequence[Change], names: tuple[str, str]) -> Iterator[Line]:
    """Give a row for each number: its name, what it was, what it is, and by how much it changed."""
    heads = [_tail(name) for name in names]
    values = [
        [figures.number(value, one.unit) for value in (one.before, one.after)] for one in changes
    ]
    first = max((len(one.name) for one in changes), default=0)
    widths = [max(map(len, column)) + GAP for column in zip(heads, *values, strict=True)]
    yield line((f"{'':<{first}}{_right(heads, widths)}", Style.HEAD))
    for one, told in zip(changes, values, strict=True):
        by = figures.difference(one.before, one.after, one.unit)
        style = Style.FAINT if one.better is None else _judged(holds=one.better)
        yield line(f"{one.name:<{first}}{_right(told, widths)}", (f"{'':<{GAP}}{by}", style))


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
    left = len(names) - LISTED
    return (
        BLANK,
        line((f"{head} ({len(names):,})", style)),
        *(line(name, indent=GAP, hang=GAP) for name in names[:LISTED]),
        *((line((f"and {left:,} more", Style.FAINT), indent=GAP),) if left > 0 else ()),
    )
