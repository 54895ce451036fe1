"""A question's way through the library to the messages that answer it."""

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from bot.chat.examples import rows
from bot.chat.inbox import Inbox
from bot.chat.messages import Drawing
from bot.chat.messenger import Unreachable
from bot.chat.post import Post, line
from bot.chat.queue import Cancelled, Request, Slot
from bot.chat.reply import LiveReply
from bot.chat.services import Services
from bot.chat.store import Asked
from bot.service.logs import chat_hash, log_answer
from bot.texts import texts
from rag.errors import StorageError
from rag.reasons import Reason
from rag.types import Answer, Outcome, Searching, TextDelta

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers questions, once `ready` is set because there is an index to answer from.

    `examples` are the numbers of questions to try.
    """

    services: Services
    inbox: Inbox
    ready: asyncio.Event
    examples: list[int]
    _latest: WeakValueDictionary[str, LiveReply] = field(default_factory=WeakValueDictionary)

    async def work(self, slot: Slot) -> None:
        """Answer a question when its turn has come, and settle its event.

        It is not settled at the end of the process, nor where the index folder is of no use: the
        next start takes it up where it was left.
        """
        try:
            await self._answer(slot)
            await self.inbox.release(slot.request.event)
        except StorageError as error:
            _log.error("%s", error)

    async def _answer(self, slot: Slot) -> None:
        request, words = slot.request, texts(slot.request.language)
        drawing = self.services.drawing(words)
        asked = await self.services.patiently(self.services.store.ask, _asked(request))
        reply = LiveReply(
            request, asked, services=self.services, after=self._latest.get(request.chat)
        )
        self._latest[request.chat] = reply
        came = time.monotonic()
        if slot.waits:
            reply.show(line(words.queued))
        try:
            async with slot.turn():
                began = time.monotonic()
                if not self.ready.is_set():
                    reply.show(drawing.working(Searching()))
                    await self.ready.wait()
                answer = await self._shown(request, asked, reply, drawing)
                await reply.finish(await asyncio.to_thread(self._drawn, answer, drawing))
            await self._log(request, answer, waited=began - came, seconds=time.monotonic() - came)
        except asyncio.CancelledError:
            if slot.cancelled is None:  # the process ends
                reply.drop()
                raise
            if slot.cancelled is Cancelled.BY_AN_EDIT:
                await reply.leave()
            else:
                await self._end(reply, words.stopped)
        except Unreachable as error:
            _log.info("%s", error)
        except Exception:  # noqa: BLE001 - whatever it was, the person is told
            _log.exception("a question could not be answered")
            self.services.metrics.questions.labels(Outcome.FAILED.value, "none").inc()
            await self._end(reply, words.trouble)

    def _drawn(self, answer: Answer, drawing: Drawing) -> tuple[Post, ...]:
        """Draw an answer; where the bot introduces itself, with questions to try."""
        *others, last = drawing.answer(answer)
        if Reason.I_AM() in answer.said:
            last = replace(last, rows=(*rows(self.services.store, self.examples), *last.rows))
        return (*others, last)

    async def _shown(
        self, request: Request, asked: Asked, reply: LiveReply, drawing: Drawing
    ) -> Answer:
        """Return what is to be shown: an answer that is there already, or one made now."""
        if asked.answer:
            return await self._trace(asked.answer)
        store, patiently = self.services.store, self.services.patiently
        earlier, follows = await patiently(store.before, asked, request.reply_to)
        if earlier and (kept := await self._trace(earlier)).question == request.text:
            await patiently(store.answered, asked, earlier, follows)
            return kept
        answer = await self._made(request, follows, reply, drawing)
        if answer.id:
            await patiently(store.answered, asked, answer.id, follows)
        return answer

    async def _made(
        self, request: Request, follows: str | None, reply: LiveReply, drawing: Drawing
    ) -> Answer:
        """Ask the library, and show how far it is."""
        history = await self.services.patiently(self.services.history, follows)
        text = ""
        async with aclosing(self.services.library.stream(request.text, history=history)) as events:
            async for event in events:
                match event:
                    case Answer():
                        return event
                    case TextDelta(delta):
                        text += delta
                        reply.show(drawing.working(text))
                    case stage:
                        reply.show(drawing.working(stage))
        raise AssertionError("a stream ends with its answer")

    async def _trace(self, answer: str) -> Answer:
        kept, _ = await asyncio.to_thread(self.services.library.trace, answer)
        return kept

    async def _end(self, reply: LiveReply, said: str) -> None:
        """Show a line in place of an answer."""
        try:
            await reply.finish((line(said),))
        except Unreachable as error:
            _log.info("%s", error)
        except Exception:  # noqa: BLE001 - it is the last resort
            _log.exception("nor could that be said")

    async def _log(
        self, request: Request, answer: Answer, *, waited: float, seconds: float
    ) -> None:
        """Log and count an answer."""
        services = self.services
        salt = await services.patiently(lambda: services.store.salt)
        question = request.text if services.policy.log_questions else None
        log_answer(answer, chat=chat_hash(request.chat, salt), waited=waited, question=question)
        services.metrics.answered(answer, seconds)


def _asked(request: Request) -> Asked:
    return Asked(
        chat=request.chat,
        message=request.message,
        thread=request.thread,
        event=request.event,
        person=request.person,
    )
