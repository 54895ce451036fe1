"""Asks standing questions again when new articles may change their answers."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.standing.store import News, Standing, StandingTables
from rag.errors import GriotError
from rag.grounding.change import Changes
from rag.library import Library
from rag.types import Answer

LOOK = 20.0
"""Seconds between two looks for new articles."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checking:
    """Finds out which standing questions have news, one question after the other.

    The embedded reader answers, whose claims are the articles' own words: no chat model is paid for
    a question that nobody asks just now, or puts the same in other words each time.
    """

    library: Library
    store: StandingTables
    changes: Changes

    async def check(self, questions: Iterable[Standing]) -> None:
        """Look at what came since each question was looked at, and keep what is news.

        A question is read again only if a search for it finds one of the new articles. News that
        are still to be told come first; what came after them is looked at when they are told.
        """
        last = await asyncio.to_thread(self.library.last_found)
        for question in questions:
            if question.news or (question.told and question.seen >= last):
                continue
            try:
                checked = await self._checked(question, last)
            except GriotError as error:
                _log.warning("a standing question could not be asked: %s", error)
                continue
            await asyncio.to_thread(self.store.put, question, checked)

    async def _checked(self, question: Standing, last: int) -> Standing:
        """Return a question that was looked at with the articles that came since."""
        if question.told is None:
            return replace(question, told=await self._answer(question), seen=last)
        arrived, last = await asyncio.to_thread(self.library.arrivals, question.seen)
        new, asked = frozenset(arrived), question.question
        if not new or not await asyncio.to_thread(self.library.concerns, asked, new):
            return replace(question, seen=last)
        answer = await self._answer(question)
        change = await asyncio.to_thread(
            self.changes.between, question.told, answer, new, earlier=question.earlier
        )
        if change is None:
            return replace(question, seen=last)
        return replace(question, news=News(answer, change, last))

    async def _answer(self, question: Standing) -> Answer:
        """Return the embedded reader's answer, without the passages that it was found in."""
        return replace(await self.library.glance(question.question), evidence=())
