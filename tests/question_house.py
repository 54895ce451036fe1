"""A small newsroom whose question sets are checked: two articles, and parts that are quick."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from bot.assembly import Assembly
from bot.cli import main
from bot.questions.format import CannedQuestion
from bot.settings import Settings
from bot.tape import Tape
from fake_embedder import FakeEmbedder
from fake_verifier import FakeVerifier
from newsroom import BRIDGE, BRIDGED, FLOODED, GOODS, MARKET, UNKNOWN, WordReader
from rag.asking import Asker
from rag.errors import GriotError
from rag.index.retrieve import Query
from rag.library import Library
from rag.reading.answerer import Extractive
from rag.threads import Threads
from rag.types import Answer
from rag.writing.answer import Chat

GAO = "https://courier.example/gao-flood"
MOPTI = "article-1.json#1"
TICKET = "What does a ticket to Bamako cost?"

SET = f"""\
questions:
  - id: flooded
    ask: {FLOODED}
    expect: On Monday
    cites: gao-flood
    tags: gao
  - id: goods
    ask: {GOODS}
    expect: school of Gao
    cites: gao-flood
    tags: [gao, places]
  - id: bridged
    ask: {BRIDGED}
    expect: Sira Traoré
    cites: article-1
  - id: unknown
    ask: {UNKNOWN}
    refuse: true
  - id: ticket
    ask: {TICKET}
    refuse: true
"""
"""A set that holds."""


def question(name, ask=None, **told):
    """A question of a set, its articles by their whole ids."""
    asked = {"ask": ask} if isinstance(ask, str) else {"conversation": ask}
    return CannedQuestion.model_validate({"id": name} | asked | told)


QUESTIONS = (
    question("flooded", FLOODED, expect="On Monday", cites=GAO),
    question("goods", GOODS, expect="school of Gao", cites=GAO),
    question("bridged", BRIDGED, expect="Sira Traoré", cites=MOPTI),
    question("unknown", UNKNOWN, refuse=True),
    question("ticket", TICKET, refuse=True),
)
"""The same as `SET`."""


def written(corpus: Path, *articles: dict) -> Path:
    """The folder of the articles, by default of both."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, article in enumerate(articles or (MARKET, BRIDGE)):
        path = corpus / f"article-{number}.json"
        path.write_text(json.dumps(article, ensure_ascii=False), encoding="utf-8")
    return corpus


# Parts that are asked


@dataclass
class NoReplies:
    """Takes every message for a question to the articles."""

    search: Callable

    @property
    def followups(self):
        return self

    def aside(self, typed):
        return None

    def ways(self, asked, history):
        return [asked.text]


@dataclass
class Desk:
    """Asks as a library does, but for what is put in its place; remembers what it was asked."""

    library: Library
    search: Callable | None = None
    answerer: object = None
    chat: Chat | None = None
    asked: list = field(default_factory=list)

    def found(self, question, k):
        return Query(question, {}), self.library.search(question.text, k)

    async def ask(self, question, *, history=(), keep=True) -> Answer:
        self.asked.append((question, tuple(turn.question for turn in history), keep))
        threads = Threads(1)
        asker = Asker(
            self.answerer or Extractive(WordReader()),
            replier=lambda: NoReplies(self.search or self.found),
            chat=self.chat,
            copies=lambda _: (),
            languages=lambda: ("en",),
            threads=threads,
        )
        try:
            return [event async for event in asker.stream(question, history)][-1]
        finally:
            await asyncio.to_thread(threads.close)


# The command


@dataclass(frozen=True)
class SmallHouse:
    """Opens small libraries. `model` is what answers where the settings name no server."""

    settings: Settings
    tape: Tape | None = None
    reader: object = field(default_factory=WordReader)
    model: object = None

    def chat_model(self):
        return self.model or Assembly(self.settings, self.tape).chat_model()

    def library(self):
        model, embedder = self.chat_model(), FakeEmbedder()
        today = self.tape.today if self.tape else date.today
        chat = (
            Chat(model=model, verifier=FakeVerifier(), embedder=embedder, today=today)
            if model
            else None
        )
        return Library.open(
            self.settings.home,
            corpus=self.settings.corpus,
            embedder=embedder,
            answerer=Extractive(self.reader),
            chat=chat,
            today=today,
        )

    def over(self, corpus, *, home, tape=None):
        told = {"corpus": corpus, "home": home, **(tape.settings if tape else {})}
        return replace(self, settings=self.settings.model_copy(update=told), tape=tape)


@dataclass
class Newsroom:
    """A folder with a corpus, in which commands are run; what they say is captured."""

    folder: Path
    captured: Callable
    reader: object = field(default_factory=WordReader)
    model: object = None
    settings: dict = field(default_factory=dict)

    @property
    def corpus(self):
        return self.folder / "corpus"

    @property
    def set(self):
        return self.corpus / "questions.yaml"

    def write(self, text, name="questions.yaml"):
        path = self.corpus / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words):
        """Run a command and give its status, output and remarks."""
        house = SmallHouse(
            Settings(
                _env_file=None, home=self.folder / "home", corpus=self.corpus, **self.settings
            ),
            reader=self.reader,
            model=self.model,
        )
        status = main([*map(str, words)], assemble=lambda: house)
        return status, *self.captured()

    def check(self, *words):
        return self.run("check", *words)

    def checked(self, *words):
        """Run `griot check --json`, and give its status and what it says."""
        status, out, _ = self.check("--json", *words)
        return status, json.loads(out)


class Broken(GriotError):
    """A part raises this on purpose."""
