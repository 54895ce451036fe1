import asyncio
from dataclasses import dataclass, field

from bot.chat.desk import Question
from bot.chat.health import Health
from bot.chat.patience import Patience
from bot.chat.store import Asked
from bot.chat.texts import ENGLISH
from bot.telegram_bot.delivery import Uncertain
from bot.telegram_bot.messages import line
from bot.telegram_bot.reply import Drafts, Reply
from virtual_time import run

ASKED = Asked(chat=1, message=2, thread=0, update=3, person=1)
LONG = 30.0  # seconds, which take no time here


def question(message=2, *, private=True):
    return Question(
        chat=1, message=message, person=1, text="Who?", update=3, language="en", private=private
    )


@dataclass
class FakeDelivery:
    """Takes everything at once; of what is sent, so many are not heard of again."""

    lost: int = 0
    sent: list[str] = field(default_factory=list)
    edited: list[tuple[int, str]] = field(default_factory=list)

    def number(self, chat):
        return chat

    async def turn_now(self, chat):
        return True

    async def turn(self, chat):
        pass

    async def typing(self, chat, thread):
        pass

    async def send(self, chat, message, **where):
        self.sent.append(message.html)
        if self.lost:
            self.lost -= 1
            raise Uncertain("a message may not have arrived")
        return 100 + len(self.sent)

    async def edit(self, chat, number, message):
        self.edited.append((number, message.html))
        return True


class FakeStore:
    def replied(self, chat, reply, asked, *, asked_in):
        pass

    def send(self, chat, asked, *, on_its_way):
        pass


def reply(delivery, asked=None, after=None):
    return Reply(
        asked or question(),
        ASKED,
        delivery=delivery,
        store=FakeStore(),
        patiently=Patience(Health()),
        texts=ENGLISH,
        drafts=Drafts(on=False),
        after=after,
    )


async def shown(one, *texts):
    for text in texts:
        one.show(text)
        await asyncio.sleep(LONG)


def test_what_is_shown_changes_and_the_end_takes_its_place():
    delivery = FakeDelivery()

    async def main():
        one = reply(delivery)
        await shown(one, "a", "b", "b")
        await one.finish((line("c"), line("d")))

    run(main())
    assert delivery.sent == ["a", "d"]
    assert delivery.edited == [(101, "b"), (101, "b"), (101, "c")]


def test_a_group_is_shown_the_first_stage_alone():
    delivery = FakeDelivery()

    async def main():
        one = reply(delivery, question(private=False))
        await shown(one, "a", "b")
        await one.finish((line("c"),))

    run(main())
    assert (delivery.sent, delivery.edited) == (["a"], [(101, "c")])


def test_a_sign_of_work_that_may_be_there_or_not_is_not_given_twice():
    """Only the end of it follows, as a message of its own."""
    delivery = FakeDelivery(lost=1)

    async def main():
        one = reply(delivery)
        await shown(one, "a", "b")
        await one.finish((line("c"),))

    run(main())
    assert (delivery.sent, delivery.edited) == (["a", "c"], [])


def test_a_queued_question_says_nothing_above_the_answer_before_it():
    """Its first message is only sent when that one is there."""
    delivery = FakeDelivery()

    async def main():
        first = reply(delivery)
        second = reply(delivery, question(3), after=first)
        await shown(second, "queued")
        before = [*delivery.sent]
        await first.finish((line("first"),))
        await asyncio.sleep(LONG)
        await second.finish((line("second"),))
        return before

    assert run(main()) == []
    assert delivery.sent == ["first", "queued"]
    assert delivery.edited == [(102, "second")]
