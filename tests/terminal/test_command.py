import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.program import program


@pytest.fixture
def house(tmp_path):
    """A folder with two environments, `.venv` and `other`, each with Python and griot."""
    for environment in (".venv", "other"):
        folder = tmp_path / environment / "bin"
        folder.mkdir(parents=True)
        for name in ("python", "griot"):
            (folder / name).touch(mode=0o755)
    return tmp_path


def typed(house, *, search, folder):
    return program(str(house / ".venv/bin/python"), search, str(folder))


def test_a_griot_that_is_not_on_the_path_is_named_by_its_own(house):
    """As make installs it; the same where the PATH has the griot of another environment."""
    assert typed(house, search=[], folder=house) == ".venv/bin/griot"
    assert typed(house, search=[str(house / "other/bin")], folder=house) == ".venv/bin/griot"


def test_a_griot_on_the_path_is_named_plainly(house, tmp_path_factory):
    """Also where the PATH has a link to it, as pipx and uv make one."""
    links = tmp_path_factory.mktemp("links")
    (links / "griot").symlink_to(house / ".venv/bin/griot")
    for folder in (house / ".venv/bin", links):
        assert typed(house, search=["/nowhere", str(folder)], folder=house) == "griot"


def test_from_elsewhere_the_path_is_whole(house):
    """A bare name would not be found in the working folder either."""
    spaced = house / "my news"
    (house / ".venv").rename(spaced)
    beside = spaced / "bin/griot"
    for folder in (house / "other", spaced / "bin"):
        assert program(str(spaced / "bin/python"), [], str(folder)) == str(beside)


def test_where_no_griot_is_installed_the_name_stands(house):
    """As beside a Python that runs the package from its sources."""
    assert program(str(house / "python"), [], str(house)) == "griot"


def test_help_and_errors_name_the_griot_that_runs(tmp_path):
    """Not one that the shell would not find."""
    beside = Path(sys.executable).parent / "griot"
    nowhere = {**os.environ, "PATH": "/nowhere", "GRIOT_HOME": "home", "GRIOT_CORPUS": "home"}
    for words, expected in (
        (["--help"], f'\n  {beside} ask "who accompanied Goïta?"\n'),
        (["ask", "--help"], f'\n    {beside} ask "who accompanied Goïta?"\n'),
        (["ask"], f"Try '{beside} ask -h' for help."),
        (["show", "rain"], f"no article is called 'rain'; {beside} show lists them all"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=tmp_path,
            env=nowhere,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert expected in done.stdout
