from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rag.index import chroma
from rag.index.chroma import ChromaStore
from rag.index.tantivy import TantivyStore
from rag.index.vectors import pack, unpack
from rag.languages.terms import terms
from rag.models.embedder import Vectors

TEXTS = {
    1: ("Visit", "President Goïta met Putin in Moscow."),
    2: ("Withdrawal", "The mercenaries announced that they leave Mali."),
    3: ("Goïta", "Ministers accompanied him."),
}


@pytest.fixture
def lexical(tmp_path: Path) -> TantivyStore:
    index = TantivyStore(tmp_path / "lexical")
    index.apply(TEXTS, ())
    return index


def found(index: TantivyStore, question: str) -> list[int]:
    return [passage_id for passage_id, _ in index.search(terms(question), 10)]


# Words


def test_spellings_find_the_same(lexical: TantivyStore) -> None:
    """Accents and case do not matter, and the text weighs more than the title."""
    assert [found(lexical, name) for name in ("Goïta", "Goita", "GOITA", "goïta's")] == [[1, 3]] * 4


def test_close_terms(lexical: TantivyStore) -> None:
    """In the text or the title, one edit is forgiven, two from eight letters on.

    Swapped neighbours are one.
    """
    assert [lexical.close_to(word, 9) for word in ("goyta", "giota", "gayta", "acompnai")] == [
        [1, 3],
        [1, 3],
        [],
        [3],
    ]


def test_frequency(lexical: TantivyStore) -> None:
    """A term's frequency counts the passages whose text holds it."""
    assert [lexical.frequency(word) for word in ("goita", "him", "nobody")] == [1, 1, 0]


def test_nothing_is_searched_for(lexical: TantivyStore) -> None:
    """No words, or no room, find nothing."""
    assert (lexical.search([], 5), lexical.search(["goita"], 0)) == ([], [])


def test_a_search_for_words_may_be_limited(lexical: TantivyStore) -> None:
    """Only passages among those that are named are found, with the scores that they have anyway."""
    everything = dict(lexical.search(["goita"], 9))
    limited = lexical.search(["goita"], 9, among={2, 3, 99})
    assert limited == [(3, everything[3])]
    assert lexical.search(["goita"], 9, among=()) == []


def test_forgetting(lexical: TantivyStore) -> None:
    """A deleted passage is neither found nor counted; unknown ids do no harm."""
    lexical.apply({4: ("New", "Goïta again")}, (1, 99))
    assert (lexical.count(), found(lexical, "Goïta")) == (3, [4, 3])


def test_words_are_kept(tmp_path: Path, lexical: TantivyStore) -> None:
    """The folder opened anew holds the same, and no text."""
    assert found(TantivyStore(tmp_path / "lexical"), "Goïta") == [1, 3]
    files = [path for path in (tmp_path / "lexical").rglob("*") if path.is_file()]
    assert not [path for path in files if b"announced that" in path.read_bytes()]


# Vectors


def unit(*numbers: float) -> Vectors:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


THREE = {1: unit(1, 0, 0), 2: unit(1, 1, 0), 3: unit(0, 0, 1)}


@pytest.fixture
def dense(tmp_path: Path):
    with closing(ChromaStore(tmp_path / "vectors")) as index:
        index.apply(THREE, ())
        yield index


def nearest(index: ChromaStore, limit: int = 9) -> list[tuple[int, float]]:
    return [(number, round(cosine, 3)) for number, cosine in index.search(unit(1, 0, 0), limit)]


def test_the_nearest_come_first(dense: ChromaStore) -> None:
    """Vectors come with their cosines, nearest first, no more than asked for."""
    assert nearest(dense) == [(1, 1.0), (2, 0.707), (3, 0.0)]
    assert (nearest(dense, 1), nearest(dense, 0)) == ([(1, 1.0)], [])


