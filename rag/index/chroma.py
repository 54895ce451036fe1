"""The vector store in Chroma, which holds ids and vectors only."""

import logging
import shutil
import threading
import weakref
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings

from rag.index import sqlite
from rag.index.disk import explained
from rag.models.embedder import Vectors

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_opening = threading.Lock()  # Chroma shares what it opens between clients, without a lock


class ChromaStore:
    """A `rag.index.stores.VectorStore` in a folder, made when there is no such folder.

    Nothing else may have the folder open while `apply` runs. It is released when it is closed or
    garbage-collected.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path), _opening:
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
        with explained(self._path):
            if gone:
                self._collection.delete(ids=[str(passage_id) for passage_id in gone])
            if add:
                self._collection.upsert(
                    ids=[str(passage_id) for passage_id in add],
                    embeddings=np.stack(list(add.values())),
                )
            self._collection.count()  # has Chroma work off its queue, and write its files

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        with explained(self._path):
            ids = None if among is None else self._known(among)
            limit = min(limit, self._collection.count() if ids is None else len(ids))
            if limit < 1:
                return []
            found = self._collection.query(
                query_embeddings=vector[None, :], ids=ids, n_results=limit, include=["distances"]
            )
            pairs = zip(found["ids"][0], found["distances"][0], strict=True)
            return [(int(passage_id), 1.0 - float(distance)) for passage_id, distance in pairs]

    def _known(self, among: Collection[int]) -> list[str]:
        """Return those of some ids that are held; Chroma fails to search among others."""
        wanted = [str(passage_id) for passage_id in among]
        known: list[str] = self._collection.get(ids=wanted, include=[])["ids"] if wanted else []
        return known

    def count(self) -> int:
        with explained(self._path):
            return int(self._collection.count())

    def close(self) -> None:
        """Release the folder. Closing twice does no harm."""
        with explained(self._path):
            self._release()


def copy(source: Path, target: Path) -> None:
    """Copy a store's folder, which others may have open for searching."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    sqlite.copy(source / _DATABASE, target / _DATABASE)
