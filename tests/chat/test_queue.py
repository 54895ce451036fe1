import asyncio
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from bot.chat.events import Written
from bot.chat.inbox import Inbox
from bot.chat.queue import Queue, Request
from bot.chat.services import Services
from bot.chat.store import Store
from bot.service.health import Health, Metrics
from bot.service.patience import Patience

ROUNDS = 50

FIRST = Request(
    chat="7", message="1", person="7", text="First?", event="1", language="en", private=True
)


def request(number, *, chat="7", person="7", text="Who?"):
    number = str(number)
    return replace(FIRST, chat=chat, message=number, person=person, text=text, event=number)


@dataclass
class Worker:
    """Works on a question until it is let; tells what it began, ended and was cancelled in."""

    told: list[str] = field(default_factory=list)
    let: dict[str, asyncio.Event] = field(default_factory=dict)
    waited: dict[str, bool] = field(default_factory=dict)

    async def __call__(self, slot):
        asked = slot.request
        self.waited[asked.event] = slot.waits
        try:
            async with slot.turn():
                self.told.append(f"begun {asked.event}")
                await self.let.setdefault(asked.event, asyncio.Event()).wait()
            self.told.append(f"done {asked.event}")
        except asyncio.CancelledError:
            self.told.append(f"{slot.cancelled.value if slot.cancelled else 'cut'} {asked.event}")
            if slot.cancelled is None:
                raise
            await asyncio.sleep(0)  # its messages are put right
            await asyncio.sleep(0)

    async def finish(self, *events):
        for event in events:
            self.let.setdefault(str(event), asyncio.Event()).set()
        await settled()


