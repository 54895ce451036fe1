"""Measures an exported reader: spans, "it is answered", and judgements.

    python -m tools.multilingual.measure --data DATA --models FOLDER [--reported] [--only NAME…]

Without `--reported`, on what is kept for choosing: titles, frames and files that nothing was
trained on. With it, on what is reported, and never chosen on.
"""

import argparse
import json
import os
import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from tools.multilingual import train
from tools.multilingual.examples import Encoder, Example, Judged, Read, batch_of
from tools.multilingual.questions import HELD_TITLES, load
from tools.multilingual.statements import LABELS
from tools.multilingual.texts import rows

LONGEST_ANSWER = 40  # tokens
PART_TOKENS = 1024
WINDOW, SHARED = 256, 64
FALSE_REFUSALS = 0.14

Row = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model makes of an example.

    `span` are the best range's tokens; `margin` its score less that of no answer; `answered` the
    log-odds; `support` the three classes' probabilities.
    """

    span: tuple[int, int]
    margin: float
    answered: float
    support: tuple[float, float, float]


class Scorer:
    """Runs the exported reader."""

    def __init__(self, folder: Path, graph: str = "reader.int8.onnx") -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(
            str(folder / graph), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.encoder = Encoder(self.tokenizer)

    def __call__(self, examples: Sequence[Example]) -> list[Scored]:
        """Return what the model makes of each example."""
        order = sorted(range(len(examples)), key=lambda at: len(examples[at].ids))
        runs: list[list[int]] = []
        while order:
            size = max(1, PART_TOKENS // len(examples[order[-1]].ids))
            runs.append(order[-size:])
            del order[-size:]
        found: dict[int, Scored] = {}

        def run(places: Sequence[int]) -> None:
            some = [examples[at] for at in places]
            found.update(zip(places, self._scored(some), strict=True))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, runs))
        return [found[at] for at in range(len(examples))]

    def _scored(self, examples: Sequence[Example]) -> Iterator[Scored]:
        batch = batch_of(examples)
        feed = {
            "input_ids": batch.ids.numpy(),
            "token_type_ids": batch.types.numpy(),
            "attention_mask": batch.mask.numpy(),
        }
        ends, answered, support = self._session.run(None, feed)
        shares = np.exp(support - support.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        for row, example in enumerate(examples):
            start, stop = example.passage
            span, best = best_range(ends[row], start, stop)
            margin = best - float(ends[row, 0].sum())
            yield Scored(span, margin, float(answered[row]), tuple(shares[row].tolist()))


def best_range(ends: Row, start: int, stop: int) -> tuple[tuple[int, int], float]:
    """Return the likeliest range of tokens in a range, the last one within, and its score."""
    pairs = ends[start:stop, 0][:, None] + ends[start:stop, 1][None, :]
    allowed = np.triu(np.ones_like(pairs)) - np.triu(np.ones_like(pairs), LONGEST_ANSWER)
    place = int(np.where(allowed > 0, pairs, -np.inf).argmax())
    first, last = divmod(place, stop - start)
    return (start + first, start + last), float(pairs[first, last])


def auc(scores: Row, truth: npt.NDArray[np.bool_]) -> float:
    """Return the chance that a true one scores above a false one, ties counted half."""
    positive, negative = scores[truth], scores[~truth]
    if not len(positive) or not len(negative):
        return float("nan")
    order = np.sort(negative)
    below = np.searchsorted(order, positive, "left") + np.searchsorted(order, positive, "right")
    return float(below.mean() / 2 / len(negative))


def folded(text: str) -> list[str]:
    """Return a text's words for comparing; of Chinese, Japanese and Thai the characters."""
    text = unicodedata.normalize("NFKC", text.lower())
    text = re.sub(r"\b(a|an|the)\b", " ", text)
    text = re.sub(r"[^\w\s]", " ", text)
    return re.findall(
        r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+",
        text,
    )


