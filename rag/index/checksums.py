"""Checksums of files that are written once, by which a later reader sees that a byte changed."""

import zlib
from pathlib import Path

_BLOCK = 2**20


def checksums(folder: Path) -> dict[str, int]:
    """Return the CRC-32 of each file under a folder, by its path from the folder's parent."""
    return {
        path.relative_to(folder.parent).as_posix(): _checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found
