"""How a question is answered: parsed, searched for, read and, by a chat model, written."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial

from rag.errors import ModelError
from rag.grounding.copies import Copies, with_copies
from rag.grounding.disagree import disagreements
from rag.grounding.verify import cite, verify
from rag.languages.amounts import comparable
from rag.languages.terms import terms
from rag.reading.answerer import ANSWERABLE, POSSIBLE, Answerer
from rag.reading.comparing import (
    ONE_OF_SEVERAL,
    amounts_of,
    can_tell,
    interleaved,
    likeliest_pair,
    one_side,
    quotes_all,
    side_by_side,
    verdict_on,
)
from rag.reasons import Reason, Remark
from rag.replying import OF_PERIOD, Replier, day, is_topic, mentioning, on_topic
from rag.threads import Threads
from rag.types import (
    CLOSEST,
    PASSAGES,
    Answer,
    AnswerType,
    Citation,
    DatingEvent,
    Draft,
    Event,
    Evidence,
    Ordering,
    Outcome,
    Period,
    Question,
    ReadingArticles,
    Searching,
    TextDelta,
)
from rag.understanding.asides import AsideKind
from rag.understanding.conversation import Turn
from rag.understanding.followups import past
from rag.understanding.questions import ENDS, by_itself, meant, part_name, reworded, understand
from rag.writing.answer import Chat, ChatAnswer

Found = tuple[Question, tuple[Evidence, ...]]
"""A question as it was searched for, and what was found."""

ACROSS = 12
"""How many passages are read for a question in another language than the articles: they share no
words, and the right passage is less often among the first."""

WIDE, NEAR = 40, 0.75
"""How many passages are searched for the newest or the oldest article that answers, and the least
score of those that count, as a share of the best one's."""

ORDERED = 5
"""The most articles that are read in the order of their dates."""


def reach(question: Question, languages: Collection[str]) -> int:
    """Return how many passages are read for a question about articles in these languages."""
    return PASSAGES if question.language in languages else ACROSS


