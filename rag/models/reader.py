"""The embedded reader: where in a passage an answer stands, and whether one stands there at all.

There are two, trained on questions with and without an answer: MiniLM-L6 for English over English,
and multilingual-e5-small, whose graph also judges claims (`rag.models.judge`), for everything else
and, together with the first, for the likeliest passages in English. They find ranges, as readers of
SQuAD do (https://arxiv.org/abs/1810.04805, section 4.2), which `rag.reading.answerer` turns into
answers.
"""

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import ReaderError
from rag.languages import language_of
from rag.models.judge import EmbeddedJudge, Statement, log_odds
from rag.models.kept import Kept
from rag.models.onnx import (
    BOS,
    EOS,
    MODELS,
    MOST_QUESTION_TOKENS,
    READER_FILE,
    TOKENIZER_FILE,
    OnnxModel,
    Rows,
)
from rag.types import Span

ENGLISH_FILE, ENGLISH_TOKENIZER_FILE = MODELS / "reader.en.int8.onnx", MODELS / "tokenizer.en.json"
CLS, SEP = 101, 102
"""BOS and EOS of the English reader."""

ANSWERED, SCORE = (1.36, -0.5), (1.32, -0.9)
"""Slopes and offsets that bring the multilingual reader's log-odds onto the English one's scale:
both then tell alike how likely a paragraph of squad2's fitting titles answers."""

BOTH = 3
"""How many passages in English, the likeliest to answer, are read by both readers together."""

OTHER_SHARE = 0.3
"""How much the multilingual reader counts there, beside the English one. By eight titles of new
Wikipedia and two of squad2 that neither was trained on, F1 is 0.81 and 0.84; by the English reader
alone 0.79 and 0.81, by the other alone 0.76 and 0.82."""

ANSWERED_SHARE = 0.7
"""The same of whether there is an answer at all. By the questions about news of benchmarks/fit.py
the multilingual reader tells that better: AUC 0.94, the English one 0.58 to 0.78."""

JUDGED = 3
"""Of how many passages, the likeliest to answer, the answers found are judged with the question."""

READ_WEIGHT, JUDGED_WEIGHT, JUDGED_BIAS = 0.7, 0.6, -0.2
"""How the log-odds of having an answer and those of its support make one: by questions about news
in one language both count alike. The bias keeps the scale of the English reader's."""

MOST_TOKENS = 256  # question and passage; what is longer is read in windows
OVERLAP = 64  # tokens that neighbouring windows share
LONGEST_ANSWER = 30  # tokens
LISTED_ODDS, SEVERAL_ODDS = 0.5, 0.1
"""A range that goes on with a list is taken if it is at least half as likely as the first one, a
tenth if the question may have several answers."""

KEPT = 256
"""How many passages' windows are kept, with the question: some 30 KB each."""

TRIED = 3
"""How many answers are found in a sentence, the likeliest first."""

CHOICES, CLOSE = 3, 3.0
"""How many of a passage's answers are judged at most, and within what log-odds of the likeliest."""

