"""Files and folders become raw pages: `walk` finds the files, `read_file` reads one of them."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError, SourceError
from rag.pages.formats import EVERY_KIND, SUFFIXES, suffix_of
from rag.reasons import Reason, Remark
from rag.types import RawPage, Skipped

BESIDE = {".yaml", ".yml"}
"""Question sets, which lie beside the articles that they are about."""

LIST = "sources.txt"
"""The name of the list of sources in the corpus folder, which is no article."""

MAX_BYTES = 64 * 2**20

LONGEST_NAME = 160
"""Characters of a location that a person is shown."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold articles, and what one stat says of it.

    A folder that cannot be listed, or a link that leads nowhere, is one too, so that `read_file`
    can say why it is skipped.
    """

    path: Path
    size: int
    mtime_ns: int

    @property
    def shut(self) -> bool:
        """True if nothing could be learned of it, and of what may lie under it."""
        return (self.size, self.mtime_ns) == (0, 0)


def short(location: str) -> str:
    """Return a location for a person, without the middle of one that fills a screen."""
    if len(location) <= LONGEST_NAME:
        return location
    half = LONGEST_NAME // 2
    return f"{location[:half]}…{location[1 - half :]}"


def walk(path: Path, *, others: set[str] | None = None) -> Iterator[SourceFile]:
    """Yield the files under a folder, sorted by path; or the file itself, whatever its suffix.

    Hidden names are passed over, and so are the folder's own list of sources, and files of other
    kinds, whose paths are added to `others`. A folder that links reach twice is read once.

    Raises:
        CorpusError: there is nothing by that name, or it cannot be listed.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a null character, for instance
        raise CorpusError(_unlisted(path, error)) from error
    if not stat.S_ISDIR(found.st_mode):
        yield SourceFile(path, found.st_size, found.st_mtime_ns)
        return
    try:
        entries = [entry for entry in _listed(path) if entry.name != LIST]
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
            elif (suffix := suffix_of(entry.name)) in SUFFIXES:
                found = entry.stat()
                if stat.S_ISREG(found.st_mode):
                    yield SourceFile(Path(entry.path), found.st_size, found.st_mtime_ns)
            elif suffix not in BESIDE and entry.is_file():
                others.add(entry.path)
        except OSError:
            yield SourceFile(Path(entry.path), 0, 0)


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(os.fspath(folder)) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(shown, key=lambda entry: entry.name)


def kinds(paths: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count files by their suffix, the most frequent first; those without one have an empty one."""
    counts = Counter(map(suffix_of, paths))
    return tuple(sorted(counts.items(), key=lambda kind: (-kind[1], kind[0])))


def read_file(path: Path, location: str) -> tuple[list[RawPage], list[Skipped]]:
    """Return the pages of one file, and what cannot be used of it.

    Raises:
        SourceError: the file as a whole cannot be used.
    """
    known = SUFFIXES.get(suffix_of(path.name))
    if known is None:
        raise SourceError(_unsupported(path))
    found = list(known.read(_bytes(path), location))
    pages = [page for page in found if isinstance(page, RawPage)]
    return pages, [skipped for skipped in found if isinstance(skipped, Skipped)]


def _unsupported(path: Path) -> Remark:
    """Return why a path without a known suffix is skipped: a folder is here because it is shut."""
    try:
        if path.is_dir():
            return Reason.SHUT_FOLDER()
    except OSError as error:
        return _unreadable(error)
    return Reason.UNSUPPORTED(kinds=EVERY_KIND)


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


def _unlisted(path: Path, error: OSError | ValueError) -> Remark:
    if not isinstance(error, OSError) or isinstance(error, FileNotFoundError):
        return Reason.NO_SUCH_PATH(path=str(path))
    return Reason.UNREADABLE_PATH(path=str(path), error=_words(error))


def _unreadable(error: OSError) -> Remark:
    if error.errno == errno.ENAMETOOLONG:
        return Reason.LONG_PATH()
    return Reason.UNREADABLE(error=_words(error))


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
