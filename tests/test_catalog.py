import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from rag.catalog import SCHEMA_VERSION, Catalog, Identity, Source, StoredPassage
from rag.errors import IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.passages import Cut
from rag.types import Article, Passage, Span


def article(
    name: str = "a.txt", text: str = "Rain fell. It stopped.", digest: str = "1"
) -> Article:
    return Article(
        id=name,
        url=None,
        title="Rain",
        outlet="Post",
        published=date(2025, 6, 24),
        text=text,
        content_hash=digest,
    )


def cuts(name: str = "a.txt") -> tuple[Cut, ...]:
    return (
        Cut(Passage(name, 0, 10), (Span(0, 10),)),
        Cut(Passage(name, 11, 22), (Span(11, 22),)),
    )


def source(path: str, **known: object) -> Source:
    return Source(path=path, location=path, size=1, mtime_ns=2, **known)


@pytest.fixture
def catalog(tmp_path: Path):
    made = Catalog(tmp_path / "catalog.sqlite")
    yield made
    made.close()


def test_an_article_comes_back(catalog: Catalog) -> None:
    """What is stored is what was given, passages and sentences included."""
    catalog.put_article(article(), "a.txt", cuts())
    assert catalog.article("a.txt") == article()
    assert catalog.identity("a.txt") == Identity("a.txt", "1")
    assert catalog.passages([1, 2, 3]) == {
        number: StoredPassage(number, one.passage, one.sentences, None)
        for number, one in enumerate(cuts(), start=1)
    }


def test_replacing_gives_new_passages(catalog: Catalog) -> None:
    """Storing an article again replaces its passages, whose ids are never given twice."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.put_article(article(digest="2"), "a.txt", cuts()[:1])
    assert (catalog.counts(), catalog.passage_ids()) == ((1, 1, 3), {3})
    assert catalog.outbox() == ((3,), (1, 2))


def test_ids_are_not_given_twice_after_removal(catalog: Catalog) -> None:
    """Ids go on counting when every passage is gone."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.remove_article("a.txt")
    catalog.clear_outbox()
    catalog.put_article(article(), "a.txt", cuts())
    assert catalog.outbox() == ((3, 4), ())


