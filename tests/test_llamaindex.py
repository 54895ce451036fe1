import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import Document, NodeWithScore

from fake_embedder import FakeEmbedder
from fake_library import ANSWER, CAMARA, COPIES, CORPS, GOITA, REFUSAL, WAGNER
from rag.index.ingest import IngestReport
from rag.library import Library
from rag.llamaindex import (
    GriotQueryEngine,
    GriotRetriever,
    PassageParser,
    articles_from,
)
from rag.reasons import Reason
from rag.types import Answer, Claim, Outcome, Skipped

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
    """The metadata of a LlamaIndex document become the article's."""
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


@pytest.mark.parametrize(
    ("given", "known", "url"),
    [
        ("harbour-7", "harbour-7", None),
        ("https://News.example/7?utm_source=x", *["https://news.example/7"] * 2),
        ("https://news.example/7#2", "https://news.example/7#2", None),
        ("\udcff.txt", "\\udcff.txt", None),
    ],
)
def test_a_document_without_url_is_known_by_its_id(
    library: Library, given: str, known: str, url: str | None
) -> None:
    """An id that is a page's URL is the article's; of file names that are not UTF-8, all differ."""
    assert library.add(articles_from([Document(text=HARBOUR, id_=given)])).new == (known,)
    assert library.article(known).url == url


def test_an_empty_document_is_named() -> None:
    """A document without text is skipped with its reason, and is no empty article."""
    skipped = Skipped("blank", Reason.NO_ARTICLE_TEXT())
    assert articles_from([Document(text="  ", id_="blank")]) == (skipped,)


def test_the_library_takes_what_a_reader_gives(library: Library) -> None:
    """Documents become articles of the library, reported as files are, and kept."""
    documents = [Document(text=HARBOUR, id_="harbour-7"), Document(text="  ", id_="blank")]
    skipped = (Skipped("blank", Reason.NO_ARTICLE_TEXT()),)
    reports = [library.add(articles_from(documents)) for _ in range(2)]
    assert reports == [
        IngestReport(new=("harbour-7",), skipped=skipped),
        IngestReport(unchanged=1, skipped=skipped),
    ]
    library.refresh()
    assert library.article_ids() == ("harbour-7", "harbour.txt")


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


# Griot as a query engine


class Answering:
    """Returns the answers in turn."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def ask(self, question: str) -> Answer:
        return self.answers.pop(0)


def nodes(found: Sequence[NodeWithScore]) -> list[tuple[Any, ...]]:
    return [
        (hit.node.metadata["article_id"], hit.node.start_char_idx, hit.text, hit.score)
        for hit in found
    ]


def test_the_query_engine_gives_the_answer_and_its_sources() -> None:
    """Marks number the sources, whose nodes are the quotes with their ranges and support."""
    response = GriotQueryEngine(Answering(ANSWER)).query("who accompanied Goïta?")
    assert str(response) == ("General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1]")
    assert nodes(response.source_nodes) == [
        (GOITA.id, CAMARA.start, CAMARA.quote, 0.9),
        (CORPS.id, WAGNER.start, WAGNER.quote, 0.5),
    ]
    assert response.metadata == {
        "outcome": "answered",
        "confidence": 0.87,
        "mode": "reader",
        "notes": ["The articles differ on Wagner [1][2]"],
    }


def test_a_source_names_its_copies() -> None:
    """The addresses of an article's copies are metadata of what is cited from it."""
    told = replace(ANSWER, also={CORPS.id: COPIES})
    sources = GriotQueryEngine(Answering(told)).query("who?").source_nodes
    also = [source.node.metadata.get("also") for source in sources]
    assert also == [None, [copy.url for copy in COPIES]]


def test_a_source_that_only_a_note_cites_has_no_score() -> None:
    """It supports no claim."""
    one_sided = replace(ANSWER, claims=ANSWER.claims[:1])
    response = GriotQueryEngine(Answering(one_sided)).query("who accompanied Goïta?")
    assert [node.score for node in response.source_nodes] == [0.9, None]


def test_the_query_engine_is_asked_within_an_event_loop() -> None:
    """Both its ways of asking work where an event loop is running."""

    async def main() -> list[str]:
        engine = GriotQueryEngine(Answering(ANSWER, ANSWER))
        return [str(await engine.aquery("who?")), str(engine.query("who?"))]

    one, other = asyncio.run(main())
    assert one == other == "General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1]"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (REFUSAL, "The articles do not say."),
        (
            Answer(
                question="who?",
                standalone_question="who?",
                outcome=Outcome.FAILED,
                remarks=(Reason.OTHER(text="The disk is full."),),
            ),
            "No answer could be made.",
        ),
    ],
)
def test_a_query_without_an_answer_has_no_source(answer: Answer, text: str) -> None:
    """A refusal is told from a failure, and neither cites anything."""
    response = GriotQueryEngine(Answering(answer)).query("who?")
    assert (str(response), response.source_nodes) == (text, [])
    told = {"outcome": answer.outcome.value, "confidence": 0.0, "mode": "reader"}
    remarks = [str(remark) for remark in answer.remarks]
    assert response.metadata == told | ({"remarks": remarks} if remarks else {})


def test_a_claim_that_nothing_supports_says_so() -> None:
    """It has no number; parts without an answer are named in the metadata."""
    answer = Answer(
        question="who, and why?",
        standalone_question="who, and why?",
        outcome=Outcome.PARTLY_ANSWERED,
        claims=(
            Claim(text="Nobody knows.", citations=(), support=0.0),
            Claim(text="It was Camara.", citations=(CAMARA,), support=0.75),
        ),
        unanswered=("why?",),
        mode="chat",
        model="small",
    )
    response = GriotQueryEngine(Answering(answer)).query("who, and why?")
    assert str(response) == ("Nobody knows. (not supported by the articles) It was Camara. [1]")
    assert response.metadata == {
        "outcome": "partly_answered",
        "confidence": 0.0,
        "mode": "chat",
        "model": "small",
        "unanswered": ["why?"],
        "notes": ["The articles do not say: why?"],
    }


def test_a_real_library_answers_through_the_query_engine(library: Library) -> None:
    """The quotes stand in the article at the nodes' ranges."""
    (article,) = library.articles()
    response = GriotQueryEngine(library).query("When did the harbour open?")
    assert response.metadata["outcome"] == "answered"
    for node in response.source_nodes:
        start, end = node.node.start_char_idx, node.node.end_char_idx
        assert article.text[start:end] == node.text


def test_the_retriever_serves_llamaindex_s_own_query_engine(library: Library) -> None:
    """A query engine of LlamaIndex gives Griot's passages to its model."""
    engine = RetrieverQueryEngine.from_args(GriotRetriever(library), llm=MockLLM())
    response = engine.query("Which ships arrived at the harbour?")
    assert HARBOUR in str(response)
    assert [node.text for node in response.source_nodes] == [HARBOUR]
