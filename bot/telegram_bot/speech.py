"""Finds the language of a chat, and replies there."""

import asyncio
from dataclasses import dataclass

from telegram import MaybeInaccessibleMessage, Update
from telegram import Message as Sent
from telegram.constants import ChatType

from bot.chat.store import Store
from bot.chat.texts import Texts, texts
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.messages import Message

GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}


@dataclass(frozen=True, slots=True)
class Speech:
    """Replies in the chat that an update came from, in that chat's language."""

    store: Store
    delivery: Delivery

    async def words(self, update: Update) -> Texts:
        """Return the texts of the language that was chosen in the chat, or of the person's app.

        An inline question has the language of the person's private chat.
        """
        chat, user = update.effective_chat, update.effective_user
        of = chat or user
        chosen = await asyncio.to_thread(self.store.language, of.id) if of else None
        return texts(chosen or (user.language_code if user else None))

    async def say(self, update: Update, message: Message) -> None:
        """Send a message to the chat; in a group as a reply to the person's message."""
        chat, to = update.effective_chat, update.effective_message
        if chat is None:
            return
        await self.delivery.say(
            chat.id,
            message,
            thread=thread_of(to) if to else 0,
            reply_to=to.id if update.message and chat.type in GROUPS and to else None,
        )


def thread_of(message: MaybeInaccessibleMessage) -> int:
    """Return the topic of a message, 0 outside of topics."""
    if not isinstance(message, Sent) or not message.is_topic_message:
        return 0
    return message.message_thread_id or 0


def message_of(update: Update) -> Sent:
    """Return the message of an update that is known to have one."""
    message = update.effective_message
    assert message
    return message


def person_of(update: Update) -> int:
    """Return the ID of the person that an update comes from; `Handlers` drops all others."""
    user = update.effective_user
    assert user
    return user.id
