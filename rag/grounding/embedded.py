"""The embedded judge of support: a logistic regression over how a claim and sentences lie together.

What `rag.models.judge` makes of a claim is one thing that it weighs.
Words are compared as terms, and by their vectors in context, each with its best match, in the
manner of BERTScore (https://arxiv.org/abs/1904.09675). Runs of words that a claim shares with a
sentence are fragments (Grusky et al., https://arxiv.org/abs/1804.11283): a claim that is pieced
together of many has few long ones.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import chain, groupby, pairwise

import numpy as np
import numpy.typing as npt

from rag.grounding.support import Pair
from rag.languages.general import Language
from rag.languages.terms import terms
from rag.models.embedder import Embedder, PassageVectors, Vectors
from rag.models.judge import Judge, Judgement, Statement, log_odds
from rag.models.onnx import MODELS
from rag.types import Span

Row = npt.NDArray[np.float64]

WEIGHTS_FILE = MODELS / "support.json"
"""The weights of the regression, fitted by benchmarks/support.py."""

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
    "judged supported",
    "judged contradicted",
)
"""The names of what `features` returns, in order."""

EXTREME = 3.0
"""How many deviations from its mean a feature may count."""

MOST_EMBEDDED = 8
"""How many sentences of the context are embedded. With 4, 0.006 of the AUC on QAGS CNN/DM is lost
in five folds of the fitting half."""

NEAR = 0.6
"""The cosine under which a word has no match."""

STRETCH = 1.5
"""How long a stretch of the cited words is, in lengths of the claim."""

RARE, COMMON = 2.0, 1.0
"""The weights of a word that the embedding model's vocabulary lacks, and of one that it holds."""

_WORD = re.compile(r"[^\W_]+(?:[’'&-][^\W_]+)*")
_MOST_FEW = 3


class EmbeddedVerifier:
    """The embedded models' judgement: nothing is asked of any server.

    The weights hold for `rag.models.embedder.EmbeddedModel` and `rag.models.judge.EmbeddedJudge`.
    """

    name = "embedded"

    def __init__(self, embedder: Embedder, judge: Judge) -> None:
        self._embedder, self._judge = embedder, judge

    def load(self) -> None:
        """See `Verifier`."""
        stored_weights()
        self._embedder.texts(["load"])
        self._judge.load()

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """See `Verifier`."""
        if not pairs:
            return []
        found: list[float] = stored_weights().probabilities(self.features(pairs)).tolist()
        return found

    def features(self, pairs: Sequence[Pair]) -> Row:
        """Return the pairs' features: [pairs, FEATURES]."""
        texts = [
            (text, content_words(text, pair.language))
            for pair in pairs
            for text in (pair.statement, " ".join(pair.sentences))
        ]
        vectors = self._embedder.passages(texts)
        contexts = self._contexts(pairs)
        judged = self._judge.judge(
            [Statement(pair.claim, " ".join(pair.sentences), pair.question) for pair in pairs]
        )
        rows = zip(pairs, vectors[::2], vectors[1::2], contexts, judged, strict=True)
        return np.array([features(*row) for row in rows])

    def _contexts(self, pairs: Sequence[Pair]) -> list[Vectors]:
        """Return the vectors of some sentences of each context, each sentence embedded once."""
        some = [_spread(pair.searched) for pair in pairs]
        places = {text: at for at, text in enumerate(dict.fromkeys(chain(*some)))}
        vectors = self._embedder.texts([*places])
        return [
            vectors[[places[text] for text in texts]] if texts else vectors[:0] for texts in some
        ]


