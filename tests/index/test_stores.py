import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines import schema
from rag.index import chroma
from rag.index.chroma import ChromaStore
from rag.index.engines import ChromaAddress
from rag.index.stores import Frequencies, LexicalStore, VectorStore, widely
from rag.index.tables import Place, Server
from rag.index.tantivy import TantivyStore
from rag.index.vectors import pack, passage_cosine, sentence_cosines, unpack_passage
from rag.languages.terms import terms
from rag.models.embedder import Vectors

TEXTS = {
    1: ("Visit", "President Goïta met Putin in Moscow."),
    2: ("Withdrawal", "The mercenaries announced that they leave Mali."),
    3: ("Goïta", "Ministers accompanied him."),
}


def postgres_words(place: Server):
    """A lexical store in a schema of its own."""
    from rag.index.postgres import PostgresDatabase
    from rag.index.postgres_words import PostgresWords

    with closing(PostgresDatabase(place.url, (), name="words", patience=30)) as database:
        words = PostgresWords(database, "1")
        words.create()
        yield words


@pytest.fixture
def lexical(place: Place, tmp_path: Path):
    made = (
        postgres_words(place) if isinstance(place, Server) else [TantivyStore(tmp_path / "words")]
    )
    for index in made:
        index.apply(TEXTS, ())
        yield index


def found(index: LexicalStore, question: str) -> list[int]:
    return [passage_id for passage_id, _ in index.search(terms(question), 10)]


# Words


def test_spellings_find_the_same(lexical: LexicalStore) -> None:
    """Accents and case do not matter, and the text weighs more than the title."""
    assert [found(lexical, name) for name in ("Goïta", "Goita", "GOITA", "goïta's")] == [[1, 3]] * 4


def test_close_terms(lexical: LexicalStore) -> None:
    """In the text or the title, one edit is forgiven, two from eight letters on.

    Swapped neighbours are one.
    """
    assert [lexical.close_to(word, 9) for word in ("goyta", "giota", "gayta", "acompnai")] == [
        [1, 3],
        [1, 3],
        [],
        [3],
    ]


def test_frequencies(lexical: LexicalStore) -> None:
    """A term's frequency counts the passages whose text holds it, and all passages are counted."""
    told = lexical.frequencies(["goita", "him", "nobody"])
    assert told == Frequencies(3, {"goita": 1, "him": 1, "nobody": 0})
    assert lexical.frequencies([]) == Frequencies(3, {})


def test_nothing_is_searched_for(lexical: LexicalStore) -> None:
    """No words, or no room, find nothing."""
    assert (lexical.search([], 5), lexical.search(["goita"], 0)) == ([], [])


def test_a_search_for_words_may_be_limited(lexical: LexicalStore) -> None:
    """Only passages among those that are named are found, with the scores that they have anyway."""
    everything = dict(lexical.search(["goita"], 9))
    limited = lexical.search(["goita"], 9, among={2, 3, 99})
    assert limited == [(3, everything[3])]
    assert lexical.search(["goita"], 9, among=()) == []


def test_forgetting(lexical: LexicalStore) -> None:
    """A deleted passage is neither found nor counted; unknown ids do no harm."""
    lexical.apply({4: ("New", "Goïta again")}, (1, 99))
    assert (lexical.count(), found(lexical, "Goïta")) == (3, [4, 3])


@pytest.mark.engines
def test_replaced_words_are_counted_once(cluster) -> None:
    """A passage that is added again replaces itself, in what is counted of its terms, too."""
    for words in postgres_words(schema(cluster)):
        for text in ("nobody, nobody at all", "Goïta met nobody, nobody at all."):
            words.apply({1: ("Visit", text), 4: ("New", "Him")}, (2, 2))
        told = words.frequencies(terms("Goita him nobody Mali"))
        assert told == Frequencies(2, {"goita": 1, "him": 1, "nobodi": 1, "mali": 0})


@pytest.mark.engines
def test_both_lexical_stores_score_alike(cluster, tmp_path: Path) -> None:
    """PostgreSQL and Tantivy give the same passages in the same order, with nearly equal BM25."""
    chance = np.random.default_rng(1)
    names = [f"w{number}" for number in range(60)]
    odds = np.arange(60, 0, -1) / sum(range(61))
    texts = {
        number: (" ".join(chance.choice(names, 3)), " ".join(chance.choice(names, 40, p=odds)))
        for number in range(1, 301)
    }
    texts[301] = ("O'Brien", r"O'Brien a\b 50 " + "x" * 3000)
    tantivy = TantivyStore(tmp_path / "words")
    tantivy.apply(texts, ())
    for words in postgres_words(schema(cluster)):
        words.apply(texts, ())
        for asked in (["w1"], ["w3", "w50"], ["w2", "w9", "w59", "w17"], ["brien", "50"]):
            ours, theirs = (dict(store.search(asked, 400)) for store in (words, tantivy))
            assert ours.keys() == theirs.keys()
            assert all(ours[number] == pytest.approx(theirs[number], rel=0.05) for number in ours)


