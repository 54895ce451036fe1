"""What holds for all tests: a busy machine is slow, which is no failure, and Ctrl-C is heard."""

import os
import signal
import sys
from pathlib import Path

from hypothesis import settings

settings.register_profile("griot", deadline=None)
settings.load_profile("griot")

# A shell has what it starts in the background ignore it, and all that is started there in turn.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Messages name griot by its path where the PATH does not have it.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def pytest_xdist_auto_num_workers(config):
    """Workers for whole folders only: what is named runs in this process, where debuggers work."""
    return None if all(Path(name).is_dir() for name in config.args) else 0
