"""A streamed chat completion: its server-sent events, and what each adds to the reply."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from rag.models.chat import Usage

DONE = "[DONE]"
"""The data of the event that ends a stream."""

MOST_BYTES = 2**24
"""The size from which on a reply is given up: more than any model writes for one question."""

_STREAMED = frozenset({"id", "object", "created"})
_AT_LIMIT = frozenset({"length", "model_length"})  # the latter is Mistral's
_BROKEN = frozenset({"error", "abort"})  # OpenRouter's and vLLM's


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply, from one event; `thinks` if it is hidden thinking."""

    text: str = ""
    thinks: bool = False
    finish: str | None = None
    usage: Usage | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.thinks or self.finish or self.usage)

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Delta":
        """Read the JSON of an event, or of a whole reply that was sent in one piece.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: it is no chat completion.
        """
        choices, usage = body.get("choices"), Usage.of(body.get("usage"))
        if not choices:
            if choices is None and usage is None and not _STREAMED.intersection(body):
                raise KeyError("choices")
            return cls(usage=usage)
        whole = "message" in choices[0]
        message = choices[0].get("message" if whole else "delta") or {}
        return cls(
            text=_text(message.get("content")),
            thinks=any(message.get(name) for name in ("reasoning", "reasoning_content")),
            finish=choices[0].get("finish_reason") or ("stop" if whole else None),
            usage=usage,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """How far a reply has come: whether it has begun, why it finished, and its usage."""

    begun: bool = False
    finish: str | None = None
    usage: Usage | None = None

    @property
    def at_limit(self) -> bool:
        """True if the limit of tokens stopped the text."""
        return self.finish in _AT_LIMIT

    @property
    def broken(self) -> bool:
        """True if the server says that the reply is not whole."""
        return self.finish in _BROKEN

    @property
    def withheld(self) -> bool:
        """True if a filter of the server's stopped the text."""
        return self.finish == "content_filter"

    def after(self, delta: Delta) -> "Reply":
        """Return the reply after a further event. The first reason to finish stands."""
        return Reply(
            self.begun or bool(delta.text) or delta.thinks,
            self.finish or delta.finish,
            delta.usage or self.usage,
        )


async def events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    r"""Yield the data of a stream's events, or the whole of a body that is JSON or a page.

    Server-sent events as in https://html.spec.whatwg.org/multipage/server-sent-events.html, with
    llama.cpp's `error:` for `data:`. Lines end with \n or \r\n alone, as U+2028 may stand within
    JSON. An event that ends without an empty line counts if it is whole.

    Raises:
        OverflowError: the stream is longer than `MOST_BYTES`.
    """
    data: list[str] = []
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            name, _, value = line.partition(":")
            if name in {"data", "error"}:
                data.append(value.removeprefix(" "))
            elif line.lstrip().startswith(("{", "[", "<")):
                yield "\n".join([line, *[further async for further in lines]])
            elif not line and data:
                yield "\n".join(data)
                data = []
    if _is_whole("\n".join(data)):
        yield "\n".join(data)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    held, read = b"", 0
    async for chunk in chunks:
        read += len(chunk)
        if read > MOST_BYTES:
            raise OverflowError(f"more than {MOST_BYTES >> 20} MiB")
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield _decoded(line)
    yield _decoded(held)


def _decoded(line: bytes) -> str:
    # A byte order mark may precede the first line.
    return line.removesuffix(b"\r").decode("utf-8-sig", "replace")


def _is_whole(event: str) -> bool:
    try:
        return event == DONE or json.loads(event) is not None
    except (ValueError, RecursionError):
        return False


def _text(content: Any) -> str:  # noqa: ANN401 - whatever the server sent
    """Return the text of a content, which may be in parts of several types, or null."""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is a {type(content).__name__}")
    # JSON can escape half a character, which nothing else can hold.
    return (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
