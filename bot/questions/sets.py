"""Question sets: YAML files beside the articles, read whole.

A set is read in three steps: its YAML, its format, its sense. All mistakes of a step are reported
at once, each with its line and the remedy.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.questions import NAME
from bot.questions.folding import fold, of_a_word
from bot.questions.format import EMPTY, CannedQuestion, Defaults, SetModel
from bot.questions.yaml_text import NotYaml, YamlDocument
from rag.errors import GriotError

LONGEST_ID = 60
"""Of an id that is made from a question, in characters."""

NO_QUESTIONS = "there is no `questions:`; begin with a line `questions:` and, under it, `- ask: …`"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a set, with the remedy; `line` is from 1, or 0 for the whole file."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}{f':{self.line}' if self.line else ''}: {self.message}"


class SetError(GriotError):
    """A question set cannot be used; `mistakes` are all that is wrong with it, by line."""

    def __init__(self, *mistakes: Mistake) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(str, mistakes)))


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
        written = YamlDocument.read(text)
    except NotYaml as error:
        raise SetError(*(Mistake(path, *flaw) for flaw in error.flaws)) from error
    if not isinstance(written.value, dict):
        raise SetError(Mistake(path, 1, NO_QUESTIONS))
    made = _validated(path, written)
    corpus = (path.parent / made.corpus).resolve()
    questions = tuple(_with_defaults(made, written))
    mistakes = [*_repeated(path, questions)]
    if not corpus.is_dir():
        message = f"`corpus` is no folder: {corpus}; name it as seen from the folder of the set"
        mistakes.insert(0, Mistake(path, written.line(["corpus"]), message))
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
        raise SetError(Mistake(path, line, "is not UTF-8 text; save it as UTF-8")) from error
    except FileNotFoundError as error:
        raise SetError(Mistake(path, 0, "does not exist; check the path")) from error
    except IsADirectoryError as error:
        message = f"is a folder; name the set in it: {path / NAME}"
        raise SetError(Mistake(path, 0, message)) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}; check the path"
        raise SetError(Mistake(path, 0, message)) from error


def _with_defaults(made: SetModel, written: YamlDocument) -> Iterator[CannedQuestion]:
    """Return the questions with their lines, ids, and the set's defaults where they have no own."""
    given = {name: getattr(made.defaults, name) for name in made.defaults.model_fields_set}
    for number, question in enumerate(made.questions):
        own = question.model_fields_set
        added = {name: value for name, value in given.items() if name not in own}
        named = {"id": question.id or slug(" ".join(question.turns))}
        line = written.line(("questions", number))
        yield question.model_copy(update=added | named).at(line)


def _repeated(path: Path, questions: Iterable[CannedQuestion]) -> Iterator[Mistake]:
    """Return a mistake for each question that has the id of one before."""
    first: dict[str, int] = {}
    for question in questions:
        if question.line != first.setdefault(question.id, question.line):
            message = f"the id `{question.id}` is that of line {first[question.id]} already"
            remedy = "ask something else, or give the question an `id:` of its own"
            yield Mistake(path, question.line, f"{message}; {remedy}")


def slug(asked: str) -> str:
    """Return a readable id: "who-accompanied-goita"; a long one is cut, with a hash of it all."""
    words = hyphenated(fold(asked).replace("'", ""))
    if words and len(words) <= LONGEST_ID:
        return words
    cut = words[:LONGEST_ID]
    whole = cut.rpartition("-")[0] or cut
    return f"{whole}-{hashlib.sha256(asked.encode()).hexdigest()[:4]}".lstrip("-")


def hyphenated(text: str) -> str:
    """Return the words of a text, folded, with hyphens between them."""
    return "-".join("".join(sign if of_a_word(sign) else " " for sign in fold(text)).split())


# What is wrong with a set's format

_Error = Mapping[str, Any]


def _validated(path: Path, written: YamlDocument) -> SetModel:
    try:
        return SetModel.model_validate(written.value)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        misnamed = any(_meant(error) == "questions" for error in errors)
        found = {
            (written.line(error["loc"]), _explanation(error))
            for error in errors
            if error["type"] != "missing" or not misnamed
        }
        raise SetError(*(Mistake(path, *each) for each in sorted(found))) from invalid


def _explanation(error: _Error) -> str:
    """Return what is wrong, and what was expected."""
    if error["type"] == "missing":
        return NO_QUESTIONS
    if error["type"] == "extra_forbidden":
        return _unknown(error)
    keys = [step for step in error["loc"] if isinstance(step, str)]
    reason = str(error["ctx"]["error"]) if error["type"] == "value_error" else ""
    if reason not in ("", EMPTY):
        return f"`{keys[1]}` {reason}" if keys[1:] else reason
    known = _fields(error["loc"]) if keys[1:] else SetModel.model_fields
    name = keys[:2][-1]
    expected = (known[name].description or "").rstrip(".")
    given = error["input"]
    wrong = EMPTY if reason or (isinstance(given, str) and not given.strip()) else "cannot be used"
    quotes = isinstance(given, dict) and name not in {"defaults", "questions", "retrieves"}
    return (
        f"`{name}` {wrong}; expected: {expected[:1].lower()}{expected[1:]}"
        f"{'; a text with a colon needs quotes' if quotes else ''}"
    )


def _unknown(error: _Error) -> str:
    """Return what may have been meant by an unknown key, or where a known one belongs."""
    key, known = error["loc"][-1], _fields(error["loc"])
    if meant := _meant(error):
        return f"`{key}` is not known here. Did you mean `{meant}`?"
    if key in Defaults.model_fields and len(error["loc"]) == 1:
        return f"`{key}` does not belong here; put it under `defaults:`, or under a question"
    if key in SetModel.model_fields:
        return f"`{key}` belongs to the whole set; begin its line without spaces"
    if key in CannedQuestion.model_fields:
        return f"`{key}` belongs to a question; put it under `- ask:`, in the column of `ask`"
    return f"`{key}` is not known here; there are: {', '.join(known)}"


def _meant(error: _Error) -> str | None:
    """Return the key that was likely meant by an unknown one."""
    if error["type"] != "extra_forbidden":
        return None
    key, known = error["loc"][-1], _fields(error["loc"])
    if key in CannedQuestion.model_fields or key in SetModel.model_fields:
        return None
    if _SYNONYMS.get(key) in known:
        return _SYNONYMS[key]
    return next(iter(get_close_matches(key.lower(), known, n=1, cutoff=0.6)), None)


def _fields(location: tuple[int | str, ...]) -> Mapping[str, FieldInfo]:
    """Return the keys that there are at a location."""
    if len(location) == 1:
        return SetModel.model_fields
    return Defaults.model_fields if location[0] == "defaults" else CannedQuestion.model_fields


_SYNONYMS = {
    "question": "ask",
    "turns": "conversation",
    "answer": "expect",
    "contains": "expect",
    "source": "cites",
    "sources": "cites",
    "regex": "matches",
}
"""Words that people take for a key and that do not look like it."""
