"""Which words of what the bot shows are not those of a language: of its texts, or of content.

Content is written in Greek, in which the bot has no words; names of files are content, too.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from functools import cache
from html import unescape
from string import Formatter

from bot.texts import EDITOR, READER
from rag.pages.formats import SUFFIXES
from spoken import LANGUAGES, reasons

WORD = re.compile("[A-Za-zÀ-ɏЀ-ӿؠ-ۿ]+")  # Latin, Cyrillic and Arabic
ADDRESS = re.compile(r"https?://\S+")
NAMES = {"griot", "bot", *READER, *EDITOR, *(suffix.lstrip(".") for suffix in SUFFIXES)}


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def given(kind):
    """The values that a remark of that kind has; the command line is nothing for a chat."""
    english = kind.value if isinstance(kind.value, tuple) else (kind.value,)
    return set().union(*map(placeholders, english), {"n"} if len(english) > 1 else ()) - {"griot"}


def words(text):
    """The words of a text of the bot's, but for addresses and tags, in small letters."""
    shown = ADDRESS.sub(" ", unescape(re.sub(r"<[^>]*>", " ", text)))
    return {word.lower() for word in WORD.findall(shown)}


def texts_of(value):
    """All texts that a value of the table holds."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, str):
        yield re.sub(r"\{[^}]*\}", " ", value)


@cache
def vocabulary(code):
    """The words of a language's texts, of the months, and the names of all languages."""
    spoken = LANGUAGES[code]
    values = [getattr(spoken, field.name) for field in fields(spoken)] + [reasons(spoken)]
    months = [spoken.day(date(2025, month, 2)) for month in range(1, 13)]
    languages = [each.name for each in LANGUAGES.values()]
    return NAMES.union(*map(words, (*texts_of(dict(enumerate(values))), *months, *languages)))


def stray(spoken, text, *, names=()):
    """The words of a text that are neither the language's, nor content, nor one of the names."""
    return words(text) - vocabulary(spoken.code) - {*names}
