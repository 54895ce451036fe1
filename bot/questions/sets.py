"""Question sets: YAML files beside the articles, read whole.

A mistake is reported with its file and line and what to do about it, all of a set's at once.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.questions.folding import fold
from bot.questions.format import Defaults, Question, SetModel
from rag.errors import GriotError

LONGEST_ID = 60
"""Of an id that is made from a question, in characters."""

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


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
    try:
        content = path.read_bytes()
        root = yaml.compose(content.decode("utf-8-sig"), Loader=_Loader)
    except OSError as error:
        raise _broken(path, 1, f"cannot be read: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise _broken(path, 1, "is not UTF-8 text; save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise _broken(path, *unreadable(error)) from error
    if root is None:
        raise _broken(path, 1, f"is empty; {_BEGIN}")
    if twice := [*_twice(root)]:
        raise SetError([Mistake(path, line, message) for line, message in twice])
    made = _validated(path, root)
    questions = _named(path, _with_defaults(made, root))
    return QuestionSet(
        path=path,
        corpus=(path.parent / made.corpus).resolve(),
        questions=questions,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _broken(path: Path, line: int, message: str) -> SetError:
    return SetError([Mistake(path, line, message)])


_BEGIN = "begin with a line `questions:` and, under it, `- ask: …`"


def unreadable(error: yaml.YAMLError) -> tuple[int, str]:
    """Give the line of a mistake in YAML itself, and the remedy."""
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or error).splitlines()[0]
    line = mark.line + 1 if mark else 1
    for sign, remedy in _REMEDIES.items():
        if sign in said:
            return line, remedy
    return line, f"is no YAML: {said}; compare the line with those around it"


_REMEDIES = {
    "mapping values are not allowed": (
        "a colon with a space after it stands inside a text; put quotation marks around the text"
    ),
    "cannot start any token": (
        "a character that YAML keeps for itself, such as a tab, @ or `, begins a text; put "
        "quotation marks around the text, and indent with spaces"
    ),
    "found unexpected end of stream": "a quotation mark is opened and not closed; close it",
    "did not find expected ',' or ']'": "a [ is not closed, or a comma is missing; mend the list",
    "did not find expected ',' or '}'": "a { is not closed, or a comma is missing; mend it",
    "found undefined alias": (
        "a text begins with *, which YAML takes for an alias; put quotation marks around it"
    ),
    "did not find expected key": (
        "this line is not indented as those around it, or a text goes on after its closing "
        "quotation mark; line them up"
    ),
    "did not find expected '-' indicator": (
        "this line is not indented as those around it; begin each question with `- ` in the same "
        "column"
    ),
}


def _twice(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Give each key that stands twice in one mapping."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _twice(each)
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if (before := first.setdefault(str(key.value), line)) != line:
                told = f"`{key.value}` stands here and on line {before}"
                yield line, f"{told}; put both into one, or begin the next question with `- `"
            yield from _twice(value)


def _validated(path: Path, root: yaml.Node) -> SetModel:
    try:
        return SetModel.model_validate(_plain(root))
    except ValidationError as error:
        mistakes = {
            Mistake(path, _line(root, each["loc"]), _explained(dict(each)))
            for each in error.errors(include_url=False)
        }
        raise SetError(sorted(mistakes, key=lambda one: (one.line, one.message))) from error


def _plain(node: yaml.Node) -> Any:  # noqa: ANN401 - whatever somebody wrote
    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key)): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    return node.value


def _line(node: yaml.Node, location: Sequence[int | str]) -> int:
    """Give the line of what stands at a location, or of the last of it that there is."""
    line = 0
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _explained(error: dict[str, Any]) -> str:
    """Say what is wrong and what to do about it."""
    where = [str(step) for step in error["loc"] if isinstance(step, str)]
    name = next((step for step in reversed(where) if step in _FORMS), where[-1] if where else "")
    match error["type"]:
        case "extra_forbidden":
            return _unknown(str(error["loc"][-1]), known=_known(error["loc"]))
        case "missing":
            return _BEGIN
        case "value_error":
            said = error["msg"].removeprefix("Value error, ")
            if said == "is empty":
                return f"`{name}` is empty; it must be {_FORMS[name]}"
            return f"`{name}` {said}" if said.startswith(("is ", "must ")) else said
        case "model_type" | "dict_type" if not name or name == "questions":
            return f"a question must be `ask: …` with its checks under it; {_BEGIN}"
    return f"`{name}` must be {_FORMS[name]}" if name in _FORMS else error["msg"]


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


def _known(location: Sequence[int | str]) -> Mapping[str, object]:
    if len(location) == 1:
        return SetModel.model_fields
    return Defaults.model_fields if location[0] == "defaults" else Question.model_fields


def _unknown(key: str, *, known: Mapping[str, object]) -> str:
    close = get_close_matches(key, known, n=1, cutoff=0.5)
    if close:
        return f"`{key}` is not known here. Did you mean `{close[0]}`?"
    return f"`{key}` is not known here; there are: {', '.join(known)}"


def _with_defaults(made: SetModel, root: yaml.Node) -> Iterator[Question]:
    """Give each question with the set's defaults where it says nothing itself, and its line."""
    given = {name: getattr(made.defaults, name) for name in made.defaults.model_fields_set}
    for number, question in enumerate(made.questions):
        told = {name: one for name, one in given.items() if name not in question.model_fields_set}
        made_one = question.model_copy(update=told)
        made_one._line = _line(root, ("questions", number))  # noqa: SLF001 - its own class's
        yield made_one


def _named(path: Path, questions: Iterator[Question]) -> tuple[Question, ...]:
    """Give each question its id.

    Raises:
        SetError: two have the same.
    """
    named = [one if one.id else one.model_copy(update={"id": slug(one)}) for one in questions]
    first: dict[str, int] = {}
    mistakes = [
        Mistake(
            path,
            one.line,
            f"this is asked on line {before} too; change one, or give one an `id:` of its own",
        )
        for one in named
        if (before := first.setdefault(one.id, one.line)) != one.line
    ]
    if mistakes:
        raise SetError(mistakes)
    return tuple(named)


def slug(question: Question) -> str:
    """Give a readable id: "who-accompanied-goita"; a long one is cut and numbered."""
    asked = " ".join(question.turns)
    words = "-".join(re.findall(r"\w+", fold(asked)))
    if words and len(words) <= LONGEST_ID:
        return words
    cut = words[:LONGEST_ID].rpartition("-")[0]
    return f"{cut}-{hashlib.sha256(asked.encode()).hexdigest()[:4]}".lstrip("-")
