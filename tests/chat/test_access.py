import itertools
import re

import pytest

from bot.chat.texts import ENGLISH
from fake_bot_api import FakeBotApi
from telegram_bots import BotThread
from telegram_scene import (
    BRIDGE,
    BRIDGED,
    FLOODED,
    MARKET,
    SlowChat,
    answered,
    answers,
    copied,
    indexed,
    opened,
    said,
    texts,
)

pytestmark = pytest.mark.pace

EDITOR, ALLOWED, GROUP = 1, 2, -1_000_000_000_003
NUMBERS = itertools.count(100)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("access") / ".griot", MARKET, BRIDGE)


@pytest.fixture
def serving(home, tmp_path):
    """Starts a bot, with its own Telegram and index."""
    started, own = [], copied(home, tmp_path)

    def starting(model=None, **settings):
        api, library = FakeBotApi(), opened(own, model)
        for make in (
            lambda: api,
            lambda: library,
            lambda: BotThread(api, library, own, **settings),
        ):
            one = make()
            one.__enter__()
            started.append(one)
        return api

    yield starting
    for one in reversed(started):
        one.__exit__(None, None, None)


@pytest.fixture
def closed(serving):
    """A bot for an editor, a reader and a group, and the chat model that would write for it."""
    model = SlowChat("Nothing.", go=99)
    api = serving(model, telegram_admins={EDITOR}, telegram_allowed={ALLOWED, GROUP})
    return api, model


def invited(api, editor):
    """The code of a new invitation."""
    count = len(api.messages(editor.id))
    api.say(editor, "/invite")
    links = re.findall(r"https://t\.me/griot_bot\?(\w+)=(\S+)", said(api, editor.id, count + 1)[-1])
    (start, code), (in_group, same) = links
    assert (start, in_group, code) == ("start", "startgroup", same)
    return code


def test_a_stranger_gets_one_line_whatever_they_send_and_no_model_is_asked(closed):
    api, model = closed
    stranger, editor = api.person(50), api.person(EDITOR)
    code = invited(api, editor)
    question = api.say(stranger, FLOODED)
    for text in (
        "/help",
        "/startle me now",
        "/startпривет кто был там?",
        "/start",
        "/start guessed",
        "/start@other_bot",
        "/start@other_bot guessed",
    ):
        api.say(stranger, text)
    api.edit(stranger, question, BRIDGED)
    api.send(stranger, sticker={})
    inline = api.ask_inline(stranger, FLOODED)
    group = api.group(-1_000_000_000_099, members=[stranger])
    api.say(stranger, f"/ask@griot_bot {FLOODED}", chat=group)
    api.say(stranger, f"/start {code}")
    api.wait(lambda: ENGLISH.invited in texts(api, stranger.id))

    assert texts(api, stranger.id)[:2] == [ENGLISH.stranger, ENGLISH.invited]
    assert api.wait(lambda: api.answered(inline))["results"] == []
    assert api.messages(group) == []
    assert model.asked == []


def test_a_stranger_who_presses_a_button_is_told_so_once(closed):
    api, model = closed
    friend, stranger = api.person(ALLOWED), api.person(50)
    group = api.group(-1_000_000_000_098, members=[friend, stranger])
    api.say(friend, "/language@griot_bot", chat=group)
    said(api, group)
    button = (api.messages(group)[0].id, "Français")
    first, second = (api.press(stranger, *button, chat=group) for _ in range(2))
    told = api.wait(lambda: api.answered(first))
    api.say(stranger, FLOODED)
    api.say(friend, "/about")
    said(api, friend.id)

    assert (told["text"], told["show_alert"]) == (ENGLISH.stranger, True)
    assert (api.answered(second), texts(api, stranger.id)) == (None, [])
    assert texts(api, group) == [ENGLISH.choose_language]
    assert model.asked == []


def test_a_command_for_another_bot_is_no_reason_to_tell_a_stranger_anything(home, tmp_path):
    own = copied(home, tmp_path)
    with (
        FakeBotApi(privacy=False) as api,
        opened(own) as library,
        BotThread(api, library, own, telegram_allowed={ALLOWED}),
    ):
        stranger = api.person(50)
        group = api.group(-1_000_000_000_097, members=[stranger])
        for text in ("/ask@other_bot who?", "Hello"):
            api.say(stranger, text, chat=group)
        own_command = api.say(stranger, "/ask@griot_bot who?", chat=group)
        said(api, group)

    assert [(one.text, one.reply_to) for one in api.messages(group)] == [
        (ENGLISH.stranger, own_command)
    ]


