"""The catalog: articles, passages, vectors and answers, in one set of tables: the truth.

`rag.index.stores.Catalog` tells what its methods do.
"""

import json
import struct
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

from rag.index.answer_tables import ANSWERS, FEEDBACK, AnswerTables
from rag.index.answers import utc
from rag.index.stores import ADDED, Extent, Identity, StoredPassage, StoredSource
from rag.index.tables import PATIENCE, Place, values_of
from rag.reasons import as_json, of_json
from rag.text.passages import Cut
from rag.types import Article, Edition, Passage, Period, Span

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

_CLUSTERS = """
CREATE TABLE clustered (
    number INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL UNIQUE, bands BLOB,
    cluster INTEGER
);
CREATE INDEX clustered_cluster ON clustered (cluster);
CREATE TABLE bands (
    band INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (band, number)
) WITHOUT ROWID;
INSERT INTO clustered (article_id) SELECT id FROM articles ORDER BY rowid;
"""
"""A cluster's number is that of one of its articles. `bands` are packed 32-bit numbers."""

_PAGES = """
ALTER TABLE articles ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';
"""

_TEXTS = """
ALTER TABLE articles ADD COLUMN quoted TEXT;
CREATE TABLE texts (
    article_id TEXT NOT NULL, content_hash TEXT NOT NULL, until TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (article_id, content_hash)
) WITHOUT ROWID;
"""
"""`quoted` is the content hash with which an article was quoted, `until` when it was replaced."""

MIGRATIONS = (_FIRST, ANSWERS, FEEDBACK, _REASONS, _CLUSTERS, _PAGES, _TEXTS)
"""The n-th, from 0, makes version n + 1 of version n; an empty file is version 0."""


