"""A process of the bot prints nothing secret when everything goes wrong."""

import re
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import httpx
import pytest

from bot.telegram_bot.webhook import HEADER, PATH, webhook_secret
from fake_bot_api import TOKEN, Break, FakeBotApi, Garbage, Lose, Refuse
from ports import free_port
from telegram_bot.bots import BotProcess, one_article

pytestmark = pytest.mark.process

HERE = "127.0.0.1"
PUBLIC = "https://bot.example"
KEY = "sesame-0123456789-sesame"
QUESTION = "When was the market of Gao flooded?"
UNKNOWN = "Who won the 2018 World Cup?"
SECRET = "X-Telegram-Bot-Api-Secret-Token"
UNREADABLE = {"id": "1", "question": "What was not flooded?", "options": []}
PERSON, GROUP, SUPERGROUP = 7_312_345_678, -4_012_345_678, -1_002_912_345_678
OTHER_TOKEN = "123456789:AAG-another_token_for_tests_9876543210"

SECRETS = {
    "token": TOKEN,
    "half": TOKEN.partition(":")[2],
    "encoded": quote(TOKEN, safe=""),
    "path": webhook_secret(TOKEN, PATH),
    "header": webhook_secret(TOKEN, HEADER),
    "key": KEY,
}


class Echo(BaseHTTPRequestHandler):
    """A chat server that refuses a key and says it again."""

    def do_POST(self):
        body = (
            f'{{"error": {{"message": "no such key: {self.headers["Authorization"]}"}}}}'.encode()
        )
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.do_POST()

    def log_message(self, *_):
        """Nothing: the server is no part of what is looked at."""


