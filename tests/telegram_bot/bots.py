"""The Telegram bot at work on the fake Bot API: in a thread over any library, or as its process."""

import asyncio
import os
import signal
import subprocess
import sys
import threading

from bot.settings import Settings
from bot.telegram_bot.app import TelegramBot
from desk import story
from fake_bot_api import TOKEN
from fake_judge import FakeJudge
from paths import ROOT

BOT = TOKEN.partition(":")[0]


def one_article(folder):
    """A folder with a corpus of one article, about the market of Gao."""
    (folder / "corpus").mkdir()
    (folder / "corpus" / "gao.txt").write_text(f"Market of Gao\n\n{story('Gao')}\n", "utf-8")
    return folder


class BotThread:
    """The bot in a thread with a loop of its own; `settings` are named as in `Settings`.

    It polls when it is entered and, with `wait`, has brought the index up to date.
    """

    def __init__(self, api, library, home, *, editors=None, wait=True, **settings):
        self._editors = editors
        self._wait = wait
        self._settings = Settings(
            _env_file=None,
            home=home,
            telegram_api_url=api.url,
            **{"telegram_token": TOKEN, "telegram_per_minute": 1000, **settings},
        )
        self._api = api
        self._library = library
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_all)

    def _run_all(self):
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self):
        self.bot = TelegramBot(self._settings, self._library, FakeJudge(), editors=self._editors)
        self._running = asyncio.create_task(self.bot.run())
        await asyncio.wait([self._running])
        self.bot.close()

    def __enter__(self):
        self._thread.start()
        self._api.wait(lambda: self._is_up() or not self._thread.is_alive())
        return self

    def _is_up(self):
        return self._api.polling and (self.bot.started.is_set() or not self._wait)

    def __exit__(self, *_):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._running.cancel)
        self._thread.join()


class BotProcess:
    """`griot telegram` as a process; `settings` are its variables without GRIOT_, in small letters.

    What it prints goes to `log`, which each start goes on with.
    """

    def __init__(self, api, home, *, corpus=ROOT / "corpus", **settings):
        self._api = api
        self._log = home.parent / f"{home.name}.log"
        told = {
            "home": home,
            "corpus": corpus,
            "telegram_token": TOKEN,
            "telegram_api_url": api.url,
            "telegram_per_minute": 1000,
            "telegram_per_day": 100_000,
            **settings,
        }
        own = {name: each for name, each in os.environ.items() if not name.startswith("GRIOT_")}
        given = {f"GRIOT_{name.upper()}": str(each) for name, each in told.items()}
        self._environment = own | given | {"PYTHONPATH": str(ROOT)}
        self._folder = home.parent
        self._process = None

    @property
    def log(self):
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def loaded(self):
        """Whether it has brought its index up to date, and has loaded the models."""
        return "the models are loaded" in self.log[self._said :]

    @property
    def pid(self):
        return self._process.pid

    def start(self, *options, wait=True):
        """Start it, and wait until it polls and has loaded all that it needs."""
        self._said = len(self.log)
        command = [sys.executable, "-m", "bot", "telegram", *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if wait:
            ended = self._process.poll

            def up():
                return (self._api.polling and self.loaded) or ended() is not None

            self._api.wait(up, timeout=60)
            assert ended() is None, self.log
        return self

    def run(self, *words):
        """Run another command of Griot with the same settings; what it prints goes to the log."""
        with self._log.open("ab") as log:
            return subprocess.run(
                [sys.executable, "-m", "bot", *words],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            ).returncode

    def kill(self):
        """End it at once, as a power cut does."""
        self._process.kill()
        self._process.wait()

    def end(self, how=signal.SIGTERM):
        """Ask it to end, and give its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        return self._process.wait(timeout=60)

    def ended(self, seconds=60):
        """Wait for it to end by itself, and give its exit status."""
        return self._process.wait(timeout=seconds)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()
