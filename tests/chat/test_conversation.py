"""Whole conversations with a bot at a messenger of sixty lines."""

import itertools
import sqlite3
from contextlib import closing

import pytest

from bot.chat.events import Written
from bot.chat.post import Markup
from bot.chat.queue import MOST
from bot.chat.store import Store
from chat.room import Room, answer_of, first_line, labels
from fake_chat import named
from newsroom import BRIDGE, BRIDGED, FLOODED, MARKET, UNKNOWN, SlowChat, copied, indexed, opened
from rag.index.tables import FILE
from rag.reasons import Reason
from spoken import ENGLISH, FRENCH, LANGUAGES

NUMBERS = map(str, itertools.count(100))
EXAMPLES = ["What did Governor Sira Traore do?", "What did Mayor Aminata Diallo do?"]
FLOOD = "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."
MOVED = "Traders moved their goods to the school of Gao, and nobody was hurt in the town."


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("conversation") / ".griot", MARKET, BRIDGE)


@pytest.fixture(scope="module")
def library(home, tmp_path_factory):
    with opened(copied(home, tmp_path_factory.mktemp("shared"))) as found:
        yield found


@pytest.fixture(scope="module")
def room(library):
    with Room(library, library.home) as started:
        yield started


@pytest.fixture
def reader():
    """Somebody new."""
    return next(NUMBERS)


@pytest.fixture
def modelled(home, tmp_path):
    """Starts a room of its own whose answers a chat model writes."""
    started, own = [], copied(home, tmp_path)

    def starting(model):
        for each in (library := opened(own, model), room := Room(library, own)):
            started.append(each.__enter__())
        return room

    yield starting
    for each in reversed(started):
        each.__exit__(None, None, None)


def both_told(request):
    """Two sentences of the market, each with its mark."""
    flood, moved = (named(request, words) for words in ("was flooded", "to the school"))
    return f"{FLOOD} [{flood}] {MOVED} [{moved}]"


def asked(room, person, *questions, **where):
    """The answers to questions that a person asks one after the other."""
    before = len(room.answers(person))
    for count, question in enumerate(questions, 1 + before):
        room.say(person, question, **where)
        found = room.answered(person, count)
    return found[before:]


# How it begins


def test_start_says_what_the_bot_knows_with_questions_to_try(room, reader):
    room.say(reader, "/start")
    assert "\n".join(room.said(reader)).split("\n") == [
        "I know 2 articles, from 2 to 20 June 2025.",
        "I answer from them alone, and show the words that each sentence rests on.",
        "Send a question, or try one of these:",
    ]
    assert sorted(labels(room.messages(reader)[0])) == [[example] for example in EXAMPLES]


def test_an_example_that_is_pressed_is_shown_and_answered(room, reader, library):
    room.say(reader, "/start")
    room.said(reader)
    assert room.press(reader, room.messages(reader)[0], EXAMPLES[1]) == ("", False)
    [answer] = room.answered(reader)

    assert room.texts(reader)[1] == EXAMPLES[1]
    assert first_line(answer) == "Mayor Aminata Diallo [1]"
    assert answer_of(library, answer).question == EXAMPLES[1]


@pytest.mark.parametrize("spoken", LANGUAGES.values(), ids=LANGUAGES)
def test_commands_are_answered_in_the_language_of_the_person(room, spoken):
    person = next(NUMBERS)
    wanted = {
        "/help": spoken.how_to(edit=False),
        "/about": f"{spoken.about}\n\n{spoken.ids.format(person=person, chat=person)}",
        "/ask": spoken.ask_what,
        "/new": spoken.new_conversation,
        "/stop": spoken.nothing_to_stop,
        "/language": spoken.choose_language,
        "/unheard_of": spoken.how_to(edit=False),
    }
    for command in wanted:
        room.say(person, command, language=spoken.code)
    assert room.said(person, len(wanted)) == [*wanted.values()]


def test_sources_lists_the_articles_the_newest_first_and_links_what_has_an_address(room, reader):
    room.say(reader, "/sources")
    assert "\n".join(room.said(reader)).split("\n") == [
        "A bridge for Mopti · 20 June 2025",
        "Flood in Gao · Niger Courier · 2 June 2025",
    ]
    [message] = room.messages(reader)
    assert [run.href for run in message.post.runs if run.markup is Markup.LINK] == [MARKET["url"]]


