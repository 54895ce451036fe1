"""A library written by hand: it answers what it is told to, and remembers what it was asked."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from bot.settings import Settings
from fake_chat import FakeChat
from fake_judge import FakeJudge
from fake_reader import FakeReader
from fake_verifier import FakeVerifier
from fake_web import FakeWeb
from rag.errors import ArticleNotFound
from rag.index.answers import Version, as_kept
from rag.index.ingest import IngestReport
from rag.reasons import Reason
from rag.text.passages import around
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Evidence,
    Outcome,
    Passage,
)

GOITA = Article(
    id="goita.txt",
    url=None,
    title="Goïta in Moscow",
    outlet=None,
    published=None,
    text="He landed in Moscow.\nGeneral Sadio Camara accompanied Goïta. They met Putin.\nThe end.",
    content_hash="1",
)
CORPS = Article(
    id="https://news.example/corps",
    url="https://news.example/corps",
    title="Africa Corps",
    outlet="Sahel Post",
    published=date(2025, 6, 24),
    text="Wagner has left Mali. Africa Corps stays.",
    content_hash="2",
)


def cited(article: Article, quote: str) -> Citation:
    start = article.text.index(quote)
    return Citation(article, start, start + len(quote), quote)


COPIES = tuple(
    replace(CORPS, id=url, url=url, outlet=outlet)
    for outlet in ("Gao Times", "Kayes News", "Mopti Post", "Segou Echo")
    for url in [f"https://{outlet.partition(' ')[0].lower()}.example/corps"]
)

CAMARA = cited(GOITA, "General Sadio Camara accompanied Goïta.")
WAGNER = cited(CORPS, "Wagner has left Mali.")

ANSWER = Answer(
    question="who accompanied Goïta?",
    standalone_question="who accompanied Goïta?",
    outcome=Outcome.ANSWERED,
    claims=(
        Claim(text=CAMARA.quote, citations=(CAMARA,), support=0.9),
        Claim(text="Wagner has left.", citations=(WAGNER, CAMARA), support=0.5),
    ),
    disagreements=(
        Disagreement(topic="Wagner", citations=(CAMARA, WAGNER), kind=Conflict.CONTRADICTORY),
    ),
    confidence=0.87,
    timings={"search": 12.0},
)
CLOSEST = Evidence(
    passage=Passage(CORPS.id, 22, 41),
    article=CORPS,
    score=0.25,
    lexical=0.5,
    similarity=0.125,
    coverage=0.75,
    sentences=(),
    found_by=("lexical", "dense"),
)
REFUSAL = Answer(
    question="who won?",
    standalone_question="who won?",
    outcome=Outcome.NOT_IN_CORPUS,
    evidence=(CLOSEST,),
)

UNSURE = Answer(
    question="who left?",
    standalone_question="who left?",
    outcome=Outcome.UNSURE,
    closest=(WAGNER, CAMARA),
    confidence=0.25,
)

REPLY = Answer(
    question="what's new?",
    standalone_question="what's new?",
    outcome=Outcome.REPLY,
    said=(Reason.KNOWN_OF_DAY(n=1, first=Reason.DAY(day="2025-06-24")), Reason.LATEST()),
    listed=(CORPS,),
)


def kept(answer: Answer = ANSWER, **changes) -> Answer:
    """The answer as it is read back from the catalog."""
    told = {"id": "7k3fq2", "when": datetime(2025, 6, 25, 12, tzinfo=UTC)} | changes
    return as_kept(replace(answer, **told))


@dataclass(frozen=True)
class Status:
    articles: int
    passages: int = 5
    pending: int = 0
    embedder: str = "fake/1"
    size_bytes: int = 1_200_000


@dataclass
class FakeLibrary:
    """Returns the answers in turn. An exception among them is raised, as those of `failing` are."""

    answers: list[Answer | BaseException] = field(default_factory=lambda: [ANSWER])
    report: IngestReport = field(default_factory=lambda: IngestReport(unchanged=2))
    failing: dict[str, BaseException] = field(default_factory=dict)
    stored: tuple[Article, ...] = (GOITA, CORPS)
    pending: int = 0
    calls: list[object] = field(default_factory=list)
    corpus: Path = Path("corpus")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.calls.append("close")

    def called(self, name, *what):
        self.calls.append((name, *what) if what else name)
        if name in self.failing:
            raise self.failing[name]

    def refresh(self, *, progress=None):
        self.called("refresh")
        return self.report

    def ingest(self, paths, *, under=None, content=None, progress=None):
        self.called("ingest", *paths)
        return self.report

    def rebuild(self, *, progress=None):
        self.called("rebuild")

    def verify(self):
        self.called("verify")

    def search(self, question, k=8):
        self.called("search", question, k)
        return (CLOSEST,)

    async def stream(self, question, *, history=()):
        self.called("stream", question, *history)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        yield answer

    def last_answers(self, limit):
        self.called("last_answers", limit)
        return tuple(kept(answer) for answer in self.answers)

    def trace(self, name):
        self.called("trace", name)
        return kept(id=name), dict.fromkeys(kept().articles, Version.CURRENT)

    def article(self, name):
        self.called("article", name)
        for article in self.stored:
            if name in article.id:
                return article
        raise ArticleNotFound(f"no article is called {name}")

    def articles(self):
        return self.stored

    def rate(self, answer_id, who, *, good):
        self.called("rate", answer_id, who, good)

    def around(self, citation, reach=0):
        self.called("around", citation, reach)
        quoted = citation.article
        for article in self.stored:
            if (article.id, article.content_hash) == (quoted.id, quoted.content_hash):
                return around(article.text, citation.start, citation.end, reach)
        return None

    def status(self):
        self.called("status")
        return Status(articles=len(self.stored), pending=self.pending)


class FakeEmbedder:
    name = "fake/1"
    dimensions = 4

    def texts(self, texts):
        return np.zeros((len(texts), 4), dtype=np.float32)


@dataclass
class FakeAssembly:
    """Hands out one library, over the settings of an empty environment and a home of its own."""

    home: Path
    handed: FakeLibrary = field(default_factory=FakeLibrary)
    corpus: Path = Path("corpus")
    model: FakeChat | None = None
    support: FakeVerifier | None = None
    web: FakeWeb = field(default_factory=FakeWeb)

    @property
    def get(self):
        return self.web.get

    @property
    def settings(self):
        return Settings(
            home=self.home,
            corpus=self.corpus,
            llm_url="http://localhost:11434/v1" if self.model else None,
            verify_url="http://localhost:11434/v1" if self.support else None,
            telegram_token=None,
        )

    def embedder(self):
        return FakeEmbedder()

    def reader(self):
        return FakeReader()

    def chat_model(self):
        return self.model

    def verifier(self):
        return self.support

    def judge(self):
        return FakeJudge()

    def library(self):
        self.handed.called("open")
        return self.handed