def test_vectors_are_asked_for_once(catalog: Catalog) -> None:
    """Passages without vectors are told until they have some, and again when all are dropped."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.put_vectors([(1, b"one")])
    told = [(catalog.unembedded(9), catalog.unembedded_count())]
    catalog.drop_vectors()
    assert [*told, (catalog.unembedded(1), catalog.unembedded_count())] == [((2,), 1), ((1,), 2)]


def test_sources_come_back(catalog: Catalog) -> None:
    """A file comes back as it was recorded, whatever its time and the reasons in it."""
    known = {
        "a": source("a"),
        "b": Source(
            path="b",
            location="l",
            size=0,
            mtime_ns=2**65,
            skipped=(("b#1", "no text"),),
            stale=True,
        ),
    }
    for one in known.values():
        catalog.put_source(one)
    assert catalog.sources() == known


def test_removing_an_article_wakes_its_copies(catalog: Catalog) -> None:
    """A file with a copy is read again once the article it lost to is removed."""
    catalog.put_article(article(), "first", cuts())
    for path in ("first", "second", "third"):
        catalog.put_source(source(path))
    catalog.put_copies("second", ["a.txt"])
    catalog.remove_source("first")
    assert catalog.sources() == {"second": source("second", stale=True), "third": source("third")}


def test_lines_are_counted_over_pages_that_differ(catalog: Catalog) -> None:
    """A line is repeated where pages that differ have it; copies of a page count once."""
    for path, body in (("a", "1"), ("b", "2"), ("c", "2")):
        catalog.put_edge_lines(path, {("Share", body), (f"{path}!", body)})
    assert (catalog.repeated_lines(pages=2), catalog.repeated_lines(pages=3)) == ({"Share"}, set())
    assert catalog.sources_with({"Share", "b!"}) == {"a", "b", "c"}
    catalog.put_edge_lines("b", ())
    assert catalog.sources_with({"Share"}) == {"a", "c"}


def test_a_transaction_is_whole(catalog: Catalog) -> None:
    """What fails within a transaction leaves nothing behind, in the nested ones neither."""

    def put_in_vain() -> None:
        with catalog.transaction():
            catalog.put_article(article(), "a.txt", cuts())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_in_vain()
    assert catalog.counts() == (0, 0, 0)


def test_another_connection_reads_during_a_transaction(tmp_path: Path, catalog: Catalog) -> None:
    """A reader sees the last commit, and does not wait for the writer."""
    other = Catalog(tmp_path / "catalog.sqlite")
    with catalog.transaction():
        catalog.put_article(article(), "a.txt", cuts())
        during = other.article_ids()
    assert (during, other.article_ids()) == ((), ("a.txt",))
    other.close()


def test_threads_share_a_catalog(catalog: Catalog) -> None:
    """Threads write through one catalog without losing anything."""

    def put(number: int) -> None:
        with catalog.transaction():
            catalog.bump("counter")
            catalog.put_article(article(f"{number}.txt"), f"{number}.txt", ())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(40)))
    assert (catalog.get("counter"), catalog.counts()) == ("40", (40, 0, 0))


def test_processes_make_one_catalog(tmp_path: Path) -> None:
    """Processes that open a new folder at once make one catalog, and none fails."""
    code = (
        "import sys; from pathlib import Path; from rag.catalog import Catalog\n"
        "c = Catalog(Path(sys.argv[1])); sys.stdin.read(1); print(c.bump('n')); c.close()"
    )
    path = str(tmp_path / "catalog.sqlite")
    many = [
        subprocess.Popen(
            [sys.executable, "-c", code, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    said = [process.communicate("x")[0] for process in many]
    assert sorted(said) == [f"{number}\n" for number in range(1, 6)]


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    """Closing folds the log into the catalog; closing twice does no harm."""
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.put("key", "value")
    catalog.close()
    catalog.close()
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite"]


def test_a_newer_catalog_is_left_alone(tmp_path: Path) -> None:
    """A catalog of a newer Griot is refused, with what to do."""
    path = tmp_path / ".griot"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(IndexMismatch, match=r"newer Griot; upgrade Griot, or delete that folder"):
        Catalog(path)


@pytest.mark.parametrize("damage", ["head", "tail", "garbage"])
def test_a_damaged_catalog_is_named(tmp_path: Path, damage: str) -> None:
    """A catalog that cannot be read is named, with what to do."""
    path = tmp_path / "catalog.sqlite"
    whole = Catalog(path)
    whole.put_article(article(text="Rain fell. It stopped. " * 900), "a.txt", cuts())
    whole.close()
    content = path.read_bytes()
    hurt = {"head": content[100:], "tail": content[:6000], "garbage": b"not a database" * 99}
    path.write_bytes(hurt[damage])
    with pytest.raises(
        IndexDamaged,
        match=rf"catalog.sqlite is damaged .*; delete the folder {tmp_path} and run: griot index$",
    ):
        tuple(Catalog(path).articles())


def test_no_folder_for_the_catalog(tmp_path: Path) -> None:
    """Where the file cannot be made, the message says what to look at."""
    with pytest.raises(StorageFull, match=r"^cannot write to .*; check its permissions"):
        Catalog(tmp_path / "missing" / "catalog.sqlite")


def test_a_locked_catalog_is_named(tmp_path: Path, catalog: Catalog) -> None:
    """A writer who waits in vain says that another one is writing."""
    impatient = Catalog(tmp_path / "catalog.sqlite", patience=0.1)
    with catalog.transaction(), pytest.raises(IndexLocked, match=r"^another griot is writing to "):
        impatient.put("key", "value")
    impatient.close()


def test_a_slip_is_no_damage(catalog: Catalog) -> None:
    """Using a closed catalog is the program's slip, and no reason to delete anything."""
    catalog.close()
    with pytest.raises(sqlite3.ProgrammingError):
        catalog.counts()
