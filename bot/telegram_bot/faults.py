"""What a failed call says: that Telegram refused it, or that nobody answered it."""

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.telegram_bot.health import Metrics

REFUSALS = (BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter)
"""What Telegram answers to a call that it does not do. Any other error is the network's, or a
server's that fails."""


def count(error: TelegramError, metrics: Metrics) -> None:
    """Count a call that failed, under the kind of its error."""
    metrics.call_failed(type(error).__name__, refused=isinstance(error, REFUSALS))
