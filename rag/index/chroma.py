"""The vector store in Chroma, which holds ids and vectors only."""

import logging
import shutil
import threading
import weakref
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings

from rag.index import sqlite
from rag.index.disk import explained
from rag.index.engines import GRAPH
from rag.index.stores import ASKED, batches, widely
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
        self._count: int | None = None
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
                    configuration=GRAPH,
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
            # Counting has Chroma work off its queue, and write its files.
            self._count = int(self._collection.count())

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        if among is not None:
            wide = partial(self.search, vector)
            found = widely(wide, limit, among=among, count=self.count)
            if found is not None:
                return found
        with explained(self._path):
            ids = None if among is None else [str(each) for each in self.known(among)]
            limit = min(limit, self.count() if ids is None else len(ids))
            if limit < 1:
                return []
            told = self._collection.query(
                query_embeddings=vector[None, :], ids=ids, n_results=limit, include=["distances"]
            )
            pairs = zip(told["ids"][0], told["distances"][0], strict=True)
            return [(int(passage_id), 1.0 - float(distance)) for passage_id, distance in pairs]

    def known(self, ids: Collection[int]) -> set[int]:
        """Return those of some ids that are held; Chroma fails to search among others."""
        with explained(self._path):
            return {
                int(each)
                for batch in batches([str(each) for each in ids], ASKED)
                for each in self._collection.get(ids=batch, include=[])["ids"]
            }

    def count(self) -> int:
        # Chroma counts its rows, which takes 150 ms of a million.
        with explained(self._path):
            if self._count is None:
                self._count = int(self._collection.count())
            return self._count

    def close(self) -> None:
        """Release the folder. Closing twice does no harm."""
        with explained(self._path):
            self._release()


def copy(source: Path, target: Path) -> None:
    """Copy a store's folder, which others may have open for searching."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    sqlite.copy(source / _DATABASE, target / _DATABASE)


def compact(path: Path) -> None:
    """Free the disk space that a store's emptied queue takes, 4 MB; it must not be open."""
    sqlite.compact(path / _DATABASE)
