"""`griot telegram`: the bot from its start to its end.

It starts when the network does, and answers from the index as it is while that is brought up to
date. It ends on SIGTERM or Ctrl-C, within eight seconds: answers in work may end, and what is still
pending then is taken up by the next start. Where a part of it ends that should not, the bot ends
with an error, so that whoever watches it starts it again.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NoReturn

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ExtBot
from telegram.request import HTTPXRequest

from bot.chat.access import Access
from bot.chat.allowance import Allowance
from bot.chat.desk import Desk
from bot.chat.editors import Editors
from bot.chat.examples import examples
from bot.chat.health import Health, Metrics, serving
from bot.chat.inbox import Inbox
from bot.chat.patience import Patience, growing
from bot.chat.store import Store, StoreGone
from bot.console import ExitStatus, say
from bot.settings import Settings
from bot.telegram_bot import webhook
from bot.telegram_bot.answering import Answering
from bot.telegram_bot.commands import Commands
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.editing import Editing
from bot.telegram_bot.faults import count
from bot.telegram_bot.handlers import Handlers
from bot.telegram_bot.inline import Inline
from bot.telegram_bot.intake import Intake
from bot.telegram_bot.menus import Menus
from bot.telegram_bot.pace import Pace
from bot.telegram_bot.polling import POLL, Polling
from bot.telegram_bot.presses import Presses
from bot.telegram_bot.receiving import KINDS, Raw, Receiver
from bot.telegram_bot.reply import Drafts
from bot.telegram_bot.speech import Speech
from bot.telegram_bot.webhook import HEADER, PATH, webhook_secret
from rag.errors import CorpusError, GriotError, IndexLocked, StorageError, StorageFull
from rag.index.ingest import IngestReport
from rag.index.sqlite_catalog import FILE
from rag.library import Library

CONNECTIONS = 64

DRAIN, END = 4.0, 8.0
"""Seconds that answers in work may take to end, and everything."""

REFRESH = 60.0
"""Seconds between looks at the folder of articles."""

LOOK = 5.0
"""Seconds between looks whether the folder of the index is still there."""

INDEX = "index"

NAMED = 5
"""Skipped files that the log names."""

_log = logging.getLogger(__name__)


REFUSED = (
    "Telegram does not know GRIOT_TELEGRAM_TOKEN. Copy it once more from @BotFather, or have a new "
    "one made there with /token."
)


class TelegramFault(GriotError):
    """The bot cannot run as it is set up."""


def secrets(settings: Settings) -> tuple[str, ...]:
    """Return what must not be printed: what is set, and what a webhook is guarded by."""
    token = settings.telegram_token
    made = (
        webhook_secret(token.get_secret_value(), purpose) for purpose in (PATH, HEADER) if token
    )
    return (*settings.secrets(), *made)


async def run(settings: Settings, library: Library) -> int:
    """Run the bot until it is told to end, and return the exit status.

    Raises:
        TelegramFault: Telegram does not know the token.
        StoreGone: the folder of the index was deleted.
        GriotError: an address is taken, or the index cannot be used.
    """
    ending = _Ending(asyncio.get_running_loop())
    bot = TelegramBot(settings, library)
    try:
        async with serving(settings.metrics, bot.metrics, bot.ill):
            await bot.run(ending.asked, warm=_settle_memory)
    except GriotError as error:
        ending.force(ExitStatus.FAILED, str(error))
        raise
    except Exception:
        ending.force(ExitStatus.FAILED)
        raise
    finally:
        bot.close()
    return ending.status


def _settle_memory() -> None:
    """Spare what is loaded the search for garbage, which would hold the loop up."""
    gc.collect()
    gc.freeze()


class _Requests(HTTPXRequest):
    """Makes requests, and calls `told` with the status of each reply."""

    def __init__(
        self,
        told: Callable[[int], None],
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**options)
        self._told = told

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """See `BaseRequest.do_request`."""
        status, body = await super().do_request(*args, **kwargs)
        self._told(status)
        return status, body


class _Ending:
    """The end of the process: once it is asked for, it comes within eight seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asyncio.Event()
        self.status = 0
        for name, status in ((signal.SIGTERM, 0), (signal.SIGINT, ExitStatus.INTERRUPTED)):
            loop.add_signal_handler(name, self._end, status)

    def _end(self, status: int) -> None:
        if self.asked.is_set():
            return
        self.status = status
        self.asked.set()
        self.force(status)

    def force(self, status: int, said: str | None = None) -> None:
        """End the process in eight seconds, if it has not ended by itself.

        A thread may be embedding a large file, or waiting for a lock; the index survives being left
        like that.
        """

        def end() -> None:
            if said:
                say(said)
            os._exit(status)

        last = threading.Timer(END, end)
        last.daemon = True
        last.start()


