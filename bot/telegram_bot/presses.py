"""Handles pressed buttons, which work after a restart, a re-index and a week as well."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from telegram import CallbackQuery, Update
from telegram.constants import ChatType
from telegram.ext import ContextTypes

from bot.chat.allowance import Allowance
from bot.chat.desk import Question
from bot.chat.health import Metrics
from bot.chat.logs import chat_hash as hash_of
from bot.chat.store import Asked, Store
from bot.chat.texts import Texts, texts
from bot.telegram_bot import messages
from bot.telegram_bot.buttons import (
    Ask,
    Rate,
    Remove,
    SendAgain,
    ShowAnswer,
    ShowSource,
    ShowWhy,
    Speak,
    decode,
)
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.messages import Message, line
from bot.telegram_bot.speech import Speech, thread_of
from rag.errors import AnswerNotFound
from rag.index.answers import Version
from rag.library import Library
from rag.types import Answer, Edition


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A press: where the button is, and who pressed it."""

    query: str
    chat: int
    message: int
    thread: int
    person: int
    private: bool
    update: int
    words: Texts


@dataclass(frozen=True, slots=True)
class _Traced:
    """A kept answer, its question in this chat, and which versions its articles are of now."""

    asked: Asked
    answer: Answer
    versions: dict[Edition, Version]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presses:
    """Handles presses, each only in the chat that its answer was given to.

    The data of a press comes from the person's app, so it may name any answer. `ask` takes the
    question of an example, `remove` removes what an editor confirms.
    """

    library: Library
    store: Store
    delivery: Delivery
    speech: Speech
    metrics: Metrics
    allowance: Allowance
    ask: Callable[[Update, Question], Awaitable[None]]
    remove: Callable[[str, Texts, int], Awaitable[Message | None]]

    async def pressed(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Handle a press, unless the person presses too often."""
        query = update.callback_query
        assert query
        words = await self.speech.words(update)
        if wait := self.allowance.take(query.from_user.id):
            told = words.press_limit.format(wait=words.duration(wait))
            await self.delivery.acknowledge(query.id, told, alert=True)
            return
        pressed = _where(update, query, words)
        press = decode(query.data or "")
        if pressed is None or press is None:
            await self.delivery.acknowledge(query.id)
            return
        match press:
            case Ask(number):
                if question := await self._example(number, pressed):
                    await self.ask(update, question)
            case Speak(language):
                await self._speak(language, pressed)
            case Remove(article):
                await self._remove(article, pressed)
            case _:
                await self._about_answer(press, pressed)

    async def _example(self, number: int, pressed: _Pressed) -> Question | None:
        """Send the example as a message, and return it as a question that belongs to it.

        What an earlier process sent already is not sent again.
        """
        example = await asyncio.to_thread(self.store.example, number)
        await self.delivery.acknowledge(pressed.query)
        if example is None:
            return None
        asked = await asyncio.to_thread(self.store.asked_with, pressed.update, pressed.chat)
        said = (
            asked.message
            if asked
            else await self.delivery.say(pressed.chat, line(example), thread=pressed.thread)
        )
        if said is None:
            return None
        return Question(
            chat=pressed.chat,
            message=said,
            person=pressed.person,
            text=example,
            update=pressed.update,
            language=pressed.words.code,
            private=pressed.private,
            thread=pressed.thread,
        )

    async def _speak(self, language: str, pressed: _Pressed) -> None:
        await asyncio.to_thread(self.store.speak, pressed.chat, language)
        await self.delivery.acknowledge(pressed.query)
        said = line(texts(language).language_chosen)
        await self.delivery.change(pressed.chat, pressed.message, said)

    async def _remove(self, article: str, pressed: _Pressed) -> None:
        done = await self.remove(article, pressed.words, pressed.person)
        if done is None:
            await self._tell(pressed, pressed.words.editors_only)
            return
        await self.delivery.acknowledge(pressed.query)
        await self.delivery.change(pressed.chat, pressed.message, done)

    async def _about_answer(
        self, press: ShowAnswer | ShowSource | ShowWhy | Rate | SendAgain, pressed: _Pressed
    ) -> None:
        traced = await asyncio.to_thread(self._traced, press.answer, pressed.chat)
        if traced is None:
            await self._tell(pressed, pressed.words.not_kept)
        elif traced.asked.person != pressed.person:
            await self._tell(pressed, _glimpse(press, traced, pressed.words))
        elif isinstance(press, Rate):
            await self._rate(press, traced, pressed)
        elif isinstance(press, SendAgain):
            await self._send_again(traced, pressed)
        else:
            await self.delivery.acknowledge(pressed.query)
            shown = await self._shown(press, traced, pressed)
            await self.delivery.change(pressed.chat, pressed.message, shown)

    def _traced(self, answer: str, chat: int) -> _Traced | None:
        """Return an answer that was given in a chat and is still kept."""
        asked = self.store.question_of(chat, answer)
        with suppress(AnswerNotFound):
            return None if asked is None else _Traced(asked, *self.library.trace(answer))
        return None

    async def _shown(
        self, press: ShowAnswer | ShowSource | ShowWhy, traced: _Traced, pressed: _Pressed
    ) -> Message:
        """Return what takes the place of the message."""
        answer, words = traced.answer, pressed.words
        match press:
            case ShowSource(mark=mark, reach=reach) if mark <= len(answer.citations):
                citation = answer.citations[mark - 1]
                around = await asyncio.to_thread(self.library.around, citation, reach)
                version = traced.versions[citation.article]
                return messages.source(answer, press, around, version, words)
            case ShowWhy(part=part):
                return messages.why(answer, traced.versions, words, part=part)
            case _:
                return await self._part(answer, press.part, pressed)

    async def _part(self, answer: Answer, part: int, pressed: _Pressed) -> Message:
        """Return a part of the answer as it was, with how the person rated it."""
        who = await asyncio.to_thread(self._who, pressed.person)
        voted = await asyncio.to_thread(self.library.rating, answer.id, who)
        parts = messages.answer(answer, pressed.words, voted=voted)
        return parts[min(part, len(parts) - 1)]

    async def _rate(self, press: Rate, traced: _Traced, pressed: _Pressed) -> None:
        """Keep what the person who asked thinks of the answer, and show it."""
        who = await asyncio.to_thread(self._who, pressed.person)
        await asyncio.to_thread(self.library.rate, press.answer, who, good=press.good)
        self.metrics.feedback("good" if press.good else "bad")
        words = pressed.words
        noted = words.rated_good if press.good else words.rated_bad
        await self.delivery.acknowledge(pressed.query, noted)
        shown = await self._part(traced.answer, press.part, pressed)
        await self.delivery.change(pressed.chat, pressed.message, shown)

    async def _send_again(self, traced: _Traced, pressed: _Pressed) -> None:
        """Send the whole answer, unless all of it is known to be there, by a press before."""
        await self.delivery.acknowledge(pressed.query)
        parts = messages.answer(traced.answer, pressed.words)
        if len(traced.asked.replies) < len(parts):
            for message in parts:
                await self._reply(traced.asked, message, pressed)
        await self.delivery.change(pressed.chat, pressed.message, line(pressed.words.sent_again))

    async def _reply(self, asked: Asked, message: Message, pressed: _Pressed) -> None:
        sent = await self.delivery.say(pressed.chat, message, thread=asked.thread)
        if sent:
            await asyncio.to_thread(
                self.store.replied, pressed.chat, sent, asked.message, asked_in=asked.chat
            )

    async def _tell(self, pressed: _Pressed, text: str) -> None:
        await self.delivery.acknowledge(pressed.query, text, alert=True)

    def _who(self, person: int) -> str:
        """Return what stands for a person in the catalog; their ID cannot be found from it."""
        return hash_of(person, self.store.salt)


def _where(update: Update, query: CallbackQuery, words: Texts) -> _Pressed | None:
    """Return where a button was pressed, None where its message cannot be known."""
    message = query.message
    if message is None:
        return None
    return _Pressed(
        query=query.id,
        chat=message.chat.id,
        message=message.message_id,
        thread=thread_of(message),
        person=query.from_user.id,
        private=message.chat.type == ChatType.PRIVATE,
        update=update.update_id,
        words=words,
    )


def _glimpse(
    press: ShowAnswer | ShowSource | ShowWhy | Rate | SendAgain, traced: _Traced, words: Texts
) -> str:
    """Return what is shown to somebody who did not ask: a quote, or that it is not theirs."""
    if isinstance(press, ShowSource) and press.mark <= len(traced.answer.citations):
        return messages.glimpse(traced.answer, press.mark, words)
    return words.not_yours
