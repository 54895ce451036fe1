"""Log a token in every way that lets one out, and print what is logged: python leaks.py TOKEN."""

import asyncio
import logging
import sys
import warnings
from urllib.parse import quote

from bot.service import logs

KEY = "sesame-0123456789-sesame"

log = logging.getLogger("leaks")


class Spoiled:
    """Cannot be turned into text, and says so with what it knows."""

    def __init__(self, token):
        self.token = token

    def __str__(self):
        raise ValueError(self.token)


def raised(token):
    """Log what was raised with the token in it, in what caused it, and in a note."""
    try:
        try:
            raise ValueError(f"no host: https://api.example/bot{token}/getMe")  # noqa: TRY301
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


async def lost(token):
    """Raise it in a task that nobody asks for its end."""

    async def failing():
        raise LookupError(token)

    await asyncio.wait([asyncio.ensure_future(failing())])


def main(token):
    client = logs.Client("messenger")
    logs.set_up([token, KEY], level="DEBUG", stream=sys.stderr, client=client, questions=True)
    asyncio.run(lost(token))
    raised(token)
    said(token)


if __name__ == "__main__":
    main(*sys.argv[1:])
