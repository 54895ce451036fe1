"""An address becomes a page, a file, or the list of pages that a feed, a sitemap or a site names.

What a server sent is told by its content, as feeds are served under many media types, and files
under those that say little.
"""

import asyncio
import codecs
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from rag.errors import Refused, SourceError
from rag.pages import feeds, html, robots, sitemaps, text
from rag.pages.entries import Entry, Listing, distinct
from rag.pages.extract import extract
from rag.pages.formats import MEDIA_TYPES, SUFFIXES, recognised, suffix_of
from rag.pages.links import joined
from rag.pages.web import ANY, LISTING_BYTES, Fetched, Get
from rag.reasons import Reason
from rag.types import RawPage, Skipped

FILE_TYPES = (
    "application/octet-stream",
    "binary/octet-stream",
    "application/zip",
    "application/gzip",
    "application/x-gzip",
    "application/warc",
    "application/xml",
    "text/xml",
    "application/json",
    "application/x-ndjson",
    "application/jsonl",
    "text/sgml",
    "application/sgml",
    "text/plain",
)
"""The media types of files whose address, or else their content, tells the format."""

TYPES = tuple(dict.fromkeys((*MEDIA_TYPES, *feeds.MEDIA_TYPES, *sitemaps.MEDIA_TYPES, *FILE_TYPES)))
"""The media types under which servers send pages, files, feeds and sitemaps."""

NOT_MODIFIED = 304

MOST = 1000
"""The entries that are taken of one address: as many as a sitemap for news may have."""

SITEMAPS = 5
"""The sitemaps that are taken of an index that names none for news: those changed last."""

_GZIP = b"\x1f\x8b"
_FIRST = 4096  # bytes within which the first element is looked for

