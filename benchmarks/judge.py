"""Measure a judge of claims by itself, in a folder of exported models.

    python benchmarks/judge.py FOLDER [BAR]

Claims of AttributionBench and QAGS are judged by at most three sentences that `choose` takes; those
of claims.yaml by their whole article. Nothing was trained, fitted or chosen on these.
"""

import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from data import Judged, attributionbench, qags
from mutations import mutations
from support import in_reported_half, paired, sound_ones

from rag.grounding.support import bears_out
from tools.multilingual import examples
from tools.multilingual.measure import Scorer, agreement, auc

BAR = 0.5
TIMED, ANSWER = 30, 5

Row = npt.NDArray[np.float64]
Asked = tuple[str, str, str]
"""A claim, what it is judged by, and the question that it answers, if it is a short answer."""


def main() -> None:
    """Print the tables."""
    scorer = Scorer(Path(sys.argv[1]))
    bar = float(sys.argv[2]) if len(sys.argv) > 2 else BAR
    print("| claims | count | AUC | macro-F1 | balanced accuracy | kept | caught |")
    print("|---|---|---|---|---|---|---|")
    for name, asked, truth in own():
        print_row(name, support(scorer, asked), truth, bar)
    planted = []
    collections = {
        "AttributionBench": attributionbench(),
        "QAGS CNN/DM": qags("cnndm"),
        "QAGS XSum": qags("xsum"),
    }
    for name, judged in collections.items():
        chances, rules = standings(scorer, [(one.claim, one) for one in judged])
        truth = np.array([one.supported for one in judged])
        reported = np.array([in_reported_half(one) for one in judged])
        print_row(name, chances, truth, bar)
        print_row(f"{name}, reported half", chances[reported], truth[reported], bar)
        both = (chances * rules)[reported]
        print_row(f"{name}, reported half, with the rules", both, truth[reported], bar)
        planted.append((name, [one for one in judged if in_reported_half(one)]))
    print("\n| planted errors, reported half | caught | with the rules | sound dropped | … |")
    print("|---|---|---|---|---|")
    for name, judged in planted:
        sound = sound_ones(judged)
        made = [(one.claim, one.origin) for claim in sound for one in mutations(claim)]
        cells = []
        for some in (made, [(one.claim, one) for one in sound]):
            chances, rules = standings(scorer, some)
            cells += [(chances < bar).mean(), (chances * rules < bar).mean()]
        print(f"| {name} |", " | ".join(f"{cell:.3f}" for cell in cells), "|", flush=True)
    print_time(scorer, qags("cnndm"))


def own() -> Iterable[tuple[str, list[Asked], npt.NDArray[np.bool_]]]:
    """Yield the project's own claims by kind: the claims, and which are true."""
    kinds: dict[str, list[tuple[Asked, bool]]] = {}
    path = Path(__file__).parent / "claims.yaml"
    for article in yaml.safe_load(path.read_text(encoding="utf-8")):
        for claim in article["claims"]:
            asked = (claim["say"], article["article"], claim.get("ask", ""))
            kind = "short answers" if "ask" in claim else claim.get("in", "English")
            for name in (kind, "all"):
                kinds.setdefault(f"own claims, {name}", []).append((asked, claim["true"]))
    for name, claims in sorted(kinds.items()):
        yield name, [one for one, _ in claims], np.array([true for _, true in claims])


def support(scorer: Scorer, asked: Sequence[Asked]) -> Row:
    """Return the probability that each claim is supported."""
    pairs = [
        examples.Judged(claim, premise, (0,), "", question) for claim, premise, question in asked
    ]
    found = scorer([scorer.encoder.judge(one, 400) for one in pairs])
    return np.array([one.support[0] for one in found])


def standings(scorer: Scorer, claims: Sequence[tuple[str, Judged]]) -> tuple[Row, Row]:
    """Return the probability that each claim is supported, and whether the rules let it pass."""
    pairs = [paired(claim, origin.text) for claim, origin in claims]
    premises = [" ".join(pair.sentences or pair.context[:3]) for pair in pairs]
    chances = support(
        scorer, [(claim, premise, "") for (claim, _), premise in zip(claims, premises, strict=True)]
    )
    rules = [
        bears_out(pair, 1.0, known=origin.known)
        for pair, (_, origin) in zip(pairs, claims, strict=True)
    ]
    return chances, np.array(rules, dtype=float)


def print_row(name: str, chances: Row, truth: npt.NDArray[np.bool_], bar: float) -> None:
    """Print how well claims are told apart, and how many are kept and caught at the bar."""
    said = chances >= bar
    cells = (
        auc(chances, truth),
        *agreement(said, truth),
        float(said[truth].mean()),
        float((~said[~truth]).mean()),
    )
    shown = " | ".join(f"{cell:.3f}" for cell in cells)
    print(f"| {name} | {len(truth)} | {shown} |", flush=True)


def print_time(scorer: Scorer, judged: Sequence[Judged]) -> None:
    """Print how long the claims of an answer take."""
    pairs = [(one.claim, " ".join(paired(one.claim, one.text).sentences), "") for one in judged]
    taken = []
    for at in range(TIMED):
        start = time.perf_counter()
        support(scorer, pairs[at * ANSWER :][:ANSWER])
        taken.append(1000 * (time.perf_counter() - start))
    print(
        f"\n{ANSWER} claims take {statistics.median(taken):.0f} ms, at least {min(taken):.0f} ms."
    )


if __name__ == "__main__":
    main()