@pytest.mark.engines
def test_common_terms_are_looked_up_for_what_rare_ones_find(cluster) -> None:
    """The best have their whole scores; where rare terms find few, common ones find as well."""
    from rag.index.postgres import PostgresDatabase
    from rag.index.postgres_words import PostgresWords

    texts = {number: ("News", "the " * (1 + number % 9) + "rain") for number in range(1, 200)}
    texts |= {number: ("News", f"the {'drought ' * (number - 199)}") for number in range(200, 205)}
    with closing(PostgresDatabase(schema(cluster).url, (), name="words", patience=30)) as database:
        words, few = PostgresWords(database, "1"), PostgresWords(database, "1", read=20)
        words.create()
        words.apply(texts, ())
        asked = terms("the drought")
        assert few.search(asked, 1) == words.search(asked, 1)
        assert few.search(asked, 1, among=range(203)) == words.search(asked, 1, among=range(203))
        assert few.search(asked, 50) == words.search(asked, 50)


def test_words_are_kept(tmp_path: Path) -> None:
    """The folder opened anew holds the same, and no text."""
    TantivyStore(tmp_path / "lexical").apply(TEXTS, ())
    assert found(TantivyStore(tmp_path / "lexical"), "Goïta") == [1, 3]
    files = [path for path in (tmp_path / "lexical").rglob("*") if path.is_file()]
    assert not [path for path in files if b"announced that" in path.read_bytes()]


# Vectors


def unit(*numbers: float) -> Vectors:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


THREE = {1: unit(1, 0, 0), 2: unit(1, 1, 0), 3: unit(0, 0, 1)}


@pytest.fixture
def embedded(tmp_path: Path):
    with closing(ChromaStore(tmp_path / "vectors")) as index:
        index.apply(THREE, ())
        yield index


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.engines)])
def dense(request):
    if request.param == "embedded":
        yield request.getfixturevalue("embedded")
        return
    from rag.index.chroma_server import ChromaServer, ServedChroma

    address = ChromaAddress(url=request.getfixturevalue("chroma_server").url)
    with closing(ChromaServer(address)) as server:
        server.drop("griot-test")
        server.create("griot-test")
        store = ServedChroma(server, "griot-test")
        store.apply(THREE, ())
        yield store


def nearest(index: VectorStore, limit: int = 9) -> list[tuple[int, float]]:
    return [(number, round(cosine, 3)) for number, cosine in index.search(unit(1, 0, 0), limit)]


def test_the_nearest_come_first(dense: VectorStore) -> None:
    """Vectors come with their cosines, nearest first, no more than asked for."""
    assert nearest(dense) == [(1, 1.0), (2, 0.707), (3, 0.0)]
    assert (nearest(dense, 1), nearest(dense, 0)) == ([(1, 1.0)], [])


def test_a_search_for_vectors_may_be_limited(dense: VectorStore) -> None:
    """Only passages among those that are named are found, nearest first."""
    found = [dense.search(unit(1, 0, 0), limit, among={3, 2, 99}) for limit in (9, 1)]
    assert [[number for number, _ in hits] for hits in found] == [[2, 3], [2]]
    assert dense.search(unit(1, 0, 0), 9, among=()) == []


def test_a_search_may_be_limited_to_very_many_vectors(dense: VectorStore) -> None:
    """More than SQLite takes as values of a statement, as in a period of a large collection."""
    assert [key for key, _ in dense.search(unit(1, 0, 0), 2, among=range(2, 40_000))] == [2, 3]


@pytest.mark.parametrize(
    ("among", "searched", "found"),
    [
        (range(0, 40_000, 2), [8], [0, 2]),  # every other one
        (range(0, 40_000, 1), [4], [0, 1]),  # all
        (range(20_000, 40_000), [8], None),  # none that is near
        (range(5_000), [], None),  # so few that they can be named
    ],
)
def test_among_very_many_the_best_of_all_are_looked_at(among, searched, found) -> None:
    """Twice as many as will do if the nearest lie evenly."""
    limits = []

    def search(limit: int) -> list[tuple[int, float]]:
        limits.append(limit)
        return [(key, 1.0 - key / 40_000) for key in range(limit)]

    hits = widely(search, 2, among=among, count=lambda: 40_000)
    assert (limits, hits and [key for key, _ in hits]) == (searched, found)


def test_vectors_are_forgotten_and_replaced(dense: VectorStore) -> None:
    """Gone vectors are not found, unknown ids are no matter, an id given again is replaced."""
    dense.apply({3: unit(1, 0, 0)}, (1, 99))
    assert (dense.count(), nearest(dense)) == (2, [(3, 1.0), (2, 0.707)])


def test_vectors_are_kept(tmp_path: Path, embedded: ChromaStore) -> None:
    """A new folder holds nothing; one opened anew holds the same. Closing twice does no harm."""
    with closing(ChromaStore(tmp_path / "new")) as index:
        assert (index.count(), nearest(index)) == (0, [])
    embedded.close()
    embedded.close()
    with closing(ChromaStore(tmp_path / "vectors")) as index:
        assert nearest(index) == [(1, 1.0), (2, 0.707), (3, 0.0)]


