import asyncio
import gc
import shutil
import time

import pytest

from bot.assembly import House
from bot.settings import Settings
from desk import PLACES, story
from fake_bot_api import FakeBotApi
from telegram_bot.bots import ROOT, BotThread
from telegram_bot.crowd import answers, ask_all, scripted

pytestmark = [pytest.mark.pace, pytest.mark.models]

LONGEST = 0.05  # seconds that the loop may be busy with one round of what is ready


class WatchedLoop(asyncio.SelectorEventLoop):
    """Takes the processor time of its own thread in each round; waiting takes none."""

    longest = 0.0

    def _run_once(self):
        before = time.thread_time()
        super()._run_once()
        self.longest = max(self.longest, time.thread_time() - before)


def test_the_loop_is_never_busy_for_long(tmp_path):
    """All work goes on elsewhere while many ask at once: searching, reading, storing, indexing."""
    loop, corpus = WatchedLoop(), tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus", corpus)
    with FakeBotApi() as api, scripted(0.2) as model:
        settings = Settings(
            _env_file=None,
            home=tmp_path / "home",
            corpus=corpus,
            llm_url=f"{model.url}/v1",
            llm_model="scripted",
        )
        with (
            House(settings).library() as library,
            BotThread(api, library, settings.home, loop=loop, telegram_admins={7}),
        ):
            gc.collect()
            gc.freeze()  # as the program itself does
            loop.longest = 0.0  # what the start takes holds nobody up
            for place in PLACES:
                (corpus / f"{place}.txt").write_text(story(place), encoding="utf-8")
            ask_all(api, 30, 1.0)
            editor = api.person(7, "Editor")
            said = ("/start", "/sources", "/reindex", "/stats", "Qui a accompagné Goïta à Moscou ?")
            for text in said:
                api.say(editor, text)
            api.wait(lambda: len(answers(api, 7)) == 2 and len(api.messages(7)) == len(said))
            person = api.person(1003)
            edits = len(answers(api, 1003)[0].edits)
            for number, button in enumerate(("Why", "← Back", "👍"), edits + 1):
                api.press(person, answers(api, 1003)[0].id, button)
                api.wait(lambda known=number: len(answers(api, 1003)[0].edits) == known)
    gc.unfreeze()
    assert loop.longest < LONGEST
