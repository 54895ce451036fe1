"""Find what is wrong with a folder by writing to it, for engines whose errors have no code."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import GriotError, IndexDamaged, StorageError, StorageFull
from rag.reasons import Reason

ROOM = 16
"""MiB that a write may need at once; an engine that failed for lack of room may have freed some."""

_PANIC = "PanicException"
"""The name of what a Rust library raises when it panics: no `Exception`, not importable."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what an engine raises about its folder, Rust panics included, into a `StorageError`."""
    try:
        yield
    except GriotError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == _PANIC:
            raise trouble(folder) from error
        raise


def trouble(folder: Path) -> StorageError:
    """Return what keeps a folder from being written, or that what is in it cannot be read."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest, buffering=0) as file:
            for _ in range(ROOM):
                file.write(os.urandom(2**20))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StorageFull(Reason.NO_ROOM(home=str(folder)))
        said = (error.strerror or type(error).__name__).lower()
        return StorageFull(Reason.UNWRITABLE(home=str(folder), error=said))
    return IndexDamaged(Reason.UNREADABLE_STORE(store=str(folder)))
