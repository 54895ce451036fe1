import json
from datetime import UTC, datetime

import pytest

from bot.program import ExitStatus
from bot.questions import sets
from bot.questions.results import Attempt, QuestionResult
from bot.questions.run_json import RunError, read_run, to_json, write
from bot.questions.selection import resolved
from question_runs import (
    DIFFERING,
    erred,
    every_kind,
    failed,
    fixed,
    flaky,
    known,
    passed,
    run,
)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), ExitStatus.DONE),
        ((passed("one"), known("two"), fixed("three")), ExitStatus.DONE),
        ((flaky("one", 2, 1, expect="x", share=0.6),), ExitStatus.DONE),
        ((passed("one"), failed("two")), ExitStatus.FAILED),
        ((passed("one"), flaky("two", 2, 1)), ExitStatus.FAILED),
        ((passed("one"), erred("two")), ExitStatus.FAILED),
        ((known("one"), erred("two")), ExitStatus.FAILED),
        ((erred("one"), erred("two")), ExitStatus.NO_ANSWER),
        ((erred("one", expect="x", known_failure="a pronoun"),), ExitStatus.NO_ANSWER),
    ],
)
def test_the_status_says_whether_a_run_holds(results, expected):
    assert run(*results).status == expected


def read_again(done, folder):
    path = folder / "run.json"
    write(path, to_json(done))
    return read_run(path)


def test_a_run_is_read_as_it_was_written(tmp_path):
    """Whatever the model, the time and the way, with half a character in its file's name."""
    done = every_kind(
        set_path="corpus/\udcff.yaml",
        model="small",
        replayed=True,
        whole=False,
        when=datetime(2025, 7, 1, 9, 30, 15, 123456, tzinfo=UTC),
    )
    assert read_again(done, tmp_path) == done


EVERYTHING = """\
defaults: {repeat: 3, share: 0.6, language: en, max_claims: 4, mode: reader, tags: all}
questions:
  - id: every
    ask: Who “accompanied” Goïta?
    expect: [Camara, [Sadio, "2021-05-24"]]
    claims: [[Camara, general]]
    reject: Lavrov
    matches: 'C\\w+a'
    cites: [gao-flood, article-1]
    quote: accompanied
    retrieves: {gao-flood: 3}
    answerable: true
    refuse: false
    disagree: false
    judge: It names the general.
    max_ms: 1500.5
    repeat: 1
    share: 1
    tags: [names, général]
    known_failure: a “quote”
  - conversation: [Who?, And then?]
    refuse: true
"""


def test_questions_are_read_with_all_that_is_expected_of_them(tmp_path):
    """Defaults and lines of the set, and articles by their whole ids, among it."""
    path = tmp_path / "questions.yaml"
    path.write_text(EVERYTHING, encoding="utf-8")
    read = resolved(sets.load(path), ["https://courier.example/gao-flood", "article-1.json#1"])
    done = run(
        *(QuestionResult(question=question, attempts=(Attempt(),)) for question in read.questions)
    )
    again = read_again(done, tmp_path)
    assert again == done
    assert [result.question.line for result in again.results] == [3, 21]


def changed(change):
    """A run as JSON, with something else in it."""
    said = json.loads(to_json(run(passed("one", DIFFERING), erred("two"))))
    change(said)
    return json.dumps(said)


def refusal(path):
    with pytest.raises(RunError) as told:
        read_run(path)
    return str(told.value)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (
            lambda said: said.update(version=99),
            " was written by a newer Griot; upgrade Griot to read it",
        ),
        (
            lambda said: said["results"][0]["attempts"][0]["answer"].update(version=99),
            ": the answer was recorded by a newer Griot; upgrade Griot to see it",
        ),
    ],
)
def test_what_a_newer_griot_wrote_asks_for_it(change, remedy, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(changed(change), encoding="utf-8")
    assert refusal(path) == f"{path}{remedy}"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        '{"version": "1"}',
        "\xff",
        changed(lambda said: said.pop("digest")),
        changed(lambda said: said.update(results=None)),
        changed(lambda said: said.update(when="yesterday")),
        changed(lambda said: said["results"][0].update(question={"ask": "Who?"})),
        changed(lambda said: said["results"][0].update(attempts=[])),
        changed(lambda said: said["results"][0]["attempts"][0].update(checks=[{"name": "x"}])),
        changed(lambda said: said["results"][0]["attempts"][0]["answer"].update(claims=[1])),
    ],
)
def test_what_is_no_run_says_how_to_write_one(content, tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    assert refusal(path) == (
        f"{path} is no result of griot check; write one with: griot check --report FILE.json"
    )


def test_fields_that_a_later_griot_adds_are_passed_over(tmp_path):
    """As long as those that are known mean the same."""

    def add(said):
        said["mood"] = said["results"][0]["mood"] = "good"
        said["results"][0]["attempts"][0]["answer"]["mood"] = "good"

    path = tmp_path / "run.json"
    path.write_text(changed(add), encoding="utf-8")
    assert read_run(path) == run(passed("one", DIFFERING), erred("two"))
