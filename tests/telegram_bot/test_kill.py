"""The whole bot as its own process, ended in the middle of its work and started anew."""

import asyncio
import json
import os
import signal
from collections import Counter
from contextlib import ExitStack, closing

import httpx
import pytest

from bot.chat.events import Sent
from bot.chat.store import TRIES, Store
from fake_bot_api import TOKEN, FakeBotApi, Refuse, Stall
from fake_chat import named
from fake_chat_server import WHOLE, FakeChatServer, event
from rag.index.tables import FILE
from spoken import ENGLISH
from telegram_bot.bots import BOT, BotProcess
from telegram_bot.conversation import labels

pytestmark = pytest.mark.process

WHO, POWER, LEFT = (
    "Who accompanied Goïta?",
    "When did Goita take power?",
    "When did Mali leave the Economic Community of West African States?",
)
FIRST = "What did Assimi Goita do?"
SAYS = {
    WHO: (
        "Accompanying Goita from Bamako were Sadio Camara, Mali's defence minister, and its "
        "foreign minister."
    ),
    POWER: "Goita took power in two coups, one in 2020 and one in 2021.",
    LEFT: (
        "Mali formally left the Economic Community of West African States (ECOWAS) earlier this "
        "year, as Niger and Burkina Faso did."
    ),
    FIRST: (
        "Assimi Goita, the general who rules Mali, sat down with Vladimir Putin in the Russian "
        "capital on Monday and said that he wanted closer ties with Moscow, which backs his army "
        "against jihadist fighters."
    ),
}


class Model(FakeChatServer):
    """Writes the sentence that answers a question, and ends its answer when it is told to."""

    def __init__(self):
        super().__init__(self._script)
        self._ended = {question: asyncio.Event() for question in SAYS}
        self.asked = []

    def end(self, *questions):
        """Have the answers to these questions end."""
        for question in questions:
            self._loop.call_soon_threadsafe(self._ended[question].set)

    async def _script(self, body):
        request = body["messages"][-1]["content"]
        question = next(asked for asked in SAYS if asked in request)
        self.asked.append(question)
        yield event(content=f"{SAYS[question]} [{named(request, SAYS[question])}]")
        await self._ended[question].wait()
        yield WHOLE


@pytest.fixture
def scene(tmp_path):
    """The Bot API, a model that waits, and how to make a bot, which is ended in the end."""
    with ExitStack() as stack:
        api = stack.enter_context(FakeBotApi())
        model = stack.enter_context(Model())

        def bot(**settings):
            made = BotProcess(
                api,
                tmp_path / "home",
                llm_url=f"{model.url}/v1",
                llm_model="scripted",
                **settings,
            )
            return stack.push(made)

        yield api, model, bot


def numbers(api, chat):
    return [message.id for message in api.messages(chat)]


def shown(api, chat, *questions):
    """Whether the answers to these questions, and nothing else, are there in a chat."""
    lines = [message.text.splitlines()[0] for message in api.messages(chat) if message.buttons]
    return lines == [f"{SAYS[question]} [1]" for question in questions] and len(lines) == len(
        api.messages(chat)
    )


def sent(api, chat):
    """How many messages were ever sent to a chat."""
    return len(done(api, chat, "sendMessage"))


def refused(api, chat):
    return any(call.status == 502 and call.params.get("chat_id") == chat for call in api.calls)


def answered(api, chat):
    """The messages that became answers, in the order in which they did."""
    edits = done(api, chat, "editMessageText")
    return [edit["message_id"] for edit in edits if "reply_markup" in edit]


def done(api, chat, method):
    """The parameters of the bot's calls in a chat that were not refused."""
    calls = [call for call in api.calls if call.method == method and call.status == 200]
    return [call.params for call in calls if call.params["chat_id"] == chat]


def known(api, tmp_path, *chats, but=0):
    """Wait until the bot knows the numbers of its messages, but for the first so many.

    In each chat there is one at least.
    """
    with closing(Store(tmp_path / "home" / FILE, bot=BOT)) as store:

        def all_of(chat):
            shown = numbers(api, chat)[but:]
            return shown and all(
                store.answered_by(Sent(str(chat), str(number))) for number in shown
            )

        api.wait(lambda: all(map(all_of, chats)))


def taken(api, tmp_path):
    """Take the first update that waits, as a process does that then dies."""
    (update, *_) = httpx.get(f"{api.url}/bot{TOKEN}/getUpdates").json()["result"]
    with closing(Store(tmp_path / "home" / FILE, bot=BOT)) as store:
        store.take(str(update["update_id"]), json.dumps(update), "7")


def pending(tmp_path):
    """The events that a process takes up when it starts."""
    with closing(Store(tmp_path / "home" / FILE, bot=BOT)) as store:
        return store.pending()


