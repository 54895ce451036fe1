"""Measures of a run's results; pure.

Every mean is over all the questions that it is of. An attempt without an answer counts as
nothing found: it is never left out.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from bot.questions.checks import answered
from bot.questions.folding import fold, stands_in
from bot.questions.format import CannedQuestion, Wanted
from bot.questions.results import Attempt, QuestionResult, SetRun, Verdict
from rag.index.statistics import SLOWEST, nearest_rank
from rag.models.chat import COST
from rag.types import PASSAGES, Answer

RANKS = (1, 3, PASSAGES)
"""The k of recall@k."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts of attempts at questions that should be answered, or refused."""

    answered: int = 0
    refused: int = 0
    errors: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.answered + self.refused + self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The measures of a run; None where there is nothing to measure.

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


def measured(run: SetRun) -> Measures:
    """Return the measures of a run."""
    results = run.results
    verdicts = Counter(result.verdict for result in results)
    cited = [result for result in results if result.question.cites]
    expecting = [result for result in results if _expected(result.question)]
    times = (
        []
        if run.replayed
        else [attempt.ms for attempt in _attempts(results) if attempt.ms is not None]
    )
    spent = [attempt.record.usage for attempt in _attempts(results) if attempt.record]
    return Measures(
        questions=len(results),
        passed=verdicts[Verdict.PASSED],
        failed=verdicts[Verdict.FAILED],
        unsteady=verdicts[Verdict.UNSTEADY],
        errors=verdicts[Verdict.ERROR],
        known=sum(result.known for result in results),
        mended=sum(result.mended for result in results),
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


Score = Callable[[CannedQuestion, Answer], float]


def _attempts(results: Iterable[QuestionResult]) -> Iterator[Attempt]:
    return (attempt for result in results for attempt in result.attempts)


def _mean(results: Sequence[QuestionResult], score: Score) -> float:
    """Return the mean over questions of the mean over attempts; no answer scores 0."""

    def scored(question: CannedQuestion, attempt: Attempt) -> float:
        return score(question, attempt.answer) if attempt.answer else 0.0

    return fmean(
        fmean(scored(result.question, attempt) for attempt in result.attempts) for result in results
    )


def _confusion(results: Sequence[QuestionResult], wanted: Wanted) -> Confusion:
    """Count the attempts at questions of a kind by outcome."""
    attempts = [*_attempts(result for result in results if result.question.wanted is wanted)]
    given = [attempt.answer for attempt in attempts if attempt.answer]
    return Confusion(
        answered=sum(map(answered, given)),
        refused=sum(not answered(answer) for answer in given),
        errors=len(attempts) - len(given),
    )


# Retrieval


def _recall_at(k: int) -> Score:
    def score(question: CannedQuestion, answer: Answer) -> float:
        read = {evidence.article.id for evidence in answer.evidence[:k]}
        return fmean(article in read for article in question.cites)

    return score


def _reciprocal_rank(question: CannedQuestion, answer: Answer) -> float:
    read = [evidence.article.id for evidence in answer.evidence]
    ranks = [read.index(article) + 1 for article in question.cites if article in read]
    return 1 / min(ranks) if ranks else 0.0


# Citations


def _expected(question: CannedQuestion) -> Sequence[Sequence[str]]:
    """Return the texts that quotes should hold: all entries, any text of each."""
    return (*question.expect, *question.claims, *((text,) for text in question.quote))


def _holds(quote: str, expected: Sequence[Sequence[str]]) -> bool:
    folded = fold(quote)
    return any(stands_in(text, folded) for each in expected for text in each)


def _precision(results: Sequence[QuestionResult]) -> float | None:
    """Return the share of all cited quotes that hold an expected text."""
    holding = [
        _holds(quoted.quote, _expected(result.question))
        for result in results
        for attempt in result.attempts
        if attempt.answer
        for quoted in attempt.answer.citations
    ]
    return fmean(holding) if holding else None


def _citation_recall(question: CannedQuestion, answer: Answer) -> float:
    quotes = [citation.quote for citation in answer.citations]
    return fmean(any(_holds(quote, [each]) for quote in quotes) for each in _expected(question))


# Tokens and cost


def _tokens(spent: Iterable[Mapping[str, float]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for usage in spent:
        counted.update({name: int(count) for name, count in usage.items() if name != COST})
    return dict(counted)


def _cost(spent: Sequence[Mapping[str, float]]) -> float | None:
    costs = [usage[COST] for usage in spent if COST in usage]
    return math.fsum(costs) if costs else None
