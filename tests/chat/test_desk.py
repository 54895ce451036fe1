import asyncio
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest
from telegram import Chat, InlineQuery, Message, Update, User

from bot.chat.access import ONCE_IN, Access
from bot.chat.desk import Desk, Question
from bot.chat.examples import examples
from bot.chat.health import Health
from bot.chat.inbox import Inbox
from bot.chat.patience import Patience
from bot.chat.store import Store
from fake_reader import FakeReader
from telegram_scene import BRIDGE, MARKET, indexed, opened

ROUNDS = 50

FIRST = Question(chat=7, message=1, person=7, text="First?", update=1, language="en", private=True)


def question(message, *, chat=7, person=7, text="Who?"):
    return replace(FIRST, chat=chat, message=message, person=person, text=text, update=message)


@dataclass
class Worker:
    """Works on a question until it is let; tells what it began, ended and was stopped in."""

    told: list[str] = field(default_factory=list)
    let: dict[int, asyncio.Event] = field(default_factory=dict)
    waited: dict[int, bool] = field(default_factory=dict)

    async def __call__(self, asked, turn):
        self.waited[asked.update] = turn.waits
        try:
            async with turn:
                self.told.append(f"begun {asked.update}")
                await self.let.setdefault(asked.update, asyncio.Event()).wait()
            self.told.append(f"done {asked.update}")
        except asyncio.CancelledError:
            self.told.append(f"{turn.stopped.value if turn.stopped else 'cut'} {asked.update}")
            if turn.stopped is None:
                raise
            await asyncio.sleep(0)  # its messages are put right
            await asyncio.sleep(0)

    def finish(self, *updates):
        for update in updates:
            self.let.setdefault(update, asyncio.Event()).set()


