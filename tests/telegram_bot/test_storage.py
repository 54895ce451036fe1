"""The whole bot as its own process, with trouble in the folder of its index."""

import shutil
import sqlite3
from contextlib import contextmanager, suppress

import httpx
import pytest

from fake_bot_api import FakeBotApi
from ports import free_port
from rag.index.tables import FILE
from small_disk import needs_root, small_disk
from telegram_bot.bots import BotProcess, one_article

pytestmark = pytest.mark.process

HERE = "127.0.0.1"
QUESTION = "When was the market of Gao flooded?"
ANSWER = "The market of Gao was flooded on Monday"


@pytest.fixture
def api():
    with FakeBotApi() as started:
        yield started


@pytest.fixture
def desk(tmp_path):
    return one_article(tmp_path)


def bot_of(api, desk, **settings):
    return BotProcess(api, desk / "home", corpus=desk / "corpus", **settings)


@contextmanager
def filled(folder):
    """Leave no room on a folder's disk meanwhile."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 16)):
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def locked(home):
    """Hold the catalog as a long transaction of another process does."""
    holder = sqlite3.connect(home / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.close()


def answered(api, chat):
    """The answers in a chat, as soon as there is one."""
    return api.wait(lambda: [message for message in api.messages(chat) if message.buttons])


def brought(api):
    """How often updates were brought to a bot."""
    calls = [call for call in api.calls if call.method == "getUpdates" and call.status == 200]
    return len([call for call in calls if call.result])


@needs_root
def test_a_full_disk_is_waited_out(api, desk):
    """It is logged, health tells it, and what was asked is answered once when there is room."""
    port = free_port()
    with small_disk(desk / "home"):
        with bot_of(api, desk, metrics=f"{HERE}:{port}") as bot:
            with filled(desk / "home"):
                api.say(api.person(1), QUESTION)
                api.wait(lambda: "no room left to write to" in bot.log)
                ill = httpx.get(f"http://{HERE}:{port}/healthz")
                before = api.messages(1)
            (answer,) = answered(api, 1)
            well = httpx.get(f"http://{HERE}:{port}/healthz")
            api.say(api.person(2), QUESTION)
            answered(api, 2)
        assert bot.end() == 0
    assert (ill.status_code, well.status_code, before) == (503, 200, [])
    assert (ANSWER in answer.text, len(api.messages(1))) == (True, 1)


@needs_root
def test_a_bot_without_room_ends_in_good_order(api, desk):
    """An update that it could not keep is not confirmed, and is answered by the next start."""
    with small_disk(desk / "home"):
        bot = bot_of(api, desk).start()
        with filled(desk / "home"):
            api.say(api.person(1), QUESTION)
            api.wait(lambda: "no room left to write to" in bot.log)
            status = bot.end()
        with bot:
            answered(api, 1)
    assert (status, len(api.messages(1)), brought(api)) == (0, 1, 2)


def test_a_catalog_that_another_process_locks_is_waited_for(api, desk):
    """While it is locked the bot can be ended; the next one answers when the lock is gone."""
    bot = bot_of(api, desk).start()
    with locked(desk / "home"):
        api.say(api.person(1), QUESTION)
        api.wait(lambda: "another griot is writing to" in bot.log)
        status = bot.end()
        bot.start(wait=False)
        api.wait(lambda: bot.log.count("the bot is @griot_bot") == 2)
        api.wait(lambda: bot.log.count("another griot is writing to") == 2)
    answered(api, 1)
    assert (status, bot.end(), len(api.messages(1))) == (0, 0, 1)


def test_a_bot_whose_index_is_deleted_ends_so_that_it_is_started_again(api, desk):
    """It says why, takes in nothing more, and the next start answers what was asked meanwhile."""
    bot = bot_of(api, desk).start()
    shutil.rmtree(desk / "home")
    api.say(api.person(1), QUESTION)
    status, said = bot.ended(), bot.log.splitlines()[-1]
    assert (status, api.messages(1), said) == (
        1,
        [],
        (
            f"griot: {desk / 'home'} was deleted or replaced while the bot ran; start the bot "
            "again, and it reads the articles anew"
        ),
    )
    with bot:
        answered(api, 1)
    assert len(api.messages(1)) == 1
