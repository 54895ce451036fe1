"""Questions of our own over news, nearly half of them in English -> readings and judgements.

`written.jsonl` has a question a line, as a newspaper's reader would type it: its document, its
language, and in each language's text the ranges of its answer and of what a careless reader would
answer instead. A question without an answer is a near miss: the document speaks of something close.
Some documents are NTREX's, in seven languages, whose texts are not kept here; the others are our
own, in one language, each in a line before its questions. `claims.jsonl` has claims, true, false
and untold, about both kinds of documents, with the numbers of the sentences that decide.
"""

import json
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.models.reader import unaccented
from tools.multilingual.examples import (
    CONTRADICTED,
    NEITHER,
    NOT_SUPPORTED,
    SUPPORTED,
    Judged,
    Read,
    sentences,
)
from tools.multilingual.questions import Asked, removed
from tools.multilingual.statements import aligned
from tools.multilingual.texts import held

FILE = Path(__file__).with_suffix(".jsonl")
CLAIMS_FILE = FILE.with_name("claims.jsonl")
LABELS = {"true": SUPPORTED, "false": CONTRADICTED, "untold": NEITHER}

LANGUAGES: Mapping[str, str] = {
    "en": "eng", "fr": "fra", "es": "spa", "de": "deu", "ru": "rus", "pt": "por-BR", "ar": "arb",
}  # fmt: skip
"""Our codes of NTREX's languages, and its own."""

SENTENCES = 14
"""How many of a document's sentences the questions are about: its first."""

OTHERS = 2
"""In how many other languages than the question's a pass shows the document, at most."""

REMOVED = 0.2
"""For what share of the answered questions a pass shows the document without the answer, too."""

Ranges = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Written:
    """A question of a document's `texts`, by language; ranges are in characters."""

    texts: Mapping[str, str]
    language: str
    question: str
    answers: Ranges
    wrong: Ranges

    def examples(self, chance: random.Random) -> Iterator[Read | Judged]:
        """Yield the readings of a pass and the judgements of what they find."""
        for code in _shown(self.language, self.answers or self.wrong, chance):
            yield from self._over(code, chance)

    def readings(self, code: str, chance: random.Random) -> Iterator[Read]:
        """Yield the readings of a pass that are in one language alone, question and text."""
        if self.language == code and code in (self.answers or self.wrong):
            yield from (each for each in self._over(code, chance) if isinstance(each, Read))

    def _over(self, code: str, chance: random.Random) -> Iterator[Read | Judged]:
        source = "written" if code == self.language else "written across"
        asked, text = self.question, self.texts[code]
        if self.language == code == "en":
            asked, text = unaccented(asked), unaccented(text)
        if code in self.answers:
            place = self.answers[code]
            yield Read(asked, text, (place,), source)
            yield Judged(text[slice(*place)], _premise(text, place), SUPPORTED, source, asked)
            if chance.random() < REMOVED:
                rest = removed(Asked(source, "", asked, text, (place,)))
                if rest:
                    yield Read(asked, rest, (), source)
        else:
            yield Read(asked, text, (), source, near=self.wrong[code])
        if code in self.wrong:
            place = self.wrong[code]
            yield Judged(text[slice(*place)], _premise(text, place), NOT_SUPPORTED, source, asked)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about a document's sentences, `at` those that decide; `texts` by language."""

    texts: Mapping[str, Sequence[str]]
    language: str
    claim: str
    question: str
    at: tuple[int, ...]
    label: tuple[int, ...]

    def examples(self, chance: random.Random) -> Iterator[Judged]:
        """Yield the judgements of a pass: by the text in the claim's language, and by others."""
        for code in _shown(self.language, self.texts, chance):
            lines = self.texts[code][max(0, min(self.at) - 1) : max(self.at) + 1]
            told = [self.claim, " ".join(lines), self.question]
            if self.language == code == "en":
                told = [unaccented(text) for text in told]
            yield Judged(told[0], told[1], self.label, "written claim", told[2])


def claims(data: Path, *, choosing: bool, file: Path = CLAIMS_FILE) -> list[Claim]:
    """Return the claims to train on, or those to choose on."""
    texts = {
        doc: {code: found[name] for code, name in LANGUAGES.items()}
        for doc, found in aligned(data, choosing=choosing).items()
    }
    rows = _rows(file)
    for doc, found in _own(rows, choosing=choosing).items():
        texts[doc] = {
            code: [text[start:end] for start, end in sentences(text)]
            for code, text in found.items()
        }
    return [
        Claim(
            texts[row["doc"]],
            row["lang"],
            row["claim"],
            row["q"],
            tuple(row["s"]),
            LABELS[row["label"]],
        )
        for row in rows
        if "claim" in row and row["doc"] in texts
    ]


def load(data: Path, *, choosing: bool, file: Path = FILE) -> list[Written]:
    """Return the questions to train on, or those to choose on."""
    texts = {name: _texts(found) for name, found in aligned(data, choosing=choosing).items()}
    rows = _rows(file)
    texts |= _own(rows, choosing=choosing)
    return [
        Written(texts[row["doc"]], row["lang"], row["q"], _ranges(row["a"]), _ranges(row["wrong"]))
        for row in rows
        if "q" in row and row["doc"] in texts
    ]


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _own(rows: Sequence[dict[str, Any]], *, choosing: bool) -> dict[str, dict[str, str]]:
    """Return the texts of our own articles, by language."""
    return {
        row["doc"]: row["texts"] for row in rows if "texts" in row and held(row["doc"]) == choosing
    }


def _texts(found: Mapping[str, list[str]]) -> dict[str, str]:
    return {
        code: " ".join(line.strip() for line in found[name][:SENTENCES])
        for code, name in LANGUAGES.items()
    }


def _ranges(found: Mapping[str, list[int]]) -> Ranges:
    return {code: (start, end) for code, (start, end) in found.items()}


def _shown(language: str, codes: Collection[str], chance: random.Random) -> list[str]:
    """Return which of a document's languages a pass shows: the own one, then `OTHERS` more.

    English is the first of the others: questions across languages are mostly asked over it.
    """
    others = [code for code in codes if code != language]
    others.sort(key=lambda code: (code != "en", chance.random()))
    return [code for code in (language, *others[:OTHERS]) if code in codes]


def _premise(text: str, place: tuple[int, int]) -> str:
    """Return the sentence that a range is in, with the one before it."""
    found = sentences(text)
    at = sum(end <= place[0] for _, end in found[:-1])
    return text[found[max(0, at - 1)][0] : found[at][1]]
