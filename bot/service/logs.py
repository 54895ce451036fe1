"""A bot's log: one handler, which lets no token and no key out.

A record is rendered whole, with its arguments, its exception, what caused it, and the stack; then
every secret is taken out of what would be printed.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase, ascii_uppercase
from typing import TextIO
from urllib.parse import quote

from rag.models.redact import without_keys
from rag.types import Answer

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WHEN = "%Y-%m-%d %H:%M:%S"

TELLING = 12
"""Characters of a secret that tell something of it."""

HIDDEN = "[secret]"
SHORT = 4
"""Bytes of a chat's hash."""

_TOKEN_LIKE = re.compile(r"\d{6,}(?::|%(?:25)*3[aA])[A-Za-z0-9_-]{30,}")
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# They log every request with its address, which holds the token.
_ADDRESSES = ("httpx", "httpcore")

_BLANK = re.compile(r"%[-#0 +.\d]*[a-z]")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Client:
    """A messenger's library, by the name of its loggers, whose records may hold what people write.

    Each of `doubled` logs errors that it raises as well, for the bot to decide about.
    """

    name: str
    doubled: frozenset[str] = frozenset()


def set_up(
    secrets: Sequence[str],
    *,
    level: str,
    stream: TextIO,
    client: Client,
    questions: bool = False,
) -> None:
    """Log to the stream alone, from that level on, and warnings too, without the secrets.

    At DEBUG, requests are logged with their addresses. Where `questions` are not to be logged, the
    messenger's library logs nothing at DEBUG, and only its own wording at any other level.
    """
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(Redactor(secrets)))
    debugging = level == "DEBUG"
    if not debugging:
        handler.addFilter(
            lambda record: record.levelno != logging.ERROR or record.name not in client.doubled
        )
    if not questions:
        handler.addFilter(partial(_without_content, client=client.name))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _ADDRESSES:
        logging.getLogger(name).setLevel(level if debugging else logging.WARNING)
    if debugging and not questions:
        logging.getLogger(client.name).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


class Redactor:
    """Removes secrets from a text.

    A secret goes, plain or as an address writes it, and so does any piece of it of 12 characters,
    in small letters and in large ones (libraries change those of what servers say);
    and what looks like a bot's token or a key does, whosever it is.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._pieces = frozenset(
            piece
            for secret in secrets
            for form in (secret, quote(secret, safe=""))
            for piece in _pieces(_small(form))
            if piece
        )

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        kept: list[str] = []
        end = 0
        for start, stop in sorted(self._found(text)):
            if start > end or not kept:
                kept += [text[end:start], HIDDEN]
            end = max(end, stop)
        text = "".join([*kept, text[end:]])
        return without_keys(_TOKEN_LIKE.sub(HIDDEN, text))

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        small = _small(text)
        for piece in self._pieces:
            start = small.find(piece)
            while start >= 0:
                yield start, start + len(piece)
                start = small.find(piece, start + 1)


def _small(text: str) -> str:
    """Lower the letters A to Z alone, so that the text keeps its length."""
    return text.translate(_SMALL)


def _pieces(form: str) -> Iterator[str]:
    last = max(len(form) - TELLING, 0)
    return (form[start : start + TELLING] for start in range(last + 1))


class _Formatter(logging.Formatter):
    """A record as text: its message on one line, then what was raised, set off from the margin."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(FORMAT, WHEN)
        self._redactor = redactor

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = record.message.replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        return self._redactor(_UNSEEN.sub(" ", "\n  ".join(lines)))


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to the stream; of a record that cannot be rendered, only where it came from."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        # The one that is inherited prints the record's arguments as they are.
        with suppress(Exception):
            self.stream.write(f"{record.name}, line {record.lineno}: a record cannot be logged\n")


def _without_content(record: logging.LogRecord, *, client: str) -> bool:
    if record.args and record.name.partition(".")[0] == client:
        record.msg, record.args = _BLANK.sub("…", str(record.msg)), ()
    return True


def chat_hash(chat: str, salt: bytes) -> str:
    """Return eight hex digits for a chat; its id cannot be found from them without the salt."""
    key = hashlib.blake2b(salt).digest()
    return hashlib.blake2b(chat.encode(), digest_size=SHORT, key=key).hexdigest()


def log_answer(answer: Answer, *, chat: str, waited: float, question: str | None = None) -> None:
    """Log that a question was answered, in one line; the question only where it is given.

    `chat` is the chat's hash; `waited` are the seconds before anything was done.
    """
    remark = " ".join(map(str, answer.remarks))
    names = {"chat": chat, "outcome": answer.outcome, "mode": answer.mode, "model": answer.model}
    fields = (
        *(f"{name}={_value(value)}" for name, value in names.items() if value),
        f"waited={1000 * waited:.0f}",
        *(f"{name}={milliseconds:.0f}" for name, milliseconds in answer.timings.items()),
        *((f"remark={_quoted(remark)}",) if remark else ()),
        *((f"question={_quoted(question)}",) if question else ()),
    )
    _log.info("answered %s", " ".join(fields))


def _value(text: str) -> str:
    return text if re.fullmatch(r"[^\s\"=]+", text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