SUPPORT_WEIGHT = 0.8
"""How much, against the readers' log-odds, those of its support count in choosing an answer. With
it, F1 is 0.881 instead of 0.877 on two titles of squad2, 0.817 instead of 0.809 on eight of new
Wikipedia, 0.877 instead of 0.870 on made examples; weights from 0.4 to 1 differ by 0.004."""

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
    """Both readers, in int8 on the processor, loaded when first used; threads share them."""

    def __init__(
        self,
        *,
        model: Path = READER_FILE,
        tokenizer: Path = TOKENIZER_FILE,
        threads: int | None = None,
    ) -> None:
        def loaded(graph: Path, tokenizer: Path) -> OnnxModel:
            return OnnxModel(graph, tokenizer, threads=threads, name="reader", error=ReaderError)

        english = loaded(ENGLISH_FILE, ENGLISH_TOKENIZER_FILE)
        self._english = _GraphReader(english, (CLS, SEP))
        self._other = _GraphReader(loaded(model, tokenizer), (BOS, EOS), ANSWERED, SCORE)
        self._judge = EmbeddedJudge(model=model, tokenizer=tokenizer, threads=threads)

    def load(self) -> None:
        """See `Reader`."""
        for reader in (self._other, self._english):
            reader.model.load()

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, Sequence[Span]]],
        *,
        several: bool = False,
    ) -> list[Reading]:
        """See `Reader`."""
        seen = self._windows(question, [text for text, _ in passages])
        odds = SEVERAL_ODDS if several else LISTED_ODDS
        readings = [
            _best([window.reading(sentences, odds) for window in windows])
            for windows, (_, sentences) in zip(seen, passages, strict=True)
        ]
        return self._judged(question, passages, readings)

    def _judged(
        self,
        question: str,
        passages: Sequence[tuple[str, Sequence[Span]]],
        readings: list[Reading],
    ) -> list[Reading]:
        """Return the readings; the likeliest are as likely as their answer is borne out, too."""
        order = sorted(range(len(readings)), key=lambda place: -readings[place].answered)
        tried = [(place, likeliest(readings[place].found)) for place in order[:JUDGED]]
        told = [
            statement(question, *passages[place], hit, sentence)
            for place, hits in tried
            for sentence, hit in hits
        ]
        judgements = iter(self._judge.judge(told))
        for place, hits in tried:
            if hits:
                supported = [log_odds(each.supported) for each in islice(judgements, len(hits))]
                readings[place] = borne_out(
                    readings[place], dict(zip((hit for _, hit in hits), supported, strict=True))
                )
        return readings

    def _windows(self, question: str, texts: Sequence[str]) -> "list[list[Window]]":
        """Return what is seen of each passage: of the likeliest in English, by both together."""
        english = [
            place for place, text in enumerate(texts) if _is_english(question) and _is_english(text)
        ]
        by_english = self._english.windows(question, [texts[place] for place in english])
        seen = dict(zip(english, by_english, strict=True))
        likeliest = sorted(english, key=lambda place: -_answered(seen[place]))[:BOTH]
        places = [*likeliest, *(place for place in range(len(texts)) if place not in seen)]
        shown = [unaccented(texts[at]) if at in seen else texts[at] for at in places]
        asked = unaccented(question) if english else question
        others = self._other.windows(asked, shown)
        for place, windows in zip(places, others, strict=True):
            known = seen.setdefault(place, windows)
            if known is not windows and len(known) == len(windows) == 1:
                seen[place] = [together(known[0], windows[0])]
        return [seen[place] for place in range(len(texts))]


def _is_english(text: str) -> bool:
    return language_of(text).code == "en"


def unaccented(text: str) -> str:
    """Return an English text with its letters' accents taken off, each at its place.

    Names stand there with and without: "Goïta", "Goita". To the multilingual model these are two.
    """
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)


def likeliest(found: Sequence[Found | None]) -> list[tuple[int, Found]]:
    """Return the answers of a passage that the judge is to choose from, each with its sentence."""
    hits = [(place, hit) for place, first in enumerate(found) for hit in _in_turn(first)]
    hits.sort(key=lambda each: -each[1].score)
    return [each for each in hits[:CHOICES] if each[1].score >= hits[0][1].score - CLOSE]


def _in_turn(hit: Found | None) -> Iterator[Found]:
    if hit is not None:
        yield hit
        yield from _in_turn(hit.next)


def statement(
    question: str, text: str, sentences: Sequence[Span], hit: Found, place: int
) -> Statement:
    """Return an answer that is found in a sentence, to be judged by that and the one before.

    Where question and passage are in English, all are without accents.
    """
    premise = text[sentences[max(0, place - 1)].start : sentences[place].end]
    told = Statement(text[slice(*hit.span)], premise, question)
    if _is_english(question) and _is_english(text):
        return Statement(*map(unaccented, told))
    return told


def borne_out(reading: Reading, supported: Mapping[Found, float]) -> Reading:
    """Return a reading whose answers are as likely as they are borne out, too.

    `supported` are the log-odds, by answer, that the passage supports it. An answer falls back
    behind the one that is borne out best, and may change places with its sentence's next.
    """
    most = max(supported.values())
    best = max(supported, key=lambda hit: hit.score + SUPPORT_WEIGHT * supported[hit])

    def weighed(hit: Found | None) -> Found | None:
        if hit is None:
            return None
        after = weighed(hit.next)
        score = hit.score - SUPPORT_WEIGHT * (most - supported.get(hit, most))
        if after is None or after.score <= score:
            return replace(hit, score=score, next=after)
        return replace(after, share=hit.share, next=replace(hit, score=score, next=after.next))

    answered = READ_WEIGHT * reading.answered + JUDGED_WEIGHT * supported[best] + JUDGED_BIAS
    return Reading(answered, tuple(map(weighed, reading.found)))


