"""The queue of questions: one of each chat and one of each person is answered at a time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import Enum
from weakref import WeakValueDictionary

MOST = 2
"""The most questions of a person in the queue, the one being answered included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question and where it was asked.

    `message` is the id of the question's message, `reply_to` that of the bot's message that it
    replies to, `event` that of the event that it came with. `language` is the answer's.
    """

    chat: str
    message: str
    person: str
    text: str
    event: str
    language: str
    private: bool
    thread: str = ""
    reply_to: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Identifies the question, also after it was edited."""
        return self.chat, self.message


class Cancelled(Enum):
    """Why answering a question was cancelled."""

    ON_REQUEST = "on request"
    BY_AN_EDIT = "by an edit"


@dataclass(eq=False)
class Slot:
    """A question's place in the queue: a context to be answered in, entered when its turn comes.

    `waits` is true if others were before it when it came. `cancelled` is why it was cancelled; None
    if the process ends.
    """

    waits: bool
    _locks: Sequence[asyncio.Lock]
    _counted: Callable[[int], None]
    cancelled: Cancelled | None = None
    _held: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> None:
        if self.cancelled:
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


Work = Callable[[Request, Slot], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class _Job:
    request: Request
    slot: Slot
    task: asyncio.Task[None]

    def cancel(self, why: Cancelled) -> None:
        self.slot.cancelled = why
        self.task.cancel()


class Queue:
    """Runs `work` for each question as soon as it is put here; its `Slot` waits for its turn.

    The questions of a chat are answered in the order in which they came.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self.working = 0

    @property
    def waiting(self) -> int:
        """The number of questions that wait for their turn."""
        return len(self._jobs) - self.working

    def has(self, request: Request) -> bool:
        """Return whether a question is here with the same text."""
        job = self._jobs.get(request.key)
        return job is not None and job.request.text == request.text

    def has_room(self, request: Request) -> bool:
        """Return whether the person may put another question here."""
        return sum(other.person == request.person for other in self._others(request)) < MOST

    def put(self, request: Request) -> None:
        """Take a question; an edited one replaces its own."""
        earlier = self._jobs.get(request.key)
        if earlier:
            earlier.cancel(Cancelled.BY_AN_EDIT)
        waits = any(
            request.person == other.person or request.chat == other.chat
            for other in self._others(request)
        )
        locks = (self._lock("chat", request.chat), self._lock("person", request.person))
        slot = Slot(waits, locks, self._count)
        task = asyncio.create_task(self._run(request, slot, earlier))
        job = self._jobs[request.key] = _Job(request, slot, task)
        task.add_done_callback(lambda _: self._forget(job))

    def stop(self, person: str, chat: str) -> int:
        """Stop the answers that a person waits for in a chat; return how many."""
        theirs = [
            job
            for job in self._jobs.values()
            if (job.request.person, job.request.chat) == (person, chat)
        ]
        for job in theirs:
            job.cancel(Cancelled.ON_REQUEST)
        return len(theirs)

    async def drain(self, seconds: float) -> None:
        """Wait so long for the answers in progress, then cancel them; the next start makes them."""
        tasks = [job.task for job in self._jobs.values()]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, request: Request, slot: Slot, earlier: _Job | None) -> None:
        while earlier and not earlier.task.done():
            try:
                await asyncio.wait([earlier.task])
            except asyncio.CancelledError:
                # One that is stopped meanwhile is worked on all the same, to be told so.
                if slot.cancelled is None:
                    raise
        await self._work(request, slot)

    def _others(self, request: Request) -> list[Request]:
        return [job.request for key, job in self._jobs.items() if key != request.key]

    def _lock(self, kind: str, name: str) -> asyncio.Lock:
        return self._locks.setdefault((kind, name), asyncio.Lock())

    def _count(self, more: int) -> None:
        self.working += more

    def _forget(self, job: _Job) -> None:
        if self._jobs.get(job.request.key) is job:
            del self._jobs[job.request.key]
