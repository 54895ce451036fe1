import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bot.chat.store import (
    DAY,
    KEPT,
    MIGRATIONS,
    TRIES,
    Asked,
    Store,
    StoreGone,
    steady_clock,
)
from rag.index.sqlite import Database

QUESTION = Asked(chat=7, message=10, thread=0, update=100, person=7)
LATER = replace(QUESTION, message=12, update=101)
BOT, OTHER = 111, 222
GROUP, MOVED = -5, -1_000_000_000_005


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "catalog.sqlite"


@pytest.fixture
def store(path, clock):
    with closing(Store(path, bot=BOT, clock=clock)) as opened:
        yield opened


def answered(store, question, answer, follows=None, *, replies=()):
    """Keep a question with its answer and the messages that show it."""
    asked = store.ask(question)
    for reply in replies:
        store.replied(question.chat, reply, question.message)
    store.answered(asked, answer, follows)
    return store.asked(question.chat, question.message)


# Updates


def test_an_update_is_taken_once_even_after_it_is_settled(store):
    taken = [store.take(1, "one"), store.take(1, "one")]
    store.settle(1)

    assert [*taken, store.take(1, "one")] == [True, False, False]


def test_pending_updates_are_given_in_the_order_of_their_numbers_until_they_are_settled(store):
    for number in (3, 1, 2):
        store.take(number, f"update {number}")
    store.settle(2)

    assert store.pending() == ("update 1", "update 3")


def test_an_update_outlives_the_process(path, store):
    store.take(1, "one")

    with closing(Store(path, bot=BOT)) as again:
        assert again.pending() == ("one",)


def test_an_update_that_ended_the_process_every_time_is_given_up(store):
    store.take(1, "deadly")

    assert [store.pending() for _ in range(TRIES + 1)] == [("deadly",)] * TRIES + [()]
    assert not store.take(1, "deadly")


def test_the_number_of_a_settled_update_is_forgotten_after_a_week_and_a_pending_one_never(
    store, clock
):
    store.take(1, "settled")
    store.settle(1)
    store.take(2, "pending")
    clock.now += KEPT + 1

    assert store.pending() == ("pending",)
    assert [store.take(1, "settled"), store.take(2, "pending")] == [True, False]


# Questions


def test_a_question_is_kept_with_what_is_known_of_it(store):
    assert store.asked(7, 10) is None
    assert store.ask(QUESTION) == QUESTION
    assert answered(store, QUESTION, "aaaaaa", replies=(13, 11)) == replace(
        QUESTION, answer="aaaaaa", replies=(11, 13)
    )


def test_the_same_wording_taken_up_again_has_its_answer_and_its_messages(store):
    kept = answered(store, QUESTION, "aaaaaa", replies=(11,))

    assert store.ask(QUESTION) == kept


def test_another_wording_has_the_messages_but_no_answer_yet(store):
    answered(store, QUESTION, "aaaaaa", replies=(11,))
    edited = replace(QUESTION, update=102)

    assert store.ask(edited) == replace(edited, replies=(11,))
    assert store.earlier(edited) == "aaaaaa"


def test_a_message_that_is_gone_is_forgotten(store):
    answered(store, QUESTION, "aaaaaa", replies=(11, 12))
    store.unreplied(7, 11)

    assert store.asked(7, 10).replies == (12,)
    assert store.answered_by(7, 11) is None


def test_a_question_is_found_by_the_message_that_answers_it_and_by_its_answer(store):
    kept = answered(store, QUESTION, "aaaaaa", replies=(11,))

    assert store.answered_by(7, 11) == kept
    assert store.question_of(7, "aaaaaa") == kept
    assert [store.answered_by(8, 11), store.question_of(8, "aaaaaa")] == [None, None]


def test_an_answer_belongs_to_a_group_under_both_of_its_ids(store):
    """Where the group moved while the answer was made."""
    kept = answered(store, replace(QUESTION, chat=GROUP), "aaaaaa", replies=(11,))
    store.replied(MOVED, 12, QUESTION.message, asked_in=GROUP)

    found = [store.question_of(chat, "aaaaaa") for chat in (GROUP, MOVED, 8)]
    assert found == [replace(kept, replies=(11, 12)), replace(kept, replies=(11, 12)), None]


