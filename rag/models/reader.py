"""The embedded reader: where in a passage an answer stands, and whether one stands there at all.

MiniLM-L6, trained on questions with and without an answer by `tools/train_reader`; English. It
finds ranges, as readers of SQuAD do (https://arxiv.org/abs/1810.04805, section 4.2), which
`rag.reading.answerer` turns into answers.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import ReaderError
from rag.models.onnx import CLS, MODELS, SEP, TOKENIZER_FILE, OnnxModel, Rows
from rag.types import Span

MODEL_FILE = MODELS / "reader.int8.onnx"

MOST_TOKENS = 256  # question and passage; what is longer is read in windows
OVERLAP = 64  # tokens that neighbouring windows share
MOST_QUESTION_TOKENS = 48  # in training too; the rest of a question is dropped
LONGEST_ANSWER = 30  # tokens
LISTED_ODDS, SEVERAL_ODDS = 0.5, 0.2
"""A range that goes on with a list is taken if it is at least half as likely as the first one, a
fifth if the question may have several answers."""

TRIED = 3
"""How many answers are found in a sentence, the likeliest first."""

REMEDY = "Install griot again, or in a clone run git checkout rag/models."

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """The likeliest answer within a sentence.

    `span` counts in the passage's text. `score` is the range's log-odds against "no answer in this
    passage", not calibrated. `share` is the range's probability among all of the sentence's. `next`
    is the likeliest answer that shares no word with this one, as if none of its words were there.
    """

    span: Span
    score: float
    share: float
    next: "Found | None" = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader's result for a passage.

    `answered` are the log-odds, not calibrated, that the passage answers. `found` has an entry for
    each of the passage's sentences, None for one without a word.
    """

    answered: float
    found: tuple[Found | None, ...]


class Reader(Protocol):
    """Reads passages for a question."""

    def load(self) -> None:
        """Load the model now rather than on first use.

        Raises:
            ReaderError: the model cannot be loaded.
        """
        ...

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, Sequence[Span]]],
        *,
        several: bool = False,
    ) -> list[Reading]:
        """Read each passage, a text and the ranges of its sentences in it.

        `several` tells that the question may have several answers, so that a list is read whole.

        Raises:
            ReaderError: the model cannot be loaded or run.
        """
        ...


class EmbeddedReader:
    """The reader in int8 on the processor. It is loaded when it is first used; threads share it."""

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
            fault=lambda what: ReaderError(f"The reader {what}. {REMEDY}"),
        )

    def load(self) -> None:
        """See `Reader`."""
        self._model.load()

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, Sequence[Span]]],
        *,
        several: bool = False,
    ) -> list[Reading]:
        """See `Reader`."""
        if not passages:
            return []
        asked, *encodings = self._model.encode([question, *(text for text, _ in passages)])
        head = (CLS, *asked.ids[:MOST_QUESTION_TOKENS], SEP)
        windows = [
            (index, window)
            for index, encoding in enumerate(encodings)
            for window in _windows(len(encoding), MOST_TOKENS - len(head) - 1)
        ]
        rows = [(*head, *encodings[index].ids[slice(*window)], SEP) for index, window in windows]
        readings: list[list[Reading]] = [[] for _ in passages]
        for row, (ends, answered) in self._model.run(rows, lambda rows: _inputs(rows, len(head))):
            index, window = windows[row]
            text, sentences = passages[index]
            seen = _Window(
                text=text,
                offsets=encodings[index].offsets[slice(*window)],
                ends=ends[len(head) : len(rows[row]) - 1],
                null=float(ends[0].sum()),
                list_odds=SEVERAL_ODDS if several else LISTED_ODDS,
            )
            found = tuple(seen.found(sentence) for sentence in sentences)
            readings[index].append(Reading(float(answered), found))
        return [_best(of_passage) for of_passage in readings]


