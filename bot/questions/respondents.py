"""Answers of a library to a conversation's questions, and why one is missing."""

import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import GriotError
from rag.index.answers import as_kept
from rag.types import Answer, Outcome
from rag.understanding.conversation import Turn

if TYPE_CHECKING:
    from rag.library import Library

Respond = Callable[[Sequence[str]], Awaitable[Answer]]
"""Returns the answer to the last question of a conversation; raises where there is none."""


def respondent(library: "Library") -> Respond:
    """Return what answers from a library, which keeps none of the answers."""
    return partial(_respond, library)


async def _respond(library: "Library", turns: Sequence[str]) -> Answer:
    answers: list[Answer] = []
    for question in turns:
        history = tuple(map(Turn.of, answers))
        answer = await library.ask(question, history=history, keep=False)
        answers.append(as_kept(answer))
    return combined(answers)


def combined(answers: Sequence[Answer]) -> Answer:
    """Return the last answer of a conversation, with the tokens and the cost of all of it.

    Raises:
        GriotError: an earlier one, on which it builds, failed.
    """
    *earlier, last = answers
    for answer in earlier:
        if wrong := failure(answer):
            raise GriotError(f"“{answer.question}”, asked before, has no answer: {wrong}")
    names = dict.fromkeys(name for answer in answers for name in answer.usage)
    usage = {name: sum(answer.usage.get(name, 0) for answer in answers) for name in names}
    return replace(last, usage=usage)


def failure(answer: Answer) -> str:
    """Return why answering failed, else ""."""
    if answer.model_failed:
        return " ".join(map(str, answer.remarks)) or "the chat model failed"
    return "no answer could be made" if answer.outcome is Outcome.FAILED else ""


def described(error: Exception) -> str:
    """Return an error in words that can be shown; a bug's own may hold anything."""
    if isinstance(error, GriotError):
        return str(error)
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"a bug, {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
