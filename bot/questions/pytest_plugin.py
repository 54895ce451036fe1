"""pytest collects question sets, one test a question: `pytest corpus/`.

A tag is a keyword (`-k follow-up`). A known failure that fails is an xfail, one that passes an
xpass. Settings are read as `griot` reads them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.questions import is_set
from rag.errors import GriotError

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.questions.format import CannedQuestion
    from bot.questions.results import QuestionResult
    from bot.questions.sets import QuestionSet
    from rag.library import Library
    from rag.types import Answer


class FellShort(Exception):
    """A question fails."""


class NoAnswer(Exception):
    """A question has no answer."""


class Sets:
    """The sets of a session, each over its own library, opened when it is first needed."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._loop = self._stack.enter_context(asyncio.Runner())
        self._opened: dict[Path, tuple[Assembly, Library]] = {}
        self._resolved: dict[Path, QuestionSet] = {}

    def result(self, name: str, questions: "QuestionSet") -> "QuestionResult":
        """Ask a question of a set, by its id.

        Raises:
            GriotError: the set's articles cannot be asked.
        """
        from bot.assembly import assemble
        from bot.questions import place
        from bot.questions.checks import CheckRules
        from bot.questions.runner import Runner, respondent
        from bot.questions.selection import resolved

        if questions.corpus not in self._opened:
            assembly = place.assembly_over(questions.corpus, assemble())
            library = self._stack.enter_context(assembly.library())
            place.index(library)
            self._opened[questions.corpus] = assembly, library
        assembly, library = self._opened[questions.corpus]
        if questions.path not in self._resolved:
            self._resolved[questions.path] = resolved(questions, library.article_ids())
        every = self._resolved[questions.path].questions
        question = next(question for question in every if question.id == name)
        runner = Runner(
            respond=respondent(library),
            rules=CheckRules(texts=place.texts(library)),
            model=assembly.chat_model() if question.judge else None,
        )
        return self._loop.run(runner.result(question))

    def close(self) -> None:
        """Close the libraries."""
        self._stack.close()


SETS = pytest.StashKey[Sets]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SetFile | None":
    """Collect a question set."""
    return SetFile.from_parent(parent, path=file_path) if is_set(file_path) else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close what was opened."""
    if sets := session.config.stash.get(SETS, None):
        sets.close()


class SetFile(pytest.File):
    """A question set."""

    def collect(self) -> Iterator["QuestionItem"]:
        """Yield a test for each question."""
        from bot.questions.sets import SetError, load

        try:
            questions = load(self.path)
        except SetError as error:
            raise self.CollectError("\n".join(map(str, error.mistakes))) from error
        for question in questions.questions:
            yield QuestionItem.from_parent(
                self, name=question.id, question=question, questions=questions
            )


class QuestionItem(pytest.Item):
    """A question of a set."""

    def __init__(
        self,
        *,
        question: "CannedQuestion",
        questions: "QuestionSet",
        **options: Any,  # noqa: ANN401 - pytest's own
    ) -> None:
        super().__init__(**options)
        self._question = question
        self._set = questions
        self.extra_keyword_matches.update(question.tags)
        if question.known_failure:
            self.add_marker(pytest.mark.xfail(reason=question.known_failure, raises=FellShort))

    def runtest(self) -> None:
        """Ask the question.

        Raises:
            FellShort: something that was expected does not hold.
            NoAnswer: there is no answer.
            GriotError: nothing can be asked.
        """
        from bot.questions.results import Verdict

        stash = self.config.stash
        if SETS not in stash:
            stash[SETS] = Sets()
        result = stash[SETS].result(self.name, self._set)
        for attempt in result.attempts:
            if attempt.given:
                self.add_report_section("call", "answer", _shown(attempt.given))
                self.user_properties.append(("answer", _shown(attempt.given)))
        self.user_properties.append(("verdict", result.word))
        fallen = "\n".join(map(str, result.shortfalls))
        if result.verdict is Verdict.ERROR:
            raise NoAnswer(fallen)
        if not result.holds:
            raise FellShort(fallen)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 - as in pytest
        """Return what fell short, without a traceback."""
        from bot.questions import words

        if isinstance(excinfo.value, FellShort | NoAnswer | GriotError):
            # The summary at the end shows the first line.
            return f"{excinfo.value}\nasked: {words.asked(self._question)}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, line and name of the question."""
        return self.path, self._question.line - 1, self.name


def _shown(answer: "Answer") -> str:
    """Return an answer and what it cites, as text."""
    from bot.questions import words

    cited = (f"{source}: “{quote}”" for source, quote in words.citations(answer))
    return "\n".join([words.answer(answer), *cited])
