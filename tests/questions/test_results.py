import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.console import ExitStatus
from bot.questions import sets
from bot.questions.place import texts
from bot.questions.results import Attempt, QuestionResult
from bot.questions.run_json import RunError, read_run, to_json, write
from bot.questions.selection import resolved
from newsroom import opened
from question_house import GOODS, SET, TICKET, written
from question_runs import (
    ANSWERED,
    DIFFERING,
    asked,
    erred,
    every_kind,
    failed,
    known,
    mended,
    passed,
    question,
    run,
    unsteady,
)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), ExitStatus.DONE),
        ((passed("one"), known("two"), mended("three")), ExitStatus.DONE),
        ((unsteady("one", 2, 1, expect="x", share=0.6),), ExitStatus.DONE),
        ((passed("one"), failed("two")), ExitStatus.FAILED),
        ((passed("one"), unsteady("two", 2, 1)), ExitStatus.FAILED),
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
    """With all that became of it, whatever the model, the time and the way."""
    done = every_kind(
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
    done = run(*(QuestionResult(question=one, attempts=(Attempt(),)) for one in read.questions))
    again = read_again(done, tmp_path)
    assert again == done
    assert [one.question.line for one in again.results] == [3, 21]


def test_answers_of_articles_are_read_as_they_were_given(tmp_path):
    """With evidence, scores, times and citations."""
    path = written(tmp_path / "corpus") / "questions.yaml"
    path.write_text(SET, encoding="utf-8")
    with opened(tmp_path / "home") as library:
        library.refresh()
        read = resolved(sets.load(path), library.article_ids())
        done = run(*asked(library, *read.questions))
        assert texts(library)(done.results[0].attempts[0].given.citations[0].article)
    assert [one.question.text for one in done.results[1::3]] == [GOODS, TICKET]
    assert read_again(done, tmp_path) == done


def test_half_a_character_is_no_reason_to_lose_a_run(tmp_path):
    """As a name of a file may hold one."""
    done = run(passed("one"), set_path="corpus/\udcff.yaml")
    assert read_again(done, tmp_path) == done


def test_other_readers_find_what_it_comes_to_and_how_each_question_fared(tmp_path):
    """Each result is on a line of its own."""
    text = to_json(every_kind())
    said = json.loads(text)
    assert text.count("\n") == len(said["results"]) + 2
    assert (said["version"], said["measures"]["short"], said["measures"]["false_answers"]) == (
        1,
        4,
        0.5,
    )
    assert [(one["id"], one["verdict"], one["gates"], one["held"]) for one in said["results"]] == [
        ("one", "passed", False, 1),
        ("two", "failed", True, 0),
        ("three", "unsteady", True, 2),
        ("four", "unsteady", False, 2),
        ("five", "error", True, 0),
        ("six", "failed", False, 0),
        ("seven", "passed", False, 1),
        ("eight", "passed", False, 1),
        ("nine", "failed", True, 0),
    ]


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
        "[]",
        "null",
        '"text"',
        '{"version": "1"}',
        '{"version": 1}',
        "\xff",
        changed(lambda said: said.pop("digest")),
        changed(lambda said: said.update(results=None)),
        changed(lambda said: said.update(when="yesterday")),
        changed(lambda said: said["results"][0].pop("question")),
        changed(lambda said: said["results"][0].update(question={"ask": "Who?"})),
        changed(lambda said: said["results"][0].update(attempts=[])),
        changed(lambda said: said["results"][0].update(attempts=[{}])),
        changed(lambda said: said["results"][0]["attempts"][0].update(checks=[{"name": "x"}])),
        changed(lambda said: said["results"][0]["attempts"][0].update(answer="Camara")),
        changed(lambda said: said["results"][0]["attempts"][0]["answer"].update(claims=[1])),
        changed(lambda said: said["results"][0]["attempts"][0]["answer"].update(evidence=[[]])),
        to_json(run(passed("one")))[:-9],
    ],
)
def test_what_is_no_run_says_how_to_write_one(content, tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    assert refusal(path) == (
        f"{path} is no result of griot check; write one with: griot check --report FILE.json"
    )


@pytest.mark.parametrize(
    ("name", "reason"), [("none.json", "No such file or directory"), (".", "Is a directory")]
)
def test_what_cannot_be_read_is_named(name, reason, tmp_path):
    path = tmp_path / name
    assert refusal(path) == f"{path} cannot be read: {reason}; check the path"


def test_fields_that_a_later_griot_adds_are_passed_over(tmp_path):
    """As long as those that are known mean the same."""

    def add(said):
        said["mood"] = said["results"][0]["mood"] = "good"
        said["results"][0]["attempts"][0]["answer"]["mood"] = "good"

    path = tmp_path / "run.json"
    path.write_text(changed(add), encoding="utf-8")
    assert read_run(path) == run(passed("one", DIFFERING), erred("two"))


def test_a_question_that_is_known_to_fail_is_no_error_with_an_answer():
    """The rule, once more: k of N against the share, and never with an error among them."""
    held, fell = Attempt(given=ANSWERED), Attempt(given=ANSWERED, error="down")
    one = question("who", expect="x", share=0.1, known_failure="a pronoun")
    mixed = QuestionResult(question=one, attempts=(held, fell))
    assert (mixed.verdict.value, mixed.holds, mixed.known, mixed.mended, mixed.gates) == (
        "error",
        False,
        False,
        False,
        True,
    )
    right = replace(mixed, attempts=(held, held))
    assert (right.verdict.value, right.mended, right.gates) == ("passed", True, False)
