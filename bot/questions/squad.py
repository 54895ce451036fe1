"""Makes a corpus and a question set of SQuAD 1.1, SQuAD 2.0 and XQuAD, which share one form.

Each paragraph becomes an article, and each question one of the set: any of its gold answers is
expected, its paragraph must be cited, and an impossible question must be refused.

```
FOLDER/questions.yaml       the set
FOLDER/articles/*.json      its articles
```

The folder is there whole or not at all: it grows beside its place, in `.FOLDER.half`.
"""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ValidationError

from bot.console import Lines, Style, counted, first, griot, line
from bot.questions import NAME
from bot.questions.folding import fold, stands_in
from bot.questions.format import CannedQuestion
from bot.questions.sets import LONGEST_ID, slug
from bot.questions.yaml_text import as_item
from rag.errors import GriotError
from rag.index.progress import Progress
from rag.pages.characters import normalise

ARTICLES = "articles"
"""The folder of the articles, beside the set."""

LISTED = 50
"""Parts left out that are listed before the rest is counted."""

_FORM = (
    'expected is SQuAD\'s form: {"data": [{"title": …, "paragraphs": [{"context": …, "qas": '
    '[{"question": …, "answers": [{"text": …, "answer_start": …}]}]}]}]}'
)
_WIDENED = "gold answers that began or ended within a word, now widened to whole words: {:,}"
_NOWHERE = "gold answers that do not stand in their paragraph, kept as they are: {:,}"
_ELSEWHERE = (
    "questions to be refused because their own paragraph does not answer them, though another "
    "article may: {:,}"
)


class ImportFailed(GriotError):
    """The input cannot be read, or the folder cannot be written."""


class _GoldAnswer(BaseModel):
    text: str
    answer_start: int = -1


class _SquadQuestion(BaseModel):
    question: str
    answers: tuple[_GoldAnswer, ...] = ()
    is_impossible: bool = False


class _Paragraph(BaseModel):
    context: str
    qas: tuple[_SquadQuestion, ...]


class _Titled(BaseModel):
    title: str = ""
    paragraphs: tuple[_Paragraph, ...]


