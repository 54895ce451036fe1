"""Texts to unit vectors: by the embedded model, or by any OpenAI-compatible endpoint."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EmbeddingError
from rag.models.endpoint import Endpoint, Server
from rag.models.kept import Kept
from rag.models.onnx import BOS, EOS, MODELS, TOKENIZER_FILE, OnnxModel
from rag.text import readable
from rag.types import Span

if TYPE_CHECKING:
    import httpx

Vectors = npt.NDArray[np.float32]

MODEL_FILE = MODELS / "encoder.int8.onnx"

MOST_TOKENS = 512  # what the model can read, the prefix and both ends included; the rest is dropped
QUESTION, PASSAGE = "query:", "passage:"
"""The prefixes that e5 was trained with, by what a text is."""

BATCH_TEXTS, AT_ONCE = 64, 8
"""Texts of one request to a server, and requests that it is sent at once."""

KEPT = 512
"""How many questions' vectors are kept: 1.5 KB each."""

MATRIX = 2  # axes


class PassageVectors(NamedTuple):
    """A passage's vector and its sentences' vectors, all of unit length.

    `passage` is (dimensions,), `sentences` is (number of sentences, dimensions).
    """

    passage: Vectors
    sentences: Vectors


class Embedder(Protocol):
    """Embeds texts as vectors of unit length, so that a dot product is a cosine."""

    @property
    def name(self) -> str:
        """The model's name. An index records it, and cannot be searched with another."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of every vector. Raises `EmbeddingError` where it has to be asked for."""
        ...

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions, in their order: (number of texts, dimensions).

        Any texts may be compared by them.

        Raises:
            EmbeddingError: the model cannot be loaded, or its endpoint fails.
        """
        ...

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """Return the vectors of each text, and of the sentences at those ranges of it.

        Raises:
            EmbeddingError: the model cannot be loaded, or its endpoint fails.
        """
        ...


class EmbeddedModel:
    """multilingual-e5-small in int8 on the processor: no key, no server, no download.

    It reads the first 512 tokens of a text. It is loaded when it is first used, and threads may
    share it. A text's vector is the same whatever is embedded beside it. Vectors are centred, so
    that texts with nothing in common have a cosine near 0.2, and rid of what tells languages apart:
    `tools/multilingual/export.py`.

    A sentence of a passage is the mean of its tokens' states in the passage's own pass ("late
    chunking", https://arxiv.org/abs/2409.04701), at no cost beyond the passage's. A sentence that
    ends beyond the tokens that are read is embedded by itself.
    """

    name = "multilingual-e5-small/int8/2"
    dimensions = 384

    def __init__(
        self,
        *,
        model: Path = MODEL_FILE,
        tokenizer: Path = TOKENIZER_FILE,
        threads: int | None = None,
    ) -> None:
        self._model = OnnxModel(
            model,
            tokenizer,
            threads=threads,
            name="embedding model",
            error=EmbeddingError,
        )
        self._kept: Kept[str, Vectors] = Kept(KEPT)

    def load(self) -> None:
        """Load the model now rather than on first use.

        Raises:
            EmbeddingError: a file is missing or damaged.
        """
        self._model.load()

    def texts(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        if not texts:
            return self._means(QUESTION, texts)
        return np.stack(self._kept.of(texts, lambda missing: [*self._means(QUESTION, missing)]))

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """See `Embedder`."""
        pooled = [
            PassageVectors(
                np.empty(self.dimensions, dtype=np.float32),
                np.empty((len(spans), self.dimensions), dtype=np.float32),
            )
            for _, spans in passages
        ]
        alone: list[tuple[int, int]] = []
        for index, offsets, mean, tokens in self._read(PASSAGE, [text for text, _ in passages]):
            pooled[index].passage[:] = mean
            for number, place in enumerate(_tokens_of(passages[index][1], offsets, len(tokens))):
                if place is None:
                    alone.append((index, number))
                else:
                    pooled[index].sentences[number] = tokens[place].mean(axis=0)
        spans = [(passages[index][0], passages[index][1][number]) for index, number in alone]
        vectors = self._means(PASSAGE, [text[start:end] for text, (start, end) in spans])
        for (index, number), vector in zip(alone, vectors, strict=True):
            pooled[index].sentences[number] = vector
        return [PassageVectors(_unit(v.passage), _unit(v.sentences)) for v in pooled]

    def _means(self, prefix: str, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for index, _, mean, _ in self._read(prefix, texts):
            vectors[index] = mean
        return _unit(vectors)

    def _read(
        self, prefix: str, texts: Sequence[str]
    ) -> Iterator[tuple[int, Sequence[tuple[int, int]], Vectors, Vectors]]:
        """Yield each text's index, its tokens' ranges, the mean of all states, and the tokens' own.

        The longest text comes first. Of a text that is too long, there are ranges of all tokens and
        states of those that are read.
        """
        if not texts:
            return
        before, *encodings = self._model.encode([prefix, *texts])
        head = (BOS, *before.ids)
        rows = [
            (*head, *encoding.ids[: MOST_TOKENS - len(head) - 1], EOS) for encoding in encodings
        ]
        for index, (states,) in self._model.run(rows, lambda batch: {"input_ids": batch}):
            read = states[: len(rows[index])]
            yield index, encodings[index].offsets, read.mean(axis=0), read[len(head) : -1]


def _tokens_of(
    spans: Sequence[Span], offsets: Sequence[tuple[int, int]], read: int
) -> Iterator[slice | None]:
    """Yield the tokens in each range; None if it has none, or ends beyond the `read` first ones."""
    for span in spans:
        first, last = (bisect_left(offsets, place, key=lambda token: token[0]) for place in span)
        yield slice(first, last) if first < last <= read else None


def _unit(vectors: Vectors) -> Vectors:
    """Scale the vectors, along the last axis, to length 1."""
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


class EndpointEmbedder:
    """Any server that answers `POST …/v1/embeddings` as OpenAI's does.

    Many texts are sent in batches of 64, eight of them at once.

    `url` and `key` are as for `Server.of`. `model` is the name under which the server knows the
    model, and the `name` that an index remembers. A passage and its sentences are embedded as
    separate texts.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        server = Server.of(url, model, key, prefix="GRIOT_EMBED", error=EmbeddingError)
        self._endpoint = Endpoint(
            server, "/embeddings", kind="embedding", error=EmbeddingError, transport=transport
        )
        self._model = model
        self._dimensions: int | None = None

    @property
    def name(self) -> str:
        """See `Embedder`."""
        return self._model

    @property
    def dimensions(self) -> int:
        """See `Embedder`; the server is asked once."""
        return self._dimensions or self.texts(["dimensions"]).shape[1]

    def texts(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        if not texts:
            return np.empty((0, self._dimensions or 0), dtype=np.float32)
        batches = [texts[i : i + BATCH_TEXTS] for i in range(0, len(texts), BATCH_TEXTS)]
        with ThreadPoolExecutor(min(len(batches), AT_ONCE)) as requests:
            made = list(requests.map(self._batch, batches))
        for vectors in made:
            width = vectors.shape[1]
            if self._dimensions not in {None, width}:
                raise self._endpoint.fault(f"gave {width} dimensions after {self._dimensions}")
            self._dimensions = width
        return _unit(np.concatenate(made))

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """See `Embedder`."""
        texts = [
            part
            for text, spans in passages
            for part in (text, *(text[start:end] for start, end in spans))
        ]
        vectors = self.texts(texts)
        pooled, start = [], 0
        for _, spans in passages:
            end = start + 1 + len(spans)
            pooled.append(PassageVectors(vectors[start], vectors[start + 1 : end]))
            start = end
        return pooled

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._endpoint.close()

    def _batch(self, texts: Sequence[str]) -> Vectors:
        # OpenAI refuses an empty text.
        return self._endpoint.post(
            {"model": self._model, "input": [readable(text) or " " for text in texts]},
            lambda body: _vectors(body, len(texts)),
            otherwise=f"with no list of {len(texts)} vectors",
        )


def _vectors(body: Any, count: int) -> Vectors:  # noqa: ANN401 - whatever the server sent
    """Return the vectors of an answer by their `index`, or in their order: (count, dimensions).

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not `count` vectors of one length,
            of finite numbers that are not all zero.
    """
    placed = {row.get("index", place): row["embedding"] for place, row in enumerate(body["data"])}
    if placed.keys() != set(range(count)) or len(body["data"]) != count:
        raise ValueError(f"places {list(placed)} instead of 0 to {count - 1}")
    vectors = np.asarray([placed[place] for place in range(count)])
    if vectors.dtype.kind not in "if" or vectors.ndim != MATRIX:
        raise ValueError("vectors of other things than numbers, or of different lengths")
    with np.errstate(over="ignore", under="ignore"):
        vectors = vectors.astype(np.float32)
    if not (np.isfinite(vectors).all() and vectors.any(axis=1).all()):
        raise ValueError("a vector that has no direction")
    return vectors
