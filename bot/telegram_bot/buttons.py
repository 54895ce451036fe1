"""Presses as the data that Telegram keeps in buttons: ASCII, at most 64 bytes; pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bot.chat import buttons
from bot.chat.buttons import KEY, Press
from rag.index.answers import LENGTH, LETTERS

LONGEST = 64

_READ: Mapping[object, Callable[[str], str | int]] = {
    str: str,
    int: int,
    bool: lambda value: value == "1",
}
_NAMES: Mapping[str, Any] = {
    "a": buttons.ShowAnswer,
    "s": buttons.ShowSource,
    "w": buttons.ShowWhy,
    "r": buttons.Rate,
    "g": buttons.SendAgain,
    "d": buttons.AskAll,
    "q": buttons.Ask,
    "l": buttons.Speak,
    "x": buttons.Remove,
    "u": buttons.Unfollow,
    "e": buttons.EndWatch,
    "n": buttons.EndDigest,
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
    known = list(zip(fields(kind), values, strict=True))
    if not all(re.fullmatch(_FORMS[field.name], value) for field, value in known):
        return None
    press: Press = kind(*(_READ[field.type](value) for field, value in known))
    return press
