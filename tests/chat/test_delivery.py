import asyncio

import pytest

from bot.chat.delivery import Delivery
from bot.chat.events import Sent
from bot.chat.messenger import NotDone, Uncertain, Unreachable
from bot.chat.post import line
from chat.fake_messenger import FakeMessenger

SENT = Sent("7", "5")


class Failing(FakeMessenger):
    """Raises its errors one after the other, and does what it is asked from then on."""

    def __init__(self, errors):
        super().__init__()
        self.errors = [*errors]

    def _fail(self):
        if self.errors:
            raise self.errors.pop(0)("a call")

    async def send(self, *_, **__):
        self._fail()
        return SENT

    async def edit(self, *_):
        self._fail()
        return True


def outcome(method, *errors):
    """The result of a call, the waits between its tries, and the notes of its way."""
    waits, noted = [], []

    async def sleep(seconds):
        waits.append(seconds)

    async def on_its_way(*, maybe):
        noted.append(maybe)

    delivery = Delivery(Failing(errors), sleep=sleep)
    calls = {
        "send": lambda: delivery.send("7", line("Hello."), on_its_way=on_its_way),
        "edit": lambda: delivery.edit(SENT, line("Hello.")),
        "say": lambda: delivery.say("7", line("Hello.")),
        "change": lambda: delivery.change(SENT, line("Hello.")),
    }
    try:
        result = asyncio.run(calls[method]())
    except (Unreachable, Uncertain) as error:
        result = type(error)
    return result, waits, noted


@pytest.mark.parametrize(
    ("method", "error", "expected"),
    [
        ("send", NotDone, (SENT, [1.0], [True, False, True])),
        ("edit", NotDone, (True, [1.0], [])),
        ("send", Uncertain, (Uncertain, [], [True])),
        ("edit", Uncertain, (True, [1.0], [])),
        ("send", Unreachable, (Unreachable, [], [True])),
        ("edit", Unreachable, (Unreachable, [], [])),
        ("say", NotDone, (SENT, [1.0], [])),
        ("say", Uncertain, (None, [], [])),
        ("say", Unreachable, (None, [], [])),
        ("change", Unreachable, (None, [], [])),
    ],
)
def test_a_call_is_made_again_where_that_helps_and_does_no_harm(method, error, expected):
    """A message that may have arrived is not sent a second time, and can be changed again."""
    assert outcome(method, error) == expected


def test_the_waits_grow_up_to_half_a_minute():
    waits = [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert outcome("send", *[NotDone] * 8) == (SENT, waits, [*[True, False] * 8, True])
