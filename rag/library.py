"""The facade: a folder of articles that can be brought up to date, searched and asked."""

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from rag.asking import WIDE, Asker, reach
from rag.errors import ArticleNotFound, CorpusError, StorageError, StorageFull
from rag.index.answers import Disliked, Rating, Version, version_of
from rag.index.catalog import Catalog
from rag.index.engines import Engines
from rag.index.generations import Generations
from rag.index.ingest import Ingestion, IngestReport
from rag.index.progress import Progress
from rag.index.retrieve import Query, Retriever
from rag.index.search_index import SearchIndex
from rag.index.served import ServedStores
from rag.index.statistics import Statistics, tally
from rag.index.stores import ADDED, Extent, SearchStores
from rag.index.tables import FILE
from rag.languages import language_of
from rag.models.embedder import EmbeddedModel, Embedder
from rag.models.reader import EmbeddedReader
from rag.pages.formats import KINDS
from rag.reading.answerer import Answerer, Extractive
from rag.reasons import Reason, Remark
from rag.replying import Replier
from rag.text.passages import Around, around
from rag.threads import Threads
from rag.types import (
    PASSAGES,
    Answer,
    Article,
    Citation,
    Edition,
    Event,
    Evidence,
    Question,
    Skipped,
)
from rag.understanding.conversation import Turn
from rag.understanding.questions import understand
from rag.writing.answer import Chat

SAMPLED, BEGINNING = 20, 600
"""Articles, and characters of each, by which the languages of a corpus are told."""

COMMON = 0.2
"""A language is one of the corpus's where it has at least this share of the articles."""

