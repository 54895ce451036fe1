"""Question sets: YAML files beside the articles, read whole.

A set is read in three steps: its YAML, its form, its sense. All mistakes of a step are reported at
once, each with its line and the remedy.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.questions import NAME
from bot.questions.folding import fold, of_a_word
from bot.questions.format import CannedQuestion, SetModel
from bot.questions.mistakes import NO_QUESTIONS, Mistake, SetError, explained
from bot.questions.yaml_text import NotYaml, Written

LONGEST_ID = 60
"""Of an id that is made from a question, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """A set as it was read. `digest` is of the file's bytes; ids are unique."""

    path: Path
    corpus: Path
    questions: tuple[CannedQuestion, ...]
    digest: str


def load(path: Path) -> QuestionSet:
    """Read a set.

    Raises:
        SetError: it cannot be read, or anything in it is wrong.
    """
    content, text = _read(path)
    try:
        written = Written.read(text)
    except NotYaml as error:
        raise SetError(*(Mistake(path, flaw.line, flaw.message) for flaw in error.flaws)) from error
    if not isinstance(written.value, dict):
        raise SetError(Mistake(path, 1, NO_QUESTIONS))
    made = _validated(path, written)
    corpus = (path.parent / made.corpus).resolve()
    questions = tuple(_with_defaults(made, written))
    mistakes = tuple(_repeated(path, questions))
    if not corpus.is_dir():
        message = f"`corpus` is no folder: {corpus}; name it as seen from the folder of the set"
        mistakes = (Mistake(path, written.line(["corpus"]), message), *mistakes)
    if mistakes:
        raise SetError(*mistakes)
    digest = hashlib.sha256(content).hexdigest()
    return QuestionSet(path=path, corpus=corpus, questions=questions, digest=digest)


def _read(path: Path) -> tuple[bytes, str]:
    """Return a file's bytes and its text.

    Raises:
        SetError: it has none.
    """
    content = b""
    try:
        content = path.read_bytes()
        return content, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "is not UTF-8 text; save it as UTF-8"
        raise SetError(Mistake(path, line, message)) from error
    except FileNotFoundError as error:
        raise SetError(Mistake(path, 1, "does not exist; check the path")) from error
    except IsADirectoryError as error:
        message = f"is a folder; name the set in it: {path / NAME}"
        raise SetError(Mistake(path, 1, message)) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}; check the path"
        raise SetError(Mistake(path, 1, message)) from error


def _validated(path: Path, written: Written) -> SetModel:
    try:
        return SetModel.model_validate(written.value)
    except ValidationError as error:
        errors = explained([{**each} for each in error.errors(include_url=False)])
        lines = sorted({(written.line(location), message) for location, message in errors})
        raise SetError(*(Mistake(path, line, message) for line, message in lines)) from error


def _with_defaults(made: SetModel, written: Written) -> Iterator[CannedQuestion]:
    """Return the questions with their lines, ids, and the set's defaults where they have no own."""
    given = {name: getattr(made.defaults, name) for name in made.defaults.model_fields_set}
    for number, question in enumerate(made.questions):
        own = question.model_fields_set
        added = {name: value for name, value in given.items() if name not in own}
        named = {"id": question.id or slug(question)}
        line = written.line(("questions", number))
        yield question.model_copy(update=added | named).at(line)


def _repeated(path: Path, questions: Iterable[CannedQuestion]) -> Iterator[Mistake]:
    """Return a mistake for each question that has the id of one before."""
    first: dict[str, int] = {}
    for question in questions:
        if question.id not in first:
            first[question.id] = question.line
            continue
        message = f"the id `{question.id}` is that of line {first[question.id]} already"
        remedy = "ask something else, or give the question an `id:` of its own"
        yield Mistake(path, question.line, f"{message}; {remedy}")


def slug(question: CannedQuestion) -> str:
    """Return a readable id: "who-accompanied-goita"; a long one is cut and numbered."""
    asked = " ".join(question.turns)
    kept = (sign if of_a_word(sign) else " " for sign in fold(asked).replace("'", ""))
    words = "-".join("".join(kept).split())
    if words and len(words) <= LONGEST_ID:
        return words
    cut = words[:LONGEST_ID]
    whole = cut.rpartition("-")[0] or cut
    return f"{whole}-{hashlib.sha256(asked.encode()).hexdigest()[:4]}".lstrip("-")
