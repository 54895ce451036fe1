"""Pages that a person selected as a whole and copied: an article amid menus and lists of others.

The article is the run of lines with the highest sum of prose: the words of lines that are sentences
count for it, those of others against it (Kadane's maximum subarray).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest

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

_CUT = ("\u2026", "...")
_PARTED = re.compile(r"\s[|/\u00b7\u2022\u203a\u00bb\u25aa\u25cf\u25b8](?=\s)")
"""The separators between the items of a menu in one line."""

_DIGIT = re.compile(r"\d")


def article(lines: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the title and the lines of the article in a copied page, None for any other text."""
    gains = _gains(lines)
    start, end = _run(gains)
    above = [line for line in lines[:start] if line]
    at = _title(above, lines[start:end])
    if at is None or _labels(above[:at]) < _MENU:
        return None
    run = list(lines[start:end])
    prose = sum(furniture.size(run[n]) for n, gain in enumerate(gains[start:end]) if gain > 0)
    if _labels(above) + _labels(lines[end:]) < _OUTSIDE or prose < _SHORTEST_ARTICLE:
        return None
    return above[at], run


def _labels(lines: Sequence[str]) -> int:
    """Count the lines that may stand in a menu or a list of headlines, not in a table or a poem."""
    held = [line for line in lines if _gain(line) < 0 and not _DIGIT.search(line)]
    # Where lines of a text were broken, they begin with small letters.
    longest = (_LONGEST_BROKEN if line[0].islower() else _LONGEST_LABEL for line in held)
    return sum(furniture.size(line) <= most for line, most in zip(held, longest, strict=True))


def _run(gains: Sequence[int]) -> tuple[int, int]:
    """Return the range of the article."""
    best = total = first = start = end = 0
    for n, gain in enumerate(gains):
        if total < 0:
            total, first = 0, n
        total += gain
        if total >= best:
            best, start, end = total, first, n + 1
    return start, end


def _gains(lines: Sequence[str]) -> list[int]:
    """Return what each line counts for or against a run that holds it.

    A sentence alone between two labels may be what a list says of another story: it counts half. A
    sentence that the page has twice, such as a caption, counts neither way, nor does a list amid
    sentences that is plainly one of other stories.
    """
    times = Counter(furniture.fold(line) for line in lines)
    full = [n for n, line in enumerate(lines) if line]
    gains = [0] * len(lines)
    for n, following in zip_longest(full, full[1:]):
        gain = _gain(lines[n])
        if gain < 0 and following == n + 1 and _goes_on(lines[n], lines[following]):
            gain = furniture.size(lines[n])
        gains[n] = 0 if gain > 0 and times[furniture.fold(lines[n])] > 1 else gain
    last = max((n for n in full if gains[n] > 0), default=0)
    for n in (n for n in furniture.other_stories(lines) if n < last):
        gains[n] = 0
    counted = [n for n in full if gains[n]]
    labels = [True, *(gains[n] < 0 for n in counted), True]
    for n, before, label, after in zip(counted, labels, labels[1:], labels[2:], strict=False):
        gains[n] //= 2 if before and after and not label else 1
    return gains


def _goes_on(line: str, following: str) -> bool:
    """True if a line was broken within a sentence."""
    return furniture.size(line) > _LABEL and following[0].islower()


def _gain(line: str) -> int:
    """Return the words of a sentence, or of a line that is too long for a headline; else a loss.

    Short sentences count neither way, since some labels end like them, nor do those cut short.
    """
    size = furniture.size(line)
    if _is_menu(line):
        return -max(size, _LABEL)
    if line.endswith(_CUT):
        return 0
    if not line or furniture.ends_sentence(line):
        return size if furniture.is_prose(line) else 0
    return size if size >= _HEADLINE.stop else -max(size, _LABEL)


def _is_menu(line: str) -> bool:
    """True if a line is several short labels with signs between them."""
    parts = len(_PARTED.findall(line)) + 1
    return parts >= _MENU and furniture.size(line) <= _LABEL * parts


def _title(above: Sequence[str], run: Sequence[str]) -> int | None:
    """Return the index of the first line whose words the article has, or else of the longest."""
    known = set(_stems("\n".join(run)))
    reach = range(max(0, len(above) - _REACH), len(above))
    near = [n for n in reach if _may_head(above[n])]
    for n in near:
        stems = _stems(above[n])
        shared = sum(stem in known for stem in stems)
        if shared >= max(_SHARED, _SHARE * len(stems)):
            return n
    return max(near, key=lambda n: furniture.size(above[n]), default=None)


def _may_head(line: str) -> bool:
    if furniture.size(line) not in _HEADLINE or line[0].islower():
        return False
    sentence = furniture.is_prose(line) and furniture.ends_sentence(line.rstrip("?!"))
    return not (sentence or furniture.is_path(line) or _is_menu(line))


def _stems(text: str) -> list[str]:
    return [stem for word in furniture.fold(text).split() for stem in _cut(word)]


def _cut(word: str) -> Iterator[str]:
    """Yield what two forms of a word share: its beginning, or pairs of characters."""
    if furniture.SPACELESS.search(word):
        yield from (word[n : n + 2] for n in range(len(word) - 1))
    elif len(word) >= _SHORTEST:
        yield word[:_STEM]
