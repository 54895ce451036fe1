"""What promptfoo's assertions become in a set, and what means something else there."""

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.questions.imports.promptfoo_config import (
    Case,
    Config,
    Entry,
    NotHere,
    at,
    filled,
    is_file,
    listed,
    option,
    scalar,
    text_of,
)
from bot.questions.imports.writing import LeftOut


class Note(StrEnum):
    """What means something else here than in promptfoo, said once."""

    WORDS = (
        "`contains`, `icontains` and their kin look for letters; `expect` and `reject` look for "
        "whole words, whatever their case and accents, in the answer and its quotes"
    )
    PATTERNS = "`matches` takes Python's regular expressions, and looks in the quotes too"
    TIMES = "`max_ms` is reported; it gates only with --gate-times"
    JUDGED = "`judge` needs a chat model, and never gates"
    TOGETHER = "each test had its own context; the set's questions are asked of all the articles"
    OUTSIDE = (
        "files outside the config's folder were read; see that nothing is among the articles that "
        "should not be there"
    )
    PROMPTS = "there are several prompts; where a question is made of one, it is the first"
    NO_ARTICLES = (
        "no test has a `context` or a `document`, so there are no articles; put those that the "
        "questions are about into the folder `articles`"
    )


@dataclass(frozen=True, slots=True)
class Check:
    """A check that an assertion becomes, by the name that it has in a set."""

    name: str
    value: Any


Told = Check | Note | LeftOut


def told_of(case: Case, config: Config, values: Mapping[str, object]) -> Iterator[Told]:
    """Give the checks of a test with certain variables, and what there is to say about them."""
    if not _whole(case.said):
        yield LeftOut(where=f"{case.where}, threshold", why="all checks of a question must hold")
    if option("transform", case, config):
        yield LeftOut(where=f"{case.where}, transform", why="the answer is checked as it is")
    if not option("disableDefaultAsserts", case, config):
        inherited = listed(config.default.get("assert"))
        yield from _of_each(inherited, _Place("defaultTest", config.path), config, values)
    named = case.where.removeprefix(at(case.path, case.said))
    own = listed(case.said.get("assert"))
    yield from _of_each(own, _Place(named, case.path), config, values)


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose assertions they are, and in which file."""

    name: str
    path: Path


def _of_each(
    assertions: Sequence[object], place: _Place, config: Config, values: Mapping[str, object]
) -> Iterator[Told]:
    for one in assertions:
        said = _referred(one, config)
        kind = scalar(said.get("type")) or "an assertion"
        try:
            if kind == "assert-set":
                yield from _of_each(_grouped(said), place, config, values)
            else:
                yield from _of_one(kind, _Assertion(said, config.path.parent, values))
        except NotHere as why:
            yield LeftOut(where=f"{at(place.path, said)}{place.name}, {kind}", why=str(why))


def _referred(assertion: object, config: Config) -> Entry:
    """Give an assertion, or the one that it refers to: `$ref: '#/assertionTemplates/short'`."""
    said = assertion if isinstance(assertion, Entry) else Entry()
    reference = said.get("$ref")
    if not isinstance(reference, str):
        return said
    there: Any = config.said
    for step in reference.removeprefix("#/").split("/"):
        there = there.get(step) if isinstance(there, Entry) else None
    return there if isinstance(there, Entry) else said


def _grouped(said: Entry) -> list[Any]:
    if not _whole(said):
        raise NotHere("only some of it need hold")
    return listed(said.get("assert"))


def _whole(said: Entry) -> bool:
    """Say whether all of what is grouped must hold."""
    return scalar(said.get("threshold")) in {None, "1", "1.0"}


# One assertion


@dataclass(frozen=True, slots=True)
class _Assertion:
    """An assertion, the folder of its config, and the variables of its test."""

    said: Entry
    folder: Path
    values: Mapping[str, object]

    def text(self) -> str:
        """Give the one text that it is about."""
        given = self.said.get("value")
        if is_file(given):
            return text_of(self.folder, given)
        if text := scalar(given):
            return filled(text, self.values).strip()
        raise NotHere("its value is no text")

    def texts(self) -> tuple[str, ...]:
        """Give the texts that it is about: a list, or a text with commas."""
        given = self.said.get("value")
        if isinstance(given, list):
            texts = [filled(text, self.values).strip() for one in given if (text := scalar(one))]
        else:
            rows = csv.reader([self.text()], skipinitialspace=True)
            texts = [one.strip() for row in rows for one in row]
        if not any(texts):
            raise NotHere("its value is no list of texts")
        return tuple(one for one in texts if one)

    def rubrics(self) -> tuple[str, ...]:
        """Give what it is to be judged by."""
        return self.texts() if isinstance(self.said.get("value"), list) else (self.text(),)

    def pattern(self) -> str:
        """Give its regular expression."""
        # JavaScript writes a named group without the P.
        text = re.sub(r"\(\?<(?![=!])", "(?P<", self.text())
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise NotHere(f"it is no regular expression of Python's: {error}") from error
        return text

    def milliseconds(self) -> float:
        """Give its threshold as a time."""
        try:
            given = float(scalar(self.said.get("threshold")) or "")
        except ValueError as error:
            raise NotHere("its threshold is no number") from error
        if not 0 < given < math.inf:
            raise NotHere("its threshold is no time")
        return int(given) if given.is_integer() else given


def _of_one(kind: str, assertion: _Assertion) -> Iterator[Check | Note]:
    """Give what an assertion becomes.

    Raises:
        NotHere: nothing does.
    """
    if scalar(assertion.said.get("weight")) in {"0", "0.0"}:
        raise NotHere("it weighs nothing")
    if "transform" in assertion.said:
        raise NotHere("its transform is not run")
    if kind not in _KINDS:
        raise NotHere("a set has no such check")
    name, values, note = _KINDS[kind]
    yield from (Check(name, value) for value in values(assertion))
    if note:
        yield note


_KINDS: Mapping[str, tuple[str, Callable[[_Assertion], Sequence[object]], Note | None]] = {
    **dict.fromkeys(("contains", "icontains"), ("expect", lambda one: [(one.text(),)], Note.WORDS)),
    **dict.fromkeys(
        ("contains-any", "icontains-any"), ("expect", lambda one: [one.texts()], Note.WORDS)
    ),
    **dict.fromkeys(
        ("contains-all", "icontains-all"),
        ("expect", lambda one: [(text,) for text in one.texts()], Note.WORDS),
    ),
    **dict.fromkeys(
        ("not-contains", "not-icontains"), ("reject", lambda one: [one.text()], Note.WORDS)
    ),
    **dict.fromkeys(
        ("not-contains-any", "not-icontains-any"), ("reject", _Assertion.texts, Note.WORDS)
    ),
    **dict.fromkeys(
        ("llm-rubric", "model-graded-closedqa", "g-eval"),
        ("judge", _Assertion.rubrics, Note.JUDGED),
    ),
    "regex": ("matches", lambda one: [one.pattern()], Note.PATTERNS),
    "latency": ("max_ms", lambda one: [one.milliseconds()], Note.TIMES),
    "is-refusal": ("refuse", lambda _: [True], None),
    "not-is-refusal": ("answerable", lambda _: [True], None),
}
