import json
import logging
from dataclasses import astuple

import httpx
import pytest

from bot.settings import Settings
from bot.terminal import doctor

TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9"
REFUSED = "Get a new one from @BotFather, and set GRIOT_TELEGRAM_TOKEN."
LATER = "Try again later, or look at GRIOT_TELEGRAM_API_URL."
AWAY = "Check the network, or look at GRIOT_TELEGRAM_API_URL."
STRANGE = "bots.example does not answer as a Bot API server"


def checked(handler, **given):
    """The checks of a bot whose server answers so."""
    settings = Settings(
        **{"telegram_token": TOKEN, "telegram_api_url": "https://bots.example/", **given}
    )
    return [astuple(check) for check in doctor.telegram(settings, httpx.MockTransport(handler))]


def replying(status, content):
    """A server that has one answer, which is JSON unless it is text."""
    text = content if isinstance(content, str) else json.dumps(content)
    return lambda request: httpx.Response(status, text=text)


def test_a_bot_is_told_with_its_privacy():
    """It is asked for under its token."""
    asked = []

    def handler(request):
        asked.append(str(request.url))
        result = {"username": "griot_bot", "can_read_all_group_messages": len(asked) > 1}
        return httpx.Response(200, json={"ok": True, "result": result})

    assert [*checked(handler), *checked(handler)] == [
        ("telegram", "ok", "@griot_bot, privacy on: mentions in groups are hidden", ""),
        ("telegram", "ok", "@griot_bot, privacy off: it reads all that groups write", ""),
    ]
    assert asked == [f"https://bots.example/bot{TOKEN}/getMe"] * 2


def test_without_a_token_nobody_is_asked():
    """There is no line then."""
    assert checked(replying(500, ""), telegram_token=None) == []


def failing(request):
    raise httpx.ConnectError(f"no route to {request.url}", request=request)


def slow(request):
    raise httpx.ReadTimeout(f"no answer from {request.url}", request=request)


@pytest.mark.parametrize(
    ("handler", "detail", "remedy"),
    [
        (
            replying(401, {"ok": False, "description": f"Unauthorized: {TOKEN}"}),
            "bots.example refuses the token",
            REFUSED,
        ),
        (replying(404, "Not Found"), "bots.example refuses the token", REFUSED),
        (failing, "bots.example cannot be reached", AWAY),
        (slow, "bots.example cannot be reached", AWAY),
        (replying(502, f"<h1>{TOKEN}</h1>"), f"{STRANGE} (502)", LATER),
        (replying(200, f"<h1>{TOKEN}</h1>"), f"{STRANGE} (200)", LATER),
        (replying(200, {"ok": True, "result": TOKEN}), f"{STRANGE} (200)", LATER),
        (replying(200, {"ok": True, "result": {"username": TOKEN}}), f"{STRANGE} (200)", LATER),
        (replying(200, [TOKEN]), f"{STRANGE} (200)", LATER),
    ],
)
def test_what_is_wrong_is_told_with_the_remedy(handler, detail, remedy, caplog):
    """The token is in none of it, whatever the server says, nor in what is logged from there on."""
    with caplog.at_level(logging.WARNING):
        assert checked(handler) == [("telegram", "fail", detail, remedy)]
    assert (TOKEN in detail + remedy, caplog.messages) == (False, [])


def test_an_address_that_cannot_be_used_is_one_that_cannot_be_reached():
    """Nothing is raised."""
    assert checked(replying(200, ""), telegram_api_url="http://ßü..example") == [
        ("telegram", "fail", "ßü..example cannot be reached", AWAY)
    ]
