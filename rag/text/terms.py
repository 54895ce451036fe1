"""Text as comparable words: lower case, accents folded, English stems, CJK character by character.

Variants of a word are made one: `rag.text.variants`.
"""

import re
from functools import cache

import tantivy

from rag.text.variants import variants

VERSION = 3
"""Part of the index's identity: raised when the same text would give other terms."""

NAME = re.compile(r"(?<!^)\b[^\W\d_a-z]\w+")
"""A capitalised word, but for the first of a text."""

_LONGEST_TERM = 64
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHE_S = re.compile(r"[’']s?\b")


def terms(text: str) -> list[str]:
    """Return the normalised words of a text, in order, with repetitions."""
    known = _variants()
    return [known.get(term, term) for term in _stems(text)]


def _stems(text: str) -> list[str]:
    found: list[str] = _analyzer().analyze(_prepared(text))
    return found


@cache
def _variants() -> dict[str, str]:
    return {_stems(variant)[0]: _stems(word)[0] for variant, word in variants()}


@cache
def country_terms() -> frozenset[str]:
    """Return the terms of the countries and peoples in `rag.text.variants`."""
    return frozenset(term for _, word in variants() if word[0].isupper() for term in terms(word))


def content_terms(text: str) -> list[str]:
    """Return the terms of a text that are no function words, in order; all if none is left."""
    found = terms(text)
    return [term for term in found if term not in _function_terms()] or found


@cache
def _function_terms() -> frozenset[str]:
    return frozenset(terms(_FUNCTION_WORDS))


_FUNCTION_WORDS = """
a an the of in on at by for from with to into onto over under about against between among through
during before after above below up down out off again further then once and or but nor so yet if
because as until while than that this these those it its he him his she her hers they them their
theirs we us our ours you your yours i me my mine is am are was were be been being do does did doing
done have has had having can could may might must shall should will would what which who whom whose
when where why how s t not no any some such only own same too very just also there here all both
each few more most other tell say says said name many much still yet ever already now currently
"""


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
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return _CJK.sub(r" \1 ", text)
