"""The catalog in SQLite: one file with sources, articles, passages, vectors and answers: the truth.

What the derived stores (Tantivy, Chroma) have still to learn stands in `outbox`, written in the
same transaction as the passages themselves, and emptied in the one that publishes what they made of
it (`rag.index.derived`). Passage ids are never given twice.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.index.sqlite import PATIENCE
from rag.index.sqlite_answers import ANSWERS, FEEDBACK, AnswerTables
from rag.reasons import Remark, as_json, of_json
from rag.text.passages import Cut
from rag.types import Article, Edition, Passage, Span

FILE = "catalog.sqlite"
"""The catalog's name in the index folder."""

_FIRST = """
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
"""
_REASONS = """
UPDATE sources SET skipped = '[]', stale = 1 WHERE skipped <> '[]';
"""
"""Why a file was skipped was a line in English; it is read again to know why."""

_MIGRATIONS = (_FIRST, ANSWERS, FEEDBACK, _REASONS)
"""The n-th, from 0, makes version n + 1 of version n; an empty file is version 0."""

SCHEMA_VERSION = len(_MIGRATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was when it was last read.

    `skipped` are the locations in it that gave no article, each with the reason. A `stale` file is
    read again by the next run, though it did not change.
    """

    path: str
    location: str
    size: int
    mtime_ns: int
    skipped: tuple[tuple[str, Remark], ...] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Extent:
    """The number of articles, and their first and last dates, if any has one."""

    articles: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file an article comes from, and the hash of what it says."""

    source: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its id, its sentences and, once embedded, its packed vectors."""

    id: int
    passage: Passage
    sentences: tuple[Span, ...]
    vectors: bytes | None


class SqliteCatalog(AnswerTables):
    """The catalog of one index folder, and its answers. Safe to share between threads.

    Raises `IndexDamaged`, `IndexMismatch` (a newer schema), `IndexLocked` and `StorageFull`.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        super().__init__(path, _MIGRATIONS, patience=patience)

    # What the index remembers of itself

    def get(self, key: str) -> str | None:
        """Return the value of a key, None if there is none."""
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        """Set the value of a key."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def bump(self, key: str) -> int:
        """Increase a counter by one and return its new value."""
        with self.transaction():
            value = int(self.get(key) or 0) + 1
            self.put(key, str(value))
            return value

    # Sources

    def sources(self) -> dict[str, Source]:
        """Return all files that were read, by path."""
        return {row[0]: _source(row) for row in self._all(f"SELECT {_SOURCE} FROM sources")}  # noqa: S608

    def put_source(self, source: Source) -> None:
        """Record that a file was read."""
        self._run(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?)",
            (
                source.path,
                source.location,
                source.size,
                str(source.mtime_ns),  # from the year 2262 on, it exceeds SQLite's integers
                json.dumps(source.skipped, ensure_ascii=False, default=as_json),
                source.stale,
            ),
        )

    def mark_stale(self, paths: Iterable[str]) -> None:
        """Mark files to be read again by the next run, though they did not change."""
        self._many("UPDATE sources SET stale = 1 WHERE path = ?", [(path,) for path in paths])

    def outdate(self) -> None:
        """Mark every file to be read again and every article to be stored again."""
        with self.transaction():
            self._run("UPDATE sources SET stale = 1")
            self._run("UPDATE articles SET content_hash = ''")

    def remove_source(self, path: str) -> None:
        """Forget a file and its articles."""
        with self.transaction():
            for article_id in self.articles_of(path):
                self.remove_article(article_id)
            self.put_copies(path, ())
            self.put_edge_lines(path, ())
            self._run("DELETE FROM sources WHERE path = ?", (path,))

    def put_copies(self, source: str, article_ids: Collection[str]) -> None:
        """Record which articles a file has as well; it turns stale when one of them is removed."""
        with self.transaction():
            self._run("DELETE FROM copies WHERE source = ?", (source,))
            self._many(
                "INSERT INTO copies VALUES (?, ?)",
                [(article_id, source) for article_id in sorted(article_ids)],
            )

    def put_edge_lines(self, source: str, lines: Collection[tuple[str, str]]) -> None:
        """Record the edge lines of a file's pages, each with what tells its page from copies."""
        with self.transaction():
            self._run("DELETE FROM edge_lines WHERE source = ?", (source,))
            self._many(
                "INSERT INTO edge_lines VALUES (?, ?, ?)",
                [(line, source, body) for line, body in sorted(lines)],
            )

    def repeated_lines(self, *, pages: int) -> frozenset[str]:
        """Return the edge lines that at least `pages` different pages have in common."""
        query = "SELECT line FROM edge_lines GROUP BY line HAVING count(DISTINCT body) >= ?"
        return frozenset(line for (line,) in self._all(query, (pages,)))

    def sources_with(self, lines: Collection[str]) -> frozenset[str]:
        """Return the paths of the files that have any of these edge lines."""
        query = "SELECT DISTINCT source FROM edge_lines WHERE line = ?"
        return frozenset(path for line in lines for (path,) in self._all(query, (line,)))

    # Articles

    def put_article(self, article: Article, source: str, cuts: Sequence[Cut]) -> None:
        """Store an article and its passages in place of what had its id before."""
        with self.transaction():
            self._clear(article.id)
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

    def remove_article(self, article_id: str) -> None:
        """Forget an article, if it is known; files with a copy of it turn stale."""
        with self.transaction():
            self._clear(article_id)
            self._run(
                "UPDATE sources SET stale = 1 "
                "WHERE path IN (SELECT source FROM copies WHERE article_id = ?)",
                (article_id,),
            )

    def article(self, article_id: str) -> Article | None:
        """Return an article by its exact id."""
        row = self._one(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article_id,))  # noqa: S608
        return None if row is None else _article(row)

    def articles_with(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        """Return the articles of passages, by id; those that are gone are left out."""
        ids = dict.fromkeys(stored.passage.article_id for stored in passages)
        found = (self.article(article_id) for article_id in ids)
        return {article.id: article for article in found if article is not None}

    def articles(self) -> Iterator[Article]:
        """Yield every article, by id, without holding them all at once."""
        for article_id in self.article_ids():
            if (article := self.article(article_id)) is not None:
                yield article

    def beginnings(self, limit: int, characters: int) -> tuple[str, ...]:
        """Return the first characters of `limit` articles spread over the catalog."""
        query = """
            SELECT substr(text, 1, ?) FROM articles WHERE rowid IN (
                SELECT (SELECT min(rowid) FROM articles WHERE rowid >= wanted.place) FROM (
                    SELECT 1 + value * (SELECT max(rowid) FROM articles) / ? AS place
                    FROM json_each(?)
                ) wanted
            )
        """
        places = json.dumps([*range(limit)])
        return tuple(row[0] for row in self._all(query, (characters, limit, places)))

    def newest(self, limit: int) -> tuple[Edition, ...]:
        """Return the newest articles without their texts; undated ones come last."""
        query = f"""
            SELECT {_EDITION} FROM articles ORDER BY published IS NULL, published DESC, id LIMIT ?
        """  # noqa: S608
        return tuple(_edition(row) for row in self._all(query, (limit,)))

    def extent(self) -> Extent:
        """Return the number of articles, and their first and last dates."""
        row = self._one("SELECT count(*), min(published), max(published) FROM articles")
        assert row is not None
        return Extent(row[0], _day(row[1]), _day(row[2]))

    def article_ids(self) -> tuple[str, ...]:
        """Return every article's id, in order."""
        return tuple(row[0] for row in self._all("SELECT id FROM articles ORDER BY id"))

    def articles_of(self, source: str) -> tuple[str, ...]:
        """Return the ids of a file's articles."""
        rows = self._all("SELECT id FROM articles WHERE source = ? ORDER BY id", (source,))
        return tuple(row[0] for row in rows)

    def article_counts(self) -> dict[str, int]:
        """Return the number of articles of each file that has any."""
        return dict(self._all("SELECT source, count(*) FROM articles GROUP BY source"))

    def identity(self, article_id: str) -> Identity | None:
        """Return an article's file and content hash, None if it is not known."""
        row = self._one("SELECT source, content_hash FROM articles WHERE id = ?", (article_id,))
        return None if row is None else Identity(*row)

    def identities(self) -> dict[str, Identity]:
        """Return every article's file and content hash, by id."""
        rows = self._all("SELECT id, source, content_hash FROM articles")
        return {article_id: Identity(source, digest) for article_id, source, digest in rows}

    # Passages

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return passages by id; ids that are gone are left out."""
        query = 'SELECT id, article_id, start, "end", sentences, vectors FROM passages WHERE id = ?'
        with self._lock:
            rows = [self._one(query, (passage_id,)) for passage_id in ids]
        return {row[0]: _stored(row) for row in rows if row is not None}

    def passage_ids(self) -> frozenset[int]:
        """Return the ids of all passages."""
        return frozenset(row[0] for row in self._all("SELECT id FROM passages"))

    def unembedded(self, limit: int) -> tuple[int, ...]:
        """Return the ids of the first passages without vectors."""
        query = "SELECT id FROM passages WHERE vectors IS NULL ORDER BY id LIMIT ?"
        return tuple(row[0] for row in self._all(query, (limit,)))

    def unembedded_counts(self) -> tuple[int, int]:
        """Return the numbers of passages without vectors, and of articles that have such."""
        row = self._one(
            "SELECT count(*), count(DISTINCT article_id) FROM passages WHERE vectors IS NULL"
        )
        assert row is not None
        return row[0], row[1]

    def put_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keep the packed vectors of passages."""
        rows = [(packed, passage_id) for passage_id, packed in vectors]
        with self.transaction():
            self._many("UPDATE passages SET vectors = ? WHERE id = ?", rows)

    def drop_vectors(self) -> None:
        """Forget all vectors, so that every passage is embedded anew."""
        self._run("UPDATE passages SET vectors = NULL")

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, of passages and of passages in the outbox."""
        row = self._one(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages), "
            "(SELECT count(*) FROM outbox)"
        )
        assert row is not None
        return row[0], row[1], row[2]

    # The outbox

    def outbox(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the ids of passages that the derived stores lack, and of those that are gone."""
        rows = self._all("SELECT passage_id, gone FROM outbox ORDER BY passage_id")
        add = tuple(passage_id for passage_id, gone in rows if not gone)
        return add, tuple(passage_id for passage_id, gone in rows if gone)

    def clear_outbox(self) -> None:
        """Empty the outbox: the derived stores hold what the catalog holds."""
        self._run("DELETE FROM outbox")

    # Rows

    def _clear(self, article_id: str) -> None:
        """Forget an article; its passages go to the outbox as gone."""
        self._run(
            "INSERT OR REPLACE INTO outbox SELECT id, 1 FROM passages WHERE article_id = ?",
            (article_id,),
        )
        self._run("DELETE FROM passages WHERE article_id = ?", (article_id,))
        self._run("DELETE FROM articles WHERE id = ?", (article_id,))

    def _put_passage(self, cut: Cut) -> None:
        passage = cut.passage
        cursor = self._db.execute(
            'INSERT INTO passages (article_id, start, "end", sentences) VALUES (?, ?, ?, ?)',
            (passage.article_id, passage.start, passage.end, json.dumps(cut.sentences)),
        )
        self._db.execute("INSERT INTO outbox VALUES (?, 0)", (cursor.lastrowid,))


_SOURCE = "path, location, size, mtime_ns, skipped, stale"
_ARTICLE = "id, url, title, outlet, published, text, content_hash"
_EDITION = "id, url, title, outlet, published, content_hash"


def _source(row: tuple[Any, ...]) -> Source:
    path, location, size, mtime_ns, skipped, stale = row
    return Source(
        path=path,
        location=location,
        size=size,
        mtime_ns=int(mtime_ns),
        skipped=tuple((where, of_json(why)) for where, why in json.loads(skipped)),
        stale=bool(stale),
    )


def _article(row: tuple[Any, ...]) -> Article:
    article_id, url, title, outlet, published, text, content_hash = row
    return Article(
        id=article_id,
        url=url,
        title=title,
        outlet=outlet,
        published=_day(published),
        text=text,
        content_hash=content_hash,
    )


def _edition(row: tuple[Any, ...]) -> Edition:
    article_id, url, title, outlet, published, content_hash = row
    return Edition(
        id=article_id,
        url=url,
        title=title,
        outlet=outlet,
        published=_day(published),
        content_hash=content_hash,
    )


def _day(published: str | None) -> date | None:
    return date.fromisoformat(published) if published else None


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    passage_id, article_id, start, end, sentences, vectors = row
    spans = tuple(Span(*pair) for pair in json.loads(sentences))
    return StoredPassage(passage_id, Passage(article_id, start, end), spans, vectors)
