"""News in XML: NITF and NewsML, told by the elements that a file has."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.pages import feeds, newsml, nitf, sitemaps, text
from rag.pages.characters import beginning, clean, decode
from rag.reasons import Reason
from rag.types import RawPage, Skipped

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES: tuple[str, ...] = (".xml", ".nitf", ".newsml")
MEDIA_TYPES: tuple[str, ...] = ()

_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""")
_ROOT = re.compile(r"<(?:\w+:)?(?:nitf|newsml|newsmessage|newsitem)\b", re.IGNORECASE)
_XML = re.compile(rf"<\?xml\b|<(?:\w+:)?(?:{'|'.join(feeds.ROOTS | sitemaps.ROOTS)})\b")
_DECLARED = re.compile(r"^\s*<\?xml[^>]*>")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:
    """See `rag.pages.formats.Format`.

    If there are several articles, the location of each is the file's, `#`, and its number.
    """
    declared = _DECLARATION.match(content)
    decoded = decode(content, charset or (declared and declared[1].decode("ascii", "replace")))
    root = _root(_DECLARED.sub("", clean(decoded.text)))
    found = [*newsml.items(root)] or [*nitf.elements(root, "nitf")]
    if not found:
        name = nitf.local_name(root)
        listing = name in feeds.ROOTS | sitemaps.ROOTS
        raise SourceError(Reason.LISTING_FILE() if listing else Reason.NOT_NEWS_XML(root=name))
    for number, item in enumerate(found, 1):
        where = f"{location}#{number}" if len(found) > 1 else location
        page = _page(item, where)
        yield page if isinstance(page, Skipped) else replace(page, remark=decoded.remark)


def _root(content: str) -> "_Element":
    """Parse as much as can be parsed; no entity is resolved, and nothing is fetched."""
    from lxml import etree

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(content.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
    if root is None:
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0]))
    return root


def _page(item: "_Element", location: str) -> RawPage | Skipped:
    kind = nitf if nitf.local_name(item) == "nitf" else newsml
    if newsml.is_withdrawn(item):
        return Skipped(location, Reason.WITHDRAWN())
    found = kind.text(item)
    if not found.strip():
        return Skipped(location, Reason.NO_TEXT())
    return text.page(found, location, kind.fields(item))


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. XML of other kinds, such as feeds, is refused by `read`."""
    first = beginning(content)
    return SUFFIXES[0] if _XML.match(first) or _ROOT.search(first) else None
