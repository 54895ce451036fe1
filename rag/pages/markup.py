"""Markup reduced to what an article needs: what the page says of itself, and its plain text."""

import json
import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.reasons import Reason, Remark

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page's metadata, candidates in order of trust, and its plain text.

    `said` has the keys url, title, outlet and published.
    """

    text: str
    said: dict[str, list[str]] = field(default_factory=dict)


# Markdown

_FRONT = re.compile(
    r"\A---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_FRONT_NAMES = {
    "title": "title",
    "outlet": "outlet",
    "url": "url",
    "published": "published",
    "date": "published",
}
_NOTHING = {"", "~", "null"}
# What is not closed goes on to the end, as in HTML, so that no place is looked at twice.
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[/!?a-zA-Z][^>]*(?:>|\Z)", re.DOTALL)


def markdown(content: str) -> PlainPage:
    """Read Markdown, with or without YAML front matter.

    A heading that opens the body is a title. Raises SourceError where the front matter is broken.
    """
    said, body = _front_matter(content.replace("\r\n", "\n").replace("\r", "\n"))
    tokens = _tokens(body)
    if tokens and tokens[0].type == "heading_open":
        said.setdefault("title", []).append(_inline(tokens[1]))
    return PlainPage("\n\n".join(_blocks(tokens)), said)


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
    said: dict[str, list[str]] = {}
    for key, value in front.items():
        name = _FRONT_NAMES.get(str(key).strip().lower())
        if name and isinstance(value, str) and value.strip().lower() not in _NOTHING:
            said.setdefault(name, []).append(value)
    return said


def _tokens(body: str) -> "list[Token]":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").parse(body)


def _blocks(tokens: "list[Token]") -> Iterator[str]:
    """Yield the text of each block; list items keep their marks, cells are joined by bars."""
    mark = ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "list_item_open":
            mark = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield " | ".join(cell for cell in cells if cell)
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


# HTML

_DATES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dc.date.created",
    "dcterms.created",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
)
_STORY = re.compile(r"article|posting|^report", re.IGNORECASE)
_NOT_TEXT = "script|style|noscript|template|nav|header|footer|aside|form|button|svg|iframe|select"
_TAIL = re.compile(" [|\u2013\u2014\u00b7\u00bb\u2022:-]+ ")


def html(content: str) -> PlainPage:
    """Read an HTML page: the main text, and what its metadata say.

    Dates come from the article's metadata alone. Raises SourceError where nothing can be parsed.
    """
    tree = _tree(content)
    linked = list(_linked(tree))
    said = {
        "url": _urls(tree, linked),
        "outlet": [*_meta(tree, "og:site_name"), *_names(linked), *_meta(tree, "dc.publisher")],
        "published": _dates(tree, linked),
    }
    said["title"] = _titles(tree, linked, said["outlet"])
    return PlainPage(_main_text(tree), said)


def _tree(content: str) -> "HtmlElement":
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    data = content.encode("utf-8", "replace")
    try:
        parser = HTMLParser(encoding="utf-8", remove_comments=True)  # type: ignore[no-untyped-call]
        tree: HtmlElement = document_fromstring(data, parser=parser)  # type: ignore[no-untyped-call]
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise SourceError(Reason.NOT_HTML()) from error
    return tree


def _meta(tree: "HtmlElement", *names: str) -> list[str]:
    """Return the contents of the meta elements of these names, in the order of the names."""
    held: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content", "").strip()
        for attribute in ("property", "name", "itemprop"):
            key = element.get(attribute, "").strip().lower()
            if key and content:
                held.setdefault(key, []).append(content)
    return [content for name in names for content in held.get(name, [])]


def _linked(tree: "HtmlElement") -> Iterator[dict[str, Any]]:
    """Yield the JSON-LD nodes of articles, then of pages, outer before inner."""
    nodes = [node for script in _scripts(tree) for node in _nodes(script)]
    yield from (node for node in nodes if _is_a(node, _STORY))
    yield from (node for node in nodes if _is_a(node, re.compile("^WebPage$")))


def _scripts(tree: "HtmlElement") -> Iterator[object]:
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() == "application/ld+json":
            try:
                yield json.loads(script.text or "", strict=False)
            except (ValueError, RecursionError):
                continue


def _nodes(root: object) -> Iterator[dict[str, Any]]:
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _is_a(node: dict[str, Any], kind: re.Pattern[str]) -> bool:
    types = node.get("@type")
    return any(
        isinstance(name, str) and kind.search(name)
        for name in (types if isinstance(types, list) else [types])
    )


def _told(nodes: list[dict[str, Any]], name: str) -> list[str]:
    return [value for node in nodes if isinstance(value := node.get(name), str)]


def _names(linked: list[dict[str, Any]]) -> list[str]:
    publishers = [node.get("publisher") for node in linked]
    return _told([one for one in publishers if isinstance(one, dict)], "name")


def _urls(tree: "HtmlElement", linked: list[dict[str, Any]]) -> list[str]:
    links = [e.get("href", "") for e in tree.iter("link") if "canonical" in _tokens_of(e, "rel")]
    return [*links, *_meta(tree, "og:url"), *_told(linked, "url")]


def _tokens_of(element: "HtmlElement", attribute: str) -> list[str]:
    return (element.get(attribute) or "").lower().split()


def _dates(tree: "HtmlElement", linked: list[dict[str, Any]]) -> list[str]:
    stated = _meta(tree, *_DATES[:3]) + _told(linked, "datePublished")
    return stated + list(_marked_dates(tree)) + _meta(tree, *_DATES[3:])


def _marked_dates(tree: "HtmlElement") -> Iterator[str]:
    for element in tree.iter("time", "span", "abbr"):
        if element.get("itemprop", "").lower() == "datepublished" or "pubdate" in element.attrib:
            yield element.get("datetime") or element.get("content") or element.text_content()


def _titles(tree: "HtmlElement", linked: list[dict[str, Any]], outlets: list[str]) -> list[str]:
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")]
    titles = [" ".join((t.text_content()).split()) for t in tree.iter("title")][:1]
    stated = [*_meta(tree, "og:title"), *_told(linked, "headline")]
    # A heading that the page's title begins with is the title without the outlet's name.
    begun = [h for h in headings if h and titles and titles[0].startswith(h)]
    return [_without_tail(t, outlets) for t in [*stated, *begun, *titles, *headings] if t.strip()]


def _without_tail(title: str, outlets: list[str]) -> str:
    """Return a title, on one line, without the name of an outlet at its end."""
    title = " ".join(title.split())
    names = {name.strip().casefold() for name in outlets}
    longest = max(map(len, names), default=0)
    for cut in reversed(list(_TAIL.finditer(title))):
        tail = title[cut.end() :].casefold()
        if len(tail) > longest:
            break
        if tail in names:
            return title[: cut.start()]
    return title


def _main_text(tree: "HtmlElement") -> str:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        text = trafilatura.extract(
            tree, include_comments=False, include_tables=False, favor_precision=True
        )
    except Exception:  # noqa: BLE001 - whatever a page does to it, its paragraphs remain
        text = None
    return text or _paragraphs(tree)


def _paragraphs(tree: "HtmlElement") -> str:
    """Return the text of the page's paragraphs, or of all of it when it has none."""
    for element in tree.xpath("//" + " | //".join(_NOT_TEXT.split("|"))):
        element.drop_tree()
    paragraphs = [" ".join(p.text_content().split()) for p in tree.iter("p")]
    return "\n\n".join(p for p in paragraphs if p) or "\n".join(tree.itertext())