def test_whoever_is_allowed_may_ask_and_so_may_all_of_a_group(closed):
    api, _ = closed
    friend, other = api.person(ALLOWED), api.person(60)
    group = api.group(GROUP, members=[other])
    api.say(friend, FLOODED)
    api.say(other, f"/ask@griot_bot {FLOODED}", chat=group)

    for chat in (friend.id, group):
        answered(api, chat)
    api.say(other, FLOODED)
    assert said(api, other.id) == [ENGLISH.stranger]


def test_an_invitation_lets_one_person_in_and_no_second_one(closed):
    api, _ = closed
    editor, guest, late, guesser = map(api.person, (EDITOR, 50, 51, 52))
    code = invited(api, editor)
    for person in (guest, late):
        api.say(person, f"/start {code}")
        said(api, person.id)
    for guess in ("guessed", "guessed\nagain", code):
        for person in (late, guesser):
            api.say(person, f"/start {guess}")
    for person in (late, guesser):
        api.say(person, f"/start {invited(api, editor)}")
        api.wait(lambda chat=person.id: ENGLISH.invited in texts(api, chat))
    api.say(guest, FLOODED)
    answered(api, guest.id)

    assert texts(api, guest.id)[0] == ENGLISH.invited
    assert texts(api, late.id)[:2] == [ENGLISH.invitation_used, ENGLISH.invited]
    assert texts(api, guesser.id)[:2] == [ENGLISH.invitation_unknown, ENGLISH.invited]


def test_an_editor_lets_a_group_in(closed):
    api, _ = closed
    editor, reader = api.person(EDITOR), api.person(50)
    group = api.group(-1_000_000_000_096, members=[editor, reader])
    code = invited(api, editor)
    api.say(editor, f"/start@griot_bot {code}", chat=group)
    said(api, group, 2)
    api.say(reader, f"/ask@griot_bot {FLOODED}", chat=group)
    answered(api, group)

    assert texts(api, group)[0] == ENGLISH.invited


# How much a person may ask


@pytest.mark.parametrize("unit", ["minute", "day"])
def test_a_limit_is_told_with_the_time_to_wait(serving, unit):
    api = serving(**{f"telegram_per_{unit}": 1})
    reader, other = api.person(50), api.person(51)
    for person in (reader, other):
        api.say(person, FLOODED)
        answered(api, person.id)
    api.say(reader, BRIDGED)
    told = said(api, reader.id, 2)[1]

    wait = {"minute": r"\d\d s", "day": "24 h"}[unit]
    assert re.fullmatch(rf"The limit is 1 question a {unit}\. Ask again in {wait}\.", told)


def test_one_question_waits_and_a_third_is_refused(serving):
    model = SlowChat("Nothing.")
    api = serving(model)
    reader = api.person(50)
    api.say(reader, FLOODED)
    api.wait(lambda: model.open == 1)
    api.say(reader, "Was Gao flooded?")
    api.wait(lambda: ENGLISH.queued in texts(api, reader.id))
    api.say(reader, "And what was flooded?")
    api.wait(lambda: ENGLISH.too_many in texts(api, reader.id))
    model.go = 99
    answered(api, reader.id, 2)

    assert len(api.messages(reader.id)) == 3
    assert texts(api, reader.id)[2] == ENGLISH.too_many


def test_stop_ends_what_is_written_and_what_waits_and_frees_the_model(serving):
    model = SlowChat("Nothing.")
    api = serving(model)
    reader, other = api.person(50), api.person(51)
    api.say(reader, FLOODED)
    api.wait(lambda: model.open == 1)
    api.say(reader, "Was Gao flooded?")
    api.wait(lambda: ENGLISH.queued in texts(api, reader.id))
    api.say(other, FLOODED)
    api.wait(lambda: model.open == 2)
    api.say(reader, "/stop")
    api.wait(lambda: texts(api, reader.id) == [ENGLISH.stopped] * 2)
    freed = model.open
    model.go = 99
    answered(api, other.id)

    assert (freed, model.open, len(model.asked)) == (1, 0, 2)
    assert answers(api, reader.id) == []
