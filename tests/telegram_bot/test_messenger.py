"""The meaning of each of Telegram's errors."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

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

from bot.chat.events import File, Sent
from bot.chat.messenger import NotDone, Uncertain, Unreachable
from bot.chat.post import line
from bot.telegram_bot.messenger import TelegramMessenger
from rag.errors import GriotError

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")
SENT = Sent("1", "5")


@dataclass
class FakeBot:
    """Raises its errors one after the other, and does what it is asked from then on."""

    errors: list[Exception]
    chats: list[int] = field(default_factory=list)

    async def send_message(self, chat, text, **options):
        return self._done(chat)

    async def edit_message_text(self, text, chat, number, **options):
        return self._done(chat)

    async def get_file(self, file):
        return self._done(file)

    def _done(self, chat):
        self.chats.append(chat)
        if self.errors:
            raise self.errors.pop(0)
        return SimpleNamespace(message_id=7)


def outcome(method, *errors):
    """The result of a call, the chats to which it was made, and the errors that were counted."""
    bot, failed = FakeBot([*errors]), []
    messenger = TelegramMessenger(bot, None, None, failed.append, drafts=False)
    calls = {
        "send": lambda: messenger.send("1", line("Hello.")),
        "edit": lambda: messenger.edit(SENT, line("Hello.")),
        "download": lambda: messenger.download(File("f", "a.txt", 1)),
    }
    try:
        result = asyncio.run(calls[method]())
    except (GriotError, TelegramError) as error:
        result = type(error)
    return result, bot.chats, failed


def by(error, cause):
    """An error of the library's with what caused it."""
    error.__cause__ = cause
    return error


ERRORS = {
    NotDone: [
        NetworkError("Internal Server Error"),
        InvalidToken("Unauthorized"),
        RetryAfter(3),
        by(NetworkError("httpx.ConnectError"), httpx.ConnectError("no route")),
        by(TimedOut(), httpx.ConnectTimeout("no answer")),
        by(TimedOut(), httpx.PoolTimeout("no connection")),
    ],
    Uncertain: [
        by(TimedOut(), httpx.ReadTimeout("no answer")),
        by(TimedOut(), httpx.WriteTimeout("stuck")),
        by(NetworkError("httpx.ReadError"), httpx.ReadError("reset")),
        by(NetworkError("httpx.RemoteProtocolError"), httpx.RemoteProtocolError("gone")),
        by(NetworkError("Bad Gateway"), TelegramError("Invalid server response")),
        TelegramError("Invalid server response"),
    ],
    Unreachable: [
        Forbidden("Forbidden: bot was blocked by the user"),
        Forbidden("Forbidden: bot was kicked from the group chat"),
        BadRequest("Chat not found"),
        BadRequest("Not enough rights to send text messages to the chat"),
        BadRequest("Have no rights to send a message"),
        BadRequest("Chat_write_forbidden"),
        BadRequest("Topic_closed"),
        BadRequest("Message thread not found"),
    ],
    BadRequest: [BadRequest("Message is too long"), BadRequest("Button_data_invalid")],
}


@pytest.mark.parametrize(
    ("error", "kind"),
    [(error, kind) for kind, errors in ERRORS.items() for error in errors],
    ids=repr,
)
def test_an_error_is_counted_and_means_the_same_for_a_send_and_an_edit(error, kind):
    """A refusal that trying again would not change is raised as it is."""
    assert outcome("send", error) == outcome("edit", error) == (kind, [1], [error])


def test_a_group_that_moved_is_written_to_at_once_under_its_new_id():
    error = ChatMigrated(-100)
    assert outcome("send", error) == (Sent("-100", "7"), [1, -100], [error])
    assert outcome("edit", error) == (True, [1, -100], [error])


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("Message is not modified: specified new message content is exactly the same", True),
        ("Message to edit not found", False),
        ("Message can't be edited", False),
        ("Message_id_invalid", False),
    ],
)
def test_an_edit_returns_whether_the_message_is_there(said, there):
    """That nothing is different, or that it is gone, is no error."""
    assert outcome("edit", BadRequest(said)) == (there, [1], [])


def test_a_file_that_cannot_be_downloaded_may_be_a_little_later():
    error = BadRequest("File is too big")
    assert outcome("download", error) == (NotDone, ["f"], [error])
