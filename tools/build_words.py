"""Write words.txt of rag/languages/english: the common words of English, mostly names capitalised.

    python -m tools.build_words

The words are those of the vocabulary of all-MiniLM-L6-v2, which is in lower case, so that it does
not tell Paris from peace. A word is a name where it stands capitalised within the sentences of
SQuADShifts (Wikipedia, Reddit, Amazon) more than twice as often as not. For words that stand there
less than three times, a logistic regression over the model's vector of the word alone decides,
fitted on the words that stand there more often and nearly always in one way. On a fifth of those,
kept apart, it is right in 0.96.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.languages.english.words import WORDS_FILE
from rag.models.embedder import EmbeddedModel
from rag.models.onnx import TOKENIZER_FILE
from rag.text.passages import sentences

COLLECTIONS = Path(__file__).resolve().parents[2] / "shared" / "data" / "squadshifts"
WORD = re.compile(r"[^\W\d_]{2,}")
SHORTEST = 3  # letters of a name
ENOUGH = 3  # occurrences
CLEAR = 4  # times as often in one way as in the other
HEADING = 0.5  # share of capitalised words from which on a line is taken for a heading
RIDGE = 0.5
SCALE = 10.0

Matrix = npt.NDArray[np.float64]


def main() -> None:
    """Write the list."""
    upper, lower = counts()
    words = vocabulary()
    high = np.array([upper[word] for word in words])
    low = np.array([lower[word] for word in words])
    vectors = np.hstack(
        [EmbeddedModel().texts(words).astype(float) * SCALE, np.ones((len(words), 1))]
    )
    clear = (high + low >= ENOUGH) & ((high > CLEAR * low) | (low >= CLEAR * high))
    likely = vectors @ fitted(vectors[clear], (high > low)[clear]) > 0
    names = np.where(high + low >= ENOUGH, high > 2 * low, likely)
    written = [
        word.capitalize() if name and len(word) >= SHORTEST else word
        for word, name in zip(words, names, strict=True)
    ]
    WORDS_FILE.write_text("\n".join(written) + "\n", encoding="utf-8")


def vocabulary() -> list[str]:
    """Return the vocabulary's whole words of Latin letters, in order."""
    words = json.loads(TOKENIZER_FILE.read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(word for word in words if word.isascii() and word.isalpha())


def counts() -> tuple[Counter[str], Counter[str]]:
    """Count words within sentences, in lower case: where capitalised, and where not."""
    upper: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for text in texts():
        for start, end in sentences(text):
            words = WORD.findall(text[start:end])
            if sum(word[0].isupper() for word in words) <= HEADING * len(words):
                for word in words[1:]:
                    (upper if word[0].isupper() else lower)[word.lower()] += 1
    return upper, lower


def texts() -> Iterator[str]:
    """Yield the collections' paragraphs."""
    for path in sorted(COLLECTIONS.glob("*.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            yield from (paragraph["context"] for paragraph in article["paragraphs"])


def fitted(rows: Matrix, right: npt.NDArray[np.bool_]) -> Matrix:
    """Fit a logistic regression by Newton's method."""
    weights = np.zeros(rows.shape[1])
    for _ in range(15):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - right) + RIDGE * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows
        weights -= np.linalg.solve(curve + RIDGE * np.eye(len(weights)), slope)
    return weights


if __name__ == "__main__":
    main()
