"""What came of a run of questions, and the one rule by which a question holds; pure.

The rule (`Result.gates`) drives the table, every report and the exit status.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from bot.questions.format import Question
from rag.records import Record, from_json, to_json

VERSION = 1
"""Of the JSON; raised when a field comes to mean something else, not when one is added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was expected of an answer.

    `name` is its key in the set. `detail` says for a person what was missing, or found. `held` is
    None where it could not be looked at, as a rubric cannot without a chat model. What does not
    gate is only reported.
    """

    name: str
    held: bool | None
    detail: str
    gates: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One answer to a question and what it was held to; `error` says why there is none."""

    record: Record | None = None
    error: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def answer(self) -> Record | None:
        """What was answered, None where that is an error, whatever there is of it."""
        return None if self.error else self.record

    @property
    def ms(self) -> float | None:
        """The milliseconds that it took, None where nothing tells."""
        return self.record.timings.get("total") if self.record else None

    @property
    def holds(self) -> bool:
        """Whether there is an answer, and everything that gates holds for it."""
        return not self.error and all(one.held for one in self.checks if one.gates)


class Verdict(StrEnum):
    """How a question fared in all of its attempts together."""

    PASSED = "passed"
    UNSTEADY = "unsteady"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A question and its attempts, at least one."""

    question: Question
    attempts: tuple[Attempt, ...]

    @property
    def held(self) -> int:
        """How many of the attempts hold."""
        return sum(one.holds for one in self.attempts)

    @property
    def verdict(self) -> Verdict:
        """Tell how it fared; one attempt without an answer makes it an error."""
        if any(one.error for one in self.attempts):
            return Verdict.ERROR
        if self.held == len(self.attempts):
            return Verdict.PASSED
        return Verdict.UNSTEADY if self.held else Verdict.FAILED

    @property
    def holds(self) -> bool:
        """Whether it passed, or did so often enough for the share that it declares."""
        if self.verdict is Verdict.UNSTEADY:
            return self.held / len(self.attempts) >= self.question.share
        return self.verdict is Verdict.PASSED

    @property
    def known(self) -> bool:
        """Whether it falls short as it is known to. An error is never known."""
        expected = self.question.known_failure is not None and self.verdict is not Verdict.ERROR
        return expected and not self.holds

    @property
    def mended(self) -> bool:
        """Whether it holds though it is known to fall short: the set should no longer say so."""
        return self.question.known_failure is not None and self.holds

    @property
    def gates(self) -> bool:
        """Whether the run falls short because of it."""
        return not self.holds and not self.known


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A set's results, in the set's order.

    `model` is the chat model's name, None where the embedded reader answers. `whole` says that all
    of the set was asked: nothing was selected, and nobody interrupted. Timings of what was
    `replayed` say nothing. `seconds` are the whole run's. `articles` were in the corpus, and
    `corpus` is a hash of them. `repeat` is how often each question was asked, whatever it says
    itself, where that was told; `gate_times` says that times gated.
    """

    set_path: str
    digest: str
    griot: str
    when: datetime
    model: str | None = None
    replayed: bool = False
    whole: bool = True
    seconds: float = 0.0
    articles: int = 0
    corpus: str = ""
    repeat: int | None = None
    gate_times: bool = False
    results: tuple[Result, ...] = ()

    @property
    def falls_short(self) -> tuple[Result, ...]:
        """The results because of which it falls short."""
        return tuple(one for one in self.results if one.gates)

    @property
    def by_id(self) -> dict[str, Result]:
        """The results by the ids of their questions, in the set's order."""
        return {one.question.id: one for one in self.results}


class Status(IntEnum):
    """The exit statuses of a run."""

    HOLDS = 0
    FALLS_SHORT = 1
    WRONG_USAGE = 2
    COULD_NOT_RUN = 3


def status(run: Run) -> Status:
    """Give the exit status: nothing is said of the answers where no question had one."""
    errors = [one.verdict is Verdict.ERROR for one in run.results]
    if errors and all(errors):
        return Status.COULD_NOT_RUN
    return Status.FALLS_SHORT if run.falls_short else Status.HOLDS


# As JSON


def result_dict(result: Result) -> dict[str, Any]:
    """Give a result for JSON, as `read_result` reads it; the verdict is there for other readers."""
    return {
        "id": result.question.id,
        "verdict": result.verdict.value,
        "held": result.held,
        "gates": result.gates,
        "line": result.question.line,
        "question": result.question.model_dump(mode="json", exclude_defaults=True),
        "attempts": [_attempt_dict(one) for one in result.attempts],
    }


def _attempt_dict(attempt: Attempt) -> dict[str, Any]:
    return {
        "answer": json.loads(to_json(attempt.record)) if attempt.record else None,
        "error": attempt.error,
        "checks": [
            {"name": one.name, "held": one.held, "detail": one.detail, "gates": one.gates}
            for one in attempt.checks
        ],
    }


def read_result(said: dict[str, Any]) -> Result:
    """Give the result that `result_dict` wrote.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it is none.
        IndexMismatch: a newer Griot wrote the answer in it.
    """
    question = Question.model_validate(said["question"]).at(said.get("line", 0))
    attempts = tuple(_read_attempt(one) for one in said["attempts"])
    if not attempts:
        raise ValueError("there is no attempt")
    return Result(question=question, attempts=attempts)


def _read_attempt(said: dict[str, Any]) -> Attempt:
    kept = said["answer"]
    return Attempt(
        record=None if kept is None else from_json(json.dumps(kept)),
        error=said["error"],
        checks=tuple(Check(**one) for one in said["checks"]),
    )
