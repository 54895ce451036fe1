from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from llama_index.core.schema import Document

from fake_embedder import FakeEmbedder
from rag.errors import SourceError
from rag.library import Library
from rag.llamaindex import GriotRetriever, PassageParser, articles_from

HARBOUR = "The harbour opened on Monday. Ships from three countries arrived."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "harbour.txt").write_text(f"A new harbour\n\n{HARBOUR}\n", encoding="utf-8")
    with Library.open(tmp_path / ".griot", embedder=FakeEmbedder()) as library:
        library.refresh()
        yield library


def test_documents_become_articles() -> None:
    """What a LlamaIndex reader tells of a document is told of the article."""
    document = Document(
        text=HARBOUR,
        metadata={
            "url": "https://news.example/harbour?utm_source=x",
            "title": "A new harbour",
            "outlet": "The Example",
            "published": "2025-06-23",
            "page": 4,
        },
    )
    (article,) = articles_from([document])
    assert article.id == "https://news.example/harbour"
    assert (article.title, article.outlet) == ("A new harbour", "The Example")
    assert article.published == date(2025, 6, 23)
    assert article.text == HARBOUR


def test_a_document_without_url_keeps_its_id() -> None:
    """A document's own id is the article's where no URL is told."""
    (article,) = articles_from([Document(text=HARBOUR, id_="harbour-7")])
    assert article.id == "harbour-7"


def test_an_empty_document_is_named() -> None:
    """A document without text is an error, not an empty article."""
    with pytest.raises(SourceError):
        articles_from([Document(text="  ")])


def test_nodes_are_passages_with_true_offsets() -> None:
    """Every node's text stands at its offsets in the article."""
    document = Document(text=(HARBOUR + "\n\n") * 30, id_="long")
    (article,) = articles_from([document])
    nodes = PassageParser().get_nodes_from_documents([document])
    assert len(nodes) > 1
    offsets = [(node.start_char_idx, node.end_char_idx) for node in nodes]
    assert [article.text[start:end] for start, end in offsets] == [node.text for node in nodes]


def test_the_retriever_gives_what_the_library_finds(library: Library) -> None:
    """LlamaIndex gets Griot's passages, with their scores and what is known of the article."""
    (found,) = GriotRetriever(library).retrieve("Which ships arrived at the harbour?")
    (evidence,) = library.search("Which ships arrived at the harbour?")
    assert found.text == evidence.text == HARBOUR
    assert found.score == evidence.score
    assert found.node.metadata == {"article_id": "harbour.txt", "title": "A new harbour"}
