"""The bot's work while it brings its index up to date."""

import json
import shutil
import threading
from contextlib import contextmanager

import pytest

from bot.progress import LoggedProgress
from chat.room import Room, first_line
from fake_embedder import FakeEmbedder
from newsroom import BRIDGE, BRIDGED, FLOODED, MARKET, WordReader, copied, indexed
from rag.library import Library
from rag.reading.answerer import Extractive
from rag.reasons import Reason
from spoken import ENGLISH

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
def room_over(home, embedder, **more):
    """A bot, which has not waited for its index."""
    with (
        Library.open(
            home,
            corpus=home.parent / "corpus",
            embedder=embedder,
            answerer=Extractive(WordReader()),
        ) as library,
        Room(library, home, wait=False, **more) as room,
    ):
        try:
            yield room
        finally:
            embedder.may.set()


def put(home, article):
    (home.parent / "corpus" / "later.json").write_text(json.dumps(article), "utf-8")


def test_the_bot_answers_from_what_is_indexed_while_it_indexes_what_is_costly(
    home, embedder, tmp_path
):
    """New articles are found when that is done, without another start."""
    home = copied(home, tmp_path)
    put(home, BRIDGE)
    with room_over(home, embedder) as room:
        assert embedder.begun.wait(30)
        room.say("1", FLOODED)
        room.answered("1")
        assert not room.bot.started.is_set()
        embedder.may.set()
        room.wait(room.bot.started.is_set)
        room.say("1", BRIDGED)
        assert [first_line(each) for each in room.answered("1", 2)] == [ANSWER, BRIDGE_ANSWER]


def test_a_question_to_the_first_index_waits_until_it_is_there(embedder, tmp_path):
    """It is not refused because nothing is indexed yet; the person sees that it is in work."""
    (tmp_path / "corpus").mkdir()
    put(tmp_path / "home", MARKET)
    with room_over(tmp_path / "home", embedder) as room:
        assert embedder.begun.wait(30)
        room.say("1", FLOODED)
        assert room.said("1") == [ENGLISH.searching]
        embedder.may.set()
        assert [first_line(each) for each in room.answered("1")] == [ANSWER]


def test_an_editor_is_heard_while_the_index_is_brought_up_to_date(home, embedder, tmp_path):
    """Their next message does not wait for it."""
    home = copied(home, tmp_path)
    embedder.may.set()
    with room_over(home, embedder, editors={"1"}) as room:
        room.wait(room.bot.started.is_set)
        embedder.may.clear()
        embedder.begun.clear()
        put(home, BRIDGE)
        room.say("1", "/reindex")
        assert embedder.begun.wait(30)
        room.say("1", "/new")
        assert room.said("1", 2) == [ENGLISH.reindexing, ENGLISH.new_conversation]
        embedder.may.set()
        room.wait(lambda: room.texts("1")[0] != ENGLISH.reindexing)


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
    with room_over(home, CostlyEmbedder()) as room:
        room.wait(room.bot.started.is_set)
    gone = Reason.CORPUS_GONE(corpus=str(home.parent / "corpus"))
    assert [text for text in caplog.messages if text.startswith("skipped")] == [
        f"skipped corpus: {gone}"
    ]
