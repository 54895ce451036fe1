"""SQuAD 1.1, SQuAD 2.0 and XQuAD, which are one form, as a corpus and a question set.

Each paragraph becomes an article, each question one of the set: its gold answers are any of what is
expected, its paragraph is what must be cited, and what is impossible to answer must be refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.questions.folding import fold, stands_in
from bot.questions.imports.writing import (
    Folder,
    Imported,
    ImportFailed,
    LeftOut,
    endings,
    file_stem,
    making,
    nothing_asked,
    read_text,
)
from rag.derived import Progress
from rag.extract import normalise

_FORM = (
    'expected is SQuAD\'s form: {"data": [{"title": …, "paragraphs": [{"context": …, "qas": '
    '[{"question": …, "answers": [{"text": …, "answer_start": …}]}]}]}]}'
)


class _Answer(BaseModel):
    text: str
    answer_start: int = -1


class _Asked(BaseModel):
    question: str
    answers: tuple[_Answer, ...] = ()
    is_impossible: bool = False


class _Paragraph(BaseModel):
    context: str
    qas: tuple[_Asked, ...]


class _Titled(BaseModel):
    title: str = ""
    paragraphs: tuple[_Paragraph, ...]


class _File(BaseModel):
    data: tuple[_Titled, ...]


def squad(paths: Sequence[Path], into: Path, progress: Progress) -> Imported:
    """Make a corpus and a set of one file or several; of several, each has a folder and a tag.

    Raises:
        ImportFailed: one cannot be read or is not of the form, or `into` cannot be written.
    """
    passages = tuple(_passages([(path, _read(path)) for path in paths]))
    left_out: list[LeftOut] = []
    remarks: Counter[str] = Counter()
    with making(into) as folder:
        for number, passage in enumerate(passages):
            progress(number, len(passages), "paragraphs")
            left_out += _add(passage, folder, remarks)
        if not folder.questions:
            raise nothing_asked(paths[0], left_out)
    if folder.refusals:
        remarks[_ELSEWHERE] = folder.refusals
    return Imported(
        folder=into,
        articles=folder.articles,
        questions=folder.questions,
        refusals=folder.refusals,
        left_out=tuple(left_out),
        remarks=tuple(remark.format(count) for remark, count in remarks.items()),
    )


_WIDENED = "gold answers that began or ended amid a word, now widened to whole words: {:,}"
_NOWHERE = "gold answers that do not stand in their paragraph, kept as they are: {:,}"
_ELSEWHERE = (
    "questions to be refused because their own paragraph does not answer them, though another "
    "article may: {:,}"
)


# Reading


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(read_text(path))
    except ValidationError as error:
        raise ImportFailed(f"{path}{_fault(error)}") from error


def _fault(error: ValidationError) -> str:
    """Say where a file is no JSON, or first not of the form."""
    first = error.errors(include_url=False)[0]
    if first["type"] != "json_invalid":
        where = ".".join(map(str, first["loc"])) or "the file"
        return f" is not of the form: {where}: {first['msg'].lower()}; {_FORM}"
    said, _, place = str(first.get("ctx", {}).get("error", "")).partition(" at line ")
    line, _, column = place.partition(" column ")
    return f":{line or 1}: is no JSON: {said} at column {column or 1}; {_FORM}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    """A paragraph, the name of its article, and what cites that article and no other."""

    paragraph: _Paragraph
    name: str
    cited: str
    title: str
    tags: list[str]
    where: str


def _passages(files: Sequence[tuple[Path, _File]]) -> Iterator[_Passage]:
    """Name the paragraphs of some files: `normans-03.json` is the third of those on Normans."""
    several = len(files) > 1
    stems = [
        (path, titled, tags, "/".join(tags))
        for path, file in files
        for titled in file.data
        for tags in [_tags(path, titled, several=several)]
    ]
    counts = Counter[str]()
    for _, titled, _, stem in stems:
        counts[stem] += len(titled.paragraphs)
    ambiguous = endings(tuple(counts))
    numbers = Counter[str]()
    for path, titled, tags, stem in stems:
        width = max(2, len(str(counts[stem])))
        for within, paragraph in enumerate(titled.paragraphs, start=1):
            numbers[stem] += 1
            name = f"{stem}-{numbers[stem]:0{width}}.json"
            yield _Passage(
                paragraph=paragraph,
                name=name,
                # Among the articles of `the-normans`, only the whole id tells one of `normans`.
                cited=f"{name}#1" if stem in ambiguous else name,
                title=titled.title.replace("_", " "),
                tags=tags,
                where=f"{path}: {titled.title or 'no title'}, paragraph {within}",
            )


def _tags(path: Path, titled: _Titled, *, several: bool) -> list[str]:
    file = file_stem(path.stem) or "squad"
    title = file_stem(titled.title) or "untitled"
    return [file, title] if several else [title]


# Making


def _add(passage: _Passage, folder: Folder, remarks: Counter[str]) -> Iterator[LeftOut]:
    """Add a paragraph and its questions; give what is left out."""
    text = passage.paragraph.context
    if not _line(text):
        yield LeftOut(where=passage.where, why="it has no text to answer from")
        return
    folder.add_article(passage.name, {"title": passage.title, "text": text})
    folded = fold(normalise(text))
    for number, asked in enumerate(passage.paragraph.qas, start=1):
        ask = _line(asked.question)
        if why := _unusable(asked):
            yield LeftOut(where=f"{passage.where}, question {number}", why=why)
        elif asked.is_impossible:
            folder.ask({"ask": ask, "refuse": True, "tags": passage.tags})
        else:
            answers = _distinct(_standing(one, text, folded, remarks) for one in asked.answers)
            folder.ask(
                {
                    "ask": ask,
                    "expect": [answers] if len(answers) > 1 else answers,
                    "cites": [passage.cited],
                    "tags": passage.tags,
                }
            )


def _unusable(asked: _Asked) -> str | None:
    if not _line(asked.question):
        return "it has no words"
    if not asked.is_impossible and not any(fold(_line(one.text)) for one in asked.answers):
        return "it has no gold answer"
    return None


def _distinct(texts: Iterable[str]) -> list[str]:
    """Give the texts, in their order, once each where they differ only in what is folded."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(fold(text), text)
    return [text for folded, text in found.items() if folded]


def _standing(answer: _Answer, text: str, folded: str, remarks: Counter[str]) -> str:
    """Give a gold answer as it stands in its paragraph in whole words."""
    line = _line(answer.text)
    if not fold(line) or stands_in(line, folded):
        return line
    widened = next((one for one in _widened(answer, text) if stands_in(one, folded)), None)
    remarks[_WIDENED if widened else _NOWHERE] += 1
    return widened or line


def _widened(answer: _Answer, text: str) -> Iterator[str]:
    """Give a gold answer, where it stands in the text, with the rest of its words: ever more."""
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
    """Give a text on one line, without what an article's text has not either."""
    return " ".join(normalise(text).split())
