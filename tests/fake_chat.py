"""A chat model written by hand: it says what it is told to, and remembers what it was asked."""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from rag.errors import GriotError
from rag.models.chat import Message, Usage

Text = str | Callable[[str], str]
Reply = Text | GriotError | tuple[Text, GriotError]

PASSAGE = re.compile(r'<passage id="(\d+)"[^\n]*>\n(.*?)\n</passage>', re.DOTALL)


def passages(request: str) -> dict[str, str]:
    """The passages of a request, by number."""
    return dict(PASSAGE.findall(request))


def named(request: str, words: str) -> str:
    """The number of the first passage of a request with these words."""
    return next(name for name, text in passages(request).items() if words in text)


@dataclass
class FakeChat:
    """Returns its replies one after the other, cut into pieces of so many characters.

    A reply is a text, or what makes one of the request's last message; an error to raise; or a text
    and the error that follows it.
    """

    replies: list[Reply]
    piece: int = 7
    usage: Usage | None = None
    requests: list[tuple[Message, ...]] = field(default_factory=list)
    open: int = 0
    name: str = "scripted"
    listed: tuple[str, ...] = ("scripted", "another")

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        self.requests.append(tuple(messages))
        reply = self.replies.pop(0)
        if isinstance(reply, GriotError):
            raise reply
        said, fault = reply if isinstance(reply, tuple) else (reply, None)
        text = said if isinstance(said, str) else said(messages[-1].content)
        self.open += 1
        try:
            for start in range(0, len(text), self.piece):
                yield text[start : start + self.piece]
            if fault:
                raise fault
            if self.usage:
                yield self.usage
        finally:
            self.open -= 1

    async def models(self) -> tuple[str, ...]:
        return self.listed

    async def close(self) -> None:
        pass
