"""A question's way to its answer: understood, searched for, read and, by a chat model, written."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, zip_longest

from rag.errors import ModelError
from rag.grounding.disagree import disagreements
from rag.grounding.verify import cite, verify
from rag.index.retrieve import Query
from rag.reading.answerer import ANSWERABLE, POSSIBLE, Answerer
from rag.reasons import Reason, Remark
from rag.replying import Replier, day, is_topic, on_topic
from rag.threads import Threads
from rag.types import (
    CLOSEST,
    PASSAGES,
    Answer,
    Citation,
    Draft,
    Event,
    Evidence,
    Outcome,
    Question,
    ReadingArticles,
    Searching,
    TextDelta,
)
from rag.understanding.conversation import Turn
from rag.understanding.questions import part_name, understand
from rag.writing.answer import Chat, ChatAnswer

WIDE = 40
"""How many passages are looked through for those of a period."""


class Asker:
    """Answers questions from what a search finds: by the embedded reader, or by a chat model.

    The reader reads in either case: its confidence decides whether the chat model is asked, and it
    answers if the chat model fails. `languages` returns the codes of the articles' languages, the
    main one first.
    """

    def __init__(
        self,
        answerer: Answerer,
        *,
        replier: Callable[[], Replier],
        chat: Chat | None,
        languages: Callable[[], Sequence[str]],
        threads: Threads,
    ) -> None:
        self._answerer = answerer
        self._replier = replier
        self._chat = chat
        self._languages = languages
        self._threads = threads

    async def stream(self, typed: str, history: Sequence[Turn]) -> AsyncGenerator[Event, None]:
        """Yield the stages and the text of answering a question, and last the verified answer."""
        yield Searching()
        watch = _Stopwatch()
        ticket = self._threads.ticket()
        history = [turn for turn in history if not turn.reply]
        languages = await self._threads.run(ticket, self._languages)
        parse = partial(understand, typed, history, languages=languages)
        asked = question = await self._threads.run(ticket, parse)
        loading = asyncio.gather(*(asyncio.to_thread(load) for load in self._loads()))
        if reply := await self._threads.run(ticket, self._replied, question):
            loading.cancel()
            watch.lap("reply")
            yield replace(reply, when=datetime.now(UTC), timings=watch.timings())
            return
        chat, fault = self._begun(question, languages, ticket), None
        try:
            if chat:
                question = await chat.understood(history)
                watch.lap("understand")
        except ModelError as error:
            fault = error
        found, _ = await asyncio.gather(self._found(ticket, question), loading)
        watch.lap("search")
        evidence = _merged([each for _, each in found])
        yield ReadingArticles(len({each.article.id for each in evidence}))
        read = [
            await self._threads.run(ticket, self._read, query.question, each)
            for query, each in found
        ]
        watch.lap("read")
        answer = _further(_joined(read), asked, history)
        if is_topic(question) and (question.wanted.asks is False or not answer.claims):
            answer = on_topic(question, evidence) or answer
        if chat and not fault and max(each.confidence for each in read) >= POSSIBLE:
            try:
                async with aclosing(chat.text(question, evidence, answer)) as pieces:
                    async for piece in pieces:
                        watch.once("first_text")
                        yield TextDelta(piece)
                answer = chat.answer(answer)
            except ModelError as error:
                fault = error
            watch.lap("write")
        if fault:
            remark = Reason.MODEL_FAILED(error=fault.remark)
            answer = replace(answer, remarks=(remark,), model_failed=True)
        yield replace(
            answer,
            when=datetime.now(UTC),
            question=typed,
            standalone_question=question.text,
            evidence=evidence,
            remarks=(*answer.remarks, *_period(question, evidence)),
            timings=watch.timings(),
            usage=chat.usage if chat else {},
        )

    def _begun(
        self, question: Question, languages: Sequence[str], ticket: int
    ) -> ChatAnswer | None:
        if self._chat is None:
            return None
        return ChatAnswer(self._chat, question, languages, partial(self._threads.run, ticket))

    def _loads(self) -> list[Callable[[], None]]:
        """Return what loads the models that a question needs, before it is read."""
        return [self._answerer.load, *([self._chat.verifier.load] if self._chat else [])]

    async def _found(
        self, ticket: int, question: Question
    ) -> list[tuple[Query, tuple[Evidence, ...]]]:
        """Search for each part of a question."""
        parts = question.parts or (question,)
        searches = (self._threads.run(ticket, self._search, part) for part in parts)
        return await asyncio.gather(*searches)

    def _replied(self, question: Question) -> Answer | None:
        """Reply to an aside; None where the question asks of what articles report."""
        replier = self._replier()
        aside = replier.aside(question.typed)
        return replier.reply(aside, question) if aside else None

    def _search(self, question: Question) -> tuple[Query, tuple[Evidence, ...]]:
        """Search; of a question that names a period, keep what articles of that time say."""
        if question.period is None:
            return self._replier().search(question, PASSAGES)
        query, found = self._replier().search(question, WIDE)
        within = [each for each in found if question.period.holds(each.article.published)]
        return query, tuple(within or found)[:PASSAGES]

    def _read(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Draft, verify and decide; a refusal has no citation."""
        draft = self._answerer.draft(question, evidence)
        claims = verify(draft) if draft.confidence >= ANSWERABLE else ()
        closest = () if claims or draft.confidence < POSSIBLE else _closest(draft)
        return Answer(
            question=part_name(question),
            standalone_question=question.text,
            outcome=(
                Outcome.ANSWERED if claims else Outcome.UNSURE if closest else Outcome.NOT_IN_CORPUS
            ),
            claims=claims,
            disagreements=disagreements(question, claims),
            closest=closest,
            confidence=draft.confidence,
            mode=self._answerer.mode,
        )


