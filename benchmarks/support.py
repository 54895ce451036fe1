"""Measure how well support for claims is judged, on AttributionBench, QAGS and mutations.

    python benchmarks/support.py --fit
    python benchmarks/support.py > benchmarks/support.md

The first command fits rag/models/data/support.json on one half of the claims of AttributionBench
and QAGS; the second reports on the other half. All claims of one question, or about one article,
are in one half. The rules on facts and negation were written with mutations of the fitting half in
view. In the second table the halves are swapped.
"""

import hashlib
import inspect
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from command_line import parser
from data import Judged, attributionbench, qags
from measures import auc
from mutations import Mutation, in_lower_case, mutations, recased

import rag.grounding.embedded
import rag.languages.english.facts
import rag.languages.english.names
import rag.languages.english.negation
import rag.languages.english.quantities
import rag.languages.english.words
import rag.languages.terms
import rag.models.embedder
from rag.grounding.embedded import (
    FEATURES,
    WEIGHTS_FILE,
    EmbeddedVerifier,
    Row,
    Weights,
    stored_weights,
)
from rag.grounding.support import SUPPORTED, Pair, choose, is_supported
from rag.models.embedder import MODEL_FILE, EmbeddedModel
from rag.models.judge import EmbeddedJudge
from rag.models.onnx import READER_FILE
from rag.text.passages import sentences

CUTS = (0.25, 0.5, 0.75)
RIDGE = 5.0
"""The quantiles at which features are cut, and the L2 penalty on the weights. In five folds of the
fitting half, penalties from 3 to 60 differ by at most 0.04, and products of features add no AUC."""

STEPS = 3000
AGAINST = {
    "unaligned",
    "longest gap",
    "rarest lacking",
    "fragments",
    "facts lacking",
    "terms of facts that the context lacks",
    "denied",
    "judged contradicted",
}
"""The features that count against a claim; all others count for it. A weight of the other sign is
set to 0: this loses nothing in five folds of the fitting half, and a better match never lowers a
claim's probability."""

FOLDS = 5
CACHE = Path(__file__).parent.parent / ".cache" / "benchmarks" / "support"

SHARES = {"AttributionBench": 1.0, "QAGS CNN/DM": 1.0, "QAGS XSum": 0.2}
"""The weight in fitting of a collection's supported claims together, and of its others together.
People agree little on XSum's, because its summaries seldom follow the article."""

RULES = 1e-9
"""The threshold at which the rules alone decide."""

BATCH = 40
ROUNDS = 30
ANSWER, EVIDENCE = 5, 50  # sentences


@dataclass(frozen=True, slots=True)
class Claims:
    """A collection's claims, each paired with the sentences that may support it, and features."""

    name: str
    judged: Sequence[Judged]
    pairs: Sequence[Pair]
    rows: Row

    @property
    def right(self) -> Row:
        """People's judgements: 1 if supported, else 0."""
        return np.array([float(claim.supported) for claim in self.judged])

    def only(self, kept: Callable[[Judged], bool]) -> "Claims":
        """Return the claims for which `kept` is true."""
        places = [place for place, claim in enumerate(self.judged) if kept(claim)]
        return Claims(
            self.name,
            [self.judged[place] for place in places],
            [self.pairs[place] for place in places],
            self.rows[places],
        )


def main() -> None:
    """Print the report, or write the weights."""
    options = parser(__doc__)
    options.add_argument("--fit", action="store_true", help="fit and write the weights")
    arguments = options.parse_args()
    collections = [
        claims_of("AttributionBench", attributionbench()),
        claims_of("QAGS CNN/DM", qags("cnndm")),
        claims_of("QAGS XSum", qags("xsum")),
    ]
    fitting = [claims.only(in_fitting_half) for claims in collections]
    if arguments.fit:
        write(fitted(fitting))
        return
    reported = [claims.only(in_reported_half) for claims in collections]
    swapped = fitted(reported)
    print("# Support\n\nMade by `python benchmarks/support.py`. Each claim is judged by at most")
    print("three sentences, which `choose` takes from the text given with the claim.")
    print_judged("Reported half", reported, stored_weights())
    print_judged("Halves swapped", fitting, swapped)
    print_folds(collections)
    print_sources(reported[0])
    print_thresholds([planted(claims, swapped) for claims in fitting])
    print_mutations("reported half", [planted(claims, stored_weights()) for claims in reported])
    print_time()


