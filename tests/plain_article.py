"""An article, and a passage of it, of which a test says only what it is about."""

from datetime import date

from rag.text.passages import sentences
from rag.types import Article, Evidence, Passage, Sentence


def plain_article(
    name: str, text: str, *, title: str = "", published: date | None = None
) -> Article:
    """Return an article with this id and text; its title is its id unless told."""
    return Article(
        id=name,
        url=None,
        title=title or name,
        outlet=None,
        published=published,
        text=text,
        content_hash=name,
    )


def plain_evidence(
    article: Article,
    *told: str,
    score: float = 1.0,
    near: float = 1.0,
    falling: float = 0.0,
) -> Evidence:
    """Return all of an article as a passage; its sentences are split by rule unless told.

    `near` is its likeness to the question, and its first sentence's; that of the others falls.
    """
    spans = [(start, start + len(text)) for text in told for start in [article.text.index(text)]]
    return Evidence(
        passage=Passage(article.id, 0, len(article.text)),
        article=article,
        score=score,
        lexical=1.0,
        similarity=near,
        coverage=near,
        sentences=tuple(
            Sentence(start=start, end=end, similarity=likeness, coverage=likeness)
            for place, (start, end) in enumerate(spans or sentences(article.text))
            for likeness in [near - falling * place]
        ),
        found_by=("lexical",),
    )
