"""The search stores on servers: PostgreSQL's words and Chroma's vectors, changed in place.

A change is written to the stores that are being searched. Whatever a search finds is looked up in
the catalog, which was committed before, so that nothing is shown that is no longer there. A change
that was interrupted, or for which a server did not answer, is still in the catalog's outbox, and is
applied again.

Stores are rebuilt as a new generation, under its number, and published with one transaction of the
catalog. The earlier ones are kept a while, for the searches that still use them.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rag.errors import EngineGone, IndexDamaged
from rag.index.catalog import Catalog
from rag.index.engines import Engines
from rag.index.stores import GRACE, LexicalStore, VectorStore
from rag.index.tables import PATIENCE
from rag.reasons import Reason

if TYPE_CHECKING:
    from rag.index.chroma_server import ChromaServer, ServedChroma
    from rag.index.postgres import PostgresDatabase
    from rag.index.postgres_words import PostgresWords

_GENERATION, _COUNTER, _SINCE, _LIBRARY = "generation", "generations", "published", "library"
KEYS = _GENERATION, _COUNTER, _SINCE, _LIBRARY
"""Under which the catalog keeps what is so of these stores alone."""

_NONE = "0"


class ServedStores:
    """The `rag.index.stores.SearchStores` of a catalog, on servers; connected to on first use.

    Safe to share between threads for searching.
    """

    def __init__(self, catalog: Catalog, engines: Engines) -> None:
        self._catalog = catalog
        self._engines = engines
        self._lock = threading.RLock()
        self._connected: tuple[PostgresDatabase, ChromaServer] | None = None
        self._opened: tuple[str, PostgresWords, ServedChroma] | None = None

    @property
    def published(self) -> bool:
        return self._published() != _NONE

    def open(self) -> tuple[LexicalStore, VectorStore]:
        with self._lock:
            if self._opened is None or self._opened[0] != self._published():
                generation = self._published()
                lexical, dense = self._stores(generation)
                if not lexical.exists():
                    raise IndexDamaged(Reason.STORE_GONE(name=lexical.place))
                self._opened = (generation, lexical, dense)
            return self._opened[1:]

    @contextmanager
    def change(self, *, anew: bool) -> "Iterator[tuple[PostgresWords, ServedChroma]]":
        with suppress(EngineGone):  # words can be written though Chroma is gone
            self._sweep()
        generation = self._make() if anew else self._published()
        lexical, dense = self._stores(generation)
        yield lexical, dense
        if generation != self._published():
            lexical.settle()
        self._catalog.check_writing()  # the outbox may hold what another one is about to write
        with self._catalog.transaction():
            if generation != self._published():
                self._catalog.put(_GENERATION, generation)
                self._catalog.put(_SINCE, str(time.time()))
            self._catalog.clear_outbox()

    def withdraw(self) -> None:
        self._catalog.put(_GENERATION, _NONE)

    def verify(self) -> None:
        if self.published:
            lexical, dense = self.open()
            lexical.count()
            dense.count()

    def owns(self, path: str) -> bool:
        return False

    def close(self) -> None:
        with self._lock:
            if self._connected is not None:
                database, server = self._connected
                database.close()
                server.close()
                self._connected = self._opened = None

    def _published(self) -> str:
        return self._catalog.get(_GENERATION) or _NONE

    def _servers(self) -> "tuple[PostgresDatabase, ChromaServer]":
        from rag.index.chroma_server import ChromaServer
        from rag.index.postgres import PostgresDatabase

        with self._lock:
            if self._connected is None:
                url = self._engines.database.url
                database = PostgresDatabase(url, (), name="words", patience=PATIENCE)
                self._connected = (database, ChromaServer(self._engines.chroma))
            return self._connected

    def _stores(self, generation: str) -> "tuple[PostgresWords, ServedChroma]":
        from rag.index.chroma_server import ServedChroma
        from rag.index.postgres_words import PostgresWords

        database, server = self._servers()
        return PostgresWords(database, generation), ServedChroma(
            server, f"{self._prefix()}{generation}"
        )

    def _make(self) -> str:
        """Make empty stores, and return the number of their generation, which none had before."""
        generation = self._catalog.count_up(_COUNTER)
        lexical, dense = self._stores(generation)
        self._servers()[1].create(dense.name)
        lexical.create()
        return generation

    def _prefix(self) -> str:
        """Return what the names of this library's collections begin with."""
        with self._catalog.transaction():
            library = self._catalog.get(_LIBRARY)
            if library is None:
                library = secrets.token_hex(6)
                self._catalog.put(_LIBRARY, library)
        return f"griot-{library}-"

    def _sweep(self) -> None:
        """Delete the stores of other generations, but for those published until just now."""
        if time.time() - float(self._catalog.get(_SINCE) or 0) < GRACE:
            return
        lexical, dense = self._stores(self._published())
        lexical.drop_others()
        _, server = self._servers()
        for name in server.collections(self._prefix()):
            if name != dense.name:
                server.drop(name)
