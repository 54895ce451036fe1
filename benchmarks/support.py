"""Measure how well claims are judged by what they cite, on AttributionBench, QAGS and mutations.

    python benchmarks/support.py --fit
    python benchmarks/support.py > benchmarks/support.md

The first writes rag/models/data/support.json, fitted on one half of the claims of AttributionBench
and QAGS alike, and the other half is reported on; claims of one question, or about one article, are
in one half. The rules on facts and negation were written with mutations of the fitting half in
view. For the second table the halves change places.
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

import rag.grounding.alignment
import rag.languages.english.facts
import rag.languages.english.negation
import rag.languages.english.quantities
import rag.models.embedder
import rag.text.terms
from rag.grounding.alignment import FEATURES, Row
from rag.grounding.support import (
    MOST_EMBEDDED,
    SUPPORTED,
    WEIGHTS_FILE,
    EmbeddedVerifier,
    Pair,
    Weights,
    bears_out,
    choose,
    stored_weights,
)
from rag.models.embedder import EmbeddedModel
from rag.text.passages import sentences

CUTS = (0.25, 0.5, 0.75)
RIDGE = 5.0
"""The quantiles at which features are cut, and what holds the weights down. In five folds of the
fitting half ridges from 3 to 60 differ by at most 0.04, and products of features gain no
AUC."""

STEPS = 3000
AGAINST = {
    "unaligned",
    "longest gap",
    "rarest lacking",
    "fragments",
    "facts lacking",
    "terms of facts that the context lacks",
    "denied",
}
"""The features that speak against a claim; all others speak for it. A weight of the other sign is
0: in five folds of the fitting half that loses nothing, and no claim suffers for a better match."""

FOLDS = 5
CACHE = Path(__file__).parent.parent / ".cache" / "benchmarks" / "support"

SHARES = {"AttributionBench": 1.0, "QAGS CNN/DM": 1.0, "QAGS XSum": 0.2}
"""What a collection weighs in fitting, its borne out claims as much as its others. People agree
little on XSum's, which a summary seldom takes from the article."""

RULES = 1e-9
"""The threshold at which the rules alone decide."""

BATCH = 40
ROUNDS = 30
ANSWER, EVIDENCE = 5, 50  # sentences


@dataclass(frozen=True, slots=True)
class Claims:
    """A collection's judged claims, the pairs that they are judged by, and the pairs' features."""

    name: str
    judged: Sequence[Judged]
    pairs: Sequence[Pair]
    rows: Row

    @property
    def right(self) -> Row:
        """What people say, 1 or 0."""
        return np.array([float(one.supported) for one in self.judged])

    def only(self, kept: Callable[[Judged], bool]) -> "Claims":
        """Give some of the claims."""
        places = [place for place, one in enumerate(self.judged) if kept(one)]
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
    parts = [
        collection("AttributionBench", attributionbench()),
        collection("QAGS CNN/DM", qags("cnndm")),
        collection("QAGS XSum", qags("xsum")),
    ]
    if arguments.fit:
        write(fitted([one.only(in_fitting_half) for one in parts]))
        return
    print("# Support\n\nMade by `python benchmarks/support.py`. Claims are judged by at most three")
    print("sentences that `choose` takes from all that the collection gives with them.")
    swapped = fitted([one.only(in_reported_half) for one in parts])
    print_judged("Reported half", [one.only(in_reported_half) for one in parts], stored_weights())
    print_judged("Halves changed", [one.only(in_fitting_half) for one in parts], swapped)
    print_folds(parts)
    print_sources(parts[0].only(in_reported_half))
    print_thresholds([planted(one.only(in_fitting_half), swapped) for one in parts])
    reported = [planted(one.only(in_reported_half), stored_weights()) for one in parts]
    print_mutations("reported half", reported)
    print_time()


def in_fitting_half(judged: Judged) -> bool:
    """Say whether a claim is of the half that things are fitted on."""
    return _number(judged.group) % 2 == 0


def fold_of(judged: Judged) -> int:
    """Give which of the folds a claim is in."""
    return _number(judged.group) // 2 % FOLDS


