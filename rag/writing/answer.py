"""A chat model's answer, each sentence verified and its citations numbered as it is streamed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from rag.grounding.disagree import contrary, disagreements
from rag.grounding.support import Verifier
from rag.grounding.verify import Grounding
from rag.languages.terms import terms
from rag.models.chat import ChatModel
from rag.models.embedder import Embedder
from rag.reading.answerer import Answerer
from rag.reasons import Reason
from rag.text.detection import other_than
from rag.types import (
    Answer,
    AnswerType,
    Citation,
    Claim,
    Disagreement,
    DraftClaim,
    Evidence,
    Outcome,
    Question,
)
from rag.understanding.conversation import Turn
from rag.writing.generate import CONTEXT, Writing

BEHIND, ANSWERS = 2.0, -1.25
"""The reader's log-odds that a model's text answers may be this far below those of its own quote,
or, if the reader is unsure, must be at least so high. On squad2's fitting titles 15 % of the other
sentences of a paragraph are so near. By the English questions about news of benchmarks/fit.py, 94 %
of the passages that answer are so high, 27 % of near misses."""

Run = Callable[..., Awaitable[Any]]

FEW, SOME = 3, 4
"""How many passages the model reads where the reader is sure, and where it is not."""


class Unsupported(StrEnum):
    """Whether to drop sentences that the articles do not support, or to show them as such."""

    DROP = "drop"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat model, and what verifies its text.

    `verifier` judges whether the articles support a sentence, `embedder` whether it is about what
    was asked. `context` is the number of tokens that a request and its answer may take together.
    `today` is the day that relative dates in questions count from.
    """

    model: ChatModel
    verifier: Verifier
    embedder: Embedder
    context: int = CONTEXT
    unsupported: Unsupported = Unsupported.DROP
    today: Callable[[], date] = date.today


