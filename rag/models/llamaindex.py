"""Chat models of LlamaIndex, for providers that do not speak OpenAI's protocol.

LlamaIndex is imported when a model is first asked, as that takes seconds.
"""

import ast
import asyncio
import importlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from inspect import unwrap
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from rag.errors import ModelError
from rag.models.chat import Message, ThoughtFilter, Usage
from rag.models.redact import one_line

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms import LLM

_SECRET_NAMES = ("key", "token", "secret", "password")


@dataclass(frozen=True, slots=True)
class ModelPath:
    """The import path of a LlamaIndex LLM with its arguments: `module:Class(model="…")`."""

    module: str
    name: str
    arguments: Mapping[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a path; each argument is named, and is a literal of Python.

        Raises:
            ValueError: it is of another form. Nothing of it is run.
        """
        module, _, call = text.strip().partition(":")
        try:
            parsed = ast.parse(call.strip(), mode="eval").body
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError("not an import path") from error
        maker = parsed.func if isinstance(parsed, ast.Call) else parsed
        keywords = parsed.keywords if isinstance(parsed, ast.Call) else []
        if (
            not all(part.isidentifier() for part in module.split("."))
            or not isinstance(maker, ast.Name)
            or (isinstance(parsed, ast.Call) and parsed.args)
        ):
            raise ValueError("not a class with named arguments")
        arguments = {word.arg: ast.literal_eval(word.value) for word in keywords if word.arg}
        if len(arguments) < len(keywords):
            raise ValueError("arguments without a name")
        return cls(module, maker.id, arguments)

    @property
    def model(self) -> str:
        """The model's name as it is given, or else the class's."""
        given = self.arguments.get("model") or self.arguments.get("model_name")
        return str(given or self.name)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The arguments that must not be shown, by their names."""
        return tuple(
            value
            for name, value in self.arguments.items()
            if isinstance(value, str) and any(part in name.lower() for part in _SECRET_NAMES)
        )

    def make(self, key: str | None = None) -> "LLM":
        """Import the class and call it; `key` is its `api_key`.

        Raises:
            ModelError: it cannot be imported or set up.
        """
        from llama_index.core.llms import LLM

        try:
            found = getattr(importlib.import_module(self.module), self.name, None)
        except ImportError as error:
            raise ModelError(self._absent(error)) from error
        if not (isinstance(found, type) and issubclass(found, LLM)):
            raise ModelError(
                f"GRIOT_LLM names {self.name} of {self.module}, which is no LLM of LlamaIndex. "
                "Check its spelling."
            )
        arguments: dict[str, Any] = {**self.arguments, **({"api_key": key} if key else {})}
        try:
            return found(**arguments)
        except Exception as error:
            said = one_line(_said(error), key, *self.secrets)
            raise ModelError(
                f"{self.name} cannot be set up ({said}). Check the arguments in GRIOT_LLM, and "
                "GRIOT_LLM_KEY."
            ) from error

    def _absent(self, error: ImportError) -> str:
        if not f"{self.module}.".startswith(f"{error.name}."):
            return f"{self.module} cannot be imported ({one_line(str(error))}). Install it anew."
        remedy = "Install its package, or check its spelling."
        if self.module.startswith("llama_index.llms."):
            package = "-".join(self.module.split(".")[:3]).replace("_", "-")
            remedy = f"Install it: pip install {package}"
        return f"GRIOT_LLM needs {self.module}, which is not installed. {remedy}"


class LlamaIndexModel:
    """Any LLM of LlamaIndex as a chat model, given as such or by its path.

    Timeouts, retries and connections are the LLM's. The limit of tokens is passed to one that has
    its own; whether a text reached it is not known.
    """

    def __init__(self, llm: "LLM | ModelPath", key: str | None = None) -> None:
        self._given = llm
        self._key = key
        # The connections of most LLMs belong to an event loop.
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, LLM] = WeakKeyDictionary()

    @property
    def name(self) -> str:
        """See `rag.models.chat.ChatModel`."""
        given = self._given
        return given.model if isinstance(given, ModelPath) else given.metadata.model_name

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """See `rag.models.chat.ChatModel`."""
        text, usage = ThoughtFilter(), None
        async with aclosing(self._responses(messages, max_tokens)) as responses:
            async for response in responses:
                usage = _usage(response) or usage
                if piece := text.shown(response.delta or ""):
                    yield piece
        if rest := text.rest():
            yield rest
        if not text.given:
            raise ModelError(f"The model {self.name} wrote no text. Ask again, or use another.")
        if usage:
            yield usage

    async def models(self) -> tuple[str, ...]:
        """Set up the LLM and return none: LlamaIndex cannot list a provider's models."""
        await self._llm()
        return ()

    async def close(self) -> None:
        """Leave the connections of this event loop to be collected with its LLM."""
        self._made.pop(asyncio.get_running_loop(), None)

    async def _responses(
        self, messages: Sequence[Message], max_tokens: int
    ) -> "AsyncGenerator[ChatResponse, None]":
        """Yield the LLM's responses; whatever it raises becomes a `ModelError`."""
        llm = await self._llm()
        from llama_index.core.base.llms.types import ChatMessage, MessageRole
        from llama_index.core.llms import CustomLLM

        sent = [ChatMessage(role=MessageRole(m.role), content=m.content) for m in messages]
        limit = {"max_tokens": max_tokens} if "max_tokens" in type(llm).model_fields else {}
        own = unwrap(type(llm).astream_chat) is not unwrap(CustomLLM.astream_chat)
        try:
            responses = await llm.astream_chat(sent, **limit) if own else _in_thread(llm, sent)
            async with aclosing(responses):
                async for response in responses:
                    yield response
        except Exception as error:
            secrets = self._given.secrets if isinstance(self._given, ModelPath) else ()
            said = one_line(_said(error), self._key, getattr(llm, "api_key", None), *secrets)
            raise ModelError(
                f"The model {self.name} failed ({type(error).__name__}: {said}). "
                "Check how its LlamaIndex LLM is set up."
            ) from error

    async def _llm(self) -> "LLM":
        if not isinstance(self._given, ModelPath):
            return self._given
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = await asyncio.to_thread(self._given.make, self._key)
        return self._made[loop]


async def _in_thread(
    llm: "LLM", messages: "list[ChatMessage]"
) -> "AsyncGenerator[ChatResponse, None]":
    """Yield what an LLM without an asynchronous stream writes, without blocking the event loop."""
    responses = await asyncio.to_thread(llm.stream_chat, messages)
    try:
        while response := await asyncio.to_thread(next, responses, None):
            yield response
    finally:
        with suppress(ValueError):  # still writing, if this was cancelled: it ends with that piece
            responses.close()


def _usage(response: "ChatResponse") -> Usage | None:
    """Return a response's usage, where LlamaIndex's own counter looks for it."""
    from llama_index.core.callbacks.token_counting import get_tokens_from_response

    try:
        prompt, completion = get_tokens_from_response(response)
    except (TypeError, ValueError, AttributeError):  # a raw response of a form that it misreads
        prompt = completion = 0
    if prompt and completion:
        return Usage(prompt, completion)
    return Usage.of(response.additional_kwargs)


def _said(error: Exception) -> str:
    """Return an error's words; pydantic's without the values, among which may be a key."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
