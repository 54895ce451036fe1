"""Where a set's articles are indexed, and what is kept of its runs."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bot.questions.runs import Kept
from bot.questions.sets import QuestionSet

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape

FOLDER = "checks"
"""In the home of the settings."""

DIGITS = 8
"""Of the hash of a path that makes a folder's name unique."""


def house(assembly: "Assembly", corpus: Path, tape: "Tape | None" = None) -> "Assembly":
    """Give what makes a library of a set's articles.

    Its index is not the one that people ask: it holds the articles of the set's corpus and no
    others, and keeps no answers.
    """
    return assembly.over(corpus, home=_folder(assembly.settings.home, corpus) / "index", tape=tape)


def kept(home: Path, questions: QuestionSet) -> Kept:
    """Give what is kept of a set's runs."""
    return Kept(_folder(home, questions.corpus) / _named(questions.path.resolve()))


def _folder(home: Path, corpus: Path) -> Path:
    return home / FOLDER / _named(corpus)


def _named(path: Path) -> str:
    return f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:DIGITS]}"
