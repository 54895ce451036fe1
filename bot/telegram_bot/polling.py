"""Fetches updates from Telegram, again and again.

python-telegram-bot's own loop reads all updates of a reply at once: one that it cannot read keeps
all others from being read, and its words are logged. This loop hands each on by itself.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.service.patience import backoff
from bot.telegram_bot.events import KINDS, Raw, is_update
from bot.telegram_bot.pace import wait_of

POLL = 30.0
"""Seconds that Telegram holds a question for updates open."""

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Polling:
    """Fetches updates, and confirms each when it was taken.

    `address` is the bot's, with its token. `take` returns when an update may be confirmed.
    `fetched` is called whenever Telegram has answered, `failed` with the error of a request.
    """

    request: BaseRequest
    address: str
    take: Callable[[Raw], Awaitable[None]]
    fetched: Callable[[], None]
    failed: Callable[[TelegramError], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _troubles: set[str] = field(default_factory=set)
    _next: int = 0

    async def run(self) -> NoReturn:
        """Fetch updates until cancelled.

        Raises:
            InvalidToken: Telegram does not know the token any more.
            Exception: Whatever `take` raises.
        """
        waits = backoff()
        while True:
            try:
                updates = await self._fetch()
            except InvalidToken:
                raise
            except TelegramError as error:
                self._tell(error)
                asked = wait_of(error) if isinstance(error, RetryAfter) else 0.0
                await self.sleep(max(next(waits), asked))
                continue
            waits = backoff()
            self._troubles.clear()
            self.fetched()
            for update in updates:
                await self.take(update)
                self._next = update["update_id"] + 1

    async def _fetch(self) -> Sequence[Raw]:
        """Return the updates that wait, or those that come within the time of the request."""
        kinds = json.dumps(KINDS)
        asked = {"offset": self._next, "timeout": int(POLL), "allowed_updates": kinds}
        try:
            reply = await self.request.post(f"{self.address}/getUpdates?{urlencode(asked)}")
        except (LookupError, TypeError, RecursionError) as error:
            raise TelegramError("Invalid server response") from error
        # What has no number could not be confirmed, and would come again at once.
        if not isinstance(reply, list) or not all(is_update(update) for update in reply):
            raise TelegramError("Invalid server response")
        return reply

    def _tell(self, error: TelegramError) -> None:
        """Log why no updates come, each reason once until they come again."""
        self.failed(error)
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
