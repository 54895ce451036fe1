"""Programs from npm that tests meet: each is installed once, into .cache/."""

import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(__file__).parent.parent / ".cache"

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
    folder.mkdir(parents=True, exist_ok=True)
    command = (npm, "install", *QUIETLY, *HASTILY, "--prefix", folder, f"{package}@{version}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{name} could not be installed: {' '.join(done.stderr.split())[-200:]}")
    return folder
