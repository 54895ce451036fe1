"""The vector store in Chroma, which holds ids and vectors only."""

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

from rag.errors import translating
from rag.models.embedder import Vectors

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_opening = threading.Lock()  # Chroma shares what it opens between clients, without a lock


class ChromaStore:
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
    """Copy a `ChromaStore`'s folder, which others may have open for searching."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    with (
        closing(sqlite3.connect(source / _DATABASE)) as held,
        closing(sqlite3.connect(target / _DATABASE)) as copied,
    ):
        held.backup(copied)
