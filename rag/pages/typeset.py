"""Lines of type, as they lie on printed pages, become paragraphs; pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from rag.languages.english.words import common_words
from rag.pages import furniture
from rag.pages.characters import normalise

_SAME = 0.05
"""Sizes that differ by such a share are the same."""

_GAP, _INDENT = 1.35, 0.5
"""A paragraph begins below a gap of so many line heights, or so many sizes to the right."""

_FITS, _FITS_WELL = 0.85, 0.6
"""If the next word would have fitted into such a share of a line, its paragraph ended there."""

_LARGE = 1.2
"""A title is set in type so many times as large as the text."""

_TITLE_WORDS = range(2, 31)
_EDGE = 2
"""Lines, at the top and at the bottom of a page, that may be running heads."""

_HYPHENS = ("-", "\u2010", "\u00ad")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Line(NamedTuple):
    """A line of a page: its left end and its baseline, in points from the lower left corner.

    `size` is that of its type, in points.
    """

    x: float
    y: float
    size: float
    text: str


Pages = Sequence[Sequence[Line]]
"""The lines of each page, in the order of reading."""


def text_of(pages: Pages) -> tuple[str, tuple[int, ...]]:
    """Return the normalised text of pages without running heads, and where each page begins.

    Paragraphs go on over columns and pages, and words that were hyphenated are whole again.
    """
    placed = [(number, line) for number, page in enumerate(_bodies(pages)) for line in page]
    setting = _Setting([line for _, line in placed])
    pieces: list[str] = []
    starts: list[int] = []
    length = 0
    for n, (number, line) in enumerate(placed):
        between = setting.between(placed[n - 1], placed[n]) if n else ""
        if between is None:
            pieces[-1], between = pieces[-1][:-1], ""
            length -= 1
        length += len(between)
        starts += [length] * (number + 1 - len(starts))
        pieces += [between, normalise(line.text)]
        length += len(pieces[-1])
    text = normalise("".join(pieces))
    starts += [len(text)] * (len(pages) - len(starts))
    return text, tuple(min(start, len(text)) for start in starts)


def title_of(pages: Pages) -> list[str]:
    """Return what stands in the largest type of the first page, if it can be a title."""
    first = next((page for page in pages if page), [])
    setting = _Setting([line for page in pages for line in page])
    sizes = sorted({line.size for line in first if line.size > _LARGE * setting.size}, reverse=True)
    for size in sizes:
        title = " ".join(normalise(line.text) for line in first if _same(line.size, size))
        if len(title.split()) in _TITLE_WORDS:
            return [title]
    return []


class _Setting:
    """How a text is set: the size of most of its type, the distance of its lines, their lengths."""

    def __init__(self, lines: Sequence[Line]) -> None:
        sizes: Counter[float] = Counter()
        lengths: dict[float, list[int]] = {}
        for line in lines:
            size = round(line.size, 1)
            sizes[size] += len(line.text)
            lengths.setdefault(size, []).append(len(line.text))
        self.size = max(sizes, key=lambda size: sizes[size], default=0.0)
        self._widths = {size: sorted(of)[len(of) * 9 // 10] for size, of in lengths.items()}
        gaps = [a.y - b.y for a, b in pairwise(lines) if _same(a.size, self.size)]
        near = [gap for gap in gaps if 0 < gap < 3 * self.size]
        self._leading = median(near) / self.size if near else _LARGE
        self._words = {word for line in lines for word in _WORD.findall(line.text.casefold())}

    def between(self, last: tuple[int, Line], following: tuple[int, Line]) -> str | None:
        """Return what stands between two lines on their pages; None where a hyphen goes."""
        (page, before), (number, line) = last, following
        if not self._goes_on(before, line, same_page=page == number):
            return "\n\n"
        written = before.text.rstrip()
        if not written.endswith(_HYPHENS) or not line.text.lstrip()[:1].isalpha():
            return " "
        if written.endswith("\u00ad"):
            return ""
        return "" if self._is_compound(written, line.text) else None

    def _goes_on(self, before: Line, line: Line, *, same_page: bool) -> bool:
        """True if a line goes on with the paragraph of the line before it."""
        if not _same(before.size, line.size) or furniture.is_item(line.text.lstrip()):
            return False
        gap = before.y - line.y
        if not same_page or gap <= 0:  # in the next column
            return not furniture.ends_sentence(before.text) or line.text.lstrip()[0].islower()
        if gap > _GAP * self._leading * line.size or line.x - before.x > _INDENT * line.size:
            return False
        length = len(before.text.rstrip()) + 1 + len(line.text.split(maxsplit=1)[0])
        fits = _FITS if furniture.ends_sentence(before.text) else _FITS_WELL
        return length > fits * self._widths[round(line.size, 1)]

    def _is_compound(self, before: str, line: str) -> bool:
        """True if a word that is broken at its hyphen has one."""
        first = before.rsplit(maxsplit=1)[-1].rstrip("".join(_HYPHENS)).casefold()
        rest = _WORD.match(line.lstrip().casefold())
        second = rest[0] if rest else ""
        if not first.isalpha() or f"{first}-{second}" in self._words:
            return True
        known = self._words | common_words()
        return first + second not in known and first in known and second in known


def _same(size: float, other: float) -> bool:
    return abs(size - other) <= _SAME * max(size, other)


def _bodies(pages: Pages) -> Iterator[list[Line]]:
    """Yield the lines of each page without running heads and its own number.

    Running heads stand at one height on several pages, and are the same but for numbers.
    """
    heads = [_edge(page) for page in pages]
    counts = Counter(key for found in heads for key in set(found.values()))
    often = {key for key, count in counts.items() if count > 1 and 3 * count >= len(pages)}
    for number, (page, found) in enumerate(zip(pages, heads, strict=True), 1):
        gone = {n for n, key in found.items() if key in often}
        gone |= {n for n in found if furniture.fold(page[n].text) == str(number)}
        yield [line for n, line in enumerate(page) if n not in gone]


def _edge(page: Sequence[Line]) -> dict[int, tuple[int, str]]:
    """Return the place and the words of the lines at both ends of a page, by their index."""
    heights = sorted({round(line.y) for line in page})
    ends = {*heights[:_EDGE], *heights[-_EDGE:]}
    return {
        n: (round(line.y), _DIGITS.sub("", furniture.fold(line.text)))
        for n, line in enumerate(page)
        if round(line.y) in ends
    }
