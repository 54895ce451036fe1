"""Plain text, whose lines may have been wrapped."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from itertools import pairwise

from rag.errors import SourceError
from rag.pages import copied, furniture
from rag.pages.characters import clean, decode, normalise
from rag.reasons import Reason
from rag.types import RawPage

SUFFIXES: tuple[str, ...] = (".txt", ".text")
MEDIA_TYPES: tuple[str, ...] = ("text/plain",)

_WRAP_WIDTHS = range(40, 121)
_WRAPPED_SHARE = 0.6
_DOUBLE_SPACED_LINES = 3

_RICH = "{\\rtf"
_SAMPLE = 2**16
_FEWEST_CELLS = 6
_NAME = re.compile(r"[^\s\d.!?]{1,30}(?: [^\s\d.!?]{1,30}){0,3}")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:
    """See `rag.pages.formats.Format`. Of a page that was copied whole, the article is kept."""
    decoded = decode(content, charset)
    if decoded.text.lstrip().startswith(_RICH):
        raise SourceError(Reason.RICH_TEXT())
    if any(_is_table(decoded.text[:_SAMPLE], delimiter) for delimiter in ",;"):
        raise SourceError(Reason.TABLE())
    found = replace(page(decoded.text, location), remark=decoded.remark)
    if article := copied.article(found.text.split("\n")):
        title, lines = article
        found = replace(found, text=normalise("\n".join(lines)), fields={"title": [title]})
    yield found


def _is_table(sample: str, delimiter: str) -> bool:
    """True for rows with as many cells as the first one, which has short names.

    In prose, a space follows such a sign, and no two paragraphs need have as many of them.
    """
    try:
        rows = [row for row in csv.reader(StringIO(sample), delimiter=delimiter) if row]
    except csv.Error:
        return False
    rows = rows[: -1 if len(sample) == _SAMPLE else None]
    head = rows[0] if rows else []
    return (
        len(rows) > 1
        and len(head) > 1
        and len(rows) * len(head) >= _FEWEST_CELLS
        and all(map(_NAME.fullmatch, head))
        and all(len(row) == len(head) for row in rows)
        and not any(cell.startswith(" ") for row in rows for cell in row)
    )


def page(content: str, location: str, fields: Mapping[str, Sequence[str]] | None = None) -> RawPage:
    """Return the page of a text, its lines joined if they were wrapped."""
    text = normalise(unwrap(clean(content)))
    return RawPage(location=location, text=text, fields=fields or {})


def unwrap(text: str) -> str:
    """Join the lines of text that was wrapped at a fixed width; leave any other text alone.

    Wrapped is text most of whose lines break amid a sentence where the next word would not fit.
    Lines may be set double-spaced.
    """
    lines = [line.expandtabs().rstrip() for line in text.split("\n")]
    width = _width(lines)
    if _is_wrapped(lines, width):
        return _joined(lines, width)
    single = "\n".join(lines).replace("\n\n", "\n").split("\n")
    if (
        len(single) < _DOUBLE_SPACED_LINES
        or any(a and b for a, b in pairwise(lines))
        or not _is_wrapped(single, width)
    ):
        return text
    return _joined(single, width)


def _width(lines: list[str]) -> int:
    """Return the 90th percentile of the lines' lengths, which a wide table does not distort."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[(len(lengths) * 9) // 10] if lengths else 0


def _is_wrapped(lines: list[str], width: int) -> bool:
    pairs = [(a, b) for a, b in pairwise(lines) if a and b and not _begins(a, b)]
    if width not in _WRAP_WIDTHS or not any(_continues(b) for _, b in pairs):
        return False
    amid = [(a, b) for a, b in pairs if not furniture.ends_sentence(a)]
    broken = [a for a, b in amid if _breaks(a, b, width) or (_continues(b) and 2 * len(a) > width)]
    return len(broken) >= _WRAPPED_SHARE * len(pairs)


def _continues(line: str) -> bool:
    """True if a line goes on amid a sentence, as far as its first letter can tell."""
    return line.lstrip()[0].islower() or line.isupper()


def _begins(before: str, line: str) -> bool:
    """True if a line is indented or an item, and so begins a paragraph."""
    indent = len(line) - len(line.lstrip())
    return indent > len(before) - len(before.lstrip()) + 1 or furniture.is_item(line.lstrip())


def _breaks(line: str, following: str, width: int) -> bool:
    """True if the first word of the following line would not fit on this one."""
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width


def _joined(lines: list[str], width: int) -> str:
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if not (before and line) or _opens(before, line, width):
            joined.append(line)
        else:
            joined[-1] = f"{joined[-1]} {line.lstrip()}"
    return "\n".join(joined)


def _opens(before: str, line: str, width: int) -> bool:
    """True if a paragraph begins with this line, by its shape or after a short last line."""
    ended = furniture.ends_sentence(before) and not _breaks(before, line, width)
    return ended or _begins(before, line)


def recognise(content: bytes) -> str | None:  # noqa: ARG001 - every text may be plain
    """See `rag.pages.formats.Format`."""
    return SUFFIXES[0]
