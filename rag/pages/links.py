"""Addresses of the web as people and pages write them, which need not be well formed."""

import re
from urllib.parse import urljoin

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")


def is_address(word: str) -> bool:
    """Return whether a word is meant as an address, of whatever scheme, and no path."""
    return _SCHEME.match(word) is not None


def without_credentials(address: str) -> str:
    """Return an address without user name and password."""
    return _CREDENTIALS.sub("", address)


def joined(base: str, link: str) -> str:
    """Return the address that a link of a page leads to; one that is malformed stays as it is."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link
