"""The protocols of the index's stores, and the nouns that pass through them.

The catalog is the truth; the search stores follow it, hold no text, and can be made anew from it.
An engine is one file that implements one of the protocols: SQLite or PostgreSQL, Tantivy, Chroma.
Ingestion and retrieval know the protocols only.

- **Ids.** The catalog gives each passage a number, once and never again. A search store that holds
  a number holds the passage that the catalog means by it, or one that is gone since.
- **Filters.** The search stores hold no metadata. A search may be limited to passages by their
  numbers; which ones lie in a period or belong to an outlet, the catalog tells.
- **Kills.** A transaction of the catalog happens whole or not at all, whenever the process ends.
  What passages the search stores lack stands in the catalog's outbox, which is written with the
  passages and emptied when a change of the search stores is published. A change that was cut off is
  done again; to add or to delete a passage twice is the same as once.
- **Others at work.** Any number of threads and processes may read. One writes at a time, and holds
  `Catalog.writing` meanwhile.

Every method may raise `StorageError`: `IndexLocked`, `IndexDamaged`, `IndexMismatch` (a newer Griot
wrote it), `StorageFull`, or `EngineGone` (a server does not answer).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from rag.models.embedder import Vectors
from rag.reasons import Remark
from rag.text.passages import Cut
from rag.types import Article, Edition, Passage, Period, Span

ADDED = ""
"""The source of the articles that a program added; a file's is never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSource:
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
class Identity:
    """The source that an article comes from, and the hash of what it says."""

    source: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Extent:
    """The number of articles, and their first and last dates, if any has one."""

    articles: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its id, its sentences and, once embedded, its packed vectors."""

    id: int
    passage: Passage
    sentences: tuple[Span, ...]
    vectors: bytes | None


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many `passages` there are, and of each term, in how many of them their text holds it."""

    passages: int
    holding: Mapping[str, int]


class Catalog(Protocol):
    """Sources, articles and their clusters, passages with their vectors, and the outbox."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all of what happens inside, or nothing. Nesting joins the outer transaction."""

    def writing(
        self, waiting: Callable[[], None], *, patience: float
    ) -> AbstractContextManager[None]:
        """Be the only one who writes; the lock ends with the process.

        `waiting` is called now and then while another one writes.

        Raises:
            IndexLocked: another one still writes after `patience` seconds.
        """

    def get(self, key: str) -> str | None:
        """Return what the index remembers under a key."""

    def put(self, key: str, value: str) -> None:
        """Remember a value under a key."""

    # Sources

    def sources(self, under: Collection[str] | None = None) -> dict[str, StoredSource]:
        """Return the files that were read, by path: all, or those at and under some paths."""

    def locations(self) -> tuple[str, ...]:
        """Return the locations of all files."""

    def put_source(
        self, source: StoredSource, *, copies: Collection[str], lines: Collection[tuple[str, str]]
    ) -> None:
        """Record that a file was read, in place of what was recorded of it before.

        `copies` are the ids of articles that it has as well; it turns stale when one of them is
        removed. `lines` are the edge lines of its pages, each with what tells its page from copies.
        """

    def remove_source(self, path: str) -> None:
        """Forget a file and its articles."""

    def lines_of(self, paths: Collection[str]) -> frozenset[str]:
        """Return the edge lines of files."""

    def repeated_lines(self, *, pages: int, among: Collection[str] | None = None) -> frozenset[str]:
        """Return the edge lines, all or among some, that at least `pages` different pages have."""

    def mark_stale(self, lines: Collection[str]) -> None:
        """Mark the files that have any of these edge lines to be read again by the next run."""

    def outdate(self) -> None:
        """Mark every file to be read again, and its articles to be stored again."""

    # Articles

    def put_article(self, article: Article, source: str, cuts: Sequence[Cut]) -> None:
        """Store an article and its passages in place of what had its id before.

        A file that it is taken from turns stale. The text of what was quoted stays.
        """

    def remove_article(self, article_id: str) -> None:
        """Forget an article, if it is known; files with a copy of it turn stale.

        Its earlier texts go with it. The others of its cluster, or the first hundred of them, are
        to be clustered again.
        """

    def article(self, article_id: str) -> Article | None:
        """Return an article by its exact id."""

    def put_quoted(self, editions: Iterable[Edition]) -> None:
        """Note that kept answers quote these editions, so far as they are still the articles'."""

    def text_of(self, edition: Edition) -> str | None:
        """Return an article's text as an edition has it, None if that did not stay."""

    def forget_texts(self, before: datetime) -> None:
        """Forget the texts that were replaced before a time, with which answers were given."""

    def articles_with(self, passages: Iterable[StoredPassage]) -> dict[str, Article]:
        """Return the articles of passages, by id; those that are gone are left out."""

    def article_ids(self) -> tuple[str, ...]:
        """Return every article's id, in order."""

    def articles_of(self, source: str) -> tuple[str, ...]:
        """Return the ids of a source's articles, in order."""

    def article_counts(self) -> dict[str, int]:
        """Return the number of articles of each source that has any."""

    def identity(self, article_id: str) -> Identity | None:
        """Return an article's source and content hash, None if it is not known."""

    def identities(self, sources: Collection[str] | None = None) -> dict[str, Identity]:
        """Return the source and content hash of all articles, or of those of some files, by id."""

    def beginnings(self, limit: int, characters: int) -> tuple[str, ...]:
        """Return the first characters of `limit` articles spread over the catalog."""

    def newest(
        self, limit: int, *, outlet: str | None = None, oldest: bool = False
    ) -> tuple[Edition, ...]:
        """Return the newest articles, or the oldest, without their texts; undated ones come last.

        With `outlet`, only those of that outlet.
        """

    def outlets(self) -> dict[str, int]:
        """Return the number of articles of each outlet that is known, the largest first."""

    def extent(self) -> Extent:
        """Return the number of articles, and their first and last dates."""

    # Clusters of articles that tell one story

    def unclustered(self, limit: int) -> tuple[Article, ...]:
        """Return the first articles without a cluster."""

    def unclustered_count(self) -> int:
        """Return the number of articles without a cluster."""

    def sharing(self, bands: Sequence[int], limit: int) -> list[tuple[int, str]]:
        """Return the clustered articles that have any of the bands, those with most of them first.

        Each comes as its cluster's number and its id. Of each band, `limit` articles are looked at.
        """

    def put_cluster(self, article_id: str, bands: Sequence[int], clusters: Collection[int]) -> None:
        """Put an article with its bands, 32-bit numbers, into these clusters, which become one.

        Without any, it is a cluster of its own.
        """

    def drop_clusters(self) -> None:
        """Forget all clusters and bands, so that every article is clustered anew."""

    def clusters(self, article_ids: Iterable[str]) -> dict[str, int]:
        """Return the numbers of articles' clusters, by id; those without one are left out."""

    def members(self, article_id: str, limit: int) -> tuple[Article, ...]:
        """Return the articles of an article's cluster, itself included, the newest first."""

    # Passages

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of articles, of passages and of passages in the outbox."""

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return passages by id, in the order of the ids; those that are gone are left out."""

    def passage_ids(self, period: Period | None = None) -> tuple[int, ...]:
        """Return the ids of all passages, or of those of a period's articles, in order."""

    def last_found(self) -> int:
        """Return the last passage that the search stores hold with all before it, 0 for none."""

    def arrivals(self, after: int, to: int) -> tuple[str, ...]:
        """Return the ids of the articles with passages whose ids lie in (after, to], as they came.

        Articles that changed have new passages.
        """

    def unembedded(self, limit: int, *, after: int = 0) -> tuple[StoredPassage, ...]:
        """Return the first passages without vectors whose ids are greater than `after`."""

    def unembedded_counts(self) -> tuple[int, int]:
        """Return the numbers of passages without vectors, and of articles that have such."""

    def put_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keep the packed vectors of passages."""

    def drop_vectors(self) -> None:
        """Forget all vectors, so that every passage is embedded anew."""

    def outbox(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the ids of passages that the search stores lack, and of those that are gone."""

    def clear_outbox(self) -> None:
        """Empty the outbox: the search stores hold what the catalog holds."""

    def size(self) -> int:
        """Return the bytes that a server keeps for it, 0 for what lies in the index folder."""

    def close(self) -> None:
        """Release the catalog. Closing twice does no harm."""


