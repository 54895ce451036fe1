"""Where a set's articles are indexed, and its history is kept."""

import hashlib
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console import say
from bot.progress import indexing
from bot.questions.checks import Texts
from bot.questions.history import SetHistory
from bot.questions.sets import QuestionSet
from bot.terminal.index import skipped_line
from rag.errors import ArticleNotFound, IndexLocked

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape
    from rag.library import Library
    from rag.types import Edition

FOLDER = "checks"
"""In the home of the settings."""

DIGITS = 8
"""Of the hash of a path that makes a folder's name unique."""

CACHED = 256
"""Articles whose texts are cached."""


def assembly_over(corpus: Path, user: "Assembly", tape: "Tape | None" = None) -> "Assembly":
    """Return the user's assembly for a set's articles alone, with an index of their own."""
    home = user.settings.home
    with suppress(OSError):  # where it cannot be written, opening the index says so
        (home / FOLDER).mkdir(parents=True, exist_ok=True)
        (home / FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    return user.over(corpus, home=_folder(home, corpus) / "index", tape=tape)


def index(library: "Library") -> None:
    """Bring the index of a set's articles up to date, after any other process that does so.

    Raises:
        GriotError: there are no articles, or the index cannot be used.
    """
    with indexing(sys.stderr) as bar:
        report = None
        while report is None:
            with suppress(IndexLocked):  # another one took a minute, and is not done yet
                report = library.refresh(progress=bar)
    if report.skipped:
        say(skipped_line(report.skipped))


def texts(library: "Library") -> Texts:
    """Return a cached lookup from edition to article text."""

    @lru_cache(maxsize=CACHED)
    def text(edition: "Edition") -> str | None:
        try:
            article = library.article(edition.id)
        except ArticleNotFound:
            return None
        return article.text if article.content_hash == edition.content_hash else None

    return text


def history(home: Path, questions: QuestionSet) -> SetHistory:
    """Return the history of a set's runs."""
    return SetHistory(_folder(home, questions.corpus) / _folder_name(questions.path.resolve()))


def _folder(home: Path, corpus: Path) -> Path:
    return home / FOLDER / _folder_name(corpus)


def _folder_name(path: Path) -> str:
    return f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:DIGITS]}"
