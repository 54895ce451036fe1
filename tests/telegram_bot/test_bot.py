import itertools
import json

import pytest

from bot.chat.desk import MOST
from bot.chat.texts import EDITOR, ENGLISH, FRENCH, GROUP, LANGUAGES, READER, RUSSIAN
from fake_bot_api import FakeBotApi, Refuse, Stall
from fake_chat import named
from rag.reasons import Reason
from telegram_bots import BotThread
from telegram_scene import (
    BRIDGE,
    BRIDGED,
    FLOODED,
    MARKET,
    UNKNOWN,
    SlowChat,
    answered,
    answers,
    copied,
    indexed,
    labels,
    opened,
    record_of,
    said,
    texts,
)

pytestmark = pytest.mark.pace

NUMBERS = itertools.count(1000)
EXAMPLES = ["What did Governor Sira Traore do?", "What did Mayor Aminata Diallo do?"]
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."
MOVED = "Traders moved their goods to the school of Gao, and nobody was hurt in the town."


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("bot") / ".griot", MARKET, BRIDGE)


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
def reader(bot, api):
    """Somebody new, who can ask the bot that answers by its reader."""
    return api.person(next(NUMBERS))


@pytest.fixture
def modelled(home, tmp_path):
    """Starts a bot of its own whose answers a chat model writes."""
    started, own = [], copied(home, tmp_path)

    def starting(model, **settings):
        api, library = FakeBotApi(), opened(own, model)
        started.extend(one.__enter__() for one in (api, library))
        started.append(BotThread(api, library, own, **settings).__enter__())
        return api, api.person(next(NUMBERS))

    yield starting
    for one in reversed(started):
        one.__exit__(None, None, None)


def flood_told(request):
    """Two sentences of the market, each with its mark."""
    flood, moved = (named(request, words) for words in ("was flooded", "to the school"))
    return f"{FLOOD} [{flood}] {MOVED} [{moved}]"


def done(api, chat, *methods):
    """The calls of these methods that were done in a chat."""
    return [one for one in api.calls if one.method in methods and one.params.get("chat_id") == chat]


# How it begins


def test_start_says_in_three_lines_what_the_bot_knows_with_questions_to_try(api, reader):
    api.say(reader, "/start")
    said(api, reader.id)

    [message] = api.messages(reader.id)
    assert message.text.split("\n") == [
        "I know 2 articles, from 2 June 2025 to 20 June 2025.",
        "I answer from them alone, and show the words that each sentence rests on.",
        "Send a question, or try one of these:",
    ]
    assert sorted(labels(message)) == [[one] for one in EXAMPLES]
    assert message.previews_off


def test_an_example_that_is_pressed_is_shown_and_answered(api, reader, library):
    api.say(reader, "/start")
    said(api, reader.id)
    query = api.press(reader, api.messages(reader.id)[0].id, EXAMPLES[1])
    [answer] = answered(api, reader.id)

    assert texts(api, reader.id)[1] == EXAMPLES[1]
    assert answer.text.startswith("Mayor Aminata Diallo [1]\n")
    assert record_of(library, answer).question == EXAMPLES[1]
    assert api.answered(query) is not None


@pytest.mark.parametrize("spoken", [ENGLISH, FRENCH, RUSSIAN], ids=LANGUAGES)
def test_commands_are_answered_in_the_language_of_the_person(api, bot, spoken):
    wanted = {
        "/help": spoken.help,
        "/ask": spoken.ask_what,
        "/new": spoken.new_conversation,
        "/stop": spoken.nothing_to_stop,
        "/language": spoken.choose_language,
        "/unheard_of": spoken.help,
    }
    readers = {name: api.person(next(NUMBERS), language=spoken.code) for name in wanted}
    for command, person in readers.items():
        api.say(person, command)
    told = {command: said(api, person.id) for command, person in readers.items()}

    assert told == {command: [text] for command, text in wanted.items()}


def test_about_tells_the_ids_that_settings_name(api, reader):
    api.say(reader, "/about")

    ids = ENGLISH.ids.format(person=reader.id, chat=reader.id)
    assert said(api, reader.id) == [f"{ENGLISH.about}\n\n{ids}"]


def test_sources_lists_the_articles_the_newest_first_and_links_what_has_an_address(api, reader):
    api.say(reader, "/sources")
    said(api, reader.id)

    [message] = api.messages(reader.id)
    assert message.html == (
        "<code>article-1.json#1</code> · 20 June 2025 · <b>A bridge for Mopti</b>\n"
        'Niger Courier · 2 June 2025 · <a href="https://courier.example/gao-flood">'
        "Flood in Gao</a>"
    )


