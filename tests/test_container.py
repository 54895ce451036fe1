"""Dockerfile, compose.yaml and the documentation name what Griot has."""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest
import yaml

from bot import settings
from bot.cli import HELP
from bot.service.health import Metrics, serving
from bot.settings import Address
from paths import ROOT


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def instructions():
    """The Dockerfile's instructions with what each is given."""
    joined = read("Dockerfile").replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return [tuple(line.split(maxsplit=1)) for line in lines if line and line[0] != "#"]


def given(name):
    return [what for instruction, what in instructions() if instruction == name]


def commands():
    return re.findall(r"^  ([a-z]+) .*  ", HELP, re.MULTILINE)


def unit():
    """The settings of the systemd unit in docs/telegram.md."""
    page = read("docs/telegram.md")
    (text,) = re.findall(r"^\[Unit\]$.*?(?=^```)", page, re.MULTILINE | re.DOTALL)
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "compose.yaml",
        "README.md",
        "docs/settings.md",
        "docs/telegram.md",
        "docs/engines.md",
    ],
)
def test_every_variable_that_is_named_is_a_setting(name):
    """A setting that is renamed is renamed everywhere."""
    named = set(re.findall(r"GRIOT_[A-Z_]*[A-Z]\b(?!\*)", read(name)))
    assert named - set(settings.names()) == set()


def test_the_documentation_lists_every_setting():
    """In the order of .env.example."""
    listed = re.findall(r"^\| `(GRIOT_[A-Z_]+)` \|", read("docs/settings.md"), re.MULTILINE)
    assert tuple(listed) == settings.names()


def test_what_is_copied_into_the_image_is_there():
    """And the build may see it."""
    seen = [line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")]
    copied = [
        source
        for what in given("COPY")
        if "--from" not in what
        for source in [word for word in shlex.split(what) if word[:2] != "--"][:-1]
    ]
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert sorted(copied) == sorted(seen)
    assert not any(fnmatch(".env", pattern) for pattern in seen)


def test_the_image_has_the_tested_versions():
    """And so has what builds Griot there."""
    constraints = [word for word in given("ENV")[0].split() if word.endswith("constraints.txt")]
    assert constraints == [
        f"{name}={given('WORKDIR')[0]}/constraints.txt"
        for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")
    ]


def test_the_image_runs_a_command_of_griots():
    """As somebody who is not root, with its files in the volume."""
    entry, command = json.loads(given("ENTRYPOINT")[0]), json.loads(given("CMD")[0])
    assert (entry, command[0] in commands()) == (["griot"], True)
    assert (given("USER"), given("WORKDIR")[-1], given("VOLUME")) == (["griot"], "/data", ["/data"])


def test_the_image_installs_what_pyproject_names():
    """All of it, and what PostgreSQL needs, and nothing else."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    (program,) = re.findall(r'python -c "(.+?)" > needed', read("Dockerfile"))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    driver = project["optional-dependencies"]["postgres"]
    assert done.stdout.splitlines() == project["dependencies"] + driver


def health_check(**variables):
    """The status with which the image's health check ends."""
    (check,) = given("HEALTHCHECK")
    words = json.loads(check[check.index("CMD") + len("CMD") :])
    environment = {name: value for name, value in os.environ.items() if name != "GRIOT_METRICS"}
    command = [sys.executable, *words[1:]]
    return subprocess.run(
        command, env={**environment, **variables}, stderr=subprocess.DEVNULL, check=False
    ).returncode


def served_and_checked(reason):
    async def check():
        async with serving(Address("127.0.0.1", 0), Metrics(), lambda: reason) as port:
            return await asyncio.to_thread(health_check, GRIOT_METRICS=f"127.0.0.1:{port}")

    return asyncio.run(check())


def test_the_image_is_well_where_the_bot_says_so():
    """Without an address of the bot's health, nobody is asked."""
    assert (health_check(), served_and_checked(None), served_and_checked("away")) == (0, 0, 1)


def test_the_compose_file_keeps_what_griot_writes():
    """Its volumes are declared; other servers are only started when asked for."""
    compose = yaml.safe_load(read("compose.yaml"))
    griot, *others = compose["services"].values()
    kept = [volume.split(":") for service in (griot, *others) for volume in service["volumes"]]

    assert {name for name, _ in kept} == set(compose["volumes"])
    assert kept[0][1] == given("VOLUME")[0]
    assert (griot["build"], griot["env_file"], "profiles" in griot) == (".", ".env", False)
    assert {service["restart"] for service in (griot, *others)} == {"unless-stopped"}
    assert [service["profiles"] for service in others] == [["ollama"], ["servers"], ["servers"]]
    assert all(
        f"{name}={where}" in " ".join(given("ENV")) for name, where in griot["environment"].items()
    )


def test_the_unit_starts_a_command_of_griots():
    """In the folder that holds its .env, and again after a failure."""
    program, command = unit()["ExecStart"].split()
    assert program.removeprefix(unit()["WorkingDirectory"]) == "/.venv/bin/griot"
    assert (command in commands(), unit()["Restart"]) == (True, "on-failure")
