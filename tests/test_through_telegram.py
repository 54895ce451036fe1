import asyncio
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.fake_bot_api import BotMessage, Break, FakeBotApi, Lose
from bot.questions.checks import Rules
from bot.questions.format import Question
from bot.questions.respondents import LibraryRespondent
from bot.questions.results import Verdict
from bot.questions.runner import Runner
from bot.questions.through_telegram import KEPT, NoAnswer, difference, respondent
from bot.settings import Settings
from fake_chat import passages
from fake_library import ANSWER, REFUSAL
from fake_reader import FakeReader
from rag.catalog import Catalog
from rag.errors import EmbeddingError
from rag.records import record
from telegram_scene import BRIDGE, MARKET, indexed, opened

ROOT = Path(__file__).parent.parent
FIVE = {
    "title": "Attack in Gao",
    "url": "https://a.example/gao",
    "published": "2025-06-02",
    "text": "Five people were killed in Gao on Monday, the army said.\n\nIt closed the road.",
}
SEVEN = {
    "title": "The dead of Gao",
    "url": "https://b.example/gao",
    "published": "2025-06-03",
    "text": "Seven people were killed in Gao on Monday, doctors said.\n\nThey asked for blood.",
}
READ = {
    "flooded": ["on Monday after a week of rain"],
    "crossed": ["Governor Sira Traore"],
    "four years": ["four years"],
    "killed": ["Five people", "Seven people"],
}
MARKET_FLOODED, BRIDGE_CROSSED, KILLED, WORLD_CUP = (
    "When was the market of Gao flooded?",
    "Who crossed the bridge of Mopti?",
    "How many people were killed in Gao?",
    "Who won the World Cup?",
)
NOW = datetime(2025, 7, 1, tzinfo=UTC)


class ScriptedReader:
    """Finds what a question with certain words asks for; one word makes it stumble."""

    def load(self):
        pass

    def read(self, question, passages):
        if "stumble" in question:
            raise ZeroDivisionError
        if "unreadable" in question:
            raise EmbeddingError("the endpoint is down; start it")
        found = (phrases for words, phrases in READ.items() if words in question)
        return FakeReader(*next(found, ())).read(question, passages)


class HesitantChat:
    """A chat model that tells what it was given to read, a word or two a second."""

    name = "hesitant"

    async def stream(self, messages, *, max_tokens):
        said = " ".join(f"{text} [{name}]" for name, text in passages(messages[-1].content).items())
        for part in re.findall(r".{1,60}", said[:300]):
            await asyncio.sleep(1)
            yield part

    async def models(self):
        return (self.name,)

    async def close(self):
        pass


class TalkativeChat(HesitantChat):
    """A chat model that at once tells everything that it was given to read."""

    async def stream(self, messages, *, max_tokens):
        read = passages(messages[-1].content)
        yield " ".join(f"{text} [{name}]" for name, text in read.items())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("checked") / ".griot", MARKET, BRIDGE, FIVE, SEVEN)


@pytest.fixture
def library(home):
    with opened(home, reader=ScriptedReader()) as found:
        yield found


def settings(home, **given):
    return Settings(_env_file=None, home=home, **given)


def question(*turns, **expected):
    said = {"ask": turns[0]} if len(turns) == 1 else {"conversation": list(turns)}
    return Question.model_validate({"id": turns[-1]} | said | expected)


async def checked(respondents, questions, jobs=4):
    """What becomes of each question, in the order of the questions."""
    found = {}
    runner = Runner(respondent=respondents, rules=Rules(), jobs=jobs)
    await runner.run(questions, lambda one: found.__setitem__(one.question.id, one))
    return [found[one.id] for one in questions]


def through_telegram(library, *questions, jobs=4, **options):
    bot = respondent(library, settings(library.home), **options)
    return asyncio.run(checked(bot, questions, jobs))


def through_library(library, *questions):
    return asyncio.run(checked(nullcontext(LibraryRespondent(library)), questions))


def answered(library, *turns, **options):
    """What a conversation ends with, through the bot."""

    async def ask():
        async with respondent(library, settings(library.home), **options) as asked:
            return await asked.answer(turns)

    return asyncio.run(ask())


def same(kept):
    """What is the same of an answer whenever and however it is asked."""
    return replace(kept, when=NOW, timings={})


def in_library(library, *turns):
    return asyncio.run(LibraryRespondent(library).answer(turns))


