"""How the catalog keeps the vectors of a passage and its sentences; pure."""

import numpy as np
import numpy.typing as npt

from rag.models.embedder import Vectors

_BYTE, _NIBBLE = 127, 7
"""The largest whole numbers that a coordinate becomes, in 8 and in 4 bits."""


def pack(passage: Vectors, sentences: Vectors) -> bytes:
    """Pack a passage's unit vector (dimensions,) and its sentences' (n, dimensions), for SQLite.

    The passage's coordinates take 8 bits each, and 4 each the differences of a sentence's from
    them, with a float32 scale for each vector. Of the embedded model's vectors, the cosines of
    passages erred by < 0.002, those of sentences with questions by 0.002 (root mean square).
    """
    whole = _whole(passage[None, :], _BYTE)
    differing = _whole(sentences - _floats(*whole), _NIBBLE)
    scales = np.vstack([-whole[0], differing[0]])
    packed: bytes = scales.astype("<f4").tobytes() + whole[1].tobytes() + _nibbles(differing[1])
    return packed


def unpack_passage(packed: bytes, count: int) -> Vectors:
    """Return the first of the `count` vectors of `pack`, the passage's: (dimensions,)."""
    (scale,) = np.frombuffer(packed, "<f4", 1)
    rest = len(packed) - 4 * count
    # Two coordinates of a sentence share a byte; if their number is odd, the last has its own.
    half = -(-rest // (count + 1))
    dimensions = rest // count if scale > 0 else rest - half * (count - 1)
    return _floats(np.abs(scale), np.frombuffer(packed, np.int8, dimensions, offset=4 * count))


def passage_cosine(packed: bytes, count: int, vector: Vectors) -> float:
    """Return a passage's cosine with a unit vector (dimensions,).

    `count` vectors were packed together. It is the same whatever else is compared beside it, which
    the rows of one product would not be.
    """
    (scale,) = np.frombuffer(packed, "<f4", 1)
    whole = np.frombuffer(packed, np.int8, len(vector), offset=4 * count)
    return float(np.abs(scale) * (whole @ vector))


def sentence_cosines(packed: bytes, count: int, vector: Vectors, passage: float) -> Vectors:
    """Return the cosines of a passage's sentences with a unit vector: (count - 1,).

    `count` vectors were packed together; the cosine of the `passage` itself is known.
    """
    size = len(vector)
    scales = np.frombuffer(packed, "<f4", count)
    rest = np.frombuffer(packed, np.int8, offset=4 * count + size)
    cosines: Vectors
    if scales[0] > 0:  # an earlier version packed whole sentences, with a byte for each coordinate
        cosines = scales[1:] * (rest.reshape(-1, size) @ vector)
        return cosines
    pairs = rest.reshape(-1, -(-size // 2))
    # Shifted to the right, a signed byte keeps its sign.
    even, odd = np.left_shift(pairs, 4) >> 4, (pairs >> 4)[:, : size // 2]
    differing = even @ vector[0::2] + odd @ vector[1::2]
    cosines = np.float32(passage) + scales[1:] * differing
    return cosines


def _whole(vectors: Vectors, most: int) -> tuple[Vectors, npt.NDArray[np.int8]]:
    """Return scales (n, 1), and the whole numbers (n, dimensions) that they multiply."""
    scales = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12) / most
    return scales, np.rint(vectors / scales).astype(np.int8)


def _floats(scales: Vectors | np.float32, whole: npt.NDArray[np.int8]) -> Vectors:
    floats: Vectors = whole.astype(np.float32) * scales
    return floats


def _nibbles(whole: npt.NDArray[np.int8]) -> bytes:
    """Return two numbers a byte, the first in the lower half."""
    even = np.pad(whole, ((0, 0), (0, whole.shape[1] % 2)))
    joined: bytes = ((even[:, 0::2] & 0x0F) | np.left_shift(even[:, 1::2], 4)).tobytes()
    return joined
