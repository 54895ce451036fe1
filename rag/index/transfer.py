"""Move an index as it is: to a folder of files and back, or from one place to another.

Every row of every set of tables is copied, with the vectors, so that nothing is embedded anew; the
search stores are made from the copy. A folder has a file of JSON lines for each table, and Parquet
for the passages, whose vectors make up most of it; written again from where it was read, it is the
same, byte by byte.

A transfer that was interrupted is begun anew by the next one.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rag.errors import CorpusError
from rag.index import generations, served
from rag.index.database import Database
from rag.index.progress import Progress
from rag.index.tables import PATIENCE, Place, opened, values_of
from rag.reasons import Reason

COPYING = "copying"
"""The stage that progress names while rows are copied."""

FORMAT = 1
"""Of the folder; raised when an earlier Griot would misread it."""

_HEAD, _PASSAGES = "library.json", "passages"
_BATCH = 1000
_UNDER_WAY = "import"
"""The catalog's key that is set while rows are imported."""

_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\)( WITHOUT ROWID)?;\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TableSet:
    """A set of tables; the catalog's has no name."""

    name: str | None
    migrations: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of an open database.

    `number` is the column that the engine numbers rows by, if there is one. Rows keep their order
    where they are not ordered by a key, which is their first columns.
    """

    database: Database
    name: str
    number: str | None
    has_key: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.database.columns(self.name)

    @property
    def count(self) -> int:
        """The number of its rows."""
        return int(self.database.all(f"SELECT count(*) FROM {self.name}")[0][0])  # noqa: S608

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield its rows, without the values that make sense in one catalog only."""
        named = ", ".join(f'"{column}"' for column in self.columns)
        order = self.number or (named if self.has_key else "rowid")
        kept = f"WHERE key NOT IN ({_OWN_KEYS})" if self.name == "meta" else ""
        return self.database.rows(f"SELECT {named} FROM {self.name} {kept} ORDER BY {order}")  # noqa: S608

    def fill(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[int]:
        """Insert rows, a batch in a transaction; yield how many came in."""
        named = ", ".join(f'"{column}"' for column in columns)
        query = f"INSERT INTO {self.name} ({named}) VALUES ({values_of(len(columns))})"  # noqa: S608
        given = iter(rows)
        while batch := list(islice(given, _BATCH)):
            with self.database.transaction():
                self.database.many(query, batch)
            yield len(batch)

    @property
    def last(self) -> int:
        """The last number that the engine gave a row, 0 without any; the row may be gone."""
        return self.database.last_number(self.name, self.number) if self.number else 0

    def go_on_after(self, last: int) -> None:
        """Number new rows after `last`: ids that others keep must not come to mean new rows."""
        if self.number:
            self.database.renumber(self.name, self.number, last)


_OWN_KEYS = ", ".join(f"'{key}'" for key in (*generations.KEYS, *served.KEYS, _UNDER_WAY))
"""The keys of values that belong to one catalog alone: its search stores', and a transfer's."""


def copied(
    source: Place, target: Place, sets: Sequence[TableSet], progress: Progress
) -> dict[str, int]:
    """Copy all tables to another place, which has no articles yet; return the rows of each.

    Raises:
        CorpusError: there are articles already.
    """
    with _open(source, sets) as held, _open(target, sets) as made, _filling(made):
        filling = (
            (goal.name, goal.fill(origin.columns, origin.rows()))
            for origin, goal in zip(held, made, strict=True)
        )
        counts = _moved(filling, sum(table.count for table in held), progress)
        for origin, goal in zip(held, made, strict=True):
            goal.go_on_after(origin.last)
    return counts


def exported(
    place: Place, sets: Sequence[TableSet], folder: Path, progress: Progress
) -> dict[str, int]:
    """Write all tables to files in a new or empty folder; return the number of rows of each.

    Raises:
        CorpusError: the folder holds something, or cannot be written.
    """
    _pyarrow()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CorpusError(Reason.FOLDER_FULL(folder=str(folder)))
        with _open(place, sets) as tables:
            writing = (
                (table.name, write(folder, table.name, table.columns, table.rows()))
                for table in tables
                for write in [_write_parquet if table.name == _PASSAGES else _write_lines]
            )
            counts = _moved(writing, sum(table.count for table in tables), progress)
            numbers = {table.name: table.last for table in tables if table.number}
        told = {"versions": _versions(sets), "rows": counts, "numbers": numbers}
        head = {"format": FORMAT, **told}
        (folder / _HEAD).write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise CorpusError(Reason.FOLDER_FAILED(folder=str(folder), error=said)) from error
    return counts


def imported(
    folder: Path, place: Place, sets: Sequence[TableSet], progress: Progress
) -> dict[str, int]:
    """Read what `exported` wrote into a place without articles; return the number of rows of each.

    Raises:
        CorpusError: the folder holds no export, or a newer Griot's, or there are articles already.
    """
    _pyarrow()
    head = _head(folder)
    if head["format"] != FORMAT or head["versions"] != _versions(sets):
        raise CorpusError(Reason.OTHER_EXPORT(folder=str(folder)))
    with _open(place, sets) as tables, _filling(tables):
        filling = (
            (table.name, table.fill(table.columns, read(folder, table.name, table.columns)))
            for table in tables
            for read in [_read_parquet if table.name == _PASSAGES else _read_lines]
        )
        counts = _moved(filling, sum(head["rows"].values()), progress)
        if counts != head["rows"]:
            raise CorpusError(Reason.OTHER_EXPORT(folder=str(folder)))
        for table in tables:
            table.go_on_after(head["numbers"].get(table.name, 0))
    return counts


def _versions(sets: Sequence[TableSet]) -> dict[str, int]:
    return {each.name or "catalog": len(each.migrations) for each in sets}


def _moved(
    tables: Iterable[tuple[str, Iterator[int]]], total: int, progress: Progress
) -> dict[str, int]:
    """Move the rows of each table, as many at a time as it yields; return the number of each."""
    counts: dict[str, int] = {}
    for name, moving in tables:
        counts[name] = 0
        for count in moving:
            counts[name] += count
            progress(sum(counts.values()), total, COPYING)
    return counts


# Tables


@contextmanager
def _open(place: Place, sets: Sequence[TableSet]) -> Iterator[tuple[_Table, ...]]:
    """Open the tables of a place, the catalog's first; nobody else writes articles meanwhile."""
    with ExitStack() as stack:
        found: list[_Table] = []
        for each in sets:
            database = opened(place, each.migrations, name=each.name, patience=PATIENCE)
            stack.callback(database.close)
            found += _tables(database, each.migrations)
        stack.enter_context(found[0].database.writing(lambda: None, patience=PATIENCE))
        yield tuple(found)


def _tables(database: Database, migrations: Sequence[str]) -> Iterator[_Table]:
    """Yield the tables that migrations make, in the order of their making."""
    for migration in migrations:
        for name, columns, keyed in _TABLE.findall(migration):
            found = re.search(r"(\w+) INTEGER PRIMARY KEY", columns)
            number = found[1] if found else None
            yield _Table(database, name, number, has_key=bool(keyed))


@contextmanager
def _filling(tables: Sequence[_Table]) -> Iterator[None]:
    """Empty tables, to be filled; they count as filled at the end.

    Raises:
        CorpusError: there are articles already, and not from a try that was cut off.
    """
    catalog = tables[0].database
    begun = catalog.all("SELECT 1 FROM meta WHERE key = ?", (_UNDER_WAY,))
    if catalog.all("SELECT 1 FROM articles LIMIT 1") and not begun:
        raise CorpusError(Reason.INDEX_FULL())
    for table in tables:
        table.database.run(f"DELETE FROM {table.name}")  # noqa: S608
    catalog.run("INSERT INTO meta VALUES (?, '1')", (_UNDER_WAY,))
    yield
    catalog.run("DELETE FROM meta WHERE key = ?", (_UNDER_WAY,))


# Files


def _head(folder: Path) -> dict[str, Any]:
    try:
        head: dict[str, Any] = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        told = {name: head[name] for name in ("format", "versions", "rows")}
        return {**told, "numbers": head.get("numbers", {})}  # which an earlier Griot did not write
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(Reason.NO_EXPORT(folder=str(folder))) from error


def _write_lines(
    folder: Path, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[int]:
    with (folder / f"{table}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            named = dict(zip(columns, map(_as_json, row), strict=True))
            file.write(json.dumps(named, ensure_ascii=False) + "\n")
            yield 1


def _read_lines(folder: Path, table: str, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    path = folder / f"{table}.jsonl"
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                named = json.loads(line)
                yield [_of_json(named[column]) for column in columns]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(Reason.BROKEN_EXPORT(path=str(path))) from error


def _as_json(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _of_json(value: object) -> object:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def _pyarrow() -> Any:  # noqa: ANN401 - a module
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise CorpusError(Reason.NO_PARQUET()) from error
    return pa


def _schema(arrow: Any) -> Any:  # noqa: ANN401
    return arrow.schema(
        [
            ("id", arrow.int64()),
            ("article_id", arrow.string()),
            ("start", arrow.int64()),
            ("end", arrow.int64()),
            ("sentences", arrow.string()),
            ("vectors", arrow.binary()),
        ]
    )


def _write_parquet(
    folder: Path, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[int]:
    arrow = _pyarrow()
    given = iter(rows)
    with arrow.parquet.ParquetWriter(folder / f"{table}.parquet", _schema(arrow)) as writer:
        while batch := list(islice(given, _BATCH)):
            named = [dict(zip(columns, row, strict=True)) for row in batch]
            writer.write_table(arrow.Table.from_pylist(named, schema=_schema(arrow)))
            yield len(batch)


def _read_parquet(folder: Path, table: str, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    arrow = _pyarrow()
    path = folder / f"{table}.parquet"
    try:
        with closing(arrow.parquet.ParquetFile(path)) as file:
            for batch in file.iter_batches(_BATCH):
                for named in batch.to_pylist():
                    yield [named[column] for column in columns]
    except (OSError, KeyError, arrow.ArrowException) as error:
        raise CorpusError(Reason.BROKEN_EXPORT(path=str(path))) from error