@pytest.fixture(scope="module")
def echo():
    """The address of a chat server that tells the key that it was given."""
    with ThreadingHTTPServer((HERE, 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HERE}:{server.server_port}"
        server.shutdown()


def bot(api, folder, **settings):
    """A process of the bot over an article."""
    one_article(folder)
    return BotProcess(api, folder / "home", corpus=folder / "corpus", **settings)


def spoil(folder, table):
    """Take a table away from the bot, so that what needs it fails."""
    opened = sqlite3.connect(folder / "home" / "catalog.sqlite")
    with opened:
        opened.execute(f"DROP TABLE {table}")
    opened.close()


def answered(api, question, *faults):
    """Have a question answered while sending goes wrong."""
    person = api.person(PERSON)
    count = len(api.messages(PERSON))
    api.fail("sendMessage", *faults)
    api.say(person, question)
    api.wait(lambda: len(api.messages(PERSON)) > count)


@pytest.fixture(scope="module")
def polled(tmp_path_factory, echo):
    """The log at DEBUG, with questions, when everything goes wrong while the bot polls."""
    folder = tmp_path_factory.mktemp("polled")
    model = {"llm_url": echo, "llm_model": "small", "llm_key": KEY}
    with FakeBotApi() as api:
        process = bot(api, folder, log_level="DEBUG", log_questions=1, **model)
        api.down()
        process.start("--debug", wait=False)
        api.wait(lambda: "Telegram cannot be reached" in process.log)
        process.run("doctor")
        api.up()
        api.wait(lambda: api.polling and process.loaded)
        httpx.get(f"{api.url}/bot{TOKEN}/getUpdates", params={"timeout": 0})
        api.fail("getUpdates", Garbage(), Break())
        faults = (
            [Refuse(429, "Too Many Requests: retry after 1", {"retry_after": 1})],
            [Refuse(500, "Internal Server Error")],
            [Lose()],
            [Break()],
            [Garbage()],
            [Refuse(400, f"Bad Request: https://x.example/bot{TOKEN}/sendMessage")],
        )
        people = [api.person(PERSON + number) for number in range(1, 1 + len(faults))]
        for person, going_wrong in zip(people, faults, strict=True):
            api.fail("sendMessage", *going_wrong, chat=person.id)
            api.say(person, QUESTION)
        api.wait(lambda: all(api.messages(person.id) for person in people))
        answered(api, UNKNOWN)
        spoil(folder, "chat_conversations")
        answered(api, "/new")
        api.revoke(OTHER_TOKEN)
        api.say(api.person(PERSON), QUESTION)
        assert process.ended() == 1
        process.run("doctor", "--debug")
        return process.log


@pytest.fixture(scope="module")
def hooked(tmp_path_factory):
    """The log at DEBUG of a bot with a webhook, and of the one that polls after it."""
    folder = tmp_path_factory.mktemp("hooked")
    local = f"{HERE}:{free_port()}"
    path, secret = SECRETS["path"], SECRETS["header"]
    told = {"webhook_url": PUBLIC, "webhook_listen": local, "log_level": "DEBUG"}
    with FakeBotApi() as api:
        api.proxy[PUBLIC] = f"http://{local}"
        api.fail("setWebhook", Break(), Refuse(400, f"Bad Request: {PUBLIC}/{path} {secret}"))
        process = bot(api, folder, log_questions=1, **told).start("--debug", wait=False)
        api.wait(lambda: process.loaded)
        answered(api, QUESTION)
        with httpx.Client(base_url=f"http://{local}") as client:
            for header in ({}, {SECRET: "wrong"}, {SECRET: path}, {SECRET: secret[:-1]}):
                client.post(f"/{path}", headers=header, json={"update_id": 1})
                client.post(f"/{secret}", headers=header, json={"update_id": 1})
            client.get(f"/{path}")
            client.post(f"/{path}", headers={SECRET: secret}, content=b"{")
            known = {SECRET: secret, "Content-Type": "application/json"}
            client.post(f"/{path}", headers=known, content=b"{")
            client.post(f"/{path}", headers=known, json={"update_id": TOKEN})
        spoil(folder, "chat_conversations")
        answered(api, "/new")
        process.end()
        return process.log


@pytest.fixture(scope="module", params=["INFO", "DEBUG"])
def quiet(request, tmp_path_factory):
    """The log without questions when a person and a group ask, and things go wrong."""
    folder = tmp_path_factory.mktemp("quiet")
    with FakeBotApi() as api:
        process = bot(api, folder, log_level=request.param)
        with process:
            answered(api, QUESTION)
            api.send(api.person(PERSON), poll=UNREADABLE)
            api.fail("getUpdates", Garbage('{"result": [{"text": "flooded'))
            answered(api, UNKNOWN, Refuse(400, "Bad Request: unheard of"))
            person = api.person(PERSON)
            api.group(GROUP, members=(person,))
            migrated = Refuse(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": SUPERGROUP},
            )
            api.group(SUPERGROUP, members=(person,))
            api.fail("sendMessage", migrated, chat=GROUP)
            api.say(person, f"/ask {QUESTION}", chat=GROUP)
            api.wait(lambda: api.messages(SUPERGROUP))
            api.fail("sendMessage", Refuse(403, "Forbidden: bot was blocked by the user"))
            api.say(person, QUESTION)
            api.wait(lambda: "blocked" in process.log)
        return process.log


def pieces(secret, length=12):
    return [secret[start : start + length] for start in range(len(secret) - length + 1)]


def leaked(log):
    """The pieces of secrets that a log holds, by what they are of."""
    log = log.casefold()
    return [
        (name, piece)
        for name, secret in SECRETS.items()
        for piece in pieces(secret.casefold())
        if piece in log
    ]


def test_a_bot_that_polls_prints_no_secret(polled):
    """Whatever fails, at the lowest level, with --debug, and by `griot doctor`."""
    assert leaked(polled) == []


def test_a_bot_with_a_webhook_prints_no_secret(hooked):
    """Nor the webhook's own path and secret, whoever tries to guess them."""
    assert leaked(hooked) == []


def test_what_went_wrong_is_told_all_the_same(polled, hooked):
    """Each of the faults has left its trace."""
    told = (
        "Telegram cannot be reached (httpx.ConnectError",
        "another program fetches this bot's updates",
        "sendMessage is refused for its pace",
        "Telegram: NetworkError: Internal Server Error",
        "Telegram: NetworkError: httpx.RemoteProtocolError",
        "Telegram: TelegramError: Invalid server response",
        "Telegram: BadRequest: Https://x.example/bot[secret]/sendmessage",
        "no such table: chat_conversations",
        "griot: Telegram does not know GRIOT_TELEGRAM_TOKEN.",
        "cannot be reached",
        "refuses the token",
        "refuses the key (401: no such key: [key])",
    )
    assert [text for text in told if text not in polled] == []
    told = (
        '/bot[secret]/setWebhook "HTTP/1.1 200 OK"',
        "a call of the webhook is refused",
        "no such table: chat_conversations",
    )
    assert [text for text in told if text not in hooked] == []


ANSWERED = re.compile(
    r"[\d-]{10} [\d:]{8} INFO bot\.service\.logs: answered chat=([0-9a-f]{8}) outcome=(\w+) "
    r"mode=(\w+) waited=\d+ search=\d+ read=\d+ total=\d+"
)


def test_an_answer_is_a_line_without_what_was_asked_and_by_whom(quiet):
    """With the chat's hash, the outcome and the timings; no text and no number of anybody."""
    lines = [line for line in quiet.splitlines() if ".logs: answered" in line]
    found = [ANSWERED.fullmatch(line) for line in lines]
    assert [hit and hit.group(2, 3) for hit in found] == [("answered", "reader")] * 2
    person, group = (hit.group(1) for hit in found)
    assert person != group
    told = ("market", "flooded", "World Cup", str(PERSON), str(-GROUP), str(-SUPERGROUP))
    assert [text for text in told if text in quiet] == []


def test_an_update_that_cannot_be_read_is_named_by_its_number_once(quiet):
    """Nothing of what it says is logged, at any level, and it does not come again."""
    lines = [line for line in quiet.splitlines() if "cannot be read" in line]
    assert [re.sub(r"^.*WARNING [\w.]+: ", "", line) for line in lines] == [
        "update 700000002 cannot be read (TypeError) and is skipped"
    ]


def test_the_question_is_logged_where_that_is_wanted(polled):
    """At the end of the answer's line."""
    lines = [line for line in polled.splitlines() if ".logs: answered" in line]
    assert {line.partition(" question=")[2] for line in lines} == {f'"{QUESTION}"', f'"{UNKNOWN}"'}