def _spread(context: Sequence[str]) -> list[str]:
    """Return at most `MOST_EMBEDDED` sentences, evenly spread."""
    count = min(len(context), MOST_EMBEDDED)
    return [context[at * len(context) // count] for at in range(count)]


# The regression


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over features that are standardised, and cut into steps.

    `means` and `deviations` are [features], `cuts` are [features, steps], `weights` are those of
    `expanded`.
    """

    means: Row
    deviations: Row
    cuts: Row
    weights: Row
    bias: float

    def expanded(self, rows: Row) -> Row:
        """Return the standardised features, within bounds, and which of their cuts they exceed.

        Takes [pairs, features], returns [pairs, features times steps and one].
        """
        standard = np.clip((rows - self.means) / self.deviations, -EXTREME, EXTREME)
        steps = (rows[:, :, None] > self.cuts[None]).reshape(len(rows), -1)
        return np.hstack([standard, steps])

    def probabilities(self, rows: Row) -> Row:
        """Return the probability of each row of features, in [0, 1]."""
        odds: Row = self.expanded(rows) @ self.weights + self.bias
        return 1 / (1 + np.exp(-odds))


@cache
def stored_weights() -> Weights:
    """Return the weights that come with the package."""
    stored = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    arrays = {name: np.array(stored[name]) for name in ("means", "deviations", "cuts", "weights")}
    return Weights(**arrays, bias=stored["bias"])


# The features


def content_words(text: str, spoken: Language) -> tuple[Span, ...]:
    """Return the ranges of a text's words that are no function words; of all if none is left."""
    found = [(Span(*match.span()), match[0]) for match in _WORD.finditer(text)]
    content = tuple(span for span, word in found if spoken.says_something(word))
    return content or tuple(span for span, _ in found)


def features(
    pair: Pair, claim: PassageVectors, cited: PassageVectors, context: Vectors, judged: Judgement
) -> Row:
    """Return the features of a pair, in the order of `FEATURES`.

    `claim` and `cited` are the vectors of the claim and of its sentences together, and of their
    content words; `context` are those of some sentences of the context: [sentences, dimensions].
    """
    said, cited_text = pair.statement, "\n".join(pair.sentences)
    spoken = pair.language
    held = frozenset(term for sentence in pair.searched for term in _bag(sentence, spoken))
    in_facts = {term for fact in spoken.facts(said) for term in spoken.content(fact.text)}
    return np.array(
        [
            *_by_texts(claim, cited, context),
            *_by_vectors(said, claim.sentences, cited.sentences, spoken),
            *_by_words(said, pair.sentences, spoken),
            *_recalls(spoken.content(said), held, spoken),
            *_by_fragments(said, pair.sentences),
            float(min(_MOST_FEW, len(spoken.missing(said, cited_text)))),
            float(min(_MOST_FEW, len(in_facts - held))),
            float(spoken.denies(said, cited_text)),
            log_odds(judged.supported),
            log_odds(judged.contradicted),
        ]
    )


def _by_texts(claim: PassageVectors, cited: PassageVectors, context: Vectors) -> Iterator[float]:
    """Yield the claim's cosines: with the sentences, with a stretch of them, with the context."""
    yield float(claim.passage @ cited.passage)
    yield _stretched(claim.sentences, cited.sentences)
    yield float((context @ claim.passage).mean()) if len(context) else 0.0


def _stretched(words: Vectors, cited: Vectors) -> float:
    """Return the cosine of the claim's words, in sum, and of the nearest stretch of cited words.

    The rest of a long sentence makes no difference to it.
    """
    if not len(words) or not len(cited):
        return 0.0
    size = min(len(cited), max(2, int(STRETCH * len(words))))
    sums = np.cumsum(np.vstack([np.zeros_like(cited[:1]), cited]), axis=0)
    stretches = sums[size:] - sums[:-size]
    lengths = np.linalg.norm(stretches, axis=1) * np.linalg.norm(words.sum(axis=0))
    return float((stretches @ words.sum(axis=0) / np.maximum(lengths, 1e-9)).max())


def _by_vectors(text: str, words: Vectors, cited: Vectors, spoken: Language) -> Iterator[float]:
    """Yield how near the claim's words come to the cited ones."""
    if not len(words) or not len(cited):
        yield from (0.0, 0.0, 0.0, 1.0)
        return
    best = (words @ cited.T).max(axis=1)
    spans = content_words(text, spoken)
    rarity = np.array([_rarity(text[start:end], spoken) for start, end in spans])
    yield float(best.mean())
    yield float((best * rarity).sum() / rarity.sum())
    yield float(best.min())
    yield float((best < NEAR).mean())


def _by_words(claim: str, sentences: Sequence[str], spoken: Language) -> Iterator[float]:
    """Yield how many of the claim's words, and of its runs of two and three, the sentences hold."""
    ours = spoken.content(claim)
    theirs = [spoken.content(sentence) for sentence in sentences]
    held = frozenset(chain(*theirs))
    yield from _recalls(ours, held, spoken)
    yield max((_recalls(ours, frozenset(bag), spoken)[1] for bag in theirs), default=0.0)
    yield math.log1p(_longest_gap(ours, held))
    yield max((_rarity(term, spoken) for term in ours if term not in held), default=0.0)
    pairs = {pair for bag in theirs for pair in pairwise(bag)}
    yield _share([pair in pairs for pair in pairwise(ours)])
    triples = {triple for sentence in sentences for triple in _triples(terms(sentence))}
    yield _share([triple in triples for triple in _triples(terms(claim))])


def _triples(found: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(found, found[1:], found[2:], strict=False)


def _recalls(ours: Sequence[str], held: frozenset[str], spoken: Language) -> tuple[float, float]:
    """Return the share of the claim's terms that are held, and with rare terms weighing more."""
    rarity = {term: _rarity(term, spoken) for term in ours}
    total = sum(rarity[term] for term in ours) or 1.0
    return _share([term in held for term in ours]), (
        sum(rarity[term] for term in ours if term in held) / total
    )


def _longest_gap(ours: Sequence[str], held: frozenset[str]) -> int:
    """Return the length of the longest run of terms that are not held."""
    runs = groupby(ours, key=held.__contains__)
    return max((len([*run]) for is_held, run in runs if not is_held), default=0)


def _by_fragments(claim: str, sentences: Sequence[str]) -> Iterator[float]:
    """Yield how the claim is pieced together of runs of the sentences' words."""
    ours, theirs = terms(claim), [terms(sentence) for sentence in sentences]
    sizes = [*_fragments(ours, theirs)]
    length = len(ours) or 1
    yield math.log1p(sum(size**2 for size in sizes) / length)
    yield len(sizes) / length
    yield max(sizes, default=0) / length
    yield max((_in_sequence(ours, said) for said in theirs), default=0) / length


def _fragments(ours: Sequence[str], theirs: Sequence[Sequence[str]]) -> Iterator[int]:
    """Yield the sizes of a claim's fragments from its first word on, each as long as it can be."""
    rests: dict[str, list[Sequence[str]]] = {}
    for said in theirs:
        for place, term in enumerate(said):
            rests.setdefault(term, []).append(said[place:])
    at = 0
    while at < len(ours):
        size = max((_alike(ours[at:], rest) for rest in rests.get(ours[at], ())), default=0)
        if size:
            yield size
        at += size or 1


def _alike(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Return how many terms two sequences begin with alike."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def _in_sequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / (len(found) or 1)


def _rarity(word: str, spoken: Language) -> float:
    return COMMON if spoken.is_common(word) else RARE


@lru_cache(maxsize=4096)
def _bag(text: str, spoken: Language) -> frozenset[str]:
    return frozenset(spoken.content(text))
