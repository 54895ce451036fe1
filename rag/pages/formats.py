"""The kinds of files that articles are read from: the registry.

A format is a module here that names its suffixes and media types, and reads bytes as pages. It is
known everywhere, in messages too, once it stands in `FORMATS`.
"""

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol

from rag.pages import docx, eml, html, markdown, news_xml, pdf, records, sgml, text, warc
from rag.types import RawPage, Skipped


class Format(Protocol):
    """A module that reads one kind of file."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802 - a module's constant
        """The suffixes of such files; the first one stands for the format in short lists."""
        ...

    @property
    def MEDIA_TYPES(self) -> tuple[str, ...]:  # noqa: N802 - as above
        """The media types under which servers send a single page of this format."""
        ...

    def read(
        self, content: bytes, location: str, charset: str | None = None
    ) -> Iterator[RawPage | Skipped]:
        """Yield the pages, and what cannot be used of them.

        `location` is the file's or the page's. `charset` is what a server declared.

        Raises:
            SourceError: the whole of it cannot be used.
        """
        ...

    def recognise(self, content: bytes) -> str | None:
        """Return the suffix of a file that begins so, None if it is of another format."""
        ...


FORMATS: tuple[Format, ...] = (
    text,
    markdown,
    html,
    pdf,
    docx,
    eml,
    records,
    news_xml,
    sgml,
    warc,
)

SUFFIXES = {suffix: known for known in FORMATS for suffix in known.SUFFIXES}
MEDIA_TYPES = {kind: known for known in FORMATS for kind in known.MEDIA_TYPES}

EVERY_KIND = ", ".join(SUFFIXES)
KINDS = ", ".join(known.SUFFIXES[0] for known in FORMATS)
"""The suffixes as a message names them: all of them, and one of each format."""


def suffix_of(name: str) -> str:
    """Return the suffix of a file's name in lower case, such as ".warc.gz"; "" without one."""
    stem, last = os.path.splitext(name.lower())  # noqa: PTH122 - no Path for each of many files
    double = os.path.splitext(stem)[1] + last  # noqa: PTH122 - as above
    return double if double in SUFFIXES else last or PurePosixPath(name.lower()).suffix


def recognised(content: bytes) -> str:
    """Return the suffix that goes with a content whose name is not known; text has no other's."""
    plain, *others = FORMATS
    found = (known.recognise(content) for known in others)
    return next(filter(None, found), plain.SUFFIXES[0])
