"""An embedder written by hand: words hashed into a few dimensions, so that tests are fast."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.languages.terms import terms
from rag.models.embedder import PassageVectors, Vectors
from rag.types import Span


@dataclass
class FakeEmbedder:
    """Texts that share words are near each other. `name` is what an index remembers."""

    name: str = "fake/1"
    dimensions: int = 16

    def texts(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for term in terms(text):
                vector[zlib.crc32(term.encode()) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        return [
            PassageVectors(
                self.texts([text])[0], self.texts([text[start:end] for start, end in spans])
            )
            for text, spans in passages
        ]


class NoEmbedder(FakeEmbedder):
    """The model that made the vectors, which makes no more of them."""

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        raise AssertionError(f"{len(passages)} passages are embedded anew")
