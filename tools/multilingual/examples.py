"""What the reader learns from: questions with passages, and claims with premises, in tokens."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.multilingual.model import CLAIM, PASSAGE, QUESTION
from tools.multilingual.vocabulary import BOS, EOS, PAD

MOST_QUESTION_TOKENS = 48
MOST_CLAIM_TOKENS = 96
SHORTEST, LONGEST = 30, 115
"""Between how many tokens of a passage are shown; some are shown up to `WHOLE`."""

WHOLE, WHOLE_SHARE = 200, 0.1

SUPPORTED, CONTRADICTED, NEITHER = (0,), (1,), (2,)
NOT_SUPPORTED = (1, 2)
"""The classes that a judged pair may have: not supported is contradicted or neither."""

_SENTENCE_END = re.compile(r"(?<=[.!?؟।][\"”»)’])\s+|(?<=[.!?؟।])\s+|(?<=[。！？])(?![」』”])|\n+")


@dataclass(frozen=True, slots=True)
class Read:
    """A question, a passage, and where the passage answers, in characters; nowhere if empty.

    With `within`, an answer lies somewhere within the ranges. Where nothing answers, `near` may be
    what a careless reader takes for an answer; the passage is shown around it.
    """

    question: str
    passage: str
    answers: tuple[tuple[int, int], ...]
    source: str
    within: bool = False
    near: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, what it is judged by, and the classes that it may have.

    With a question, the claim is a short answer to it, or what was said in reply.
    """

    claim: str
    premise: str
    label: tuple[int, ...]
    source: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens with their types. `starts` and `ends` are where an answer may begin and end.

    The first token stands for no answer; a judged claim has neither starts nor ends. `passage` is
    the range of the passage's tokens.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    passage: tuple[int, int]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    label: tuple[int, ...]
    source: str


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ranges of a text's sentences, without the space between them."""
    places, start = [], 0
    for found in _SENTENCE_END.finditer(text):
        if found.start() > start:
            places.append((start, found.start()))
        start = found.end()
    if start < len(text):
        places.append((start, len(text)))
    return places


class Encoder:
    """Turns readings and judgements into tokens; passages are cut to windows of whole sentences."""

    def __init__(self, tokenizer: Tokenizer, ends: tuple[int, int] = (BOS, EOS)) -> None:
        self._tokenizer, self._ends = tokenizer, ends
        self._encoded = lru_cache(maxsize=4096)(self._encode)

    def ids(self, text: str) -> list[int]:
        """Return a text's tokens."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def read(self, reading: Read, chance: random.Random | None = None) -> Example:
        """Return a reading; without `chance`, of the whole passage."""
        begin, end = self._ends
        asked = self.ids(reading.question)[:MOST_QUESTION_TOKENS]
        ids, offsets, stops = self._encoded(reading.passage)
        ranges = [found for a, b in reading.answers if (found := _touched(offsets, a, b))]
        near = _touched(offsets, *reading.near) if reading.near else None
        low, high = 0, len(ids)
        if chance:
            about = ranges or ([near] if near else [])
            low, high = _window(len(ids), stops, about, _size(chance), chance)
        shown = [(a - low, b - low) for a, b in ranges if low <= a and b < high]
        head = len(asked) + 2
        starts, ends = _places(shown, head, within=reading.within)
        return Example(
            (begin, *asked, end, *ids[low:high], end),
            (QUESTION,) * head + (PASSAGE,) * (high - low + 1),
            (head, head + high - low),
            starts or (0,),
            ends or (0,),
            (),
            reading.source,
        )

    def windows(self, reading: Read, most: int, shared: int) -> list[tuple[int, Example]]:
        """Return a passage in windows of at most so many tokens, and the token each begins at."""
        begin, end = self._ends
        asked = self.ids(reading.question)[:MOST_QUESTION_TOKENS]
        ids, _, _ = self._encoded(reading.passage)
        head = len(asked) + 2
        room = most - head - 1
        found = []
        for low in range(0, max(1, len(ids) - shared), room - shared):
            shown = ids[low : low + room]
            example = Example(
                (begin, *asked, end, *shown, end),
                (QUESTION,) * head + (PASSAGE,) * (len(shown) + 1),
                (head, head + len(shown)),
                (0,),
                (0,),
                (),
                reading.source,
            )
            found.append((low, example))
        return found

    def judge(self, judged: Judged, most: int = 220) -> Example:
        """Return a judgement; what is beyond `most` tokens of the premise is dropped."""
        asked = self.ids(judged.question)[:MOST_QUESTION_TOKENS] if judged.question else []
        claim = self.ids(judged.claim)[:MOST_CLAIM_TOKENS]
        ids = self._encoded(judged.premise)[0][:most]
        head = (BOS, *asked, EOS) if asked else (BOS,)
        start = len(head) + len(claim) + 1
        return Example(
            (*head, *claim, EOS, *ids, EOS),
            (QUESTION,) * len(head) + (CLAIM,) * (len(claim) + 1) + (PASSAGE,) * (len(ids) + 1),
            (start, start + len(ids)),
            (),
            (),
            judged.label,
            judged.source,
        )

    def _encode(self, text: str) -> tuple[list[int], np.ndarray, list[int]]:
        """Return a passage's tokens, their ranges, and the tokens at which sentences begin."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        begins = np.searchsorted(offsets[:, 0], [start for start, _ in sentences(text)])
        stops = sorted({*begins.tolist(), len(offsets)})
        return encoding.ids, offsets, stops


