"""The figures of a run, and how every report writes numbers; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.questions.measures import RANKS, Measures

NOTHING = "–"
"""A number that is unknown."""


class Unit(StrEnum):
    """Units of numbers."""

    COUNT = ""
    SHARE = "%"
    SCORE = "score"
    TIME = "ms"
    TOKENS = "tokens"
    COST = "cost"


class Group(StrEnum):
    """Groups of figures, in the order of reports."""

    QUESTIONS = "questions"
    REFUSALS = "refusals"
    RETRIEVAL = "retrieval"
    CITATIONS = "citations"
    TIMES = "times"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure by its name, in its unit: a share of one half is 50 %. None where it is unknown."""

    name: str
    value: float | None
    unit: Unit
    group: Group


def rows(measures: Measures) -> tuple[Row, ...]:
    """Return the figures of a run, in the order of reports."""
    return tuple(
        Row(name=name, value=value, unit=unit, group=group)
        for group, unit, numbers in _numbers(measures)
        for name, value in numbers.items()
    )


_Numbers = Mapping[str, float | None]


def _numbers(measures: Measures) -> Iterator[tuple[Group, Unit, _Numbers]]:
    counts: _Numbers = {
        "questions": measures.questions,
        "passed": measures.passed,
        "failed": measures.failed,
        "unsteady": measures.unsteady,
        "errors": measures.errors,
        "known failures": measures.known,
        "mended": measures.mended,
        "falling short": measures.short,
    }
    yield Group.QUESTIONS, Unit.COUNT, counts
    refusals = {"false answers": measures.false_answers, "false refusals": measures.false_refusals}
    yield Group.REFUSALS, Unit.SHARE, _percent(refusals)
    recall = {f"recall@{k}": (measures.recall or {}).get(k) for k in RANKS}
    yield Group.RETRIEVAL, Unit.SHARE, _percent(recall)
    yield Group.RETRIEVAL, Unit.SCORE, {"MRR": measures.mrr}
    citations = {
        "citation precision": measures.citation_precision,
        "citation recall": measures.citation_recall,
    }
    yield Group.CITATIONS, Unit.SHARE, _percent(citations)
    yield Group.TIMES, Unit.TIME, {"p50": measures.p50_ms, "p95": measures.p95_ms}
    tokens = {name.replace("_", " "): count for name, count in measures.tokens.items()}
    yield Group.SPENT, Unit.TOKENS, tokens
    yield Group.SPENT, Unit.COST, {"cost": measures.cost}


def _percent(shares: _Numbers) -> _Numbers:
    return {name: None if value is None else 100 * value for name, value in shares.items()}


def number(value: float | None, unit: str) -> str:
    """Write a number: "1,204", "97.5%", "0.912", "340 ms"."""
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
    """Write a share: one half is "50.0%"."""
    return number(None if value is None else 100 * value, Unit.SHARE)


def difference(before: float | None, after: float | None, unit: str) -> str:
    """Write a change: "+2", "-1.5 points", "=" where both look alike, "" where one is unknown."""
    if before is None or after is None:
        return ""
    if number(before, unit) == number(after, unit):
        return "="
    by = number(abs(after - before), unit).replace("%", " points")
    return f"{'-' if after < before else '+'}{by}"


def more_is_better(name: str) -> bool | None:
    """True if more of what a row names is better; None where it is neither."""
    if name in _NEITHER:
        return None
    return name in _BETTER or name.startswith("recall@")


_NEITHER = {"questions", "known failures", "mended"}
_BETTER = {"passed", "MRR", "citation precision", "citation recall"}
