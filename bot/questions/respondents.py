"""Who is asked: the library itself; `through_telegram` asks it through the bot."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from bot.questions.faults import fault
from rag.conversation import Turn
from rag.errors import GriotError
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
        for question in turns[:-1]:
            history.append(Turn.of(sound(await self._asked(question, history))))
        return await self._asked(turns[-1], history)

    async def _asked(self, question: str, history: Sequence[Turn]) -> Record:
        answer = await self._library.ask(question, history=tuple(history), keep=False)
        return record(answer, datetime.now(UTC))


def sound(earlier: Record) -> Record:
    """Give an answer that a later question of its conversation leans on.

    Raises:
        GriotError: what was to write it failed.
    """
    if wrong := fault(earlier):
        raise GriotError(f"“{earlier.question}”, asked before, has no answer: {wrong}")
    return earlier
