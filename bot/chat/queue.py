"""The queue of questions: one of each chat and one of each person is answered at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
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
    """A question's place in the queue.

    `waits` is true if others were before it when it came. `task` answers it. `cancelled` is why it
    was cancelled; None if the process ends.
    """

    request: Request
    waits: bool
    _chat: asyncio.Lock
    _person: asyncio.Lock
    _counted: Callable[[int], None]
    cancelled: Cancelled | None = None
    task: asyncio.Task[None] = field(init=False)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the question's turn; it is answered within the block."""
        if self.cancelled:
            raise asyncio.CancelledError
        async with self._chat, self._person:
            self._counted(1)
            try:
                yield
            finally:
                self._counted(-1)

    def cancel(self, why: Cancelled) -> None:
        """Stop answering."""
        self.cancelled = why
        self.task.cancel()


Work = Callable[[Slot], Coroutine[None, None, None]]


class Queue:
    """Runs `work` for each question as soon as it is put here; its `Slot` waits for its turn.

    The questions of a chat are answered in the order in which they came.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._slots: dict[tuple[str, str], Slot] = {}
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self.working = 0

    @property
    def waiting(self) -> int:
        """The number of questions that wait for their turn."""
        return len(self._slots) - self.working

    def has(self, request: Request) -> bool:
        """Return whether a question is here with the same text."""
        slot = self._slots.get(request.key)
        return slot is not None and slot.request.text == request.text

    def has_room(self, request: Request) -> bool:
        """Return whether the person may put another question here."""
        return sum(other.person == request.person for other in self._others(request)) < MOST

    def put(self, request: Request) -> None:
        """Take a question; an edited one replaces its own."""
        if earlier := self._slots.get(request.key):
            earlier.cancel(Cancelled.BY_AN_EDIT)
        waits = any(
            request.person == other.person or request.chat == other.chat
            for other in self._others(request)
        )
        chat, person = self._lock("chat", request.chat), self._lock("person", request.person)
        slot = self._slots[request.key] = Slot(request, waits, chat, person, self._count)
        slot.task = asyncio.create_task(self._run(slot, earlier))
        slot.task.add_done_callback(lambda _: self._forget(slot))

    def stop(self, person: str, chat: str) -> int:
        """Stop the answers that a person waits for in a chat; return how many."""
        theirs = [
            slot
            for slot in self._slots.values()
            if (slot.request.person, slot.request.chat) == (person, chat)
        ]
        for slot in theirs:
            slot.cancel(Cancelled.ON_REQUEST)
        return len(theirs)

    async def drain(self, seconds: float) -> None:
        """Wait so long for the answers in progress, then cancel them; the next start makes them."""
        tasks = [slot.task for slot in self._slots.values()]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, slot: Slot, earlier: Slot | None) -> None:
        while earlier and not earlier.task.done():
            try:
                await asyncio.wait([earlier.task])
            except asyncio.CancelledError:
                # One that is stopped meanwhile is worked on all the same, to be told so.
                if slot.cancelled is None:
                    raise
        await self._work(slot)

    def _others(self, request: Request) -> list[Request]:
        return [slot.request for key, slot in self._slots.items() if key != request.key]

    def _lock(self, kind: str, name: str) -> asyncio.Lock:
        return self._locks.setdefault((kind, name), asyncio.Lock())

    def _count(self, more: int) -> None:
        self.working += more

    def _forget(self, slot: Slot) -> None:
        if self._slots.get(slot.request.key) is slot:
            del self._slots[slot.request.key]
