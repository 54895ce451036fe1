import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.llms import CustomLLM, MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import Document, NodeWithScore
from pydantic import Field

from fake_embedder import FakeEmbedder
from fake_library import ANSWER, CAMARA, CORPS, GOITA, REFUSAL, WAGNER
from rag.errors import ModelError, SourceError
from rag.library import Library
from rag.llamaindex import (
    GriotQueryEngine,
    GriotRetriever,
    LlamaIndexModel,
    PassageParser,
    articles_from,
)
from rag.models.chat import Message, Usage
from rag.reasons import Reason
from rag.types import Answer, Claim, Outcome

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


# Griot as a query engine


class Answering:
    """Gives the answers in turn."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def ask(self, question: str) -> Answer:
        return self.answers.pop(0)


def nodes(found: Sequence[NodeWithScore]) -> list[tuple[Any, ...]]:
    return [
        (one.node.metadata["article_id"], one.node.start_char_idx, one.text, one.score)
        for one in found
    ]


def test_the_query_engine_gives_the_answer_and_its_sources() -> None:
    """Marks number the sources, whose nodes are the quotes with their ranges and support."""
    response = GriotQueryEngine(Answering(ANSWER)).query("who accompanied Goïta?")
    assert str(response) == ("General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1]")
    assert nodes(response.source_nodes) == [
        (GOITA.id, CAMARA.start, CAMARA.quote, 0.9),
        (CORPS.id, WAGNER.start, WAGNER.quote, 0.5),
    ]
    assert response.metadata == {"outcome": "answered", "confidence": 0.87, "mode": "reader"}


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


def test_a_claim_that_nothing_supports_has_no_mark() -> None:
    """What is shown as unsupported stands without a number; parts without an answer are named."""
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
    assert str(response) == "Nobody knows. It was Camara. [1]"
    assert response.metadata == {
        "outcome": "partly_answered",
        "confidence": 0.0,
        "mode": "chat",
        "model": "small",
        "unanswered": ["why?"],
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
    assert [one.text for one in response.source_nodes] == [HARBOUR]


# A LlamaIndex LLM as a chat model


class Scripted(CustomLLM):
    """Writes the pieces, then raises the error if there is one; remembers what it was given."""

    pieces: list[str] = Field(default_factory=list)
    error: Exception | None = None
    api_key: str = "key-0123456789"
    given: list[Any] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="".join(self.pieces))

    def stream_complete(self, prompt: str, **more: Any) -> CompletionResponseGen:
        self.given.append((prompt, more))
        for piece in self.pieces:
            yield CompletionResponse(text=piece, delta=piece)
        if self.error:
            raise self.error


class Counting(Scripted):
    """Has a limit of tokens of its own, and tells its usage last, as OpenAI's class does."""

    max_tokens: int = 512

    async def astream_chat(self, messages: Sequence[ChatMessage], **more: Any) -> Any:
        self.given.append(([(one.role.value, one.content) for one in messages], more))

        async def responses() -> AsyncIterator[ChatResponse]:
            for piece in self.pieces:
                yield ChatResponse(message=ChatMessage(content=piece), delta=piece)
            counts = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
            yield ChatResponse(message=ChatMessage(), delta=None, additional_kwargs=counts)

        return responses()


ASKED = [Message("system", "Be brief."), Message("user", "Who?")]


def written(model: LlamaIndexModel) -> list[Any]:
    async def main() -> list[Any]:
        given: list[Any] = []
        try:
            async for piece in model.stream(ASKED, max_tokens=50):
                given.append(piece)  # noqa: PERF401 - what came before an error counts
        except ModelError as error:
            given.append(str(error))
        await model.close()
        return given

    return asyncio.run(main())


def test_a_llamaindex_llm_is_a_chat_model() -> None:
    """It is given the messages, and its pieces are given on as they come."""
    llm = Scripted(pieces=["General ", "Camara"])
    model = LlamaIndexModel(llm)
    assert (model.name, written(model)) == ("scripted", ["General ", "Camara"])
    assert llm.given == [("system: Be brief.\nuser: Who?\nassistant: ", {"formatted": True})]


def test_a_limit_of_tokens_and_the_usage_are_passed_on() -> None:
    """An LLM with a limit is given ours, and what it tells of its usage comes last."""
    llm = Counting(pieces=["Camara"])
    assert written(LlamaIndexModel(llm)) == ["Camara", Usage(7, 2)]
    assert llm.given == [([("system", "Be brief."), ("user", "Who?")], {"max_tokens": 50})]


def test_llamaindex_s_own_stand_in_serves_as_a_chat_model() -> None:
    """MockLLM writes back what it is asked."""
    assert "".join(written(LlamaIndexModel(MockLLM()))).strip().endswith("assistant:")


def test_an_llm_s_thinking_is_not_given_out() -> None:
    """A leading <think> is kept back, as a server's is."""
    llm = Scripted(pieces=["<think>Who", "?</think>\n", "Camara"])
    assert written(LlamaIndexModel(llm)) == ["Camara"]


def test_what_an_llm_raises_is_a_model_error() -> None:
    """The line names the model and what happened, never the key, and what came before stays."""
    llm = Scripted(pieces=["Cam"], error=RuntimeError("no luck with\nkey-0123456789"))
    text, error = written(LlamaIndexModel(llm))
    assert text == "Cam"
    assert error == (
        "The model scripted failed (RuntimeError: no luck with [key]). "
        "Check how its LlamaIndex LLM is set up."
    )


def test_an_llm_that_writes_nothing_is_an_error() -> None:
    """An empty text is not given out as an answer."""
    assert written(LlamaIndexModel(Scripted())) == [
        "The model scripted wrote no text. Ask again, or use another."
    ]
