import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
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
from pydantic import Field

from rag.errors import ModelError
from rag.models.chat import Message, Usage
from rag.models.llamaindex import LlamaIndexModel, ModelPath

ASKED = [Message("system", "Be brief."), Message("user", "Who?")]
KEY = "key-0123456789"


class Scripted(CustomLLM):
    """Writes the pieces, then raises the error if there is one; remembers what it was given."""

    pieces: list[str] = Field(default_factory=list)
    error: Exception | None = None
    api_key: str = KEY
    given: list[Any] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="".join(self.pieces))

    def stream_complete(self, prompt: str, **more: Any) -> CompletionResponseGen:
        self.given.append((prompt, more, threading.current_thread() is threading.main_thread()))
        for piece in self.pieces:
            yield CompletionResponse(text=piece, delta=piece)
        if self.error:
            raise self.error


class Counting(Scripted):
    """Has a limit of tokens of its own, and a usage last, as OpenAI's or as Anthropic's class."""

    max_tokens: int = 512
    raw: dict[str, Any] | None = None
    open: int = 0

    async def astream_chat(self, messages: Sequence[ChatMessage], **more: Any) -> Any:
        self.given.append(([(message.role.value, message.content) for message in messages], more))

        async def responses() -> AsyncIterator[ChatResponse]:
            self.open += 1
            try:
                for piece in self.pieces:
                    yield ChatResponse(message=ChatMessage(content=piece), delta=piece)
                counts = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
                yield ChatResponse(
                    message=ChatMessage(),
                    delta=None,
                    raw=self.raw,
                    additional_kwargs={} if self.raw else counts,
                )
            finally:
                self.open -= 1

        return responses()


class Demanding(Scripted):
    """Cannot be made without its size, a number."""

    size: int


def written(llm: Any, key: str | None = None) -> list[Any]:
    model = LlamaIndexModel(llm, key)

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


def test_an_llm_is_a_chat_model() -> None:
    """It is given the messages, and its pieces are given on as they come, from a thread."""
    llm = Scripted(pieces=["General ", "Camara"])
    assert (LlamaIndexModel(llm).name, written(llm)) == ("scripted", ["General ", "Camara"])
    prompt = "system: Be brief.\nuser: Who?\nassistant: "
    assert llm.given == [(prompt, {"formatted": True}, False)]


@pytest.mark.parametrize("raw", [None, {"usage": {"input_tokens": 7, "output_tokens": 2}}])
def test_a_limit_of_tokens_and_the_usage_are_passed_on(raw: dict[str, Any] | None) -> None:
    """An LLM with a limit is given ours, and its usage comes last."""
    llm = Counting(pieces=["Camara"], raw=raw)
    assert written(llm) == ["Camara", Usage(7, 2)]
    assert llm.given == [([("system", "Be brief."), ("user", "Who?")], {"max_tokens": 50})]


@pytest.mark.parametrize("kind", [Scripted, Counting])
def test_a_stream_that_is_closed_stops_the_llm(kind: type[Scripted]) -> None:
    """Nothing stays open when a person leaves after the first piece."""
    llm = kind(pieces=["General ", "Camara"])

    async def main() -> Any:
        pieces = LlamaIndexModel(llm).stream(ASKED, max_tokens=50)
        first = await anext(pieces)
        await pieces.aclose()
        return first

    assert asyncio.run(main()) == "General "
    assert getattr(llm, "open", 0) == 0


def test_thinking_is_not_given_out() -> None:
    """A leading <think> is kept back, as a server's is."""
    assert written(Scripted(pieces=["<think>Who", "?</think>\n", "Camara"])) == ["Camara"]


_SET_UP = "Check how its LlamaIndex LLM is set up."


def test_what_an_llm_raises_is_a_model_error() -> None:
    """The line names the model and what happened, never the key, and what came before stays."""
    llm = Scripted(pieces=["Cam"], error=RuntimeError(f"no luck with\n{KEY}"))
    assert written(llm) == [
        "Cam",
        f"The model scripted failed (RuntimeError: no luck with [key]). {_SET_UP}",
    ]


def test_an_llm_that_writes_nothing_is_an_error() -> None:
    """An empty text is not given out as an answer."""
    assert written(Scripted()) == ["The model scripted wrote no text. Ask again, or use another."]


# By an import path

_NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            ' own.models:Model(model="claude", top={"k": [1, -2.5]}) ',
            ModelPath("own.models", "Model", {"model": "claude", "top": {"k": [1, -2.5]}}),
        ),
        ("own:Model", ModelPath("own", "Model", {})),
        ("own:Model()", ModelPath("own", "Model", {})),
    ],
)
def test_a_path_is_a_class_with_named_literals(text: str, path: ModelPath) -> None:
    """As the class would be called in Python."""
    assert ModelPath.parse(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "own",
        "own:",
        ":Model",
        "own.:Model",
        "own:Model(",
        "own:a.Model()",
        "own:Model('small')",
        "own:Model(**{'model': 'small'})",
        "own:Model(model=open('/etc/passwd'))",
        "own:Model(model=f'{1}')",
        "own:Model().load()",
        "own:Model(a=1)(b=2)",
        "own:" + "(" * 9_999,
    ],
)
def test_what_is_no_such_path_is_refused(text: str) -> None:
    """Nothing but literals is taken, so that a setting runs nothing but the class."""
    with pytest.raises(ValueError, match=r"not|without|malformed"):
        ModelPath.parse(text)


def test_secrets_are_known_by_their_names() -> None:
    """They are not shown by a `repr`, and the log is told to leave them out."""
    path = ModelPath.parse(f"own:Model(api_key={KEY!r}, model='small', aws_session_token='t', n=1)")
    assert (path.secrets, path.model, KEY in repr(path)) == ((KEY, "t"), "small", False)


def test_a_model_is_made_from_its_path() -> None:
    """LlamaIndex's own stand-in writes back what it is asked; each event loop makes its own."""
    path = ModelPath.parse("llama_index.core.llms.mock:MockLLM(max_tokens=2)")
    assert ("".join(written(path)), LlamaIndexModel(path).name) == ("text text", "MockLLM")
    assert isinstance(path.make(), MockLLM)


def test_the_key_is_the_class_s_api_key() -> None:
    """GRIOT_LLM_KEY is passed on."""
    made = ModelPath(__name__, "Scripted", {"pieces": ["Camara"]}).make("other")
    assert isinstance(made, CustomLLM)
    assert made.api_key == "other"


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        (
            ModelPath("llama_index.llms.made_up", "MadeUp", {}),
            "GRIOT_LLM needs llama_index.llms.made_up, which is not installed.",
            "Install it: pip install llama-index-llms-made-up",
        ),
        (
            ModelPath("made_up.models", "MadeUp", {}),
            "GRIOT_LLM needs made_up.models, which is not installed.",
            "Install its package, or check its spelling.",
        ),
        *(
            (
                ModelPath(module, name, {}),
                f"GRIOT_LLM names {name} of {module}, which is no LLM of LlamaIndex.",
                "Check its spelling.",
            )
            for module, name in [(__name__, "MadeUp"), ("pathlib", "Path")]
        ),
        (
            ModelPath(__name__, "Demanding", {"size": KEY}),
            f"Demanding cannot be set up (size: {_NO_INTEGER}).",
            "Check the arguments in GRIOT_LLM, and GRIOT_LLM_KEY.",
        ),
    ],
)
def test_a_path_that_leads_nowhere_says_what_to_do(path: ModelPath, what: str, remedy: str) -> None:
    """The line names the package to install, or what to check, and no argument's value."""
    assert written(path) == [f"{what} {remedy}"]
