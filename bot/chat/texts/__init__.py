"""All words that a person in chat reads: a file for each language, with the keys of `table.Texts`.

A new language is a file like `english.py` and its name in `LANGUAGES`.
"""

from collections.abc import Mapping

from bot.chat.texts.english import ENGLISH
from bot.chat.texts.french import FRENCH
from bot.chat.texts.russian import RUSSIAN
from bot.chat.texts.table import EDITOR, GROUP, READER, Texts

__all__ = [
    "EDITOR",
    "ENGLISH",
    "FRENCH",
    "GROUP",
    "LANGUAGES",
    "READER",
    "RUSSIAN",
    "Texts",
    "texts",
]

LANGUAGES: Mapping[str, Texts] = {each.code: each for each in (ENGLISH, FRENCH, RUSSIAN)}
"""By their codes, in the order in which they are offered."""


def texts(code: str | None) -> Texts:
    """Return the texts for a language's code, such as `fr` or `fr-CA`; English for any other."""
    return LANGUAGES.get((code or "").lower().replace("_", "-").partition("-")[0], ENGLISH)
