"""A run as Markdown, for a comment on a change; pure.

Words of questions, articles and answers are shown as they are: they make no markup, no links, and
call nobody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.questions import figures, words
from bot.questions.comparison import Comparison
from bot.questions.measures import measured
from bot.questions.results import Result, Run, Verdict
from bot.render import LISTED, printable, shortened

MOST = 65_000
"""Of a comment, in characters: GitHub takes 65,536."""

# Of what is cited in it, in characters.
NAME = 100
TEXT = 600

_Rows = Iterable[Sequence[str]]


def markdown(run: Run, comparison: Comparison | None = None) -> str:
    """Give whether a run holds, its numbers, and all that falls short, folded up.

    It is cut to `MOST` characters, and says so.
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
    """Give as many of the blocks as there is room for; the last of them are the details."""
    room = MOST - len(head) - len(_cut(details, details))
    for number, block in enumerate(blocks):
        room -= len(block) + 1
        if room < 0:
            shown = max(0, number - len(blocks) + details)
            return "\n".join((head, *blocks[:number], _cut(shown, details)))
    return "\n".join((head, *blocks))


def _cut(shown: int, details: int) -> str:
    return (
        f"Cut to fit a comment: {shown:,} of {words.counted(details, 'question')} that fall short "
        "are shown. The other reports have all of them.\n"
    )


# Numbers


def _measured(run: Run) -> tuple[Sequence[str], _Rows]:
    rows = (
        (row.name, figures.number(row.value, row.unit))
        for row in figures.rows(measured(run))
        if row.value or (row.value is not None and row.unit is not figures.Unit.COUNT)
    )
    return ("", "now"), rows


def _compared(comparison: Comparison) -> tuple[Sequence[str], _Rows]:
    """Give the numbers of the questions that both have; counts of nothing are left out."""
    rows = (
        (
            one.name,
            figures.number(one.before, one.unit),
            figures.number(one.after, one.unit),
            figures.difference(one.before, one.after, one.unit),
        )
        for one in comparison.measures
        if one.before or one.after or one.unit is not figures.Unit.COUNT
    )
    return ("", "baseline", "now", "change"), rows


def _table(titles: Sequence[str], rows: _Rows) -> str:
    lines = (titles, ("---", *["--:"] * (len(titles) - 1)), *(map(_plain, row) for row in rows))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


# Facts


def _facts(run: Run, comparison: Comparison | None) -> Iterator[str]:
    if comparison:
        baseline = _plain(words.circumstances(comparison.before))
        yield f"Against the baseline ({baseline}): {comparison.sentence}\n"
        yield from _named("Gained", comparison.gained)
        yield from _named("Lost", comparison.lost)
        yield from _named("Missing now", comparison.missing)
        yield from _named("New", comparison.new)
    often = [one for one in run.results if one.verdict is Verdict.UNSTEADY and one.holds]
    yield from _named("Unsteady, but often enough", _ids(often))
    yield from _named("Known failures", _ids(one for one in run.results if one.known))
    mended = _ids(one for one in run.results if one.mended)
    yield from _named("Mended, no longer known failures", mended)
    for name, fact in (("Repeats", words.spread(run)), ("Advisory", words.unheeded(run.results))):
        if fact:
            yield f"**{name}:** {_plain(fact)}\n"


def _ids(results: Iterable[Result]) -> Sequence[str]:
    return [one.question.id for one in results]


def _named(head: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        shown = words.named([_plain(shortened(one, NAME)) for one in names], LISTED)
        yield f"**{head} ({len(names):,}):** {shown}\n"


# What falls short


def _details(result: Result) -> str:
    """Give a question that falls short as one block of HTML, in which no Markdown is read."""
    rows = "\n".join(f"<tr><td>{name}</td><td>{told}</td></tr>" for name, told in _cells(result))
    asked = _plain(shortened(words.asked(result.question), TEXT))
    return (
        f"<details>\n<summary><b>{words.verdict(result)}</b>: {asked}</summary>\n"
        f"<table>\n{rows}\n</table>\n</details>\n"
    )


def _cells(result: Result) -> Iterator[tuple[str, str]]:
    expected = words.expectations(result.question)
    yield "id", _plain(shortened(result.question.id, NAME))
    yield "did not hold", _broken(map(str, words.shortfalls(result)))
    yield "expected", _broken(f"{name}: {told}" for name, told in expected)
    if record := words.telling(result).record:
        yield "got", _broken([words.answer(record)])
        for mark, quote in words.citations(record)[:LISTED]:
            yield _plain(shortened(mark, NAME)), _broken([f"“{quote}”"])


def _broken(texts: Iterable[str]) -> str:
    return "<br>".join(_plain(shortened(one, TEXT)) for one in texts)


def _plain(text: str) -> str:
    """Give a text as the same words on one line, whatever Markdown, HTML or GitHub make of it."""
    return _LINKING.sub(r"\g<0>&#8203;", _MARKUP.sub(_entity, escape(printable(text))))


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


_MARKUP = re.compile(r"[\\`*_\[\]|~!$]")
_LINKING = re.compile(r"@|(?<!&)#|:(?=//)|www(?=\.)|\bgh(?=-\d)", re.IGNORECASE)
"""After what, in a text, a space of no width keeps names, numbers and addresses from linking."""
