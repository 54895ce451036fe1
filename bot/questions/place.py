"""Where a set's articles are indexed, and what is kept of its runs."""

import hashlib
import sys
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import say
from bot.questions.checks import Texts
from bot.questions.kept import Kept
from bot.questions.sets import QuestionSet
from bot.upkeep import Bar
from rag.errors import ArticleNotFound, IndexLocked

if TYPE_CHECKING:
    from bot.assembly import Assembly
    from bot.tape import Tape
    from rag.ingest import IngestReport
    from rag.library import Library
    from rag.records import Edition

FOLDER = "checks"
"""In the home of the settings."""

DIGITS = 8
"""Of the hash of a path that makes a folder's name unique."""

TRIES, WAIT = 120, 0.5
"""How often, and after how many seconds, an index that somebody else writes is tried again."""

HELD = 256
"""Texts of articles that are held at a time."""


def house(assembly: "Assembly", corpus: Path, tape: "Tape | None" = None) -> "Assembly":
    """Give what makes a library of a set's articles.

    Its index is not the one that people ask: it holds the articles of the set's corpus and no
    others, and no answers but those that a bot gave lately while it was checked.
    """
    home = assembly.settings.home
    _hide_from_git(home / FOLDER)
    return assembly.over(corpus, home=_folder(home, corpus) / "index", tape=tape)


def _hide_from_git(folder: Path) -> None:
    """Have git pass over what is kept; where nothing can be written, opening the index says so."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def index(library: "Library") -> None:
    """Bring the index of a set's articles up to date, after anybody else who is at it.

    Raises:
        GriotError: there are no articles, or the index cannot be used.
    """
    from bot import render

    with Bar(sys.stderr) as bar:
        report = _refreshed(library, bar)
    if report.skipped:
        say(render.skipped_line(report.skipped))


def _refreshed(library: "Library", bar: Bar) -> "IngestReport":
    for tried in range(TRIES):
        try:
            return library.refresh(progress=bar)
        except IndexLocked:
            if not tried:
                say("waiting for another griot that indexes the same articles")
            time.sleep(WAIT)
    return library.refresh(progress=bar)


def texts(library: "Library") -> Texts:
    """Give what tells articles' texts, and holds those that it told last."""

    @lru_cache(maxsize=HELD)
    def text(edition: "Edition") -> str | None:
        try:
            article = library.article(edition.id)
        except ArticleNotFound:
            return None
        return article.text if article.content_hash == edition.content_hash else None

    return text


def kept(home: Path, questions: QuestionSet) -> Kept:
    """Give what is kept of a set's runs."""
    return Kept(_folder(home, questions.corpus) / _named(questions.path.resolve()))


def _folder(home: Path, corpus: Path) -> Path:
    return home / FOLDER / _named(corpus)


def _named(path: Path) -> str:
    return f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:DIGITS]}"
