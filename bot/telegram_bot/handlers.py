"""What the bot does about each kind of update: commands, questions, and what comes by the way."""

import asyncio
import logging
from dataclasses import dataclass, field

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Message,
    MessageEntity,
    Update,
    User,
)
from telegram.constants import ChatType, ParseMode
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.render import printable
from bot.telegram_bot import messages
from bot.telegram_bot.access import Access
from bot.telegram_bot.buttons import Ask, Button, Speak
from bot.telegram_bot.delivery import PREVIEWS_OFF, Delivery
from bot.telegram_bot.desk import Desk, Question
from bot.telegram_bot.editing import LINK, Editing
from bot.telegram_bot.health import Metrics
from bot.telegram_bot.inbox import Inbox
from bot.telegram_bot.messages import line
from bot.telegram_bot.presses import Presses
from bot.telegram_bot.store import DAY, Store
from bot.telegram_bot.texts import LANGUAGES, Texts, texts
from rag.library import Library

LONGEST = 1_000
"""Of a question, in characters."""

MINUTE = 60.0

PAUSE = 0.5
"""Seconds of typing nothing after which an inline question is taken for whole."""

FRESH = 30
"""Seconds that Telegram may answer the same inline question of a person by itself."""

Context = ContextTypes.DEFAULT_TYPE

_GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}
_PRESENT = {"member", "administrator", "creator", "restricted"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """Everything that may come from Telegram. `examples` are the numbers of questions to try."""

    library: Library
    store: Store
    inbox: Inbox
    desk: Desk
    delivery: Delivery
    access: Access
    editing: Editing
    presses: Presses
    metrics: Metrics
    per_minute: int
    per_day: int
    examples: list[int]
    _asking: dict[int, str] = field(default_factory=dict)

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Tell an application what to call."""
        new = filters.UpdateType.MESSAGE
        application.add_handler(TypeHandler(Update, self.guard), group=-1)
        for name in ("start", "help", "sources", "new", "language", "about", "stop"):
            application.add_handler(CommandHandler(name, getattr(self, name), new))
        application.add_handler(CommandHandler("ask", self.ask))
        self.editing.add_to(application)
        for handler in (
            CallbackQueryHandler(self.pressed),
            InlineQueryHandler(self.inline),
            ChatMemberHandler(self.joined, ChatMemberHandler.MY_CHAT_MEMBER),
            MessageHandler(filters.StatusUpdate.MIGRATE, self.moved),
            MessageHandler(filters.COMMAND & new, self.unknown),
            MessageHandler(LINK & filters.ChatType.PRIVATE & new, self.link),
            MessageHandler(filters.TEXT & ~filters.COMMAND, self.text),
            MessageHandler(~filters.StatusUpdate.ALL & new, self.other),
        ):
            application.add_handler(handler)
        application.add_error_handler(self.failed)

    # Who may come in

    async def guard(self, update: Update, _: Context) -> None:
        """Let nothing further happen to what a stranger sends, but tell them once."""
        self.metrics.updates(1)
        user, chat = update.effective_user, update.effective_chat
        if update.message and update.message.migrate_to_chat_id:
            return
        if user is None or user.is_bot:
            raise ApplicationHandlerStop
        if self.access.admits(user.id, chat.id if chat else None) or _is_invitation(update):
            return
        await self._turn_away(update, user)
        raise ApplicationHandlerStop

    def _is_for_bot(self, message: Message) -> bool:
        """Say whether something in a group is a command that no other bot is named in."""
        if message.chat.type == ChatType.PRIVATE:
            return True
        command, _, name = _command_of(message).partition("@")
        own = message.get_bot().username
        return bool(command) and name.casefold() in {"", own.casefold()}

    async def _turn_away(self, update: Update, user: User) -> None:
        words = texts(user.language_code)
        message = update.message
        if update.callback_query:
            await self.delivery.acknowledge(update.callback_query.id, words.stranger, alert=True)
        elif update.inline_query:
            await update.inline_query.answer([], cache_time=FRESH, is_personal=True)
        elif message and self._is_for_bot(message) and self.access.to_be_told(user.id):
            await self._say(update, line(words.stranger))

    # Commands

    async def start(self, update: Update, context: Context) -> None:
        """Say what the bot knows, or let somebody in who was invited."""
        words = await self._words(update)
        chat = update.effective_chat
        assert chat
        code = context.args[0] if context.args else ""
        # An editor uses an invitation up to let a group in.
        if code and not self.access.admits(chat.id, None):
            if not await asyncio.to_thread(self.access.welcome, chat.id, code):
                used = await asyncio.to_thread(self.access.is_used, code)
                told = words.invitation_used if used else words.invitation_unknown
                await self._say(update, line(told))
                return
            await self._say(update, line(words.invited))
        extent = await asyncio.to_thread(self.library.extent)
        asked = [await asyncio.to_thread(self.store.example, number) for number in self.examples]
        rows = tuple(
            (Button(example, Ask(number)),)
            for number, example in zip(self.examples, asked, strict=True)
            if example
        )
        said = words.start(extent.articles, extent.first, extent.last, examples=bool(rows))
        await self._say(update, line(said, rows))

    async def help(self, update: Update, _: Context) -> None:
        """Say how to ask."""
        words = await self._words(update)
        user = update.effective_user
        told = [words.help]
        if user and self.access.is_editor(user.id):
            told.append(words.help_editor)
        await self._say(update, line("\n\n".join(told)))

    async def about(self, update: Update, _: Context) -> None:
        """Say what this is, and the numbers that the settings may name."""
        words, chat, user = await self._words(update), update.effective_chat, update.effective_user
        assert chat
        assert user
        numbers = words.numbers.format(person=user.id, chat=chat.id)
        await self._say(update, line(f"{words.about}\n\n{numbers}"))

    async def sources(self, update: Update, _: Context) -> None:
        """List the newest articles."""
        words = await self._words(update)
        newest = await asyncio.to_thread(self.library.newest, messages.LISTED)
        count = (await asyncio.to_thread(self.library.extent)).articles
        for message in messages.article_list(newest, count, words):
            await self._say(update, message)

    async def new(self, update: Update, _: Context) -> None:
        """Forget the conversation."""
        message = update.effective_message
        assert message
        await asyncio.to_thread(self.store.begin, message.chat_id, _thread(message), message.id)
        await self._say(update, line((await self._words(update)).new_conversation))

    async def language(self, update: Update, _: Context) -> None:
        """Ask which language to speak."""
        words = await self._words(update)
        row = tuple(Button(one.name, Speak(one.code)) for one in LANGUAGES.values())
        await self._say(update, line(words.choose_language, (row,)))

    async def stop(self, update: Update, _: Context) -> None:
        """End what a person waits for."""
        words = await self._words(update)
        chat, user = update.effective_chat, update.effective_user
        assert chat
        assert user
        if not self.desk.stop(user.id, chat.id):
            await self._say(update, line(words.nothing_to_stop))

    async def unknown(self, update: Update, context: Context) -> None:
        """In a private chat, take a command that does not exist for a need of help."""
        chat = update.effective_chat
        if chat and chat.type == ChatType.PRIVATE:
            await self.help(update, context)

    # Questions

    async def ask(self, update: Update, context: Context) -> None:
        """Answer the question behind the command, or the message that the command replies to."""
        message = update.effective_message
        assert message
        asked = " ".join(context.args or ()) or _text_of(message.reply_to_message)
        if asked:
            await self._put(update, asked)
        else:
            await self._say(update, line((await self._words(update)).ask_what))

    async def text(self, update: Update, context: Context) -> None:
        """Answer a question: any text in a private chat; in a group, what is said to the bot."""
        message = update.effective_message
        assert message
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
        """Say to a reader who sends only a link what to send."""
        await self._say(update, line((await self._words(update)).link_alone))

    async def other(self, update: Update, _: Context) -> None:
        """Say what works, where somebody sends what does not."""
        message = update.effective_message
        if message and message.chat.type == ChatType.PRIVATE:
            await self._say(update, line((await self._words(update)).not_text))

    async def _put(self, update: Update, asked: str) -> None:
        """Take a question, if it is one that can be taken, or say why not."""
        message, user = update.effective_message, update.effective_user
        assert message
        assert user
        words = await self._words(update)
        asked = " ".join(printable(asked).split())
        if refusal := await self._refusal(update, asked, words):
            await self._say(update, line(refusal))
            return
        replied_to = message.reply_to_message
        question = Question(
            chat=message.chat_id,
            message=message.id,
            person=user.id,
            text=asked,
            update=update.update_id,
            language=words.code,
            private=message.chat.type == ChatType.PRIVATE,
            thread=_thread(message),
            reply_to=replied_to.id if replied_to else None,
        )
        await self.take(update, question)

    async def take(self, update: Update, question: Question) -> None:
        """Have a question answered, unless its person asks too much at once."""
        if self.desk.has(question):
            return
        if self.desk.put(question):
            self.inbox.hold(update.update_id)
        else:
            await self._say(update, line(texts(question.language).too_many))

    async def _refusal(self, update: Update, asked: str, words: Texts) -> str | None:
        """Say why a question is not taken, if it is not. One that was taken before always is."""
        message, user = update.effective_message, update.effective_user
        assert message
        assert user
        if not any(character.isalnum() for character in asked):
            return words.not_a_question
        if len(asked) > LONGEST:
            return words.too_long.format(
                most=words.number(LONGEST), length=words.number(len(asked))
            )
        return await self._over_limit(user.id, message.chat_id, update.update_id, words)

    async def _over_limit(self, person: int, chat: int, update: int, words: Texts) -> str | None:
        """Count a question of a person's, or say why it is one too many.

        It is not counted again at the next start.
        """
        if await asyncio.to_thread(self.store.asked_with, update, chat):
            return None
        limits = (
            (self.per_minute, MINUTE, words.minute_limit),
            (self.per_day, DAY, words.day_limit),
        )
        for most, seconds, forms in limits:
            wait = await asyncio.to_thread(self.store.wait, person, most, seconds)
            if wait:
                return words.counted(forms, most, wait=words.duration(wait))
        await asyncio.to_thread(self.store.count, person)
        return None

    async def inline(self, update: Update, _: Context) -> None:
        """Give the sentences that answer what somebody types elsewhere, when they pause."""
        query = update.inline_query
        assert query
        asked = " ".join(printable(query.query).split())
        self._asking[query.from_user.id] = query.id
        await asyncio.sleep(PAUSE)
        if self._asking.get(query.from_user.id) != query.id:
            return
        del self._asking[query.from_user.id]
        words = await self._words(update)
        results = messages.inline(await self.library.glance(asked), words) if asked else ()
        text = words.inline_ask if results or not asked else words.inline_none
        try:
            await query.answer(
                [_article(one) for one in results],
                cache_time=FRESH,
                is_personal=True,
                button=InlineQueryResultsButton(text, start_parameter="inline"),
            )
        except TelegramError as error:
            self.metrics.telegram_error(error)

    # What else comes

    async def pressed(self, update: Update, _: Context) -> None:
        """Do what a button is for; an example is asked here."""
        question = await self.presses.pressed(update)
        if question:
            words = texts(question.language)
            refusal = await self._over_limit(question.person, question.chat, question.update, words)
            if refusal:
                await self._say(update, line(refusal))
            else:
                await self.take(update, question)

    async def joined(self, update: Update, context: Context) -> None:
        """Tell a group how to ask, when the bot is added to it."""
        change = update.my_chat_member
        assert change
        was, now = change.old_chat_member.status, change.new_chat_member.status
        if change.chat.type not in _GROUPS or was in _PRESENT or now not in _PRESENT:
            return
        words = await self._words(update)
        sees = context.bot.bot.can_read_all_group_messages or now == "administrator"
        told = words.group_mentions_seen if sees else words.group_mentions_hidden
        await self._say(update, line(told.format(bot=context.bot.username)))

    async def moved(self, update: Update, _: Context) -> None:
        """Take along what is known of a group that has another number now."""
        message = update.effective_message
        if message and message.migrate_to_chat_id:
            chat, to = message.chat_id, message.migrate_to_chat_id
            await asyncio.to_thread(self.store.move, chat, to)
            await asyncio.to_thread(self.access.moved, chat, to)

    async def failed(self, update: object, context: Context) -> None:
        """Log what went wrong, and say that something did."""
        _log.error("an update could not be handled", exc_info=context.error)
        if not isinstance(update, Update):
            return
        words = await self._words(update)
        if update.callback_query:
            await self.delivery.acknowledge(update.callback_query.id, words.trouble, alert=True)
        elif update.message:
            await self._say(update, line(words.trouble))

    # How it speaks

    async def _words(self, update: Update) -> Texts:
        """Give the words of the language that was chosen in the chat, or is the person's own.

        What is asked elsewhere is answered in the language of the person's private chat.
        """
        chat, user = update.effective_chat, update.effective_user
        of = chat or user
        chosen = await asyncio.to_thread(self.store.language, of.id) if of else None
        return texts(chosen or (user.language_code if user else None))

    async def _say(self, update: Update, message: messages.Message) -> None:
        """Say something in the chat that an update is of; in a group as a reply."""
        chat, to = update.effective_chat, update.effective_message
        if chat is None:
            return
        await self.delivery.say(
            chat.id,
            message,
            thread=_thread(to) if to else 0,
            reply_to=to.id if update.message and chat.type in _GROUPS and to else None,
        )


def _is_invitation(update: Update) -> bool:
    message = update.message
    if message is None or len((message.text or "").split()) < 2:  # noqa: PLR2004
        return False
    return _command_of(message).partition("@")[0] == "/start"


def _command_of(message: Message) -> str:
    """Give the command that a message begins with, as it stands there; empty for none."""
    if not message.text:
        return ""
    found = message.parse_entities([MessageEntity.BOT_COMMAND])
    return next((said for entity, said in found.items() if entity.offset == 0), "")


def _thread(message: Message) -> int:
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _text_of(message: Message | None) -> str:
    return (message.text or message.caption or "") if message else ""


def _is_by(message: Message | None, bot: int) -> bool:
    return bool(message and message.from_user and message.from_user.id == bot)


def _article(result: messages.InlineResult) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        result.id,
        result.title,
        InputTextMessageContent(
            result.html, parse_mode=ParseMode.HTML, link_preview_options=PREVIEWS_OFF
        ),
        description=result.description,
    )
