"""The bot against telegram-test-api, an independent stand-in for Telegram's servers.

It is installed once into .cache/ where node and npm are there and a registry can be reached.
tests/telegram_test_api/server.js adds the little that python-telegram-bot expects beyond it.
"""

import time
from types import SimpleNamespace

import httpx
import pytest

from fake_bot_api.markup import whole
from npm import installed, serving
from paths import TESTS
from telegram_bot.bots import BotProcess
from telegram_bot.conversation import conversation, labels, questions, written

pytestmark = [pytest.mark.process, pytest.mark.npm]

VERSION = "4.2.1"
START = TESTS / "telegram_test_api" / "server.js"
PATIENCE = 60  # seconds
TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9"


@pytest.fixture
def server():
    """The address of a telegram-test-api that nobody has written to."""
    folder = installed("telegram-test-api", VERSION)
    with serving("telegram-test-api", START, folder) as address:
        yield address


class User:
    """A person in a private chat with the bot, who sees what the bot's messages have become."""

    def __init__(self, server, number=1):
        self.server = server
        self.chat = {"id": number, "type": "private", "first_name": "Awa"}
        self.person = {"id": number, "is_bot": False, "first_name": "Awa"}

    def call(self, method, **fields):
        reply = httpx.post(f"{self.server}/{method}", json=fields)
        return reply.raise_for_status().json()["result"]

    def message(self, text):
        now = int(time.time())
        return {"from": self.person, "chat": self.chat, "date": now, "text": text}

    def write(self, text):
        """Send a message."""
        self.call("sendMessage", botToken=TOKEN, **self.message(text))

    def command(self, text):
        """Send a command."""
        length = len(text.split()[0])
        entity = {"type": "bot_command", "offset": 0, "length": length}
        self.call("sendCommand", botToken=TOKEN, **self.message(text), entities=[entity])

    def sent(self):
        """The bot's messages to the person as they are now, by number, with all their fields."""
        history = self.call("getUpdatesHistory", token=TOKEN)
        said = {turn["messageId"]: turn["message"] for turn in history if "message" in turn}
        chat = str(self.chat["id"])
        return {
            number: message
            for number, message in said.items()
            if str(message.get("chat_id")) == chat
        }

    def read(self):
        """Their texts as the fake of tests/ parses them, and the labels of their buttons.

        This server parses nothing: it gives the HTML back.
        """
        return [
            (
                whole(message["text"], mode=message.get("parse_mode")).text,
                labels(message.get("reply_markup", {}).get("inline_keyboard", [])),
            )
            for _, message in sorted(self.sent().items())
        ]

    def wait(self, until):
        """Wait until what is read is so, and give it."""
        end = time.monotonic() + PATIENCE
        while not until(read := self.read()):
            assert time.monotonic() < end, read
            time.sleep(0.05)
        return read


@pytest.fixture
def bot(server, tmp_path):
    """The bot as its own process, on that server."""
    api = SimpleNamespace(url=server)
    process = BotProcess(api, tmp_path / "home", telegram_token=TOKEN).start(wait=False)
    end = time.monotonic() + PATIENCE
    while not process.loaded:
        assert time.monotonic() < end, process.log
        time.sleep(0.05)
    yield process
    process.end()


def test_the_bot_says_what_the_documentation_says(server, bot):
    """The conversation of docs/telegram.md is the same, word for word, with the process."""
    user, block = User(server), conversation()
    for count, question in enumerate(questions(block), 1):
        send = user.command if question.startswith("/") else user.write
        send(question)
        user.wait(lambda read, so_many=count: len(read) == so_many and read[-1][1])
    assert block == written(questions(block), user.read())
    assert bot.end() == 0
    assert "ERROR" not in bot.log
