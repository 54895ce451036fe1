"""Writes the shared word table, the encoder and the reader as int8 ONNX graphs.

    python -m tools.multilingual.export --weights e5-small-q4.bin --kept KEPT --target FOLDER
        [--encoder CHECKPOINT] [--reader CHECKPOINT]

Without a checkpoint the encoder is e5 itself, with all of its layers.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from tools.graph import MOST_BYTES
from tools.multilingual.distil import FOLLOWED, SAME, teacher_of
from tools.multilingual.graph import TABLE, encoder_graph, reader_graph, write_table
from tools.multilingual.source import read
from tools.multilingual.train import LAYERS, untrained

ENCODER, READER = "encoder.int8.onnx", "reader.int8.onnx"


def averaged(checkpoint: Path) -> dict[str, Tensor]:
    """Return a checkpoint's weights: of those that are trained, the average of the last steps."""
    state = torch.load(checkpoint, weights_only=True)
    found: dict[str, Tensor] = state["model"] | state["average"]
    return found


def encoder_weights(
    weights: Path, kept: Path, checkpoint: Path | None
) -> tuple[Mapping[str, Tensor], int]:
    """Return the encoder's weights and how many layers it has."""
    layers = [*range(SAME), *FOLLOWED] if checkpoint else [*range(LAYERS)]
    model = teacher_of(weights, kept, layers)
    if checkpoint:
        model.load_state_dict(averaged(checkpoint), strict=False)
    return model.state_dict(), len(layers)


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
    made.add_argument("--weights", type=Path, required=True, help="e5-small-q4.bin")
    made.add_argument("--kept", type=Path, required=True, help="the pieces kept, .npy")
    made.add_argument("--target", type=Path, required=True, metavar="FOLDER")
    made.add_argument("--encoder", type=Path, metavar="CHECKPOINT")
    made.add_argument("--reader", type=Path, metavar="CHECKPOINT")
    arguments = made.parse_args()
    source, kept = read(arguments.weights), np.load(arguments.kept)
    table = write_table(source.nibbles[kept], source.scales[kept], arguments.target / TABLE)
    weights, layers = encoder_weights(arguments.weights, arguments.kept, arguments.encoder)
    write(encoder_graph(weights, layers, table, int8=True), arguments.target / ENCODER)
    if arguments.reader:
        found = reader_weights(arguments.weights, arguments.kept, arguments.reader)
        write(reader_graph(found, LAYERS, table, int8=True), arguments.target / READER)


if __name__ == "__main__":
    main()
