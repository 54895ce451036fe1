"""The main text of an HTML page, a paragraph or a row of a table a line.

trafilatura finds it, once cards that show on hovering, lists of other stories and boxes are gone.
What it leaves out of an article that lies in several containers of one class is added.
"""

import logging
import re
from collections import Counter
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

from rag.pages import furniture
from rag.text.tables import BAR

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NOT_TEXT = "script|style|noscript|template|nav|header|footer|aside|form|button|svg|iframe|select"
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_LINES = ("p", "li", "blockquote", *_HEADINGS)
_INLINE = {"a", "b", "strong", "i", "em", "span", "u", "sup", "sub", "abbr", "time"}

# Components of interfaces, as frameworks and accessibility guides name them.
_CARD = re.compile(
    r"\b(?:tool-?tip|hover-?card|pop-?over|tippy|sr-only|visually-hidden)", re.IGNORECASE
)
_HIDDEN = re.compile(r"(?:display:none|visibility:hidden|opacity:0(?![.\d]))")
_NETWORK = re.compile(
    r"//(?:[\w-]+\.)*(?:facebook|twitter|x|instagram|youtube|tiktok|linkedin|telegram|t|whatsapp"
    r"|threads|bsky|vk|ok|weibo)\.(?:com|net|me|ru|app|social)\b"
)
_BOX = re.compile(r"newsletter", re.IGNORECASE)
_NO_LEAD = frozenset(("figure", "figcaption", "aside", "nav", "footer", "form", "button"))
_ABOUT = re.compile(r"caption|credit|author|byline|\bbio\b", re.IGNORECASE)

_SHORT, _SHORT_SHARE = 150, 0.3
"""A text of fewer words is compared with what trafilatura finds in its usual way. For longer ones
that would add a heading and a sentence on the 41 pages of benchmarks/pages.md, and two thirds more
time."""

_HALF, _LINKED = 0.5, 0.9
_COMPARED = 12
"""Words by which a paragraph is found again."""

_SPACES = re.compile(r"\s+")
_FEWEST_TEASERS = 2
_LARGEST_CARD, _LARGEST_BOX, _LARGEST_CELL = 50, 60, 40


def main_text(tree: "HtmlElement") -> str:
    """Return the main text of a page, or else its paragraphs, or else all of its text.

    The tree is changed.
    """
    _collapse_spaces(tree)
    _remove_cards(tree)
    _remove_boxes(tree)
    _remove_teasers(tree)
    _remove_other_stories(tree)
    _flatten_tables(tree)
    text = _extracted(tree, precise=True)
    if furniture.size(text) < _SHORT:
        text = _with_more(text, _extracted(tree, precise=False))
    lines = _completed(text.split("\n"), tree)
    first = next((n for n, line in enumerate(lines) if furniture.is_prose(line)), len(lines))
    lines[first:first] = _lead(lines, tree)
    return "\n".join(lines) or _paragraphs(tree)


def _with_more(text: str, whole: str) -> str:
    """Return a short text with what the whole has within it, or the whole if that is far longer."""
    if furniture.size(text) < _SHORT_SHARE * furniture.size(whole):
        return whole
    return "\n".join(_with_passed_over(text.split("\n"), whole.split("\n")))


def _with_passed_over(lines: list[str], whole: list[str]) -> list[str]:
    """Add to lines those that the whole has between two of them, such as headings."""
    at = {_beginning(line): n for n, line in enumerate(lines) if line}
    kept = [n for n, line in enumerate(whole) if _beginning(line) in at]
    added: dict[int, list[str]] = {}
    for before, after in pairwise(kept):
        added.setdefault(at[_beginning(whole[before])], []).extend(whole[before + 1 : after])
    return [each for n, line in enumerate(lines) for each in (line, *added.get(n, []))]


def _collapse_spaces(tree: "HtmlElement") -> None:
    """Make white space what a browser shows: a source's lines are not the text's."""
    kept = {inner for element in tree.iter("pre", "textarea") for inner in element.iter()}
    for element in tree.iter():
        if element not in kept and (element.text or "").strip():
            element.text = _SPACES.sub(" ", element.text)
        if element.getparent() not in kept and (element.tail or "").strip():
            element.tail = _SPACES.sub(" ", element.tail)


def _extracted(tree: "HtmlElement", *, precise: bool) -> str:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.extract(
            tree, include_comments=False, include_tables=False, favor_precision=precise
        )
    except Exception:  # noqa: BLE001 - whatever a page does to it, its paragraphs remain
        found = None
    return found or ""


def _paragraphs(tree: "HtmlElement") -> str:
    """Return the text of the page's paragraphs, or of all of it when it has none."""
    for element in tree.xpath("//" + " | //".join(_NOT_TEXT.split("|"))):
        _remove(element)
    paragraphs = [line_of(p) for p in tree.iter("p")]
    return "\n\n".join(p for p in paragraphs if p) or "\n".join(tree.itertext())


def _text(element: "HtmlElement") -> str:
    return "".join(element.itertext())


def line_of(element: "HtmlElement") -> str:
    """Return an element's text on one line."""
    return " ".join(_text(element).split())


