"""Finds texts in others: without regard to case, accents and typography, or by a pattern."""

import re
import unicodedata

import regex

from rag.errors import GriotError

SECONDS = 1.0
"""The longest that a regular expression may search; one that ends takes milliseconds."""

_TYPOGRAPHY = str.maketrans("’‘‛ʼ′´`“”„‟«»″‐‑‒–—―−", "'''''''\"\"\"\"\"\"\"-------")

# Unicode does not take these apart into a letter and an accent.
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
_APART = _TYPOGRAPHY | _STROKES

# Unicode's classes of the marks on Latin, Greek, Cyrillic, Hebrew and Arabic letters. The dots that
# make another letter of a kana, and the vowels of Indian scripts, are of others.
_ACCENTS = frozenset((*range(10, 37), *range(200, 256)))

# Scripts without spaces between words: from Thai to Khmer, kana, Chinese characters.
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
# In Korean, the particles after a word are written as one with it.
_KOREAN = re.compile("[\uac00-\ud7a3]")
# In Arabic, "and", "by", "for" and "the" are written as one with the word after them.
_ARABIC_PARTICLES = re.compile(r"(?<!\w)(?:[وف]|(?:[وف]?(?:[بك]?ال|لل|[بكلس])))$")
_LONGEST_PARTICLES = 4

_NUMBER_BEFORE = re.compile(r"\d[.,]$")
_NUMBER_AFTER = re.compile(r"[.,]\d")


class Endless(GriotError):
    """A regular expression took too long."""


def fold(text: str) -> str:
    """Return the form of a text that is compared."""
    plain = text.translate(_TYPOGRAPHY)
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain).casefold().translate(_APART)
        kept = "".join(part for part in parts if not _is_accent(part))
        plain = unicodedata.normalize("NFC", kept)
    return " ".join(plain.casefold().split())


def stands_in(wanted: str, folded: str) -> bool:
    """True if a text stands in a folded one as whole words and numbers.

    "5" is neither in "2025" nor in "5.2". Where words are written without spaces, as in Chinese,
    any place will do.
    """
    words = fold(wanted)
    at = folded.find(words) if words else -1
    while at >= 0:
        if _begins(folded, at) and _ends(folded, at + len(words)):
            return True
        at = folded.find(words, at + 1)
    return False


def matches(pattern: str, text: str, *, seconds: float = SECONDS) -> bool:
    """True if a regular expression is found in a text.

    Raises:
        Endless: the search took longer.
    """
    try:
        return regex.search(pattern, text, timeout=seconds) is not None
    except TimeoutError as error:
        raise Endless(
            f"`matches: {pattern}` took too long; write it without a repetition in a repetition, "
            "such as (a+)+"
        ) from error


def _is_accent(part: str) -> bool:
    """True if a character is an accent, or invisible."""
    return unicodedata.combining(part) in _ACCENTS or unicodedata.category(part) == "Cf"


def _begins(text: str, at: int) -> bool:
    """True if a word or number may begin at a place."""
    if text[at].isdigit() and _NUMBER_BEFORE.search(text[max(at - 2, 0) : at]):
        return False
    if at == 0 or not _joined(text[at - 1], text[at]):
        return True
    return bool(_ARABIC_PARTICLES.search(text[max(at - _LONGEST_PARTICLES - 1, 0) : at]))


def _ends(text: str, at: int) -> bool:
    """True if a word or number may end at a place."""
    if text[at - 1].isdigit() and _NUMBER_AFTER.match(text, at):
        return False
    return at == len(text) or not _joined(text[at - 1], text[at]) or bool(_KOREAN.match(text[at]))


def _joined(left: str, right: str) -> bool:
    """True if two neighbouring characters are of one word."""
    return all(of_a_word(each) and not _UNSPACED.match(each) for each in (left, right))


def of_a_word(character: str) -> bool:
    """True if a character is a letter, a mark, a digit or an underscore."""
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
