"""Newswire in SGML, as Reuters distributed it: a file has many stories.

The elements are those of the collection Reuters-21578.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import pairwise

from rag.errors import SourceError
from rag.pages import text
from rag.pages.characters import beginning, decode
from rag.reasons import Reason
from rag.types import RawPage, Skipped

SUFFIXES: tuple[str, ...] = (".sgm", ".sgml")
MEDIA_TYPES: tuple[str, ...] = ()

OUTLET = "Reuters"

_STORY = re.compile(r"<reuters\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_COLUMNS = re.compile(r"\S {2,}\S")
_SIGNED = re.compile(r"\s*\breuters?\W*$", re.IGNORECASE)
"""What the last line of a story may say."""


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:
    """See `rag.pages.formats.Format`. A story's location is the file's, `#`, and its number."""
    decoded = decode(content, charset)
    _, *stories = _STORY.split(decoded.text)
    if not stories:
        raise SourceError(Reason.NOT_STORIES())
    for number, story in enumerate(stories, 1):
        where = f"{location}#{number}"
        title, body = _element(story, "title"), _element(story, "body")
        # A story in brief is its title; one that was not taken apart has a text alone.
        found = body or title or _element(story, "text")
        if not found.strip():
            yield Skipped(where, Reason.NO_TEXT())
            continue
        day = _element(story, "date")
        fields = {"title": [title], "published": [day], "outlet": [OUTLET]}
        whole = _joined(_SIGNED.sub("", found))
        yield replace(text.page(whole, where, fields), remark=decoded.remark)


def _joined(body: str) -> str:
    """Join the lines of paragraphs, the first of which is indented; rows of tables stay."""
    joined: list[str] = []
    for before, line in pairwise(["", *body.split("\n")]):
        goes_on = before.strip() and line and not line[0].isspace()
        if goes_on and not (_COLUMNS.search(before) or _COLUMNS.search(line)):
            joined += (" ", line)
        else:
            joined += ("\n", line)
    return "".join(joined)


def _element(story: str, name: str) -> str:
    """Return the text of the first element of a name, which may not be closed; "" without one."""
    folded = story.lower()
    start = re.search(rf"<{name}\b[^<>]*>", folded)
    if start is None:
        return ""
    end = folded.find(f"</{name}", start.end())
    return unescape(_TAG.sub("", story[start.end() : end if end >= 0 else len(story)]))


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`."""
    return SUFFIXES[0] if _STORY.search(beginning(content)) else None
