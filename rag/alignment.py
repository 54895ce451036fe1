"""How a claim and the sentences that it may rest on lie beside each other: features; pure.

Words are compared as terms, and by their vectors in context, each with its best match, in the
manner of BERTScore (https://arxiv.org/abs/1904.09675). Runs of words that a claim shares with a
sentence are fragments (Grusky et al., https://arxiv.org/abs/1804.11283): a claim that is pieced
together of many has few long ones.
"""

import math
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rag.embed import Vectors
from rag.lexical import content_terms, terms
from rag.retrieve import common_words
from rag.types import Span

Row = npt.NDArray[np.float64]

FEATURES = (
    "similarity",
    "aligned",
    "aligned by rarity",
    "least aligned",
    "unaligned",
    "aligned back",
    "recall",
    "recall by rarity",
    "recall of one sentence",
    "longest gap",
    "rarest lacking",
    "pairs",
    "triples",
    "density",
    "fragments",
    "longest fragment",
    "sequence",
    "turns",
    "distance",
    "sentences of fragments",
    "length",
    "length of the sentences",
    "sentences",
    "facts lacking",
    "denied",
)
"""What `features` gives, in order."""

NEAR = 0.6
"""The cosine under which a word has no match."""

RARE, COMMON = 2.0, 1.0
"""The weights of a word that the embedding model's vocabulary lacks, and of one that it holds."""

_WORD = re.compile(r"[^\W_]+(?:[’'&-][^\W_]+)*")
_MOST_FEW = 3


class Aligned(NamedTuple):
    """A claim's words and their vectors, and the same of what it may rest on.

    `claim` and `cited` are texts' own vectors.
    """

    claim: Vectors
    cited: Vectors
    words: Vectors
    cited_words: Vectors


def content_words(text: str) -> tuple[Span, ...]:
    """Give the ranges of the words that say what a text is about; all if none does."""
    found = [(Span(*match.span()), match[0]) for match in _WORD.finditer(text)]
    return tuple(span for span, word in found if _content(word)) or tuple(span for span, _ in found)


@lru_cache(maxsize=65536)
def _content(word: str) -> bool:
    return content_terms(f"{word} zzz") != ["zzz"]


@lru_cache(maxsize=65536)
def _rarity(word: str) -> float:
    return COMMON if word.casefold() in common_words() else RARE


def features(
    claim: str, sentences: Sequence[str], aligned: Aligned, rules: tuple[int, bool]
) -> Row:
    """Give the features of a claim beside its sentences, in the order of `FEATURES`.

    `rules` are how many facts the sentences lack, and whether they deny it.
    """
    return np.array(
        [
            *_by_vectors(claim, aligned),
            *_by_words(claim, sentences),
            *_by_fragments(claim, sentences),
            math.log1p(len(terms(claim))),
            math.log1p(sum(len(terms(sentence)) for sentence in sentences)),
            float(len(sentences)),
            float(min(_MOST_FEW, rules[0])),
            float(rules[1]),
        ]
    )


def _by_vectors(claim: str, aligned: Aligned) -> Iterator[float]:
    """Give the texts' cosine, and how near the words of one come to the other's."""
    yield float(aligned.claim @ aligned.cited)
    if not len(aligned.words) or not len(aligned.cited_words):
        yield from (0.0, 0.0, 0.0, 1.0, 0.0)
        return
    cosines = aligned.words @ aligned.cited_words.T
    best = cosines.max(axis=1)
    rarity = np.array([_rarity(claim[start:end]) for start, end in content_words(claim)])
    yield float(best.mean())
    yield float((best * rarity).sum() / rarity.sum())
    yield float(best.min())
    yield float((best < NEAR).mean())
    yield float(cosines.max(axis=0).mean())


def _by_words(claim: str, sentences: Sequence[str]) -> Iterator[float]:
    """Give how much of the claim's words the sentences hold."""
    ours = content_terms(claim)
    theirs = [content_terms(sentence) for sentence in sentences]
    held = {term for one in theirs for term in one}
    rarity = {term: _rarity(term) for term in ours}
    total = sum(rarity[term] for term in ours) or 1.0
    yield sum(term in held for term in ours) / (len(ours) or 1)
    yield sum(rarity[term] for term in ours if term in held) / total
    shares = (sum(rarity[term] for term in ours if term in {*one}) / total for one in theirs)
    yield max(shares, default=0.0)
    yield math.log1p(_longest_gap(ours, held))
    yield max((rarity[term] for term in ours if term not in held), default=0.0)
    pairs = {pair for one in theirs for pair in pairwise(one)}
    yield _share([pair in pairs for pair in pairwise(ours)])
    words, said = terms(claim), [terms(sentence) for sentence in sentences]
    triples = {triple for one in said for triple in zip(one, one[1:], one[2:], strict=False)}
    yield _share([one in triples for one in zip(words, words[1:], words[2:], strict=False)])


def _share(found: Sequence[bool]) -> float:
    return sum(found) / (len(found) or 1)


def _longest_gap(ours: Sequence[str], held: set[str]) -> int:
    """Give the length of the longest run of terms that are not held."""
    longest = run = 0
    for term in ours:
        run = 0 if term in held else run + 1
        longest = max(longest, run)
    return longest


class Fragment(NamedTuple):
    """A run of terms that a claim shares with a sentence, by its places in both."""

    sentence: int
    start: int
    size: int


def _by_fragments(claim: str, sentences: Sequence[str]) -> Iterator[float]:
    """Give how the claim is pieced together of runs of the sentences' words."""
    ours = terms(claim)
    theirs = [terms(sentence) for sentence in sentences]
    found = [*_fragments(ours, theirs)]
    length = len(ours) or 1
    yield math.log1p(sum(one.size**2 for one in found) / length)
    yield len(found) / length
    yield max((one.size for one in found), default=0) / length
    yield max((_in_sequence(ours, one) for one in theirs), default=0) / length
    steps = [
        other.start - one.start - one.size
        for one, other in pairwise(found)
        if one.sentence == other.sentence
    ]
    yield sum(step < 0 for step in steps) / (len(found) or 1)
    forward = [step for step in steps if step >= 0]
    yield math.log1p(sum(forward) / (len(forward) or 1))
    yield float(len({one.sentence for one in found if one.size > 1}))


def _fragments(ours: Sequence[str], theirs: Sequence[Sequence[str]]) -> Iterator[Fragment]:
    """Give the fragments of a claim from its first word on, each as long as it can be."""
    places: dict[str, list[tuple[int, int]]] = {}
    for number, one in enumerate(theirs):
        for place, term in enumerate(one):
            places.setdefault(term, []).append((number, place))
    at = 0
    while at < len(ours):
        best = max(
            (
                Fragment(number, place, _shared(ours[at:], theirs[number][place:]))
                for number, place in places.get(ours[at], ())
            ),
            key=lambda one: one.size,
            default=None,
        )
        if best:
            yield best
        at += best.size if best else 1


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Give how many terms two sequences begin with alike."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def _in_sequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(one.size for one in blocks)