def _size(chance: random.Random) -> int:
    if chance.random() < WHOLE_SHARE:
        return WHOLE
    return chance.randint(SHORTEST, LONGEST)


def _touched(offsets: np.ndarray, start: int, end: int) -> tuple[int, int] | None:
    """Return the first and the last token that a range of characters touches."""
    touched = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
    return (int(touched[0]), int(touched[-1])) if len(touched) else None


def _window(
    length: int,
    stops: Sequence[int],
    ranges: Sequence[tuple[int, int]],
    size: int,
    chance: random.Random,
) -> tuple[int, int]:
    """Return a run of whole sentences of about so many tokens, about an answer if there is one."""
    if length <= size:
        return 0, length
    first, last = chance.choice(ranges) if ranges else (chance.randrange(length),) * 2
    low = max([stop for stop in stops if stop <= first], default=0)
    high = min([stop for stop in stops if stop > last], default=length)
    if high - low > size:
        low = max(low, min(first, last + 1 - size // 2) - chance.randint(0, size // 2))
        return low, min(high, max(last + 1, low + size))
    before = [stop for stop in stops if stop < low][::-1]
    after = [stop for stop in stops if stop > high]
    while before or after:
        if before and (not after or chance.random() < 0.5):
            if high - before[0] > size:
                before = []
                continue
            low = before.pop(0)
        else:
            if after[0] - low > size:
                after = []
                continue
            high = after.pop(0)
    return low, high


def _places(
    ranges: Sequence[tuple[int, int]], head: int, *, within: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if within:
        every = tuple(sorted({head + at for a, b in ranges for at in range(a, b + 1)}))
        return every, every
    starts = tuple(sorted({head + a for a, _ in ranges}))
    return starts, tuple(sorted({head + b for _, b in ranges}))


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as tensors, padded: int64 or bool [examples, tokens].

    `allowed` are the tokens at which an answer may begin or end, `starts` and `ends` those at which
    it does. `reads` and `judges` [examples] say what is learned; `labels` [examples, 3] are the
    classes that a claim may have.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    reads: Tensor
    judges: Tensor
    labels: Tensor


def batch_of(examples: Sequence[Example]) -> Batch:
    """Return examples as a batch."""
    shape = len(examples), max(len(example.ids) for example in examples)
    ids = np.full(shape, PAD, dtype=np.int64)
    types, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    allowed, starts, ends = (np.zeros(shape, dtype=bool) for _ in range(3))
    labels = np.zeros((len(examples), 3), dtype=bool)
    for row, example in enumerate(examples):
        size = len(example.ids)
        ids[row, :size], types[row, :size], mask[row, :size] = example.ids, example.types, 1
        allowed[row, slice(*example.passage)] = allowed[row, 0] = True
        starts[row, list(example.starts)] = True
        ends[row, list(example.ends)] = True
        labels[row, list(example.label)] = True
    reads = np.array([bool(example.starts) for example in examples])
    judges = np.array([bool(example.label) for example in examples])
    arrays = (ids, types, mask, allowed, starts, ends, reads, judges, labels)
    return Batch(*map(torch.from_numpy, arrays))


def steps_of(
    examples: Sequence[Example], *, tokens: int, parts: int, chance: random.Random
) -> list[list[list[Example]]]:
    """Return steps of so many parts, each of examples of like length and about so many tokens."""
    batches = []
    pool = 1500
    for begin in range(0, len(examples), pool):
        ordered = sorted(examples[begin : begin + pool], key=lambda example: len(example.ids))
        cut = []
        while ordered:
            size = max(1, tokens // len(ordered[-1].ids))
            cut.append(ordered[-size:])
            del ordered[-size:]
        chance.shuffle(cut)
        batches += cut
    return [batches[at : at + parts] for at in range(0, len(batches) - parts + 1, parts)]


def shown(examples: Sequence[Example]) -> Iterator[str]:
    """Yield how many examples each source gives, for the log."""
    counts: dict[str, int] = {}
    for example in examples:
        counts[example.source] = counts.get(example.source, 0) + 1
    for source, count in sorted(counts.items()):
        yield f"{source}: {count}"
