"""A run as Markdown, for a comment on a change; pure.

Words of questions, articles and answers make no markup, no links, and mention nobody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.console import LISTED, counted, printable, shortened
from bot.questions import words
from bot.questions.comparison import Comparison
from bot.questions.measures import Unit, measured
from bot.questions.results import QuestionResult, SetRun, Verdict

MOST = 65_000
"""Characters of a comment: GitHub takes 65,536."""

# Characters of a name and of any other text.
NAME = 100
TEXT = 600


def markdown(run: SetRun, comparison: Comparison | None = None) -> str:
    """Return a run's conclusion, its measures, and all that fails, folded up.

    It is cut to `MOST` characters, with a note.
    """
    head = (
        f"## {words.conclusion(run, comparison)}\n",
        f"Question set {_plain(run.set_path)} · {_plain(words.circumstances(run))}\n",
        _compared(comparison) if comparison else _measured(run),
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
        f"Cut to fit a comment: {shown:,} of {counted(details, 'question')} that did not pass "
        "are shown. The other reports have all of them.\n"
    )


# Numbers


def _measured(run: SetRun) -> str:
    rows = [
        (figure.name, words.number(figure.value, figure.unit))
        for figure in measured(run).figures
        if figure.value or (figure.value is not None and figure.unit is not Unit.COUNT)
    ]
    return _table(("", "now"), rows)


def _compared(comparison: Comparison) -> str:
    """Return the figures over the questions of both runs, without counts of zero."""
    rows = [
        (
            change.name,
            words.number(change.before, change.unit),
            words.number(change.after, change.unit),
            words.difference(change.before, change.after, change.unit),
        )
        for change in comparison.measures
        if change.before or change.after or change.unit is not Unit.COUNT
    ]
    return _table(("", "baseline", "now", "change"), rows)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (titles, ("---", *["--:"] * (len(titles) - 1)), *(map(_plain, row) for row in rows))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


# Facts


def _facts(run: SetRun, comparison: Comparison | None) -> Iterator[str]:
    lists: dict[str, Sequence[str]] = {}
    if comparison:
        baseline = _plain(words.circumstances(comparison.before))
        yield f"Against the baseline ({baseline}): {comparison.sentence}\n"
        lists = {
            "Gained": comparison.gained,
            "Lost": comparison.lost,
            "Missing now": comparison.missing,
            "New": comparison.new,
        }
    often = [each for each in run.results if each.verdict is Verdict.FLAKY and each.holds]
    for head, results in (
        ("Flaky, but often enough", often),
        ("Known failures", [each for each in run.results if each.known]),
        ("Fixed, no longer known failures", [each for each in run.results if each.fixed]),
    ):
        lists[head] = [result.question.id for result in results]
    for head, ids in lists.items():
        if ids:
            names = ", ".join(_plain(shortened(name, NAME)) for name in ids[:LISTED])
            more = f" and {len(ids) - LISTED:,} more" if len(ids) > LISTED else ""
            yield f"**{head} ({len(ids):,}):** {names}{more}\n"
    for name, fact in (("Repeats", words.spread(run)), ("Advisory", words.advisory(run))):
        if fact:
            yield f"**{name}:** {_plain(fact)}\n"


# What fails


def _details(result: QuestionResult) -> str:
    """Return a question that fails as one block of HTML, in which no Markdown is read."""
    rows = "\n".join(f"<tr><td>{name}</td><td>{cell}</td></tr>" for name, cell in _cells(result))
    asked = _plain(shortened(words.asked(result.question), TEXT))
    return (
        f"<details>\n<summary><b>{result.word}</b>: {asked}</summary>\n"
        f"<table>\n{rows}\n</table>\n</details>\n"
    )


def _cells(result: QuestionResult) -> Iterator[tuple[str, str]]:
    expected = words.expectations(result.question).items()
    yield "id", _plain(shortened(result.question.id, NAME))
    yield "failed checks", _broken(map(str, result.shortfalls))
    yield "expected", _broken(f"{name}: {value}" for name, value in expected)
    if answer := result.telling.given:
        yield "got", _broken([words.answer(answer)])
        for mark, quote in words.citations(answer)[:LISTED]:
            yield _plain(shortened(mark, NAME)), _broken([f"“{quote}”"])


def _broken(texts: Iterable[str]) -> str:
    return "<br>".join(_plain(shortened(text, TEXT)) for text in texts)


def _plain(text: str) -> str:
    """Return a text on one line, escaped for Markdown, HTML and GitHub."""
    escaped = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", escape(printable(text)))
    return _LINKING.sub(r"\g<0>&#8203;", escaped)


_MARKUP = re.compile(r"[\\`*_\[\]|~!$]")
_LINKING = re.compile(r"@|(?<!&)#|:(?=//)|www(?=\.)|\bgh(?=-\d)", re.IGNORECASE)
"""A space of no width after these keeps names, numbers and addresses from linking."""
