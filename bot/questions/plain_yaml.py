"""YAML in which every scalar is the text that is written, with the line of whatever is wrong.

Anchors and aliases mean what they mean in YAML; tags and merge keys mean nothing, and say so.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import yaml

DEEPEST = 50
"""Lists and mappings that may stand within one another; thousands would exhaust the stack."""

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LINES = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_YAMLS_OWN = "tag:yaml.org,2002:"
_TAGS = frozenset(f"{_YAMLS_OWN}{one}" for one in "str int float bool seq map".split())
_NOTHING = frozenset(("~", "null", "Null", "NULL"))


class Unreadable(Exception):
    """A text is no YAML; `line`, from 1, and `remedy` say where and what to do."""

    def __init__(self, line: int, remedy: str) -> None:
        super().__init__(f"{line}: {remedy}")
        self.line = line
        self.remedy = remedy


def compose(text: str) -> yaml.Node | None:
    """Give the nodes of a text, None where it has none.

    Raises:
        Unreadable: it is no YAML, or nested too deeply, or endlessly.
    """
    try:
        _measure(text)
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise Unreadable(*unreadable(error, text)) from error
    return root


def plain(root: yaml.Node) -> Any:  # noqa: ANN401 - whatever somebody wrote
    """Give what is written as texts, lists and mappings; nothing, and `null`, as an empty text."""
    made: dict[int, Any] = {}  # What has aliases is made once, however often it is meant.

    def make(node: yaml.Node) -> Any:  # noqa: ANN401 - as above
        if id(node) not in made:
            made[id(node)] = _made(node, make)
        return made[id(node)]

    return make(root)


def flaws(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """Give the line and the remedy of all that is YAML and has no meaning here."""
    for node in _nodes(root):
        if node.tag not in _TAGS:
            tag = node.tag.replace(_YAMLS_OWN, "!!")
            remedy = "take it out, or put quotation marks around the text that begins with it"
            yield line_of(node), f"the tag `{tag}` means nothing here; {remedy}"
        if isinstance(node, yaml.MappingNode):
            yield from _keys(node)


def line_of(node: yaml.Node, location: Sequence[int | str] = ()) -> int:
    """Give the line, from 1, of what stands at a location, or of the last of it that there is."""
    line = int(node.start_mark.line)
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
    return line + 1


# Walking


def _measure(text: str) -> None:
    """Refuse what could not be walked through.

    Raises:
        Unreadable: it is nested too deeply, or an alias stands inside what it means.
        YAMLError: it is no YAML.
    """
    around: list[str | None] = []
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionEndEvent):
            around.pop()
        elif isinstance(event, yaml.CollectionStartEvent):
            around.append(event.anchor)
            if len(around) > DEEPEST:
                raise Unreadable(line, "is nested too deeply; close the brackets that are open")
        elif isinstance(event, yaml.AliasEvent) and event.anchor in around:
            raise Unreadable(
                line, f"`*{event.anchor}` stands inside what it means; write out what it should be"
            )


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Give each node once, in no certain order."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        yield node
        for one in _children(node):
            if id(one) not in seen:
                seen.add(id(one))
                waiting.append(one)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _keys(node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    """Give what is wrong with a mapping's keys: one that stands there twice, or is none."""
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = line_of(key)
        if not isinstance(key, yaml.ScalarNode):
            yield line, "a list or a mapping stands where a key must; put quotation marks around it"
        elif _merges(key):
            yield line, "`<<` means nothing here; write out what it should add"
        elif (before := first.setdefault(key.value, line)) == line:
            continue
        else:
            told = f"`{key.value}` stands here and on line {before}"
            yield line, f"{told}; put both into one, or begin the next question with `- `"
    yield from _on_one_line(node)


