"""The memory of processes, as Linux tells it."""

import os
from pathlib import Path


def peak(process: int | None = None) -> int:
    """Return the most bytes of memory that a process has had, this one by default.

    Of the process that started it, which `getrusage` counts in, there is nothing.
    """
    status = Path(f"/proc/{process or os.getpid()}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
