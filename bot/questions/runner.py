"""Asks questions and holds each answer to what is expected of it, several at a time."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from bot.questions.checks import Rules, examine
from bot.questions.faults import fault, said
from bot.questions.format import Question
from bot.questions.judge import judged
from bot.questions.respondents import Respondent
from bot.questions.results import Attempt, Result, Run
from rag.models import ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Asks a respondent.

    `repeat` is how often, where it is given, whatever a question says itself; `jobs` how many
    questions are asked at a time. `model` judges by rubrics.
    """

    respondent: AbstractAsyncContextManager[Respondent]
    rules: Rules
    model: ChatModel | None = None
    repeat: int | None = None
    jobs: int = 1

    async def run(self, questions: Iterable[Question], told: Callable[[Result], object]) -> None:
        """Ask them; `told` is given each result as soon as it is there, in any order.

        Raises:
            GriotError: the respondent cannot be asked at all.
        """
        waiting = iter(questions)

        async def work(respondent: Respondent) -> None:
            for question in waiting:
                told(await self._result(question, respondent))

        async with self.respondent as respondent:
            await asyncio.gather(*(work(respondent) for _ in range(self.jobs)))

    async def _result(self, question: Question, respondent: Respondent) -> Result:
        times = self.repeat or question.repeat
        attempts = [await self._attempt(question, respondent) for _ in range(times)]
        return Result(question=question, attempts=tuple(attempts))

    async def _attempt(self, question: Question, respondent: Respondent) -> Attempt:
        try:
            record = await respondent.answer(question.turns)
            if not self.rules.timed:
                record = replace(record, timings={})
            checks = examine(question, record, self.rules)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is this question's error
            return Attempt(error=said(error))
        if question.judge is not None:
            checks += (await judged(question.judge, record, self.model),)
        return Attempt(record=record, error=fault(record), checks=checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A run as far as it came; `interrupted` where somebody stopped it, `left` not asked."""

    run: Run
    interrupted: bool
    left: int


def ask(
    run: Run,
    questions: Sequence[Question],
    runner: Runner,
    *,
    told: Callable[[Result, int], object],
) -> Asked:
    """Ask what the run has no result for yet, until all is asked or Ctrl-C.

    `told` is given each result at once, and how many there are now.

    Raises:
        GriotError: the respondent cannot be asked at all.
    """
    results = run.by_id
    began = time.monotonic()

    def note(result: Result) -> None:
        results[result.question.id] = result
        told(result, len(results))

    interrupted = False
    try:
        asyncio.run(runner.run([one for one in questions if one.id not in results], note))
    except KeyboardInterrupt:
        interrupted = True
    whole = replace(
        run,
        results=tuple(results[one.id] for one in questions if one.id in results),
        seconds=run.seconds + time.monotonic() - began,
        whole=run.whole and not interrupted,
    )
    left = len(questions) - len(whole.results)
    return Asked(run=whole, interrupted=interrupted, left=left)
