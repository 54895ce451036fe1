"""PostgreSQL: sets of tables in a database that any number of processes and machines share.

What `rag.index.tables` says in SQLite's words is translated here. Text is compared byte by byte, as
SQLite does, whatever the database's locale. Transactions of one set of tables follow each other:
each begins with an advisory lock of that set, so that what one has read no other changes before it
is done. A server that restarts is waited for; its connections are made anew.
"""

import logging
import re
import secrets
import selectors
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import Any

from rag.errors import EngineGone, GriotError, IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.index.database import PUT_VERSION, SCHEMAS, Database
from rag.reasons import Reason

try:
    import psycopg
    from psycopg import errors
    from psycopg.adapt import Dumper
    from psycopg.conninfo import conninfo_to_dict
    from psycopg_pool import ConnectionPool, PoolTimeout
except ImportError as error:
    raise EngineGone(Reason.NO_DRIVER()) from error

_CONNECTIONS = 8
"""Of one set of tables in one process; a question uses one at a time."""

_CONNECTION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""A server that lost its power is noticed within half a minute, as is a worker, by the same
seconds below; the system's own would be hours."""

_CONFIGURE = """
SET jit = off;
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 4
"""
"""`jit` takes longer than any query here."""

_FETCHED = 500
"""Rows that are had from the server at once where all of a table are."""

_BETWEEN_TRIES = 0.1

_LOCK = "hashtextextended(current_schema() || '/' || %s, 0)"
"""The key of an advisory lock: schemas of one database, and sets of tables, have their own."""

_FOLLOW = f"""
WITH waiting AS MATERIALIZED (SELECT set_config('lock_timeout', %s, true) AS patience)
SELECT pg_advisory_xact_lock({_LOCK}) FROM waiting WHERE patience IS NOT NULL
"""  # noqa: S608 - constants
"""Waits, for some time at most, for the transaction before to end."""

_CLASS = "hashtext(current_schema() || '/' || %s)"
_BE_PRESENT = f"SELECT pg_advisory_lock({_CLASS}, %s::int4)"
_PRESENT = f"""
SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted
    AND classid::bigint = ({_CLASS}::bigint & 4294967295)
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""".replace("%s", "?")  # noqa: S608 - constants
_STARTED = "SELECT extract(epoch FROM now() - pg_postmaster_start_time())::float8"
_COMING_BACK = 15.0
"""Seconds after a server's start within which the processes that use it are back."""

_MISSED = 1.0
"""Seconds within which a process is back whose connection alone was lost."""

_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""

_CATALOG = "catalog"
"""The name of the set of tables that has none in SQLite."""