def _remove(element: "HtmlElement") -> None:
    """Remove an element, but not the text after it."""
    element.drop_tree()  # type: ignore[no-untyped-call]


# Containers of one class


def _completed(lines: list[str], tree: "HtmlElement") -> list[str]:
    """Add the paragraphs that stand in the same kind of container as half of the kept words.

    Labels in paragraphs that stand in another kind go.
    """
    at = {_beginning(line): n for n, line in enumerate(lines) if line}
    paragraphs = [(_path(p), line_of(p)) for p in tree.iter("p", "div") if not has_blocks(p)]
    words: Counter[tuple[str, ...]] = Counter()
    for path, line in paragraphs:
        words[path] += furniture.size(line) if _beginning(line) in at else 0
    path, size = max(words.items(), key=lambda item: item[1], default=((), 0))
    if (
        not size
        or size < _HALF * sum(map(furniture.size, lines))
        or not any("." in step for step in path)
    ):
        return lines
    kept: list[list[str]] = [[], *([line] for line in lines)]
    last = 0
    for own, line in paragraphs:
        n = at.get(_beginning(line))
        if n is None and own == path and furniture.is_prose(line):
            kept[last].append(line)
        elif n is not None:
            last = n + 1
            if own != path and furniture.is_label(line) and BAR not in line:
                kept[last] = []
    return [line for part in kept for line in part]


# The lead


def _lead(lines: list[str], tree: "HtmlElement") -> list[str]:
    """Return the prose that stands right under the heading, if it is none of the lines.

    trafilatura leaves it out where it stands in a header, or in a container of its own.
    """
    known = {_beginning(line) for line in lines if line}
    near: HtmlElement | None = None
    lead: list[str] = []
    for element in tree.iter("h1", "p", "div", *_HEADINGS):
        if element.tag == "h1":
            near, lead = next(islice(element.iterancestors(), 1, None), None), []
        elif not has_blocks(element):
            line = line_of(element)
            if (line and _beginning(line) in known) or element.find(".//br") is not None:
                return lead
            if near is not None and not lead and _may_lead(element, line, near):
                lead = [line]
    return []


def _may_lead(element: "HtmlElement", line: str, near: "HtmlElement") -> bool:
    """True if an element near the heading holds sentences that are about nothing but the story."""
    if not (furniture.is_prose(line) and furniture.ends_sentence(line)):
        return False
    around = [element, *element.iterancestors()]
    told = any(step.tag in _NO_LEAD or _ABOUT.search(step.get("class", "")) for step in around)
    return near in around and not told and not _is_linked(element, _HALF)


def _beginning(line: str) -> str:
    return " ".join(furniture.fold(line).split()[:_COMPARED])


def has_blocks(element: "HtmlElement") -> bool:
    """True if an element holds others than those of a line of text."""
    return any(child.tag not in _INLINE and child.tag != "br" for child in element)


def _path(element: "HtmlElement") -> tuple[str, ...]:
    """Return the tags and classes of the elements that an element lies in."""
    steps = [element, *element.iterancestors()]
    return tuple(".".join([str(step.tag), *step.get("class", "").split()]) for step in steps)


# Tables


def _flatten_tables(tree: "HtmlElement") -> None:
    """Turn each row of a table of facts into a paragraph, and tables of one column into blocks.

    Other tables, which lay a page out, stay.
    """
    for table in reversed(list(tree.iter("table"))):
        rows = [[line_of(cell) for cell in row.iter("td", "th")] for row in table.iter("tr")]
        if _holds_facts(table, rows):
            place = next(table.iterancestors("figure"), table)
            captions = [line_of(caption) for caption in table.iter("caption")]
            for line in [*captions, *map(BAR.join, rows)]:
                paragraph = table.makeelement("p")
                paragraph.text = line
                place.addprevious(paragraph)
            _remove(table)
        elif all(len(list(filter(None, row))) <= 1 for row in rows):
            for element in [table, *table.iter("thead", "tbody", "tfoot", "tr", "td", "th")]:
                element.tag = "div"


def _holds_facts(table: "HtmlElement", rows: list[list[str]]) -> bool:
    if table.xpath(".//table | .//form | .//h1 | .//h2 | .//p/following-sibling::p"):
        return False
    cells = [cell for row in rows for cell in row]
    small = all(furniture.size(cell) <= _LARGEST_CELL for cell in cells)
    parted = sum(len([cell for cell in row if cell]) > 1 for row in rows)
    return small and parted > 1 and not _is_linked(table)


# What is no text


def _remove_cards(tree: "HtmlElement") -> None:
    """Remove what shows on hovering, or to screen readers: hidden, or a link's words said anew."""
    for element in list(tree.iter("template", "dialog")):
        _remove(element)
    for element in list(tree.iter("span", "div", "aside", "section", "small")):
        inside = next(element.iterancestors("p", "li", "a"), None) is not None
        card = _is_unseen(element, inside=inside) or (inside and _repeats(element))
        if card and furniture.size(_text(element)) <= _LARGEST_CARD:
            _drop(element)


