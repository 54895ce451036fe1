"""Question sets: YAML files beside the articles, read whole.

A mistake is reported with its file and line and what to do about it, all of a set's at once.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.questions import NAME
from bot.questions.folding import fold, of_a_word
from bot.questions.format import Defaults, Question, SetModel
from bot.questions.plain_yaml import Unreadable, compose, flaws, line_of, plain
from rag.errors import GriotError

LONGEST_ID = 60
"""Of an id that is made from a question, in characters."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a line of a set, counted from 1, with the remedy."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class SetError(GriotError):
    """A question set cannot be used; `mistakes` are all that is wrong with it, by line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, mistakes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """A set as it was read. `digest` is of the file's bytes; ids are unique."""

    path: Path
    corpus: Path
    questions: tuple[Question, ...]
    digest: str


# Reading


def load(path: Path) -> QuestionSet:
    """Read a set.

    Raises:
        SetError: it cannot be read, or anything in it is wrong.
    """
    content, text = _read(path)
    try:
        root = compose(text)
    except Unreadable as error:
        raise _broken(path, error.line, error.remedy) from error
    if root is None or root.value == "":
        raise _broken(path, 1, f"is empty; {_BEGIN}")
    written = plain(root)
    made, wrong = _validated(root, written)
    told = {*flaws(root), *wrong, *_doubles(root, written), *_misplaced(path, root, written)}
    if made is None or told:
        raise SetError([Mistake(path, line, message) for line, message in sorted(told)])
    return QuestionSet(
        path=path,
        corpus=(path.parent / made.corpus).resolve(),
        questions=tuple(_named(one) for one in _with_defaults(made, root)),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _read(path: Path) -> tuple[bytes, str]:
    """Give a file's bytes and its text.

    Raises:
        SetError: it has none.
    """
    content = b""
    try:
        content = path.read_bytes()
        return content, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _broken(path, line, "is not UTF-8 text; save it as UTF-8") from error
    except FileNotFoundError as error:
        raise _broken(path, 1, "does not exist; check the path") from error
    except IsADirectoryError as error:
        raise _broken(path, 1, f"is a folder; name the set in it: {path / NAME}") from error
    except OSError as error:
        raise _broken(path, 1, f"cannot be read: {error.strerror}; check the path") from error


def _broken(path: Path, line: int, message: str) -> SetError:
    return SetError([Mistake(path, line, message)])


_BEGIN = "begin with a line `questions:` and, under it, `- ask: …`"


def _misplaced(path: Path, root: yaml.Node, written: object) -> Iterator[tuple[int, str]]:
    """Say where the articles should be and are not."""
    corpus = written.get("corpus") if isinstance(written, dict) else None
    if isinstance(corpus, str) and corpus.strip() and not (path.parent / corpus.strip()).is_dir():
        told = f"`corpus` is no folder: {path.parent / corpus.strip()}"
        yield line_of(root, ["corpus"]), f"{told}; name it as seen from the folder of the set"


# What may stand in it


def _validated(
    root: yaml.Node, written: object
) -> tuple[SetModel | None, Sequence[tuple[int, str]]]:
    """Give a set, or the line and the remedy of all that is wrong in it."""
    try:
        return SetModel.model_validate(written), ()
    except ValidationError as error:
        wrong: list[dict[str, Any]] = [{**one} for one in error.errors(include_url=False)]
    misnamed = any(_nearest(one) == "questions" for one in wrong)
    told = [one for one in wrong if one["type"] != "missing" or not misnamed]
    return None, [(line_of(root, one["loc"]), _explained(one)) for one in told]


def _explained(error: dict[str, Any]) -> str:
    """Say what is wrong and what to do about it."""
    where = [step for step in error["loc"] if isinstance(step, str)]
    name = where[1] if where[1:] else "".join(where)
    match error["type"]:
        case "extra_forbidden":
            return _unknown(error)
        case "value_error":
            return _refused(name, error["msg"].removeprefix("Value error, "))
        case "missing":
            return f"there is no `questions:`; {_BEGIN}"
        case "model_type" if not name:
            return f"no `questions:` stands above this; {_BEGIN}"
        case "model_type" if name == "questions":
            return "a question must be `- ask: …` with its checks under it"
    colon = isinstance(error["input"], dict) and name not in {"defaults", "questions", "retrieves"}
    return f"`{name}` must be {_FORMS[name]}" + ("; a text with a colon needs '…'" if colon else "")


def _refused(name: str, said: str) -> str:
    """Say what the format itself says, of a key where it is one key's."""
    if said == "is empty":
        return f"`{name}` is empty; it must be {_FORMS[name]}"
    return f"`{name}` {said}" if said.startswith(("is ", "has ", "must ")) else said


_FORMS = {
    "corpus": "the folder of the articles, such as .",
    "defaults": "a mapping, such as {repeat: 3}",
    "questions": "a list, each of it beginning with `- ask: …`",
    "id": "a short name",
    "ask": "a question",
    "conversation": "a list of questions",
    "expect": "a text or a list of texts; in the list, a list means any of its texts",
    "claims": "a text or a list of texts; in the list, a list means any of its texts",
    "reject": "a text or a list of texts",
    "matches": "a regular expression or a list of them",
    "cites": "an article's id, or a list of them",
    "quote": "a text or a list of texts",
    "retrieves": "an article's id, a list of them, or ids with the rank that is enough: {id: 3}",
    "answerable": "true or false",
    "refuse": "true or false",
    "disagree": "true or false",
    "max_claims": "a whole number from 1",
    "max_ms": "a number of milliseconds above 0",
    "mode": "`reader` or `model`",
    "language": "a language by its two letters, such as en",
    "judge": "a rubric, as text",
    "repeat": "a whole number from 1",
    "share": "above 0 and at most 1",
    "tags": "a name or a list of names",
    "known_failure": "the reason, as text",
}


def _unknown(error: dict[str, Any]) -> str:
    """Say what may have been meant by a key that is not known, or where it belongs."""
    key, known = error["loc"][-1], _known(error["loc"])
    if close := _nearest(error):
        return f"`{key}` is not known here. Did you mean `{close}`?"
    if key in Defaults.model_fields and len(error["loc"]) == 1:
        return f"`{key}` is not the set's; put it under `defaults:`, or under a question"
    if key in SetModel.model_fields:
        return f"`{key}` is the whole set's; begin its line without spaces"
    if key in Question.model_fields:
        return f"`{key}` is a question's; put it under its `- ask:`, indented as deep as that"
    return f"`{key}` is not known here; there are: {', '.join(known)}"


def _nearest(error: dict[str, Any]) -> str | None:
    """Give the key that was likely meant by one that is not known."""
    if error["type"] != "extra_forbidden":
        return None
    key, known = error["loc"][-1], _known(error["loc"])
    if key in Question.model_fields or key in SetModel.model_fields:
        return None
    if _MEANT.get(key) in known:
        return _MEANT[key]
    return next(iter(get_close_matches(key.lower(), known, n=1, cutoff=0.6)), None)


def _known(location: Sequence[int | str]) -> Mapping[str, object]:
    if len(location) == 1:
        return SetModel.model_fields
    return Defaults.model_fields if location[0] == "defaults" else Question.model_fields


_MEANT = {
    "question": "ask",
    "turns": "conversation",
    "answer": "expect",
    "contains": "expect",
    "source": "cites",
    "sources": "cites",
    "regex": "matches",
}
"""Words that people take for a key and that do not look like it."""


def _with_defaults(made: SetModel, root: yaml.Node) -> Iterator[Question]:
    """Give each question with the set's defaults where it says nothing itself, and its line."""
    given = {name: getattr(made.defaults, name) for name in made.defaults.model_fields_set}
    for number, question in enumerate(made.questions):
        told = {name: one for name, one in given.items() if name not in question.model_fields_set}
        yield question.model_copy(update=told).at(line_of(root, ("questions", number)))


# Ids


def _named(question: Question) -> Question:
    return question if question.id else question.model_copy(update={"id": slug(question)})


def _doubles(root: yaml.Node, written: object) -> Iterator[tuple[int, str]]:
    """Give the questions that have the id of one before, whatever else is wrong with them."""
    questions = written.get("questions") if isinstance(written, dict) else None
    first: dict[str, int] = {}
    for number, one in enumerate(questions if isinstance(questions, list) else ()):
        if (name := _id(one)) is None:
            continue
        line = line_of(root, ("questions", number))
        if (before := first.setdefault(name, line)) == line:
            continue
        if "id" in one:
            yield line, f"the id `{name}` is that of line {before}, too; choose another one"
        else:
            told = f"this is asked on line {before} too"
            yield line, f"{told}; change one, or give one an `id:` of its own"


def _id(written: object) -> str | None:
    """Give the id of a question as it is written, None where that cannot be told."""
    match written:
        case {"id": str(given)} if given.strip():
            return " ".join(given.split())
        case {"ask": str(asked)} | {"conversation": str(asked)} if asked.strip():
            return _readable(asked.strip())
        case {"conversation": [*turns]} if all(isinstance(one, str) for one in turns):
            return _readable(" ".join(one.strip() for one in turns))
    return None


def slug(question: Question) -> str:
    """Give a readable id: "who-accompanied-goita"; a long one is cut and numbered."""
    return _readable(" ".join(question.turns))


def _readable(asked: str) -> str:
    kept = (one if of_a_word(one) else " " for one in fold(asked).replace("'", ""))
    words = "-".join("".join(kept).split())
    if words and len(words) <= LONGEST_ID:
        return words
    cut = words[:LONGEST_ID]
    whole = cut.rpartition("-")[0] or cut
    return f"{whole}-{hashlib.sha256(asked.encode()).hexdigest()[:4]}".lstrip("-")
