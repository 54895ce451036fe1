"""Counts of questions, answers and ratings; pure."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rag.index.answers import Rating
from rag.types import Answer, Outcome

SLOWEST = 0.95
"""The share of the questions that took at most `p95_ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The questions by their outcomes, their times in milliseconds, and the ratings.

    An unsure answer counts as refused.
    `model_failures` are the answers that the embedded reader gave because a chat model failed; they
    are counted by their outcomes, too. The times are None where none was taken.
    """

    questions: int
    answered: int
    partly: int
    refused: int
    failed: int
    median_ms: float | None
    p95_ms: float | None
    model_failures: int
    good: int
    bad: int


def tally(answers: Iterable[Answer], ratings: Iterable[Rating]) -> Statistics:
    """Count answers and ratings; of each answer no more than its time is held."""
    outcomes: Counter[Outcome] = Counter()
    totals = array("d")
    model_failures = 0
    for answer in answers:
        outcomes[answer.outcome] += 1
        model_failures += answer.model_failed
        if "total" in answer.timings:
            totals.append(answer.timings["total"])
    liked = Counter(rating.good for rating in ratings)
    return Statistics(
        questions=outcomes.total(),
        answered=outcomes[Outcome.ANSWERED],
        partly=outcomes[Outcome.PARTLY_ANSWERED],
        refused=outcomes[Outcome.NOT_IN_CORPUS] + outcomes[Outcome.UNSURE],
        failed=outcomes[Outcome.FAILED],
        median_ms=median(totals) if totals else None,
        p95_ms=nearest_rank(totals, SLOWEST) if totals else None,
        model_failures=model_failures,
        good=liked[True],
        bad=liked[False],
    )


def nearest_rank(values: Iterable[float], share: float) -> float:
    """Return the smallest of some values that at least that share of them does not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]
