"""Buttons, and what pressing each of them asks for.

A press names an answer by the id under which the catalog keeps it, so that a button means the same
after a restart, a re-index and a week. A part of an answer is one of its messages, from 0.
"""

import hashlib
from dataclasses import dataclass

KEY = 16
"""Of an article's or a source's key, in characters: 64 bits."""


@dataclass(frozen=True, slots=True)
class ShowAnswer:
    """Show a part of an answer again, in place of what was shown instead."""

    answer: str
    part: int


@dataclass(frozen=True, slots=True)
class ShowSource:
    """Show the n-th citation, from 1, in its paragraph and `reach` more on each side."""

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
class AskAll:
    """Ask an answer's question again, of articles of all dates."""

    answer: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask an example question, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak a language from now on, by its two letters."""

    language: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the article with a key, as `key_of` gives it."""

    article: str


@dataclass(frozen=True, slots=True)
class Unfollow:
    """Take a source, by its key, off the list that a part of it was shown of."""

    source: str
    part: int


@dataclass(frozen=True, slots=True)
class EndWatch:
    """Watch a question no more; `part` is that of the list that has the button, from 1, else 0."""

    watch: int
    part: int


@dataclass(frozen=True, slots=True)
class EndDigest:
    """Send the chat no more digests."""


AnswerPress = ShowAnswer | ShowSource | ShowWhy | Rate | SendAgain | AskAll
Press = AnswerPress | Ask | Speak | Remove | Unfollow | EndWatch | EndDigest


@dataclass(frozen=True, slots=True)
class Button:
    """A button, which either makes a press or opens an address."""

    text: str
    press: Press | None = None
    url: str = ""


Rows = tuple[tuple[Button, ...], ...]


def key_of(name: str) -> str:
    """Return the key of an article, by its id, or of a source, short enough for any button."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:KEY]
