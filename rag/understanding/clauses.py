"""Tell follow-ups that ask something by themselves from those that only vary the question before.

"¿Y los agricultores tenían seguro?" is a clause, "¿Y en Lisboa?" a phrase. No word tells them apart
in every language; the embeddings of examples (clauses.yaml) do, by ridge regression.
"""

import numpy as np

from rag.models.embedder import Embedder, Vectors
from rag.understanding.data import section_of
from rag.understanding.examples import Memory, remembered

RIDGE = 0.3
"""The weight of the penalty."""

CLAUSE = 0.25
"""The least value of a clause, where examples of clauses have 1 and those of phrases -1."""

_ENDS = " ?？؟.!,"


class Clauses:
    """Tells clauses. The examples are embedded once for each index and embedding model."""

    def __init__(self, embedder: Embedder, memory: Memory) -> None:
        self._embedder = embedder
        self._memory = memory
        self._learned: tuple[Vectors, float] | None = None

    def is_clause(self, words: str) -> bool:
        """Return whether the words of an ellipsis are a clause.

        Raises:
            EmbeddingError: the words cannot be embedded.
        """
        weights, constant = self._learned = self._learned or self._learn()
        (vector,) = self._embedder.texts([words.strip(_ENDS)])
        return float(vector @ weights) + constant >= CLAUSE

    def _learn(self) -> tuple[Vectors, float]:
        """Return the weights and the constant that give the examples their values."""
        examples = section_of("clauses.yaml")
        texts = [*examples["clause"], *examples["phrase"]]
        vectors = remembered("clauses", texts, self._embedder, self._memory)
        values = np.repeat([1.0, -1.0], [len(examples["clause"]), len(examples["phrase"])])
        mean, centre = vectors.mean(axis=0), values.mean()
        centred = vectors - mean
        penalty = RIDGE * np.eye(len(texts))
        weights = centred.T @ np.linalg.solve(centred @ centred.T + penalty, values - centre)
        return weights, centre - float(mean @ weights)
