"""PDF: the text of its pages, and where each page begins.

A page's lines come in the order in which they were drawn. In columns that is mostly the order of
reading: `benchmarks/pdf.py` compares it with what other libraries make of their places.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from math import hypot
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.pages import typeset
from rag.pages.characters import normalise
from rag.pages.typeset import Line
from rag.reasons import Reason
from rag.types import RawPage, Skipped

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

SUFFIXES: tuple[str, ...] = (".pdf",)
MEDIA_TYPES: tuple[str, ...] = ("application/pdf",)

_BEGINS_WITHIN = 1024

_FILE_NAME = re.compile(r"^(?:microsoft|untitled|layout)\b|\.\w{2,5}$", re.IGNORECASE)

# What publishers state in XMP, by the names of the PRISM vocabulary.
_PRISM = re.compile(r"http://prismstandard\.org/namespaces/")
_STATED = {
    "publicationDate": "published",
    "coverDate": "published",
    "publicationName": "outlet",
    "url": "url",
}


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:  # noqa: ARG001 - a PDF declares its own
    """See `rag.pages.formats.Format`. The title is the stated one, or what is set in large type.

    When a PDF was made does not tell when the article was published, so dates come from XMP alone.
    """
    from pypdf.errors import FileNotDecryptedError

    try:
        reader = _opened(content)
        pages = [_lines_or_error(reader, number) for number in range(len(reader.pages))]
        fields = _stated(reader)
    except FileNotDecryptedError as error:
        raise SourceError(Reason.LOCKED_FILE()) from error
    except SourceError:
        raise
    except Exception as error:  # whatever pypdf stumbles over
        raise SourceError(Reason.BROKEN_FILE(kind=SUFFIXES[0])) from error
    broken = [number for number, found in enumerate(pages) if isinstance(found, Exception)]
    readable = [[] if isinstance(found, Exception) else found for found in pages]
    if not any(readable):
        raise SourceError(
            Reason.BROKEN_FILE(kind=SUFFIXES[0]) if broken or not pages else Reason.PICTURES()
        )
    text, starts = typeset.text_of(readable)
    large = typeset.title_of(readable)
    titles = sorted(fields.get("title", ()), key=lambda title: title not in text)
    titles = [*(title for title in titles if title in text), *large, *titles]
    empty = sum(not found for found in readable) - len(broken)
    yield RawPage(
        location=location,
        text=text,
        fields={**fields, "title": titles},
        pages=starts,
        remark=Reason.PICTURED(n=empty) if empty else None,
    )
    for number in broken:
        yield Skipped(f"{location}#page={number + 1}", Reason.BROKEN_PAGE())


def _opened(content: bytes) -> "PdfReader":
    """Return a reader of a PDF that is not locked, or only against being changed."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise SourceError(Reason.LOCKED_FILE())
    return reader


def _lines_or_error(reader: "PdfReader", number: int) -> list[Line] | Exception:
    """Return the lines of a page, from 0, or whatever pypdf stumbles over in it."""
    from pypdf.errors import FileNotDecryptedError

    try:
        return _lines(reader.pages[number])
    except FileNotDecryptedError:
        raise
    except Exception as error:  # noqa: BLE001 - the other pages may be well
        return error


def _lines(page: "PageObject") -> list[Line]:
    """Return the lines of a page with their places, in the order in which they were drawn."""
    found: list[Line] = []

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], _: object, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        for number, piece in enumerate(text.split("\n")):
            if number or not found or not found[-1].text.strip():
                found.append(Line(x, y, size * scale, piece))
            else:
                found[-1] = found[-1]._replace(text=found[-1].text + piece)

    page.extract_text(visitor_text=visit)
    return [line for line in found if normalise(line.text)]


def _stated(reader: "PdfReader") -> dict[str, list[str]]:
    """Return what a PDF's metadata say of the article; a title that names a file is left out."""
    fields: dict[str, list[str]] = {}
    try:
        known: Any = reader.metadata
        title = " ".join(str(known.title or "").split()) if known else ""
        if title and not _FILE_NAME.search(title):
            fields["title"] = [title]
        xmp: Any = reader.xmp_metadata
        for node in xmp.rdf_root.getElementsByTagName("*") if xmp else ():
            name = _STATED.get(node.localName)
            if name and _PRISM.match(node.namespaceURI or "") and node.firstChild:
                fields.setdefault(name, []).append(str(node.firstChild.nodeValue or ""))
    except Exception:  # noqa: BLE001 - the text does not need them
        return fields
    return fields


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. Something else may stand before a PDF."""
    return SUFFIXES[0] if b"%PDF-" in content[:_BEGINS_WITHIN] else None
