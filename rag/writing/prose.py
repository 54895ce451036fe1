"""Splits a chat model's streamed text into sentences with the passages that each cites; pure.

A mark is a citation that the model writes, such as [2]. Its number, that of a passage, is never
shown: the caller replaces it by the number of a verified quote. Text that may turn out to be a
mark, or the token of a refusal, is held back until that is known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text import neutral
from rag.text.passages import sentences
from rag.writing.prompts import NOT_ANSWERED

_LONGEST_MARK = 80
"""Characters after an open bracket within which a mark must end."""

LONGEST_SENTENCE = 1_000
"""Characters after which a text is split, even within a sentence."""

_NUMBER = r"(?<!\d)\d{1,3}(?!\d)"
_NAMED = r"\b(?:ids?|passages?|sources?)\b"
_BETWEEN = rf"(?:[\s,;:=#^/&\"–\[\]-]|\band\b|{_NAMED}){{0,30}}"
_NUMBERS = rf"{_BETWEEN}{_NUMBER}(?:{_BETWEEN}{_NUMBER})*{_BETWEEN}"
# A number alone in round brackets is text: an age, a count.
_MARK = re.compile(
    rf"(?<!\s)\s*(?:[\[【〔]{_NUMBERS}[\]】〕]+|[(<]\s*{_NAMED}{_NUMBERS}[)>])", re.IGNORECASE
)
_OPENING, _CLOSING = re.compile(r"[\[(【〔<]"), re.compile(r"[\])】〕>]")
_REFUSAL = re.compile(re.escape(NOT_ANSWERED).replace("_", r"\\?_"))
_WORD_ENDS = re.compile(r"\s|[\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_MARKUP = re.compile(r"[*`]+|^[ \t]*#+[ \t]+", re.MULTILINE)
_ITEM = re.compile(r"^(?:[-–•]\s+|\d{1,2}[.)]\s+)")


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence without its marks, and the numbers of the passages that it cites, in order."""

    text: str
    numbers: tuple[int, ...]


class Prose:
    """Splits one text, given in pieces, that cites passages by numbers from 1 to `count`.

    `feed` and `end` yield, in order, text to show and, after the last of its text, each sentence.
    """

    def __init__(self, count: int) -> None:
        self._known = range(1, count + 1)
        self._undecided = ""
        self._plain = ""
        self._shown = 0
        self._marks: list[tuple[int, int]] = []
        self._before = ""
        self.refused = False

    def feed(self, piece: str) -> Iterator[str | Cited]:
        """Take the next piece of the text, which may end anywhere."""
        self._undecided += piece
        cut = self._decided()
        self._take(self._undecided[:cut])
        self._undecided = self._undecided[cut:]
        yield from self._ready(final=False)

    def end(self) -> Iterator[str | Cited]:
        """Take the end of the text, and yield what was held back."""
        self._take(self._undecided)
        self._undecided = ""
        yield from self._ready(final=True)

    def _decided(self) -> int:
        """Return up to where later text cannot change the meaning: the end of a whole word."""
        held = self._undecided
        if held.isspace():
            return 0
        ends = [found.start() for found in _WORD_ENDS.finditer(held)]
        cut = ends[-1] if ends else 0
        closed = max((found.end() for found in _CLOSING.finditer(held, 0, cut)), default=0)
        opened = _OPENING.search(held, closed, cut)
        if opened and len(held) - opened.start() <= _LONGEST_MARK:
            cut = opened.start()
        return len(held[:cut].rstrip())

    def _take(self, text: str) -> None:
        """Add text, without its marks and markup, to the plain text."""
        refusal = _REFUSAL.search(text)
        if self.refused or refusal:
            text = text[: refusal.start()] if refusal and not self.refused else ""
            self.refused = True
        start = 0
        for mark in _MARK.finditer(text):
            self._add(text[start : mark.start()])
            named = map(int, re.findall(_NUMBER, mark[0]))
            self._marks += [(len(self._plain), number) for number in named if number in self._known]
            start = mark.end()
        self._add(text[start:])

    def _add(self, text: str) -> None:
        text = _MARKUP.sub("", neutral(text))
        self._plain += text if self._plain else text.lstrip()

    def _ready(self, *, final: bool) -> Iterator[str | Cited]:
        """Yield what can be shown, and the sentences that are whole.

        A sentence is whole when a word of the next one stands after it: until then, "Mr." may end
        one or not.
        """
        while spans := sentences(self._plain[: (reach := self._reach())]):
            end = spans[0].end
            yield from self._show(end)
            start = spans[1].start if len(spans) > 1 else reach
            decided = final or reach < len(self._plain)
            if not (decided or _WORD_ENDS.search(self._plain, start)):
                return
            yield self._sentence(end, start)
            if not self._shown:
                self._before = "\n" if "\n" in self._plain[end:start] else " "
            self._plain = self._plain[start:]

    def _reach(self) -> int:
        """Return up to where a sentence may go: the end of a word, if one is near."""
        if len(self._plain) <= LONGEST_SENTENCE:
            return len(self._plain)
        space = self._plain.rfind(" ", 1, LONGEST_SENTENCE)
        return space if space > 0 else LONGEST_SENTENCE

    def _show(self, end: int) -> Iterator[str]:
        if self._shown < end:
            yield self._before + self._plain[self._shown : end]
            self._before = ""
            self._shown = end

    def _sentence(self, end: int, start: int) -> Cited:
        """Return the first sentence, which ends at `end`; the next one begins at `start`."""
        last = end if start < len(self._plain) else len(self._plain)
        named = [number for place, number in self._marks if place <= last]
        self._marks = [(place - start, number) for place, number in self._marks[len(named) :]]
        self._shown = max(0, self._shown - start)
        text = _ITEM.sub("", self._plain[:end].strip())
        return Cited(" ".join(text.split()), tuple(dict.fromkeys(named)))
