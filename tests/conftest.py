"""All tests allow for a busy machine, which is slow and no failure, and hear Ctrl-C."""

import os
import signal
import sys
from pathlib import Path

from hypothesis import settings

pytest_plugins = ["engines"]

settings.register_profile("griot", deadline=None)
settings.load_profile("griot")

# A shell has what it starts in the background ignore it, and all that is started there in turn.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Messages name griot by its path where the PATH does not have it.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def pytest_xdist_auto_num_workers(config):
    """One more than cores, as tests wait a lot; none for named files, which one may debug."""
    whole = all(Path(name).is_dir() for name in config.args)
    return (os.cpu_count() or 1) + 1 if whole else 0
