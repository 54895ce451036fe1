"""The messages that answer one question: a placeholder, edits while it is made, the answer."""

import asyncio
import logging
from collections.abc import Sequence

from bot.chat.buttons import Button, SendAgain
from bot.chat.delivery import OnItsWay, unnoticed
from bot.chat.events import Sent
from bot.chat.messenger import Uncertain, Unreachable
from bot.chat.post import Post, line
from bot.chat.queue import Request
from bot.chat.services import Services
from bot.chat.store import Asked
from bot.texts import texts

FIRST = 0.6
"""Seconds before a placeholder is sent. An answer right after a placeholder would have to wait for
the chat's next second."""

EVERY = 1.2
"""Seconds between edits of a text that is being written."""

TYPING = 4.5
"""Seconds between signs of typing, each of which is shown for five."""

_log = logging.getLogger(__name__)


class LiveReply:
    """One question's reply: its progress, which may be skipped, and its end, which never is.

    `asked` is the stored state of the question, from an earlier process or wording. `after` is the
    reply before it in the chat, if that one may still be unsent. `there` is set once its first
    message is in the chat, or never will be.
    """

    def __init__(
        self, request: Request, asked: Asked, *, services: Services, after: "LiveReply | None"
    ) -> None:
        self._request = request
        self._asked = asked
        self._sent = list(asked.replies)
        self._uncertain = asked.sending
        self._services = services
        self._after = after
        self.there = asyncio.Event()
        if self._sent:
            self.there.set()
        self._latest: Post | None = None
        self._lost = False
        self._changed = asyncio.Event()
        self._hand = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def show(self, post: Post) -> None:
        """Show this as progress, until something else is to be shown."""
        self._latest = post
        self._changed.set()
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._paint()), asyncio.create_task(self._type())]

    async def finish(self, posts: Sequence[Post]) -> None:
        """Show the answer: edit the messages that are there, and send the others.

        Raises:
            Unreachable: nobody reads there.
        """
        await self._halt()
        try:
            for place, post in enumerate(posts):
                await self._put(place, post)
            for sent in self._sent[len(posts) :]:
                await self._services.messenger.delete(sent)
                await self._forget(sent)
        finally:
            self._end()

    async def leave(self) -> None:
        """Stop; what is shown stays."""
        await self._halt()
        self._end()

    def drop(self) -> None:
        """Stop at once, without waiting for calls under way."""
        for task in self._tasks:
            task.cancel()
        self._end()

    async def _halt(self) -> None:
        """Stop showing progress, after the call under way."""
        self._latest = None
        async with self._hand:
            for task in self._tasks:
                task.cancel()

    def _end(self) -> None:
        self._after = None
        self.there.set()

    # What is shown meanwhile

    async def _paint(self) -> None:
        """Show the latest progress whenever the chat's pace allows.

        In a group only the first is shown; nor is there more after a message that may or may not
        have arrived, since it could not be edited.
        """
        await asyncio.sleep(FIRST)
        if self._after:
            await self._after.there.wait()
        while True:
            await self._changed.wait()
            async with self._hand:
                shown = await self._painted()
            if shown and (self._lost or not self._request.private):
                return
            await asyncio.sleep(EVERY if shown else EVERY / 4)

    async def _painted(self) -> bool:
        """Show the latest progress if a turn is free now; return whether it was shown."""
        latest, chat = self._latest, self._request.chat
        if latest is None:
            return False
        if self._request.private and await self._services.messenger.draft(
            chat, self._request.message, latest
        ):
            if self._latest == latest:
                self._changed.clear()
            return True
        if not await self._services.messenger.turn_now(chat):
            return False
        self._changed.clear()
        if self._latest is not None:
            try:
                await self._set(0, self._latest)
            except (Unreachable, Uncertain):
                self._lost = True
        return True

    async def _type(self) -> None:
        while True:
            await self._services.messenger.typing(self._request.chat, self._request.thread)
            await asyncio.sleep(TYPING)

    # What is there

    async def _put(self, place: int, post: Post) -> None:
        """Show a message of the answer; if it may not have arrived, offer to send it again."""
        if self._uncertain and place == len(self._sent):
            self._uncertain = False
            await self._offer()
            return
        await self._services.messenger.turn(self._request.chat)
        try:
            await self._set(place, post, on_its_way=self._on_its_way)
        except Uncertain as error:
            _log.warning("%s", error)
            await self._offer()

    async def _on_its_way(self, *, maybe: bool) -> None:
        """Store whether a message may have arrived, in case the process is killed meanwhile."""
        await self._services.patiently(self._services.store.send, self._asked, on_its_way=maybe)

    async def _set(self, place: int, post: Post, *, on_its_way: OnItsWay = unnoticed) -> None:
        """Edit the message at an index, or send one if there is none any more."""
        request = self._request
        if place < len(self._sent):
            if await self._services.delivery.edit(self._sent[place], post):
                return
            await self._forget(self._sent.pop(place))
            await self._services.messenger.turn(request.chat)
        sent = await self._services.delivery.send(
            request.chat,
            post,
            thread=request.thread,
            reply_to=None if request.private else request.message,
            on_its_way=on_its_way,
        )
        self._sent.insert(place, sent)
        self.there.set()
        await self._services.patiently(self._services.store.replied, sent, self._asked)

    async def _offer(self) -> None:
        asked = await self._services.patiently(self._services.store.asked, *self._request.key)
        if asked is None or asked.answer is None:
            return
        words = texts(self._request.language)
        button = Button(words.send_again, SendAgain(asked.answer))
        note = line(words.uncertain, ((button,),))
        await self._services.delivery.say(self._request.chat, note, thread=self._request.thread)

    async def _forget(self, sent: Sent) -> None:
        await self._services.patiently(self._services.store.unreplied, sent)
