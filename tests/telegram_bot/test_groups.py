import itertools
from contextlib import closing

import pytest

from bot.chat.store import Store
from bot.chat.texts import ENGLISH, FRENCH
from fake_bot_api import FakeBotApi
from rag.index.sqlite_catalog import FILE
from telegram_bots import BOT, BotThread
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
    record_of,
    said,
    texts,
)

pytestmark = pytest.mark.pace

NUMBERS = itertools.count(1)
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("groups") / ".griot", MARKET, BRIDGE)


@pytest.fixture(scope="module")
def library(home, tmp_path_factory):
    with opened(copied(home, tmp_path_factory.mktemp("shared"))) as found:
        yield found


@pytest.fixture(scope="module")
def api():
    with FakeBotApi() as started:
        yield started


@pytest.fixture(scope="module")
def bot(api, library):
    with BotThread(api, library, library.home) as started:
        yield started


@pytest.fixture(scope="module")
def seeing(home, tmp_path_factory):
    """A bot of which privacy mode hides nothing."""
    own = copied(home, tmp_path_factory.mktemp("seeing"))
    with (
        FakeBotApi(privacy=False) as api,
        opened(own) as library,
        BotThread(api, library, own),
    ):
        yield api


@pytest.fixture
def people(bot, api):
    """Two people in a group of theirs."""
    return meeting(api)


def meeting(api, **more):
    number = next(NUMBERS)
    people = (api.person(10_000 + number), api.person(20_000 + number))
    return *people, api.group(-1_000_000_010_000 - number, members=people, **more)


def first_line(message):
    return message.text.partition("\n")[0]


def test_the_command_with_the_bots_name_is_answered_by_a_reply(api, people):
    asker, _, group = people
    question = api.say(asker, f"/ask@griot_bot {FLOODED}", chat=group)
    [answer] = answered(api, group)

    assert (first_line(answer), answer.reply_to) == ("on Monday [1]", question)


def test_what_is_said_to_others_or_to_nobody_is_not_answered(seeing):
    asker, other, group = meeting(seeing)
    seeing.say(other, "The bridge is open.", chat=group)
    for text in (f"/ask@other_bot {FLOODED}", FLOODED, f"@griot_bots {FLOODED}", "/unheard_of"):
        seeing.say(asker, text, chat=group)
    seeing.say(asker, f"/ask@Griot_Bot {BRIDGED}", chat=group)
    [answer] = answered(seeing, group)

    assert first_line(answer) == "Governor Sira Traore [1]"
    assert len(seeing.messages(group)) == 1


def test_a_mention_is_answered_where_the_bot_may_read_it(seeing):
    asker, other, group = meeting(seeing)
    seeing.say(asker, f"@griot_bot {FLOODED}", chat=group)
    answered(seeing, group)
    said_by_other = seeing.say(other, BRIDGED, chat=group)
    seeing.say(asker, "@griot_bot", chat=group, reply_to=said_by_other)

    lines = [first_line(one) for one in answered(seeing, group, 2)]
    assert lines == ["on Monday [1]", "Governor Sira Traore [1]"]


def test_a_reply_by_somebody_else_is_a_follow_up_to_that_answer(api, people, library):
    asker, other, group = people
    for count, question in enumerate((BRIDGED, FLOODED), 1):
        api.say(asker, f"/ask@griot_bot {question}", chat=group)
        found = answered(api, group, count)
    api.say(other, "and in July?", chat=group, reply_to=found[0].id)
    found = answered(api, group, 3)

    assert record_of(library, found[2]).standalone_question == "Who crossed the bridge, in July?"


def test_each_topic_has_its_own_conversation_and_is_answered_in_itself(api, bot, library):
    asker, _, group = meeting(api, forum=True)
    for thread, question in ((5, BRIDGED), (6, FLOODED), (5, "and in July?")):
        count = len(answers(api, group))
        api.say(asker, f"/ask@griot_bot {question}", chat=group, thread=thread)
        found = answered(api, group, count + 1)

    assert [one.thread for one in found] == [5, 6, 5]
    assert record_of(library, found[2]).standalone_question == "Who crossed the bridge, in July?"


def test_an_example_that_is_pressed_in_a_topic_is_answered_there(api, bot):
    asker, _, group = meeting(api, forum=True)
    api.say(asker, "/start@griot_bot", chat=group, thread=5)
    said(api, group)
    message = api.messages(group)[0]
    api.press(asker, message.id, message.buttons[0][0]["text"], chat=group)
    answered(api, group)

    assert {one.thread for one in api.messages(group)} == {5}


