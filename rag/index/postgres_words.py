"""The lexical store in PostgreSQL: BM25 over `rag.languages.terms`, from a table of postings.

A term of the titles and the same term of the texts count apart, each under a number of its own. A
posting says how often a term stands in a passage, and how long that title or text is. The key of
the postings includes all that, so that a search reads a few ranges of one index. What a term adds
to a passage's score is Tantivy's BM25,
`ln(1 + (N - n + 0.5) / (n + 0.5)) * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * length / average))`, of
which the number `n` of passages of each term is kept with it.

Common terms have many postings and add little. The rarest are read whole, as long as together they
have `READ` postings, or find too little; those of the others are looked up for the best of what
these find. The terms have no accents and are stems already, so that no dictionary of PostgreSQL's
is in between. benchmarks/engines.md compares this with Tantivy and with PostgreSQL's own ranking.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection, sql

from rag.index.postgres import PostgresDatabase
from rag.index.stores import TITLE_WEIGHT, Frequencies, edits
from rag.languages.terms import VERSION
from rag.languages.terms import terms as terms_of

READ = 20_000
"""Postings of a question's rarest terms that are read whole; more where these find too little.
Over 100,000 passages so many find .99 of Tantivy's first ten (benchmarks/engines.md)."""

LAYOUT = 2
"""Of the tables, a part of their names: those of another layout are made anew."""

_AT_LEAST = 4
"""Passages that the rarest terms find for each one that is wanted, to be scored by all terms."""

_LONGEST = 500
"""Bytes of a term; a key of PostgreSQL's takes 2,700, its `levenshtein` 255 characters."""

_MOST = 32_767
"""The greatest frequency, and the greatest length, that a posting holds."""

_NAME = "words_"
_CREATE = """
CREATE TABLE {words} (
    id bigint PRIMARY KEY, terms integer[] NOT NULL,
    title_length integer NOT NULL, text_length integer NOT NULL
);
CREATE TABLE {terms} (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term text COLLATE "C" NOT NULL, in_title smallint NOT NULL, passages bigint NOT NULL,
    UNIQUE (term, in_title)
);
CREATE TABLE {postings} (
    passage bigint NOT NULL, term integer NOT NULL,
    frequency smallint NOT NULL, length smallint NOT NULL,
    PRIMARY KEY (term, passage) INCLUDE (frequency, length)
);
CREATE TABLE {totals} (passages bigint NOT NULL, titles bigint NOT NULL, texts bigint NOT NULL);
INSERT INTO {totals} VALUES (0, 0, 0);
SELECT pg_advisory_xact_lock(hashtextextended('griot/extensions', 0));
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch SCHEMA public
"""
"""An extension is the whole database's: where two make it at once, one of them fails."""

_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname ~ '^words_[0-9]'
"""

_DELETE = """
WITH gone AS (DELETE FROM {words} WHERE id = ANY(%s) RETURNING *),
counted AS (
    UPDATE {totals} SET passages = passages - n, titles = titles - t, texts = texts - x
    FROM (SELECT count(*) n, coalesce(sum(title_length), 0) t, coalesce(sum(text_length), 0) x
          FROM gone) lost
),
held AS (SELECT id, unnest(terms) AS number FROM gone),
dropped AS (
    DELETE FROM {postings} USING held WHERE term = held.number AND passage = held.id
)
UPDATE {terms} SET passages = passages - n
FROM (SELECT number, count(*) n FROM held GROUP BY number) lost
WHERE {terms}.number = lost.number
"""
_ADD_TERMS = """
INSERT INTO {terms} (term, in_title, passages)
SELECT new.term, new.in_title, 0
FROM unnest(%(terms)s::text[], %(in_title)s::smallint[]) AS new (term, in_title)
LEFT JOIN {terms} known USING (term, in_title) WHERE known.number IS NULL
"""
_COUNT_TERMS = """
UPDATE {terms} SET passages = {terms}.passages + new.passages
FROM unnest(%(terms)s::text[], %(in_title)s::smallint[], %(passages)s::bigint[])
    AS new (term, in_title, passages)
