"""An article's address with the words that a browser is to show: a text fragment; pure.

The form is that of https://wicg.github.io/scroll-to-text-fragment/.
"""

import re
import unicodedata
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

from rag.text import UNSEEN

WHOLE = 80
"""The longest quote, in characters, that a fragment holds whole."""

WORDS, TERM = 4, 60
"""How many words of a longer quote begin and end its fragment, and of how many characters."""

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+\.?(?::\d{1,5})?")


def followed(url: str | None) -> str | None:
    """Return a web address that messengers link to, else None: its host has a dot in its name.

    An address with a user's name is none.
    """
    if not url or any(each.isspace() or unicodedata.category(each) in UNSEEN for each in url):
        return None
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return None
    return url if known and _HOST.fullmatch(parts.netloc) else None


def quoted_at(url: str | None, quote: str, *, page: int | None = None) -> str | None:
    """Return an address with a fragment that highlights a quote; None if it cannot be linked to.

    A PDF's fragment names the page, too (RFC 8118).
    """
    address = followed(url)
    terms = _terms(quote)
    if address is None or not terms:
        return address
    place, _, fragment = address.partition("#")
    own = fragment.partition(":~:")[0] or (f"page={page}" if page else "")
    return f"{place}#{own}:~:text={','.join(_encoded(term) for term in terms)}"


def _terms(quote: str) -> tuple[str, ...]:
    """Return a quote, or its beginning and its end if it is long or spans several paragraphs."""
    paragraphs = [words for line in quote.splitlines() if (words := line.split())]
    if not paragraphs:
        return ()
    first, last = paragraphs[0], paragraphs[-1]
    whole = " ".join(first)
    if len(paragraphs) == 1:
        if len(whole) <= WHOLE:
            return (whole,)
        if len(first) == 1:
            return whole[: TERM // 2], whole[-(TERM // 2) :]
        first, last = first[: len(first) // 2], first[len(first) // 2 :]
    return " ".join(first[:WORDS])[:TERM], " ".join(last[-WORDS:])[-TERM:]


def _encoded(term: str) -> str:
    """Percent-encode a term, its hyphens too: they have a meaning in a text fragment."""
    return percent_encoded(term.strip(), safe="", errors="ignore").replace("-", "%2D")
