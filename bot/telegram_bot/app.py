"""`griot telegram`: the bot from its start to its end.

It starts when the network does. It ends on SIGTERM or Ctrl-C, within eight seconds: answers in work
may end, and what is still pending then is taken up by the next start.
"""

import asyncio
import contextlib
import gc
import hmac
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ExtBot
from telegram.request import HTTPXRequest

from bot.cli import INTERRUPTED
from bot.settings import Settings
from bot.telegram_bot.access import Access
from bot.telegram_bot.allowance import Allowance
from bot.telegram_bot.answering import Answering
from bot.telegram_bot.commands import Commands
from bot.telegram_bot.delivery import Delivery
from bot.telegram_bot.desk import Desk
from bot.telegram_bot.editing import Editing
from bot.telegram_bot.editors import Editors
from bot.telegram_bot.examples import examples
from bot.telegram_bot.handlers import Handlers
from bot.telegram_bot.health import Metrics, serving
from bot.telegram_bot.inbox import Inbox, InOrder
from bot.telegram_bot.inline import Inline
from bot.telegram_bot.intake import Intake
from bot.telegram_bot.menus import Menus
from bot.telegram_bot.pace import Pace
from bot.telegram_bot.presses import Presses
from bot.telegram_bot.reply import Drafts
from bot.telegram_bot.speech import Speech
from bot.telegram_bot.store import Store
from rag.catalog import FILE
from rag.errors import CorpusError, GriotError, IndexLocked
from rag.library import Library

CONNECTIONS = 64
POLL = 30.0
"""Seconds that Telegram holds a question for updates open."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds between tries while the network is down."""

DRAIN, END = 4.0, 8.0
"""Seconds that answers in work may take to end, and everything."""

REFRESH = 60.0
"""Seconds between looks at the folder of articles."""

PATH, HEADER = "path", "header"
"""What a webhook's two secrets are for."""

UPDATES = ["message", "edited_message", "callback_query", "inline_query", "my_chat_member"]

_log = logging.getLogger(__name__)


REFUSED = (
    "Telegram does not know GRIOT_TELEGRAM_TOKEN. Copy it once more from @BotFather, or have a new "
    "one made there with /token."
)


class TelegramFault(GriotError):
    """The bot cannot run as it is set up."""


def secrets(settings: Settings) -> tuple[str, ...]:
    """Give what must not be printed: what is set, and what a webhook is guarded by."""
    token = settings.telegram_token
    made = (
        webhook_secret(token.get_secret_value(), purpose) for purpose in (PATH, HEADER) if token
    )
    return (*settings.secrets(), *made)


async def run(settings: Settings, library: Library) -> int:
    """Run the bot until it is told to end, and give the exit status.

    Raises:
        TelegramFault: Telegram does not know the token.
        GriotError: an address is taken, or the index cannot be used.
    """
    ending = _Ending(asyncio.get_running_loop())
    bot = TelegramBot(settings, library)
    try:
        async with serving(settings.metrics, bot.metrics, bot.ill):
            await bot.run(ending.asked, warm=_settle_memory)
    finally:
        bot.close()
    return ending.status


def _settle_memory() -> None:
    """Spare what is loaded the search for garbage, which would hold the loop up."""
    gc.collect()
    gc.freeze()


class _Requests(HTTPXRequest):
    """Makes requests; what is told the status that one is answered with may hold the answer up."""

    def __init__(
        self,
        told: Callable[[int], Awaitable[None]],
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**options)
        self._told = told

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make a request, and tell how it went."""
        status, body = await super().do_request(*args, **kwargs)
        await self._told(status)
        return status, body


class _Ending:
    """Whether the process was told to end. From then on it has eight seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = asyncio.Event()
        self.status = 0
        for name, status in ((signal.SIGTERM, 0), (signal.SIGINT, INTERRUPTED)):
            loop.add_signal_handler(name, self._end, status)

    def _end(self, status: int) -> None:
        if self.asked.is_set():
            return
        self.status = status
        self.asked.set()
        # A thread may be embedding a large file; the index survives being left like that.
        last = threading.Timer(END, os._exit, (status,))
        last.daemon = True
        last.start()


