"""Documents of word processors (Office Open XML, ECMA-376)."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.pages.characters import normalise
from rag.reasons import Reason
from rag.text.tables import BAR
from rag.types import RawPage

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES: tuple[str, ...] = (".docx",)
MEDIA_TYPES: tuple[str, ...] = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)

MAX_BYTES = 64 * 2**20
"""As much may the text of a document take when it is unpacked."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:  # noqa: ARG001 - XML declares its own
    """See `rag.pages.formats.Format`. A paragraph in the style of titles is the title."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            body = _part(parts, "word/document.xml")
            stated = (
                _part(parts, "docProps/core.xml")
                if "docProps/core.xml" in parts.namelist()
                else None
            )
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
    blocks = [(block, _text(block)) for block in body.iterfind(f"{_W}body/*")]
    titles = [text for block, text in blocks if _is_title(block)]
    if stated is not None:
        titles += [title.text or "" for title in stated.iter(_TITLE)]
    text = normalise("\n\n".join(text for _, text in blocks if text))
    yield RawPage(location=location, text=text, fields={"title": titles})


def _part(parts: zipfile.ZipFile, name: str) -> "_Element":
    from lxml import etree

    with parts.open(name) as part:
        found = part.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        size = max(parts.getinfo(name).file_size, len(found)) // 2**20
        raise SourceError(Reason.TOO_LARGE(size=size, most=MAX_BYTES // 2**20))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(found, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(name) from error


def _text(block: "_Element") -> str:
    """Return a paragraph's text, or a table's: a row a line, its cells parted as in Markdown."""
    if block.tag == f"{_W}tbl":
        rows = [[_words(cell) for cell in row.iter(f"{_W}tc")] for row in block.iter(f"{_W}tr")]
        return "\n".join(BAR.join(row) for row in rows)
    text = _words(block)
    listed = block.find(f"{_W}pPr/{_W}numPr") is not None
    return f"- {text}" if listed and text else text


def _words(element: "_Element") -> str:
    """Return the text of runs, without what was deleted and the codes of fields."""
    spaces = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}p": " "}
    return "".join(
        (each.text or "") if each.tag == f"{_W}t" else spaces.get(str(each.tag), "")
        for each in element.iter()
    ).strip()


def _is_title(block: "_Element") -> bool:
    style = block.find(f"{_W}pPr/{_W}pStyle")
    return style is not None and style.get(f"{_W}val", "").lower() == "title"


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. Of packed files, no others are read."""
    return SUFFIXES[0] if content.startswith(b"PK\x03\x04") else None
