"""A folder with a question set and its articles, as importers make it.

```
FOLDER/questions.yaml       the set
FOLDER/articles/*.json      its articles
```

The folder is there whole or not at all: it grows beside its place, in `.FOLDER.half`.
"""

import json
import os
import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any, TextIO

import yaml

try:
    from yaml import CSafeDumper as SafeDumper
except ImportError:  # where PyYAML was built without libyaml
    from yaml import SafeDumper  # type: ignore[assignment]

from bot.console import Lines, Style, counted, first, griot, line
from bot.questions import NAME
from bot.questions.folding import fold
from bot.questions.format import CannedQuestion
from bot.questions.sets import LONGEST_ID, slug
from rag.errors import GriotError

ARTICLES = "articles"
"""The folder of the articles, beside the set."""

LEFT_OUT = 50
"""Parts left out that are listed before the rest is counted."""


class ImportFailed(GriotError):
    """The input cannot be read, or the folder cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A part of the input that has no place in the set, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A summary of an import. `refusals` counts the questions to be refused."""

    folder: Path
    articles: int
    questions: int
    refusals: int
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def set_path(self) -> Path:
        """The file of the set."""
        return self.folder / NAME


def imported_dict(made: Imported) -> dict[str, Any]:
    """Return a summary for JSON."""
    return {**asdict(made), "folder": str(made.folder), "set": str(made.set_path)}


def imported_lines(made: Imported) -> Lines:
    """Return the summary of an import, and the next command."""
    counts = (
        counted(made.articles, "article"),
        f"{counted(made.questions, 'question')}, {made.refusals:,} of them to be refused",
    )
    left_out = [line(("left out  ", Style.WARNING), str(left), hang=10) for left in made.left_out]
    return (
        line(f"made {made.folder}: {', '.join(counts)}"),
        *(line((remark, Style.FAINT), hang=2) for remark in made.remarks),
        *first(left_out, "; --json lists all", most=LEFT_OUT),
        line(f"next: {griot('check', str(made.set_path))}"),
    )


class SetFolder:
    """A set that is being made: articles and questions go straight to the disk."""

    def __init__(self, articles: Path, questions: TextIO) -> None:
        self._articles = articles
        self._questions = questions
        self._ids: set[str] = set()
        self.articles = self.questions = self.refusals = 0

    def add_article(self, name: str, record: Mapping[str, str]) -> None:
        """Add an article as a file of that name, which may lie in a folder of its own."""
        path = self._articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(record, ensure_ascii=False, indent=2)
        path.write_text(f"{content}\n", encoding="utf-8")
        self.articles += 1

    def add_question(self, question: Mapping[str, object]) -> None:
        """Add a question, with an id where another one has the same words.

        Raises:
            pydantic.ValidationError: a set may not have it so.
        """
        checked = CannedQuestion.model_validate(question)
        words = slug(checked)
        known_by = _free_name(words, self._ids)
        # Of two questions with the same words, the first is known by them.
        own = {"id": known_by} if known_by != words else {}
        ask, *checks = question.items()
        self._questions.write(as_item(dict([ask]) | own | dict(checks)))
        self._ids.add(known_by)
        self.questions += 1
        self.refusals += checked.refuse is True


@contextmanager
def making(path: Path) -> Iterator[SetFolder]:
    """Yield a folder to fill, which comes into its place when it is done.

    Raises:
        ImportFailed: something is in that place, or it cannot be written.
    """
    try:
        _check_free(path)
        half = _half(path)
        try:
            with (half / NAME).open("w", encoding="utf-8", newline="\n") as questions:
                questions.write(f"corpus: {ARTICLES}\n\nquestions:\n")
                yield SetFolder(half / ARTICLES, questions)
            _put(half, path)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise ImportFailed(
            f"{path} cannot be written: {error.strerror}; check the disk, or name another folder "
            "with --into"
        ) from error


def _check_free(path: Path) -> None:
    if path.is_dir() and any(path.iterdir()):
        raise ImportFailed(f"{path} is not empty; empty it, or name another folder with --into")
    if os.path.lexists(path) and not path.is_dir():
        raise ImportFailed(f"{path} is a file; name a folder with --into")


def _half(path: Path) -> Path:
    """Make an empty folder beside that of the set, in place of one that a killed run left."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks
    half = whole.with_name(f".{whole.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    (half / ARTICLES).mkdir(parents=True)
    return half


def _put(half: Path, path: Path) -> None:
    if path.is_dir():
        # A shell or a mount may stand in an empty folder: it is filled, not replaced.
        for name in (ARTICLES, NAME):
            (half / name).rename(path / name)
    else:
        half.rename(path)


# Names


def file_stem(text: str) -> str:
    """Return a readable name for a file: folded words with hyphens; empty where there are none."""
    words = "-".join("".join(sign if sign.isalnum() else " " for sign in fold(text)).split())
    return words[:LONGEST_ID].rstrip("-")


def _free_name(wanted: str, taken: Container[str]) -> str:
    """Return the wanted name, or else that with a number from 2 on."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(name for name in chain([wanted], numbered) if name not in taken)


# YAML


def as_item(question: Mapping[str, object]) -> str:
    """Return a question as an item of a set, one line for each of its keys."""
    written = yaml.dump(
        dict(question), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=_NEVER_WRAP
    )
    return "".join(
        f"{'    ' if number else '  - '}{line}\n"
        for number, line in enumerate(written.rstrip("\n").split("\n"))
    )


_NEVER_WRAP = 2**30


class _Writer(SafeDumper):
    """Writes lists on one line, and invisible characters of a text as escapes."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _on_a_line(writer: Any, given: Sequence[object]) -> yaml.Node:  # noqa: ANN401 - libyaml's or Python's
    node: yaml.Node = writer.represent_sequence("tag:yaml.org,2002:seq", given, flow_style=True)
    return node


def _visible(writer: Any, given: str) -> yaml.Node:  # noqa: ANN401 - as above
    style = None if given.isprintable() else '"'
    node: yaml.Node = writer.represent_scalar("tag:yaml.org,2002:str", given, style=style)
    return node


_Writer.add_representer(list, _on_a_line)
_Writer.add_representer(str, _visible)
