"""Asks the Telegram bot as its readers do, and sees to it that they are shown what it keeps.

The bot is the one that `griot telegram` runs, with the settings of whoever checks but for those
that name a bot and people: it serves a Telegram of its own on loopback. Each conversation is a new
person's, in a private chat.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from bot.fake_bot_api import TOKEN, BotMessage, FakeBotApi, Person
from bot.questions.faults import said
from bot.questions.respondents import together
from bot.render import shortened
from bot.settings import Settings
from bot.telegram_bot.app import TelegramBot
from bot.telegram_bot.buttons import ShowWhy, decode
from bot.telegram_bot.markup import Run, cleaned, text_of
from bot.telegram_bot.texts import ENGLISH
from rag.errors import GriotError
from rag.library import Library
from rag.records import Record
from rag.types import Outcome

PATIENCE = 60.0
"""Seconds in which the bot must start, or show some sign in a chat. One that is at work on an
answer shows every five that it types, however long a chat model takes."""

KEPT = timedelta(hours=1)
"""How long answers stay in the index of a set's articles, for buttons and follow-ups to find."""

UNLIMITED = 1_000_000
"""Questions of a person that the bot takes in a minute, and in a day."""

LISTENERS = 64
"""Conversations that are held at a time, at most."""

NAMED = 80
"""Characters of what was not shown that are told."""

_INSTEAD = (
    ENGLISH.trouble,
    ENGLISH.not_a_question,
    ENGLISH.too_long,
    ENGLISH.too_many,
    ENGLISH.link_alone,
    ENGLISH.ask_what,
)
_QUOTATIONS = {"blockquote", "expandable_blockquote"}
_HEADS = {
    Outcome.NOT_IN_CORPUS: ENGLISH.refused,
    Outcome.FAILED: ENGLISH.failed,
    Outcome.PARTLY_ANSWERED: ENGLISH.partly,
}


class NoAnswer(GriotError):
    """The bot gave no answer, or showed another one than it keeps."""


@asynccontextmanager
async def respondent(
    library: Library,
    settings: Settings,
    *,
    api: FakeBotApi | None = None,
    patience: float = PATIENCE,
) -> AsyncIterator["TelegramRespondent"]:
    """Run the bot over a library, and give who asks it.

    The answers of the last hour stay in the library; older ones are forgotten. `api` is the
    Telegram that is served.

    Raises:
        GriotError: the bot does not start.
    """
    await asyncio.to_thread(library.forget_answers, datetime.now(UTC) - KEPT)
    with (
        TemporaryDirectory(prefix="griot-") as home,
        _listening() as log,
        api or FakeBotApi() as served,
        ThreadPoolExecutor(LISTENERS, thread_name_prefix="reader") as threads,
    ):
        bot = TelegramBot(_settings(settings, Path(home), served.url), library)
        ending = asyncio.Event()
        running = asyncio.create_task(bot.run(ending))
        asked = TelegramRespondent(library, served, running, log, threads, patience)
        try:
            await asked.started()
            yield asked
        finally:
            ending.set()
            await asyncio.gather(running, return_exceptions=True)
            bot.close()


def _settings(settings: Settings, home: Path, url: str) -> Settings:
    """Give the settings of the bot: neither its token nor its people are those of the user's."""
    return settings.model_copy(
        update={
            "home": home,
            "telegram_token": SecretStr(TOKEN),
            "telegram_api_url": url,
            "telegram_admins": frozenset(),
            "telegram_allowed": frozenset(),
            "telegram_per_minute": UNLIMITED,
            "telegram_per_day": UNLIMITED,
            "webhook_url": None,
            "metrics": None,
        }
    )


