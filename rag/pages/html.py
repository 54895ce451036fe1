"""HTML: the main text of a page, and what its metadata say."""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.pages.characters import beginning, clean, decode, normalise
from rag.pages.dates import agreed
from rag.pages.furniture import fold, is_prose, without_byline
from rag.pages.main_text import main_text
from rag.reasons import Reason
from rag.types import RawPage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES: tuple[str, ...] = (".html", ".htm")
MEDIA_TYPES: tuple[str, ...] = ("text/html", "application/xhtml+xml")

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_CHARSET_WITHIN = 4096
_BEGINS = re.compile(
    r"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*+"
    r"<(?:!doctype html|(?:html|head|body|article|main|div|p|h1)\b)",
    re.IGNORECASE | re.DOTALL,
)

_REFERENCE = re.compile(r"&#(?:0*(\d{1,7})|x0*([\da-f]{1,6}));?", re.IGNORECASE)
_NO_CHARACTERS = {*range(32), 0xFFFE, 0xFFFF} - set(b"\t\n\r")
"""Neither tab nor line break, but control characters: lxml reads them and then refuses them."""

_DATES = """
article:published_time og:article:published_time datepublished article:published parsely-pub-date
dc.date.issued dcterms.issued dc.date dcterms.date dc.date.created dcterms.created date pubdate
publishdate publish-date publish_date publication_date date_published sailthru.date
cxenseparse:recs:publishtime
""".split()
_COMMENTS = re.compile(
    r"^\s*(?://|/\*)?\s*<!(?:\[CDATA\[|--)(?:\s*\*/)?|(?://|/\*)?\s*(?:\]\]|--)>(?:\s*\*/)?\s*$"
)
_COMMA = re.compile(r",(?=\s*[}\]])")
_STORY = re.compile(r"article|posting|^report", re.IGNORECASE)
_PAGE = re.compile("^WebPage$")
_NO_PAGE = re.compile("comment|person|organization", re.IGNORECASE)
_ADDRESS = re.compile(r"@|https?:|www\.|[a-z\d_-]+(?:[._][a-z\d-]+)+/?$")
_LONGEST_ADDRESS = 200
_ENDING = re.compile(r"\.[a-z]{2,}$")
_TAIL = re.compile(" [|\u2013\u2014\u00b7\u00bb\u2022:-]+ ")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:
    """See `rag.pages.formats.Format`. Dates come from the article's metadata alone."""
    decoded = decode(content, charset or _own_charset(content))
    tree = _tree(clean(decoded.text))
    nodes = [node for script in _scripts(tree) for node in _nodes(script)]
    linked = [node for kind in (_STORY, _PAGE) for node in nodes if _is_a(node, kind)]
    outlets = _outlets(tree, nodes)
    fields = {
        "url": _urls(tree, linked),
        "title": _titles(tree, linked, outlets),
        "outlet": outlets,
        "published": _dates(tree, linked, nodes),
    }
    text = normalise("\n".join(without_byline(main_text(tree).split("\n"))))
    yield RawPage(location=location, text=text, fields=fields, remark=decoded.remark)


def _own_charset(content: bytes) -> str:
    found = _CHARSET.search(content[:_CHARSET_WITHIN])
    return found[1].decode("ascii", "replace") if found else ""


def _tree(content: str) -> "HtmlElement":
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    data = _REFERENCE.sub(_without_control, content).encode("utf-8", "replace")
    try:
        parser = HTMLParser(encoding="utf-8", remove_comments=True)  # type: ignore[no-untyped-call]
        tree: HtmlElement = document_fromstring(data, parser=parser)  # type: ignore[no-untyped-call]
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise SourceError(Reason.NOT_HTML()) from error
    return tree


def _without_control(reference: re.Match[str]) -> str:
    """Return a character reference, "" where it stands for what XML holds no character for."""
    number = int(reference[2] or reference[1], 16 if reference[2] else 10)
    return "" if number in _NO_CHARACTERS else reference[0]


def _meta(tree: "HtmlElement", *names: str) -> list[str]:
    """Return the contents of the meta elements of these names, in the order of the names."""
    held: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content", "").strip()
        for attribute in ("property", "name", "itemprop"):
            for key in element.get(attribute, "").lower().split() if content else ():
                held.setdefault(key, []).append(content)
    return [content for name in names for content in held.get(name, [])]


