"""The messages that answer one question, from the first sign of work to the last part."""

import asyncio
import logging
from collections.abc import Sequence

from bot.chat.desk import Question
from bot.chat.patience import Patience
from bot.chat.store import Asked, Store
from bot.chat.texts import Texts
from bot.telegram_bot.buttons import Button, SendAgain
from bot.telegram_bot.delivery import Delivery, OnItsWay, Uncertain, Unreachable, unnoticed
from bot.telegram_bot.messages import Message, line

FIRST = 0.6
"""Seconds that an answer may take without a message that says that it is being made: an answer that
came right after one would have to wait for the chat's next second."""

EVERY = 1.2
"""Seconds between edits of a text that is being written."""

TYPING = 4.5
"""Seconds between signs of typing, each of which is shown for five."""

_log = logging.getLogger(__name__)


class Drafts:
    """The switch of streaming by drafts; the first failure turns it off for good."""

    def __init__(self, *, on: bool) -> None:
        self.on = on


class Reply:
    """One question's reply. What is shown while it is made may be skipped, the end of it never.

    `asked` tells what is known of it from before, of an earlier process or an earlier wording.
    `after` is the reply that stands above it, if that one is not there yet.
    """

    def __init__(  # noqa: PLR0913 - what it writes to, and where it keeps that
        self,
        question: Question,
        asked: Asked,
        *,
        delivery: Delivery,
        store: Store,
        patiently: Patience,
        texts: Texts,
        drafts: Drafts,
        after: "Reply | None",
    ) -> None:
        self._question = question
        self._messages = list(asked.replies)
        self._uncertain = asked.sending
        self._delivery = delivery
        self._store = store
        self._patiently = patiently
        self._texts = texts
        self._drafts = drafts
        self._after = after
        self._there = asyncio.Event()
        if self._messages:
            self._there.set()
        self._latest: str | None = None
        self._lost = False
        self._changed = asyncio.Event()
        self._hand = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def show(self, html: str) -> None:
        """Show this until something else is there to be shown."""
        self._latest = html
        self._changed.set()
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._paint()), asyncio.create_task(self._type())]

    async def finish(self, messages: Sequence[Message]) -> None:
        """Show the end of it: each message in the place of one that is there, or as a new one.

        Raises:
            Unreachable: nobody reads there.
        """
        await self._halt()
        try:
            for place, message in enumerate(messages):
                await self._put(place, message)
            await self._remove(self._messages[len(messages) :])
        finally:
            self._end()

    async def there(self) -> None:
        """Wait until its first message stands in the chat, or never will."""
        await self._there.wait()

    async def leave(self) -> None:
        """Show nothing further; what is there stays."""
        await self._halt()
        self._end()

    def drop(self) -> None:
        """Show nothing further, whatever is on its way."""
        for task in self._tasks:
            task.cancel()
        self._end()

    async def _halt(self) -> None:
        """Wait until what is on its way has arrived, and show nothing further."""
        self._latest = None
        async with self._hand:
            for task in self._tasks:
                task.cancel()

    def _end(self) -> None:
        self._after = None
        self._there.set()

    # What is shown meanwhile

    async def _paint(self) -> None:
        """Show the latest, when a turn is free for it.

        A group is shown the first alone. Nor is anything further shown where that may be there or
        not: nobody could change it.
        """
        await asyncio.sleep(FIRST)
        if self._after:
            await self._after.there()
        while True:
            await self._changed.wait()
            async with self._hand:
                shown = await self._painted()
            if shown and (self._lost or not self._question.private):
                return
            await asyncio.sleep(EVERY if shown else EVERY / 4)

    async def _painted(self) -> bool:
        """Show the latest if that can be done now, and say whether it was."""
        chat = self._question.chat
        if self._drafts.on and self._question.private:
            if not await self._drafted():
                self._drafts.on = False
            return self._drafts.on
        if self._latest is None or not await self._delivery.turn_now(chat):
            return False
        self._changed.clear()
        if self._latest is not None:
            try:
                await self._set(0, Message(self._latest))
            except (Unreachable, Uncertain):
                self._lost = True
        return True

    async def _drafted(self) -> bool:
        if self._latest is None:
            return True
        question, latest = self._question, self._latest
        if not await self._delivery.draft(question.chat, question.message, latest):
            return False
        if self._latest == latest:
            self._changed.clear()
        return True

    async def _type(self) -> None:
        while True:
            await self._delivery.typing(self._question.chat, self._question.thread)
            await asyncio.sleep(TYPING)

    # What is there

    async def _put(self, place: int, message: Message) -> None:
        """Show a message of the end; if it may not have arrived, offer to send it again."""
        if self._uncertain and place == len(self._messages):
            self._uncertain = False
            await self._offer()
            return
        await self._delivery.turn(self._question.chat)
        try:
            await self._set(place, message, on_its_way=self._on_its_way)
        except Uncertain as error:
            _log.warning("%s", error)
            await self._offer()

    async def _on_its_way(self, *, maybe: bool) -> None:
        """Keep whether a message may have arrived, should the process end before that is known."""
        await self._patiently(self._store.send, *self._question.key, on_its_way=maybe)

    async def _set(self, place: int, message: Message, *, on_its_way: OnItsWay = unnoticed) -> None:
        """Change the message at a place, or send one where there is none any more."""
        chat = self._question.chat
        if place < len(self._messages):
            if await self._delivery.edit(chat, self._messages[place], message):
                return
            await self._forget(self._messages.pop(place))
            await self._delivery.turn(chat)
        reply_to = None if self._question.private else self._question.message
        number = await self._delivery.send(
            chat,
            message,
            thread=self._question.thread,
            reply_to=reply_to,
            on_its_way=on_its_way,
        )
        self._messages.insert(place, number)
        self._there.set()
        await self._patiently(
            self._store.replied,
            self._delivery.number(chat),
            number,
            self._question.message,
            asked_in=chat,
        )

    async def _offer(self) -> None:
        asked = await self._patiently(self._store.asked, *self._question.key)
        if asked is None or asked.answer is None:
            return
        button = Button(self._texts.send_again, SendAgain(asked.answer))
        note = line(self._texts.uncertain, ((button,),))
        await self._delivery.say(self._question.chat, note, thread=self._question.thread)

    async def _remove(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            await self._delivery.delete(self._question.chat, number)
            await self._forget(number)

    async def _forget(self, number: int) -> None:
        for chat in {self._question.chat, self._delivery.number(self._question.chat)}:
            await self._patiently(self._store.unreplied, chat, number)
