"""Web archives (WARC, ISO 28500): the HTML pages that servers sent, under their addresses."""

import zlib
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from email.message import Message
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.pages import html
from rag.reasons import Reason
from rag.types import RawPage, Skipped

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

SUFFIXES: tuple[str, ...] = (".warc", ".warc.gz")
MEDIA_TYPES: tuple[str, ...] = ()

PAGE_BYTES = 5 * 2**20
"""As much may a page take when it is unpacked."""

MOST_BYTES = 2**30
"""As much may the records of an archive take when they are unpacked."""

_OK = "200"
_BEGINS = b"WARC/"


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:  # noqa: ARG001 - each response declares its own
    """See `rag.pages.formats.Format`. Of several visits to an address, the last one counts.

    A page's location is the file's, `#`, and the number of its record.
    """
    found: dict[str, RawPage | Skipped] = {}
    for address, page in _pages(content, location):
        found.pop(address, None)
        found[address] = page
    if not found:
        raise SourceError(Reason.NO_RESPONSES())
    yield from found.values()


def _pages(content: bytes, location: str) -> Iterator[tuple[str, RawPage | Skipped]]:
    """Yield the pages with their addresses; those behind a broken record cannot be found."""
    size = number = 0
    try:
        for number, record in enumerate(_records(content), 1):
            size += max(0, record.length or 0)
            if size > MOST_BYTES:
                limit = Reason.TOO_LARGE(size=size // 2**20, most=MOST_BYTES // 2**20)
                yield location, Skipped(location, limit)
                return
            if kind := _kind(record):
                address = str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
                yield address, _page(record, kind, address, f"{location}#{number}")
    except Exception as error:  # whatever warcio stumbles over
        if not number:
            raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
        yield location, Skipped(f"{location}#{number + 1}", Reason.BROKEN_RECORD())


def _records(content: bytes) -> Iterator["ArcWarcRecord"]:
    """Yield the records. What warcio writes to standard error of odd lengths is dropped."""
    from warcio.archiveiterator import ArchiveIterator

    with redirect_stderr(StringIO()):
        records = ArchiveIterator(BytesIO(content))
        record = next(records, None)
    while record is not None:
        yield record
        with redirect_stderr(StringIO()):
            record = next(records, None)


def _kind(record: "ArcWarcRecord") -> Message | None:
    """Return the declared media type of a page that a server sent, None of any other record."""
    sent = record.http_headers
    if record.rec_type != "response" or sent is None or sent.get_statuscode() != _OK:
        return None
    declared = Message()
    declared["content-type"] = sent.get_header("Content-Type") or ""
    return declared if declared.get_content_type() in html.MEDIA_TYPES else None


def _page(record: "ArcWarcRecord", kind: Message, address: str, location: str) -> RawPage | Skipped:
    body = record.content_stream().read(PAGE_BYTES + 1)
    if len(body) > PAGE_BYTES:
        size = max(record.length or 0, len(body)) // 2**20
        return Skipped(address, Reason.TOO_LARGE(size=size, most=PAGE_BYTES // 2**20))
    try:
        (page,) = html.read(body, location, kind.get_content_charset())
    except SourceError as error:
        return Skipped(address, error.remark)
    return page.with_more(url=[address])


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`."""
    if content.startswith(_BEGINS):
        return ".warc"
    if not content.startswith(b"\x1f\x8b"):
        return None
    unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16)
    with suppress(zlib.error):
        return ".warc.gz" if unpacked.decompress(content, len(_BEGINS)) == _BEGINS else None
    return None
