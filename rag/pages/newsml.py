"""NewsML of the IPTC: NewsML 1, and NewsML-G2 with its news messages. Both carry several articles.

Also the simple `newsitem` that Reuters used before (its corpus RCV1 has it).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.pages import nitf
from rag.pages.nitf import attributes, elements, local_name, paragraphs, texts
from rag.types import FIELDS

if TYPE_CHECKING:
    from lxml.etree import _Element

ITEMS = ("NewsItem", "newsItem", "newsitem")
"""The elements that hold an article, by the kind of NewsML."""

_CONTENT = ("DataContent", "inlineXML", "inlineData", "text")
_WITHDRAWN = ("cancel", "kill", "withheld")


def items(root: "_Element") -> Iterator["_Element"]:
    """Yield the elements that hold an article, none of them within another."""
    for item in elements(root, *ITEMS):
        if not any(local_name(outer) in ITEMS for outer in item.iterancestors()):
            yield item


def is_withdrawn(item: "_Element") -> bool:
    """True if the publisher says that the article is not to be used."""
    states = (*attributes(item, "pubStatus", "qcode"), *attributes(item, "Status", "FormalName"))
    return any(word in state.lower() for state in states for word in _WITHDRAWN)


def fields(item: "_Element") -> dict[str, list[str]]:
    """Return what an item says of its article."""
    known = [nitf.fields(inner) for inner in elements(item, "nitf")]
    inner = {name: [value for each in known for value in each[name]] for name in FIELDS}
    dates = ("FirstCreated", "firstCreated", "DateId", "versionCreated", "contentCreated")
    stated = [*texts(item, *dates), *attributes(item, "newsitem", "date")]
    return {
        "title": [*texts(item, "HeadLine", "headline", "title"), *inner["title"]],
        "published": [*stated, *inner["published"]],
        "outlet": [*inner["outlet"], *_providers(item)],
        "url": [*inner["url"], *attributes(item, "newsItem", "guid")],
    }


def _providers(item: "_Element") -> Iterator[str]:
    """Yield the names of whom an item comes from, or else their codes."""
    makers = [*elements(item, "provider", "Provider", "infoSource", "copyrightHolder")]
    for maker in makers:
        yield from texts(maker, "name")
        yield from attributes(maker, "Party", "FormalName")
    for maker in makers:
        yield maker.get("literal") or maker.get("qcode", "").rpartition(":")[2]


def text(item: "_Element") -> str:
    """Return the longest of the texts that an item has, such as the article beside a caption."""
    found = map(_text, elements(item, *_CONTENT))
    return max(found, key=len, default="")


def _text(content: "_Element") -> str:
    root = next(elements(content, "nitf"), None)
    if root is not None:
        return nitf.text(root)
    if len(content):
        return "\n\n".join(paragraphs(next(elements(content, "body"), content)))
    return content.text or ""
