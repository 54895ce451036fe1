"""Measure how well claims are judged by what they cite, on public judgements and planted errors.

    python benchmarks/judge.py > benchmarks/judge.md

Nothing was trained on these. The bar, `SUPPORTED`, was chosen on the fitting half of the claims of
AttributionBench and QAGS; claims of one question, or about one article, are in one half. Claims are
judged by at most three sentences that `choose` takes from all that the collection gives with them;
those of claims.yaml by their whole article.
"""

import gzip
import json
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from command_line import parser
from data import DATA, Judged, attributionbench, qags
from measures import auc
from mutations import in_lower_case, mutations, recased
from support import in_reported_half, paired

from rag.grounding.support import SUPPORTED, is_supported
from rag.models.judge import EmbeddedJudge, Statement

TIMED, ANSWER = 30, 5
MOST = 600
"""How many pairs of a set in `measure-only` are judged."""

SETS = ("rte1-3", "anli-r1-dev", "climate-fever", "healthver", "ocnli", "kornli-xnli")
HEAD = "| claims | count | AUC | macro-F1 | balanced accuracy | true kept | false caught |"
LINE = "|---|---|---|---|---|---|---|"

Row = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

JUDGE = EmbeddedJudge()


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    print("# The judge\n\nMade by `python benchmarks/judge.py`. The bar is", f"{SUPPORTED}.\n")
    print("## Public judgements\n")
    print(HEAD, LINE, sep="\n")
    collections = {
        "AttributionBench": attributionbench(),
        "QAGS CNN/DM": qags("cnndm"),
        "QAGS XSum": qags("xsum"),
    }
    halves = {}
    for name, judged in collections.items():
        chances, rules = standings([(one.claim, one) for one in judged])
        truth = np.array([one.supported for one in judged])
        half = np.array([in_reported_half(one) for one in judged])
        halves[name] = (chances[~half], rules[~half], truth[~half])
        print_row(name, chances, truth)
        print_row(f"{name}, reported half", chances[half], truth[half])
        print_row(f"{name}, reported half, with the rules", (chances * rules)[half], truth[half])
    for name, statements, truth in measured():
        print_row(name, supports(statements), truth)
    print("\n## The project's own claims, claims.yaml\n")
    print(HEAD, LINE, sep="\n")
    for name, statements, truth in own():
        print_row(name, supports(statements), truth)
    print_planted(collections)
    print_bars(halves)
    print_time(collections["QAGS CNN/DM"])


def supports(statements: Sequence[Statement]) -> Row:
    """Return the probability that each claim is supported."""
    return np.array([one.supported for one in JUDGE.judge(statements)])


def standings(claims: Sequence[tuple[str, Judged]]) -> tuple[Row, Row]:
    """Return the probability that each claim is supported, and whether the rules let it pass."""
    pairs = [paired(claim, origin.text) for claim, origin in claims]
    chances = supports([Statement(one.claim, " ".join(one.sentences)) for one in pairs])
    rules = [
        is_supported(pair, 1.0, known=origin.known)
        for pair, (_, origin) in zip(pairs, claims, strict=True)
    ]
    return chances, np.array(rules, dtype=float)


def measured() -> Iterator[tuple[str, list[Statement], Truth]]:
    """Yield sets of `measure-only`: some of their pairs, and which are supported."""
    for name in SETS:
        path = DATA / "measure-only" / f"{name}.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        rows = rows[:: max(1, len(rows) // MOST)]
        statements = [Statement(row["hypothesis"], row["premise"]) for row in rows]
        truth = np.array([row["label"] == "supported" for row in rows])
        yield f"{name} ({rows[0]['lang']})", statements, truth


def own() -> Iterable[tuple[str, list[Statement], Truth]]:
    """Yield the project's own claims by kind: the claims, and which are true."""
    kinds: dict[str, list[tuple[Statement, bool]]] = {}
    path = Path(__file__).parent / "claims.yaml"
    for article in yaml.safe_load(path.read_text(encoding="utf-8")):
        for claim in article["claims"]:
            statement = Statement(claim["say"], article["article"], claim.get("ask", ""))
            kind = "short answers" if "ask" in claim else claim.get("in", "en")
            for name in (kind, "all"):
                kinds.setdefault(name, []).append((statement, claim[True]))
    for name, claims in sorted(kinds.items()):
        yield name, [one for one, _ in claims], np.array([true for _, true in claims])


