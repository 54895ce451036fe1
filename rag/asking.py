"""A question's way to its answer: understood, searched for, read and, by a chat model, written."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain, zip_longest

from rag.errors import ModelError
from rag.grounding.disagree import disagreements
from rag.grounding.verify import cite, verify
from rag.languages.terms import terms
from rag.reading.answerer import ANSWERABLE, POSSIBLE, Answerer
from rag.reasons import Reason, Remark
from rag.replying import Replier, day, is_topic, on_topic
from rag.threads import Threads
from rag.types import (
    CLOSEST,
    PASSAGES,
    Answer,
    AnswerType,
    Citation,
    Draft,
    Event,
    Evidence,
    Outcome,
    Period,
    Question,
    ReadingArticles,
    Searching,
    TextDelta,
)
from rag.understanding.alternatives import comparable
from rag.understanding.conversation import Turn
from rag.understanding.periods import names_nothing_else
from rag.understanding.questions import part_name, reworded, understand
from rag.writing.answer import Chat, ChatAnswer

Found = tuple[Question, tuple[Evidence, ...]]
"""A question as it was searched for, and what was found."""

WIDE, NEAR = 40, 0.75
"""How many passages are looked through for the newest or the oldest article that answers, and what
share of the best one's score they have to have."""

ORDERED, ONE_OF_SEVERAL = 5, 0.25
"""How many articles are read by their dates, at most, and how likely one of them has to answer,
where all of them together do; so does the answer about one of two things."""


