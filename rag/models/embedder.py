"""Texts to unit vectors: by the embedded model, or by any OpenAI-compatible endpoint."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EmbeddingError
from rag.models import endpoint
from rag.models.onnx import MODELS, TOKENIZER_FILE, OnnxModel, batches, readable
from rag.types import Span

if TYPE_CHECKING:
    import httpx
    import tokenizers

Vectors = npt.NDArray[np.float32]

MODEL_FILE = MODELS / "all-MiniLM-L6-v2.int8.onnx"

MOST_TOKENS = 256  # what the model was trained to read; the rest of a text is dropped
REMEDY = "Install griot again, or in a clone run python -m tools.build_embedder."

BATCH_TEXTS = 64
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
        """The texts' vectors, in the order of the texts: (number of texts, dimensions).

        Raises:
            EmbeddingError: the model cannot be loaded, or its endpoint fails.
        """
        ...

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        """The vectors of each text, and of the sentences that stand at those ranges of it.

        Raises:
            EmbeddingError: the model cannot be loaded, or its endpoint fails.
        """
        ...


class EmbeddedModel:
    """all-MiniLM-L6-v2 in int8 on the processor: English, no key, no server, no download.

    It reads the first 256 tokens of a text. It is loaded when it is first used, and threads may
    share it. A text's vector is the same whatever is embedded beside it.

    A sentence of a passage is the mean of its tokens' states in the passage's own pass ("late
    chunking", https://arxiv.org/abs/2409.04701), at no cost beyond the passage's. A sentence that
    ends beyond the tokens that are read is embedded by itself.
    """

    name = "all-MiniLM-L6-v2/int8/1"
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
            most_tokens=MOST_TOKENS,
            fault=lambda what: EmbeddingError(f"The embedding model {what}. {REMEDY}"),
        )

    def load(self) -> None:
        """Load the model now rather than on first use.

        Raises:
            EmbeddingError: a file is missing or damaged.
        """
        self._model.load()

    def texts(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for index, _, states in self._states(texts):
            vectors[index] = states.mean(axis=0)
        return _unit(vectors)

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
        for index, encoding, states in self._states([text for text, _ in passages]):
            pooled[index].passage[:] = states.mean(axis=0)
            for number, tokens in enumerate(_tokens_of(passages[index][1], encoding)):
                if tokens is None:
                    alone.append((index, number))
                else:
                    pooled[index].sentences[number] = states[tokens].mean(axis=0)
        spans = [(passages[index][0], passages[index][1][number]) for index, number in alone]
        vectors = self.texts([text[start:end] for text, (start, end) in spans])
        for (index, number), vector in zip(alone, vectors, strict=True):
            pooled[index].sentences[number] = vector
        return [PassageVectors(_unit(v.passage), _unit(v.sentences)) for v in pooled]

    def _states(self, texts: Sequence[str]) -> Iterator[tuple[int, "tokenizers.Encoding", Vectors]]:
        """Each text's place, encoding and last states, (tokens, dimensions), longest text first."""
        if not texts:
            return
        encodings = self._model.tokenizer.encode_batch([readable(text) for text in texts])
        order = [*batches([len(encoding) for encoding in encodings])]
        rows = ({"input_ids": [encodings[index].ids for index in batch]} for batch in order)
        for batch, (states,) in zip(order, self._model.run(rows), strict=True):
            for index, of_text in zip(batch, states, strict=True):
                yield index, encodings[index], of_text[: len(encodings[index])]


def _tokens_of(spans: Sequence[Span], encoding: "tokenizers.Encoding") -> Iterator[slice | None]:
    """Which tokens each range holds; None where it holds none, or ends beyond the last token."""
    kept = [
        (place, start, end)
        for place, ((start, end), special) in enumerate(
            zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
        )
        if not special
    ]
    starts = [start for _, start, _ in kept]
    cut = kept[-1][2] if encoding.overflowing and kept else None
    for span in spans:
        first, last = np.searchsorted(starts, span)
        whole = first < last and (cut is None or span.end <= cut)
        yield slice(kept[first][0], kept[last - 1][0] + 1) if whole else None


def _unit(vectors: Vectors) -> Vectors:
    """The vectors, along the last axis, brought to length 1."""
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


class EndpointEmbedder:
    """Any server that answers `POST …/v1/embeddings` as OpenAI's does.

    `url` is the server's base, with or without `/v1`, or the whole address ending in
    `/embeddings`. `model` is the name under which the server knows the model, and the `name` that
    an index remembers. A passage and its sentences are embedded as separate texts.

    Batches of 64 texts; a refusal for load (429), a server error or a lost connection is tried
    three times in all, after the wait that the server asks for or one that grows with jitter.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            self._address = endpoint.address(url, "/embeddings")
        except ValueError as error:
            raise EmbeddingError(f"GRIOT_EMBED_URL {error}") from None
        try:
            self._key = endpoint.checked_key(key)
        except ValueError as error:
            raise EmbeddingError(f"GRIOT_EMBED_KEY {error}") from None
        self._model = model
        self._dimensions: int | None = None
        self._endpoint = endpoint.Endpoint(
            self._address, self._key, fault=self._fault, transport=transport, sleep=sleep
        )

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
        return np.concatenate([self._batch(batch) for batch in batches])

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
        response = self._endpoint.post(
            {"model": self._model, "input": [readable(text) or " " for text in texts]}
        )
        try:
            vectors = _vectors(response.json(), len(texts))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._fault(f"answered with no list of {len(texts)} vectors") from error
        width = vectors.shape[1]
        if self._dimensions not in {None, width}:
            raise self._fault(f"gave {width} dimensions after {self._dimensions}")
        self._dimensions = width
        return _unit(vectors)

    def _fault(self, what: str) -> EmbeddingError:
        return EmbeddingError(
            f"The embedding server {endpoint.server(self._address)} {what}. Check GRIOT_EMBED_URL, "
            f"GRIOT_EMBED_MODEL (now {self._model}) and GRIOT_EMBED_KEY "
            f"({'set' if self._key else 'not set'})."
        )


def _vectors(body: Any, count: int) -> Vectors:  # noqa: ANN401 - whatever the server sent
    """The vectors of an answer by their `index`, or as they stand: (count, dimensions).

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