async def settled():
    """Let everything go as far as it goes."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


def put(desk, asked):
    """Put a question there if there is room, and say whether there is."""
    room = desk.has_room(asked)
    if room:
        desk.put(asked)
    return room


def test_questions_of_a_chat_are_answered_one_at_a_time_in_the_order_of_their_coming():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        taken = [put(desk, question(number, person=number)) for number in (1, 2, 3)]
        await settled()
        counts = (desk.working, desk.waiting)
        worker.finish(3, 2, 1)
        await settled()
        return taken, counts, worker.told, worker.waited, (desk.working, desk.waiting)

    assert asyncio.run(main()) == (
        [True, True, True],
        (1, 2),
        ["begun 1", "done 1", "begun 2", "done 2", "begun 3", "done 3"],
        {1: False, 2: True, 3: True},
        (0, 0),
    )


def test_chats_are_answered_side_by_side_but_one_person_is_answered_once_at_a_time():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        put(desk, question(1, chat=-1, person=1))
        put(desk, question(2, chat=-2, person=1))
        put(desk, question(3, chat=-3, person=2))
        await settled()
        began = list(worker.told)
        worker.finish(1, 2, 3)
        await settled()
        return began, worker.told[2:], worker.waited

    began, then, waited = asyncio.run(main())
    assert began == ["begun 1", "begun 3"]
    assert sorted(then) == ["begun 2", "done 1", "done 2", "done 3"]
    assert waited == {1: False, 2: True, 3: False}


def test_a_person_has_one_question_in_work_and_one_waiting_and_no_third():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        taken = [put(desk, question(number, chat=-number)) for number in (1, 2, 3)]
        other = put(desk, question(4, chat=-4, person=8))
        worker.finish(1)
        await settled()
        later = put(desk, question(5, chat=-5))
        worker.finish(2, 4, 5)
        await settled()
        return taken, other, later

    assert asyncio.run(main()) == ([True, True, False], True, True)


def test_a_person_stops_their_own_answers_in_a_chat_working_and_waiting():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        for asked in (question(1), question(2), question(3, person=8)):
            put(desk, asked)
        await settled()
        stopped = [desk.stop(7, 9), desk.stop(9, 7), desk.stop(7, 7)]
        worker.finish(3)
        await settled()
        return stopped, worker.told, (desk.working, desk.waiting)

    stopped, told, left = asyncio.run(main())
    assert stopped == [0, 0, 2]
    assert sorted(told) == ["asked 1", "asked 2", "begun 1", "begun 3", "done 3"]
    assert left == (0, 0)


def test_an_edited_question_replaces_the_one_in_work_and_counts_once():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        put(desk, question(1))
        put(desk, question(2))
        await settled()
        taken = put(desk, replace(question(1), update=3, text="Edited?"))
        worker.finish(2, 3)
        await settled()
        return taken, worker.told, (desk.working, desk.waiting)

    taken, told, left = asyncio.run(main())
    assert taken
    assert told[:2] == ["begun 1", "edited 1"]
    assert sorted(told[2:]) == ["begun 2", "begun 3", "done 2", "done 3"]
    assert left == (0, 0)


def test_each_wording_is_told_its_end_though_a_question_is_edited_again_at_once():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        for update in (1, 3, 4):
            put(desk, replace(question(1), update=update))
            await asyncio.sleep(0)
        worker.finish(4)
        await settled()
        return worker.told, (desk.working, desk.waiting)

    told, left = asyncio.run(main())
    assert told == ["begun 1", "edited 1", "edited 3", "begun 4", "done 4"]
    assert left == (0, 0)


def test_a_question_in_the_same_words_is_known_to_be_here():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        put(desk, question(1, text="Who?"))
        known = [desk.has(replace(question(1, text=said), update=2)) for said in ("Who?", "Where?")]
        worker.finish(1)
        await settled()
        return [*known, desk.has(question(1, text="Who?"))]

    assert asyncio.run(main()) == [True, False, False]


def test_draining_lets_answers_end_and_cuts_off_what_does_not():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        await desk.drain(1)
        for number in (1, 2):
            put(desk, question(number, chat=number, person=number))
        await settled()
        worker.finish(1)
        await desk.drain(0.05)
        return worker.told

    assert asyncio.run(main()) == ["begun 1", "begun 2", "done 1", "cut 2"]


def test_a_question_stopped_before_its_turn_frees_the_chat_for_the_next_one():
    async def main():
        worker = Worker()
        desk = Desk(worker)
        put(desk, question(1, person=1))
        put(desk, question(2, person=2))
        put(desk, question(3, person=3))
        await settled()
        desk.stop(2, 7)
        worker.finish(1, 3)
        await settled()
        return worker.told

    assert asyncio.run(main()) == ["begun 1", "asked 2", "done 1", "begun 3", "done 3"]


# The inbox

READER = User(7, "Reader", is_bot=False)


def update(number, *, chat=7, text="Who?"):
    message = Message(number, None, Chat(chat, "private"), from_user=READER, text=text)
    return Update(number, message=message)


def inline(number):
    return Update(number, inline_query=InlineQuery(str(number), READER, "who", ""))


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "catalog.sqlite", bot=1)) as made:
        for number in (1, 2, 3):
            made.take(number, str(number))
        yield made


@dataclass
class Handling:
    """Handles updates, those of `slow` when it is let; tells what it began and did."""

    slow: frozenset[int] = frozenset()
    told: list[str] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    begun: object = None

    async def __call__(self, one):
        self.told.append(f"begun {one.update_id}")
        if self.begun:
            await self.begun(one.update_id)
        if one.update_id in self.slow:
            await self.let.wait()
        self.told.append(f"done {one.update_id}")


def inbox_of(store, handling):
    return Inbox(store, Patience(Health()), handling)


def test_updates_of_a_chat_are_handled_one_after_the_other_and_chats_side_by_side(store):
    async def main():
        handling = Handling(slow={1})
        inbox = inbox_of(store, handling)
        for one in (update(1), update(2), update(3, chat=8), inline(4)):
            inbox.put(one)
        await settled()
        before = sorted(handling.told)
        handling.let.set()
        await inbox.end(30)
        return before, [one for one in handling.told if one[-1] in "12"]

    assert asyncio.run(main()) == (
        ["begun 1", "begun 3", "begun 4", "done 3", "done 4"],
        ["begun 1", "done 1", "begun 2", "done 2"],
    )


def test_a_handler_that_takes_long_may_let_the_next_of_its_chat_go_first(store):
    """It goes on, and its update is settled when it is done."""

    async def main():
        handling = Handling(slow={1})
        inbox = inbox_of(store, handling)
        handling.begun = inbox.give_way
        inbox.put(update(1))
        inbox.put(update(2))
        await asyncio.wait(inbox_tasks(), return_when=asyncio.FIRST_COMPLETED)
        before = [*handling.told], store.pending()
        handling.let.set()
        await inbox.end(30)
        return before, handling.told[-1], store.pending()

    assert asyncio.run(main()) == (
        (["begun 1", "begun 2", "done 2"], ("1", "3")),
        "done 1",
        ("3",),
    )


def inbox_tasks():
    return asyncio.all_tasks() - {asyncio.current_task()}


def test_an_update_is_settled_when_it_is_handled_unless_it_is_held_for_its_answer(store):
    async def main():
        handling = Handling()
        inbox = inbox_of(store, handling)
        inbox.hold(2)
        inbox.hold(3)
        for number in (1, 2, 3):
            inbox.put(update(number))
        await inbox.end(30)
        await inbox.release(3)
        return store.pending()

    assert asyncio.run(main()) == ("2",)


def test_what_is_being_handled_at_the_end_is_left_to_the_next_start(store):
    """Nor is anything begun after that."""

    async def main():
        handling = Handling(slow={1})
        inbox = inbox_of(store, handling)
        inbox.put(update(1))
        await settled()
        await inbox.end(0)
        inbox.put(update(2))
        await settled()
        return handling.told, store.pending()

    assert asyncio.run(main()) == (["begun 1"], ("1", "2", "3"))


# Who may come in

EDITOR, ALLOWED, STRANGER, GROUP = 1, 2, 3, -4


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def access(store, *, allowed=frozenset({ALLOWED, GROUP}), clock=None):
    return Access(allowed, frozenset({EDITOR}), store, clock or Clock())


def test_without_a_list_everyone_may_ask_and_only_editors_may_edit(store):
    open_ = access(store, allowed=frozenset())

    assert [open_.admits(one, one) for one in (EDITOR, ALLOWED, STRANGER)] == [True] * 3
    assert [open_.is_editor(one) for one in (EDITOR, ALLOWED)] == [True, False]


def test_with_a_list_its_people_its_groups_and_editors_may_ask(store):
    closed = access(store)

    asking = [
        (EDITOR, EDITOR),
        (ALLOWED, ALLOWED),
        (STRANGER, STRANGER),
        (STRANGER, GROUP),
        (EDITOR, -9),
        (STRANGER, -9),
        (ALLOWED, None),
        (STRANGER, None),
    ]
    assert [closed.admits(*one) for one in asking] == [
        True,
        True,
        False,
        True,
        True,
        False,
        True,
        False,
    ]


def test_an_invitation_lets_a_stranger_in_for_good(store):
    closed = access(store)
    welcomed = [closed.welcome(STRANGER, "guessed"), closed.welcome(STRANGER, store.invite())]

    assert welcomed == [False, True]
    assert [one.admits(STRANGER, STRANGER) for one in (closed, access(store))] == [True, True]


def test_a_group_that_has_another_number_is_still_let_in(store):
    closed = access(store)
    closed.moved(GROUP, -40)
    closed.moved(-9, -90)

    assert [closed.admits(STRANGER, chat) for chat in (-40, -90)] == [True, False]


def test_a_stranger_is_told_once_a_day(store):
    clock = Clock()
    closed = access(store, clock=clock)
    told = [closed.to_be_told(one) for one in (3, 3, 5)]
    clock.now += ONCE_IN

    assert [*told, closed.to_be_told(3), closed.to_be_told(3)] == [True, False, True, True, False]


# Examples


class NameReader:
    """Finds the mayor and the governor, whoever is asked about."""

    def load(self):
        pass

    def read(self, question, passages, *, several=False):
        names = ("Aminata Diallo", "Sira Traore")
        return FakeReader(*[name for name in names if name in question]).read(question, passages)


def test_examples_are_questions_that_the_articles_answer(tmp_path):
    home = indexed(tmp_path / ".griot", MARKET, BRIDGE)

    with opened(home, reader=NameReader()) as library:
        found = asyncio.run(examples(library))

    assert sorted(found) == [
        "What did Governor Sira Traore do?",
        "What did Mayor Aminata Diallo do?",
    ]


def test_without_articles_there_are_no_examples(tmp_path):
    (tmp_path / "corpus").mkdir()

    with opened(tmp_path / ".griot") as library:
        assert asyncio.run(examples(library)) == ()
