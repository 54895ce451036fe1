"""The webhook: takes updates that Telegram sends to an address that nobody else knows."""

import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from tornado.web import HTTPError, RequestHandler

from bot.service.health import Health, Metrics
from bot.service.listening import served
from bot.settings import Address
from bot.telegram_bot.events import Raw, is_update
from rag.errors import GriotError, StorageError

PATH, HEADER = "path", "header"
"""The uses of a webhook's two secrets."""

PART = "webhook"

Take = Callable[[Raw], Awaitable[None]]

_log = logging.getLogger(__name__)


def webhook_secret(token: str, purpose: str) -> str:
    """Return a webhook's path or header for a token, the same at each start; 64 hex digits.

    Nobody can guess it without the token, and it does not tell the token.
    """
    return hmac.digest(token.encode(), f"griot webhook {purpose}".encode(), "sha256").hex()


@asynccontextmanager
async def listening(
    address: Address, token: str, take: Take, *, health: Health, metrics: Metrics
) -> AsyncIterator[None]:
    """Take what Telegram brings to the webhook of a token, at an address of this machine.

    Raises:
        GriotError: nothing can listen there.
    """
    arguments = {
        "secret": webhook_secret(token, HEADER),
        "take": take,
        "health": health,
        "metrics": metrics,
    }
    routes = [(f"/{webhook_secret(token, PATH)}", _Calls, arguments)]
    async with served(routes, address, setting="GRIOT_WEBHOOK_LISTEN", remedy="Name another."):
        yield


class _Calls(RequestHandler):
    """Answers 200 where an update was taken, so that Telegram does not bring it again."""

    def initialize(self, secret: str, take: Take, health: Health, metrics: Metrics) -> None:
        self._secret = secret
        self._take = take
        self._health = health
        self._metrics = metrics

    async def post(self) -> None:
        self._check_caller()
        try:
            update = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise HTTPError(HTTPStatus.BAD_REQUEST) from None
        if not is_update(update):
            raise HTTPError(HTTPStatus.BAD_REQUEST)
        self._metrics.fetched()
        try:
            await self._take(update)
        except GriotError as error:
            if isinstance(error, StorageError):
                self._health.ill(PART, f"{error} (Telegram will bring the update again)")
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        self._health.well(PART)

    def _check_caller(self) -> None:
        """Refuse who does not know the secret."""
        headers = self.request.headers
        known = hmac.compare_digest(
            headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode(), self._secret.encode()
        )
        if not known or headers.get("Content-Type", "").partition(";")[0] != "application/json":
            _log.debug("a call of the webhook is refused: it has not the secret, or is no JSON")
            raise HTTPError(HTTPStatus.FORBIDDEN)
