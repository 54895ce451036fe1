"""Does what an article says bear out a claim? The rules, and the models that judge the rest."""

import itertools
import json
import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from rag.grounding.alignment import Aligned, Row, Rules, content_words, features
from rag.languages import language_of
from rag.languages.general import Language
from rag.models.embedder import Embedder, Vectors
from rag.models.endpoint import Endpoint, Server
from rag.models.onnx import MODELS
from rag.text import readable

if TYPE_CHECKING:
    import httpx

SUPPORTED = 0.45
"""The probability from which on a claim is borne out: the highest at which at most a tenth of the
sound sentences of the news summaries are dropped on the fitting half, benchmarks/support.md."""

WEIGHTS_FILE = MODELS / "support.json"
"""The weights of the embedded models' judgement: benchmarks/support.py."""

EXTREME = 3.0
"""How many deviations from its mean a feature may count."""

MOST_SENTENCES = 3
LEAST_GAIN = 0.12
"""The share of a claim's weight that a further sentence has to add."""

MOST_EMBEDDED = 8
"""How many sentences of the context are embedded. With 4, 0.006 of the AUC on QAGS CNN/DM is lost
in five folds of the fitting half."""

OF_FACT, OF_PAIR = 1.5, 0.3
"""What a term of a fact, and two neighbouring terms, weigh beside another term."""

ASKED_AT_ONCE = 4
YES, NO = "yes", "no"


class Pair(NamedTuple):
    """A claim and the sentences that it may rest on.

    `context` are all the sentences that those were chosen from; where it is empty, there are no
    others.
    """

    claim: str
    sentences: tuple[str, ...]
    context: tuple[str, ...] = ()

    @property
    def language(self) -> Language:
        """The language of the sentences."""
        return language_of(" ".join(self.context or self.sentences))


class Verifier(Protocol):
    """Judges whether sentences bear a claim out."""

    @property
    def name(self) -> str:
        """What judged."""
        ...

    def load(self) -> None:
        """Load what judging needs, while something else is done; raises as `support` does."""
        ...

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """Give the probability, in [0, 1], that each claim is borne out.

        Raises:
            ModelError: the model cannot be loaded or asked.
        """
        ...


def bears_out(pair: Pair, probability: float, *, known: str = "") -> bool:
    """Say whether sentences bear a claim out: no fact lacks, none is denied, and it is likely.

    `probability` is a verifier's; `known` is what the claim may take for granted: the question, and
    the titles and dates of the articles.
    """
    cited = "\n".join(pair.sentences)
    return (
        probability >= SUPPORTED
        and not pair.language.missing(pair.claim, cited, known=known)
        and not pair.language.denies(pair.claim, cited)
    )


def choose(claim: str, sentences: Sequence[str]) -> tuple[int, ...]:
    """Give the places, in order, of the at most three sentences that bear a claim out best.

    Each one taken adds the most to the share of the claim's words that the chosen ones hold, rare
    words weighing more; a further one has to add `LEAST_GAIN`. Nothing is chosen where no sentence
    shares a word with the claim.
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
    """Give the terms of content of a text, and its pairs of neighbouring ones."""
    found = spoken.content(readable(text))
    return frozenset([*found, *(f"{one} {other}" for one, other in itertools.pairwise(found))])


def _weights(claim: str, bags: Sequence[frozenset[str]], spoken: Language) -> dict[str, float]:
    """Give each of the claim's terms the share of it that the term makes.

    Rare terms weigh more, those of facts more again, and pairs less.
    """
    wanted = _bag(claim, spoken)
    told = {term for fact in spoken.facts(claim) for term in spoken.content(fact.text)}
    counts = Counter(term for bag in bags for term in bag & wanted)
    shares = {
        term: math.log(1 + (len(bags) + 1) / (counts[term] + 0.5))
        * (OF_PAIR if " " in term else OF_FACT if term in told else 1.0)
        for term in wanted
    }
    total = math.fsum(shares.values()) or 1.0
    return {term: share / total for term, share in shares.items()}


def _weight(terms: frozenset[str], weights: dict[str, float]) -> float:
    # Exact, as a set is in another order in each run, and a tie must not be broken by it.
    return math.fsum(weights[term] for term in terms if term in weights)


class EmbeddedVerifier:
    """The embedded models' judgement: nothing is asked of any server.

    A logistic regression over `rag.grounding.alignment.FEATURES` in steps, fitted by
    `benchmarks/support.py --fit`. The weights hold for the embedded model.
    """

    name = "embedded"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def load(self) -> None:
        """See `Verifier`."""
        stored_weights()
        self._embedder.texts(["load"])

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """See `Verifier`."""
        if not pairs:
            return []
        found: list[float] = stored_weights().probabilities(self.features(pairs)).tolist()
        return found

    def features(self, pairs: Sequence[Pair]) -> Row:
        """Give the pairs' features: [pairs, `rag.grounding.alignment.FEATURES`]."""
        pairs = [_readable(one) for one in pairs]
        texts = [
            (text, content_words(text, pair.language))
            for pair in pairs
            for text in (pair.claim, " ".join(pair.sentences))
        ]
        vectors = self._embedder.passages(texts)
        contexts = self._contexts(pairs)
        return np.array(
            [
                features(
                    pair.claim,
                    pair.sentences,
                    pair.context,
                    Aligned(ours.passage, theirs.passage, ours.sentences, theirs.sentences, around),
                    _rules(pair),
                )
                for pair, ours, theirs, around in zip(
                    pairs, vectors[::2], vectors[1::2], contexts, strict=True
                )
            ]
        )

    def _contexts(self, pairs: Sequence[Pair]) -> list[Vectors]:
        """Give the vectors of some sentences of each context, each sentence embedded once."""
        some = [_spread(pair.context) for pair in pairs]
        places = {text: at for at, text in enumerate(dict.fromkeys(itertools.chain(*some)))}
        vectors = self._embedder.texts([*places])
        return [vectors[[places[text] for text in one]] if one else vectors[:0] for one in some]


