import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from rag.errors import EmbeddingError
from rag.models.embedder import EmbeddedModel, EndpointEmbedder
from rag.types import Span

GUITAR = "A man plays the guitar on a stage."
MUSIC = "A musician performs with his instrument."
HARVEST = "The rains came late and the millet harvest failed."
PASSAGE = f"{GUITAR} {HARVEST}"
SPANS = [Span(0, len(GUITAR)), Span(len(GUITAR) + 1, len(PASSAGE))]
LONG = " ".join([HARVEST] * 60)
SENTENCES = [Span(i, i + len(HARVEST)) for i in range(0, len(LONG), len(HARVEST) + 1)]
MANY = [HARVEST * n for n in (1, 30, 2, 7)] + [
    "Why?",
    "",
    "Goïta à Bamako",
    "政府は水曜日に発表した。🙂",
]


@pytest.fixture(scope="module")
def model():
    return EmbeddedModel()


def same(one, other):
    return np.allclose(one, other, atol=1e-6)


class TestEmbeddedModel:
    def test_meaning(self, model):
        """A text is nearer to one that means alike than to one that does not."""
        guitar, music, harvest = model.texts([GUITAR, MUSIC, HARVEST])
        assert guitar @ music > guitar @ harvest + 0.3

    def test_languages(self, model):
        """A text is near to its translation, and texts with nothing in common are far apart."""
        said = model.texts([HARVEST, "Las lluvias llegaron tarde y la cosecha de mijo fracasó."])
        (other,) = model.texts([GUITAR])
        assert said[0] @ said[1] > 0.6
        assert max(said @ other) < 0.3

    def test_order_and_batches(self, model):
        """A text has the same vector alone and among others, in their order, whatever its length.

        Exactly the same on the machines tried; the tolerance leaves room for others' sums.
        """
        alone = np.concatenate([model.texts([text]) for text in MANY])
        assert np.allclose(model.texts(MANY), alone, rtol=0, atol=1e-5)
        assert np.allclose(model.texts(MANY[::-1]), alone[::-1], rtol=0, atol=1e-5)

    def test_unit_length(self, model):
        """Every vector has length 1 and as many dimensions as the model says, in fp32."""
        vectors = model.texts(MANY)
        assert (vectors.shape, vectors.dtype) == ((len(MANY), model.dimensions), np.float32)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)

    def test_nothing(self, model):
        """No texts give no vectors, and no passages none."""
        assert model.texts([]).shape == (0, 384)
        assert model.passages([]) == []

    def test_lone_surrogate(self, model):
        """A character that UTF-8 cannot hold is read as a question mark."""
        assert same(model.texts(["Who\udcff"]), model.texts(["Who?"]))

    def test_passages(self, model):
        """A passage has the vector of its text, and one of unit length for each sentence."""
        (first, second) = model.passages([(PASSAGE, SPANS), (MUSIC, [])])
        assert [first.sentences.shape, second.sentences.shape] == [(2, 384), (0, 384)]
        assert np.linalg.norm(first.sentences, axis=1) == pytest.approx(1, abs=1e-5)

    def test_sentences_keep_their_meaning(self, model):
        """A sentence's vector tells it from its neighbour, in whatever order they are asked."""
        ((_, sentences),) = model.passages([(PASSAGE, SPANS)])
        ((_, turned),) = model.passages([(PASSAGE, SPANS[::-1])])
        near = sentences @ model.texts([GUITAR, HARVEST]).T
        assert near.argmax(axis=1).tolist() == [0, 1]
        assert same(turned, sentences[::-1])

    def test_offsets_are_characters(self, model):
        """Ranges count characters of the text as it is, accents, CJK and emoji included."""
        before = "🙂 Le président Goïta, 高市. "
        text = before + PASSAGE
        spans = [Span(a + len(before), b + len(before)) for a, b in SPANS]
        ((_, sentences),) = model.passages([(text, spans)])
        near = sentences @ model.texts([GUITAR, HARVEST]).T
        assert near.argmax(axis=1).tolist() == [0, 1]

    def test_truncated(self, model):
        """A sentence beyond the tokens that are read has the vector of itself alone."""
        ((_, sentences),) = model.passages([(LONG, SENTENCES)])
        ((by_itself, _),) = model.passages([(HARVEST, [])])
        alone = [same(vector, by_itself) for vector in sentences]
        assert alone == sorted(alone)
        assert (alone[0], alone[-1]) == (False, True)

    def test_blank_sentence(self, model):
        """A range that holds no token has the vector of an empty text."""
        ((_, sentences),) = model.passages([(PASSAGE, [Span(0, 0), Span(34, 35)])])
        ((empty, _),) = model.passages([("", [])])
        assert np.allclose(sentences, [empty, empty], atol=1e-6)

    def test_threads(self):
        """Threads that share a model that is not yet loaded get what one of them would."""
        shared = EmbeddedModel()
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(shared.texts, [MANY] * 4))
        assert all(same(result, results[0]) for result in results)

    @pytest.mark.parametrize("part", ["model", "tokenizer"])
    def test_missing(self, tmp_path, part):
        """A missing file is named, with what to do."""
        with pytest.raises(EmbeddingError, match=r"absent.* is missing\. Install griot again"):
            EmbeddedModel(**{part: tmp_path / "absent"}).load()

    @pytest.mark.parametrize("part", ["model", "tokenizer"])
    def test_damaged(self, tmp_path, part):
        """A damaged file is told from a missing one, with what to do."""
        (tmp_path / "damaged").write_bytes(b"\x00not a model")
        with pytest.raises(EmbeddingError, match=r"is damaged\. Install griot again"):
            EmbeddedModel(**{part: tmp_path / "damaged"}).load()


