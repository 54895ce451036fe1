"""Distils the twelve layers of multilingual-e5-small to fewer, on texts of many languages.

The lowest layers stay as they are, and are run once for teacher and student. Each other layer of
the student learns to give the states of a layer of the teacher, and the last one also the vector of
the whole text, which is compared about the mean of all texts, as e5's lie close together.
"""

import argparse
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.multilingual.model import Encoder, from_bert, penalty_of
from tools.multilingual.source import read
from tools.multilingual.texts import texts
from tools.multilingual.training import Plan, Trainer

SAME = 3
"""The lowest layers, which stay."""

FOLLOWED = (4, 6, 8, 11)
"""The teacher's layers that the student's others start from and learn to follow."""

LONGEST = 160
PART_TOKENS = 1536
PARTS = 2
VECTOR = 2.0
"""What the loss of the text's vector weighs beside the last states'."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts in tokens: int64 [texts, tokens]."""

    ids: Tensor
    mask: Tensor


SHARES = {"ntrex": 0.25, "contexts": 0.3, "english": 0.33, "questions": 0.12}
"""Each group's share of the tokens."""


def tokens_of(data: Path, tokenizer: Tokenizer, budget: int, seed: int) -> list[list[int]]:
    """Return texts of about so many tokens in all, cut at random places to the longest."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    groups: dict[str, dict[str, str]] = {}
    for group, prefix, text in texts(data):
        groups.setdefault(group, {})[text] = prefix
    chosen = []
    for group, found in sorted(groups.items()):
        left = budget * SHARES[group]
        candidates = sorted(found)
        chance.shuffle(candidates)
        for text in candidates:
            encoding = tokenizer.encode(text, add_special_tokens=False)
            prefix = tokenizer.encode(found[text], add_special_tokens=False).ids
            size = min(LONGEST, chance.randint(40, 2 * LONGEST)) - len(prefix) - 2
            start = chance.randint(0, max(0, len(encoding) - size))
            ids = [0, *prefix, *encoding.ids[start : start + size], 2]
            chosen.append(ids)
            left -= len(ids)
            if left < 0:
                break
    chance.shuffle(chosen)
    return chosen


def batched(found: Sequence[list[int]], seed: int) -> list[list[Batch]]:
    """Return steps of `PARTS` batches, each of texts of like length."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    batches = []
    pool = 2000
    for begin in range(0, len(found), pool):
        ordered = sorted(found[begin : begin + pool], key=len)
        while ordered:
            size = max(1, PART_TOKENS // len(ordered[-1]))
            batches.append(padded(ordered[-size:]))
            del ordered[-size:]
    chance.shuffle(batches)
    return [batches[at : at + PARTS] for at in range(0, len(batches) - PARTS + 1, PARTS)]


def padded(found: Sequence[list[int]]) -> Batch:
    """Return texts as tensors."""
    shape = len(found), max(map(len, found))
    ids, mask = np.ones(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, tokens in enumerate(found):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return Batch(torch.from_numpy(ids), torch.from_numpy(mask))


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of each text's states, of unit length: [texts, width]."""
    kept = mask[..., None].to(states.dtype)
    return torch.nn.functional.normalize((states * kept).sum(1) / kept.sum(1), dim=-1)


class Distillation:
    """The student's loss against the teacher's states."""

    def __init__(self, teacher: Encoder, student: Encoder, mean: Tensor) -> None:
        self._teacher, self._student, self._mean = teacher, student, mean

    def __call__(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of a batch."""
        penalty = penalty_of(batch.mask)
        followed = {}
        with torch.no_grad():
            x = self._teacher.embedded(batch.ids)
            for layer in self._teacher.layers[:SAME]:
                x = layer(x, penalty)
            y = x
            for number, layer in enumerate(self._teacher.layers[SAME:], SAME):
                x = layer(x, penalty)
                followed[number] = x
            target = pooled(x, batch.mask) - self._mean
        kept = batch.mask.bool()
        losses = []
        for number, layer in zip(FOLLOWED, self._student.layers[SAME:], strict=True):
            y = layer(y, penalty)
            wanted = followed[number][kept]
            losses.append(((y[kept] - wanted) ** 2).mean() / wanted.var())
        vector = pooled(y, batch.mask) - self._mean
        away = (1 - torch.cosine_similarity(vector, target, dim=-1)).mean()
        loss = sum(losses[:-1]) / 3 + losses[-1] + VECTOR * away
        return loss, {"states": losses[-1].item(), "vector": away.item()}


def teacher_of(path: Path, kept: Path, layers: Sequence[int] = range(12)) -> Encoder:
    """Return e5 with the kept pieces only, and some of its layers."""
    source = read(path)
    weights = {name: torch.from_numpy(np.array(weight)) for name, weight in source.weights.items()}
    words = "embeddings.word_embeddings.weight"
    weights[words] = weights[words][torch.from_numpy(np.load(kept))]
    for at, number in enumerate(layers):
        for name in [name for name in weights if name.startswith(f"encoder.layer.{number}.")]:
            weights[name.replace(f"layer.{number}.", f"taken.{at}.")] = weights[name]
    weights = {
        name.replace("taken", "layer"): weight
        for name, weight in weights.items()
        if ".layer." not in name
    }
    encoder = Encoder(pieces=len(weights[words]), layers=len(layers))
    encoder.load_state_dict(from_bert(weights, len(layers)))
    return encoder


def main() -> None:
    """Read the arguments and distil."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--data", type=Path, required=True, help="the folder with qa, ntrex, …")
    made.add_argument("--weights", type=Path, required=True, help="e5-small-q4.bin")
    made.add_argument("--kept", type=Path, required=True, help="the pieces kept, .npy")
    made.add_argument("--tokenizer", type=Path, required=True)
    made.add_argument("--folder", type=Path, required=True, help="for checkpoint and log")
    made.add_argument("--tokens", type=int, default=4_000_000, help="to train on; default: 4 M")
    made.add_argument("--minutes", type=float, default=110)
    arguments = made.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    torch.manual_seed(1)
    teacher = (
        teacher_of(arguments.weights, arguments.kept).eval().requires_grad_(requires_grad=False)
    )
    student = teacher_of(arguments.weights, arguments.kept, [*range(SAME), *FOLLOWED])
    student.requires_grad_(requires_grad=False)
    student.layers[SAME:].requires_grad_(requires_grad=True)
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    steps = batched(tokens_of(arguments.data, tokenizer, arguments.tokens, 1), 1)
    with torch.no_grad():
        some = [batch for step in steps[:8] for batch in step]
        states = [pooled(teacher(batch.ids, batch.mask), batch.mask) for batch in some]
    mean = torch.cat(states).mean(0)
    plan = Plan(peak=4e-4)
    trainer = Trainer(student, Distillation(teacher, student, mean), plan, arguments.folder)
    print(f"{len(steps)} steps", flush=True)
    trainer.run(steps, stop=lambda: time.monotonic() > until)


if __name__ == "__main__":
    main()
