"""Runs of a whole set as curves over time; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.questions import figures
from bot.questions.kept import Past
from bot.questions.results import Run

MARGIN, TOP = 2.0, 6.0
"""Around the curves, in percent of the picture's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A run in a curve: where it stands, in percent from the left and the top, and its share."""

    x: float
    y: float
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A share over runs. `strokes` join points of runs one after the other that both tell it."""

    name: str
    word: str
    points: tuple[Point, ...]
    strokes: tuple[tuple[Point, Point], ...]

    @property
    def sentence(self) -> str:
        """From what to what it went: "passed: 50.0% → 75.0%"."""
        if not self.points:
            return f"{self.word}: not told"
        first, last = self.points[0].share, self.points[-1].share
        return f"{self.word}: {last}" if len(self.points) == 1 else f"{self.word}: {first} → {last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Runs of the whole set, oldest first, and their curves."""

    runs: tuple[Past, ...]
    curves: tuple[Curve, ...]


def trend(run: Run, past: Sequence[Past]) -> Trend:
    """Give the trend up to a run, which may be the last of the past already."""
    now = (Past.of(run),) if run.whole and run.results else ()
    earlier = tuple(one for one in past if one.when != run.when)
    runs = (*earlier, *now)
    passed = [one.passed / one.questions if one.questions else None for one in runs]
    return Trend(
        runs=runs,
        curves=(
            _curve("passed", "passed", passed),
            _curve("answers", "false answers", [one.false_answers for one in runs]),
            _curve("refusals", "false refusals", [one.false_refusals for one in runs]),
        ),
    )


def _curve(name: str, word: str, shares: Sequence[float | None]) -> Curve:
    places = [_place(number, share, len(shares)) for number, share in enumerate(shares)]
    pairs = pairwise(places)
    return Curve(
        name=name,
        word=word,
        points=tuple(one for one in places if one),
        strokes=tuple((one, other) for one, other in pairs if one and other),
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