def overlap(text: str, answers: Iterable[str]) -> float:
    """Return the F1 of a text's words and those of the nearest answer."""
    best = 0.0
    ours = Counter(folded(text))
    for answer in answers:
        theirs = Counter(folded(answer))
        common = sum((ours & theirs).values())
        if common:
            best = max(best, 2 * common / (sum(ours.values()) + sum(theirs.values())))
    return best


def read_texts(scorer: Scorer, readings: Sequence[Read]) -> tuple[list[str], list[Scored]]:
    """Return the likeliest words of each passage, and what the model makes of it.

    Of a passage that is read in windows, the one that answers likeliest counts.
    """
    windows = [scorer.encoder.windows(reading, WINDOW, SHARED) for reading in readings]
    scored = iter(scorer([example for some in windows for _, example in some]))
    texts, best = [], []
    for reading, some in zip(readings, windows, strict=True):
        found = [(next(scored), low - example.passage[0]) for low, example in some]
        chosen, moved = max(found, key=lambda pair: pair[0].margin + pair[0].answered)
        offsets = scorer.tokenizer.encode(reading.passage, add_special_tokens=False).offsets
        first, last = (at + moved for at in chosen.span)
        texts.append(reading.passage[offsets[first][0] : offsets[last][1]])
        best.append(chosen)
    return texts, best


def reading_row(scorer: Scorer, readings: Sequence[Read]) -> str:
    """Return a row: F1 where answered, AUCs, and the share of the unanswerable that is answered."""
    texts, scored = read_texts(scorer, readings)
    truth = np.array([bool(reading.answers) for reading in readings])
    values = [
        overlap(text, (reading.passage[a:b] for a, b in reading.answers))
        for text, reading in zip(texts, readings, strict=True)
        if reading.answers
    ]
    cells = [f"{len(readings)}", f"{np.mean(values):.3f}" if values else "-"]
    heads = np.array([score.answered for score in scored])
    margins = np.array([score.margin for score in scored])
    cells += [f"{auc(scores, truth):.3f}" for scores in (heads, margins, heads + margins)]
    if truth.any() and not truth.all():
        both = heads + margins
        bar = np.quantile(both[truth], FALSE_REFUSALS)
        cells.append(f"{(both[~truth] >= bar).mean():.3f}")
    return " | ".join(cells)


def judging_row(scorer: Scorer, judged: Sequence[Judged], bar: float = 0.5) -> str:
    """Return a row: accuracy of three classes where there are, AUC, macro-F1, balanced accuracy."""
    scored = scorer([scorer.encoder.judge(claim, 400) for claim in judged])
    support = np.array([result.support for result in scored])
    truth = np.array([claim.label == (0,) for claim in judged])
    three = np.array([len(claim.label) == 1 for claim in judged])
    labels = np.array([claim.label[0] for claim in judged])
    right = (support.argmax(1) == labels)[three].mean() if three.all() else float("nan")
    said = support[:, 0] >= bar
    return " | ".join(
        f"{cell:.3f}" if isinstance(cell, float) else str(cell)
        for cell in (
            len(judged),
            float(right),
            auc(support[:, 0], truth),
            *agreement(said, truth),
            float(said[truth].mean()),
            float((~said[~truth]).mean()),
        )
    )


