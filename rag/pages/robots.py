"""A site's robots.txt, as RFC 9309 has it."""

from protego import Protego

from rag.pages.web import Fetched

MAX_BYTES = 500 * 2**10
"""Of a robots.txt; RFC 9309 asks for no less."""


def read(fetched: Fetched) -> Protego:
    """Return the rules that a server sent; all is allowed where it sent none."""
    return Protego.parse(fetched.content[:MAX_BYTES].decode("utf-8-sig", "replace"))
