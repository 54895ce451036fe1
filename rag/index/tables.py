"""Sets of tables, in a file of SQLite or in a database of PostgreSQL; the queries are the same.

A set is a class that derives from `Tables`. Its queries and migrations are in the SQL that both
engines read, with these spellings, which `rag.index.postgres` translates: `?` for a value, SQLite's
names of types, `INTEGER PRIMARY KEY` for a number that the engine gives, `WITHOUT ROWID`, and
`json_extract(column, '$.key')`. A yes or no is 0 or 1, also in a condition. `ON CONFLICT` stands
where SQLite alone has `OR REPLACE`, `CASE` where it has `iif` or `max` of two values.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rag.index.database import Database
from rag.index.stores import ASKED, batches

_T = TypeVar("_T", int, float, str, bytes)

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
        self._run, self._many = self._database.run, self._database.many
        self._all = self._database.all

    def close(self) -> None:
        """Release the file or the connections. Closing twice does no harm."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all of what happens inside, or nothing. Nesting joins the outer transaction."""
        return self._database.transaction()

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """Return the first row, None if there is none."""
        return next(iter(self._all(query, values)), None)

    def _value(self, kind: type[_T], query: str, *values: object) -> _T | None:
        """Return the one column of the first row, which is of that kind, if there is one."""
        row = self._one(query, values)
        return None if row is None or row[0] is None else kind(row[0])

    def _column(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        """Return the first value of each row."""
        return tuple(row[0] for row in self._all(query, values))

    def _among(
        self, query: str, values: Sequence[object], *others: object
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query with `IN ({})`, for any number of values.

        `others` are the values that come after these.
        """
        return [
            row
            for batch in batches(values, ASKED)
            for row in self._all(query.format(values_of(len(batch))), (*batch, *others))
        ]

    def _insert(self, query: str, values: Sequence[object]) -> int:
        """Insert a row whose number, in the first column, the engine gives; return the number."""
        (number, *_) = self._all(f"{query} RETURNING *", values)[0]
        return int(number)


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
