"""A run as one HTML page that needs nothing else: no server, no network, no JavaScript.

Everything shown goes through the template with autoescape on; control characters are removed. The
page's policy allows its own script and style alone, by their hashes.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.console import ExitStatus, counted
from bot.questions import figures, words
from bot.questions.checks import Texts
from bot.questions.comparison import Comparison
from bot.questions.history import PastRun
from bot.questions.measures import Measures, measured
from bot.questions.reports.trend import trend
from bot.questions.results import Attempt, QuestionResult, SetRun, status
from bot.terminal.render import near
from rag.reasons import Reason
from rag.text.passages import Around, around
from rag.types import Answer, Citation, Edition, Evidence
from rag.view import view

if TYPE_CHECKING:
    from jinja2 import Template

WITH_DETAILS = 500
"""Questions that hold and are shown in full, at most."""

OPEN = 5
"""Questions that fall short are open from the start where there are at most so many."""

# In characters.
EXCERPT = 110
CONTEXT = 400


def page(
    run: SetRun,
    *,
    texts: Texts,
    past: Sequence[PastRun] = (),
    comparison: Comparison | None = None,
) -> str:
    """Return the page of a run.

    `past` are earlier runs of the whole set, oldest first.
    """
    items = _items(run, comparison)
    measures = measured(run)
    missing = comparison.missing if comparison else ()
    return _template().render(
        run=run,
        measures=measures,
        groups=_groups(measures),
        state=_state(run, missing),
        conclusion=words.conclusion(run, missing),
        items=items,
        open=len(run.falls_short) <= OPEN,
        labels=_labels(items),
        tags=Counter(tag for item in items for tag in item.tags).most_common(),
        trend=trend(run, past),
        comparison=comparison,
        places={item.result.question.id: item.number for item in items},
        passages=_passages(items, texts),
        unsupported=str(Reason.NO_SUPPORT()),
        paragraph=lambda citation: _paragraph(citation, texts),
    )


def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    source = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return environment.from_string(source)


# The questions


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageItem:
    """A question by its place in the set, from 1; `whole` shows all of it.

    `change` and `before` are its change since the baseline, and its result there.
    """

    number: int
    result: QuestionResult
    whole: bool
    change: str = ""
    before: QuestionResult | None = None

    @property
    def label(self) -> str:
        """The verdict's first word, for filters and colours: "unsteady" of "unsteady (2 of 5)"."""
        return words.verdict(self.result).partition(" ")[0]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(" ".join(tag.split()) for tag in self.result.question.tags)

    @property
    def answers(self) -> tuple[tuple[str, int], ...]:
        """Each answer, and how often it was given."""
        return tuple(Counter(map(_answer, self.result.attempts)).items())

    @property
    def answered_before(self) -> tuple[str, ...]:
        """The answers of the baseline, where they differ from those of now."""
        now = {text for text, _ in self.answers}
        then = (
            dict.fromkeys(_answer(attempt) for attempt in self.before.attempts)
            if self.before
            else {}
        )
        return () if now == set(then) else tuple(then)


def _items(run: SetRun, comparison: Comparison | None) -> tuple[_PageItem, ...]:
    """Return the questions: first those that fall short, then others worth telling."""
    changes = _changes(comparison)
    before = comparison.before.by_id if comparison else {}
    ranked = sorted(enumerate(run.results, 1), key=lambda pair: _rank(pair[1]))
    short = sum(not result.holds for result in run.results)
    return tuple(
        _PageItem(
            number=number,
            result=result,
            whole=place < short + WITH_DETAILS,
            change=changes.get(result.question.id, ""),
            before=before.get(result.question.id),
        )
        for place, (number, result) in enumerate(ranked)
    )


def _rank(result: QuestionResult) -> int:
    if not result.holds:
        return 0 if result.gates else 1
    return 2 if words.worth_telling(result) else 3


def _changes(comparison: Comparison | None) -> Mapping[str, str]:
    if comparison is None:
        return {}
    became = {"gained": comparison.gained, "lost": comparison.lost, "new": comparison.new}
    return {name: change for change, names in became.items() for name in names}


def _answer(attempt: Attempt) -> str:
    return words.answer(attempt.record) if attempt.record else f"No answer: {attempt.error}"


# The summary


