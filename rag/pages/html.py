"""HTML: the main text of a page, and what its metadata say."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.pages import linked
from rag.pages.characters import beginning, clean, decode, normalise
from rag.pages.extract import first_url
from rag.pages.furniture import fold, without_byline
from rag.pages.linked import Node
from rag.pages.main_text import main_text
from rag.pages.stamps import Stamps
from rag.reasons import Reason
from rag.types import RawPage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES: tuple[str, ...] = (".html", ".htm", ".xhtml")
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
_ADDRESS = re.compile(r"@|https?:|www\.|[a-z\d_-]+(?:[._][a-z\d-]+)+/?$")
_LONGEST_ADDRESS = 200
_ENDING = re.compile(r"\.[a-z]{2,}$")
_TAIL = re.compile(" [|\u2013\u2014\u00b7\u00bb\u2022:-]+ ")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage]:
    """See `rag.pages.formats.Format`. Dates come from the article's metadata alone."""
    decoded = decode(content, charset or _own_charset(content))
    tree = _tree(clean(decoded.text))
    urls, scripts = _urls(tree), list(linked.scripts(tree))
    groups = linked.own(scripts, first_url([*urls, location]))
    stories = [node for group in groups[:-1] for node in group]
    outlets = _outlets(tree, list(linked.nodes(scripts)))
    fields = {
        "url": [*urls, *linked.strings(stories, "url")],
        "title": _titles(tree, stories, outlets),
        "outlet": outlets,
        "published": _dates(tree, groups),
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


def _meta(tree: "HtmlElement", *names: str, stamps: Stamps | None = None) -> list[str]:
    """Return the contents of the meta elements of these names, in the order of the names.

    Those in boxes beside the article are left out where `stamps` know the boxes.
    """
    held: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        if stamps and stamps.is_boxed(element):
            continue
        content = element.get("content", "").strip()
        for attribute in ("property", "name", "itemprop"):
            for key in element.get(attribute, "").lower().split() if content else ():
                held.setdefault(key, []).append(content)
    return [content for name in names for content in held.get(name, [])]


def _outlets(tree: "HtmlElement", nodes: list[Node]) -> list[str]:
    """Return the outlet's names; those that are an address or a handle come last."""
    names = [*_meta(tree, "og:site_name"), *linked.publishers(nodes)]
    names += _meta(tree, "dc.publisher", "publisher", "application-name")
    joined = {name.casefold().replace(" ", "") for name in names if " " in name.strip()}
    return sorted(
        names,
        key=lambda name: (
            bool(_ADDRESS.match(name[-_LONGEST_ADDRESS:]))
            or _ENDING.sub("", name.casefold()) in joined
        ),
    )


def _urls(tree: "HtmlElement") -> list[str]:
    found = (
        (link.get("rel", "").lower().split(), link.get("href", "")) for link in tree.iter("link")
    )
    return [*(href for kinds, href in found if "canonical" in kinds), *_meta(tree, "og:url")]


def _dates(tree: "HtmlElement", groups: list[list[Node]]) -> list[str]:
    stamps = Stamps(tree)
    stories, others = linked.dates(groups[:-1]), linked.dates(groups[-1:])
    stated = [*_meta(tree, *_DATES[:3], stamps=stamps), *stories, *stamps.marked()]
    return [*stated, *_meta(tree, *_DATES[3:], stamps=stamps), *others, *stamps.agreed()]


def _titles(tree: "HtmlElement", stories: list[Node], outlets: list[str]) -> list[str]:
    """Return the title, and other headlines of the same story."""
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")]
    titles = [" ".join((t.text_content()).split()) for t in tree.iter("title")][:1]
    stated = [*_meta(tree, "og:title"), *linked.strings(stories, "headline")]
    # A heading that the page's title begins with is the title without the outlet's name.
    begun = [h for h in headings if h and titles and titles[0].startswith(h)]
    shared = [*_meta(tree, "twitter:title"), *linked.strings(stories, "alternativeHeadline")]
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