def test_a_set_has_the_same_verdicts_through_the_bot_as_through_the_library(library):
    """Whether they pass or fall short, and why; the answers are the same, but for their times."""
    questions = (
        question(MARKET_FLOODED, expect="Monday", cites="https://courier.example/gao-flood"),
        question(BRIDGE_CROSSED, expect="Aminata Diallo"),
        question(KILLED, disagree=True, quote="doctors said"),
        question(WORLD_CUP, refuse=True),
        question(MARKET_FLOODED, "And who won the World Cup?", refuse=True),
        question("Who crossed it, four years later?", expect="four", max_claims=1),
    )
    told, wanted = through_telegram(library, *questions), through_library(library, *questions)
    assert [one.attempts[0].checks for one in told] == [one.attempts[0].checks for one in wanted]
    assert [same(one.attempts[0].record) for one in told] == [
        same(one.attempts[0].record) for one in wanted
    ]
    assert {one.verdict for one in told} == {Verdict.PASSED, Verdict.FAILED}


def test_a_follow_up_follows_what_was_answered_before(library):
    """The bot takes the conversation along, as the library does with a history."""
    turns = (MARKET_FLOODED, BRIDGE_CROSSED, "And how many years?")
    kept = answered(library, *turns)
    assert kept.standalone_question != turns[-1]
    assert same(kept) == same(in_library(library, *turns))


def test_conversations_at_the_same_time_are_kept_apart(library):
    """Each has a person of its own, so that no follow-up leans on another conversation."""
    begun = (MARKET_FLOODED, BRIDGE_CROSSED, KILLED, WORLD_CUP)
    questions = [
        question(one, "And why?", id=str(number), expect="x") for number, one in enumerate(begun)
    ]
    asked = [one.attempts[0].record for one in through_telegram(library, *questions)]
    wanted = [one.attempts[0].record for one in through_library(library, *questions)]
    assert [one.standalone_question for one in asked] == [one.standalone_question for one in wanted]


def test_a_disagreement_is_shown_with_both_quotes(library):
    """What the articles differ on stands in the chat, as it does in the record."""
    kept = answered(library, KILLED)
    assert [len(one.marks) for one in kept.disagreements] == [2]
    assert same(kept) == same(in_library(library, KILLED))


def test_an_answer_in_several_messages_is_read_to_its_end(tmp_path):
    """What is longer than a message is answered when the last of its parts is there."""
    articles = [
        {
            "title": f"News of {place}",
            "url": f"https://n.example/{place}",
            "text": f"In {place} it was flooded on Monday and they lost "
            + " ".join(f"millet{place}{number}" for number in range(70)),
        }
        for place in ("gao", "kidal", "mopti", "segou")
    ]
    api = FakeBotApi()
    with opened(indexed(tmp_path / ".griot", *articles), TalkativeChat()) as library:
        kept = answered(library, "Where was it flooded on Monday?", api=api)
    assert len(api.messages(1)) > 1
    assert len(kept.claims) == len(articles)


def test_a_bug_at_one_question_is_the_error_of_that_one(library, capfd):
    """It is told where the bug is, or what Griot says is wrong; nothing of that is printed."""
    bug, fault, good = through_telegram(
        library,
        question("Who will stumble?", expect="x"),
        question("Is it unreadable?", expect="x"),
        question(MARKET_FLOODED, expect="Monday"),
        jobs=1,
    )
    assert bug.attempts[0].error == (
        "the Telegram bot said “This did not work. Try again in a moment.” (logged meanwhile: a "
        f"bug, ZeroDivisionError in {Path(__file__).name}, line {_line('raise ZeroDivisionError')})"
        "; ask without --through telegram to see whether the library does"
    )
    assert "(logged meanwhile: the endpoint is down; start it)" in fault.attempts[0].error
    assert good.verdict is Verdict.PASSED
    assert capfd.readouterr() == ("", "")


def _line(words):
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == words)


@pytest.mark.parametrize("asked", ["???", "x" * 1001, "https://courier.example/gao-flood"])
def test_what_the_bot_takes_for_no_question_is_an_error_at_once(library, asked):
    """It is told what the bot said instead of an answer."""
    with pytest.raises(NoAnswer, match=r"^the Telegram bot said “(That is no|A question|Only ed)"):
        answered(library, asked)


def test_a_lost_confirmation_loses_no_answer(library):
    """The bot does not know that its message arrived; the reader has it all the same."""
    api = FakeBotApi()
    api.fail("sendMessage", Lose())
    assert same(answered(library, MARKET_FLOODED, api=api)) == same(
        in_library(library, MARKET_FLOODED)
    )


