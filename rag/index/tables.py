"""Sets of tables, in a file of SQLite or in a database of PostgreSQL; the queries are the same.

A set is a class that derives from `Tables`. Its queries and migrations are in the SQL that both
engines read, with these spellings, which `rag.index.postgres` translates: `?` for a value, SQLite's
names of types, `INTEGER PRIMARY KEY` for a number that the engine gives, `WITHOUT ROWID`, and
`json_extract(column, '$.key')`. A yes or no is 0 or 1, also in a condition. `ON CONFLICT` stands
where SQLite alone has `OR REPLACE`, `CASE` where it has `iif` or `max` of two values.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

FILE = "catalog.sqlite"
"""The name of the tables' file in the index folder."""

PATIENCE = 30.0
"""Seconds that a write waits for another connection's transaction, each far shorter than that, and
that anything waits for a server of a database to come back."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database of PostgreSQL, by its address, which may hold a password."""

    url: str = field(repr=False)


Place = Path | Server
"""A file of SQLite, or a database of PostgreSQL."""


class Database(Protocol):
    """An open set of tables. Safe to share between threads.

    `unclean` is whether a process that had a file open ended without closing it, as far as can be
    told.

    Raises `IndexDamaged`, `IndexMismatch` (a newer version), `IndexLocked`, `StorageFull`, and
    `EngineGone` where a server does not answer.
    """

    unclean: bool

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

    def insert(self, query: str, values: Sequence[object]) -> int:
        """Insert a row whose number, in the first column, the engine gives; return the number."""

    def one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """Return the first row, None if there is none."""

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def join(self) -> int:
        """Be one of the processes that share the tables, until the end; return one's number.

        It is 0 where the tables are in a file, which one process works with.
        """

    def lead(self) -> bool:
        """Be the first among those that have joined, until the end, if none is yet."""

    def gone(self, workers: Collection[int]) -> frozenset[int]:
        """Return those of some numbers whose processes have ended."""

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield all rows, a few in memory at a time."""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns, in their order, without `rowid`."""

    def renumber(self, table: str, column: str) -> None:
        """Have the numbers that the engine gives go on after those that are there."""

    def size(self) -> int:
        """Return the bytes that a server keeps, all sets of tables together; 0 for a file."""

    def close(self) -> None:
        """Release the file or the connections. Closing twice does no harm."""


class Tables:
    """A set of tables at a place, which other sets may share. Safe to share between threads.

    The n-th migration, from 0, makes version n + 1 of version n; its statements end in a semicolon
    and a newline.
    """

    def __init__(
        self,
        place: Place,
        migrations: Sequence[str],
        *,
        name: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._database = opened(place, migrations, name=name, patience=patience)

    def close(self) -> None:
        """Release the file or the connections. Closing twice does no harm."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all of what happens inside, or nothing. Nesting joins the outer transaction."""
        return self._database.transaction()

    # What the sets of tables are written with

    def _run(self, query: str, values: Sequence[object] = ()) -> None:
        self._database.run(query, values)

    def _many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        self._database.many(query, rows)

    def _insert(self, query: str, values: Sequence[object]) -> int:
        return self._database.insert(query, values)

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        return self._database.one(query, values)

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._database.all(query, values)


def opened(
    place: Place, migrations: Sequence[str], *, name: str | None, patience: float
) -> Database:
    """Open a set of tables, and bring it to the last version; each set but one has a name."""
    if isinstance(place, Path):
        from rag.index.sqlite import SqliteDatabase

        return SqliteDatabase(place, migrations, name=name, patience=patience)
    from rag.index.postgres import PostgresDatabase

    return PostgresDatabase(place.url, migrations, name=name, patience=patience)


def values_of(n: int) -> str:
    """Return `?, ?, …`, n times: the values of an IN."""
    return ", ".join("?" * n)
