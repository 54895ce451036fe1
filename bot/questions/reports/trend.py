"""Runs of a whole set as curves over time; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.questions import figures
from bot.questions.history import PastRun
from bot.questions.results import SetRun

MARGIN, TOP = 2.0, 6.0
"""Around the curves, in percent of the picture's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A run in a curve: its place, in percent from the left and the top, and its share."""

    x: float
    y: float
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A share over runs. `strokes` join the points of neighbouring runs that both have it."""

    name: str
    word: str
    points: tuple[Point, ...]
    strokes: tuple[tuple[Point, Point], ...]

    @property
    def sentence(self) -> str:
        """The first and the last share: "passed: 50.0% → 75.0%"."""
        if not self.points:
            return f"{self.word}: unknown"
        first, last = self.points[0].share, self.points[-1].share
        return f"{self.word}: {last}" if len(self.points) == 1 else f"{self.word}: {first} → {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Runs of the whole set, oldest first, and their curves."""

    runs: tuple[PastRun, ...]
    curves: tuple[Curve, ...]


def trend(run: SetRun, past: Sequence[PastRun]) -> Trend:
    """Return the trend up to a run, which may already be in the past."""
    now = (PastRun.of(run),) if run.whole and run.results else ()
    earlier = tuple(each for each in past if each.when != run.when)
    runs = (*earlier, *now)
    passed = [each.passed / each.questions if each.questions else None for each in runs]
    return Trend(
        runs=runs,
        curves=(
            _curve("passed", "passed", passed),
            _curve("answers", "false answers", [each.false_answers for each in runs]),
            _curve("refusals", "false refusals", [each.false_refusals for each in runs]),
        ),
    )


def _curve(name: str, word: str, shares: Sequence[float | None]) -> Curve:
    places = [_place(number, share, len(shares)) for number, share in enumerate(shares)]
    pairs = pairwise(places)
    return Curve(
        name=name,
        word=word,
        points=tuple(place for place in places if place),
        strokes=tuple((start, end) for start, end in pairs if start and end),
    )


def _place(number: int, share: float | None, runs: int) -> Point | None:
    if share is None:
        return None
    along = number / (runs - 1) if runs > 1 else 0.5
    return Point(
        x=round(MARGIN + along * (100 - 2 * MARGIN), 2),
        y=round(TOP + (1 - share) * (100 - 2 * TOP), 2),
        share=figures.share(share),
    )