def test_a_language_that_was_chosen_is_kept_after_a_restart(home, tmp_path):
    home = copied(home, tmp_path)
    with opened(home) as library:
        with Room(library, home) as room:
            room.say("1", "/language")
            room.said("1")
            [message] = room.messages("1")
            names = labels(message)
            room.press("1", message, "Français")
            room.wait(lambda: room.texts("1") == [FRENCH.language_chosen])
        with Room(library, home, messenger=room.messenger) as room:
            room.say("1", "/new")
            assert room.said("1", 2) == [FRENCH.language_chosen, FRENCH.new_conversation]
    assert [name for row in names for name in row] == [each.name for each in LANGUAGES.values()]


# An answer


def test_an_answer_has_its_source_with_a_link_to_the_very_words(room, reader):
    [answer] = asked(room, reader, FLOODED)

    words = "The%20market%20of%20Gao,Mayor%20Aminata%20Diallo%20said."
    assert answer.text == (
        f"on Monday [1]\n\n[1] Flood in Gao · Niger Courier · 2 June 2025\n{FLOOD}"
    )
    assert {run.href for run in answer.post.runs if run.markup is Markup.LINK} == {
        f"https://courier.example/gao-flood#:~:text={words}"
    }
    assert labels(answer) == [["[1]", "Why", "👍", "👎"]]


def test_an_answer_and_its_buttons_speak_the_questions_language_unless_one_was_chosen(room, reader):
    """The person's app is in French, and the question in English."""
    room.say(reader, UNKNOWN, language="fr")
    [answer] = room.answered(reader)
    said = answer.text
    room.press(reader, answer, "Why", language="fr")
    room.wait(lambda: answer.text != said)
    room.bot.services.store.speak(reader, "ru")
    room.say(reader, UNKNOWN, language="fr")

    assert said == "The articles do not say."
    assert answer.text.startswith("How this answer came about\n")
    room.wait(lambda: room.said(reader, 2)[1] == "В статьях этого нет.")


def test_what_the_articles_do_not_say_is_refused_without_a_mark(room, reader):
    [answer] = asked(room, reader, UNKNOWN)

    assert answer.text == ENGLISH.worded(Reason.NOT_SAID())
    assert labels(answer) == [["Why", "👍", "👎"]]


def test_text_is_streamed_by_edits_and_a_mark_comes_when_it_is_verified(modelled):
    model = SlowChat(both_told, pieces=20, go=6)
    room = modelled(model)
    room.say("1", FLOODED)
    room.wait(lambda: "The market" in "".join(room.texts("1")))
    model.go = 14
    room.wait(lambda: "Traders" in "".join(room.texts("1")))
    model.go = 99
    [message] = room.answered("1")

    streamed = [text for text in message.edits if "market" in text]
    assert len(streamed) >= 2
    assert [text for text in streamed if not f"{FLOOD} [1] {MOVED} [2]".startswith(text)] == []
    assert message.text.startswith(f"{FLOOD} [1] {MOVED} [2]\n\n[1][2] Flood in Gao")
    assert room.messages("1") == [message]


def test_a_mark_that_nothing_verified_is_never_shown(modelled):
    def told(request):
        made_up = "The Wagner Group flooded it [1] in 1999 [2][zz99], experts say."
        return f"{FLOOD} [{named(request, 'was flooded')}] {made_up} [{named(request, 'millet')}]"

    model = SlowChat(told, pieces=8, go=6)
    room = modelled(model)
    room.say("1", FLOODED)
    room.wait(lambda: "Wagner" in "".join(room.texts("1")))
    model.go = 99
    [message] = room.answered("1")

    assert message.text.startswith(f"{FLOOD} [1]\n\n[1] Flood in Gao")
    assert "A sentence was left out" in message.text
    assert "Wagner" not in message.text
    marked = [text.replace(f"{FLOOD} [1]", "") for text in message.edits]
    assert [text for text in marked if "[" in text] == []


# Conversations


def test_a_follow_up_leans_on_the_question_before(room, reader, library):
    *_, answer = asked(room, reader, BRIDGED, "and in Gao?")
    assert answer_of(library, answer).standalone_question == "Who crossed the bridge, in Gao?"


def test_a_reply_is_a_follow_up_to_the_answer_that_it_replies_to(room, reader, library):
    first, _ = asked(room, reader, BRIDGED, FLOODED)
    [answer] = asked(room, reader, "and in July?", reply_to=first.id)
    assert answer_of(library, answer).standalone_question == "Who crossed the bridge, in July?"


def test_a_conversation_that_is_forgotten_is_not_leant_on(room, reader, library):
    asked(room, reader, BRIDGED)
    room.say(reader, "/new")
    [answer] = asked(room, reader, "and in July?")
    assert ENGLISH.new_conversation in room.texts(reader)
    assert answer_of(library, answer).standalone_question == "and in July?"


