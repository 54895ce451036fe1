"""Programs from npm that tests meet: each is installed once, into .cache/."""

import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from paths import ROOT

CACHE = ROOT / ".cache"

QUIETLY = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
HASTILY = ("--fetch-retries=0", "--fetch-timeout=30000")


def installed(package, version):
    """The folder that holds a package of that version; the test is skipped where none can."""
    name = package.rpartition("/")[2]
    if not shutil.which("node"):
        pytest.skip(f"{name} needs node")
    folder = CACHE / name / version
    if (folder / "node_modules" / package).exists():
        return folder
    if not (npm := shutil.which("npm")):
        pytest.skip(f"{name} is installed by npm, which is missing")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as own:
        command = (npm, "install", *QUIETLY, *HASTILY, "--prefix", own, f"{package}@{version}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{name} could not be installed: {' '.join(done.stderr.split())[-200:]}")
        with suppress(OSError):  # another worker was first
            Path(own).rename(folder)
    return folder


@contextmanager
def serving(name, *command):
    """The address that a server says it listens on; the test is skipped where it does not start."""
    with subprocess.Popen(("node", *command), stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                if found := re.search(r"listening on (http://\S+)", line):
                    break
            else:
                pytest.skip(f"{name} did not start; is node older than version 20?")
            yield found[1]
        finally:
            process.terminate()
            process.stdout.read()
