"""The training loop: seeded, logged, and resumed from its last checkpoint by being run again.

A step is cut into parts, which threads take in turn, each on one core. On a busy machine that loses
less than operators that wait for each other on all cores. The weights are fp32. A copy in bfloat16
may compute the gradients: with AMX that is 2.8 times faster, without it no faster (oneDNN 3.12).
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

DECAY = 0.01
LARGEST_GRADIENT = 1.0
AVERAGED = 0.995
"""How much of the average of the weights a step keeps."""

LOG_EVERY = 20
SAVE_SECONDS = 300
THREADS = 2

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a training goes: up to `peak`, level, and in its last share down to nothing."""

    peak: float
    warm_up: float = 0.03
    decay: float = 0.3

    def rate(self, share: float) -> float:
        """Return the learning rate after a share of the steps."""
        return self.peak * min(1.0, share / self.warm_up, (1 - share) / self.decay)


class Trainer(Generic[Part]):
    """Trains a model's weights that ask for it, and keeps an average of them.

    `loss` returns a part's loss and what the log is to show of it, from any thread. It computes
    with `copy`, which each step gives the weights, or with the model itself.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Part], tuple[Tensor, dict[str, float]]],
        plan: Plan,
        folder: Path,
        *,
        copy: nn.Module | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._model, self._loss, self._plan, self._folder = model, loss, plan, folder
        named = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._weights = list(named.values())
        computing = dict((copy or model).named_parameters())
        self._computing = [computing[name] for name in named]
        self.average = {name: weight.detach().clone() for name, weight in named.items()}
        groups = [
            {
                "params": [weight for weight in self._weights if weight.ndim > 1],
                "weight_decay": DECAY,
            },
            {
                "params": [weight for weight in self._weights if weight.ndim == 1],
                "weight_decay": 0.0,
            },
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=plan.peak, betas=(0.9, 0.98), fused=True)
        self._pool = ThreadPoolExecutor(THREADS)
        self._lock = threading.Lock()
        self.step = 0
        self._resume()

    def run(
        self, steps: Sequence[Sequence[Part]], *, stop: Callable[[], bool] = lambda: False
    ) -> None:
        """Train on each step's parts, from the first that was not learned to where to stop."""
        saved = begun = time.monotonic()
        shown: dict[str, list[float]] = {}
        while self.step < len(steps) and not stop():
            rate = self._plan.rate(self.step / len(steps))
            for name, values in self._advance(steps[self.step], rate).items():
                shown.setdefault(name, []).extend(values)
            self.step += 1
            if self.step % LOG_EVERY == 0:
                seconds = (time.monotonic() - begun) / LOG_EVERY
                means = {name: round(sum(v) / len(v), 4) for name, v in sorted(shown.items())}
                self.log(step=self.step, of=len(steps), seconds=round(seconds, 2), **means)
                begun, shown = time.monotonic(), {}
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()

    def log(self, **facts: object) -> None:
        """Write a line to the log and to the screen."""
        line = json.dumps(facts)
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def save(self) -> None:
        """Replace the checkpoint in one step, so that a kill leaves the last one."""
        state = {
            "model": {
                name: weight
                for name, weight in self._model.state_dict().items()
                if "words" not in name
            },
            "average": self.average,
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
        }
        new = self._folder / "checkpoint.new"
        torch.save(state, new)
        new.replace(self._folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self._folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self._model.load_state_dict(state["model"], strict=False)
        self._optimizer.load_state_dict(state["optimizer"])
        self.average, self.step = state["average"], state["step"]
        print(f"resumed after {self.step} steps", flush=True)

    def _advance(self, parts: Sequence[Part], rate: float) -> dict[str, list[float]]:
        """Take one step on the mean of the parts' losses; return what is to be shown."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        for weight in self._weights:
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad.zero_()
        with torch.no_grad():
            torch._foreach_copy_(self._computing, self._weights)
        shown: dict[str, list[float]] = {}
        for facts in self._pool.map(lambda part: self._add(part, len(parts)), parts):
            for name, value in facts.items():
                shown.setdefault(name, []).append(value)
        torch.nn.utils.clip_grad_norm_(self._weights, LARGEST_GRADIENT)
        self._optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), self._weights, 1 - self._kept())
        return shown

    def _kept(self) -> float:
        """Return how much of the average this step keeps: less in the beginning."""
        return min(AVERAGED, (1 + self.step) / (10 + self.step))

    def _add(self, part: Part, parts: int) -> dict[str, float]:
        """Add a part's gradients to the step's."""
        loss, facts = self._loss(part)
        gradients = torch.autograd.grad(loss / parts, self._computing, allow_unused=True)
        with self._lock:
            for weight, gradient in zip(self._weights, gradients, strict=True):
                if gradient is not None:
                    weight.grad += gradient
        return {"loss": loss.item(), **facts}
