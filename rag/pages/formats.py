"""The kinds of files that articles are read from: the registry.

A format is a module here that names its suffixes and media types, and reads bytes as pages. It is
known everywhere, in messages too, once it stands in `FORMATS`.
"""

from collections.abc import Iterator
from typing import Protocol

from rag.pages import docx, eml, html, markdown, records, text
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


FORMATS: tuple[Format, ...] = (text, markdown, html, docx, eml, records)

SUFFIXES = {suffix: known for known in FORMATS for suffix in known.SUFFIXES}
MEDIA_TYPES = {kind: known for known in FORMATS for kind in known.MEDIA_TYPES}

EVERY_KIND = ", ".join(SUFFIXES)
KINDS = ", ".join(known.SUFFIXES[0] for known in FORMATS)
"""The suffixes as a message names them: all of them, and one of each format."""