def test_what_is_pending_at_a_kill_is_answered_once_in_order_and_in_its_messages(scene, tmp_path):
    """One question was being answered, one waited behind it, and one was asked elsewhere."""
    api, model, make = scene
    people = [api.person(number) for number in (1, 2)]
    bot = make().start()
    api.say(people[0], WHO)
    api.say(people[0], POWER)
    api.say(people[1], LEFT)
    api.wait(lambda: [len(api.messages(chat)) for chat in (1, 2)] == [2, 1])
    api.wait(lambda: api.messages(1)[0].text == SAYS[WHO])
    known(api, tmp_path, 1, 2)
    before = {chat: numbers(api, chat) for chat in (1, 2)}
    assert [message.text for message in api.messages(1)] == [SAYS[WHO], ENGLISH.queued]
    bot.kill()
    model.end(*SAYS)
    bot.start()
    api.wait(lambda: shown(api, 1, WHO, POWER) and shown(api, 2, LEFT))
    assert bot.end() == 0
    assert {chat: numbers(api, chat) for chat in before} == before
    assert [sent(api, chat) for chat in (1, 2)] == [2, 1]
    assert answered(api, 1) == before[1]
    assert Counter(model.asked) == {WHO: 2, LEFT: 2, POWER: 1}
    assert bot.log.count("answered chat=") == 3
    assert pending(tmp_path) == ()


def test_an_example_is_said_and_counted_once_when_its_answer_is_killed(scene, tmp_path):
    """Where one question a minute is the limit, the example is still answered after the kill."""
    api, model, make = scene
    reader = api.person(1)
    bot = make(telegram_per_minute=1).start()
    api.say(reader, "/start")
    api.wait(lambda: api.messages(1))
    api.press(reader, api.messages(1)[0].id, FIRST)
    api.wait(lambda: len(api.messages(1)) == 3)
    known(api, tmp_path, 1, but=2)
    bot.kill()
    model.end(FIRST)
    bot.start()
    api.wait(lambda: api.messages(1)[2].buttons)
    assert bot.end() == 0
    assert [message.text.splitlines()[0] for message in api.messages(1)] == [
        "I know 2 articles.",
        FIRST,
        f"{SAYS[FIRST]} [1]",
    ]
    assert sent(api, 1) == 3
    assert pending(tmp_path) == ()


def test_nothing_that_was_shown_is_repeated_after_a_kill(scene, tmp_path):
    """Not what was dealt with, nor what Telegram took and had no time to say so.

    What it refused is sent. All updates come again, as it was not told that they had come.
    """
    api, model, make = scene
    people = [api.person(number) for number in (1, 2, 3)]
    group = api.group(-4, members=[api.person(4)])
    questions = [api.say(person, WHO) for person in people]
    api.say(api.person(4), f"/ask@griot_bot {LEFT}", chat=group)
    api.fail("sendMessage", Stall(60), chat=2)
    api.fail("sendMessage", *[Refuse(502, "Bad Gateway")] * 100, chat=3)
    api.fail("editMessageText", Stall(60), chat=group)
    api.fail("getUpdates", None, *[Refuse(502, "Bad Gateway")] * 100)
    model.end(WHO)
    bot = make(telegram_drafts=1)  # so that the first message of a private chat is the answer
    bot.start(wait=False)
    api.wait(lambda: shown(api, 1, WHO) and shown(api, 2, WHO) and api.messages(group), 60)
    model.end(LEFT)
    api.wait(lambda: shown(api, group, LEFT) and bot.log.count("answered chat=") == 1)
    before = {chat: api.messages(chat) for chat in (1, 2, group)}
    with closing(Store(tmp_path / "home" / FILE, bot=BOT)) as store:
        api.wait(lambda: refused(api, 3) and not store.asked("3", str(questions[2])).sending)
    bot.kill()
    api.mend()
    bot.start()
    api.wait(lambda: len(api.messages(2)) == 2 and bot.log.count("answered chat=") == 4)
    assert bot.end() == 0
    came = Counter(
        update["update_id"]
        for call in api.calls
        if call.method == "getUpdates" and call.status == 200
        for update in call.result
    )
    assert [*came.values()] == [2] * 4
    note = api.messages(2)[1]
    assert {chat: api.messages(chat) for chat in before} == before | {2: [*before[2], note]}
    assert (note.text, labels(note.buttons)) == (ENGLISH.uncertain, [[ENGLISH.send_again]])
    assert shown(api, 3, WHO)
    assert Counter(model.asked) == {WHO: 3, LEFT: 1}
    assert pending(tmp_path) == ()


def test_sigterm_lets_answers_end_and_leaves_the_rest_to_the_next_start(scene, tmp_path):
    """One answer ends in time, one is never ended by its model, one question comes too late.

    That processes died of the second one before does not count, now that one does not.
    """
    api, model, make = scene
    people = [api.person(number) for number in (1, 2, 3)]
    api.say(people[1], LEFT)
    taken(api, tmp_path)
    for _ in range(TRIES - 1):
        pending(tmp_path)
    bot = make().start()
    api.say(people[0], WHO)
    known(api, tmp_path, 1, 2)
    os.kill(bot.pid, signal.SIGTERM)
    api.wait(lambda: not api.polling)
    model.end(WHO)
    assert bot.ended() == 0
    api.say(people[2], POWER)
    assert shown(api, 1, WHO)
    before = numbers(api, 2)
    model.end(*SAYS)
    bot.start()
    api.wait(lambda: shown(api, 2, LEFT) and shown(api, 3, POWER))
    assert bot.end() == 0
    assert numbers(api, 2) == before
    assert [sent(api, chat) for chat in (1, 2, 3)] == [1, 1, 1]
    assert Counter(model.asked) == {WHO: 1, LEFT: 2, POWER: 1}
    assert pending(tmp_path) == ()
