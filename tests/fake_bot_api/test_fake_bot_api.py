"""The fake Bot API refuses what Telegram refuses, so that the bot's tests mean something."""

import json

import httpx
import pytest

from fake_bot_api import TOKEN, FakeBotApi
from fake_bot_api.errors import Refuse
from fake_bot_api.flood import Flood
from fake_bot_api.markup import MOST_ENTITIES, MOST_UNITS

GROUP = -7
WHY = {"text": "Why", "callback_data": "why:1"}
WRONG = ("a<", "a&", "a<p>b")
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def api():
    """Without flood limits; person 2 has written to the bot, and person 1 has not."""
    with FakeBotApi(floods=False) as api:
        api.person(1)
        api.say(api.person(2), "hello")
        api.group(GROUP)
        yield api


@pytest.fixture
def call(api, client):
    """Calls a method as a form; the status, and the result or the description."""

    def called(method, **params):
        form = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in params.items()
        }
        return told(client.post(f"{api.url}/bot{TOKEN}/{method}", data=form))

    return called


def told(answer):
    body = answer.json()
    return answer.status_code, body["result"] if body["ok"] else body["description"]


def bad(what):
    return 400, f"Bad Request: {what}"


# Texts


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>a</i>", "Unexpected end tag at byte offset 4"),
        ("<b><i>a</i></b>", "A tag in another at byte offset 3"),
        *((wrong, 'Unsupported start tag "" or ampersand at byte offset 1') for wrong in WRONG),
    ],
)
def test_html_that_is_wrong_is_refused(call, source, error):
    """The error says what is wrong and at which byte; without a parse mode nothing is parsed."""
    send = {"chat_id": 2, "text": source}
    assert call("sendMessage", **send, parse_mode="HTML") == bad(f"can't parse entities: {error}")
    assert call("sendMessage", **send)[1]["text"] == source


# What a call is refused for


def said(text, **more):
    return "sendMessage", {"chat_id": 2, "text": text} | more


def formed(text):
    return said(text, parse_mode="HTML")


def rows(*given):
    return said("a", reply_markup={"inline_keyboard": [*given]})


def button(**data):
    return rows([{"text": "a"} | data])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (said(" \n\u200b"), "message text is empty"),
        (formed("<b></b>"), "message text is empty"),
        (said("a" * (MOST_UNITS + 1)), "message is too long"),
        (said("😀" * (MOST_UNITS // 2) + "a"), "message is too long"),
        (formed("<b>a</b> " * (MOST_ENTITIES + 1)), "ENTITIES_TOO_LONG"),
        (said("a", reply_parameters={"message_id": 99}), "message to be replied not found"),
        (said("a", message_thread_id=6), "message thread not found"),
        (rows([WHY] * 9), "reply markup is too long"),
        (button(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (button(callback_data=""), "BUTTON_DATA_INVALID"),
        (
            button(url="http://localhost"),
            "inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL",
        ),
        (button(), "can't parse inline keyboard button: Exactly one action must be specified"),
        (said("a", chat_id=99), "chat not found"),
        (("sendMessageDraft", {"chat_id": GROUP, "draft_id": 7}), "TEXTDRAFT_PEER_INVALID"),
        (("answerCallbackQuery", {"callback_query_id": "1"}), TOO_OLD),
        (("editMessageText", {**said("b")[1], "message_id": 1}), "message can't be edited"),
        (("deleteMessage", {"chat_id": 2, "message_id": 99}), "message to delete not found"),
        (
            ("setWebhook", {"url": "http://bot.example/"}),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
    ],
)
def test_a_call_that_is_wrong_is_refused(call, wrong, error):
    method, params = wrong
    assert call(method, **params) == bad(error)


# Flood limits


class Clock:
    """Time that a test sets."""

    now = 1000.0

    def __call__(self):
        return self.now


def admitted(chat, *steps):
    """For how long a message has to wait after each step of time; 0 where it was taken."""
    flood, waits = Flood(clock := Clock()), []
    for place, step in enumerate(steps):
        clock.now += step
        try:
            flood.admit(chat + place if chat > 1 else chat, group=chat < 0)
        except Refuse as refusal:
            waits.append(refusal.parameters["retry_after"])
        else:
            waits.append(0)
    return waits


def test_messages_that_come_too_fast_are_refused_and_not_counted():
    """One a second to a chat, less 50 ms of the network; 20 a minute to a group; 30 in all."""
    assert admitted(1, 0, 0.5, 0.44, 0.02, 0.94) == [0, 1, 1, 0, 1]
    assert admitted(GROUP, *[1] * 21, 40) == [*[0] * 20, 40, 0]
    assert admitted(2, *[0] * 15, 0.5, *[0] * 16, 0.5) == [*[0] * 30, 1, 1, 0]
