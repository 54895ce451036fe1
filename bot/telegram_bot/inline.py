"""Questions that are typed in other chats, behind the bot's name."""

import asyncio
import logging
from dataclasses import dataclass, field

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.chat.access import Allowance
from bot.chat.chatbot import ChatBot
from bot.chat.messages import Drawing, address_of
from bot.chat.post import Run, beginning, folded, joined, text_of, units
from bot.console import TITLE, printable, shortened
from bot.telegram_bot.events import Raw
from bot.telegram_bot.html import LIMITS, html
from bot.telegram_bot.messenger import PREVIEWS_OFF, TelegramMessenger
from rag.reasons import Reason
from rag.text import neutral
from rag.types import Answer
from rag.view import Source, view

PAUSE = 0.5
"""Seconds of typing nothing after which an inline question is taken for whole."""

FRESH = 30
"""Seconds that Telegram may answer the same inline question of a person by itself."""

RESULTS = 50
"""How many results Telegram shows."""

AT_ONCE = 64

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Inline:
    """Shows the sentences that answer what somebody types, when they pause.

    Nothing of it is kept: a person's next query makes the one before void.
    """

    bot: ExtBot[int]
    messenger: TelegramMessenger
    chat: ChatBot
    allowance: Allowance
    _latest: dict[int, str] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def take(self, raw: Raw) -> None:
        """Begin to answer an update with an inline query."""
        try:
            query = InlineQuery.de_json(raw["inline_query"], self.bot)
        except Exception as error:  # noqa: BLE001 - whatever the library stumbles over
            self.chat.inbox.skip(str(raw["update_id"]), error)
            return
        self.chat.services.metrics.updates.inc()
        task = asyncio.create_task(self._answer(query))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _answer(self, query: InlineQuery) -> None:
        """Answer what was typed, unless more of it comes."""
        person = query.from_user
        if not self.chat.services.access.admits(str(person.id), None):
            await query.answer([], cache_time=FRESH, is_personal=True)
            return
        question = " ".join(printable(query.query).split())
        self._latest[person.id] = query.id
        await asyncio.sleep(PAUSE)
        if self._latest.get(person.id) != query.id:
            return
        del self._latest[person.id]
        # A person's private chat has their own id.
        words = await self.chat.services.words_for(
            question, chat=str(person.id), app=person.language_code
        )
        found: list[InlineQueryResultArticle] = []
        fresh, text = FRESH, words.inline_ask
        if question and (wait := self.allowance.take(str(person.id))):
            fresh, text = 0, words.inline_limit.format(wait=words.duration(wait))
        elif question:
            async with self._room:
                found = results(
                    await self.chat.services.library.glance(question), Drawing(words, LIMITS)
                )
            text = words.inline_ask if found else words.worded(Reason.NOT_SAID())
        button = InlineQueryResultsButton(text, start_parameter="inline")
        await query.answer(found, cache_time=fresh, is_personal=True, button=button)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, TelegramError):
            self.messenger.failed(error)
        else:
            _log.error("an inline query could not be answered", exc_info=error)


def results(answer: Answer, drawing: Drawing) -> list[InlineQueryResultArticle]:
    """Return a result for each sentence that an answer cites; none for a refusal."""
    return [_result(source, drawing) for source in view(answer).sources[:RESULTS]]


def _result(source: Source, drawing: Drawing) -> InlineQueryResultArticle:
    origin = drawing.origin(source.article, address_of(source), page=source.page)
    words = beginning(neutral(source.quote), LIMITS.length - units(text_of(origin)) - 1)
    return InlineQueryResultArticle(
        str(source.mark),
        shortened(printable(source.quote), TITLE),
        InputTextMessageContent(
            html(joined([folded((Run(words),)), origin], "\n")),
            parse_mode=ParseMode.HTML,
            link_preview_options=PREVIEWS_OFF,
        ),
        description=text_of(origin),
    )