def _number(group: str) -> int:
    return int(hashlib.md5(group.encode()).hexdigest(), 16)  # noqa: S324 - no secret


def in_reported_half(judged: Judged) -> bool:
    """Say whether a claim is of the half that is reported on."""
    return not in_fitting_half(judged)


@cache
def verifier() -> EmbeddedVerifier:
    """Give the verifier that is measured."""
    return EmbeddedVerifier(EmbeddedModel())


def collection(name: str, judged: Sequence[Judged]) -> Claims:
    """Give a collection with its features."""
    pairs = [paired(one.claim, one.text) for one in judged]
    return Claims(name, judged, pairs, rows_of(pairs))


def rows_of(pairs: Sequence[Pair]) -> Row:
    """Give the pairs' features; they are kept in .cache/ until the code that makes them changes."""
    modules = (
        rag.grounding.alignment,
        rag.models.embedder,
        rag.languages.english.facts,
        rag.text.terms,
        rag.languages.english.negation,
        rag.languages.english.quantities,
    )
    sources = (*modules, EmbeddedVerifier)
    code = "".join(map(inspect.getsource, sources)) + str(MOST_EMBEDDED)
    key = hashlib.sha256((code + repr(pairs)).encode(errors="backslashreplace")).hexdigest()[:16]
    path = CACHE / f"{key}.npy"
    if not path.exists():
        batches = [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(path, np.vstack([verifier().features(one) for one in batches]))
    rows: Row = np.load(path)
    return rows


def paired(claim: str, text: str) -> Pair:
    """Give a claim with the sentences of a text that are chosen for it."""
    found = split(text)
    return Pair(claim, tuple(found[place] for place in choose(claim, found)), found)


@cache
def split(text: str) -> tuple[str, ...]:
    """Give the sentences of a text."""
    return tuple(text[start:end] for start, end in sentences(text))


def fitted(parts: Sequence[Claims]) -> Weights:
    """Fit a logistic regression with a ridge, whose weights have the sign that they must have."""
    rows = np.vstack([one.rows for one in parts])
    right = np.concatenate([one.right for one in parts])
    shares = np.concatenate([shares_of(one) for one in parts])
    cuts = np.quantile(rows, CUTS, axis=0).T
    blank = Weights(rows.mean(axis=0), rows.std(axis=0) + 1e-9, cuts, np.zeros(0), 0.0)
    signs = np.array([-1.0 if name in AGAINST else 1.0 for name in FEATURES])
    signs = np.concatenate([signs, np.repeat(signs, len(CUTS)), [1.0]])
    wide = np.hstack([blank.expanded(rows), np.ones((len(rows), 1))]) * signs
    found = signs * descended(wide, right, shares * len(rows) / shares.sum())
    return replace(blank, weights=found[:-1], bias=float(found[-1]))


def descended(wide: Row, right: Row, shares: Row) -> Row:
    """Give the weights, none under 0 but the last, by Nesterov's projected gradient descent."""
    ridge = np.append(np.full(wide.shape[1] - 1, RIDGE), 0.0)
    rate = 1 / (RIDGE + np.linalg.norm(wide * np.sqrt(shares)[:, None], 2) ** 2 / 4)
    last = ahead = np.zeros(wide.shape[1])
    for step in range(STEPS):
        chance = 1 / (1 + np.exp(-wide @ ahead))
        now = ahead - rate * (wide.T @ (shares * (chance - right)) + ridge * ahead)
        now[:-1] = np.maximum(now[:-1], 0.0)
        last, ahead = now, now + step / (step + 3) * (now - last)
    return last


def shares_of(part: Claims) -> Row:
    """Give what each claim of a collection weighs."""
    right = part.right
    return SHARES[part.name] * np.where(right > 0, 1 / right.sum(), 1 / (1 - right).sum())


def write(weights: Weights) -> None:
    """Write the weights, four digits of each, where the package reads them."""
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


def print_judged(name: str, parts: Sequence[Claims], weights: Weights) -> None:
    """Print how well the probability does, at one half, and how well the whole decision."""
    print(f"\n## {name}\n\n| collection | claims | AUC | macro-F1 | balanced accuracy |", end="")
    print(" whole decision: macro-F1 | balanced accuracy |\n|---|---|---|---|---|---|---|")
    for part in parts:
        chances = weights.probabilities(part.rows)
        right = part.right > 0
        cells = [
            auc(chances[right], chances[~right]),
            *agreement(chances >= 0.5, right),
            *agreement(decided(part, chances), right),
        ]
        shown = " | ".join(f"{cell:.3f}" for cell in cells)
        print(f"| {part.name} | {len(right)} | {shown} |")


def print_folds(parts: Sequence[Claims]) -> None:
    """Print how well the probability does by cross-validation over all of the collections."""
    print(f"\n## {FOLDS}-fold cross-validation over everything\n")
    print("One set of weights a fold; claims of one question or article are in one fold.\n")
    print("| collection | claims | AUC | macro-F1 | balanced accuracy |\n|---|---|---|---|---|")
    for part, chances in zip(parts, crossed(parts), strict=True):
        right = part.right > 0
        cells = [auc(chances[right], chances[~right]), *agreement(chances >= 0.5, right)]
        print(f"| {part.name} | {len(right)} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")


def crossed(parts: Sequence[Claims]) -> list[Row]:
    """Give each claim's probability by the weights of the folds that it is not in."""
    found = [np.zeros(len(part.judged)) for part in parts]
    for fold in range(FOLDS):
        weights = fitted([part.only(lambda one, fold=fold: fold_of(one) != fold) for part in parts])  # type: ignore[misc]
        for part, chances in zip(parts, found, strict=True):
            inside = np.array([fold_of(one) == fold for one in part.judged])
            chances[inside] = weights.probabilities(part.rows[inside])
    return found


def decided(part: Claims, chances: Row) -> Row:
    """Say of each claim whether it is held for borne out, by the whole decision."""
    rows = zip(part.judged, part.pairs, chances, strict=True)
    return np.array([bears_out(pair, chance, known=one.known) for one, pair, chance in rows])


def agreement(ours: Row, right: Row) -> tuple[float, float]:
    """Give the macro-F1 and the balanced accuracy."""
    recalls = [float((ours[right == side] == side).mean()) for side in (True, False)]
    f1 = []
    for side in (True, False):
        both = ((ours == side) & (right == side)).sum()
        f1.append(2 * both / max(1, (ours == side).sum() + (right == side).sum()))
    return float(np.mean(f1)), float(np.mean(recalls))


def print_sources(part: Claims) -> None:
    """Print AttributionBench by the collections that it is made of."""
    print("\n## AttributionBench by its parts, reported half\n")
    print("| part | claims | AUC | macro-F1 |\n|---|---|---|---|")
    for source in sorted({one.source for one in part.judged}):
        some = part.only(lambda one, source=source: one.source == source)  # type: ignore[misc]
        chances, right = stored_weights().probabilities(some.rows), some.right > 0
        f1 = agreement(chances >= 0.5, right)[0]
        print(
            f"| {source} | {len(right)} | {auc(chances[right], chances[~right]):.3f} | {f1:.3f} |"
        )


@dataclass(frozen=True, slots=True)
class Planted:
    """Claims that people hold for borne out, the mutations of them, and how all of them stand.

    A standing is the probability, or 0 where a rule refuses.
    """

    name: str
    made: Sequence[Mutation]
    caught_at: Row
    sound_at: Row

    def caught(self, threshold: float, kind: str = "all") -> float:
        """Give the share of the mutations of a kind that is refused."""
        places = [place for place, one in enumerate(self.made) if kind in {one.kind, "all"}]
        return float((self.caught_at[places] < threshold).mean())

    def dropped(self, threshold: float) -> float:
        """Give the share of the claims themselves that is refused."""
        return float((self.sound_at < threshold).mean())


def planted(part: Claims, weights: Weights) -> Planted:
    """Make the mutations of a collection, and judge them and what they are made of."""
    judged = sound(part)
    made = [mutation for one in judged for mutation in mutations(one)]
    return Planted(
        part.name,
        made,
        standings([(one.claim, one.origin) for one in made], weights),
        standings([(one.claim, one) for one in judged], weights),
    )


def print_mutations(name: str, parts: Sequence[Planted]) -> None:
    """Print the share of planted errors that is caught, and of what they were made of, dropped."""
    print(f"\n## Planted errors, {name}\n\nMade of the claims that people hold for borne out,")
    print("QAGS' by all three votes, by benchmarks/mutations.py. Caught and dropped by the whole")
    print(
        f"decision, with a probability of {SUPPORTED} as the threshold; and by the rules alone.\n"
    )
    print("| collection | kind | mutations | caught | by the rules alone |\n|---|---|---|---|---|")
    for part in parts:
        counts = Counter(one.kind for one in part.made)
        for kind, count in [*counts.items(), ("all", len(part.made))]:
            shares = f"{part.caught(SUPPORTED, kind):.3f} | {part.caught(RULES, kind):.3f}"
            print(f"| {part.name} | {kind} | {count} | {shares} |")
    print("\n| collection | claims | dropped | by the rules alone |\n|---|---|---|---|")
    for part in parts:
        shares = f"{part.dropped(SUPPORTED):.3f} | {part.dropped(RULES):.3f}"
        print(f"| {part.name} | {len(part.sound_at)} | {shares} |")


def print_thresholds(parts: Sequence[Planted]) -> None:
    """Print what each threshold would catch and drop."""
    print("\n## The threshold, on the fitting half\n\nWith the weights of the other half.\n")
    print("| threshold |", " | ".join(f"{one.name}: caught | dropped" for one in parts), "|")
    print("|---" * (1 + 2 * len(parts)) + "|")
    for threshold in (RULES, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6):
        shares = [(one.caught(threshold), one.dropped(threshold)) for one in parts]
        cells = " | ".join(f"{share:.3f}" for pair in shares for share in pair)
        print(f"| {threshold if threshold != RULES else 'rules alone'} | {cells} |")


def sound(part: Claims) -> list[Judged]:
    """Give a collection's claims that nobody doubts, with the capitals of their names."""
    return sound_ones(part.judged)


def sound_ones(judged: Sequence[Judged]) -> list[Judged]:
    """Give the claims that nobody doubts, with the capitals of their names."""
    kept = [one for one in judged if one.supported and one.agreed]
    if not in_lower_case([one.text for one in kept]):
        return kept
    return [replace(one, claim=recased(one.claim), text=recased(one.text)) for one in kept]


def standings(claims: Sequence[tuple[str, Judged]], weights: Weights) -> Row:
    """Give each claim's probability beside its origin's text, or 0 where a rule refuses."""
    pairs = [paired(claim, origin.text) for claim, origin in claims]
    chances = weights.probabilities(rows_of(pairs))
    rows = zip(pairs, claims, strict=True)
    return chances * [bears_out(pair, 1.0, known=origin.known) for pair, (_, origin) in rows]


def print_time() -> None:
    """Print how long an answer takes."""
    texts = [one.text for one in qags("cnndm")]
    evidence = [one for text in dict.fromkeys(texts) for one in split(text)]
    claims = [one.claim for one in qags("cnndm")]
    verifier().load()
    times = []
    for number in range(ROUNDS):
        some = evidence[number * EVIDENCE :][:EVIDENCE]
        asked = claims[number * ANSWER :][:ANSWER]
        started = time.perf_counter()
        pairs = [
            Pair(one, tuple(some[place] for place in choose(one, some)), tuple(some))
            for one in asked
        ]
        for pair, chance in zip(pairs, verifier().support(pairs), strict=True):
            bears_out(pair, chance)
        times.append(1000 * (time.perf_counter() - started))
    print(f"\n## Time\n\nAn answer of {ANSWER} sentences over {EVIDENCE} sentences of evidence,")
    print("models loaded: median", end=" ")
    print(f"{statistics.median(times):.0f} ms, fastest {min(times):.0f} ms, of {ROUNDS}.")


if __name__ == "__main__":
    main()