class LexicalStore(Protocol):
    """Finds passages by their words. Safe to share between threads for searching."""

    def apply(self, add: Mapping[int, tuple[str, str]], gone: Sequence[int]) -> None:
        """Delete the passages `gone`, known or not, and add others (id: title, text)."""

    def search(
        self, terms: Sequence[str], limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """Return the passages that hold any of the terms, as (id, BM25), best first."""

    def close_to(self, term: str, limit: int) -> list[int]:
        """Return passages with a term within one edit of `term`, two from eight letters on."""

    def frequencies(self, terms: Collection[str]) -> Frequencies:
        """Return how many passages hold each of the terms, 0 for one that stands in none."""

    def count(self) -> int:
        """Return the number of passages held."""


class VectorStore(Protocol):
    """Finds passages by their vectors. Safe to share between threads for searching."""

    def apply(self, add: Mapping[int, Vectors], gone: Sequence[int]) -> None:
        """Delete the passages `gone`, known or not, and add vectors, each (dimensions,)."""

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """Return the passages nearest to a vector, as (id, cosine), best first."""

    def count(self) -> int:
        """Return the number of passages held."""


class SearchStores(Protocol):
    """The lexical and the vector store of one catalog, which change together."""

    @property
    def published(self) -> bool:
        """Whether there are stores to search, if only of what the catalog held earlier."""

    def open(self) -> tuple[LexicalStore, VectorStore]:
        """Return both stores as last published, by this process or another.

        Raises:
            IndexDamaged: there are passages, and no stores that can be read.
        """

    def change(self, *, anew: bool) -> AbstractContextManager[tuple[LexicalStore, VectorStore]]:
        """Yield both stores to be changed, empty ones if `anew`; publish them at the end.

        Publishing empties the catalog's outbox. Where the block raises, nothing is published.

        Raises:
            IndexDamaged: what is there is not as it was written, so that it cannot be added to.
        """

    def withdraw(self) -> None:
        """Publish nothing any more, as part of the catalog's transaction."""

    def verify(self) -> None:
        """Compare what is stored with what was published, as far as the engine can.

        Raises:
            IndexDamaged: something is gone, or is not as it was written.
        """

    def owns(self, path: str) -> bool:
        """Return whether a file is one of the stores', and so holds no article."""

    def close(self) -> None:
        """Release the stores. Closing twice does no harm."""
