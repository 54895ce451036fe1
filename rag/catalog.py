"""The catalog: one SQLite file with sources, articles, passages and vectors; the source of truth.

What the derived stores (Tantivy, Chroma) still have to do stands in `outbox`, written in the same
transaction as the passages themselves. Doing it twice does no harm, so a kill between the stores'
commit and the outbox's costs a repetition and nothing else. Passage ids are never given twice.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import GriotError, IndexDamaged, IndexLocked, IndexMismatch, StorageFull
from rag.passages import Cut
from rag.types import Article, Passage, Span

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (
    path TEXT PRIMARY KEY, location TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    skipped TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
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
CREATE TABLE edge_lines (
    line TEXT NOT NULL, article_id TEXT NOT NULL, PRIMARY KEY (line, article_id)
) WITHOUT ROWID;
CREATE INDEX edge_lines_article ON edge_lines (article_id);
CREATE TABLE outbox (passage_id INTEGER PRIMARY KEY, gone INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was when it was last read. `skipped` holds a reason a line, mostly none."""

    path: str
    location: str
    size: int
    mtime_ns: int
    skipped: tuple[tuple[str, str], ...] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its id, its sentences and, once embedded, its packed vectors."""

    id: int
    passage: Passage
    sentences: tuple[Span, ...]
    vectors: bytes | None


@dataclass(frozen=True, slots=True)
class Task:
    """What the derived stores have still to do for a passage: hold it, or forget it."""

    passage_id: int
    gone: bool


class Catalog:
    """The catalog of one index folder. Safe to share between threads.

    Raises `IndexDamaged`, `IndexMismatch` (a newer schema), `IndexLocked` and `StorageFull`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        with translated(path):
            self._db = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._migrate()

    def close(self) -> None:
        """Release the file. Closing twice does no harm."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all of what happens inside, or nothing. Nesting joins the outer transaction."""
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

    # What the index remembers of itself

    def get(self, key: str) -> str | None:
        """Give a remembered value, None if there is none."""
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def bump(self, key: str) -> int:
        """Raise a counter by one and give its new value."""
        with self.transaction():
            value = int(self.get(key) or 0) + 1
            self.put(key, str(value))
            return value

    # Sources

    def sources(self) -> dict[str, Source]:
        """Give every file that was read, by path."""
        return {row[0]: _source(row) for row in self._all(f"SELECT {_SOURCE} FROM sources")}  # noqa: S608

    def source(self, path: str) -> Source | None:
        """Give a file that was read, None if it was not."""
        row = self._one(f"SELECT {_SOURCE} FROM sources WHERE path = ?", (path,))  # noqa: S608
        return None if row is None else _source(row)

    def put_source(self, source: Source) -> None:
        """Record that a file was read."""
        self._run(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?)",
            (
                source.path,
                source.location,
                source.size,
                source.mtime_ns,
                json.dumps(source.skipped, ensure_ascii=False),
                source.stale,
            ),
        )

    def mark_stale(self, paths: Iterable[str]) -> None:
        """Have files read again by the next run, though they did not change."""
        self._many("UPDATE sources SET stale = 1 WHERE path = ?", [(path,) for path in paths])

    def remove_source(self, path: str) -> tuple[str, ...]:
        """Forget a file and its articles; give the articles' ids."""
        with self.transaction():
            gone = self.articles_of(path)
            for article_id in gone:
                self.remove_article(article_id)
            self._run("DELETE FROM sources WHERE path = ?", (path,))
            return gone

    def repeated_lines(self, *, articles: int) -> frozenset[str]:
        """Give the edge lines that at least that many articles have in common."""
        query = "SELECT line FROM edge_lines GROUP BY line HAVING count(*) >= ?"
        return frozenset(line for (line,) in self._all(query, (articles,)))

    def sources_with(self, lines: Collection[str]) -> frozenset[str]:
        """Give the paths of the files with an article that has any of these edge lines."""
        query = (
            "SELECT source FROM edge_lines JOIN articles ON articles.id = article_id WHERE line = ?"
        )
        return frozenset(path for line in lines for (path,) in self._all(query, (line,)))

    # Articles

    def put_article(
        self, article: Article, source: str, cuts: Sequence[Cut], edge_lines: Collection[str]
    ) -> None:
        """Store an article, its passages and its edge lines in place of what had its id before."""
        with self.transaction():
            self.remove_article(article.id)
            self._run(
                "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    source,
                    article.url,
                    article.title,
                    article.outlet,
                    article.published.isoformat() if article.published else None,
                    article.text,
                    article.content_hash,
                ),
            )
            for cut in cuts:
                self._put_passage(cut)
            self._many(
                "INSERT INTO edge_lines VALUES (?, ?)",
                [(line, article.id) for line in sorted(edge_lines)],
            )

    def remove_article(self, article_id: str) -> None:
        """Forget an article, if it is known; its passages go to the outbox as gone."""
        with self.transaction():
            self._run(
                "INSERT OR REPLACE INTO outbox SELECT id, 1 FROM passages WHERE article_id = ?",
                (article_id,),
            )
            self._run("DELETE FROM passages WHERE article_id = ?", (article_id,))
            self._run("DELETE FROM edge_lines WHERE article_id = ?", (article_id,))
            self._run("DELETE FROM articles WHERE id = ?", (article_id,))

    def article(self, article_id: str) -> Article | None:
        """Give an article by its exact id."""
        row = self._one(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article_id,))  # noqa: S608
        return None if row is None else _article(row)

    def articles(self) -> Iterator[Article]:
        """Give every article, by id, without holding them all at once."""
        for article_id in self.article_ids():
            if (article := self.article(article_id)) is not None:
                yield article

    def article_ids(self) -> tuple[str, ...]:
        """Give every article's id, in order."""
        return tuple(row[0] for row in self._all("SELECT id FROM articles ORDER BY id"))

    def articles_of(self, source: str) -> tuple[str, ...]:
        """Give the ids of a file's articles."""
        rows = self._all("SELECT id FROM articles WHERE source = ? ORDER BY id", (source,))
        return tuple(row[0] for row in rows)

    def article_counts(self) -> dict[str, int]:
        """Give the number of articles of each file that has any."""
        return dict(self._all("SELECT source, count(*) FROM articles GROUP BY source"))

    def identity(self, article_id: str) -> tuple[str, str] | None:
        """Give an article's file and content hash, None if it is not known."""
        row = self._one("SELECT source, content_hash FROM articles WHERE id = ?", (article_id,))
        return None if row is None else (row[0], row[1])

    # Passages

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Give passages by id; ids that are gone are left out."""
        query = 'SELECT id, article_id, start, "end", sentences, vectors FROM passages WHERE id = ?'
        with self._lock:
            rows = [self._one(query, (passage_id,)) for passage_id in ids]
        return {row[0]: _stored(row) for row in rows if row is not None}

    def passage_ids(self) -> frozenset[int]:
        """Give the ids of all passages."""
        return frozenset(row[0] for row in self._all("SELECT id FROM passages"))

    def put_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keep the packed vectors of passages."""
        rows = [(packed, passage_id) for passage_id, packed in vectors]
        with self.transaction():
            self._many("UPDATE passages SET vectors = ? WHERE id = ?", rows)

    def drop_vectors(self) -> None:
        """Forget all vectors, so that every passage is embedded anew."""
        self._run("UPDATE passages SET vectors = NULL")

    def counts(self) -> tuple[int, int, int]:
        """Give the numbers of articles, of passages and of tasks in the outbox."""
        row = self._one(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages), "
            "(SELECT count(*) FROM outbox)"
        )
        assert row is not None
        return row[0], row[1], row[2]

    # The outbox

    def enqueue(self, tasks: Iterable[Task]) -> None:
        """Give the derived stores something to do, in place of what they had for these ids."""
        rows = [(task.passage_id, task.gone) for task in tasks]
        with self.transaction():
            self._many("INSERT OR REPLACE INTO outbox VALUES (?, ?)", rows)

    def tasks(self, limit: int) -> tuple[Task, ...]:
        """Give the first tasks of the outbox."""
        rows = self._all(
            "SELECT passage_id, gone FROM outbox ORDER BY passage_id LIMIT ?", (limit,)
        )
        return tuple(Task(passage_id, bool(gone)) for passage_id, gone in rows)

    def finish(self, tasks: Iterable[Task]) -> None:
        """Take tasks that are done out of the outbox."""
        with self.transaction():
            self._many(
                "DELETE FROM outbox WHERE passage_id = ? AND gone = ?",
                [(task.passage_id, task.gone) for task in tasks],
            )

    # How it talks to SQLite

    def _migrate(self) -> None:
        if self._version() > SCHEMA_VERSION:
            raise IndexMismatch(
                f"{self._path.parent} was written by a newer Griot; upgrade Griot, or delete that "
                "folder and run: griot index"
            )
        if self._version() == SCHEMA_VERSION:
            return
        with self.transaction():
            if self._version() == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _put_passage(self, cut: Cut) -> None:
        passage = cut.passage
        cursor = self._db.execute(
            'INSERT INTO passages (article_id, start, "end", sentences) VALUES (?, ?, ?, ?)',
            (passage.article_id, passage.start, passage.end, json.dumps(cut.sentences)),
        )
        self._db.execute("INSERT INTO outbox VALUES (?, 0)", (cursor.lastrowid,))

    def _run(self, query: str, values: Sequence[object] = ()) -> None:
        with self._lock, translated(self._path):
            self._db.execute(query, values)

    def _many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        with self._lock, translated(self._path):
            self._db.executemany(query, rows)

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        with self._lock, translated(self._path):
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
            return row

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translated(self._path):
            return self._db.execute(query, values).fetchall()


