"""Support of a claim by an article's sentences: the rules, and the protocol of a model."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol

from rag.languages import language_of
from rag.languages.general import Language

SUPPORTED = 0.45
"""The least probability of a supported claim. On the fitting half 0.14 of the sound sentences of
news summaries are dropped at this bound; at 0.35 0.09, but more of the false ones pass, too
(benchmarks/support.md)."""

MOST_SENTENCES = 3
LEAST_GAIN = 0.12
"""The share of a claim's weight that a further sentence has to add."""

FACT, PAIR = 1.5, 0.3
"""The weights of a term of a fact, and of two neighbouring terms, beside another term's 1."""


class Pair(NamedTuple):
    """A claim and the sentences that it may rest on.

    `context` are all the sentences that those were chosen from; empty if there are no others. With
    a question, the claim is a short answer to it: "Sadio Camara" to "Who is the defence minister?".
    """

    claim: str
    sentences: tuple[str, ...]
    context: tuple[str, ...] = ()
    question: str = ""

    @property
    def statement(self) -> str:
        """The claim, after the question that it answers."""
        return f"{self.question} {self.claim}".strip()

    @property
    def searched(self) -> tuple[str, ...]:
        """The context, or else the sentences."""
        return self.context or self.sentences

    @property
    def language(self) -> Language:
        """The language of the sentences."""
        return language_of(" ".join(self.searched))


class Verifier(Protocol):
    """Judges whether sentences support a claim."""

    @property
    def name(self) -> str:
        """The name of the model that judges."""
        ...

    def load(self) -> None:
        """Load the model, while something else is done. Raises as `support` does."""
        ...

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the probability, in [0, 1], that each claim is supported.

        Raises:
            ModelError: the model cannot be loaded or asked.
        """
        ...


def is_supported(pair: Pair, probability: float, *, known: str = "") -> bool:
    """True if a claim is likely, all its facts are there, and the sentences do not deny it.

    `probability` is a verifier's. `known` is what the claim may take for granted: the question, and
    the titles and dates of the articles.
    """
    spoken, cited = pair.language, "\n".join(pair.sentences)
    return (
        probability >= SUPPORTED
        and not spoken.missing(pair.claim, cited, known=known)
        and not spoken.denies(pair.claim, cited)
    )


def choose(claim: str, sentences: Sequence[str]) -> tuple[int, ...]:
    """Return the indexes, ascending, of the up to three sentences that support a claim best.

    Chosen greedily: each adds the most to the share of the claim's words that the chosen sentences
    have, rare words weighing more; after the first, at least `LEAST_GAIN`. A sentence that shares
    no word with the claim is never chosen.
    """
    spoken = language_of(" ".join(sentences))
    bags = [_bag(sentence, spoken) for sentence in sentences]
    weights = _weights(claim, bags, spoken)
    chosen: list[int] = []
    held: frozenset[str] = frozenset()
    while len(chosen) < MOST_SENTENCES:
        gains = [_weight(bag - held, weights) for bag in bags]
        best = max(range(len(bags)), key=gains.__getitem__, default=None)
        if best is None or gains[best] < (LEAST_GAIN if chosen else math.ulp(1.0)):
            break
        chosen.append(best)
        held |= bags[best]
    return tuple(sorted(chosen))


@lru_cache(maxsize=4096)
def _bag(text: str, spoken: Language) -> frozenset[str]:
    """Return the content terms of a text, and each pair of neighbours among them."""
    found = spoken.content(text)
    return frozenset([*found, *map(" ".join, pairwise(found))])


def _weights(claim: str, bags: Sequence[frozenset[str]], spoken: Language) -> dict[str, float]:
    """Return the weight of each of the claim's terms and pairs; together they make 1."""
    wanted = _bag(claim, spoken)
    in_facts = {term for fact in spoken.facts(claim) for term in spoken.content(fact.text)}
    counts = Counter(term for bag in bags for term in bag & wanted)
    weights = {
        term: math.log(1 + (len(bags) + 1) / (counts[term] + 0.5))
        * (PAIR if " " in term else FACT if term in in_facts else 1.0)
        for term in wanted
    }
    total = math.fsum(weights.values()) or 1.0
    return {term: weight / total for term, weight in weights.items()}


def _weight(terms: frozenset[str], weights: dict[str, float]) -> float:
    # Exact, as a set is in another order in each run, and a tie must not be broken by it.
    return math.fsum(weights[term] for term in terms if term in weights)
