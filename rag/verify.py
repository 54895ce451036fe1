"""Draft -> claims with citations; pure. The only place where citations are made.

Every number and every proper name of a claim has to stand in the words that it cites.
"""

import re
import unicodedata

from rag.lexical import content_terms, terms
from rag.types import Article, Citation, Claim, Draft, DraftClaim, Span

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+")
_FACT = re.compile(r"\d+(?:[.,]\d+)*|\b[^\W\d_a-z]\w+")
_STARTS = re.compile(r"(?:^|[.!?:;]\W+)\W*$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


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
    citations = tuple(cite(article, span) for article, span in draft.cited)
    said = _words(" ".join(citation.quote for citation in citations))
    if not citations or not all(_words(fact) <= said for fact in facts(draft.text)):
        return None
    return Claim(text=draft.text, citations=citations, support=draft.support)


def facts(text: str) -> tuple[str, ...]:
    """Give the numbers and the proper names of a text, as they stand there.

    Whatever is capitalised is held for a name, at the start of a sentence all but function words.
    """
    text = unicodedata.normalize("NFC", text)
    about = {*content_terms(text)}
    return tuple(
        found[0]
        for found in _FACT.finditer(text)
        if about & {*terms(found[0])} or not _STARTS.search(text, 0, found.start())
    )


def _words(text: str) -> frozenset[str]:
    """Give the words and numbers of a text, folded, numbers without commas between thousands."""
    return frozenset(_THOUSANDS.sub("", word) for word in _WORD.findall(folded(text)))


def folded(text: str) -> str:
    """Fold case and accents, as far as a reader takes two spellings for one name."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