WHERE {terms}.term = new.term AND {terms}.in_title = new.in_title
RETURNING {terms}.term, {terms}.in_title, number
"""
_COPY_WORDS = "COPY {words} (id, terms, title_length, text_length) FROM STDIN"
_COPY_POSTINGS = "COPY {postings} (term, passage, frequency, length) FROM STDIN"
_COUNT = """
UPDATE {totals} SET passages = passages + %s, titles = titles + %s, texts = texts + %s
"""
_FREQUENCIES = """
SELECT number, in_title, {terms}.passages, {totals}.passages, {totals}.titles, {totals}.texts
FROM {totals}, {terms} WHERE term = ANY(%s) AND {terms}.passages > 0
"""
_HOLDING_EACH = """
SELECT {totals}.passages, term, {terms}.passages
FROM {totals} LEFT JOIN {terms} ON term = ANY(%s) AND in_title = 0
"""
_SEARCH = """
WITH found AS MATERIALIZED (
    SELECT passage, sum({bm25}) AS score FROM {rare} JOIN {postings} USING (term) {among}
    GROUP BY passage ORDER BY score DESC, passage LIMIT %(found)s
)
SELECT passage, score + coalesce((
    SELECT sum({bm25}) FROM {common} JOIN {postings} USING (term)
    WHERE {postings}.passage = found.passage
), 0) AS score FROM found ORDER BY score DESC, passage LIMIT %(limit)s
"""
_BM25 = "weight * frequency / (frequency + 0.3::float8 + per_length * length)"
_ASKED = """
unnest(%({0}_terms)s::integer[], %({0}_weights)s::float8[], %({0}_per_length)s::float8[])
    AS asked (term, weight, per_length)
"""
_AMONG = "WHERE passage IN (SELECT unnest(%(among)s::bigint[]))"
_CLOSE = """
SELECT term, number FROM {terms} WHERE passages > 0
    AND length(term) BETWEEN length(%(term)s) - %(most)s AND length(%(term)s) + %(most)s
    AND public.levenshtein_less_equal(term, %(term)s, %(most)s + 1) <= %(most)s + 1
"""
_HOLDING = "SELECT DISTINCT passage FROM {postings} WHERE term = ANY(%s) ORDER BY passage LIMIT %s"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A term of a search: its number, its postings, and what its BM25 is computed from."""

    number: int
    postings: int
    weight: float
    per_length: float


