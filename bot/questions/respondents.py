"""Who is asked: the library itself; `through_telegram` asks it through the bot."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rag.conversation import Turn
from rag.records import Record, record

if TYPE_CHECKING:
    from rag.library import Library


class Respondent(Protocol):
    """Answers a conversation's questions one after the other."""

    async def answer(self, turns: Sequence[str]) -> Record:
        """Give the last question's answer.

        Raises:
            GriotError: one of them has no answer.
        """
        ...


class LibraryRespondent:
    """Asks a library. Nothing of it is kept there."""

    def __init__(self, library: "Library") -> None:
        self._library = library

    async def answer(self, turns: Sequence[str]) -> Record:
        """See `Respondent`."""
        history: list[Turn] = []
        for question in turns:
            answer = await self._library.ask(question, history=tuple(history), keep=False)
            history.append(Turn.of(answer))
        return record(answer, datetime.now(UTC))
