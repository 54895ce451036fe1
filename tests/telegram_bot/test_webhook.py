import asyncio
import re
import socket
import time

import httpx
import pytest

from bot.chat.store import StoreGone
from bot.service.health import Health, Metrics
from bot.settings import Address
from bot.telegram_bot.webhook import HEADER, PATH, listening, webhook_secret
from fake_bot_api import TOKEN, FakeBotApi, Refuse
from ports import free_port
from rag.errors import StorageFull
from telegram_bot.bots import BotProcess, one_article

pytestmark = pytest.mark.process

HERE = "127.0.0.1"
PUBLIC = "https://bot.example"
ANSWER = "The market of Gao was flooded on Monday"
QUESTION = "When was the market of Gao flooded?"
UNKNOWN = "Who won the 2018 World Cup?"
TAKEN = (
    f"griot: GRIOT_{{name}}: {HERE}:{{port}} is taken, or is no address of this machine. "
    "Name another"
)
JSON = {"Content-Type": "application/json"}
NO_UPDATES = (b"no JSON", b"\xff", b"[]", b'"update"', b'{"update_id": "a"}', b'{"update_id": {}}')
SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return one_article(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def made(desk, tmp_path):
    """Make a bot's process over the article, not yet started."""
    return lambda api, **settings: BotProcess(
        api, tmp_path / "home", corpus=desk / "corpus", **settings
    )


@pytest.fixture
def api():
    with FakeBotApi() as api:
        yield api


def calls(api, method):
    return [call for call in api.calls if call.method.lower() == method.lower()]


class Hooked:
    """A bot whose updates are brought by a webhook."""

    def __init__(self, api, made, **settings):
        port = free_port()
        self.local = f"http://{HERE}:{port}"
        api.proxy[PUBLIC] = self.local
        self.process = made(api, webhook_url=PUBLIC, webhook_listen=f"{HERE}:{port}", **settings)
        self._api = api

    def __enter__(self):
        self.process.start(wait=False)
        (self.set,) = self._api.wait(lambda: calls(self._api, "setWebhook"))
        self.path = self.set.params["url"].removeprefix(PUBLIC)
        self._api.wait(self._listens)
        self._api.wait(lambda: self.process.loaded)
        return self

    def _listens(self):
        try:
            return httpx.get(self.local).status_code
        except httpx.ConnectError:
            return None

    def __exit__(self, *_):
        self.process.end()

    def post(self, path=None, secret=None, headers=None, **content):
        headers = (headers or {}) | ({} if secret is None else {SECRET: secret})
        address = f"{self.local}{path or self.path}"
        return httpx.post(address, headers=headers, **content).status_code


def test_updates_are_brought_to_a_path_and_with_a_secret_that_nobody_guesses(api, made):
    """Both are the same at each start; after the next one, without a webhook, the bot polls."""
    person = api.person(1)
    api.say(person, QUESTION)
    with Hooked(api, made) as hooked:
        api.wait(lambda: api.messages(1))
    path, secret = webhook_secret(TOKEN, PATH), webhook_secret(TOKEN, HEADER)
    assert [re.fullmatch("[0-9a-f]{64}", each) is not None for each in (path, secret)] == [True] * 2
    assert path != secret
    assert hooked.set.params == {
        "url": f"{PUBLIC}/{path}",
        "secret_token": secret,
        "allowed_updates": [
            "message",
            "edited_message",
            "callback_query",
            "inline_query",
            "my_chat_member",
        ],
    }
    assert calls(api, "getUpdates") == []
    api.say(person, QUESTION)
    with made(api):
        api.wait(lambda: len(api.messages(1)) == 2)
        told = httpx.get(f"{api.url}/bot{TOKEN}/getWebhookInfo").json()["result"]
    assert (told["url"], told["pending_update_count"]) == ("", 0)


def test_only_telegram_can_bring_updates_and_each_counts_once(api, made):
    """Whoever does not know the path or the secret is refused, and what they bring is not read."""
    with Hooked(api, made) as hooked:
        secret = hooked.set.params["secret_token"]
        person = api.person(1)
        chat = {"id": 1, "type": "private", "first_name": "Reader"}
        sent = {"message_id": 900, "from": person.user, "chat": chat, "date": 1, "text": QUESTION}
        update = {"update_id": 5_000, "message": sent}
        api.say(person, UNKNOWN)
        api.wait(lambda: api.messages(1))
        statuses = [
            hooked.post(json=update),
            hooked.post(secret="0" * 64, json=update),
            hooked.post(secret=TOKEN, json=update),
            hooked.post("/", secret=secret, json=update),
            hooked.post(f"/{TOKEN}", secret=secret, json=update),
            hooked.post(f"/{secret}", secret=secret, json=update),
            hooked.post(secret=secret, data={"update": "1"}),
            *(hooked.post(secret=secret, content=each, headers=JSON) for each in NO_UPDATES),
            hooked.post(secret=secret, json=update),
            hooked.post(secret=secret, json=update),
        ]
        api.wait(lambda: len(api.messages(1)) == 2)
        api.say(person, UNKNOWN)
        api.wait(lambda: len(api.messages(1)) == 3)
        texts = [message.text for message in api.messages(1)]
    assert statuses == [*[403] * 3, *[404] * 3, 403, *[400] * len(NO_UPDATES), 200, 200]
    assert ["was flooded" in text for text in texts] == [False, True, False]


def test_a_token_that_is_revoked_is_noticed_without_polling(api, made):
    """By the first call that is refused; what was asked is answered by the next start."""
    person = api.person(1)
    with Hooked(api, made) as hooked:
        api.fail("sendMessage", Refuse(401, "Unauthorized"))
        api.say(person, QUESTION)
        status = hooked.process.ended()
    assert (status, hooked.process.log.splitlines()[-1].partition(" Copy")[0]) == (
        1,
        "griot: Telegram does not know GRIOT_TELEGRAM_TOKEN.",
    )
    assert [line for line in hooked.process.log.splitlines() if " ERROR " in line] == []
    assert api.messages(1) == []
    with made(api):
        (answer,) = api.wait(lambda: [message for message in api.messages(1) if message.buttons])
    assert ANSWER in answer.text


class Taking:
    """Takes updates, unless something is raised."""

    error = None

    async def __call__(self, update):
        if self.error:
            raise self.error


def test_an_update_that_cannot_be_kept_is_left_to_telegram_to_bring_again():
    """Health tells why, until one can be kept."""
    health, take = Health(), Taking()

    async def main():
        port = free_port()
        address = f"http://{HERE}:{port}/{webhook_secret(TOKEN, PATH)}"
        headers = {SECRET: webhook_secret(TOKEN, HEADER)}
        seen = []
        async with (
            listening(Address(HERE, port), TOKEN, take, health=health, metrics=Metrics()),
            httpx.AsyncClient(headers=headers) as client,
        ):
            for take.error in (StorageFull("no room left"), StoreGone("gone"), None):
                reply = await client.post(address, json={"update_id": 1})
                seen.append((reply.status_code, health.reason))
        return seen

    full = "no room left (Telegram will bring the update again)"
    assert asyncio.run(main()) == [(503, full), (503, full), (200, None)]


# What is told of the bot while it runs


def samples(text):
    """The counts of questions, updates and errors, and when updates came last."""
    told = re.findall(
        r"^griot_(\w+_(?:total|timestamp_seconds)(?:\{[^}]*\})?|answer_seconds_count) ([0-9.e+]+)$",
        text,
        re.MULTILINE,
    )
    return {name: float(count) for name, count in told if float(count)}


def test_a_running_bot_tells_how_it_fares(api, made):
    """Whether it is well, and how many questions with which outcome, updates and errors it had."""
    port = free_port()
    person = api.person(1)
    with made(api, metrics=f"{HERE}:{port}"):
        api.fail("sendMessage", Refuse(500, "Internal Server Error"))
        for number, question in enumerate((QUESTION, UNKNOWN, QUESTION), start=1):
            api.say(person, question)
            api.wait(lambda number=number: len(api.messages(1)) == number)
        with httpx.Client(base_url=f"http://{HERE}:{port}") as client:
            health = client.get("/healthz")

            def told():
                found = samples(client.get("/metrics").text)
                return found if found.get("answer_seconds_count") == 3 else None

            counted = api.wait(told)
    assert (health.status_code, health.json()) == (200, {"ok": True})
    assert counted.pop("last_fetch_timestamp_seconds") < time.time()
    assert counted == {
        'questions_total{mode="reader",outcome="answered"}': 2,
        'questions_total{mode="reader",outcome="not_in_corpus"}': 1,
        "answer_seconds_count": 3,
        'calls_unanswered_total{kind="NetworkError"}': 1,
        "updates_total": 3,
    }


@pytest.mark.parametrize(
    ("name", "more"), [("WEBHOOK_LISTEN", ""), ("METRICS", ", or leave it empty")]
)
def test_a_port_that_is_taken_ends_the_bot_with_one_line(api, made, name, more):
    """That names the setting; with status 1, and before anything is fetched."""
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        settings = {name.lower(): f"{HERE}:{port}"}
        if name == "WEBHOOK_LISTEN":
            settings["webhook_url"] = PUBLIC
        bot = made(api, **settings).start(wait=False)
        status = bot.ended()
    assert (status, bot.log.splitlines()[-1]) == (
        1,
        TAKEN.format(name=name, port=port) + f"{more}.",
    )
    assert calls(api, "getUpdates") == []
