import logging
import subprocess
import sys
from dataclasses import replace
from urllib.parse import quote

import pytest

from bot.service.logs import Redactor, chat_hash, log_answer
from chat import leaks
from paths import ROOT
from rag.reasons import Reason
from rag.types import Answer, Outcome

pytestmark = pytest.mark.process

TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9"


def pieces(secret, length=12):
    return [secret[start : start + length] for start in range(len(secret) - length + 1)]


def printed(*command):
    """Everything that a Python program prints, as lines."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def debugged():
    """The log at DEBUG when everything goes wrong."""
    return printed(leaks.__file__, TOKEN)


def test_nothing_that_is_printed_holds_a_secret_or_a_piece_of_it(debugged):
    """Neither as it is nor encoded, whatever failed and however it was logged."""
    whole = "\n".join(debugged).casefold()
    secrets = (TOKEN, quote(TOKEN, safe=""), leaks.KEY, "Zz-9_" * 7)
    assert [each for secret in secrets for each in pieces(secret) if each.casefold() in whole] == []


def test_what_happened_is_told_all_the_same(debugged):
    """With causes and stacks; of a record that cannot be rendered, where it came from."""
    printed = "\n".join(debugged)
    told = (
        "WARNING leaks: the token is [secret]\n",
        "ERROR asyncio: Task exception was never retrieved",
        "WARNING py.warnings:",
        "\n  ValueError: no host: https://api.example/bot[secret]/getMe\n",
        "\n  RuntimeError: bot[secret]… is refused\n  its second half is [secret]\n",
        "\n  Stack (most recent call last):\n",
        "DEBUG leaks: two lines\\n [31m[secret]\n",
    )
    assert [each for each in told if each not in printed] == []
    lost = [line for line in debugged if line.endswith("a record cannot be logged")]
    assert [line.partition(",")[0] for line in lost] == ["leaks", "leaks"]


PROGRAM = """
import logging, sys
from bot.service import logs
client = logs.Client("messenger", doubled={{"messenger.pace"}})
logs.set_up([], level={level!r}, stream=sys.stdout, client=client, questions={questions})
for name in ("httpx", "messenger.calls", "messenger.pace", "bot"):
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        logging.getLogger(name).log(level, "said")
"""


@pytest.mark.parametrize(
    ("level", "questions", "expected"),
    [
        ("INFO", True, {"httpx": "E", "messenger.calls": "IE", "messenger.pace": "I", "bot": "IE"}),
        (
            "DEBUG",
            False,
            {"httpx": "DIE", "messenger.calls": "IE", "messenger.pace": "IE", "bot": "DIE"},
        ),
        ("ERROR", False, {"httpx": "E", "messenger.calls": "E", "bot": "E"}),
    ],
)
def test_requests_and_messages_are_only_logged_on_request(level, questions, expected):
    """Requests at DEBUG; what people write at DEBUG where it may be; no error twice but there."""
    found = {}
    for line in printed("-c", PROGRAM.format(level=level, questions=questions)):
        _, _, at, name, _ = line.split()
        found[name[:-1]] = found.get(name[:-1], "") + at[0]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("nothing of it", "nothing of it"),
        (TOKEN, "[secret]"),
        (f"a {TOKEN}{TOKEN} b {TOKEN}", "a [secret] b [secret]"),
        (f"/bot{quote(TOKEN)}/getMe", "/bot[secret]/getMe"),
        (f"Iİ {TOKEN.lower()} {TOKEN.upper()} İ", "Iİ [secret] [secret] İ"),
        (TOKEN[:11], TOKEN[:11]),
        (f"…{TOKEN[20:32]}…", "…[secret]…"),
        ("the key is sesame.", "the key is [secret]."),
        ("Bearer abcdefg", "[key]"),
        ("987654321:" + "b" * 35, "[secret]"),
        ("12:30:00", "12:30:00"),
    ],
)
def test_a_secret_is_taken_out_wherever_it_stands(text, expected):
    """Whole or a piece of 12 characters; a short one only whole."""
    assert Redactor([TOKEN, "sesame", ""])(text) == expected


def test_a_chat_has_one_hash_that_nobody_else_can_compute():
    """It depends on the chat and on the salt."""
    ours = [chat_hash(chat, b"salt") for chat in ("1", "1", "-1001234567890")]
    theirs = chat_hash("1", b"another")
    assert (ours[0], len({*ours, theirs}), {len(name) for name in ours}) == (ours[1], 3, {8})
    assert int(theirs, 16) >= 0


ANSWER = Answer(
    question="who?",
    standalone_question="who?",
    outcome=Outcome.ANSWERED,
    timings={"search": 40.4, "total": 1830.0},
)


@pytest.mark.parametrize(
    ("answer", "question", "expected"),
    [
        (
            ANSWER,
            None,
            "answered chat=1a2b3c4d outcome=answered mode=reader waited=12 search=40 total=1830",
        ),
        (
            replace(
                ANSWER, mode="model", model="qwen 3", remarks=(Reason.OTHER(text='It said "no".'),)
            ),
            "who\nwas there? model=x",
            (
                'answered chat=1a2b3c4d outcome=answered mode=model model="qwen 3" waited=12 '
                r'search=40 total=1830 remark="It said \"no\"." '
                r'question="who\nwas there? model=x"'
            ),
        ),
    ],
)
def test_an_answer_is_logged_in_one_line(answer, question, expected, caplog):
    """The question only where it is given; no word can be taken for another field."""
    with caplog.at_level(logging.INFO):
        log_answer(answer, chat="1a2b3c4d", waited=0.0122, question=question)
    assert caplog.messages == [expected]