def test_a_language_that_was_chosen_is_kept_after_a_restart(home, tmp_path):
    home = copied(home, tmp_path)
    with FakeBotApi() as api, opened(home) as library:
        reader = api.person(next(NUMBERS))
        with BotThread(api, library, home):
            api.say(reader, "/language")
            said(api, reader.id)
            message = api.messages(reader.id)[0]
            query = api.press(reader, message.id, "Français")
            api.wait(lambda: texts(api, reader.id) == [FRENCH.language_chosen])
        with BotThread(api, library, home):
            api.say(reader, "/new")
            said(api, reader.id, 2)

    assert labels(message) == [["English", "Français", "Русский"]]
    assert texts(api, reader.id) == [FRENCH.language_chosen, FRENCH.new_conversation]
    assert api.answered(query) is not None


def test_commands_are_registered_for_each_kind_of_chat_in_each_language(home, tmp_path):
    home = copied(home, tmp_path)
    with FakeBotApi() as api, opened(home) as library:
        editor = api.person(7)
        api.say(editor, "hello")
        with BotThread(api, library, home, telegram_admins={editor.id}):
            api.wait(lambda: len(api.commands) == 3 * (1 + len(LANGUAGES)))

    scopes = {
        '{"type": "all_private_chats"}': READER,
        '{"type": "all_group_chats"}': GROUP,
        '{"chat_id": 7, "type": "chat"}': (*READER, *EDITOR),
    }
    assert api.commands == {
        (scope, code): [{"command": name, "description": words.commands[name]} for name in names]
        for scope, names in scopes.items()
        for code, words in [("", ENGLISH), *LANGUAGES.items()]
    }
    assert [json.loads(one) for one in scopes]


def test_an_editor_gets_the_menu_when_they_first_write(home, tmp_path):
    home = copied(home, tmp_path)
    scope = '{"chat_id": 7, "type": "chat"}'
    with FakeBotApi() as api, opened(home) as library:
        editor = api.person(7)
        with BotThread(api, library, home, telegram_admins={editor.id}):
            api.wait(lambda: len(api.commands) == 2 * (1 + len(LANGUAGES)))
            api.say(editor, "/about")
            api.wait(lambda: all((scope, code) in api.commands for code in ("", *LANGUAGES)))
            count = len(done(api, editor.id, "sendMessage"))
            menus = len([one for one in api.calls if one.method == "setMyCommands"])
            api.say(editor, "/about")
            said(api, editor.id, count + 1)
            again = len([one for one in api.calls if one.method == "setMyCommands"])

    assert [one["command"] for one in api.commands[scope, "ru"]] == [*READER, *EDITOR]
    assert menus == again


# An answer


def test_an_answer_has_its_source_with_a_link_to_the_very_words(api, reader):
    api.say(reader, FLOODED)
    [answer] = answered(api, reader.id)

    address = (
        "https://courier.example/gao-flood#:~:text="
        "The%20market%20of%20Gao,Mayor%20Aminata%20Diallo%20said."
    )
    assert answer.html == (
        f'on Monday <a href="{address}">[1]</a>\n'
        "\n"
        f'[1] Niger Courier · 2 June 2025 · <a href="{address}">Flood in Gao</a>\n'
        f"<blockquote expandable>{FLOOD}</blockquote>"
    )
    assert labels(answer) == [["[1] Niger Courier"], ["Why", "👍", "👎"]]
    assert answer.previews_off


def test_an_article_without_an_address_has_no_link(api, reader):
    api.say(reader, BRIDGED)
    [answer] = answered(api, reader.id)

    assert answer.html == (
        "Governor Sira Traore [1]\n"
        "\n"
        "[1] <code>article-1.json#1</code> · 20 June 2025 · <b>A bridge for Mopti</b>\n"
        "<blockquote expandable>Mopti opened its new bridge on Friday, and Governor Sira Traore "
        "crossed it first.</blockquote>"
    )


def test_what_the_articles_do_not_say_is_refused_without_a_mark(api, reader):
    api.say(reader, UNKNOWN)
    [answer] = answered(api, reader.id)

    assert answer.text.startswith(f"{ENGLISH.worded(Reason.NOT_SAID())}\n\n{ENGLISH.closest}\n")
    assert "[1]" not in answer.text
    assert labels(answer) == [["Why", "👍", "👎"]]


def test_the_command_asks_as_plain_text_does(api, reader):
    api.say(reader, f"/ask {FLOODED}")

    assert answered(api, reader.id)[0].text.startswith("on Monday [1]\n")


