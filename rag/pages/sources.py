"""Files and folders become raw pages.

`walk` finds the files, `read` turns one of them into pages. Nothing here understands an article.
"""

import codecs
import errno
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError, SourceError
from rag.reasons import Reason, Remark
from rag.types import Format, RawPage

SUFFIXES = {
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".json": Format.RECORD,
    ".jsonl": Format.RECORD,
    ".ndjson": Format.RECORD,
}
BESIDE = {".yaml", ".yml"}
"""Question sets, which lie beside the articles that they are about."""

MAX_BYTES = 64 * 2**20

LONGEST_NAME = 160
"""Characters of a location that a person is shown."""

_LINES = {".jsonl", ".ndjson"}
_FIELDS = ("url", "title", "outlet", "published")

# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_CHARSET_WITHIN = 4096
# What pages label ISO-8859-1 or ASCII is windows-1252 (WHATWG Encoding Standard, 4.2).
_WINDOWS_1252 = {"iso8859-1", "ascii"}

_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_SAMPLE = 2**16
_CONTROL_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold articles, and what one stat says of it.

    A folder that cannot be listed, or a link that leads nowhere, is one too, so that `read` can
    say why it is skipped.
    """

    path: Path
    size: int
    mtime_ns: int

    @property
    def shut(self) -> bool:
        """Whether nothing could be learned of it, and of what may lie under it."""
        return (self.size, self.mtime_ns) == (0, 0)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or a record that gave no article, and why."""

    location: str
    reason: Remark


def short(location: str) -> str:
    """Return a location for a person, without the middle of one that fills a screen."""
    if len(location) <= LONGEST_NAME:
        return location
    half = LONGEST_NAME // 2
    return f"{location[:half]}…{location[1 - half :]}"


def walk(path: Path, *, others: set[str] | None = None) -> Iterator[SourceFile]:
    """Yield the files under a folder, sorted by path; or the file itself, whatever its suffix.

    Hidden names are passed over, and so are files of other kinds, whose paths are added to
    `others`. A folder that links reach twice is read once. Raises CorpusError where there is
    nothing by that name, or it cannot be listed.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise CorpusError(_unlisted(path, error)) from error
    if not stat.S_ISDIR(found.st_mode):
        yield SourceFile(path, found.st_size, found.st_mtime_ns)
        return
    try:
        entries = _listed(path)
    except OSError as error:
        raise CorpusError(_unlisted(path, error)) from error
    seen = {(found.st_dev, found.st_ino)}
    yield from _descend(entries, seen=seen, others=set() if others is None else others)


def _descend(
    entries: list[os.DirEntry[str]], *, seen: set[tuple[int, int]], others: set[str]
) -> Iterator[SourceFile]:
    waiting = entries[::-1]
    while waiting:
        entry = waiting.pop()
        try:
            if entry.is_dir():
                found = os.stat(entry.path)  # noqa: PTH116 - a DirEntry's own has no inode on Windows
                if (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    waiting += _listed(entry.path)[::-1]
            elif _suffix(entry.name) in SUFFIXES:
                yield from _file(entry)
            elif _suffix(entry.name) not in BESIDE and entry.is_file():
                others.add(entry.path)
        except OSError:
            yield SourceFile(Path(entry.path), 0, 0)


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(os.fspath(folder)) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(shown, key=lambda entry: entry.name)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - no Path for each


def _file(entry: os.DirEntry[str]) -> Iterator[SourceFile]:
    found = entry.stat()
    if stat.S_ISREG(found.st_mode):
        yield SourceFile(Path(entry.path), found.st_size, found.st_mtime_ns)


def kinds(paths: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count files by their suffix, the most frequent first; those without one have an empty one."""
    counts = Counter(_suffix(path) for path in paths)
    return tuple(sorted(counts.items(), key=lambda kind: (-kind[1], kind[0])))


def read(path: Path, location: str) -> tuple[list[RawPage], list[Skipped]]:
    """Return the pages of one file, and the records in it that cannot be used.

    A record's location is `location`, `#`, and its line in a .jsonl file or else its number.
    Raises SourceError where the file as a whole cannot be used.
    """
    suffix = path.suffix.lower()
    kind = SUFFIXES.get(suffix)
    if kind is None:
        raise SourceError(_unsupported(path))
    text = decode(_bytes(path), html=kind is Format.HTML)
    if not text.strip():
        raise SourceError(Reason.EMPTY())
    if kind is not Format.RECORD:
        return [RawPage(location=location, format=kind, content=text)], []
    return _records(_lines(text) if suffix in _LINES else _array(text), location)


