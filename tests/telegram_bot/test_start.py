import httpx
import pytest

from desk import story
from fake_bot_api import TOKEN, FakeBotApi
from telegram_bot.bots import BotProcess, one_article

pytestmark = pytest.mark.process

QUESTION = "What happened to the market of Gao?"
REFUSED = (
    "griot: Telegram does not know GRIOT_TELEGRAM_TOKEN. Copy it once more from @BotFather, or "
    "have a new one made there with /token.\n"
)
OTHER_PROGRAM = (
    "another program fetches this bot's updates (Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running). Stop it, or give one of them a token of its "
    "own from @BotFather."
)
OTHER_TOKEN = "123456789:AAG-another_token_for_tests_9876543210"


@pytest.fixture
def telegram():
    """Telegram, where no bot is yet."""
    with FakeBotApi() as api:
        yield api


@pytest.fixture
def desk(tmp_path):
    return one_article(tmp_path)


def test_the_bot_comes_up_when_the_network_does(telegram, desk):
    """It says that it cannot reach Telegram, and goes on trying."""
    person = telegram.person(1)
    telegram.say(person, QUESTION)
    telegram.down()
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus").start(wait=False)
    telegram.wait(lambda: "Telegram cannot be reached" in bot.log)
    telegram.up()
    telegram.wait(lambda: telegram.messages(1))
    assert (bot.end(), len(telegram.messages(1))) == (0, 1)


def test_the_bot_keeps_its_sources_current_itself(telegram, desk):
    """With GRIOT_WATCH=1 it follows the corpus and its list, and names what it cannot read."""
    corpus = desk / "corpus"
    (corpus / "sources.txt").write_text("nowhere\n", encoding="utf-8")
    bot = BotProcess(telegram, desk / "home", corpus=corpus, watch=1).start()
    (corpus / "kidal.txt").write_text(story("Kidal"), encoding="utf-8")
    telegram.wait(lambda: f"{corpus}: 1 articles new" in bot.log)
    missing = f"nowhere: {corpus / 'nowhere'}: no such file or directory"
    assert (missing in bot.log, bot.end()) == (True, 0)


@pytest.mark.parametrize("more", [(), ("--debug",)])
def test_a_wrong_token_ends_with_one_line(telegram, desk, more):
    """With status 1, without a traceback, and without the token."""
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus", telegram_token=OTHER_TOKEN)
    bot.start(*more, wait=False)
    assert (bot.ended(), bot.log[-len(REFUSED) :]) == (1, REFUSED)
    lines = [line for line in bot.log.removesuffix(REFUSED).splitlines() if " INFO " not in line]
    expected = ["Traceback (most recent call last):"] if more else []
    assert (lines[:1], OTHER_TOKEN[10:22] in bot.log) == (expected, False)


def test_a_wrong_token_ends_at_once_also_while_much_is_being_indexed(telegram, desk):
    """With the same line and status."""
    much = "\n\n".join(
        f"{story('Gao')} The market closed at {hour} hours." for hour in range(20_000)
    )
    (desk / "corpus" / "much.txt").write_text(much, "utf-8")
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus", telegram_token=OTHER_TOKEN)
    bot.start(wait=False)
    assert (bot.ended(), bot.log[-len(REFUSED) :]) == (1, REFUSED)


def test_the_bot_ends_in_good_order_while_the_network_is_down(telegram, desk):
    """No error is told that the person who ended it could do anything about."""
    bot = BotProcess(telegram, desk / "home", corpus=desk / "corpus").start()
    telegram.down()
    telegram.wait(lambda: "updates cannot be fetched" in bot.log)
    assert (bot.end(), "Traceback" in bot.log, "ERROR" in bot.log) == (0, False, False)


def test_another_program_with_the_token_is_named_once_and_waited_for(telegram, desk):
    """Updates come again when it stops."""
    person = telegram.person(1)
    with BotProcess(telegram, desk / "home", corpus=desk / "corpus") as bot:
        for _ in range(2):
            telegram.wait(lambda: telegram.polling)
            updates = f"{telegram.url}/bot{TOKEN}/getUpdates"
            httpx.get(updates, params={"timeout": 0}, timeout=20)
        telegram.say(person, QUESTION)
        telegram.wait(lambda: telegram.messages(1))
        named = [line for line in bot.log.splitlines() if "another program" in line]
    assert [line.partition(" ERROR bot.telegram_bot.polling: ")[2] for line in named] == [
        OTHER_PROGRAM
    ]
