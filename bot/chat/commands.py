"""The commands for readers."""

import asyncio
from dataclasses import dataclass

from bot.chat.buttons import Ask, Button, Rows, Speak
from bot.chat.events import Written
from bot.chat.messages import LISTED
from bot.chat.office import Office
from bot.chat.post import line
from bot.chat.queue import Queue
from bot.chat.texts import LANGUAGES


@dataclass(frozen=True, slots=True)
class Commands:
    """Answers each command. `examples` are the numbers of questions to try."""

    office: Office
    queue: Queue
    examples: list[int]

    async def start(self, event: Written) -> None:
        """Describe what the bot knows, after letting somebody in who was invited."""
        words = await self.office.words(event)
        code = event.arguments.split()[:1]
        # An editor uses an invitation up to let a group in.
        if code and not self.office.access.admits(event.chat, None):
            if not await asyncio.to_thread(self.office.access.welcome, event.chat, code[0]):
                used = await asyncio.to_thread(self.office.store.is_used, code[0])
                said = words.invitation_used if used else words.invitation_unknown
                await self.office.say(event, said)
                return
            await self.office.say(event, words.invited)
        extent = await asyncio.to_thread(self.office.library.extent)
        rows = await asyncio.to_thread(self._rows)
        said = words.start(extent.articles, extent.first, extent.last, examples=bool(rows))
        await self.office.say(event, line(said, rows))

    def _rows(self) -> Rows:
        known = ((number, self.office.store.example(number)) for number in self.examples)
        return tuple((Button(example, Ask(number)),) for number, example in known if example)

    async def help(self, event: Written) -> None:
        """Explain how to ask."""
        words = await self.office.words(event)
        editor = (words.help_editor,) if self.office.access.is_editor(event.person) else ()
        await self.office.say(event, "\n\n".join((words.help, *editor)))

    async def about(self, event: Written) -> None:
        """Explain what the bot is, and show the IDs that the settings may name."""
        words = await self.office.words(event)
        ids = words.ids.format(person=event.person, chat=event.chat)
        await self.office.say(event, f"{words.about}\n\n{ids}")

    async def sources(self, event: Written) -> None:
        """List the newest articles."""
        drawing = self.office.drawing(await self.office.words(event))
        newest = await asyncio.to_thread(self.office.library.newest, LISTED)
        count = (await asyncio.to_thread(self.office.library.extent)).articles
        for post in drawing.article_list(newest, count):
            await self.office.say(event, post)

    async def new(self, event: Written) -> None:
        """Forget the conversation."""
        await asyncio.to_thread(self.office.store.begin, event.chat, event.thread, event.id)
        await self.office.say(event, (await self.office.words(event)).new_conversation)

    async def language(self, event: Written) -> None:
        """Offer the languages as buttons."""
        row = tuple(Button(each.name, Speak(each.code)) for each in LANGUAGES.values())
        words = await self.office.words(event)
        await self.office.say(event, line(words.choose_language, (row,)))

    async def stop(self, event: Written) -> None:
        """Stop what a person waits for; each stopped answer shows that it was stopped."""
        if not self.queue.stop(event.person, event.chat):
            await self.office.say(event, (await self.office.words(event)).nothing_to_stop)
