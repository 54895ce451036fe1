"""Feeds: RSS and Atom through feedparser, and JSON Feed (https://jsonfeed.org)."""

import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from rag.errors import SourceError
from rag.pages.characters import decode
from rag.pages.entries import Entry, Listing
from rag.pages.extract import canonical_url
from rag.pages.links import joined
from rag.pages.records import FEED
from rag.reasons import Reason

MEDIA_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "application/feed+json",
    "application/json",
)

ROOTS = frozenset({"rss", "feed", "RDF"})
"""The names of the elements that feeds in XML consist of."""


def read_xml(content: bytes, location: str, charset: str | None) -> Listing:
    """Return a feed in RSS or Atom, or as much of a broken one as can be read.

    feedparser fetches nothing: it is given bytes. Entries without an address are left out.

    Raises:
        SourceError: it is broken, and has no entry that can be read.
    """
    import feedparser

    declared = {"content-location": location, "content-type": "application/xml"}
    if charset:
        declared["content-type"] += f"; charset={charset}"
    parsed = feedparser.parse(io.BytesIO(content), response_headers=declared)
    found = (_entry(each) for each in parsed.entries if each.get("link"))
    entries = _of_outlet(found, parsed.feed.get("title", ""))
    if parsed.bozo and not entries:
        raise SourceError(Reason.UNREAD_FEED(host=urlsplit(location).hostname or location))
    return Listing(location=location, entries=entries, broken=bool(parsed.bozo))


def _entry(found: Any) -> Entry:  # noqa: ANN401 - feedparser has no types
    written, instant = found.get("published"), found.get("published_parsed")
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", instant) if instant else ""
    contents = [part.get("value", "") for part in found.get("content", ())]
    return Entry(
        link=found["link"],
        title=found.get("title", ""),
        published=tuple(filter(None, (written, utc))),
        outlet=found.get("source", {}).get("title", ""),
        stamp=_changed(found) or written or "",
        content=max(contents, key=len, default=""),
    )


def _of_outlet(entries: Iterable[Entry], title: str) -> tuple[Entry, ...]:
    """Return a feed's entries with its title as their outlet, unless they name another.

    A feed whose entries lead to several sites collects what others write: its title is no outlet.
    """
    listed = tuple(entries)
    addresses = filter(None, (canonical_url(each.link) for each in listed))
    sites = {urlsplit(each).netloc.removeprefix("www.") for each in addresses}
    if len(sites) > 1:
        return listed
    return tuple(replace(each, outlet=each.outlet or title) for each in listed)


def _changed(found: Any) -> str | None:  # noqa: ANN401 - as above
    """Return when an entry was changed; feedparser warns where it would have to be guessed."""
    return found["updated"] if "updated" in found else None  # noqa: SIM401


def read_json(content: bytes, location: str, charset: str | None) -> Listing | None:
    """Return a feed in JSON Feed, None if it is something else."""
    try:
        feed = json.loads(decode(content, charset).text)
    except (SourceError, ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not FEED.match(str(feed.get("version"))):
        return None
    items = feed["items"] if isinstance(feed.get("items"), list) else []
    title = feed["title"] if isinstance(feed.get("title"), str) else ""
    return Listing(location=location, entries=_of_outlet(_items(items, location), title))


def _items(items: list[object], location: str) -> Iterator[Entry]:
    for item in items:
        if not isinstance(item, dict):
            continue
        said = {name: value for name, value in item.items() if isinstance(value, str)}
        published = said.get("date_published", "")
        if link := said.get("url") or said.get("external_url"):
            yield Entry(
                link=joined(location, link),
                title=said.get("title", ""),
                published=(published,) if published else (),
                stamp=said.get("date_modified") or published,
                content=said.get("content_html") or _paragraphs(said.get("content_text", "")),
            )


def _paragraphs(text: str) -> str:
    from html import escape

    return "".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line.strip())