def _state(run: SetRun, missing: Sequence[str]) -> str:
    """Return the name of a run's shape and colour."""
    if status(run) == ExitStatus.NO_ANSWER:
        return "error"
    return "passed" if words.holds(run, missing) else "failed"


def _groups(measures: Measures) -> Mapping[str, Sequence[figures.Row]]:
    """Return the known figures by group."""
    rows = [row for row in figures.rows(measures) if row.value is not None]
    return {group.value: [row for row in rows if row.group is group] for group in figures.Group}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """A verdict, how many questions have it, and where they stand in the bar, in percent."""

    name: str
    word: str
    count: int
    start: float
    share: float


_WORDS = {
    "passed": "passed",
    "mended": words.MENDED,
    "known": words.KNOWN,
    "unsteady": "unsteady",
    "failed": "failed",
    "error": "error",
}


def _labels(items: Sequence[_PageItem]) -> tuple[_Label, ...]:
    counts = Counter(item.label for item in items)
    labels, start = [], 0.0
    for name, word in _WORDS.items():
        share = 100 * counts[name] / len(items) if items else 0.0
        labels.append(_Label(name=name, word=word, count=counts[name], start=start, share=share))
        start += share
    return tuple(labels)


# Articles


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownPassage:
    """A passage that was read, by its number on the page, where its text stands once."""

    number: int
    edition: Edition
    text: str


_Place = tuple[Edition, int, int]


def _passages(items: Iterable[_PageItem], texts: Texts) -> Mapping[_Place, _ShownPassage]:
    """Return every passage on the page whose article is still there, by its place."""
    read = dict.fromkeys(_place(evidence) for evidence in _read(items))
    found = ((place, texts(place[0])) for place in sorted(read, key=lambda place: place[0].id))
    there = [(place, text[place[1] : place[2]]) for place, text in found if text is not None]
    return {
        place: _ShownPassage(number=number, edition=place[0], text=text)
        for number, (place, text) in enumerate(there, 1)
    }


def _place(evidence: Evidence) -> _Place:
    return evidence.article, evidence.passage.start, evidence.passage.end


def _read(items: Iterable[_PageItem]) -> Iterator[Evidence]:
    return (
        evidence
        for item in items
        if item.whole
        for attempt in item.result.attempts
        if attempt.record
        for evidence in attempt.record.evidence
    )


def _paragraph(citation: Citation, texts: Texts) -> Around | None:
    """Return the text around a quote, cut short; None where the quote is gone."""
    text = texts(citation.article)
    if text is None or text[citation.start : citation.end] != citation.quote:
        return None
    return near(around(text, citation.start, citation.end), CONTEXT)


def _cited(evidence: Evidence, answer: Answer) -> bool:
    """True if an answer quotes from a passage."""
    article, start, end = _place(evidence)
    return any(
        citation.article == article and start <= citation.start < end
        for citation in answer.citations
    )


def _address(edition: Edition) -> str | None:
    """Return an article's address where it is one of the web."""
    try:
        parts = urlsplit(edition.url or "")
    except ValueError:
        return None
    return edition.url if parts.scheme in {"http", "https"} and parts.hostname else None


# Filters of the template


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _visible(value: object) -> object:
    """Remove invisible characters from a text, except where it is markup of the page."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNSEEN.sub("", value)


def _digest(code: str) -> str:
    """Return the hash that names a script or a style in the policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[: EXCERPT - 1].rstrip()}…"


def _took(attempts: Sequence[Attempt]) -> str:
    """Return the shortest and the longest time of attempts."""
    times = [attempt.ms for attempt in attempts if attempt.ms is not None]
    if not times:
        return ""
    least, most = (figures.number(time, figures.Unit.TIME) for time in (min(times), max(times)))
    return least if least == most else f"{least} to {most}"


_FILTERS: dict[str, Callable[..., object]] = {
    "address": _address,
    "answer": words.answer,
    "cited": _cited,
    "counted": counted,
    "difference": figures.difference,
    "digest": _digest,
    "excerpt": _excerpt,
    "expected": lambda question: dict(words.expectations(question)),
    "number": figures.number,
    "place": _place,
    "share": figures.share,
    "spread": words.spread,
    "took": _took,
    "verdict": words.verdict,
    "view": view,
}
