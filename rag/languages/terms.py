"""Text as comparable words: lower case, accents folded, stems, CJK character by character.

There is one analyzer for all languages, because an index holds articles in several and a question
has to meet each of them: stems and variants are English, which hardly touches other languages.
"""

import re
from functools import cache

import tantivy

from rag.languages.english.words import variants
from rag.text.detection import name_of

VERSION = 3
"""Part of the index's identity: raised when the same text would give other terms."""

REPEATS = 0.6
"""Sentences that share more of their terms than this (Jaccard) say the same."""

_LISTED = "da de es fi fr hu it nl no pt ru sv".split()
"""The languages, but for English, of which Tantivy has a list of small words."""

_NAME = re.compile(r"(?<!^)(?<!^[¿¡])\b[^\W\d_a-z][\w’'.-]*\w")
_LONGEST_TERM = 64
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHE_S = re.compile(r"[’']s?\b")


def terms(text: str) -> list[str]:
    """Return the normalised words of a text, in order, with repetitions."""
    stems = _stems(text)
    return [*map(_variants().get, stems, stems)]


def line(text: str) -> str:
    """Return the terms of a text on one line, in which the line of any run of its words stands."""
    return f" {' '.join(terms(text))} "


def content_terms(text: str, function_words: str) -> list[str]:
    """Return the terms of a text that are no function words, in order; all if none is left."""
    found, function = terms(text), term_set(function_words)
    return [term for term in found if term not in function] or found


def repeats(one: str, other: str) -> bool:
    """Return whether two sentences say the same in nearly the same words."""
    first, second = set(terms(one)), set(terms(other))
    return len(first & second) > REPEATS * len(first | second)


def names(text: str) -> list[str]:
    """Return the capitalised words of a text, but for its first."""
    return [word for word in _NAME.findall(text) if word[0].isupper()]


@cache
def term_set(words: str) -> frozenset[str]:
    """Return the terms of a list of words."""
    return frozenset(terms(words))


def _stems(text: str) -> list[str]:
    found: list[str] = _analyzer().analyze(_prepared(text))
    return found


@cache
def _variants() -> dict[str, str]:
    return {_stems(variant)[0]: _stems(word)[0] for variant, word in variants()}


@cache
def stop_filter(code: str) -> tantivy.TextAnalyzer | None:
    """Return what leaves the small words of a language out of a text; None where no list is."""
    if code not in _LISTED:
        return None
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return words.filter(tantivy.Filter.stopword(name_of(code).lower())).build()


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TERM))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def _prepared(text: str) -> str:
    """Take off possessives, part CJK characters from each other, join dotted initials."""
    text = _APOSTROPHE_S.sub("", text)
    if text.count(".") > 1:
        text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return text if text.isascii() else _CJK.sub(r" \1 ", text)
