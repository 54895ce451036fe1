"""The services that handlers of events share."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.chat.access import Access, Policy
from bot.chat.delivery import Delivery
from bot.chat.events import ChatEvent, Written
from bot.chat.messages import Drawing
from bot.chat.messenger import Messenger
from bot.chat.post import Post, line
from bot.chat.store import Store
from bot.corpus.editors import Editors
from bot.service.health import Health, Metrics
from bot.service.patience import Patience
from bot.texts import Texts, for_question, texts
from rag.errors import AnswerNotFound
from rag.library import Library
from rag.understanding.conversation import Turn
from rag.understanding.questions import ALL

Said = str | Post | Sequence[Post]
"""The reply to an event: a text, or messages, of which there may be none."""

REMEMBERED = 6
"""How many answers of a conversation a question may lean on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """A bot's library and editors, its store, its messenger, and who may do what."""

    library: Library
    editors: Editors
    store: Store
    messenger: Messenger
    delivery: Delivery
    policy: Policy
    access: Access
    health: Health
    metrics: Metrics
    patiently: Patience

    async def words(self, event: ChatEvent) -> Texts:
        """Return the texts of the language that was chosen in the chat, or of the person's app."""
        return texts(await asyncio.to_thread(self.store.language, event.chat) or event.language)

    async def words_for(self, question: str, *, chat: str, app: str | None) -> Texts:
        """Return the texts for an answer: of the chat's chosen language, else of the question's.

        Where the question's is not sure, they are those of the person's app.
        """
        if chosen := await asyncio.to_thread(self.store.language, chat):
            return texts(chosen)
        return await asyncio.to_thread(for_question, question.removeprefix(ALL), app)

    def history(self, follows: str | None) -> tuple[Turn, ...]:
        """Return the conversation up to an answer, as far as it is still kept."""
        turns = []
        for answer in self.store.chain(follows, REMEMBERED):
            with suppress(AnswerNotFound):
                turns.append(Turn.of(self.library.trace(answer)[0]))
        return tuple(turns)

    async def refusal(self, code: str, words: Texts) -> str:
        """Return why an invitation's code lets nobody in."""
        used = await asyncio.to_thread(self.store.is_used, code)
        return words.invitation_used if used else words.invitation_unknown

    def drawing(self, words: Texts) -> Drawing:
        """Return what draws answers and lists in a language."""
        return Drawing(words, self.messenger.limits)

    async def say(self, event: ChatEvent, said: Said) -> None:
        """Send messages to the chat of an event; in a group as replies to the person's message."""
        replies = isinstance(event, Written) and not event.private and not event.edited
        for each in (said,) if isinstance(said, str | Post) else said:
            await self.delivery.say(
                event.chat,
                line(each) if isinstance(each, str) else each,
                thread=event.thread,
                reply_to=event.message if replies else None,
            )
