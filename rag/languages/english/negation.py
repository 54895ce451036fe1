"""Negation in English: whether a claim and a text negate the same things; pure.

The scope of a negation are the content words that follow it in its clause, as in NegEx
(https://doi.org/10.1006/jbin.2001.1029). Only words that a claim and a text share are compared, so
that a "not" elsewhere in the text does not count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import pairwise

from rag.languages.english.words import FUNCTION_WORDS
from rag.languages.terms import content_terms, term_set, terms
from rag.text.passages import sentences

REACH = 3
"""The most content words in the scope of a negation."""

ALIKE = 0.6
"""A sentence restates a claim if it has this share of the claim's content words, in order."""

NEAR = 8
"""The most content words between two shared ones for the negations there to be compared."""

_WORD = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*")
_CLAUSE = re.compile(r"[.,;:!?()\"“”«»\n]|\s[–—-]\s|\b(?:but|although|though|because|while|who)\b")
_DENIAL = re.compile(
    r"\b(?:not|never|no|without|neither|nor|none|nobody|nothing|cannot|hardly|barely|rarely|seldom|"
    r"(?:den|refus|fail|reject|declin|lack)(?:y|ied|ies|ying|e|es|ed|s|"
    r"ing)?|unable|unlikely|impossible)\b|n[’']t\b",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\b(?:(?:not|\w+n[’']t) (?:only|just|merely)\b(?=.*\b(?:but|also)\b)|"
    r"not (?:least|necessarily)|whether or not|or not|"
    r"no (?:doubt|wonder|matter|\d+)|no\. ?\d|nothing (?:but|less)|none other|"
    r"cannot (?:but|help))\b|^no,",
    re.IGNORECASE,
)
_HALF_DENIAL = re.compile(
    r"\b(?:only|few|fewer|little|less|instead|rather|free|despite|until|yet|ban(?:s|ned)?|former|"
    r"block(?:s|ed)?|prohibit\w*|un(?!der|it|ion|iv|iq|til)[a-z]{4,}|dis(?![tcphk])[a-z]{4,}|"
    r"non-?[a-z]{4,}|im(?:possib|perfect|moral|mature|balance)\w+|"
    r"in(?:capable|correct|valid|secure)\w*|\w+less)\b",
    re.IGNORECASE,
)
_OPPOSITES = """
increase decrease; increase fall; increase drop; rise fall; rise drop; rise decline; grow shrink;
gain lose; win lose; won lost; accept reject; accept refuse; approve reject; agree refuse; agree
disagree; allow ban; allow forbid; permit forbid; support oppose; confirm deny; admit deny; include
exclude; arrive leave; arrive depart; arrival departure; join leave; joined left; enter leave;
enter exit; deploy withdraw; deployed withdrew; deployment withdrawal; open close; start end; begin
end; began ended; start stop; begin stop; guilty innocent; convict acquit; acquire sell; buy sell;
bought sold; import export; before after; above below; over under; higher lower; high low; large
small; larger smaller; more less; more fewer; most least; maximum minimum; first last; early late;
earlier later; older younger; old young; male female; man woman; men women; husband wife; father
mother; son daughter; brother sister; boy girl; north south; east west; northern southern; eastern
western; legal illegal; possible impossible; likely unlikely; able unable; safe unsafe; happy
unhappy; known unknown; true false; right wrong; success failure; succeed fail; friend enemy; ally
enemy; strengthen weaken; improve worsen; raise lower; raise cut; remember forget; alive dead; live
die; survive die; attack defend; arrest release; hire fire; appoint dismiss; always never; all
none; everyone nobody; strong weak; rich poor; hot cold; heavy light; inside outside; public
private; local foreign; positive negative; advantage disadvantage; benefit harm; safe dangerous;
easy difficult
"""


def denies(claim: str, cited: str) -> bool:
    """See `Language.denies`.

    True if one side negates words that the other side has without a negation near, or if the claim
    has the opposite of a word of the text in its place.
    """
    ours, said = _denied(claim), _denied(cited)
    return (
        _denies_alone(ours, said)
        or _tells_denied(ours, said)
        or any(_differ_by_denial(claim, cited[start:end]) for start, end in sentences(cited))
        or any(_has_opposite(term, ours.all, said.all) for term in ours.told)
    )


@dataclass(frozen=True, slots=True)
class _Denied:
    """The negations of a text: the terms in the scope of each, nearest first.

    `near` are the terms of sentences with a word that negates in part: "only", "unclear". `told`
    are the terms that are outside of a scope at least once, `all` all content terms.
    """

    reaches: tuple[tuple[str, ...], ...]
    near: frozenset[str]
    told: frozenset[str]
    all: frozenset[str]

    @property
    def denied(self) -> frozenset[str]:
        """The terms in the scope of any negation."""
        return frozenset(term for reach in self.reaches for term in reach)


def _differ_by_denial(claim: str, sentence: str) -> bool:
    """Return whether a sentence restates a claim with one negation more or less.

    Negations are counted between neighbouring shared words, if these are near each other.
    """
    ours, theirs = _marked(claim), _marked(sentence)
    pair = ([word for word, _ in ours], [word for word, _ in theirs])
    blocks = SequenceMatcher(None, *pair, autojunk=False).get_matching_blocks()
    if sum(block.size for block in blocks) < ALIKE * len(ours):
        return False
    shared = [(block.a + step, block.b + step) for block in blocks for step in range(block.size)]
    before = [(first - 1, other - 1) for first, other in shared[:1]]
    return any(
        d - b <= NEAR and _odd(ours[a + 1 : c + 1]) != _odd(theirs[b + 1 : d + 1])
        for (a, b), (c, d) in pairwise((*before, *shared))
    )


def _odd(words: Sequence[tuple[str, int]]) -> bool:
    return sum(denials for _, denials in words) % 2 == 1


@lru_cache(maxsize=256)
def _marked(text: str) -> tuple[tuple[str, int], ...]:
    """Return the content terms, each with the number of negations since the one before."""
    ends = [*_denials(text)]
    marked: list[tuple[str, int]] = []
    last = 0
    for word in _WORD.finditer(text):
        if found := _content(word[0]):
            since = [end for end in ends if last <= end <= word.start()]
            denials = sum(not _CLAUSE.search(text, end, word.start()) for end in since)
            marked.extend((term, denials * (not place)) for place, term in enumerate(found))
            last = word.end()
    return tuple(marked)


def _denies_alone(ours: _Denied, said: _Denied) -> bool:
    """Return whether a claim negates something that the text has without a negation."""
    return any(
        (shared := {*reach} & said.all) and not shared & (said.denied | said.near)
        for reach in ours.reaches
    )


def _tells_denied(ours: _Denied, said: _Denied) -> bool:
    """Return whether a claim has most of what the text negates, without a negation."""
    return any(
        len(shared := {*reach} & ours.told) > len(reach) / 2
        and not shared & (ours.denied | ours.near)
        and reach[0] not in said.told
        for reach in said.reaches
    )


def _has_opposite(term: str, ours: frozenset[str], said: frozenset[str]) -> bool:
    """Return whether a text has the opposite of a claim's word, and neither has both."""
    return term not in said and bool((_opposites().get(term, frozenset()) & said) - ours)


@cache
def _opposites() -> dict[str, frozenset[str]]:
    """Return the terms with the opposite meaning of each term that has any."""
    found: dict[str, frozenset[str]] = {}
    for row in _OPPOSITES.split(";"):
        first, second = terms(row)
        for term, other in ((first, second), (second, first)):
            found[term] = found.get(term, frozenset()) | {other}
    return found


@lru_cache(maxsize=128)
def _denied(text: str) -> _Denied:
    denials = [*_denials(text)]
    reaches = tuple(reach for reach in (_reach(text, end) for end in denials) if reach)
    found = [term for word in _WORD.finditer(text) for term in _content(word[0])]
    denied = [term for reach in reaches for term in reach]
    told = {term for term in found if found.count(term) > denied.count(term)}
    return _Denied(reaches, _near(text), frozenset(told), frozenset(found))


def _near(text: str) -> frozenset[str]:
    """Return the terms of the sentences with a word that negates in part."""
    return frozenset(
        term
        for start, end in sentences(text)
        if _HALF_DENIAL.search(text, start, end)
        for term in content_terms(text[start:end], FUNCTION_WORDS)
    )


def _denials(text: str) -> Iterator[int]:
    """Yield the ends of the negations."""
    exempt = [match.span() for match in _NO_DENIAL.finditer(text)]
    for match in _DENIAL.finditer(text):
        if not any(start <= match.start() < end for start, end in exempt):
            yield match.end()


def _reach(text: str, start: int) -> tuple[str, ...]:
    """Return the content terms that follow in the clause, of at most `REACH` words."""
    stop = _CLAUSE.search(text, start)
    words = _WORD.finditer(text, start, stop.start() if stop else len(text))
    found = (content for word in words if (content := _content(word[0])))
    return tuple(term for content, _ in zip(found, range(REACH), strict=False) for term in content)


@lru_cache(maxsize=65536)
def _content(word: str) -> tuple[str, ...]:
    """Return a word's terms; none for a function word or a negation."""
    found = terms(word)
    return () if _DENIAL.fullmatch(word) or term_set(FUNCTION_WORDS) >= {*found} else tuple(found)
