"""What the bot does while it brings its index up to date, and over an index of another bot."""

import json
import shutil
import threading
from contextlib import contextmanager

import pytest

from bot.chat.logs import LoggedProgress
from bot.chat.texts import ENGLISH
from fake_bot_api import TOKEN, FakeBotApi
from fake_embedder import FakeEmbedder
from rag.library import Library
from rag.reading.answerer import Extractive
from rag.reasons import Reason
from telegram_bots import BotThread
from telegram_scene import (
    BRIDGE,
    BRIDGED,
    FLOODED,
    MARKET,
    WordReader,
    answered,
    copied,
    indexed,
    said,
    texts,
)

OTHER_TOKEN = "987654321:AAG-another_bot_for_tests_0123456789abcde"
ANSWER = "on Monday [1]"
BRIDGE_ANSWER = "Governor Sira Traore [1]"


class CostlyEmbedder(FakeEmbedder):
    """Embeds articles only when it may."""

    def __init__(self):
        super().__init__()
        self.may = threading.Event()
        self.begun = threading.Event()

    def passages(self, passages):
        self.begun.set()
        assert self.may.wait(60)
        return super().passages(passages)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("upkeep") / ".griot", MARKET)


@pytest.fixture
def embedder():
    made = CostlyEmbedder()
    yield made
    made.may.set()


@contextmanager
def bot_over(home, embedder, api, **settings):
    """A bot, which has not waited for its index."""
    with (
        Library.open(
            home,
            corpus=home.parent / "corpus",
            embedder=embedder,
            answerer=Extractive(WordReader()),
        ) as library,
        BotThread(api, library, home, wait=False, **settings) as bot,
    ):
        try:
            yield bot
        finally:
            embedder.may.set()


def put(home, article):
    (home.parent / "corpus" / "later.json").write_text(json.dumps(article), "utf-8")


def first_line(message):
    return message.text.partition("\n")[0]


def test_the_bot_answers_from_what_is_indexed_while_it_indexes_what_is_costly(
    home, embedder, tmp_path
):
    """What is new is found when that is done, without another start."""
    home = copied(home, tmp_path)
    put(home, BRIDGE)
    with FakeBotApi() as api, bot_over(home, embedder, api) as bot:
        reader = api.person(1)
        assert embedder.begun.wait(30)
        api.say(reader, FLOODED)
        [before] = answered(api, 1)
        assert not bot.bot.started.is_set()
        embedder.may.set()
        api.wait(bot.bot.started.is_set)
        api.say(reader, BRIDGED)
        after = answered(api, 1, 2)[1]
    assert [first_line(one) for one in (before, after)] == [ANSWER, BRIDGE_ANSWER]


def test_a_question_to_the_first_index_waits_until_it_is_there(embedder, tmp_path):
    """It is not refused because nothing is indexed yet; the person sees that it is in work."""
    (tmp_path / "corpus").mkdir()
    put(tmp_path / "home", MARKET)
    with FakeBotApi() as api, bot_over(tmp_path / "home", embedder, api):
        assert embedder.begun.wait(30)
        api.say(api.person(1), FLOODED)
        before = said(api, 1)
        embedder.may.set()
        [answer] = answered(api, 1)
    assert (before, first_line(answer)) == ([ENGLISH.searching], ANSWER)


def test_an_editor_is_heard_while_the_index_is_brought_up_to_date(home, embedder, tmp_path):
    """What they say next does not wait for it."""
    home = copied(home, tmp_path)
    embedder.may.set()
    with FakeBotApi() as api, bot_over(home, embedder, api, telegram_admins={1}) as bot:
        editor = api.person(1)
        api.wait(bot.bot.started.is_set)
        embedder.may.clear()
        embedder.begun.clear()
        put(home, BRIDGE)
        api.say(editor, "/reindex")
        assert embedder.begun.wait(30)
        api.say(editor, "/new")
        before = said(api, 1, 2)
        embedder.may.set()
        api.wait(lambda: texts(api, 1)[0] != ENGLISH.reindexing)
    assert before == [ENGLISH.reindexing, ENGLISH.new_conversation]


def test_how_far_the_indexing_is_stands_in_the_log_now_and_then(caplog):
    caplog.set_level("INFO")
    now = [0.0]
    progress = LoggedProgress(lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        progress(2 * second, 60, "articles")
    assert caplog.messages == [
        "bringing the index up to date: 20 of 60 articles, 2.0 a second, 20 s left",
        "bringing the index up to date: 40 of 60 articles, 2.0 a second, 10 s left",
    ]


def test_a_folder_of_articles_that_is_not_there_is_in_the_log(home, tmp_path, caplog):
    """The bot answers from what was indexed before, and says so."""
    home = copied(home, tmp_path)
    shutil.rmtree(home.parent / "corpus")
    with FakeBotApi() as api, bot_over(home, CostlyEmbedder(), api) as bot:
        api.wait(bot.bot.started.is_set)
    gone = Reason.CORPUS_GONE(corpus=str(home.parent / "corpus"))
    assert [text for text in caplog.messages if text.startswith("skipped")] == [
        f"skipped corpus: {gone}"
    ]


def test_another_bot_over_the_same_index_answers_what_has_the_numbers_of_earlier_messages(
    home, tmp_path
):
    """Both count their updates and messages from the same numbers on."""
    home = copied(home, tmp_path)
    embedder = CostlyEmbedder()
    embedder.may.set()
    seen = []
    for token in (TOKEN, OTHER_TOKEN):
        settings = {"telegram_token": token}
        with FakeBotApi(token=token) as api, bot_over(home, embedder, api, **settings):
            api.say(api.person(1), FLOODED)
            answered(api, 1)
            seen.append([first_line(one) for one in api.messages(1)])
    assert seen == [[ANSWER]] * 2
