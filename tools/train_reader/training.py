"""The training loop: seeded, logged, and resumed from its last checkpoint by being run again."""

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rag.models.reader import LONGEST_ANSWER
from tools.train_reader.examples import Example, Examples, batches
from tools.train_reader.model import Reader

BATCH_TOKENS = 5600
PEAK_RATE = 2e-4
WARM_UP = 0.05
DECAY = 0.01
LARGEST_GRADIENT = 1.0
LOG_EVERY = 50
SAVE_SECONDS = 240
ELSEWHERE = -1e4


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as tensors, padded: [batch, tokens]; `ends` [batch, 2, tokens] are shares."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    allowed: Tensor
    ends: Tensor
    answered: Tensor


def tensors(examples: Sequence[Example]) -> Batch:
    """Pads examples. An answer may stand in the context, or at the first token if there is none."""
    shape = len(examples), max(len(one.ids) for one in examples)
    ids, types, mask, allowed = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    ends = np.zeros((shape[0], 2, shape[1]), dtype=np.float32)
    for row, one in enumerate(examples):
        size = len(one.ids)
        ids[row, :size] = one.ids
        types[row, one.context_start : size] = 1
        mask[row, :size] = 1
        allowed[row, one.context_start : size - 1] = 1
        allowed[row, 0] = 1
        for (first, last), share in one.answers or (((0, 0), 1.0),):
            ends[row, 0, first] += share
            ends[row, 1, last] += share
    answered = np.array([bool(one.answers) for one in examples], dtype=np.float32)
    return Batch(*(torch.from_numpy(one) for one in (ids, types, mask, allowed, ends, answered)))


def run(model: Reader, batch: Batch) -> tuple[Tensor, Tensor]:
    """Scores in fp32: [batch, tokens, 2], very low where no answer may stand, and [batch]."""
    halved = {
        name: weight.to(torch.bfloat16) if weight.requires_grad else weight.detach().bfloat16()
        for name, weight in model.named_parameters()
    }
    inputs = (batch.ids, batch.types, batch.mask)
    ends, answered = torch.func.functional_call(model, halved, inputs)
    return masked(ends.float(), batch), answered.float()


def masked(ends: Tensor, batch: Batch) -> Tensor:
    """The scores of ends [batch, tokens, 2], very low where no answer may stand."""
    return ends + (1 - batch.allowed)[..., None] * ELSEWHERE


def loss_of(model: Reader, batch: Batch) -> Tensor:
    """Cross-entropy of both ends, and of "it is answered"."""
    ends, answered = run(model, batch)
    shares = functional.log_softmax(ends, dim=1).transpose(1, 2)
    spans = -(batch.ends * shares).sum(dim=(1, 2)).mean() / 2
    return spans + functional.binary_cross_entropy_with_logits(answered, batch.answered)


def train(
    model: Reader, examples: Examples, held: Sequence[Example], *, epochs: int, folder: Path
) -> None:
    """Trains from the folder's checkpoint, or from the start, to the end of the last epoch."""
    weights = [one for one in model.parameters() if one.requires_grad]
    decayed = [one for one in weights if one.ndim > 1]
    plain = [one for one in weights if one.ndim == 1]
    groups = [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, fused=True)
    checkpoint, log = folder / "checkpoint.pt", folder / "log.jsonl"
    epoch, done = 0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        epoch, done = state["epoch"], state["done"]
        print(f"resumed in epoch {epoch + 1}, after {done} batches", flush=True)
    saved = time.monotonic()
    for number in range(epoch, epochs):
        chance = random.Random(f"{number}")  # noqa: S311 - reproducible on purpose
        todo = list(batches(examples.epoch(number), BATCH_TOKENS, chance))
        begun, seen, total = time.monotonic(), 0, 0.0
        for place in range(done, len(todo)):
            share = (number + place / len(todo)) / epochs
            for group in optimizer.param_groups:
                group["lr"] = PEAK_RATE * rate(share)
            model.train()
            loss = loss_of(model, tensors(todo[place]))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            optimizer.step()
            optimizer.zero_grad()
            seen, total = seen + len(todo[place]), total + loss.item()
            if (place + 1) % LOG_EVERY == 0:
                speed = seen / (time.monotonic() - begun)
                _log(
                    log,
                    epoch=number + 1,
                    batch=place + 1,
                    of=len(todo),
                    loss=round(total / LOG_EVERY, 4),
                    examples_per_second=round(speed, 1),
                )
                begun, seen, total = time.monotonic(), 0, 0.0
            if time.monotonic() - saved > SAVE_SECONDS:
                _save(checkpoint, model, optimizer, epoch=number, done=place + 1)
                saved = time.monotonic()
        done = 0
        _save(checkpoint, model, optimizer, epoch=number + 1, done=0)
        model.eval()
        with torch.no_grad():
            _log(log, epoch=number + 1, held=measure(lambda batch: run(model, batch), held))


