"""Selects questions of a set, and finds the articles that they name; pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

from bot.questions.folding import fold
from bot.questions.format import CannedQuestion
from bot.questions.sets import Mistake, QuestionSet, SetError
from rag.errors import GriotError

LISTED = 5
"""Articles that a mistake names before it counts the rest."""


class NothingSelected(GriotError):
    """No question of the set is what was asked for."""


def select(
    questions: Sequence[CannedQuestion],
    *,
    words: Sequence[str] = (),
    tags: Sequence[str] = (),
    ids: Collection[str] | None = None,
) -> tuple[CannedQuestion, ...]:
    """Return the questions that any of the `words` fits, and that have any of the `tags`.

    Each entry of `words` may be several words: all must be in the id or the text, in any order, or
    be a part of a word there. Where `ids` are given, only those are selected.

    Raises:
        NothingSelected: there is none.
    """

    def fits(question: CannedQuestion) -> bool:
        text = fold(" ".join((question.id, *question.turns)))
        found = (all(word in text for word in fold(each).split()) for each in words)
        return (
            (not words or any(found))
            and (not tags or not set(tags).isdisjoint(question.tags))
            and (ids is None or question.id in ids)
        )

    found = tuple(filter(fits, questions))
    if not found:
        options = [*(f"-k {each}" for each in words), *(f"--tag {tag}" for tag in tags)]
        options += ["--failed"] if ids is not None else []
        known = sorted({tag for question in questions for tag in question.tags})
        listed = f"; its tags are: {', '.join(known)}" if tags and known else ""
        raise NothingSelected(f"no question of the set fits {' '.join(options)}{listed}")
    return found


def resolved(questions: QuestionSet, article_ids: Collection[str]) -> QuestionSet:
    """Return a set in which articles are named by their whole ids.

    Raises:
        SetError: a name fits no article, or several.
    """
    mistakes: list[Mistake] = []
    folded = {article: fold(article) for article in article_ids}

    @cache
    def having(name: str) -> tuple[str, ...]:
        if name in folded:
            return (name,)
        return tuple(article for article in folded if fold(name) in folded[article])

    def whole(question: CannedQuestion, name: str) -> str:
        found = having(name)
        if len(found) == 1:
            return found[0]
        listed = _listed(found or sorted(article_ids))
        message = f"no article's id has “{name}”; there are: {listed}"
        if found:
            several = f"“{name}” is a part of several articles' ids: {listed}"
            message = f"{several}; write more of the id"
        mistakes.append(Mistake(questions.path, question.line, message))
        return name

    def with_ids(question: CannedQuestion) -> CannedQuestion:
        if not (question.cites or question.retrieves):
            return question
        found = {
            "cites": tuple(whole(question, name) for name in question.cites),
            "retrieves": {whole(question, name): k for name, k in question.retrieves.items()},
        }
        return question.model_copy(update=found)

    made = replace(questions, questions=tuple(map(with_ids, questions.questions)))
    if mistakes:
        raise SetError(*dict.fromkeys(mistakes))
    return made


def _listed(names: Sequence[str]) -> str:
    left = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {left:,} more" if left > 0 else "")