def test_a_question_before_a_new_conversation_is_not_leant_on_though_its_answer_comes_later(
    modelled,
):
    model = SlowChat(both_told)
    room = modelled(model)
    room.say("1", FLOODED)
    room.wait(lambda: model.open == 1)
    room.say("1", "/new")
    room.wait(lambda: ENGLISH.new_conversation in room.texts("1"))
    model.go = 99
    room.answered("1")
    [answer] = asked(room, "1", "and in July?")
    found = answer_of(room.bot.services.library, answer)
    assert found.standalone_question == "and in July?"


def test_a_period_is_lifted_by_a_button_and_by_a_command(room, reader, library):
    """The button stands beside the others."""
    [limited] = asked(room, reader, "What was flooded in June 2025?")
    assert labels(limited) == [["[1]", "All dates", "Why", "👍", "👎"]]
    room.press(reader, limited, "All dates")
    *_, pressed = room.answered(reader, 2)
    room.say(reader, "/all What was flooded in May 2025?")
    *_, commanded = room.answered(reader, 3)

    found = [answer_of(library, answer) for answer in (pressed, commanded)]
    assert [(answer.standalone_question, answer.remarks) for answer in found] == [
        ("What was flooded in June 2025?", ()),
        ("What was flooded in May 2025?", ()),
    ]


# Edited questions


def test_an_edited_question_is_answered_anew_in_its_place(room, reader, library):
    question = room.say(reader, FLOODED)
    [before] = room.answered(reader)
    room.edit(reader, question, BRIDGED)
    room.wait(lambda: "Governor" in room.texts(reader)[0])

    [after] = room.messages(reader)
    assert (after.id, first_line(after)) == (before.id, "Governor Sira Traore [1]")
    assert answer_of(library, after).standalone_question == BRIDGED


def test_an_edited_command_is_not_carried_out(room, reader):
    message = room.say(reader, "/help")
    room.said(reader)
    room.edit(reader, message, "/new")
    room.say(reader, "/ask")
    assert room.said(reader, 2) == [ENGLISH.how_to(edit=False), ENGLISH.ask_what]


def test_a_question_edited_into_its_own_words_keeps_its_answer(room, reader, library):
    question = room.say(reader, BRIDGED)
    [first] = room.answered(reader)
    kept = answer_of(library, first).id
    room.edit(reader, question, f"{BRIDGED}  ")
    asked(room, reader, FLOODED)
    [last] = asked(room, reader, "and in July?", reply_to=first.id)

    assert answer_of(library, last).standalone_question == "Who crossed the bridge, in July?"
    assert answer_of(library, room.messages(reader)[0]).id == kept


def test_a_question_edited_while_it_is_worked_on_is_answered_once_in_its_last_words(modelled):
    model = SlowChat(both_told)
    room = modelled(model)
    question = room.say("1", FLOODED)
    room.wait(lambda: len(model.asked) == 1)
    room.edit("1", question, FLOODED + " ")
    room.edit("1", question, "Which market was flooded in Gao?")
    room.wait(lambda: len(model.asked) == 2)
    model.go = 99
    room.answered("1")

    assert len(room.messages("1")) == 1
    assert ["Which market was" in request for request in model.asked] == [False, True]
    assert model.open == 0


def test_a_queued_question_that_is_edited_is_answered_in_its_last_words(modelled):
    model = SlowChat(both_told)
    room = modelled(model)
    room.say("1", FLOODED)
    room.wait(lambda: model.open == 1)
    queued = room.say("1", "Was Gao flooded?")
    room.wait(lambda: ENGLISH.queued in room.texts("1"))
    room.edit("1", queued, "Was Gao flooded in June?")
    model.go = 99
    room.answered("1", MOST)

    assert len(room.messages("1")) == 2
    assert not any("Was Gao flooded?" in request for request in model.asked)


# Several people


def test_one_question_waits_a_third_is_refused_and_stop_ends_both(modelled):
    model = SlowChat(both_told)
    room = modelled(model)
    for text in (FLOODED, "Was Gao flooded?", "And what was flooded?"):
        room.say("1", text)
        room.wait(lambda: model.open == 1)
    room.wait(lambda: ENGLISH.too_many in room.texts("1"))
    room.wait(lambda: ENGLISH.queued in room.texts("1"))
    room.say("2", FLOODED)
    room.wait(lambda: model.open == 2)
    room.say("1", "/stop")
    room.wait(lambda: room.texts("1").count(ENGLISH.stopped) == 2)
    freed = model.open
    model.go = 99
    room.answered("2")

    assert sorted(room.texts("1")) == sorted([ENGLISH.stopped] * 2 + [ENGLISH.too_many])
    assert (freed, model.open, len(model.asked)) == (1, 0, 2)


