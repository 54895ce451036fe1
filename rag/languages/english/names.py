"""English words that are names by themselves; pure."""

import re
from functools import lru_cache

from rag.languages.english.words import common_names, common_words

_ENDINGS = re.compile(
    r"(?:ments?|ness|(?:at|t|s)ions?|ity|ities|ly|ings?|isms?|ists?|ables?|ibles?|less|ful|ous|"
    r"ances?|ences?|ically|ships?|hoods?|ised|ized|ises|izes)$"
)
_INFLECTED = re.compile(r"(?:’?s|es|ed|d|er|ers|al|ally|ic|y|en|est)$")
_PREFIXES = re.compile(r"^(?:un|re|non|over|under|anti|counter|de|dis|mis|pre|inter|super)-?")


@lru_cache(maxsize=8192)
def is_proper(word: str) -> bool:
    """Return whether a word is a name wherever it stands, as far as the list of words tells."""
    bare = re.sub(r"[’']s?$", "", word).casefold()
    if bare in common_names() or any(letter.isupper() or letter.isdigit() for letter in word[1:]):
        return True
    if not bare.isascii() or not bare.isalpha():
        return not all(_is_english(part) for part in re.split(r"\W", bare) if part)
    return not _is_english(bare)


def _is_english(word: str) -> bool:
    words = common_words()
    bare = _PREFIXES.sub("", word)
    if word in words or bare in words or _ENDINGS.search(word):
        return True
    return any(
        stem in words or f"{stem}e" in words or (stem.endswith("i") and f"{stem[:-1]}y" in words)
        for stem in (_INFLECTED.sub("", word), _INFLECTED.sub("", bare))
        if stem not in common_names()
    )
