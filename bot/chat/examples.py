"""Questions to try, which the articles at hand do answer."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.chat.buttons import Ask, Button, Rows
from bot.chat.store import Store
from bot.texts import texts
from rag.errors import ArticleNotFound
from rag.languages import language_of
from rag.languages.general import Kind
from rag.languages.terms import terms
from rag.library import Library
from rag.reasons import Reason
from rag.types import Answer, Claim, Span

WANTED = 3

READ, BEGINNING = 12, 1_500
"""How many of the newest articles are looked at, and how many characters of each."""

TRIED = 24
"""How many questions are tried, at most."""

SURE = 0.8
"""How confident the answer has to be."""


async def examples(library: Library) -> tuple[str, ...]:
    """Return questions about whom and what the newest articles name, no two about the same.

    They are in the articles' language, where the bot has words for it. Each of them was asked, and
    is answered with a sentence that has the name, no later than what it answers with: "a wreath at
    the Tomb of the Unknown Soldier" is nothing that the last one did.
    """
    language, names = await asyncio.to_thread(_newest, library)
    ask = texts(language).example
    found: dict[str, str] = {}
    for name in names:
        last = " ".join(terms(name.split()[-1]))
        if len(found) == WANTED:
            break
        if last in found:
            continue
        question = ask.format(name=name)
        answer = await library.glance(question)
        if answer.confidence >= SURE and any(_does(name, claim) for claim in answer.claims):
            found[last] = question
    return tuple(found.values())


def _does(name: str, claim: Claim) -> bool:
    """Return whether a claim is quoted from a sentence that does not name somebody behind it."""
    quotes = [citation.quote for citation in claim.citations]
    return any(name in quote.partition(claim.text)[0] + claim.text for quote in quotes)


async def with_examples(answer: Answer, library: Library) -> Answer:
    """Return an answer with questions to try, where it says who the bot is."""
    if Reason.I_AM() not in answer.said:
        return answer
    tried = [Reason.QUESTION(question=question) for question in await examples(library)]
    return replace(answer, said=(*answer.said, *([Reason.TRY(), *tried] if tried else ())))


def rows(store: Store, numbers: Sequence[int]) -> Rows:
    """Return a button for each of the example questions with these numbers."""
    known = ((number, store.example(number)) for number in numbers)
    return tuple((Button(example, Ask(number)),) for number, example in known if example)


def _newest(library: Library) -> tuple[str, Sequence[str]]:
    """Return the code of the language that most of the newest articles are in, and their names.

    Those of several words come first, the most common before the others.
    """
    languages: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for edition in library.newest(READ):
        with suppress(ArticleNotFound):
            text = library.article(edition.id).text[:BEGINNING]
            languages[language_of(text).code] += 1
            names.update(_names(text))
    common = [name for name, _ in names.most_common()]
    return (
        max(languages, key=lambda code: languages[code], default=""),
        sorted(common, key=lambda name: " " not in name)[:TRIED],
    )


def _names(text: str) -> Iterator[str]:
    """Yield the names in a text; words of a name stand side by side."""
    name: Span | None = None
    for fact in language_of(text).facts(text):
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
