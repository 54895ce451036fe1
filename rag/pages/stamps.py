"""The dates in the elements of a page: those of its own article, as its head has them.

A date in a box beside the article, in a list, a comment or the text is another thing's.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from rag.pages.dates import agreed
from rag.pages.furniture import is_prose
from rag.pages.main_text import has_blocks, line_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BESIDE = frozenset(
    "article aside nav figure figcaption form button dialog template noscript".split()
)
_EDGES = {"header", "footer"}
"""Elements that are the site's where they stand outside of an article."""

_WHOLE = frozenset("html head body main".split())

_BOX = re.compile(
    r"(?<![a-z])(?:related|recommend|comment|sidebar|promo|teaser|card|most-?read|trending"
    r"|popular|latest|ticker|breaking|more-?(?:from|on|stories|news)|read-?(?:more|next|also)"
    r"|(?<!elementor-)widget|see-?also|masthead|top-?bar|site-?header|embed|gallery|carousel|caption)",
    re.IGNORECASE,
)
_DECK = re.compile(
    r"(?<![a-z])(?:deck|dek|stand-?first|lead|lede|intro|summary|sub-?(?:title|head)|excerpt"
    r"|kicker|description|chapo|teaser|abstract)",
    re.IGNORECASE,
)
"""The classes of a paragraph that stands under the heading, above the line with the date."""

_CHANGED, _PUBLISHED = re.compile("modif|updat", re.IGNORECASE), re.compile("publ", re.IGNORECASE)


class Stamps:
    """The elements with dates in a page that stand in none of its boxes."""

    def __init__(self, tree: "HtmlElement") -> None:
        self._tree = tree
        self._is_box, self._is_sentence = cache(_is_box), cache(_is_sentence)
        headings = list(tree.iter("h1"))
        self._heading = next((h for h in headings if _article(h) is not None), None)
        if self._heading is None and headings:
            self._heading = headings[0]
        prose = list(islice(self._prose(), 2))
        self._body = _first_of_body(prose)
        ends = [each for each in (self._heading, *prose[:1]) if each is not None]
        self._around = {step for end in ends for step in (end, *end.iterancestors())}

    def marked(self) -> Iterator[str]:
        """Yield the dates of elements that are marked as the date of publication."""
        for element in self._tree.iter("time", "span", "abbr"):
            named = element.get("itemprop", "").lower() == "datepublished"
            if (named or "pubdate" in element.attrib) and not self.is_boxed(element):
                yield element.get("datetime") or element.get("content") or element.text_content()

    def agreed(self) -> list[str]:
        """Return what all <time> elements of the article's head hold, if they are of one day."""
        if self._body is None:
            return []
        article = None if self._heading is None else _article(self._heading)
        roots = [self._tree] if article is None else [article, self._tree]
        found = next(filter(None, (agreed(self._head(root)) for root in roots)), None)
        return [found] if found else []

    def is_boxed(self, element: "HtmlElement") -> bool:
        """True if an element stands in what is beside the page's own article."""
        return any(
            step not in self._around and self._is_box(step)
            for step in (element, *element.iterancestors())
        )

    def _prose(self) -> Iterator["HtmlElement"]:
        """Yield the paragraphs of prose under the heading that are no deck."""
        under = self._heading is None
        for element in self._tree.iter("h1", "p", "div"):
            under = under or element is self._heading
            if under and element.tag != "h1" and _is_paragraph(element):
                yield element

    def _head(self, root: "HtmlElement") -> Iterator[str]:
        """Yield the times in an element down to the first paragraph of the text.

        Of a whole page, those that stand before the heading and apart from it are the site's.
        """
        heading = self._heading
        near = None if heading is None or root is not self._tree else heading.getparent()
        above = near is not None
        for element in takewhile(lambda each: each is not self._body, root.iter()):
            above = above and element is not heading
            apart = above and near not in element.iterancestors()
            if element.tag == "time" and not apart and self._may_tell(element):
                yield element.get("datetime", "").strip()

    def _may_tell(self, time: "HtmlElement") -> bool:
        """True if a time is none of a change, and stands neither in a box nor in a sentence."""
        told = any(map(self._is_sentence, time.iterancestors("p")))
        return not (told or _is_of_change(time) or self.is_boxed(time))


def _is_sentence(element: "HtmlElement") -> bool:
    return is_prose(line_of(element))


def _is_paragraph(element: "HtmlElement") -> bool:
    """True for prose that is no deck and stands in no box."""
    return (
        not has_blocks(element)
        and not _DECK.search(element.get("class", ""))
        and next(element.iterancestors("aside", "nav", "footer", "figure"), None) is None
        and _is_sentence(element)
    )


def _first_of_body(prose: list["HtmlElement"]) -> "HtmlElement | None":
    """Return the first paragraph of the text: one that stands apart from the next is a deck."""
    if len(prose) > 1 and prose[0].getparent() is not prose[1].getparent():
        return prose[1]
    return prose[0] if prose else None


def _article(element: "HtmlElement") -> "HtmlElement | None":
    return next(element.iterancestors("article", "main"), None)


def _is_box(element: "HtmlElement") -> bool:
    if element.tag in _WHOLE:
        return False
    if element.tag in _EDGES:
        return _article(element) is None
    if element.tag == "li":
        return element.find(".//a") is not None
    names = f"{element.get('class', '')} {element.get('id', '')}".split()
    # `block__part` is a part of a box at most: whether it is one, its block says.
    named = any(_BOX.search(name) for name in names if "__" not in name)
    embedded = "itemscope" in element.attrib and "itemprop" in element.attrib
    return named or embedded or element.tag in _BESIDE


def _is_of_change(element: "HtmlElement") -> bool:
    said = f"{element.get('itemprop', '')} {element.get('class', '')}"
    return bool(_CHANGED.search(said)) and not _PUBLISHED.search(said)
