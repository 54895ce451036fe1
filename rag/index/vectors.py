"""Dense search with Chroma, which holds ids and vectors only; and how SQLite keeps vectors."""

import logging
import shutil
import sqlite3
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import translating

Vectors = npt.NDArray[np.float32]

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_opening = threading.Lock()  # Chroma shares what it opens between clients, without a lock


class DenseIndex:
    """The Chroma collection in a folder, made when there is no such folder; cosine distance.

    Threads may share it for searching. Nothing else may have the folder open while `apply` runs.
    It is released when it is closed or garbage-collected.
    Raises `IndexDamaged` and `StorageFull`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with translating(path), _opening:
            import chromadb
            from chromadb.config import Settings

            logging.getLogger("chromadb").setLevel(logging.ERROR)
            known = path.exists()
            settings = Settings(anonymized_telemetry=False)
            client: Any = chromadb.PersistentClient(str(path), settings=settings)
            self._release = weakref.finalize(self, client.close)
            self._collection: Any = (
                client.get_collection(_COLLECTION, embedding_function=None)
                if known
                else client.create_collection(
                    _COLLECTION,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                )
            )

    def apply(self, add: Mapping[int, Vectors], gone: Sequence[int]) -> None:
        """Delete the ids `gone` and add vectors, each (dimensions,)."""
        with translating(self._path):
            if gone:
                self._collection.delete(ids=[str(passage_id) for passage_id in gone])
            if add:
                self._collection.upsert(
                    ids=[str(passage_id) for passage_id in add],
                    embeddings=np.stack(list(add.values())),
                )
            self._collection.count()  # has Chroma work off its queue, and write its files

    def search(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a vector, as (id, cosine), best first."""
        with translating(self._path):
            limit = min(limit, self._collection.count())
            if limit < 1:
                return []
            found = self._collection.query(
                query_embeddings=vector[None, :], n_results=limit, include=["distances"]
            )
            pairs = zip(found["ids"][0], found["distances"][0], strict=True)
            return [(int(passage_id), 1.0 - float(distance)) for passage_id, distance in pairs]

    def count(self) -> int:
        """Return the number of passages held."""
        with translating(self._path):
            return int(self._collection.count())

    def close(self) -> None:
        """Release the folder. Closing twice does no harm."""
        with translating(self._path):
            self._release()


def copy(source: Path, target: Path) -> None:
    """Copy a `DenseIndex`'s folder, which others may have open for searching."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    with (
        closing(sqlite3.connect(source / _DATABASE)) as held,
        closing(sqlite3.connect(target / _DATABASE)) as copied,
    ):
        held.backup(copied)


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
