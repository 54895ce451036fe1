import asyncio
import gc
from collections import Counter
from contextlib import suppress

import pytest
from telegram.error import RetryAfter

from bot.telegram_bot.pace import HASTE, SLACK, TRIES, TURN, RateLimiter
from fake_bot_api.errors import Refuse
from fake_bot_api.flood import Flood
from virtual_time import now, run

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")


class Telegram:
    """Takes what keeps to the limits, and notes to which chat it went and when."""

    def __init__(self):
        self._flood = Flood(now)
        self._began = now()
        self.taken = []
        self.refused = 0
        self.refusals = {}

    async def send(self, chat):
        if self.refusals.get(chat):
            raise RetryAfter(self.refusals[chat].pop(0))
        try:
            self._flood.admit(chat, group=chat < 0)
        except Refuse as refusal:
            self.refused += 1
            raise RetryAfter(refusal.parameters["retry_after"]) from None
        self.taken.append((chat, round(now() - self._began, 2)))
        return True


def call(pace, telegram, chat, endpoint="sendMessage", **options):
    """A call by the library."""
    taken = options.get("taken")
    data = {"chat_id": chat}
    return pace.process_request(telegram.send, (chat,), {}, endpoint, data, TURN if taken else None)


async def many(*chats):
    """Send to all of these at once."""
    pace, telegram = RateLimiter(), Telegram()
    await asyncio.gather(*(call(pace, telegram, chat) for chat in chats))
    return telegram


def test_every_limit_is_kept_to_and_used_up():
    """Everything arrives in order, none is refused, and nothing waits longer than it has to."""
    one, group, many_chats, crowd = (
        run(many(*chats))
        for chats in (
            [1] * 8,
            [-1] * 80,
            range(1, 301),
            [*list(range(1, 40)) * 3, *[-1, -2, -3] * 25],
        )
    )
    assert [each.refused for each in (one, group, many_chats, crowd)] == [0] * 4
    assert one.taken == [(1, round(1.05 * each, 2)) for each in range(8)]
    times = [when for _, when in group.taken]
    assert max(sum(start <= when < start + 60 for when in times) for start in times) == 19
    assert len(many_chats.taken) == 300
    assert max(when for _, when in many_chats.taken) < 11
    assert len(crowd.taken) == 192


def test_a_chats_second_is_not_forgotten_while_it_counts():
    """Also where nobody holds it and the memory is tidied meanwhile; afterwards it is."""

    async def paced():
        pace = RateLimiter()
        turns = []
        for wait in (0.0, 0.5, 0.3, 0.3):
            await asyncio.sleep(wait)
            gc.collect()
            turns.append(await pace.turn_now(1))
        kept = len(pace._seconds)  # noqa: SLF001 - that nothing piles up is seen nowhere else
        await asyncio.sleep(5)
        gc.collect()
        return turns, kept, len(pace._seconds)  # noqa: SLF001

    assert run(paced()) == ([True, False, False, True], 1, 0)


def test_a_turn_that_can_be_left_out_waits_for_none():
    """It is given at once or not at all, whatever else goes on."""

    async def hasty():
        pace, telegram = RateLimiter(), Telegram()
        others = [asyncio.create_task(call(pace, telegram, chat)) for chat in (1, *range(2, 200))]
        await asyncio.sleep(0)
        waited, given = [], Counter()
        for chat in [*[1] * 20, *range(300, 400)]:
            began = now()
            given[await pace.turn_now(chat)] += 1
            waited.append(now() - began)
            await asyncio.sleep(0.01)
        await asyncio.gather(*others)
        return max(waited), telegram.refused, given[False] > 100

    longest, *rest = run(hasty())
    assert (longest <= HASTE + 0.001, rest) == (True, [0, True])


def test_two_that_want_the_same_turn_do_not_wait_for_each_other():
    """One of them is told that there is none."""

    async def both():
        pace = RateLimiter()
        await pace.turn(2)
        began = now()
        turns = await asyncio.gather(pace.turn_now(1), pace.turn_now(1))
        return sorted(turns), now() - began <= HASTE + 0.001

    assert run(both()) == ([False, True], True)


def test_only_the_chat_that_has_to_wait_does():
    """As long as Telegram asked; what comes meanwhile waits behind it, other chats do not."""

    async def refused():
        pace, telegram = RateLimiter(), Telegram()
        telegram.refusals[1] = [7]
        first = asyncio.create_task(call(pace, telegram, 1))
        await asyncio.sleep(0.5)
        second = asyncio.create_task(call(pace, telegram, 1))
        turn = await pace.turn_now(1)
        await call(pace, telegram, 2)
        await asyncio.gather(first, second)
        return turn, telegram.taken

    wait = round(7 + SLACK, 2)
    turn, taken = run(refused())
    assert (turn, taken[0]) == (False, (2, 0.5))
    assert [chat for chat, _ in taken[1:]] == [1, 1]
    assert wait <= taken[1][1] < wait + 1.1
    assert taken[2][1] - taken[1][1] >= 1


def test_a_call_is_given_up_when_it_is_refused_again_and_again():
    """The error is the caller's to decide about."""

    async def refused():
        pace, telegram = RateLimiter(), Telegram()
        telegram.refusals[1] = [1] * 20
        with suppress(RetryAfter):
            await call(pace, telegram, 1)
        return 20 - len(telegram.refusals[1])

    assert run(refused()) == TRIES


def test_a_turn_that_was_taken_before_is_not_waited_for_again():
    """The call is made at once; what comes after it waits."""

    async def taken():
        pace, telegram = RateLimiter(), Telegram()
        await pace.turn(1)
        await call(pace, telegram, 1, taken=True)
        await call(pace, telegram, 1)
        return telegram.taken

    assert run(taken()) == [(1, 0.0), (1, 1.05)]


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("sendChatAction", {"chat_id": 1}),
        ("sendMessageDraft", {"chat_id": 1}),
        ("deleteMessage", {"chat_id": 1}),
        ("answerCallbackQuery", {}),
    ],
)
def test_what_telegram_does_not_count_is_not_paced(endpoint, data):
    """It is done between two messages, and a refusal is the caller's to decide about."""

    async def unpaced():
        pace, telegram = RateLimiter(), Telegram()
        told = []

        async def done(answer):
            told.append(round(now() - began, 2))
            if answer:
                raise answer
            return True

        began = now()
        await call(pace, telegram, 1)
        for answer in (None, None, RetryAfter(3)):
            with suppress(RetryAfter):
                await pace.process_request(done, (answer,), {}, endpoint, data, None)
        return told

    assert run(unpaced()) == [0.0, 0.0, 0.0]
