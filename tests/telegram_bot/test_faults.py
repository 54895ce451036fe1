import sqlite3
import threading
from contextlib import contextmanager

import pytest

from fake_bot_api import Break, FakeBotApi, Garbage, Lose, Refuse
from fake_embedder import FakeEmbedder
from fake_reader import FakeReader
from rag.library import Library
from rag.reading.answerer import Extractive
from telegram_bot.bots import BotThread, one_article

pytestmark = pytest.mark.pace

QUESTION = "What happened to the market of Gao?"
FLOODED = "was flooded on Monday"
ANSWER = f"""{FLOODED} [1]

[1] Market of Gao
The market of Gao was flooded on Monday after a week of rain, the mayor said there."""
NOTE = "The connection failed while this answer was being sent. If it did not arrive:"
AGAIN = "Send it again"
SUPERGROUP = -1_000_000_000_777


class Reader(FakeReader):
    """Reads when it may."""

    def __init__(self, *phrases):
        super().__init__(*phrases)
        self.may = threading.Event()
        self.may.set()

    def read(self, question, passages, *, several=False):
        assert self.may.wait(30)
        return super().read(question, passages)


class House:
    """The bot at work, and the people that it meets."""

    def __init__(self, api, bot, reader, home):
        self.api = api
        self.bot = bot
        self.reader = reader
        self._home = home
        self._people = 0

    def person(self):
        """Somebody new."""
        self._people += 1
        return self.api.person(self._people)

    def group(self, *members):
        self._people += 1
        return self.api.group(-self._people, members=members)

    def ask(self, person, text=QUESTION, **where):
        """Ask, and do not wait; in a group, by the command."""
        return self.api.say(person, f"/ask {text}" if where else text, **where)

    def texts(self, chat):
        return [message.text for message in self.api.messages(chat)]

    def sees(self, chat, *texts):
        """Wait until the bot's messages in a chat are these, with the buttons of the end."""
        self.api.wait(lambda: self.texts(chat) == [*texts])
        return self.api.messages(chat)

    def settled(self):
        """Wait until nothing is kept for another start."""
        self.api.wait(lambda: not self.pending())

    def pending(self):
        with sqlite3.connect(self._home / "catalog.sqlite") as opened:
            query = "SELECT count(*) FROM chat_events WHERE body IS NOT NULL"
            (count,) = opened.execute(query).fetchone()
        opened.close()
        return count

    def done(self, method, chat):
        """The statuses with which a method's calls for a chat ended, in order."""
        calls = [call for call in self.api.calls if call.method == method]
        return [call.status for call in calls if call.params.get("chat_id") == chat]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The bot at work over one article."""
    folder = one_article(tmp_path_factory.mktemp("faults"))
    reader, home = Reader(FLOODED), folder / "home"
    with Library.open(
        home, corpus=folder / "corpus", embedder=FakeEmbedder(), answerer=Extractive(reader)
    ) as library:
        library.refresh()
        with FakeBotApi() as api, BotThread(api, library, home) as bot:
            yield House(api, bot, reader, home)


@contextmanager
def held(house):
    """Answers are not made meanwhile."""
    house.reader.may.clear()
    try:
        yield
    finally:
        house.reader.may.set()


def slow_down(seconds):
    return Refuse(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_a_send_that_comes_too_fast_is_made_after_the_wait_and_holds_up_nobody_else(house):
    """The other chat's answer is sent while the first one waits; each is sent once."""
    slow, quick = house.person(), house.person()
    house.api.fail("sendMessage", slow_down(4), chat=slow.id)
    house.ask(slow)
    house.api.wait(lambda: house.done("sendMessage", slow.id))
    house.ask(quick)
    house.sees(quick.id, ANSWER)
    assert house.done("sendMessage", slow.id) == [429]
    house.sees(slow.id, ANSWER)
    assert house.done("sendMessage", slow.id) == [429, 200]


def test_a_send_that_may_have_arrived_is_only_made_again_on_request(house):
    """A note has a button that sends the answer once, however often it is pressed."""
    faults = ((Lose(), [ANSWER]), (Break(), []), (Garbage(), []))
    people = [(house.person(), *fault) for fault in faults]
    for person, fault, _ in people:
        house.api.fail("sendMessage", fault, chat=person.id)
        house.ask(person)
    for person, _, arrived in people:
        note = house.sees(person.id, *arrived, NOTE)[-1]
        assert [[button["text"] for button in row] for row in note.buttons] == [[AGAIN]]
        presses = [house.api.press(person, note.id, AGAIN) for _ in range(2)]
        assert all(
            house.api.wait(lambda press=press: house.api.answered(press)) for press in presses
        )
    house.settled()
    for person, _, arrived in people:
        after = house.sees(person.id, *arrived, "Sent again.", ANSWER)
        assert after[-2].buttons == []


