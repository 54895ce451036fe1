"""YAML in which every scalar is the text that is written: read with its lines, and written.

Anchors and aliases mean what they mean in YAML; tags and merge keys mean nothing.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any, Self

import yaml

try:
    from yaml import CSafeDumper as SafeDumper
except ImportError:  # where PyYAML was built without libyaml
    from yaml import SafeDumper  # type: ignore[assignment]

DEEPEST = 50
"""Levels of lists and mappings; thousands would exhaust the stack."""

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_STANDARD = "tag:yaml.org,2002:"
_NOTHING = frozenset(("~", "null", "Null", "NULL"))
_OPENING = frozenset("\"'[{")
_FORM = (
    "expected: `key: value`, with the keys of a question in one column, indented by spaces, and "
    "quotes around a text with a colon or a sign, as in `expect: 'Mali: 5 %'`"
)

Flaw = tuple[int, str]
"""A line, from 1, and what is wrong there, with the remedy."""


class NotYaml(Exception):
    """A text cannot be read as YAML that means something here; `flaws` tell why."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__(*flaws)
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """The values of a text: texts, lists and mappings. Nothing, and `null`, are empty texts."""

    value: Any
    _root: yaml.Node | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a text.

        Raises:
            NotYaml: it is no YAML, is nested too deeply, or has keys twice or tags of its own.
        """
        try:
            _limit_depth(text)
            loader = _Loader(text)
            root = loader.get_single_node()
            written = cls("" if root is None else loader.construct_document(root), root)
        except yaml.reader.ReaderError as error:
            before = text.partition(chr(error.character))[0]
            message = f"has the invisible character U+{error.character:04X}; delete it"
            raise NotYaml((len(f"{before}.".splitlines()), message)) from error
        except yaml.MarkedYAMLError as error:
            raise NotYaml(_unreadable(error, text)) from error
        if loader.flaws:
            raise NotYaml(*sorted(loader.flaws))
        return written

    def line(self, location: Sequence[int | str] = ()) -> int:
        """Return the line of a location, or of the last of it that there is, from 1."""
        node = self._root
        line = _line(node) if node else 1
        for step in location:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:
                    break
                line, node = _line(found[-1][0]), found[-1][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                line = _line(node)
            else:
                break
        return line


class _Loader(_Base):  # type: ignore[misc]  # libyaml's where PyYAML has it, else Python's
    """Makes texts, lists and mappings, each alias the same object as its anchor."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.flaws: list[Flaw] = []

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        if not node.tag.startswith(_STANDARD):
            message = "is a tag, which has no meaning here; put quotes around the text"
            self.flaws.append((_line(node), f"`{node.tag}` {message}"))
        return super().construct_object(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> str:
        text: str = super().construct_scalar(node)
        return "" if text in _NOTHING and not node.style else text

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        first: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, id(key)) != id(key):
                before = next(_line(other) for other, _ in node.value if other.value == key.value)
                remedy = "keep one, or begin the next question with `- `"
                message = f"`{key.value}` is given here and on line {before}; {remedy}"
                self.flaws.append((_line(key), message))
        return super().construct_mapping(node, deep)


def _limit_depth(text: str) -> None:
    """Refuse what is nested too deeply, before anything recurses into it.

    Raises:
        NotYaml: it is.
        YAMLError: the text is no YAML.
    """
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_Base):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise NotYaml((_line(event), "is nested too deeply; close the brackets that are open"))


def _unreadable(error: yaml.MarkedYAMLError, text: str) -> Flaw:
    """Explain by the marks alone where a text is no YAML: the wording is that of a version."""
    begun: Any = error.context_mark
    mark: Any = error.problem_mark
    if isinstance(error, yaml.constructor.ConstructorError):
        return mark.line + 1, "a list or a mapping is a key, or within itself; write it out"
    if begun and (sign := text[begun.index : begun.index + 1]) in _OPENING:
        where = f"the `{sign}` at column {begun.column + 1}"
        remedy = "mend it, as in `expect: [one, 'two']`"
        return begun.line + 1, f"{where} is not closed, or lacks a comma inside; {remedy}"
    return mark.line + 1, f"is not YAML at column {mark.column + 1}; {_FORM}"


def _line(node: Any) -> int:  # noqa: ANN401 - a node or an event
    return int(node.start_mark.line) + 1


# Writing

WIDTH = 90
"""Characters of a list on one line; a longer one has a line for each of its texts."""

_NEVER_WRAP = 2**30
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
_SURROGATE = re.compile("[\ud800-\udfff]")


def as_item(question: Mapping[str, object]) -> str:
    """Return a question as an item of a set; no invisible character is written as itself."""
    written = yaml.dump(
        dict(question), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=_NEVER_WRAP
    )
    # A text with a hidden character stands in quotes, in which it can be escaped.
    escaped = "".join(
        f"\\U{ord(sign):08x}" if _hidden(sign) and sign != "\n" else sign for sign in written
    )
    return "  - " + indent(escaped, "    ").lstrip()


def visible(text: str) -> str:
    """Return a text on one line, without invisible characters."""
    return " ".join("".join(sign for sign in text if not _hidden(sign)).split())


def _hidden(character: str) -> bool:
    """True if a character is invisible, or changes the direction of text."""
    if character in _JOINERS:
        return False
    return character in "\ufffe\uffff" or unicodedata.category(character) in _HIDDEN


class _Writer(SafeDumper):
    """Writes lists on one line where they fit, and invisible characters of a text as escapes."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _list(writer: Any, given: Sequence[object]) -> yaml.Node:  # noqa: ANN401 - libyaml's or Python's
    flow = len(", ".join(map(str, given))) <= WIDTH
    node: yaml.Node = writer.represent_sequence("tag:yaml.org,2002:seq", given, flow_style=flow)
    return node


def _text(writer: Any, given: str) -> yaml.Node:  # noqa: ANN401 - as above
    style = None if given.isprintable() else '"'
    text = _SURROGATE.sub("\ufffd", given)
    node: yaml.Node = writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Writer.add_representer(list, _list)
_Writer.add_representer(str, _text)