def _merged(found: Sequence[Sequence[Evidence]]) -> tuple[Evidence, ...]:
    """Return the best passages of each part of a question, by turns, each once."""
    by_turns = (each for each in chain.from_iterable(zip_longest(*found)) if each is not None)
    return tuple({each.passage: each for each in by_turns}.values())[:PASSAGES]


def _closest(draft: Draft) -> tuple[Citation, ...]:
    """Quote what a draft rests on, without claiming anything."""
    cited = (cite(article, span) for claim in draft.claims for article, span in claim.cited)
    return tuple(dict.fromkeys(cited))[:CLOSEST]


def _joined(answers: Sequence[Answer]) -> Answer:
    """Join the answers to a question's parts; the least confidence is that of all."""
    if len(answers) == 1:
        return answers[0]
    given = [answer for answer in answers if answer.claims]
    missing = [answer for answer in answers if not answer.claims]
    if not given:
        closest = tuple(dict.fromkeys(quote for answer in answers for quote in answer.closest))
        return replace(
            min(answers, key=lambda answer: answer.confidence),
            outcome=Outcome.UNSURE if closest else Outcome.NOT_IN_CORPUS,
            closest=closest[:CLOSEST],
        )
    return replace(
        given[0],
        outcome=Outcome.PARTLY_ANSWERED if missing else Outcome.ANSWERED,
        claims=tuple(
            replace(claim, part=answer.question) for answer in given for claim in answer.claims
        ),
        unanswered=tuple(answer.question for answer in missing),
        disagreements=tuple(
            dict.fromkeys(each for answer in given for each in answer.disagreements)
        ),
        confidence=min(answer.confidence for answer in answers),
    )


def _further(answer: Answer, question: Question, history: Sequence[Turn]) -> Answer:
    """Leave out what the previous answer said, unless nothing else is left.

    After "and …?" that is every claim made before; after other follow-ups, further claims whose
    sentences were all quoted before. What disagrees stays.
    """
    if question.ellipsis:
        before = history[-1].answer_text
        further = tuple(claim for claim in answer.claims if claim.text not in before)
    elif question.alone != question.typed.strip() and not answer.disagreements:
        quoted = {*history[-1].quotes}
        first, rest = answer.claims[:1], answer.claims[1:]
        new = (claim for claim in rest if {each.quote for each in claim.citations} - quoted)
        further = (*first, *new)
    else:
        further = ()
    return replace(answer, claims=further) if further else answer


def _period(question: Question, evidence: Sequence[Evidence]) -> tuple[Remark, ...]:
    """Return a remark on the period that the articles were limited to, if they were."""
    asked = question.period
    held = asked and {asked.holds(each.article.published) for each in evidence} == {True}
    if not asked or not held:
        return ()
    return (Reason.IN_PERIOD(first=day(asked.first), last=day(asked.last)),)


class _Stopwatch:
    """Measures stages, in milliseconds."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage that began when the last one ended."""
        now = time.perf_counter()
        self._laps[stage] = 1000 * (now - self._last)
        self._last = now

    def once(self, event: str) -> None:
        """Note the first time that something happens, from the start on."""
        self._laps.setdefault(event, 1000 * (time.perf_counter() - self._start))

    def timings(self) -> dict[str, float]:
        """Return each stage's time, and the total from the start on."""
        return {**self._laps, "total": 1000 * (time.perf_counter() - self._start)}