class TelegramRespondent:
    """Asks a bot that runs. See `bot.questions.respondents.Respondent`."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that takes part
        self,
        library: Library,
        api: FakeBotApi,
        running: asyncio.Task[None],
        log: "_Log",
        threads: ThreadPoolExecutor,
        patience: float,
    ) -> None:
        self._library = library
        self._api = api
        self._running = running
        self._log = log
        self._threads = threads
        self._patience = patience
        self._numbers = itertools.count(1)

    async def started(self) -> None:
        """Wait until the bot fetches what people write.

        Raises:
            GriotError: it does not.
        """
        if await self._see(lambda: self._api.polling, lambda: False):
            return
        if self._running.done():
            self._running.result()
        raise NoAnswer(
            f"the Telegram bot did not start within {self._patience:.0f} s{self._log.since(0)}; "
            "if a proxy is set, except 127.0.0.1 from it, and run griot doctor"
        )

    async def answer(self, turns: Sequence[str]) -> Record:
        """See `Respondent`. What the bot keeps is given once it is known to be shown, too."""
        person = self._api.person(next(self._numbers))
        answers = [await self._asked(person, question) for question in turns]
        return replace(together(answers), id="")

    async def _asked(self, person: Person, question: str) -> Record:
        begun = len(self._log.told)
        shown = await self._shown(person, question)
        if shown.answer is None:
            raise NoAnswer(self._why_none(shown, begun))
        kept, _ = await asyncio.to_thread(self._library.trace, shown.answer)
        if wrong := difference(kept, shown.messages):
            raise NoAnswer(
                f"the Telegram bot {wrong}{self._log.since(begun)}; compare with the answer of the "
                "library, without --through telegram, and report it"
            )
        return kept

    async def _shown(self, person: Person, question: str) -> "_Shown":
        """Say a question, and give what the bot answers, as far as it does."""
        asked = self._api.say(person, question)

        def look() -> _Shown:
            found = self._api.messages(person.id)
            return _Shown(tuple(one for one in found if one.id > asked))

        await self._see(lambda: look().ended, lambda: self._heard(person))
        return look()

    def _why_none(self, shown: "_Shown", begun: int) -> str:
        meanwhile = self._log.since(begun)
        remedy = "ask without --through telegram to see whether the library does"
        if self._running.done():
            error = self._running.exception()
            why = f": {said(error)}" if isinstance(error, Exception) else ""
            return f"the Telegram bot has ended{why}{meanwhile}; run it again, and report it"
        if shown.instead:
            return f"the Telegram bot said “{shown.instead}”{meanwhile}; {remedy}"
        return (
            f"the Telegram bot gave no answer, nor any sign for {self._patience:.0f} s{meanwhile}; "
            f"{remedy}"
        )

    # Waiting

    async def _see(self, seen: Callable[[], bool], heard: Callable[[], bool]) -> bool:
        """Wait until something is seen, and say whether it is.

        Nothing further is waited for where the bot ends, nor where nothing is heard of it.
        """
        found = left = False

        def over() -> bool:
            nonlocal found
            found = seen()
            return found or left or self._running.done()

        def wait() -> None:
            while True:
                try:
                    self._api.wait(over, timeout=self._patience)
                except AssertionError:
                    if heard():
                        continue
                return

        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, wait)
        finally:
            left = True
        return found

    def _heard(self, person: Person) -> bool:
        """Say whether the bot did anything in a chat in the time that it has for that."""
        since = time.monotonic() - self._patience
        late = itertools.takewhile(lambda call: call.at > since, reversed(self._api.calls))
        return any(call.params.get("chat_id") == person.id for call in late)


@dataclass(frozen=True, slots=True)
class _Shown:
    """The bot's messages below a question."""

    messages: tuple[BotMessage, ...]

    @property
    def answer(self) -> str | None:
        """The id of the answer, once its last message is there."""
        for press in self._presses():
            if isinstance(press, ShowWhy):
                return press.answer
        return None

    @property
    def instead(self) -> str | None:
        """What the bot says where it gives no answer."""
        for message in self.messages:
            if any(message.text.startswith(one.partition("{")[0]) for one in _INSTEAD):
                return message.text
        return None

    @property
    def ended(self) -> bool:
        """Whether nothing further will come."""
        return self.answer is not None or self.instead is not None

    def _presses(self) -> Iterator[object]:
        for message in self.messages:
            for button in itertools.chain.from_iterable(message.buttons):
                yield decode(button.get("callback_data", ""))


# What is shown


def difference(kept: Record, shown: Sequence[BotMessage]) -> str | None:
    """Say what a reader is not shown of an answer, or should not be; None where nothing is wrong.

    Every claim, every difference and the quote of every citation must be there; with a refusal, no
    quote may be.
    """
    read = "".join(_bare(one.text) for one in shown)
    quoted = "".join(map(_bare, _quotations(shown)))
    if kept.outcome is Outcome.NOT_IN_CORPUS and quoted:
        return f"shows a quote below a refusal: {_named(next(_quotations(shown)))}"
    for what, texts, where in (
        ("words", _words(kept), read),
        ("claim", (one.text for one in kept.claims), read),
        ("topic", (one.topic for one in kept.disagreements), read),
        ("quote", (one.quote for one in kept.citations), quoted),
    ):
        for text in texts:
            if _bare(text) not in where:
                return f"does not show the {what} {_named(text)}"
    return None


def _words(kept: Record) -> tuple[str, ...]:
    """Give what is to be said about an answer as a whole."""
    return (*filter(None, [_HEADS.get(kept.outcome)]), *kept.unanswered)


def _quotations(shown: Sequence[BotMessage]) -> Iterator[str]:
    """Give what is set as quotes; places in a text are told in UTF-16 units."""
    for message in shown:
        units = message.text.encode("utf-16-le")
        for one in message.entities:
            if one["type"] in _QUOTATIONS:
                start, end = one["offset"], one["offset"] + one["length"]
                yield units[2 * start : 2 * end].decode("utf-16-le")


def _bare(text: str) -> str:
    """Give a text as it can be sent, without white space, which is lost where a message ends."""
    return "".join(text_of(cleaned([Run(text)])).split())


def _named(text: str) -> str:
    return f"“{shortened(text, NAMED)}”"


# What is logged


class _Log(logging.Handler):
    """Keeps what the bot's log tells of things that went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it: a bug's own words are left out."""
        error = record.exc_info[1] if record.exc_info else None
        self.told.append(said(error) if isinstance(error, Exception) else record.getMessage())

    def since(self, begun: int) -> str:
        """Give what was told from the n-th on, once each, as the end of a sentence."""
        told = dict.fromkeys(self.told[begun:])
        return f" (logged meanwhile: {'; '.join(told)})" if told else ""


@contextmanager
def _listening() -> Iterator[_Log]:
    """Keep what the bot and its library log, instead of printing it."""
    log = _Log()
    loggers = [logging.getLogger(name) for name in ("bot.telegram_bot", "telegram")]
    for logger in loggers:
        logger.addHandler(log)
    try:
        yield log
    finally:
        for logger in loggers:
            logger.removeHandler(log)
