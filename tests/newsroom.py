"""Two articles, a reader and a chat model written by hand, and indexes over them."""

import asyncio
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from fake_embedder import FakeEmbedder
from fake_reader import FakeReader
from fake_verifier import FakeVerifier
from rag.library import Library
from rag.reading.answerer import Extractive
from rag.writing.answer import Chat

MARKET = {
    "title": "Flood in Gao",
    "url": "https://courier.example/gao-flood",
    "outlet": "Niger Courier",
    "published": "2025-06-02",
    "text": (
        "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said.\n"
        "\n"
        "Traders moved their goods to the school of Gao, and nobody was hurt in the town.\n"
        "\n"
        "Issa Keita, who sells millet, expects to open his stall again in July."
    ),
}
BRIDGE = {
    "title": "A bridge for Mopti",
    "published": "2025-06-20",
    "text": (
        "Mopti opened its new bridge on Friday, and Governor Sira Traore crossed it first.\n"
        "\n"
        "The bridge took four years to build and carries two lanes of road."
    ),
}
READ = {
    "flooded": "on Monday",
    "goods": "the school of Gao",
    "stall": "in July",
    "bridge": "Governor Sira Traore",
    "years": "four years",
    "Aminata": "Mayor Aminata Diallo",
    "Sira": "Governor Sira Traore",
}
"""What the reader finds for a question with a word."""

FLOODED = "What was flooded in Gao?"
GOODS = "Where did traders move goods?"
BRIDGED = "Who crossed the bridge?"
UNKNOWN = "Who won the World Cup?"


class WordReader:
    """Finds what a question with a word asks for, and nothing for any other question."""

    def load(self):
        pass

    def read(self, question, passages, *, several=False):
        found = [said for word, said in READ.items() if word in question]
        return FakeReader(*found[:1]).read(question, passages)


@dataclass
class SlowChat:
    """A chat model that writes a text in pieces, each when it is let; it takes one at a time.

    `open` counts the answers that are being written, `asked` the requests so far.
    """

    text: str = ""
    pieces: int = 4
    go: int = 0
    open: int = 0
    asked: list[str] = field(default_factory=list)
    name: str = "scripted"

    async def stream(self, messages, *, max_tokens):
        self.asked.append(messages[-1].content)
        said = self.text(messages[-1].content) if callable(self.text) else self.text
        size = -(-len(said) // self.pieces)
        self.open += 1
        try:
            for number, start in enumerate(range(0, len(said), size)):
                while number >= self.go:  # noqa: ASYNC110 - another thread lets it go on
                    await asyncio.sleep(0.01)
                yield said[start : start + size]
        finally:
            self.open -= 1

    async def models(self):
        return (self.name,)

    async def close(self):
        pass


def indexed(home: Path, *articles: dict) -> Path:
    """An index over articles, beside their folder."""
    corpus = home.parent / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, article in enumerate(articles):
        record = corpus / f"article-{number}.json"
        record.write_text(json.dumps(article, ensure_ascii=False), encoding="utf-8")
    with opened(home) as library:
        library.refresh()
    return home


def copied(home: Path, folder: Path) -> Path:
    """The same index and articles elsewhere, for a bot of its own."""
    shutil.copytree(home.parent, folder / "copy")
    return folder / "copy" / home.name


def opened(home: Path, model=None, *, reader=None) -> Library:
    """The library of a home, with a chat model if one is given."""
    embedder = FakeEmbedder()
    chat = Chat(model=model, verifier=FakeVerifier(), embedder=embedder) if model else None
    return Library.open(
        home,
        corpus=home.parent / "corpus",
        embedder=embedder,
        answerer=Extractive(reader or WordReader()),
        chat=chat,
    )
