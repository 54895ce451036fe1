"""Selects questions of a set, and finds the articles that they name; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.questions import words
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
            raise NothingSelected(self._nothing(questions))
        return found

    def _has(self, question: CannedQuestion) -> bool:
        text = fold(" ".join((question.id, *question.turns)))
        return (
            (not self.words or any(_all_in(text, words) for words in self.words))
            and (not self.tags or not set(self.tags).isdisjoint(question.tags))
            and (self.ids is None or question.id in self.ids)
        )

    def _nothing(self, questions: Sequence[CannedQuestion]) -> str:
        wanted = [
            *(f"-k {words}" for words in self.words),
            *(f"--tag {tag}" for tag in self.tags),
            *(["--failed"] if self.ids is not None else []),
        ]
        tags = sorted({tag for question in questions for tag in question.tags})
        known = f"; its tags are: {', '.join(tags)}" if self.tags and tags else ""
        return f"no question of the set fits {' '.join(wanted)}{known}"


def _all_in(text: str, words: str) -> bool:
    return all(word in text for word in fold(words).split())


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
        matching = having(name)
        if len(matching) != 1:
            message = _ambiguous(name, matching, article_ids)
            mistakes.append(Mistake(questions.path, question.line, message))
        return matching[0] if matching else name

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


def _ambiguous(name: str, matching: Sequence[str], article_ids: Collection[str]) -> str:
    listed = words.listed(matching or sorted(article_ids), LISTED)
    if matching:
        return f"“{name}” is a part of several articles' ids: {listed}; write more of the id"
    return f"no article's id has “{name}”; there are: {listed}"
