"""YAML in which every scalar is the text that is written, with the line of whatever it holds.

Anchors and aliases mean what they mean in YAML; tags and merge keys mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import yaml

DEEPEST = 50
"""Levels of lists and mappings; thousands would exhaust the stack."""

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_STANDARD = "tag:yaml.org,2002:"
_NOTHING = frozenset(("~", "null", "Null", "NULL"))
_OPENING = frozenset("\"'[{")
_FORM = (
    "expected is `key: value`, with the keys of a question in one column, indented by spaces, and "
    "quotes around a text with a colon or a sign, as in `expect: 'Mali: 5 %'`"
)


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """Something wrong in a text, by its line from 1, with the remedy."""

    line: int
    message: str


class NotYaml(Exception):
    """A text cannot be read as YAML that means something here; `flaws` say why."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__(*flaws)
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Written:
    """What a text holds: texts, lists and mappings. Nothing, and `null`, are empty texts."""

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
            made = cls("" if root is None else loader.construct_document(root), root)
        except yaml.reader.ReaderError as error:
            before = text.partition(chr(error.character))[0]
            message = f"has the invisible character U+{error.character:04X}; delete it"
            raise NotYaml(Flaw(len(f"{before}.".splitlines()), message)) from error
        except yaml.MarkedYAMLError as error:
            raise NotYaml(_unreadable(error, text)) from error
        if loader.flaws:
            raise NotYaml(*sorted(loader.flaws))
        return made

    def line(self, location: Sequence[int | str] = ()) -> int:
        """Return the line of a location, or of the last of it that there is, from 1."""
        node = self._root
        line = node.start_mark.line if node else 0
        for step in location:
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:
                    break
                line, node = found[-1][0].start_mark.line, found[-1][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                line = node.start_mark.line
            else:
                break
        return int(line) + 1


class _Loader(_Base):  # type: ignore[misc]  # libyaml's where PyYAML has it, else Python's
    """Makes texts, lists and mappings, each alias the same object as its anchor."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.flaws: list[Flaw] = []

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        if not node.tag.startswith(_STANDARD):
            message = (
                f"`{node.tag}` is a tag, which has no meaning here; put quotes around the text"
            )
            self.flaws.append(_flaw(node.start_mark, message))
        return super().construct_object(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> str:
        text: str = super().construct_scalar(node)
        return "" if text in _NOTHING and not node.style else text

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's
        first: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in first:
                message = f"`{key.value}` is given here and on line {first[key.value]}"
                remedy = "keep one, or begin the next question with `- `"
                self.flaws.append(_flaw(key.start_mark, f"{message}; {remedy}"))
            elif isinstance(key, yaml.ScalarNode):
                first[key.value] = key.start_mark.line + 1
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
            message = "is nested too deeply; close the brackets that are open"
            raise NotYaml(_flaw(event.start_mark, message))


def _unreadable(error: yaml.MarkedYAMLError, text: str) -> Flaw:
    """Tell by the marks alone where a text is no YAML: the wording is that of a version."""
    begun: Any = error.context_mark
    mark: Any = error.problem_mark
    if isinstance(error, yaml.constructor.ConstructorError):
        return _flaw(mark, "a list or a mapping stands as a key, or within itself; write it out")
    if begun and (sign := text[begun.index : begun.index + 1]) in _OPENING:
        message = (
            f"the `{sign}` at column {begun.column + 1} is not closed, or lacks a comma inside"
        )
        return _flaw(begun, f"{message}; mend it, as in `expect: [one, 'two']`")
    return _flaw(mark, f"is not YAML at column {mark.column + 1}: {_FORM}")


def _flaw(mark: Any, message: str) -> Flaw:  # noqa: ANN401 - libyaml's or Python's
    return Flaw(mark.line + 1, message)
