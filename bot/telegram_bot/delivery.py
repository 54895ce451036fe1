"""Messages on their way to Telegram, and what is done about each thing that can go wrong.

- The network is down, or Telegram's servers are: tried again, ever more slowly, until it works.
- A send that may or may not have arrived (`TimedOut`, a broken connection) is `Uncertain`, and not
  sent again. An edit is: a second one changes nothing.
- Too fast (`RetryAfter`): `Pace` waits as long as Telegram asks.
- The message to edit is gone, or nothing is different: told apart, neither is an error.
- The person blocked the bot, or the chat is no more (`Forbidden`): `Unreachable`.
- A group that became a supergroup (`ChatMigrated`) has a new number, and is written to there.
- The token is refused (`InvalidToken`): tried again, until the process ends for that reason; what
  it leaves is done by the next one, which has a good token.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

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
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.chat.patience import growing
from bot.telegram_bot.buttons import Button, Rows, encode
from bot.telegram_bot.messages import Message
from bot.telegram_bot.pace import TURN, Pace
from rag.errors import GriotError

PREVIEWS_OFF = LinkPreviewOptions(is_disabled=True)

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


class Unreachable(GriotError):
    """Nobody reads there any more: the person blocked the bot, or the chat is gone."""


class Uncertain(GriotError):
    """A message may have arrived, or not."""


class OnItsWay(Protocol):
    """Is told whether a message may have arrived already, should nothing further be heard of it."""

    async def __call__(self, *, maybe: bool) -> None:
        """Take note of it."""
        ...


async def unnoticed(*, maybe: bool) -> None:
    """Ignore it."""


class Delivery:
    """Sends and edits messages. `told` is called with each error of Telegram's."""

    def __init__(
        self,
        bot: ExtBot[int],
        pace: Pace,
        *,
        told: Callable[[TelegramError], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._pace = pace
        self._told = told
        self._sleep = sleep
        self._moved: dict[int, int] = {}

    def number(self, chat: int) -> int:
        """Return the ID that a chat has now."""
        return self._moved.get(chat, chat)

    async def turn_now(self, chat: int) -> bool:
        """Take a turn for a message that may be left out; return whether there was one."""
        return await self._pace.turn_now(chat)

    async def turn(self, chat: int) -> None:
        """Wait for a message's turn."""
        await self._pace.turn(chat)

    async def send(
        self,
        chat: int,
        message: Message,
        *,
        thread: int = 0,
        reply_to: int | None = None,
        on_its_way: OnItsWay = unnoticed,
    ) -> int:
        """Send a message whose turn has come, and return its ID.

        `on_its_way` is told that it may be before each try, and that it is not after one that did
        not reach Telegram.

        Raises:
            Unreachable: nobody reads there.
            Uncertain: it may have arrived.
        """

        async def call() -> int:
            await on_its_way(maybe=True)
            sent = await self._bot.send_message(
                self.number(chat),
                message.html,
                parse_mode=ParseMode.HTML,
                message_thread_id=thread or None,
                link_preview_options=PREVIEWS_OFF,
                reply_markup=keyboard(message.rows),
                reply_parameters=_reply(reply_to),
                rate_limit_args=TURN,
            )
            return sent.message_id

        return await self._tried(chat, call, again=False, on_its_way=on_its_way)

    async def edit(self, chat: int, number: int, message: Message) -> bool:
        """Change a message whose turn has come; return whether it is still there.

        Raises:
            Unreachable: nobody reads there.
        """

        async def call() -> bool:
            try:
                await self._bot.edit_message_text(
                    message.html,
                    self.number(chat),
                    number,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=PREVIEWS_OFF,
                    reply_markup=keyboard(message.rows),
                    rate_limit_args=TURN,
                )
            except BadRequest as error:
                if _SAME in error.message.lower():
                    return True
                if any(gone in error.message.lower() for gone in _GONE):
                    return False
                raise
            return True

        return await self._tried(chat, call, again=True)

    async def say(
        self, chat: int, message: Message, *, thread: int = 0, reply_to: int | None = None
    ) -> int | None:
        """Send a message in its turn; return its ID, None if it may not have arrived."""
        await self.turn(chat)
        try:
            return await self.send(chat, message, thread=thread, reply_to=reply_to)
        except (Unreachable, Uncertain) as error:
            _log.info("%s", error)
            return None

    async def change(self, chat: int, number: int, message: Message) -> None:
        """Change a message in its turn, if it is still there."""
        await self.turn(chat)
        try:
            await self.edit(chat, number, message)
        except Unreachable as error:
            _log.info("%s", error)

    async def draft(self, chat: int, number: int, html: str) -> bool:
        """Show a draft in a private chat; return whether that worked."""
        try:
            await self._bot.send_message_draft(chat, number, html, parse_mode=ParseMode.HTML)
        except TelegramError as error:
            self._failed(error)
            return False
        return True

    async def typing(self, chat: int, thread: int = 0) -> None:
        """Show that the bot is at work, for five seconds."""
        await self._hardly(
            self._bot.send_chat_action(
                self.number(chat), ChatAction.TYPING, message_thread_id=thread or None
            )
        )

    async def delete(self, chat: int, number: int) -> None:
        """Take a message back."""
        await self._hardly(self._bot.delete_message(self.number(chat), number))

    async def acknowledge(self, query: str, text: str = "", *, alert: bool = False) -> None:
        """Answer the press of a button; one that is too old is not worth a word."""
        await self._hardly(self._bot.answer_callback_query(query, text or None, show_alert=alert))

    async def _hardly(self, call: Awaitable[object]) -> None:
        """Make a call whose failure does no harm."""
        try:
            await call
        except TelegramError as error:
            self._failed(error)

    async def _tried(
        self,
        chat: int,
        call: Callable[[], Awaitable[_T]],
        *,
        again: bool,
        on_its_way: OnItsWay = unnoticed,
    ) -> _T:
        """Make a call until it works; `again` says whether doing it twice would do no harm."""
        for wait in growing():
            try:
                return await call()
            except ChatMigrated as error:
                self._failed(error)
                self._moved[chat] = error.new_chat_id
                continue
            except Forbidden as error:
                self._failed(error)
                raise Unreachable(f"a chat cannot be written to: {error.message}") from error
            except BadRequest as error:
                self._failed(error)
                if any(one in error.message.lower() for one in _UNREACHABLE):
                    raise Unreachable(f"a chat cannot be written to: {error.message}") from error
                raise
            except (RetryAfter, InvalidToken) as error:
                self._failed(error)
            except TelegramError as error:
                self._failed(error)
                if not (again or _was_not_done(error)):
                    raise Uncertain("a message may not have arrived") from error
            await on_its_way(maybe=False)
            await self._sleep(wait)
        raise AssertionError("the waits never end")

    def _failed(self, error: TelegramError) -> None:
        self._told(error)
        # What it says of a group that moved is the group's number.
        said = "" if isinstance(error, ChatMigrated) else f": {error.message}"
        _log.info("Telegram: %s%s", type(error).__name__, said)


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """The buttons below a message, None for none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(one) for one in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.press:
        return InlineKeyboardButton(button.text, callback_data=encode(button.press))
    return InlineKeyboardButton(button.text, url=button.url)


def _reply(message: int | None) -> ReplyParameters | None:
    return ReplyParameters(message, allow_sending_without_reply=True) if message else None


def _was_not_done(error: TelegramError) -> bool:
    """Return whether a call never reached Telegram, or Telegram answered that it failed."""
    if isinstance(error.__cause__, _NOT_SENT):
        return True
    failed = isinstance(error, NetworkError) and not isinstance(error, TimedOut)
    return failed and error.__cause__ is None
