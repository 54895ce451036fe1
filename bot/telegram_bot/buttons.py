"""Presses as the data that Telegram keeps in buttons: ASCII, at most 64 bytes; pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bot.chat.buttons import (
    KEY,
    Ask,
    AskAll,
    EndDigest,
    EndWatch,
    Press,
    Rate,
    Remove,
    SendAgain,
    ShowAnswer,
    ShowSource,
    ShowWhy,
    Speak,
    Unfollow,
)
from rag.index.answers import LENGTH, LETTERS

LONGEST = 64

_READ: Mapping[object, Callable[[str], str | int]] = {
    str: str,
    int: int,
    bool: lambda value: value == "1",
}
_NAMES: Mapping[str, Any] = {
    "a": ShowAnswer,
    "s": ShowSource,
    "w": ShowWhy,
    "r": Rate,
    "g": SendAgain,
    "d": AskAll,
    "q": Ask,
    "l": Speak,
    "x": Remove,
    "u": Unfollow,
    "e": EndWatch,
    "n": EndDigest,
}
_NUMBER = "(?:0|[1-9][0-9]{0,3})"
_FORMS = {
    "answer": f"[{LETTERS}]{{{LENGTH},{2 * LENGTH}}}",
    "part": _NUMBER,
    "mark": "[1-9][0-9]{0,3}",
    "reach": _NUMBER,
    "number": _NUMBER,
    "good": "[01]",
    "language": "[a-z]{2}",
    "article": f"[0-9a-f]{{{KEY}}}",
    "watch": "[1-9][0-9]{0,14}",
    "source": f"[0-9a-f]{{{KEY}}}",
}


def encode(press: Press) -> str:
    """Return a press as the data of its button."""
    (name,) = (name for name, kind in _NAMES.items() if kind is type(press))
    values = (getattr(press, field.name) for field in fields(press))
    return ":".join((name, *(str(int(v) if isinstance(v, bool) else v) for v in values)))


def decode(data: str) -> Press | None:
    """Return the press that `encode` wrote; None for anything else.

    An app can send any data: whether there is such an answer, part, mark or article, and whether
    the person may see it, is for the caller to check.
    """
    name, *values = data.split(":")
    kind = _NAMES.get(name)
    if kind is None or len(values) != len(fields(kind)):
        return None
    read = []
    for field, value in zip(fields(kind), values, strict=True):
        if not re.fullmatch(_FORMS[field.name], value):
            return None
        read.append(_READ[field.type](value))
    press: Press = kind(*read)
    return press