class _Flag(Dumper):
    """Writes a truth value as the number 0 or 1, which is what the columns hold."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: bool) -> bytes:  # noqa: FBT001 - psycopg calls it
        return b"1" if obj else b"0"


class PostgresDatabase(Database):
    """Tables in PostgreSQL, behind a pool of connections."""

    def __init__(
        self, url: str, migrations: Sequence[str], *, name: str | None, patience: float
    ) -> None:
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        self._url = url
        self._name = name or _CATALOG
        self._patience = patience
        self._here = threading.local()
        self._joining = threading.RLock()
        self._worker = 0
        self._missed: dict[int, float] = {}
        self._writer: psycopg.Connection | None = None
        self._presence: psycopg.Connection | None = None
        with translated(url):
            connect(url).close()  # a wrong address is told at once, and not after some tries
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=patience,
            kwargs=_CONNECTION,
            configure=_configure,
            check=_check,
            open=True,
        )
        try:
            self._set_up(migrations)
        except BaseException:
            self.close()
            raise

    @property
    def shown(self) -> str:
        """Its name and host, without user and password."""
        return shown(self._url)

    def close(self) -> None:
        with self._joining:
            self._leave()
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._held is not None:
            yield
            return
        with self.connection() as connection, connection.transaction():
            self._follow(connection, self._name)
            self._here.connection = connection
            try:
                yield
            finally:
                self._here.connection = None

    def _follow(self, connection: "psycopg.Connection", name: str) -> None:
        """Wait until no other transaction has a lock, and hold it to the end of one's own."""
        wait = f"{round(1000 * self._patience)}ms"
        connection.execute(_FOLLOW, (wait, name))

    @contextmanager
    def writing(self, waiting: Callable[[], None], *, patience: float) -> Iterator[None]:
        deadline = time.monotonic() + patience
        with translated(self._url), closing(connect(self._url)) as connection:
            while not _locked(connection, f"{self._name}/writer"):
                if time.monotonic() > deadline:
                    raise IndexLocked(Reason.LOCKED(home=shown(self._url)))
                waiting()
                time.sleep(_BETWEEN_TRIES)
            self._writer = connection
            try:
                yield
            finally:
                self._writer = None

    def check_writing(self) -> None:
        if self._writer is not None:
            with translated(self._url):
                self._writer.execute("SELECT 1")

    def run(self, query: str, values: Sequence[object] = ()) -> None:
        with self.connection() as connection:
            connection.execute(spelt(query), values)

    def many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            with self.connection() as connection, connection.cursor() as cursor:
                cursor.executemany(spelt(query), rows)

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return connection.execute(spelt(query), values).fetchall()

    def join(self) -> int:
        with self._joining:
            if not self._worker:
                self._worker = secrets.randbelow(2**31 - 1) + 1
            self._stay()
            return self._worker

    def lead(self) -> bool:
        with self._joining, translated(self._url):
            self._stay()
            assert self._presence is not None
            return _locked(self._presence, f"{self._name}/leader")

    def gone(self, workers: Collection[int]) -> frozenset[int]:
        """Return those whose advisory lock nobody holds, nor held a moment ago.

        Nobody counts as gone soon after the server's start: the others' connections ended with the
        server before, and they are about to come back.
        """
        with self._joining:
            self._stay()
            if not workers or self.all(_STARTED)[0][0] < _COMING_BACK:
                return frozenset()
            here = {found for (found,) in self.all(_PRESENT, (self._name,))}
            now = time.monotonic()
            self._missed = {each: self._missed.get(each, now) for each in {*workers} - here}
            return frozenset(each for each, at in self._missed.items() if now - at >= _MISSED)

    def _stay(self) -> None:
        """Hold the lock that tells the others that this process is here."""
        with translated(self._url):
            try:
                if self._presence is not None:
                    self._presence.execute("SELECT 1")
                    return
            except psycopg.OperationalError:
                self._leave()
            self._presence = connect(self._url)
            self._presence.execute(_BE_PRESENT, (self._name, self._worker))

    def _leave(self) -> None:
        if self._presence is not None:
            self._presence.close()
            self._presence = None

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with (
            self.transaction(),
            self.connection() as connection,
            connection.cursor("rows") as cursor,
        ):
            cursor.itersize = _FETCHED
            yield from cursor.execute(spelt(query))

    def columns(self, table: str) -> tuple[str, ...]:
        query = """
            SELECT attname FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0
                AND NOT attisdropped AND attname <> 'rowid' ORDER BY attnum
        """
        return tuple(row[0] for row in self.all(query, (table,)))

    def last_number(self, table: str, column: str) -> int:
        query = f"""
            SELECT greatest((SELECT max({column}) FROM {table}),
                pg_sequence_last_value(pg_get_serial_sequence(?, ?)::regclass), 0)
        """  # noqa: S608 - the names of tables
        return int(self.all(query, (table, column))[0][0])

    def renumber(self, table: str, column: str, last: int) -> None:
        if number := max(last, self.last_number(table, column)):
            self.run("SELECT setval(pg_get_serial_sequence(?, ?), ?)", (table, column, number))

    def size(self) -> int:
        return int(self.all(_SIZE)[0][0])

    # Connections

    @property
    def _held(self) -> "psycopg.Connection | None":
        """The connection of this thread's transaction, if it is in one."""
        return getattr(self._here, "connection", None)

    @contextmanager
    def connection(self) -> "Iterator[psycopg.Connection]":
        """Yield the connection of this thread's transaction, or one of the pool."""
        with translated(self._url):
            if self._held is not None:
                yield self._held
            else:
                with self._pool.connection() as connection:
                    yield connection

    def _set_up(self, migrations: Sequence[str]) -> None:
        with self.transaction(), self.connection() as connection:
            self._follow(connection, "schemas")  # which all sets of tables share
            self.run(SCHEMAS)
            rows = self.all("SELECT version FROM schemas WHERE name = ?", (self._name,))
            version = int(rows[0][0]) if rows else 0
            if version > len(migrations):
                raise IndexMismatch(Reason.DATABASE_NEWER(name=shown(self._url)))
            for migration in migrations[version:]:
                for statement in migration.split(";\n"):
                    if statement.strip():
                        self.run(_defined(statement))
            if version < len(migrations):
                self.run(PUT_VERSION, (self._name, len(migrations)))


def connect(url: str) -> "psycopg.Connection":
    """Return a connection of its own, each of whose statements is a transaction."""
    try:
        connection = psycopg.connect(url, **_CONNECTION)
    except psycopg.ProgrammingError as error:  # the address is not one
        raise _for_person(url, psycopg.OperationalError(str(error))) from error
    _configure(connection)
    return connection