def rate(share: float) -> float:
    """The learning rate's share of its peak: linear up, then linear down to nothing."""
    return min(share / WARM_UP, (1 - share) / (1 - WARM_UP))


def _save(path: Path, model: Reader, optimizer: torch.optim.Optimizer, **place: int) -> None:
    """Replaces the checkpoint in one step, so that a kill leaves the last one."""
    new = path.with_suffix(".new")
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
        **place,
    }
    torch.save(state, new)
    new.replace(path)


def _log(path: Path, **facts: object) -> None:
    line = json.dumps(facts)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, flush=True)


def measure(
    score: Callable[[Batch], tuple[Tensor, Tensor]], held: Sequence[Example]
) -> dict[str, float]:
    """How well ends are found in answerable examples, and these told from the others (AUC).

    `score` gives what `run` gives. `overlap` is the F1 of the best range's tokens against the
    nearest of the gold ranges; `answered` is the head's AUC, `margin` that of the best range's
    score less the first token's.
    """
    overlaps, answered, margins, truth = [], [], [], []
    ordered = sorted(held, key=lambda one: len(one.ids))
    for start in range(0, len(ordered), 32):
        part = ordered[start : start + 32]
        ends, scores = score(tensors(part))
        for one, row, odds in zip(part, ends.numpy(), scores.tolist(), strict=True):
            found, best = best_range(row, one.context_start, len(one.ids) - 1)
            answered.append(odds)
            margins.append(best - float(row[0].sum()))
            truth.append(bool(one.answers))
            if one.answers:
                overlaps.append(max(_overlap(found, gold) for gold, _ in one.answers))
    return {
        "overlap": round(math.fsum(overlaps) / len(overlaps), 4),
        "answered": round(auc(answered, truth), 4),
        "margin": round(auc(margins, truth), 4),
    }


def best_range(ends: np.ndarray, start: int, stop: int) -> tuple[tuple[int, int], float]:
    """The range of at most LONGEST_ANSWER tokens, the last within, of the highest score."""
    scores = ends[start:stop, 0][:, None] + ends[start:stop, 1][None, :]
    near = np.triu(np.ones_like(scores)) - np.triu(np.ones_like(scores), LONGEST_ANSWER)
    place = int(np.where(near > 0, scores, -np.inf).argmax())
    first, last = divmod(place, stop - start)
    return (first + start, last + start), float(scores[first, last])


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    common = min(one[1], other[1]) - max(one[0], other[0]) + 1
    return 2 * max(0, common) / (one[1] - one[0] + other[1] - other[0] + 2)


def auc(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """The chance that a true one scores above a false one."""
    ranks = np.argsort(np.argsort(scores)) + 1
    true = np.asarray(truth)
    positive, negative = int(true.sum()), int((~true).sum())
    return float((ranks[true].sum() - positive * (positive + 1) / 2) / (positive * negative))
