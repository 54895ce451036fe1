"""Writes the shared word table, the encoder and the reader as int8 ONNX graphs.

    python -m tools.multilingual.export --data DATA --weights e5-small-q4.bin --kept KEPT
        --tokenizer TOKENIZER --target FOLDER [--encoder CHECKPOINT] [--reader CHECKPOINT]

Without a checkpoint the encoder is e5 itself, with all of its layers. e5's vectors all lie close to
each other: texts that have nothing to do with each other have a cosine of 0.75. Most of the mean of
many texts is therefore taken from the encoder's states, after which it is 0.2.

Texts in one language lie closer to each other than to their own translations, so that in a
collection of several languages a question hardly finds an article in another one. The directions
in which the means of translations of one text differ are therefore taken out too.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.graph import MOST_BYTES
from tools.multilingual.distil import FOLLOWED, SAME, teacher_of
from tools.multilingual.graph import TABLE, Removed, encoder_graph, reader_graph, write_table
from tools.multilingual.model import Encoder
from tools.multilingual.source import read
from tools.multilingual.texts import lines, texts
from tools.multilingual.train import LAYERS, untrained

ENCODER, READER = "encoder.int8.onnx", "reader.int8.onnx"

CENTRING = 0.75
"""The share of the mean that is taken off. Without any, and with all of it, hit@1 on XQuAD is up to
a point better in one pair of languages and worse in another."""

CENTRE_TEXTS, CENTRE_TOKENS = 250, 160
"""How many texts of each group the mean is taken of, and how much of each."""

DIRECTIONS = 16
"""How many directions are taken out, of the 27 in which 28 languages can differ. hit@1 across the
languages of XQuAD is 0.33 with none, 0.66 with 8, 0.74 with 16 and with 24; on squad2 0.770, 0.766,
0.764 and 0.762."""

SENTENCES = slice(0, 1200, 3)
"""Which of the translated sentences the languages' means are taken of."""


def averaged(checkpoint: Path) -> dict[str, Tensor]:
    """Return a checkpoint's weights: of those that are trained, the average of the last steps."""
    state = torch.load(checkpoint, weights_only=True)
    found: dict[str, Tensor] = state["model"] | state["average"]
    return found


def encoder_of(weights: Path, kept: Path, checkpoint: Path | None) -> Encoder:
    """Return the encoder."""
    layers = [*range(SAME), *FOLLOWED] if checkpoint else [*range(LAYERS)]
    model = teacher_of(weights, kept, layers)
    if checkpoint:
        model.load_state_dict(averaged(checkpoint), strict=False)
    return model.eval()


def centre_of(encoder: Encoder, tokenizer: Tokenizer, data: Path) -> npt.NDArray[np.float32]:
    """Return what is taken off the states: `CENTRING` of the mean of texts' mean states."""
    groups: dict[str, list[str]] = {}
    for group, prefix, text in texts(data):
        groups.setdefault(group, []).append(prefix + text)
    chance = random.Random(1)  # noqa: S311 - reproducible on purpose
    sample = [chance.sample(found, CENTRE_TEXTS) for _, found in sorted(groups.items())]
    mean: npt.NDArray[np.float32] = means(encoder, tokenizer, chain.from_iterable(sample)).mean(0)
    return CENTRING * mean


def directions_of(encoder: Encoder, tokenizer: Tokenizer, data: Path) -> npt.NDArray[np.float32]:
    """Return unit vectors [DIRECTIONS, WIDTH] in which the means of NTREX's translations differ."""
    means_of = []
    for path in sorted((data / "ntrex").glob("ntrex.*.txt.gz")):
        passages = (f"passage: {line}" for line in lines(path)[SENTENCES])
        means_of.append(means(encoder, tokenizer, passages).mean(0))
    languages = np.stack(means_of)
    found: npt.NDArray[np.float32] = np.linalg.svd(languages - languages.mean(0))[2]
    return found[:DIRECTIONS]


def means(encoder: Encoder, tokenizer: Tokenizer, some: Iterable[str]) -> npt.NDArray[np.float32]:
    """Return the means of the states of each text's first tokens: [texts, WIDTH]."""
    tokenizer.enable_truncation(CENTRE_TOKENS)
    found = []
    with torch.no_grad():
        for text in some:
            ids = torch.tensor([tokenizer.encode(text).ids])
            found.append(encoder(ids, torch.ones_like(ids))[0].mean(0).numpy())
    return np.stack(found)


def reader_weights(weights: Path, kept: Path, checkpoint: Path) -> Mapping[str, Tensor]:
    """Return the reader's weights."""
    model = untrained(weights, kept)
    model.load_state_dict(averaged(checkpoint), strict=False)
    return model.state_dict()


def write(model: onnx.ModelProto, path: Path) -> None:
    """Write a graph, no larger than a file may be."""
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size:,} bytes, more than {MOST_BYTES:,}.")
    print(f"{path}: {size:,} bytes")


def main() -> None:
    """Read the arguments and write."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="the folder with qa, ntrex, …")
    made.add_argument("--weights", type=Path, required=True, help="e5-small-q4.bin")
    made.add_argument("--kept", type=Path, required=True, help="the pieces kept, .npy")
    made.add_argument("--tokenizer", type=Path, required=True)
    made.add_argument("--target", type=Path, required=True, metavar="FOLDER")
    made.add_argument("--encoder", type=Path, metavar="CHECKPOINT")
    made.add_argument("--reader", type=Path, metavar="CHECKPOINT")
    arguments = made.parse_args()
    source, kept = read(arguments.weights), np.load(arguments.kept)
    table = write_table(source.nibbles[kept], source.scales[kept], arguments.target / TABLE)
    encoder = encoder_of(arguments.weights, arguments.kept, arguments.encoder)
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    removed = Removed(
        centre_of(encoder, tokenizer, arguments.data),
        directions_of(encoder, tokenizer, arguments.data),
    )
    made_graph = encoder_graph(encoder.state_dict(), len(encoder.layers), table, removed, int8=True)
    write(made_graph, arguments.target / ENCODER)
    if arguments.reader:
        found = reader_weights(arguments.weights, arguments.kept, arguments.reader)
        write(reader_graph(found, LAYERS, table, int8=True), arguments.target / READER)


if __name__ == "__main__":
    main()
