"""constraints.txt, the versions that the checks run with."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from paths import ROOT
from tools.newest import CONSTRAINTS

LINES = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = "3.11", "3.12", "3.13"


def test_constraints_hold_names_and_versions_alone():
    """No addresses, no hashes, no files; and no torch, which few need."""
    assert [
        line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [^;]+)?", line)
    ] == []
    assert [line for line in LINES if line.startswith(("torch", "nvidia"))] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_each_supported_python_has_one_version_of_each_requirement(python):
    """Of what Griot needs, and of what its checks need; each satisfies its lower bound."""
    environment = {"python_full_version": f"{python}.0", "python_version": python}
    found = [Requirement(line) for line in LINES]
    held = [entry for entry in found if not entry.marker or entry.marker.evaluate(environment)]
    versions_of = {entry.name: next(iter(entry.specifier)).version for entry in held}
    needed = [
        Requirement(line)
        for line in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    ]
    assert len(versions_of) == len(held)
    assert [
        str(entry)
        for entry in needed
        if versions_of.get(canonicalize_name(entry.name), "") not in entry.specifier
    ] == []
