"""A store in two layers finds what a store in one would find."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rag.index.layers import NOTHING, LayeredStore, Recent
from rag.models.embedder import Vectors


@dataclass
class ExactStore:
    """A vector store that compares every vector."""

    vectors: dict[int, Vectors] = field(default_factory=dict)

    def apply(self, add: Mapping[int, Vectors], gone: Sequence[int]) -> None:
        for passage_id in gone:
            self.vectors.pop(passage_id, None)
        self.vectors.update(add)

    def search(
        self, vector: Vectors, limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        hits = [
            (passage_id, float(held @ vector))
            for passage_id, held in self.vectors.items()
            if among is None or passage_id in among
        ]
        return sorted(hits, key=lambda hit: -hit[1])[:limit]

    def count(self) -> int:
        return len(self.vectors)

    def known(self, ids: Collection[int]) -> set[int]:
        return self.vectors.keys() & {*ids}

    def close(self) -> None:
        pass


def unit(seed: int) -> Vectors:
    vector = np.random.default_rng(seed).standard_normal(8).astype(np.float32)
    return vector / np.linalg.norm(vector)


IDS = st.sets(st.integers(1, 12))
CHANGES = st.lists(st.tuples(IDS, IDS, st.integers(0, 99)), max_size=5)


@given(IDS, CHANGES, st.integers(0, 8), st.one_of(st.none(), IDS), st.integers(0, 12))
@example({1}, [({1}, set(), 0)], 2, {1}, 1)
def test_two_layers_are_as_one(
    first: set[int],
    changes: list[tuple[set[int], set[int], int]],
    most: int,
    among: set[int] | None,
    limit: int,
) -> None:
    """Whatever is added, replaced and deleted, and whenever it is merged; the base stays."""
    base = ExactStore({each: unit(each) for each in first})
    whole = ExactStore(dict(base.vectors))
    layered = LayeredStore(base, NOTHING, most=most, copied=lambda: ExactStore(dict(base.vectors)))
    for add, gone, seed in changes:
        for store in (whole, layered):
            store.apply({each: unit(each + seed) for each in sorted(add)}, sorted(gone - add))
        if layered.shares_base:
            assert len(layered.recent) <= most
    found = [store.search(unit(0), limit, among=among) for store in (whole, layered)]
    assert [[round(cosine, 5) for _, cosine in hits] for hits in found] == [
        [round(cosine, 5) for _, cosine in found[0]]
    ] * 2
    assert {*dict(found[0])} == {*dict(found[1])}
    assert layered.count() == whole.count()
    assert base.vectors.keys() == first


def test_recent_changes_are_kept(tmp_path: Path) -> None:
    """What is read from a file is what was written to it."""
    recent = NOTHING.changed({5: unit(5), 7: unit(7)}, (), known={3})
    for each in (NOTHING, recent, recent.changed({}, (5,), known=())):
        each.save(tmp_path / "recent.npz")
        back = Recent.load(tmp_path / "recent.npz")
        assert (back.ids.tolist(), back.gone) == (each.ids.tolist(), each.gone)
        assert np.array_equal(back.vectors, each.vectors)
