"""Presses of buttons: whose they are, and how many count."""

import itertools

import pytest

from bot.chat.allowance import FOR_EACH_QUESTION, MINUTE, Allowance
from bot.chat.store import DAY
from bot.chat.texts import ENGLISH
from fake_bot_api import FakeBotApi
from telegram_bots import BotThread
from telegram_scene import (
    BRIDGE,
    BRIDGED,
    FLOODED,
    MARKET,
    answered,
    copied,
    indexed,
    opened,
    record_of,
    texts,
)

NUMBERS = itertools.count(100)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("presses") / ".griot", MARKET, BRIDGE)


@pytest.fixture(scope="module")
def api():
    with FakeBotApi() as started:
        yield started


@pytest.fixture(scope="module")
def library(home, tmp_path_factory):
    with opened(copied(home, tmp_path_factory.mktemp("shared"))) as found:
        yield found


@pytest.fixture(scope="module")
def bot(api, library):
    with BotThread(api, library, library.home) as started:
        yield started


@pytest.fixture
def people(bot, api):
    return api.person(next(NUMBERS)), api.person(next(NUMBERS))


def asked(api, person, question=FLOODED, *, chat=None):
    """The answer to a question."""
    where, text = (chat, f"/ask@griot_bot {question}") if chat else (person.id, question)
    count = len(api.messages(where))
    api.say(person, text, chat=chat)
    api.wait(lambda: len(api.messages(where)) > count)
    return answered(api, where)[-1]


def told(api, query):
    return api.wait(lambda: api.answered(query))


@pytest.mark.parametrize("data", ["w:{}:0", "s:{}:0:1:0", "a:{}:0", "r:{}:0:0", "g:{}"])
def test_a_forged_press_shows_sends_and_rates_nothing_of_another_chat(api, people, library, data):
    asker, thief = people
    secret = record_of(library, asked(api, asker)).id
    own = asked(api, thief, BRIDGED)
    query = api.forge(thief, own.id, data.format(secret))

    assert (told(api, query)["text"], told(api, query)["show_alert"]) == (ENGLISH.not_kept, True)
    assert api.messages(thief.id) == [own]
    assert library.ratings() == ()


def test_a_forged_press_in_a_group_shows_nothing_of_a_private_chat(api, people, library):
    asker, thief = people
    group = api.group(-1_000_000_000_000 - next(NUMBERS), members=people)
    secret = record_of(library, asked(api, asker)).id
    public = asked(api, thief, BRIDGED, chat=group)
    query = api.forge(thief, public.id, f"s:{secret}:0:1:0", chat=group)

    assert told(api, query)["text"] == ENGLISH.not_kept
    assert api.messages(group) == [public]


def test_presses_and_inline_questions_have_an_allowance_of_their_own(home, tmp_path):
    own = copied(home, tmp_path)
    with FakeBotApi() as api, opened(own) as library:
        asker, typist = api.person(1), api.person(2)
        with BotThread(api, library, own, telegram_per_minute=1):
            answer = asked(api, asker)
            presses = [api.press(asker, answer.id, "👍") for _ in range(1 + FOR_EACH_QUESTION)]
            last = [told(api, query)["text"] for query in presses][-1]
            for _ in range(1 + FOR_EACH_QUESTION):
                typed = told(api, api.ask_inline(typist, FLOODED))

    limit = ENGLISH.press_limit.partition("{wait}")[0]
    assert last.startswith(limit)
    assert typed.get("results", []) == []
    assert typed["button"]["text"].startswith(ENGLISH.inline_limit.partition("{wait}")[0])
    assert texts(api, asker.id) == [api.messages(asker.id)[0].text]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_acts_count_for_a_minute_and_for_a_day():
    clock = Clock()
    allowance = Allowance(1, 2, clock=clock)
    taken = []
    for step in (0, 0, 0, 0, 0, 0, MINUTE, 0, 0, 0, 0, 0, MINUTE, DAY):
        clock.now += step
        taken.append(allowance.take(1))

    assert taken == [
        *[0.0] * 5,
        MINUTE,
        *[0.0] * 5,
        DAY - MINUTE,
        DAY - 2 * MINUTE,
        0.0,
    ]
    assert allowance.take(2) == 0.0