class TelegramBot:
    """The bot over a library."""

    def __init__(
        self, settings: Settings, library: Library, *, editors: Editors | None = None
    ) -> None:
        assert settings.telegram_token
        self._settings = settings
        self._library = library
        self._token = settings.telegram_token.get_secret_value()
        self._revoked = asyncio.Event()
        self._troubles: set[str] = set()
        self.metrics = Metrics()
        self._store = Store(settings.home / FILE)
        self._inbox = Inbox(self._store)
        self._order = InOrder(self._inbox)
        self._application = self._built()
        self._bot: ExtBot[int] = self._application.bot
        self._examples: list[int] = []
        self._editors = editors or Editors(library)
        self._wired()

    def close(self) -> None:
        """Release the index folder."""
        self._store.close()

    def ill(self) -> str | None:
        """Say why the bot is not well, if it is not."""
        return None if self._settings.webhook_url else self.metrics.not_fetching()

    async def run(
        self, asked_to_end: asyncio.Event, *, warm: Callable[[], object] = object
    ) -> None:
        """Start when the network does, and go on until asked to end.

        `warm` is called when all is loaded that will be needed.

        Raises:
            TelegramFault: Telegram does not know the token, or no longer.
        """
        ends = [asyncio.ensure_future(one.wait()) for one in (asked_to_end, self._revoked)]
        running = asyncio.ensure_future(self._run(warm))
        await asyncio.wait([running, *ends], return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
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
            .get_updates_request(
                _Requests(self._fetched, connection_pool_size=1, read_timeout=POLL + 10)
            )
            .rate_limiter(Pace())
            .concurrent_updates(self._order)
            .update_queue(self._inbox)
            .build()
        )

    def _wired(self) -> None:
        settings, library, store = self._settings, self._library, self._store
        pace = self._bot.rate_limiter
        assert isinstance(pace, Pace)
        delivery = Delivery(self._bot, pace, told=self.metrics.telegram_error)
        access = Access(settings.telegram_allowed, settings.telegram_admins, store, time.monotonic)
        answering = Answering(
            library=library,
            store=store,
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
            store=store,
            delivery=delivery,
            speech=speech,
            access=access,
        )
        intake = Intake(
            store=store,
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
        """Run until cancelled."""
        await self._refreshed()
        await self._tried_out()
        await self._patiently(self._application.initialize)
        warm()
        _log.info("the bot is @%s", self._bot.username)
        beside: list[asyncio.Task[None]] = []
        try:
            await self._application.start()
            pending = await self._inbox.restore(self._bot)
            if pending:
                _log.info("%d updates were left pending", pending)
            await self._listen()
            beside += [
                asyncio.create_task(self._menus.introduce()),
                asyncio.create_task(self._keep_fresh()),
            ]
            await asyncio.Event().wait()
        finally:
            for task in beside:
                task.cancel()
            await self._end()

    async def _listen(self) -> None:
        updater, settings = self._application.updater, self._settings
        assert updater
        if settings.webhook_url is None:
            await updater.start_polling(
                timeout=int(POLL),
                bootstrap_retries=-1,
                allowed_updates=UPDATES,
                error_callback=self._not_fetched,
            )
            return
        path = webhook_secret(self._token, PATH)
        try:
            await updater.start_webhook(
                listen=settings.webhook_listen.host,
                port=settings.webhook_listen.port,
                url_path=path,
                webhook_url=f"{settings.webhook_url.rstrip('/')}/{path}",
                secret_token=webhook_secret(self._token, HEADER),
                bootstrap_retries=-1,
                allowed_updates=UPDATES,
            )
        except OSError as error:
            where = "{}:{}".format(*settings.webhook_listen)
            raise TelegramFault(
                f"GRIOT_WEBHOOK_LISTEN: {where} is taken, or is no address of this machine. "
                "Name another."
            ) from error

    async def _end(self) -> None:
        """Take nothing further, let the answers in work end, and leave the rest pending."""
        updater = self._application.updater
        assert updater
        if updater.running:
            await _within(1.0, updater.stop())
        # With a token that is refused nothing could be sent any more.
        patience = 0.0 if self._revoked.is_set() else 1.0
        await self._order.end(patience)
        await self._desk.drain(patience * DRAIN)
        await _within(0.5, asyncio.to_thread(self._store.spare))
        if self._application.running:
            await _within(0.5, self._application.stop())
        await _within(0.5, self._application.shutdown())

    async def _patiently(self, call: Callable[[], Awaitable[None]]) -> None:
        """Make a call until the network lets it be made.

        Raises:
            TelegramFault: Telegram does not know the token.
        """
        wait = FIRST_WAIT
        while True:
            try:
                await call()
            except InvalidToken:
                # Its message holds the token.
                raise TelegramFault(REFUSED) from None
            except (NetworkError, TelegramError) as error:
                self.metrics.telegram_error(error)
                _log.warning("Telegram cannot be reached (%s); trying again", error.message)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                return

    async def _called(self, status: int) -> None:
        """Notice that the token is not good any more; a webhook would never be told."""
        if status == HTTPStatus.UNAUTHORIZED:
            self._revoked.set()

    async def _fetched(self, status: int) -> None:
        """Notice that updates come, or that the token is not good any more."""
        if status == HTTPStatus.OK:
            self.metrics.fetched()
            self._troubles.clear()
        elif status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            self._revoked.set()
            # The library would log the refusal as a failure of its own.
            await asyncio.Event().wait()

    def _not_fetched(self, error: TelegramError) -> None:
        """Say why no updates come, each reason once until they come again."""
        self.metrics.telegram_error(error)
        if error.message in self._troubles:
            return
        self._troubles.add(error.message)
        if isinstance(error, Conflict):
            _log.error(
                "another program fetches this bot's updates (%s). Stop it, or give one of them a "
                "token of its own from @BotFather.",
                error.message,
            )
        else:
            _log.warning("updates cannot be fetched (%s); trying again", error.message)

    # What it does beside

    async def _refreshed(self) -> bool:
        """Bring the index up to date with the folder of articles; say whether that changed it."""
        try:
            report = await self._editors.reindex()
        except (CorpusError, IndexLocked) as error:
            _log.warning("%s", error)
            return False
        return bool(report.new or report.changed or report.removed)

    async def _keep_fresh(self) -> None:
        """Look at the folder of articles now and then."""
        while True:
            await asyncio.sleep(REFRESH)
            try:
                if await self._refreshed():
                    await self._tried_out()
            except GriotError as error:
                _log.warning("%s", error)

    async def _tried_out(self) -> None:
        """Have examples of what the articles answer; the models are loaded by that, too."""
        self._examples[:] = [
            await asyncio.to_thread(self._store.number_of, question)
            for question in await examples(self._library)
        ]


def webhook_secret(token: str, purpose: str) -> str:
    """Give a webhook's path or header for a token, the same at each start; 64 hex digits.

    Nobody can guess it without the token, and it does not tell the token.
    """
    return hmac.digest(token.encode(), f"griot webhook {purpose}".encode(), "sha256").hex()


async def _within(seconds: float, call: Awaitable[None]) -> None:
    """Wait for a call for so long at most; at the end nothing depends on it."""
    with contextlib.suppress(TimeoutError, TelegramError):
        async with asyncio.timeout(seconds):
            await call
