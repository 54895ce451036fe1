"""Sitemaps, news sitemaps and indexes of sitemaps (https://www.sitemaps.org/protocol.html)."""

from typing import Any

from rag.pages.entries import Entry, Listing

MEDIA_TYPES = ("application/xml", "text/xml", "application/gzip", "application/x-gzip")

ROOTS = frozenset({"urlset", "sitemapindex"})
"""The names of the elements that sitemaps consist of."""


def read_xml(content: bytes, location: str) -> Listing:
    """Return a sitemap, or as much of a broken one as can be read; the newest come first."""
    from lxml import etree

    # A parser that resolves no entity and fetches nothing.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(content, parser)
    found = [] if root is None else [_fields(element) for element in root.iterchildren("{*}*")]
    found = sorted((each for each in found if each.get("loc")), key=_newest, reverse=True)
    if root is not None and etree.QName(root).localname == "sitemapindex":
        return Listing(location=location, sitemaps=tuple(each["loc"] for each in found))
    entries = tuple(map(_entry, found))
    return Listing(location=location, entries=entries, broken=bool(parser.error_log))


def _newest(fields: dict[str, str]) -> str:
    return fields.get("publication_date") or fields.get("lastmod", "")


def _fields(element: Any) -> dict[str, str]:  # noqa: ANN401 - lxml has no types
    """Return the texts of an element's leaves by their names, the first of each."""
    from lxml import etree

    fields: dict[str, str] = {}
    for leaf in element.iterdescendants("{*}*"):
        fields.setdefault(etree.QName(leaf).localname, (leaf.text or "").strip())
    return fields


def _entry(fields: dict[str, str]) -> Entry:
    """Return an entry: its `lastmod` says when the page changed, not when it was published."""
    published = fields.get("publication_date", "")
    return Entry(
        link=fields["loc"],
        title=fields.get("title", ""),
        published=(published,) if published else (),
        outlet=fields.get("name", ""),
        stamp=fields.get("lastmod") or published,
    )
