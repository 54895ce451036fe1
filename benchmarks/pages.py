"""Measure how well the article of a saved page, and of a page copied as text, is found.

    python benchmarks/pages.py TEST-PAGES > benchmarks/pages.md

TEST-PAGES is the folder test/test-pages of mozilla/readability: in each folder a page and what a
person should get of it. The words that are found are compared with those, as multisets. Time is
that of the processor, beside trafilatura's.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

import trafilatura
from command_line import parser
from lxml import html as lxml_html

from rag.errors import SourceError
from rag.pages import html, text
from rag.pages.extract import extract

FEWEST_WORDS = 50
"""Pages with fewer words than so many are no articles."""

BLOCKS = set(
    "address article aside blockquote body br dd div dl dt figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 header hr li main nav ol option p pre section table td th tr ul".split()
)
UNSEEN = {"script", "style", "head", "noscript", "template"}


def words(found: str) -> Counter[str]:
    """Return the words of a text."""
    return Counter(re.findall(r"\w+", found.lower()))


def visible(page: str) -> str:
    """Return the text of a page as a browser copies it: a line for each block."""
    return "\n".join(
        line for line in "".join(_pieces(lxml_html.fromstring(page))).split("\n") if line
    )


def _pieces(element: lxml_html.HtmlElement) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in UNSEEN:
        edge = "\n" if element.tag in BLOCKS else ""
        yield edge + re.sub(r"\s+", " ", element.text or "")
        for child in element:
            yield from _pieces(child)
        yield edge
    yield re.sub(r"\s+", " ", element.tail or "")


def of_html(page: str) -> str:
    """Return the text of the article that Griot reads from a page."""
    (found,) = html.read(page.encode(), "page.html")
    return extract(found).text


def of_copy(page: str) -> str:
    """Return the text of the article that Griot reads from a page that was copied."""
    (found,) = text.read(visible(page).encode(), "page.txt")
    return extract(found).text


def by_trafilatura(**mode: bool) -> Callable[[str], str]:
    """Return a mode of trafilatura as a function from a page to its text."""
    return lambda page: trafilatura.extract(page, include_comments=False, **mode) or ""


WAYS: dict[str, Callable[[str], str]] = {
    "saved: trafilatura, precise": by_trafilatura(favor_precision=True),
    "saved: trafilatura": by_trafilatura(),
    "saved: trafilatura, recall": by_trafilatura(favor_recall=True),
    "saved: Griot": of_html,
    "copied: all lines": visible,
    "copied: Griot": of_copy,
}


UNIT = "saved: trafilatura"


def score(found: Counter[str], wanted: Counter[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    shared = (found & wanted).total()
    precision, recall = shared / max(1, found.total()), shared / wanted.total()
    return precision, recall, 2 * shared / (found.total() + wanted.total())


def main() -> None:
    """Print a line for each way."""
    arguments = parser(__doc__)
    arguments.add_argument("pages", type=Path)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    pages = []
    for folder in sorted(arguments.parse_args().pages.iterdir()):
        if (folder / "expected.html").is_file():
            wanted = words(visible((folder / "expected.html").read_text("utf-8")))
            if wanted.total() >= FEWEST_WORDS:
                pages.append(((folder / "source.html").read_text("utf-8"), wanted))
    print("# The articles of pages\n\nMade by `python benchmarks/pages.py TEST-PAGES`, on", end=" ")
    print(f"{len(pages)} of mozilla/readability's test pages.\n")
    print("| way | precision | recall | F1 | time |\n|---|---|---|---|---|")
    sources = [page for page, _ in pages]
    articles(sources, WAYS[UNIT])  # loads what it needs
    done = {name: articles(sources, way) for name, way in WAYS.items()}
    for name, (found, taken) in done.items():
        scores = [
            score(words(text), wanted) for text, (_, wanted) in zip(found, pages, strict=True)
        ]
        means = (f"{mean(each):.3f}" for each in zip(*scores, strict=True))
        print(f"| {name} |", " | ".join(means), f"| {taken / done[UNIT][1]:.1f} |")


def articles(pages: list[str], way: Callable[[str], str]) -> tuple[list[str], float]:
    """Return the texts that a way finds on pages, and the seconds of the processor."""
    began, found = time.process_time(), []
    for page in pages:
        try:
            found.append(way(page))
        except SourceError:
            found.append("")
    return found, time.process_time() - began


if __name__ == "__main__":
    main()