COPIES = 50
"""How many articles of a cluster are looked at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The size of an index, and the embedding model that it was made with.

    `pending` passages are still on their way to the search stores.
    """

    articles: int
    passages: int
    pending: int
    embedder: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A file that was indexed, and the ids of all its articles; None for those that were added."""

    file: Path | None
    articles: tuple[str, ...]


class Library:
    """An index folder and the corpus folder that it follows. Safe to share between threads.

    ```python
    with Library.open(".griot", corpus="corpus") as library:
        library.refresh()
        answer = asyncio.run(library.ask("Who accompanied Goïta?"))
    ```
    """

    def __init__(  # noqa: PLR0913 - what a library is made of
        self,
        home: Path,
        corpus: Path,
        embedder: Embedder,
        answerer: Answerer,
        *,
        chat: Chat | None,
        today: Callable[[], date] = date.today,
        engines: Engines | None = None,
    ) -> None:
        self.home = home
        self.corpus = corpus
        self._embedder = embedder
        self._answerer = answerer
        self._chat = chat
        self._today = today
        self._engines = engines
        self._lock = threading.Lock()
        self._threads = Threads()
        self._made: _Parts | None = None

    @classmethod
    def open(  # noqa: PLR0913 - what a library is made of
        cls,
        home: Path | str,
        *,
        corpus: Path | str | None = None,
        embedder: Embedder | None = None,
        answerer: Answerer | None = None,
        chat: Chat | None = None,
        today: Callable[[], date] = date.today,
        engines: Engines | None = None,
    ) -> Self:
        """Open the library whose index is in `home`; nothing is read or made before it is needed.

        `corpus` is the folder beside `home` by default; the embedder and what answers are the
        embedded models. With `chat`, a chat model writes the answers, and they answer where it
        fails. `today` is the day that questions count from. With `engines`, the index is kept on
        servers, and `home` tells only what paths are seen from.
        """
        home = Path(home).absolute()
        return cls(
            home,
            Path(corpus).absolute() if corpus else home.parent / "corpus",
            embedder or EmbeddedModel(),
            answerer or Extractive(EmbeddedReader()),
            chat=chat,
            today=today,
            engines=engines,
        )

    # Articles in

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        under: Path | None = None,
        content: Path | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Index files and folders; forget what is gone from them.

        Where they lie `under` a folder, articles without an address have the ids that indexing all
        of that folder would give them. With `content`, that file is indexed as if it stood at the
        one path; once it is moved there, it counts as unchanged.

        Another thread may search and ask meanwhile, and finds what was indexed before. What
        `progress` raises stops the work: what is done is kept, and the next run goes on from there.

        Raises:
            CorpusError: a path neither exists nor is known.
            StorageError: the index cannot be written (locked, damaged, another model, no room).
            EmbeddingError: the embedding model fails.
        """
        wanted = [Path(path) for path in paths]
        return self._parts.ingestion.run(wanted, progress or _silent, under=under, content=content)

    def refresh(self, *, progress: Progress | None = None) -> IngestReport:
        """Bring the index up to date with the corpus folder; a stat per file if nothing changed.

        Where there is no such folder, the articles stay, and the report says so each time if they
        come from files.

        Raises:
            CorpusError: there is no article at all, neither in the folder nor in the index.
        """
        if not self.corpus.is_dir():
            known = self._engines or self.home.is_dir()
            held = self._parts.catalog.article_counts() if known else {}
            if not held:
                raise CorpusError(Reason.NO_CORPUS(corpus=str(self.corpus), kinds=KINDS))
            gone = Skipped(self.corpus.name, Reason.CORPUS_GONE(corpus=str(self.corpus)))
            skipped = () if held.keys() == {ADDED} else (gone,)
            return IngestReport(unchanged=sum(held.values()), skipped=skipped)
        report = self.ingest([self.corpus], progress=progress)
        if not self._parts.catalog.counts()[0]:
            raise CorpusError(_nothing_in(self.corpus, report))
        return report

    def add(
        self, articles: Iterable[Article | Skipped], *, progress: Progress | None = None
    ) -> IngestReport:
        """Index articles from anywhere; they stay until they are removed.

        An article replaces the one that has its id; a file that holds that one is skipped as a
        copy from then on. Equal hashes mean equal articles, so that nothing is written. What was
        skipped in making the articles is reported with them.

        Raises `StorageError` and `EmbeddingError`, as `ingest` does.
        """
        return self._parts.ingestion.add(articles, progress or _silent)

    def remove(self, ids: Iterable[str], *, progress: Progress | None = None) -> IngestReport:
        """Forget articles that were added; a file's copy of one comes back with the next refresh.

        Raises:
            ArticleNotFound: one of them was not added; then none is removed.
        """
        return self._parts.ingestion.remove(ids, progress or _silent)

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Make the search stores anew from the catalog, embedding anew only for another model."""
        self._parts.ingestion.rebuild(progress or _silent)

    def verify(self) -> None:
        """Compare every file of the search index of words with what was written.

        Raises:
            IndexDamaged: a file is gone, or is not as it was written.
        """
        self._parts.index.stores.verify()

    # Questions

    @property
    def is_searchable(self) -> bool:
        """Whether there is an index to search, up to date or not."""
        return self._parts.index.stores.published

    def search(self, question: str, k: int = PASSAGES) -> tuple[Evidence, ...]:
        """Return the k best passages for a question, best first.

        Raises:
            IndexMismatch: the index was made with another embedding model.
            EmbeddingError: the question cannot be embedded.
        """
        return self._searched(understand(question, today=self._today()), k)[1]

    async def ask(
        self, question: str, *, history: Sequence[Turn] = (), keep: bool = True
    ) -> Answer:
        """Answer a question from the articles, or refuse where they do not answer it.

        Without `keep` the answer is not recorded and has no id. Raises as `search` does.
        """
        if keep:
            return await _last(self.stream(question, history=history))
        return await _last(self._asker(self._chat).stream(question, history))

    async def glance(self, question: str) -> Answer:
        """Return the embedded reader's answer, without keeping it.

        Raises as `search` does.
        """
        return await _last(self._asker(None).stream(question, ()))

    async def stream(
        self, question: str, *, history: Sequence[Turn] = ()
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of answering a question, the verified answer last.

        Text that a chat model writes comes as it is written; the answer replaces it. The answer is
        kept in the catalog before it is given.
        """
        async with aclosing(self._asker(self._chat).stream(question, history)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    yield await asyncio.to_thread(self._kept, event)
                else:
                    yield event

    # What is new

    def last_found(self) -> int:
        """Return the number of the last passage that a search finds, 0 without any."""
        return self._parts.catalog.last_found()

    def arrivals(self, after: int) -> tuple[tuple[str, ...], int]:
        """Return the ids of the articles that came after a number, and the next call's number.

        The first number is one of `last_found`. An article whose text is updated comes again; one
        that only loses lines that others turn out to share does not.
        """
        return self._parts.catalog.arrivals(after)

    def concerns(self, question: str, articles: Collection[str]) -> bool:
        """Return whether any of these articles, or its story, is read to answer a question.

        This costs a search, and nothing is read. Raises as `search` does.
        """
        asked = understand(question, today=self._today())
        questions = (*(asked.parts or (asked,)), *(about for _, about in asked.alternatives))
        stories = {*self._parts.catalog.clusters(articles).values(), *articles}
        languages = self._languages()
        return any(
            {found.article.id, found.cluster} & stories
            for each in questions
            for found in self._searched(each, WIDE if each.ordering else reach(each, languages))[1]
        )

    def stories(
        self, article_ids: Iterable[str], *, after: int = 0
    ) -> tuple[tuple[Article, ...], ...]:
        """Return these articles by their clusters, the largest first; in each, the newest first.

        Articles that are gone are left out, and clusters that had an article up to the number
        `after`, of `arrivals`.
        """
        catalog = self._parts.catalog
        found = [each for each in map(catalog.article, article_ids) if each is not None]
        clusters = catalog.clusters(each.id for each in found)
        known = catalog.known_clusters({*clusters.values()}, after)
        stories: dict[int | str, list[Article]] = {}
        for article in sorted(found, key=lambda each: str(each.published or ""), reverse=True):
            story = clusters.get(article.id, article.id)
            if story not in known:
                stories.setdefault(story, []).append(article)
        return tuple(map(tuple, sorted(stories.values(), key=len, reverse=True)))

    # What is there

    def article(self, name: str) -> Article:
        """Return an article by its id, or by a part of it that no other id has.

        Raises:
            ArticleNotFound: no article, or more than one, has it.
        """
        exact = self._parts.catalog.article(name)
        if exact is not None:
            return exact
        matching = [
            article_id
            for article_id in self._parts.catalog.article_ids()
            if name.casefold() in article_id.casefold()
        ]
        if len(matching) != 1:
            raise ArticleNotFound(_not_one(name, matching))
        found = self._parts.catalog.article(matching[0])
        assert found is not None
        return found

    def origin(self, article_id: str) -> Origin:
        """Return what an article comes from, by its exact id.

        Raises:
            ArticleNotFound: there is no such article.
        """
        catalog = self._parts.catalog
        known = catalog.identity(article_id)
        if known is None:
            raise ArticleNotFound(_not_one(article_id, ()))
        file = None if known.source == ADDED else self._parts.ingestion.path(known.source)
        return Origin(file, catalog.articles_of(known.source))

    def articles(self) -> tuple[Article, ...]:
        """Return all articles, by id."""
        ids = self._parts.catalog.article_ids()
        found = map(self._parts.catalog.article, ids)
        return tuple(article for article in found if article is not None)

    def article_ids(self) -> tuple[str, ...]:
        """Return every article's id, in order."""
        return self._parts.catalog.article_ids()

    def fingerprint(self) -> str:
        """Return a hash of all ids and contents; it is equal where no article has changed."""
        identities = sorted(self._parts.catalog.identities().items())
        said = "".join(f"{name}\n{identity.content_hash}\n" for name, identity in identities)
        return hashlib.sha256(said.encode()).hexdigest()

    def newest(self, limit: int) -> tuple[Edition, ...]:
        """Return the articles with the latest dates, without their texts; undated ones last."""
        return self._parts.catalog.newest(limit)

    def extent(self) -> Extent:
        """Return the number of articles, and their first and last dates."""
        return self._parts.catalog.extent()

    def last_answers(self, limit: int) -> tuple[Answer, ...]:
        """Return the last answers, newest first."""
        return self._parts.catalog.last_answers(limit)

    def trace(self, name: str) -> tuple[Answer, dict[Edition, Version]]:
        """Return a past answer by its id, or the beginning of it, and the state of its articles.

        Raises:
            AnswerNotFound: no answer, or more than one, has it.
        """
        kept = self._parts.catalog.answer(name)
        return kept, {article: self._version(article) for article in kept.articles}

    def rate(self, answer_id: str, who: str, *, good: bool) -> None:
        """Keep somebody's rating of an answer, which replaces their earlier one.

        Raises:
            AnswerNotFound: there is no answer with exactly that id.
        """
        self._parts.catalog.put_rating(Rating(answer_id, who, good, datetime.now(UTC)))

    def rating(self, answer_id: str, who: str) -> bool | None:
        """Return True if somebody rated an answer good, False if bad, None if they did not."""
        return self._parts.catalog.rating(answer_id, who)

    def ratings(self) -> tuple[Rating, ...]:
        """Return the ratings of answers, newest first."""
        return self._parts.catalog.ratings()

    def disliked(self, since: datetime | None = None) -> tuple[Disliked, ...]:
        """Return the answers that somebody rated bad from that time on, the latest first."""
        return self._parts.catalog.disliked(since)

    def forget_answers(self, before: datetime) -> None:
        """Delete the answers from before a time, with their ratings, and texts only they quote."""
        self._parts.catalog.forget_answers(before)
        self._parts.catalog.forget_texts(before)

    def statistics(self) -> Statistics:
        """Count what was asked and how it was answered, and rated.

        Raises:
            IndexMismatch: a newer Griot kept an answer.
        """
        catalog = self._parts.catalog
        return tally(catalog.answers(), catalog.ratings())

    def around(self, citation: Citation, reach: int = 0) -> Around | None:
        """Return the text around a quote, as `rag.text.passages.around` does.

        Of an article that has changed since it was quoted, that is its earlier text; None where
        that did not stay, or the article is gone.
        """
        text = self._parts.catalog.text_of(citation.article)
        return None if text is None else around(text, citation.start, citation.end, reach)

    def status(self) -> Status:
        """Count what the index holds."""
        articles, passages, pending = self._parts.catalog.counts()
        return Status(
            articles=articles,
            passages=passages,
            pending=pending,
            embedder=self._parts.index.made_by() or self._embedder.name,
            size_bytes=_size(self.home) + self._parts.catalog.size(),
        )

    def close(self) -> None:
        """Release the index folder. Closing twice does no harm."""
        self._threads.close()
        with self._lock:
            if self._made is not None:
                self._made.index.stores.close()
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

    def _searched(self, question: Question, k: int) -> tuple[Query, tuple[Evidence, ...]]:
        return self._parts.retriever.search(question, k)

    def _asker(self, chat: Chat | None) -> Asker:
        return Asker(
            self._answerer,
            replier=lambda: self._parts.replier,
            chat=chat,
            copies=self._copies,
            languages=self._languages,
            today=self._today,
            threads=self._threads,
        )

    def _copies(self, article_id: str) -> tuple[Article, ...]:
        """Return the other articles of an article's cluster, the newest first, at most `COPIES`."""
        members = self._parts.catalog.members(article_id, COPIES + 1)
        return tuple(each for each in members if each.id != article_id)[:COPIES]

    def _languages(self) -> tuple[str, ...]:
        """Return the codes of the articles' languages, the most common first."""
        beginnings = self._parts.catalog.beginnings(SAMPLED, BEGINNING)
        counts = Counter(language_of(text).code for text in beginnings)
        least = COMMON * counts.total()
        return tuple(code for code, count in counts.most_common() if count >= least)

    def _kept(self, answer: Answer) -> Answer:
        """Keep an answer; return it with its id, or with a remark that says why it is not kept."""
        quoted = {citation.article for citation in answer.citations}
        try:
            with self._parts.catalog.transaction():
                self._parts.catalog.put_quoted(quoted)
                return self._parts.catalog.put_answer(answer)
        except StorageError as error:
            return replace(answer, remarks=(*answer.remarks, Reason.NOT_KEPT(error=error.remark)))

    def _version(self, edition: Edition) -> Version:
        known = self._parts.catalog.identity(edition.id)
        return version_of(edition, None if known is None else known.content_hash)

    @property
    def _parts(self) -> "_Parts":
        with self._lock:
            if self._made is None:
                self._make_home()
                self._made = _parts(self.home, self._embedder, self._engines)
            return self._made

    def _make_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            ignore = self.home / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            said = error.strerror or type(error).__name__
            raise StorageFull(Reason.UNWRITABLE(home=str(self.home), error=said)) from error


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts that share one index folder."""

    catalog: Catalog
    index: SearchIndex
    ingestion: Ingestion
    retriever: Retriever
    replier: Replier


def _parts(home: Path, embedder: Embedder, engines: Engines | None) -> _Parts:
    catalog = Catalog(engines.database if engines else home / FILE)
    stores: SearchStores = ServedStores(catalog, engines) if engines else Generations(home, catalog)
    index = SearchIndex(catalog, stores, embedder)
    retriever = Retriever(catalog, index, embedder)
    return _Parts(
        catalog=catalog,
        index=index,
        ingestion=Ingestion(home, catalog, index),
        retriever=retriever,
        replier=Replier(catalog, retriever.search, embedder),
    )


async def _last(events: AsyncGenerator[Event, None]) -> Answer:
    """Wait for the answer that a stream ends with."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Answer):
                return event
    raise AssertionError("a stream ends with its answer")


def _size(folder: Path) -> int:
    """Add up the files of a folder; one that another process deletes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _silent(done: int, total: int, what: str) -> None:
    """Show nothing."""


def _nothing_in(corpus: Path, report: IngestReport) -> Remark:
    if not report.skipped:
        return Reason.NO_ARTICLES(corpus=str(corpus), kinds=KINDS)
    first, more = report.skipped[0], len(report.skipped) - 1
    said = Reason.NOTHING_READ(corpus=str(corpus), location=first.location, reason=first.reason)
    return Reason.AND_MORE(reason=said, n=more) if more else said


def _not_one(name: str, matching: Sequence[str]) -> Remark:
    if not matching:
        return Reason.NO_ARTICLE(name=name)
    listed = ", ".join(matching[:5]) + (", …" if len(matching) > 5 else "")  # noqa: PLR2004
    return Reason.SEVERAL_ARTICLES(n=len(matching), name=name, ids=listed)
