"""A reader's weights, read back from its committed int8 graph, to train on from them.

Checkpoints are not kept. A weight of the graph is off by at most a half of 1/63 of the largest of
its column, which the first few steps of training make up for.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from tools.graph import HEAD_WIDTH, MOST_ACTIVATION, WIDTH

PRODUCTS = ("qkv", "attended", "wide", "narrow")
HEADS = ("ends", "answered", "support", "against")


def layers_and_heads(path: Path) -> dict[str, Tensor]:
    """Return the weights of the layers, `layers.0.qkv.weight` and so on, and of the heads."""
    kept = _constants(path)
    found: dict[str, npt.NDArray[np.float32]] = {}
    queries = np.ones(3 * WIDTH, np.float32)
    queries[:WIDTH] = HEAD_WIDTH**0.5  # the graph's queries are scaled
    for number in range(sum(name.endswith(".qkv.weight") for name in kept)):
        theirs, ours = f"layer{number}", f"layers.{number}"
        for part in PRODUCTS:
            whole = kept[f"{theirs}.{part}.weight"].astype(np.float32)
            weight = (whole * kept[f"{theirs}.{part}.scale"] * MOST_ACTIVATION).T
            factor = queries if part == "qkv" else np.ones(len(weight), np.float32)
            found[f"{ours}.{part}.weight"] = weight * factor[:, None]
            found[f"{ours}.{part}.bias"] = kept[f"{theirs}.{part}.bias"] * factor
        for part in ("norm1", "norm2"):
            for kind in ("weight", "bias"):
                found[f"{ours}.{part}.{kind}"] = kept[f"{theirs}.{part}.{kind}"]
    for head in HEADS:
        if f"{head}.weight" in kept:
            bias = kept.get(f"{head}.b", kept.get(f"{head}.bias"))
            assert bias is not None
            found |= {f"{head}.weight": kept[f"{head}.weight"].T, f"{head}.bias": bias.reshape(-1)}
    return _tensors(found)


def multilingual_reader(path: Path) -> dict[str, Tensor]:
    """Return the weights of `model.Reader`, but for what is e5's and not trained."""
    found = {
        f"encoder.{name}" if name.startswith("layers.") else name: weight
        for name, weight in layers_and_heads(path).items()
    }
    return found | _tensors({"marks.weight": _constants(path)["marks.rows"]})


def english_reader(path: Path) -> dict[str, Tensor]:
    """Return the weights of `english.Reader`."""
    kept = _constants(path)
    words = kept["words.rows"].astype(np.float32) * kept["words.scales"]
    return layers_and_heads(path) | _tensors(
        {
            "words.weight": words,
            "positions.weight": kept["positions.rows"],
            "types.weight": kept["types.rows"],
            "norm.weight": kept["embeddings.weight"],
            "norm.bias": kept["embeddings.bias"],
        }
    )


def _constants(path: Path) -> dict[str, npt.NDArray]:
    graph = onnx.load(str(path), load_external_data=False).graph
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }


def _tensors(arrays: dict[str, npt.NDArray]) -> dict[str, Tensor]:
    return {name: torch.tensor(np.ascontiguousarray(array)) for name, array in arrays.items()}
