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
from dataclasses import asdict, dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.console import Lines, Style, counted, first, line
from bot.program import griot
from bot.questions import NAME
from bot.questions.folding import fold, stands_in
from bot.questions.sets import LONGEST_ID, hyphenated, slug
from bot.questions.yaml_text import as_item
from rag.errors import GriotError
from rag.index.progress import Progress
from rag.pages.characters import normalise

ARTICLES = "articles"
"""The folder of the articles, beside the set."""

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
class Imported:
    """A summary of an import. `refusals` counts the questions to be refused.

    `left_out` are the parts of the input that have no place in the set, each with the reason.
    """

    folder: Path
    articles: int
    questions: int
    refusals: int
    left_out: tuple[str, ...] = ()
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
    left_out = [line(("left out  ", Style.WARNING), each, hang=10) for each in made.left_out]
    return (
        line(
            f"made {made.folder}: {counted(made.articles, 'article')}, "
            f"{counted(made.questions, 'question')}, {made.refusals:,} of them to be refused"
        ),
        *(line((remark, Style.FAINT), hang=2) for remark in made.remarks),
        *first(left_out, "; --json lists all"),
        line(f"next: {griot('check', str(made.set_path))}"),
    )


def squad(paths: Sequence[Path], into: Path, progress: Progress) -> Imported:
    """Make a corpus and a set of one file or several; each of several has a folder and a tag.

    Raises:
        ImportFailed: a file cannot be read or is not of the form, or `into` cannot be written.
    """
    sources = [each for path in paths for each in _sources(path, several=len(paths) > 1)]
    made = _Made(totals=Counter(source.stem for source in sources))
    for number, source in enumerate(sources):
        progress(number, len(sources), "paragraphs")
        made.add(source)
    if not made.questions:
        reasons = "; ".join(made.left_out[:3])
        raise ImportFailed(f"{paths[0]} holds no question that can be asked. {reasons}".strip())
    _write(made, into)
    remarks = (made.remarks + Counter({_ELSEWHERE: made.refusals})).items()
    return Imported(
        folder=into,
        articles=len(made.articles),
        questions=len(made.questions),
        refusals=made.refusals,
        left_out=tuple(made.left_out),
        remarks=tuple(remark.format(count) for remark, count in remarks),
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
class _Source:
    """A paragraph, the title and the tags of its article, and where it stands."""

    paragraph: _Paragraph
    title: str
    tags: list[str]
    where: str

    @property
    def stem(self) -> str:
        """The name of its article without a number."""
        return "/".join(self.tags)


def _sources(path: Path, *, several: bool) -> Iterator[_Source]:
    """Yield the paragraphs of a file; if there are several files, its name is their first tag."""
    own = [_stem(path.stem) or "squad"] if several else []
    for titled in _read(path).data:
        stem = _stem(titled.title) or "untitled"
        for number, paragraph in enumerate(titled.paragraphs, start=1):
            yield _Source(
                paragraph=paragraph,
                title=titled.title.replace("_", " "),
                tags=[*own, stem],
                where=f"{path}: {titled.title or 'no title'}, paragraph {number}",
            )


def _stem(text: str) -> str:
    return hyphenated(text.replace("_", " "))[:LONGEST_ID].rstrip("-")


# The set


@dataclass(slots=True)
class _Made:
    """A set that grows: its articles by their names, and its questions by their ids.

    `totals` count the articles of each stem: `normans-03.json` is the third of those on Normans.
    """

    totals: Counter[str]
    numbers: Counter[str] = field(default_factory=Counter)
    articles: dict[str, dict[str, str]] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    refusals: int = 0
    left_out: list[str] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)

    def add(self, source: _Source) -> None:
        """Add a paragraph and its questions."""
        text, stem = source.paragraph.context, source.stem
        self.numbers[stem] += 1
        width = max(2, len(str(self.totals[stem])))
        name = f"{stem}-{self.numbers[stem]:0{width}}.json"
        if not _line(text):
            self.left_out.append(f"{source.where}: it has no text to answer from")
            return
        self.articles[name] = {"title": source.title, "text": text}
        folded = fold(normalise(text))
        # The whole id: `normans-01.json` is a part of `the-normans-01.json`, too.
        cites, tags = [f"{name}#1"], source.tags
        for number, question in enumerate(source.paragraph.qas, start=1):
            ask = _line(question.question)
            where = f"{source.where}, question {number}"
            if not ask:
                self.left_out.append(f"{where}: it has no words")
            elif question.is_impossible:
                self.refusals += 1
                self._ask(ask, {"refuse": True, "tags": tags})
            elif not any(fold(_line(answer.text)) for answer in question.answers):
                self.left_out.append(f"{where}: it has no gold answer")
            else:
                answers = _distinct(
                    _in_whole_words(answer, text, folded, self.remarks)
                    for answer in question.answers
                )
                expected = [answers] if len(answers) > 1 else answers
                self._ask(ask, {"expect": expected, "cites": cites, "tags": tags})

    def _ask(self, ask: str, checks: Mapping[str, object]) -> None:
        """Add a question, with an id of its own where another one has the same words."""
        words = slug(ask)
        ids = chain([words], (f"{words}-{number}" for number in count(2)))
        known_by = next(name for name in ids if name not in self.questions)
        own = {"id": known_by} if known_by != words else {}
        self.questions[known_by] = as_item({"ask": ask, **own, **checks})


def _write(made: _Made, path: Path) -> None:
    """Write a set and its articles into a folder, whole or not at all.

    Raises:
        ImportFailed: something is in its place, or it cannot be written.
    """
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - keeps symlinks
    half = whole.with_name(f".{whole.name}.half")
    try:
        if path.is_dir() and any(path.iterdir()):
            raise ImportFailed(f"{path} is not empty; empty it, or name another folder with --into")
        if os.path.lexists(path) and not path.is_dir():
            raise ImportFailed(f"{path} is a file; name a folder with --into")
        shutil.rmtree(half, ignore_errors=True)
        for name, article in made.articles.items():
            file = half / ARTICLES / name
            file.parent.mkdir(parents=True, exist_ok=True)
            content = json.dumps(article, ensure_ascii=False, indent=2)
            file.write_text(f"{content}\n", encoding="utf-8")
        questions = "".join(made.questions.values())
        content = f"corpus: {ARTICLES}\n\nquestions:\n{questions}"
        (half / NAME).write_text(content, encoding="utf-8", newline="\n")
        if path.is_dir():
            # A shell or a mount may stand in an empty folder: it is filled, not replaced.
            for name in (ARTICLES, NAME):
                (half / name).rename(path / name)
        else:
            half.rename(path)
    except OSError as error:
        raise ImportFailed(
            f"{path} cannot be written: {error.strerror}; check the disk, or name another folder "
            "with --into"
        ) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


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
