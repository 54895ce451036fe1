"""Compares two runs: which questions were gained and lost, and could that be chance; pure.

The test is McNemar's exact one, over the questions that hold in one run and not in the other.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from math import comb
from typing import Any

from bot.questions.measures import Unit, measured
from bot.questions.results import SetRun

LEVEL = 0.05
"""A difference counts where p is below this."""

TOO_FEW, BETTER, WORSE, CHANCE = "too few to say", "better", "worse", "may be chance"

_NEITHER = {"questions", "known failures", "fixed"}
_MORE_IS_BETTER = {"passed", "MRR", "citation precision", "citation recall"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure over the questions of both runs; None where it is unknown."""

    name: str
    before: float | None
    after: float | None
    unit: Unit

    @property
    def better(self) -> bool | None:
        """True if it improved, False if it got worse; None where neither, or unknown."""
        known = self.before is not None and self.after is not None
        if not known or self.before == self.after or self.name in _NEITHER:
            return None
        more = self.name in _MORE_IS_BETTER or self.name.startswith("recall@")
        return ((self.after or 0) > (self.before or 0)) is more


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A run's questions in a later run, by their ids.

    `gained` hold now and did not before, `lost` the other way round. `missing` are no longer in the
    set, `new` were not asked before. `p` is None where there are too few to say.
    """

    before: SetRun
    after: SetRun
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]
    measures: tuple[Change, ...]
    p: float | None

    @property
    def verdict(self) -> str:
        """The result of the test in a word or two."""
        if self.p is None:
            return TOO_FEW
        if self.p >= LEVEL:
            return CHANCE
        return BETTER if len(self.gained) > len(self.lost) else WORSE

    @property
    def sentence(self) -> str:
        """The result of the test, in a sentence."""
        tested = ""
        if self.p is not None:
            p = "p < 0.001" if self.p < 0.001 else f"p = {self.p:.3f}"  # noqa: PLR2004 - three digits
            tested = f" (McNemar's exact test, {p})"
        return f"{len(self.gained):,} gained, {len(self.lost):,} lost: {self.verdict}{tested}."


def compare(before: SetRun, after: SetRun, *, known: Collection[str] | None = None) -> Comparison:
    """Compare a run with a later one of the set whose ids are `known`, by default the later's.

    A known question that was not asked now is not compared.
    """
    first, second = before.by_id, after.by_id
    common = [name for name in second if name in first]
    gained = tuple(name for name in common if second[name].holds and not first[name].holds)
    lost = tuple(name for name in common if first[name].holds and not second[name].holds)
    can_tell = exact(len(gained) + len(lost), 0) < LEVEL
    return Comparison(
        before=before,
        after=after,
        gained=gained,
        lost=lost,
        missing=tuple(name for name in first if name not in (second if known is None else known)),
        new=tuple(name for name in second if name not in first),
        measures=tuple(
            _changes(
                replace(before, results=tuple(first[name] for name in common)),
                replace(after, results=tuple(second[name] for name in common)),
            )
        ),
        p=exact(len(gained), len(lost)) if can_tell else None,
    )


def exact(gained: int, lost: int) -> float:
    """Return the two-sided p of McNemar's exact test: how likely so uneven a split is by chance."""
    total = gained + lost
    tail = sum(comb(total, count) for count in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << total))


def _changes(before: SetRun, after: SetRun) -> Iterable[Change]:
    """Yield each figure that one of two runs of the same questions has."""
    first = {figure.name: figure for figure in measured(before).figures}
    second = {figure.name: figure for figure in measured(after).figures}
    either = (first | second).values()
    for figure in sorted(either, key=lambda figure: figure.unit is Unit.COST):
        values = [
            runs[figure.name].value if figure.name in runs else None for runs in (first, second)
        ]
        if values != [None, None]:
            yield Change(name=figure.name, before=values[0], after=values[1], unit=figure.unit)


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison for JSON."""
    return {
        **{
            name: {"set": run.set_path, "when": run.when.isoformat(), "model": run.model}
            for name, run in (("before", comparison.before), ("after", comparison.after))
        },
        **{name: list(getattr(comparison, name)) for name in ("gained", "lost", "missing", "new")},
        "measures": [asdict(change) for change in comparison.measures],
        "p": comparison.p,
        "verdict": comparison.verdict,
    }
