import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rag.errors import AnswerNotFound, IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.index.answers import Version, as_kept
from rag.index.sqlite_catalog import (
    FILE,
    SCHEMA_VERSION,
    Extent,
    Identity,
    Source,
    SqliteCatalog,
    StoredPassage,
)
from rag.library import Library
from rag.reasons import Reason
from rag.text.passages import Cut
from rag.types import Answer, Article, Citation, Claim, Outcome, Passage, Span


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
    made = SqliteCatalog(tmp_path / "catalog.sqlite")
    yield made
    made.close()


def test_an_article_comes_back(catalog: SqliteCatalog) -> None:
    """What is stored is what was given, passages and sentences included."""
    catalog.put_article(article(), "a.txt", cuts())
    assert catalog.article("a.txt") == article()
    assert catalog.identity("a.txt") == Identity("a.txt", "1")
    assert catalog.passages([1, 2, 3]) == {
        number: StoredPassage(number, one.passage, one.sentences, None)
        for number, one in enumerate(cuts(), start=1)
    }


def test_replacing_gives_new_passages(catalog: SqliteCatalog) -> None:
    """Storing an article again replaces its passages, whose ids are never given twice."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.put_article(article(digest="2"), "a.txt", cuts()[:1])
    assert (catalog.counts(), catalog.passage_ids()) == ((1, 1, 3), {3})
    assert catalog.outbox() == ((3,), (1, 2))


def test_ids_are_not_given_twice_after_removal(catalog: SqliteCatalog) -> None:
    """Ids go on counting when every passage is gone."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.remove_article("a.txt")
    catalog.clear_outbox()
    catalog.put_article(article(), "a.txt", cuts())
    assert catalog.outbox() == ((3, 4), ())


def test_vectors_are_asked_for_once(catalog: SqliteCatalog) -> None:
    """Passages without vectors are told until they have some, and again when all are dropped."""
    catalog.put_article(article(), "a.txt", cuts())
    catalog.put_vectors([(1, b"one")])
    told = [(catalog.unembedded(9), catalog.unembedded_counts())]
    catalog.drop_vectors()
    assert [*told, (catalog.unembedded(1), catalog.unembedded_counts())] == [
        ((2,), (1, 1)),
        ((1,), (2, 1)),
    ]


def test_sources_come_back(catalog: SqliteCatalog) -> None:
    """A file comes back as it was recorded, whatever its time and the reasons in it."""
    known = {
        "a": source("a"),
        "b": Source(
            path="b",
            location="l",
            size=0,
            mtime_ns=2**65,
            skipped=(("b#1", Reason.COPY(article="a", where="b")),),
            stale=True,
        ),
    }
    for one in known.values():
        catalog.put_source(one)
    assert catalog.sources() == known


def test_removing_an_article_wakes_its_copies(catalog: SqliteCatalog) -> None:
    """A file with a copy is read again once the article it lost to is removed."""
    catalog.put_article(article(), "first", cuts())
    for path in ("first", "second", "third"):
        catalog.put_source(source(path))
    catalog.put_copies("second", ["a.txt"])
    catalog.remove_source("first")
    assert catalog.sources() == {"second": source("second", stale=True), "third": source("third")}


def test_lines_are_counted_over_pages_that_differ(catalog: SqliteCatalog) -> None:
    """A line is repeated where pages that differ have it; copies of a page count once."""
    for path, body in (("a", "1"), ("b", "2"), ("c", "2")):
        catalog.put_edge_lines(path, {("Share", body), (f"{path}!", body)})
    assert (catalog.repeated_lines(pages=2), catalog.repeated_lines(pages=3)) == ({"Share"}, set())
    assert catalog.sources_with({"Share", "b!"}) == {"a", "b", "c"}
    catalog.put_edge_lines("b", ())
    assert catalog.sources_with({"Share"}) == {"a", "c"}


def answered(question: str = "Did it rain?") -> Answer:
    rain = Citation(article(), 0, 10, "Rain fell.")
    answer = Answer(
        when=datetime(2025, 7, 1, 9, 30, tzinfo=UTC),
        question=question,
        standalone_question=question,
        outcome=Outcome.ANSWERED,
        claims=(Claim(text="Rain fell.", citations=(rain,), support=1.0),),
    )
    return as_kept(answer)


def test_an_answer_comes_back(catalog: SqliteCatalog) -> None:
    """An answer is kept under an id of its own, and found by it or by how it begins."""
    kept = catalog.put_answer(answered())
    assert kept == replace(answered(), id=kept.id)
    assert [catalog.answer(name) for name in (kept.id, kept.id[:3], f" {kept.id.upper()} ")] == [
        kept
    ] * 3