class _SquadFile(BaseModel):
    data: tuple[_Titled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A part of the input that has no place in the set, and why."""

    where: str
    why: str


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
    """Return a summary, and the next command."""
    counts = (
        counted(made.articles, "article"),
        f"{counted(made.questions, 'question')}, {made.refusals:,} of them to be refused",
    )
    left_out = [
        line(("left out  ", Style.WARNING), f"{each.where}: {each.why}", hang=10)
        for each in made.left_out
    ]
    return (
        line(f"made {made.folder}: {', '.join(counts)}"),
        *(line((remark, Style.FAINT), hang=2) for remark in made.remarks),
        *first(left_out, "; --json lists all", most=LISTED),
        line(f"next: {griot('check', str(made.set_path))}"),
    )


def squad(paths: Sequence[Path], into: Path, progress: Progress) -> Imported:
    """Make a corpus and a set of one file or several; each of several has a folder and a tag.

    Raises:
        ImportFailed: a file cannot be read or is not of the form, or `into` cannot be written.
    """
    paragraphs = tuple(_named_paragraphs([(path, _read(path)) for path in paths]))
    left_out: list[LeftOut] = []
    with _making(into) as folder:
        for number, paragraph in enumerate(paragraphs):
            progress(number, len(paragraphs), "paragraphs")
            left_out += _add(paragraph, folder)
        if not folder.questions:
            reasons = "; ".join(f"{each.where}: {each.why}" for each in left_out[:3])
            raise ImportFailed(f"{paths[0]} holds no question that can be asked. {reasons}".strip())
    if folder.refusals:
        folder.remarks[_ELSEWHERE] = folder.refusals
    return Imported(
        folder=into,
        articles=folder.articles,
        questions=folder.questions,
        refusals=folder.refusals,
        left_out=tuple(left_out),
        remarks=tuple(remark.format(count) for remark, count in folder.remarks.items()),
    )


# The files


def _read(path: Path) -> _SquadFile:
    try:
        return _SquadFile.model_validate(json.loads(path.read_bytes().decode("utf-8-sig")))
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise ImportFailed(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}: is not JSON at column {error.colno}"
        raise ImportFailed(f"{where}; {_FORM}") from error
    except RecursionError as error:
        raise ImportFailed(f"{path} is nested too deeply; {_FORM}") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_url=False)[0]["loc"])) or "its beginning"
        raise ImportFailed(f"{path} is not of the form at {where}; {_FORM}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _NamedParagraph:
    """A paragraph, and the file name of its article."""

    paragraph: _Paragraph
    name: str
    title: str
    tags: list[str]
    where: str


def _named_paragraphs(files: Sequence[tuple[Path, _SquadFile]]) -> Iterator[_NamedParagraph]:
    """Name the paragraphs of some files: `normans-03.json` is the third of those on Normans."""
    titles = [
        (path, titled, _tags(path, titled, files)) for path, file in files for titled in file.data
    ]
    counts = Counter[str]()
    for _, titled, tags in titles:
        counts["/".join(tags)] += len(titled.paragraphs)
    numbers = Counter[str]()
    for path, titled, tags in titles:
        stem = "/".join(tags)
        width = max(2, len(str(counts[stem])))
        for within, paragraph in enumerate(titled.paragraphs, start=1):
            numbers[stem] += 1
            yield _NamedParagraph(
                paragraph=paragraph,
                name=f"{stem}-{numbers[stem]:0{width}}.json",
                title=titled.title.replace("_", " "),
                tags=tags,
                where=f"{path}: {titled.title or 'no title'}, paragraph {within}",
            )


def _tags(path: Path, titled: _Titled, files: Sequence[object]) -> list[str]:
    """Return the title as a tag; where there are several files, the file's own before it."""
    title = file_stem(titled.title) or "untitled"
    return [file_stem(path.stem) or "squad", title] if len(files) > 1 else [title]


def file_stem(text: str) -> str:
    """Return a readable name for a file: folded words with hyphens; empty where there are none."""
    words = "-".join("".join(sign if sign.isalnum() else " " for sign in fold(text)).split())
    return words[:LONGEST_ID].rstrip("-")


# The set


class _SetFolder:
    """A set that is being made: articles and questions go straight to the disk."""

    def __init__(self, articles: Path, questions: TextIO) -> None:
        self._articles = articles
        self._questions = questions
        self._ids: set[str] = set()
        self.articles = self.questions = self.refusals = 0
        self.remarks: Counter[str] = Counter()

    def add_article(self, name: str, record: Mapping[str, str]) -> None:
        """Add an article as a file of that name, which may lie in a folder of its own."""
        path = self._articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(record, ensure_ascii=False, indent=2)
        path.write_text(f"{content}\n", encoding="utf-8")
        self.articles += 1

    def add_question(self, ask: str, checks: Mapping[str, object]) -> None:
        """Add a question, with an id where another one has the same words."""
        question = CannedQuestion.model_validate({"ask": ask, **checks})
        words = slug(question)
        ids = chain([words], (f"{words}-{number}" for number in count(2)))
        known_by = next(name for name in ids if name not in self._ids)
        own = {"id": known_by} if known_by != words else {}
        self._questions.write(as_item({"ask": ask, **own, **checks}))
        self._ids.add(known_by)
        self.questions += 1
        self.refusals += question.refuse is True


@contextmanager
def _making(path: Path) -> Iterator[_SetFolder]:
    """Yield a folder to fill, which comes into its place when it is done.

    Raises:
        ImportFailed: something is in that place, or it cannot be written.
    """
    try:
        if path.is_dir() and any(path.iterdir()):
            raise ImportFailed(f"{path} is not empty; empty it, or name another folder with --into")
        if os.path.lexists(path) and not path.is_dir():
            raise ImportFailed(f"{path} is a file; name a folder with --into")
        whole = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks
        half = whole.with_name(f".{whole.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        (half / ARTICLES).mkdir(parents=True)
        try:
            with (half / NAME).open("w", encoding="utf-8", newline="\n") as questions:
                questions.write(f"corpus: {ARTICLES}\n\nquestions:\n")
                yield _SetFolder(half / ARTICLES, questions)
            if path.is_dir():
                # A shell or a mount may stand in an empty folder: it is filled, not replaced.
                for name in (ARTICLES, NAME):
                    (half / name).rename(path / name)
            else:
                half.rename(path)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise ImportFailed(
            f"{path} cannot be written: {error.strerror}; check the disk, or name another folder "
            "with --into"
        ) from error


def _add(paragraph: _NamedParagraph, folder: _SetFolder) -> Iterator[LeftOut]:
    """Add a paragraph and its questions; yield what is left out."""
    text = paragraph.paragraph.context
    if not _line(text):
        yield LeftOut(where=paragraph.where, why="it has no text to answer from")
        return
    folder.add_article(paragraph.name, {"title": paragraph.title, "text": text})
    folded = fold(normalise(text))
    for number, question in enumerate(paragraph.paragraph.qas, start=1):
        ask, tags = _line(question.question), paragraph.tags
        where = f"{paragraph.where}, question {number}"
        if not ask:
            yield LeftOut(where=where, why="it has no words")
        elif question.is_impossible:
            folder.add_question(ask, {"refuse": True, "tags": tags})
        elif not any(fold(_line(answer.text)) for answer in question.answers):
            yield LeftOut(where=where, why="it has no gold answer")
        else:
            answers = _distinct(
                _in_whole_words(answer, text, folded, folder.remarks) for answer in question.answers
            )
            expected = [answers] if len(answers) > 1 else answers
            # The whole id: `normans-01.json` is a part of `the-normans-01.json`, too.
            cites = [f"{paragraph.name}#1"]
            folder.add_question(ask, {"expect": expected, "cites": cites, "tags": tags})


def _distinct(texts: Iterable[str]) -> list[str]:
    """Return the texts in their order, without those that look alike when folded."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(fold(text), text)
    return [text for folded, text in found.items() if folded]


def _in_whole_words(answer: _GoldAnswer, text: str, folded: str, remarks: Counter[str]) -> str:
    """Return a gold answer in whole words of its paragraph."""
    line = _line(answer.text)
    if not fold(line) or stands_in(line, folded):
        return line
    widened = next((wider for wider in _widened(answer, text) if stands_in(wider, folded)), None)
    remarks[_WIDENED if widened else _NOWHERE] += 1
    return widened or line


def _widened(answer: _GoldAnswer, text: str) -> Iterator[str]:
    """Yield a gold answer with the rest of the words that it cuts, then up to the next spaces."""
    given = answer.answer_start
    there = given >= 0 and text.startswith(answer.text, given)
    start = given if there else text.find(answer.text)
    if start < 0:
        return
    # Of "2,700,000" the letters next to "2,7" are not yet all.
    for rest in (r"\w*", r"\S*"):
        before = re.search(rf"{rest}\Z", text[:start])
        after = re.match(rest, text[start + len(answer.text) :])
        assert before is not None
        assert after is not None
        yield _line(f"{before[0]}{answer.text}{after[0]}")


def _line(text: str) -> str:
    """Return a text on one line, cleaned as an article's text is."""
    return " ".join(normalise(text).split())
