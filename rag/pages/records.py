"""Records in JSON: an array of them, one, or one a line."""

import json
from collections.abc import Iterator
from dataclasses import replace

from rag.errors import SourceError
from rag.pages import text
from rag.pages.characters import decode
from rag.reasons import Reason
from rag.types import RawPage, Skipped

SUFFIXES: tuple[str, ...] = (".json", ".jsonl", ".ndjson")
MEDIA_TYPES: tuple[str, ...] = ()

_LINES = (".jsonl", ".ndjson")
_FIELDS = ("url", "title", "outlet", "published")


def read(content: bytes, location: str, charset: str | None = None) -> Iterator[RawPage | Skipped]:
    """See `rag.pages.formats.Format`.

    A record's location is the file's, `#`, and its line in a .jsonl file or else its number.
    """
    decoded = decode(content, charset)
    by_line = location.lower().endswith(_LINES)
    for number, record in _lines(decoded.text) if by_line else _array(decoded.text):
        where = f"{location}#{number}"
        try:
            yield replace(_page(record, where), remark=decoded.remark)
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


def _page(record: object, location: str) -> RawPage:
    if isinstance(record, SourceError):
        raise record
    if not isinstance(record, dict):
        raise SourceError(Reason.NOT_A_RECORD())
    content = record.get("text")
    if not isinstance(content, str) or not content.strip():
        raise SourceError(Reason.NO_TEXT())
    given = {name: record.get(name) for name in _FIELDS}
    fields = {name: [value] for name, value in given.items() if isinstance(value, str)}
    return text.page(content, location, fields)
