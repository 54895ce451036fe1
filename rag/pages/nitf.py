"""NITF, the News Industry Text Format of the IPTC, and the paragraphs of XML that is like it."""

from collections.abc import Collection, Iterator
from html import unescape
from typing import TYPE_CHECKING

from rag.pages.characters import one_line
from rag.text.tables import BAR

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLOCKS = frozenset(
    """
    article blockquote block body body.content bq caption dd div dl dt h1 h2 h3 h4 h5 h6 hl1 hl2 li
    ol p pre section table tbody td tfoot th thead tr ul
    """.split()
)
"""What begins and ends a paragraph, in NITF and in XHTML."""

_CELLS = {"td", "th"}
_OTHER = frozenset("body.end body.head figure head media note script style".split())
"""What stands beside the text."""


def fields(root: "_Element") -> dict[str, list[str]]:
    """Return what a `nitf` element says of its article."""
    dates = [
        *attributes(root, "date.issue", "norm"),
        *attributes(root, "pubdata", "date.publication"),
        *attributes(root, "date.release", "norm"),
        *attributes(root, "story.date", "norm"),
    ]
    return {
        "title": [*texts(root, "hl1", "hedline", "title")],
        "published": dates,
        "outlet": [*attributes(root, "pubdata", "name"), *texts(root, "distributor")],
        "url": list(attributes(root, "pubdata", "ex-ref")),
    }


def text(root: "_Element") -> str:
    """Return the text of a `nitf` element.

    A block is left out if another one has all of its paragraphs too, as that of the lead has.
    """
    content = next(elements(root, "body.content"), root)
    blocks = {block: {*paragraphs(block)} for block in elements(content, "block")}
    repeated = {block for block in blocks if any(blocks[block] < held for held in blocks.values())}
    return "\n\n".join(paragraphs(content, without=repeated))


def paragraphs(element: "_Element", *, without: Collection["_Element"] = ()) -> Iterator[str]:
    """Yield the paragraphs in an element: an item of a list has a dash, a row of a table bars."""
    pieces: list[str] = []
    for piece in (*_pieces(element, without), None):
        if piece is not None:
            pieces.append(piece)
            continue
        if found := one_line("".join(pieces)):
            yield found
        pieces = []


def _pieces(element: "_Element", without: Collection["_Element"]) -> Iterator[str | None]:
    """Yield the texts in an element, and None where a paragraph ends."""
    name = local_name(element)
    if name == "&":
        yield unescape(element.text or "")
    if not name.strip("&") or name in _OTHER or element in without:
        return
    ends = (None,) if name in _BLOCKS else ()
    yield from ends
    if name == "tr":
        cells = (" ".join(paragraphs(cell)) for cell in element if local_name(cell) in _CELLS)
        yield BAR.join(cells)
    else:
        yield "- " if name == "li" else ""
        yield element.text or ""
        for child in element:
            yield from _pieces(child, without)
            yield child.tail or ""
    yield from ends


def local_name(element: "_Element") -> str:
    """Return an element's name without its namespace; "&" for an entity, "" for a comment."""
    from lxml import etree

    if isinstance(element.tag, str):  # which a broken file may give an unknown prefix
        return element.tag.rpartition("}")[2].rpartition(":")[2]
    return "&" if element.tag is etree.Entity else ""


def elements(root: "_Element", *names: str) -> Iterator["_Element"]:
    """Yield the elements of these names, the root among them, whatever their namespace."""
    yield from root.iter(*(f"{{*}}{name}" for name in names))


def texts(root: "_Element", *names: str) -> Iterator[str]:
    """Yield the texts of elements, each on one line, in the order of the names."""
    for name in names:
        yield from filter(None, (" ".join(paragraphs(element)) for element in elements(root, name)))


def attributes(root: "_Element", name: str, attribute: str) -> Iterator[str]:
    """Yield an attribute of the elements of a name, where it is set."""
    for element in elements(root, name):
        if value := element.get(attribute):
            yield value
