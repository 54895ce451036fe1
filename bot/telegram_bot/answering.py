"""A question's way through the library to the messages that answer it."""

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from bot.chat.desk import Question, Stop, Turn
from bot.chat.health import Metrics
from bot.chat.inbox import Inbox
from bot.chat.logs import chat_hash, log_answer
from bot.chat.patience import Patience
from bot.chat.store import Asked, Store
from bot.chat.texts import Texts, texts
from bot.telegram_bot import messages
from bot.telegram_bot.delivery import Delivery, Unreachable
from bot.telegram_bot.messages import line
from bot.telegram_bot.reply import Drafts, Reply
from rag.errors import AnswerNotFound, StorageError
from rag.library import Library
from rag.types import Answer, Outcome, Searching, TextDelta
from rag.understanding.conversation import Turn as Before

REMEMBERED = 6
"""How many answers of a conversation a question may lean on."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers questions, once `ready` tells that there is an index to answer from."""

    library: Library
    store: Store
    patiently: Patience
    ready: asyncio.Event
    inbox: Inbox
    delivery: Delivery
    metrics: Metrics
    drafts: Drafts
    log_questions: bool
    _latest: WeakValueDictionary[int, Reply] = field(default_factory=WeakValueDictionary)

    async def work(self, question: Question, turn: Turn) -> None:
        """Answer a question when its turn has come, and settle its update.

        It is not settled at the end of the process, nor where the index folder is of no use: the
        next start takes it up where it was left.
        """
        try:
            await self._answer(question, turn)
            await self.inbox.release(question.update)
        except StorageError as error:
            _log.error("%s", error)

    async def _answer(self, question: Question, turn: Turn) -> None:
        words = texts(question.language)
        asked = await self.patiently(self.store.ask, _asked(question))
        reply = Reply(
            question,
            asked,
            delivery=self.delivery,
            store=self.store,
            patiently=self.patiently,
            texts=words,
            drafts=self.drafts,
            after=self._latest.get(question.chat),
        )
        self._latest[question.chat] = reply
        came = time.monotonic()
        if turn.waits:
            reply.show(line(words.queued).html)
        try:
            async with turn:
                began = time.monotonic()
                await self._index(reply, words)
                kept = await self._shown(question, asked, reply, words)
                await reply.finish(await asyncio.to_thread(messages.answer, kept, words))
            await self._logged(question, kept, waited=began - came, seconds=time.monotonic() - came)
        except asyncio.CancelledError:
            await self._ended(turn, reply, words)
        except Unreachable as error:
            _log.info("%s", error)
        except Exception:  # noqa: BLE001 - whatever it was, the person is told
            _log.exception("a question could not be answered")
            self.metrics.answered(outcome=Outcome.FAILED.value, mode="none", seconds=0.0)
            await self._failed(reply, words)

    async def _index(self, reply: Reply, words: Texts) -> None:
        """Wait until there is an index to search."""
        if not self.ready.is_set():
            reply.show(messages.working(words, Searching()))
            await self.ready.wait()

    async def _shown(self, question: Question, asked: Asked, reply: Reply, words: Texts) -> Answer:
        """Return what is to be shown: an answer that is there already, or one made now."""
        if asked.answer:
            return await self._trace(asked.answer)
        follows = await self.patiently(self.store.follows, asked, question.reply_to)
        earlier = await self.patiently(self.store.earlier, asked)
        if earlier and (kept := await self._trace(earlier)).question == question.text:
            await self.patiently(self.store.answered, asked, earlier, follows)
            return kept
        answer = await self._asked(question, follows, reply, words)
        if answer.id:
            await self.patiently(self.store.answered, asked, answer.id, follows)
        return answer

    async def _asked(
        self, question: Question, follows: str | None, reply: Reply, words: Texts
    ) -> Answer:
        """Ask the library, and show how far it is."""
        history = await self.patiently(self._history, follows)
        text = ""
        async with aclosing(self.library.stream(question.text, history=history)) as events:
            async for event in events:
                match event:
                    case Answer():
                        return event
                    case TextDelta(delta):
                        text += delta
                        reply.show(messages.working(words, text))
                    case _:
                        reply.show(messages.working(words, event))
        raise AssertionError("a stream ends with its answer")

    def _history(self, follows: str | None) -> tuple[Before, ...]:
        """Return the conversation up to an answer, as far as it is still kept."""
        turns = []
        for answer in self.store.chain(follows, REMEMBERED):
            try:
                kept, _ = self.library.trace(answer)
            except AnswerNotFound:
                continue
            turns.append(Before.of(kept))
        return tuple(turns)

    async def _trace(self, answer: str) -> Answer:
        kept, _ = await asyncio.to_thread(self.library.trace, answer)
        return kept

    async def _ended(self, turn: Turn, reply: Reply, words: Texts) -> None:
        """Tell the person that they stopped an answer. Raises at the end of the process."""
        if turn.stopped is None:
            reply.drop()
            raise asyncio.CancelledError
        if turn.stopped is Stop.EDITED:
            await reply.leave()
            return
        try:
            await reply.finish((line(words.stopped),))
        except Unreachable as error:
            _log.info("%s", error)

    async def _failed(self, reply: Reply, words: Texts) -> None:
        try:
            await reply.finish((line(words.trouble),))
        except Exception:  # noqa: BLE001 - it is the last resort
            _log.exception("nor could that be said")

    async def _logged(
        self, question: Question, kept: Answer, *, waited: float, seconds: float
    ) -> None:
        """Log and count an answer."""
        salt = await self.patiently(lambda: self.store.salt)
        log_answer(
            chat=chat_hash(question.chat, salt),
            outcome=kept.outcome.value,
            mode=kept.mode,
            model=kept.model,
            timings=kept.timings,
            queued_ms=1000 * waited,
            remark=" ".join(map(str, kept.remarks)) or None,
            question=question.text if self.log_questions else None,
        )
        self.metrics.answered(
            outcome=kept.outcome.value,
            mode=kept.mode,
            seconds=seconds,
            model_seconds=kept.timings["write"] / 1000 if "write" in kept.timings else None,
        )
        if kept.model_failed:
            self.metrics.model_failure()


def _asked(question: Question) -> Asked:
    return Asked(
        chat=question.chat,
        message=question.message,
        thread=question.thread,
        update=question.update,
        person=question.person,
    )