# Past declarations and comments; possessive, so that none is looked at twice.
_ROOT = re.compile(rb"(?>\s+|<\?[^>]*>|<!--.*?-->|<![^>]*>|\]\s*>)*+<(?:\w+:)?(\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file whose articles have addresses of their own, or are not just one.

    It has its address, the suffix of its format, and its bytes.
    """

    url: str
    suffix: str
    content: bytes


async def find(url: str, get: Get) -> RawPage | Listing | SentFile:
    """Return what is at an address: a page, a file, or what a feed, a sitemap or a site lists.

    Raises:
        SourceError: there is nothing that can be read.
    """
    fetched = await get(url, types=TYPES)
    fetched.check()
    listing = await asyncio.to_thread(listing_of, fetched)
    if listing is None and _is_front(fetched.url):
        return await listed(url, get, fetched=fetched)
    if listing is None:
        return await asyncio.to_thread(_sent, fetched)
    return await _whole(listing, get)


def _sent(fetched: Fetched) -> RawPage | SentFile:
    """Return the page that a server sent, or the file.

    Raises:
        SourceError: it cannot be read.
    """
    suffix = _suffix(fetched)
    if suffix is None:
        return fetched.page()
    known = SUFFIXES[suffix]
    if known.MEDIA_TYPES:
        return replace(fetched, media_type=known.MEDIA_TYPES[0]).page()
    match list(known.read(fetched.content, fetched.url + suffix, fetched.charset)):
        case [RawPage() as page] if not any(page.fields.get("url", ())):
            return replace(page, location=fetched.url).with_more(url=[fetched.url])
    return SentFile(fetched.url, suffix, fetched.content)


def _suffix(fetched: Fetched) -> str | None:
    """Return the suffix of a file that was sent, None if its media type tells the format.

    HTML that is sent as plain text is meant to be read so.
    """
    if fetched.media_type not in FILE_TYPES:
        return None
    is_text = fetched.media_type in text.MEDIA_TYPES
    named = suffix_of(urlsplit(fetched.url).path)
    if named in SUFFIXES and not (is_text and named in html.SUFFIXES):
        return named
    told = text.SUFFIXES[0] if is_text else recognised(fetched.content)
    return None if told == text.SUFFIXES[0] else told


async def listed(url: str, get: Get, *, fetched: Fetched | None = None) -> Listing:
    """Return what a feed or a sitemap lists, or the one that a page or a site names.

    Raises:
        SourceError: there is none.
    """
    fetched = fetched or await get(url, types=TYPES)
    listing = await asyncio.to_thread(listing_of, fetched)
    if listing is not None:
        return await _whole(listing, get)
    for address in await _named(fetched, get):
        try:
            listing = await asyncio.to_thread(listing_of, await get(address, types=TYPES))
        except SourceError as error:
            if _may_pass(error):
                raise
            continue
        if listing is not None:
            return await _whole(listing, get)
    raise SourceError(Reason.NO_FEED(host=fetched.host))


def _may_pass(error: SourceError) -> bool:
    """Return whether a feed may be readable later, so that it is not passed over."""
    if isinstance(error, Refused):
        return error.passes
    return error.remark.kind is not Reason.NOT_A_LINK


async def page_of(entry: Entry, get: Get) -> RawPage:
    """Return the page of an entry, which has an article.

    Raises:
        SourceError: it cannot be had.
    """
    fetched = await get(entry.link, types=MEDIA_TYPES)
    page = await asyncio.to_thread(fetched.page)
    await asyncio.to_thread(extract, page)
    return entry.filled(page)


async def held_page(entry: Entry) -> RawPage | None:
    """Return the page that the feed itself holds, None if it does not hold the article."""
    page = await asyncio.to_thread(entry.held)
    return page and entry.filled(page)


async def page_or_reason(entry: Entry, get: Get) -> RawPage | Skipped:
    """Return the page of an entry, or else what the feed holds of it, or why there is neither."""
    try:
        return await page_of(entry, get)
    except SourceError as error:
        return await held_page(entry) or Skipped(entry.link, error.remark)


def listing_of(fetched: Fetched) -> Listing | None:
    """Return the feed or sitemap that a server sent, None if it is neither.

    One that has not changed since it was fetched before lists nothing.

    Raises:
        SourceError: the server refused, or what it sent cannot be read.
    """
    if fetched.status == NOT_MODIFIED:
        return Listing(location=fetched.url)
    fetched.check(Reason.REFUSED_FEED)
    content = _unpacked(fetched)
    if content.lstrip()[:1] == b"{":
        return feeds.read_json(content, fetched.url, fetched.charset)
    root = _root(content)
    if root in feeds.ROOTS:
        return feeds.read_xml(content, fetched.url, fetched.charset)
    if root in sitemaps.ROOTS:
        return sitemaps.read_xml(content, fetched.url)
    return None


def _unpacked(fetched: Fetched) -> bytes:
    if not fetched.content.startswith(_GZIP):
        return fetched.content
    try:
        content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(
            fetched.content, LISTING_BYTES + 1
        )
    except zlib.error as error:
        raise SourceError(Reason.UNREAD_FEED(host=fetched.host)) from error
    if len(content) > LISTING_BYTES:
        raise SourceError(Reason.LARGE_PAGE(host=fetched.host, most=LISTING_BYTES // 2**20))
    return content


def _root(content: bytes) -> str:
    """Return the name of the first element, as far as it stands near the beginning."""
    first = content[:_FIRST]
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        first = first.decode("utf-16", "ignore").encode()
    found = _ROOT.match(first.removeprefix(codecs.BOM_UTF8))
    return found[1].decode("ascii", "replace") if found else ""


async def _whole(listing: Listing, get: Get) -> Listing:
    """Return a listing with the entries of the sitemaps that it names, each address once.

    Raises:
        SourceError: none of these sitemaps can be read.
    """
    listings, fault = [listing], None
    for address in _chosen(listing.sitemaps):
        try:
            found = await asyncio.to_thread(listing_of, await get(address, types=TYPES))
        except SourceError as error:
            fault = error
        else:
            listings += [found] if found else []
    if fault and len(listings) == 1:
        raise fault
    entries = tuple(distinct(entry for found in listings for entry in found.entries))
    return replace(
        listing,
        entries=entries[:MOST],
        cut=len(entries[MOST:]),
        broken=any(found.broken for found in listings),
    )


def _chosen(addresses: Sequence[str]) -> Sequence[str]:
    return [each for each in addresses if _is_for_news(each)] or addresses[:SITEMAPS]


def _is_for_news(address: str) -> bool:
    """Return whether the address of a sitemap, behind the host, speaks of news."""
    return "news" in address.lower().partition("://")[2].partition("/")[2].partition("?")[0]


async def _named(fetched: Fetched, get: Get) -> list[str]:
    """Return the feeds that a page names; of a front page, also the sitemaps of its site."""
    found = await asyncio.to_thread(_alternates, fetched)
    if not _is_front(fetched.url):
        return found
    try:
        sent = await get(urljoin(fetched.url, "/robots.txt"), types=(ANY,))
    except SourceError:
        named = []
    else:
        named = [*robots.read(sent).sitemaps]
    return [*found, *_chosen(named), urljoin(fetched.url, "/sitemap.xml")]


def _alternates(fetched: Fetched) -> list[str]:
    from lxml import etree

    parser = etree.HTMLParser(no_network=True, encoding=fetched.charset)
    try:
        root = etree.fromstring(fetched.content, parser)
    except (etree.XMLSyntaxError, LookupError):
        return []
    links = [] if root is None else root.iter("link")
    return [
        joined(fetched.url, link.get("href", ""))
        for link in links
        if "alternate" in link.get("rel", "").lower().split()
        and link.get("type", "").lower() in feeds.MEDIA_TYPES
        and "comment" not in link.get("href", "").lower()
    ]


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return (parts.path or "/") + parts.query == "/"
