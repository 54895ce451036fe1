"""HTML: the main text of a page, and what its metadata say."""

import json
import logging
import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.pages.characters import clean, decode, normalise
from rag.reasons import Reason
from rag.types import RawPage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES: tuple[str, ...] = (".html", ".htm")
MEDIA_TYPES: tuple[str, ...] = ("text/html", "application/xhtml+xml")

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_CHARSET_WITHIN = 4096

_DATES = """
article:published_time og:article:published_time datepublished parsely-pub-date dc.date.issued
dcterms.issued dc.date dcterms.date dc.date.created dcterms.created date pubdate publishdate
publish-date publish_date sailthru.date cxenseparse:recs:publishtime
""".split()
_STORY = re.compile(r"article|posting|^report", re.IGNORECASE)
_NOT_TEXT = "script|style|noscript|template|nav|header|footer|aside|form|button|svg|iframe|select"
_TAIL = re.compile(" [|\u2013\u2014\u00b7\u00bb\u2022:-]+ ")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:
    """See `rag.pages.formats.Format`. Dates come from the article's metadata alone."""
    tree = _tree(clean(decode(content, charset or _own_charset(content))))
    linked = list(_linked(tree))
    outlets = [*_meta(tree, "og:site_name"), *_publishers(linked), *_meta(tree, "dc.publisher")]
    fields = {
        "url": _urls(tree, linked),
        "title": _titles(tree, linked, outlets),
        "outlet": outlets,
        "published": _dates(tree, linked),
    }
    yield RawPage(location=location, text=normalise(_main_text(tree)), fields=fields)


def _own_charset(content: bytes) -> str:
    found = _CHARSET.search(content[:_CHARSET_WITHIN])
    return found[1].decode("ascii", "replace") if found else ""


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


def _strings(nodes: list[dict[str, Any]], name: str) -> list[str]:
    return [value for node in nodes if isinstance(value := node.get(name), str)]


def _publishers(linked: list[dict[str, Any]]) -> list[str]:
    publishers = [node.get("publisher") for node in linked]
    return _strings([node for node in publishers if isinstance(node, dict)], "name")


def _urls(tree: "HtmlElement", linked: list[dict[str, Any]]) -> list[str]:
    found = (
        (link.get("rel", "").lower().split(), link.get("href", "")) for link in tree.iter("link")
    )
    links = [href for kinds, href in found if "canonical" in kinds]
    return [*links, *_meta(tree, "og:url"), *_strings(linked, "url")]


def _dates(tree: "HtmlElement", linked: list[dict[str, Any]]) -> list[str]:
    stated = _meta(tree, *_DATES[:3]) + _strings(linked, "datePublished")
    return stated + list(_marked_dates(tree)) + _meta(tree, *_DATES[3:])


def _marked_dates(tree: "HtmlElement") -> Iterator[str]:
    for element in tree.iter("time", "span", "abbr"):
        if element.get("itemprop", "").lower() == "datepublished" or "pubdate" in element.attrib:
            yield element.get("datetime") or element.get("content") or element.text_content()


def _titles(tree: "HtmlElement", linked: list[dict[str, Any]], outlets: list[str]) -> list[str]:
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")]
    titles = [" ".join((t.text_content()).split()) for t in tree.iter("title")][:1]
    stated = [*_meta(tree, "og:title"), *_strings(linked, "headline")]
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