def version(url: str) -> str:
    """Return the version that a server tells. Raises `EngineGone`."""
    with translated(url), closing(connect(url)) as connection:
        [(told,)] = connection.execute("SHOW server_version").fetchall()
    return str(told).partition(" ")[0]


def _configure(connection: "psycopg.Connection") -> None:
    connection.adapters.register_dumper(bool, _Flag)
    connection.execute(_CONFIGURE)


def _check(connection: "psycopg.Connection") -> None:
    """Ask a connection of the pool whether it still stands, if its server has said anything.

    A server that ends says so, and closes the connection: what is quiet needs no call.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        said = selector.select(0)
    if said:
        ConnectionPool.check_connection(connection)


def _locked(connection: "psycopg.Connection", name: str) -> bool:
    """Take an advisory lock that lasts as long as the connection, if nobody has it."""
    query = f"SELECT pg_try_advisory_lock({_LOCK})"
    [(taken,)] = connection.execute(query, (name,)).fetchall()
    return bool(taken)


# What is spelt otherwise

_JSON = re.compile(r"json_extract\((\w+), '\$\.(\w+)'\)")
_NUMBERED = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
_TYPES = {
    r"INTEGER PRIMARY KEY(?: AUTOINCREMENT)?": _NUMBERED,
    r"INTEGER": "BIGINT",
    r"REAL": "DOUBLE PRECISION",
    r"BLOB": "BYTEA",
    r"TEXT": 'TEXT COLLATE "C"',
}
_ROWID = ", rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE)"


@cache
def spelt(query: str) -> str:
    """Return a query as PostgreSQL and its driver read it."""
    return _JSON.sub(r"(\1::json ->> '\2')", query).replace("%", "%%").replace("?", "%s")


def _defined(statement: str) -> str:
    """Return a statement of a migration; a table has a `rowid` where it has one in SQLite."""
    if not re.match(r"\s*(CREATE|ALTER) TABLE", statement):
        return statement
    ordered = statement.rstrip().endswith("WITHOUT ROWID") or "INTEGER PRIMARY KEY" in statement
    statement = statement.replace("WITHOUT ROWID", "")
    for sqlite, postgres in _TYPES.items():
        statement = re.sub(rf"\b{sqlite}\b(?! GENERATED)", postgres, statement)
    if ordered or "CREATE TABLE" not in statement:
        return statement
    return re.sub(r"\)\s*$", _ROWID, statement)


# Errors


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what PostgreSQL and its driver raise into errors for a person."""
    try:
        yield
    except GriotError:
        raise
    except errors.UndefinedTable as error:
        raise IndexDamaged(Reason.STORE_GONE(name=shown(url))) from error
    except (errors.InsufficientPrivilege, errors.InvalidSchemaName) as error:
        raise EngineGone(Reason.DATABASE_SHUT(name=shown(url), error=_said(url, error))) from error
    except psycopg.ProgrammingError:
        raise
    except psycopg.Error as error:
        raise _for_person(url, error) from error


def _for_person(url: str, error: "psycopg.Error") -> GriotError:
    name, said = shown(url), _said(url, error)
    match error:
        case errors.LockNotAvailable() | errors.QueryCanceled():
            return IndexLocked(Reason.LOCKED(home=name))
        case errors.DiskFull() | errors.ReadOnlySqlTransaction():
            return StorageFull(Reason.DATABASE_FAILED(name=name, error=said))
        case PoolTimeout():
            return EngineGone(Reason.DATABASE_GONE(name=name, error="it does not answer"))
        case errors.UndefinedFile() | errors.FeatureNotSupported():
            said = f"{said}: install PostgreSQL’s contrib modules there"
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return EngineGone(Reason.DATABASE_GONE(name=name, error=said))
    return EngineGone(Reason.DATABASE_FAILED(name=name, error=said))


def _said(url: str, error: "psycopg.Error") -> str:
    """Return the line of an error that says most, without the address's password."""
    password = str(_parts(url).get("password") or "")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    said = said.rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    return said.replace(password, "…") if password else said


def shown(url: str) -> str:
    """Return a database's name and host, without user and password."""
    parts = _parts(url)
    host = parts.get("host") or parts.get("hostaddr")
    name = str(parts.get("dbname") or parts.get("user") or "")
    return f"{name} at {host}" if host else name


def _parts(url: str) -> dict[str, Any]:
    for address in (url, url.partition("?")[0]):
        with suppress(psycopg.Error):
            return conninfo_to_dict(address)
    return {}
