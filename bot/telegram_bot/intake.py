"""Turns what people write into questions at the desk."""

from dataclasses import dataclass

from telegram import Message, MessageEntity, Update
from telegram.constants import ChatType
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from bot.chat.desk import Desk, Question
from bot.chat.inbox import Inbox
from bot.chat.patience import Patience
from bot.chat.store import DAY, Store
from bot.chat.texts import Texts, texts
from bot.console import printable
from bot.telegram_bot.editing import LINK
from bot.telegram_bot.messages import line
from bot.telegram_bot.speech import Speech, message_of, person_of, thread_of

LONGEST = 1_000
"""Of a question, in characters."""

MINUTE = 60.0

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes questions, up to the limits of a person's minute and day, or explains why not."""

    store: Store
    patiently: Patience
    inbox: Inbox
    desk: Desk
    speech: Speech
    per_minute: int
    per_day: int

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Register the handlers."""
        private = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
        application.add_handler(CommandHandler("ask", self.ask))
        application.add_handler(MessageHandler(LINK & private, self.link))
        application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, self.text))

    async def ask(self, update: Update, context: Context) -> None:
        """Take the question after the command, or the message that the command replies to."""
        asked = " ".join(context.args or ()) or _text_of(message_of(update).reply_to_message)
        if asked:
            await self._put(update, asked)
        else:
            await self._say(update, (await self.speech.words(update)).ask_what)

    async def text(self, update: Update, context: Context) -> None:
        """Take any text in a private chat, and what is said to the bot in a group."""
        message = message_of(update)
        said = message.text or ""
        if message.chat.type == ChatType.PRIVATE:
            await self._put(update, said)
            return
        name = f"@{context.bot.username}"
        named = [
            one
            for one in message.parse_entities([MessageEntity.MENTION]).values()
            if one.casefold() == name.casefold()
        ]
        for mention in named:
            said = said.replace(mention, " ")
        if _is_by(message.reply_to_message, context.bot.id):
            await self._put(update, said)
        elif named:
            await self._put(update, said.strip() or _text_of(message.reply_to_message))

    async def link(self, update: Update, _: Context) -> None:
        """Explain to a reader who sends only a link what to send."""
        await self._say(update, (await self.speech.words(update)).link_alone)

    async def other(self, update: Update, _: Context) -> None:
        """Explain in a private chat that only text is read."""
        if message_of(update).chat.type == ChatType.PRIVATE:
            await self._say(update, (await self.speech.words(update)).not_text)

    async def take(self, update: Update, question: Question) -> None:
        """Put a question on the desk, unless the person asks too much."""
        words = texts(question.language)
        if self.desk.has(question):
            return
        if not self.desk.has_room(question):
            await self._say(update, words.too_many)
        elif refusal := await self._over_limit(question, words):
            await self._say(update, refusal)
        else:
            self.desk.put(question)
            self.inbox.hold(update.update_id)

    async def _put(self, update: Update, asked: str) -> None:
        """Take what somebody wrote, if it can be a question."""
        message, words = message_of(update), await self.speech.words(update)
        asked = " ".join(printable(asked).split())
        if not any(character.isalnum() for character in asked):
            await self._say(update, words.not_a_question)
            return
        if len(asked) > LONGEST:
            most, length = words.number(LONGEST), words.number(len(asked))
            await self._say(update, words.too_long.format(most=most, length=length))
            return
        replied_to = message.reply_to_message
        question = Question(
            chat=message.chat_id,
            message=message.id,
            person=person_of(update),
            text=asked,
            update=update.update_id,
            language=words.code,
            private=message.chat.type == ChatType.PRIVATE,
            thread=thread_of(message),
            reply_to=replied_to.id if replied_to else None,
        )
        await self.take(update, question)

    async def _over_limit(self, question: Question, words: Texts) -> str | None:
        """Count a question of a person's, or return why it is one too many.

        It is not counted again at the next start.
        """
        if await self.patiently(self.store.asked_with, question.update, question.chat):
            return None
        limits = (
            (self.per_minute, MINUTE, words.minute_limit),
            (self.per_day, DAY, words.day_limit),
        )
        for most, seconds, forms in limits:
            wait = await self.patiently(self.store.wait, question.person, most, seconds)
            if wait:
                return words.counted(forms, most, wait=words.duration(wait))
        await self.patiently(self.store.count, question.person)
        return None

    async def _say(self, update: Update, text: str) -> None:
        await self.speech.say(update, line(text))


def _text_of(message: Message | None) -> str:
    return (message.text or message.caption or "") if message else ""


def _is_by(message: Message | None, bot: int) -> bool:
    return bool(message and message.from_user and message.from_user.id == bot)
