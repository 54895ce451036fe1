"""The figures that a run comes to, and how every report tells numbers; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.questions.measures import RANKS, Measures

NOTHING = "–"
"""A number that nothing tells."""


class Unit(StrEnum):
    """What a number is in."""

    COUNT = ""
    SHARE = "%"
    SCORE = "score"
    TIME = "ms"
    TOKENS = "tokens"
    COST = "cost"


class Group(StrEnum):
    """What numbers are of, in the order in which they are shown."""

    QUESTIONS = "questions"
    REFUSALS = "refusals"
    RETRIEVAL = "retrieval"
    CITATIONS = "citations"
    TIMES = "times"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A number by its name, in its unit: a share of one half is 50 %. None where nothing says."""

    name: str
    value: float | None
    unit: Unit
    group: Group


def rows(measures: Measures) -> tuple[Row, ...]:
    """Give what a run comes to, in the order in which it is shown."""
    return tuple(
        Row(name=name, value=value, unit=unit, group=group)
        for group, unit, numbers in _numbers(measures)
        for name, value in numbers.items()
    )


_Numbers = Mapping[str, float | None]


def _numbers(told: Measures) -> Iterator[tuple[Group, Unit, _Numbers]]:
    counts: _Numbers = {
        "questions": told.questions,
        "passed": told.passed,
        "failed": told.failed,
        "unsteady": told.unsteady,
        "errors": told.errors,
        "known failures": told.known,
        "mended": told.mended,
        "falling short": told.short,
    }
    yield Group.QUESTIONS, Unit.COUNT, counts
    refusals = {"false answers": told.false_answers, "false refusals": told.false_refusals}
    yield Group.REFUSALS, Unit.SHARE, _percent(refusals)
    recall = {f"recall@{k}": (told.recall or {}).get(k) for k in RANKS}
    yield Group.RETRIEVAL, Unit.SHARE, _percent(recall)
    yield Group.RETRIEVAL, Unit.SCORE, {"MRR": told.mrr}
    citations = {
        "citation precision": told.citation_precision,
        "citation recall": told.citation_recall,
    }
    yield Group.CITATIONS, Unit.SHARE, _percent(citations)
    yield Group.TIMES, Unit.TIME, {"p50": told.p50_ms, "p95": told.p95_ms}
    tokens = {name.replace("_", " "): count for name, count in told.tokens.items()}
    yield Group.SPENT, Unit.TOKENS, tokens
    yield Group.SPENT, Unit.COST, {"cost": told.cost}


def _percent(shares: _Numbers) -> _Numbers:
    return {name: None if one is None else 100 * one for name, one in shares.items()}


def number(value: float | None, unit: str) -> str:
    """Tell a number: "1,204", "97.5%", "0.912", "340 ms"."""
    if value is None:
        return NOTHING
    match unit:
        case Unit.SHARE:
            return f"{value:.1f}%"
        case Unit.SCORE:
            return f"{value:.3f}"
        case Unit.TIME:
            return f"{value:,.0f} ms"
        case Unit.COST:
            return f"{value:,.4f}"
    return f"{value:,.0f}"


def share(value: float | None) -> str:
    """Tell a share: one half is "50.0%"."""
    return number(None if value is None else 100 * value, Unit.SHARE)


def difference(before: float | None, after: float | None, unit: str) -> str:
    """Tell a change: "+2", "-1.5 points", "=" where both are told alike, "" where one is not."""
    if before is None or after is None:
        return ""
    if number(before, unit) == number(after, unit):
        return "="
    by = number(abs(after - before), unit).replace("%", " points")
    return f"{'-' if after < before else '+'}{by}"


def more_is_better(name: str) -> bool | None:
    """Say whether more of what a row names is better; None where it is neither."""
    if name in _NEITHER:
        return None
    return name in _BETTER or name.startswith("recall@")


_NEITHER = {"questions", "known failures", "mended"}
_BETTER = {"passed", "MRR", "citation precision", "citation recall"}
