"""Chat models: the protocol, and any OpenAI-compatible server over httpx."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a call took, as the server counted them."""

    prompt_tokens: int
    completion_tokens: int


class ChatModel(Protocol):
    """Writes text after messages."""

    @property
    def name(self) -> str:
        """What the model is called, as `Answer.model` tells it."""
        ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncIterator[str | Usage]:
        """Give the text as it is written, piece by piece, and the usage last where it is told.

        Closing the iterator stops the writing and frees the connection.

        Raises:
            ModelError: the model cannot be reached, refuses, or breaks off; the message names the
                remedy.
        """
        ...

    async def close(self) -> None:
        """Release the connections; the next use opens new ones."""
        ...
