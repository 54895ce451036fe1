"""What a run's results come to, in numbers; pure.

Every mean is over all the questions that it is of. One without an answer counts as nothing found:
it is never left out.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from bot.questions.checks import answered
from bot.questions.folding import fold, stands_in
from bot.questions.format import Question, Wanted
from bot.questions.results import Attempt, Result, Run, Verdict
from rag.models import COST
from rag.records import Record
from rag.statistics import SLOWEST, nearest_rank
from rag.types import PASSAGES

RANKS = (1, 3, PASSAGES)
"""The k of recall@k."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """What became of attempts at questions that should be answered, or refused."""

    answered: int = 0
    refused: int = 0
    errors: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.answered + self.refused + self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """A run in numbers; None where nothing says anything about it.

    `questions` to `errors` count questions, `answerable` and `refusable` attempts. `recall` is the
    mean share of a question's articles (`cites`) among the first k that were read, by k; `mrr` the
    mean of one over the rank of the first of them (articles are ranked by their first passage).
    `citation_precision` is the share of cited quotes that hold an expected text (`expect`,
    `claims` or `quote`), `citation_recall` the mean share of a question's expected texts that a
    cited quote holds. Times are in milliseconds; `cost` is in the server's currency.
    """

    questions: int
    passed: int
    failed: int
    unsteady: int
    errors: int
    known: int
    mended: int
    short: int
    answerable: Confusion
    refusable: Confusion
    recall: Mapping[int, float] | None
    mrr: float | None
    citation_precision: float | None
    citation_recall: float | None
    p50_ms: float | None
    p95_ms: float | None
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None

    @property
    def false_refusals(self) -> float | None:
        """The share of the attempts at answerable questions that were refused."""
        return self.answerable.refused / self.answerable.total if self.answerable.total else None

    @property
    def false_answers(self) -> float | None:
        """The share of the attempts at questions to be refused that were answered."""
        return self.refusable.answered / self.refusable.total if self.refusable.total else None


def measured(run: Run) -> Measures:
    """Give a run in numbers."""
    results = run.results
    verdicts = Counter(one.verdict for one in results)
    cited = [one for one in results if one.question.cites]
    expecting = [one for one in results if _expected(one.question)]
    times = [] if run.replayed else [one.ms for one in _attempts(results) if one.ms is not None]
    spent = [one.record.usage for one in _attempts(results) if one.record]
    return Measures(
        questions=len(results),
        passed=verdicts[Verdict.PASSED],
        failed=verdicts[Verdict.FAILED],
        unsteady=verdicts[Verdict.UNSTEADY],
        errors=verdicts[Verdict.ERROR],
        known=sum(one.known for one in results),
        mended=sum(one.mended for one in results),
        short=len(run.falls_short),
        answerable=_confusion(results, Wanted.ANSWER),
        refusable=_confusion(results, Wanted.REFUSAL),
        recall={k: _mean(cited, _recall_at(k)) for k in RANKS} if cited else None,
        mrr=_mean(cited, _reciprocal_rank) if cited else None,
        citation_precision=_precision(expecting),
        citation_recall=_mean(expecting, _citation_recall) if expecting else None,
        p50_ms=median(times) if times else None,
        p95_ms=nearest_rank(times, SLOWEST) if times else None,
        tokens=_tokens(spent),
        cost=_cost(spent),
    )


Score = Callable[[Question, Record], float]


def _attempts(results: Iterable[Result]) -> Iterator[Attempt]:
    return (attempt for one in results for attempt in one.attempts)


def _mean(results: Sequence[Result], score: Score) -> float:
    """Give the mean over questions of that over attempts; one without an answer scores nothing."""

    def scored(question: Question, attempt: Attempt) -> float:
        return score(question, attempt.answer) if attempt.answer else 0.0

    return fmean(fmean(scored(one.question, each) for each in one.attempts) for one in results)


def _confusion(results: Sequence[Result], wanted: Wanted) -> Confusion:
    """Count what became of the attempts."""
    attempts = [*_attempts(one for one in results if one.question.wanted is wanted)]
    given = [one.answer for one in attempts if one.answer]
    return Confusion(
        answered=sum(map(answered, given)),
        refused=sum(not answered(one) for one in given),
        errors=len(attempts) - len(given),
    )


# Retrieval


def _recall_at(k: int) -> Score:
    def score(question: Question, record: Record) -> float:
        read = {one.edition.id for one in record.evidence[:k]}
        return fmean(article in read for article in question.cites)

    return score


def _reciprocal_rank(question: Question, record: Record) -> float:
    read = [one.edition.id for one in record.evidence]
    ranks = [read.index(one) + 1 for one in question.cites if one in read]
    return 1 / min(ranks) if ranks else 0.0


# Citations


def _expected(question: Question) -> Sequence[Sequence[str]]:
    """Give what quotes are expected to hold: all of it, and any of each."""
    return (*question.expect, *question.claims, *((one,) for one in question.quote))


def _holds(quote: str, expected: Sequence[Sequence[str]]) -> bool:
    folded = fold(quote)
    return any(stands_in(one, folded) for each in expected for one in each)


def _precision(results: Sequence[Result]) -> float | None:
    """Give the share of all cited quotes that hold something that is expected."""
    holding = [
        _holds(quoted.quote, _expected(one.question))
        for one in results
        for attempt in one.attempts
        if attempt.answer
        for quoted in attempt.answer.citations
    ]
    return fmean(holding) if holding else None


def _citation_recall(question: Question, record: Record) -> float:
    quotes = [one.quote for one in record.citations]
    return fmean(any(_holds(one, [each]) for one in quotes) for each in _expected(question))


# What it took


def _tokens(spent: Iterable[Mapping[str, float]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for usage in spent:
        counted.update({name: int(one) for name, one in usage.items() if name != COST})
    return dict(counted)


def _cost(spent: Sequence[Mapping[str, float]]) -> float | None:
    told = [one[COST] for one in spent if COST in one]
    return math.fsum(told) if told else None
