"""Measures that compare answers with gold ones, and scores with the truth."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


def folded(text: str) -> str:
    """Return a text without case, articles, punctuation and extra spaces, as SQuAD's evaluation."""
    text = re.sub(r"\b(a|an|the)\b", " ", text.lower())
    return " ".join(re.sub(r"[^\w\s]", "", text).split())


def overlap(text: str, answers: Sequence[str]) -> float:
    """Return the F1 of a text's folded words against those of the nearest answer, in [0, 1]."""
    return max(_f1(folded(text).split(), folded(answer).split()) for answer in answers)


def _f1(ours: Sequence[str], theirs: Sequence[str]) -> float:
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def exact(text: str, answers: Sequence[str]) -> bool:
    """Return whether a text is one of the answers, both folded."""
    return folded(text) in {folded(answer) for answer in answers}


def holds(text: str, answers: Sequence[str]) -> bool:
    """True if a text holds one of the answers, both folded, whole words where words are spaced."""
    words = f" {folded(text)} "
    return any(
        (folded(answer) if _UNSPACED.search(answer) else f" {folded(answer)} ") in words
        for answer in answers
    )


_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\U0010ffff]")


def auc(positive: Scores, negative: Scores) -> float:
    """Return the probability that a positive scores above a negative, ties counted half."""
    above = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    return float(above)
