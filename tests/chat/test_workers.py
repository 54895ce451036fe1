"""Several workers of one bot: an event is handled by one of them, a chat's in their order."""

import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing

import pytest

from bot.chat.events import Written
from bot.chat.store import TRIES, Asked, Store
from chat.fake_messenger import FakeMessenger
from chat.room import Room
from engines import schema
from fake_library import FakeLibrary, kept
from rag.index.postgres import connect

pytestmark = pytest.mark.engines

BOT = "100"


@pytest.fixture
def place(cluster):
    return schema(cluster)


@pytest.fixture
def workers(place):
    """Two workers' stores."""
    with closing(Store(place, bot=BOT)) as one, closing(Store(place, bot=BOT)) as other:
        yield one, other


def claimed(store, seconds=40.0):
    """What a worker takes over, once the servers' start is long enough ago."""
    deadline = time.monotonic() + seconds
    while not (found := store.claim()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_an_event_is_taken_by_one_worker(workers):
    """Whichever it comes to first; it comes to both where the messenger brings it again."""
    one, other = workers
    assert [one.take("1", "one", "7"), other.take("1", "one", "7")] == [True, False]
    assert (one.claim(), other.claim()) == ((), ())


def test_a_chats_events_go_to_the_worker_that_has_one_in_work(workers):
    """Other chats' do not; nor do the chat's own once all are settled."""
    one, other = workers
    taken = [one.take("1", "one", "7"), other.take("2", "two", "7"), other.take("3", "three", "8")]
    assert (taken, one.claim(), one.claim(), other.claim()) == (
        [True, False, True],
        (("2", "two"),),
        (),
        (),
    )
    one.settle("1")
    one.settle("2")
    assert other.take("4", "four", "7")


def asked(store):
    store.ask(Asked(chat="7", message="10", thread="", event="1", person="7"))


def answered(store):
    asked(store)
    question = store.asked("7", "10")
    store.send(question, on_its_way=True)
    store.answered(question, "aaaaaa", None)


@pytest.mark.parametrize("step", [lambda _: None, asked, answered])
def test_what_a_worker_had_in_work_goes_to_another_one(place, step):
    """Once, wherever it ended, with what is known of it; those that come meanwhile go along."""
    with closing(Store(place, bot=BOT)) as other, closing(Store(place, bot=BOT)) as third:
        with closing(Store(place, bot=BOT)) as one:
            one.take("1", "one", "7")
            step(one)
            before = one.asked("7", "10")
        third.take("2", "two", "7")
        assert claimed(other) == (("1", "one"), ("2", "two"))
        assert third.claim() == ()
        assert other.asked("7", "10") == before


def test_a_worker_whose_connection_is_lost_keeps_what_it_has(place, cluster):
    """It connects anew, with the next look at what others left to it."""
    with closing(Store(place, bot=BOT)) as one, closing(Store(place, bot=BOT)) as other:
        with closing(Store(place, bot=BOT)) as ended:
            ended.take("1", "one", "7")
        assert claimed(other) == (("1", "one"),)
        one.take("2", "two", "8")
        with closing(connect(cluster.url())) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND objsubid = 2 AND objid::bigint IN "
                f"(SELECT worker FROM {place.url.rpartition('%3D')[2]}.chat_events WHERE id = '2')"
            )
        assert (other.claim(), one.claim()) == ((), ())
        time.sleep(1.2)
        assert other.claim() == ()


def test_a_worker_whose_machine_fails_is_noticed_soon(place):
    """By the server, which asks a quiet connection whether somebody is there."""
    with closing(connect(place.url)) as connection:
        told = [
            int(connection.execute(f"SHOW tcp_keepalives_{name}").fetchall()[0][0])
            for name in ("idle", "interval", "count")
        ]
    assert told[0] + told[1] * told[2] <= 30


def test_an_event_that_ended_each_worker_is_given_up(place):
    with closing(Store(place, bot=BOT)) as first:
        first.take("1", "deadly", "7")
    tried = 0
    with closing(Store(place, bot=BOT)) as watching:
        while True:
            with closing(Store(place, bot=BOT)) as store:
                if not claimed(store, 20.0 if not tried else 2.0):
                    break
                tried += 1
        assert (tried, watching.claim()) == (TRIES, ())


KILLED = """
import sys
from bot.chat.store import Store
from rag.index.tables import Server
store = Store(Server(sys.argv[1]), bot="100")
store.take("1", "one", "7")
print("taken", flush=True)
sys.stdin.read()
"""


def test_a_worker_that_is_killed_is_noticed(place):
    """By a signal that no process sees coming."""
    command = [sys.executable, "-c", KILLED, place.url]
    with (
        closing(Store(place, bot=BOT)) as other,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker,
    ):
        assert worker.stdout.readline() == b"taken\n"
        assert other.claim() == ()
        worker.kill()
        assert claimed(other) == (("1", "one"),)


class Counting(FakeLibrary):
    """Answers, and keeps in which order the questions of each chat were asked."""

    def __init__(self):
        super().__init__()
        self.asked, self._own = [], threading.Lock()

    is_searchable = True

    def last_found(self):
        return 0

    def newest(self, limit):
        return ()

    async def stream(self, question, *, history=()):
        with self._own:
            self.asked.append(question)
            answer = kept(id=f"a{len(self.asked)}", question=question)
        yield answer


@pytest.mark.parametrize("chats", [40])
def test_two_workers_answer_every_question_once_and_in_order(place, chats):
    """Though each question of a chat comes to another one of them."""
    library, messenger = Counting(), FakeMessenger()
    with ExitStack() as rooms:
        both = [rooms.enter_context(Room(library, place, messenger=messenger)) for _ in range(2)]
        for number in range(2):
            for chat in range(chats):
                both[(chat + number) % 2].give(
                    Written, str(chat), text=f"{chat}: what happened, {number}?"
                )
        for chat in range(chats):
            both[0].answered(str(chat), 2)
    told = {str(chat): [] for chat in range(chats)}
    for question in library.asked:
        told[question.partition(":")[0]].append(question)
    assert told == {
        chat: [f"{chat}: what happened, {number}?" for number in range(2)] for chat in told
    }
    assert {len(both[0].answers(chat)) for chat in told} == {2}
