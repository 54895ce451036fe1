"""The queue of questions: at a time, one of each chat and one of each person is answered."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import Enum
from weakref import WeakValueDictionary

MOST = 2
"""Questions of a person that are taken: one in work, and the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and where it was asked.

    `message` is the question's own, to which the answer belongs; `reply_to` the one of the bot's
    that it replies to. `thread` is the topic, 0 outside of topics; `update` the number of the
    update that it came with. `language` is what the bot speaks there.
    """

    chat: int
    message: int
    person: int
    text: str
    update: int
    language: str
    private: bool
    thread: int = 0
    reply_to: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Identifies the question, also after it was edited."""
        return self.chat, self.message


class Stop(Enum):
    """Why the answer to a question ended before it was whole."""

    ASKED = "asked"
    EDITED = "edited"


@dataclass(eq=False)
class Turn:
    """A question's turn, entered for as long as its answer is made.

    `waits` says whether others were before it when it was put there, `stopped` why its answer was
    ended, None for the end of the process.
    """

    waits: bool
    _locks: Sequence[asyncio.Lock]
    _counted: Callable[[int], None]
    stopped: Stop | None = None
    _held: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> None:
        if self.stopped:
            raise asyncio.CancelledError
        try:
            for lock in self._locks:
                await self._held.enter_async_context(lock)
        except BaseException:
            await self._held.aclose()
            raise
        self._counted(1)

    async def __aexit__(self, *_: object) -> None:
        self._counted(-1)
        await self._held.aclose()


Work = Callable[[Question, Turn], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class _Job:
    question: Question
    turn: Turn
    task: asyncio.Task[None]


class Desk:
    """Has each question answered in its turn; those of a chat in the order of their coming.

    `work` is given a question as soon as it is put here.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._jobs: dict[tuple[int, int], _Job] = {}
        self._locks: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()
        self.working = 0

    @property
    def waiting(self) -> int:
        """The number of questions that wait for their turn."""
        return len(self._jobs) - self.working

    def has(self, question: Question) -> bool:
        """Return whether a question is here in the same words."""
        job = self._jobs.get(question.key)
        return job is not None and job.question.text == question.text

    def has_room(self, question: Question) -> bool:
        """Return whether the person may put another question here."""
        theirs = (one for one in self._others(question) if one.person == question.person)
        return len(list(theirs)) < MOST

    def put(self, question: Question) -> None:
        """Take a question; an edited one replaces its own."""
        earlier = self._jobs.get(question.key)
        if earlier:
            _end(earlier, Stop.EDITED)
        waits = any(
            question.person == one.person or question.chat == one.chat
            for one in self._others(question)
        )
        locks = (self._lock("chat", question.chat), self._lock("person", question.person))
        turn = Turn(waits, locks, self._count)
        task = asyncio.create_task(self._worked(question, turn, earlier))
        job = self._jobs[question.key] = _Job(question, turn, task)
        task.add_done_callback(lambda _: self._forget(job))

    def stop(self, person: int, chat: int) -> int:
        """Stop the answers that a person waits for in a chat; return how many."""
        theirs = [
            job
            for job in self._jobs.values()
            if job.question.person == person and job.question.chat == chat
        ]
        for job in theirs:
            _end(job, Stop.ASKED)
        return len(theirs)

    async def drain(self, seconds: float) -> None:
        """Wait so long for the answers in progress, then cancel them for the next start to make."""
        tasks = [job.task for job in self._jobs.values()]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _worked(self, question: Question, turn: Turn, earlier: _Job | None) -> None:
        while earlier and not earlier.task.done():
            try:
                await asyncio.wait([earlier.task])
            except asyncio.CancelledError:
                # One that is stopped meanwhile is worked on all the same, to be told so.
                if turn.stopped is None:
                    raise
        await self._work(question, turn)

    def _others(self, question: Question) -> list[Question]:
        return [job.question for key, job in self._jobs.items() if key != question.key]

    def _lock(self, kind: str, number: int) -> asyncio.Lock:
        lock = self._locks.get((kind, number))
        if lock is None:
            lock = self._locks[kind, number] = asyncio.Lock()
        return lock

    def _count(self, more: int) -> None:
        self.working += more

    def _forget(self, job: _Job) -> None:
        if self._jobs.get(job.question.key) is job:
            del self._jobs[job.question.key]


def _end(job: _Job, why: Stop) -> None:
    job.turn.stopped = why
    job.task.cancel()