class ChatAnswer:
    """A chat model's answer to one question, while it is made.

    `languages` are the codes of the articles' languages; `run` does work in a thread.

    Every asynchronous method raises `ModelError` where the chat model, the verifier or the embedder
    fails.
    """

    mode = "model"

    def __init__(
        self,
        chat: Chat,
        question: Question,
        languages: Sequence[str],
        run: Run,
    ) -> None:
        self._chat = chat
        self._question = question
        self._languages = languages
        self._run = run
        self._writing = Writing(chat.model, context=chat.context, today=chat.today())
        self._evidence: tuple[Evidence, ...] = ()
        self._read: tuple[Claim, ...] = ()
        self._claims: list[Claim] = []
        self._marks: dict[Citation, int] = {}
        self._foreign = False

    @property
    def usage(self) -> dict[str, float]:
        """The tokens that the model's calls took, as far as the server tells them."""
        return self._writing.usage

    async def understood(self, history: Sequence[Turn]) -> Question:
        """Return the question as it stands alone."""
        return await self._writing.understood(self._question, history)

    async def in_articles_language(self, question: Question) -> Question | None:
        """Return the question in the articles' main language, None where it is in one of theirs."""
        if not self._languages or question.language in self._languages:
            return None
        return await self._writing.in_language(question, self._languages[0])

    async def text(
        self, question: Question, evidence: Sequence[Evidence], by_reader: Answer
    ) -> AsyncGenerator[str, None]:
        """Yield the text as it is streamed, each verified sentence followed by its citations.

        The model may refuse only where the reader's answer is unsure.

        Text in another language than the articles' is translated and verified as a whole, at the
        end, and is shown without citations.
        """
        self._question, self._evidence = question, tuple(evidence)
        self._read = by_reader.claims
        drafts: list[DraftClaim] = []
        writing = self._writing.answer(
            question,
            context(question, evidence, by_reader),
            refusable=by_reader.outcome is not Outcome.ANSWERED,
        )
        async with aclosing(writing) as parts:
            async for part in parts:
                if isinstance(part, str):
                    yield part
                    continue
                drafts.append(part)
                self._foreign = self._foreign or await self._run(self._is_foreign, part)
                if not self._foreign:
                    yield await self._verified([part])
        if self._foreign:
            unread = drafts[len(self._claims) :]
            texts = [draft.text for draft in unread]
            meanings = await self._writing.translated(texts, self._languages[0])
            meant = [
                replace(draft, meaning=meaning)
                for draft, meaning in zip(unread, meanings, strict=True)
            ]
            await self._verified(meant)

    async def answer(self, by_reader: Answer, reader: Answerer) -> Answer:
        """Return the supported claims if they answer the question, or else the reader's answer."""
        claims, name = tuple(self._claims), self._chat.model.name
        why = Reason.NOTHING_BORNE_OUT if claims else Reason.MODEL_REFUSED
        supported = [claim for claim in claims if claim.citations]
        if supported and not await self._run(self._answers, supported, by_reader, reader):
            why, supported, off = Reason.BESIDE_THE_POINT, [], Reason.OFF_TOPIC()
            claims = tuple(
                replace(each, citations=(), reason=each.reason or off) for each in claims
            )
        left_out = tuple(claim for claim in claims if not claim.citations)
        if not supported:
            remarks = (why(model=name),) if by_reader.claims else ()
            return replace(by_reader, left_out=left_out, remarks=(*by_reader.remarks, *remarks))
        left = (Reason.LEFT_OUT(n=len(left_out)),) if left_out and not self._flags else ()
        return replace(
            by_reader,
            outcome=Outcome.PARTLY_ANSWERED if self._writing.refused else Outcome.ANSWERED,
            claims=claims if self._flags else tuple(supported),
            left_out=left_out,
            unanswered=(),
            closest=(),
            verdict=None,
            disagreements=self._disagreements(supported),
            confidence=sum(claim.support for claim in supported) / len(supported),
            mode=self.mode,
            model=name,
            remarks=(*by_reader.remarks, *left),
        )

    @property
    def _flags(self) -> bool:
        return self._chat.unsupported is Unsupported.FLAG

    def _answers(self, claims: Sequence[Claim], by_reader: Answer, reader: Answerer) -> bool:
        """Return whether claims answer the question, as far as the reader can tell.

        They do if they contain the reader's own answer, or score hardly lower than its quote. The
        reader finds a span of text: it cannot judge a yes, a part of an answer, or a claim in
        another language.
        """
        wanted = self._question.wanted
        spans = wanted.kind is not AnswerType.YES_NO and wanted.asks is not False
        foreign = self._foreign or self._question.language not in self._languages
        if foreign or self._question.parts or not spans:
            return True
        text = " ".join(claim.text for claim in claims)
        said = {*terms(text)}
        if any({*terms(claim.text)} <= said for claim in by_reader.claims[:1]):
            return True
        quotes = [citation.quote for citation in by_reader.citations[:1] if by_reader.claims]
        ours, *theirs = reader.answering(self._question, [text, *quotes])
        return ours >= (theirs[0] - BEHIND if theirs else ANSWERS)

    def _disagreements(self, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
        """Return what the claims, and articles that they do not cite, differ on."""
        found = disagreements(self._question, claims) + contrary(
            self._question, claims, self._evidence
        )
        return tuple({(each.topic, each.citations): each for each in found}.values())

    def _is_foreign(self, draft: DraftClaim) -> bool:
        return other_than(self._languages, draft.text) is not None

    async def _verified(self, drafts: Sequence[DraftClaim]) -> str:
        """Verify drafts, keep their claims, and return the marks of their citations: " [1][2]"."""
        grounding = Grounding(
            evidence=self._evidence,
            question=self._question,
            verifier=self._chat.verifier,
            embedder=self._chat.embedder,
            read=self._read,
        )
        claims = []
        for draft in drafts:
            goes_on = bool(self._claims and self._claims[-1].citations)
            claims.append(await self._run(partial(grounding.claim, draft, goes_on=goes_on)))
            self._claims.append(claims[-1])
        cited = dict.fromkeys(citation for claim in claims for citation in claim.citations)
        for citation in cited:
            self._marks.setdefault(citation, len(self._marks) + 1)
        marks = "".join(f"[{self._marks[citation]}]" for citation in cited)
        return f" {marks}" if marks else ""


def context(
    question: Question, evidence: Sequence[Evidence], by_reader: Answer
) -> tuple[Evidence, ...]:
    """Return the passages that a chat model reads, those that the reader quotes first.

    They are few if the reader is sure, and all if a question asks for a list or several things at
    once, or is a topic.
    """
    quoted = [each for each in evidence if any(map(each.holds, by_reader.citations))]
    ordered = [*quoted, *(each for each in evidence if each not in quoted)]
    wanted = question.wanted
    listed = wanted.several and wanted.kind is not AnswerType.PERSON
    if listed or question.parts or wanted.asks is False:
        return tuple(ordered)
    return tuple(ordered[: FEW if by_reader.outcome is Outcome.ANSWERED else SOME])
