import re
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from bot.questions.reports.junit import junit
from bot.questions.results import Attempt
from question_runs import (
    ANSWERED,
    FELL,
    REFUSED,
    WHEN,
    erred,
    every_kind,
    failed,
    known,
    passed,
    question,
    run,
)

OUTCOMES = {"failure", "error", "skipped"}


def parsed(done):
    return fromstring(junit(done))


def the_case(done):
    (found,) = parsed(done).iter("testcase")
    return found


def broken_rules(root):
    """What readers of JUnit XML would stumble over."""
    if root.tag != "testsuites" or {each.tag for each in root} != {"testsuite"}:
        yield "testsuites holds testsuite"
    for suite in root:
        yield from broken_rules_of_a_suite(suite)
    for each in root.iter("testcase"):
        yield from broken_rules_of_a_case(each)
    for each in root.iter("property"):
        if set(each.keys()) != {"name", "value"}:
            yield "a property has a name and a value"


def broken_rules_of_a_suite(suite):
    cases = suite.findall("testcase")
    if [each.tag for each in suite] != ["properties"] + ["testcase"] * len(cases):
        yield "a suite holds its properties, then its cases"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp")):
        yield "the time of a suite has neither fractions nor a zone"
    counts = {"tests": len(cases)}
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[name] = sum(each.find(tag) is not None for each in cases)
    if any(int(suite.get(name)) != count for name, count in counts.items()):
        yield "the counts of a suite are those of its cases"
    if len({(each.get("classname"), each.get("name")) for each in cases}) != len(cases):
        yield "a case is told from any other by its names"


def broken_rules_of_a_case(case):
    tags = [each.tag for each in case]
    if not case.get("name") or not case.get("classname"):
        yield "a case has its names"
    if set(tags) - OUTCOMES - {"properties", "system-out"}:
        yield "a case holds nothing else"
    if len([tag for tag in tags if tag in OUTCOMES]) > 1:
        yield "a case has one outcome"
    if any(each.get("message") is None for each in case if each.tag in OUTCOMES):
        yield "an outcome has a message"
    if case.get("time") is not None and not re.fullmatch(r"\d+\.\d+", case.get("time")):
        yield "a time is in seconds"


@pytest.mark.parametrize(
    "done", [every_kind(), every_kind(replayed=True), run(passed("one")), run(erred("one"))]
)
def test_readers_find_what_they_expect(done):
    assert list(broken_rules(parsed(done))) == []


def test_each_question_is_a_case_of_what_it_came_to():
    outcomes = {
        each.get("name"): [one.tag for one in each if one.tag != "properties"]
        for each in parsed(every_kind()).iter("testcase")
    }

    assert outcomes == {
        "one": [],
        "two": ["failure"],
        "three": ["failure"],
        "four": ["system-out"],
        "five": ["error"],
        "six": ["skipped"],
        "seven": ["system-out"],
        "eight": [],
        "nine": ["failure"],
    }


def test_a_failure_tells_what_was_asked_what_was_missing_the_answer_and_its_citations():
    case = the_case(run(failed("Who came?")))
    failure = case.find("failure")

    assert case.attrib == {"classname": "corpus.questions", "name": "who-came?", "time": "0.080"}
    assert failure.attrib == {"message": "expect: lacks “Lavrov”", "type": "failed"}
    assert failure.text == (
        "asked: Who came?\n"
        "verdict: failed\n"
        "expect: lacks “Lavrov”\n"
        "answer: General Sadio Camara [1]\n"
        "[1] visit.txt: “General Sadio Camara accompanied him.”"
    )


def test_an_error_and_a_known_failure_say_why():
    error = the_case(run(erred("one"))).find("error")
    skipped = the_case(run(known("one"))).find("skipped")

    assert error.attrib == {"message": "error: the chat model did not answer", "type": "error"}
    assert skipped.attrib == {"message": "known failure: a pronoun"}


def test_a_case_has_its_line_in_the_set_where_that_is_known():
    asked = question("one")
    asked._line = 7  # noqa: SLF001 - as reading a set gives it

    case = the_case(run(replace(passed("one"), question=asked)))

    assert (case.get("file"), case.get("line")) == ("corpus/questions.yaml", "7")


def test_tags_and_measures_are_properties():
    root = parsed(run(passed("one", expect="Camara", tags=["names", "mali"])))

    def told(parent):
        return [(each.get("name"), each.get("value")) for each in parent.find("properties")]

    assert told(root.find(".//testcase")) == [
        ("verdict", "passed"),
        ("tag", "names"),
        ("tag", "mali"),
    ]
    assert told(root.find("testsuite")) == [
        ("run", "2 articles · embedded reader · Griot 0.1.0 · 2025-07-01 09:30 UTC"),
        ("questions", "1"),
        ("passed", "1"),
        ("failed", "0"),
        ("unsteady", "0"),
        ("errors", "0"),
        ("known failures", "0"),
        ("mended", "0"),
        ("falling short", "0"),
        ("false refusals", "0.0%"),
        ("citation precision", "100.0%"),
        ("citation recall", "100.0%"),
        ("p50", "80 ms"),
        ("p95", "80 ms"),
    ]


def test_the_time_of_a_case_is_that_of_all_its_answers():
    """A question that was asked twice, once without a time, and never of a replay."""
    attempts = (
        Attempt(record=ANSWERED),
        Attempt(record=REFUSED),
        Attempt(record=replace(ANSWERED, timings={})),
    )
    asked = replace(passed("one"), attempts=attempts)

    assert the_case(run(asked)).get("time") == "0.140"
    assert b"time=" not in junit(run(asked, replayed=True))
    assert the_case(run(erred("one"))).get("time") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("questions.yaml", "questions"),
        ("corpus/mali.questions.yaml", "corpus.mali.questions"),
        ("../shared/questions.yaml", "shared.questions"),
        ("/srv/corpus/questions.yaml", "srv.corpus.questions"),
    ],
)
def test_a_set_gives_its_cases_their_class(path, expected):
    done = replace(run(passed("one")), set_path=path)

    assert the_case(done).get("classname") == expected


def test_what_xml_forbids_is_left_out_and_what_it_takes_for_markup_is_text():
    wild = "a\x00b\x1b[31m\x0b\ud800\ufffe <b>&amp;]]></b>\té\U0001f600"
    tame = "ab[31m <b>&amp;]]></b>\té\U0001f600"
    attempt = Attempt(error=wild, checks=(replace(FELL, detail=wild),))

    case = the_case(run(replace(failed("one"), attempts=(attempt,))))

    assert case.find("error").get("message") == f"error: {tame}; expect: {tame}"
    assert case.find("error").text.splitlines()[2:] == [f"error: {tame}", f"expect: {tame}"]


def test_a_suite_tells_when_it_was_run_and_how_long_it_took():
    suite = parsed(every_kind()).find("testsuite")

    assert (suite.get("timestamp"), suite.get("time")) == (f"{WHEN:%Y-%m-%dT%H:%M:%S}", "4.200")