class CatalogTables(AnswerTables):
    """The catalog of one index, and its answers. Safe to share between threads."""

    def __init__(self, place: Place, *, patience: float = PATIENCE) -> None:
        super().__init__(place, MIGRATIONS, patience=patience)

    @property
    def unclean(self) -> bool:
        """Whether a process that had a file open may have ended without closing it."""
        return self._database.unclean

    def writing(
        self, waiting: Callable[[], None], *, patience: float
    ) -> AbstractContextManager[None]:
        return self._database.writing(waiting, patience=patience)

    def size(self) -> int:
        return self._database.size()

    def get(self, key: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def put(self, key: str, value: str) -> None:
        self._run(_PUT, (key, value))

    # Sources

    def sources(self, under: Collection[str] | None = None) -> dict[str, StoredSource]:
        if under is None:
            rows = self._all(_SOURCES)
        else:
            query = f"{_SOURCES} WHERE path = ? OR (path > ? AND path < ?)"
            ranges = ((path, f"{path}/", f"{path}{_AFTER_SLASH}") for path in under)
            rows = [row for each in ranges for row in self._all(query, each)]
        return {row[0]: _source(row) for row in rows}

    def locations(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._all("SELECT location FROM sources"))

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

    def lines_of(self, paths: Collection[str]) -> frozenset[str]:
        query = "SELECT line FROM edge_lines WHERE source = ?"
        return frozenset(line for path in paths for (line,) in self._all(query, (path,)))

    def repeated_lines(self, *, pages: int, among: Collection[str] | None = None) -> frozenset[str]:
        if among is None:
            query = "SELECT line FROM edge_lines GROUP BY line HAVING count(DISTINCT body) >= ?"
            return frozenset(line for (line,) in self._all(query, (pages,)))
        query = "SELECT count(DISTINCT body) FROM edge_lines WHERE line = ?"
        return frozenset(line for line in among if self._all(query, (line,))[0][0] >= pages)

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
            self._run(_KEEP_TEXT, (datetime.now(UTC).isoformat(), article.id))
            self._clear(article.id)
            self._run(
                _PUT_ARTICLE,
                (
                    article.id,
                    source,
                    article.url,
                    article.title,
                    article.outlet,
                    article.published.isoformat() if article.published else None,
                    article.text,
                    article.content_hash,
                    json.dumps(article.pages),
                ),
            )
            self._run("INSERT INTO clustered (article_id) VALUES (?)", (article.id,))
            for cut in cuts:
                self._put_passage(cut)

    def remove_article(self, article_id: str) -> None:
        with self.transaction():
            self._clear(article_id)
            self._run("DELETE FROM texts WHERE article_id = ?", (article_id,))
            self._run(
                "UPDATE sources SET stale = 1 "
                "WHERE path IN (SELECT source FROM copies WHERE article_id = ?)",
                (article_id,),
            )

    def article(self, article_id: str) -> Article | None:
        row = self._one(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article_id,))  # noqa: S608
        return None if row is None else Article(**_values(row))

    def put_quoted(self, editions: Iterable[Edition]) -> None:
        rows = [(each.content_hash, each.id, each.content_hash) for each in editions]
        query = "UPDATE articles SET quoted = ? WHERE id = ? AND content_hash = ?"
        with self.transaction():
            self._many(query, rows)

    def text_of(self, edition: Edition) -> str | None:
        known = (edition.id, edition.content_hash)
        row = self._one("SELECT text FROM articles WHERE id = ? AND content_hash = ?", known)
        query = "SELECT text FROM texts WHERE article_id = ? AND content_hash = ?"
        row = row or self._one(query, known)
        return None if row is None else str(row[0])

    def forget_texts(self, before: datetime) -> None:
        self._run("DELETE FROM texts WHERE until < ?", (utc(before).isoformat(),))

    def articles_with(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        ids = dict.fromkeys(stored.passage.article_id for stored in passages)
        query = f"SELECT {_ARTICLE} FROM articles WHERE id IN ({values_of(len(ids))})"  # noqa: S608
        rows = self._all(query, [*ids]) if ids else []
        return {row[0]: Article(**_values(row)) for row in rows}

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

    def identities(self, sources: Collection[str] | None = None) -> dict[str, Identity]:
        query = "SELECT id, source, content_hash FROM articles"
        if sources is None:
            rows = self._all(query)
        else:
            one = f"{query} WHERE source = ?"
            rows = [row for source in sources for row in self._all(one, (source,))]
        return {article_id: Identity(source, digest) for article_id, source, digest in rows}

    def beginnings(self, limit: int, characters: int) -> tuple[str, ...]:
        query = f"""
            WITH wanted (number) AS (VALUES {", ".join(["(?)"] * limit)}),
                whole (last) AS (SELECT max(rowid) FROM articles)
            SELECT substr(text, 1, ?) FROM articles WHERE rowid IN (
                SELECT (SELECT min(rowid) FROM articles WHERE rowid >= 1 + number * last / ?)
                FROM wanted, whole
            ) ORDER BY rowid
        """  # noqa: S608
        rows = self._all(query, (*range(limit), characters, limit))
        return tuple(row[0] for row in rows)

    def newest(
        self, limit: int, *, outlet: str | None = None, oldest: bool = False
    ) -> tuple[Edition, ...]:
        query = f"""
            SELECT {_EDITION} FROM articles {"" if outlet is None else "WHERE outlet = ?"}
            ORDER BY published IS NULL, published {"ASC" if oldest else "DESC"}, id LIMIT ?
        """  # noqa: S608
        rows = self._all(query, (limit,) if outlet is None else (outlet, limit))
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

    # Clusters

    def unclustered(self, limit: int) -> tuple[Article, ...]:
        query = f"""
            SELECT {_ARTICLE} FROM articles WHERE id IN (
                SELECT article_id FROM clustered WHERE cluster IS NULL ORDER BY number LIMIT ?
            ) ORDER BY rowid
        """  # noqa: S608
        return tuple(Article(**_values(row)) for row in self._all(query, (limit,)))

    def unclustered_count(self) -> int:
        row = self._one("SELECT count(*) FROM clustered WHERE cluster IS NULL")
        assert row is not None
        return int(row[0])

    def sharing(self, bands: Sequence[int], limit: int) -> list[tuple[int, str]]:
        each = "SELECT * FROM (SELECT number FROM bands WHERE band = ? ORDER BY number LIMIT ?) one"
        values = [value for band in bands for value in (band, limit)]
        rows = self._all(" UNION ALL ".join([each] * len(bands)), values) if bands else []
        found = [number for number, _ in Counter(number for (number,) in rows).most_common()]
        query = f"""
            SELECT number, cluster, article_id FROM clustered
            WHERE cluster IS NOT NULL AND number IN ({values_of(len(found))})
        """  # noqa: S608
        known = {row[0]: (row[1], row[2]) for row in (self._all(query, found) if found else ())}
        return [known[number] for number in found if number in known]

    def put_cluster(self, article_id: str, bands: Sequence[int], clusters: Collection[int]) -> None:
        with self.transaction():
            row = self._one("SELECT number FROM clustered WHERE article_id = ?", (article_id,))
            assert row is not None
            number = int(row[0])
            joined = min(clusters, default=number)
            self._run(
                "UPDATE clustered SET bands = ?, cluster = ? WHERE number = ?",
                (struct.pack(f"<{len(bands)}i", *bands), joined, number),
            )
            self._many(
                "UPDATE clustered SET cluster = ? WHERE cluster = ?",
                [(joined, other) for other in clusters if other != joined],
            )
            self._many(
                "INSERT INTO bands VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(band, number) for band in bands],
            )

    def drop_clusters(self) -> None:
        with self.transaction():
            self._run("UPDATE clustered SET bands = NULL, cluster = NULL")
            self._run("DELETE FROM bands")

    def clusters(self, article_ids: Iterable[str]) -> dict[str, int]:
        ids = [*dict.fromkeys(article_ids)]
        query = f"""
            SELECT article_id, cluster FROM clustered
            WHERE cluster IS NOT NULL AND article_id IN ({values_of(len(ids))})
        """  # noqa: S608
        return dict(self._all(query, ids)) if ids else {}

    def members(self, article_id: str, limit: int) -> tuple[Article, ...]:
        query = f"""
            SELECT {_ARTICLE} FROM articles WHERE id IN (
                SELECT id FROM articles JOIN clustered ON article_id = id WHERE cluster =
                    (SELECT cluster FROM clustered WHERE article_id = ?)
                {_NEWEST} LIMIT ?
            ) {_NEWEST}
        """  # noqa: S608
        return tuple(Article(**_values(row)) for row in self._all(query, (article_id, limit)))

    # Passages

    def counts(self) -> tuple[int, int, int]:
        row = self._one(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages), "
            "(SELECT count(*) FROM outbox)"
        )
        assert row is not None
        return row[0], row[1], row[2]

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        query = f"SELECT {_PASSAGE} FROM passages WHERE id IN ({values_of(len(ids))})"  # noqa: S608
        rows = {row[0]: row for row in self._all(query, ids)} if ids else {}
        return {each: _stored(rows[each]) for each in dict.fromkeys(ids) if each in rows}

    def passage_ids(self, period: Period | None = None) -> tuple[int, ...]:
        if period is None:
            return tuple(row[0] for row in self._all("SELECT id FROM passages ORDER BY id"))
        query = """
            SELECT passages.id FROM passages JOIN articles ON articles.id = article_id
            WHERE published BETWEEN ? AND ? ORDER BY passages.id
        """
        days = (period.first.isoformat(), period.last.isoformat())
        return tuple(row[0] for row in self._all(query, days))

    def last_found(self) -> int:
        row = self._one(
            "SELECT coalesce((SELECT min(passage_id) - 1 FROM outbox WHERE gone = 0), "
            "(SELECT max(id) FROM passages), 0)"
        )
        assert row is not None
        return int(row[0])

    def arrivals(self, after: int, to: int) -> tuple[str, ...]:
        query = """
            SELECT article_id FROM passages WHERE id > ? AND id <= ?
            GROUP BY article_id ORDER BY min(id)
        """
        return tuple(article_id for (article_id,) in self._all(query, (after, to)))

    def unembedded(self, limit: int, *, after: int = 0) -> tuple[StoredPassage, ...]:
        query = f"""
            SELECT {_PASSAGE} FROM passages WHERE vectors IS NULL AND id > ? ORDER BY id LIMIT ?
        """  # noqa: S608
        return tuple(_stored(row) for row in self._all(query, (after, limit)))

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
        self._run(_GONE, (article_id,))
        self._run("DELETE FROM passages WHERE article_id = ?", (article_id,))
        self._run("DELETE FROM articles WHERE id = ?", (article_id,))
        self._uncluster(article_id)

    def _uncluster(self, article_id: str) -> None:
        """Forget an article's cluster; it may be what joined the others."""
        query = "DELETE FROM clustered WHERE article_id = ? RETURNING number, bands, cluster"
        row = self._one(query, (article_id,))
        if row is None:
            return
        number, packed, cluster = row
        bands = struct.unpack(f"<{len(packed or b'') // 4}i", packed or b"")
        self._many(
            "DELETE FROM bands WHERE band = ? AND number = ?", [(band, number) for band in bands]
        )
        query = """
            UPDATE clustered SET cluster = NULL WHERE number IN
                (SELECT number FROM clustered WHERE cluster = ? ORDER BY number LIMIT ?)
        """
        self._run(query, (cluster, _REGROUPED))

    def _put_passage(self, cut: Cut) -> None:
        passage = cut.passage
        number = self._insert(
            'INSERT INTO passages (article_id, start, "end", sentences) VALUES (?, ?, ?, ?)',
            (passage.article_id, passage.start, passage.end, json.dumps(cut.sentences)),
        )
        self._run("INSERT INTO outbox VALUES (?, 0)", (number,))


