"""The commands for readers."""

import asyncio
from dataclasses import dataclass

from bot.chat.buttons import Button, Speak
from bot.chat.events import Written
from bot.chat.examples import rows
from bot.chat.messages import LISTED
from bot.chat.post import line
from bot.chat.queue import Queue
from bot.chat.services import Said, Services
from bot.texts import LANGUAGES, Texts, texts
from rag.replying import known

ABREAST = 3
"""How many languages' buttons stand in a row."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Returns what to say to each command. `examples` are the numbers of questions to try."""

    services: Services
    queue: Queue
    examples: list[int]

    async def start(self, event: Written, words: Texts) -> Said:
        """Describe what the bot knows, after letting somebody in who was invited."""
        code = event.arguments.split()[:1]
        # An editor uses an invitation up to let a group in.
        if code and not self.services.access.admits(event.chat, None):
            if not await asyncio.to_thread(self.services.access.welcome, event.chat, code[0]):
                return await self.services.refusal(code[0], words)
            await self.services.say(event, words.invited)
        extent = await asyncio.to_thread(self.services.library.extent)
        to_try = await asyncio.to_thread(rows, self.services.store, self.examples)
        return line(words.start(known(extent), examples=bool(to_try)), to_try)

    async def help(self, event: Written, words: Texts) -> Said:
        """Explain how to ask."""
        kinds = (False, True) if self.services.access.is_editor(event.person) else (False,)
        return "\n\n".join(words.how_to(edit=edit) for edit in kinds)

    async def about(self, event: Written, words: Texts) -> Said:
        """Explain what the bot is, and show the IDs that the settings may name."""
        return f"{words.about}\n\n{words.ids.format(person=event.person, chat=event.chat)}"

    async def sources(self, _: Written, words: Texts) -> Said:
        """List the newest articles."""
        newest = await asyncio.to_thread(self.services.library.newest, LISTED)
        count = (await asyncio.to_thread(self.services.library.extent)).articles
        return self.services.drawing(words).article_list(newest, count)

    async def new(self, event: Written, words: Texts) -> Said:
        """Forget the conversation."""
        await asyncio.to_thread(self.services.store.begin, event.chat, event.thread, event.id)
        return words.new_conversation

    async def language(self, _: Written, words: Texts) -> Said:
        """Offer the languages as buttons."""
        buttons = tuple(Button(texts(code).name, Speak(code)) for code in LANGUAGES)
        return line(words.choose_language, (buttons[:ABREAST], buttons[ABREAST:]))

    async def stop(self, event: Written, words: Texts) -> Said:
        """Stop what a person waits for; each stopped answer shows that it was stopped."""
        return () if self.queue.stop(event.person, event.chat) else words.nothing_to_stop
