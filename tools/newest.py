"""Install Griot with the newest versions of its requirements and try it: import, ask, check.

Usage: python -m tools.newest

Prints which versions differ from constraints.txt, and every failure. Exits with 1 only if Griot is
at fault: the versions of constraints.txt fail too, or a requirement of pyproject.toml allowed an
older version than they have, so that its lower bound is too low. Otherwise a new release is at
fault, which is no reason to reject a change.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
OURS = "griot", "pip"  # the environment's packages that are not requirements of Griot
SHOWN = 2000  # characters of a failed command's output

Versions = dict[str, Version]

# Without the program itself, the plugin, which needs pytest, and PostgreSQL, which is an extra.
IMPORT = """
import importlib, pkgutil, bot, rag
for package in bot, rag:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        name = module.name
        if not name.endswith((".__main__", ".pytest_plugin")) and ".postgres" not in name:
            importlib.import_module(name)
"""
LIST = """
import importlib.metadata, json
print(json.dumps({found.name: found.version for found in importlib.metadata.distributions()}))
"""
TRIES: tuple[tuple[str, ...], ...] = (
    ("import", "python", "-c", IMPORT),
    ("ask", "griot", "ask", "who accompanied Goïta?"),
    ("check", "griot", "check", "corpus/questions.yaml"),
)


@dataclass(frozen=True)
class Trial:
    """The versions that were installed, and the failure, or "" if all passed."""

    versions: Versions
    failure: str


def pinned(lines: Iterable[str]) -> Versions:
    """Return the versions in a constraints file that apply to this Python and system."""
    entries = (Requirement(line) for line in lines if line.strip() and line[0] != "#")
    return {
        canonicalize_name(entry.name): Version(next(iter(entry.specifier)).version)
        for entry in entries
        if entry.marker is None or entry.marker.evaluate()
    }


def differences(old: Versions, new: Versions) -> list[str]:
    """Return a line for each package that is new or has another version."""
    return [
        f"{name} {old[name]} -> {version}" if name in old else f"{name} {version} is new"
        for name, version in sorted(new.items())
        if version != old.get(name)
    ]


def too_low(requirements: Iterable[str], old: Versions, new: Versions) -> list[str]:
    """Return the requirements that allowed an older version than was tested."""
    names = ((line, canonicalize_name(Requirement(line).name)) for line in requirements)
    return [line for line, name in names if name in new and new[name] < old[name]]


def trial(folder: Path, *options: str | Path) -> Trial:
    """Install Griot into a new environment and try it, until the first failure."""
    commands = folder / "environment" / "bin"
    subprocess.run([sys.executable, "-m", "venv", commands.parent], check=True)
    shutil.copytree(ROOT / "corpus", folder / "corpus")

    def failure(name: str, program: str, *words: str | Path) -> str:
        done = run(folder, commands / program, *words)
        output = (done.stdout + done.stderr).strip()[-SHOWN:]
        return f"{name} ended with {done.returncode}:\n{output}" if done.returncode else ""

    pip = ("-m", "pip", "--disable-pip-version-check", "-qq", "install")
    newest = ("--upgrade", "--upgrade-strategy", "eager")
    if failed := failure("pip install", "python", *pip, *newest, *options, ROOT):
        return Trial({}, failed)
    listed = json.loads(run(folder, commands / "python", "-c", LIST).stdout)
    versions = {
        canonicalize_name(name): Version(version)
        for name, version in listed.items()
        if name not in OURS
    }
    return Trial(versions, next(filter(None, (failure(*words) for words in TRIES)), ""))


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without the caller's settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GRIOT_", "PYTHON"))
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def main(trial: Callable[..., Trial] = trial) -> int:
    """Try the newest versions, and if they fail, the tested ones. Return the exit status."""
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    old = pinned(CONSTRAINTS.read_text().splitlines())
    with TemporaryDirectory() as folder:
        newest = trial(Path(folder) / "newest")
        for line in differences(old, newest.versions):
            print(line)
        if not newest.failure:
            print("import, ask and check pass with the newest versions.")
            return 0
        print(f"FAILED with the newest versions: {newest.failure}", flush=True)
        if lines := too_low(requirements, old, newest.versions):
            print(f"The lower bounds in pyproject.toml are too low: {', '.join(lines)}")
            return 1
        reference = trial(Path(folder) / "tested", "--constraint", CONSTRAINTS)
    if reference.failure:
        print(f"FAILED with the versions of constraints.txt too: {reference.failure}")
        return 1
    print("WARNING: constraints.txt passes, so a newer release broke it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