def _readable(pair: Pair) -> Pair:
    cited = tuple(map(readable, pair.sentences))
    return Pair(readable(pair.claim), cited, tuple(map(readable, pair.context)) or cited)


def _spread(context: Sequence[str]) -> list[str]:
    """Give at most `MOST_EMBEDDED` sentences, evenly spread."""
    count = min(len(context), MOST_EMBEDDED)
    return [context[at * len(context) // count] for at in range(count)]


def _rules(pair: Pair) -> Rules:
    cited, spoken = "\n".join(pair.sentences), pair.language
    told = (term for fact in spoken.facts(pair.claim) for term in spoken.content(fact.text))
    lacking = len(spoken.missing(pair.claim, cited))
    return Rules(spoken, lacking, spoken.denies(pair.claim, cited), frozenset(told))


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
        """Give the features by themselves, within bounds, and which of their cuts they are above.

        Takes [pairs, features], gives [pairs, features times steps and one].
        """
        standard = np.clip((rows - self.means) / self.deviations, -EXTREME, EXTREME)
        steps = (rows[:, :, None] > self.cuts[None]).reshape(len(rows), -1)
        return np.hstack([standard, steps])

    def probabilities(self, rows: Row) -> Row:
        """Give the probability of each row of features, in [0, 1]."""
        odds: Row = self.expanded(rows) @ self.weights + self.bias
        return 1 / (1 + np.exp(-odds))


@cache
def stored_weights() -> Weights:
    """Give the weights that come with the package."""
    stored = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return Weights(
        means=np.array(stored["means"]),
        deviations=np.array(stored["deviations"]),
        cuts=np.array(stored["cuts"]),
        weights=np.array(stored["weights"]),
        bias=stored["bias"],
    )


class EndpointVerifier:
    """A verifier behind any server that answers `POST …/v1/chat/completions` as OpenAI's does.

    It is asked as MiniCheck is (https://arxiv.org/abs/2404.10774): a document and a claim, for a
    yes or a no. `url` is the server's base, with or without `/v1`, or the whole address. Up to four
    pairs are asked at once.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        server = Server.of(url, model, key, prefix="GRIOT_VERIFY")
        self._endpoint = Endpoint(
            server, "/chat/completions", kind="verifying", transport=transport
        )
        self._model = model

    @property
    def name(self) -> str:
        """See `Verifier`."""
        return self._model

    def load(self) -> None:
        """See `Verifier`; the server loads its model when it is asked."""

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """See `Verifier`: 1 for a yes, 0 for a no."""
        if not pairs:
            return []
        with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(pairs))) as pool:
            return list(pool.map(self._asked, pairs))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._endpoint.close()

    def _asked(self, pair: Pair) -> float:
        content = f"Document: {' '.join(pair.sentences)}\nClaim: {pair.claim}"
        payload = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
        }
        return self._endpoint.post(payload, _judged, otherwise="neither yes nor no")


def _judged(body: Any) -> float:  # noqa: ANN401 - whatever the server sent
    """Give 1 for a yes and 0 for a no, of a chat completion.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, IndexError: it is neither.
    """
    said = body["choices"][0]["message"]["content"].strip().rstrip(".").casefold()
    return {YES: 1.0, NO: 0.0}[said]
