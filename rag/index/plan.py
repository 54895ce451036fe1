"""The files to read: those there now, compared with those that were read; pure."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.index.stores import StoredSource
from rag.pages.sources import SourceFile


@dataclass(frozen=True, slots=True)
class Root:
    """A path to be indexed, and the folder that its files' locations start from, if one is set.

    `content` is a file that is indexed as if it stood at the path.
    """

    path: Path
    under: Path | None = None
    content: Path | None = None

    @property
    def place(self) -> Path:
        """Where the content lies now."""
        return self.content or self.path

    @property
    def base(self) -> Path:
        """The folder that locations start from: otherwise the path, or where its file lies."""
        if self.under is not None and self.path.is_relative_to(self.under):
            return self.under
        return self.path if os.path.isdir(self.path) else self.path.parent  # noqa: PTH112 - refuses nothing


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that is there now: its key in the catalog, its location, and what a stat says."""

    key: str
    location: str
    file: SourceFile


@dataclass(frozen=True, slots=True)
class Plan:
    """The work for the catalog: files to read, unchanged files, and files that are gone.

    `others` counts the files of kinds that are not read.
    """

    read: tuple[FoundFile, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    others: tuple[tuple[str, int], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has to be done."""
        return not self.read and not self.removed

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the files that are there, as far as can be seen."""
        return frozenset(self.unchanged).union(item.key for item in self.read)


def plan(known: Mapping[str, StoredSource], found: Sequence[FoundFile]) -> Plan:
    """Compare the files that are known (within the paths looked at) with those found there.

    A file is read when it is new or stale, or its size or time differ. What lies in a folder that
    cannot be listed is not taken for removed.
    """
    same = {item.key for item in found if _same(known.get(item.key), item.file)}
    unlisted = {item.key for item in found if item.file.shut}
    missing = known.keys() - {item.key for item in found}
    hidden = {key for key in missing if any(within(key, folder) for folder in unlisted)}
    return Plan(
        read=tuple(item for item in found if item.key not in same),
        unchanged=tuple(sorted(same | hidden)),
        removed=tuple(sorted(missing - hidden)),
    )


def _same(source: StoredSource | None, file: SourceFile) -> bool:
    return (
        source is not None
        and not source.stale
        and (source.size, source.mtime_ns) == (file.size, file.mtime_ns)
    )


def located(
    found: Iterable[FoundFile], known: Mapping[str, StoredSource], taken: Iterable[str]
) -> tuple[FoundFile, ...]:
    """Return the files with the location that each was given first, so that article ids are stable.

    `taken` are the locations of all files. A new file whose location another one has, under another
    root, takes its key for a location.
    """
    locations = {*taken}
    placed = []
    for item in found:
        if item.key in known:
            location = known[item.key].location
        else:
            location = item.key if item.location in locations else item.location
        locations.add(location)
        placed.append(FoundFile(item.key, location, item.file))
    return tuple(placed)


def within(path: str, root: str) -> bool:
    """Return whether a path is a root or lies under it."""
    return path == root or Path(root) in Path(path).parents
