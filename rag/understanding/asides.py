"""Recognise asides: small talk, help, and questions about the collection itself.

A message is compared with examples in many languages (asides.yaml) by the cosine of its embedding.
Its topic are the words that no example has. A message with a topic needs a higher cosine; if the
examples of a kind have a placeholder for a topic, it is compared without its topic. Questions about
the world are among the examples, too: a message that is nearer to one of these than to an aside is
none, and one that is no nearer to an aside than these are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from rag.models.embedder import Embedder, Vectors
from rag.types import Span
from rag.understanding.data import section_of
from rag.understanding.examples import Memory, remembered

NEAR = 0.58
"""The least cosine of an aside without a topic with an example."""

TOPIC_NEARER = 0.14
"""How much higher the cosine of a message with a topic must be, to be such an aside."""

FITTING = 0.78
"""The least cosine of an aside, without its topic, with an example that has a placeholder."""

RELATED, SAME = 0.42, 0.97
"""The least cosine of the whole message with such an example, and the cosine of a message without
its topic from which on that is not needed, since it is an example word for word."""

LONGEST, LONGEST_TOPIC = 200, 6
"""The most characters of an aside, and words of its topic."""

PLACE, TAKEN_OUT = "{}", "…"
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|[^\W_]+(?:['’-][^\W_]+)*"
)


class AsideKind(StrEnum):
    """The kind of an aside."""

    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    IDENTITY = "identity"
    HELP = "help"
    COUNT = "count"
    OUTLETS = "outlets"
    PERIOD = "period"
    LATEST = "latest"
    OLDEST = "oldest"
    CONTENTS = "contents"
    ARTICLES = "articles"
    SUMMARY = "summary"
    QUOTED = "quoted"
    TOPIC = "topic"
    OPINION = "opinion"
    MORE = "more"
    EVENTS = "events"


QUESTION, FOLLOW_UP = _ASKED = "question", "follow-up"
"""The names of the examples that are no asides: they ask about the world, or go on from that."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that asks nothing of the articles' contents; some kinds have a topic."""

    kind: AsideKind
    topic: str = ""


class Asides:
    """Recognises asides. The examples are embedded once for each index and embedding model."""

    def __init__(self, embedder: Embedder, memory: Memory) -> None:
        self._embedder = embedder
        self._memory = memory
        self._known: _Examples | None = None

    def recognise(self, text: str) -> Aside | None:
        """Return the aside that a message is, None if it is none.

        Raises:
            EmbeddingError: the message cannot be embedded.
        """
        if not _words(text) or len(text) > LONGEST:
            return None
        known = self._known = self._known or _Examples(self._vectors())
        parts = [_without_topic(text, kind) for kind in _PLACED]
        whole, *without = self._embedder.texts([text, *(stripped for stripped, _ in parts)])
        unknown = _names_something(text)
        kind, nearness = known.nearest(whole)
        asked = max(known.fit(whole, each) for each in _ASKED)
        plain = nearness >= max(known.near + TOPIC_NEARER * unknown, asked)
        if not unknown:
            return Aside(kind) if plain else None
        likely = [
            (fit, Aside(each, topic))
            for each, vector, (_, topic) in zip(_PLACED, without, parts, strict=True)
            for fit in [known.fit(vector, each)]
            if len(_words(topic)) <= LONGEST_TOPIC
            and fit >= max(known.fitting[each], known.fit(vector, f"{FOLLOW_UP} {each}"))
            and (fit >= SAME or known.fit(whole, each) >= RELATED)
        ]
        likely += [(nearness, Aside(kind))] if plain else []
        return max(likely, key=lambda each: each[0], default=(0.0, None))[1]

    def asks_for_events(self, text: str) -> bool:
        """Return whether a message, without its period, asks what happened, or what was new.

        Raises:
            EmbeddingError: the message cannot be embedded.
        """
        if not _words(text) or len(text) > LONGEST or _names_something(text):
            return False
        known = self._known = self._known or _Examples(self._vectors())
        (whole,) = self._embedder.texts([text])
        kind, nearness = known.nearest(whole)
        events = known.fit(whole, AsideKind.EVENTS)
        return max(events, nearness) >= NEAR and (events >= nearness or kind == AsideKind.LATEST)

    def _vectors(self) -> Vectors:
        texts = [text for _, text in _rows()]
        return remembered("asides", texts, self._embedder, self._memory)


class _Examples:
    """The examples' vectors, and the bounds that exclude the example questions."""

    def __init__(self, vectors: Vectors) -> None:
        kinds = np.array([kind for kind, _ in _rows()])
        self._of = {kind: vectors[kinds == kind] for kind in dict.fromkeys(kinds)}
        self.near = max(
            NEAR, *(self.nearest(each)[1] - TOPIC_NEARER for each in self._of[QUESTION])
        )
        self.fitting = {
            kind: max(FITTING, *(self.fit(each, kind) for each in self._of[f"{QUESTION} {kind}"]))
            for kind in _PLACED
        }

    def nearest(self, vector: Vectors) -> tuple[AsideKind, float]:
        """Return the nearest kind without a topic or a period, and the cosine."""
        fits = {kind: self.fit(vector, kind) for kind in _PLAIN}
        best = max(fits, key=lambda kind: fits[kind])
        return best, fits[best]

    def fit(self, vector: Vectors, kind: str) -> float:
        """Return the cosine with the nearest example of a kind."""
        return float((self._of[kind] @ vector).max())


_PLACED = (AsideKind.ARTICLES, AsideKind.SUMMARY, AsideKind.TOPIC, AsideKind.OPINION)
"""The kinds whose examples have a placeholder for a topic."""

_PLAIN = tuple(kind for kind in AsideKind if kind not in {*_PLACED, AsideKind.EVENTS})
"""The kinds without a topic or a period."""


def _examples() -> Mapping[str, Sequence[str]]:
    return section_of("asides.yaml")


@cache
def _rows() -> tuple[tuple[str, str], ...]:
    """Return the texts to embed, each with its kind; those that ask also without their topics."""
    asked = [
        (f"{each} {kind}", _without_topic(text, kind)[0])
        for each in _ASKED
        for kind in _PLACED
        for text in _examples()[each]
    ]
    plain = [
        (kind, text.replace(PLACE, TAKEN_OUT))
        for kind, texts in _examples().items()
        for text in texts
    ]
    return (*plain, *asked)


@cache
def _vocabulary(kind: str | None = None) -> frozenset[str]:
    """Return the words of the examples of a kind, or of all asides."""
    kinds = [kind] if kind else [each for each in _examples() if each not in _ASKED]
    return frozenset(
        word for each in kinds for text in _examples()[each] for word, _ in _words(text)
    )


def _names_something(text: str) -> bool:
    """True if a message has a word that no example of an aside has."""
    return any(word not in _vocabulary() for word, _ in _words(text))


def _words(text: str) -> list[tuple[str, Span]]:
    """Return the words of a text with their ranges, each CJK character by itself."""
    return [(match[0].casefold(), Span(*match.span())) for match in _WORD.finditer(text)]


def _without_topic(text: str, kind: str) -> tuple[str, str]:
    """Return a text without its topic, and the topic: from its first to its last unknown word."""
    unknown = [span for word, span in _words(text) if word not in _vocabulary(kind)]
    if not unknown:
        return text, ""
    start, end = unknown[0].start, unknown[-1].end
    return f"{text[:start]}{TAKEN_OUT}{text[end:]}", text[start:end]
