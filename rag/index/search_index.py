"""Keeps the search stores in step with the catalog: embeds passages, applies the outbox."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from rag.errors import EngineGone, IndexDamaged, IndexMismatch
from rag.index.catalog import Catalog
from rag.index.progress import EMBEDDING, WRITING, Work
from rag.index.stores import LexicalStore, SearchStores, StoredPassage, VectorStore, batches
from rag.models.embedder import Embedder, PassageVectors
from rag.reasons import Reason
from rag.text import passages
from rag.text.tables import readable
from rag.types import Article, Span

HEAD_TOKENS = 48
"""Tokens of a title that are embedded with a passage, at most."""

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

    def is_empty(self) -> bool:
        """Whether there is nothing to search, as nothing was indexed yet."""
        return not self.stores.published and not self._catalog.counts()[1]

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
        """Whether the stores hold as many passages as the catalog, and the outbox is empty.

        A store that does not answer is taken to hold them.
        """
        _, passages, waiting = self._catalog.counts()
        with suppress(EngineGone):
            return not waiting and self._hold(passages)
        return True

    def sync(self, work: Work) -> None:
        """Bring the stores into step with the catalog; make them anew where they cannot be read.

        Killed, it loses the embeddings of the last few passages, and what it wrote to the stores.
        """
        self.check_embedder()
        if self.made_by() is None:
            self._catalog.put(_EMBEDDER, self._embedder.name)
        self._embed_all(work)
        _, passages, waiting = self._catalog.counts()
        if 0 < 2 * waiting <= passages and self._can_be_read():
            with suppress(IndexDamaged):
                self._write(work, anew=False)
                waiting = 0
        if waiting or not self._hold(passages):
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

    def _hold(self, passages: int) -> bool:
        """Whether both stores hold so many passages; for none, they need not exist."""
        return not passages or self._held() == (passages, passages)

    def _held(self) -> tuple[int, int] | None:
        """Count what both stores hold; None where they cannot be read."""
        try:
            lexical, vectors = self.stores.open()
            return lexical.count(), vectors.count()
        except IndexDamaged:
            return None

    def _can_be_read(self) -> bool:
        """Whether both stores can be read; one that does not answer now is taken to be readable."""
        with suppress(EngineGone):
            return self._held() is not None
        return True

    def _embed_all(self, work: Work) -> None:
        """Embed every passage that has no vectors, a batch at a time.

        While the model reads one batch, the vectors of the last one are written.
        """
        total, articles = self._catalog.unembedded_counts()
        done, last = 0, 0
        made: tuple[Sequence[StoredPassage], Future[list[PassageVectors]]] | None = None
        with ThreadPoolExecutor(1) as model:
            try:
                while batch := self._catalog.unembedded(_EMBEDDED, after=last):
                    coming = batch, model.submit(self._embedder.passages, self._headed(batch))
                    if made:
                        done += self._keep(*made)
                    made, last = coming, batch[-1].id
                    work.at(EMBEDDING, done, total, articles=articles)
            finally:  # what is begun when the work is stopped is kept, too
                if made:
                    self._keep(*made)
        if total:
            work.at(EMBEDDING, total, total, articles=articles)

    def _headed(self, batch: Sequence[StoredPassage]) -> list[tuple[str, list[Span]]]:
        articles = self._catalog.articles_with(batch)
        return [headed(articles[stored.passage.article_id], stored) for stored in batch]

    def _keep(self, batch: Sequence[StoredPassage], made: Future[list[PassageVectors]]) -> int:
        """Keep the vectors of a batch when they are made; return how many passages it has."""
        from rag.index.vectors import pack

        self._catalog.put_vectors(
            (stored.id, pack(vectors.passage, vectors.sentences))
            for stored, vectors in zip(batch, made.result(), strict=True)
        )
        return len(batch)

    def _write(self, work: Work, *, anew: bool) -> None:
        """Write what the stores lack, or everything `anew`."""
        add, gone = (self._catalog.passage_ids(), ()) if anew else self._catalog.outbox()
        with self.stores.change(anew=anew) as (lexical, vectors):
            for batch in batches(gone, _BATCH):
                lexical.apply({}, batch)
                vectors.apply({}, batch)
            for done, batch in enumerate(batches(add, _BATCH)):
                work.at(WRITING, done * _BATCH, len(add))
                self._add(batch, lexical, vectors)
            work.at(WRITING, len(add), len(add))

    def _add(self, batch: Sequence[int], lexical: LexicalStore, vectors: VectorStore) -> None:
        from rag.index.vectors import unpack_passage

        held = self._catalog.passages(batch).values()
        articles = self._catalog.articles_with(held)
        texts, found = {}, {}
        for stored in held:
            article = articles[stored.passage.article_id]
            texts[stored.id] = (article.title, stored.passage.text_in(article))
            if stored.vectors is not None:
                found[stored.id] = unpack_passage(stored.vectors, 1 + len(stored.sentences))
        lexical.apply(texts, ())
        vectors.apply(found, ())


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
