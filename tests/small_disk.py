"""A small file system in memory, to run out of room on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None,
    reason="only the superuser can mount a small file system",
)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted: {done.stderr.strip()}")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Have a folder on a disk of its own, with 64 MB."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=64m", "griot", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def allow(folder: Path, size: str) -> None:
    """Change the size of a folder's disk."""
    mount("-o", f"remount,size={size}", str(folder))
