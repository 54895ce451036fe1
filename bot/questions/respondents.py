"""Who is asked: the library itself, or what a test puts in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
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
        answers: list[Record] = []
        for question in turns:
            answers.append(await self._asked(question, tuple(map(Turn.of, answers))))
        return together(answers)

    async def _asked(self, question: str, history: Sequence[Turn]) -> Record:
        answer = await self._library.ask(question, history=history, keep=False)
        return record(answer, datetime.now(UTC))


def together(answers: Sequence[Record]) -> Record:
    """Give the last answer of a conversation, with the tokens and the cost of all of it.

    Raises:
        GriotError: what was to write an earlier one, on which it leans, failed.
    """
    *earlier, last = answers
    for one in earlier:
        if wrong := fault(one):
            raise GriotError(f"“{one.question}”, asked before, has no answer: {wrong}")
    usage = {name: sum(one.usage.get(name, 0) for one in answers) for name in _named(answers)}
    return replace(last, usage=usage)


def _named(answers: Sequence[Record]) -> Iterable[str]:
    return dict.fromkeys(name for one in answers for name in one.usage)
