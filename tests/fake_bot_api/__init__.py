"""Telegram's Bot API written by hand: a real HTTP server on loopback, as strict as Telegram.

`FakeBotApi` serves one bot, lets people write to it and press its buttons, and shows what they then
see. What Telegram would refuse, it refuses, in Telegram's words.
"""

from fake_bot_api.api import TOKEN, FakeBotApi
from fake_bot_api.errors import Refuse
from fake_bot_api.server import Break, Garbage, Lose, Stall
from fake_bot_api.state import BotMessage, Call, Person

__all__ = [
    "TOKEN",
    "BotMessage",
    "Break",
    "Call",
    "FakeBotApi",
    "Garbage",
    "Lose",
    "Person",
    "Refuse",
    "Stall",
]