def test_text_is_streamed_by_edits_and_a_mark_comes_when_it_is_verified(modelled):
    model = SlowChat(flood_told, pieces=20)
    api, reader = modelled(model)
    api.say(reader, FLOODED)
    for go, words in ((6, "The market"), (14, "Traders"), (99, "👍")):
        model.go = go
        shown = (lambda: answers(api, reader.id)) if words == "👍" else None
        api.wait(shown or (lambda words=words: words in "".join(texts(api, reader.id))))

    [message] = api.messages(reader.id)
    streamed = [one for one in message.edits if "market" in one]
    assert len(streamed) >= 2
    assert [one for one in streamed if not f"{FLOOD} [1] {MOVED} [2]".startswith(one)] == []
    assert message.text.startswith(f"{FLOOD} [1] {MOVED} [2]\n\n[1] Niger Courier")
    actions = done(api, reader.id, "sendChatAction")
    assert {one.params["action"] for one in actions} == {"typing"}


def test_a_mark_that_nothing_verified_is_never_shown(modelled):
    def told(request):
        made_up = "The Wagner Group flooded it [1] in 1999 [2][zz99], experts say."
        return f"{FLOOD} [{named(request, 'was flooded')}] {made_up} [{named(request, 'millet')}]"

    model = SlowChat(told, pieces=8, go=6)
    api, reader = modelled(model)
    api.say(reader, FLOODED)
    api.wait(lambda: "Wagner" in "".join(texts(api, reader.id)))
    model.go = 99
    [message] = answered(api, reader.id)

    assert message.text.startswith(f"{FLOOD} [1]\n\n[1] Niger Courier")
    assert "A sentence was left out" in message.text
    marked = [one.replace(f"{FLOOD} [1]", "") for one in [*message.edits, message.text]]
    assert [one for one in marked[:-1] if "[" in one] == []
    assert "Wagner" not in message.text


def test_what_a_model_writes_is_never_taken_for_markup(modelled):
    hostile = (
        '<b>bold</b> </blockquote> **stars** `code` <a href="https://evil.example">x</a> &lt; '
        "\u202eright to left\x07 [1](https://evil.example) 👩‍🚀 "
    )

    def told(request):
        return f"{hostile}{FLOOD} [{named(request, 'was flooded')}]"

    model = SlowChat(told, pieces=4, go=3)
    api, reader = modelled(model)
    api.say(reader, FLOODED)
    api.wait(lambda: "</blockquote>" in "".join(texts(api, reader.id)))
    streamed = api.messages(reader.id)[0]
    model.go = 99
    answered(api, reader.id)

    assert streamed.text.startswith("<b>bold</b> </blockquote>")
    assert {one["type"] for one in streamed.entities} <= {"italic"}
    assert {one.status for one in done(api, reader.id, "sendMessage", "editMessageText")} == {200}


# Drafts


def test_drafts_are_shown_where_they_are_wanted_and_ended_by_a_real_message(modelled):
    model = SlowChat(flood_told, go=2)
    api, reader = modelled(model, telegram_drafts=True)
    api.say(reader, FLOODED)
    drafts = api.wait(lambda: [one for one in api.drafts(reader.id) if "The market" in one])
    before = api.messages(reader.id)
    model.go = 99
    [message] = answered(api, reader.id)

    assert before == []
    assert FLOOD.startswith(drafts[0])
    assert (len(api.messages(reader.id)), message.edits) == (1, [])


def test_the_first_draft_that_is_refused_is_the_last(modelled):
    model = SlowChat(flood_told, go=2)
    api, reader = modelled(model, telegram_drafts=True)
    another = api.person(next(NUMBERS))
    api.fail("sendMessageDraft", Stall(2), chat=another.id)
    api.fail("sendMessageDraft", Refuse(400, "Bad Request: TEXTDRAFT_PEER_INVALID"), chat=reader.id)
    for one in (another, reader):
        api.say(one, FLOODED)
    api.wait(lambda: "The market" in "".join(texts(api, reader.id)))
    model.go = 99
    for one in (another, reader):
        answered(api, one.id)
    model.go = 2
    api.say(another, "Was Gao flooded?")
    api.wait(lambda: "The market" in texts(api, another.id)[-1][:10])
    model.go = 99
    answered(api, another.id, 2)

    assert len([one for one in api.calls if one.method == "sendMessageDraft"]) == 2


# Conversations


def test_a_follow_up_leans_on_the_question_before(api, reader, library):
    for count, question in enumerate((BRIDGED, "and in Gao?"), 1):
        api.say(reader, question)
        found = answered(api, reader.id, count)

    assert record_of(library, found[1]).standalone_question == "Who crossed the bridge, in Gao?"


