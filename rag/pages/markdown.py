"""Markdown, with or without YAML front matter."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.pages.characters import beginning, clean, decode, normalise
from rag.reasons import Reason, Remark
from rag.text.tables import BAR
from rag.types import FIELDS, RawPage

if TYPE_CHECKING:
    from markdown_it.token import Token

SUFFIXES: tuple[str, ...] = (".md", ".markdown")
MEDIA_TYPES: tuple[str, ...] = ("text/markdown",)

_FRONT = re.compile(
    r"\A---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_HEADING = re.compile(r"#{1,6} \S")
_FRONT_NAMES = {**dict(zip(FIELDS, FIELDS, strict=True)), "date": "published"}
_NOTHING = {"", "~", "null"}
# What is not closed goes on to the end, as in HTML, so that no place is looked at twice.
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[/!?a-zA-Z][^>]*(?:>|\Z)", re.DOTALL)


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:
    """See `rag.pages.formats.Format`. A heading that opens the body is a title."""
    from markdown_it import MarkdownIt

    decoded = decode(content, charset)
    fields, body = _front_matter(clean(decoded.text))
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    if tokens and tokens[0].type == "heading_open":
        fields.setdefault("title", []).append(_inline(tokens[1]))
    text = normalise("\n\n".join(_blocks(tokens)))
    yield RawPage(location=location, text=text, fields=fields, remark=decoded.remark)


def _front_matter(content: str) -> tuple[dict[str, list[str]], str]:
    import yaml

    found = _FRONT.match(content)
    if found is None:
        return {}, content
    try:
        front = yaml.load(found[1], Loader=yaml.BaseLoader)  # noqa: S506 - it builds strings only
    except yaml.YAMLError as error:
        raise SourceError(_broken(error)) from error
    except RecursionError as error:
        raise SourceError(Reason.NESTED_FRONT_MATTER()) from error
    if not isinstance(front, dict):
        return {}, content
    return _front_fields(front), content[found.end() :]


def _broken(error: Exception) -> Remark:
    mark = getattr(error, "problem_mark", None)
    return Reason.FRONT_MATTER_AT(line=str(mark.line + 2)) if mark else Reason.FRONT_MATTER()


def _front_fields(front: dict[object, object]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for key, value in front.items():
        name = _FRONT_NAMES.get(str(key).strip().lower())
        if name and isinstance(value, str) and value.strip().lower() not in _NOTHING:
            fields.setdefault(name, []).append(value)
    return fields


def _blocks(tokens: "list[Token]") -> Iterator[str]:
    """Yield the text of each block; list items keep their marks, cells have bars between them."""
    mark = ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield BAR.join(cells)
            cells = None
        elif cells is not None:
            cells += [_inline(token)] if token.type == "inline" else []
        elif text := _block(token):
            yield mark + text
            mark = ""


def _block(token: "Token") -> str:
    if token.type == "inline":
        return _inline(token)
    if token.type in {"fence", "code_block"}:
        return token.content.strip("\n")
    if token.type == "html_block":
        return _TAG.sub(" ", token.content).strip()
    return ""


def _inline(token: "Token") -> str:
    texts = {"softbreak": " ", "hardbreak": "\n", "image": "", "html_inline": ""}
    return "".join(texts.get(t.type, t.content) for t in token.children or []).strip()


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. It is told by front matter, or a heading at the beginning."""
    first = beginning(content)
    return SUFFIXES[0] if _FRONT.match(clean(first)) or _HEADING.match(first) else None
