"""Telegram's updates as events of a chat."""

import json
from collections.abc import Mapping
from typing import Any

from telegram import (
    ChatMemberUpdated,
    MaybeInaccessibleMessage,
    Message,
    MessageEntity,
    Update,
)
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import ExtBot, filters

from bot.chat.events import ChatEvent, File, Joined, Moved, Pressed, Written, command_in
from bot.telegram_bot.buttons import decode

KINDS = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")
"""The kinds of update that Telegram is asked for."""

Raw = Mapping[str, Any]
"""An update as JSON."""

_GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}
_PRESENT = {
    ChatMemberStatus.MEMBER,
    ChatMemberStatus.ADMINISTRATOR,
    ChatMemberStatus.OWNER,
    ChatMemberStatus.RESTRICTED,
}


def is_update(received: object) -> bool:
    """True for an object with a number, whatever else it holds."""
    return isinstance(received, dict) and type(received.get("update_id")) is int


def event_of(body: str, bot: ExtBot[int]) -> ChatEvent | None:
    """Return the event of an update in JSON; None for what concerns nobody, or comes from a bot."""
    update = Update.de_json(json.loads(body), bot)
    chat, user, message = update.effective_chat, update.effective_user, update.effective_message
    moved = update.message.migrate_to_chat_id if update.message else None
    nobody = user is None or (user.is_bot and not _is_anonymous(message))
    if chat is None or (nobody and not moved):
        return None
    event: dict[str, Any] = {
        "id": str(update.update_id),
        "chat": str(chat.id),
        "person": str(user.id) if user else "",
        "private": chat.type == ChatType.PRIVATE,
        "language": user.language_code if user else None,
        "thread": _thread_of(message),
        "message": str(message.message_id) if message else "",
    }
    if moved:
        return Moved(**event, to=str(moved))
    if query := update.callback_query:
        return Pressed(**event, press=decode(query.data or ""), query=query.id)
    if change := update.my_chat_member:
        return _joined(change, event, bot)
    if not isinstance(message, Message) or filters.StatusUpdate.ALL.check_update(update):
        return None
    return _written(message, event, bot, edited=update.edited_message is not None)


def _joined(change: ChatMemberUpdated, event: Mapping[str, Any], bot: ExtBot[int]) -> Joined | None:
    """Return the event of being added to a group; None for any other change."""
    was, now = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.type not in _GROUPS or was in _PRESENT or now not in _PRESENT:
        return None
    is_admin = now == ChatMemberStatus.ADMINISTRATOR
    return Joined(**event, sees_all=bool(bot.bot.can_read_all_group_messages) or is_admin)


def _written(
    message: Message, event: Mapping[str, Any], bot: ExtBot[int], *, edited: bool
) -> Written:
    before, document, said = message.reply_to_message, message.document, message.text
    quoted = (before.text or before.caption or "") if before else ""
    to_bot = bool(before and before.from_user and before.from_user.id == bot.id)
    mentions = [] if event["private"] else _mentions(message, bot.username)
    command, arguments = command_in(said or "", bot.username)
    if said is not None and mentions:
        for mention in mentions:
            said = said.replace(mention, " ")
        said = said if to_bot else said.strip() or quoted
    file = None
    if document:
        file = File(document.file_id, document.file_name or "", document.file_size or 0)
    return Written(
        **event,
        text=said,
        command=command,
        arguments=arguments,
        addressed=event["private"] or to_bot or bool(mentions),
        edited=edited,
        reply_to=str(before.message_id) if before else None,
        quoted=quoted,
        file=file,
    )


def _mentions(message: Message, username: str) -> list[str]:
    """Return how a message mentions the bot."""
    if not message.text:
        return []
    found = message.parse_entities([MessageEntity.MENTION]).values()
    return [mention for mention in found if mention.casefold() == f"@{username}".casefold()]


def _thread_of(message: MaybeInaccessibleMessage | None) -> str:
    """Return the topic of a message, empty outside of topics."""
    if not isinstance(message, Message) or not message.is_topic_message:
        return ""
    return str(message.message_thread_id or "")


def _is_anonymous(message: MaybeInaccessibleMessage | None) -> bool:
    """Return whether a group's admin writes in the group's name, for which a bot stands."""
    sender = message.sender_chat if isinstance(message, Message) else None
    return bool(sender and message and sender.id == message.chat.id)
