"""Selects questions of a set, and finds the articles that they name; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.questions.folding import fold
from bot.questions.format import CannedQuestion
from bot.questions.sets import Mistake, QuestionSet, SetError
from rag.errors import GriotError

LISTED = 5
"""Articles that a mistake names before it counts the rest."""


class NothingSelected(GriotError):
    """No question of the set is what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Selects questions that any of the `words` fits, and that have any of the `tags`.

    Each entry of `words` may be several words: all must stand in the id or the text, in any order,
    or be a part of a word there. Where `ids` are given, only those are selected.
    """

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ids: frozenset[str] | None = None

    def of(self, questions: Sequence[CannedQuestion]) -> tuple[CannedQuestion, ...]:
        """Return the selected questions.

        Raises:
            NothingSelected: there is none.
        """
        found = tuple(question for question in questions if self._has(question))
        if not found:
            options = [
                *(f"-k {words}" for words in self.words),
                *(f"--tag {tag}" for tag in self.tags),
                *(["--failed"] if self.ids is not None else []),
            ]
            tags = sorted({tag for question in questions for tag in question.tags})
            known = f"; its tags are: {', '.join(tags)}" if self.tags and tags else ""
            raise NothingSelected(f"no question of the set fits {' '.join(options)}{known}")
        return found

    def _has(self, question: CannedQuestion) -> bool:
        text = fold(" ".join((question.id, *question.turns)))
        fits = (all(word in text for word in fold(words).split()) for words in self.words)
        return (
            (not self.words or any(fits))
            and (not self.tags or not set(self.tags).isdisjoint(question.tags))
            and (self.ids is None or question.id in self.ids)
        )


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
