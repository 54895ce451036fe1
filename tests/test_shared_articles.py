"""The two articles that the project was asked for, exactly as they are, where they are at hand."""

import asyncio
from collections.abc import Iterator

import pytest

from paths import SHARED
from rag.library import Library
from rag.types import Answer, Outcome

ARTICLES = SHARED / "articles"

pytestmark = pytest.mark.skipif(
    not ARTICLES.is_dir(), reason="the shared articles are not beside the project"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    home = tmp_path_factory.mktemp("shared") / ".griot"
    with Library.open(home, corpus=ARTICLES) as opened:
        opened.refresh()
        yield opened


def ask(library: Library, question: str) -> Answer:
    return asyncio.run(library.ask(question))


def cited(answer: Answer) -> set[str]:
    return {citation.article.id[:3] for citation in answer.citations}


def test_both_are_indexed(library: Library) -> None:
    """Both files become articles, and nothing of them is skipped."""
    report = library.refresh()
    assert (report.unchanged, report.skipped) == (2, ())


@pytest.mark.parametrize(
    "furniture",
    ["Leave a Reply", "No comments yet", "Your email address will not be published", "Comments"],
)
def test_furniture_is_not_findable(library: Library, furniture: str) -> None:
    """The page around the first article is in no stored text, and in no passage found for it."""
    assert not [
        article.id
        for article in library.articles()
        if furniture.casefold() in article.text.casefold()
    ]
    assert not [evidence for evidence in library.search(furniture) if furniture in evidence.text]


def test_the_headline_stands_once(library: Library) -> None:
    """A headline that the page repeats is the title, and no line of the text."""
    first = library.article("000")
    assert first.title not in first.text.split("\n")


QUESTIONS = [
    "who accompanied Goïta?",
    "Who accompanied Goita on the Russian side?",
    "Is Wagner still in Mali?",
    "When did Wagner announce its withdrawal?",
    "What is the Africa Corps?",
    "What did Putin say to Goïta?",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_quotes_are_exact(library: Library, question: str) -> None:
    """Every quote of an answer stands in its article, where the citation says."""
    answer = ask(library, question)
    assert bool(answer.claims) == (answer.outcome is Outcome.ANSWERED)
    assert bool(answer.citations) == (answer.outcome is not Outcome.NOT_IN_CORPUS)
    for citation in answer.citations:
        assert (
            library.article(citation.article.id).text[citation.start : citation.end]
            == citation.quote
        )


@pytest.mark.parametrize("name", ["Goïta", "Goita", "GOITA"])
def test_who_accompanied(library: Library, name: str) -> None:
    """The question is answered by the sentence that names them, however it is spelt."""
    answer = ask(library, f"who accompanied {name}?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.citations[0].quote.startswith("Accompanying")


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 2018 World Cup?",
        "What is the capital of France?",
        "How many soldiers does the Africa Corps have in Mali?",
    ],
)
def test_what_the_articles_do_not_say(library: Library, question: str) -> None:
    """A question that the articles do not answer is refused, or unsure, and nothing is claimed."""
    answer = ask(library, question)
    assert answer.outcome in {Outcome.UNSURE, Outcome.NOT_IN_CORPUS}
    assert answer.claims == ()


def test_both_sides_are_shown(library: Library) -> None:
    """Where the two articles differ, both are quoted."""
    assert cited(ask(library, "Is Wagner still in Mali?")) == {"000", "001"}