class PostgresWords:
    """A `rag.index.stores.LexicalStore` in tables of its own, named after a generation.

    Of a question's rarest terms, `read` postings are read whole.
    """

    def __init__(self, database: PostgresDatabase, generation: str, *, read: float = READ) -> None:
        self._database = database
        self._read = read
        self._name = f"{_NAME}{LAYOUT}_{VERSION}_{generation}"
        self._names = {"words": sql.Identifier(self._name)} | {
            part: sql.Identifier(f"{self._name}_{part}") for part in ("terms", "postings", "totals")
        }

    @property
    def place(self) -> str:
        """The name of the database, for a person."""
        return self._database.shown

    def exists(self) -> bool:
        """Whether the tables are there."""
        with self._database.connection() as connection:
            [(table,)] = connection.execute("SELECT to_regclass(%s)", (self._name,)).fetchall()
        return table is not None

    def create(self) -> None:
        """Make the tables, empty."""
        with self._database.transaction(), self._database.connection() as connection:
            for statement in _CREATE.split(";\n"):
                connection.execute(self._query(statement))

    def settle(self) -> None:
        """Have PostgreSQL count what was written, so that it plans searches well from the start.

        It does so by itself, a minute after a large change.
        """
        with self._database.connection() as connection:
            for part in ("terms", "postings"):
                connection.execute(self._query(f"VACUUM (ANALYZE) {{{part}}}"))

    def drop_others(self) -> None:
        """Delete the tables of other generations and layouts in the same schema."""
        with self._database.connection() as connection:
            for (name,) in connection.execute(_TABLES).fetchall():
                if sql.Identifier(name) not in self._names.values():
                    connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))

    def apply(self, add: Mapping[int, tuple[str, str]], gone: Sequence[int]) -> None:
        held = {
            passage_id: (_fitting(text), _fitting(title))
            for passage_id, (title, text) in add.items()
        }
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(self._query(_DELETE), ([*add, *gone],))
            if held:
                self._add(connection, held)

    def _add(
        self, connection: Connection, held: Mapping[int, tuple[Sequence[str], Sequence[str]]]
    ) -> None:
        """Write passages, each as the terms of its text and of its title."""
        counts = Counter(
            (term, in_title)
            for parts in held.values()
            for in_title, terms in enumerate(parts)
            for term in {*terms}
        )
        told = {
            "terms": [term for term, _ in counts],
            "in_title": [in_title for _, in_title in counts],
            "passages": [*counts.values()],
        }
        connection.execute(self._query(_ADD_TERMS), told)
        numbered = connection.execute(self._query(_COUNT_TERMS), told)
        numbers = {(term, in_title): number for term, in_title, number in numbered}
        postings = sorted(
            (numbers[term, in_title], passage_id, min(frequency, _MOST), min(len(terms), _MOST))
            for passage_id, parts in held.items()
            for in_title, terms in enumerate(parts)
            for term, frequency in Counter(terms).items()
        )
        of_passage: dict[int, list[int]] = {passage_id: [] for passage_id in held}
        for number, passage_id, *_ in postings:
            of_passage[passage_id].append(number)
        self._copy(connection, _COPY_POSTINGS, postings)
        self._copy(
            connection,
            _COPY_WORDS,
            [
                (passage_id, of_passage[passage_id], len(title), len(text))
                for passage_id, (text, title) in held.items()
            ],
        )
        titles, texts = (sum(len(parts[place]) for parts in held.values()) for place in (1, 0))
        connection.execute(self._query(_COUNT), (len(held), titles, texts))

    def _copy(self, connection: Connection, query: str, rows: Sequence[Sequence[object]]) -> None:
        with connection.cursor() as cursor, cursor.copy(self._query(query)) as copy:
            for row in rows:
                copy.write_row(row)

    def search(
        self, terms: Sequence[str], limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        wanted = [*dict.fromkeys(terms)]
        if not wanted or limit < 1:
            return []
        with self._database.connection() as connection:
            rows = connection.execute(self._query(_FREQUENCIES), (wanted,)).fetchall()
            if not rows or (among is not None and not among):
                return []
            passages = rows[0][3]
            share = 1.0 if among is None else min(len(among) / passages, 1.0)
            least = _AT_LEAST * limit
            asked = [_asked(*row) for row in rows]
            rare, common = _parted(asked, self._read / share, round(least / share))
            values = {
                **_values("rare", rare),
                **_values("common", common),
                "found": least,
                "limit": limit,
                "among": None if among is None else [*among],
            }
            query = self._query(
                _SEARCH,
                bm25=sql.SQL(_BM25),
                rare=sql.SQL(_ASKED.format("rare")),
                common=sql.SQL(_ASKED.format("common")),
                among=sql.SQL("" if among is None else _AMONG),
            )
            # A plan that is kept would not see how many terms and passages there are.
            found = connection.execute(query, values, prepare=False)
            return [(passage_id, float(score)) for passage_id, score in found]

    def close_to(self, term: str, limit: int) -> list[int]:
        from rapidfuzz.distance import OSA

        most = edits(term)
        if len(term.encode()) > _LONGEST // 2:
            return []
        with self._database.connection() as connection:
            rows = connection.execute(self._query(_CLOSE), {"term": term, "most": most})
            close = [number for other, number in rows if OSA.distance(term, other) <= most]
            holding = connection.execute(self._query(_HOLDING), (close, limit))
            return [passage_id for (passage_id,) in holding]

    def frequencies(self, terms: Collection[str]) -> Frequencies:
        with self._database.connection() as connection:
            rows = connection.execute(self._query(_HOLDING_EACH), ([*terms],)).fetchall()
        holding = {term: count for _, term, count in rows if term is not None}
        return Frequencies(rows[0][0], dict.fromkeys(terms, 0) | holding)

    def count(self) -> int:
        with self._database.connection() as connection:
            query = self._query("SELECT passages FROM {totals}")
            [(passages,)] = connection.execute(query).fetchall()
        return int(passages)

    def _query(self, statement: str, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(**self._names, **parts)


def _fitting(text: str) -> list[str]:
    return [term for term in terms_of(text) if len(term.encode()) <= _LONGEST]


def _asked(  # noqa: PLR0913, PLR0917 - the columns of a row
    number: int, in_title: int, holding: int, passages: int, titles: int, texts: int
) -> _Asked:
    rarity = math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
    average = max((titles if in_title else texts) / passages, 1.0)
    weight = 2.2 * rarity * (TITLE_WEIGHT if in_title else 1.0)
    return _Asked(number, holding, weight, 0.9 / average)


def _parted(asked: Sequence[_Asked], read: float, least: int) -> tuple[list[_Asked], list[_Asked]]:
    """Return the rarest terms, and the others.

    The rarest have `read` postings together; more where they would have fewer than `least`.
    """
    by_rarity = sorted(asked, key=lambda each: each.postings)
    total, count = 0, 0
    for each in by_rarity:
        if total >= least and total + each.postings > read:
            break
        total += each.postings
        count += 1
    return by_rarity[:count], by_rarity[count:]


def _values(name: str, asked: Sequence[_Asked]) -> dict[str, list[float]]:
    """Return the values of a query that `_ASKED` names."""
    return {
        f"{name}_terms": [each.number for each in asked],
        f"{name}_weights": [each.weight for each in asked],
        f"{name}_per_length": [each.per_length for each in asked],
    }
