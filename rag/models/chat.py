"""Chat models: what any of them takes, gives and raises, and what thinking is left out."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request."""

    role: Literal["system", "user", "assistant"]
    content: str


COST = "cost"
"""What a call's price is called beside its tokens."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a call took, as the server counted them.

    `cost` is its price in the server's currency, of the few that tell it (OpenRouter, in dollars).
    """

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None

    @classmethod
    def told(cls, usage: object) -> Self | None:
        """Read what a server tells as `usage`; None where that is not two counts."""
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
        """What the model is called, as `Answer.model` tells it."""
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Give the text as it is written, piece by piece, and the usage last where it is told.

        Closing the iterator stops the writing and frees the connection.

        Raises:
            ContextOverflow: the messages are too long for the model; send less.
            TextCut: the text reached `max_tokens`; what was given is its beginning.
            ModelError: the model cannot be reached, refuses, or breaks off; the message names the
                remedy.
        """
        ...

    async def close(self) -> None:
        """Release the connections; the next use opens new ones."""
        ...


class ThoughtFilter:
    """The text that is given out: what is written without a leading `<think>…</think>`."""

    def __init__(self) -> None:
        self.given = False
        self._held: str | None = ""

    def shown(self, written: str) -> str:
        """Give what of the text so far can be given out now."""
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
        """Give what was held back and turned out to be text."""
        held, self._held = (self._held or "").strip(), None
        return "" if held.startswith(_OPEN) else self._giving(held)

    def _giving(self, text: str) -> str:
        self.given = self.given or bool(text)
        return text


_OPEN, _CLOSE = "<think>", "</think>"
