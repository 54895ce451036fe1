"""The Telegram bot, put together here.

It starts when the network does, and answers from the index as it is while that is brought up to
date.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.chat.access import Allowance, Policy
from bot.chat.chatbot import ChatBot
from bot.corpus.editors import Editors
from bot.corpus.watch import Logged, Watch
from bot.service.health import Metrics
from bot.service.logs import Client
from bot.service.patience import backoff
from bot.settings import Settings
from bot.telegram_bot import webhook
from bot.telegram_bot.events import KINDS, Raw
from bot.telegram_bot.inline import Inline
from bot.telegram_bot.menus import Menus
from bot.telegram_bot.messenger import REFUSALS, TelegramMessenger
from bot.telegram_bot.pace import RateLimiter
from bot.telegram_bot.polling import POLL, Polling
from bot.telegram_bot.webhook import HEADER, PATH, webhook_secret
from rag.errors import GriotError
from rag.library import Library
from rag.models.judge import Judge

CLIENT = Client(
    "telegram", doubled=frozenset({"telegram.ext.AIORateLimiter", "telegram.request.BaseRequest"})
)

CONNECTIONS = 64

REFUSED = (
    "Telegram does not know GRIOT_TELEGRAM_TOKEN. Copy it once more from @BotFather, or have a new "
    "one made there with /token."
)

_log = logging.getLogger(__name__)


class TelegramFault(GriotError):
    """The bot cannot run as it is set up."""


def secrets(settings: Settings) -> tuple[str, ...]:
    """Return what must not be printed: what is set, and what a webhook is guarded by."""
    token = settings.telegram_token
    made = (
        webhook_secret(token.get_secret_value(), purpose) for purpose in (PATH, HEADER) if token
    )
    return (*settings.secrets(), *made)


class TelegramBot:
    """The bot over a library."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        judge: Judge,
        *,
        editors: Editors | None = None,
    ) -> None:
        assert settings.telegram_token
        self._settings = settings
        self._token = settings.telegram_token.get_secret_value()
        self._revoked = asyncio.Event()
        self._polls = HTTPXRequest(connection_pool_size=1, read_timeout=POLL + 10)
        pace = RateLimiter()
        address = str(settings.telegram_api_url).rstrip("/")
        self._bot: ExtBot[int] = ExtBot(
            self._token,
            base_url=f"{address}/bot",
            base_file_url=f"{address}/file/bot",
            request=HTTPXRequest(connection_pool_size=CONNECTIONS, pool_timeout=10.0),
            get_updates_request=self._polls,
            rate_limiter=pace,
        )
        self.metrics = Metrics()
        self._menus = Menus(self._bot, set(settings.telegram_admins))
        self._messenger = TelegramMessenger(
            self._bot, pace, self._menus, self._failed, drafts=settings.telegram_drafts
        )
        policy = Policy(
            allowed=frozenset(map(str, settings.telegram_allowed)),
            editors=frozenset(map(str, settings.telegram_admins)),
            per_minute=settings.telegram_per_minute,
            per_day=settings.telegram_per_day,
            log_questions=settings.log_questions,
        )
        self._chat = ChatBot(
            self._messenger,
            library,
            place=settings.place,
            account=self._token.partition(":")[0],
            policy=policy,
            judge=judge,
            metrics=self.metrics,
            editors=editors,
            watches=settings.watch,
        )
        self._inline = Inline(self._bot, self._messenger, self._chat, Allowance(policy))

    @property
    def started(self) -> asyncio.Event:
        """Set once the index was brought up to date for the first time."""
        return self._chat.started

    def close(self) -> None:
        """Release the index folder."""
        self._chat.close()

    def ill(self) -> str | None:
        """Return why the bot is not well, if it is not."""
        reason = self._chat.services.health.reason
        return reason if reason or self._settings.webhook_url else self.metrics.not_fetching()

    async def run(self, *, warm: Callable[[], object] = object) -> None:
        """Start when the network does, and go on until cancelled.

        `warm` is called when all is loaded that will be needed.

        Raises:
            TelegramFault: Telegram does not know the token, or no longer.
            StoreGone: the folder of the index was deleted.
            Exception: Whatever else ended a part that should not end.
        """
        try:
            await self._chat.run(self._listen(), self._watch_token(), self._watch(), warm=warm)
        finally:
            # With a token that is refused nothing could be sent any more.
            await self._chat.end(0.0 if self._revoked.is_set() else 1.0)
            await self._shut_down()

    async def _watch_token(self) -> NoReturn:
        await self._revoked.wait()
        raise TelegramFault(REFUSED)

    async def _watch(self) -> None:
        """Keep the sources of the corpus current, if that is set."""
        if self._settings.watch:
            editors, store = self._chat.services.editors, self._chat.watched
            await Watch(editors.followed, editors, store, editors.visitor, Logged()).run()

    async def _listen(self) -> None:
        """Take updates until cancelled."""
        await self._reach(self._bot.initialize)
        _log.info("the bot is @%s", self._bot.username)
        await self._chat.inbox.restore()
        introducing = asyncio.create_task(self._menus.introduce())
        try:
            await (self._poll() if self._settings.webhook_url is None else self._hook())
        finally:
            introducing.cancel()

    async def _take(self, raw: Raw, *, patiently: bool = True) -> None:
        if "inline_query" in raw:
            self._inline.take(raw)
            return
        event = str(raw["update_id"])
        await self._chat.inbox.take(event, json.dumps(raw), patiently=patiently)

    async def _poll(self) -> NoReturn:
        await self._reach(self._bot.delete_webhook)
        polling = Polling(
            self._polls,
            self._bot.base_url,
            self._take,
            fetched=self.metrics.fetched,
            failed=self._failed,
        )
        try:
            await polling.run()
        except InvalidToken:
            self._revoked.set()
            raise TelegramFault(REFUSED) from None

    async def _hook(self) -> None:
        settings = self._settings
        address = f"{str(settings.webhook_url).rstrip('/')}/{webhook_secret(self._token, PATH)}"
        async with webhook.listening(
            settings.webhook_listen,
            self._token,
            lambda raw: self._take(raw, patiently=False),
            health=self._chat.services.health,
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

    async def _shut_down(self) -> None:
        """Close the connections, which may take half a second at most."""
        try:
            async with asyncio.timeout(0.5):
                await self._bot.shutdown()
        except TimeoutError:
            pass
        except TelegramError as error:
            _log.warning("%s", error)

    def _failed(self, error: TelegramError) -> None:
        """Count a call that failed, and notice that the token is not good any more.

        A bot with a webhook would not be told otherwise.
        """
        self.metrics.call_failed(type(error).__name__, refused=isinstance(error, REFUSALS))
        if isinstance(error, InvalidToken):
            self._revoked.set()

    async def _reach(self, call: Callable[[], Awaitable[object]]) -> None:
        """Make a call until the network lets it be made.

        Raises:
            TelegramFault: Telegram does not know the token.
        """
        for wait in backoff():
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
