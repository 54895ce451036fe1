"""Trains the reader, which also judges, on the processor, from e5's weights or on from a graph.

    python -m tools.multilingual.train --data DATA --weights e5-small-q4.bin --kept KEPT
        --tokenizer TOKENIZER --folder FOLDER

Run again with the same arguments, it goes on from its last checkpoint.
"""

import argparse
import os
import pickle
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from tools.multilingual import statements, written
from tools.multilingual.dequantised import multilingual_reader
from tools.multilingual.distil import teacher_of
from tools.multilingual.examples import Batch, Encoder, Example, Judged, Read, batch_of, steps_of
from tools.multilingual.made import Made, cross_questions
from tools.multilingual.model import ELSEWHERE, Reader
from tools.multilingual.questions import Questions, load
from tools.multilingual.training import Plan, Trainer

LAYERS = 12
PART_TOKENS, PARTS = 800, 8
MADE_READINGS, MADE_JUDGEMENTS = 18000, 9000
NEWS, ACROSS = 6000, 5000
"""How many examples of each kind a pass has."""

LANGUAGES = ("fr", "es", "de", "ru")
"""Languages with frames of their own beside English, which has two thirds."""


def one_pass(data: Path, encoder: Encoder, seed: int) -> list[Example]:
    """Return the examples of a pass, in the order in which they are learned."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    questions, judged, made = sources_of(data)
    found: list[Read | Judged] = [*questions.examples(chance)]
    found += judged.examples(chance, made=NEWS, across=ACROSS)
    readings: list[Read] = []
    while len(readings) < MADE_READINGS:
        readings += made[chance.randrange(len(made))].readings(chance)
    judgements: list[Judged] = []
    while len(judgements) < MADE_JUDGEMENTS:
        judgements += made[chance.randrange(len(made))].judgements(chance)
    found += readings + judgements
    for each in (*written.load(data, choosing=False), *written.claims(data, choosing=False)):
        found += each.examples(chance)
    found.sort(key=lambda each: each.passage if isinstance(each, Read) else each.premise)
    encoded = [  # in order of passages, so that each is cut into tokens once
        encoder.read(each, chance) if isinstance(each, Read) else encoder.judge(each)
        for each in found
    ]
    chance.shuffle(encoded)
    return encoded


def kept_pass(path: Path, make: Callable[[], list[Example]]) -> list[Example]:
    """Return the examples of a pass, from a file if they were made before."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(make()))
    found: list[Example] = pickle.loads(path.read_bytes())  # noqa: S301 - written above
    return found


def loss_of(model: Reader, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return the mean loss of a batch: of spans and "it is answered", or of the judgement."""
    ends, answered, support = model(batch.ids, batch.types, batch.mask)
    ends = ends.masked_fill(~batch.allowed[..., None], ELSEWHERE)
    shares = functional.log_softmax(ends, dim=1)
    total = ends.new_zeros(())
    facts: dict[str, float] = {}
    if batch.reads.any():
        first = shares[..., 0].masked_fill(~batch.starts, ELSEWHERE).logsumexp(1)[batch.reads]
        last = shares[..., 1].masked_fill(~batch.ends, ELSEWHERE).logsumexp(1)[batch.reads]
        spans = -(first + last) / 2
        truth = (~batch.starts[:, 0])[batch.reads].float()
        told = functional.binary_cross_entropy_with_logits(
            answered[batch.reads], truth, reduction="none"
        )
        total = total + spans.sum() + told.sum()
        facts |= {"spans": spans.mean().item(), "answered": told.mean().item()}
    if batch.judges.any():
        classes = functional.log_softmax(support, dim=-1)
        right = classes.masked_fill(~batch.labels, ELSEWHERE).logsumexp(1)[batch.judges]
        total = total - right.sum()
        facts["support"] = -right.mean().item()
    return total / len(batch.ids), facts


def untrained(weights: Path, kept: Path) -> Reader:
    """Return the reader with e5's weights and heads of chance."""
    encoder = teacher_of(weights, kept, range(LAYERS))
    model = Reader(pieces=len(encoder.words.weight), layers=LAYERS)
    model.encoder.load_state_dict(encoder.state_dict())
    return model


def sources_of(
    data: Path, *, choosing: bool = False
) -> tuple[Questions, statements.Statements, list[Made]]:
    """Return what examples are drawn from: to train on, or to choose on."""
    documents = statements.documents(data, choosing=choosing)
    said = statements.Statements(
        statements.pairs(data, choosing=choosing),
        documents,
        [*statements.aligned(data, choosing=choosing).values()],
    )
    english = Made.english(documents, held=choosing, cross=cross_questions())
    others = [Made(language, (), held=choosing) for language in LANGUAGES]
    made = [english] * (2 * len(others)) + others
    return Questions(load(data, choosing=choosing)), said, made


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="the folder with qa, nli, …")
    made.add_argument("--weights", type=Path, required=True, help="e5-small-q4.bin")
    made.add_argument("--kept", type=Path, required=True, help="the pieces kept, .npy")
    made.add_argument("--tokenizer", type=Path, required=True)
    made.add_argument("--folder", type=Path, required=True, help="for the checkpoint and the log")
    made.add_argument("--base", type=Path, help="a reader's graph to train on from")
    made.add_argument("--passes", type=int, default=1)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--peak", type=float, default=1.5e-4)
    made.add_argument("--decay", type=float, default=0.3)
    made.add_argument("--minutes", type=float, default=110)
    made.add_argument("--steps", type=int, default=0, help="stop the plan after so many")
    return made


def main() -> None:
    """Read the arguments and train."""
    arguments = parser().parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    torch.manual_seed(arguments.seed)
    encoder = Encoder(Tokenizer.from_file(str(arguments.tokenizer)))
    steps: list[list[list[Example]]] = []
    for seed in range(arguments.seed, arguments.seed + arguments.passes):
        found = kept_pass(
            arguments.folder / f"pass-{seed}.pickle",
            partial(one_pass, arguments.data, encoder, seed),
        )
        counts = Counter(example.source for example in found)
        sizes = sum(len(example.ids) for example in found)
        print(f"pass {seed}: {len(found):,} examples, {sizes:,} tokens", flush=True)
        print(", ".join(f"{source} {count}" for source, count in sorted(counts.items())))
        chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
        steps += steps_of(found, tokens=PART_TOKENS, parts=PARTS, chance=chance)
    steps = steps[: arguments.steps or None]
    model = untrained(arguments.weights, arguments.kept)
    if arguments.base:
        model.load_state_dict(multilingual_reader(arguments.base), strict=False)
    print(f"{len(steps)} steps", flush=True)
    copied = model.halved()
    trainer = Trainer(
        model,
        lambda part: loss_of(copied, batch_of(part)),
        Plan(peak=arguments.peak, decay=arguments.decay),
        arguments.folder,
        copy=copied,
    )
    trainer.run(steps, stop=lambda: time.monotonic() > until)


if __name__ == "__main__":
    main()
