"""Question sets made from what people already have: what all importers share.

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
from itertools import chain, count, pairwise
from pathlib import Path
from typing import Any, TextIO

import yaml

try:
    from yaml import CSafeDumper as SafeDumper
except ImportError:  # where PyYAML was built without libyaml
    from yaml import SafeDumper  # type: ignore[assignment]

from bot.questions import NAME
from bot.questions.folding import fold
from bot.questions.format import Question
from bot.questions.sets import LONGEST_ID, slug
from rag.errors import GriotError

ARTICLES = "articles"
"""The folder of the articles, beside the set."""


class ImportFailed(GriotError):
    """What is to be imported cannot be read, or the folder for it cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What of the input has no place in the set, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was made. `refusals` of the questions are to be refused; `remarks` are for a person."""

    folder: Path
    articles: int
    questions: int
    refusals: int
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def set_path(self) -> Path:
        """Where the set is."""
        return self.folder / NAME


def imported_dict(made: Imported) -> dict[str, Any]:
    """Give what was made for JSON."""
    return {**asdict(made), "folder": str(made.folder), "set": str(made.set_path)}


# The folder


class Folder:
    """A folder with a set that is being made: articles and questions go straight to the disk."""

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

    def ask(self, question: Mapping[str, object]) -> None:
        """Add a question, with an id of its own where another one has the same words.

        Raises:
            pydantic.ValidationError: a set may not have it so.
        """
        checked = Question.model_validate(question)
        words = slug(checked)
        known_by = free_name(words, self._ids)
        # Of two questions with the same words, the first is known by them.
        own = {"id": known_by} if known_by != words else {}
        ask, *checks = question.items()
        self._questions.write(as_item(dict([ask]) | own | dict(checks)))
        self._ids.add(known_by)
        self.questions += 1
        self.refusals += checked.refuse is True


@contextmanager
def making(path: Path) -> Iterator[Folder]:
    """Give a folder to fill, which comes into its place when it is done.

    Raises:
        ImportFailed: there is something in that place, it cannot be written, or nothing is asked.
    """
    try:
        _check_free(path)
        half = _half(path)
        try:
            yield from _filled(half)
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
    """Give an empty folder beside that of the set, in place of one that a killed run left."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks
    half = whole.with_name(f".{whole.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    (half / ARTICLES).mkdir(parents=True)
    return half


def _filled(half: Path) -> Iterator[Folder]:
    with (half / NAME).open("w", encoding="utf-8", newline="\n") as questions:
        questions.write(f"corpus: {ARTICLES}\n\nquestions:\n")
        yield Folder(half / ARTICLES, questions)


def _put(half: Path, path: Path) -> None:
    if path.is_dir():
        # An empty folder may be one that a shell or a mount stands in: it is filled, not replaced.
        for name in (ARTICLES, NAME):
            (half / name).rename(path / name)
    else:
        half.rename(path)


def nothing_asked(path: Path, left_out: Sequence[LeftOut]) -> ImportFailed:
    """Say that nothing of an input can be asked."""
    told = "; ".join(map(str, left_out[:3]))
    more = f"; and {len(left_out) - 3:,} more" if left_out[3:] else ""
    return ImportFailed(f"{path} holds no question that can be asked here. {told}{more}".strip())


# Names


def file_stem(text: str) -> str:
    """Give a readable name for a file: folded words with hyphens; empty where there are none."""
    words = "-".join("".join(one if one.isalnum() else " " for one in fold(text)).split())
    return words[:LONGEST_ID].rstrip("-")


def free_name(wanted: str, taken: Container[str]) -> str:
    """Give a name that is not taken: the wanted one, or else that with a number from 2 on."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(one for one in chain([wanted], numbered) if one not in taken)


def endings(names: Sequence[str]) -> frozenset[str]:
    """Give those of the names that another one ends in."""
    backwards = sorted({name[::-1] for name in names})
    pairs = pairwise(backwards)
    return frozenset(one[::-1] for one, following in pairs if following.startswith(one))


# Reading and writing


def read_text(path: Path) -> str:
    """Read a file as UTF-8.

    Raises:
        ImportFailed: it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise ImportFailed(f"{path} is not UTF-8 text; save it as UTF-8") from error


def as_item(question: Mapping[str, object]) -> str:
    """Give a question as an item of a set, one line for each of its keys."""
    written = yaml.dump(
        dict(question), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=_NEVER_WRAP
    )
    return "".join(
        f"{'    ' if number else '  - '}{line}\n"
        for number, line in enumerate(written.rstrip("\n").split("\n"))
    )


_NEVER_WRAP = 2**30


class _Writer(SafeDumper):
    """Writes lists in one line, and what a person could not see in a text as escapes."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _in_a_line(writer: Any, given: Sequence[object]) -> yaml.Node:  # noqa: ANN401 - libyaml's or Python's
    node: yaml.Node = writer.represent_sequence("tag:yaml.org,2002:seq", given, flow_style=True)
    return node


def _visible(writer: Any, given: str) -> yaml.Node:  # noqa: ANN401 - as above
    style = None if given.isprintable() else '"'
    node: yaml.Node = writer.represent_scalar("tag:yaml.org,2002:str", given, style=style)
    return node


_Writer.add_representer(list, _in_a_line)
_Writer.add_representer(str, _visible)
