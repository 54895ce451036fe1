"""Telegram's own part of a conversation; the rest is tested in tests/chat/."""

import itertools
import json

import pytest

from bot.chat.access import FOR_EACH_QUESTION
from bot.texts import EDITOR, GROUP, READER
from fake_bot_api import FakeBotApi, Refuse, Stall
from fake_chat import named
from newsroom import BRIDGE, BRIDGED, FLOODED, MARKET, SlowChat, copied, indexed, opened
from spoken import ENGLISH, FRENCH, LANGUAGES
from telegram_bot.bots import BotThread
from telegram_bot.scene import answered, labels, said, texts

pytestmark = pytest.mark.pace

NUMBERS = itertools.count(1000)
OTHER_TOKEN = "987654321:AAG-another_bot_for_tests_0123456789abcde"
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."
AT = (
    "https://courier.example/gao-flood#:~:text="
    "The%20market%20of%20Gao,Mayor%20Aminata%20Diallo%20said."
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("bot") / ".griot", MARKET, BRIDGE)


@pytest.fixture(scope="module")
def api():
    """A Bot API whose bot reads everything that is written in groups."""
    with FakeBotApi(privacy=False) as started:
        yield started


@pytest.fixture(scope="module")
def bot(api, home, tmp_path_factory):
    own = copied(home, tmp_path_factory.mktemp("shared"))
    with opened(own) as library, BotThread(api, library, own) as started:
        yield started


@pytest.fixture
def reader(bot, api):
    """Somebody new, who can ask the bot that answers by its reader."""
    return api.person(next(NUMBERS))


@pytest.fixture
def group(api, reader):
    return api.group(-1_000_000_000_000 - next(NUMBERS), members=[reader], forum=True)


@pytest.fixture
def serving(home, tmp_path):
    """Starts a bot of its own, whose answers a chat model may write."""
    started, own = [], copied(home, tmp_path)

    def starting(model=None, *, api=None, **settings):
        api, library = api or FakeBotApi(), opened(own, model)
        bot = BotThread(api, library, own, **settings)
        started.extend(each.__enter__() for each in (api, library, bot))
        return api

    yield starting
    for each in reversed(started):
        each.__exit__(None, None, None)


def done(api, chat, *methods):
    """The calls of these methods that were made in a chat."""
    return [
        call for call in api.calls if call.method in methods and call.params.get("chat_id") == chat
    ]


def flood_told(request):
    return f"{FLOOD} [{named(request, 'was flooded')}]"


def first_line(message):
    return message.text.partition("\n")[0]


def test_an_answer_is_html_without_previews(api, reader):
    """Where an article has no address, its file's name is code and nothing is linked."""
    for count, question in enumerate((FLOODED, f"/ask {BRIDGED}"), 1):
        api.say(reader, question)
        found = answered(api, reader.id, count)
    assert [message.html for message in found] == [
        (
            f'on Monday <a href="{AT}">[1]</a>\n\n'
            f'[1] <a href="{AT}">Flood in Gao</a> · Niger Courier · 2 June 2025\n'
            f"<blockquote expandable>{FLOOD}</blockquote>"
        ),
        (
            "Governor Sira Traore [1]\n\n"
            "[1] <b>A bridge for Mopti</b> · 20 June 2025\n"
            "<blockquote expandable>Mopti opened its new bridge on Friday, and Governor Sira "
            "Traore crossed it first.</blockquote>"
        ),
    ]
    assert [message.previews_off for message in found] == [True, True]
    assert labels(found[0]) == [["[1]", "Why", "👍", "👎"]]
    actions = {call.params["action"] for call in done(api, reader.id, "sendChatAction")}
    assert actions == {"typing"}


def test_a_press_is_answered_and_changes_the_message(api, reader):
    api.say(reader, "/language")
    said(api, reader.id)
    [message] = api.messages(reader.id)
    query = api.press(reader, message.id, "Français")
    api.wait(lambda: texts(api, reader.id) == [FRENCH.language_chosen])
    forged = api.forge(reader, answer_to(api, reader).id, "w:22222222:0")
    told = api.wait(lambda: api.answered(forged))

    assert "text" not in api.answered(query)
    assert (told["text"], told["show_alert"]) == (FRENCH.not_kept, True)