def test_a_message_that_never_arrives_is_the_error_of_its_question(library):
    """The others are answered; it is told for how long nothing came, and what the bot noticed."""
    api = FakeBotApi()
    api.fail("sendMessage", Break(), chat=1)
    lost, good = through_telegram(
        library,
        question(MARKET_FLOODED, expect="Monday"),
        question(BRIDGE_CROSSED, expect="Traore"),
        jobs=1,
        api=api,
        patience=3.0,
    )
    assert lost.attempts[0].error == (
        "the Telegram bot gave no answer, nor any sign for 3 s (logged meanwhile: a message may "
        "not have arrived); ask without --through telegram to see whether the library does"
    )
    assert good.verdict is Verdict.PASSED


def test_an_answer_is_waited_for_as_long_as_it_is_being_written(home):
    """A chat model may take longer than the bot may be silent."""
    with opened(home, HesitantChat()) as library:
        kept = answered(library, MARKET_FLOODED, patience=4.0)
    assert kept.timings["total"] > 4000
    assert kept.model == "hesitant"


def test_a_bot_that_ends_is_the_error_of_all_that_was_to_be_asked(library):
    """It is told why it ended, at once."""
    api = FakeBotApi()

    async def ask():
        async with respondent(library, settings(library.home), api=api) as asked:
            good = await asked.answer([MARKET_FLOODED])
            api.revoke("987654321:AAF-another_token_for_tests_012345678")
            with pytest.raises(NoAnswer, match="has ended: Telegram does not know") as told:
                await asked.answer([BRIDGE_CROSSED])
            with pytest.raises(NoAnswer, match="has ended: Telegram does not know"):
                await asked.answer([BRIDGE_CROSSED])
            return good, str(told.value)

    good, told = asyncio.run(ask())
    assert good.outcome == "answered"
    assert told.endswith("run it again, and report it")


def test_a_bot_that_cannot_start_lets_nothing_run(library):
    """It is told what the bot found, and what to look at."""
    api = FakeBotApi()
    api.fail("getMe", *[Break()] * 9)
    with pytest.raises(NoAnswer, match=r"did not start within 2 s \(logged .* cannot be reached"):
        through_telegram(library, question(MARKET_FLOODED, expect="x"), api=api, patience=2.0)


def test_nothing_of_the_bot_stays_running(library):
    """Threads, tasks, the server and the log's handlers are as before, also after Ctrl-C."""
    loggers = [logging.getLogger(name) for name in ("", "bot.telegram_bot", "telegram")]
    before = [one.handlers[:] for one in loggers]
    library.search(MARKET_FLOODED)

    async def ask(*, stopped):
        api = FakeBotApi()
        async with respondent(library, settings(library.home), api=api) as asked:
            task = asyncio.ensure_future(asked.answer([MARKET_FLOODED]))
            if stopped:
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait([task])
        return api.port, asyncio.all_tasks() - {asyncio.current_task()}

    asyncio.run(ask(stopped=False))
    threads = set(threading.enumerate())
    for stopped in (False, True):
        port, tasks = asyncio.run(ask(stopped=stopped))
        assert tasks == set()
        assert set(threading.enumerate()) == threads
        assert [one.handlers for one in loggers] == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_the_user_s_own_bot_has_no_part_in_it(library):
    """Neither its token nor its address, nor whom it admits."""
    theirs = settings(
        library.home,
        telegram_token="555555555:AAF-a_token_that_nobody_may_use_0123456",
        telegram_api_url="http://127.0.0.1:9",
        telegram_allowed="42",
        telegram_admins="1",
        telegram_per_minute=1,
        webhook_url="https://bot.example",
        metrics="127.0.0.1:9",
    )

    async def ask():
        async with respondent(library, theirs) as asked:
            return await asked.answer([MARKET_FLOODED, BRIDGE_CROSSED])

    assert asyncio.run(ask()).outcome == "answered"


def test_old_answers_are_forgotten_when_the_next_run_begins(tmp_path):
    """Those of the last hour stay, for another run at the same time may be in need of them."""
    home = indexed(tmp_path / ".griot", MARKET)
    now = datetime.now(UTC)
    catalog = Catalog(home / "catalog.sqlite")
    for age in (2 * KEPT, KEPT + timedelta(seconds=1), KEPT / 2):
        catalog.put_answer(record(ANSWER, now - age))
    with opened(home, reader=ScriptedReader()) as library:
        answered(library, MARKET_FLOODED)
    assert [one.question for one in catalog.records()] == [ANSWER.question, MARKET_FLOODED]
    catalog.close()


