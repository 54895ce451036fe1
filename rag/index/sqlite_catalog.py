"""The catalog in SQLite: one file with sources, articles, passages, vectors and answers: the truth.

`rag.index.stores.Catalog` tells what its methods do.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

from rag.index.sqlite import PATIENCE, locked
from rag.index.sqlite_answers import ANSWERS, FEEDBACK, AnswerTables
from rag.index.stores import ADDED, Extent, Identity, StoredPassage, StoredSource
from rag.reasons import as_json, of_json
from rag.text.passages import Cut
from rag.types import Article, Edition, Passage, Period, Span

FILE = "catalog.sqlite"
"""The catalog's name in the index folder."""

LOCK = "writer.lock"
"""The name, beside the catalog, of the file that its only writer locks."""

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

MIGRATIONS = (_FIRST, ANSWERS, FEEDBACK, _REASONS)
"""The n-th, from 0, makes version n + 1 of version n; an empty file is version 0."""


class SqliteCatalog(AnswerTables):
    """The catalog of one index folder, and its answers. Safe to share between threads."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        super().__init__(path, MIGRATIONS, patience=patience)

    def writing(
        self, waiting: Callable[[], None], *, patience: float
    ) -> AbstractContextManager[None]:
        return locked(self._path.with_name(LOCK), waiting, patience=patience)

    def get(self, key: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # Sources

    def sources(self) -> dict[str, StoredSource]:
        query = "SELECT path, location, size, mtime_ns, skipped, stale FROM sources"
        return {row[0]: _source(row) for row in self._all(query)}

    def put_source(
        self, source: StoredSource, *, copies: Collection[str], lines: Collection[tuple[str, str]]
    ) -> None:
        path = source.path
        with self.transaction():
            self._forget(path)
            self._run(
                "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
                (
                    path,
                    source.location,
                    source.size,
                    str(source.mtime_ns),  # from the year 2262 on, it exceeds SQLite's integers
                    json.dumps(source.skipped, ensure_ascii=False, default=as_json),
                    source.stale,
                ),
            )
            self._many(
                "INSERT INTO copies VALUES (?, ?)", [(copy, path) for copy in sorted(copies)]
            )
            rows = [(line, path, body) for line, body in sorted(lines)]
            self._many("INSERT INTO edge_lines VALUES (?, ?, ?)", rows)

    def remove_source(self, path: str) -> None:
        with self.transaction():
            for article_id in self.articles_of(path):
                self.remove_article(article_id)
            self._forget(path)

    def repeated_lines(self, *, pages: int) -> frozenset[str]:
        query = "SELECT line FROM edge_lines GROUP BY line HAVING count(DISTINCT body) >= ?"
        return frozenset(line for (line,) in self._all(query, (pages,)))

    def mark_stale(self, lines: Collection[str]) -> None:
        query = "SELECT source FROM edge_lines WHERE line = ?"
        self._many(
            f"UPDATE sources SET stale = 1 WHERE path IN ({query})",  # noqa: S608
            [(line,) for line in lines],
        )

    def outdate(self) -> None:
        with self.transaction():
            self._run("UPDATE sources SET stale = 1")
            self._run("UPDATE articles SET content_hash = '' WHERE source <> ?", (ADDED,))

    # Articles

    def put_article(self, article: Article, source: str, cuts: Sequence[Cut]) -> None:
        with self.transaction():
            self._run(
                "UPDATE sources SET stale = 1 "
                "WHERE path <> ? AND path IN (SELECT source FROM articles WHERE id = ?)",
                (source, article.id),
            )
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
        with self.transaction():
            self._clear(article_id)
            self._run(
                "UPDATE sources SET stale = 1 "
                "WHERE path IN (SELECT source FROM copies WHERE article_id = ?)",
                (article_id,),
            )

    def article(self, article_id: str) -> Article | None:
        row = self._one(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article_id,))  # noqa: S608
        return None if row is None else Article(**_values(row))

    def articles_with(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        ids = dict.fromkeys(stored.passage.article_id for stored in passages)
        found = (self.article(article_id) for article_id in ids)
        return {article.id: article for article in found if article is not None}

    def article_ids(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._all("SELECT id FROM articles ORDER BY id"))

    def articles_of(self, source: str) -> tuple[str, ...]:
        rows = self._all("SELECT id FROM articles WHERE source = ? ORDER BY id", (source,))
        return tuple(row[0] for row in rows)

    def article_counts(self) -> dict[str, int]:
        return dict(self._all("SELECT source, count(*) FROM articles GROUP BY source"))

    def identity(self, article_id: str) -> Identity | None:
        row = self._one("SELECT source, content_hash FROM articles WHERE id = ?", (article_id,))
        return None if row is None else Identity(*row)

    def identities(self) -> dict[str, Identity]:
        rows = self._all("SELECT id, source, content_hash FROM articles")
        return {article_id: Identity(source, digest) for article_id, source, digest in rows}

    def beginnings(self, limit: int, characters: int) -> tuple[str, ...]:
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

    def newest(
        self, limit: int, *, outlet: str | None = None, oldest: bool = False
    ) -> tuple[Edition, ...]:
        query = f"""
            SELECT {_EDITION} FROM articles WHERE ? IS NULL OR outlet = ?
            ORDER BY published IS NULL, published {"ASC" if oldest else "DESC"}, id LIMIT ?
        """  # noqa: S608
        rows = self._all(query, (outlet, outlet, limit))
        return tuple(Edition(**_values(row)) for row in rows)

    def outlets(self) -> dict[str, int]:
        query = """
            SELECT outlet, count(*) FROM articles WHERE outlet IS NOT NULL
            GROUP BY outlet ORDER BY count(*) DESC, outlet
        """
        return dict(self._all(query))

    def extent(self) -> Extent:
        row = self._one("SELECT count(*), min(published), max(published) FROM articles")
        assert row is not None
        return Extent(row[0], _day(row[1]), _day(row[2]))

    # Passages

    def counts(self) -> tuple[int, int, int]:
        row = self._one(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages), "
            "(SELECT count(*) FROM outbox)"
        )
        assert row is not None
        return row[0], row[1], row[2]

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        query = f"SELECT {_PASSAGE} FROM passages WHERE id = ?"  # noqa: S608
        with self._lock:
            rows = [self._one(query, (passage_id,)) for passage_id in ids]
        return {row[0]: _stored(row) for row in rows if row is not None}

    def passage_ids(self, period: Period | None = None) -> tuple[int, ...]:
        if period is None:
            return tuple(row[0] for row in self._all("SELECT id FROM passages ORDER BY id"))
        query = """
            SELECT passages.id FROM passages JOIN articles ON articles.id = article_id
            WHERE published BETWEEN ? AND ? ORDER BY passages.id
        """
        days = (period.first.isoformat(), period.last.isoformat())
        return tuple(row[0] for row in self._all(query, days))

    def unembedded(self, limit: int) -> tuple[StoredPassage, ...]:
        query = f"SELECT {_PASSAGE} FROM passages WHERE vectors IS NULL ORDER BY id LIMIT ?"  # noqa: S608
        return tuple(_stored(row) for row in self._all(query, (limit,)))

    def unembedded_counts(self) -> tuple[int, int]:
        row = self._one(
            "SELECT count(*), count(DISTINCT article_id) FROM passages WHERE vectors IS NULL"
        )
        assert row is not None
        return row[0], row[1]

    def put_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        rows = [(packed, passage_id) for passage_id, packed in vectors]
        with self.transaction():
            self._many("UPDATE passages SET vectors = ? WHERE id = ?", rows)

    def drop_vectors(self) -> None:
        self._run("UPDATE passages SET vectors = NULL")

    def outbox(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        rows = self._all("SELECT passage_id, gone FROM outbox ORDER BY passage_id")
        add = tuple(passage_id for passage_id, gone in rows if not gone)
        return add, tuple(passage_id for passage_id, gone in rows if gone)

    def clear_outbox(self) -> None:
        self._run("DELETE FROM outbox")

    # Rows

    def _forget(self, path: str) -> None:
        """Forget what is recorded of a file, but for its articles."""
        self._run("DELETE FROM sources WHERE path = ?", (path,))
        self._run("DELETE FROM copies WHERE source = ?", (path,))
        self._run("DELETE FROM edge_lines WHERE source = ?", (path,))

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


_COLUMNS = ("id", "url", "title", "outlet", "published", "content_hash", "text")
_ARTICLE, _EDITION = ", ".join(_COLUMNS), ", ".join(_COLUMNS[:-1])
_PASSAGE = 'id, article_id, start, "end", sentences, vectors'


def _source(row: tuple[Any, ...]) -> StoredSource:
    path, location, size, mtime_ns, skipped, stale = row
    reasons = tuple((where, of_json(why)) for where, why in json.loads(skipped))
    return StoredSource(
        path=path,
        location=location,
        size=size,
        mtime_ns=int(mtime_ns),
        skipped=reasons,
        stale=bool(stale),
    )


def _values(row: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip(_COLUMNS, row, strict=False))
    return {**values, "published": _day(values["published"])}


def _day(published: str | None) -> date | None:
    return date.fromisoformat(published) if published else None


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    passage_id, article_id, start, end, sentences, vectors = row
    spans = tuple(Span(*pair) for pair in json.loads(sentences))
    return StoredPassage(passage_id, Passage(article_id, start, end), spans, vectors)
