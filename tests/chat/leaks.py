"""Does at a level what lets a token out, and prints what is logged: python leaks.py LEVEL TOKEN."""

import asyncio
import logging
import sys
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import httpx
import telegram
from telegram.error import InvalidToken
from telegram.ext import ApplicationBuilder

from bot.chat import logs

KEY = "sesame-0123456789-sesame"

log = logging.getLogger("leaks")


class Refusal(BaseHTTPRequestHandler):
    """Refuses whatever it is asked, and says again what was asked."""

    def do_POST(self):
        body = b'{"ok": false, "error_code": 401, "description": "%s"}' % self.path.encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", self.path)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.do_POST()

    def log_message(self, *_):
        """Nothing: the server is no part of what is looked at."""


def unreachable(address):
    raise ValueError(f"no host: {address}")


def raised(token):
    """Log what was raised with the token in it, in what caused it, and in a note."""
    try:
        try:
            unreachable(f"https://api.telegram.org/bot{token}/getMe")
        except ValueError as cause:
            fault = RuntimeError(f"bot{token[:30]}… is refused")
            fault.add_note(f"its second half is {token.partition(':')[2]}")
            raise fault from cause
    except RuntimeError:
        log.exception("asking with %r", {"token": token})


def said(token):
    """Log it as message, as argument, in pieces, encoded, by a warning, and by a mistake."""
    log.warning("the token is " + token)  # noqa: G003 - on purpose
    log.info("%s and %s, key %s", token, token.encode(), KEY, stack_info=True)
    log.info("%s, %s", token[:24], token[24:])
    log.info("%s, %s", quote(token, safe=""), quote(token, safe="").lower().replace("%3a", "%253a"))
    log.info("a number: %d", token)
    log.info("a name: %s", Spoiled(token))
    log.info("elsewhere: 7654321098:%s", "Zz-9_" * 7)
    log.debug("two lines\n\x1b[31m%s", token, extra={"token": token})
    warnings.warn(f"{token} is deprecated", stacklevel=1)


class Spoiled:
    """Cannot be turned into text, and says so with what it knows."""

    def __init__(self, token):
        self.token = token

    def __str__(self):
        raise ValueError(self.token)


async def asked(token, server):
    """Ask a server that refuses, and one that is not there, as the bot does."""
    async with httpx.AsyncClient() as client:
        await client.get(f"{server}/bot{token}/getMe")
    for base in (server, "http://127.0.0.1:9"):
        try:
            await telegram.Bot(token, base_url=f"{base}/bot").initialize()
        except telegram.error.TelegramError as error:
            log.warning("no bot: %s", error, exc_info=error)
    application = ApplicationBuilder().token(token).base_url(f"{server}/bot").build()
    try:
        await application.updater.initialize()
    except InvalidToken:
        log.warning("no updates", exc_info=True)
    lost = asyncio.ensure_future(failing(token))
    await asyncio.wait([lost])


async def failing(token):
    raise LookupError(token)


def main(level, token):
    logs.set_up(
        [token, KEY], level=level, stream=sys.stderr, client=logs.Client("telegram"), questions=True
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        asyncio.run(asked(token, f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    raised(token)
    said(token)


if __name__ == "__main__":
    main(*sys.argv[1:])
