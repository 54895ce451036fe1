"""A process that does a job of a desk's, and is killed at one of its steps."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from desk import Desk

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["pytest", "rag.library", "rag.index.tantivy", "rag.pages.extract", "chromadb"]
)


def die_at(step: int, functions: frozenset[tuple[str, str]]) -> None:
    """Have this process killed when it enters one of the functions for the n-th time."""
    entered = 0
    names = {name for _, name in functions}

    def watch(frame, event, arg):
        nonlocal entered
        if event == "call" and frame.f_code.co_name in names:
            entered += (Path(frame.f_code.co_filename).name, frame.f_code.co_name) in functions
            if entered == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def work(desk: Desk, step: int, functions: frozenset[tuple[str, str]], job: Callable) -> None:
    die_at(step, functions)
    job(desk)
    sys.setprofile(None)


def killed(desk: Desk, step: int, functions: frozenset[tuple[str, str]], job: Callable) -> bool:
    """Do the job in another process that is killed at a step; say whether it came that far."""
    process = FORKS.Process(target=work, args=(desk, step, functions, job))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0
