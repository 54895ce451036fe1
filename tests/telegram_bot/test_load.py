import pytest

from fake_bot_api import FakeBotApi
from telegram_bot.bots import BotProcess
from telegram_bot.crowd import QUESTIONS, answers, ask_all, refused, scripted

pytestmark = [pytest.mark.process, pytest.mark.models]

CHATS, SECONDS, EACH = 100, 5.0, 2


def test_a_hundred_chats_at_once_are_all_answered_once_and_in_order(tmp_path):
    """Each chat gets its two answers in the order of its questions, and nothing goes wrong."""
    with (
        FakeBotApi() as api,
        scripted(0.3) as model,
        BotProcess(api, tmp_path / "home", llm_url=f"{model.url}/v1", llm_model="scripted") as bot,
    ):
        told = ask_all(api, CHATS, SECONDS, each=EACH)
        counts = {len(answers(api, text.chat)) for text in told}
        log = bot.log
    assert len(told) == CHATS * EACH
    assert counts == {EACH}
    assert log.count("answered chat=") == CHATS * EACH
    assert "ERROR" not in log
    assert "Traceback" not in log
    assert len({(text.question, text.text) for text in told}) == len(QUESTIONS)
    assert len({text.text for text in told}) == len(QUESTIONS)
    assert refused(api) == 0
