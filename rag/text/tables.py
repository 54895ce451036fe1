"""Tables in articles: a row is a line of cells between bars, and is read with its header; pure.

"Torvia | 14 | 9" below "Country | Gold | Silver" is read as "Torvia: Gold 14, Silver 9". It is
quoted as it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.types import Span

BAR = " | "
"""The mark between two cells of a row."""

_BAR = re.compile(r" ?\| ?")
_LINE = re.compile(r"[^\n]*\S[^\n]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row that is not empty: the name of its column, and its range in what is read."""

    column: str
    span: Span


@dataclass(frozen=True, slots=True)
class Readable:
    """A passage as it is read, the ranges of its sentences in that, and where it comes from.

    `rows` are the cells of each sentence, none where it is no row. `pieces` are ranges of the text
    with the ranges of the article that stand there, word for word.
    """

    text: str
    sentences: tuple[Span, ...]
    rows: tuple[tuple[Cell, ...], ...]
    pieces: tuple[tuple[Span, Span], ...]

    def origin(self, span: Span) -> Span | None:
        """Return the range of the article that a range of the text comes from, if any does."""
        found = [
            Span(
                there.start + max(0, span.start - here.start),
                there.end - max(0, here.end - span.end),
            )
            for here, there in self.pieces
            if here.start < span.end and span.start < here.end
        ]
        return Span(found[0].start, found[-1].end) if found else None


def readable(text: str, sentences: Sequence[Span]) -> Readable:
    """Return sentences of an article as they are read, rows of tables with their headers."""
    last = sentences[0].start if sentences else 0
    headers = _headers(text) if BAR in text else {}
    if not headers:
        same = tuple(Span(start - last, end - last) for start, end in sentences)
        read = text[last : sentences[-1].end] if sentences else ""
        return Readable(read, same, ((),) * len(same), tuple(zip(same, sentences, strict=True)))
    read, spans, rows = "", [], []
    pieces: list[tuple[Span, Span]] = []
    for start, end in sentences:
        begins = len(read) + start - last
        header = headers.get(Span(start, end))
        parts = [*_row(text, header, Span(start, end))] if header else [("", "", Span(start, end))]
        cells = []
        for before, column, there in [(text[last:start], "", Span(start, start)), *parts]:
            read += before
            here = Span(len(read), len(read) + there.end - there.start)
            cells.append(Cell(column, here))
            pieces.append((here, there))
            read += text[slice(*there)]
        spans.append(Span(begins, len(read)))
        rows.append(tuple(cells[1:]) if header else ())
        last = end
    return Readable(read, tuple(spans), tuple(rows), tuple(pieces))


def row_read(text: str, row: Span) -> str | None:
    """Return a row of a table as it is read with its header; None if the range is no row."""
    header = _headers(text).get(row) if BAR in text[slice(*row)] else None
    if header is None:
        return None
    return "".join(before + text[slice(*cell)] for before, _, cell in _row(text, header, row))


def _row(text: str, header: Span, row: Span) -> Iterator[tuple[str, str, Span]]:
    """Yield the cells of a row that are not empty, each after what is read before it, and column.

    The first one, which names the row, is yielded also where it is empty.
    """
    before = ""
    for name, cell in zip(_cells(text, header), _cells(text, row), strict=True):
        column = text[slice(*name)]
        if not before:
            yield "", column, cell
            before = ": "
        elif cell.start < cell.end:
            yield f"{before}{column} " if column else before, column, cell
            before = ", "


def _cells(text: str, line: Span) -> list[Span]:
    """Return the cells of a line."""
    bars = [Span(*match.span()) for match in _BAR.finditer(text, *line)]
    starts = [line.start, *(bar.end for bar in bars)]
    ends = [*(bar.start for bar in bars), line.end]
    return [Span(start, max(start, end)) for start, end in zip(starts, ends, strict=True)]


@lru_cache(maxsize=64)
def _headers(text: str) -> Mapping[Span, Span]:
    """Return the rows of a text's tables below their headers, each with its header.

    A table is a run of lines with as many bars, its first line the header; there may be empty lines
    between them.
    """
    headers: dict[Span, Span] = {}
    header, bars = None, 0
    for match in _LINE.finditer(text):
        line = Span(*match.span())
        count = len(_BAR.findall(match[0]))
        if header and count and count == bars:
            headers[line] = header
        else:
            header, bars = line, count
    return headers
