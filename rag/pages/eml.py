"""E-mails as mail programs save them, and pages as browsers do in the same form (MHTML)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from rag.errors import SourceError
from rag.pages import furniture, html, text
from rag.pages.characters import beginning
from rag.reasons import Reason
from rag.types import RawPage

SUFFIXES: tuple[str, ...] = (".eml", ".mhtml", ".mht")
MEDIA_TYPES: tuple[str, ...] = ("message/rfc822", "multipart/related", "application/x-mimearchive")

_KINDS = {"plain": text, "html": html}
_SAVED_FROM = "Snapshot-Content-Location"
_LEAST = 0.5
"""The share of the page's prose that a plain text has, unless it does no more than lead there."""

_HEADER = re.compile(r"^([\w-]+):", re.MULTILINE)
_HEADER_LINE = re.compile(r"[\w-]+:|[ \t]|From \S")
_USUAL = frozenset("from to date subject received message-id mime-version return-path".split())
_FEWEST_HEADERS = 2


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:  # noqa: ARG001 - each part declares its own
    """See `rag.pages.formats.Format`. The subject is the title, the sender's name the outlet.

    A page that a browser saved says these itself; its headers have the day on which it was saved.
    """
    try:
        message = message_from_bytes(content.lstrip(), policy=policy.default)
        assert isinstance(message, EmailMessage), "the policy makes these"
        bodies = [body for kind in _KINDS if (body := message.get_body((kind,)))]
        parts = [(each, each.get_payload(decode=True)) for each in bodies]
        stated, saved_from = _stated(message), str(message[_SAVED_FROM] or "")
    except Exception as error:  # headers that are no headers raise whatever the parser met
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
    held = [(body, payload) for body, payload in parts if isinstance(payload, bytes)]
    if not held or not message.keys():
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0]))
    if saved_from or location.lower().endswith(SUFFIXES[1:]):
        body, payload = held[-1]
        for page in html.read(payload, location, body.get_content_charset()):
            yield page.with_more(url=[saved_from or str(body["Content-Location"] or "")])
    else:
        page = _fullest(held, location)
        yield replace(page, fields={**stated, "url": page.fields.get("url", ())})


def _fullest(held: Sequence[tuple[MIMEPart, bytes]], location: str) -> RawPage:
    """Return the plain text of a message, or its page where that has far more prose.

    Raises:
        SourceError: neither can be read.
    """
    pages: list[RawPage] = []
    fault = None
    for body, payload in held:
        known = _KINDS[body.get_content_subtype()]
        try:
            pages += known.read(payload, location, body.get_content_charset())
        except SourceError as error:
            fault = error
    if fault and not pages:
        raise fault
    first, last = pages[0], pages[-1]
    return last if _prose(first) < _LEAST * _prose(last) else first


def _prose(page: RawPage) -> int:
    """Return the number of words in the sentences of a page."""
    lines = page.text.split("\n")
    return sum(furniture.size(line) for line in lines if furniture.is_prose(line))


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
    if not whole or len(names & _USUAL) < _FEWEST_HEADERS:
        return None
    return SUFFIXES[_SAVED_FROM.lower() in names]
