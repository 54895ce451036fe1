"""Which questions of a set are asked, and what the articles that they name are called; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.questions import words
from bot.questions.folding import fold
from bot.questions.format import Question
from bot.questions.mistakes import Mistake, SetError
from bot.questions.sets import QuestionSet
from rag.errors import GriotError

LISTED = 5
"""Articles that a mistake names before it counts the rest."""


class NothingSelected(GriotError):
    """No question of the set is what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to ask: questions that any of the `words` fits, and with any of the `tags`.

    Of several words in one, all must stand in the id or the text, in any order, or be a part of a
    word there. `ids`, where given, are the only ones.
    """

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ids: frozenset[str] | None = None

    def of(self, questions: Sequence[Question]) -> tuple[Question, ...]:
        """Give the selected questions.

        Raises:
            NothingSelected: there is none.
        """
        found = tuple(one for one in questions if self._has(one))
        if not found:
            raise NothingSelected(self._nothing(questions))
        return found

    def _has(self, question: Question) -> bool:
        text = fold(" ".join((question.id, *question.turns)))
        return (
            (not self.words or any(_all_in(text, one) for one in self.words))
            and (not self.tags or not set(self.tags).isdisjoint(question.tags))
            and (self.ids is None or question.id in self.ids)
        )

    def _nothing(self, questions: Sequence[Question]) -> str:
        wanted = [
            *(f"-k {one}" for one in self.words),
            *(f"--tag {one}" for one in self.tags),
            *(["--failed"] if self.ids is not None else []),
        ]
        tags = sorted({tag for one in questions for tag in one.tags})
        told = f"; its tags are: {', '.join(tags)}" if self.tags and tags else ""
        return f"no question of the set fits {' '.join(wanted)}{told}"


def _all_in(text: str, words: str) -> bool:
    return all(one in text for one in fold(words).split())


def resolved(questions: QuestionSet, article_ids: Collection[str]) -> QuestionSet:
    """Give a set in which articles are named by their whole ids.

    Raises:
        SetError: a name is no article's, or that of several.
    """
    mistakes: list[Mistake] = []
    folded = {one: fold(one) for one in article_ids}

    @cache
    def having(name: str) -> tuple[str, ...]:
        part = fold(name)
        return (name,) if name in folded else tuple(one for one in folded if part in folded[one])

    def whole(question: Question, name: str) -> str:
        matching = having(name)
        if len(matching) != 1:
            message = _not_one(name, matching, article_ids)
            mistakes.append(Mistake(questions.path, question.line, message))
        return matching[0] if matching else name

    def named(question: Question) -> Question:
        if not (question.cites or question.retrieves):
            return question
        found = {
            "cites": tuple(whole(question, one) for one in question.cites),
            "retrieves": {whole(question, one): k for one, k in question.retrieves.items()},
        }
        return question.model_copy(update=found)

    made = replace(questions, questions=tuple(map(named, questions.questions)))
    if mistakes:
        raise SetError(*dict.fromkeys(mistakes))
    return made


def _not_one(name: str, matching: Sequence[str], article_ids: Collection[str]) -> str:
    named = words.named(matching or sorted(article_ids), LISTED)
    if matching:
        return f"“{name}” is a part of several articles' ids: {named}; write more of the one's"
    return f"no article's id has “{name}”; there are: {named}"
