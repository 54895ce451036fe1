"""The vector store on Chroma's server, of which any number of processes and machines search.

It is spoken to by its HTTP API, version 2: chromadb's own client waits for ever where a server
hangs, and takes a second to import.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import numpy as np

from rag.errors import EngineGone, IndexDamaged
from rag.index.engines import GRAPH, ChromaAddress
from rag.index.stores import ASKED, batches, widely
from rag.models.embedder import Vectors
from rag.reasons import Reason

_ASKING, _WRITING = (httpx.Timeout(seconds, connect=3.0) for seconds in (10.0, 30.0))
"""Seconds that a server has to answer, which a question waits for, and to take a batch of vectors
in."""

_SENT = 1_000_000
"""Dimensions, of all vectors together, that are sent at once: in JSON each takes twenty bytes, and
the server refuses 40 MB."""

_MANY = 1000
"""Collections that are listed at once."""


class ChromaServer:
    """One database of a server. Safe to share between threads.

    Raises `EngineGone` where the server does not answer, or not as Chroma does, and `IndexDamaged`
    where it does not know a collection.
    """

    def __init__(self, address: ChromaAddress) -> None:
        self._address = address
        parts = urlsplit(address.url)
        name, _, value = (address.header or "").partition(":")
        user = httpx.BasicAuth(parts.username, parts.password or "") if parts.username else None
        self.name = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        self._base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._owned = f"tenants/{quote(address.tenant)}/databases/{quote(address.database)}"
        self._client = httpx.Client(
            timeout=_ASKING, auth=user, headers={name.strip(): value.strip()} if value else None
        )

    def version(self) -> str:
        """Return the version that the server tells."""
        return str(self._asked("GET", "version"))

    def check(self) -> None:
        """Check that the server lets one in and has the database."""
        try:
            self._asked("GET", self._owned)
        except IndexDamaged as error:
            database, tenant = self._address.database, self._address.tenant
            raise self._gone(f"it has no database {database}, or no tenant {tenant}") from error

    def collections(self, prefix: str) -> list[str]:
        """Return the names of the collections that begin so."""
        found: list[str] = []
        while batch := self.asked("GET", "", params={"limit": _MANY, "offset": len(found)}):
            found += [each["name"] for each in batch]
        return [name for name in found if name.startswith(prefix)]

    def create(self, name: str) -> None:
        """Make an empty collection, which compares vectors by their cosine."""
        self.check()
        self.asked("POST", "", json={"name": name, "configuration": GRAPH})

    def drop(self, name: str) -> None:
        """Delete a collection, if it is there."""
        with suppress(IndexDamaged):
            self.asked("DELETE", f"/{name}")

    def asked(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - whatever it answers
        """Call the server about its collections, and return what it answers."""
        return self._asked(method, f"{self._owned}/collections{path}", **more)

    def close(self) -> None:
        """Release the connections. Closing twice does no harm."""
        self._client.close()

    def _asked(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401
        try:
            response = self._client.request(method, f"{self._base}/api/v2/{path}", **more)
            if response.status_code == HTTPStatus.NOT_FOUND:
                raise IndexDamaged(Reason.STORE_GONE(name=self.name))
            response.raise_for_status()
            return response.json()
        except httpx.HTTPStatusError as error:
            raise self._gone(f"it answers with status {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._gone("it does not answer") from error
        except ValueError as error:
            raise self._gone("it does not answer as Chroma does") from error

    def _gone(self, said: str) -> EngineGone:
        """Return the error for a person, which holds no secret."""
        return EngineGone(Reason.VECTORS_GONE(name=self.name, error=said))


class ServedChroma:
    """A `rag.index.stores.VectorStore` in a collection of a server's, found when it is needed."""

    def __init__(self, server: ChromaServer, name: str) -> None:
        self.name = name
        self._server = server
        self._lock = threading.Lock()
        self._id: str | None = None

    def apply(self, add: Mapping[int, Vectors], gone: Sequence[int]) -> None:
        if gone:
            self._asked("delete", _WRITING, ids=[str(passage_id) for passage_id in gone])
        if add:
            vectors = np.stack(list(add.values())).astype(np.float32)
            for batch in batches([*zip(add, vectors, strict=True)], _SENT // vectors.shape[1]):
                ids = [str(passage_id) for passage_id, _ in batch]
                embeddings = [each.tolist() for _, each in batch]
                self._asked("upsert", _WRITING, ids=ids, embeddings=embeddings)

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        if among is not None:
            wide = partial(self.search, vector)
            found = widely(wide, limit, among=among, count=self.count)
            if found is not None:
                return found
        ids = None if among is None else self._known(among)
        if limit < 1 or ids == []:
            return []
        asked: dict[str, Any] = {
            "query_embeddings": [vector.tolist()],
            "n_results": limit,
            "ids": ids,
        }
        told = self._asked("query", **asked, include=["distances"])
        pairs = zip(told["ids"][0], told["distances"][0], strict=True)
        return [(int(passage_id), 1.0 - float(distance)) for passage_id, distance in pairs]

    def count(self) -> int:
        return int(self._server.asked("GET", f"/{self._found()}/count"))

    def _known(self, among: Collection[int]) -> list[str]:
        """Return those of some ids that are held; Chroma fails to search among others."""
        return [
            found
            for batch in batches([str(passage_id) for passage_id in among], ASKED)
            for found in self._asked("get", ids=batch, include=[])["ids"]
        ]

    def _asked(self, what: str, wait: httpx.Timeout = _ASKING, **told: Any) -> Any:  # noqa: ANN401
        path = f"/{self._found()}/{what}"
        return self._server.asked("POST", path, json=told, timeout=wait)

    def _found(self) -> str:
        with self._lock:
            if self._id is None:
                self._id = str(self._server.asked("GET", f"/{self.name}")["id"])
            return self._id
