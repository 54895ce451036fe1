"""A vector store in two layers, so that a small change leaves the large one as it is.

The base is not written to. What has changed since it was made is kept beside it: a few vectors,
which a search compares one by one, and ids of the base that were removed, which it leaves out.
Beyond some size, these changes are written into a copy of the base, which replaces it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.index.stores import batches
from rag.models.embedder import Vectors

if TYPE_CHECKING:
    from rag.index.chroma import ChromaStore

_BATCH = 2048


@dataclass(frozen=True, slots=True)
class Recent:
    """The changes since a base was made.

    `ids` (n,) and `vectors` (n, dimensions) were added; `gone` are ids of the base.
    """

    ids: npt.NDArray[np.int64]
    vectors: Vectors
    gone: frozenset[int]

    def __len__(self) -> int:
        return len(self.ids) + len(self.gone)

    def changed(
        self, add: Mapping[int, Vectors], gone: Collection[int], *, known: Collection[int]
    ) -> "Recent":
        """Return it with vectors added and others gone; `known` are those that the base holds."""
        kept = ~np.isin(self.ids, [*add, *gone])
        ids, vectors = self.ids[kept], self.vectors[kept]
        if add:
            ids = np.concatenate([ids, np.array([*add], dtype=np.int64)])
            added = np.stack([*add.values()])
            vectors = np.concatenate([vectors, added]) if len(vectors) else added
        return Recent(ids, vectors, self.gone.union(known))

    def nearest(
        self, vector: Vectors, limit: int, among: Collection[int] | None
    ) -> list[tuple[int, float]]:
        """Return the added ids nearest to a vector, as (id, cosine), best first."""
        if not len(self.ids):
            return []
        cosines = self.vectors @ vector
        if among is not None:
            cosines[~np.isin(self.ids, [*among])] = -np.inf
        best = np.argsort(-cosines, kind="stable")[:limit]
        pairs = zip(self.ids[best].tolist(), cosines[best].tolist(), strict=True)
        return [(passage_id, cosine) for passage_id, cosine in pairs if cosine > -np.inf]

    def save(self, path: Path) -> None:
        """Write it to a file."""
        gone = np.array(sorted(self.gone), dtype=np.int64)
        np.savez(path, ids=self.ids, vectors=self.vectors, gone=gone)

    @classmethod
    def load(cls, path: Path) -> "Recent":
        """Read it from a file."""
        with np.load(path) as kept:
            return cls(kept["ids"], kept["vectors"], frozenset(kept["gone"].tolist()))


NOTHING = Recent(np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32), frozenset())


class LayeredStore:
    """A `rag.index.stores.VectorStore` over a base and what has changed since.

    Safe to share between threads for searching. To apply changes beyond `most` in number, it asks
    `copied` for a copy of the base, once; from then on `base` is that copy, and is written to.
    Without `copied` the base is written to at once.
    """

    def __init__(
        self,
        base: "ChromaStore",
        recent: Recent,
        *,
        most: int = 0,
        copied: "Callable[[], ChromaStore] | None" = None,
    ) -> None:
        self.base = base
        self.recent = recent
        self._most = most
        self._copied = copied

    @property
    def shares_base(self) -> bool:
        """Whether the base is still the one that this store was made with, unchanged."""
        return self._copied is not None

    def apply(self, add: Mapping[int, Vectors], gone: Sequence[int]) -> None:
        if self._copied is not None:
            known = self.base.known([*add, *gone])
            recent = self.recent.changed(add, gone, known=known)
            if len(recent) <= self._most:
                self.recent = recent
                return
            self._merge(self._copied())
        self.base.apply(add, gone)

    def _merge(self, base: "ChromaStore") -> None:
        """Write the recent changes into a copy of the base, which replaces it."""
        recent, self.base, self._copied = self.recent, base, None
        self.recent = NOTHING
        for gone in batches(sorted(recent.gone), _BATCH):
            base.apply({}, gone)
        for added in batches([*zip(recent.ids.tolist(), recent.vectors, strict=True)], _BATCH):
            base.apply(dict(added), ())

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        base, recent = self.base, self.recent
        gone = recent.gone
        there = None if among is None else [each for each in among if each not in gone]
        found: list[tuple[int, float]] = []
        # Few of those that are nearest are gone, as a rule.
        for wanted in dict.fromkeys((limit + min(limit, len(gone)), limit + len(gone))):
            hits = base.search(vector, wanted, among=there)
            found = [hit for hit in hits if hit[0] not in gone]
            if len(found) >= limit or len(hits) < wanted:
                break
        found += recent.nearest(vector, limit, among)
        return sorted(found, key=lambda hit: -hit[1])[: max(limit, 0)]

    def count(self) -> int:
        return self.base.count() - len(self.recent.gone) + len(self.recent.ids)
