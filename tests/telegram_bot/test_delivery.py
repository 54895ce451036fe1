import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
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

from bot.telegram_bot.delivery import Delivery, Uncertain, Unreachable
from bot.telegram_bot.messages import Message
from bot.telegram_bot.pace import Pace

HELLO = Message("Hello.")


@dataclass
class Sent:
    message_id: int


@dataclass
class FakeBot:
    """Raises its errors one after the other, and does what it is asked from then on."""

    errors: list[Exception]
    chats: list[int] = field(default_factory=list)

    async def send_message(self, chat, text, **options):
        return self._done(chat)

    async def edit_message_text(self, text, chat, number, **options):
        return self._done(chat)

    def _done(self, chat):
        self.chats.append(chat)
        if self.errors:
            raise self.errors.pop(0)
        return Sent(7)


def by(error, cause):
    """An error of the library's with what caused it."""
    error.__cause__ = cause
    return error


def outcome(method, *errors):
    """What becomes of a call, to which chats it was made, and the waits in between."""
    waits, told = [], []

    async def sleep(seconds):
        waits.append(seconds)

    bot = FakeBot(list(errors))

    async def called():
        delivery = Delivery(bot, Pace(), told=told.append, sleep=sleep)
        if method == "send":
            return await delivery.send(1, HELLO)
        return await delivery.edit(1, 5, HELLO)

    try:
        result = asyncio.run(called())
    except (Unreachable, Uncertain, TelegramError) as error:
        result = type(error)
    return result, bot.chats, waits


NOT_DONE = [
    NetworkError("Internal Server Error"),
    InvalidToken("Unauthorized"),
    by(NetworkError("httpx.ConnectError"), httpx.ConnectError("no route")),
    by(TimedOut(), httpx.ConnectTimeout("no answer")),
    by(TimedOut(), httpx.PoolTimeout("no connection")),
]
PERHAPS_DONE = [
    by(TimedOut(), httpx.ReadTimeout("no answer")),
    by(TimedOut(), httpx.WriteTimeout("stuck")),
    by(NetworkError("httpx.ReadError"), httpx.ReadError("reset")),
    by(NetworkError("httpx.RemoteProtocolError"), httpx.RemoteProtocolError("gone")),
    by(NetworkError("Bad Gateway"), TelegramError("Invalid server response")),
    TelegramError("Invalid server response"),
]
GONE = [
    Forbidden("Forbidden: bot was blocked by the user"),
    Forbidden("Forbidden: bot was kicked from the group chat"),
    BadRequest("Chat not found"),
    BadRequest("Not enough rights to send text messages to the chat"),
    BadRequest("Have no rights to send a message"),
    BadRequest("Chat_write_forbidden"),
    BadRequest("Topic_closed"),
    BadRequest("Message thread not found"),
]
OTHERS = [BadRequest("Message is too long"), BadRequest("Button_data_invalid")]


@pytest.mark.parametrize("error", NOT_DONE, ids=repr)
def test_what_was_not_done_is_done_again(error):
    """After a while."""
    assert outcome("send", error) == (7, [1, 1], [1.0])
    assert outcome("edit", error) == (True, [1, 1], [1.0])


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_what_is_refused_for_its_pace_is_done_again():
    """Where the pace has given it up."""
    assert outcome("send", RetryAfter(3)) == (7, [1, 1], [1.0])
    assert outcome("edit", RetryAfter(3)) == (True, [1, 1], [1.0])


@pytest.mark.parametrize("error", PERHAPS_DONE, ids=repr)
def test_what_may_have_been_done_is_only_done_again_where_that_does_no_harm(error):
    """A message is not sent a second time, and can be changed a second time."""
    assert outcome("send", error) == (Uncertain, [1], [])
    assert outcome("edit", error) == (True, [1, 1], [1.0])


@pytest.mark.parametrize("error", GONE, ids=repr)
def test_where_nobody_reads_nothing_is_tried_again(error):
    """Whoever called is told so."""
    assert outcome("send", error) == (Unreachable, [1], [])
    assert outcome("edit", error) == (Unreachable, [1], [])


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_any_other_refusal_is_raised(error):
    """Trying again would not change it."""
    assert outcome("send", error) == (type(error), [1], [])
    assert outcome("edit", error) == (type(error), [1], [])


def test_a_group_that_moved_is_written_to_at_once_under_its_new_number():
    """Whatever was asked for."""
    assert outcome("send", ChatMigrated(-100)) == (7, [1, -100], [])
    assert outcome("edit", ChatMigrated(-100)) == (True, [1, -100], [])


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("Message is not modified: specified new message content is exactly the same", True),
        ("Message to edit not found", False),
        ("Message can't be edited", False),
        ("Message_id_invalid", False),
    ],
)
def test_an_edit_tells_whether_the_message_is_there(said, there):
    """That nothing is different, or that it is gone, is no error."""
    assert outcome("edit", BadRequest(said)) == (there, [1], [])


def test_the_waits_grow_up_to_half_a_minute():
    """For as long as the network is down."""
    down = [NetworkError("Bad Gateway") for _ in range(8)]
    assert outcome("send", *down) == (7, [1] * 9, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0])