_REGROUPED = 100
"""How many others of an article's cluster are clustered again when it changes or goes."""

_SOURCES = "SELECT path, location, size, mtime_ns, skipped, stale FROM sources"
_AFTER_SLASH = chr(ord("/") + 1)
_NEWEST = "ORDER BY published IS NULL, published DESC, id"
_PUT = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_PUT_ARTICLE = """
INSERT INTO articles (id, source, url, title, outlet, published, text, content_hash, pages)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KEEP_TEXT = """
INSERT INTO texts SELECT id, quoted, ?, text FROM articles WHERE id = ? AND quoted IS NOT NULL
ON CONFLICT (article_id, content_hash) DO UPDATE SET until = excluded.until
"""
_GONE = """
INSERT INTO outbox SELECT id, 1 FROM passages WHERE article_id = ?
ON CONFLICT (passage_id) DO UPDATE SET gone = 1
"""
_COLUMNS = ("id", "url", "title", "outlet", "published", "content_hash", "pages", "text")
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
    pages = tuple(json.loads(values["pages"]))
    return {**values, "published": _day(values["published"]), "pages": pages}


def _day(published: str | None) -> date | None:
    return date.fromisoformat(published) if published else None


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    passage_id, article_id, start, end, sentences, vectors = row
    spans = tuple(map(Span._make, json.loads(sentences)))
    return StoredPassage(passage_id, Passage(article_id, start, end), spans, vectors)
