"""Languages: `Language`, its general rules, and a folder for each known one.

A language is added with a folder here and a line in `_KNOWN`.
"""

from functools import cache, lru_cache

from rag.languages.english import English
from rag.languages.general import Language
from rag.text.detection import other_than
from rag.types import Question

MAIN = "en"
"""The code of the language that is supposed where nothing tells."""

BEGINNING = 2_000
"""How many characters of a text tell its language."""

_KNOWN: tuple[Language, ...] = (English("en"),)


@cache
def language(code: str) -> Language:
    """Return the language with a code (ISO 639-1); the general rules where it is not known."""
    return next((known for known in _KNOWN if known.code == code), general(code))


def told(text: str) -> Language | None:
    """Return the known language that a text is surely in, by its words; None where none is."""
    return next((known for known in _KNOWN if known.tells(text)), None)


def language_of(text: str) -> Language:
    """Return the language that a text begins in, the main one where it is in none, as names are."""
    return _detected(text[:BEGINNING])


@lru_cache(maxsize=4096)
def _detected(text: str) -> Language:
    return told(text) or language(other_than([MAIN], text) or MAIN)


def shared(question: Question, *texts: str) -> Language:
    """Return the question's language if all texts are in it too, else the general rules."""
    asked = language(question.language)
    return asked if {asked}.issuperset(map(language_of, texts)) else general(asked.code)


@cache
def general(code: str) -> Language:
    """Return the general rules, for a language with a code."""
    return Language(code)


def instructs(sentence: str) -> bool:
    """Return whether a sentence asks or orders something, in any known language."""
    return any(known.instructs(sentence) for known in _KNOWN)
