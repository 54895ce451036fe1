"""The commands for readers."""

import asyncio
from dataclasses import dataclass

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application, CommandHandler, ContextTypes, filters

from bot.chat.access import Access
from bot.chat.desk import Desk
from bot.chat.store import Store
from bot.chat.texts import LANGUAGES
from bot.telegram_bot import messages
from bot.telegram_bot.buttons import Ask, Button, Rows, Speak
from bot.telegram_bot.messages import line
from bot.telegram_bot.speech import Speech, message_of, person_of, thread_of
from rag.library import Library

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Answers each command. `examples` are the numbers of questions to try."""

    library: Library
    store: Store
    desk: Desk
    access: Access
    speech: Speech
    examples: list[int]

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Register the handlers."""
        for name in ("start", "help", "sources", "new", "language", "about", "stop"):
            call = getattr(self, name)
            application.add_handler(CommandHandler(name, call, filters.UpdateType.MESSAGE))

    async def start(self, update: Update, context: Context) -> None:
        """Describe what the bot knows, after letting somebody in who was invited."""
        words, chat = await self.speech.words(update), message_of(update).chat_id
        code = context.args[0] if context.args else ""
        # An editor uses an invitation up to let a group in.
        if code and not self.access.admits(chat, None):
            if not await asyncio.to_thread(self.access.welcome, chat, code):
                used = await asyncio.to_thread(self.access.is_used, code)
                told = words.invitation_used if used else words.invitation_unknown
                await self.speech.say(update, line(told))
                return
            await self.speech.say(update, line(words.invited))
        extent = await asyncio.to_thread(self.library.extent)
        rows = await asyncio.to_thread(self._rows)
        said = words.start(extent.articles, extent.first, extent.last, examples=bool(rows))
        await self.speech.say(update, line(said, rows))

    def _rows(self) -> Rows:
        known = ((number, self.store.example(number)) for number in self.examples)
        return tuple((Button(example, Ask(number)),) for number, example in known if example)

    async def help(self, update: Update, _: Context) -> None:
        """Explain how to ask."""
        words = await self.speech.words(update)
        editor = (words.help_editor,) if self.access.is_editor(person_of(update)) else ()
        await self.speech.say(update, line("\n\n".join((words.help, *editor))))

    async def about(self, update: Update, _: Context) -> None:
        """Explain what the bot is, and show the IDs that the settings may name."""
        words = await self.speech.words(update)
        ids = words.ids.format(person=person_of(update), chat=message_of(update).chat_id)
        await self.speech.say(update, line(f"{words.about}\n\n{ids}"))

    async def sources(self, update: Update, _: Context) -> None:
        """List the newest articles."""
        words = await self.speech.words(update)
        newest = await asyncio.to_thread(self.library.newest, messages.LISTED)
        count = (await asyncio.to_thread(self.library.extent)).articles
        for message in messages.article_list(newest, count, words):
            await self.speech.say(update, message)

    async def new(self, update: Update, _: Context) -> None:
        """Forget the conversation."""
        message = message_of(update)
        await asyncio.to_thread(self.store.begin, message.chat_id, thread_of(message), message.id)
        await self.speech.say(update, line((await self.speech.words(update)).new_conversation))

    async def language(self, update: Update, _: Context) -> None:
        """Offer the languages as buttons."""
        row = tuple(Button(one.name, Speak(one.code)) for one in LANGUAGES.values())
        said = line((await self.speech.words(update)).choose_language, (row,))
        await self.speech.say(update, said)

    async def stop(self, update: Update, _: Context) -> None:
        """Stop what a person waits for; each stopped answer shows that it was stopped."""
        if not self.desk.stop(person_of(update), message_of(update).chat_id):
            await self.speech.say(update, line((await self.speech.words(update)).nothing_to_stop))

    async def unknown(self, update: Update, context: Context) -> None:
        """Answer an unknown command in a private chat with the help."""
        if message_of(update).chat.type == ChatType.PRIVATE:
            await self.help(update, context)
