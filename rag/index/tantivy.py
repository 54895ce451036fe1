"""The lexical store in Tantivy: BM25 over `rag.languages.terms`. It holds no text."""

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import tantivy

from rag.index.disk import explained
from rag.index.stores import TITLE_WEIGHT, Frequencies, edits
from rag.languages.terms import terms

_WRITER_BYTES = 64_000_000


class TantivyStore:
    """A `rag.index.stores.LexicalStore` in a folder, made when there is no such folder.

    One writer at a time, held only within `apply`; any number of readers, in any process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path):
            self._schema = _schema()
            if path.exists():
                self._index = tantivy.Index.open(str(path))
            else:
                path.mkdir(parents=True)
                self._index = tantivy.Index(self._schema, path=str(path))
            self._index.register_tokenizer("terms", _as_they_are())

    def apply(self, add: Mapping[int, tuple[str, str]], gone: Sequence[int]) -> None:
        with explained(self._path):
            writer = self._index.writer(_WRITER_BYTES, 1)
            try:
                for passage_id in gone:
                    writer.delete_documents_by_term("id", passage_id)
                for passage_id, (title, text) in add.items():
                    writer.add_document(_document(passage_id, title, text))
                writer.commit()
                writer.wait_merging_threads()
            finally:
                del writer  # an error's traceback would keep it, and with it the folder's lock
            self._index.reload()

    def search(
        self, terms: Sequence[str], limit: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        if not terms or limit < 1:
            return []
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._boosted(field, weight, term))
                for term in terms
                for field, weight in (("text", 1.0), ("title", TITLE_WEIGHT))
            ]
        )
        return self._hits(query if among is None else self._limited(query, among), limit)

    def close_to(self, term: str, limit: int) -> list[int]:
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.fuzzy_term_query(self._schema, field, term, edits(term)),
                )
                for field in ("text", "title")
            ]
        )
        return [passage_id for passage_id, _ in self._hits(query, limit)]

    def frequencies(self, terms: Collection[str]) -> Frequencies:
        with explained(self._path):
            searcher = self._index.searcher()
            holding = {term: int(searcher.doc_freq("text", term)) for term in terms}
            return Frequencies(int(searcher.num_docs), holding)

    def count(self) -> int:
        with explained(self._path):
            return int(self._index.searcher().num_docs)

    def _boosted(self, field: str, weight: float, term: str) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, term, "freq")
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def _limited(self, query: tantivy.Query, among: Collection[int]) -> tantivy.Query:
        ids = tantivy.Query.term_set_query(self._schema, "id", list(among))
        unscored = tantivy.Query.const_score_query(ids, 0.0)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, query), (tantivy.Occur.Must, unscored)]
        )

    def _hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        with explained(self._path):
            searcher = self._index.searcher()
            hits = searcher.search(query, limit, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
            return [
                (value, score)
                for value, (score, _) in zip(ids, hits, strict=True)
                if isinstance(value, int)
            ]


@cache
def _as_they_are() -> tantivy.TextAnalyzer:
    """Split at white space only: what is indexed are terms already."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name="terms", index_option="freq")
    builder.add_text_field("text", tokenizer_name="terms", index_option="freq")
    return builder.build()


def _document(passage_id: int, title: str, text: str) -> tantivy.Document:
    document = tantivy.Document()
    document.add_integer("id", passage_id)
    document.add_text("title", " ".join(terms(title)))
    document.add_text("text", " ".join(terms(text)))
    return document


def share(source: Path, target: Path) -> None:
    """Make a store's folder anew with the same files, which Tantivy replaces and never changes.

    Where the file system has no hard links, they are copied.
    """
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.suffix == ".lock":
            continue
        try:
            os.link(path, target / path.name)
        except OSError:
            shutil.copy2(path, target / path.name)