def _inputs(rows: Rows, head: int) -> dict[str, Rows]:
    """Return the graph's inputs for rows whose first `head` tokens are the question."""
    types = [[0] * head + [1] * (len(row) - head) for row in rows]
    return {"input_ids": rows, "token_type_ids": types}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Tokens of a passage, by their ranges in its text, with their scores as ends: [tokens, 2].

    `null` is the score of there being no answer.
    """

    text: str
    offsets: Sequence[tuple[int, int]]
    ends: Scores
    null: float
    list_odds: float

    def found(self, sentence: Span) -> Found | None:
        """Return the best range within a sentence, as far as it is among these tokens."""
        low = bisect_left(self.offsets, (sentence.start, 0))
        high = bisect_left(self.offsets, (sentence.end, 0))
        if low == high:
            return None
        pairs = self.ends[low:high, 0][:, None] + self.ends[low:high, 1][None, :]
        distance = np.arange(high - low)[None, :] - np.arange(high - low)[:, None]
        pairs = np.where((distance >= 0) & (distance < LONGEST_ANSWER), pairs, -np.inf)
        return self._best(pairs, sentence, low, TRIED)

    def _best(self, pairs: Scores, sentence: Span, low: int, tries: int) -> Found | None:
        """Return the best range, from the scores [first, last] of those from token `low` on."""
        first, last = divmod(int(pairs.argmax()), len(pairs))
        best = float(pairs[first, last])
        if best == -np.inf:
            return None
        near: list[int] = np.flatnonzero(pairs[first] >= best + math.log(self.list_odds)).tolist()
        start, end = self.offsets[low + first][0], self.offsets[low + last][1]
        listed = [
            stop
            for stop in near
            if stop > last and _GOES_ON.match(self.text, end, self.offsets[low + stop][1])
        ]
        stop = max([last, *listed])
        apart = pairs.copy()
        apart[: stop + 1, first:] = -np.inf
        return Found(
            span=trimmed(self.text, Span(start, self.offsets[low + stop][1]), sentence),
            score=best - self.null,
            share=1 / float(np.exp(pairs - best).sum()),
            next=self._best(apart, sentence, low, tries - 1) if tries > 1 else None,
        )


def _windows(tokens: int, room: int) -> list[Span]:
    """Return ranges of at most `room` tokens that together hold all, sharing `OVERLAP`."""
    starts = range(0, max(1, tokens - OVERLAP), room - OVERLAP)
    return [Span(start, min(tokens, start + room)) for start in starts]


def _best(windows: Sequence[Reading]) -> Reading:
    """Return a passage's reading: the best of what its windows found."""
    of_sentences = zip(*(window.found for window in windows), strict=True)
    return Reading(
        max(window.answered for window in windows),
        tuple(
            max(filter(None, of_sentence), key=lambda found: found.score, default=None)
            for of_sentence in of_sentences
        ),
    )


_GOES_ON = re.compile(r"\s*(?:[,;]|(?:and|or)\b)")
_OPENING, _CLOSING = "([{“‘«\"'", ")]}”’»\"'"
_EDGE = " \t\n,;:!?-–—"
_STOP = re.compile(r"(?<![^\W\d_]\.[^\W\d_])(?<!\b[^\W\d_])\.$")


def trimmed(text: str, span: Span, sentence: Span) -> Span:
    """Complete the words at a range's edges; drop punctuation and unpaired marks there."""
    start, end = span
    while start > sentence.start and text[start - 1 : start + 1].isalnum():
        start -= 1
    while end < sentence.end and text[end - 1 : end + 1].isalnum():
        end += 1
    while start < end - 1 and (text[start] in _EDGE or _unpaired(text[start:end], text[start])):
        start += 1
    while end > start + 1 and (text[end - 1] in _EDGE or _unpaired(text[start:end], text[end - 1])):
        end -= 1
    stop = start < end - 1 and end == sentence.end and _STOP.search(text, start, end)
    return Span(start, end - bool(stop))


def _unpaired(text: str, mark: str) -> bool:
    """True if a bracket or a quotation mark stands in a text without its other half."""
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        if mark in {opening, closing}:
            if opening == closing:
                return text.count(mark) % 2 == 1
            return text.count(opening) != text.count(closing)
    return False
