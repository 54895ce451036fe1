"""The results of a run of questions, and the one rule by which a question passes; pure.

The rule (`QuestionResult.gates`) decides the table, every report and the exit status.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.program import ExitStatus
from bot.questions.format import CannedQuestion
from rag.types import Answer

KNOWN = "known failure"
FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One expectation of an answer, and whether it held.

    `name` is its key in the set. `detail` tells a person what was missing, or found. `held` is None
    where the check could not be made, as a rubric without a chat model. A check that does not gate
    is only reported.
    """

    name: str
    held: bool | None
    detail: str
    gates: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One answer to a question and its checks; `error` tells why none counts."""

    given: Answer | None = None
    error: str = ""
    checks: tuple[CheckResult, ...] = ()

    @property
    def answer(self) -> Answer | None:
        """The answer that counts, None after an error, whatever was given."""
        return None if self.error else self.given

    @property
    def ms(self) -> float | None:
        """The milliseconds that it took, None where they are unknown."""
        return self.given.timings.get("total") if self.given else None

    @property
    def holds(self) -> bool:
        """True if there is an answer that passes every check that gates."""
        return not self.error and all(check.held for check in self.checks if check.gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A check that did not hold, alike in `times` of a question's attempts.

    `name` is the check's; "error" where there was no answer.
    """

    name: str
    detail: str
    times: int
    of: int
    gates: bool

    def __str__(self) -> str:
        often = f" ({self.times} of {self.of})" if self.of > 1 else ""
        return f"{self.name}: {self.detail}{often}{'' if self.gates else ' (advisory)'}"


class Verdict(StrEnum):
    """The result of all attempts at a question together."""

    PASSED = "passed"
    FLAKY = "flaky"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """A question and its attempts, at least one."""

    question: CannedQuestion
    attempts: tuple[Attempt, ...]

    @property
    def held(self) -> int:
        """How many of the attempts hold."""
        return sum(attempt.holds for attempt in self.attempts)

    @property
    def verdict(self) -> Verdict:
        """The verdict; one attempt without an answer makes it an error."""
        if any(attempt.error for attempt in self.attempts):
            return Verdict.ERROR
        if self.held == len(self.attempts):
            return Verdict.PASSED
        return Verdict.FLAKY if self.held else Verdict.FAILED

    @property
    def holds(self) -> bool:
        """True if it passed, or did so in at least the share of attempts that it declares."""
        if self.verdict is Verdict.FLAKY:
            return self.held / len(self.attempts) >= self.question.share
        return self.verdict is Verdict.PASSED

    @property
    def known(self) -> bool:
        """True if it fails and is known to. An error is never known."""
        expected = self.question.known_failure is not None and self.verdict is not Verdict.ERROR
        return expected and not self.holds

    @property
    def fixed(self) -> bool:
        """True if it holds though the set still calls it a known failure."""
        return self.question.known_failure is not None and self.holds

    @property
    def gates(self) -> bool:
        """True if it makes the run fall short."""
        return not self.holds and not self.known

    @property
    def word(self) -> str:
        """The verdict in a word or two, with k of N where it is flaky."""
        if self.known:
            return KNOWN
        if self.fixed:
            return FIXED
        flaky = self.verdict is Verdict.FLAKY
        return f"{self.verdict}{f' ({self.held} of {len(self.attempts)})' if flaky else ''}"

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """Everything that did not hold, each once."""
        found = Counter[tuple[str, str, bool]]()
        for attempt in self.attempts:
            if attempt.error:
                found["error", attempt.error, True] += 1
            for check in attempt.checks:
                if check.held is False or (check.gates and not check.held):
                    found[check.name, check.detail, check.gates] += 1
        return tuple(
            Shortfall(name=name, detail=detail, times=times, of=len(self.attempts), gates=gates)
            for (name, detail, gates), times in found.items()
        )

    @property
    def notable(self) -> bool:
        """True if there is more to tell than that it passed."""
        return self.verdict is not Verdict.PASSED or self.fixed or bool(self.shortfalls)

    @property
    def telling(self) -> Attempt:
        """The attempt that shows best why it failed: the first that does not hold."""
        return next((each for each in self.attempts if not each.holds), self.attempts[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRun:
    """The results of a set, in the set's order.

    `model` is the chat model's name, None where the embedded reader answers. `whole` is false where
    only a part was selected, or somebody interrupted. A `replayed` run has no times. `seconds` are
    the whole run's. `articles` counts those of the corpus, and `corpus` is a hash of them. `repeat`
    is what --repeat gave, None without it; `gate_times` is true where max_ms gated.
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
    results: tuple[QuestionResult, ...] = ()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts at all questions."""
        return tuple(attempt for result in self.results for attempt in result.attempts)

    @property
    def falls_short(self) -> tuple[QuestionResult, ...]:
        """The results that make it fall short."""
        return tuple(result for result in self.results if result.gates)

    @property
    def by_id(self) -> dict[str, QuestionResult]:
        """The results by the ids of their questions, in the set's order."""
        return {result.question.id: result for result in self.results}

    @property
    def status(self) -> ExitStatus:
        """The exit status; a run in which no question has an answer could not be done."""
        errors = [result.verdict is Verdict.ERROR for result in self.results]
        if errors and all(errors):
            return ExitStatus.NO_ANSWER
        return ExitStatus.FAILED if self.falls_short else ExitStatus.DONE
