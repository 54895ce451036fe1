import sqlite3
import threading

import httpx
import pytest

from desk import story
from fake_bot_api import TOKEN, Break, FakeBotApi, Garbage, Lose, Refuse
from fake_embedder import FakeEmbedder
from fake_reader import FakeReader
from rag.answer import Extractive
from rag.library import Library
from telegram_bots import BotProcess, BotThread

QUESTION = "What happened to the market of Gao?"
FLOODED = "was flooded on Monday"
ANSWER = f"""{FLOODED} [1]

[1] gao.txt · no date · Market of Gao
The market of Gao was flooded on Monday after a week of rain, the mayor said there."""
NOTE = "The connection failed while this answer was on its way. If it did not arrive:"
AGAIN = "Send it again"
REFUSED = (
    "griot: Telegram does not know GRIOT_TELEGRAM_TOKEN. Copy it once more from @BotFather, or "
    "have a new one made there with /token.\n"
)
OTHER_PROGRAM = (
    "another program fetches this bot's updates (Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running). Stop it, or give one of them a token of its "
    "own from @BotFather."
)
OTHER_TOKEN = "123456789:AAG-another_token_for_tests_9876543210"


class Reader(FakeReader):
    """Reads when it may."""

    def __init__(self, *phrases):
        super().__init__(*phrases)
        self.may = threading.Event()
        self.may.set()

    def read(self, question, passages):
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

    def group(self, *members, forum=False):
        self._people += 1
        return self.api.group(-self._people, members=members, forum=forum)

    def ask(self, person, text=QUESTION, **where):
        """Ask, and do not wait; in a group, by the command."""
        return self.api.say(person, f"/ask {text}" if where else text, **where)

    def texts(self, chat):
        return [one.text for one in self.api.messages(chat)]

    def sees(self, chat, *texts):
        """Wait until the bot's messages in a chat are these, with the buttons of the end."""
        self.api.wait(lambda: self.texts(chat) == [*texts])
        return self.api.messages(chat)

    def settled(self):
        """Wait until nothing is kept for another start."""
        self.api.wait(lambda: not self.pending())

    def pending(self):
        with sqlite3.connect(self._home / "catalog.sqlite") as opened:
            query = "SELECT count(*) FROM telegram_updates WHERE body IS NOT NULL"
            (count,) = opened.execute(query).fetchone()
        opened.close()
        return count

    def done(self, method, chat):
        """The statuses with which a method's calls for a chat ended, in order."""
        calls = [one for one in self.api.calls if one.method == method]
        return [one.status for one in calls if one.params.get("chat_id") == chat]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The bot at work over one article."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "gao.txt").write_text(f"Market of Gao\n\n{story('Gao')}\n", "utf-8")
    reader, home = Reader(FLOODED), folder / "home"
    with Library.open(
        home, corpus=folder / "corpus", embedder=FakeEmbedder(), answerer=Extractive(reader)
    ) as library:
        library.refresh()
        with FakeBotApi() as api, BotThread(api, library, home) as bot:
            yield House(api, bot, reader, home)


@pytest.fixture
def waiting(house):
    """The bot, whose answers wait until the test lets them be made."""
    house.reader.may.clear()
    yield house
    house.reader.may.set()


