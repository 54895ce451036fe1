"""SQLite: a set of tables in a file; copying a file.

Several sets may live in one file, each behind a connection of its own, in one process or in many:
readers see the last commit, and a writer waits for the other's transaction.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rag.errors import GriotError, IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.index.database import PUT_VERSION, SCHEMAS, Database
from rag.reasons import Reason

LOCK = "writer.lock"
"""The name, beside the tables' file, of the file that their only writer locks."""

_BETWEEN_TRIES = 0.1


class SqliteDatabase(Database):
    """Tables in a file of the index folder.

    The version of a set with a name stands in the table `schemas`, that of the one without a name
    in SQLite's `user_version`. `unclean` is true as well while another process has the file open.
    Numbers that it gives go on after the highest that a table ever had.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str],
        *,
        name: str | None,
        patience: float,
    ) -> None:
        self._path = path
        self._name = name
        self._lock = threading.RLock()
        self.unclean = path.with_name(f"{path.name}-wal").exists()
        with translated(path):
            self._db = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )
            try:
                self._set_up(migrations)
            except BaseException:
                self._db.close()
                raise

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._lock, translated(self._path):
            yield from self._db.execute(query)

    def columns(self, table: str) -> tuple[str, ...]:
        return tuple(row[1] for row in self.all(f"PRAGMA table_info ({table})"))

    def last_number(self, table: str, column: str) -> int:
        query = f"SELECT max({column}) FROM {table} UNION SELECT seq FROM sqlite_sequence"  # noqa: S608
        return max(last or 0 for (last,) in self.all(f"{query} WHERE name = ?", (table,)))

    def renumber(self, table: str, column: str, last: int) -> None:
        number = max(last, self.last_number(table, column))
        with self.transaction():
            self.run("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.run("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, number))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock, translated(self._path):
            if self._db.in_transaction:
                yield
            else:
                yield from self._outermost()

    def _outermost(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def writing(self, waiting: Callable[[], None], *, patience: float) -> Iterator[None]:
        path, deadline = self._path.with_name(LOCK), time.monotonic() + patience
        with translated(path):
            lock = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        with closing(lock):
            while True:
                try:
                    with translated(path):
                        lock.execute("BEGIN EXCLUSIVE")
                    break
                except IndexLocked:
                    if time.monotonic() > deadline:
                        raise
                    waiting()
                    time.sleep(_BETWEEN_TRIES)
            yield

    def run(self, query: str, values: Sequence[object] = ()) -> None:
        with self._lock, translated(self._path):
            self._db.execute(query, values)

    def many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        with self._lock, translated(self._path):
            self._db.executemany(query, rows)

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translated(self._path):
            return self._db.execute(query, values).fetchall()

    # Versions

    def _set_up(self, migrations: Sequence[str]) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if self._version() > len(migrations):
            raise IndexMismatch(Reason.NEWER(home=str(self._path.parent)))
        if self._version() == len(migrations):
            return
        with self.transaction():
            for migration in migrations[self._version() :]:
                for statement in migration.split(";\n"):
                    self._db.execute(statement)
            self._put_version(len(migrations))

    def _version(self) -> int:
        if self._name is None:
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            return int(version)
        if not self.all("SELECT 1 FROM sqlite_master WHERE name = 'schemas'"):
            return 0
        rows = self.all("SELECT version FROM schemas WHERE name = ?", (self._name,))
        return int(rows[0][0]) if rows else 0

    def _put_version(self, version: int) -> None:
        if self._name is None:
            self._db.execute(f"PRAGMA user_version = {version}")
            return
        self._db.execute(SCHEMAS)
        self._db.execute(PUT_VERSION, (self._name, version))


def copy(source: Path, target: Path) -> None:
    """Copy a database that others may have open."""
    with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(target)) as copied:
        held.backup(copied)


def compact(path: Path) -> None:
    """Free the unused disk space of a database, which must not be open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("VACUUM")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about a file of the index into errors for a person."""
    try:
        yield
    except GriotError:
        raise
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.ProgrammingError):
            raise
        raise _for_person(path, error) from error


def _for_person(path: Path, error: sqlite3.Error) -> GriotError:
    home, said = str(path.parent), str(error)
    # The last byte of an extended code is the primary one; what Python raises itself has none.
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return IndexLocked(Reason.LOCKED(home=home))
        case sqlite3.SQLITE_FULL:
            return StorageFull(Reason.NO_ROOM(home=home))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            return StorageFull(Reason.UNWRITABLE(home=home, error=said))
    return IndexDamaged(Reason.DAMAGED(path=str(path), error=said, home=home))
