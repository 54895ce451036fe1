import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import IndexDamaged, IndexLocked, IndexMismatch
from rag.index.sqlite import Database
from rag.index.sqlite_catalog import SqliteCatalog

NOTES = ("CREATE TABLE notes (text TEXT);\nCREATE INDEX notes_text ON notes (text);\n",)
DATED = (*NOTES, "ALTER TABLE notes ADD COLUMN day TEXT;\n")


class Notes(Database):
    """Lines of text, in a set of tables with a name."""

    def __init__(self, path: Path, migrations: Sequence[str] = NOTES, **more: float) -> None:
        super().__init__(path, migrations, name="notes", **more)

    def put(self, *texts: str) -> None:
        self._many("INSERT INTO notes (text) VALUES (?)", [(text,) for text in texts])

    def texts(self) -> list[str]:
        return [text for (text,) in self._all("SELECT text FROM notes ORDER BY text")]

    def columns(self) -> list[str]:
        return [row[1] for row in self._all("PRAGMA table_info (notes)")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


def versions(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """SQLite's own version, and those of the sets with a name."""
    with closing(sqlite3.connect(path)) as db:
        ((own,),) = db.execute("PRAGMA user_version").fetchall()
        return own, db.execute("SELECT name, version FROM schemas").fetchall()


def test_two_sets_of_tables_live_in_one_file(path: Path) -> None:
    """A set with a name lives beside the catalog, whichever came first; each has its version."""
    for first, second in ((Notes, SqliteCatalog), (SqliteCatalog, Notes)):
        with closing(first(path)) as one, closing(second(path)) as other:
            catalog, notes = (one, other) if first is SqliteCatalog else (other, one)
            catalog.put("key", "value")
            notes.put("Rain fell.")
            assert (catalog.get("key"), notes.texts()) == ("value", ["Rain fell."])
        with closing(SqliteCatalog(path)) as again, closing(sqlite3.connect(path)) as db:
            own = db.execute("PRAGMA user_version").fetchone()[0]
            assert (again.get("key"), versions(path)) == ("value", (own, [("notes", 1)]))
        path.unlink()


def test_a_set_with_a_name_is_migrated(path: Path) -> None:
    """A further migration changes the tables of its own set, and keeps what they hold."""
    with closing(Notes(path)) as notes:
        notes.put("Rain fell.")
    with closing(Notes(path, DATED)) as notes:
        assert (notes.texts(), notes.columns()) == (["Rain fell."], ["text", "day"])
    assert versions(path) == (0, [("notes", 2)])


def test_a_failed_migration_of_a_set_with_a_name_leaves_nothing(path: Path) -> None:
    """Where one statement fails, the tables are as they were, and so is the version."""
    Notes(path).close()
    with pytest.raises(IndexDamaged):
        Notes(path, (*DATED, "ALTER TABLE elsewhere ADD COLUMN day TEXT;\n"))
    with closing(Notes(path)) as notes:
        assert notes.columns() == ["text"]


def test_a_newer_set_with_a_name_is_left_alone(path: Path) -> None:
    """What a newer Griot made is refused, with what to do; the catalog beside it still opens."""
    Notes(path, DATED).close()
    with pytest.raises(IndexMismatch, match=r"newer Griot; upgrade Griot, or delete that folder"):
        Notes(path)
    with closing(SqliteCatalog(path)) as catalog:
        assert catalog.article_ids() == ()


def test_a_write_waits_for_the_transaction_of_another_connection(path: Path) -> None:
    """While one connection is in its transaction, the other's write waits, and then succeeds."""
    with closing(SqliteCatalog(path)) as catalog, closing(Notes(path)) as notes:
        waiting = threading.Thread(target=notes.put, args=("Rain fell.",))
        with catalog.transaction():
            catalog.put("key", "value")
            waiting.start()
            waiting.join(0.1)
            waits = waiting.is_alive()
        waiting.join()
        assert (waits, notes.texts(), catalog.get("key")) == (True, ["Rain fell."], "value")


def test_a_transaction_waits_for_the_transaction_of_another_connection(path: Path) -> None:
    """Transactions of two connections follow each other, though they read before they write."""
    many = 20

    def count(catalog: SqliteCatalog) -> None:
        for _ in range(many):
            catalog.bump("counter")

    with closing(SqliteCatalog(path)) as one, closing(SqliteCatalog(path)) as other:
        threads = [threading.Thread(target=count, args=(each,)) for each in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.get("counter") == str(2 * many)


def test_a_write_that_waits_in_vain_says_so(path: Path) -> None:
    """Past its patience, a write says that another one is writing."""
    with closing(SqliteCatalog(path)) as catalog, closing(Notes(path, patience=0.05)) as notes:
        with catalog.transaction(), pytest.raises(IndexLocked, match="another griot is writing"):
            notes.put("Rain fell.")
        notes.put("It stopped.")
        assert notes.texts() == ["It stopped."]
