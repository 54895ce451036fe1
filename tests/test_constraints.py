"""constraints.txt, the versions that the checks run with, and the trial of newer ones."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from paths import ROOT
from tools.newest import CONSTRAINTS, Trial, differences, main, pinned, too_low

LINES = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = "3.11", "3.12", "3.13"


def versions(**named):
    return {name: Version(version) for name, version in named.items()}


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


def test_the_lines_that_hold_for_this_python_are_read():
    """Comments and the lines for other Pythons are passed over."""
    lines = ["# by hand", "a-b==1.0", "numpy==1.0 ; python_version < '3.0'"]
    assert pinned([*lines, "numpy==2.0 ; python_version >= '3.0'"]) == {
        "a-b": Version("1.0"),
        "numpy": Version("2.0"),
    }


def test_what_differs_is_named_with_both_versions():
    """What is no longer needed is not worth a line."""
    old, new = versions(a="1", b="1", c="1"), versions(a="2", b="1", d="3")
    assert differences(old, new) == ["a 1 -> 2", "d 3 is new"]


def test_a_requirement_is_too_low_where_it_let_in_an_older_version_than_was_tested():
    """An older version of what no requirement names is not Griot's doing."""
    old, new = versions(a="2", b="2", c="2"), versions(a="1", b="3", c="1")
    assert too_low(["A>=1", "b>=1", "gone>=1"], old, new) == ["A>=1"]


BROKEN, SOUND = Trial(versions(numpy="99"), "ask ended with 1:\nno"), Trial({}, "")
OLD = Trial(versions(numpy="1.26"), "ask ended with 1:\nno")


@pytest.mark.parametrize(
    ("trials", "status", "last"),
    [
        ([SOUND], 0, "import, ask and check pass with the newest versions."),
        ([BROKEN, SOUND], 0, "WARNING: constraints.txt passes, so a newer release broke it."),
        ([BROKEN, BROKEN], 1, "no"),
        ([OLD], 1, "The lower bounds in pyproject.toml are too low: numpy>=1.26"),
    ],
)
def test_a_failure_is_always_printed_and_holds_back_a_change_where_griot_is_at_fault(
    trials, status, last, capsys
):
    """A newer release that breaks Griot is printed, and holds back nothing."""
    remaining = iter(trials)
    assert main(lambda *_: next(remaining)) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    assert lines.count("FAILED with the newest versions: ask ended with 1:") == bool(
        trials[0].failure
    )
