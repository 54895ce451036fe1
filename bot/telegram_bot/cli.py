"""`griot telegram`: the bot, until it is stopped."""

import sys

import typer

from bot.typer_app import assembled, documented, group
from rag.errors import GriotError

app = group()


@app.command(**documented("telegram"))
def telegram(ctx: typer.Context) -> None:
    """Run the Telegram bot whose token is GRIOT_TELEGRAM_TOKEN, until Ctrl-C or SIGTERM.

    README explains how to get a token, and lists the other settings.
    """
    assembly = assembled(ctx)
    settings = assembly.settings
    if settings.telegram_token is None:
        raise GriotError(
            "GRIOT_TELEGRAM_TOKEN is not set. Send /newbot to @BotFather in Telegram, and put the "
            "token that it gives into .env: GRIOT_TELEGRAM_TOKEN=123456:ABC-…"
        )
    import asyncio

    from bot.service import process
    from bot.service.logs import set_up
    from bot.telegram_bot import app as bot

    set_up(
        bot.secrets(settings),
        level=settings.log_level,
        stream=sys.stderr,
        client=bot.CLIENT,
        questions=settings.log_questions,
    )
    with assembly.library() as library:
        telegram_bot = bot.TelegramBot(settings, library, assembly.judge())
        raise typer.Exit(asyncio.run(process.run(telegram_bot, settings.metrics)))