def agreement(said: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return macro-F1 and balanced accuracy."""
    scores, recalls = [], []
    for side in (True, False):
        hit = ((said == side) & (truth == side)).sum()
        scores.append(2 * hit / max(1, (said == side).sum() + (truth == side).sum()))
        recalls.append(hit / max(1, (truth == side).sum()))
    return float(np.mean(scores)), float(np.mean(recalls))


def choosing_sets(data: Path, most: int) -> tuple[dict[str, list[Read]], dict[str, list[Judged]]]:
    """Return what is chosen on, each set at most so large."""
    chance = random.Random(7)  # noqa: S311 - reproducible on purpose
    reads: dict[str, list[Read]] = defaultdict(list)
    judged: dict[str, list[Judged]] = defaultdict(list)
    for question in load(data, choosing=True):
        if not question.within:
            reads[question.source].append(
                Read(question.question, question.passage, question.answers, question.source)
            )
    questions, said, made = train.sources_of(data, choosing=True)
    for example in questions.examples(chance):
        if isinstance(example, Judged):
            judged["answers"].append(example)
        elif " " in example.source:
            reads[f"made of real ones: {example.source.split(' ', 1)[1]}"].append(example)
    for example in said.examples(chance, made=3 * most, across=3 * most):
        kind = example.source.split()[0]
        judged[example.source if kind == "nli" else kind].append(example)
    for frames in dict.fromkeys(made):
        for _ in range(most):
            reads[f"made {frames.language}"] += frames.readings(chance)
            judged[f"made {frames.language}"] += frames.judgements(chance)
    return _cut(reads, most, chance), _cut(judged, most, chance)


def _cut(sets: dict[str, list], most: int, chance: random.Random) -> dict[str, list]:
    return {
        name: chance.sample(found, min(most, len(found))) for name, found in sorted(sets.items())
    }


def reported_sets(data: Path) -> tuple[dict[str, list[Read]], dict[str, list[Judged]]]:
    """Return what is reported on."""
    squad = list(_squad(data / "squad2" / "dev-v2.0.json"))
    titles = {title for title, _ in squad}
    reads = {
        f"XQuAD {language}": [
            read
            for title, read in _squad(data / "xquad" / f"xquad.{language}.json")
            if title not in titles
        ]
        for language in ("en", "es", "ru")
    }
    reads["squad2, held titles"] = [read for title, read in squad if title in HELD_TITLES]
    judged = {}
    for name in (
        "anli-r1-dev anli-r2-dev anli-r3-dev kornli-xnli ocnli rte1-3 control aggrefact-cliff "
        "aggrefact-goyal21 climate-fever healthver"
    ).split():
        found = list(rows(data / "measure-only" / f"{name}.jsonl.gz"))
        step = max(1, len(found) // 1200)
        judged[name] = [
            Judged(row["hypothesis"], row["premise"], LABELS[row["label"]], name)
            for row in found[::step]
        ]
    return reads, judged


def _squad(path: Path) -> Iterator[tuple[str, Read]]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for row in paragraph["qas"]:
                given = [] if row.get("is_impossible") else row["answers"]
                places = {(x["answer_start"], x["answer_start"] + len(x["text"])) for x in given}
                text = paragraph["context"]
                yield article["title"], Read(row["question"], text, tuple(sorted(places)), "")


def main() -> None:
    """Read the arguments and print the tables."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True)
    made.add_argument("--models", type=Path, required=True, metavar="FOLDER")
    made.add_argument("--reported", action="store_true")
    made.add_argument("--most", type=int, default=300, help="of each set that is chosen on")
    made.add_argument("--only", nargs="*", default=[], help="names of sets, or their beginnings")
    arguments = made.parse_args()
    scorer = Scorer(arguments.models)
    sets = reported_sets if arguments.reported else lambda data: choosing_sets(data, arguments.most)
    reads, judged = sets(arguments.data)
    tables: list[tuple[str, dict, Callable]] = [
        ("F1 | AUC answered | AUC margin | AUC both | answered at 14 %", reads, reading_row),
        ("right of 3 | AUC | macro-F1 | balanced | kept | caught", judged, judging_row),
    ]
    for head, found, row in tables:
        print(f"| set | count | {head} |\n|" + "---|" * (head.count("|") + 3))
        for name, examples in found.items():
            if not arguments.only or name.startswith(tuple(arguments.only)):
                print(f"| {name} | {row(scorer, examples)} |", flush=True)


if __name__ == "__main__":
    main()