def _unsupported(path: Path) -> Remark:
    """Return why a path without a known suffix is skipped: a folder is here because it is shut."""
    try:
        if path.is_dir():
            return Reason.SHUT_FOLDER()
    except OSError as error:
        return _unreadable(error)
    return Reason.UNSUPPORTED(kinds=", ".join(SUFFIXES))


def _bytes(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SourceError(_not_a_file(path))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(_unreadable(error)) from error
    if len(content) > MAX_BYTES:
        size = round(max(found.st_size, len(content)) / 2**20)
        raise SourceError(Reason.TOO_LARGE(size=size, most=MAX_BYTES // 2**20))
    return content


def _not_a_file(path: Path) -> Remark:
    if not path.is_dir():
        return Reason.NOT_REGULAR()
    with os.scandir(path):
        return Reason.FOLDER()


def _unlisted(path: Path, error: OSError) -> Remark:
    if isinstance(error, FileNotFoundError):
        return Reason.NO_SUCH_PATH(path=str(path))
    return Reason.UNREADABLE_PATH(path=str(path), error=_said(error))


def _unreadable(error: OSError) -> Remark:
    if error.errno == errno.ENAMETOOLONG:
        return Reason.LONG_PATH()
    return Reason.UNREADABLE(error=_said(error))


def _said(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def decode(content: bytes, *, html: bool, charset: str | None = None) -> str:
    """Decode a file or a page by its byte order mark, or else as it is declared.

    A server's `charset` comes before the page's own. Raises SourceError where it is no text, or
    not in that encoding.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding)
    if _binary(content):
        raise SourceError(Reason.BINARY())
    return _strictly(
        content, _declared(content, charset or (_own_charset(content) if html else ""))
    )


def _binary(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return b"\0" in content or controls > _CONTROL_SHARE * len(sample)


def _own_charset(content: bytes) -> str:
    found = _CHARSET.search(content[:_CHARSET_WITHIN])
    return found[1].decode("ascii", "replace") if found else ""


def _declared(content: bytes, charset: str) -> str:
    """Return the declared encoding, unless the bytes are plainly UTF-8 or its name is unknown."""
    if not charset or _is_utf8(content):
        return "utf-8"
    try:
        name = codecs.lookup(charset).name
        b"".decode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return "windows-1252" if name in _WINDOWS_1252 else name


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not content.isascii()


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        at = {"byte": f"{content[error.start]:02x}", "place": str(error.start)}
        raise SourceError(Reason.UNDECODED_AT(encoding=encoding.upper(), **at)) from error
    except UnicodeError as error:
        raise SourceError(Reason.UNDECODED(encoding=encoding.upper())) from error


def _lines(text: str) -> Iterator[tuple[int, object]]:
    """Yield each line that is not blank, parsed, or the SourceError that it raised."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _line(line, number)


def _line(line: str, number: int) -> object:
    try:
        return _json(line, first=number)
    except SourceError as error:
        return error


def _json(text: str, *, first: int) -> object:
    """Parse JSON whose first line has that number in its file.

    Raises:
        SourceError: it cannot be parsed, or more than one value is there.
    """
    try:
        value, end = json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
    except json.JSONDecodeError as error:
        line, column = str(first + error.lineno - 1), str(error.colno)
        raise SourceError(Reason.NOT_JSON_AT(line=line, column=column)) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(Reason.NOT_JSON()) from error
    if text[end:].strip():
        raise SourceError(Reason.JSON_LINES())
    return value


def _array(text: str) -> Iterator[tuple[int, object]]:
    held = _json(text, first=1)
    if isinstance(held, dict):
        held = held["articles"] if isinstance(held.get("articles"), list) else [held]
    if not isinstance(held, list):
        raise SourceError(Reason.NOT_RECORDS())
    if not held:
        raise SourceError(Reason.NO_RECORDS())
    return iter(enumerate(held, start=1))


def _records(
    found: Iterator[tuple[int, object]], location: str
) -> tuple[list[RawPage], list[Skipped]]:
    pages: list[RawPage] = []
    skipped: list[Skipped] = []
    for number, record in found:
        where = f"{location}#{number}"
        try:
            pages.append(_page(record, where))
        except SourceError as error:
            skipped.append(Skipped(where, error.remark))
    return pages, skipped


def _page(record: object, location: str) -> RawPage:
    if isinstance(record, SourceError):
        raise record
    if not isinstance(record, dict):
        raise SourceError(Reason.NOT_A_RECORD())
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise SourceError(Reason.NO_TEXT())
    return RawPage(location=location, format=Format.RECORD, content=text, fields=_fields(record))


def _fields(record: dict[str, object]) -> dict[str, str]:
    given = {name: record.get(name) for name in _FIELDS}
    return {name: said for name, said in given.items() if isinstance(said, str) and said.strip()}
