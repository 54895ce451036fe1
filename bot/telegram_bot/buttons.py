"""Buttons, and their presses as the data that Telegram sends back; pure.

The data is ASCII, at most 64 bytes, and names an answer by the id under which the catalog keeps it,
so that a button means the same after a restart, a re-index and a week.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from rag.index.answers import LENGTH, LETTERS

LONGEST = 64
"""Of the data, in bytes."""

KEY = 16
"""Of an article's key, in characters: 64 bits."""


@dataclass(frozen=True, slots=True)
class ShowAnswer:
    """Show a part of an answer again, where something else was shown instead.

    A part is one message of the answer, the first part is 0.
    """

    answer: str
    part: int


@dataclass(frozen=True, slots=True)
class ShowSource:
    """Show the n-th citation in its paragraph, with `reach` more paragraphs on each side."""

    answer: str
    part: int
    mark: int
    reach: int = 0


@dataclass(frozen=True, slots=True)
class ShowWhy:
    """Show how an answer came about."""

    answer: str
    part: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate an answer as good or bad."""

    answer: str
    part: int
    good: bool


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send an answer that may not have arrived."""

    answer: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the n-th of the example questions, from 0."""

    number: int


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak this language from now on, by its two letters."""

    language: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the article that has this key, of those that `key_of` gives."""

    article: str


Press = ShowAnswer | ShowSource | ShowWhy | Rate | SendAgain | Ask | Speak | Remove


@dataclass(frozen=True, slots=True)
class Button:
    """A button, which either makes a press or opens an address."""

    text: str
    press: Press | None = None
    url: str = ""


Rows = tuple[tuple[Button, ...], ...]


def key_of(article_id: str) -> str:
    """The key of an article, short enough for any button."""
    return hashlib.sha256(article_id.encode("utf-8", "surrogatepass")).hexdigest()[:KEY]


def encode(press: Press) -> str:
    """The press as the data of its button."""
    told = (_WRITTEN[field.type](getattr(press, field.name)) for field in fields(press))
    return ":".join((_NAMES[type(press)], *told))


def decode(data: str) -> Press | None:
    """The press that `encode` wrote; None for anything else.

    Whether there is such an answer, part, mark or article is for the caller to check, and whether
    the person may see it: an app can send any data.
    """
    name, *told = data.split(":")
    kind = _KINDS.get(name)
    if kind is None or len(told) != len(fields(kind)):
        return None
    wanted = list(zip(fields(kind), told, strict=True))
    if not all(_FORMS[field.name].fullmatch(text) for field, text in wanted):
        return None
    made: Press = kind(*(_READ[field.type](text) for field, text in wanted))
    return made


_NAMES: Mapping[type[Press], str] = {
    ShowAnswer: "a",
    ShowSource: "s",
    ShowWhy: "w",
    Rate: "r",
    SendAgain: "g",
    Ask: "q",
    Speak: "l",
    Remove: "x",
}
_KINDS: Mapping[str, Any] = {name: kind for kind, name in _NAMES.items()}

_ID = re.compile(f"[{LETTERS}]{{{LENGTH},{2 * LENGTH}}}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_FORMS = {
    "answer": _ID,
    "part": _NUMBER,
    "mark": re.compile(r"[1-9][0-9]{0,3}"),
    "reach": _NUMBER,
    "number": _NUMBER,
    "good": re.compile("[01]"),
    "language": re.compile("[a-z]{2}"),
    "article": re.compile(f"[0-9a-f]{{{KEY}}}"),
}
_WRITTEN: Mapping[object, Callable[[object], str]] = {
    str: str,
    int: str,
    bool: lambda value: "1" if value else "0",
}
_READ: Mapping[object, Callable[[str], str | int]] = {
    str: str,
    int: int,
    bool: lambda text: text == "1",
}