# Conversations


def test_a_question_follows_the_last_answer_of_its_chat_and_topic(store):
    answered(store, QUESTION, "aaaaaa")

    assert store.follows(LATER, None) == "aaaaaa"
    assert store.follows(replace(LATER, thread=3), None) is None
    assert store.follows(replace(LATER, chat=8), None) is None


def test_a_reply_follows_the_answer_that_it_replies_to(store):
    answered(store, QUESTION, "aaaaaa", replies=(11,))
    answered(store, LATER, "bbbbbb", "aaaaaa", replies=(13,))
    asked = replace(QUESTION, message=14, update=103)

    assert [store.follows(asked, to) for to in (11, 13, 99)] == ["aaaaaa", "bbbbbb", "bbbbbb"]


def test_an_edited_question_follows_what_it_followed_before(store):
    answered(store, QUESTION, "aaaaaa")
    answered(store, LATER, "bbbbbb", "aaaaaa")

    assert store.follows(replace(QUESTION, update=104), None) is None
    assert store.follows(replace(LATER, update=105), None) == "aaaaaa"


def test_the_answer_to_an_edited_question_takes_the_place_of_the_one_before(store):
    answered(store, QUESTION, "aaaaaa")
    answered(store, LATER, "bbbbbb", "aaaaaa")
    answered(store, replace(QUESTION, update=104), "cccccc")

    assert store.chain("bbbbbb", 9) == ("cccccc", "bbbbbb")
    assert store.last(7, 0) == "bbbbbb"
    answered(store, replace(LATER, update=105), "dddddd", "cccccc")
    assert store.last(7, 0) == "dddddd"


def test_a_chain_goes_back_only_so_far_and_never_in_a_circle(store):
    answered(store, QUESTION, "aaaaaa", "bbbbbb")
    answered(store, LATER, "bbbbbb", "aaaaaa")

    assert store.chain("bbbbbb", 9) == ("aaaaaa", "bbbbbb")
    assert store.chain("bbbbbb", 1) == ("bbbbbb",)
    assert store.chain(None, 9) == ()
    assert store.chain("unkept", 9) == ("unkept",)


def test_a_conversation_begun_anew_does_not_go_on_from_questions_before_that(store):
    answered(store, QUESTION, "aaaaaa")
    store.ask(LATER)
    store.begin(7, 0, 20)

    assert store.last(7, 0) is None
    answered(store, LATER, "bbbbbb")
    assert store.last(7, 0) is None
    answered(store, replace(QUESTION, message=21, update=106), "cccccc")
    assert store.last(7, 0) == "cccccc"


# Rates


def test_a_person_waits_until_the_oldest_of_so_many_questions_is_old_enough(store, clock):
    for _ in range(2):
        store.count(7)
        clock.now += 10

    assert store.wait(7, 2, 60) == 40
    assert [store.wait(7, 3, 60), store.wait(8, 2, 60)] == [0, 0]
    clock.now += 40
    assert store.wait(7, 2, 60) == 0
    assert store.wait(7, 2, DAY) == DAY - 60


def test_questions_of_yesterday_are_not_counted_any_more(store, clock):
    store.count(7)
    clock.now += DAY + 1
    store.count(7)

    assert [store.wait(7, 2, DAY), store.wait(7, 1, DAY)] == [0, DAY]


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_limit(store, clock):
    """What seems to come later does not count, and is forgotten with the next question."""
    for _ in range(2):
        store.count(7)
    clock.now -= 3 * DAY

    assert store.wait(7, 2, DAY) == 0
    store.count(7)
    clock.now += 3 * DAY
    assert store.wait(7, 2, DAY) == 0


def test_within_a_process_the_clock_goes_on_though_it_is_set(path):
    wall, monotonic = Clock(), Clock()
    with closing(Store(path, bot=BOT, clock=steady_clock(wall, monotonic))) as store:
        store.count(7)
        wall.now -= 3 * DAY
        monotonic.now += 10

        assert store.wait(7, 1, 60) == 50


# Chats and people


def test_the_language_chosen_last_in_a_chat_is_kept(path, store):
    store.speak(7, "fr")
    store.speak(7, "ru")

    with closing(Store(path, bot=BOT)) as again:
        assert [again.language(7), again.language(8)] == ["ru", None]


