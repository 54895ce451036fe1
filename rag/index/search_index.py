"""Keeps the search stores in step with the catalog: embeds passages, and works off the outbox."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from rag.errors import IndexDamaged, IndexMismatch
from rag.index.progress import EMBEDDING, WRITING, Work
from rag.index.stores import Catalog, LexicalStore, SearchStores, StoredPassage, VectorStore
from rag.models.embedder import Embedder
from rag.reasons import Reason
from rag.text import passages
from rag.text.tables import readable
from rag.types import Article, Span

HEAD_TOKENS = 48
"""Of a title, of which no more is embedded with a passage."""

_EMBEDDED = 64
"""Passages embedded between two commits: about a second's work."""

_BATCH = 2048
_EMBEDDER = "embedder"


class SearchIndex:
    """The search stores of a catalog, made with one embedding model.

    Safe to share between threads for searching. Whoever brings it up to date holds the catalog's
    lock. Raises `StorageError` and `EmbeddingError`.
    """

    def __init__(self, catalog: Catalog, stores: SearchStores, embedder: Embedder) -> None:
        self.stores = stores
        self._catalog = catalog
        self._embedder = embedder

    def open(self) -> tuple[LexicalStore, VectorStore]:
        """Return both stores, to be searched with the embedding model in use.

        Raises:
            IndexMismatch: the vectors come from another model.
            IndexDamaged: there are passages, and no stores that can be read.
        """
        self.check_embedder()
        return self.stores.open()

    def made_by(self) -> str | None:
        """Return the name of the embedding model of the vectors, None without any."""
        return self._catalog.get(_EMBEDDER)

    def check_embedder(self) -> None:
        """Check that the vectors come from the embedding model in use.

        Raises:
            IndexMismatch: the vectors come from another model.
        """
        made_by, used = self.made_by(), self._embedder.name
        if made_by not in {None, used}:
            raise IndexMismatch(Reason.OTHER_EMBEDDER(made_by=made_by, used=used))

    def in_step(self) -> bool:
        """Whether the stores hold as many passages as the catalog, and nothing waits."""
        _, passages, waiting = self._catalog.counts()
        return not waiting and (not passages or self._held() == (passages, passages))

    def sync(self, work: Work) -> None:
        """Bring the stores into step with the catalog; make them anew where they cannot be read.

        A kill costs the embedding of the last few passages, and the writing of the stores.
        """
        self.check_embedder()
        if self.made_by() is None:
            self._catalog.put(_EMBEDDER, self._embedder.name)
        self._embed_all(work)
        _, passages, waiting = self._catalog.counts()
        if 0 < 2 * waiting <= passages and self._held() is not None:
            with suppress(IndexDamaged):
                self._write(work, anew=False)
        if not self.in_step():
            self._write(work, anew=True)

    def rebuild(self, work: Work) -> None:
        """Make the stores anew from the catalog; embed anew if the embedding model is another."""
        with self._catalog.transaction():
            if self.made_by() != self._embedder.name:
                self._catalog.drop_vectors()
                self.stores.withdraw()
            self._catalog.put(_EMBEDDER, self._embedder.name)
        self._embed_all(work)
        self._write(work, anew=True)

    def _held(self) -> tuple[int, int] | None:
        """Count what both stores hold; None where they cannot be read."""
        try:
            lexical, vectors = self.stores.open()
            return lexical.count(), vectors.count()
        except IndexDamaged:
            return None

    def _embed_all(self, work: Work) -> None:
        """Embed every passage that has no vectors, a batch at a time."""
        total, articles = self._catalog.unembedded_counts()
        done = 0
        while batch := self._catalog.unembedded(_EMBEDDED):
            work.at(EMBEDDING, done, total, articles=articles)
            self._embed(batch)
            done += len(batch)
        if total:
            work.at(EMBEDDING, total, total, articles=articles)

    def _embed(self, batch: Sequence[StoredPassage]) -> None:
        from rag.index.vectors import pack

        articles = self._catalog.articles_with(batch)
        found = self._embedder.passages(
            [headed(articles[stored.passage.article_id], stored) for stored in batch]
        )
        self._catalog.put_vectors(
            (stored.id, pack(vectors.passage, vectors.sentences))
            for stored, vectors in zip(batch, found, strict=True)
        )

    def _write(self, work: Work, *, anew: bool) -> None:
        """Write what the stores lack, or everything `anew`."""
        add, gone = (self._catalog.passage_ids(), ()) if anew else self._catalog.outbox()
        with self.stores.change(anew=anew) as (lexical, vectors):
            for batch in _batches(gone):
                lexical.apply({}, batch)
                vectors.apply({}, batch)
            for done, batch in enumerate(_batches(add)):
                work.at(WRITING, done * _BATCH, len(add))
                self._add(batch, lexical, vectors)
            work.at(WRITING, len(add), len(add))

    def _add(self, batch: Sequence[int], lexical: LexicalStore, vectors: VectorStore) -> None:
        from rag.index.vectors import unpack

        held = self._catalog.passages(batch).values()
        articles = self._catalog.articles_with(held)
        texts, found = {}, {}
        for stored in held:
            article = articles[stored.passage.article_id]
            texts[stored.id] = (article.title, stored.passage.text_in(article))
            if stored.vectors is not None:
                found[stored.id] = unpack(stored.vectors, 1 + len(stored.sentences))[0]
        lexical.apply(texts, ())
        vectors.apply(found, ())


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def headed(article: Article, stored: StoredPassage) -> tuple[str, list[Span]]:
    """Return what is embedded of a passage, and where its sentences stand in that.

    The beginning of the title and the date come first. Both title and text are condensed, and rows
    of tables stand with their headers.
    """
    date = f" ({article.published:%d %B %Y})" if article.published else ""
    title = passages.beginning(passages.condensed(article.title), HEAD_TOKENS)
    text = f"{title}{date}. "
    read = readable(article.text, stored.sentences)
    spans, last = [], 0
    for start, end in read.sentences:
        text += read.text[last:start]
        sentence = passages.condensed(read.text[start:end])
        spans.append(Span(len(text), len(text) + len(sentence)))
        text, last = text + sentence, end
    return text, spans
