import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from paths import ROOT

pytestmark = pytest.mark.process


SET = """\
questions:
  - id: general
    ask: Who accompanied Goïta?
    expect: Sadio Camara
    cites: kremlin-visit
    tags: [follow-up, names]
  - id: wreath
    ask: Where did Goita lay a wreath?
    expect: Bamako
    tags: follow-up
  - id: cup
    ask: Who won the 2018 World Cup?
    expect: France
    known_failure: no article says
  - id: fixed
    ask: Who won the 2014 World Cup?
    refuse: true
    known_failure: it was answered once
"""
ERRS = """\
questions:
  - ask: Who accompanied Goïta?
    expect: Sadio Camara
    known_failure: a pronoun
  - ask: Who won the 2018 World Cup?
    refuse: true
"""
BROKEN = """\
questions:
  - ask: Who?
  - ask: When?
    expct: Monday
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the articles that come with the project, and sets of its own."""
    folder = tmp_path_factory.mktemp("newsroom")
    (folder / "corpus").mkdir()
    (folder / "wrong").mkdir()
    for article in (ROOT / "corpus").iterdir():
        if article.suffix != ".yaml":
            shutil.copy(article, folder / "corpus")
    for name, text in {
        "corpus/questions.yaml": SET,
        "corpus/down.questions.yaml": ERRS,
        "corpus/prices.yaml": "questions: no set\n",
        "corpus/test_plain.py": "def test_it():\n    pass\n",
        "wrong/broken.questions.yaml": BROKEN,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def pytest_at(folder, *words, **settings):
    """Run pytest there as a maintainer does, and give its status and what it says.

    What is left open is a failure.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GRIOT_")}
    strict = ("-p", "no:cacheprovider", "-W", "error::ResourceWarning")
    unraisable = ("-W", "error::pytest.PytestUnraisableExceptionWarning")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *strict, *unraisable, *map(str, words)],
        cwd=folder,
        env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def ran(folder):
    """A run of everything that is in the corpus but for one set."""
    return pytest_at(
        folder, "-v", "-rfxX", "--junitxml=run.xml", "--ignore=corpus/down.questions.yaml", "corpus"
    )


def test_sets_are_collected_a_test_a_question(folder):
    """By what they are called; no other YAML is read. A tag is a keyword."""
    status, said = pytest_at(folder, "--collect-only", "-q", "corpus")
    ours = [f"corpus/questions.yaml::{name}" for name in ("general", "wreath", "cup", "fixed")]
    others = "who-accompanied-goita", "who-won-the-2018-world-cup"
    assert (status, said.split("\n\n")[0].splitlines()) == (
        0,
        [
            *(f"corpus/down.questions.yaml::{name}" for name in others),
            *ours,
            "corpus/test_plain.py::test_it",
        ],
    )
    status, said = pytest_at(folder, "--collect-only", "-q", "-k", "follow-up", "corpus")
    assert (status, said.split("\n\n")[0].splitlines()) == (0, ours[:2])


def test_each_question_fares_as_it_does_in_a_check(ran):
    """A known failure is expected to fail, and one that holds is told."""
    status, said = ran
    fared = dict(re.findall(r"::(\w+) (PASSED|FAILED|XFAIL|XPASS|ERROR)", said))
    assert (status, fared) == (
        1,
        {
            "general": "PASSED",
            "wreath": "FAILED",
            "cup": "XFAIL",
            "fixed": "XPASS",
            "test_it": "PASSED",
        },
    )
    assert "XFAIL corpus/questions.yaml::cup - no article says" in said
    assert "XPASS corpus/questions.yaml::fixed - it was answered once" in said


def test_a_failure_tells_the_answer_and_its_quotes_without_a_traceback(ran):
    _, said = ran
    shown = said.partition("= FAILURES =")[2].partition("short test summary")[0]
    assert "expect: lacks “Bamako”\nasked: Where did Goita lay a wreath?\n" in shown
    assert re.search(r"-+ Captured answer call -+\n.*Tomb of the Unknown Soldier.* \[1\]\n", shown)
    quote = "On June 23 Goita laid a wreath at the Tomb of the Unknown Soldier, which stands beside"
    assert f"[1] kremlin-visit.md: “{quote}" in shown
    assert (".py" in shown, "Traceback" in shown) == (False, False)
    summed = said.partition("short test summary")[2]
    assert "FAILED corpus/questions.yaml::wreath - expect: lacks “Bamako”\n" in summed


def test_junit_xml_has_the_verdicts_and_the_answers(ran, folder):
    """With what they cite."""
    cases = {case.get("name"): case for case in ET.parse(folder / "run.xml").iter("testcase")}
    told = {
        name: {each.get("name"): each.get("value") for each in case.iter("property")}
        for name, case in cases.items()
    }
    assert {name: each.get("verdict") for name, each in told.items()} == {
        "general": "passed",
        "wreath": "failed",
        "cup": "known failure",
        "fixed": "fixed",
        "test_it": None,
    }
    cited = "Sadio Camara [1]\n[1] kremlin-visit.md: “Accompanying Goita"
    assert told["general"]["answer"].startswith(cited)
    assert [name for name, case in cases.items() if case.find("failure") is not None] == ["wreath"]


def test_an_error_is_a_failure_also_of_a_known_failure(folder):
    """The chat model is not there; what needs none passes."""
    status, said = pytest_at(
        folder,
        "-v",
        "corpus/down.questions.yaml",
        GRIOT_LLM_URL="http://127.0.0.1:9/v1",
        GRIOT_LLM_MODEL="small",
    )
    fared = dict(re.findall(r"::([\w-]+) (PASSED|FAILED|XFAIL|XPASS|ERROR)", said))
    assert (status, fared) == (
        1,
        {"who-accompanied-goita": "FAILED", "who-won-the-2018-world-cup": "PASSED"},
    )
    assert "error: Answered by the embedded reader. The chat server 127.0.0.1:9 " in said
    assert "Traceback" not in said


def test_a_set_that_is_wrong_is_an_error_of_collection_with_its_lines(folder):
    status, said = pytest_at(folder, "wrong/broken.questions.yaml")
    path = folder / "wrong" / "broken.questions.yaml"
    assert status == 2
    assert re.findall(rf"{re.escape(str(path))}:(\d+): ", said) == ["2", "4"]
    assert ("ERROR wrong/broken.questions.yaml" in said, "Traceback" in said) == (True, False)