class Server:
    """Answers each request with the next of its answers, and the last for ever."""

    def __init__(self, *answers):
        self.answers = answers
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        return answer(request) if callable(answer) else answer

    def embedder(self):
        transport = httpx.MockTransport(self)
        return EndpointEmbedder("http://server/v1", "small", "secret-key", transport=transport)

    @property
    def inputs(self):
        return [json.loads(request.content)["input"] for request in self.requests]


def lengths(request):
    """Embeds a text as (its length, 1), last text first."""
    rows = [
        {"index": index, "embedding": [len(text), 1]}
        for index, text in enumerate(json.loads(request.content)["input"])
    ]
    return httpx.Response(200, json={"data": rows[::-1]})


def rows(*embeddings):
    return {"data": [{"index": i, "embedding": e} for i, e in enumerate(embeddings)]}


def unit(*values):
    return np.array(values, dtype=np.float32) / np.linalg.norm(values, axis=-1, keepdims=True)


class TestEndpointEmbedder:
    def test_request(self):
        """The server is asked as OpenAI's is, with the key in a header."""
        server = Server(lengths)
        server.embedder().texts(["one", ""])
        (request,) = server.requests
        assert (request.method, str(request.url)) == ("POST", "http://server/v1/embeddings")
        assert request.headers["authorization"] == "Bearer secret-key"
        assert json.loads(request.content) == {"model": "small", "input": ["one", " "]}

    def test_order(self):
        """Vectors follow the server's index, of unit length, in batches of 64."""
        server = Server(lengths)
        texts = ["x" * n for n in range(1, 131)]
        vectors = server.embedder().texts(texts)
        assert np.allclose(vectors, unit(*[(n, 1) for n in range(1, 131)]))
        assert sorted(server.inputs, key=lambda batch: len(batch[0])) == [
            texts[:64],
            texts[64:128],
            texts[128:],
        ]

    def test_batches_go_out_at_once(self):
        """Eight requests are under way before any is answered."""
        all_there = threading.Barrier(8, timeout=30)

        def together(request):
            all_there.wait()
            return lengths(request)

        server = Server(together)
        vectors = server.embedder().texts(["x"] * 64 * 16)
        assert (len(server.requests), vectors.shape) == (16, (1024, 2))

    def test_no_index(self):
        """Without an index vectors stand in the order of the texts."""
        body = {"data": [{"embedding": [3, 4]}, {"embedding": [0, 2]}]}
        server = Server(httpx.Response(200, json=body))
        assert np.allclose(server.embedder().texts(["a", "b"]), [(0.6, 0.8), (0, 1)])

    def test_nothing(self):
        """No texts ask nothing of the server."""
        server = Server(lengths)
        assert (len(server.embedder().texts([])), server.embedder().passages([])) == (0, [])
        assert server.requests == []

    def test_passages(self):
        """A passage and its sentences are texts of the same batch."""
        server = Server(lengths)
        first, second = server.embedder().passages([("ab c", [Span(0, 2), Span(3, 4)]), ("d", [])])
        assert server.inputs == [["ab c", "ab", "c", "d"]]
        assert np.allclose(first.passage, unit(4, 1))
        assert np.allclose(first.sentences, unit((2, 1), (1, 1)))
        assert (second.sentences.shape, second.passage.shape) == ((0, 2), (2,))

    def test_dimensions(self):
        """The server is asked once how many dimensions its model has."""
        server = Server(lengths)
        embedder = server.embedder()
        assert (embedder.name, embedder.dimensions, embedder.dimensions) == ("small", 2, 2)
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "content",
        [
            [],
            {"error": "no such model"},
            {"data": None},
            {"data": ["x", "y"]},
            rows([1, 2]),
            rows([1, 2], [1, 2], [1, 2]),
            {"data": [{"index": 0, "embedding": [1]}] * 2},
            {"data": [{"index": i, "embedding": [1]} for i in (1, 2)]},
            rows([1, 2], [1]),
            rows(["1"], ["2"]),
            rows([True], [False]),
            rows([None], [1]),
            rows([], []),
            rows(1, 2),
            rows([0, 0], [1, 2]),
            rows([1e300], [1]),
            rows([float("nan")], [1]),
        ],
    )
    def test_malformed(self, content):
        """An answer that is not one finite vector for each text is refused."""
        server = Server(httpx.Response(200, text=json.dumps(content)))
        with pytest.raises(EmbeddingError, match="answered with no list of 2 vectors"):
            server.embedder().texts(["a", "b"])

    def test_changed_dimensions(self):
        """A server whose vectors change their length is refused, with the settings to check."""
        server = Server(*(httpx.Response(200, json=rows([1] * width)) for width in (2, 3)))
        embedder = server.embedder()
        embedder.texts(["a"])
        with pytest.raises(EmbeddingError) as caught:
            embedder.texts(["a"])
        assert str(caught.value) == (
            "The embedding server server gave 3 dimensions after 2. Check GRIOT_EMBED_URL, "
            "GRIOT_EMBED_MODEL (now small) and GRIOT_EMBED_KEY (set)."
        )

    def test_close(self):
        """A closed embedder opens again when it is used."""
        server = Server(lengths)
        embedder = server.embedder()
        for _ in range(2):
            embedder.texts(["a"])
            embedder.close()
        assert len(server.requests) == 2
