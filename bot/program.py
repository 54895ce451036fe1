"""The command as a program: what starts it, and how it ends.

`griot --help` waits for what is imported here, so it does without pathlib.
"""

import os
import shlex
import sys
from collections.abc import Iterable
from enum import IntEnum

NAME = "griot"


class ExitStatus(IntEnum):
    """How a command ends.

    `NO_ANSWER`: the articles do not say, or it is unsure that they do, or none of a set's questions
    could be asked. `UNREAD`: nobody reads the output any more.
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_ANSWER = 3
    INTERRUPTED = 130
    UNREAD = 141


class CommandFailed(Exception):
    """A command ends with this status; its messages are for the person, one a line."""

    def __init__(self, status: ExitStatus, *messages: str) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = messages


def griot(*words: str) -> str:
    """Return a command line that has the `griot` beside the running Python do something."""
    try:
        folder = os.getcwd()
    except FileNotFoundError:  # the working folder was deleted
        folder = "/"
    return shlex.join((program(sys.executable, os.get_exec_path(), folder), *words))


def program(python: str, search_path: Iterable[str], folder: str) -> str:
    """Return what starts the `griot` beside a Python from a working folder.

    It is the bare name where the search path finds that one, or where there is none; otherwise its
    path, relative if it lies in a folder within the working folder.
    """
    beside = os.path.join(os.path.dirname(python), NAME)
    paths = (os.path.join(each, NAME) for each in search_path)
    found = next((path for path in paths if os.access(path, os.X_OK)), None)
    if not os.path.exists(beside) or (found is not None and os.path.samefile(beside, found)):
        return NAME
    place = os.path.dirname(beside)
    inside = place != folder and os.path.commonpath([place, folder]) == folder
    return os.path.relpath(beside, folder) if inside else beside
