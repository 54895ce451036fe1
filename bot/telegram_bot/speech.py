"""Where something is said, and in which language."""

import asyncio
from dataclasses import dataclass

from telegram import MaybeInaccessibleMessage, Update
from telegram import Message as Sent
from telegram.constants import ChatType

from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.messages import Message
from bot.telegram_bot.store import Store
from bot.telegram_bot.texts import Texts, texts

GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}


@dataclass(frozen=True, slots=True)
class Speech:
    """Says things in the chat that an update came from, in the language that is spoken there."""

    store: Store
    delivery: Delivery

    async def words(self, update: Update) -> Texts:
        """Give the words of the language that was chosen in the chat, or is the person's own.

        What is asked elsewhere is answered in the language of the person's private chat.
        """
        chat, user = update.effective_chat, update.effective_user
        of = chat or user
        chosen = await asyncio.to_thread(self.store.language, of.id) if of else None
        return texts(chosen or (user.language_code if user else None))

    async def say(self, update: Update, message: Message) -> None:
        """Say something; in a group as a reply to what was said there."""
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
    """Give the topic that a message is in, 0 outside of topics."""
    if not isinstance(message, Sent) or not message.is_topic_message:
        return 0
    return message.message_thread_id or 0


def message_of(update: Update) -> Sent:
    """Give the message of an update that is known to have one."""
    message = update.effective_message
    assert message
    return message


def person_of(update: Update) -> int:
    """Give the number of the person whose doing an update is; `Handlers` lets no other in."""
    user = update.effective_user
    assert user
    return user.id
