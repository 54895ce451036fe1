"""The embedded judge: does what an article says bear a claim out, contradict it, or neither?

The reader's graph has a second head for it, trained by `tools/multilingual` on pairs of premise and
claim in several languages; the claim may be in another language than the premise.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from rag.errors import ModelError
from rag.models.kept import Kept
from rag.models.onnx import (
    BOS,
    EOS,
    MOST_QUESTION_TOKENS,
    READER_FILE,
    TOKENIZER_FILE,
    OnnxModel,
    Rows,
)

MOST_CLAIM_TOKENS = 96
MOST_PREMISE_TOKENS = 360
"""The rest of a longer premise is dropped; the graph reads 512 tokens."""

KEPT = 1024
"""How many judgements are kept."""

QUESTION, PASSAGE, CLAIM = range(3)


class Statement(NamedTuple):
    """A claim and what it is judged by.

    With a question, the claim is a short answer to it: "Sadio Camara" to "Who is the defence
    minister?".
    """

    claim: str
    premise: str
    question: str = ""


class Judgement(NamedTuple):
    """The probabilities, which add up to 1, that a premise supports a claim, and the others."""

    supported: float
    contradicted: float
    neither: float


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability, within [-14, 14]."""
    return math.log(max(probability, 1e-6) / max(1 - probability, 1e-6))


class Judge(Protocol):
    """Judges claims by premises."""

    def load(self) -> None:
        """Load the model now rather than on first use.

        Raises:
            ModelError: the model cannot be loaded.
        """
        ...

    def judge(self, statements: Sequence[Statement]) -> list[Judgement]:
        """Return a judgement of each claim.

        Raises:
            ModelError: the model cannot be loaded or run.
        """
        ...


class EmbeddedJudge:
    """The judge in int8 on the processor. It is loaded when it is first used; threads share it."""

    def __init__(
        self,
        *,
        model: Path = READER_FILE,
        tokenizer: Path = TOKENIZER_FILE,
        threads: int | None = None,
    ) -> None:
        self._model = OnnxModel(
            model,
            tokenizer,
            threads=threads,
            name="judge",
            error=ModelError,
        )
        self._kept: Kept[Statement, Judgement] = Kept(KEPT)

    def load(self) -> None:
        """See `Judge`."""
        self._model.load()

    def judge(self, statements: Sequence[Statement]) -> list[Judgement]:
        """See `Judge`."""
        return self._kept.of(statements, self._judge)

    def _judge(self, statements: Sequence[Statement]) -> list[Judgement]:
        encodings = self._model.encode([text for statement in statements for text in statement])
        rows = [
            (
                BOS,
                *((*asked.ids[:MOST_QUESTION_TOKENS], EOS) if asked.ids else ()),
                *(*claim.ids[:MOST_CLAIM_TOKENS], EOS),
                *(*premise.ids[:MOST_PREMISE_TOKENS], EOS),
            )
            for claim, premise, asked in zip(
                encodings[::3], encodings[1::3], encodings[2::3], strict=True
            )
        ]
        found = [Judgement(0.0, 0.0, 1.0)] * len(rows)
        for index, (*_, support) in self._model.run(rows, _inputs):
            shares = np.exp(support - support.max())
            found[index] = Judgement(*(shares / shares.sum()).tolist())
        return found


def _inputs(rows: Rows) -> dict[str, Rows]:
    return {"input_ids": rows, "token_type_ids": [_types(row) for row in rows]}


def _types(row: Sequence[int]) -> list[int]:
    """Return the types of a row's tokens, of which the last two parts are claim and premise."""
    *before, claim, _ = (at + 1 for at, token in enumerate(row) if token == EOS)
    start = before[0] if before else 1
    return [QUESTION] * start + [CLAIM] * (claim - start) + [PASSAGE] * (len(row) - claim)
