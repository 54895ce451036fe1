"""An answer by a chat model: written, verified sentence by sentence as it comes, and numbered."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from rag.grounding.disagree import contrary, disagreements
from rag.grounding.support import Verifier
from rag.grounding.verify import ground
from rag.models.chat import ChatModel
from rag.models.embedder import Embedder
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

Run = Callable[..., Awaitable[Any]]

FEW, SOME = 3, 4
"""How many passages the model reads where the reader is sure, and where it is not."""


class Unsupported(StrEnum):
    """Whether to drop sentences that the articles do not bear out, or to show them as such."""

    DROP = "drop"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat model, and how what it writes is held to the articles.

    `verifier` judges whether the articles bear a sentence out, `embedder` whether it is about what
    was asked. `context` are the tokens that a request and its answer may take together. `today` is
    the day that questions count from.
    """

    model: ChatModel
    verifier: Verifier
    embedder: Embedder
    context: int = CONTEXT
    unsupported: Unsupported = Unsupported.DROP
    today: Callable[[], date] = date.today


class ChatAnswer:
    """One question's answer in the making.

    `languages` are the codes of the articles' own; `run` does work in a thread.

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
        self._claims: list[Claim] = []
        self._marks: dict[Citation, int] = {}

    @property
    def usage(self) -> dict[str, float]:
        """The tokens that the model's calls took, as far as the server tells them."""
        return self._writing.usage

    async def understood(self, history: Sequence[Turn]) -> Question:
        """Return the question as it stands alone, in the articles' language too."""
        return await self._writing.understood(self._question, history, self._languages)

    async def text(
        self, question: Question, evidence: Sequence[Evidence], by_reader: Answer
    ) -> AsyncGenerator[str, None]:
        """Yield the text as it comes, each sentence followed by its marks once it is verified.

        The model may refuse only where the reader's answer is unsure.

        Text in another language than the articles' is translated and verified as a whole, at the
        end, and has no marks.
        """
        self._question, self._evidence = question, tuple(evidence)
        drafts: list[DraftClaim] = []
        foreign = False
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
                foreign = foreign or await self._run(self._is_foreign, part)
                if not foreign:
                    yield await self._verified([part])
        if foreign:
            unread = drafts[len(self._claims) :]
            texts = [draft.text for draft in unread]
            meanings = await self._writing.translated(texts, self._languages[0])
            meant = [
                replace(draft, meaning=meaning)
                for draft, meaning in zip(unread, meanings, strict=True)
            ]
            await self._verified(meant)

    def answer(self, by_reader: Answer) -> Answer:
        """Return what is borne out, or the reader's answer where nothing is."""
        supported = [claim for claim in self._claims if claim.citations]
        left_out = tuple(claim for claim in self._claims if not claim.citations)
        name = self._chat.model.name
        if not supported:
            remarks = by_reader.remarks
            if by_reader.claims:
                why = Reason.NOTHING_BORNE_OUT if left_out else Reason.MODEL_REFUSED
                remarks = (*remarks, why(model=name))
            return replace(by_reader, left_out=left_out, remarks=remarks)
        return replace(
            by_reader,
            outcome=Outcome.PARTLY_ANSWERED if self._writing.refused else Outcome.ANSWERED,
            claims=tuple(self._claims if self._flags else supported),
            left_out=left_out,
            unanswered=(),
            closest=(),
            disagreements=self._disagreements(supported),
            confidence=sum(claim.support for claim in supported) / len(supported),
            mode=self.mode,
            model=name,
            remarks=(Reason.LEFT_OUT(n=len(left_out)),) if left_out and not self._flags else (),
        )

    @property
    def _flags(self) -> bool:
        return self._chat.unsupported is Unsupported.FLAG

    def _disagreements(self, claims: Sequence[Claim]) -> tuple[Disagreement, ...]:
        """Return what the claims, and the articles that they pass over, differ on."""
        found = disagreements(self._question, claims) + contrary(
            self._question, claims, self._evidence
        )
        return tuple({(each.topic, each.citations): each for each in found}.values())

    def _is_foreign(self, draft: DraftClaim) -> bool:
        return other_than(self._languages, draft.text) is not None

    async def _verified(self, drafts: Sequence[DraftClaim]) -> str:
        """Verify drafts, keep their claims, and return the marks of their citations: " [1][2]"."""
        chat = self._chat
        claims = await self._run(
            ground, drafts, self._evidence, self._question, chat.verifier, chat.embedder
        )
        self._claims += claims
        cited = dict.fromkeys(citation for claim in claims for citation in claim.citations)
        for citation in cited:
            self._marks.setdefault(citation, len(self._marks) + 1)
        marks = "".join(f"[{self._marks[citation]}]" for citation in cited)
        return f" {marks}" if marks else ""


def context(
    question: Question, evidence: Sequence[Evidence], by_reader: Answer
) -> tuple[Evidence, ...]:
    """Return the passages that a chat model reads, those that the reader quotes first.

    They are few where the reader is sure, and all where a question asks for a list, asks several
    things at once, or is a topic.
    """
    quoted = [each for each in evidence if any(map(each.holds, by_reader.citations))]
    ordered = [*quoted, *(each for each in evidence if each not in quoted)]
    wanted = question.wanted
    listed = wanted.several and wanted.kind is not AnswerType.PERSON
    if listed or question.parts or wanted.asks is False:
        return tuple(ordered)
    return tuple(ordered[: FEW if by_reader.outcome is Outcome.ANSWERED else SOME])