def answer_to(api, person, question=FLOODED, count=1):
    """The answer to a question."""
    api.say(person, question)
    return answered(api, person.id, count)[-1]


@pytest.mark.parametrize(
    "sent",
    [{"sticker": {}}, {"voice": {}}, {"document": {}}, {"photo": [], "caption": FLOODED}],
    ids=["sticker", "voice", "file", "photo"],
)
def test_what_is_not_text_is_answered_with_what_works(api, reader, sent):
    api.send(reader, **sent)
    assert said(api, reader.id) == [ENGLISH.not_text]


def test_what_a_model_writes_is_never_taken_for_markup(serving):
    hostile = (
        '<b>bold</b> </blockquote> **stars** `code` <a href="https://evil.example">x</a> &lt; '
        "\u202eright to left\x07 [1](https://evil.example) 👩‍🚀 "
    )
    model = SlowChat(lambda request: hostile + flood_told(request), pieces=4, go=3)
    api = serving(model)
    reader = api.person(1)
    api.say(reader, FLOODED)
    api.wait(lambda: "</blockquote>" in "".join(texts(api, 1)))
    streamed = api.messages(1)[0]
    model.go = 99
    answered(api, 1)

    assert streamed.text.startswith("<b>bold</b> </blockquote>")
    assert {entity["type"] for entity in streamed.entities} <= {"italic"}
    assert {call.status for call in done(api, 1, "sendMessage", "editMessageText")} == {200}


# Drafts


def test_drafts_are_shown_where_they_are_wanted_and_ended_by_a_real_message(serving):
    model = SlowChat(flood_told, go=2)
    api = serving(model, telegram_drafts=True)
    api.say(api.person(1), FLOODED)
    drafts = api.wait(lambda: [draft for draft in api.drafts(1) if "The market" in draft])
    before = api.messages(1)
    model.go = 99
    [message] = answered(api, 1)

    assert before == []
    assert FLOOD.startswith(drafts[0])
    assert (len(api.messages(1)), message.edits) == (1, [])


def test_the_first_draft_that_is_refused_is_the_last(serving):
    model = SlowChat(flood_told, go=2)
    api = serving(model, telegram_drafts=True)
    reader, another = api.person(1), api.person(2)
    api.fail("sendMessageDraft", Stall(4), chat=2)
    api.fail("sendMessageDraft", Refuse(400, "Bad Request: TEXTDRAFT_PEER_INVALID"), chat=1)
    api.say(another, FLOODED)
    api.wait(lambda: api.drafts(2))
    api.say(reader, FLOODED)
    api.wait(lambda: "The market" in "".join(texts(api, 1)))
    model.go = 99
    for person in (another, reader):
        answered(api, person.id)
    model.go = 2
    api.say(another, "Was Gao flooded?")
    api.wait(lambda: len(texts(api, 2)) == 2 or len(api.drafts(2)) > 1)
    model.go = 99
    answered(api, 2, 2)

    assert len([call for call in api.calls if call.method == "sendMessageDraft"]) == 2


# Menus and editors


def test_menus_are_set_for_each_kind_of_chat_in_each_language(serving):
    """An editor who is unknown to Telegram yet gets theirs when they first write."""
    api = FakeBotApi()
    known = api.person(7)
    api.say(known, "hello")
    serving(api=api, telegram_admins={7, 8})
    api.wait(lambda: len(api.commands) == 3 * (1 + len(LANGUAGES)))
    new = api.person(8)
    for count in (1, 2):
        api.say(new, "/about")
        said(api, 8, count)
        api.wait(lambda: len(api.commands) == 4 * (1 + len(LANGUAGES)))
        menus = len([call for call in api.calls if call.method == "setMyCommands"])

    scopes = {
        '{"type": "all_private_chats"}': READER,
        '{"type": "all_group_chats"}': GROUP,
        '{"chat_id": 7, "type": "chat"}': (*READER, *EDITOR),
        '{"chat_id": 8, "type": "chat"}': (*READER, *EDITOR),
    }
    assert api.commands == {
        (scope, code): [{"command": name, "description": words.commands[name]} for name in names]
        for scope, names in scopes.items()
        for code, words in [("", ENGLISH), *LANGUAGES.items()]
    }
    assert menus == len(api.commands) + 1, "one that Telegram refused, and none twice"


