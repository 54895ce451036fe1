"""A promptfoo config as a corpus and a question set, as far as it says what a set can say.

A test's variables become its question (`question`, `query`, `input`, `prompt`, else its only text,
else the prompt filled in) and its articles (`context`, `document`), its assertions become checks.
What has no place in a set is left out, and each of it is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.questions.format import OF_AN_ANSWER
from bot.questions.imports.promptfoo_checks import Check, Note, Told, told_of
from bot.questions.imports.promptfoo_config import (
    Case,
    Config,
    Entry,
    NotHere,
    cases,
    filled,
    found,
    is_file,
    lies_outside,
    listed,
    option,
    read_config,
    read_data,
    scalar,
    text_of,
    texts_of,
)
from bot.questions.imports.writing import (
    Folder,
    Imported,
    LeftOut,
    file_stem,
    free_name,
    making,
    nothing_asked,
)
from rag import extract, sources
from rag.derived import Progress
from rag.errors import SourceError
from rag.types import Format, RawPage

_QUESTIONS = ("question", "query", "input", "prompt")
_ARTICLES = ("context", "document")
_NAME_WORDS = 6


def promptfoo(path: Path, into: Path, progress: Progress) -> Imported:
    """Make a corpus and a set of a promptfoo config.

    Raises:
        ImportFailed: it cannot be read, is none, or asks nothing, or `into` cannot be written.
    """
    config = read_config(path)
    told: dict[Told, None] = dict.fromkeys(_beside_tests(config))
    with making(into) as folder:
        articles = _Articles(folder, path.parent)
        every = list(cases(config))
        for number, case in enumerate(every):
            progress(number, len(every), "tests")
            one = [case] if isinstance(case, LeftOut) else _add(case, config, folder, articles)
            told |= dict.fromkeys(one)
        left_out = tuple(one for one in told if isinstance(one, LeftOut))
        if not folder.questions:
            raise nothing_asked(path, left_out)
    if not folder.articles:
        told[Note.NO_ARTICLES] = None
    elif folder.articles > 1:
        told[Note.TOGETHER] = None
    return Imported(
        folder=into,
        articles=folder.articles,
        questions=folder.questions,
        refusals=folder.refusals,
        left_out=left_out,
        remarks=tuple(str(note) for note in Note if note in told),
    )


def _beside_tests(config: Config) -> Iterator[Told]:
    for key in ("scenarios", "redteam"):
        if key in config.said:
            yield LeftOut(where=f"{config.path}: {key}", why="only `tests` are read")
    if len(config.prompts) > 1:
        yield Note.PROMPTS


# A test


def _add(case: Case, config: Config, folder: Folder, articles: "_Articles") -> Iterator[Told]:
    """Add the questions and the articles of a test; give what there is to say about it."""
    try:
        given = _variables(case, config)
        for name in _ARTICLES:
            yield from articles.add(given.pop(name, None), f"{case.where}, {name}")
        for values in _combinations(given, case, config):
            yield from _ask(values, case, config, folder)
    except NotHere as why:
        yield LeftOut(where=case.where, why=str(why))


def _ask(
    values: Mapping[str, object], case: Case, config: Config, folder: Folder
) -> Iterator[Told]:
    """Add the question of a test with certain variables; give what there is to say about it."""
    told = list(told_of(case, config, values))
    yield from (one for one in told if not isinstance(one, Check))
    checks, idle = _fitting([one for one in told if isinstance(one, Check)])
    for name in idle:
        why = "it is to be refused, and a refusal has no answer that this could hold for"
        yield LeftOut(where=f"{case.where}, {name}", why=why)
    if not checks:
        raise NotHere("nothing is left of it that could be checked here")
    try:
        folder.ask(_question(_asked(values, case, config), checks))
    except ValidationError as error:
        raise NotHere(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def _fitting(checks: Sequence[Check]) -> tuple[list[Check], tuple[str, ...]]:
    """Part checks that can hold from the names of those that cannot, where a refusal is wanted."""
    refused = any(one.name == "refuse" for one in checks)
    idle = {one.name: None for one in checks if refused and one.name in OF_AN_ANSWER}
    return [one for one in checks if one.name not in idle], tuple(idle)


def _question(ask: str, checks: Sequence[Check]) -> dict[str, object]:
    """Give a question as it stands in a set."""
    given: dict[str, list[Any]] = {}
    for one in checks:
        values = given.setdefault(one.name, [])
        if one.value not in values:
            values.append(one.value)
    question: dict[str, object] = {"ask": ask}
    for name, values in given.items():
        match name:
            case "expect":
                question[name] = [list(one) if len(one) > 1 else one[0] for one in values]
            case "judge":
                question[name] = "\n".join(values)
            case "max_ms":
                question[name] = min(values)
            case "refuse" | "answerable":
                question[name] = True
            case _:
                question[name] = values
    return question


# What is asked


def _variables(case: Case, config: Config) -> dict[str, object]:
    """Give the variables of a test, those of all tests among them."""
    return {**_own_variables(config.default, config), **_own_variables(case.said, config)}


def _own_variables(said: Entry, config: Config) -> dict[str, object]:
    given = said.get("vars")
    if not isinstance(given, str):
        return dict(given) if isinstance(given, Entry) else {}
    read = [read_data(path) for path in found(given, config.path.parent)]
    return {name: one for each in read if isinstance(each, Entry) for name, one in each.items()}


def _combinations(
    given: Mapping[str, object], case: Case, config: Config
) -> Iterator[dict[str, object]]:
    """Give every combination of variables: one that is a list takes each of its values."""
    whole = option("disableVarExpansion", case, config)
    folder = config.path.parent
    each = [[one] if whole else _alternatives(name, one, folder) for name, one in given.items()]
    for values in product(*each):
        yield dict(zip(given, values, strict=True))


def _alternatives(name: str, value: object, folder: Path) -> list[object]:
    made: list[object] = []
    for one in value if isinstance(value, list) else [value]:
        made += texts_of(folder, one) if is_file(one) else [one]
    if not made:
        raise NotHere(f"its variable {name} has no value")
    return made


def _asked(values: Mapping[str, object], case: Case, config: Config) -> str:
    """Give the question, on one line.

    Raises:
        NotHere: nothing tells what it is.
    """
    texts = {name: text for name, value in values.items() if (text := scalar(value))}
    named = next((texts[name] for name in _QUESTIONS if name in texts), None)
    own = [texts[name] for name in _own_variables(case.said, config) if name in texts]
    only = own[0] if len(own) == 1 else None
    return " ".join(filled(named or only or _prompt(config), values).split())


def _prompt(config: Config) -> str:
    """Give the first prompt."""
    for one in config.prompts[:1]:
        said = one.get("raw") if isinstance(one, Entry) else one
        if is_file(said):
            return text_of(config.path.parent, said).split("\n---\n")[0]
        if text := scalar(said):
            return text
    raise NotHere("nothing tells what is asked; name a variable `question`")


# Articles


class _Articles:
    """Adds each article once, as `griot index` would read it."""

    def __init__(self, folder: Folder, base: Path) -> None:
        self._folder = folder
        self._base = base
        self._met: set[object] = set()
        self._texts: set[str] = set()
        self._names: set[str] = set()

    def add(self, given: object, where: str) -> Iterator[Told]:
        """Add what a variable holds, texts and files; give what there is to say about them."""
        for one in listed(given):
            for source in found(one, self._base) if is_file(one) else [one]:
                if isinstance(source, Path) and lies_outside(source, self._base):
                    yield Note.OUTSIDE
                try:
                    self._add_once(source)
                except (NotHere, SourceError) as why:
                    yield LeftOut(where=where, why=str(why))

    def _add_once(self, source: object) -> None:
        key = source if isinstance(source, Path) else scalar(source)
        if key is None:
            raise NotHere("it is no text")
        if key in self._met:
            return
        self._met.add(key)
        for page, named in _pages(key):
            record = extract.record_of(extract.extract(page))
            if record["text"] not in self._texts:
                self._texts.add(record["text"])
                name = free_name(file_stem(named) or "article", self._names)
                self._names.add(name)
                self._folder.add_article(f"{name}.json", record)


def _pages(source: Path | str) -> Iterator[tuple[RawPage, str]]:
    """Give the pages of a text or a file, each with what its article may be called."""
    if isinstance(source, str):
        named = " ".join(source.split()[:_NAME_WORDS])
        yield RawPage(location="", format=Format.TEXT, content=source), named
        return
    pages, skipped = sources.read(source, source.name)
    for page in pages:
        yield page, source.stem
    if skipped:
        raise NotHere(f"{skipped[0].location}: {skipped[0].reason}")
