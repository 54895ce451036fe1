import shutil
from contextlib import closing
from dataclasses import replace

import pytest

from bot.chat.events import Sent
from bot.chat.store import DAY, KEPT, TRIES, Asked, Store, StoreGone, steady_clock

QUESTION = Asked(chat="7", message="10", thread="", event="100", person="7")
LATER = replace(QUESTION, message="12", event="101")
BOT, OTHER = "111", "222"
GROUP, MOVED = "-5", "-1000000000005"


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(place, clock):
    with closing(Store(place, bot=BOT, clock=clock)) as opened:
        yield opened


def answered(store, question, answer, follows=None, *, replies=()):
    """Keep a question with its answer and the messages that show it."""
    store.take(question.event, "a question", "7")
    asked = store.ask(question)
    for reply in replies:
        store.replied(Sent(question.chat, reply), question)
    store.answered(asked, answer, follows)
    return store.asked(question.chat, question.message)


def shown(*replies, chat="7"):
    return tuple(Sent(chat, reply) for reply in replies)


# Events


def test_an_event_is_taken_once_even_after_it_is_settled(store):
    taken = [store.take("1", "one", "7"), store.take("1", "one", "7")]
    store.settle("1")
    assert [*taken, store.take("1", "one", "7")] == [True, False, False]


def test_pending_events_are_given_in_the_order_of_their_coming_to_the_next_process(tmp_path):
    """On a server they go to another worker: test_workers.py."""
    place = tmp_path / "catalog.sqlite"
    with closing(Store(place, bot=BOT)) as store:
        for event in ("3", "1", "2"):
            store.take(event, f"event {event}", "7")
        store.settle("1")
    with closing(Store(place, bot=BOT)) as again:
        assert again.pending() == (("3", "event 3"), ("2", "event 2"))


def test_an_event_that_ended_the_process_every_time_is_given_up(store):
    store.take("1", "deadly", "7")
    tried = [len(store.pending()) for _ in range(TRIES + 1)]
    assert tried == [1] * TRIES + [0]
    assert not store.take("1", "deadly", "7")


def test_the_id_of_a_settled_event_is_forgotten_after_a_week_and_a_pending_one_never(store, clock):
    store.take("1", "settled", "7")
    store.settle("1")
    store.take("2", "pending", "7")
    clock.now += KEPT + 1
    assert store.pending() == (("2", "pending"),)
    assert [store.take("1", "settled", "7"), store.take("2", "pending", "7")] == [True, False]


# Questions


def test_a_question_is_kept_with_what_is_known_of_it(store):
    """The same wording has its answer and its messages, another one the messages alone."""
    assert store.asked("7", "10") is None
    assert store.ask(QUESTION) == QUESTION
    kept = answered(store, QUESTION, "aaaaaa", replies=("13", "11"))
    assert kept == replace(QUESTION, answer="aaaaaa", replies=shown("13", "11"))
    assert store.ask(QUESTION) == kept
    edited = replace(QUESTION, event="102")
    assert store.ask(edited) == replace(edited, replies=shown("13", "11"))
    assert store.before(edited, None)[0] == "aaaaaa"


def test_a_question_is_found_by_its_event_its_answer_and_the_messages_that_are_there(store):
    kept = answered(store, QUESTION, "aaaaaa", replies=("11", "12"))
    store.unreplied(Sent("7", "12"))
    kept = replace(kept, replies=shown("11"))
    assert [store.asked_with("100", "7"), store.asked_with("100", "8")] == [kept, None]
    assert [store.question_of(chat, "aaaaaa") for chat in ("7", "8")] == [kept, None]
    found = [store.answered_by(sent) for sent in (*shown("11", "12"), Sent("8", "11"))]
    assert found == [kept, None, None]


def test_an_answer_belongs_to_a_group_under_both_of_its_ids(store):
    """Where the group moved while the answer was made."""
    question = replace(QUESTION, chat=GROUP)
    kept = answered(store, question, "aaaaaa", replies=("11",))
    store.replied(Sent(MOVED, "12"), question)
    kept = replace(kept, replies=(Sent(GROUP, "11"), Sent(MOVED, "12")))
    found = [store.question_of(chat, "aaaaaa") for chat in (GROUP, MOVED, "8")]
    assert found == [kept, kept, None]


# Conversations


def test_a_question_follows_the_last_answer_of_its_chat_and_topic_or_what_it_replies_to(store):
    answered(store, QUESTION, "aaaaaa", replies=("11",))
    assert store.before(LATER, None) == (None, "aaaaaa")
    assert store.before(replace(LATER, thread="3"), None) == (None, None)
    answered(store, LATER, "bbbbbb", "aaaaaa", replies=("13",))
    asked = replace(QUESTION, message="14", event="103")
    followed = [store.before(asked, to)[1] for to in ("11", "13", "99")]
    assert followed == ["aaaaaa", "bbbbbb", "bbbbbb"]


