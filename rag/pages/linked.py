"""JSON-LD: what a page says of itself, apart from what it says of other things."""

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag.pages.dates import agreed
from rag.pages.extract import canonical_url

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Node = dict[str, Any]

_COMMENTS = re.compile(
    r"^\s*(?://|/\*)?\s*<!(?:\[CDATA\[|--)(?:\s*\*/)?|(?://|/\*)?\s*(?:\]\]|--)>(?:\s*\*/)?\s*$"
)
_COMMA = re.compile(r",(?=\s*[}\]])")

_OWN = ("@graph", "mainEntity", "mainEntityOfPage")
"""The properties of a page's node whose values are about the page as well."""

_NAMES = ("url", "mainEntityOfPage")
"""The properties that name a story's page."""

_STORY = re.compile(r"(?:article|posting|report)$", re.IGNORECASE)
_PAGE = re.compile(r"\bWebPage$")
_OTHER = re.compile(
    "comment|person|organization|list|object|clip|book|movie|music|series|season|software|game",
    re.IGNORECASE,
)
"""Types of things on a page that have dates of their own."""


def scripts(tree: "HtmlElement") -> Iterator[object]:
    """Yield the JSON-LD of a page, also in comments, and with commas too many."""
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() == "application/ld+json":
            written = _COMMENTS.sub("", script.text or "")
            for text in (written, _COMMA.sub("", written)):
                try:
                    yield json.loads(text, strict=False)
                except (ValueError, RecursionError):
                    continue
                break


def nodes(root: object, properties: Sequence[str] | None = None) -> Iterator[Node]:
    """Yield the nodes of a value; those in other nodes only where these properties hold them."""
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values() if properties is None else map(node.get, properties))
        elif isinstance(node, list):
            waiting.extend(node)


def own(roots: Sequence[object], address: str | None) -> list[list[Node]]:
    """Return the nodes that may be of the page at an address, in groups, the likeliest first.

    Those of items of lists, and of what the page is based on, embeds or mentions, are of none; nor
    are stories at several other addresses.
    """
    held = [node for root in roots for node in nodes(root, _OWN)]
    stories = [node for node in held if _is_a(node, _STORY)]
    here = [node for node in stories if address and _key(address) in _keys(node, *_NAMES, "@id")]
    known = {id(node) for node in here}
    left = [node for node in stories if id(node) not in known]
    elsewhere = [node for node in left if _keys(node, *_NAMES)]
    places = {key for node in elsewhere for key in _keys(node, *_NAMES)}
    return [
        here,
        [node for node in left if not _keys(node, *_NAMES)],
        elsewhere if len(places) == 1 else [],
        [node for node in held if _is_a(node, _PAGE)],
        [node for node in held if not any(_is_a(node, kind) for kind in (_STORY, _PAGE, _OTHER))],
    ]


def _keys(node: Node, *names: str) -> set[str]:
    """Return the addresses that properties of a node have, as they are compared."""
    values = [node.get(name) for name in names]
    named = [
        each.get("@id") or each.get("url") if isinstance(each, dict) else each for each in values
    ]
    return {key for each in named if isinstance(each, str) and (key := _key(each))}


def _key(address: str) -> str:
    known = canonical_url(address) or ""
    return known.partition("://")[2].removeprefix("www.")


def _is_a(node: Node, kind: re.Pattern[str]) -> bool:
    types = node.get("@type")
    return any(
        isinstance(name, str) and kind.search(name)
        for name in (types if isinstance(types, list) else [types])
    )


def dates(groups: Sequence[Sequence[Node]]) -> list[str]:
    """Return the dates of groups of nodes, leaving out a group whose nodes are of several days."""
    found = (agreed(strings(group, "datePublished")) for group in groups)
    return [date for date in found if date]


def strings(found: Sequence[Node], name: str) -> list[str]:
    """Return the values of a property that are strings."""
    return [value for node in found if isinstance(value := node.get(name), str)]


def publishers(found: Sequence[Node]) -> list[str]:
    """Return the names of publishers, which nodes hold or refer to."""
    named = {str(node["@id"]): node for node in found if "@id" in node and "name" in node}
    held = [node.get("publisher") for node in found]
    listed = [each for item in held for each in (item if isinstance(item, list) else [item])]
    publishing = [each for each in listed if isinstance(each, dict)]
    return strings([named.get(str(each.get("@id")), each) for each in publishing], "name")
