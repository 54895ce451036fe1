"""Questions to try, which the articles at hand do answer."""

import asyncio
from collections import Counter
from collections.abc import Iterator

from rag.errors import ArticleNotFound
from rag.facts import Kind, facts
from rag.library import Library
from rag.types import Span

WANTED = 3

READ, BEGINNING = 12, 1_500
"""How many of the newest articles are looked at, and how many characters of each."""

TRIED = 24
"""How many questions are tried, at most."""

SURE = 0.7
"""How confident the answer has to be."""


async def examples(library: Library) -> tuple[str, ...]:
    """Give questions about whom and what the newest articles name, no two about the same.

    Each of them was asked, and is answered with a sentence that has the name.
    """
    found: dict[str, str] = {}
    for name in await asyncio.to_thread(lambda: tuple(_names(library))):
        last = name.split()[-1]
        if len(found) == WANTED:
            break
        if last in found:
            continue
        question = f"What did {name} do?"
        answer = await library.glance(question)
        if answer.confidence >= SURE and any(name in one.quote for one in answer.citations):
            found[last] = question
    return tuple(found.values())


def _names(library: Library) -> Iterator[str]:
    """Give the names of several words, the most common first, then those of one."""
    counts: Counter[str] = Counter()
    for edition in library.newest(READ):
        try:
            counts.update(_named(library.article(edition.id).text[:BEGINNING]))
        except ArticleNotFound:
            continue
    common = [name for name, _ in counts.most_common()]
    yield from sorted(common, key=lambda name: " " not in name)[:TRIED]


def _named(text: str) -> Iterator[str]:
    """Give the names in a text; words of a name stand side by side."""
    name: Span | None = None
    for fact in facts(text):
        if fact.kind is not Kind.NAME:
            continue
        if name and text[name.end : fact.span.start] == " ":
            name = Span(name.start, fact.span.end)
            continue
        if name:
            yield text[name.start : name.end]
        name = fact.span
    if name:
        yield text[name.start : name.end]
