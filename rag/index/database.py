"""The protocol of an engine of tables: a file of SQLite, or a database of PostgreSQL."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

SCHEMAS = "CREATE TABLE IF NOT EXISTS schemas (name TEXT PRIMARY KEY, version INTEGER NOT NULL)"
PUT_VERSION = """
INSERT INTO schemas VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version
"""
"""How the versions of the sets of tables that have a name are kept beside them."""


class Database(Protocol):
    """An open set of tables. Safe to share between threads.

    Raises `IndexDamaged`, `IndexMismatch` (a newer version), `IndexLocked`, `StorageFull`, and
    `EngineGone` where a server does not answer.
    """

    unclean: bool = False
    """Whether a process that had a file open may have ended without closing it."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all of what happens inside, or nothing. Nesting joins the outer transaction.

        Of one set of tables, one transaction is open at a time.
        """

    def writing(
        self, waiting: Callable[[], None], *, patience: float
    ) -> AbstractContextManager[None]:
        """Be the only one who is in here; the lock ends with the process.

        `waiting` is called now and then while another one is.

        Raises:
            IndexLocked: another one still is after `patience` seconds.
        """

    def run(self, query: str, values: Sequence[object] = ()) -> None:
        """Execute a statement."""

    def many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Execute a statement with each row's values."""

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield all rows, a few in memory at a time."""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns, in their order, without `rowid`."""

    def close(self) -> None:
        """Release the file or the connections. Closing twice does no harm."""

    def last_number(self, table: str, column: str) -> int:
        """Return the last number that the engine gave a row, 0 for none; it may be gone."""

    def renumber(self, table: str, column: str, last: int) -> None:
        """Have the numbers that the engine gives go on after `last` and those that are there."""

    # What a file does not need, with which one process works

    def check_writing(self) -> None:
        """Check that one is still the only one in `writing`, which a server's restart ends.

        Raises:
            EngineGone: another one may be there.
        """
        return

    def size(self) -> int:
        """Return the bytes that a server keeps, all sets of tables together; 0 for a file."""
        return 0

    def join(self) -> int:
        """Be one of the processes that share the tables, until the end; return one's number."""
        return 0

    def lead(self) -> bool:
        """Be the first among those that have joined, until the end, if none is yet."""
        return True

    def gone(self, workers: Collection[int]) -> frozenset[int]:
        """Return those of some numbers whose processes have ended."""
        return frozenset()