def test_a_search_for_vectors_may_be_limited(dense: ChromaStore) -> None:
    """Only passages among those that are named are found, nearest first."""
    found = [dense.search(unit(1, 0, 0), limit, among={3, 2, 99}) for limit in (9, 1)]
    assert [[number for number, _ in hits] for hits in found] == [[2, 3], [2]]
    assert dense.search(unit(1, 0, 0), 9, among=()) == []


def test_vectors_are_forgotten_and_replaced(dense: ChromaStore) -> None:
    """Gone vectors are not found, unknown ids are no matter, an id given again is replaced."""
    dense.apply({3: unit(1, 0, 0)}, (1, 99))
    assert (dense.count(), nearest(dense)) == (2, [(3, 1.0), (2, 0.707)])


def test_vectors_are_kept(tmp_path: Path, dense: ChromaStore) -> None:
    """A new folder holds nothing; one opened anew holds the same. Closing twice does no harm."""
    with closing(ChromaStore(tmp_path / "new")) as index:
        assert (index.count(), nearest(index)) == (0, [])
    dense.close()
    dense.close()
    with closing(ChromaStore(tmp_path / "vectors")) as index:
        assert nearest(index) == [(1, 1.0), (2, 0.707), (3, 0.0)]


def test_vectors_beyond_chromas_queue_are_kept(tmp_path: Path) -> None:
    """More vectors than Chroma keeps in its queue are all there after a copy, in any state."""
    many = {number: unit(number, 1, 0) for number in range(1, 2501)}
    with closing(ChromaStore(tmp_path / "one")) as index:
        index.apply(many, ())
    chroma.copy(tmp_path / "one", tmp_path / "other")
    with closing(ChromaStore(tmp_path / "other")) as index:
        index.apply({}, range(1, 2401))
        assert (index.count(), len(nearest(index, 200))) == (100, 100)


def test_a_copy_is_taken_beside_a_reader(tmp_path: Path, dense: ChromaStore) -> None:
    """A folder that is open is copied whole, and the two go their own ways."""
    chroma.copy(tmp_path / "vectors", tmp_path / "copy")
    with closing(ChromaStore(tmp_path / "copy")) as index:
        index.apply({}, (1, 2))
        assert (nearest(index), nearest(dense, 1)) == ([(3, 0.0)], [(1, 1.0)])


def test_threads_share_vectors(dense: ChromaStore) -> None:
    """Threads search one index at once and find the same."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: nearest(dense, 1), range(80)))
    assert answers == [[(1, 1.0)]] * 80


def open_files() -> int:
    files = Path("/proc/self/fd")
    return len(list(files.iterdir())) if files.exists() else 0


def test_the_last_one_releases_vectors(tmp_path: Path) -> None:
    """Opening and letting go leaves no file open behind."""
    ChromaStore(tmp_path / "vectors").apply(THREE, ())
    before = open_files()
    for _ in range(20):
        ChromaStore(tmp_path / "vectors").search(unit(1, 0, 0), 1)
    assert open_files() <= before + 3


MATRICES = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(2, 40)),
    elements=st.floats(-1, 1, width=32),
).filter(lambda matrix: bool((np.linalg.norm(matrix, axis=1) > 0.1).all()))


@given(MATRICES)
def test_packing(matrix: Vectors) -> None:
    """Packed vectors come back in order, no coordinate off by more than a 254th of the largest."""
    back = unpack(pack(matrix[0], matrix[1:]), len(matrix))
    assert back.shape == matrix.shape
    assert (np.abs(back - matrix) <= np.abs(matrix).max(axis=1, keepdims=True) / 253.9).all()


def test_packing_keeps_cosines() -> None:
    """Vectors of a model's size keep their cosines to the second digit."""
    matrix = np.random.default_rng(0).standard_normal((50, 384)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    back = unpack(pack(matrix[0], matrix[1:]), len(matrix))
    assert np.abs(back @ matrix.T - matrix @ matrix.T).max() < 0.002