def test_in_a_group_only_the_asker_has_an_answer_sent_again(house):
    """Somebody else is told so, and the asker's press does it."""
    person, other = house.person(), house.person()
    group = house.group(person, other)
    house.api.fail("sendMessage", Break(), chat=group)
    house.ask(person, chat=group)
    (note,) = house.sees(group, NOTE)
    press = house.api.press(other, note.id, AGAIN, chat=group)
    assert house.api.wait(lambda: house.api.answered(press))["show_alert"]
    house.api.press(person, note.id, AGAIN, chat=group)
    house.sees(group, "Sent again.", ANSWER)


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_an_edit_that_fails_is_made_again(house):
    """Also where it may have been made: that does no harm, and nobody is told."""
    faults = (Lose(), Break(), Garbage(), Refuse(500, "Internal Server Error"), slow_down(1))
    people = [(house.person(), fault) for fault in faults]
    asked = [house.ask(person) for person, _ in people]
    before = [house.sees(person.id, ANSWER)[0] for person, _ in people]
    for (person, fault), message in zip(people, asked, strict=True):
        house.api.fail("editMessageText", fault, chat=person.id)
        house.api.edit(person, message, QUESTION.replace("What", "And what"))
    for (person, _), answer in zip(people, before, strict=True):
        house.api.wait(lambda chat=person.id: len(house.done("editMessageText", chat)) == 2)
        (after,) = house.sees(person.id, ANSWER)
        assert (after.id, after.buttons == answer.buttons) == (answer.id, False)
    house.settled()


def test_after_the_network_was_down_everything_is_answered_once(house, caplog):
    """Questions in work, and those written meanwhile, are answered; nothing is offered again."""
    people = [house.person() for _ in range(3)]
    with held(house):
        house.ask(people[0])
        house.ask(people[1])
        house.api.wait(lambda: all(house.done("sendMessage", person.id) for person in people[:2]))
        house.api.down()
        house.ask(people[2])
    house.api.wait(lambda: "updates cannot be fetched" in caplog.text)
    house.api.up()
    for person in people:
        house.sees(person.id, ANSWER)
    house.settled()


@pytest.fixture(scope="module")
def changed(house):
    """People and groups by what happened to them while their answers were made."""
    names = ("blocked", "deleted", "nothing")
    people = {name: house.person() for name in names}
    groups = {name: house.group(house.person()) for name in ("migrated", "kicked")}
    people |= {name: house.person() for name in groups}
    with held(house):
        asked = {name: house.ask(people[name]) for name in names}
        for name, group in groups.items():
            house.ask(people[name], chat=group)
        chats = {name: people[name].id for name in names} | groups
        house.api.wait(lambda: all(house.texts(chat) for chat in chats.values()))
        house.api.block(people["blocked"])
        (deleted,) = house.api.messages(chats["deleted"])
        house.api.delete(chats["deleted"], deleted.id)
        house.api.migrate(chats["migrated"], SUPERGROUP)
        house.api.remove_bot(chats["kicked"], house.person())
    house.settled()
    return chats, asked, people


def test_who_blocks_the_bot_or_throws_it_out_is_not_written_to(house, changed):
    """It is tried once, the question is done with, and nobody else suffers."""
    chats, *_ = changed
    house.sees(chats["nothing"], ANSWER)
    calls = [house.done("editMessageText", chats[name]) for name in ("blocked", "kicked")]
    assert calls == [[403], [403]]


def test_who_takes_the_bot_back_is_answered_again(house, changed):
    """Nothing of what was before comes late."""
    chats, _, people = changed
    house.api.unblock(people["blocked"])
    house.ask(people["blocked"])
    house.api.wait(lambda: house.texts(chats["blocked"])[1:] == [ANSWER])


def test_an_answer_is_sent_anew_where_its_message_was_deleted(house, changed):
    """While it was made, and after."""
    chats, asked, people = changed
    chat = chats["deleted"]
    (second,) = house.sees(chat, ANSWER)
    house.api.delete(chat, second.id)
    house.api.edit(people["deleted"], asked["deleted"], QUESTION.replace("What", "And what"))
    (third,) = house.sees(chat, ANSWER)
    assert third.id > second.id
    house.settled()


def test_a_group_that_becomes_a_supergroup_meanwhile_gets_its_answer_there(house, changed):
    """Under its new number, and once; its asker's presses change it, as before."""
    _, _, people = changed
    (answer,) = house.sees(SUPERGROUP, ANSWER)
    house.api.press(people["migrated"], answer.id, "Why", chat=SUPERGROUP)
    house.api.wait(lambda: house.texts(SUPERGROUP)[0].startswith("How this answer came about"))


def test_who_asks_when_all_goes_wrong_is_told_so_and_the_next_question_is_answered(house):
    """A refusal that nobody expected is logged, and said."""
    person = house.person()
    house.api.fail("sendMessage", Refuse(400, "Bad Request: unheard of"), chat=person.id)
    house.ask(person)
    house.sees(person.id, "This did not work. Try again in a moment.")
    house.settled()
    house.ask(person)
    house.api.wait(lambda: house.texts(person.id)[1:] == [ANSWER])
