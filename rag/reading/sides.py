"""Which of a passage's amounts belong to one of two things that are compared; pure.

A sentence that names both has one amount of each, the nearest; what follows a sentence about one
of them is about that one until something else is named.
"""

import re
from collections.abc import Sequence
from itertools import combinations

from rag.languages import language_of
from rag.languages.amounts import Amount, measured
from rag.languages.terms import terms
from rag.types import Article, Question, Side
from rag.understanding.alternatives import is_difference

_WORD = re.compile(r"\w+")
_BREAK = re.compile(r"[,;:–—](?!\d)")
APART = 10
"""How many words a comma or a semicolon counts between an amount and what it is of."""

MOSTLY = 0.5
"""The share of the letters of a name that a sentence has which names it: "Quill" of a Marta."""

STEM = 3
"""The fewest letters that forms of a word begin with, and the most in which they differ."""

_STEMLESS = {"en", "es", "fr", "it", "pt"}
"""Languages in which a name has one form."""


def owned(
    question: Question, side: Side, article: Article, sentences: Sequence[str]
) -> list[list[Amount]]:
    """Return the amounts of a side in each of a passage's sentences, in units that it can have."""
    spoken, known = language_of(article.text), {*question.terms}
    code, found = spoken.code, []
    topic = _topic(side, article.title, code)
    for sentence in sentences:
        there = [
            each
            for each in measured(sentence, code, ages="age" in side.kinds)
            if _is_asked(each, side)
            and not _in_name(each, sentence, side)
            and not is_difference(sentence[each.end :], code)
        ]
        own, other = (_mentions(words, sentence, code) for words in (side.own, side.other))
        if own and other:
            topic = min(own) < min(other)
            there = _nearest(sentence, there, own, other)
        elif own or other:
            topic = bool(own)
            there = there if own else []
        elif topic is not True:
            there = []
        else:
            new = [name for name in spoken.names(sentence) if not known.issuperset(terms(name))]
            first = min((sentence.find(name) for name in new), default=len(sentence))
            there = [each for each in there if each.start < first]
        found.append(there)
    return found


def names_both(side: Side, text: str, code: str) -> bool:
    """Return whether a text names both of two things that are compared."""
    return all(_mentions(words, text, code) for words in (side.own, side.other))


def _topic(side: Side, title: str, code: str) -> bool | None:
    """Return whether a title is about this side, or about the other one; None if about neither."""
    own, other = (bool(_mentions(words, title, code)) for words in (side.own, side.other))
    return own if own is not other else None


def _is_asked(amount: Amount, side: Side) -> bool:
    """Return whether an amount can have a unit that is asked for; unknown ones can."""
    if "age" in side.kinds:
        return amount.unit in {"year", "age", "duration-year"}
    return not side.kinds or not amount.kinds or bool(amount.kinds & side.kinds)


def _in_name(amount: Amount, sentence: str, side: Side) -> bool:
    """Return whether an amount is a word of one side's name: "in 2019", "the Lumo 5"."""
    number = _WORD.search(sentence, amount.start)
    return number is not None and number[0] in {*side.own, *side.other}


def _mentions(words: Sequence[str], sentence: str, code: str) -> list[int]:
    """Return where words of a name stand in a sentence; nowhere if most of them are missing."""
    found: dict[str, list[int]] = {}
    for match in _WORD.finditer(sentence):
        for word in words:
            if _is_form(match[0], word, code):
                found.setdefault(word, []).append(match.start())
    if sum(map(len, found)) < MOSTLY * sum(map(len, words)):
        return []
    return [place for places in found.values() for place in places]


def _is_form(one: str, other: str, code: str) -> bool:
    """Return whether two words are one, or forms of one in a language whose names are inflected."""
    if other[0].isupper() and not one[0].isupper():
        return False
    if terms(one) == terms(other):
        return True
    if code in _STEMLESS or not (one.isalpha() and other.isalpha()):
        return False
    one, other = one.casefold(), other.casefold()
    pairs = zip(one, other, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return same >= STEM and max(len(one), len(other)) - same <= STEM


def _nearest(
    sentence: str, amounts: Sequence[Amount], own: Sequence[int], other: Sequence[int]
) -> list[Amount]:
    """Return what a side has of the amounts of a sentence that names both: one of each unit.

    The amounts stand in the order of the names.
    """
    found = []
    for unit in dict.fromkeys(each.unit for each in amounts):
        alike = [each for each in amounts if each.unit == unit]
        if len(alike) == 1:
            ours, theirs = (_distance(sentence, alike[0], places) for places in (own, other))
            found += alike if ours < theirs else []
            continue
        first, second = (own, other) if min(own) < min(other) else (other, own)
        best = min(
            combinations(alike, 2),
            key=lambda pair: (
                _distance(sentence, pair[0], first) + _distance(sentence, pair[1], second)
            ),
        )
        found.append(best[0] if first is own else best[1])
    return found


def _distance(sentence: str, amount: Amount, places: Sequence[int]) -> int:
    """Return how many words are between an amount and the nearest of some places."""
    gaps = (
        sentence[amount.end : place] if amount.start < place else sentence[place : amount.start]
        for place in places
    )
    return min(len(_WORD.findall(gap)) + APART * len(_BREAK.findall(gap)) for gap in gaps)