def _is_unseen(element: "HtmlElement", *, inside: bool) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return (
        element.get("role") == "tooltip"
        or not {"hidden", "popover"}.isdisjoint(element.attrib)
        or (inside and element.get("aria-hidden") == "true")
        or bool(_HIDDEN.search(style))
        or (
            _names_card(element)
            and not any(_names_card(inner) for inner in element.iterdescendants())
        )
    )


def _names_card(element: "HtmlElement") -> bool:
    names = element.get("class", "")
    return bool(_CARD.search(names)) and "trigger" not in names.lower()


def _repeats(element: "HtmlElement") -> bool:
    """True if an element goes on from the words of the link or name that it hangs on."""
    before, parent = element.getprevious(), element.getparent()
    if before is None:
        name = " ".join((parent.text or "").split())
    else:
        name = "" if (before.tail or "").strip() else line_of(before)
    own = line_of(element)
    return len(name.split()) > 1 and own.startswith(name) and len(own) > len(name)


def _drop(element: "HtmlElement") -> None:
    """Remove an element. One that broke a paragraph in two is no longer between its parts."""
    before = element.getprevious()
    broken = (
        before is not None
        and before.tag == "p"
        and not (before.tail or "").strip()
        and not furniture.ends_sentence(line_of(before))
        and (element.tail or "").strip()
    )
    if not broken:
        _remove(element)
        return
    following = []
    for sibling in element.itersiblings():
        if sibling.tag not in _INLINE:
            break
        following.append(sibling)
    last = before[-1] if len(before) else None
    if last is None:
        before.text = (before.text or "") + element.tail
    else:
        last.tail = (last.tail or "") + element.tail
    element.tail = None
    _remove(element)
    before.extend(following)


def _remove_boxes(tree: "HtmlElement") -> None:
    """Remove what asks the reader to subscribe or to follow."""
    most = min(_LARGEST_BOX, _HALF * furniture.size(_text(tree)))
    for element in list(tree.iter(*_LINES)):
        line = line_of(element)
        if furniture.is_prose(line) or not line:
            continue
        if _BOX.search(line):
            box = element.getparent()
            boxed = box.tag in {"div", "section", "aside"} and furniture.size(_text(box)) <= most
            _remove(box if boxed else element)
        elif any(_NETWORK.search(a.get("href", "")) for a in element.iter("a")):
            _remove(element)


def _remove_teasers(tree: "HtmlElement") -> None:
    """Remove lists of other stories: headings that link to them, each over a few words."""
    heads = [head for head in tree.iter(*_HEADINGS) if _leads_elsewhere(head)]
    held = Counter(around for head in heads for around in head.iterancestors())
    lists: dict[HtmlElement, list[list[HtmlElement]]] = {}
    for head in heads:
        item = head
        while (around := item.getparent()) is not None and held[around] == 1:
            item = around
        if around is not None:
            lists.setdefault(around, []).append(_under(head) if item is head else [item])
    most = _HALF * _size(tree)
    for items in lists.values():
        # What follows the last one may be of the article.
        items[-1] = items[-1][:2]
        sizes = [sum(map(_size, item)) for item in items]
        if len(items) < _FEWEST_TEASERS or max(sizes) > _LARGEST_BOX or sum(sizes) > most:
            continue
        first = items[0][0]
        while first.getprevious() is None and first.getparent() is not None:
            first = first.getparent()
        _remove_label(first)
        for element in (element for item in items for element in item):
            _remove(element)


def _leads_elsewhere(head: "HtmlElement") -> bool:
    """True if most words of a heading link to another page, or it stands in such a link."""
    links = [*head.iterancestors("a"), *head.iter("a")]
    pages = [link for link in links if not link.get("href", "#").startswith("#")]
    return bool(pages) and (pages[0] not in head.iter() or _is_linked(head, _HALF))


def _under(head: "HtmlElement") -> list["HtmlElement"]:
    """Return a heading and what follows it, up to the next one."""
    return [head, *takewhile(lambda each: each.tag not in _HEADINGS, head.itersiblings())]


def _remove_label(element: "HtmlElement") -> None:
    """Remove the label that stands before an element."""
    label = element.getprevious()
    if label is not None and label.tag in _LINES and furniture.is_label(line_of(label)):
        _remove(label)


def _remove_other_stories(tree: "HtmlElement") -> None:
    """Remove lines that are links alone, and the label that stands before them."""
    for element in list(tree.iter("p", "ul", "ol")):
        if element.getparent() is None or not _is_linked(element):
            continue
        lines = [line_of(each) for each in element.iter("li")] or [line_of(element)]
        if any(furniture.is_prose(line) and furniture.ends_sentence(line) for line in lines):
            continue
        _remove_label(element)
        _remove(element)


def _is_linked(element: "HtmlElement", share: float = _LINKED) -> bool:
    """True if so many of an element's words are links' words; a label before them may be none."""
    return sum(map(_size, element.iter("a"))) >= share * _size(element) > 0


def _size(element: "HtmlElement") -> int:
    """Return the number of an element's words; those of neighbouring cells or items are apart."""
    return sum(map(furniture.size, element.itertext()))
