"""The protocols of the search stores, and the nouns that pass between them and the catalog.

The search stores follow the catalog (`rag.index.catalog`), hold no text, and can be made anew from
it. An engine is one file that implements one of the protocols. Ingestion and retrieval know the
protocols only.

- **Ids.** A search store that holds a passage's number holds the passage that the catalog means by
  it, or one that is gone since.
- **Filters.** The search stores hold no metadata. A search may be limited to passages by their
  numbers; which ones lie in a period or belong to an outlet, the catalog tells.
- **Kills.** A change that was cut off is done again; to add or to delete a passage twice is the
  same as once.
- **Others at work.** Any number of threads and processes may search. One writes at a time.

Every method may raise `StorageError`: `IndexLocked`, `IndexDamaged`, `IndexMismatch` (a newer Griot
wrote it), `StorageFull`, or `EngineGone` (a server does not answer).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from rag.models.embedder import Vectors
from rag.reasons import Remark
from rag.types import Passage, Span

_T = TypeVar("_T")

TITLE_WEIGHT = 0.3
"""A title's BM25 beside its passages'; chosen in benchmarks/retrieval.md."""

GRACE = 30.0
"""Seconds that stores outlive the publication of others, far longer than any search."""

ASKED = 10_000
"""Values that an engine is asked about at once: SQLite, which Chroma uses, too, takes 32,766."""

WIDEST = 2_000
"""Vectors that are searched for at once, half of what Chroma has in view (`engines.GRAPH`)."""

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


def batches(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield values in their order, so many at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))


def widely(
    search: Callable[[int], list[tuple[int, float]]],
    limit: int,
    *,
    among: Collection[int],
    count: Callable[[], int],
) -> list[tuple[int, float]] | None:
    """Return the best that are among some passages, of a search of all.

    To name many to an engine takes ten times as long (0.25 s of 40,000). None where they are few,
    so that they are to be named, or where too few of them are found. `count` is of all passages.
    """
    if len(among) <= ASKED or (wanted := 2 * limit * count() // len(among)) > WIDEST:
        return None
    chosen = {*among}
    found = [hit for hit in search(wanted) if hit[0] in chosen]
    return found[:limit] if len(found) >= limit else None


def edits(term: str) -> int:
    """Return how far a spelling may be from a term: one edit, two from eight letters on."""
    return 1 if len(term) < 8 else 2  # noqa: PLR2004


class LexicalStore(Protocol):
    """Finds passages by their words. Safe to share between threads for searching."""

    def apply(self, add: Mapping[int, tuple[str, str]], gone: Sequence[int]) -> None:
        """Delete the passages `gone`, known or not, and add others (id: title, text)."""

    def search(
        self, terms: Sequence[str], limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """Return the passages that hold any of the terms, as (id, BM25), best first."""

    def close_to(self, term: str, limit: int) -> list[int]:
        """Return passages with a term within `edits` of a term."""

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
            IndexDamaged: there are none that can be read.
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
