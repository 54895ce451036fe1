"""Messages as runs of text with buttons below, cut to what a messenger takes; pure.

Lengths are in UTF-16 code units, which messengers count and which are never fewer than characters.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, takewhile

import regex

from bot.chat.buttons import Button, Rows
from bot.console import printable
from bot.texts import CLOSE, OPEN

ELLIPSIS = "…"

_LINES_AND_ISOLATES = re.compile(f"([\n{OPEN}{CLOSE}])")

_CHARACTER = regex.compile(r"\X")
"""Matches a grapheme cluster, such as a letter with its accent (Unicode, annex 29)."""

_BASIC = 0xFFFF


class Markup(StrEnum):
    """The style of a run."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text in one style; a link leads to `href`.

    Consecutive `folded` runs are one expandable block.
    """

    text: str
    markup: Markup = Markup.PLAIN
    href: str = ""
    folded: bool = False

    @property
    def is_marked(self) -> bool:
        """Whether the run has a style, and so counts towards a messenger's limit."""
        return self.markup is not Markup.PLAIN and bool(self.text.strip())


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A message to be sent or shown, with its buttons."""

    runs: Runs
    rows: Rows = ()


def line(text: str, rows: Rows = ()) -> Post:
    """Return a message of plain text."""
    return Post(cleaned((Run(text),)), rows)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_of(runs: Iterable[Run]) -> str:
    """Return the text of runs, without their styles."""
    return "".join(run.text for run in runs)


def joined(blocks: Iterable[Runs], between: str) -> Runs:
    """Join blocks, with that text between them."""
    parts = [part for block in blocks for part in ((Run(between),), block)]
    return tuple(run for part in parts[1:] for run in part)


def folded(runs: Runs) -> Runs:
    """Return the runs as one expandable block."""
    return tuple(replace(run, folded=True) for run in runs)


def cleaned(runs: Iterable[Run]) -> Runs:
    """Remove control characters but line feeds, lone surrogates, and empty runs."""
    written = (replace(run, text=_clean(run.text)) for run in runs)
    return tuple(run for run in written if run.text)


def _clean(text: str) -> str:
    """Return a text as messengers take it; what isolates a part of it is the bot's own."""
    return "".join(
        each if each in {"\n", OPEN, CLOSE} or each.isprintable() else printable(each)
        for each in _LINES_AND_ISOLATES.split(text)
    )


def stripped(runs: Iterable[Run]) -> Runs:
    """Clean runs, and strip the white space at both ends, as messengers do."""
    return _trimmed(cleaned(runs))


def _trimmed(runs: Runs) -> Runs:
    text = text_of(runs)
    start = len(text) - len(text.lstrip())
    return _slice(runs, start, max(start, len(text.rstrip())))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, and of which of the blocks that were packed something is in it, from 0."""

    runs: Runs
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a messenger takes: in a message, with so many marked runs, and over a chat.

    `file` is the largest file that the bot can read, in bytes.
    """

    length: int = 4000
    marked: int = 90
    alert: int = 200
    file: int = 20_000_000

    def fits(self, runs: Runs) -> bool:
        """Return whether one message takes the runs, once they are stripped."""
        return self._fitting(stripped(runs)) is None

    def pack(self, blocks: Iterable[Runs]) -> tuple[Parcel, ...]:
        """Return the blocks as messages, each of as many blocks as one takes.

        A block that is longer than a message is parted between words, or within a word that is
        itself too long. Nothing is lost but white space where a message ends.
        """
        messages: list[Parcel] = []
        current = Parcel((), ())
        for number, block in enumerate(map(stripped, blocks)):
            together = joined([current.runs, block], "\n") if current.runs else block
            if not block:
                continue
            if self._fitting(together) is None:
                current = Parcel(together, (*current.blocks, number))
            else:
                *whole, rest = (Parcel(part, (number,)) for part in self._split(block))
                messages += [current, *whole]
                current = rest
        return tuple(parcel for parcel in (*messages, current) if parcel.runs)

    def listed(
        self, blocks: Iterable[Runs], button: Callable[[int, int], Button | None]
    ) -> "tuple[Post, ...]":
        """Return the blocks as messages, each with a row for every block of it that has a button.

        `button` is asked with the numbers of the block and of the message, both from 0.
        """
        return tuple(
            Post(
                parcel.runs,
                tuple((own,) for block in parcel.blocks if (own := button(block, part))),
            )
            for part, parcel in enumerate(self.pack(blocks))
        )

    def _split(self, runs: Runs) -> Iterator[Runs]:
        """Split runs into parts that fit, none with white space at its ends."""
        while (most := self._fitting(runs)) is not None:
            text = text_of(runs)
            end = _break(text, most)
            yield _trimmed(_slice(runs, 0, end))
            runs = _trimmed(_slice(runs, end, len(text)))
        if runs:
            yield runs

    def _fitting(self, runs: Runs) -> int | None:
        """Return how many characters from the beginning fit; None if all do."""
        at = length = marked = 0
        in_block = False
        for run in runs:
            marked += run.is_marked + (run.folded and not in_block)
            in_block = run.folded
            if marked > self.marked:
                return at
            own = units(run.text)
            if length + own > self.length:
                return at + _within(run.text, self.length - length)
            length += own
            at += len(run.text)
        return None


def _within(text: str, most: int) -> int:
    """Return how many characters of a text are within a number of units."""
    lengths = accumulate(1 + (ord(character) > _BASIC) for character in text)
    return sum(1 for _ in takewhile(lambda length: length <= most, lengths))


def _break(text: str, most: int) -> int:
    """Return where to split a text within its first `most` characters: after one at least."""
    if text[most].isspace():
        return most
    ends = [found.end() for found in _CHARACTER.finditer(text[: most + 1]) if found.end() <= most]
    spaces = (end for end in reversed(ends) if text[end - 1].isspace() and text[:end].strip())
    return next(spaces, ends[-1] if ends else most)


def _slice(runs: Runs, start: int, end: int) -> Runs:
    """Return the characters from start to end, with their styles."""
    cut = []
    at = 0
    for run in runs:
        text = run.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            cut.append(replace(run, text=text))
        at += len(run.text)
    return tuple(cut)


def beginning(text: str, most: int) -> str:
    """Cut a text between words to at most so many units, with an ellipsis at the cut."""
    if units(text) <= most:
        return text
    fitting = _within(text, max(most - 1, 0))
    if not fitting:
        return ELLIPSIS[: max(most, 0)]
    return text[: _break(text, fitting)].rstrip() + ELLIPSIS


def ending(text: str, most: int) -> str:
    """Return the end of a text, cut as `beginning` does."""
    if units(text) <= most:
        return text
    fitting = _within(text[::-1], max(most - 1, 0))
    if not fitting:
        return ELLIPSIS[: max(most, 0)]
    start = len(text) - fitting
    spaces = (at for at in range(start, len(text)) if text[at - 1].isspace())
    characters = (found.end() for found in _CHARACTER.finditer(text, start - 1))
    return ELLIPSIS + text[next(spaces, next(characters)) :].lstrip()
