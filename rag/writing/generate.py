"""The calls of a chat model for one question: to rewrite a follow-up, to answer, to translate."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from datetime import date
from functools import partial

from rag.errors import ModelError, TextCut
from rag.models.chat import ChatModel, Message, Usage
from rag.text import neutral
from rag.text.detection import name_of
from rag.types import DraftClaim, Evidence, Question, Span
from rag.understanding.conversation import Turn
from rag.understanding.questions import reworded
from rag.writing import prompts
from rag.writing.prose import Cited, Prose

CONTEXT = 4096
"""Tokens that a request and its answer take together, at most: the default of Ollama."""

ANSWER_TOKENS = 700
QUESTION_TOKENS = 200

LONGEST_ANSWER = 8_000
"""Characters after which a model is stopped that does not keep to its limit of tokens."""

LONGEST_QUESTION = 500
"""Characters; what is longer than this is not accepted as a rewritten question."""

REMEMBERED, LONGEST_MEMORY = 4, 400
"""How many of the last turns a follow-up may refer to, and how many characters of each answer."""


class Writing:
    """A chat model's texts for one question, and the tokens that they take.

    Every method raises `ModelError` where the model fails. Closing an iterator, or cancelling the
    task, frees the model's connection.
    """

    def __init__(self, model: ChatModel, *, context: int, today: date) -> None:
        self._model = model
        self._context = context
        self._today = today
        self._spent: dict[str, float] = {}
        self.refused = False

    @property
    def usage(self) -> dict[str, float]:
        """The tokens of all calls, and their cost, as far as the server tells them."""
        return dict(self._spent)

    async def understood(self, question: Question, history: Sequence[Turn]) -> Question:
        """Return the question as it stands alone.

        The model is asked only if the question depends on earlier turns, or on today's date. If it
        writes no question, a fixed rule is used.
        """
        if not question.depends_on_context:
            return question
        turns = [
            (turn.question, turn.answer_text[:LONGEST_MEMORY]) for turn in history[-REMEMBERED:]
        ]
        request = prompts.rewrite_request(question.typed, turns, today=self._today)
        alone = await self._question(request)
        return reworded(question, alone, alone=alone) if alone else question

    async def in_language(self, question: Question, code: str) -> Question | None:
        """Return the question in a language, to be searched for; None if the model writes none."""
        meant = await self._question(prompts.translate_request([question.alone], name_of(code)))
        return reworded(question, meant, code=code) if meant else None

    async def _question(self, request: Sequence[Message]) -> str:
        """Return the question on the first line that the model writes, "" if there is none."""
        line = next(iter(await self._lines(request, QUESTION_TOKENS)), "")
        return line if len(line) <= LONGEST_QUESTION else ""

    async def answer(
        self, question: Question, evidence: Sequence[Evidence], *, refusable: bool
    ) -> AsyncGenerator[str | DraftClaim, None]:
        """Yield text to show and, after the last of its text, each sentence as a claim.

        At the end, `refused` is true if the model wrote that the passages do not answer, or only in
        part; the prompt allows that if the question is `refusable`. The sentence with which a text
        becomes too long is left out.
        """
        requested = partial(prompts.answer_request, question, refusable=refusable)
        taken = ANSWER_TOKENS + sum(prompts.tokens_of(each.content) for each in requested(()))
        passages = prompts.fitted(evidence, self._context - taken)
        request = requested(passages)
        prose = Prose(len(passages))
        left = LONGEST_ANSWER
        try:
            async with aclosing(self._pieces(request, ANSWER_TOKENS)) as pieces:
                async for piece in pieces:
                    for part in prose.feed(piece[:left]):
                        yield _drafted(part, passages)
                    left -= len(piece)
                    if left <= 0:
                        break
        except TextCut:
            left = 0
        if left > 0:
            for part in prose.end():
                yield _drafted(part, passages)
        self.refused = prose.refused

    async def translated(self, texts: Sequence[str], language: str) -> list[str]:
        """Translate each text into a language, by its code."""
        request = prompts.translate_request(texts, name_of(language))
        lines = await self._lines(request, ANSWER_TOKENS)
        if len(lines) != len(texts):
            raise ModelError(
                f"{self._model.name} did not translate its answer line by line, so that it could "
                f"not be checked; ask in {name_of(language)}, or set GRIOT_LLM_MODEL to a larger "
                "model"
            )
        return lines

    async def _lines(self, request: Sequence[Message], max_tokens: int) -> list[str]:
        async with aclosing(self._pieces(request, max_tokens)) as pieces:
            text = "".join([piece async for piece in pieces])
        return [line.strip() for line in neutral(text).splitlines() if line.strip()]

    async def _pieces(
        self, request: Sequence[Message], max_tokens: int
    ) -> AsyncGenerator[str, None]:
        async with aclosing(self._model.stream(request, max_tokens=max_tokens)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Usage):
                    self._spend(piece)
                else:
                    yield piece

    def _spend(self, usage: Usage) -> None:
        for name, count in asdict(usage).items():
            if count is not None:
                self._spent[name] = self._spent.get(name, 0) + count


def _drafted(part: str | Cited, passages: Sequence[Evidence]) -> str | DraftClaim:
    """Return text unchanged, and a sentence as a draft with the passages that it cites."""
    if isinstance(part, str):
        return part
    cited = tuple(
        (each.article.whole, Span(each.passage.start, each.passage.end))
        for each in (passages[number - 1] for number in part.numbers)
    )
    return DraftClaim(text=part.text, cited=cited, support=0.0)
