"""Turns what people write into questions in the queue."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from bot.chat.events import ChatEvent, Written
from bot.chat.inbox import Inbox
from bot.chat.queue import Queue, Request
from bot.chat.services import Said, Services
from bot.chat.store import DAY, MINUTE
from bot.console import printable
from bot.texts import Texts
from rag.errors import AnswerNotFound
from rag.text import asks_nothing
from rag.understanding.questions import ALL

LONGEST = 1_000
"""Of a question, in characters."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes questions, up to the limits of a person's minute and day, or returns why not."""

    services: Services
    inbox: Inbox
    queue: Queue

    async def ask(self, event: Written, words: Texts) -> Said:
        """Take the question after the command, or the message that the command replies to."""
        asked = event.arguments or event.quoted
        return await self.read(event, asked, words) if asked else words.ask_what

    async def all(self, event: Written, words: Texts) -> Said:
        """Ask the question after the command, or the last one, of articles of all dates."""
        asked = event.arguments or await asyncio.to_thread(self._last_question, event)
        return await self.read(event, f"{ALL}{asked}", words) if asked else words.ask_what

    def _last_question(self, event: Written) -> str:
        """Return the last question of a conversation as it stood alone, "" without one."""
        answer = self.services.store.last(event.chat, event.thread)
        with suppress(AnswerNotFound):
            return self.services.library.trace(answer)[0].standalone_question if answer else ""
        return ""

    async def read(self, event: Written, written: str, words: Texts) -> Said:
        """Take what somebody wrote, if it can be a question."""
        asked = one_line(written)
        if refusal := no_question(asked, words):
            return refusal
        return await self.take(event, asked, message=event.message, reply_to=event.reply_to)

    async def take(
        self, event: ChatEvent, asked: str, *, message: str, reply_to: str | None = None
    ) -> Said:
        """Put a question, which stands in a message, into the queue, within the limits."""
        words = await self.services.words_for(asked, chat=event.chat, app=event.language)
        request = Request(
            chat=event.chat,
            message=message,
            person=event.person,
            text=asked,
            event=event.id,
            language=words.code,
            private=event.private,
            thread=event.thread,
            reply_to=reply_to,
        )
        if self.queue.has(request):
            return ()
        if not self.queue.has_room(request):
            return words.too_many
        if refusal := await self._over_limit(request, words):
            return refusal
        self.queue.put(request)
        self.inbox.hold(event.id)
        return ()

    async def _over_limit(self, request: Request, words: Texts) -> str | None:
        """Count a question of a person's, or return why it is one too many.

        It is not counted again at the next start.
        """
        patiently, store = self.services.patiently, self.services.store
        policy = self.services.policy
        if await patiently(store.asked_with, request.event, request.chat):
            return None
        for most, seconds, forms in (
            (policy.per_minute, MINUTE, words.minute_limit),
            (policy.per_day, DAY, words.day_limit),
        ):
            if wait := await patiently(store.wait, request.person, most, seconds):
                return words.counted(forms, most, wait=words.duration(wait))
        await patiently(store.count, request.person)
        return None


def one_line(text: str) -> str:
    """Return a text on one line, without what cannot be seen."""
    return " ".join(printable(text).split())


def no_question(asked: str, words: Texts) -> str:
    """Return why a line cannot be a question, "" if it can."""
    if asks_nothing(asked):
        return words.not_a_question
    if len(asked) > LONGEST:
        return words.too_long.format(most=words.number(LONGEST), length=words.number(len(asked)))
    return ""