def test_a_reply_is_a_follow_up_to_the_answer_that_it_replies_to(api, reader, library):
    for count, question in enumerate((BRIDGED, FLOODED), 1):
        api.say(reader, question)
        found = answered(api, reader.id, count)
    api.say(reader, "and in July?", reply_to=found[0].id)
    found = answered(api, reader.id, 3)

    assert record_of(library, found[2]).standalone_question == "Who crossed the bridge, in July?"


def test_a_conversation_that_is_forgotten_is_not_leant_on(api, reader, library):
    api.say(reader, BRIDGED)
    answered(api, reader.id)
    api.say(reader, "/new")
    api.wait(lambda: ENGLISH.new_conversation in texts(api, reader.id))
    api.say(reader, "and in July?")
    found = answered(api, reader.id, 2)

    assert record_of(library, found[1]).standalone_question == "and in July?"


# Edited questions


def test_an_edited_question_is_answered_anew_in_its_place(api, reader, library):
    question = api.say(reader, FLOODED)
    [before] = answered(api, reader.id)
    api.edit(reader, question, BRIDGED)
    api.wait(lambda: "Governor" in texts(api, reader.id)[0])

    [after] = api.messages(reader.id)
    assert (after.id, after.text.partition("\n")[0]) == (before.id, "Governor Sira Traore [1]")
    assert record_of(library, after).standalone_question == BRIDGED


def test_a_question_edited_into_its_own_words_is_not_asked_again_and_keeps_its_answer(
    api, reader, library
):
    question = api.say(reader, BRIDGED)
    [first] = answered(api, reader.id)
    api.edit(reader, question, f"{BRIDGED}  ")
    api.say(reader, FLOODED)
    answered(api, reader.id, 2)
    api.say(reader, "and in July?", reply_to=first.id)
    found = answered(api, reader.id, 3)

    assert record_of(library, found[2]).standalone_question == "Who crossed the bridge, in July?"
    assert labels(found[0]) == labels(first)
    assert record_of(library, found[0]).id == record_of(library, first).id


def test_a_question_edited_while_it_is_worked_on_is_answered_once_in_its_last_words(modelled):
    model = SlowChat(flood_told)
    api, reader = modelled(model)
    question = api.say(reader, FLOODED)
    api.wait(lambda: len(model.asked) == 1)
    api.edit(reader, question, FLOODED + " ")
    api.edit(reader, question, "Which market was flooded in Gao?")
    api.wait(lambda: len(model.asked) == 2)
    model.go = 99
    answered(api, reader.id)

    assert len(api.messages(reader.id)) == 1
    assert ["Which market was" in one for one in model.asked] == [False, True]
    assert model.open == 0


def test_a_queued_question_that_is_edited_is_answered_in_its_last_words(modelled):
    model = SlowChat(flood_told)
    api, reader = modelled(model)
    api.say(reader, FLOODED)
    api.wait(lambda: model.open == 1)
    queued = api.say(reader, "Was Gao flooded?")
    api.wait(lambda: ENGLISH.queued in texts(api, reader.id))
    api.edit(reader, queued, "Was Gao flooded in June?")
    model.go = 99
    found = answered(api, reader.id, MOST)

    assert len(api.messages(reader.id)) == len(found) == 2
    assert not any("Was Gao flooded?" in one for one in model.asked)
    assert any("Was Gao flooded in June?" in one for one in model.asked)


# What cannot be answered


def test_a_question_that_is_too_long_is_told_so(api, reader):
    api.say(reader, "why? " * 300)

    assert said(api, reader.id) == [
        "A question can have at most 1,000 characters. This one has 1,499."
    ]


@pytest.mark.parametrize(
    "sent",
    [{"sticker": {}}, {"voice": {}}, {"document": {}}, {"photo": [], "caption": FLOODED}],
    ids=["sticker", "voice", "file", "photo"],
)
def test_what_is_not_text_is_answered_with_what_works(api, reader, sent):
    api.send(reader, **sent)

    assert said(api, reader.id) == [ENGLISH.not_text]


@pytest.mark.parametrize("text", ["?!…", "👍", "/ask ???"])
def test_what_holds_no_word_is_no_question(api, reader, text):
    api.say(reader, text)

    assert said(api, reader.id) == [ENGLISH.not_a_question]


def test_a_link_alone_is_for_editors(api, reader):
    api.say(reader, "https://courier.example/another")

    assert said(api, reader.id) == [ENGLISH.link_alone]
