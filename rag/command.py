"""The command lines that messages recommend, as a person can type them."""

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

NAME = "griot"


def griot(*words: str) -> str:
    """Return a command line that has the `griot` beside the running Python do something."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:  # the working folder was deleted
        folder = Path("/")
    return shlex.join((program(Path(sys.executable), os.get_exec_path(), folder), *words))


def program(python: Path, search_path: Iterable[str], folder: Path) -> str:
    """Return what starts the `griot` beside a Python from a working folder.

    It is the bare name where the search path finds that one, or where there is none; otherwise its
    path, relative if it lies in a folder within the working folder.
    """
    beside = python.parent / NAME
    found = next((each for each in search_path if os.access(Path(each, NAME), os.X_OK)), None)
    if not beside.exists() or (found is not None and beside.samefile(Path(found, NAME))):
        return NAME
    inside = folder in beside.parent.parents
    return str(beside.relative_to(folder) if inside else beside)
