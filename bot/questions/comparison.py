"""Compares two runs: which questions were gained and lost, and could that be chance; pure.

The test is McNemar's exact one, over the questions that hold in one run and not in the other.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from math import comb
from typing import Any

from bot.questions import figures
from bot.questions.figures import Row, Unit
from bot.questions.measures import measured
from bot.questions.results import QuestionResult, SetRun

LEVEL = 0.05
"""A difference counts where p is below this."""

TOO_FEW, BETTER, WORSE, CHANCE = "too few to say", "better", "worse", "may be chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure over the questions of both runs, as in `Row`; None where it is unknown."""

    name: str
    before: float | None
    after: float | None
    unit: Unit

    @property
    def better(self) -> bool | None:
        """True if it improved, False if it got worse; None where neither, or unknown."""
        more = figures.more_is_better(self.name)
        if more is None or self.before is None or self.after is None:
            return None
        return None if self.before == self.after else (self.after > self.before) is more


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
    verdict: str

    @property
    def fails(self) -> bool:
        """True if a question of the baseline is missing."""
        return bool(self.missing)

    @property
    def sentence(self) -> str:
        """The result of the test, in a sentence."""
        tested = "" if self.p is None else f" (McNemar's exact test, {_p_value(self.p)})"
        return f"{len(self.gained):,} gained, {len(self.lost):,} lost: {self.verdict}{tested}."


def compare(before: SetRun, after: SetRun, *, known: Collection[str] | None = None) -> Comparison:
    """Compare a run with a later one of the set whose ids are `known`, by default the later's.

    A known question that was not asked now is not compared.
    """
    first, second = before.by_id, after.by_id
    common = [name for name in second if name in first]
    gained = tuple(name for name in common if second[name].holds and not first[name].holds)
    lost = tuple(name for name in common if first[name].holds and not second[name].holds)
    p = exact(len(gained), len(lost)) if _can_tell(len(gained) + len(lost)) else None
    return Comparison(
        before=before,
        after=after,
        gained=gained,
        lost=lost,
        missing=tuple(name for name in first if name not in (second if known is None else known)),
        new=tuple(name for name in second if name not in first),
        measures=_changes(_only(before, common, first), _only(after, common, second)),
        p=p,
        verdict=_verdict(len(gained) - len(lost), p),
    )


def exact(gained: int, lost: int) -> float:
    """Return the two-sided p of McNemar's exact test: how likely so uneven a split is by chance."""
    total = gained + lost
    tail = sum(comb(total, count) for count in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << total))


def _can_tell(discordant: int) -> bool:
    return exact(discordant, 0) < LEVEL


def _verdict(balance: int, p: float | None) -> str:
    if p is None:
        return TOO_FEW
    if p >= LEVEL:
        return CHANCE
    return BETTER if balance > 0 else WORSE


def _p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"  # noqa: PLR2004 - what three digits show


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison for JSON."""
    return {
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        **{name: list(getattr(comparison, name)) for name in ("gained", "lost", "missing", "new")},
        "measures": [asdict(change) for change in comparison.measures],
        "p": comparison.p,
        "verdict": comparison.verdict,
    }


def _run(run: SetRun) -> dict[str, Any]:
    return {"set": run.set_path, "when": run.when.isoformat(), "model": run.model}


def _only(run: SetRun, names: Collection[str], results: Mapping[str, QuestionResult]) -> SetRun:
    return replace(run, results=tuple(results[name] for name in names))


def _changes(before: SetRun, after: SetRun) -> tuple[Change, ...]:
    """Return each number that one of two runs of the same questions tells."""
    first = {row.name: row for row in figures.rows(measured(before))}
    second = {row.name: row for row in figures.rows(measured(after))}
    named = first | second
    names = sorted(named, key=lambda name: named[name].unit is Unit.COST)
    pairs = ((first.get(name), second.get(name)) for name in names)
    changes = (_change(*pair) for pair in pairs)
    return tuple(change for change in changes if (change.before, change.after) != (None, None))


def _change(before: Row | None, after: Row | None) -> Change:
    named = before or after
    assert named is not None
    return Change(
        name=named.name,
        before=before.value if before else None,
        after=after.value if after else None,
        unit=named.unit,
    )