def slow_down(seconds):
    return Refuse(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


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


def test_an_edit_that_comes_too_fast_is_made_after_the_wait(house):
    """An edited question's answer takes the place of the one before, once."""
    person = house.person()
    asked = house.ask(person)
    before = house.sees(person.id, ANSWER)
    house.api.fail("editMessageText", slow_down(1), chat=person.id)
    house.api.edit(person, asked, QUESTION.replace("What", "And what"))
    house.api.wait(lambda: house.api.messages(person.id)[0].edits)
    assert house.done("editMessageText", person.id) == [429, 200]
    (after,) = house.sees(person.id, ANSWER)
    assert (after.id, after.buttons == before[0].buttons) == (before[0].id, False)


def test_a_send_that_may_have_arrived_is_only_made_again_on_request(house):
    """A note has a button that sends the answer once, however often it is pressed."""
    faults = ((Lose(), [ANSWER]), (Break(), []), (Garbage(), []))
    people = [(house.person(), *one) for one in faults]
    for person, fault, _ in people:
        house.api.fail("sendMessage", fault, chat=person.id)
        house.ask(person)
    for person, _, arrived in people:
        note = house.sees(person.id, *arrived, NOTE)[-1]
        assert [[one["text"] for one in row] for row in note.buttons] == [[AGAIN]]
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


def test_an_edit_that_may_have_been_made_is_made_again(house):
    """That does no harm, and nobody is told."""
    faults = (Lose(), Break(), Garbage(), Refuse(500, "Internal Server Error"))
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


def test_a_send_that_telegram_could_not_make_is_made_again(house):
    """A server's fault says that nothing was done."""
    person = house.person()
    house.api.fail("sendMessage", Refuse(500, "Internal Server Error"), chat=person.id)
    house.ask(person)
    house.sees(person.id, ANSWER)
    house.settled()
    assert house.done("sendMessage", person.id) == [500, 200]


def test_after_the_network_was_down_everything_is_answered_once(waiting):
    """What was in work, and what was written meanwhile; nothing is offered again."""
    people = [waiting.person() for _ in range(3)]
    waiting.ask(people[0])
    waiting.ask(people[1])
    waiting.api.wait(lambda: all(waiting.done("sendMessage", one.id) for one in people[:2]))
    waiting.api.down()
    waiting.ask(people[2])
    waiting.reader.may.set()
    waiting.api.wait(lambda: waiting.bot.bot.metrics.since_fetch() > 1)
    waiting.api.up()
    for person in people:
        waiting.sees(person.id, ANSWER)
    waiting.settled()


def test_who_blocks_the_bot_is_not_written_to_and_nobody_else_suffers(waiting):
    """The question is done with; who comes back is answered again."""
    person, other = waiting.person(), waiting.person()
    waiting.ask(person)
    waiting.ask(other)
    waiting.api.wait(lambda: waiting.texts(person.id))
    waiting.api.block(person)
    waiting.reader.may.set()
    waiting.sees(other.id, ANSWER)
    waiting.settled()
    calls = waiting.done("editMessageText", person.id)
    assert (calls[-1], waiting.done("editMessageText", person.id)) == (403, calls)
    waiting.api.unblock(person)
    waiting.ask(person)
    waiting.api.wait(lambda: waiting.texts(person.id)[1:] == [ANSWER])


def test_an_answer_is_sent_anew_where_its_message_was_deleted(waiting):
    """While it was made, and after."""
    person = waiting.person()
    asked = waiting.ask(person)
    first = waiting.api.wait(lambda: waiting.api.messages(person.id))[0]
    waiting.api.delete(person.id, first.id)
    waiting.reader.may.set()
    (second,) = waiting.sees(person.id, ANSWER)
    waiting.settled()
    waiting.api.delete(person.id, second.id)
    waiting.api.edit(person, asked, QUESTION.replace("What", "And what"))
    (third,) = waiting.sees(person.id, ANSWER)
    assert first.id < second.id < third.id
    waiting.settled()


def test_a_message_that_does_not_change_is_well(house):
    """The second thumb up says what the first one said, and both presses are answered."""
    person = house.person()
    house.ask(person)
    (answer,) = house.sees(person.id, ANSWER)
    (press,) = (
        one["callback_data"] for row in answer.buttons for one in row if "👍" in one["text"]
    )
    presses = [house.api.press(person, answer.id, press) for _ in range(2)]
    told = [house.api.wait(lambda press=press: house.api.answered(press)) for press in presses]
    house.settled()
    assert ([one["text"] for one in told], house.done("editMessageText", person.id)) == (
        ["Noted: a good answer."] * 2,
        [200, 400],
    )
    assert house.texts(person.id) == [ANSWER]


def test_a_group_that_becomes_a_supergroup_meanwhile_gets_its_answer_there(waiting):
    """Under its new number."""
    person = waiting.person()
    old = waiting.group(person)
    new = -1_000_000_000_000 + old
    waiting.ask(person, chat=old)
    waiting.api.wait(lambda: waiting.texts(old))
    waiting.api.migrate(old, new)
    waiting.reader.may.set()
    waiting.sees(new, ANSWER)
    waiting.settled()


def test_a_group_that_throws_the_bot_out_is_not_written_to(waiting):
    """The question is done with."""
    person, other = waiting.person(), waiting.person()
    group = waiting.group(person)
    waiting.ask(person, chat=group)
    waiting.ask(other)
    waiting.api.wait(lambda: waiting.texts(group))
    waiting.api.remove_bot(group, person)
    waiting.reader.may.set()
    waiting.sees(other.id, ANSWER)
    waiting.settled()
    assert waiting.done("editMessageText", group) == [403]


def test_a_chat_where_the_bot_may_not_write_is_let_be(house, caplog):
    """It is tried once, the question is done with, and that is no fault to log."""
    refusals = (
        "TOPIC_CLOSED",
        "message thread not found",
        "CHAT_WRITE_FORBIDDEN",
        "not enough rights to send text messages to the chat",
    )
    person = house.person()
    groups = [house.group(person, forum=True) for _ in refusals]
    for group, refusal in zip(groups, refusals, strict=True):
        house.api.fail("sendMessage", Refuse(400, f"Bad Request: {refusal}"), chat=group)
        house.ask(person, chat=group, thread=7)
        house.api.wait(lambda group=group: house.done("sendMessage", group))
        house.settled()
    assert [house.done("sendMessage", group) for group in groups] == [[400]] * len(groups)
    assert [one.message for one in caplog.records if one.levelname in {"WARNING", "ERROR"}] == []


def test_who_asks_when_all_goes_wrong_is_told_so_and_the_next_question_is_answered(house):
    """A refusal that nobody expected is logged, and said."""
    person = house.person()
    house.api.fail("sendMessage", Refuse(400, "Bad Request: unheard of"), chat=person.id)
    house.ask(person)
    house.sees(person.id, "This did not work. Try again in a moment.")
    house.settled()
    house.ask(person)
    house.api.wait(lambda: house.texts(person.id)[1:] == [ANSWER])


# From the start


@pytest.fixture
def telegram():
    """Telegram, where no bot is yet."""
    with FakeBotApi() as api:
        yield api


@pytest.fixture
def desk(tmp_path):
    """A folder with an article, for a process of the bot."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "gao.txt").write_text(f"Market of Gao\n\n{story('Gao')}\n", "utf-8")
    return tmp_path


def test_the_bot_comes_up_when_the_network_does(telegram, desk):
    """It says that it cannot reach Telegram, and goes on trying."""
    person = telegram.person(1)
    telegram.say(person, QUESTION)
    telegram.down()
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus").start(wait=False)
    telegram.wait(lambda: "Telegram cannot be reached" in bot.log)
    telegram.up()
    telegram.wait(lambda: telegram.messages(1))
    assert (bot.end(), len(telegram.messages(1))) == (0, 1)


@pytest.mark.parametrize("more", [(), ("--debug",)])
def test_a_wrong_token_ends_with_one_line(telegram, desk, more):
    """With status 1, without a traceback, and without the token."""
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus", telegram_token=OTHER_TOKEN)
    bot.start(*more, wait=False)
    assert (bot.ended(), bot.log[-len(REFUSED) :]) == (1, REFUSED)
    told = bot.log.removesuffix(REFUSED)
    expected = "" if not more else "Traceback (most recent call last):"
    assert (told.split("\n")[0], OTHER_TOKEN[10:22] in told) == (expected, False)


def test_a_token_that_is_revoked_ends_the_bot_and_loses_no_question(telegram, desk):
    """One line and status 1; with the new token, what was asked is answered once."""
    person = telegram.person(1)
    with BotProcess(telegram, desk / "home", corpus=desk / "corpus") as bot:
        telegram.revoke(OTHER_TOKEN)
        telegram.say(person, QUESTION)
        assert bot.ended() == 1
        assert [line for line in bot.log.splitlines() if " INFO " not in line] == [REFUSED.strip()]
    assert telegram.messages(1) == []
    settings = {"corpus": desk / "corpus", "telegram_token": OTHER_TOKEN}
    with BotProcess(telegram, desk / "home", **settings):
        telegram.wait(lambda: telegram.messages(1))
    assert len(telegram.messages(1)) == 1


def test_another_program_with_the_token_is_named_once_and_waited_for(telegram, desk):
    """Updates come again when it stops."""
    person = telegram.person(1)
    with BotProcess(telegram, desk / "home", corpus=desk / "corpus") as bot:
        for _ in range(2):
            telegram.wait(lambda: telegram.polling)
            updates = f"{telegram.url}/bot{TOKEN}/getUpdates"
            httpx.get(updates, params={"timeout": 0}, timeout=20)
        telegram.say(person, QUESTION)
        telegram.wait(lambda: telegram.messages(1))
        named = [line for line in bot.log.splitlines() if "another program" in line]
    assert [line.partition(" ERROR bot.telegram_bot.app: ")[2] for line in named] == [OTHER_PROGRAM]
