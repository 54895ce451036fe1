"""Chat models: what each takes, yields and raises."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

COST = "cost"
"""The name of a call's price among its token counts."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a call took, as the server counted them.

    `cost` is its price in the server's currency; few servers report it (OpenRouter, in dollars).
    """

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None

    @classmethod
    def of(cls, usage: object) -> Self | None:
        """Read OpenAI's `usage`; None if it has not two counts."""
        if not isinstance(usage, Mapping):
            return None
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if not (isinstance(prompt, int) and isinstance(completion, int)):
            return None
        cost = usage.get("cost")
        return cls(prompt, completion, float(cost) if isinstance(cost, int | float) else None)


class ChatModel(Protocol):
    """Writes text after messages."""

    @property
    def name(self) -> str:
        """The model's name, as `Answer.model` has it."""
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Yield the text as it is written, piece by piece, and last the usage, if it is known.

        Closing the iterator stops the writing and frees the connection.

        Raises:
            ContextOverflow: the messages are too long for the model; send less.
            TextCut: the text reached `max_tokens`; what was yielded is its beginning.
            ModelError: the model cannot be reached, refuses, or breaks off; the message names the
                remedy.
        """
        ...

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that its server lists; none if it cannot list them.

        Raises:
            ModelError: as `stream` does.
        """
        ...

    async def close(self) -> None:
        """Release the connections; the next use opens new ones."""
        ...


class ThoughtFilter:
    """Leaves out a leading `<think>…</think>` of a text that comes in pieces."""

    def __init__(self) -> None:
        self.given = False
        self._held: str | None = ""

    def shown(self, written: str) -> str:
        """Return what can be shown after this piece."""
        if self._held is None:
            return self._giving(written)
        self._held += written
        head = self._held.lstrip()
        if head.startswith(_OPEN):
            _, closed, rest = head.partition(_CLOSE)
            if not closed or not rest.strip():
                return ""
            head = rest.lstrip()
        elif _OPEN.startswith(head):
            return ""
        self._held = None
        return self._giving(head)

    def rest(self) -> str:
        """Return what was held back and turned out to be text, at the end."""
        held, self._held = (self._held or "").strip(), None
        return "" if held.startswith(_OPEN) else self._giving(held)

    def _giving(self, text: str) -> str:
        self.given = self.given or bool(text)
        return text


_OPEN, _CLOSE = "<think>", "</think>"
