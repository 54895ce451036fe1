"""Records in JSON: an array of them, one, or one a line."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from rag.errors import SourceError
from rag.pages import text
from rag.pages.characters import beginning, decode
from rag.reasons import Reason
from rag.types import FIELDS, RawPage, Skipped

SUFFIXES: tuple[str, ...] = (".json", ".jsonl", ".ndjson")
MEDIA_TYPES: tuple[str, ...] = ()

FEED = re.compile(r"https?://jsonfeed\.org/version/", re.IGNORECASE)
"""The `version` of a JSON Feed, which is a list of articles and no record of one."""

_LINES = (".jsonl", ".ndjson")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:
    """See `rag.pages.formats.Format`.

    A record's location is the file's, `#`, and its line in a .jsonl file or else its number.
    """
    decoded = decode(content, charset)
    by_line = location.lower().endswith(_LINES)
    for number, record in _lines(decoded.text) if by_line else _array(decoded.text):
        where = f"{location}#{number}"
        try:
            yield replace(page(record, where), remark=decoded.remark)
        except SourceError as error:
            yield Skipped(where, error.remark)


def _lines(content: str) -> Iterator[tuple[int, object]]:
    """Yield each line that is not blank, parsed, or the SourceError that it raised."""
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            try:
                yield number, _json(line, first=number)
            except SourceError as error:
                yield number, error


def _array(content: str) -> Iterator[tuple[int, object]]:
    held = _json(content, first=1)
    if isinstance(held, dict):
        if FEED.match(str(held.get("version"))):
            raise SourceError(Reason.LISTING_FILE())
        held = held["articles"] if isinstance(held.get("articles"), list) else [held]
    if not isinstance(held, list):
        raise SourceError(Reason.NOT_RECORDS())
    if not held:
        raise SourceError(Reason.NO_RECORDS())
    yield from enumerate(held, start=1)


def _json(content: str, *, first: int) -> object:
    """Parse JSON whose first line has that number in its file.

    Raises:
        SourceError: it cannot be parsed, or more than one value is there.
    """
    try:
        value, end = json.JSONDecoder().raw_decode(content, len(content) - len(content.lstrip()))
    except json.JSONDecodeError as error:
        line, column = str(first + error.lineno - 1), str(error.colno)
        raise SourceError(Reason.NOT_JSON_AT(line=line, column=column)) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(Reason.NOT_JSON()) from error
    if content[end:].strip():
        raise SourceError(Reason.JSON_LINES())
    return value


def page(record: object, location: str) -> RawPage:
    """Return the page of a record.

    Its `pages`, the offsets in its text at which pages begin, are read where the text is normal.

    Raises:
        SourceError: it has no text, or is one itself.
    """
    if isinstance(record, SourceError):
        raise record
    if not isinstance(record, dict):
        raise SourceError(Reason.NOT_A_RECORD())
    content = record.get("text")
    if not isinstance(content, str) or not content.strip():
        raise SourceError(Reason.NO_TEXT())
    given = {name: record.get(name) for name in FIELDS}
    fields = {name: [value] for name, value in given.items() if isinstance(value, str)}
    found = text.page(content, location, fields)
    return replace(found, pages=_offsets(record.get("pages")) if found.text == content else ())


def _offsets(given: object) -> tuple[int, ...]:
    """Return ascending offsets, none where what is given is anything else."""
    offsets = given if isinstance(given, list) else []
    if not all(type(each) is int and each >= 0 for each in offsets) or offsets != sorted(offsets):
        return ()
    return tuple(offsets)


def recognise(content: bytes) -> str | None:
    """See `rag.pages.formats.Format`. It is told by what can be parsed of it."""
    if not beginning(content).startswith(("{", "[")):
        return None
    with suppress(SourceError):
        decoded = decode(content).text.strip()
        for suffix, part in ((SUFFIXES[0], decoded), (_LINES[0], decoded.partition("\n")[0])):
            with suppress(SourceError):
                _json(part, first=1)
                return suffix
    return None
