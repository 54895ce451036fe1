"""Where a set's index is, and what is kept of its runs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.questions.sets import QuestionSet

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape

FOLDER = "checks"
"""In the home of the settings."""

DIGITS = 8
"""Of the hash of a path that makes a folder's name unique."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the index of a set's articles is, and what is kept of its runs.

    The index is not the one that people ask: it holds the articles of the set's corpus and no
    others, and none of the answers is kept.
    """

    index: Path
    runs: Path

    @classmethod
    def of(cls, home: Path, questions: QuestionSet) -> Self:
        """Give the place of a set in a home."""
        folder = home / FOLDER / _named(questions.corpus)
        return cls(folder / "index", folder / _named(questions.path.resolve()))

    def assembly(
        self, assembly: "Assembly", corpus: Path, tape: "Tape | None" = None
    ) -> "Assembly":
        """Give what makes a library of the set's articles."""
        return assembly.over(corpus, home=self.index, tape=tape)


def _named(path: Path) -> str:
    return f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:DIGITS]}"