def test_a_group_is_shown_one_status_and_then_the_answer_as_a_reply(modelled):
    model = SlowChat("Nothing.")
    room = modelled(model)
    question = room.say("1", f"/ask {FLOODED}", chat="g")
    [status] = room.said("g")
    model.go = 99
    [answer] = room.answered("g")

    assert status in {"Searching…", "Reading 2 articles…", "Writing…"}
    assert (answer.edits, answer.reply_to) == ([status], question)


def test_what_is_said_in_a_group_to_others_is_not_answered(room):
    group = next(NUMBERS)
    room.say("1", FLOODED, chat=group, addressed=False)
    room.say("1", "/ask@other_bot who?", chat=group)
    room.say("1", "/unheard_of", chat=group)
    room.say("1", "/ask@Griot", chat=group, quoted=BRIDGED)
    [answer] = room.answered(group)

    assert (room.messages(group), first_line(answer)) == ([answer], "Governor Sira Traore [1]")


def test_a_reply_by_somebody_else_is_a_follow_up_to_that_answer(room, library):
    group = next(NUMBERS)
    room.say("1", f"/ask {BRIDGED}", chat=group)
    [first] = room.answered(group)
    room.say("1", f"/ask {FLOODED}", chat=group)
    room.answered(group, 2)
    room.say("2", "and in July?", chat=group, reply_to=first.id)
    *_, last = room.answered(group, 3)
    assert answer_of(library, last).standalone_question == "Who crossed the bridge, in July?"


def test_each_topic_has_its_own_conversation_and_is_answered_in_itself(room, library):
    group = next(NUMBERS)
    for count, (thread, question) in enumerate(
        (("5", BRIDGED), ("6", FLOODED), ("5", "and in July?")), 1
    ):
        room.say("1", f"/ask {question}", chat=group, thread=thread)
        found = room.answered(group, count)
    room.say("1", "/start", chat=group, thread="6")
    room.said(group, 4)
    room.press("1", room.messages(group)[-1], EXAMPLES[0], chat=group)
    room.answered(group, 4)

    assert [shown.thread for shown in room.messages(group)] == ["5", "6", "5", "6", "6", "6"]
    assert answer_of(library, found[2]).standalone_question == "Who crossed the bridge, in July?"


def test_a_group_is_told_how_to_ask_when_the_bot_is_added(room):
    group = next(NUMBERS)
    room.add_bot("1", group, sees_all=True, language="fr")
    assert room.said(group) == ["fr True"]


# What cannot be answered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("why?" + "?" * 997, "A question can have at most 1,000 characters. This one has 1,001."),
        (None, ENGLISH.not_text),
        ("?!…", ENGLISH.not_a_question),
        ("/ask ???", ENGLISH.not_a_question),
        ("https://courier.example/another", ENGLISH.link_alone),
    ],
)
def test_what_is_no_question_is_answered_with_what_works(room, reader, text, said):
    if text is None:
        room.send_file(reader, "photo.jpg", b"...")
    else:
        room.say(reader, text)
    assert room.said(reader) == [said]


def test_what_comes_twice_is_handled_once_and_what_cannot_be_read_is_skipped(room, caplog):
    """Nothing of what it says is logged."""
    person = next(NUMBERS)
    event = room.give(Written, person, text="/new", command="new")
    room.bring(event.id)
    room.bring("e9")
    asked(room, person, FLOODED)
    assert len(room.messages(person)) == 2
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "update e9 cannot be read (KeyError) and is skipped"
    ]


def test_a_question_that_cannot_be_kept_is_left_to_the_next_start(home, tmp_path, caplog):
    """The reason is logged once, and its event is not settled."""
    own = copied(home, tmp_path)
    with opened(own) as library, Room(library, own) as room:
        with closing(sqlite3.connect(own / FILE)) as spoiling:
            spoiling.execute(
                "CREATE TRIGGER spoiled BEFORE INSERT ON chat_questions "
                "BEGIN SELECT RAISE(ABORT, 'spoiled'); END"
            )
        event = room.give(Written, "1", text=FLOODED)
        room.wait(lambda: "is damaged (spoiled)" in caplog.text)
        room.say("2", "/help")
        room.said("2")
    with closing(Store(own / FILE, bot="bot")) as store:
        assert store.pending() == ((event.id, event.id),)
    assert room.texts("1") == []
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
