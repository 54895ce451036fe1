"""Trains the reader of English, MiniLM-L6, on from its committed weights, and exports it.

    python -m tools.multilingual.english --data DATA --folder FOLDER [--target rag/models/data]

Run again with the same arguments, it goes on from its last checkpoint. With `--target`, nothing is
trained: the checkpoint is written there as a graph.
"""

import argparse
import os
import random
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from rag.models.onnx import MODELS
from rag.models.reader import CLS, ENGLISH_FILE, ENGLISH_TOKENIZER_FILE, SEP
from tools.graph import Graph, encoder, finished
from tools.multilingual import statements, written
from tools.multilingual.dequantised import english_reader
from tools.multilingual.examples import Encoder, Example, Read, batch_of, steps_of
from tools.multilingual.export import averaged, write
from tools.multilingual.made import Made
from tools.multilingual.model import WIDTH, Layer, penalty_of, to_bert
from tools.multilingual.questions import Questions, load
from tools.multilingual.train import PART_TOKENS, PARTS, kept_pass, loss_of
from tools.multilingual.training import Plan, Trainer

LAYERS, PIECES, POSITIONS = 6, 30522, 384
SOURCES = {
    "new_wiki": 8000, "reddit": 8000, "amazon": 7000, "squad2": 6000, "qed-dev": 1300,
    "nqg-squad-train": 3000, "selqa": 1200, "covid-qa": 500,
}  # fmt: skip
"""The sets in English, and how many of their questions are drawn at most."""

MADE_READINGS = 16000
PEAK, DECAY = 1e-4, 0.6
TAUGHT = 0.75
"""How far the exported weights go from those that it began with to those that were trained
(https://arxiv.org/abs/2109.01903): on titles and frames that nothing was trained on, F1 and the AUC
of "it is answered" are better than at either end."""


class Reader(nn.Module):
    """Tokens -> scores of each as the answer's first and last one, and of being answered.

    The word table stays as it is. There is no judgement: its scores are nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(PIECES, WIDTH)
        self.words.weight.requires_grad_(requires_grad=False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.ends = nn.Linear(WIDTH, 2)
        self.answered = nn.Linear(WIDTH, 1)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """int64 [batch, tokens] each -> [batch, tokens, 2], [batch] and zeros [batch, 3]."""
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.types(types)
        x, penalty = self.norm(x), penalty_of(mask)
        for layer in self.layers:
            x = layer(x, penalty)
        return self.ends(x), self.answered(x[:, 0]).squeeze(-1), x.new_zeros((len(ids), 3))


def one_pass(data: Path, seed: int) -> list[Example]:
    """Return the examples of a pass, in the order in which they are learned."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    asked = [each for each in load(data, choosing=False) if each.source in SOURCES]
    found = [each for each in Questions(asked, SOURCES).examples(chance) if isinstance(each, Read)]
    documents = statements.documents(data, choosing=False)
    made = Made.english(documents)
    readings: list[Read] = []
    while len(readings) < MADE_READINGS:
        readings += made.readings(chance)
    said = written.load(data, choosing=False)
    readings += [each for asked in said for each in asked.readings("en", chance)]
    encoder = Encoder(Tokenizer.from_file(str(ENGLISH_TOKENIZER_FILE)), (CLS, SEP))
    ordered = sorted(found + readings, key=lambda reading: reading.passage)
    encoded = [encoder.read(reading, chance) for reading in ordered]
    chance.shuffle(encoded)
    return encoded


def graph_of(weights: dict[str, Tensor]) -> onnx.ModelProto:
    """Return the reader in int8, from three inputs, int64 [batch, tokens], to its scores in fp32.

    `ends` [batch, tokens, 2] are each token's as the answer's first and as its last one,
    `answered` [batch] is the log-odds that the context answers.
    """
    arrays = {name: weight.numpy() for name, weight in to_bert(weights, LAYERS).items()}
    graph = Graph(int8=True)
    states = encoder(graph, arrays, most_tokens=POSITIONS, types=True)
    ends = graph.fp32_product("ends", states, weights["ends.weight"].numpy().T)
    graph.node("Add", "ends", ends, graph.constant("ends.bias", weights["ends.bias"].numpy()))
    place = graph.constant("first.place", np.array([0]))
    first = graph.node("Gather", "first", states, place, axis=1)
    answered = graph.fp32_product("answered", first, weights["answered.weight"].numpy().T)
    bias = graph.constant("answered.bias", weights["answered.bias"].numpy())
    answered = graph.node("Add", "answered.column", answered, bias)
    graph.node("Reshape", "answered", answered, graph.shape("flat", -1))
    return finished(
        graph,
        "Griot's reader",
        ["input_ids", "token_type_ids", "attention_mask"],
        {"ends": ["batch", "tokens", 2], "answered": ["batch"]},
    )


def main() -> None:
    """Read the arguments, then train or export."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="the folder with qa, squad2, …")
    made.add_argument("--folder", type=Path, required=True, help="for the checkpoint and the log")
    made.add_argument("--base", type=Path, default=MODELS / ENGLISH_FILE, help="a graph")
    made.add_argument("--target", type=Path, metavar="FOLDER", help="export there")
    made.add_argument("--seed", type=int, default=21)
    made.add_argument("--steps", type=int, default=0, help="stop the plan after so many")
    arguments = made.parse_args()
    model = Reader()
    model.load_state_dict(english_reader(arguments.base))
    if arguments.target:
        trained = averaged(arguments.folder / "checkpoint.pt")
        weights = {
            name: weight + TAUGHT * (trained[name] - weight) if name in trained else weight
            for name, weight in model.state_dict().items()
        }
        write(graph_of(weights), arguments.target / ENGLISH_FILE.name)
        return
    torch.manual_seed(arguments.seed)
    examples = kept_pass(
        arguments.folder / f"pass-{arguments.seed}.pickle",
        partial(one_pass, arguments.data, arguments.seed),
    )
    chance = random.Random(arguments.seed)  # noqa: S311 - reproducible on purpose
    steps = steps_of(examples, tokens=PART_TOKENS, parts=PARTS, chance=chance)
    steps = steps[: arguments.steps or None]
    print(f"{len(examples):,} examples, {len(steps)} steps", flush=True)
    trainer = Trainer(
        model,
        lambda part: loss_of(model, batch_of(part)),
        Plan(peak=PEAK, decay=DECAY),
        arguments.folder,
    )
    trainer.run(steps)


if __name__ == "__main__":
    main()
