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

from rag.languages.general import Language
from rag.languages.terms import terms
from rag.models.embedder import Vectors
from rag.types import Span

Row = npt.NDArray[np.float64]

FEATURES = (
    "similarity",
    "similarity of a stretch",
    "similarity of the context",
    "aligned",
    "aligned by rarity",
    "least aligned",
    "unaligned",
    "recall",
    "recall by rarity",
    "recall of one sentence",
    "longest gap",
    "rarest lacking",
    "pairs",
    "triples",
    "recall of the context",
    "recall of the context by rarity",
    "density",
    "fragments",
    "longest fragment",
    "sequence",
    "facts lacking",
    "terms of facts that the context lacks",
    "denied",
)
"""What `features` gives, in order."""

NEAR = 0.6
"""The cosine under which a word has no match."""

STRETCH = 1.5
"""How long a stretch of the cited words is, in lengths of the claim."""

RARE, COMMON = 2.0, 1.0
"""The weights of a word that the embedding model's vocabulary lacks, and of one that it holds."""

_WORD = re.compile(r"[^\W_]+(?:[’'&-][^\W_]+)*")
_MOST_FEW = 3


class Aligned(NamedTuple):
    """A claim's words and their vectors, and the same of what it may rest on.

    `claim` and `cited` are texts' own vectors, `context` those of some of the sentences that were
    searched: [sentences, dimensions].
    """

    claim: Vectors
    cited: Vectors
    words: Vectors
    cited_words: Vectors
    context: Vectors


def content_words(text: str, spoken: Language) -> tuple[Span, ...]:
    """Give the ranges of the words that say what a text is about; all if none does."""
    found = [(Span(*match.span()), match[0]) for match in _WORD.finditer(text)]
    content = tuple(span for span, word in found if spoken.says_something(word))
    return content or tuple(span for span, _ in found)


def _rarity(word: str, spoken: Language) -> float:
    return COMMON if spoken.is_common(word) else RARE


class Rules(NamedTuple):
    """What the rules of a language tell of a claim.

    How many of its facts the cited sentences lack, whether they deny it, and its facts' terms.
    """

    language: Language
    lacking: int
    denied: bool
    told: frozenset[str]


def features(
    claim: str,
    sentences: Sequence[str],
    context: Sequence[str],
    aligned: Aligned,
    rules: Rules,
) -> Row:
    """Give the features of a claim beside its sentences, in the order of `FEATURES`.

    `context` are all the sentences that were searched for the claim.
    """
    spoken = rules.language
    held = frozenset(term for sentence in context for term in _bag(sentence, spoken))
    return np.array(
        [
            *_by_vectors(claim, aligned, spoken),
            *_by_words(claim, sentences, spoken),
            *_recalls(spoken.content(claim), held, spoken),
            *_by_fragments(claim, sentences),
            float(min(_MOST_FEW, rules.lacking)),
            float(min(_MOST_FEW, len(rules.told - held))),
            float(rules.denied),
        ]
    )


def _by_vectors(claim: str, aligned: Aligned, spoken: Language) -> Iterator[float]:
    """Give the texts' cosines, and how near the words of one come to the other's."""
    words, cited = aligned.words, aligned.cited_words
    yield float(aligned.claim @ aligned.cited)
    yield _stretched(words, cited) if len(words) and len(cited) else 0.0
    yield float((aligned.context @ aligned.claim).mean()) if len(aligned.context) else 0.0
    if not len(words) or not len(cited):
        yield from (0.0, 0.0, 0.0, 1.0)
        return
    best = (words @ cited.T).max(axis=1)
    spans = content_words(claim, spoken)
    rarity = np.array([_rarity(claim[start:end], spoken) for start, end in spans])
    yield float(best.mean())
    yield float((best * rarity).sum() / rarity.sum())
    yield float(best.min())
    yield float((best < NEAR).mean())


def _stretched(words: Vectors, cited: Vectors) -> float:
    """Give the cosine of the claim's words, in sum, and of the nearest stretch of cited words.

    What else a long sentence tells makes no difference to it.
    """
    size = min(len(cited), max(2, int(STRETCH * len(words))))
    sums = np.cumsum(np.vstack([np.zeros_like(cited[:1]), cited]), axis=0)
    stretches = sums[size:] - sums[:-size]
    lengths = np.linalg.norm(stretches, axis=1) * np.linalg.norm(words.sum(axis=0))
    return float((stretches @ words.sum(axis=0) / np.maximum(lengths, 1e-9)).max())


@lru_cache(maxsize=4096)
def _bag(text: str, spoken: Language) -> frozenset[str]:
    return frozenset(spoken.content(text))


def _recalls(ours: Sequence[str], held: frozenset[str], spoken: Language) -> Iterator[float]:
    """Give the share of the claim's terms that are held, and with rare terms weighing more."""
    rarity = {term: _rarity(term, spoken) for term in ours}
    total = sum(rarity[term] for term in ours) or 1.0
    yield sum(term in held for term in ours) / (len(ours) or 1)
    yield sum(rarity[term] for term in ours if term in held) / total


def _by_words(claim: str, sentences: Sequence[str], spoken: Language) -> Iterator[float]:
    """Give how much of the claim's words the sentences hold."""
    ours = spoken.content(claim)
    theirs = [spoken.content(sentence) for sentence in sentences]
    held = frozenset(term for one in theirs for term in one)
    yield from _recalls(ours, held, spoken)
    yield max((list(_recalls(ours, frozenset(one), spoken))[1] for one in theirs), default=0.0)
    yield math.log1p(_longest_gap(ours, held))
    yield max((_rarity(term, spoken) for term in ours if term not in held), default=0.0)
    pairs = {pair for one in theirs for pair in pairwise(one)}
    yield _share([pair in pairs for pair in pairwise(ours)])
    words, said = terms(claim), [terms(sentence) for sentence in sentences]
    triples = {triple for one in said for triple in zip(one, one[1:], one[2:], strict=False)}
    yield _share([one in triples for one in zip(words, words[1:], words[2:], strict=False)])


def _share(found: Sequence[bool]) -> float:
    return sum(found) / (len(found) or 1)


def _longest_gap(ours: Sequence[str], held: frozenset[str]) -> int:
    """Give the length of the longest run of terms that are not held."""
    longest = run = 0
    for term in ours:
        run = 0 if term in held else run + 1
        longest = max(longest, run)
    return longest


def _by_fragments(claim: str, sentences: Sequence[str]) -> Iterator[float]:
    """Give how the claim is pieced together of runs of the sentences' words."""
    ours = terms(claim)
    theirs = [terms(sentence) for sentence in sentences]
    sizes = [*_fragments(ours, theirs)]
    length = len(ours) or 1
    yield math.log1p(sum(size**2 for size in sizes) / length)
    yield len(sizes) / length
    yield max(sizes, default=0) / length
    yield max((_in_sequence(ours, one) for one in theirs), default=0) / length


def _fragments(ours: Sequence[str], theirs: Sequence[Sequence[str]]) -> Iterator[int]:
    """Give the sizes of a claim's fragments from its first word on, each as long as it can be."""
    places: dict[str, list[Sequence[str]]] = {}
    for one in theirs:
        for place, term in enumerate(one):
            places.setdefault(term, []).append(one[place:])
    at = 0
    while at < len(ours):
        size = max((_shared(ours[at:], rest) for rest in places.get(ours[at], ())), default=0)
        if size:
            yield size
        at += size or 1


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Give how many terms two sequences begin with alike."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def _in_sequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(one.size for one in blocks)
