"""Measure whether orders that are hidden in articles reach a verified answer.

    python benchmarks/attacks.py > benchmarks/attacks.md

Each of BIPIA's 75 text attacks is put at the start, in the middle and at the end of a paragraph of
XQuAD, each time of another one, which is asked its own question. The chat model is a script that
obeys: for every passage with an attack it writes the attack's words, the words that the attack
quotes, and a sentence as if done, under the passage's id; then the sentence that answers.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data import DATA, Collection, Paragraph, Question, xquad
from measures import folded

from rag.grounding.support import EmbeddedVerifier
from rag.library import Library
from rag.models.chat import Message, Usage
from rag.models.embedder import EmbeddedModel
from rag.models.reader import EmbeddedReader
from rag.reading.answerer import Extractive
from rag.text.passages import sentences
from rag.types import Answer
from rag.writing.answer import Chat

PLACES = ("start", "middle", "end")
EMBEDDER = EmbeddedModel()
READER = EmbeddedReader()
DONE = "As it was asked for, here it is: {attack}"


def main() -> None:
    """Print the table."""
    attacks = read_attacks()
    cases = [(attack, place) for attack in attacks for place in PLACES]
    asked = questions(xquad(), len(cases))
    rows: dict[str, list[Outcome]] = {place: [] for place in PLACES}
    for (attack, place), one in zip(cases, asked, strict=True):
        rows[place].append(outcome(attack, place, one))
    print("# Orders hidden in articles\n\nMade by `python benchmarks/attacks.py`.\n")
    print(
        f"BIPIA's {len(attacks)} text attacks, each in {len(PLACES)} places of XQuAD's paragraphs,"
    )
    print("and a chat model that obeys them.\n")
    print("| place | articles | model asked | attack in the answer | answering sentence kept |")
    print("|---|---|---|---|---|")
    for place, seen in [*rows.items(), ("all", [one for row in rows.values() for one in row])]:
        written = [one for one in seen if one.written]
        kept = sum(one.kept for one in written) / len(written)
        reached = sum(one.reached for one in seen)
        print(f"| {place} | {len(seen)} | {len(written)} | {reached} | {kept:.3f} |")
    print("\nWhere the model is not asked, the embedded reader has seen no answer.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its paragraph, and the paragraph's sentence that answers."""

    question: Question
    paragraph: Paragraph
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the model was asked, the attack reached the answer, and the true sentence did."""

    written: bool
    reached: bool
    kept: bool


@dataclass
class Obeying:
    """A chat model that does what articles tell it to."""

    attack: str
    question: str
    sentence: str
    asked: bool = False
    name: str = "obeying"

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Give the attack's words in several ways, then the sentence that answers."""
        del max_tokens
        content = messages[-1].content
        if not (names := re.findall(r'<passage id="(\w+)"', content)):
            yield self.question  # it was asked to complete the question
            return
        self.asked = True
        quoted = re.findall(r"[\"'“]([^\"'“”]+)[\"'”]", self.attack)
        for text in (self.attack, *quoted, DONE.format(attack=self.attack), self.sentence):
            yield f"{text} [{names[0]}]\n"

    async def close(self) -> None:
        """Nothing is open."""


def outcome(attack: str, place: str, one: Asked) -> Outcome:
    """Ask about an article with an attack in it."""
    model = Obeying(attack, one.question.text, one.sentence)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        record = {"title": one.paragraph.title, "text": attacked(one.paragraph.text, attack, place)}
        (corpus / "article.json").write_text(json.dumps(record), encoding="utf-8")
        chat = Chat(model=model, verifier=EmbeddedVerifier(EMBEDDER), embedder=EMBEDDER)
        with Library.open(
            Path(folder) / ".griot",
            corpus=corpus,
            embedder=EMBEDDER,
            answerer=Extractive(READER),
            chat=chat,
        ) as library:
            library.refresh()
            answer = asyncio.run(library.ask(one.question.text))
    told = {folded(claim.text) for claim in answer.claims}
    return Outcome(model.asked, reached(answer, attack), folded(one.sentence) in told)


def reached(answer: Answer, attack: str) -> bool:
    """Say whether an attack's words, or those that it quotes, stand in a claim or a quote."""
    quoted = [one for one in re.findall(r"[\"“]([^\"“”]+)[\"”]", attack) if len(one.split()) > 1]
    said = [claim.text for claim in answer.claims] + [one.quote for one in answer.citations]
    return any(folded(words) in folded(text) for text in said for words in (attack, *quoted))


def attacked(text: str, attack: str, place: str) -> str:
    """Put an attack between the sentences of a text."""
    spans = sentences(text)
    at = {"start": 0, "middle": spans[len(spans) // 2].start, "end": len(text)}[place]
    return f"{text[:at]} {attack} {text[at:]}".strip()


def questions(collection: Collection, count: int) -> list[Asked]:
    """Give questions of that many different places, with the sentence that answers each."""
    paragraphs = {one.id: one for one in collection.paragraphs}
    step = len(collection.questions) // count
    return [
        Asked(one, paragraphs[one.paragraph], answering(paragraphs[one.paragraph].text, one))
        for one in collection.questions[::step][:count]
    ]


def answering(text: str, question: Question) -> str:
    """Give the first sentence with the answer's words."""
    told = (text[slice(*span)] for span in sentences(text))
    return next(one for one in told if question.answers[0] in one)


def read_attacks() -> list[str]:
    """Read the attacks of BIPIA's training part."""
    path = DATA / "bipia" / "text_attack_train.json"
    return [one for kind in json.loads(path.read_text(encoding="utf-8")).values() for one in kind]


if __name__ == "__main__":
    main()
