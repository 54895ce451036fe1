"""A run as one HTML page that needs nothing else: no server, no network, no JavaScript.

Everything shown goes through the template with autoescape on; control characters are removed. The
page's policy allows its own script and style alone, by their hashes.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.console import counted, shortened
from bot.program import ExitStatus
from bot.questions import words
from bot.questions.checks import Texts
from bot.questions.comparison import Comparison
from bot.questions.history import PastRun
from bot.questions.measures import FigureGroup, measured
from bot.questions.results import FIXED, KNOWN, Attempt, QuestionResult, SetRun
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

MARGIN, TOP = 2.0, 6.0
"""Around the curves, in percent of the picture's width and height."""

_LABELS = ("passed", FIXED, "known", "flaky", "failed", "error")
"""The first words of verdicts, in the order of the bar."""


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
    holds = "passed" if words.holds(run, comparison) else "failed"
    figures = [figure for figure in measures.figures if figure.value is not None]
    return _template().render(
        run=run,
        measures=measures,
        groups={each: [row for row in figures if row.group is each] for each in FigureGroup},
        state="error" if run.status == ExitStatus.NO_ANSWER else holds,
        conclusion=words.conclusion(run, comparison),
        items=items,
        open=len(run.falls_short) <= OPEN,
        labels=_labels(items),
        tags=Counter(tag for item in items for tag in item.tags).most_common(),
        trend=_trend(run, past),
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
        """The verdict's first word, for filters and colours: "flaky" of "flaky (2 of 5)"."""
        return self.result.word.partition(" ")[0]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(" ".join(tag.split()) for tag in self.result.question.tags)

    @property
    def answers(self) -> Mapping[str, int]:
        """Each answer, and how often it was given."""
        return Counter(map(_answer, self.result.attempts))

    @property
    def answered_before(self) -> tuple[str, ...]:
        """The answers of the baseline, where they differ from those of now."""
        then = dict.fromkeys(map(_answer, self.before.attempts if self.before else ()))
        return () if set(self.answers) == set(then) else tuple(then)


def _items(run: SetRun, comparison: Comparison | None) -> tuple[_PageItem, ...]:
    """Return the questions: first those that fall short, then other notable ones."""
    names = ("gained", "lost", "new") if comparison else ()
    changes = {each: name for name in names for each in getattr(comparison, name)}
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


def _rank(result: QuestionResult) -> tuple[bool, bool, bool]:
    return not result.gates, result.holds, not result.notable


def _answer(attempt: Attempt) -> str:
    return words.answer(attempt.given) if attempt.given else f"No answer: {attempt.error}"


def _labels(items: Sequence[_PageItem]) -> list[dict[str, Any]]:
    """Return each verdict, how many questions have it, and its place in the bar, in percent."""
    counts = Counter(item.label for item in items)
    known = KNOWN if counts["known"] == 1 else f"{KNOWN}s"
    shares = [100 * counts[name] / (len(items) or 1) for name in _LABELS]
    return [
        {
            "name": name,
            "word": known if name == "known" else name,
            "count": counts[name],
            "start": sum(shares[:place]),
            "share": shares[place],
        }
        for place, name in enumerate(_LABELS)
    ]


# The trend


def _trend(run: SetRun, past: Sequence[PastRun]) -> dict[str, Any]:
    """Return the runs of the whole set up to this one, oldest first, and their curves."""
    now = [PastRun.of(run)] if run.whole and run.results else []
    runs = [*(each for each in past if each.when != run.when), *now]
    shares = {
        "passed": [each.passed / each.questions if each.questions else None for each in runs],
        "false answers": [each.false_answers for each in runs],
        "false refusals": [each.false_refusals for each in runs],
    }
    return {"runs": runs, "curves": [_curve(*each) for each in shares.items()]}


def _curve(word: str, shares: Sequence[float | None]) -> dict[str, Any]:
    """Return the points of a curve, and the strokes between neighbouring runs that both have it."""
    places = [
        {
            "x": round(MARGIN + number / max(len(shares) - 1, 1) * (100 - 2 * MARGIN), 2),
            "y": round(TOP + (1 - share) * (100 - 2 * TOP), 2),
            "share": words.share(share),
        }
        if share is not None
        else None
        for number, share in enumerate(shares)
    ]
    points = [place for place in places if place]
    ends = [point["share"] for point in (*points[:1], *points[1:][-1:])]
    return {
        "name": word.rsplit(maxsplit=1)[-1],
        "word": word,
        "points": points,
        "strokes": [pair for pair in pairwise(places) if all(pair)],
        "sentence": f"{word}: {' → '.join(map(str, ends)) or 'unknown'}",
    }


# Articles

_Place = tuple[Edition, int, int]


def _passages(items: Iterable[_PageItem], texts: Texts) -> dict[_Place, dict[str, Any]]:
    """Return every passage that was read and is still there, numbered, by its place."""
    read = {
        _place(evidence)
        for item in items
        if item.whole
        for attempt in item.result.attempts
        if attempt.given
        for evidence in attempt.given.evidence
    }
    found: dict[_Place, dict[str, Any]] = {}
    for place in sorted(read, key=lambda place: (place[0].id, *place[1:])):
        edition, start, end = place
        if (text := texts(edition)) is not None:
            found[place] = {"number": len(found) + 1, "edition": edition, "text": text[start:end]}
    return found


def _place(evidence: Evidence) -> _Place:
    return evidence.article, evidence.passage.start, evidence.passage.end


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


def _took(attempts: Sequence[Attempt]) -> str:
    """Return the shortest and the longest time of attempts."""
    times = sorted(attempt.ms for attempt in attempts if attempt.ms is not None)
    ends = dict.fromkeys(words.number(time, "ms") for time in (*times[:1], *times[-1:]))
    return " to ".join(ends)


_FILTERS: dict[str, Callable[..., object]] = {
    "address": _address,
    "cited": _cited,
    "counted": counted,
    "difference": words.difference,
    "digest": _digest,
    "excerpt": lambda text: shortened(text, EXCERPT),
    "expected": words.expectations,
    "number": words.number,
    "place": _place,
    "share": words.share,
    "spread": words.spread,
    "took": _took,
    "view": view,
}