def in_fitting_half(judged: Judged) -> bool:
    """Return whether a claim is in the half that weights are fitted on."""
    return _hash(judged.group) % 2 == 0


def fold_of(judged: Judged) -> int:
    """Return the number of a claim's fold."""
    return _hash(judged.group) // 2 % FOLDS


def _hash(group: str) -> int:
    return int(hashlib.md5(group.encode()).hexdigest(), 16)  # noqa: S324 - no secret


def in_reported_half(judged: Judged) -> bool:
    """Return whether a claim is in the half that is reported on."""
    return not in_fitting_half(judged)


@cache
def verifier() -> EmbeddedVerifier:
    """Return the verifier that is measured."""
    return EmbeddedVerifier(EmbeddedModel(), EmbeddedJudge())


def claims_of(name: str, judged: Sequence[Judged]) -> Claims:
    """Return a collection with its pairs and features."""
    pairs = [paired(claim.claim, claim.text) for claim in judged]
    return Claims(name, judged, pairs, rows_of(pairs))


def rows_of(pairs: Sequence[Pair]) -> Row:
    """Return the pairs' features, cached in .cache/ until the code or the models change."""
    modules = (
        rag.grounding.embedded,
        rag.models.embedder,
        rag.languages.english.facts,
        rag.languages.english.names,
        rag.languages.english.words,
        rag.languages.terms,
        rag.languages.english.negation,
        rag.languages.english.quantities,
    )
    code = "".join(map(inspect.getsource, modules))
    made_by = hashlib.sha256((code + repr(pairs)).encode(errors="backslashreplace"))
    for model in (MODEL_FILE, READER_FILE):
        made_by.update(model.read_bytes())
    path = CACHE / f"{made_by.hexdigest()[:16]}.npy"
    if not path.exists():
        batches = [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(path, np.vstack([verifier().features(batch) for batch in batches]))
    rows: Row = np.load(path)
    return rows


def paired(claim: str, text: str) -> Pair:
    """Return a claim with the sentences of a text that are chosen for it."""
    found = split(text)
    return Pair(claim, tuple(found[place] for place in choose(claim, found)), found)


@cache
def split(text: str) -> tuple[str, ...]:
    """Return the sentences of a text."""
    return tuple(text[start:end] for start, end in sentences(text))


def fitted(collections: Sequence[Claims]) -> Weights:
    """Fit a logistic regression with an L2 penalty and a fixed sign for each weight."""
    rows = np.vstack([claims.rows for claims in collections])
    right = np.concatenate([claims.right for claims in collections])
    shares = np.concatenate([shares_of(claims) for claims in collections])
    cuts = np.quantile(rows, CUTS, axis=0).T
    blank = Weights(rows.mean(axis=0), rows.std(axis=0) + 1e-9, cuts, np.zeros(0), 0.0)
    signs = np.array([-1.0 if name in AGAINST else 1.0 for name in FEATURES])
    signs = np.concatenate([signs, np.repeat(signs, len(CUTS)), [1.0]])
    wide = np.hstack([blank.expanded(rows), np.ones((len(rows), 1))]) * signs
    found = signs * minimised(wide, right, shares * len(rows) / shares.sum())
    return replace(blank, weights=found[:-1], bias=float(found[-1]))


def minimised(wide: Row, right: Row, shares: Row) -> Row:
    """Return the best weights, all but the last at least 0, by projected gradient descent.

    The steps are accelerated as by Nesterov.
    """
    ridge = np.append(np.full(wide.shape[1] - 1, RIDGE), 0.0)
    rate = 1 / (RIDGE + np.linalg.norm(wide * np.sqrt(shares)[:, None], 2) ** 2 / 4)
    last = ahead = np.zeros(wide.shape[1])
    for step in range(STEPS):
        chance = 1 / (1 + np.exp(-wide @ ahead))
        now = ahead - rate * (wide.T @ (shares * (chance - right)) + ridge * ahead)
        now[:-1] = np.maximum(now[:-1], 0.0)
        last, ahead = now, now + step / (step + 3) * (now - last)
    return last


def shares_of(claims: Claims) -> Row:
    """Return the weight of each claim in fitting."""
    right = claims.right
    return SHARES[claims.name] * np.where(right > 0, 1 / right.sum(), 1 / (1 - right).sum())


def write(weights: Weights) -> None:
    """Write the weights, rounded to four decimals, where the package reads them."""
    rows = {
        "made by": "python benchmarks/support.py --fit",
        "features": list(FEATURES),
        "means": np.round(weights.means, 4).tolist(),
        "deviations": np.round(weights.deviations, 4).tolist(),
        "cuts": np.round(weights.cuts, 4).tolist(),
        "weights": np.round(weights.weights, 4).tolist(),
        "bias": round(weights.bias, 4),
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    WEIGHTS_FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def print_judged(name: str, collections: Sequence[Claims], weights: Weights) -> None:
    """Print how well the probability alone decides, at one half, and the whole decision."""
    print(f"\n## {name}\n\n| collection | claims | AUC | macro-F1 | balanced accuracy |", end="")
    print(" whole decision: macro-F1 | balanced accuracy |\n|---|---|---|---|---|---|---|")
    for claims in collections:
        chances = weights.probabilities(claims.rows)
        right = claims.right > 0
        figures = [
            auc(chances[right], chances[~right]),
            *agreement(chances >= 0.5, right),
            *agreement(decisions(claims, chances), right),
        ]
        print(f"| {claims.name} | {len(right)} | {cells(figures)} |")


def cells(figures: Sequence[float]) -> str:
    """Return figures as cells of a table."""
    return " | ".join(f"{figure:.3f}" for figure in figures)


def print_folds(collections: Sequence[Claims]) -> None:
    """Print how well the probability decides by cross-validation over all collections."""
    print(f"\n## {FOLDS}-fold cross-validation over all claims\n")
    print("Each fold is judged with weights fitted on the others. Claims of one question or")
    print("article are in one fold.\n")
    print("| collection | claims | AUC | macro-F1 | balanced accuracy |\n|---|---|---|---|---|")
    for claims, chances in zip(collections, cross_validated(collections), strict=True):
        right = claims.right > 0
        figures = [auc(chances[right], chances[~right]), *agreement(chances >= 0.5, right)]
        print(f"| {claims.name} | {len(right)} | {cells(figures)} |")


def cross_validated(collections: Sequence[Claims]) -> list[Row]:
    """Return each claim's probability, with weights fitted on the folds that it is not in."""
    found = [np.zeros(len(claims.judged)) for claims in collections]
    for fold in range(FOLDS):

        def elsewhere(judged: Judged, fold: int = fold) -> bool:
            return fold_of(judged) != fold

        weights = fitted([claims.only(elsewhere) for claims in collections])
        for claims, chances in zip(collections, found, strict=True):
            inside = np.array([not elsewhere(judged) for judged in claims.judged])
            chances[inside] = weights.probabilities(claims.rows[inside])
    return found


def decisions(claims: Claims, chances: Row) -> Row:
    """Return for each claim whether the whole decision accepts it."""
    rows = zip(claims.judged, claims.pairs, chances, strict=True)
    return np.array(
        [is_supported(pair, chance, known=judged.known) for judged, pair, chance in rows]
    )


def agreement(ours: Row, right: Row) -> tuple[float, float]:
    """Return the macro-F1 and the balanced accuracy."""
    recalls = [float((ours[right == side] == side).mean()) for side in (True, False)]
    f1 = []
    for side in (True, False):
        both = ((ours == side) & (right == side)).sum()
        f1.append(2 * both / max(1, (ours == side).sum() + (right == side).sum()))
    return float(np.mean(f1)), float(np.mean(recalls))


def print_sources(claims: Claims) -> None:
    """Print AttributionBench by the collections that it is made of."""
    print("\n## AttributionBench by its parts, reported half\n")
    print("| part | claims | AUC | macro-F1 |\n|---|---|---|---|")
    for source in sorted({judged.source for judged in claims.judged}):
        part = claims.only(lambda judged, source=source: judged.source == source)  # type: ignore[misc]
        chances, right = stored_weights().probabilities(part.rows), part.right > 0
        figures = [auc(chances[right], chances[~right]), agreement(chances >= 0.5, right)[0]]
        print(f"| {source} | {len(right)} | {cells(figures)} |")


@dataclass(frozen=True, slots=True)
class Planted:
    """Claims that people judged supported, and the mutations of them, each with its score.

    A score is the probability, or 0 if a rule refuses.
    """

    name: str
    mutations: Sequence[Mutation]
    mutation_scores: Row
    claim_scores: Row

    def caught(self, threshold: float, kind: str = "all") -> float:
        """Return the share of the mutations of a kind that is refused."""
        chosen = np.array([kind in {mutation.kind, "all"} for mutation in self.mutations])
        return float((self.mutation_scores[chosen] < threshold).mean())

    def dropped(self, threshold: float) -> float:
        """Return the share of the original claims that is refused."""
        return float((self.claim_scores < threshold).mean())


def planted(claims: Claims, weights: Weights) -> Planted:
    """Make the mutations of a collection, and score them and their originals."""
    originals = sound_ones(claims.judged)
    made = [mutation for judged in originals for mutation in mutations(judged)]
    return Planted(
        claims.name,
        made,
        scores([(mutation.claim, mutation.origin) for mutation in made], weights),
        scores([(judged.claim, judged) for judged in originals], weights),
    )


def print_mutations(name: str, collections: Sequence[Planted]) -> None:
    """Print the share of planted errors that is caught, and of their originals that is dropped."""
    print(f"\n## Planted errors, {name}\n")
    print(
        "The errors are planted by benchmarks/mutations.py in claims that people judged supported,"
    )
    print(
        "QAGS' by all three votes. They are caught, and the original claims dropped, by the whole"
    )
    print(f"decision with a threshold of {SUPPORTED}, or by the rules alone.\n")
    print("| collection | kind | mutations | caught | by the rules alone |\n|---|---|---|---|---|")
    for part in collections:
        counts = Counter(mutation.kind for mutation in part.mutations)
        for kind, count in [*counts.items(), ("all", len(part.mutations))]:
            shares = cells([part.caught(SUPPORTED, kind), part.caught(RULES, kind)])
            print(f"| {part.name} | {kind} | {count} | {shares} |")
    print("\n| collection | claims | dropped | by the rules alone |\n|---|---|---|---|")
    for part in collections:
        shares = cells([part.dropped(SUPPORTED), part.dropped(RULES)])
        print(f"| {part.name} | {len(part.claim_scores)} | {shares} |")


def print_thresholds(collections: Sequence[Planted]) -> None:
    """Print the shares that each threshold would catch and drop."""
    print("\n## The threshold, on the fitting half\n\nWith weights fitted on the other half.\n")
    print(
        "| threshold |", " | ".join(f"{part.name}: caught | dropped" for part in collections), "|"
    )
    print("|---" * (1 + 2 * len(collections)) + "|")
    for threshold in (RULES, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        shares: list[float] = []
        for part in collections:
            shares += [part.caught(threshold), part.dropped(threshold)]
        print(f"| {threshold if threshold != RULES else 'rules alone'} | {cells(shares)} |")


def sound_ones(judged: Sequence[Judged]) -> list[Judged]:
    """Return the claims that all judges found supported, with the capitals of their names."""
    kept = [claim for claim in judged if claim.supported and claim.agreed]
    if not in_lower_case([claim.text for claim in kept]):
        return kept
    return [replace(claim, claim=recased(claim.claim), text=recased(claim.text)) for claim in kept]


def scores(claims: Sequence[tuple[str, Judged]], weights: Weights) -> Row:
    """Return each claim's probability given its origin's text, or 0 if a rule refuses."""
    pairs = [paired(claim, origin.text) for claim, origin in claims]
    chances = weights.probabilities(rows_of(pairs))
    rows = zip(pairs, claims, strict=True)
    return chances * [is_supported(pair, 1.0, known=origin.known) for pair, (_, origin) in rows]


def print_time() -> None:
    """Print how long judging an answer takes."""
    judged = qags("cnndm")
    texts = dict.fromkeys(claim.text for claim in judged)
    evidence = [sentence for text in texts for sentence in split(text)]
    verifier().load()
    times = []
    for number in range(ROUNDS):
        part = evidence[number * EVIDENCE :][:EVIDENCE]
        claims = [claim.claim for claim in judged[number * ANSWER :][:ANSWER]]
        started = time.perf_counter()
        pairs = [
            Pair(claim, tuple(part[place] for place in choose(claim, part)), tuple(part))
            for claim in claims
        ]
        for pair, chance in zip(pairs, verifier().support(pairs), strict=True):
            is_supported(pair, chance)
        times.append(1000 * (time.perf_counter() - started))
    print(f"\n## Time\n\nAn answer of {ANSWER} sentences over {EVIDENCE} sentences of evidence,")
    print("models loaded: median", end=" ")
    print(f"{statistics.median(times):.0f} ms, fastest {min(times):.0f} ms, of {ROUNDS} rounds.")


if __name__ == "__main__":
    main()