def test_only_the_askers_presses_count_and_others_are_told_something(api, people, library):
    asker, other, group = people
    api.say(asker, f"/ask@griot_bot {FLOODED}", chat=group)
    [answer] = answered(api, group)
    pressed = [
        api.press(other, answer.id, button, chat=group)
        for button in ("Why", "[1] Niger Courier", "👍")
    ]
    told = [api.wait(lambda query=query: api.answered(query)) for query in pressed]
    untouched = api.messages(group)[0]
    own = api.press(asker, answer.id, "Why", chat=group)
    api.wait(lambda: texts(api, group)[0].startswith(ENGLISH.why_head))

    assert [(one["text"], one.get("show_alert", False)) for one in told] == [
        (ENGLISH.not_yours, True),
        (
            f"[1] Niger Courier, 2 June 2025: “{FLOOD}”",
            True,
        ),
        (ENGLISH.not_yours, True),
    ]
    assert library.ratings() == ()
    assert untouched == answer
    assert "text" not in api.answered(own)


def test_a_group_is_shown_one_status_and_then_the_answer(home, tmp_path):
    own, model = copied(home, tmp_path), SlowChat("Nothing.")
    with FakeBotApi() as api, opened(own, model) as library, BotThread(api, library, own):
        asker, _, group = meeting(api)
        api.say(asker, f"/ask@griot_bot {FLOODED}", chat=group)
        [status] = said(api, group)
        model.go = 2
        api.wait(lambda: model.open == 1)
        model.go = 99
        [answer] = answered(api, group)

    assert status in {"Searching…", "Reading 2 articles…", "Writing…"}
    assert answer.edits == [status]
    assert [one.status for one in api.calls if one.method == "editMessageText"] == [200]


# Being added, and moving


def test_a_group_is_told_how_to_ask_when_mentions_are_hidden(api, bot):
    asker, _, group = meeting(api)
    api.add_bot(group, asker)

    assert said(api, group) == [ENGLISH.group_mentions_hidden.format(bot="griot_bot")]


def test_a_group_is_told_how_to_ask_when_mentions_are_seen(seeing):
    asker, _, group = meeting(seeing)
    seeing.add_bot(group, asker)

    assert said(seeing, group) == [ENGLISH.group_mentions_seen.format(bot="griot_bot")]


def test_a_bot_that_is_thrown_out_says_nothing_and_serves_the_others(api, people, bot):
    asker, _, group = people
    api.remove_bot(group, asker)
    api.say(asker, FLOODED)
    answered(api, asker.id)

    assert api.messages(group) == []


def test_a_group_that_becomes_a_supergroup_keeps_its_language_and_its_access(home, tmp_path):
    own, group, moved = copied(home, tmp_path), -77, -1_000_000_000_077
    with (
        FakeBotApi() as api,
        opened(own) as library,
        closing(Store(own / FILE, bot=BOT)) as store,
    ):
        asker = api.person(1)
        api.group(group, members=[asker])
        with BotThread(api, library, own, telegram_allowed={group}):
            api.say(asker, "/language@griot_bot", chat=group)
            said(api, group)
            api.press(asker, api.messages(group)[0].id, "Français", chat=group)
            api.wait(lambda: texts(api, group) == [FRENCH.language_chosen])
            api.migrate(group, moved)
            api.wait(lambda: moved in store.guests())
            api.say(asker, "/new@griot_bot", chat=moved)
            said(api, moved)

    assert texts(api, moved) == [FRENCH.new_conversation]


# Inline


@pytest.mark.parametrize(
    ("query", "titles", "button"),
    [
        (
            FLOODED,
            ["The market of Gao was flooded on Monday after a week of rain, Mayor…"],
            ENGLISH.inline_ask,
        ),
        ("Who won the World Cup?", [], ENGLISH.inline_none),
        ("", [], ENGLISH.inline_ask),
    ],
)
def test_an_inline_question_gives_a_result_for_each_cited_sentence(
    api, people, query, titles, button
):
    name = api.ask_inline(people[0], query)
    told = api.wait(lambda: api.answered(name))

    assert [one["title"] for one in told.get("results", [])] == titles
    assert told["button"] == {"text": button, "start_parameter": "inline"}
    assert told["is_personal"]


def test_what_an_inline_result_sends_is_the_quote_and_where_it_is_from(api, people):
    name = api.ask_inline(people[0], FLOODED)
    [result] = api.wait(lambda: api.answered(name))["results"]

    content = result["input_message_content"]
    assert content["message_text"].startswith(
        "<blockquote expandable>The market of Gao was flooded on Monday after a week of rain, "
        "Mayor Aminata Diallo said.</blockquote>\n"
        'Niger Courier · 2 June 2025 · <a href="https://courier.example/gao-flood#:~:text='
    )
    assert content["link_preview_options"] == {"is_disabled": True}


def test_only_the_last_of_what_somebody_types_is_looked_up(api, people):
    queries = [api.ask_inline(people[0], FLOODED[:length]) for length in (4, 8, len(FLOODED))]
    api.wait(lambda: api.answered(queries[-1]))

    assert [api.answered(one) is None for one in queries] == [True, True, False]