class TelegramBot:
    """The bot over a library.

    `started` is set once the index was brought up to date for the first time and the examples were
    found.
    """

    def __init__(
        self, settings: Settings, library: Library, *, editors: Editors | None = None
    ) -> None:
        assert settings.telegram_token
        self._settings = settings
        self._library = library
        self._token = settings.telegram_token.get_secret_value()
        self._revoked = asyncio.Event()
        self._ready = asyncio.Event()
        self.started = asyncio.Event()
        self.metrics = Metrics()
        self._health = Health()
        self._patiently = Patience(self._health)
        self._store = Store(settings.home / FILE, bot=int(self._token.partition(":")[0]))
        self._polls = HTTPXRequest(connection_pool_size=1, read_timeout=POLL + 10)
        self._application = self._built()
        self._bot: ExtBot[int] = self._application.bot
        self._inbox = Inbox(self._store, self._patiently, self._application.process_update)
        self._receiver = Receiver(self._bot, self._store, self._inbox, self.metrics)
        self._examples: list[int] = []
        self._editors = editors or Editors(library)
        self._wired()

    def close(self) -> None:
        """Release the index folder."""
        self._store.close()

    def ill(self) -> str | None:
        """Return why the bot is not well, if it is not."""
        if self._health.reason or self._settings.webhook_url:
            return self._health.reason
        return self.metrics.not_fetching()

    async def run(
        self, asked_to_end: asyncio.Event, *, warm: Callable[[], object] = object
    ) -> None:
        """Start when the network does, and go on until asked to end.

        `warm` is called when all is loaded that will be needed.

        Raises:
            TelegramFault: Telegram does not know the token, or no longer.
            StoreGone: the folder of the index was deleted.
            Exception: Whatever else ended a part that should not end.
        """
        ends = [asyncio.create_task(one.wait()) for one in (asked_to_end, self._revoked)]
        running = asyncio.create_task(self._run(warm))
        await asyncio.wait([running, *ends], return_when=asyncio.FIRST_COMPLETED)
        for task in (*ends, running):
            task.cancel()
        try:
            await running
        except asyncio.CancelledError:
            pass
        except Exception:
            if not asked_to_end.is_set():
                raise
            _log.exception("not everything ended well")
        if self._revoked.is_set():
            raise TelegramFault(REFUSED)

    # How it is put together

    def _built(self) -> "Application[Any, Any, Any, Any, Any, Any]":
        address = str(self._settings.telegram_api_url).rstrip("/")
        return (
            Application.builder()
            .token(self._token)
            .base_url(f"{address}/bot")
            .base_file_url(f"{address}/file/bot")
            .request(_Requests(self._called, connection_pool_size=CONNECTIONS, pool_timeout=10.0))
            .get_updates_request(self._polls)
            .rate_limiter(Pace())
            .updater(None)
            .build()
        )

    def _wired(self) -> None:
        settings, library, store = self._settings, self._library, self._store
        pace = self._bot.rate_limiter
        assert isinstance(pace, Pace)
        delivery = Delivery(self._bot, pace, told=self._failed)
        access = Access(settings.telegram_allowed, settings.telegram_admins, store, time.monotonic)
        answering = Answering(
            library=library,
            store=store,
            patiently=self._patiently,
            ready=self._ready,
            inbox=self._inbox,
            delivery=delivery,
            metrics=self.metrics,
            drafts=Drafts(on=settings.telegram_drafts),
            log_questions=settings.log_questions,
        )
        self._desk = Desk(answering.work)
        self.metrics.watch(queued=lambda: self._desk.waiting, working=lambda: self._desk.working)
        speech = Speech(store, delivery)
        commands = Commands(
            library=library,
            store=store,
            desk=self._desk,
            access=access,
            speech=speech,
            examples=self._examples,
        )
        editing = Editing(
            library=library,
            editors=self._editors,
            inbox=self._inbox,
            store=store,
            delivery=delivery,
            speech=speech,
            access=access,
        )
        intake = Intake(
            store=store,
            patiently=self._patiently,
            inbox=self._inbox,
            desk=self._desk,
            speech=speech,
            per_minute=settings.telegram_per_minute,
            per_day=settings.telegram_per_day,
        )
        limits = (settings.telegram_per_minute, settings.telegram_per_day)
        presses = Presses(
            library=library,
            store=store,
            delivery=delivery,
            speech=speech,
            metrics=self.metrics,
            allowance=Allowance(*limits),
            ask=intake.take,
            remove=editing.confirmed,
        )
        self._menus = Menus(self._bot, settings.telegram_admins)
        Handlers(
            access=access,
            store=store,
            delivery=delivery,
            speech=speech,
            metrics=self.metrics,
            commands=commands,
            editing=editing,
            intake=intake,
            inline=Inline(
                library=library,
                speech=speech,
                metrics=self.metrics,
                allowance=Allowance(*limits),
            ),
            menus=self._menus,
            presses=presses,
        ).add_to(self._application)

    # From start to end

    async def _run(self, warm: Callable[[], object]) -> None:
        """Run until cancelled, or until a part ends, and raise what ended it."""
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self._keep_fresh(warm))
                parts.create_task(self._watch_place())
                parts.create_task(self._converse(parts))
        except BaseExceptionGroup as ended:
            error = ended.exceptions[0]
            if not isinstance(error, GriotError):
                _log.critical("a part of the bot ended, and so the bot ends", exc_info=error)
            raise error from None
        finally:
            await self._end()

    async def _converse(self, parts: asyncio.TaskGroup) -> NoReturn:
        """Take updates until cancelled."""
        await self._reach(self._application.initialize)
        _log.info("the bot is @%s", self._bot.username)
        pending = await self._receiver.restore(self._patiently)
        if pending:
            _log.info("%d updates were left pending", pending)
        parts.create_task(self._menus.introduce())
        await (self._poll() if self._settings.webhook_url is None else self._listen())

    async def _poll(self) -> NoReturn:
        await self._reach(self._bot.delete_webhook)

        async def take(update: Raw) -> None:
            await self._receiver.take(update, self._patiently)

        polling = Polling(
            self._polls,
            self._bot.base_url,
            take,
            fetched=self.metrics.fetched,
            failed=self._failed,
        )
        try:
            await polling.run()
        except InvalidToken:
            self._revoked.set()
            raise TelegramFault(REFUSED) from None

    async def _listen(self) -> NoReturn:
        settings = self._settings
        address = f"{str(settings.webhook_url).rstrip('/')}/{webhook_secret(self._token, PATH)}"
        async with webhook.listening(
            settings.webhook_listen,
            self._token,
            self._receiver.take,
            health=self._health,
            metrics=self.metrics,
        ):
            await self._reach(
                lambda: self._bot.set_webhook(
                    address,
                    allowed_updates=KINDS,
                    secret_token=webhook_secret(self._token, HEADER),
                )
            )
            await asyncio.Event().wait()
        raise AssertionError("nothing sets the event")

    async def _end(self) -> None:
        """Stop taking updates, wait for the answers in work, and leave the rest pending."""
        # With a token that is refused nothing could be sent any more.
        patience = 0.0 if self._revoked.is_set() else 1.0
        await self._inbox.end(patience)
        await self._desk.drain(patience * DRAIN)
        await _within(0.5, asyncio.to_thread(self._store.spare))
        await _within(0.5, self._application.shutdown())

    async def _reach(self, call: Callable[[], Awaitable[object]]) -> None:
        """Make a call until the network lets it be made.

        Raises:
            TelegramFault: Telegram does not know the token.
        """
        for wait in growing():
            try:
                await call()
            except InvalidToken:
                # Its message holds the token.
                raise TelegramFault(REFUSED) from None
            except TelegramError as error:
                self._failed(error)
                _log.warning("Telegram cannot be reached (%s); trying again", error.message)
                await asyncio.sleep(wait)
            else:
                return

    def _called(self, status: int) -> None:
        """Notice that the token is not good any more; a webhook would never be told."""
        if status == HTTPStatus.UNAUTHORIZED:
            self._revoked.set()

    def _failed(self, error: TelegramError) -> None:
        count(error, self.metrics)

    # What it does beside

    async def _keep_fresh(self, warm: Callable[[], object]) -> NoReturn:
        """Bring the index up to date with the folder of articles, at once and now and then.

        What ends the first look at it is raised; it would keep every question from its answer.
        """
        if await asyncio.to_thread(lambda: self._library.is_searchable):
            self._ready.set()
        _log.info("bringing the index up to date")
        while True:
            try:
                changed = await self._refreshed()
                if self._ready.is_set() and (changed or not self.started.is_set()):
                    await self._find_examples()
                    if not self.started.is_set():
                        warm()
                        self.started.set()
                        _log.info("the models are loaded")
            except GriotError as error:
                if not self.started.is_set():
                    raise
                _log.warning("%s", error)
            await asyncio.sleep(REFRESH)

    async def _refreshed(self) -> bool:
        """Bring the index up to date; return whether that changed it."""
        try:
            report = await self._editors.reindex()
        except IndexLocked as error:
            _log.warning("%s", error)
            return False
        except StorageFull as error:
            self._health.ill(INDEX, str(error))
            return False
        except CorpusError as error:
            _log.warning("%s", error)
            report = IngestReport()
        self._health.well(INDEX)
        self._ready.set()
        changes = (report.new, report.changed, report.removed)
        if any(changes) or not self.started.is_set():
            _log.info(
                "the index is up to date: %d articles new, %d changed, %d removed",
                *map(len, changes),
            )
            for one in report.skipped[:NAMED]:
                _log.warning("skipped %s: %s", one.location, one.reason)
        return any(changes)

    async def _find_examples(self) -> None:
        """Find questions to try that the articles answer; the models are loaded by that, too."""
        self._examples[:] = [
            await self._patiently(self._store.number_of, question)
            for question in await examples(self._library)
        ]

    async def _watch_place(self) -> NoReturn:
        """Look now and then whether the folder of the index is still there.

        SQLite would go on writing to a file that nobody can find any more.

        Raises:
            StoreGone: it is not.
        """
        while True:
            await asyncio.sleep(LOOK)
            try:
                await asyncio.to_thread(self._store.check_place)
            except StoreGone as error:
                self._health.ill(INDEX, str(error))
                raise


async def _within(seconds: float, call: Awaitable[None]) -> None:
    """Wait for a call for so long at most; at the end of the bot nothing depends on it."""
    try:
        async with asyncio.timeout(seconds):
            await call
    except TimeoutError:
        pass
    except (StorageError, TelegramError) as error:
        _log.warning("%s", error)
