import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.telegram_bot.polling import Polling
from rag.errors import IndexDamaged
from virtual_time import now, run

ADDRESS = "https://api.example/bot1:A"


class Over(Exception):
    """Nothing further is told."""


@dataclass
class FakeRequest:
    """Answers in turn, and raises what is an error; keeps when it was asked, and from where on."""

    replies: list[object]
    asked: list[tuple[float, int]] = field(default_factory=list)

    async def post(self, url):
        self.asked.append((round(now() - 1000), int(parse_qs(urlsplit(url).query)["offset"][0])))
        if not self.replies:
            raise Over
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def polled(*replies, take=None):
    """The requests, the updates taken, and the failures counted, until the replies run out."""
    request, taken, failed, heard = FakeRequest([*replies]), [], [], []

    async def kept(update):
        taken.append(update["update_id"])

    async def main():
        polling = Polling(
            request,
            ADDRESS,
            take or kept,
            fetched=lambda: heard.append(now()),
            failed=failed.append,
        )
        with pytest.raises(Over):
            await polling.run()

    run(main())
    return request.asked, taken, [type(error).__name__ for error in failed], len(heard)


def updates(*numbers):
    return [{"update_id": number} for number in numbers]


def test_each_update_is_confirmed_when_it_was_taken():
    """The next request names the first number that is not."""
    asked, taken, failed, heard = polled(updates(7, 8), [], updates(9))
    assert [offset for _, offset in asked] == [0, 9, 9, 10]
    assert (taken, failed, heard) == ([7, 8, 9], [], 3)


def test_while_nothing_can_be_fetched_the_waits_grow_and_begin_anew_after_an_answer(caplog):
    """Each reason is logged once until there is an answer."""
    down = [NetworkError("down")] * 7
    asked, _, failed, _ = polled(*down, [], NetworkError("down"))
    assert [when for when, _ in asked] == [0, 1, 3, 7, 15, 31, 61, 91, 91, 92]
    assert (failed, caplog.messages) == (
        ["NetworkError"] * 8,
        ["updates cannot be fetched (down); trying again"] * 2,
    )


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_telegram_is_left_alone_as_long_as_it_asks():
    asked, _, failed, _ = polled(RetryAfter(17), [])
    assert ([when for when, _ in asked], failed) == ([0, 17, 17], ["RetryAfter"])


def test_another_program_with_the_token_is_named(caplog):
    _, _, failed, _ = polled(Conflict("Conflict: terminated"), Conflict("Conflict: terminated"))
    assert (failed, caplog.messages) == (
        ["Conflict"] * 2,
        [
            (
                "another program fetches this bot's updates (Conflict: terminated). Stop it, or "
                "give one of them a token of its own from @BotFather."
            )
        ],
    )


@pytest.mark.parametrize("reply", [True, {"update_id": 1}, [{}], [{"update_id": "1"}], [1], None])
def test_what_is_no_list_of_updates_is_not_taken_and_not_asked_for_at_once(reply):
    """Nothing of it could be confirmed."""
    asked, taken, failed, _ = polled(reply, updates(1))
    assert ([when for when, _ in asked], taken, failed) == ([0, 1, 1], [1], ["TelegramError"])


def test_a_reply_without_a_result_is_no_list_either():
    assert polled(KeyError("result"))[2] == ["TelegramError"]


@pytest.mark.parametrize("error", [InvalidToken("no"), IndexDamaged("no")])
def test_what_cannot_be_waited_out_ends_it(error):
    """A token that is refused, and whatever the updates' taker raises."""

    async def refused(_):
        raise error

    async def main():
        replies = [error] if isinstance(error, TelegramError) else [updates(1)]
        polling = Polling(
            FakeRequest(replies), ADDRESS, refused, fetched=object, failed=lambda _: None
        )
        with pytest.raises(type(error)):
            await polling.run()

    asyncio.run(main())
