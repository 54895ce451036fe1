"""Makes a corpus and a question set of SQuAD 1.1, SQuAD 2.0 and XQuAD, which share one form.

Each paragraph becomes an article, and each question one of the set: any of its gold answers is
expected, its paragraph must be cited, and an impossible question must be refused.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.questions.folding import fold, stands_in
from bot.questions.set_folder import Imported, ImportFailed, LeftOut, SetFolder, file_stem, making
from rag.index.progress import Progress
from rag.pages.characters import normalise

_FORM = (
    'expected is SQuAD\'s form: {"data": [{"title": …, "paragraphs": [{"context": …, "qas": '
    '[{"question": …, "answers": [{"text": …, "answer_start": …}]}]}]}]}'
)


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


def squad(paths: Sequence[Path], into: Path, progress: Progress) -> Imported:
    """Make a corpus and a set of one file or several; each of several has a folder and a tag.

    Raises:
        ImportFailed: a file cannot be read or is not of the form, or `into` cannot be written.
    """
    paragraphs = tuple(_named_paragraphs([(path, _read(path)) for path in paths]))
    left_out: list[LeftOut] = []
    remarks: Counter[str] = Counter()
    with making(into) as folder:
        for number, paragraph in enumerate(paragraphs):
            progress(number, len(paragraphs), "paragraphs")
            left_out += _add(paragraph, folder, remarks)
        if not folder.questions:
            reasons = "; ".join(map(str, left_out[:3]))
            raise ImportFailed(f"{paths[0]} holds no question that can be asked. {reasons}".strip())
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


_WIDENED = "gold answers that began or ended within a word, now widened to whole words: {:,}"
_NOWHERE = "gold answers that do not stand in their paragraph, kept as they are: {:,}"
_ELSEWHERE = (
    "questions to be refused because their own paragraph does not answer them, though another "
    "article may: {:,}"
)


# Reading


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
    """A paragraph, the file name of its article, and the unique name to cite it by."""

    paragraph: _Paragraph
    name: str
    cited: str
    title: str
    tags: list[str]
    where: str


def _named_paragraphs(files: Sequence[tuple[Path, _SquadFile]]) -> Iterator[_NamedParagraph]:
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
    numbers = Counter[str]()
    for path, titled, tags, stem in stems:
        width = max(2, len(str(counts[stem])))
        # `normans-01.json` is a part of `the-normans-01.json`: only the whole id is unique.
        ambiguous = any(other != stem and other.endswith(stem) for other in counts)
        for within, paragraph in enumerate(titled.paragraphs, start=1):
            numbers[stem] += 1
            name = f"{stem}-{numbers[stem]:0{width}}.json"
            yield _NamedParagraph(
                paragraph=paragraph,
                name=name,
                cited=f"{name}#1" if ambiguous else name,
                title=titled.title.replace("_", " "),
                tags=tags,
                where=f"{path}: {titled.title or 'no title'}, paragraph {within}",
            )


def _tags(path: Path, titled: _Titled, *, several: bool) -> list[str]:
    file = file_stem(path.stem) or "squad"
    title = file_stem(titled.title) or "untitled"
    return [file, title] if several else [title]


# Making


def _add(paragraph: _NamedParagraph, folder: SetFolder, remarks: Counter[str]) -> Iterator[LeftOut]:
    """Add a paragraph and its questions; yield what is left out."""
    text = paragraph.paragraph.context
    if not _line(text):
        yield LeftOut(where=paragraph.where, why="it has no text to answer from")
        return
    folder.add_article(paragraph.name, {"title": paragraph.title, "text": text})
    folded = fold(normalise(text))
    for number, question in enumerate(paragraph.paragraph.qas, start=1):
        ask = {"ask": _line(question.question)}
        if why := _unusable(question):
            yield LeftOut(where=f"{paragraph.where}, question {number}", why=why)
        elif question.is_impossible:
            folder.add_question({**ask, "refuse": True, "tags": paragraph.tags})
        else:
            answers = _distinct(
                _in_whole_words(answer, text, folded, remarks) for answer in question.answers
            )
            folder.add_question(
                {
                    **ask,
                    "expect": [answers] if len(answers) > 1 else answers,
                    "cites": [paragraph.cited],
                    "tags": paragraph.tags,
                }
            )


def _unusable(question: _SquadQuestion) -> str | None:
    if not _line(question.question):
        return "it has no words"
    answers = (fold(_line(answer.text)) for answer in question.answers)
    return None if question.is_impossible or any(answers) else "it has no gold answer"


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
