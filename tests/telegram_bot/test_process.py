"""The whole bot as its own process: what it says, and what its buttons do after another start."""

import shutil
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.chat.texts import ENGLISH
from fake_bot_api import FakeBotApi
from rag.index.sqlite_catalog import FILE
from telegram_bot.bots import ROOT, BotProcess
from telegram_bot.conversation import conversation, labels, questions, written

pytestmark = pytest.mark.process

CAMARA = "who accompanied Goïta?"
FRANCE = "when did Mali end its military cooperation with France?"
READERS = {7: CAMARA, 8: CAMARA, 9: CAMARA, 10: FRANCE, 11: CAMARA}

HEAD = "[1] kremlin-visit.md · no date · Goita and Putin talk cooperation at the Kremlin"
PARAGRAPHS = (ROOT / "corpus" / "kremlin-visit.md").read_text(encoding="utf-8").split("\n\n")
QUOTE = PARAGRAPHS[5].partition(" The Russian side")[0]
BUTTONS = [["[1] kremlin-visit.md"], ["Why", "👍", "👎"]]


def ask(api, number, text):
    """The message that answers a person."""
    place = len(api.messages(number))
    api.say(api.person(number), text)
    return answer(api, number, place)


def answer(api, number, place=0):
    """The first message with buttons from a place on."""
    return api.wait(
        lambda: next((one for one in api.messages(number)[place:] if one.buttons), None)
    )


def test_the_bot_says_what_the_documentation_says(tmp_path):
    """The conversation of docs/telegram.md is the same, word for word, with the process."""
    block = conversation()
    with FakeBotApi() as api, BotProcess(api, tmp_path / "home") as bot:
        replies = [ask(api, 7, one) for one in questions(block)]
        status = bot.end(signal.SIGINT)
    assert block == written(questions(block), [(one.text, labels(one.buttons)) for one in replies])
    assert status == 130


@dataclass
class Answered:
    """Readers who were answered by a process that was then killed, and its index and corpus."""

    api: FakeBotApi
    folder: Path
    before: dict = field(default_factory=dict)

    def copy(self, folder):
        """Another process over a copy of the folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return BotProcess(self.api, folder / "home", corpus=folder / "corpus")

    def press(self, number, button):
        """What a reader's message becomes, its buttons, and with what the press was answered."""
        before = self.message(number)
        query = self.api.press(self.api.person(number), before.id, button)
        self.api.wait(lambda: self.message(number) != before)
        after = self.message(number)
        said = self.api.answered(query).get("text")
        return after.text, labels(after.buttons), said

    def message(self, number):
        (message,) = self.api.messages(number)
        return message


def is_settled(home):
    """Whether nothing is left to a bot's next start."""
    with closing(sqlite3.connect(home / FILE)) as catalog:
        left = "SELECT count(*) FROM chat_events WHERE body IS NOT NULL"
        return catalog.execute(left).fetchone() == (0,)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answered")
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    with FakeBotApi() as api:
        made = Answered(api, folder)
        bot = BotProcess(api, folder / "home", corpus=folder / "corpus").start()
        for number, question in READERS.items():
            api.say(api.person(number), question)
        for number in READERS:
            made.before[number] = answer(api, number)
        api.wait(lambda: is_settled(folder / "home"))
        bot.kill()
        yield made


def test_buttons_mean_the_same_after_a_kill_and_a_rebuilt_index(answered, tmp_path):
    """The quote in its paragraph, what is around that, how it came about, and the answer again."""
    bot = answered.copy(tmp_path)
    bot.griot("index", "--rebuild")
    said, around = answered.before[7].text, [["← Back", "More around it"]]
    presses = (
        (7, "[1] kremlin-visit.md"),
        (8, "Why"),
        (9, "👍"),
        (7, "More around it"),
        (8, "← Back"),
        (9, "👎"),
        (7, "← Back"),
    )
    with bot:
        quote, why, good, more, *rest = [answered.press(*one) for one in presses]
    assert quote == (f"{HEAD}\n\n{PARAGRAPHS[5]}", around, None)
    assert more == ("\n\n".join((HEAD, *PARAGRAPHS[4:7])), around, None)
    assert why[0].splitlines()[:2] == [ENGLISH.why_head, f"Asked: {CAMARA}"]
    assert why[1:] == ([["← Back"]], None)
    assert good == (said, [BUTTONS[0], ["Why", "👍 ✓", "👎"]], ENGLISH.rated_good)
    assert rest == [
        (said, BUTTONS, None),
        (said, [BUTTONS[0], ["Why", "👍", "👎 ✓"]], ENGLISH.rated_bad),
        (said, BUTTONS, None),
    ]


def test_a_source_that_has_changed_or_is_gone_is_shown_as_it_was(answered, tmp_path):
    """The quote is that of the answer, and a line says what became of the article."""
    bot = answered.copy(tmp_path)
    article = tmp_path / "corpus" / "kremlin-visit.md"
    text = article.read_text(encoding="utf-8")
    article.write_text(text.replace(QUOTE, "Nobody came along."), encoding="utf-8")
    (tmp_path / "corpus" / "moscow-partnership.txt").unlink()
    (source, *_), _ = labels(answered.before[10].buttons)
    *_, origin, quote = answered.before[10].text.splitlines()
    presses = ((11, "[1] kremlin-visit.md"), (10, source), (11, "← Back"), (10, "← Back"))
    with bot:
        told = [answered.press(*one)[:2] for one in presses]
    assert told == [
        (f"{HEAD}\n\n{QUOTE}\n\n{ENGLISH.changed}", [["← Back"]]),
        (f"{origin}\n\n{quote}\n\n{ENGLISH.gone}", [["← Back"]]),
        (answered.before[11].text, BUTTONS),
        (answered.before[10].text, [[source], BUTTONS[1]]),
    ]


def test_a_button_of_an_answer_that_is_no_longer_kept_says_so(answered, tmp_path):
    """With the index deleted, no press goes without a word, and the message stays as it is."""
    bot = answered.copy(tmp_path)
    shutil.rmtree(tmp_path / "home")
    message = answered.message(10)
    with bot:
        pressed = [
            answered.api.press(answered.api.person(10), message.id, button)
            for row in labels(message.buttons)
            for button in row
        ]
        answered.api.wait(lambda: all(map(answered.api.answered, pressed)))
    told = [answered.api.answered(one) for one in pressed]
    assert [(one["text"], one["show_alert"]) for one in told] == [(ENGLISH.not_kept, True)] * 4
    assert answered.message(10) == message