def test_vectors_beyond_chromas_queue_are_kept(tmp_path: Path) -> None:
    """More vectors than Chroma keeps in its queue are all there after a copy, in any state.

    Without the room that the queue has left free, they are, too.
    """
    many = {number: unit(number, 1, 0) for number in range(1, 2501)}
    with closing(ChromaStore(tmp_path / "one")) as index:
        index.apply(many, ())
    chroma.copy(tmp_path / "one", tmp_path / "other")
    before = (tmp_path / "one" / "chroma.sqlite3").stat().st_size
    chroma.compact(tmp_path / "other")
    assert (tmp_path / "other" / "chroma.sqlite3").stat().st_size < before
    with closing(ChromaStore(tmp_path / "other")) as index:
        index.apply({}, range(1, 2401))
        assert (index.count(), len(nearest(index, 200))) == (100, 100)


def test_a_copy_is_taken_beside_a_reader(tmp_path: Path, embedded: ChromaStore) -> None:
    """A folder that is open is copied whole, and the two go their own ways."""
    chroma.copy(tmp_path / "vectors", tmp_path / "copy")
    with closing(ChromaStore(tmp_path / "copy")) as index:
        index.apply({}, (1, 2))
        assert (nearest(index), nearest(embedded, 1)) == ([(3, 0.0)], [(1, 1.0)])


def test_threads_share_vectors(dense: VectorStore) -> None:
    """Threads search one index at once and find the same."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: nearest(dense, 1), range(80)))
    assert answers == [[(1, 1.0)]] * 80


def open_files(folder: Path) -> int:
    """Return how many of a folder's files this process has open; 0 where that cannot be told."""
    files = Path("/proc/self/fd")
    opened = [os.path.realpath(file) for file in files.iterdir()] if files.exists() else []
    return sum(Path(file).is_relative_to(folder.resolve()) for file in opened)


def test_the_last_one_releases_vectors(tmp_path: Path) -> None:
    """Opening and letting go leaves no file open behind."""
    ChromaStore(tmp_path / "vectors").apply(THREE, ())
    before = open_files(tmp_path)
    for _ in range(20):
        ChromaStore(tmp_path / "vectors").search(unit(1, 0, 0), 1)
    assert open_files(tmp_path) <= before + 3


def unpacked(packed: bytes, count: int, dimensions: int) -> Vectors:
    """All packed vectors: each coordinate is the product with a vector along its axis."""
    axes = np.eye(dimensions, dtype=np.float32)
    return np.stack([products(packed, count, axis) for axis in axes], axis=1)


def products(packed: bytes, count: int, vector: Vectors) -> Vectors:
    passage = passage_cosine(packed, count, vector)
    return np.array([passage, *sentence_cosines(packed, count, vector, passage)])


MATRICES = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(2, 40)),
    elements=st.floats(-1, 1, width=32),
).filter(lambda matrix: bool((np.linalg.norm(matrix, axis=1) > 0.1).all()))


@given(MATRICES)
def test_packing(matrix: Vectors) -> None:
    """Packed vectors come back in order.

    No coordinate of a passage is off by more than a 254th of the largest, none of a sentence by
    more than a fourteenth of the largest difference from its passage.
    """
    packed = pack(matrix[0], matrix[1:])
    back = unpacked(packed, *matrix.shape)
    assert np.allclose(back[0], unpack_passage(packed, len(matrix)), atol=1e-6)
    largest = np.abs(np.vstack([matrix[:1], matrix[1:] - back[0]])).max(axis=1, keepdims=True)
    assert (np.abs(back - matrix)[0] <= largest[0] / 253.9).all()
    assert (np.abs(back - matrix)[1:] <= largest[1:] / 13.9 + 1e-6).all()


def test_packing_keeps_cosines() -> None:
    """Vectors of a model's size keep their cosines: passages to 0.002, sentences to 0.02."""
    chance = np.random.default_rng(0)
    passage, questions = (chance.standard_normal((n, 384)).astype(np.float32) for n in (1, 50))
    sentences = passage + 0.7 * chance.standard_normal((20, 384)).astype(np.float32)
    matrix = np.vstack([passage, sentences])
    matrix, questions = (
        each / np.linalg.norm(each, axis=1)[:, None] for each in (matrix, questions)
    )
    packed = pack(matrix[0], matrix[1:])
    kept = np.stack([products(packed, len(matrix), question) for question in questions], axis=1)
    off = np.abs(kept - matrix @ questions.T)
    assert (off[0] < 0.002).all()
    assert (off[1:] < 0.02).all()


def test_vectors_that_an_earlier_version_packed() -> None:
    """What was packed with a byte for each coordinate is read as it was."""
    matrix = np.random.default_rng(0).standard_normal((5, 9)).astype(np.float32)
    scales = np.abs(matrix).max(axis=1, keepdims=True) / 127
    whole = np.rint(matrix / scales).astype(np.int8)
    packed = scales.astype("<f4").tobytes() + whole.tobytes()
    assert np.allclose(unpacked(packed, 5, 9), whole * scales, atol=1e-6)
    assert np.allclose(unpack_passage(packed, 5), (whole * scales)[0], atol=1e-6)
