"""E-mails, as mail programs save them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from rag.errors import SourceError
from rag.pages import html, text
from rag.pages.characters import beginning
from rag.reasons import Reason
from rag.types import RawPage

SUFFIXES: tuple[str, ...] = (".eml",)
MEDIA_TYPES: tuple[str, ...] = ("message/rfc822",)

_HEADER = re.compile(r"^([\w-]+):", re.MULTILINE)
_HEADER_LINE = re.compile(r"[\w-]+:|[ \t]|From \S")
_USUAL = frozenset("from to date subject received message-id mime-version return-path".split())


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:  # noqa: ARG001 - each part declares its own
    """See `rag.pages.formats.Format`. The subject is the title, the sender's name the outlet."""
    try:
        message = message_from_bytes(content.lstrip(), policy=policy.default)
        assert isinstance(message, EmailMessage), "the policy makes these"
        body = message.get_body(("plain", "html"))
        stated = _stated(message)
        payload = body.get_payload(decode=True) if body else None
    except Exception as error:  # headers that are no headers raise whatever the parser met
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
    if body is None or not isinstance(payload, bytes) or not message.keys():
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0]))
    known = html if body.get_content_subtype() == "html" else text
    for page in known.read(payload, location, body.get_content_charset()):
        yield replace(page, fields={**stated, "url": page.fields.get("url", ())})


def _stated(message: EmailMessage) -> dict[str, Sequence[str]]:
    sent = getattr(message["date"], "datetime", None)
    senders = getattr(message["from"], "addresses", ())
    return {
        "title": [str(message["subject"] or "")],
        "outlet": [sender.display_name for sender in senders],
        "published": [sent.isoformat()] if sent else [],
    }


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. It begins with headers, some of which every e-mail has."""
    headers, _, _ = beginning(content).replace("\r\n", "\n").partition("\n\n")
    names = {found[1].lower() for found in _HEADER.finditer(headers)}
    whole = all(map(_HEADER_LINE.match, headers.split("\n")))
    return SUFFIXES[0] if whole and len(names & _USUAL) > 1 else None