# What is shown


KEPT_ANSWER, KEPT_REFUSAL = record(ANSWER, NOW), record(REFUSAL, NOW)
(DIFFERING,) = KEPT_ANSWER.disagreements
SAID = "General Sadio Camara accompanied Goïta. [1]\nWagner has left. [2] [1]\nWagner: differs\n\n"
QUOTES = ("General Sadio Camara accompanied Goïta.", "Wagner has left Mali.")


def message(said, *quotes):
    """A message of the bot's; a character outside of the first plane counts for two units."""
    text, entities = f"🔎 {said}", []
    for quote in quotes:
        offset = len(text.encode("utf-16-le")) // 2
        entities.append({"type": "blockquote", "offset": offset, "length": len(quote)})
        text += f"{quote}\n"
    return BotMessage(
        id=1,
        text=text,
        entities=entities,
        html="",
        reply_to=None,
        thread=None,
        buttons=[],
        previews_off=True,
        edits=[],
    )


@pytest.mark.parametrize(
    ("kept", "shown", "wrong"),
    [
        (KEPT_ANSWER, [message(SAID, *QUOTES)], None),
        (KEPT_ANSWER, [message(SAID), message("", QUOTES[1]), message("", QUOTES[0])], None),
        (
            KEPT_ANSWER,
            [message(SAID.replace("left", "gone"), *QUOTES)],
            "does not show the claim “Wagner has left.”",
        ),
        (
            KEPT_ANSWER,
            [message(SAID + QUOTES[1], QUOTES[0])],
            "does not show the quote “Wagner has left Mali.”",
        ),
        (
            replace(KEPT_ANSWER, disagreements=(replace(DIFFERING, topic="the year"),)),
            [message(SAID, *QUOTES)],
            "does not show the topic “the year”",
        ),
        (
            replace(KEPT_ANSWER, unanswered=("who paid",)),
            [message(SAID, *QUOTES)],
            "does not show the words “who paid”",
        ),
        (KEPT_REFUSAL, [message("The articles do not say.")], None),
        (KEPT_REFUSAL, [message("")], "does not show the words “The articles do not say.”"),
        (
            KEPT_REFUSAL,
            [message("The articles do not say.", QUOTES[1])],
            "shows a quote below a refusal: “Wagner has left Mali.”",
        ),
    ],
)
def test_what_is_shown_is_held_against_what_is_kept(kept, shown, wrong):
    """Claims and words anywhere, over the ends of messages; quotes only where they are set so."""
    assert difference(kept, shown) == wrong


# The command


@pytest.fixture
def folder(tmp_path):
    """A set beside its articles, and nothing else."""
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus", ignore=shutil.ignore_patterns("*.yaml"))
    (tmp_path / "set.yaml").write_text(
        "corpus: corpus\n"
        "questions:\n"
        "  - ask: Who accompanied Goïta?\n"
        "    expect: Sadio Camara\n"
        "  - ask: Who won the 2018 World Cup?\n"
        "    refuse: true\n"
        "  - conversation: [Who invited Goïta to Moscow?, And when did he arrive?]\n"
        "    expect: Nobody in particular\n",
        encoding="utf-8",
    )
    return tmp_path


def griot(folder, *words, python=()):
    own = {name: each for name, each in os.environ.items() if not name.startswith("GRIOT_")}
    return subprocess.run(
        [sys.executable, *python, "-m", "bot", *words],
        cwd=folder,
        env=own | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def told(done):
    return [
        (one["id"], one["verdict"], one["attempts"][0]["answer"]["claims"])
        for one in json.loads(done.stdout)["results"]
    ]


def test_the_command_asks_the_bot_without_any_settings(folder):
    """It ends as through the library, and prints nothing besides; who asks that needs no bot."""
    library = griot(folder, "check", "set.yaml", "--json", python=("-X", "importtime"))
    telegram = griot(folder, "check", "set.yaml", "--json", "--through", "telegram", "--jobs", "2")
    imported = set(re.findall(r"\| +(\w+)", library.stderr))
    assert (telegram.returncode, telegram.stderr) == (1, "")
    assert told(telegram) == told(library)
    assert json.loads(telegram.stdout)["through"] == "telegram"
    assert imported & {"bot", "telegram"} == {"bot"}