@dataclass(frozen=True, slots=True)
class _GraphReader:
    """A graph that reads. `ends` are the tokens about a question, and after a passage.

    `answered` and `score` are slopes and offsets of its log-odds. `kept` are windows by question
    and passage.
    """

    model: OnnxModel
    ends: tuple[int, int]
    answered: tuple[float, float] = (1.0, 0.0)
    score: tuple[float, float] = (1.0, 0.0)
    kept: "Kept[tuple[str, str], list[Window]]" = field(default_factory=lambda: Kept(KEPT))

    def windows(self, question: str, texts: Sequence[str]) -> "list[list[Window]]":
        """Return what is seen of each passage, in windows where it is long."""
        pairs = [(question, text) for text in texts]
        return self.kept.of(pairs, lambda new: self._read(question, [text for _, text in new]))

    def _read(self, question: str, texts: Sequence[str]) -> "list[list[Window]]":
        asked, *encodings = self.model.encode([question, *texts])
        begin, end = self.ends
        head = (begin, *asked.ids[:MOST_QUESTION_TOKENS], end)
        ranges = [
            (index, window)
            for index, encoding in enumerate(encodings)
            for window in _windows(len(encoding), MOST_TOKENS - len(head) - 1)
        ]
        rows = [(*head, *encodings[index].ids[slice(*window)], end) for index, window in ranges]
        found: list[list[Window]] = [[] for _ in texts]
        slope, offset = self.score
        outputs = self.model.run(rows, lambda rows: _inputs(rows, len(head)))
        for row, (ends, answered, *_) in outputs:
            index, window = ranges[row]
            tokens = ends[len(head) : len(rows[row]) - 1]
            found[index].append(
                Window(
                    text=texts[index],
                    offsets=encodings[index].offsets[slice(*window)],
                    ends=slope * (tokens - ends[0]) + offset / 2,
                    answered=self.answered[0] * float(answered) + self.answered[1],
                )
            )
        return found


def together(english: "Window", other: "Window") -> "Window":
    """Return what two readers see of the same passage, by the tokens of the first.

    A token's score as a first one is joined with that of the other's token at its first letter, as
    a last one with that at its last letter.
    """
    if not other.offsets:
        return english
    starts = [start for start, _ in other.offsets]
    stops = [stop for _, stop in other.offsets]
    last = len(starts) - 1
    firsts = [max(0, bisect_right(starts, start) - 1) for start, _ in english.offsets]
    lasts = [min(last, bisect_left(stops, stop)) for _, stop in english.offsets]
    theirs = np.stack([other.ends[firsts, 0], other.ends[lasts, 1]], axis=1)
    return replace(
        english,
        ends=(1 - OTHER_SHARE) * english.ends + OTHER_SHARE * theirs,
        answered=(1 - ANSWERED_SHARE) * english.answered + ANSWERED_SHARE * other.answered,
    )


def _inputs(rows: Rows, head: int) -> dict[str, Rows]:
    """Return the graph's inputs for rows whose first `head` tokens are the question."""
    types = [[0] * head + [1] * (len(row) - head) for row in rows]
    return {"input_ids": rows, "token_type_ids": types}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Tokens of a passage, by their ranges in its text, with their scores as ends: [tokens, 2].

    The scores of a first and a last token add up to the log-odds of their range against no answer.
    """

    text: str
    offsets: Sequence[tuple[int, int]]
    ends: Scores
    answered: float

    def reading(self, sentences: Sequence[Span], list_odds: float) -> Reading:
        """Return what is found in each sentence."""
        found = tuple(self.found(sentence, list_odds) for sentence in sentences)
        return Reading(self.answered, found)

    def found(self, sentence: Span, list_odds: float) -> Found | None:
        """Return the best range within a sentence, as far as it is among these tokens."""
        low = bisect_left(self.offsets, (sentence.start, 0))
        high = bisect_left(self.offsets, (sentence.end, 0))
        if low == high:
            return None
        pairs = self.ends[low:high, 0][:, None] + self.ends[low:high, 1][None, :]
        distance = np.arange(high - low)[None, :] - np.arange(high - low)[:, None]
        pairs = np.where((distance >= 0) & (distance < LONGEST_ANSWER), pairs, -np.inf)
        return self._best(pairs, sentence, low, list_odds, TRIED)

    def _best(
        self, pairs: Scores, sentence: Span, low: int, list_odds: float, tries: int
    ) -> Found | None:
        """Return the best range, from the scores [first, last] of those from token `low` on."""
        first, last = divmod(int(pairs.argmax()), len(pairs))
        best = float(pairs[first, last])
        if best == -np.inf:
            return None
        near: list[int] = np.flatnonzero(pairs[first] >= best + math.log(list_odds)).tolist()
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
            score=best,
            share=1 / float(np.exp(pairs - best).sum()),
            next=self._best(apart, sentence, low, list_odds, tries - 1) if tries > 1 else None,
        )


def _answered(windows: Sequence[Window]) -> float:
    return max(window.answered for window in windows)


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
