import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rag.errors import IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.index.catalog import Catalog
from rag.index.tables import Tables

NOTES = ("CREATE TABLE notes (text TEXT);\nCREATE INDEX notes_text ON notes (text);\n",)
DATED = (*NOTES, "ALTER TABLE notes ADD COLUMN day TEXT;\n")


class Notes(Tables):
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


@pytest.fixture
def notes(path: Path):
    with closing(Notes(path)) as made:
        yield made


def versions(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """SQLite's own version, and those of the sets with a name."""
    with closing(sqlite3.connect(path)) as db:
        ((own,),) = db.execute("PRAGMA user_version").fetchall()
        return own, db.execute("SELECT name, version FROM schemas").fetchall()


# Sets of tables, and their versions


def test_two_sets_of_tables_live_in_one_file(path: Path) -> None:
    """A set with a name lives beside the catalog, whichever came first; each has its version."""
    for first, second in ((Notes, Catalog), (Catalog, Notes)):
        with closing(first(path)) as one, closing(second(path)) as other:
            catalog, notes = (one, other) if first is Catalog else (other, one)
            catalog.put("key", "value")
            notes.put("Rain fell.")
            assert (catalog.get("key"), notes.texts()) == ("value", ["Rain fell."])
        with closing(Catalog(path)) as again, closing(sqlite3.connect(path)) as db:
            own = db.execute("PRAGMA user_version").fetchone()[0]
            assert (again.get("key"), versions(path)) == ("value", (own, [("notes", 1)]))
        path.unlink()


def test_a_set_is_migrated(path: Path) -> None:
    """A further migration changes the tables of its own set, and keeps what they hold."""
    with closing(Notes(path)) as notes:
        notes.put("Rain fell.")
    with closing(Notes(path, DATED)) as notes:
        assert (notes.texts(), notes.columns()) == (["Rain fell."], ["text", "day"])
    assert versions(path) == (0, [("notes", 2)])


def test_a_migration_is_whole(path: Path) -> None:
    """Where one statement fails, the tables are as they were, and so is the version."""
    Notes(path).close()
    with pytest.raises(IndexDamaged):
        Notes(path, (*DATED, "ALTER TABLE elsewhere ADD COLUMN day TEXT;\n"))
    with closing(Notes(path)) as notes:
        assert notes.columns() == ["text"]


def test_a_newer_set_is_left_alone(path: Path) -> None:
    """A newer Griot's set is refused, with what to do; the catalog beside it still opens."""
    Notes(path, DATED).close()
    with pytest.raises(IndexMismatch, match=r"newer Griot; upgrade Griot, or delete that folder"):
        Notes(path)
    with closing(Catalog(path)) as catalog:
        assert catalog.article_ids() == ()


# Transactions


def test_a_transaction_is_whole(notes: Notes) -> None:
    """A failed transaction leaves nothing behind, nor do the nested ones."""
    with suppress(ZeroDivisionError), notes.transaction():
        with notes.transaction():
            notes.put("Rain fell.")
        raise ZeroDivisionError
    assert notes.texts() == []


def test_another_connection_reads_during_a_transaction(path: Path, notes: Notes) -> None:
    """A reader sees the last commit, and does not wait for the writer."""
    with closing(Notes(path)) as other:
        with notes.transaction():
            notes.put("Rain fell.")
            during = other.texts()
        assert (during, other.texts()) == ([], ["Rain fell."])


def test_transactions_follow_each_other(path: Path) -> None:
    """Threads and connections write without losing anything, though they read before they write."""
    many = 20

    def count(catalog: Catalog) -> None:
        for _ in range(many):
            with catalog.transaction():
                catalog.put("counter", str(int(catalog.get("counter") or 0) + 1))

    with closing(Catalog(path)) as one, closing(Catalog(path)) as other:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, (one, one, other, other)))
        assert one.get("counter") == str(4 * many)


