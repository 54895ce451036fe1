"""Lexical search with Tantivy: BM25 over folded and stemmed words. Derived; holds no text.

`terms` is the one way in which Griot turns text into comparable words: lower case, accents folded,
English stems, variants of a word made one (`rag.variants`), and each CJK character by itself.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import tantivy

from rag.errors import translating
from rag.variants import variants

VERSION = 3
"""Part of the index's identity: raised when the same text would give other terms."""

TITLE_WEIGHT = 0.3
"""A title's BM25 beside its passages'; chosen in benchmarks/retrieval.md."""

NAME = re.compile(r"(?<!^)\b[^\W\d_a-z]\w+")
"""A capitalised word, but for the first of a text."""

_WRITER_BYTES = 64_000_000
_LONGEST_TERM = 64
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHE_S = re.compile(r"[’']s?\b")


def terms(text: str) -> list[str]:
    """Return the normalised words of a text, in order, with repetitions."""
    known = _variants()
    return [known.get(term, term) for term in _stems(text)]


def _stems(text: str) -> list[str]:
    found: list[str] = _analyzer().analyze(_prepared(text))
    return found


@cache
def _variants() -> dict[str, str]:
    return {_stems(variant)[0]: _stems(word)[0] for variant, word in variants()}


@cache
def country_terms() -> frozenset[str]:
    """Return the terms of the countries and peoples in `rag.variants`."""
    return frozenset(term for _, word in variants() if word[0].isupper() for term in terms(word))


def content_terms(text: str) -> list[str]:
    """Return the terms of a text that are no function words, in order; all if none is left."""
    found = terms(text)
    return [term for term in found if term not in _function_terms()] or found


@cache
def _function_terms() -> frozenset[str]:
    return frozenset(terms(_FUNCTION_WORDS))


_FUNCTION_WORDS = """
a an the of in on at by for from with to into onto over under about against between among through
during before after above below up down out off again further then once and or but nor so yet if
because as until while than that this these those it its he him his she her hers they them their
theirs we us our ours you your yours i me my mine is am are was were be been being do does did doing
done have has had having can could may might must shall should will would what which who whom whose
when where why how s t not no any some such only own same too very just also there here all both
each few more most other tell say says said name many much still yet ever already now currently
"""


class Lexical:
    """The Tantivy index in a folder, made when there is no such folder.

    One writer at a time, held only within `apply`; any number of readers, in any process.
    Raises `IndexDamaged`, `IndexLocked` and `StorageFull`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with translating(path):
            self._schema = _schema()
            if path.exists():
                self._index = tantivy.Index.open(str(path))
            else:
                path.mkdir(parents=True)
                self._index = tantivy.Index(self._schema, path=str(path))
            self._index.register_tokenizer("terms", _as_they_are())

    def apply(self, add: Mapping[int, tuple[str, str]], gone: Sequence[int]) -> None:
        """Delete the passages `gone` and add others (id: title, text), in one commit."""
        with translating(self._path):
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

    def search(self, words: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """Return the passages that hold any of the terms, as (id, BM25), best first."""
        if not words or limit < 1:
            return []
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._boosted(field, weight, word))
                for word in words
                for field, weight in (("text", 1.0), ("title", TITLE_WEIGHT))
            ]
        )
        return self._hits(query, limit)

    def close_to(self, word: str, limit: int) -> list[int]:
        """Return passages with a term within one edit of `word`, two from eight letters on."""
        distance = 1 if len(word) < 8 else 2  # noqa: PLR2004
        query = tantivy.Query.fuzzy_term_query(self._schema, "text", word, distance)
        return [passage_id for passage_id, _ in self._hits(query, limit)]

    def frequency(self, word: str) -> int:
        """Return the number of passages whose text holds a term."""
        with translating(self._path):
            return int(self._index.searcher().doc_freq("text", word))

    def count(self) -> int:
        """Return the number of passages held."""
        with translating(self._path):
            return int(self._index.searcher().num_docs)

    def _boosted(self, field: str, weight: float, word: str) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, word, "freq")
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def _hits(self, query: tantivy.Query, limit: int) -> list[tuple[int, float]]:
        with translating(self._path):
            searcher = self._index.searcher()
            hits = searcher.search(query, limit, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
            return [
                (value, score)
                for value, (score, _) in zip(ids, hits, strict=True)
                if isinstance(value, int)
            ]


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TERM))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


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


def _prepared(text: str) -> str:
    """Take off possessives, part CJK characters from each other, join dotted initials."""
    text = _APOSTROPHE_S.sub("", text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return _CJK.sub(r" \1 ", text)
