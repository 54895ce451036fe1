"""Printing for every command: lines for a person, JSON for a program, remarks and errors.

Everything to be read by a person is first a tuple of `Line`s. `plain` writes them as text, as for a
pipe; `show` sets them for a terminal. Words of articles, file names and questions are never taken
for markup, and control characters in them never reach a terminal.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

# In characters.
TITLE = 70
SNIPPET = 240
NARROWEST = 10

# How many are listed before the rest is counted.
LISTED = 20


# Lines


class Style(StrEnum):
    """How a piece is set on a terminal, in rich's words."""

    PLAIN = ""
    HEAD = "bold"
    MARK = "bold cyan"
    FAINT = "dim"
    QUOTE = "italic"
    GOOD = "green"
    WARNING = "yellow"
    BAD = "bold red"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: pieces of text with their styles, behind so many spaces.

    Where a terminal wraps it, its further rows stand behind `hang` spaces more.
    """

    pieces: tuple[tuple[str, Style], ...] = ()
    indent: int = 0
    hang: int = 0

    @property
    def text(self) -> str:
        """The line as plain text."""
        return " " * self.indent + "".join(text for text, _ in self.pieces)


Lines = tuple[Line, ...]
Piece = str | tuple[str, Style]
BLANK = Line()


def line(*pieces: Piece, indent: int = 0, hang: int = 0) -> Line:
    """Return a line of these pieces, without their control characters and line breaks."""
    styled = (piece if isinstance(piece, tuple) else (piece, Style.PLAIN) for piece in pieces)
    return Line(tuple((printable(text), style) for text, style in styled), indent, hang)


def first(lines: Sequence[Line], more: str = "", *, most: int = LISTED, indent: int = 0) -> Lines:
    """Return the first lines, and one that counts the rest and ends with `more`."""
    left = len(lines) - most
    rest = line((f"and {left:,} more{more}", Style.FAINT), indent=indent)
    return (*lines[:most], *([rest] if left > 0 else []))


def printable(text: str) -> str:
    """Return a text on one line, without control and bidirectional characters."""
    from rag.text import neutral  # which `griot --help` need not wait for

    return neutral(" ".join(text.splitlines()).replace("\t", " "))


def shortened(text: str, most: int) -> str:
    """Return the text on one line, cut between words to at most so many characters."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip(" ,;:") + "…"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 question", "2 questions"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# Output


def plain(lines: Iterable[Line]) -> str:
    """Return the lines as text, each ended, none wrapped."""
    return "".join(each.text.rstrip() + "\n" for each in lines)


def json_line(value: object) -> str:
    """Return the value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False) + "\n"


def output(result: Lines | Mapping[str, object] | list[dict[str, object]]) -> None:
    """Write a command's result to standard output: lines, or any other value as JSON."""
    if isinstance(result, tuple):
        show(result, sys.stdout)
    else:
        sys.stdout.write(json_line(result))


def show(lines: Iterable[Line], stream: TextIO) -> None:
    """Write the lines: wrapped and in colour on a terminal, plain anywhere else."""
    if not stream.isatty():
        stream.write(plain(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    for each in lines:
        text = Text.assemble(*((piece, style.value) for piece, style in each.pieces))
        width = max(console.width - each.indent - each.hang, NARROWEST)
        for number, row in enumerate(text.wrap(console, width)):
            row.rstrip()
            margin = " " * (each.indent + (each.hang if number else 0))
            console.print(Text(margin).append_text(row), soft_wrap=True)


def say(message: str) -> None:
    """Write a remark to standard error."""
    sys.stderr.write(f"griot: {printable(message)}\n")


def end_line() -> None:
    """Begin a new line behind the ^C that a terminal shows."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")


def version() -> str:
    """Return the installed version of Griot."""
    from importlib import metadata

    try:
        return metadata.version("griot")
    except metadata.PackageNotFoundError:
        return "not installed"