class Asker:
    """Answers questions from what a search finds: by the embedded reader, or by a chat model.

    The reader reads in either case: its confidence decides whether the chat model is asked, and it
    answers if the chat model fails. `languages` returns the codes of the articles' languages, the
    main one first; `today` the day that questions count from.
    """

    def __init__(  # noqa: PLR0913 - what answering needs
        self,
        answerer: Answerer,
        *,
        replier: Callable[[], Replier],
        chat: Chat | None,
        languages: Callable[[], Sequence[str]],
        today: Callable[[], date] = date.today,
        threads: Threads,
    ) -> None:
        self._answerer = answerer
        self._replier = replier
        self._chat = chat
        self._languages = languages
        self._today = today
        self._threads = threads

    async def stream(self, typed: str, history: Sequence[Turn]) -> AsyncGenerator[Event, None]:
        """Yield the stages and the text of answering a question, and last the verified answer."""
        yield Searching()
        watch = _Stopwatch()
        ticket = self._threads.ticket()
        history = [turn for turn in history if not turn.reply]
        languages = await self._threads.run(ticket, self._languages)
        parse = partial(understand, typed, history, languages=languages, today=self._today())
        asked = question = await self._threads.run(ticket, parse)
        loading = asyncio.gather(*(asyncio.to_thread(load) for load in self._loads()))
        if reply := await self._threads.run(ticket, self._replied, question):
            loading.add_done_callback(lambda done: done.cancelled() or done.exception())
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
        yield ReadingArticles(len({each.article.id for _, part in found for each in part}))
        read = await self._read_all(ticket, question, found)
        watch.lap("read")
        try:
            if chat and not fault and read.confidence < ANSWERABLE:
                read = await self._translated(ticket, chat, read, watch)
        except ModelError as error:
            fault = error
        question, evidence = read.question, read.evidence
        answer = read.answer(asked, history)
        if chat and not fault and read.confidence >= POSSIBLE:
            try:
                async with aclosing(chat.text(question, evidence, answer)) as pieces:
                    async for piece in pieces:
                        watch.once("first_text")
                        yield TextDelta(piece)
                answer = await chat.answer(answer, self._answerer)
            except ModelError as error:
                fault = error
            watch.lap("write")
        if fault:
            remark = Reason.MODEL_FAILED(error=fault.remark)
            answer = replace(answer, remarks=(remark, *answer.remarks), model_failed=True)
        yield replace(
            answer,
            when=datetime.now(UTC),
            question=typed,
            standalone_question=(question if question.parts else read.searched).text,
            evidence=evidence,
            remarks=(*answer.remarks, *_as_of(asked, answer)),
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

    async def _found(self, ticket: int, question: Question) -> list[Found]:
        """Search for each part of a question."""
        parts = question.parts or (question,)
        searches = (self._threads.run(ticket, self._search, part) for part in parts)
        return await asyncio.gather(*searches)

    async def _read_all(
        self, ticket: int, question: Question, found: Sequence[Found]
    ) -> "_Consulted":
        """Read what was found for each part of a question."""
        answers = [await self._threads.run(ticket, self._read, *part) for part in found]
        return _Consulted(question, found[0][0], answers)

    async def _translated(
        self, ticket: int, chat: ChatAnswer, read: "_Consulted", watch: "_Stopwatch"
    ) -> "_Consulted":
        """Search and read again for a question in the articles' language, if it is in another one.

        Whichever the reader is surer of is returned.
        """
        meant = await chat.in_articles_language(read.question)
        if meant is None:
            return read
        again = await self._read_all(ticket, meant, await self._found(ticket, meant))
        watch.lap("translate")
        return max(read, again, key=lambda each: each.confidence)

    def _replied(self, question: Question) -> Answer | None:
        """Reply to an aside; None where the question asks of what articles report."""
        replier = self._replier()
        aside = replier.aside(question.typed)
        return replier.reply(aside, question) if aside else None

    def _search(self, question: Question, k: int = PASSAGES) -> Found:
        """Search; return the question as it was searched for, and what was found."""
        query, found = self._replier().search(question, k)
        return query.question, found

    def _read(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Read what was found, in the order and of the period that a question asks for.

        A period that articles may name themselves ("in 2023") limits nothing where they do not
        answer: what happened then may be told later.
        """
        answer = self._in_order(question, evidence)
        if answer.claims and question.alternatives:
            answer = self._side_by_side(question) or answer
        if not question.period:
            return answer
        if answer.claims or names_nothing_else(question):
            return _dated(answer, question.period)
        undated = replace(reworded(question, question.undated), period=question.period)
        within = _dated(self._in_order(*self._search(undated)), question.period)
        if within.claims or question.period.relative:
            return within
        lifted = self._in_order(*self._search(replace(question, period=None)))
        return lifted if lifted.claims or lifted.confidence >= within.confidence else within

    def _side_by_side(self, question: Question) -> Answer | None:
        """Answer about each of two things; None where they have no answer each of its own.

        What is to be compared has the same unit: in the words that answer, or in their sentences.
        """
        questions = [each for _, each in question.alternatives]
        compares = all(each.wanted.kind is AnswerType.QUANTITY for each in questions)
        least = ONE_OF_SEVERAL if compares else ANSWERABLE
        answers = [self._drafted(*self._search(each), least=least) for each in questions]
        if not all(answer.claims for answer in answers):
            return None
        claims = [answer.claims[0] for answer in answers]
        if claims[0].citations[0] == claims[1].citations[0] or claims[0].text == claims[1].text:
            return None
        if compares and not comparable(*(claim.text for claim in claims)):
            claims = [replace(claim, text=claim.citations[0].quote) for claim in claims]
            if not comparable(*(claim.text for claim in claims)):
                return None
        named = zip(claims, question.alternatives, strict=True)
        return replace(
            answers[0],
            question=part_name(question),
            standalone_question=question.text,
            claims=tuple(replace(claim, part=name) for claim, (name, _) in named),
            disagreements=(),
            confidence=min(answer.confidence for answer in answers),
            evidence=_merged([answer.evidence for answer in answers]),
        )

    def _in_order(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Read the articles by their dates, if that is asked for; else the best passages at once.

        If the articles themselves have the words that ask for an order, these are none.
        """
        answer = self._drafted(question, evidence)
        order = question.ordering
        if order is None or (order.words and {*order.words} <= {*terms(_quoted(answer))}):
            return answer
        unordered, found = self._search(reworded(question, order.text), WIDE)
        near = [each for each in found if each.score >= NEAR * found[0].score]
        dated = _by_article(near, newest=order.newest)
        if len(dated) == 1 or not self._drafted(unordered, found[:PASSAGES]).claims:
            return answer
        for passages in dated:
            alone = self._drafted(unordered, passages, least=ONE_OF_SEVERAL)
            if alone.claims:
                others = [each for each in found if each not in passages]
                return replace(alone, evidence=(*passages, *others)[:PASSAGES])
        return answer

    def _drafted(
        self, question: Question, evidence: Sequence[Evidence], *, least: float = ANSWERABLE
    ) -> Answer:
        """Draft, verify and decide; a refusal has no citation."""
        draft = self._answerer.draft(question, evidence)
        claims = verify(draft) if draft.confidence >= least else ()
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
            evidence=tuple(evidence),
            mode=self._answerer.mode,
        )


@dataclass(frozen=True, slots=True)
class _Consulted:
    """The reader's answer to each part of a question; the first part is as it was searched for."""

    question: Question
    searched: Question
    answers: Sequence[Answer]

    @property
    def confidence(self) -> float:
        """That of the part that is answered best."""
        return max(each.confidence for each in self.answers)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The best passages of each part."""
        return _merged([each.evidence for each in self.answers])

    def answer(self, asked: Question, history: Sequence[Turn]) -> Answer:
        """Return the reader's answer; of a bare topic, what is told of it."""
        answer = _further(_joined(self.answers), asked, history)
        topic = replace(self.question, period=self.searched.period)
        if is_topic(topic) and (topic.wanted.asks is False or not answer.claims):
            told = on_topic(topic, self.evidence)
            return replace(told, remarks=answer.remarks) if told else answer
        return answer


def _by_article(evidence: Sequence[Evidence], *, newest: bool) -> list[list[Evidence]]:
    """Return the passages of the dated articles, by article, in the order of their dates."""
    articles: dict[str, list[Evidence]] = {}
    for each in evidence:
        if each.article.published:
            articles.setdefault(each.article.id, []).append(each)
    by_date = sorted(
        articles.values(), key=lambda each: each[0].article.published or date.min, reverse=newest
    )
    return by_date[:ORDERED]


def _quoted(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


def _dated(answer: Answer, period: Period) -> Answer:
    """Add a remark on the period that the articles were limited to."""
    remark = Reason.IN_PERIOD(first=day(period.first), last=day(period.last))
    return replace(answer, remarks=(*answer.remarks, remark))


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
        remarks=tuple(dict.fromkeys(each for answer in answers for each in answer.remarks)),
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


def _as_of(question: Question, answer: Answer) -> tuple[Remark, ...]:
    """Return a remark on the date of the article that answers how things stand, if it has one."""
    published = answer.citations[0].article.published if answer.claims else None
    if not question.ordering or not question.ordering.newest or not published:
        return ()
    return (Reason.AS_OF(day=day(published)),)


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
