"""Pieces of text and how each is set, as Telegram's HTML, in messages that it takes; pure.

What is to be read is first `Runs`; only `html` writes tags, around escaped text. Lengths are UTF-16
code units of the text without its tags, as Telegram counts them.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from itertools import accumulate, takewhile

from bot.console import printable

LONGEST = 4096
"""Of a message, in UTF-16 code units."""

ENTITIES = 90
"""Of a message, below Telegram's 100: it finds some by itself, such as addresses and hashtags."""

ELLIPSIS = "…"

_BASIC = 0xFFFF
_JOINER = "\u200d"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


class Kind(StrEnum):
    """How a run is set, each but the plain one an entity of the message."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    LINK = "link"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Run:
    """Text that is set in one way; a link leads to `href`. A quote is folded where it is long."""

    text: str
    kind: Kind = Kind.PLAIN
    href: str = ""


Runs = tuple[Run, ...]

_TAGS = {
    Kind.BOLD: ("<b>", "</b>"),
    Kind.ITALIC: ("<i>", "</i>"),
    Kind.CODE: ("<code>", "</code>"),
    Kind.QUOTE: ("<blockquote expandable>", "</blockquote>"),
}


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def html(runs: Iterable[Run]) -> str:
    """The runs as Telegram's HTML, their text escaped and without control characters."""
    return "".join(_set(run) for run in cleaned(runs))


def _set(run: Run) -> str:
    text = escape(run.text, quote=False)
    if not _is_entity(run):
        return text
    if run.kind is Kind.LINK:
        return f'<a href="{escape(run.href)}">{text}</a>'
    before, after = _TAGS[run.kind]
    return f"{before}{text}{after}"


def _is_entity(run: Run) -> bool:
    return run.kind is not Kind.PLAIN and bool(run.text.strip())


def cleaned(runs: Iterable[Run]) -> Runs:
    """The runs without control characters but line feeds, halves of characters and empty runs."""
    written = (_rewritten(run, _lines(run.text)) for run in runs)
    return tuple(run for run in written if run.text)


def _rewritten(run: Run, text: str) -> Run:
    return run if text == run.text else Run(text, run.kind, run.href)


def _lines(text: str) -> str:
    return "\n".join(line if line.isprintable() else printable(line) for line in text.split("\n"))


def text_of(runs: Iterable[Run]) -> str:
    """The text of the runs."""
    return "".join(run.text for run in runs)


def stripped(runs: Iterable[Run]) -> Runs:
    """The runs, cleaned, without white space before and after, which Telegram would take away."""
    return _trimmed(cleaned(runs))


def _trimmed(runs: Runs) -> Runs:
    text = text_of(runs)
    start = len(text) - len(text.lstrip())
    return _slice(runs, start, max(start, len(text.rstrip())))


def fits(runs: Runs) -> bool:
    """Whether one message takes the runs, once they are stripped."""
    return _fitting(stripped(runs), LONGEST) is None


def joined(blocks: Iterable[Runs], between: str) -> Runs:
    """The blocks in one, with that text between them."""
    parts = [part for block in blocks for part in ((Run(between),), block)]
    return tuple(run for part in parts[1:] for run in part)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, and of which of the blocks that were packed something is in it, from 0."""

    runs: Runs
    blocks: tuple[int, ...]


def pack(blocks: Iterable[Runs], *, between: str = "\n") -> tuple[Parcel, ...]:
    """Return the blocks as messages, each of as many blocks as one takes.

    A block that is longer than a message is parted between words, or within a word that is itself
    too long. Nothing is lost but white space where a message ends.
    """
    messages: list[Parcel] = []
    current = Parcel((), ())
    for number, block in enumerate(map(stripped, blocks)):
        together = joined([current.runs, block], between) if current.runs else block
        if not block:
            continue
        if _fitting(together, LONGEST) is None:
            current = Parcel(together, (*current.blocks, number))
        else:
            *whole, rest = (Parcel(part, (number,)) for part in _split(block))
            messages += [current, *whole]
            current = rest
    return tuple(one for one in (*messages, current) if one.runs)


def _split(runs: Runs) -> Iterator[Runs]:
    """The runs in parts that fit; each begins and ends with something to be seen."""
    while (most := _fitting(runs, LONGEST)) is not None:
        text = text_of(runs)
        end = _break(text, most)
        yield _trimmed(_slice(runs, 0, end))
        runs = _trimmed(_slice(runs, end, len(text)))
    if runs:
        yield runs


def _fitting(runs: Runs, most: int) -> int | None:
    """How many characters from the beginning fit; None where all of them do."""
    at = length = entities = 0
    for run in runs:
        entities += _is_entity(run)
        if entities > ENTITIES:
            return at
        own = units(run.text)
        if length + own > most:
            return at + _within(run.text, most - length)
        length += own
        at += len(run.text)
    return None


def _within(text: str, most: int) -> int:
    """How many characters of a text that is longer make so many units at most."""
    lengths = accumulate(1 + (ord(character) > _BASIC) for character in text)
    return sum(1 for _ in takewhile(lambda length: length <= most, lengths))


def _break(text: str, most: int) -> int:
    """Where to part a text within its first characters, at least one."""
    if text[most].isspace():
        return most
    for end in range(most, 0, -1):
        if text[end - 1].isspace() and not _clings(text, end) and text[:end].strip():
            return end
    for end in range(most, 0, -1):
        if not _clings(text, end):
            return end
    return most


def _clings(text: str, at: int) -> bool:
    """Whether the character there belongs to the one before it, as an accent to its letter."""
    character = text[at]
    return (
        character in _SKIN_TONES
        or _JOINER in (character, text[at - 1])
        or unicodedata.category(character).startswith("M")
    )


def _slice(runs: Runs, start: int, end: int) -> Runs:
    """The characters from start to end, set as they were."""
    cut = []
    at = 0
    for run in runs:
        text = run.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            cut.append(_rewritten(run, text))
        at += len(run.text)
    return tuple(cut)


def beginning(text: str, most: int) -> str:
    """The text, cut between words to so many units, an ellipsis where something is left out."""
    if units(text) <= most:
        return text
    fitting = _fitting((Run(text),), max(most - 1, 0))
    if not fitting:
        return ELLIPSIS[: max(most, 0)]
    return text[: _break(text, fitting)].rstrip() + ELLIPSIS


def ending(text: str, most: int) -> str:
    """The end of the text, as `beginning` gives its beginning."""
    if units(text) <= most:
        return text
    fitting = _fitting((Run(text[::-1]),), max(most - 1, 0))
    if not fitting:
        return ELLIPSIS[: max(most, 0)]
    start = len(text) - fitting
    spaces = (at for at in range(start, len(text)) if text[at - 1].isspace())
    return ELLIPSIS + text[next(spaces, _unclung(text, start)) :].lstrip()


def _unclung(text: str, start: int) -> int:
    """The next place from there on where a text can be parted."""
    return next((at for at in range(start, len(text)) if not _clings(text, at)), len(text))
