import asyncio
from types import SimpleNamespace

from bot.chat.buttons import SendAgain
from bot.chat.delivery import Delivery
from bot.chat.messenger import Uncertain
from bot.chat.post import line, text_of
from bot.chat.queue import Request
from bot.chat.reply import LiveReply
from bot.chat.store import Asked
from bot.service.health import Health
from bot.service.patience import Patience
from chat.fake_messenger import FakeMessenger
from spoken import ENGLISH
from virtual_time import run

ASKED = Asked(chat="1", message="2", thread="", event="3", person="1", answer="aaaaaa")
LONG = 30.0  # seconds, which take no time here


class Messenger(FakeMessenger):
    """Of what it sends, so many are not heard of again."""

    lost = 0

    async def send(self, chat, post, **where):
        sent = await super().send(chat, post, **where)
        if self.lost:
            self.lost -= 1
            raise Uncertain("a message may not have arrived")
        return sent


class FakeStore:
    def replied(self, reply, asked):
        pass

    def unreplied(self, reply):
        pass

    def send(self, asked, *, on_its_way):
        pass

    def asked(self, chat, message):
        return ASKED


class Chat:
    """A chat in which replies are shown."""

    def __init__(self, lost=0):
        self.messenger = Messenger()
        self.messenger.lost = lost
        self._services = SimpleNamespace(
            messenger=self.messenger,
            delivery=Delivery(self.messenger),
            store=FakeStore(),
            patiently=Patience(Health()),
        )

    def reply(self, *, private=True, after=None, asked=ASKED):
        request = Request(
            chat="1",
            message="2",
            person="1",
            text="Who?",
            event="3",
            language="en",
            private=private,
        )
        return LiveReply(request, asked, services=self._services, after=after)

    @property
    def seen(self):
        """Each message with what it said before."""
        return [(shown.text, shown.edits) for shown in self.messenger.shown["1"]]


async def shown(reply, *texts):
    for text in texts:
        reply.show(line(text))
        await asyncio.sleep(LONG)


def played(chat, **how):
    """A reply whose work is shown as "a" and "b", and that ends with "c" and "d"."""

    async def main():
        reply = chat.reply(**how)
        await shown(reply, "a", "b", "b")
        await reply.finish((line("c"), line("d")))

    run(main())
    return chat.seen


def test_what_is_shown_changes_and_the_end_takes_its_place():
    assert played(Chat()) == [("c", ["a", "b", "b"]), ("d", [])]


def test_a_group_is_shown_the_first_stage_alone():
    assert played(Chat(), private=False) == [("c", ["a"]), ("d", [])]


def test_a_sign_of_work_that_may_be_there_or_not_is_not_given_twice():
    """Only the end of it follows, as messages of its own."""
    assert played(Chat(lost=1)) == [("a", []), ("c", []), ("d", [])]


def test_a_part_of_the_end_that_may_not_have_arrived_is_offered_again():
    chat = Chat()

    async def main():
        reply = chat.reply()
        chat.messenger.lost = 1
        await reply.finish((line("c"),))

    run(main())
    _, note = chat.messenger.shown["1"]
    assert text_of(note.post.runs) == ENGLISH.uncertain
    assert [button.press for (button,) in note.post.rows] == [SendAgain("aaaaaa")]


def test_a_queued_question_says_nothing_above_the_answer_before_it():
    """Its first message is only sent when that one is there."""
    chat = Chat()

    async def main():
        first = chat.reply()
        second = chat.reply(after=first)
        await shown(second, "queued")
        before = chat.seen
        await first.finish((line("first"),))
        await asyncio.sleep(LONG)
        await second.finish((line("second"),))
        return before

    assert run(main()) == []
    assert chat.seen == [("first", []), ("second", ["queued"])]
