from dataclasses import replace

import pytest

from bot import console
from bot.console import LISTED
from bot.questions.comparison import compare
from bot.questions.format import CannedQuestion
from bot.questions.reports.table import comparison_lines, run_lines
from bot.questions.results import Attempt
from question_runs import (
    ANSWERED,
    HELD,
    SLOW,
    UNJUDGED,
    erred,
    every_kind,
    failed,
    passed,
    run,
)


def text(lines):
    return console.plain(lines)


def test_a_run_is_what_there_is_to_tell_then_what_it_comes_to_then_whether_it_holds():
    assert text(run_lines(every_kind())) == (
        "corpus/questions.yaml\n"
        "2 articles · embedded reader · Griot 0.1.0 · 2025-07-01 09:30 UTC\n"
        "\n"
        "failed          two\n"
        "                two\n"
        "                expect: lacks “Lavrov”\n"
        "                answer: General Sadio Camara [1]\n"
        "flaky (2 of 3)  three\n"
        "                three\n"
        "                expect: lacks “Lavrov” (1 of 3)\n"
        "                answer: The articles do not say.\n"
        "flaky (2 of 3)  four\n"
        "                four\n"
        "                expect: lacks “Lavrov” (1 of 3)\n"
        "                answer: The articles do not say.\n"
        "                often enough: 60% must pass\n"
        "error           five\n"
        "                five\n"
        "                error: the chat model did not answer\n"
        "known failure   six\n"
        "                six\n"
        "                expect: lacks “Lavrov”\n"
        "                answer: General Sadio Camara [1]\n"
        "                known: a pronoun\n"
        "fixed           seven\n"
        "                seven\n"
        "                passes now; remove `known_failure: a pronoun` from the set\n"
        "failed          nine\n"
        "                nine\n"
        "                refuse: answered “General Sadio Camara”\n"
        "\n"
        "questions   9: 3 passed, 3 failed, 2 flaky, 1 error; "
        "among them 1 known failure, 1 fixed\n"
        "answerable  11: 8 answered, 2 false refusals (18.2%), 1 error\n"
        "to refuse   2: 1 refused, 1 false answer (50.0%)\n"
        "citations   citation precision 87.5% · citation recall 61.9%\n"
        "times       p50 80 ms · p95 80 ms\n"
        "repeats     0 to 2 of 2 questions passed in each of 3 rounds\n"
        "took        4.2 s\n"
        "\n"
        "Not passed: 2 failed, 1 flaky, 1 error of 9 questions.\n"
    )


@pytest.mark.parametrize(
    ("results", "conclusion"),
    [
        ([], "Nothing was asked."),
        ([passed("one"), passed("two")], "Passed: 2 questions."),
        ([erred("one"), erred("two")], "Could not run: no question had an answer."),
    ],
)
def test_the_last_line_says_what_a_run_comes_to(results, conclusion):
    assert text(run_lines(run(*results, whole=False))).splitlines()[-1] == conclusion


def test_of_very_many_questions_the_rest_is_counted():
    done = run(*(failed(f"q{number}") for number in range(102)))

    shown = [line.text for line in run_lines(done)]
    assert sum(line.startswith("failed ") for line in shown) == 100
    assert "and 2 more questions; --report FILE.html shows them all" in shown


def test_numbers_that_nothing_tells_are_left_out():
    """A replay has no times; refusals have no citations; a set without `cites` no recall."""
    talk = CannedQuestion(id="talk", conversation=("Who?", "And then?"), max_claims=3).at(12)
    slow = replace(
        passed("one"), question=talk, attempts=(Attempt(given=ANSWERED, checks=(SLOW,)),)
    )
    done = run(slow, replayed=True, whole=False)

    assert text(run_lines(done)) == (
        "corpus/questions.yaml\n"
        "part of the set · 2 articles · embedded reader · replayed · Griot 0.1.0 · "
        "2025-07-01 09:30 UTC\n"
        "\n"
        "passed  talk\n"
        "        Who? → And then?  corpus/questions.yaml:12\n"
        "        max_ms: took 900 ms, at most 500 (advisory)\n"
        "\n"
        "questions   1: 1 passed\n"
        "advisory    max_ms failed in 1 of 1\n"
        "\n"
        "Passed: 1 question.\n"
    )


def test_a_rubric_that_nobody_could_judge_is_only_counted():
    unjudged = replace(passed("one"), attempts=(Attempt(given=ANSWERED, checks=(HELD, UNJUDGED)),))

    told = text(run_lines(run(unjudged, unjudged)))

    assert (UNJUDGED.detail in told, "judge could not be checked in 2 of 2\n" in told) == (
        False,
        True,
    )


def test_a_long_name_keeps_its_end_above_its_column_and_long_lists_are_cut():
    names = [f"q{number}" for number in range(LISTED + 2)]
    one, other = run(*map(failed, names)), run(*map(passed, names))

    told = text(comparison_lines(compare(one, other), ("a", "results-of-a-night-in-july")))

    assert "  …-of-a-night-in-july\n" in told
    assert "Gained (22)\n  q0  failed → passed\n" in told
    assert "  q19  failed → passed\n  and 2 more\n" in told
    assert "22 gained, 0 lost: better (McNemar's exact test, p < 0.001).\n" in told
