import gzip

import pytest

from rag.errors import SourceError
from rag.pages import warc
from rag.pages.extract import extract
from rag.pages.formats import recognised
from rag.pages.warc import PAGE_BYTES
from rag.reasons import Reason
from rag.types import RawPage, Skipped

LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."


def page(*paragraphs: str) -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head><title>Marché</title></head><body>{text}</body></html>".encode()


def archive(*records: tuple[str, bytes, str], packed: bool = False) -> bytes:
    """A WARC with responses: the address, the content, and its status and headers."""
    about = b"software: test\r\n"
    parts = [record("warcinfo", "application/warc-fields", "", about)]
    for address, content, *more in records:
        head = more[0] if more else "200 OK\r\nContent-Type: text/html; charset=utf-8"
        sent = f"HTTP/1.1 {head}\r\n\r\n".encode() + content
        parts.append(record("response", "application/http; msgtype=response", address, sent))
    return b"".join(map(gzip.compress, parts) if packed else parts)


def record(kind: str, media_type: str, address: str, content: bytes) -> bytes:
    target = f"WARC-Target-URI: {address}\r\n" if address else ""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\n{target}WARC-Date: 2025-06-23T12:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:6f1b9c1e-0000-4000-8000-000000000000>\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def read(content: bytes) -> list[RawPage | Skipped]:
    return list(warc.read(content, "a.warc"))


@pytest.mark.parametrize("packed", [False, True])
def test_the_pages_of_an_archive_are_articles(*, packed: bool) -> None:
    """Under their addresses; the last visit to one counts; pictures and errors are passed over."""
    content = archive(
        ("https://news.example/market?utm_source=x", page("Old.", NEXT)),
        ("https://news.example/market?utm_source=x", page(LEAD, NEXT)),
        ("https://news.example/a.png", b"png", "200 OK\r\nContent-Type: image/png"),
        ("https://news.example/gone", page(LEAD), "404 No\r\nContent-Type: text/html"),
        (
            "https://news.example/packed",
            gzip.compress(page(NEXT, LEAD)),
            "200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip",
        ),
        packed=packed,
    )
    found = [extract(each) for each in read(content)]
    assert [(each.id, each.title, each.text) for each in found] == [
        ("https://news.example/market", "Marché", f"{LEAD}\n{NEXT}"),
        ("https://news.example/packed", "Marché", f"{NEXT}\n{LEAD}"),
    ]
    assert recognised(content) == (".warc.gz" if packed else ".warc")


def test_what_cannot_be_read_of_an_archive_is_named() -> None:
    """A page that is too long or empty, and all behind a record that is broken."""
    good = ("https://news.example/market", page(LEAD, NEXT))
    content = archive(
        good,
        ("https://news.example/long", b" " * (PAGE_BYTES + 1)),
        ("https://news.example/empty", b""),
    )
    article, long, empty, broken = read(content + b"no record\r\n\r\n")
    assert isinstance(article, RawPage)
    assert [long, empty, broken] == [
        Skipped("https://news.example/long", Reason.TOO_LARGE(size=5, most=5)),
        Skipped("https://news.example/empty", Reason.EMPTY()),
        Skipped("a.warc#5", Reason.BROKEN_RECORD()),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (archive(), Reason.NO_RESPONSES()),
        (b"no archive", Reason.BROKEN_FILE(kind=".warc")),
        (gzip.compress(b"no archive", mtime=0), Reason.BROKEN_FILE(kind=".warc")),
    ],
)
def test_an_archive_without_pages_is_named(content: bytes, reason: Reason) -> None:
    """Be it none, or one of other things."""
    with pytest.raises(SourceError) as caught:
        read(content)
    assert caught.value.remark == reason
