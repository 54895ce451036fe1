"""How the catalog keeps the vectors of a passage and its sentences; pure."""

import numpy as np

from rag.models.embedder import Vectors


def pack(passage: Vectors, sentences: Vectors) -> bytes:
    """Pack a passage's unit vector (dimensions,) and its sentences' (n, dimensions), for SQLite.

    Each becomes int8 with a float32 scale, a quarter of the room. A coordinate errs by at most a
    254th of its vector's largest; the cosines of the embedded model's vectors erred by < 0.002.
    """
    vectors = np.vstack([passage[None, :], sentences])
    scales = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12) / 127
    whole = np.rint(vectors / scales).astype(np.int8)
    packed: bytes = scales.astype("<f4").tobytes() + whole.tobytes()
    return packed


def unpack(packed: bytes, count: int) -> Vectors:
    """Return the vectors of `pack` as (count, dimensions): the passage's, then its sentences'."""
    scales = np.frombuffer(packed, "<f4", count)
    whole = np.frombuffer(packed, np.int8, offset=4 * count).reshape(count, -1)
    vectors: Vectors = whole.astype(np.float32) * scales[:, None]
    return vectors
