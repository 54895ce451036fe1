"""Questions that are typed in other chats, behind the bot's name."""

import asyncio
from dataclasses import dataclass, field

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import Application, ContextTypes, InlineQueryHandler

from bot.chat.allowance import Allowance
from bot.chat.health import Metrics
from bot.console import printable
from bot.telegram_bot import messages
from bot.telegram_bot.delivery import PREVIEWS_OFF
from bot.telegram_bot.faults import count
from bot.telegram_bot.messages import InlineResult
from bot.telegram_bot.speech import Speech
from rag.library import Library

PAUSE = 0.5
"""Seconds of typing nothing after which an inline question is taken for whole."""

FRESH = 30
"""Seconds that Telegram may answer the same inline question of a person by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """Shows the sentences that answer what somebody types, when they pause."""

    library: Library
    speech: Speech
    metrics: Metrics
    allowance: Allowance
    _latest: dict[int, str] = field(default_factory=dict)

    def add_to(self, application: Application) -> None:  # type: ignore[type-arg]
        """Register the handler."""
        application.add_handler(InlineQueryHandler(self.asked))

    async def asked(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer what was typed, unless more of it comes."""
        query = update.inline_query
        assert query
        question = " ".join(printable(query.query).split())
        self._latest[query.from_user.id] = query.id
        await asyncio.sleep(PAUSE)
        if self._latest.get(query.from_user.id) != query.id:
            return
        del self._latest[query.from_user.id]
        words = await self.speech.words(update)
        found: tuple[InlineResult, ...] = ()
        fresh, text = FRESH, words.inline_ask
        if question and (wait := self.allowance.take(query.from_user.id)):
            fresh, text = 0, words.inline_limit.format(wait=words.duration(wait))
        elif question:
            found = messages.inline(await self.library.glance(question), words)
            text = words.inline_ask if found else words.inline_none
        try:
            await query.answer(
                [_article(each) for each in found],
                cache_time=fresh,
                is_personal=True,
                button=InlineQueryResultsButton(text, start_parameter="inline"),
            )
        except TelegramError as error:
            count(error, self.metrics)


def _article(result: InlineResult) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        result.id,
        result.title,
        InputTextMessageContent(
            result.html, parse_mode=ParseMode.HTML, link_preview_options=PREVIEWS_OFF
        ),
        description=result.description,
    )