def test_processes_make_one_file(path: Path) -> None:
    """Processes that open a new folder at once make one catalog, and none fails."""
    code = (
        "import sys; from pathlib import Path; from rag.index.catalog import Catalog\n"
        "catalog = Catalog(Path(sys.argv[1])); sys.stdin.read(1)\n"
        "catalog.put(sys.argv[2], '1'); catalog.close()"
    )
    many = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name], stdin=subprocess.PIPE)
        for name in "abcde"
    ]
    for process in many:
        process.communicate(b"x")
    with closing(Catalog(path)) as catalog:
        assert [catalog.get(name) for name in "abcde"] == ["1"] * 5


def test_a_write_waits_for_the_transaction_of_another_connection(path: Path) -> None:
    """While one connection is in its transaction, the other's write waits, and then succeeds."""
    with closing(Catalog(path)) as catalog, closing(Notes(path)) as notes:
        waiting = threading.Thread(target=notes.put, args=("Rain fell.",))
        with catalog.transaction():
            catalog.put("key", "value")
            waiting.start()
            waiting.join(0.1)
            waits = waiting.is_alive()
        waiting.join()
        assert (waits, notes.texts(), catalog.get("key")) == (True, ["Rain fell."], "value")


def test_a_write_that_waits_in_vain_says_so(path: Path, notes: Notes) -> None:
    """Past its patience, a write says that another one is writing."""
    with closing(Notes(path, patience=0.05)) as impatient:
        with (
            notes.transaction(),
            pytest.raises(IndexLocked, match=r"^another griot is writing to "),
        ):
            impatient.put("Rain fell.")
        impatient.put("It stopped.")
        assert impatient.texts() == ["It stopped."]


# The file


def test_closing_leaves_one_file(path: Path) -> None:
    """Closing folds the log into the file; closing twice does no harm."""
    notes = Notes(path)
    notes.put("Rain fell.")
    notes.close()
    notes.close()
    assert [each.name for each in path.parent.iterdir()] == ["catalog.sqlite"]


@pytest.mark.parametrize("damage", ["head", "tail", "garbage"])
def test_a_damaged_file_is_named(path: Path, damage: str) -> None:
    """A file that cannot be read is named, with what to do."""
    with closing(Notes(path)) as notes:
        notes.put("Rain fell. It stopped. " * 900)
    content = path.read_bytes()
    hurt = {"head": content[100:], "tail": content[:6000], "garbage": b"not a database" * 99}
    path.write_bytes(hurt[damage])
    remedy = f"delete the folder {path.parent} and run: griot index"
    with pytest.raises(IndexDamaged, match=rf"sqlite is damaged .*; {remedy}$"):
        Notes(path).texts()


def test_no_folder_for_the_file(tmp_path: Path) -> None:
    """Where the file cannot be made, the message says what to look at."""
    with pytest.raises(StorageFull, match=r"^cannot write to .*; check its permissions"):
        Notes(tmp_path / "missing" / "catalog.sqlite")


def test_a_slip_is_no_damage(notes: Notes) -> None:
    """Using a closed file is the program's slip, and no reason to delete anything."""
    notes.close()
    with pytest.raises(sqlite3.ProgrammingError):
        notes.texts()


def test_a_lock_ends_with_its_process(path: Path) -> None:
    """Waiting for a lock in vain is an error; the lock is free once its process is killed."""
    waited = []
    code = (
        "import sys; from pathlib import Path; from rag.index.catalog import Catalog\n"
        "with Catalog(Path(sys.argv[1])).writing(list, patience=0):\n"
        "    print('held', flush=True); input()"
    )

    def lock(patience: float) -> None:
        with (
            closing(Catalog(path)) as catalog,
            catalog.writing(lambda: waited.append(True), patience=patience),
        ):
            pass

    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(IndexLocked, match=r"^another griot is writing to .*; try again"):
            lock(0.15)
        other.kill()
    lock(0)
    assert waited
