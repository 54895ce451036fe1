"""Pages that a person selected as a whole and copied: an article amid menus and lists of others.

The article is the run of lines with the highest sum of prose: the words of lines that are sentences
count for it, those of others against it (Kadane's maximum subarray).
"""

import re
from collections.abc import Iterator, Sequence

from rag.pages import furniture

_LABEL, _LONGEST_LABEL, _LONGEST_BROKEN = 5, 15, 3
"""A line that is no sentence counts against a run as so many words, at least."""

_MENU, _OUTSIDE = 3, 8
"""A copied page has at least so many labels above its title, and outside of its article."""

_REACH = 15
"""The title is one of so many lines above the article."""

_HEADLINE = range(3, 31)
_SHORTEST_ARTICLE = 25
_SHARED, _SHARE = 2, 0.5
_STEM, _SHORTEST = 4, 3

_DIGIT = re.compile(r"\d")


def article(lines: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the title and the lines of the article in a copied page, None for any other text."""
    start, end = _run(lines)
    above = [line for line in lines[:start] if line]
    at = _title(above, lines[start:end])
    if at is None or _labels(above[:at]) < _MENU:
        return None
    outside = _labels(above) + _labels(lines[end:])
    if outside < _OUTSIDE or sum(map(_gain, lines[start:end])) < _SHORTEST_ARTICLE:
        return None
    return above[at], list(lines[start:end])


def _labels(lines: Sequence[str]) -> int:
    """Count the lines that may stand in a menu or a list of headlines, not in a table or a poem."""
    held = [line for line in lines if _gain(line) < 0 and not _DIGIT.search(line)]
    # Where lines of a text were broken, they begin with small letters.
    longest = (_LONGEST_BROKEN if line[0].islower() else _LONGEST_LABEL for line in held)
    return sum(furniture.size(line) <= most for line, most in zip(held, longest, strict=True))


def _run(lines: Sequence[str]) -> tuple[int, int]:
    """Return the range of the article."""
    best = total = first = start = end = 0
    for n, line in enumerate(lines):
        if total < 0:
            total, first = 0, n
        total += _gain(line)
        if total >= best:
            best, start, end = total, first, n + 1
    return start, end


def _gain(line: str) -> int:
    """Return the words of a sentence, or of a line that is too long for a headline; else a loss.

    Short sentences count neither way, since some labels end like them.
    """
    size = furniture.size(line)
    if not line or furniture.ends_sentence(line):
        return size if furniture.is_prose(line) else 0
    return size if size >= _HEADLINE.stop else -max(size, _LABEL)


def _title(above: Sequence[str], run: Sequence[str]) -> int | None:
    """Return the index of the first line whose words the article has, or else of the longest."""
    known = set(_stems("\n".join(run)))
    reach = range(max(0, len(above) - _REACH), len(above))
    near = [n for n in reach if furniture.size(above[n]) in _HEADLINE and not above[n][0].islower()]
    for n in near:
        stems = _stems(above[n])
        shared = sum(stem in known for stem in stems)
        if shared >= max(_SHARED, _SHARE * len(stems)):
            return n
    return max(near, key=lambda n: furniture.size(above[n]), default=None)


def _stems(text: str) -> list[str]:
    return [stem for word in furniture.fold(text).split() for stem in _cut(word)]


def _cut(word: str) -> Iterator[str]:
    """Yield what two forms of a word share: its beginning, or pairs of characters."""
    if furniture.SPACELESS.search(word):
        yield from (word[n : n + 2] for n in range(len(word) - 1))
    elif len(word) >= _SHORTEST:
        yield word[:_STEM]