async def settled():
    """Let everything go as far as it goes."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


def in_queue(scene):
    """Run a scene with a worker and its queue."""

    async def main():
        worker = Worker()
        return await scene(worker, Queue(worker))

    return asyncio.run(main())


def put(queue, *requests):
    """Put questions there if there is room; return whether there was."""
    taken = []
    for asked in requests:
        taken.append(queue.has_room(asked))
        if taken[-1]:
            queue.put(asked)
    return taken


def test_questions_of_a_chat_are_answered_one_at_a_time_in_the_order_of_their_coming():
    async def scene(worker, queue):
        taken = put(queue, *(request(number, person=str(number)) for number in (1, 2, 3)))
        await settled()
        counts = (queue.working, queue.waiting)
        await worker.finish(3, 2, 1)
        return taken, counts, worker.told, worker.waited, (queue.working, queue.waiting)

    assert in_queue(scene) == (
        [True, True, True],
        (1, 2),
        ["begun 1", "done 1", "begun 2", "done 2", "begun 3", "done 3"],
        {"1": False, "2": True, "3": True},
        (0, 0),
    )


def test_chats_are_answered_side_by_side_but_one_person_is_answered_once_at_a_time():
    async def scene(worker, queue):
        put(queue, request(1, chat="a"), request(2, chat="b"), request(3, chat="c", person="8"))
        await settled()
        began = list(worker.told)
        await worker.finish(1, 2, 3)
        return began, sorted(worker.told[2:]), worker.waited

    assert in_queue(scene) == (
        ["begun 1", "begun 3"],
        ["begun 2", "done 1", "done 2", "done 3"],
        {"1": False, "2": True, "3": False},
    )


def test_a_person_has_one_question_in_work_and_one_waiting_and_no_third():
    async def scene(worker, queue):
        taken = put(queue, *(request(number, chat=str(number)) for number in (1, 2, 3)))
        taken += put(queue, request(4, chat="4", person="8"))
        await worker.finish(1)
        return [*taken, *put(queue, request(5, chat="5"))]

    assert in_queue(scene) == [True, True, False, True, True]


def test_a_person_stops_their_own_answers_in_a_chat_working_and_waiting():
    async def scene(worker, queue):
        put(queue, request(1), request(2), request(3, person="8"))
        await settled()
        stopped = [queue.stop("7", "9"), queue.stop("9", "7"), queue.stop("7", "7")]
        await worker.finish(3)
        return stopped, sorted(worker.told), (queue.working, queue.waiting)

    assert in_queue(scene) == (
        [0, 0, 2],
        ["begun 1", "begun 3", "done 3", "on request 1", "on request 2"],
        (0, 0),
    )


def test_an_edited_question_replaces_the_one_in_work_and_each_wording_is_told_its_end():
    async def scene(worker, queue):
        put(queue, request(1), request(2))
        await settled()
        for event in ("3", "4"):
            put(queue, replace(request(1), event=event, text="Edited?"))
            await asyncio.sleep(0)
        known = [queue.has(replace(request(1), text=text)) for text in ("Edited?", "Who?")]
        await worker.finish(2, 4)
        edited = [told for told in worker.told if told[-1] in "134"]
        return known, edited, (queue.working, queue.waiting)

    assert in_queue(scene) == (
        [True, False],
        ["begun 1", "by an edit 1", "by an edit 3", "begun 4", "done 4"],
        (0, 0),
    )


def test_a_question_stopped_before_its_turn_frees_the_chat_for_the_next_one():
    async def scene(worker, queue):
        put(queue, *(request(number, person=str(number)) for number in (1, 2, 3)))
        await settled()
        queue.stop("2", "7")
        await worker.finish(1, 3)
        return worker.told

    assert in_queue(scene) == ["begun 1", "on request 2", "done 1", "begun 3", "done 3"]


def test_draining_lets_answers_end_and_cuts_off_what_does_not():
    async def scene(worker, queue):
        await queue.drain(1)
        put(queue, *(request(n, chat=n, person=n) for n in ("1", "2")))
        await settled()
        await worker.finish(1)
        await queue.drain(0.05)
        return worker.told

    assert in_queue(scene) == ["begun 1", "begun 2", "done 1", "cut 2"]


# The events before


def event(number, chat="7"):
    return Written(id=str(number), chat=chat, person="7", private=True, message="1", text="Who?")


class Reading:
    """A messenger whose events are those of a dict."""

    def __init__(self, *events):
        self.read = {each.id: each for each in events}.__getitem__


@dataclass
class Handling:
    """Handles events, those of `slow` when it is let; tells what it began and did."""

    slow: frozenset[str] = frozenset()
    told: list[str] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    first: object = None

    async def __call__(self, event):
        self.told.append(f"begun {event.id}")
        if self.first:
            await self.first(event.id)
        if event.id in self.slow:
            await self.let.wait()
        self.told.append(f"done {event.id}")

    async def has(self, told):
        while told not in self.told:  # noqa: ASYNC110 - it is settled in threads
            await asyncio.sleep(0.01)


@pytest.fixture
def services(tmp_path):
    """Services with a store, and a messenger that has events."""
    health, events = Health(), (event(1), event(2), event(3, chat="8"))
    with closing(Store(tmp_path / "catalog.sqlite", bot="1")) as store:
        yield Services(
            **dict.fromkeys(("library", "editors", "delivery", "policy", "access")),
            store=store,
            messenger=Reading(*events),
            health=health,
            metrics=Metrics(),
            patiently=Patience(health),
        )


def in_inbox(services, handling, scene, *events):
    """Run a scene with an inbox that has taken events; return what it gives and what is pending."""

    async def main():
        inbox = Inbox(services, handling)
        if handling.first:
            handling.first = inbox.give_way
        for each in events:
            await inbox.take(each, each, patiently=True)
        result = await scene(inbox)
        handling.let.set()
        await inbox.end(30)
        return result, [name for name, _ in services.store.pending()]

    return asyncio.run(main())


def test_events_of_a_chat_are_handled_one_after_the_other_and_chats_side_by_side(services):
    handling = Handling(slow={"1"})

    async def scene(_):
        await handling.has("done 3")
        return sorted(handling.told)

    found = in_inbox(services, handling, scene, "1", "2", "3")
    assert found == (["begun 1", "begun 3", "done 3"], [])
    assert [told for told in handling.told if told[-1] != "3"] == [
        *("begun 1", "done 1"),
        *("begun 2", "done 2"),
    ]


def test_a_handler_that_takes_long_may_let_the_next_of_its_chat_go_first(services):
    """It goes on, and its event is settled when it is done."""
    handling = Handling(slow={"1"}, first=True)

    async def scene(_):
        await handling.has("done 2")
        return [*handling.told]

    found = in_inbox(services, handling, scene, "1", "2")
    assert found == (["begun 1", "begun 2", "done 2"], [])


def test_an_event_that_is_held_for_its_answer_is_settled_when_it_is_released(services):
    async def scene(inbox):
        inbox.hold("2")
        inbox.hold("3")
        for each in ("1", "2", "3"):
            await inbox.take(each, each, patiently=True)
        await inbox.release("3")

    assert in_inbox(services, Handling(), scene) == (None, ["2"])


def test_what_is_being_handled_at_the_end_is_left_to_the_next_start(services):
    """Nor is anything begun after that."""
    handling = Handling(slow={"1"})

    async def scene(inbox):
        await settled()
        await inbox.end(0)
        await inbox.take("2", "2", patiently=True)
        await settled()

    assert in_inbox(services, handling, scene, "1") == (None, ["1", "2"])
    assert handling.told == ["begun 1"]
