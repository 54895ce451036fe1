"""Chat completions in the manner of OpenAI's: what their events say, and how far they have come."""

from dataclasses import dataclass
from typing import Any

from rag.models.chat import Usage


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event of a stream adds; `thinks` where it is thinking that is not given out."""

    text: str = ""
    thinks: bool = False
    finish: str | None = None
    usage: Usage | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.thinks or self.finish or self.usage)


@dataclass(frozen=True, slots=True)
class Reply:
    """How far a reply has come: whether it has begun, how it finished, and what it took."""

    begun: bool = False
    finish: str | None = None
    usage: Usage | None = None

    @property
    def at_limit(self) -> bool:
        """Whether the text was stopped by its limit of tokens."""
        return self.finish in _AT_LIMIT

    @property
    def broken(self) -> bool:
        """Whether the server itself says that the reply is not whole."""
        return self.finish in _BROKEN

    @property
    def withheld(self) -> bool:
        """Whether a filter of the server's has stopped the text."""
        return self.finish == "content_filter"

    def after(self, delta: Delta) -> "Reply":
        """Give the reply after what came next. The first reason to finish stands."""
        return Reply(
            self.begun or bool(delta.text) or delta.thinks,
            self.finish or delta.finish,
            delta.usage or self.usage,
        )


_AT_LIMIT = frozenset({"length", "model_length"})  # the latter is Mistral's
_BROKEN = frozenset({"error", "abort"})  # OpenRouter's and vLLM's

MISFITS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading JSON raises where it is not of the form that is expected."""


def read(body: dict[str, Any]) -> Delta:
    """Give what an event says, or a whole body that was sent in one piece.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: it is no chat completion.
    """
    choices, usage = body.get("choices"), Usage.told(body.get("usage"))
    if not choices:
        if choices is None and usage is None and not _STREAMED.intersection(body):
            raise KeyError("choices")
        return Delta(usage=usage)
    whole = "message" in choices[0]
    said = choices[0].get("message" if whole else "delta") or {}
    return Delta(
        text=_text(said.get("content")),
        thinks=any(said.get(name) for name in ("reasoning", "reasoning_content")),
        finish=choices[0].get("finish_reason") or ("stop" if whole else None),
        usage=usage,
    )


_STREAMED = frozenset({"id", "object", "created"})


def _text(content: Any) -> str:  # noqa: ANN401 - whatever the server sent
    """Give the text of a content, which may be in parts of several types, or null."""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is a {type(content).__name__}")
    # JSON can escape half a character, which nothing else can hold.
    return (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def names(body: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """Give the names in a list of models, in its order.

    Raises:
        LookupError, TypeError: it is no list of models.
    """
    return tuple(str(one["id"]) for one in (body if isinstance(body, list) else body["data"]))
