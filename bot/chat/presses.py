"""Handles pressed buttons, which work after a restart, a re-index and a week as well."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from bot.chat import buttons
from bot.chat.access import Allowance
from bot.chat.buttons import AnswerPress, Rate, ShowAnswer, ShowSource, ShowWhy
from bot.chat.editing import Editing
from bot.chat.events import Pressed, Sent
from bot.chat.intake import Intake
from bot.chat.messages import Drawing
from bot.chat.post import Post, line
from bot.chat.services import Services
from bot.chat.standing import StandingCommands
from bot.chat.store import Asked
from bot.service.logs import chat_hash as hash_of
from bot.texts import Texts, texts
from rag.errors import AnswerNotFound
from rag.index.answers import Version
from rag.types import Answer, Edition
from rag.understanding.questions import ALL


@dataclass(frozen=True, slots=True)
class _Traced:
    """A kept answer, its question in this chat, and which versions its articles are of now."""

    asked: Asked
    answer: Answer
    versions: dict[Edition, Version]


@dataclass(frozen=True, slots=True)
class Presses:
    """Handles presses, each only in the chat that its answer was given to.

    The data of a press comes from the person's app, so it may name any answer.
    """

    services: Services
    allowance: Allowance
    intake: Intake
    editing: Editing
    standing: StandingCommands

    async def pressed(self, event: Pressed, words: Texts) -> None:
        """Handle a press, unless the person presses too often."""
        if wait := self.allowance.take(event.person):
            await self._alert(event, words.press_limit.format(wait=words.duration(wait)))
            return
        press, is_editor = event.press, self.services.access.is_editor
        match press:
            case None:
                await self._change(event, None)
            case buttons.Ask(number):
                example = await asyncio.to_thread(self.services.store.example, number)
                await self._ask(example, event)
            case buttons.Speak(language):
                await asyncio.to_thread(self.services.store.speak, event.chat, language)
                await self._change(event, line(texts(language).language_chosen))
            case buttons.Remove() | buttons.Unfollow() if not is_editor(event.person):
                await self._alert(event, words.editors_only)
            case buttons.Remove(article):
                await self._change(event, line(await self.editing.confirmed(article, words)))
            case buttons.Unfollow():
                await self._change(event, await self.editing.stopped(press, words))
            case buttons.EndWatch():
                said, became = await self.standing.ended(event, press, words)
                await self._change(event, became, said)
            case buttons.EndDigest():
                await self._change(event, await self.standing.undigested(event, words))
            case _:
                await self._about_answer(press, event, words)

    async def _ask(self, question: str | None, event: Pressed) -> None:
        """Send a question as a message, and take the question that belongs to it.

        What an earlier process sent already is not sent again.
        """
        await self._change(event, None)
        if question is None:
            return
        asked = await asyncio.to_thread(self.services.store.asked_with, event.id, event.chat)
        if asked:
            message = asked.message
        elif sent := await self.services.delivery.say(
            event.chat, line(question), thread=event.thread
        ):
            message = sent.id
        else:
            return
        await self.services.say(event, await self.intake.take(event, question, message=message))

    async def _about_answer(self, press: AnswerPress, event: Pressed, words: Texts) -> None:
        traced = await asyncio.to_thread(self._trace, press.answer, event.chat)
        if traced is None:
            await self._alert(event, words.not_kept)
            return
        question = traced.answer.question
        spoken = await self.services.words_for(question, chat=event.chat, app=event.language)
        drawing = self.services.drawing(spoken)
        if traced.asked.person != event.person:
            await self._alert(event, _glimpse(press, traced, drawing))
        elif isinstance(press, Rate):
            await self._rate(press, traced, event, drawing)
        elif isinstance(press, buttons.SendAgain):
            await self._send_again(traced, event, drawing)
        elif isinstance(press, buttons.AskAll):
            await self._ask(f"{ALL}{traced.answer.standalone_question}", event)
        else:
            await self._change(event, await self._shown(press, traced, event, drawing))

    def _trace(self, answer: str, chat: str) -> _Traced | None:
        """Return an answer that was given in a chat and is still kept."""
        asked = self.services.store.question_of(chat, answer)
        with suppress(AnswerNotFound):
            return None if asked is None else _Traced(asked, *self.services.library.trace(answer))
        return None

    async def _shown(
        self,
        press: ShowAnswer | ShowSource | ShowWhy,
        traced: _Traced,
        event: Pressed,
        drawing: Drawing,
    ) -> Post:
        """Return what takes the place of the message."""
        answer = traced.answer
        match press:
            case ShowSource(mark=mark, reach=reach) if mark <= len(answer.citations):
                citation = answer.citations[mark - 1]
                around = await asyncio.to_thread(self.services.library.around, citation, reach)
                return drawing.source(answer, press, around, traced.versions[citation.article])
            case ShowWhy(part=part):
                return drawing.why(answer, traced.versions, part=part)
            case _:
                return await self._part(answer, press.part, event, drawing)

    async def _part(self, answer: Answer, part: int, event: Pressed, drawing: Drawing) -> Post:
        """Return a part of the answer as it was, with how the person rated it."""
        who = await asyncio.to_thread(self._who, event.person)
        voted = await asyncio.to_thread(self.services.library.rating, answer.id, who)
        parts = drawing.answer(answer, voted=voted)
        return parts[min(part, len(parts) - 1)]

    async def _rate(self, press: Rate, traced: _Traced, event: Pressed, drawing: Drawing) -> None:
        """Keep what the person who asked thinks of the answer, and show it."""
        who = await asyncio.to_thread(self._who, event.person)
        await asyncio.to_thread(self.services.library.rate, press.answer, who, good=press.good)
        self.services.metrics.feedback.labels("good" if press.good else "bad").inc()
        said = drawing.texts.rated_good if press.good else drawing.texts.rated_bad
        became = await self._part(traced.answer, press.part, event, drawing)
        await self._change(event, became, said)

    async def _send_again(self, traced: _Traced, event: Pressed, drawing: Drawing) -> None:
        """Send the whole answer, unless all of it is known to be there, by a press before."""
        await self._change(event, line(drawing.texts.sent_again))
        asked, parts = traced.asked, drawing.answer(traced.answer)
        if len(asked.replies) < len(parts):
            for part in parts:
                if sent := await self.services.delivery.say(event.chat, part, thread=asked.thread):
                    await asyncio.to_thread(self.services.store.replied, sent, asked)

    async def _alert(self, event: Pressed, text: str) -> None:
        await self.services.messenger.acknowledge(event, text, alert=True)

    async def _change(self, event: Pressed, post: Post | None, said: str = "") -> None:
        """Acknowledge a press, and show a message, if any, in place of the one with the button."""
        await self.services.messenger.acknowledge(event, said)
        if post is not None:
            await self.services.delivery.change(Sent(event.chat, event.message), post)

    def _who(self, person: str) -> str:
        """Return what stands for a person in the catalog; their id cannot be found from it."""
        return hash_of(person, self.services.store.salt)


def _glimpse(press: AnswerPress, traced: _Traced, drawing: Drawing) -> str:
    """Return what is shown to somebody who did not ask: a quote, or that it is not theirs."""
    if isinstance(press, ShowSource) and press.mark <= len(traced.answer.citations):
        return drawing.glimpse(traced.answer, press.mark)
    return drawing.texts.not_yours