_SOURCE = "path, location, size, mtime_ns, skipped, stale"
_ARTICLE = "id, url, title, outlet, published, text, content_hash"


def _source(row: tuple[Any, ...]) -> Source:
    path, location, size, mtime_ns, skipped, stale = row
    return Source(
        path=path,
        location=location,
        size=size,
        mtime_ns=mtime_ns,
        skipped=tuple((where, why) for where, why in json.loads(skipped)),
        stale=bool(stale),
    )


def _article(row: tuple[Any, ...]) -> Article:
    article_id, url, title, outlet, published, text, content_hash = row
    return Article(
        id=article_id,
        url=url,
        title=title,
        outlet=outlet,
        published=date.fromisoformat(published) if published else None,
        text=text,
        content_hash=content_hash,
    )


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    passage_id, article_id, start, end, sentences, vectors = row
    spans = tuple(Span(*pair) for pair in json.loads(sentences))
    return StoredPassage(passage_id, Passage(article_id, start, end), spans, vectors)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about a file of the index into errors for a person."""
    try:
        yield
    except GriotError:
        raise
    except sqlite3.Error as error:
        raise _for_person(path, error) from error


def _for_person(path: Path, error: sqlite3.Error) -> GriotError:
    home, said = path.parent, str(error)
    if "locked" in said or "busy" in said:
        return IndexLocked(f"another griot is writing to {home}; try again when it is done")
    if "full" in said:
        return StorageFull(
            f"no room left to write to {home}; free some disk space and run it again"
        )
    if "readonly" in said or "unable to open" in said or "disk I/O" in said:
        return StorageFull(
            f"cannot write to {home} ({said}); check its permissions and the disk, or set "
            "GRIOT_HOME to another folder"
        )
    return IndexDamaged(
        f"{path} is damaged ({said}); delete the folder {home} and run: griot index"
    )
