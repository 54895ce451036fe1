"""Asks questions and checks each answer, several at a time."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.questions.checks import CheckRules, examine
from bot.questions.format import CannedQuestion
from bot.questions.judge import judged
from bot.questions.respondents import Respond, described, failure
from bot.questions.results import Attempt, QuestionResult, SetRun
from rag.models.chat import ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Asks and checks.

    `repeat`, where given, overrides how often a question says that it is asked; `jobs` questions
    are asked at a time. `model` judges by rubrics.
    """

    respond: Respond
    rules: CheckRules
    model: ChatModel | None = None
    repeat: int | None = None
    jobs: int = 1

    async def run(
        self, questions: Iterable[CannedQuestion], report: Callable[[QuestionResult], object]
    ) -> None:
        """Ask the questions; `report` gets each result when it is there, in any order."""
        waiting = iter(questions)

        async def work() -> None:
            for question in waiting:
                report(await self._result(question))

        await asyncio.gather(*(work() for _ in range(self.jobs)))

    async def _result(self, question: CannedQuestion) -> QuestionResult:
        times = self.repeat or question.repeat
        attempts = [await self._attempt(question) for _ in range(times)]
        return QuestionResult(question=question, attempts=tuple(attempts))

    async def _attempt(self, question: CannedQuestion) -> Attempt:
        try:
            answer = await self.respond(question.turns)
            if not self.rules.timed:
                answer = replace(answer, timings={})
            checks = examine(question, answer, self.rules)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this question's error
            return Attempt(error=described(error))
        if question.judge is not None:
            checks += (await judged(question.judge, answer, self.model),)
        return Attempt(record=answer, error=failure(answer), checks=checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialRun:
    """A run as far as it came; after Ctrl-C it is `interrupted`, with `left` questions unasked."""

    run: SetRun
    interrupted: bool
    left: int


def ask(
    run: SetRun,
    questions: Sequence[CannedQuestion],
    runner: Runner,
    *,
    report: Callable[[QuestionResult, int], object],
) -> PartialRun:
    """Ask what the run has no result for yet, until all is asked or Ctrl-C.

    `report` gets each result at once, and how many there are now.
    """
    results = run.by_id
    began = time.monotonic()

    def note(result: QuestionResult) -> None:
        results[result.question.id] = result
        report(result, len(results))

    waiting = [question for question in questions if question.id not in results]
    interrupted = False
    try:
        asyncio.run(runner.run(waiting, note))
    except KeyboardInterrupt:
        interrupted = True
    done = replace(
        run,
        results=tuple(results[each.id] for each in questions if each.id in results),
        seconds=run.seconds + time.monotonic() - began,
        whole=run.whole and not interrupted,
    )
    left = len(questions) - len(done.results)
    return PartialRun(run=done, interrupted=interrupted, left=left)
