"""An article of which a test says only what it is about."""

from datetime import date

from rag.types import Article


def plain_article(
    name: str, text: str, *, title: str = "", published: date | None = None
) -> Article:
    """Give an article with this id and text; its title is its id unless told."""
    return Article(
        id=name,
        url=None,
        title=title or name,
        outlet=None,
        published=published,
        text=text,
        content_hash=name,
    )
