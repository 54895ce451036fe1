"""Lets people in or turns them away, and calls what handles each kind of update."""

import asyncio
import logging
from dataclasses import dataclass

from telegram import Message, MessageEntity, Update, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.chat.access import Access
from bot.chat.health import Metrics
from bot.chat.store import Store
from bot.chat.texts import texts
from bot.telegram_bot.commands import Commands
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.editing import Editing
from bot.telegram_bot.inline import FRESH, Inline
from bot.telegram_bot.intake import Intake
from bot.telegram_bot.menus import Menus
from bot.telegram_bot.messages import line
from bot.telegram_bot.presses import Presses
from bot.telegram_bot.speech import GROUPS, Speech
from rag.errors import GriotError

Context = ContextTypes.DEFAULT_TYPE

_PRESENT = {
    ChatMemberStatus.MEMBER,
    ChatMemberStatus.ADMINISTRATOR,
    ChatMemberStatus.OWNER,
    ChatMemberStatus.RESTRICTED,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """Everything that may come from Telegram, and what handles each kind."""

    access: Access
    store: Store
    delivery: Delivery
    speech: Speech
    metrics: Metrics
    commands: Commands
    editing: Editing
    intake: Intake
    inline: Inline
    presses: Presses
    menus: Menus

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Register the handlers; of those that an update fits, only the first is called."""
        new = filters.UpdateType.MESSAGE
        application.add_handler(TypeHandler(Update, self.guard), group=-1)
        for part in (self.commands, self.editing, self.intake, self.inline):
            part.add_to(application)
        for handler in (
            CallbackQueryHandler(self.presses.pressed),
            ChatMemberHandler(self.joined, ChatMemberHandler.MY_CHAT_MEMBER),
            MessageHandler(filters.StatusUpdate.MIGRATE, self.moved),
            MessageHandler(filters.COMMAND & new, self.commands.unknown),
            MessageHandler(~filters.StatusUpdate.ALL & new, self.intake.other),
        ):
            application.add_handler(handler)
        application.add_error_handler(self.failed)

    async def guard(self, update: Update, _: Context) -> None:
        """Stop what strangers send, and set the menu of an editor who has none."""
        self.metrics.updates(1)
        user, chat = update.effective_user, update.effective_chat
        if update.message and update.message.migrate_to_chat_id:
            return
        if user is None or (user.is_bot and not _is_anonymous(update)):
            raise ApplicationHandlerStop
        if self.access.admits(user.id, chat.id if chat else None):
            if chat and chat.id == user.id and self.menus.lacks(user.id):
                await self.menus.meet(user.id)
            return
        code = _invitation(update)
        if code != "" and await asyncio.to_thread(self.access.is_open, code):
            return
        await self._turn_away(update, user, code)
        raise ApplicationHandlerStop

    async def _turn_away(self, update: Update, user: User, code: str) -> None:
        """Tell a stranger once, in one line, that the bot is not for everyone."""
        words = texts(user.language_code)
        message, query = update.message, update.callback_query
        if update.inline_query:
            await update.inline_query.answer([], cache_time=FRESH, is_personal=True)
        elif query and self.access.to_be_told(user.id):
            await self.delivery.acknowledge(query.id, words.stranger, alert=True)
        elif message and _is_for_bot(message) and self.access.to_be_told(user.id):
            told = words.stranger
            if code:
                used = await asyncio.to_thread(self.access.is_used, code)
                told = words.invitation_used if used else words.invitation_unknown
            await self.speech.say(update, line(told))

    async def joined(self, update: Update, context: Context) -> None:
        """Tell a group how to ask, when the bot is added to it."""
        change = update.my_chat_member
        assert change
        was, now = change.old_chat_member.status, change.new_chat_member.status
        if change.chat.type not in GROUPS or was in _PRESENT or now not in _PRESENT:
            return
        words = await self.speech.words(update)
        admin = now == ChatMemberStatus.ADMINISTRATOR
        sees = context.bot.bot.can_read_all_group_messages or admin
        told = words.group_mentions_seen if sees else words.group_mentions_hidden
        await self.speech.say(update, line(told.format(bot=context.bot.username)))

    async def moved(self, update: Update, _: Context) -> None:
        """Take along what is known of a group that has another ID now."""
        message = update.effective_message
        if message and message.migrate_to_chat_id:
            chat, to = message.chat_id, message.migrate_to_chat_id
            await asyncio.to_thread(self.store.move, chat, to)
            await asyncio.to_thread(self.access.moved, chat, to)

    async def failed(self, update: object, context: Context) -> None:
        """Log what went wrong, and tell the person that something did."""
        if isinstance(context.error, GriotError):
            _log.error("an update could not be handled: %s", context.error)
        else:
            _log.error("an update could not be handled", exc_info=context.error)
        if not isinstance(update, Update):
            return
        words = await self.speech.words(update)
        if update.callback_query:
            await self.delivery.acknowledge(update.callback_query.id, words.trouble, alert=True)
        elif update.message:
            await self.speech.say(update, line(words.trouble))


def _is_anonymous(update: Update) -> bool:
    """Return whether a group's admin writes in the group's name, for which a bot stands."""
    message = update.effective_message
    return bool(message and message.sender_chat and message.sender_chat.id == message.chat_id)


def _invitation(update: Update) -> str:
    """Return the code behind `/start`, where that is said to this bot; else an empty text."""
    message = update.message
    if message is None:
        return ""
    command, _, name = _command_of(message).partition("@")
    code = (message.text or "").split()[1:2]
    return code[0] if code and command == "/start" and _is_own(message, name) else ""


def _is_for_bot(message: Message) -> bool:
    """Return whether a message in a group is a command that no other bot is named in."""
    if message.chat.type == ChatType.PRIVATE:
        return True
    command, _, name = _command_of(message).partition("@")
    return bool(command) and _is_own(message, name)


def _is_own(message: Message, name: str) -> bool:
    """Return whether the name behind a command is this bot's, or there is none."""
    return name.casefold() in {"", message.get_bot().username.casefold()}


def _command_of(message: Message) -> str:
    """Return the command that a message begins with, as it stands there; empty for none."""
    if not message.text:
        return ""
    found = message.parse_entities([MessageEntity.BOT_COMMAND])
    return next((said for entity, said in found.items() if entity.offset == 0), "")
