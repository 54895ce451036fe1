"""Draft -> claims with citations; pure. The only place where citations are made.

Every number and every proper name of a claim has to stand in the words that it cites.
"""

import re
import unicodedata

from rag.types import Article, Citation, Claim, Draft, DraftClaim, Span

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[^\W\d_a-z]\w+")


def verify(draft: Draft) -> tuple[Claim, ...]:
    """Give the claims of a draft that what they cite bears out, each with its citations."""
    claims = (_claim(claim) for claim in draft.claims)
    return tuple(claim for claim in claims if claim is not None)


def cite(article: Article, span: Span) -> Citation:
    """Cite a range of an article: `article.text[start:end] == quote`, always.

    Raises:
        ValueError: the range is empty or not within the article.
    """
    start, end = span
    if not 0 <= start < end <= len(article.text):
        raise ValueError(f"{article.id} has no range {start}:{end}")
    return Citation(article=article, start=start, end=end, quote=article.text[start:end])


def _claim(draft: DraftClaim) -> Claim | None:
    citations = tuple(cite(draft.article, span) for span in draft.spans)
    words = folded(" ".join(citation.quote for citation in citations))
    if not citations or not all(folded(fact) in words for fact in facts(draft.text)):
        return None
    return Claim(text=draft.text, citations=citations, support=draft.support)


def facts(text: str) -> tuple[str, ...]:
    """Give the numbers and the proper names of a text, as they stand there."""
    return (*_NUMBER.findall(text), *_NAME.findall(text))


def folded(text: str) -> str:
    """Fold case and accents, as far as a reader takes two spellings for one name."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
