"""Tells calls that Telegram refused from calls that got no answer."""

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.chat.health import Metrics

REFUSALS = (BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter)
"""The errors by which Telegram refuses a call. All others are the network's, or those of a server
that fails."""


def count(error: TelegramError, metrics: Metrics) -> None:
    """Count a call that failed, under the kind of its error."""
    metrics.call_failed(type(error).__name__, refused=isinstance(error, REFUSALS))
