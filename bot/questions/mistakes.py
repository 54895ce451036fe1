"""Explains what is wrong with a question set to the person who wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bot.questions.format import CannedQuestion, Defaults, SetModel
from rag.errors import GriotError

NO_QUESTIONS = "there is no `questions:`; begin with a line `questions:` and, under it, `- ask: …`"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a set, by its line from 1, with the remedy."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class SetError(GriotError):
    """A question set cannot be used; `mistakes` are all that is wrong with it, by line."""

    def __init__(self, *mistakes: Mistake) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(str, mistakes)))


def explained(errors: Sequence[Mapping[str, Any]]) -> Sequence[tuple[Sequence[int | str], str]]:
    """Return the location and the explanation of each of a validation's errors."""
    misnamed = any(_nearest(error) == "questions" for error in errors)
    return [
        (error["loc"], _explanation(error))
        for error in errors
        if error["type"] != "missing" or not misnamed
    ]


def _explanation(error: Mapping[str, Any]) -> str:
    """Return what is wrong, what was expected, and an example where it is a key's value."""
    where = [step for step in error["loc"] if isinstance(step, str)]
    name = where[1] if where[1:] else "".join(where)
    match error["type"]:
        case "extra_forbidden":
            return _unknown(error)
        case "senseless_question":
            return str(error["msg"])
        case "wrong_value":
            return f"`{name}` {error['msg']}"
        case "empty":
            return f"`{name}` is empty; it must be {_FORMS[name]}"
        case "missing":
            return NO_QUESTIONS
    colon = isinstance(error["input"], dict) and name not in {"defaults", "questions", "retrieves"}
    return f"`{name}` must be {_FORMS[name]}" + ("; a text with a colon needs '…'" if colon else "")


_TEXTS = "a text or a list of texts, such as [one, 'and: two']"
_EXPECTED = "a text or a list of texts; in the list, a list means any of its texts: [all, [of, or]]"
_TRUTH = "true or false"
_FORMS = {
    "corpus": "the folder of the articles, such as .",
    "defaults": "a mapping, such as {repeat: 3}",
    "questions": "a list in which each question begins with `- ask: …`, its checks under it",
    "id": "a short name, such as minister",
    "ask": "a question, such as Who came?",
    "conversation": "a list of questions, such as [Who came?, And when?]",
    "expect": _EXPECTED,
    "claims": _EXPECTED,
    "reject": _TEXTS,
    "matches": "a regular expression or a list of them, such as '\\d+ %'",
    "cites": "an article's id, or a list of them, such as [visit.md]",
    "quote": _TEXTS,
    "retrieves": "an article's id, a list of them, or ids with the rank that is enough: {id: 3}",
    "answerable": _TRUTH,
    "refuse": _TRUTH,
    "disagree": _TRUTH,
    "max_claims": "a whole number from 1",
    "max_ms": "a number of milliseconds above 0, such as 500",
    "mode": "`reader` or `model`",
    "language": "a language by its two letters, such as en",
    "judge": "a rubric, as text",
    "repeat": "a whole number from 1",
    "share": "a number above 0 and at most 1, such as 0.8",
    "tags": "a name or a list of names, such as [visit]",
    "known_failure": "the reason, as text",
}


def _unknown(error: Mapping[str, Any]) -> str:
    """Return what may have been meant by an unknown key, or where a known one belongs."""
    key, known = error["loc"][-1], _known(error["loc"])
    if close := _nearest(error):
        return f"`{key}` is not known here. Did you mean `{close}`?"
    if key in Defaults.model_fields and len(error["loc"]) == 1:
        return f"`{key}` does not belong here; put it under `defaults:`, or under a question"
    if key in SetModel.model_fields:
        return f"`{key}` belongs to the whole set; begin its line without spaces"
    if key in CannedQuestion.model_fields:
        return f"`{key}` belongs to a question; put it under `- ask:`, in the column of `ask`"
    return f"`{key}` is not known here; there are: {', '.join(known)}"


def _nearest(error: Mapping[str, Any]) -> str | None:
    """Return the key that was likely meant by an unknown one."""
    if error["type"] != "extra_forbidden":
        return None
    key, known = error["loc"][-1], _known(error["loc"])
    if key in CannedQuestion.model_fields or key in SetModel.model_fields:
        return None
    if _MEANT.get(key) in known:
        return _MEANT[key]
    return next(iter(get_close_matches(key.lower(), known, n=1, cutoff=0.6)), None)


def _known(location: Sequence[int | str]) -> Mapping[str, object]:
    if len(location) == 1:
        return SetModel.model_fields
    return Defaults.model_fields if location[0] == "defaults" else CannedQuestion.model_fields


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
