"""Measures of a run's results, and as figures in the order of reports; pure.

Every mean is over all the questions that it is of. An attempt without an answer counts as
nothing found: it is never left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean, median

from bot.questions.checks import answered, counting
from bot.questions.folding import fold, stands_in
from bot.questions.format import CannedQuestion, Expected
from bot.questions.results import QuestionResult, SetRun, Verdict
from rag.index.statistics import SLOWEST, nearest_rank
from rag.models.chat import COST
from rag.types import PASSAGES, Answer

RANKS = (1, 3, PASSAGES)
"""The k of recall@k."""


class Unit(StrEnum):
    """Units of numbers."""

    COUNT = ""
    SHARE = "%"
    SCORE = "score"
    TIME = "ms"
    TOKENS = "tokens"
    COST = "cost"


class FigureGroup(StrEnum):
    """Groups of figures, in the order of reports."""

    QUESTIONS = "questions"
    REFUSALS = "refusals"
    RETRIEVAL = "retrieval"
    CITATIONS = "citations"
    TIMES = "times"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number by its name, in its unit: a share of one half is 50 %. None where it is unknown."""

    name: str
    value: float | None
    unit: Unit
    group: FigureGroup


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
    flaky: int
    errors: int
    known: int
    fixed: int
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

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The measures by name, in the order of reports."""
        return tuple(
            Figure(name=name, value=value, unit=unit, group=group)
            for group, unit, numbers in self._numbers()
            for name, value in numbers.items()
        )

    def _numbers(self) -> Iterator[tuple[FigureGroup, Unit, Mapping[str, float | None]]]:
        yield (
            FigureGroup.QUESTIONS,
            Unit.COUNT,
            {
                "questions": self.questions,
                "passed": self.passed,
                "failed": self.failed,
                "flaky": self.flaky,
                "errors": self.errors,
                "known failures": self.known,
                "fixed": self.fixed,
                "unexpected failures": self.short,
            },
        )
        refusals = {"false answers": self.false_answers, "false refusals": self.false_refusals}
        yield FigureGroup.REFUSALS, Unit.SHARE, _percent(refusals)
        recall = {f"recall@{k}": (self.recall or {}).get(k) for k in RANKS}
        yield FigureGroup.RETRIEVAL, Unit.SHARE, _percent(recall)
        yield FigureGroup.RETRIEVAL, Unit.SCORE, {"MRR": self.mrr}
        citations = {
            "citation precision": self.citation_precision,
            "citation recall": self.citation_recall,
        }
        yield FigureGroup.CITATIONS, Unit.SHARE, _percent(citations)
        yield FigureGroup.TIMES, Unit.TIME, {"p50": self.p50_ms, "p95": self.p95_ms}
        tokens = {name.replace("_", " "): count for name, count in self.tokens.items()}
        yield FigureGroup.SPENT, Unit.TOKENS, tokens
        yield FigureGroup.SPENT, Unit.COST, {"cost": self.cost}


def _percent(shares: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else 100 * value for name, value in shares.items()}


def measured(run: SetRun) -> Measures:
    """Return the measures of a run."""
    results = run.results
    verdicts = Counter(result.verdict for result in results)
    cited = [result for result in results if result.question.cites]
    expecting = [result for result in results if result.question.texts]
    times = [each.ms for each in run.attempts if each.ms is not None and not run.replayed]
    spent = used(attempt.given for attempt in run.attempts if attempt.given)
    holding = [
        _holds(citation.quote, result.question.texts)
        for result in expecting
        for answer in _answers(result)
        if answer
        for citation in answer.citations
    ]
    return Measures(
        questions=len(results),
        passed=verdicts[Verdict.PASSED],
        failed=verdicts[Verdict.FAILED],
        flaky=verdicts[Verdict.FLAKY],
        errors=verdicts[Verdict.ERROR],
        known=sum(result.known for result in results),
        fixed=sum(result.fixed for result in results),
        short=len(run.falls_short),
        answerable=_confusion(results, wanted=True),
        refusable=_confusion(results, wanted=False),
        recall={k: _mean(cited, _recall_at(k)) for k in RANKS} if cited else None,
        mrr=_mean(cited, _reciprocal_rank) if cited else None,
        citation_precision=fmean(holding) if holding else None,
        citation_recall=_mean(expecting, _citation_recall) if expecting else None,
        p50_ms=median(times) if times else None,
        p95_ms=nearest_rank(times, SLOWEST) if times else None,
        tokens={name: int(count) for name, count in spent.items() if name != COST},
        cost=spent.get(COST),
    )


def used(answers: Iterable[Answer]) -> dict[str, float]:
    """Return the tokens and the cost of some answers, added up."""
    total: dict[str, float] = {}
    for answer in answers:
        for name, count in answer.usage.items():
            total[name] = total.get(name, 0) + count
    return total


def _answers(result: QuestionResult) -> list[Answer | None]:
    return [
        counting(result.question, attempt.answer) if attempt.answer else None
        for attempt in result.attempts
    ]


Score = Callable[[CannedQuestion, Answer], float]


def _mean(results: Sequence[QuestionResult], score: Score) -> float:
    """Return the mean over questions of the mean over attempts; no answer scores 0."""
    return fmean(
        fmean(score(result.question, each) if each else 0.0 for each in _answers(result))
        for result in results
    )


def _confusion(results: Sequence[QuestionResult], *, wanted: bool) -> Confusion:
    """Count the attempts at questions that want an answer, or a refusal, by outcome."""
    answers = [
        answer
        for result in results
        if result.question.wants_answer is wanted
        for answer in _answers(result)
    ]
    counts = Counter(answered(answer) if answer else None for answer in answers)
    return Confusion(answered=counts[True], refused=counts[False], errors=counts[None])


def _recall_at(k: int) -> Score:
    def score(question: CannedQuestion, answer: Answer) -> float:
        read = {evidence.article.id for evidence in answer.evidence[:k]}
        return fmean(article in read for article in question.cites)

    return score


def _reciprocal_rank(question: CannedQuestion, answer: Answer) -> float:
    read = [evidence.article.id for evidence in answer.evidence]
    ranks = [read.index(article) + 1 for article in question.cites if article in read]
    return 1 / min(ranks) if ranks else 0.0


def _holds(quote: str, expected: Expected) -> bool:
    folded = fold(quote)
    return any(stands_in(text, folded) for each in expected for text in each)


def _citation_recall(question: CannedQuestion, answer: Answer) -> float:
    quotes = [citation.quote for citation in answer.citations]
    return fmean(any(_holds(quote, (each,)) for quote in quotes) for each in question.texts)
