"""The facade: a folder of articles that can be brought up to date, searched and asked."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from rag import disagree
from rag.answer import ANSWERABLE, Answerer, Extractive
from rag.catalog import Catalog
from rag.conversation import Turn, asked, parts, standalone
from rag.derived import Derived, Progress
from rag.embed import EmbeddedModel, Embedder
from rag.errors import ArticleNotFound, CorpusError, StorageFull
from rag.ingest import Ingestion, IngestReport
from rag.reader import EmbeddedReader
from rag.retrieve import Query, Retriever
from rag.types import Answer, Article, Event, Evidence, Outcome, Reading, Searching
from rag.verify import verify

PASSAGES = 8
CLOSEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What an index holds, and the embedding model that it was made with.

    `pending` passages are still on their way to the derived stores.
    """

    articles: int
    passages: int
    pending: int
    embedder: str
    size_bytes: int


class Library:
    """An index folder and the corpus folder that it follows. Safe to share between threads.

    ```python
    with Library.open(".griot", corpus="corpus") as library:
        library.refresh()
        answer = asyncio.run(library.ask("Who accompanied Goïta?"))
    ```
    """

    def __init__(self, home: Path, corpus: Path, embedder: Embedder, answerer: Answerer) -> None:
        self.home = home
        self.corpus = corpus
        self._embedder = embedder
        self._answerer = answerer
        self._lock = threading.Lock()
        self._made: _Parts | None = None

    @classmethod
    def open(
        cls,
        home: Path | str,
        *,
        corpus: Path | str | None = None,
        embedder: Embedder | None = None,
        answerer: Answerer | None = None,
    ) -> Self:
        """Open the library whose index is in `home`; nothing is read or made before it is needed.

        `corpus` is the folder beside `home` by default; the embedder is the embedded model.
        """
        home = Path(home).absolute()
        return cls(
            home,
            Path(corpus).absolute() if corpus else home.parent / "corpus",
            embedder or EmbeddedModel(),
            answerer or Extractive(EmbeddedReader()),
        )

    # Articles in

    def ingest(
        self, paths: Sequence[Path | str], *, progress: Progress | None = None
    ) -> IngestReport:
        """Index files and folders; forget what is gone from them.

        Raises:
            CorpusError: a path neither exists nor is known.
            StorageError: the index cannot be written (locked, damaged, another model, no room).
            EmbeddingError: the embedding model fails.
        """
        return self._parts.ingestion.run([Path(path) for path in paths], progress or _silent)

    def refresh(self, *, progress: Progress | None = None) -> IngestReport:
        """Bring the index up to date with the corpus folder; a stat per file if nothing changed.

        Raises:
            CorpusError: there is no article at all, neither in the folder nor in the index.
        """
        if not self.corpus.is_dir():
            if not self.home.is_dir() or not self._parts.catalog.counts()[0]:
                raise CorpusError(
                    f"there is no folder {self.corpus}; make it and put articles in it "
                    "(.txt, .md, .html, .json), or set GRIOT_CORPUS to the folder that has them"
                )
            return IngestReport(unchanged=self._parts.catalog.counts()[0])
        report = self.ingest([self.corpus], progress=progress)
        if not self._parts.catalog.counts()[0]:
            raise CorpusError(_nothing_in(self.corpus, report))
        return report

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Make the derived stores anew from the catalog, embedding anew only for another model."""
        self._parts.ingestion.rebuild(progress or _silent)

    # Questions

    def search(self, question: str, k: int = PASSAGES) -> tuple[Evidence, ...]:
        """Give the k best passages for a question, best first.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question cannot be embedded.
        """
        return self._searched(question, k)[1]

    async def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question from the articles, or say that they do not answer it.

        Raises as `search` does.
        """
        async for event in self.stream(question, history=history):
            if isinstance(event, Answer):
                return event
        raise AssertionError("a stream ends with its answer")

    async def stream(self, question: str, *, history: Sequence[Turn] = ()) -> AsyncIterator[Event]:
        """Give what happens while a question is answered, and last the verified answer."""
        yield Searching()
        start = time.perf_counter()
        alone = standalone(question, history)
        searches = (asyncio.to_thread(self._searched, one, PASSAGES) for one in parts(alone))
        found, _ = await asyncio.gather(
            asyncio.gather(*searches), asyncio.to_thread(self._answerer.load)
        )
        searched = time.perf_counter()
        yield Reading(len({one.article.id for _, evidence in found for one in evidence}))
        answers = [
            await asyncio.to_thread(self._answer, query.text, evidence) for query, evidence in found
        ]
        done = time.perf_counter()
        timings = {
            "search": 1000 * (searched - start),
            "answer": 1000 * (done - searched),
            "total": 1000 * (done - start),
        }
        answer = _joined(answers)
        yield replace(answer, question=question, standalone_question=alone, timings=timings)

    # What is there

    def article(self, name: str) -> Article:
        """Give an article by its id, or by a part of it that no other id has.

        Raises:
            ArticleNotFound: no article, or more than one, has it.
        """
        exact = self._parts.catalog.article(name)
        if exact is not None:
            return exact
        matching = [
            one for one in self._parts.catalog.article_ids() if name.casefold() in one.casefold()
        ]
        if len(matching) != 1:
            raise ArticleNotFound(_not_one(name, matching))
        found = self._parts.catalog.article(matching[0])
        assert found is not None
        return found

    def articles(self) -> tuple[Article, ...]:
        """Give all articles, by id."""
        return tuple(self._parts.catalog.articles())

    def status(self) -> Status:
        """Count what the index holds."""
        articles, passages, pending = self._parts.catalog.counts()
        return Status(
            articles=articles,
            passages=passages,
            pending=pending,
            embedder=self._parts.derived.made_by() or self._embedder.name,
            size_bytes=_size(self.home),
        )

    def close(self) -> None:
        """Release the index folder. Closing twice does no harm."""
        with self._lock:
            if self._made is not None:
                self._made.derived.close()
                self._made.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # How it is put together

    def _searched(self, question: str, k: int) -> tuple[Query, tuple[Evidence, ...]]:
        return self._parts.retriever.search(question, k)

    def _answer(self, question: str, evidence: Sequence[Evidence]) -> Answer:
        """Draft, verify, decide. A refusal has no citation."""
        draft = self._answerer.draft(question, evidence)
        claims = verify(draft) if draft.confidence >= ANSWERABLE else ()
        return Answer(
            question=question,
            standalone_question=question,
            outcome=Outcome.ANSWERED if claims else Outcome.NOT_IN_CORPUS,
            claims=claims,
            closest=() if claims else tuple(evidence[:CLOSEST]),
            disagreements=disagree.disagreements(question, claims),
            confidence=draft.confidence,
            mode=self._answerer.mode,
        )

    @property
    def _parts(self) -> "_Parts":
        with self._lock:
            if self._made is None:
                self._make_home()
                self._made = _parts(self.home, self._embedder)
            return self._made

    def _make_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            ignore = self.home / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise StorageFull(
                f"cannot write to {self.home} ({error.strerror}); check its permissions and the "
                "disk, or set GRIOT_HOME to another folder"
            ) from error