class Asker:
    """Answers a question from what a search finds: by the embedded reader, or by a chat model.

    The reader always reads: its confidence decides whether the chat model is asked, and it answers
    if the chat model fails. `copies` returns the other articles of an article's cluster,
    `languages` the codes of the articles' languages, the main one first, and `today` the day that
    "last week" is counted from.
    """

    def __init__(  # noqa: PLR0913 - what answering needs
        self,
        answerer: Answerer,
        *,
        replier: Callable[[], Replier],
        chat: Chat | None,
        copies: Copies,
        languages: Callable[[], Sequence[str]],
        today: Callable[[], date] = date.today,
        threads: Threads,
    ) -> None:
        self._answerer = answerer
        self._replier = replier
        self._chat = chat
        self._copies = copies
        self._languages = cache(languages)  # they are detected in the articles' texts
        self._today = today
        self._threads = threads
        self._lacking: set[Remark] = set()

    async def stream(self, typed: str, history: Sequence[Turn]) -> AsyncGenerator[Event, None]:
        """Yield the stages and the text of answering a question, and last the verified answer."""
        yield Searching()
        stopwatch = _Stopwatch()
        ticket = self._threads.ticket()
        history = [turn for turn in history if not turn.reply]
        languages = await self._threads.run(ticket, self._languages)
        parse = partial(understand, typed, history, languages=languages, today=self._today())
        asked = question = await self._threads.run(ticket, parse)
        loading = asyncio.gather(*(asyncio.to_thread(load) for load in self._loads()))
        if reply := await self._threads.run(ticket, self._replied, question, history[-1:]):
            loading.add_done_callback(lambda done: done.cancelled() or done.exception())
            loading.cancel()
            stopwatch.lap("reply")
            reply = await self._threads.run(ticket, with_copies, reply, self._copies)
            yield replace(reply, when=datetime.now(UTC), timings=stopwatch.timings())
            return
        ways = await self._threads.run(ticket, self._ways, asked, history)
        asked = question = ways[0]
        chat, fault = self._begun(question, languages, ticket), None
        try:
            if chat:
                question = await chat.understood(history)
                stopwatch.lap("understand")
        except ModelError as error:
            fault = error
        found, _ = await asyncio.gather(self._found(ticket, question), loading)
        stopwatch.lap("search")
        yield ReadingArticles(len({each.article.id for _, part in found for each in part}))
        read = await self._read_ways(ticket, question, found, ways, history)
        stopwatch.lap("read")
        try:
            if chat and not fault and read.confidence < ANSWERABLE:
                read = await self._translated(ticket, chat, read, stopwatch)
        except ModelError as error:
            fault = error
        question, evidence = read.question, read.evidence
        answer = read.answer(question if question in ways else asked, history)
        if chat and not fault and read.confidence >= POSSIBLE:
            try:
                async with aclosing(chat.text(question, evidence, answer)) as pieces:
                    async for piece in pieces:
                        stopwatch.once("first_text")
                        yield TextDelta(piece)
                answer = await chat.answer(answer, self._answerer)
            except ModelError as error:
                fault = error
            stopwatch.lap("write")
        answer = await self._threads.run(ticket, with_copies, answer, self._copies)
        if fault:
            remark = Reason.MODEL_FAILED(error=fault.remark)
            answer = replace(answer, remarks=(remark, *answer.remarks), model_failed=True)
        yield replace(
            answer,
            when=datetime.now(UTC),
            question=typed,
            standalone_question=(question if question.parts else read.searched).text,
            evidence=evidence,
            remarks=(*answer.remarks, *self._lacking, *_as_of(asked, answer)),
            timings=stopwatch.timings(),
            usage=chat.usage if chat else {},
        )

    def _ways(self, question: Question, history: Sequence[Turn]) -> list[Question]:
        """Return what a question may mean as a standalone question, likeliest first."""
        followups, today = self._replier().followups, self._today()
        if question.ellipsis and self._replier().clauses.is_clause(question.ellipsis):
            question = by_itself(question, history[-1], today=today)
        texts = followups.ways(question, history)
        asked = self._in_their_words(question, history[-1]) if question.ellipsis else question
        if asked.ellipsis != question.ellipsis:
            typed = question.ellipsis.rstrip(f" {''.join(ENDS)}")
            texts = [text.replace(typed, asked.ellipsis) for text in texts]
        return [asked if text == asked.text else meant(asked, text, today=today) for text in texts]

    def _in_their_words(self, question: Question, before: Turn) -> Question:
        """Return an ellipsis in the words of what was quoted before, or of what stands beside it.

        What was said there, or would have been by a surer reader, is no answer to it.
        """
        asked, found = self._search(
            understand(before.standalone_question, languages=self._languages())
        )
        near = [each for each in found if any(map(each.text.__contains__, before.quotes))]
        texts = (each.article.whole.text[s.start : s.end] for each in near for s in each.sentences)
        again = self._replier().followups.in_their_words(question, [*texts])
        if again is question:
            return question
        claims = before.claims or [each.text for each in self._answerer.draft(asked, found).claims]
        return past(again, claims[0]) if claims else again

    def _begun(
        self, question: Question, languages: Sequence[str], ticket: int
    ) -> ChatAnswer | None:
        if self._chat is None:
            return None
        return ChatAnswer(self._chat, question, languages, partial(self._threads.run, ticket))

    def _loads(self) -> list[Callable[[], None]]:
        """Return the functions that load the models, to be called while the search goes on."""
        return [self._answerer.load, *([self._chat.verifier.load] if self._chat else [])]

    async def _found(self, ticket: int, question: Question) -> list[Found]:
        """Search for each part of a question."""
        parts = question.parts or (question,)
        searches = (self._threads.run(ticket, self._search, part) for part in parts)
        return await asyncio.gather(*searches)

    async def _read_all(
        self, ticket: int, question: Question, found: Sequence[Found]
    ) -> "_PartAnswers":
        """Read what was found for each part of a question."""
        answers = [await self._threads.run(ticket, self._read, *part) for part in found]
        return _PartAnswers(question, found[0][0], answers)

    async def _read_ways(
        self,
        ticket: int,
        question: Question,
        found: Sequence[Found],
        ways: Sequence[Question],
        history: Sequence[Turn],
    ) -> "_PartAnswers":
        """Read what was found for a question; if that does not answer it, try its other meanings.

        `ways` are its meanings, the first of which was searched for. A chat model's rewriting has
        no other meaning. An answer that only repeats the one before counts if no other is found.
        """
        said = history[-1].claims if history else ()
        read = await self._read_all(ticket, question, found)
        for way in ways[1:] if question is ways[0] else ():
            if read.settles(said):
                break
            again = await self._read_all(ticket, way, await self._found(ticket, way))
            read = max(read, again, key=lambda each: each.worth(said))
        return read

    async def _translated(
        self, ticket: int, chat: ChatAnswer, read: "_PartAnswers", stopwatch: "_Stopwatch"
    ) -> "_PartAnswers":
        """Search and read again for a translation, if the question is in another language.

        The reading with the higher confidence is returned.
        """
        meant = await chat.in_articles_language(read.question)
        if meant is None:
            return read
        again = await self._read_all(ticket, meant, await self._found(ticket, meant))
        stopwatch.lap("translate")
        return max(read, again, key=lambda each: each.confidence)

    def _replied(self, question: Question, before: Sequence[Turn]) -> Answer | None:
        """Reply to an aside; None where the question asks of what articles report.

        What is asked of a whole topic is left to a chat model.
        """
        replier = self._replier()
        if question.dated_by and replier.asks_for_events(question):
            question = replace(question, period=self._period_of(question, question.dated_by))
        if question.period and (told := replier.events(question)):
            return _dated(told, question.period)
        aside = replier.aside(question)
        if aside is None:
            return None
        if aside.kind is AsideKind.TOPIC and self._chat:
            return None
        if aside.kind is AsideKind.MORE and before and (told := replier.more(question, before[0])):
            return told
        reply = replier.reply(aside, question, before[0] if before else None)
        named = question.period if aside.kind in OF_PERIOD else None
        limits = reply.listed or reply.claims or aside.topic
        return _dated(reply, named) if named and limits else reply

    def _search(self, question: Question, k: int | None = None) -> Found:
        """Return the question as it was searched for, and the k best passages.

        By default as many as a question is answered from.
        """
        k = reach(question, self._languages()) if k is None else k
        query, found = self._replier().search(question, k)
        if query.lacking:
            self._lacking.add(query.lacking)
        return query.question, found

    def _read(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Answer from what was found, in the order and from the period that a question asks for.

        If no article of the period answers, and articles may name the period ("in 2023"), later
        articles may answer, too.
        """
        if any(each.side for _, each in question.alternatives):
            answer = self._compared(question, evidence)
        else:
            answer = self._side_by_side(question) or self._in_order(question, evidence)
        if question.dated_by:
            return self._by_event(question, question.dated_by, answer)
        if not question.period:
            return answer
        if answer.claims:
            return _dated(answer, question.period)
        within = self._within(question, question.period)
        if within.claims or question.period.relative:
            return within
        later = _of_then(question, self._in_order(*self._search(replace(question, period=None))))
        return later if later.claims or later.confidence >= within.confidence else within

    def _by_event(self, question: Question, event: DatingEvent, answer: Answer) -> Answer:
        """Answer from articles of the time after, or before, an event that a question names.

        The first article about the event dates it. The `answer` from all articles stays if it
        mentions the event, or if no article of that time answers.
        """
        period = self._period_of(question, event)
        named = {*understand(event.text, languages=[question.language]).content}
        if period is None or named <= {*terms(_quoted(answer))}:
            return answer
        within = self._within(question, period)
        return within if within.claims else answer

    def _within(self, question: Question, period: Period) -> Answer:
        """Answer a question, without the words that date it, from the articles of a period."""
        undated = replace(reworded(question, question.undated), period=period)
        return _dated(self._in_order(*self._search(undated)), period)

    def _period_of(self, question: Question, event: DatingEvent) -> Period | None:
        """Return the time from an event on, or before it; None if no dated article is about it."""
        _, found = self._search(reworded(question, event.text), WIDE)
        days = [each.article.published for each in mentioning(found) if each.article.published]
        if not days:
            return None
        first = min(days)
        if event.before:
            return Period(date.min, first - timedelta(days=1))
        return Period(first, max(first, self._today()))

    def _side_by_side(self, question: Question) -> Answer | None:
        """Answer about each of two things; None if there are no two, or no two different answers.

        Amounts that are compared have the same unit, in the short answers or in their sentences.
        """
        questions = [each for _, each in question.alternatives]
        if not questions:
            return None
        compares = all(each.wanted.kind is AnswerType.QUANTITY for each in questions)
        least = ONE_OF_SEVERAL if compares else ANSWERABLE
        answers = [self._drafted(*self._search(each), least=least) for each in questions]
        if not all(answer.claims for answer in answers):
            return None
        claims = [answer.claims[0] for answer in answers]
        if compares and not comparable(*map(amounts_of, claims)):
            claims = [replace(claim, text=claim.citations[0].quote) for claim in claims]
            if not comparable(*map(amounts_of, claims)):
                return None
        if claims[0].text == claims[1].text:
            return None
        verdict = verdict_on(question, claims) if compares else None
        return replace(side_by_side(question, answers, claims), verdict=verdict)

    def _compared(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Answer about two things that are compared, by an amount of each in one unit.

        Else a sentence that names both may tell; else an amount of one is part of an answer.
        """
        halves = [self._search(each) for _, each in question.alternatives]
        answers = [self._drafted(*each, least=0.0) for each in halves]
        whole = self._drafted(question, evidence, least=ONE_OF_SEVERAL)
        if pair := likeliest_pair(question, answers, whole):
            beside = side_by_side(question, answers, pair)
            sure = max(beside.confidence, whole.confidence if quotes_all(whole, pair) else 0.0)
            return replace(beside, verdict=verdict_on(question, pair), confidence=sure)
        answer = self._in_order(question, evidence)
        if answer.claims and can_tell(question, answer.claims[0]):
            return answer
        return one_side(question, answers) or _unsure(answer)

    def _in_order(self, question: Question, evidence: Sequence[Evidence]) -> Answer:
        """Answer from the newest or the oldest article, if that is asked for; else from all.

        If the answering articles have the words that ask for an order, they ask for none.
        """
        order = question.ordering
        if order is None:
            return self._drafted(question, evidence)
        answer = self._drafted(question, evidence) if order.words else None
        if answer and {*order.words} <= {*terms(_quoted(answer))}:
            return answer
        if dated := self._by_date(question, order):
            return dated
        return _onward(order, answer or self._drafted(question, evidence))

    def _by_date(self, question: Question, order: Ordering) -> Answer | None:
        """Answer from the newest or the oldest of several answering articles, None without any."""
        unordered, found = self._search(reworded(question, order.text), WIDE)
        near = [each for each in found if each.score >= NEAR * found[0].score]
        dated = _by_article(near, newest=order.newest)
        for passages in dated if len(dated) > 1 else ():
            alone = self._drafted(unordered, passages, least=ONE_OF_SEVERAL)
            if not alone.claims:
                continue
            sure = alone.confidence >= ANSWERABLE
            if not sure and not self._drafted(unordered, found[:PASSAGES]).claims:
                return None
            others = [each for each in found if each not in passages]
            return replace(alone, evidence=(*passages, *others)[:PASSAGES])
        return None

    def _drafted(
        self, question: Question, evidence: Sequence[Evidence], *, least: float = ANSWERABLE
    ) -> Answer:
        """Draft an answer, verify it, and decide its outcome; a refusal has no citation."""
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
class _PartAnswers:
    """The reader's answers to the parts of a question; `searched` is the first, as searched for."""

    question: Question
    searched: Question
    answers: Sequence[Answer]

    @property
    def confidence(self) -> float:
        """The highest confidence of any part."""
        return max(each.confidence for each in self.answers)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The best passages of each part."""
        return interleaved([each.evidence for each in self.answers])

    def settles(self, said: Sequence[str]) -> bool:
        """True if a question is answered, and not by what was `said` before."""
        return any(claim.text not in said for answer in self.answers for claim in answer.claims[:1])

    def worth(self, said: Sequence[str]) -> tuple[bool, bool, float]:
        """Return the sort key of a meaning of a question, given what was `said` before.

        All that are refused are equal.
        """
        answered = any(answer.claims for answer in self.answers)
        chance = self.confidence if self.confidence >= POSSIBLE else 0.0
        return self.settles(said), answered, chance

    def answer(self, asked: Question, history: Sequence[Turn]) -> Answer:
        """Return the reader's answer; for a bare topic, the most telling sentences about it."""
        answer = _further(_joined(self.answers), asked, history)
        asks = self.question.wanted.asks
        if is_topic(self.question) and (asks is False or not answer.claims):
            told = on_topic(self.question, self.evidence)
            return replace(told, remarks=answer.remarks) if told else answer
        return answer


def _unsure(answer: Answer) -> Answer:
    """Return an answer that is not told, with what it quoted as closest."""
    if not answer.claims:
        return answer
    unsure = replace(answer, outcome=Outcome.UNSURE, claims=(), disagreements=())
    return replace(unsure, closest=answer.citations[:CLOSEST])


def _by_article(evidence: Sequence[Evidence], *, newest: bool) -> list[list[Evidence]]:
    """Group passages by article, in the order of the articles' dates, without undated ones."""
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


def _onward(order: Ordering, answer: Answer) -> Answer:
    """Drop claims of articles older than the first claim's if the newest is wanted, else newer."""
    if not answer.claims:
        return answer
    days = [claim.citations[0].article.published for claim in answer.claims]
    kept = [
        claim
        for claim, day_of in zip(answer.claims, days, strict=True)
        if day_of is None
        or days[0] is None
        or day_of == days[0]
        or (day_of > days[0]) is order.newest
    ]
    return replace(answer, claims=tuple(kept))


def _of_then(question: Question, answer: Answer) -> Answer:
    """Drop claims of articles from outside a question's period, unless they name its year.

    If none is left, the answer is unsure.
    """
    period = question.period
    claims = tuple(
        claim
        for claim in answer.claims
        for source, quote in [(claim.citations[0].article, claim.citations[0].quote)]
        if not (period and source.published)
        or period.holds(source.published)
        or question.numbers & {*terms(quote)}
    )
    if claims or not answer.claims:
        return replace(answer, claims=claims)
    return _unsure(answer)


def _dated(answer: Answer, period: Period) -> Answer:
    """Add a remark on the period that the articles were limited to, if any of them has a date."""
    if answer.evidence and not any(
        period.holds(each.article.published) for each in answer.evidence
    ):
        return answer
    return replace(answer, remarks=(*answer.remarks, _limit(period)))


def _limit(period: Period) -> Remark:
    first, last = day(period.first), day(period.last)
    if period.first == date.min:
        return Reason.UNTIL(last=last)
    return Reason.OF_DAY(day=last) if first == last else Reason.IN_PERIOD(first=first, last=last)


def _closest(draft: Draft) -> tuple[Citation, ...]:
    """Cite the ranges of a draft, without claiming anything."""
    cited = (cite(article, span) for claim in draft.claims for article, span in claim.cited)
    return tuple(dict.fromkeys(cited))[:CLOSEST]


def _joined(answers: Sequence[Answer]) -> Answer:
    """Join the answers to a question's parts, with the lowest of their confidences."""
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
        verdict=None,
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
    """Drop what the previous answer said, unless nothing else is left.

    After "and …?", drop every claim made before, and every sentence quoted before; after other
    follow-ups, the claims behind the first whose sentences were all quoted before. An answer with
    disagreements stays whole.
    """
    if question.ellipsis:
        before = history[-1]
        further = tuple(
            claim
            for claim in answer.claims
            if claim.text not in before.answer_text and claim.text not in before.quotes
        )
    elif question.alone != question.typed.strip() and not answer.disagreements:
        quoted = {*history[-1].quotes}
        first, rest = answer.claims[:1], answer.claims[1:]
        new = (claim for claim in rest if {each.quote for each in claim.citations} - quoted)
        further = (*first, *new)
    else:
        further = ()
    return replace(answer, claims=further) if further else answer


def _as_of(question: Question, answer: Answer) -> tuple[Remark, ...]:
    """Return a remark with the date of the answering article, if the newest was asked for."""
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
        """End a stage, which began when the one before ended."""
        now = time.perf_counter()
        self._laps[stage] = 1000 * (now - self._last)
        self._last = now

    def once(self, event: str) -> None:
        """Record when something happens for the first time, counted from the start."""
        self._laps.setdefault(event, 1000 * (time.perf_counter() - self._start))

    def timings(self) -> dict[str, float]:
        """Return the time of each stage, and the total since the start."""
        return {**self._laps, "total": 1000 * (time.perf_counter() - self._start)}