def test_an_invitation_lets_one_in_once(store):
    code = store.invite()

    assert [store.welcome(7, "unknown"), store.welcome(7, code), store.welcome(8, code)] == [
        False,
        True,
        False,
    ]
    assert store.guests() == {7}
    assert not store.is_used("unknown")
    assert store.is_used(code)


def test_no_two_invitations_are_alike(store):
    assert len({store.invite() for _ in range(20)}) == 20


def test_a_group_with_another_number_keeps_its_language_its_access_and_its_conversation(store):
    store.speak(GROUP, "fr")
    store.welcome(GROUP, store.invite())
    answered(store, replace(QUESTION, chat=GROUP), "aaaaaa", replies=(11,))
    store.move(GROUP, MOVED)

    assert [store.language(GROUP), store.language(MOVED)] == [None, "fr"]
    assert store.guests() == {MOVED}
    assert store.last(MOVED, 0) == "aaaaaa"
    assert store.follows(replace(QUESTION, chat=MOVED, message=1), None) == "aaaaaa"
    answered(store, replace(QUESTION, chat=MOVED, message=2), "bbbbbb", "aaaaaa")
    assert store.last(MOVED, 0) == "bbbbbb"


def test_a_group_can_be_let_in_without_an_invitation(store):
    store.admit(GROUP)
    store.admit(GROUP)

    assert store.guests() == {GROUP}


# Several bots


def test_another_bot_of_the_index_knows_nothing_of_updates_and_messages(path, store, clock):
    """What concerns people holds for both."""
    store.take(100, "an update")
    kept = answered(store, QUESTION, "aaaaaa", replies=(11,))
    store.speak(7, "fr")
    store.count(7)
    with closing(Store(path, bot=OTHER, clock=clock)) as other:
        assert other.pending() == ()
        assert other.take(100, "another update")
        assert [other.asked(7, 10), other.answered_by(7, 11), other.last(7, 0)] == [None] * 3
        assert [other.asked_with(100, 7), other.question_of(7, "aaaaaa")] == [None] * 2
        assert other.ask(QUESTION) == QUESTION
        assert other.follows(LATER, 11) is None
        assert (other.language(7), other.wait(7, 1, 60)) == ("fr", 60)
        other.settle(100)

    assert store.pending() == ("an update",)
    assert store.asked(7, 10) == kept


def test_what_was_kept_before_bots_were_told_apart_belongs_to_the_first_that_opens_it(path):
    path.parent.mkdir()
    Database(path, MIGRATIONS[:1], name="telegram").close()
    with closing(sqlite3.connect(path)) as before:
        before.executescript(
            "INSERT INTO telegram_updates VALUES (100, 'an update', 0, 5);"
            "INSERT INTO telegram_questions VALUES (7, 10, 0, 100, 7, NULL, 'aaaaaa', 100, 0);"
            "INSERT INTO telegram_replies VALUES (7, 11, 7, 10);"
            "INSERT INTO telegram_conversations VALUES (7, 0, 'aaaaaa', 3);"
        )

    with closing(Store(path, bot=BOT)) as store:
        assert not store.take(100, "an update")
        assert store.pending() == ("an update",)
        assert store.answered_by(7, 11) == replace(QUESTION, answer="aaaaaa", replies=(11,))
        assert store.last(7, 0) == "aaaaaa"


# The place


@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_whose_folder_is_gone_takes_nothing_more(path, store, replaced):
    shutil.rmtree(path.parent)
    if replaced:
        Store(path, bot=BOT).close()
    with pytest.raises(StoreGone, match="was deleted or replaced while the bot ran"):
        store.take(1, "one")


# Examples and the salt


def test_an_example_keeps_its_number(path, store):
    numbers = [store.number_of("Who?"), store.number_of("What?"), store.number_of("Who?")]

    with closing(Store(path, bot=BOT)) as again:
        assert [again.example(number) for number in numbers] == ["Who?", "What?", "Who?"]
        assert again.example(99) is None


def test_the_salt_is_made_once(path, store):
    with closing(Store(path, bot=BOT)) as again:
        assert store.salt == again.salt
    assert len(store.salt) == 16
