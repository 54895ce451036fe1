"""Telegram as a messenger: its calls, and what each of its errors means.

- The network or Telegram's servers are down, a call comes too fast (`RetryAfter`), or the token is
  refused (`InvalidToken`): `NotDone`. With a refused token the process ends for that reason, and
  what it leaves is done by the next one, which has a good token.
- A call that may have arrived (`TimedOut`, a broken connection): `Uncertain`.
- The message to edit is gone, or nothing is different: told apart, neither is an error.
- The person blocked the bot, or the chat is no more (`Forbidden`): `Unreachable`.
- A group that became a supergroup (`ChatMigrated`) has a new id, and is called there.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.chat.buttons import Button, Rows
from bot.chat.events import ChatEvent, File, Joined, Pressed, Sent
from bot.chat.messenger import Messenger, NotDone, Uncertain, Unreachable
from bot.chat.post import Limits, Post
from bot.telegram_bot.buttons import encode
from bot.telegram_bot.events import event_of
from bot.telegram_bot.html import LIMITS, html
from bot.telegram_bot.menus import Menus
from bot.telegram_bot.pace import TURN, RateLimiter
from bot.texts import texts

PREVIEWS_OFF = LinkPreviewOptions(is_disabled=True)

REFUSALS = (BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter)
"""The errors by which Telegram refuses a call. All others are the network's, or those of a server
that fails."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_SAME = "message is not modified"
_UNREACHABLE = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "topic_closed",
    "message thread not found",
)

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class TelegramMessenger(Messenger):
    """One bot at Telegram.

    `count` is called with each error. `drafts` is whether answers are streamed by drafts, until one
    fails.
    """

    bot: ExtBot[int]
    pace: RateLimiter
    menus: Menus
    count: Callable[[TelegramError], None]
    drafts: bool
    limits: Limits = LIMITS
    _moved: dict[str, str] = field(default_factory=dict)

    def read(self, body: str) -> ChatEvent | None:
        """See `Messenger.read`."""
        return event_of(body, self.bot)

    async def turn(self, chat: str) -> None:
        """See `Messenger.turn`."""
        await self.pace.turn(int(chat))

    async def turn_now(self, chat: str) -> bool:
        """See `Messenger.turn_now`."""
        return await self.pace.turn_now(int(chat))

    async def send(
        self, chat: str, post: Post, *, thread: str = "", reply_to: str | None = None
    ) -> Sent:
        """See `Messenger.send`."""

        async def call(to: str) -> Sent:
            sent = await self.bot.send_message(
                int(to),
                html(post.runs),
                parse_mode=ParseMode.HTML,
                message_thread_id=int(thread) if thread else None,
                link_preview_options=PREVIEWS_OFF,
                reply_markup=keyboard(post.rows),
                reply_parameters=ReplyParameters(int(reply_to), allow_sending_without_reply=True)
                if reply_to
                else None,
                rate_limit_args=TURN,
            )
            return Sent(to, str(sent.message_id))

        return await self._called(chat, call)

    async def edit(self, sent: Sent, post: Post) -> bool:
        """See `Messenger.edit`."""

        async def call(to: str) -> bool:
            try:
                await self.bot.edit_message_text(
                    html(post.runs),
                    int(to),
                    int(sent.id),
                    parse_mode=ParseMode.HTML,
                    link_preview_options=PREVIEWS_OFF,
                    reply_markup=keyboard(post.rows),
                    rate_limit_args=TURN,
                )
            except BadRequest as error:
                if _SAME in error.message.lower():
                    return True
                if any(gone in error.message.lower() for gone in _GONE):
                    return False
                raise
            return True

        return await self._called(sent.chat, call)

    async def draft(self, chat: str, question: str, post: Post) -> bool:
        """See `Messenger.draft`; the first failure turns drafts off for good."""
        if not self.drafts:
            return False
        try:
            await self.bot.send_message_draft(
                int(chat), int(question), html(post.runs), parse_mode=ParseMode.HTML
            )
        except TelegramError as error:
            self.failed(error)
            self.drafts = False
        return self.drafts

    async def typing(self, chat: str, thread: str = "") -> None:
        """See `Messenger.typing`."""
        to, topic = int(self._now(chat)), int(thread) if thread else None
        await self._hardly(
            self.bot.send_chat_action(to, ChatAction.TYPING, message_thread_id=topic)
        )

    async def delete(self, sent: Sent) -> None:
        """See `Messenger.delete`."""
        await self._hardly(self.bot.delete_message(int(self._now(sent.chat)), int(sent.id)))

    async def acknowledge(self, press: Pressed, text: str = "", *, alert: bool = False) -> None:
        """See `Messenger.acknowledge`; a press that is too old is not worth a word."""
        await self._hardly(
            self.bot.answer_callback_query(press.query, text or None, show_alert=alert)
        )

    async def download(self, file: File) -> bytes:
        """See `Messenger.download`."""
        try:
            found = await self.bot.get_file(file.id)
            return bytes(await found.download_as_bytearray())
        except TelegramError as error:
            self.failed(error)
            raise NotDone("a file could not be downloaded") from error

    async def meet_editor(self, person: str) -> None:
        """Set the menu of an editor who has none."""
        await self.menus.meet(int(person))

    def invitations(self, code: str) -> tuple[str, str]:
        """Return the links that open the bot, and that add it to a group, with the code."""
        address = f"https://t.me/{self.bot.username}"
        return f"{address}?start={code}", f"{address}?startgroup={code}"

    def how_to_ask(self, joined: Joined, language: str) -> str:
        """See `Messenger.how_to_ask`."""
        words = texts(language)
        told = words.mentions_seen if joined.sees_all else words.mentions_hidden
        return told.format(bot=self.bot.username)

    def failed(self, error: TelegramError) -> None:
        """Count and log an error, without the id that a group has now."""
        self.count(error)
        said = "" if isinstance(error, ChatMigrated) else f": {error.message}"
        _log.info("Telegram: %s%s", type(error).__name__, said)

    def _now(self, chat: str) -> str:
        """Return the id that a chat has now."""
        return self._moved.get(chat, chat)

    async def _hardly(self, call: Awaitable[object]) -> None:
        """Make a call whose failure does no harm."""
        try:
            await call
        except TelegramError as error:
            self.failed(error)

    async def _called(self, chat: str, call: Callable[[str], Awaitable[_T]]) -> _T:
        """Make a call, once more where the chat has moved, and translate its errors."""
        try:
            return await call(self._now(chat))
        except ChatMigrated as error:
            self.failed(error)
            self._moved[chat] = str(error.new_chat_id)
            return await self._called(chat, call)
        except TelegramError as error:
            self.failed(error)
            said = error.message.lower()
            refused = any(known in said for known in _UNREACHABLE)
            if isinstance(error, Forbidden) or (isinstance(error, BadRequest) and refused):
                message = f"a chat cannot be written to: {error.message}"
                raise Unreachable(message) from error
            if isinstance(error, BadRequest):
                raise
            if isinstance(error, RetryAfter | InvalidToken) or _was_not_done(error):
                raise NotDone("a call was not carried out") from error
            raise Uncertain("a message may not have arrived") from error


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """Return the buttons below a message, None for none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.press:
        return InlineKeyboardButton(button.text, callback_data=encode(button.press))
    return InlineKeyboardButton(button.text, url=button.url)


def _was_not_done(error: TelegramError) -> bool:
    """Return whether a call never reached Telegram, or Telegram answered that it failed."""
    if isinstance(error.__cause__, _NOT_SENT):
        return True
    failed = isinstance(error, NetworkError) and not isinstance(error, TimedOut)
    return failed and error.__cause__ is None
