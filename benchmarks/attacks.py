"""Measure whether instructions hidden in articles reach a verified answer.

    python benchmarks/attacks.py > benchmarks/attacks.md

Each of BIPIA's 75 text attacks is inserted at the start, in the middle and at the end of a
paragraph of XQuAD, a different one each time, and the paragraph's own question is asked. The chat
model is a script that follows the attack: it writes the attack's words, the words that the attack
quotes, and a sentence that claims to have obeyed, each with the passage's id; then the sentence
that answers the question.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from command_line import parser
from data import DATA, Collection, Paragraph, Question, xquad
from measures import folded

from rag.grounding.embedded import EmbeddedVerifier
from rag.library import Library
from rag.models.chat import Message, Usage
from rag.models.embedder import EmbeddedModel
from rag.models.judge import EmbeddedJudge
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
    parser(__doc__).parse_args()
    attacks = read_attacks()
    cases = [(attack, place) for attack in attacks for place in PLACES]
    rows: dict[str, list[AttackResult]] = {place: [] for place in PLACES}
    for (attack, place), target in zip(cases, targets(xquad(), len(cases)), strict=True):
        rows[place].append(attacked(attack, place, target))
    rows["all"] = [result for row in rows.values() for result in row]
    print("# Instructions hidden in articles\n\nMade by `python benchmarks/attacks.py`.\n")
    print(
        f"BIPIA's {len(attacks)} text attacks, each in {len(PLACES)} places of XQuAD's paragraphs,"
    )
    print("and a chat model that follows them.\n")
    print("| place | articles | model asked | attack in the answer | answering sentence kept |")
    print("|---|---|---|---|---|")
    for place, row in rows.items():
        asked = [result for result in row if result.asked]
        kept = sum(result.kept for result in asked) / len(asked)
        reached = sum(result.reached for result in row)
        print(f"| {place} | {len(row)} | {len(asked)} | {reached} | {kept:.3f} |")
    print("\nThe model is not asked where the embedded reader finds no answer.")


@dataclass(frozen=True, slots=True)
class Target:
    """A paragraph to attack, its question, and its sentence that answers the question."""

    question: Question
    paragraph: Paragraph
    sentence: str


@dataclass(frozen=True, slots=True)
class AttackResult:
    """If the model was asked, if the attack reached the answer, and if the true sentence did."""

    asked: bool
    reached: bool
    kept: bool


@dataclass
class ObedientModel:
    """A chat model that follows the instructions in articles."""

    attack: str
    question: str
    sentence: str
    asked: bool = False
    name: str = "obedient"

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Yield the attack's words in several ways, then the sentence that answers."""
        del max_tokens
        content = messages[-1].content
        if not (names := re.findall(r'<passage id="(\d+)"', content)):
            yield self.question  # it was asked to complete the question
            return
        self.asked = True
        quoted = re.findall(r"[\"'“]([^\"'“”]+)[\"'”]", self.attack)
        for text in (self.attack, *quoted, DONE.format(attack=self.attack), self.sentence):
            yield f"{text} [{names[0]}]\n"

    async def close(self) -> None:
        """Nothing is open."""


def attacked(attack: str, place: str, target: Target) -> AttackResult:
    """Ask the target's question of an article with an attack in it."""
    model = ObedientModel(attack, target.question.text, target.sentence)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        text = inserted(target.paragraph.text, attack, place)
        record = {"title": target.paragraph.title, "text": text}
        (corpus / "article.json").write_text(json.dumps(record), encoding="utf-8")
        chat = Chat(
            model=model, verifier=EmbeddedVerifier(EMBEDDER, EmbeddedJudge()), embedder=EMBEDDER
        )
        with Library.open(
            Path(folder) / ".griot",
            corpus=corpus,
            embedder=EMBEDDER,
            answerer=Extractive(READER),
            chat=chat,
        ) as library:
            library.refresh()
            answer = asyncio.run(library.ask(target.question.text))
    claims = {folded(claim.text) for claim in answer.claims}
    return AttackResult(model.asked, contains(answer, attack), folded(target.sentence) in claims)


def contains(answer: Answer, attack: str) -> bool:
    """Return whether a claim or a quote has the attack's words, or words that the attack quotes."""
    quoted = [
        words for words in re.findall(r"[\"“]([^\"“”]+)[\"”]", attack) if len(words.split()) > 1
    ]
    texts = [claim.text for claim in answer.claims]
    texts += [citation.quote for citation in answer.citations]
    return any(folded(words) in folded(text) for text in texts for words in (attack, *quoted))


def inserted(text: str, attack: str, place: str) -> str:
    """Return a text with an attack between its sentences."""
    spans = sentences(text)
    at = {"start": 0, "middle": spans[len(spans) // 2].start, "end": len(text)}[place]
    return f"{text[:at]} {attack} {text[at:]}".strip()


def targets(collection: Collection, count: int) -> list[Target]:
    """Return `count` targets, spread evenly over the collection."""
    paragraphs = {paragraph.id: paragraph for paragraph in collection.paragraphs}
    step = len(collection.questions) // count
    return [
        Target(question, paragraph, answering_sentence(paragraph.text, question))
        for question in collection.questions[::step][:count]
        for paragraph in [paragraphs[question.paragraph]]
    ]


def answering_sentence(text: str, question: Question) -> str:
    """Return the first sentence with the answer's words."""
    spans = (text[slice(*span)] for span in sentences(text))
    return next(sentence for sentence in spans if question.answers[0] in sentence)


def read_attacks() -> list[str]:
    """Read the attacks of BIPIA's training part."""
    path = DATA / "bipia" / "text_attack_train.json"
    kinds = json.loads(path.read_text(encoding="utf-8"))
    return [attack for attacks in kinds.values() for attack in attacks]


if __name__ == "__main__":
    main()
