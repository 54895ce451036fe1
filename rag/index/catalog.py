"""The catalog: sources, articles and their clusters, passages with their vectors, and answers.

It is the truth: the search stores follow it.

- **Ids.** Each passage has a number, given once and never again.
- **Kills.** A transaction happens whole or not at all, whenever the process ends. What passages the
  search stores lack stands in the outbox, which is written with the passages and emptied when a
  change of the search stores is published.
- **Others at work.** Any number of threads and processes may read. One writes at a time, and holds
  `Catalog.writing` meanwhile.
"""

import json
import struct
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from rag.index.answer_tables import ANSWERS, AnswerTables
from rag.index.answers import utc
from rag.index.stores import ADDED, Extent, Identity, StoredPassage, StoredSource
from rag.index.tables import PATIENCE, Place
from rag.reasons import as_json, of_json
from rag.text.passages import Cut
from rag.types import Article, Edition, Passage, Period, Span

MIGRATIONS = (
    # Files, by their paths
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (
    path TEXT PRIMARY KEY, location TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns TEXT NOT NULL,
    skipped TEXT NOT NULL, stale INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE copies (
    article_id TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (article_id, source)
) WITHOUT ROWID;
CREATE INDEX copies_source ON copies (source);
CREATE TABLE edge_lines (
    line TEXT NOT NULL, source TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (line, source, body)
) WITHOUT ROWID;
CREATE INDEX edge_lines_source ON edge_lines (source);
""",
    # Articles; `quoted` is the content hash with which one was quoted
    """
CREATE TABLE articles (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, url TEXT, title TEXT NOT NULL, outlet TEXT,
    published TEXT, text TEXT NOT NULL, content_hash TEXT NOT NULL,
    pages TEXT NOT NULL DEFAULT '[]', quoted TEXT
);
CREATE INDEX articles_source ON articles (source);
""",
    # Texts that were quoted, and replaced at a time
    """
CREATE TABLE texts (
    article_id TEXT NOT NULL, content_hash TEXT NOT NULL, until TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (article_id, content_hash)
) WITHOUT ROWID;
""",
    """
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, sentences TEXT NOT NULL, vectors BLOB
);
CREATE INDEX passages_article ON passages (article_id);
CREATE INDEX passages_unembedded ON passages (id) WHERE vectors IS NULL;
CREATE TABLE outbox (passage_id INTEGER PRIMARY KEY, gone INTEGER NOT NULL);
""",
    # A cluster's number is that of one of its articles; `bands` are packed 32-bit numbers
    """
CREATE TABLE clustered (
    number INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL UNIQUE, bands BLOB,
    cluster INTEGER
);
CREATE INDEX clustered_cluster ON clustered (cluster);
CREATE TABLE bands (
    band INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (band, number)
) WITHOUT ROWID;
""",
    *ANSWERS,
    # The number of an article's first passage when it came; it stays while the article says no more
    """
ALTER TABLE articles ADD COLUMN came INTEGER;
UPDATE articles SET came = (SELECT min(id) FROM passages WHERE article_id = articles.id);
CREATE INDEX articles_came ON articles (came);
""",
    # For questions about a period, which would read every article
    """
CREATE INDEX articles_published ON articles (published);
""",
)


class Catalog(AnswerTables):
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
        """Be the only one who writes, as `rag.index.database.Database.writing` tells."""
        return self._database.writing(waiting, patience=patience)

    def check_writing(self) -> None:
        """Check that one is still the only one who writes. Raises `EngineGone`."""
        self._database.check_writing()

    def size(self) -> int:
        """Return the bytes that a server keeps for it, 0 for what lies in the index folder."""
        return self._database.size()

    def get(self, key: str) -> str | None:
        """Return what the index remembers under a key."""
        return self._value(str, "SELECT value FROM meta WHERE key = ?", key)

    def put(self, key: str, value: str) -> None:
        """Remember a value under a key."""
        self._run(_PUT, (key, value))

    def count_up(self, key: str) -> str:
        """Return the number after the last one under a key; each is returned once."""
        with self.transaction():
            number = str(int(self.get(key) or 0) + 1)
            self.put(key, number)
        return number

    # Sources

    def sources(self, under: Collection[str] | None = None) -> dict[str, StoredSource]:
        """Return the files that were read, by path: all, or those at and under some paths."""
        if under is None:
            rows = self._all(_SOURCES)
        else:
            query = f"{_SOURCES} WHERE path = ? OR (path > ? AND path < ?)"
            ranges = ((path, f"{path}/", f"{path}{_AFTER_SLASH}") for path in under)
            rows = [row for each in ranges for row in self._all(query, each)]
        return {row[0]: _source(row) for row in rows}

    def locations(self) -> tuple[str, ...]:
        """Return the locations of all files."""
        return self._column("SELECT location FROM sources")

    def put_source(
        self, source: StoredSource, *, copies: Collection[str], lines: Collection[tuple[str, str]]
    ) -> None:
        """Record that a file was read, in place of what was recorded of it before.

        `copies` are the ids of articles that it has as well; it turns stale when one of them is
        removed. `lines` are the edge lines of its pages, each with what tells its page from copies.
        """
        path = source.path
        changed = str(source.mtime_ns)  # from the year 2262 on, it exceeds SQLite's integers
        skipped = json.dumps(source.skipped, ensure_ascii=False, default=as_json)
        with self.transaction():
            self._forget(path)
            self._run(
                "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
                (path, source.location, source.size, changed, skipped, source.stale),
            )
            rows = [(copy, path) for copy in sorted(copies)]
            self._many("INSERT INTO copies VALUES (?, ?)", rows)
            edges = [(line, path, body) for line, body in sorted(lines)]
            self._many("INSERT INTO edge_lines VALUES (?, ?, ?)", edges)

    def remove_source(self, path: str) -> None:
        """Forget a file and its articles."""
        with self.transaction():
            for article_id in self.articles_of(path):
                self.remove_article(article_id)
            self._forget(path)

    def lines_of(self, paths: Collection[str]) -> frozenset[str]:
        """Return the edge lines of files."""
        query = "SELECT line FROM edge_lines WHERE source = ?"
        return frozenset(line for path in paths for line in self._column(query, (path,)))

    def repeated_lines(self, *, pages: int, among: Collection[str] | None = None) -> frozenset[str]:
        """Return the edge lines, all or among some, that at least `pages` different pages have."""
        if among is None:
            query = "SELECT line FROM edge_lines GROUP BY line HAVING count(DISTINCT body) >= ?"
            return frozenset(self._column(query, (pages,)))
        query = "SELECT count(DISTINCT body) FROM edge_lines WHERE line = ?"
        return frozenset(line for line in among if (self._value(int, query, line) or 0) >= pages)

    def mark_stale(self, lines: Collection[str]) -> None:
        """Mark the files that have any of these edge lines to be read again by the next run."""
        query = "SELECT source FROM edge_lines WHERE line = ?"
        self._many(
            f"UPDATE sources SET stale = 1 WHERE path IN ({query})",  # noqa: S608
            [(line,) for line in lines],
        )

    def outdate(self) -> None:
        """Mark every file to be read again, and its articles to be stored again."""
        with self.transaction():
            self._run("UPDATE sources SET stale = 1")
            self._run("UPDATE articles SET content_hash = '' WHERE source <> ?", (ADDED,))

    # Articles

    def put_article(self, article: Article, source: str, cuts: Sequence[Cut]) -> None:
        """Store an article and its passages in place of what had its id before.

        A file that it is taken from turns stale. The text of what was quoted stays.
        """
        with self.transaction():
            came = self._came(article)
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
                    *(article.id, source, article.url, article.title, article.outlet),
                    article.published.isoformat() if article.published else None,
                    *(article.text, article.content_hash, json.dumps(article.pages), came),
                ),
            )
            self._run("INSERT INTO clustered (article_id) VALUES (?)", (article.id,))
            for cut in cuts:
                self._put_passage(cut)
            self._run(_COMES, (article.id,))

    def remove_article(self, article_id: str) -> None:
        """Forget an article, if it is known; files with a copy of it turn stale.

        Its earlier texts go with it. The others of its cluster, or the first hundred of them, are
        to be clustered again.
        """
        with self.transaction():
            self._clear(article_id)
            self._run("DELETE FROM texts WHERE article_id = ?", (article_id,))
            self._run(
                "UPDATE sources SET stale = 1 "
                "WHERE path IN (SELECT source FROM copies WHERE article_id = ?)",
                (article_id,),
            )

    def article(self, article_id: str) -> Article | None:
        """Return an article by its exact id."""
        return next(iter(self._articles("WHERE id = ?", (article_id,))), None)

    def put_quoted(self, editions: Iterable[Edition]) -> None:
        """Note that kept answers quote these editions, so far as they are still the articles'."""
        rows = [(each.content_hash, each.id, each.content_hash) for each in editions]
        query = "UPDATE articles SET quoted = ? WHERE id = ? AND content_hash = ?"
        with self.transaction():
            self._many(query, rows)

    def text_of(self, edition: Edition) -> str | None:
        """Return an article's text as an edition has it, None if that did not stay."""
        known = (edition.id, edition.content_hash)
        query = """
            SELECT text FROM articles WHERE id = ? AND content_hash = ?
            UNION ALL SELECT text FROM texts WHERE article_id = ? AND content_hash = ? LIMIT 1
        """
        return self._value(str, query, *known, *known)

    def forget_texts(self, before: datetime) -> None:
        """Forget the texts that were replaced before a time, with which answers were given."""
        self._run("DELETE FROM texts WHERE until < ?", (utc(before).isoformat(),))

    def articles_with(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        """Return the articles of passages, by id; those that are gone are left out."""
        ids = [*dict.fromkeys(stored.passage.article_id for stored in passages)]
        rows = self._among(f"SELECT {_ARTICLE} FROM articles WHERE id IN ({{}})", ids)  # noqa: S608
        return {row[0]: Article(**_values(row)) for row in rows}

    def article_ids(self) -> tuple[str, ...]:
        """Return every article's id, in order."""
        return self._column("SELECT id FROM articles ORDER BY id")

    def articles_of(self, source: str) -> tuple[str, ...]:
        """Return the ids of a source's articles, in order."""
        return self._column("SELECT id FROM articles WHERE source = ? ORDER BY id", (source,))

    def article_counts(self) -> dict[str, int]:
        """Return the number of articles of each source that has any."""
        return dict(self._all("SELECT source, count(*) FROM articles GROUP BY source"))

    def identity(self, article_id: str) -> Identity | None:
        """Return an article's source and content hash, None if it is not known."""
        row = self._one("SELECT source, content_hash FROM articles WHERE id = ?", (article_id,))
        return None if row is None else Identity(*row)

    def identities(self, sources: Collection[str] | None = None) -> dict[str, Identity]:
        """Return the source and content hash of all articles, or of those of some files, by id."""
        query = "SELECT id, source, content_hash FROM articles"
        if sources is None:
            rows = self._all(query)
        else:
            one = f"{query} WHERE source = ?"
            rows = [row for source in sources for row in self._all(one, (source,))]
        return {article_id: Identity(source, digest) for article_id, source, digest in rows}

    def beginnings(self, limit: int, characters: int) -> tuple[str, ...]:
        """Return the first characters of `limit` articles spread over the catalog."""
        query = f"""
            WITH wanted (number) AS (VALUES {", ".join(["(?)"] * limit)}),
                whole (last) AS (SELECT max(rowid) FROM articles)
            SELECT substr(text, 1, ?) FROM articles WHERE rowid IN (
                SELECT (SELECT min(rowid) FROM articles WHERE rowid >= 1 + number * last / ?)
                FROM wanted, whole
            ) ORDER BY rowid
        """  # noqa: S608
        return self._column(query, (*range(limit), characters, limit))

    def newest(
        self,
        limit: int,
        *,
        outlet: str | None = None,
        period: Period | None = None,
        oldest: bool = False,
    ) -> tuple[Edition, ...]:
        """Return the newest articles, or the oldest, without their texts; undated ones come last.

        With `outlet`, only those of that outlet; with `period`, only those of that time.
        """
        held = {"outlet = ?": () if outlet is None else (outlet,), _WITHIN: _days(period)}
        where = " AND ".join(condition for condition, values in held.items() if values)
        query = f"""
            SELECT {_EDITION} FROM articles {f"WHERE {where}" if where else ""}
            ORDER BY published IS NULL, published {"ASC" if oldest else "DESC"}, id LIMIT ?
        """  # noqa: S608
        rows = self._all(query, (*chain(*held.values()), limit))
        return tuple(Edition(**_values(row)) for row in rows)

    def outlets(self) -> dict[str, int]:
        """Return the number of articles of each outlet that is known, the largest first."""
        query = """
            SELECT outlet, count(*) FROM articles WHERE outlet IS NOT NULL
            GROUP BY outlet ORDER BY count(*) DESC, outlet
        """
        return dict(self._all(query))

    def extent(self, period: Period | None = None) -> Extent:
        """Return the number of articles, or of a period's, and their first and last dates."""
        where = f"WHERE {_WITHIN}" if period else ""
        query = f"SELECT count(*), min(published), max(published) FROM articles {where}"  # noqa: S608
        [(count, first, last)] = self._all(query, _days(period))
        return Extent(count, _day(first), _day(last))

    # Clusters

    def unclustered(self, limit: int) -> tuple[Article, ...]:
        """Return the first articles without a cluster."""
        first = "SELECT article_id FROM clustered WHERE cluster IS NULL ORDER BY number LIMIT ?"
        return self._articles(f"WHERE id IN ({first}) ORDER BY rowid", (limit,))

    def unclustered_count(self) -> int:
        """Return the number of articles without a cluster."""
        return self._value(int, "SELECT count(*) FROM clustered WHERE cluster IS NULL") or 0

    def sharing(self, bands: Sequence[int], limit: int) -> list[tuple[int, str]]:
        """Return the clustered articles that have any of the bands, those with most of them first.

        Each comes as its cluster's number and its id. Of each band, `limit` articles are looked at.
        """
        each = "SELECT * FROM (SELECT number FROM bands WHERE band = ? ORDER BY number LIMIT ?) one"
        values = [value for band in bands for value in (band, limit)]
        numbers = self._column(" UNION ALL ".join([each] * len(bands)), values) if bands else ()
        found = [number for number, _ in Counter(numbers).most_common()]
        query = """
            SELECT number, cluster, article_id FROM clustered
            WHERE cluster IS NOT NULL AND number IN ({})
        """
        known = {row[0]: (row[1], row[2]) for row in self._among(query, found)}
        return [known[number] for number in found if number in known]

    def put_cluster(self, article_id: str, bands: Sequence[int], clusters: Collection[int]) -> None:
        """Put an article with its bands, 32-bit numbers, into these clusters, which become one.

        Without any, it is a cluster of its own.
        """
        with self.transaction():
            query = "SELECT number FROM clustered WHERE article_id = ?"
            (number,) = self._column(query, (article_id,))
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
        """Forget all clusters and bands, so that every article is clustered anew."""
        with self.transaction():
            self._run("UPDATE clustered SET bands = NULL, cluster = NULL")
            self._run("DELETE FROM bands")

    def clusters(self, article_ids: Iterable[str]) -> dict[str, int]:
        """Return the numbers of articles' clusters, by id; those without one are left out."""
        query = """
            SELECT article_id, cluster FROM clustered
            WHERE cluster IS NOT NULL AND article_id IN ({})
        """
        return dict(self._among(query, [*dict.fromkeys(article_ids)]))

    def known_clusters(self, clusters: Collection[int], to: int) -> frozenset[int]:
        """Return those of some clusters that have an article that came with a number up to `to`."""
        query = """
            SELECT DISTINCT cluster FROM clustered JOIN articles ON id = article_id
            WHERE cluster IN ({}) AND came <= ?
        """
        return frozenset(cluster for (cluster,) in self._among(query, [*clusters], to))

    def members(self, article_id: str, limit: int) -> tuple[Article, ...]:
        """Return the articles of an article's cluster, itself included, the newest first."""
        where = f"""
            WHERE id IN (
                SELECT id FROM articles JOIN clustered ON article_id = id WHERE cluster =
                    (SELECT cluster FROM clustered WHERE article_id = ?)
                {_NEWEST} LIMIT ?
            ) {_NEWEST}
        """  # noqa: S608
        return self._articles(where, (article_id, limit))

    # Passages

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, of passages and of passages in the outbox."""
        query = """
            SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages),
                (SELECT count(*) FROM outbox)
        """
        [(articles, passages, waiting)] = self._all(query)
        return articles, passages, waiting

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return passages by id, in the order of the ids; those that are gone are left out."""
        query = f"SELECT {_PASSAGE} FROM passages WHERE id IN ({{}})"  # noqa: S608
        rows = {row[0]: row for row in self._among(query, ids)}
        return {each: _stored(rows[each]) for each in dict.fromkeys(ids) if each in rows}

    def passage_ids(self, period: Period | None = None) -> tuple[int, ...]:
        """Return the ids of all passages, or of those of a period's articles, in order."""
        if period is None:
            return self._column("SELECT id FROM passages ORDER BY id")
        query = """
            SELECT passages.id FROM passages JOIN articles ON articles.id = article_id
            WHERE published BETWEEN ? AND ? ORDER BY passages.id
        """
        return self._column(query, _days(period))

    def last_found(self) -> int:
        """Return the last passage that the search stores hold with all before it, 0 for none."""
        query = """
            SELECT coalesce((SELECT min(passage_id) - 1 FROM outbox WHERE gone = 0),
                (SELECT max(id) FROM passages), 0)
        """
        return self._value(int, query) or 0

    def arrivals(self, after: int) -> tuple[tuple[str, ...], int]:
        """Return the ids of the articles that came after a number, as they came; and the next one.

        Only those that the search stores hold, with all that came before them; the rest come after
        the next number. An article comes again when its text has a new line.
        """
        to = max(after, self._value(int, _FOUND_AFTER, after) or 0)
        query = "SELECT id FROM articles WHERE came > ? AND came <= ? ORDER BY came"
        return self._column(query, (after, to)), to

    def unembedded(self, limit: int, *, after: int = 0) -> tuple[StoredPassage, ...]:
        """Return the first passages without vectors whose ids are greater than `after`."""
        query = f"""
            SELECT {_PASSAGE} FROM passages WHERE vectors IS NULL AND id > ? ORDER BY id LIMIT ?
        """  # noqa: S608
        return tuple(_stored(row) for row in self._all(query, (after, limit)))

    def unembedded_counts(self) -> tuple[int, int]:
        """Return the numbers of passages without vectors, and of articles that have such."""
        query = "SELECT count(*), count(DISTINCT article_id) FROM passages WHERE vectors IS NULL"
        [(passages, articles)] = self._all(query)
        return passages, articles

    def put_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keep the packed vectors of passages."""
        rows = [(packed, passage_id) for passage_id, packed in vectors]
        with self.transaction():
            self._many("UPDATE passages SET vectors = ? WHERE id = ?", rows)

    def drop_vectors(self) -> None:
        """Forget all vectors, so that every passage is embedded anew."""
        self._run("UPDATE passages SET vectors = NULL")

    def outbox(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the ids of passages that the search stores lack, and of those that are gone."""
        rows = self._all("SELECT passage_id, gone FROM outbox ORDER BY passage_id")
        add = tuple(passage_id for passage_id, gone in rows if not gone)
        return add, tuple(passage_id for passage_id, gone in rows if gone)

    def clear_outbox(self) -> None:
        """Empty the outbox: the search stores hold what the catalog holds."""
        self._run("DELETE FROM outbox")

    # Rows

    def _articles(self, where: str, values: Sequence[object]) -> tuple[Article, ...]:
        rows = self._all(f"SELECT {_ARTICLE} FROM articles {where}", values)  # noqa: S608
        return tuple(Article(**_values(row)) for row in rows)

    def _came(self, article: Article) -> int | None:
        """Return when an article came that is stored anew, None if it comes now.

        It comes now if a line is new to its text, and is none of its file's that was left out as
        furniture. What another version of extraction makes of it does not count.
        """
        query = "SELECT came, text, source, content_hash FROM articles WHERE id = ?"
        row = self._one(query, (article.id,))
        if row is None:
            return None
        came, text, source, content_hash = row
        lines = {*article.text.split("\n")}.difference(text.split("\n"))
        is_same = not content_hash or not lines.difference(self.lines_of([source]))
        return came if is_same else None

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
INSERT INTO articles (id, source, url, title, outlet, published, text, content_hash, pages, came)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_COMES = """
UPDATE articles SET came = (SELECT min(id) FROM passages WHERE article_id = articles.id)
WHERE id = ? AND came IS NULL
"""
_FOUND_AFTER = """
SELECT coalesce(
    (SELECT came - 1 FROM articles WHERE came > ? AND EXISTS (
        SELECT 1 FROM passages JOIN outbox ON passage_id = passages.id
        WHERE article_id = articles.id AND gone = 0
    ) ORDER BY came LIMIT 1),
    (SELECT max(id) FROM passages)
)
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
    return StoredSource(
        path=path,
        location=location,
        size=size,
        mtime_ns=int(mtime_ns),
        skipped=tuple((where, of_json(why)) for where, why in json.loads(skipped)),
        stale=bool(stale),
    )


def _values(row: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip(_COLUMNS, row, strict=False))
    pages = tuple(json.loads(values["pages"]))
    return {**values, "published": _day(values["published"]), "pages": pages}


_WITHIN = "published BETWEEN ? AND ?"


def _days(period: Period | None) -> tuple[str, ...]:
    """Return the first and the last day of a period as they are stored; none without one."""
    return (period.first.isoformat(), period.last.isoformat()) if period else ()


def _day(published: str | None) -> date | None:
    return date.fromisoformat(published) if published else None


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    passage_id, article_id, start, end, sentences, vectors = row
    spans = tuple(map(Span._make, json.loads(sentences)))
    return StoredPassage(passage_id, Passage(article_id, start, end), spans, vectors)