def agreement(said: Truth, truth: Truth) -> tuple[float, float]:
    """Return the macro-F1 and the balanced accuracy."""
    recalls = [float((said[truth == side] == side).mean()) for side in (True, False)]
    f1 = []
    for side in (True, False):
        both = ((said == side) & (truth == side)).sum()
        f1.append(2 * both / max(1, (said == side).sum() + (truth == side).sum()))
    return float(np.mean(f1)), float(np.mean(recalls))


def print_row(name: str, chances: Row, truth: Truth, bar: float = SUPPORTED) -> None:
    """Print how well claims are told apart, and how many are kept and caught at the bar."""
    said = chances >= bar
    cells = (
        auc(chances[truth], chances[~truth]),
        *agreement(said, truth),
        float(said[truth].mean()),
        float((~said[~truth]).mean()),
    )
    shown = " | ".join(f"{cell:.3f}" for cell in cells)
    print(f"| {name} | {len(truth)} | {shown} |", flush=True)


@dataclass(frozen=True, slots=True)
class Planted:
    """Claims that nobody doubts, the errors planted in them, and how all of them stand."""

    kinds: Sequence[str]
    caught: Row
    dropped: Row


def print_planted(collections: dict[str, Sequence[Judged]]) -> None:
    """Print the share of planted errors that is caught, and of the claims themselves, dropped."""
    print(
        "\n## Planted errors, reported half\n\nMade by benchmarks/mutations.py of the claims that"
    )
    print("people judged supported, QAGS' by all three votes; of XSum there are too few.\n")
    print("| collection | kind | count | caught | with the rules | by the rules alone |")
    print("|---|---|---|---|---|---|")
    for name, judged in list(collections.items())[:2]:
        sound = sound_ones([one for one in judged if in_reported_half(one)])
        made = [one for claim in sound for one in mutations(claim)]
        chances, rules = standings([(one.claim, one.origin) for one in made])
        for kind in (*dict.fromkeys(one.kind for one in made), "all"):
            some = np.array([kind in {one.kind, "all"} for one in made])
            print_refused(f"{name} | {kind}", chances[some], rules[some])
        print_refused(f"{name} | none: dropped", *standings([(one.claim, one) for one in sound]))


def print_refused(name: str, chances: Row, rules: Row) -> None:
    """Print the shares of claims that are refused."""
    cells = (chances < SUPPORTED, chances * rules < SUPPORTED, rules == 0)
    shown = " | ".join(f"{cell.mean():.3f}" for cell in cells)
    print(f"| {name} | {len(chances)} | {shown} |", flush=True)


def sound_ones(judged: Sequence[Judged]) -> list[Judged]:
    """Return the claims that nobody doubts, with the capitals of their names."""
    kept = [one for one in judged if one.supported and one.agreed]
    if not in_lower_case([one.text for one in kept]):
        return kept
    return [replace(one, claim=recased(one.claim), text=recased(one.text)) for one in kept]


def print_bars(halves: dict[str, tuple[Row, Row, Truth]]) -> None:
    """Print what each bar would keep and catch."""
    print("\n## The bar, on the fitting half\n")
    print("| bar |", " | ".join(f"{name}: macro-F1, kept, caught" for name in halves), "|")
    print("|---" * (1 + len(halves)) + "|")
    for bar in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        cells = []
        for chances, _, truth in halves.values():
            said = chances >= bar
            shown = agreement(said, truth)[0], said[truth].mean(), (~said[~truth]).mean()
            cells.append(" ".join(f"{cell:.3f}" for cell in shown))
        print(f"| {bar} |", " | ".join(cells), "|")


def print_time(judged: Sequence[Judged]) -> None:
    """Print how long the claims of an answer take."""
    pairs = [paired(one.claim, one.text) for one in judged[: TIMED * ANSWER]]
    statements = [Statement(one.claim, " ".join(one.sentences)) for one in pairs]
    taken = []
    for start in range(0, len(statements), ANSWER):
        begun = time.perf_counter()
        JUDGE.judge(statements[start : start + ANSWER])
        taken.append(1000 * (time.perf_counter() - begun))
    print(f"\n## Time\n\n{ANSWER} claims take {statistics.median(taken):.0f} ms at the median, at")
    print(f"least {min(taken):.0f} ms.")


if __name__ == "__main__":
    sys.exit(main())