def _on_one_line(node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    """Give the keys that stand twice on a line, as they may between { and }."""
    keys = [(line_of(key), key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    for line, name in dict.fromkeys(one for one in keys if keys.count(one) > 1):
        yield line, f"`{name}` stands twice on this line; put both into one"


def _merges(key: yaml.Node) -> bool:
    return key.value == "<<" and _unquoted(key)


def _made(node: yaml.Node, make: Callable[[yaml.Node], Any]) -> Any:  # noqa: ANN401 - as above
    if isinstance(node, yaml.MappingNode):
        keys = [(key, one) for key, one in node.value if isinstance(key, yaml.ScalarNode)]
        return {key.value: make(one) for key, one in keys if not _merges(key)}
    if isinstance(node, yaml.SequenceNode):
        return [make(one) for one in node.value]
    return "" if node.value in _NOTHING and _unquoted(node) else node.value


def _unquoted(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style


# What is no YAML


def unreadable(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Give the line, from 1, of a mistake in YAML itself, and the remedy."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unprintable(error, text)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return 1, _other(str(error).splitlines()[0])
    mark, said = error.problem_mark, str(error.problem)
    for signs, remedy in _BEGUN.items():
        if error.context_mark and signs in f"{error.context} {said}":
            return error.context_mark.line + 1, remedy
    line = [*_LINES.split(text), ""][mark.line]
    for signs, explain in _EXPLAINED.items():
        if signs in said:
            return mark.line + 1, explain(line, mark.column)
    return mark.line + 1, _other(said)


def _unprintable(error: yaml.reader.ReaderError, text: str) -> tuple[int, str]:
    at = max(text.find(chr(error.character)), 0)
    line = len(_LINES.findall(text, 0, at)) + 1
    return line, f"a character that cannot be seen, U+{error.character:04X}; take it out"


def _other(said: str) -> str:
    return f"is no YAML: {said}; compare the line with those around it"


def _colon(line: str, column: int) -> str:
    """Explain a key where none can be: it stands within a text, or the line is one's going on."""
    if re.search(r":\s", line[:column]):
        return f"a colon with a space after it stands inside a text; {_QUOTE}"
    return (
        "this line is taken for a part of the one above; line it up with the other keys, and see "
        "that there is a space after the `-` and the `:` above"
    )


def _sign(line: str, column: int) -> str:
    sign = line[column : column + 1]
    if sign == "\t":
        return _TAB
    return f"a text begins with `{sign}`, which YAML keeps for itself; {_QUOTE}"


def _uneven(line: str, column: int) -> str:
    """Explain where neither a key nor anything else is expected."""
    if line[:column].strip(" -"):
        return (
            "a text goes on after its closing quotation mark, or one above it is not closed; write "
            "'' for a ' within '…'"
        )
    if line.lstrip().startswith("- "):
        return "this `- ` does not stand below the others; begin each question in the same column"
    return "this line is not indented as those around it; line its key up with the others"


_QUOTE = "put quotation marks around the text"
_TAB = "a tab indents this line; indent it with spaces"
_CLOSE = "a quotation mark is opened here and not closed; close it"
_BLOCK = "a text begins with > or |; put quotation marks around it, or begin it on the next line"
_LATER = "a list begins on the line of its key; begin it on the next line, or write [one, other]"

# By what is said of a mistake and of what it stands in: these are told where that begins.
_BEGUN = {
    "quoted scalar found unexpected end of stream": _CLOSE,
    "quoted scalar found unexpected document indicator": _CLOSE,
    "did not find expected ',' or ']'": "a [ is not closed, or lacks a comma; mend the list",
    "did not find expected ',' or '}'": "a { is not closed, or lacks a comma; mend it",
    "could not find expected ':'": "this line has no `: ` after its key; write `key: value`",
}
_EXPLAINED: dict[str, Callable[[str, int], str]] = {
    "mapping values are not allowed": _colon,
    "cannot start any token": _sign,
    "did not find expected node content": _sign,
    "found a tab character": lambda *_: _TAB,
    "did not find expected key": _uneven,
    "did not find expected '-' indicator": _uneven,
    "did not find expected comment or line break": lambda *_: _BLOCK,
    "block sequence entries are not allowed": lambda *_: _LATER,
    "mapping keys are not allowed": lambda *_: f"a text begins with `? `; {_QUOTE}",
    "found undefined alias": lambda *_: f"a text begins with `*`; {_QUOTE}",
    "found undefined tag handle": lambda *_: f"a text begins with `!`; {_QUOTE}",
    "found unknown escape character": lambda *_: (
        "in \"…\" YAML reads \\ itself; put the text into '…'"
    ),
    "but found another document": lambda *_: (
        "a second document begins at this line; keep one `questions:`, and no `---`"
    ),
}