def test_an_editors_file_is_downloaded_and_an_invitation_has_two_links(serving):
    api = serving(telegram_admins={1})
    editor = api.person(1)
    record = {"title": "Millet", "text": MARKET["text"].replace("Gao", "Segou")}
    api.send(editor, document=api.file("millet.json", json.dumps(record).encode()))
    large = api.file("large.txt", b"-") | {"file_size": 30 * 2**20}
    api.send(editor, document=large)
    api.say(editor, "/invite")
    added, too_large, invitation = sorted(said(api, 1, 3))

    assert (added, too_large) == (
        "Added: Millet",
        "This file is too large. A bot can read files up to 20 MB.",
    )
    assert "https://t.me/griot_bot?start=" in invitation
    assert "https://t.me/griot_bot?startgroup=" in invitation


# Groups


def test_in_a_group_the_bot_answers_its_own_commands_mentions_and_replies(api, reader, group):
    other = api.person(next(NUMBERS))
    for text in ("/ask@other_bot who?", FLOODED, f"@griot_bots {FLOODED}", "/unheard_of"):
        api.say(reader, text, chat=group)
    quoted = api.say(other, BRIDGED, chat=group)
    lines = []
    for text, reply_to in (
        (f"/ask@Griot_Bot {BRIDGED}", None),
        (f"@griot_bot {FLOODED}", None),
        ("@griot_bot", quoted),
    ):
        question = api.say(reader, text, chat=group, reply_to=reply_to)
        answer = answered(api, group, len(lines) + 1)[-1]
        assert answer.reply_to == question
        lines.append(first_line(answer))
    api.say(other, "and in July?", chat=group, reply_to=answer.id)
    answered(api, group, 4)

    assert lines == ["Governor Sira Traore [1]", "on Monday [1]", "Governor Sira Traore [1]"]
    assert len(api.messages(group)) == 4


def test_a_group_is_told_how_to_ask_when_the_bot_is_added(api, reader, group, serving):
    """By whether privacy mode hides mentions; thrown out, the bot says nothing there."""
    api.add_bot(group, reader)
    seen = said(api, group)
    api.remove_bot(group, reader)
    answer_to(api, reader)
    private = serving()
    private.add_bot(private.group(-7), private.person(1, language="fr"))

    assert (seen, texts(api, group)) == ([ENGLISH.mentions_seen.format(bot="griot_bot")], seen)
    assert said(private, -7) == [FRENCH.mentions_hidden.format(bot="griot_bot")]


# Inline


@pytest.mark.parametrize(
    ("query", "titles", "button"),
    [
        (
            FLOODED,
            ["The market of Gao was flooded on Monday after a week of rain, Mayor…"],
            ENGLISH.inline_ask,
        ),
        ("Who won the World Cup?", [], "The articles do not say."),
        ("", [], ENGLISH.inline_ask),
    ],
)
def test_an_inline_question_gives_a_result_for_each_cited_sentence(
    api, reader, query, titles, button
):
    told = inline(api, reader, query)
    assert [result["title"] for result in told.get("results", [])] == titles
    assert told["button"] == {"text": button, "start_parameter": "inline"}
    assert told["is_personal"]


def inline(api, person, query):
    name = api.ask_inline(person, query)
    return api.wait(lambda: api.answered(name))


def test_only_the_last_of_what_somebody_types_is_looked_up(api, reader):
    queries = [api.ask_inline(reader, FLOODED[:length]) for length in (4, 8, len(FLOODED))]
    api.wait(lambda: api.answered(queries[-1]))
    assert [api.answered(query) is None for query in queries] == [True, True, False]


def test_inline_questions_have_an_allowance_and_are_for_those_who_are_let_in(serving):
    api = serving(telegram_per_minute=1, telegram_allowed={1})
    reader, stranger = api.person(1), api.person(2)
    told = [inline(api, reader, FLOODED) for _ in range(1 + FOR_EACH_QUESTION)]
    refused = inline(api, stranger, FLOODED)

    assert [len(each.get("results", [])) for each in told] == [1] * FOR_EACH_QUESTION + [0]
    assert told[-1]["button"]["text"].startswith(ENGLISH.inline_limit.partition("{wait}")[0])
    assert (refused.get("results", []), "button" in refused) == ([], False)