@dataclass(frozen=True, slots=True)
class _Parts:
    """What works on one index folder."""

    catalog: Catalog
    derived: Derived
    ingestion: Ingestion
    retriever: Retriever


def _parts(home: Path, embedder: Embedder) -> _Parts:
    catalog = Catalog(home / "catalog.sqlite")
    derived = Derived(home, catalog, embedder)
    return _Parts(
        catalog, derived, Ingestion(home, catalog, derived), Retriever(catalog, derived, embedder)
    )


def _joined(answers: Sequence[Answer]) -> Answer:
    """Give the answer to a question from those to its parts; its confidence is in all of them."""
    if len(answers) == 1:
        return answers[0]
    given = [one for one in answers if one.claims]
    missing = [one for one in answers if not one.claims]
    if not given:
        return min(answers, key=lambda one: one.confidence)
    claims = {(claim.text, claim.citations): claim for one in given for claim in one.claims}
    return replace(
        given[0],
        outcome=Outcome.PARTLY_ANSWERED if missing else Outcome.ANSWERED,
        claims=tuple(claims.values()),
        unanswered=tuple(asked(one.question) for one in missing),
        disagreements=tuple(dict.fromkeys(d for one in given for d in one.disagreements)),
        confidence=min(one.confidence for one in answers),
    )


def _size(folder: Path) -> int:
    """Add up the files of a folder; one that another process deletes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def _nothing_in(corpus: Path, report: IngestReport) -> str:
    if report.skipped:
        first = report.skipped[0]
        return f"no article could be read from {corpus}: {first.location}: {first.reason}" + (
            f" (and {len(report.skipped) - 1} more)" if len(report.skipped) > 1 else ""
        )
    return f"{corpus} holds no article; put some in it (.txt, .md, .html, .json)"


def _not_one(name: str, matching: Sequence[str]) -> str:
    if not matching:
        return f"no article is called {name!r}; /sources or griot show lists them all"
    listed = ", ".join(matching[:5]) + (", …" if len(matching) > 5 else "")  # noqa: PLR2004
    return f"{len(matching)} articles match {name!r}: {listed}; give more of the id"