def _scripts(tree: "HtmlElement") -> Iterator[object]:
    """Yield the JSON-LD of a page, also in comments, and with commas too many."""
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() == "application/ld+json":
            written = _COMMENTS.sub("", script.text or "")
            for text in (written, _COMMA.sub("", written)):
                try:
                    yield json.loads(text, strict=False)
                except (ValueError, RecursionError):
                    continue
                break


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


def _outlets(tree: "HtmlElement", nodes: list[dict[str, Any]]) -> list[str]:
    """Return the outlet's names; those that are an address or a handle come last."""
    names = [*_meta(tree, "og:site_name"), *_publishers(nodes)]
    names += _meta(tree, "dc.publisher", "publisher", "application-name")
    joined = {name.casefold().replace(" ", "") for name in names if " " in name.strip()}
    return sorted(
        names,
        key=lambda name: (
            bool(_ADDRESS.match(name[-_LONGEST_ADDRESS:]))
            or _ENDING.sub("", name.casefold()) in joined
        ),
    )


def _publishers(nodes: list[dict[str, Any]]) -> list[str]:
    """Return the names of publishers, which nodes hold or refer to."""
    named = {str(node["@id"]): node for node in nodes if "@id" in node and "name" in node}
    held = [node.get("publisher") for node in nodes]
    listed = [each for item in held for each in (item if isinstance(item, list) else [item])]
    publishers = [each for each in listed if isinstance(each, dict)]
    return _strings([named.get(str(each.get("@id")), each) for each in publishers], "name")


def _urls(tree: "HtmlElement", linked: list[dict[str, Any]]) -> list[str]:
    found = (
        (link.get("rel", "").lower().split(), link.get("href", "")) for link in tree.iter("link")
    )
    links = [href for kinds, href in found if "canonical" in kinds]
    return [*links, *_meta(tree, "og:url"), *_strings(linked, "url")]


def _dates(
    tree: "HtmlElement", linked: list[dict[str, Any]], nodes: list[dict[str, Any]]
) -> list[str]:
    stated = _meta(tree, *_DATES[:3]) + _strings(linked, "datePublished")
    stated += [*_marked_dates(tree), *_meta(tree, *_DATES[3:])]
    others = [node for node in nodes if not _is_a(node, _NO_PAGE)]
    return [*stated, *_strings(others, "datePublished"), *_agreed_date(tree)]


def _marked_dates(tree: "HtmlElement") -> Iterator[str]:
    for element in tree.iter("time", "span", "abbr"):
        if element.get("itemprop", "").lower() == "datepublished" or "pubdate" in element.attrib:
            yield element.get("datetime") or element.get("content") or element.text_content()


def _agreed_date(tree: "HtmlElement") -> list[str]:
    """Return what all <time> elements hold, or those above the text, if they are of one day."""
    found = agreed(map(_time, tree.iter("time"))) or agreed(_times_above(tree))
    return [found] if found else []


def _times_above(tree: "HtmlElement") -> Iterator[str]:
    """Yield the times of the article with the page's heading, down to its first sentences."""
    heading = next(tree.iter("h1"), None)
    article = None if heading is None else next(heading.iterancestors("article"), None)
    for element in () if article is None else article.iter("time", "p"):
        if element.tag == "time":
            yield _time(element)
        elif is_prose(" ".join(element.text_content().split())):
            return


def _time(element: "HtmlElement") -> str:
    found: str = element.get("datetime", "")
    return found.strip()


def _titles(tree: "HtmlElement", linked: list[dict[str, Any]], outlets: list[str]) -> list[str]:
    """Return the title, and other headlines of the same story."""
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")]
    titles = [" ".join((t.text_content()).split()) for t in tree.iter("title")][:1]
    stated = [*_meta(tree, "og:title"), *_strings(linked, "headline")]
    # A heading that the page's title begins with is the title without the outlet's name.
    begun = [h for h in headings if h and titles and titles[0].startswith(h)]
    shared = [*_meta(tree, "twitter:title"), *_strings(linked, "alternativeHeadline")]
    found = [*stated, *begun, *titles, *headings, *shared]
    found = [_without_tail(title, outlets) for title in found if title.strip()]
    title = fold(found[0]) if found else ""
    longer = (h.text_content() for h in tree.iter("h2", "h3", "h4") if title)
    return [*found, *(each for each in longer if fold(each).startswith(title))]


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


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`."""
    return SUFFIXES[0] if _BEGINS.match(beginning(content)) else None
