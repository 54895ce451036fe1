"""The whole bot as its own process says what the documentation says."""

import signal

import pytest

from fake_bot_api import FakeBotApi
from telegram_bot.bots import BotProcess
from telegram_bot.conversation import conversation, labels, questions, written

pytestmark = pytest.mark.process


def asked(api, number, text):
    """The message that answers a person."""
    place = len(api.messages(number))
    api.say(api.person(number), text)
    return api.wait(
        lambda: next((each for each in api.messages(number)[place:] if each.buttons), None)
    )


def test_the_bot_says_what_the_documentation_says(tmp_path):
    """The conversation of docs/telegram.md is the same, word for word, with the process."""
    block = conversation()
    with FakeBotApi() as api, BotProcess(api, tmp_path / "home") as bot:
        replies = [asked(api, 7, each) for each in questions(block)]
        status = bot.end(signal.SIGINT)
    said = [(each.text, labels(each.buttons)) for each in replies]
    assert (written(questions(block), said), status) == (block, 130)