def test_an_edited_question_follows_what_it_followed_and_its_answer_takes_the_others_place(store):
    answered(store, QUESTION, "aaaaaa")
    answered(store, LATER, "bbbbbb", "aaaaaa")
    assert store.before(replace(QUESTION, event="104"), None)[1] is None
    assert store.before(replace(LATER, event="105"), None)[1] == "aaaaaa"
    answered(store, replace(QUESTION, event="104"), "cccccc")
    assert (store.chain("bbbbbb", 9), store.last("7", "")) == (("cccccc", "bbbbbb"), "bbbbbb")
    answered(store, replace(LATER, event="105"), "dddddd", "cccccc")
    assert store.last("7", "") == "dddddd"


def test_a_chain_goes_back_only_so_far_and_never_in_a_circle(store):
    answered(store, QUESTION, "aaaaaa", "bbbbbb")
    answered(store, LATER, "bbbbbb", "aaaaaa")
    chains = [store.chain(*each) for each in (("bbbbbb", 9), ("bbbbbb", 1), (None, 9), ("x", 9))]
    assert chains == [("aaaaaa", "bbbbbb"), ("bbbbbb",), (), ("x",)]


def test_a_conversation_begun_anew_does_not_go_on_from_questions_before_that(store):
    for event in ("100", "101", "102"):
        store.take(event, "an event", "7")
    store.ask(LATER)
    store.begin("7", "", "102")
    answered(store, QUESTION, "aaaaaa")
    answered(store, LATER, "bbbbbb")
    assert store.last("7", "") is None
    answered(store, replace(QUESTION, message="21", event="106"), "cccccc")
    assert store.last("7", "") == "cccccc"


# Rates


def test_a_person_waits_until_the_oldest_of_so_many_questions_is_old_enough(store, clock):
    for _ in range(2):
        store.count("7")
        clock.now += 10
    assert [store.wait(*each) for each in (("7", 2, 60), ("7", 3, 60), ("8", 2, 60))] == [40, 0, 0]
    clock.now += 40
    assert [store.wait("7", 2, 60), store.wait("7", 2, DAY)] == [0, DAY - 60]


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_limit(store, clock):
    """A count from the future is ignored, and forgotten with the next question."""
    for _ in range(2):
        store.count("7")
    clock.now -= 3 * DAY
    assert store.wait("7", 2, DAY) == 0
    store.count("7")
    clock.now += 3 * DAY
    assert store.wait("7", 2, DAY) == 0


def test_within_a_process_the_clock_goes_on_though_it_is_set(place):
    wall, monotonic = Clock(), Clock()
    with closing(Store(place, bot=BOT, clock=steady_clock(wall, monotonic))) as store:
        store.count("7")
        wall.now -= 3 * DAY
        monotonic.now += 10
        assert store.wait("7", 1, 60) == 50


# Chats and people


def test_an_invitation_lets_one_in_once(store):
    code = store.invite()
    tried = [store.welcome("7", "unknown"), store.welcome("7", code), store.welcome("8", code)]
    assert tried == [False, True, False]
    assert [store.is_used("unknown"), store.is_used(code), store.guests()] == [False, True, {"7"}]


def test_a_group_with_another_id_keeps_its_language_its_access_and_its_conversation(store):
    store.speak(GROUP, "fr")
    store.welcome(GROUP, store.invite())
    answered(store, replace(QUESTION, chat=GROUP), "aaaaaa", replies=("11",))
    store.move(GROUP, MOVED)
    assert [store.language(GROUP), store.language(MOVED)] == [None, "fr"]
    assert (store.guests(), store.last(MOVED, "")) == ({MOVED}, "aaaaaa")
    answered(store, replace(LATER, chat=MOVED), "bbbbbb", "aaaaaa")
    assert store.last(MOVED, "") == "bbbbbb"


def test_examples_keep_their_numbers_and_the_salt_is_made_once(place, store):
    numbers = [store.number_of("Who?"), store.number_of("What?"), store.number_of("Who?")]
    with closing(Store(place, bot=BOT)) as again:
        assert [again.example(number) for number in numbers] == ["Who?", "What?", "Who?"]
        assert (again.example(99), store.salt) == (None, again.salt)
    assert len(store.salt) == 16


# Other bots, and a folder that is gone


def test_another_bot_of_the_index_knows_nothing_of_events_and_messages(place, store, clock):
    """Languages and limits of people hold for both bots."""
    kept = answered(store, QUESTION, "aaaaaa", replies=("11",))
    store.speak("7", "fr")
    store.count("7")
    with closing(Store(place, bot=OTHER, clock=clock)) as other:
        assert other.pending() == ()
        assert other.take("100", "another event", "7")
        assert [other.asked("7", "10"), other.answered_by(Sent("7", "11"))] == [None] * 2
        assert [other.last("7", ""), other.question_of("7", "aaaaaa")] == [None] * 2
        assert (other.ask(QUESTION), other.before(LATER, "11")) == (QUESTION, (None, None))
        assert (other.language("7"), other.wait("7", 1, 60)) == ("fr", 60)
        other.settle("100")
    assert store.pending() == (("100", "a question"),)
    assert store.asked("7", "10") == kept


@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_whose_folder_is_gone_takes_nothing_more(tmp_path, replaced):
    path = tmp_path / "home" / "catalog.sqlite"
    with closing(Store(path, bot=BOT)) as store:
        shutil.rmtree(path.parent)
        if replaced:
            Store(path, bot=BOT).close()
        with pytest.raises(StoreGone, match="was deleted or replaced while the bot ran"):
            store.take("1", "one", "7")
