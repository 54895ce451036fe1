"""What a promptfoo config says: YAML and JSON as it is written, with lines, and what it refers to.

Every scalar is the text that is written, except `true`, `false` and `null` of JSON. Programs that
a config names are not run, and the environment is not read.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # where PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

from bot.questions.imports.writing import ImportFailed, LeftOut, read_text
from bot.questions.plain_yaml import unreadable

_FORM = "expected is a promptfoo config, with `tests:` that have `vars:` and `assert:`"
_DATA = (".yaml", ".yml", ".json", ".jsonl", ".csv")
_FILE = "file://"
_PROGRAMS = {".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".go", ".sh"}


class NotHere(Exception):
    """Something of a config has no place here; `str()` is why, for a person."""


class Entry(dict[str, Any]):
    """A mapping of a config, and the line where it begins; 0 where that is not known."""

    line = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test as it is written, and where: a name for a person."""

    said: Entry
    path: Path
    number: int

    @property
    def where(self) -> str:
        """Name the test, with its line and its description."""
        told = scalar(self.said.get("description"))
        return f"{at(self.path, self.said)}test {self.number}" + (f" (“{told}”)" if told else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A config as it was read; paths in it are from its own folder."""

    path: Path
    said: Entry
    default: Entry
    prompts: tuple[Any, ...]


def read_config(path: Path) -> Config:
    """Read a config.

    Raises:
        ImportFailed: it cannot be read, or is none.
    """
    said = read_data(path)
    if not isinstance(said, Entry) or not isinstance(said.get("tests"), str | list | Entry):
        raise ImportFailed(f"{path} is not of the form; {_FORM}")
    default = said.get("defaultTest") or Entry()
    if isinstance(default, str):
        default = read_data(path.parent / default.removeprefix(_FILE))
    if not isinstance(default, Entry):
        raise ImportFailed(f"{path}: `defaultTest` is no mapping; give it `vars:` or `assert:`")
    return Config(path=path, said=said, default=default, prompts=tuple(listed(said.get("prompts"))))


def cases(config: Config) -> Iterator[Case | LeftOut]:
    """Give the tests of a config and of the files that it names, in their order.

    Raises:
        ImportFailed: such a file cannot be read.
    """
    for number, (one, path) in enumerate(_listed_tests(config), start=1):
        if isinstance(one, Entry) and "path" not in one:
            yield Case(said=one, path=path, number=number)
        else:
            named = one.get("path") if isinstance(one, Entry) else one
            yield LeftOut(where=f"{path}: {named}", why=f"only {', '.join(_DATA)} tests are read")


def _listed_tests(config: Config) -> Iterator[tuple[object, Path]]:
    for one in listed(config.said["tests"]):
        names = [] if isinstance(one, Entry) else found(str(one), config.path.parent)
        if not names or any(name.suffix.lower() not in _DATA for name in names):
            yield one, config.path
            continue
        for name in names:
            for within in listed(read_data(name)):
                yield within, name


def option(name: str, case: Case, config: Config) -> str | None:
    """Give an option of a test, or else of all tests; None where it is not given, or off."""
    given = (said.get("options") for said in (case.said, config.default))
    told = (scalar(one.get(name)) for one in given if isinstance(one, Entry))
    return next((one for one in told if one and one != "false"), None)


def at(path: Path, said: Mapping[str, Any]) -> str:
    """Give the beginning of a remark on something of a file."""
    line = said.line if isinstance(said, Entry) else 0
    return f"{path}:{line}: " if line else f"{path}: "


# Values


def listed(value: object) -> list[Any]:
    """Give a list as it is, nothing as an empty one, and anything else as one of itself."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def scalar(value: object) -> str | None:
    """Give a text, a number, true or false as text; None for anything else or an empty text."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str) or not value.strip():
        return None
    # JSON may hold halves of characters, which no file can.
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def found(name: str, folder: Path) -> list[Path]:
    """Give the files that `file://…` means, from a folder; those of a pattern by name."""
    name = name.removeprefix(_FILE)
    if any(sign in name for sign in "*?["):
        pattern = Path(name)
        root = Path(pattern.anchor) if pattern.anchor else folder
        return sorted(root.glob(str(pattern.relative_to(pattern.anchor))))
    return [folder / name]


def lies_outside(path: Path, folder: Path) -> bool:
    """Say whether a file is not in a folder, be it behind a link."""
    return not path.resolve().is_relative_to(folder.resolve())


def is_file(value: object) -> TypeGuard[str]:
    """Say whether a value stands for what is in a file."""
    return isinstance(value, str) and value.startswith(_FILE)


def texts_of(folder: Path, reference: str) -> list[str]:
    """Read the files that a value stands for.

    Raises:
        NotHere: one is a program, or cannot be read as text, or there is none.
    """
    paths = found(reference, folder)
    if not paths:
        raise NotHere(f"there is no file like {reference}")
    return [_text(path) for path in paths]


def text_of(folder: Path, reference: str) -> str:
    """Read the file that a value stands for, the first if there are several.

    Raises:
        NotHere: it is a program, or cannot be read as text, or there is none.
    """
    return texts_of(folder, reference)[0]


def _text(path: Path) -> str:
    if path.suffix.lower() in _PROGRAMS or ":" in path.name:
        raise NotHere(f"{path.name} is a program, which is not run")
    if path.exists() and not path.is_file():
        raise NotHere(f"{path} is no file")
    try:
        return read_text(path).strip()
    except ImportFailed as error:
        raise NotHere(str(error)) from error


# How often a variable may stand in another one.
_DEPTH = 3
_PLACE = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def filled(text: str, values: Mapping[str, object]) -> str:
    """Put variables in their places, also in those that stand in a variable.

    Raises:
        NotHere: there is a place that no text is for, or a template's code.
    """
    for _ in range(_DEPTH):
        text = _PLACE.sub(lambda place: scalar(values.get(place[1])) or place[0], text)
    if left := _CODE.search(text):
        raise NotHere(f"{left[0]} stands for nothing here")
    return text


# Reading


def read_data(path: Path) -> object:
    """Read YAML, JSON, JSON lines, or the tests of a table.

    Raises:
        ImportFailed: it cannot be read.
    """
    text = read_text(path)
    try:
        match path.suffix.lower():
            case ".json":
                return _json(text, path, 1)
            case ".jsonl":
                lines = enumerate(text.split("\n"), start=1)
                return [_json(line, path, number) for number, line in lines if line.strip()]
            case ".csv":
                return list(_rows(text))
        return _yaml(text, path)
    except RecursionError as error:
        raise ImportFailed(f"{path} is nested too deeply; {_FORM}") from error
    except csv.Error as error:
        raise ImportFailed(f"{path} is no table: {error}; save it as CSV anew") from error


def _yaml(text: str, path: Path) -> object:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes nothing but plain data
    except yaml.YAMLError as error:
        line, remedy = unreadable(error, text)
        raise ImportFailed(f"{path}:{line}: {remedy}") from error


def _json(text: str, path: Path, line: int) -> object:
    try:
        return json.loads(
            text, object_hook=Entry, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError as error:
        raise ImportFailed(
            f"{path}:{line + error.lineno - 1}: is no JSON: {error.msg.lower()} at column "
            f"{error.colno}; {_FORM}"
        ) from error


class _Loader(SafeLoader):
    """Makes texts, lists and entries; merges `<<`, and takes no text for a number or a date."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))]}  # noqa: RUF012


def _entry(loader: Any, node: yaml.MappingNode) -> Entry:  # noqa: ANN401 - libyaml's or Python's
    entry = Entry(loader.construct_mapping(node, deep=True))
    entry.line = node.start_mark.line + 1
    return entry


_Loader.add_constructor("tag:yaml.org,2002:map", _entry)


# Tables


_EXPECTED = re.compile(r"__expected\d*")
_ASSERTION = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<threshold>[\d.]+)\))?(?::\s*(?P<value>.*))?",
    re.DOTALL,
)


def _rows(text: str) -> Iterator[Entry]:
    """Give each row of a table as a test, with its line: `__…` are no variables."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 2
    for row in rows:
        named = {name: said for name, said in row.items() if name and said}
        test = Entry(
            {
                "description": named.get("__description", ""),
                "threshold": named.get("__threshold", ""),
                "vars": Entry({one: said for one, said in named.items() if one[:2] != "__"}),
                "assert": [
                    _expected(said) for one, said in named.items() if _EXPECTED.fullmatch(one)
                ],
            }
        )
        test.line, begins = begins, rows.line_num + 1
        yield test


def _expected(text: str) -> Entry:
    """Give the assertion that a cell is: `contains: Paris`, `latency(500)`, or else the answer."""
    said = _ASSERTION.fullmatch(text.strip())
    if said is None or (said["value"] is None and said["threshold"] is None and "-" not in text):
        return Entry({"type": "equals", "value": text})
    return Entry({name: one for name, one in said.groupdict().items() if one})
