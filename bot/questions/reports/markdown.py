"""A run as Markdown, for a comment on a change; pure.

Words of questions, articles and answers make no markup, no links, and mention nobody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.console import LISTED, counted, printable, shortened
from bot.questions import figures, words
from bot.questions.comparison import Comparison
from bot.questions.measures import measured
from bot.questions.results import QuestionResult, SetRun, Verdict

MOST = 65_000
"""Characters of a comment: GitHub takes 65,536."""

# Characters of a name and of any other text.
NAME = 100
TEXT = 600

_Rows = Iterable[Sequence[str]]


def markdown(run: SetRun, comparison: Comparison | None = None) -> str:
    """Return a run's conclusion, its measures, and all that falls short, folded up.

    It is cut to `MOST` characters, with a note.
    """
    missing = comparison.missing if comparison else ()
    head = (
        f"## {words.conclusion(run, missing)}\n",
        f"Question set {_plain(run.set_path)} · {_plain(words.circumstances(run))}\n",
        _table(*(_compared(comparison) if comparison else _measured(run))),
    )
    blocks = [*_facts(run, comparison), *map(_details, run.falls_short)]
    return _fitted("\n".join(head), blocks, len(run.falls_short))


def _fitted(head: str, blocks: Sequence[str], details: int) -> str:
    """Return as many of the blocks as fit; the last of them are the details."""
    room = MOST - len(head) - len(_cut(details, details))
    for number, block in enumerate(blocks):
        room -= len(block) + 1
        if room < 0:
            shown = max(0, number - len(blocks) + details)
            return "\n".join((head, *blocks[:number], _cut(shown, details)))
    return "\n".join((head, *blocks))


def _cut(shown: int, details: int) -> str:
    return (
        f"Cut to fit a comment: {shown:,} of {counted(details, 'question')} that fall short "
        "are shown. The other reports have all of them.\n"
    )


# Numbers


def _measured(run: SetRun) -> tuple[Sequence[str], _Rows]:
    rows = (
        (row.name, figures.number(row.value, row.unit))
        for row in figures.rows(measured(run))
        if row.value or (row.value is not None and row.unit is not figures.Unit.COUNT)
    )
    return ("", "now"), rows


def _compared(comparison: Comparison) -> tuple[Sequence[str], _Rows]:
    """Return the figures over the questions of both runs, without counts of zero."""
    rows = (
        (
            change.name,
            figures.number(change.before, change.unit),
            figures.number(change.after, change.unit),
            figures.difference(change.before, change.after, change.unit),
        )
        for change in comparison.measures
        if change.before or change.after or change.unit is not figures.Unit.COUNT
    )
    return ("", "baseline", "now", "change"), rows


def _table(titles: Sequence[str], rows: _Rows) -> str:
    lines = (titles, ("---", *["--:"] * (len(titles) - 1)), *(map(_plain, row) for row in rows))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


# Facts


def _facts(run: SetRun, comparison: Comparison | None) -> Iterator[str]:
    if comparison:
        baseline = _plain(words.circumstances(comparison.before))
        yield f"Against the baseline ({baseline}): {comparison.sentence}\n"
        yield from _listed("Gained", comparison.gained)
        yield from _listed("Lost", comparison.lost)
        yield from _listed("Missing now", comparison.missing)
        yield from _listed("New", comparison.new)
    unsteady = (result for result in run.results if result.verdict is Verdict.UNSTEADY)
    often = _ids(result for result in unsteady if result.holds)
    yield from _listed("Unsteady, but often enough", often)
    yield from _listed("Known failures", _ids(result for result in run.results if result.known))
    mended = _ids(result for result in run.results if result.mended)
    yield from _listed("Mended, no longer known failures", mended)
    for name, fact in (("Repeats", words.spread(run)), ("Advisory", words.unheeded(run.results))):
        if fact:
            yield f"**{name}:** {_plain(fact)}\n"


def _ids(results: Iterable[QuestionResult]) -> Sequence[str]:
    return [result.question.id for result in results]


def _listed(head: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        shown = words.listed([_plain(shortened(name, NAME)) for name in names], LISTED)
        yield f"**{head} ({len(names):,}):** {shown}\n"


# What falls short


def _details(result: QuestionResult) -> str:
    """Return a question that falls short as one block of HTML, in which no Markdown is read."""
    rows = "\n".join(f"<tr><td>{name}</td><td>{cell}</td></tr>" for name, cell in _cells(result))
    asked = _plain(shortened(words.asked(result.question), TEXT))
    return (
        f"<details>\n<summary><b>{words.verdict(result)}</b>: {asked}</summary>\n"
        f"<table>\n{rows}\n</table>\n</details>\n"
    )


def _cells(result: QuestionResult) -> Iterator[tuple[str, str]]:
    expected = words.expectations(result.question)
    yield "id", _plain(shortened(result.question.id, NAME))
    yield "did not hold", _broken(map(str, words.shortfalls(result)))
    yield "expected", _broken(f"{name}: {value}" for name, value in expected)
    if record := words.telling(result).record:
        yield "got", _broken([words.answer(record)])
        for mark, quote in words.citations(record)[:LISTED]:
            yield _plain(shortened(mark, NAME)), _broken([f"“{quote}”"])


def _broken(texts: Iterable[str]) -> str:
    return "<br>".join(_plain(shortened(text, TEXT)) for text in texts)


def _plain(text: str) -> str:
    """Return a text on one line, escaped for Markdown, HTML and GitHub."""
    return _LINKING.sub(r"\g<0>&#8203;", _MARKUP.sub(_entity, escape(printable(text))))


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


_MARKUP = re.compile(r"[\\`*_\[\]|~!$]")
_LINKING = re.compile(r"@|(?<!&)#|:(?=//)|www(?=\.)|\bgh(?=-\d)", re.IGNORECASE)
"""A space of no width after these keeps names, numbers and addresses from linking."""