def test_the_last_answers_come_first(catalog: SqliteCatalog) -> None:
    """As many as are wanted, whole, newest first."""
    first, second, third = (catalog.put_answer(answered(f"{n}?")) for n in range(3))
    assert (catalog.last_answers(2), catalog.last_answers(9)) == (
        (third, second),
        (third, second, first),
    )


def test_an_answer_that_is_not_there_is_named(catalog: SqliteCatalog) -> None:
    """An id that no answer has is told, with what lists the ids."""
    with pytest.raises(AnswerNotFound, match=r"^no answer is kept under '%'; griot answers lists"):
        catalog.answer("%")


def test_an_id_that_several_begin_with_is_not_enough(catalog: SqliteCatalog) -> None:
    """Where several ids begin so, some of them are told, newest first, and what to do."""
    ids = [catalog.put_answer(answered()).id for _ in range(6)][::-1]
    said = f"6 answers' ids begin with '': {', '.join(ids[:5])}, …; give more of the id"
    with pytest.raises(AnswerNotFound) as told:
        catalog.answer("")
    assert str(told.value) == said


def test_threads_keep_answers_at_once(catalog: SqliteCatalog) -> None:
    """Answers that are kept at once each get an id of their own, and none is lost."""
    with ThreadPoolExecutor(4) as pool:
        ids = {kept.id for kept in pool.map(catalog.put_answer, [answered()] * 40)}
    assert (len(ids), {kept.id for kept in catalog.last_answers(50)}) == (40, ids)


def test_an_answer_knows_what_became_of_its_articles(tmp_path: Path) -> None:
    """An article that was cited is as it was, or has changed, or is gone; the quote stays."""
    with Library.open(tmp_path) as library, closing(SqliteCatalog(tmp_path / FILE)) as catalog:
        kept = catalog.put_answer(answered())
        seen = [library.trace(kept.id)]
        for digest in ("1", "2"):
            catalog.put_article(article(text="Snow fell.", digest=digest), "a.txt", ())
            seen.append(library.trace(kept.id))
    (edition,) = kept.articles
    assert seen == [
        (kept, {edition: version}) for version in (Version.GONE, Version.CURRENT, Version.CHANGED)
    ]


VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (
    path TEXT PRIMARY KEY, location TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns TEXT NOT NULL,
    skipped TEXT NOT NULL, stale INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE copies (
    article_id TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (article_id, source)
) WITHOUT ROWID;
CREATE INDEX copies_source ON copies (source);
CREATE TABLE articles (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, url TEXT, title TEXT NOT NULL, outlet TEXT,
    published TEXT, text TEXT NOT NULL, content_hash TEXT NOT NULL
);
CREATE INDEX articles_source ON articles (source);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, sentences TEXT NOT NULL, vectors BLOB
);
CREATE INDEX passages_article ON passages (article_id);
CREATE INDEX passages_unembedded ON passages (id) WHERE vectors IS NULL;
CREATE TABLE edge_lines (
    line TEXT NOT NULL, source TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (line, source, body)
) WITHOUT ROWID;
CREATE INDEX edge_lines_source ON edge_lines (source);
CREATE TABLE outbox (passage_id INTEGER PRIMARY KEY, gone INTEGER NOT NULL);
INSERT INTO articles VALUES (
    'a.txt', 'a.txt', NULL, 'Rain', 'Post', '2025-06-24', 'Rain fell. It stopped.', '1'
);
INSERT INTO sources VALUES ('b.json', 'b.json', 9, '10', '[["b.json#1", "no text"]]', 0);
INSERT INTO passages VALUES (7, 'a.txt', 0, 10, '[[0, 10]]', NULL);
INSERT INTO outbox VALUES (7, 0);
PRAGMA user_version = 1;
"""


def version_1(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)
    return path


def test_a_catalog_from_before_answers_were_kept_learns_to_keep_them(tmp_path: Path) -> None:
    """A catalog at version 1 keeps what it has, and answers from then on."""
    path = version_1(tmp_path / "catalog.sqlite")
    with closing(SqliteCatalog(path)) as migrated:
        kept = migrated.put_answer(answered())
        assert (migrated.article("a.txt"), migrated.counts()) == (article(), (1, 1, 1))
    with closing(SqliteCatalog(path)) as again:
        assert (again.answer(kept.id), again.outbox()) == (kept, ((7,), ()))


def test_a_file_that_was_skipped_for_a_reason_in_english_is_read_again(tmp_path: Path) -> None:
    """From version 4 on, the reason is kept as data."""
    with closing(SqliteCatalog(version_1(tmp_path / "catalog.sqlite"))) as migrated:
        (source,) = migrated.sources().values()
        assert (source.skipped, source.stale) == ((), True)


def test_a_migration_is_whole(tmp_path: Path) -> None:
    """A migration that fails leaves the catalog at its version."""
    path = version_1(tmp_path / "catalog.sqlite")
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE answers (other TEXT)")
    with pytest.raises(IndexDamaged):
        SqliteCatalog(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_new_catalog_has_what_a_migrated_one_has(tmp_path: Path) -> None:
    """Made anew or migrated, a catalog has the same tables."""
    paths = (tmp_path / "new.sqlite", version_1(tmp_path / "old.sqlite"))
    for path in paths:
        SqliteCatalog(path).close()
    assert tables(paths[0]) == tables(paths[1])


def tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT name, sql FROM sqlite_master"))


def test_a_transaction_is_whole(catalog: SqliteCatalog) -> None:
    """What fails within a transaction leaves nothing behind, in the nested ones neither."""

    def put_in_vain() -> None:
        with catalog.transaction():
            catalog.put_article(article(), "a.txt", cuts())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_in_vain()
    assert catalog.counts() == (0, 0, 0)


def test_another_connection_reads_during_a_transaction(
    tmp_path: Path, catalog: SqliteCatalog
) -> None:
    """A reader sees the last commit, and does not wait for the writer."""
    other = SqliteCatalog(tmp_path / "catalog.sqlite")
    with catalog.transaction():
        catalog.put_article(article(), "a.txt", cuts())
        during = other.article_ids()
    assert (during, other.article_ids()) == ((), ("a.txt",))
    other.close()


def test_threads_share_a_catalog(catalog: SqliteCatalog) -> None:
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
        "import sys; from pathlib import Path; from rag.index.sqlite_catalog import SqliteCatalog\n"
        "c = SqliteCatalog(Path(sys.argv[1])); sys.stdin.read(1); print(c.bump('n')); c.close()"
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
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
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
        SqliteCatalog(path)


@pytest.mark.parametrize("damage", ["head", "tail", "garbage"])
def test_a_damaged_catalog_is_named(tmp_path: Path, damage: str) -> None:
    """A catalog that cannot be read is named, with what to do."""
    path = tmp_path / "catalog.sqlite"
    whole = SqliteCatalog(path)
    whole.put_article(article(text="Rain fell. It stopped. " * 900), "a.txt", cuts())
    whole.close()
    content = path.read_bytes()
    hurt = {"head": content[100:], "tail": content[:6000], "garbage": b"not a database" * 99}
    path.write_bytes(hurt[damage])
    with pytest.raises(
        IndexDamaged,
        match=rf"catalog.sqlite is damaged .*; delete the folder {tmp_path} and run: griot index$",
    ):
        tuple(SqliteCatalog(path).articles())


def test_no_folder_for_the_catalog(tmp_path: Path) -> None:
    """Where the file cannot be made, the message says what to look at."""
    with pytest.raises(StorageFull, match=r"^cannot write to .*; check its permissions"):
        SqliteCatalog(tmp_path / "missing" / "catalog.sqlite")


def test_a_locked_catalog_is_named(tmp_path: Path, catalog: SqliteCatalog) -> None:
    """A writer who waits in vain says that another one is writing."""
    impatient = SqliteCatalog(tmp_path / "catalog.sqlite", patience=0.1)
    with catalog.transaction(), pytest.raises(IndexLocked, match=r"^another griot is writing to "):
        impatient.put("key", "value")
    impatient.close()


def test_a_slip_is_no_damage(catalog: SqliteCatalog) -> None:
    """Using a closed catalog is the program's slip, and no reason to delete anything."""
    catalog.close()
    with pytest.raises(sqlite3.ProgrammingError):
        catalog.counts()


def test_beginnings_come_from_all_over_the_catalog(catalog: SqliteCatalog) -> None:
    """A few articles' first characters, spread evenly; all of them where there are few."""
    for number in range(40):
        catalog.put_article(article(f"{number:02}.txt", f"Text {number:02}. More."), "a.txt", ())
    assert catalog.beginnings(4, 7) == ("Text 00", "Text 10", "Text 20", "Text 30")
    assert len(catalog.beginnings(100, 7)) == 40
    for number in range(40):
        catalog.remove_article(f"{number:02}.txt")
    assert catalog.beginnings(4, 7) == ()


def test_the_newest_come_first_and_undated_ones_last(catalog: SqliteCatalog) -> None:
    """Articles are listed by their dates without their texts; the extent names the outermost."""
    assert catalog.extent() == Extent(0, None, None)
    days = {"a.txt": date(2025, 6, 24), "b.txt": None, "c.txt": date(2025, 7, 1)}
    for name, day in days.items():
        catalog.put_article(replace(article(name, "Text."), published=day), name, ())
    assert [one.id for one in catalog.newest(3)] == ["c.txt", "a.txt", "b.txt"]
    assert [one.published for one in catalog.newest(1)] == [date(2025, 7, 1)]
    assert catalog.extent() == Extent(3, date(2025, 6, 24), date(2025, 7, 1))
