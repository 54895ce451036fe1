from dataclasses import replace

import pytest

from bot.questions.measures import Confusion, measured
from bot.questions.results import Attempt, QuestionResult
from question_runs import (
    ANSWERED,
    CORPS,
    DIFFERING,
    NOTHING,
    REFUSED,
    VISIT,
    every_kind,
    question,
    quoted,
    quoting,
    retrieved,
    run,
)
from rag.types import Outcome


def attempts(*records, **expected):
    """A question and an attempt for each record; None is an error."""
    made = (Attempt(given=record) if record else Attempt(error="down") for record in records)
    return QuestionResult(question=question("Who?", **expected), attempts=tuple(made))


def reading(*editions):
    """An answer for which these were read, best first."""
    return replace(ANSWERED, evidence=tuple(map(retrieved, editions)))


# What is counted


def test_a_run_of_nothing_comes_to_nothing():
    assert measured(run()) == NOTHING


def test_questions_are_counted_by_what_became_of_them():
    """Those that fall short are what gates: a known failure does not, nor what is often enough."""
    told = measured(every_kind())
    assert (told.questions, told.passed, told.failed, told.flaky, told.errors) == (9, 3, 3, 2, 1)
    assert (told.known, told.fixed, told.short) == (1, 1, 4)


def test_attempts_are_counted_by_what_was_to_become_of_them():
    """An answer in part is one; a question that asks for neither is in no count, nor in a rate."""
    partly = replace(ANSWERED, outcome=Outcome.PARTLY_ANSWERED)
    done = run(
        attempts(ANSWERED, partly, REFUSED, None, expect="x"),
        attempts(REFUSED, answerable=True),
        attempts(REFUSED, refuse=False),
        attempts(DIFFERING, disagree=True),
        attempts(ANSWERED, REFUSED, REFUSED, None, refuse=True),
        attempts(partly, answerable=False),
        attempts(ANSWERED, REFUSED, None, reject="x"),
    )
    told = measured(done)
    assert told.answerable == Confusion(answered=3, refused=3, errors=1)
    assert told.refusable == Confusion(answered=2, refused=2, errors=1)
    assert (told.false_refusals, told.false_answers) == (3 / 7, 2 / 5)
    told = measured(run(attempts(ANSWERED, reject="x")))
    assert (told.false_refusals, told.false_answers) == (None, None)


def test_an_error_is_neither_an_answer_nor_a_refusal_whatever_else_there_is():
    """As where the embedded reader answers because a chat model failed."""
    instead = QuestionResult(
        question=question("Who?", expect="x", cites=VISIT.id),
        attempts=(Attempt(given=ANSWERED, error="the chat model failed"),),
    )
    told = measured(run(instead))
    assert (told.answerable, told.errors, told.recall) == (
        Confusion(errors=1),
        1,
        {1: 0.0, 3: 0.0, 8: 0.0},
    )
    assert (told.mrr, told.citation_precision, told.citation_recall) == (0.0, None, 0.0)


# Retrieval


def test_recall_is_the_share_of_a_questions_articles_and_its_mean_is_over_questions():
    """Repeats of one question weigh no more than one attempt at another."""
    done = run(
        attempts(reading(CORPS, CORPS, CORPS, VISIT), cites=VISIT.id),
        attempts(reading(CORPS, VISIT), cites=[VISIT.id, CORPS.id]),
        attempts(reading(VISIT), reading(CORPS), None, None, cites=VISIT.id),
        attempts(reading(VISIT), expect="x"),
    )
    told = measured(done)
    third = pytest.approx
    assert told.recall == {
        1: third((0 + 1 / 2 + 1 / 4) / 3),
        3: third((0 + 1 + 1 / 4) / 3),
        8: third((1 + 1 + 1 / 4) / 3),
    }
    assert told.mrr == third((1 / 4 + 1 + 1 / 4) / 3)


# Citations


def test_citation_precision_is_over_all_quotes_and_recall_over_what_is_expected():
    """Of four quotes three hold something; of each question some of what is expected is quoted."""
    arrived = quoted(VISIT, "He landed in Moscow.")
    camara = quoted(VISIT, "General Sadio Camara accompanied him.")
    putin = quoted(VISIT, "They met Putin.")
    done = run(
        attempts(
            quoting(camara, arrived), expect=["Camara", ["Lavrov", "Putin"]], quote="accompanied"
        ),
        attempts(quoting(putin, camara), None, claims="Camara", expect="putin"),
        attempts(quoting(arrived), reject="x"),
    )
    told = measured(done)
    assert told.citation_precision == 3 / 4
    assert told.citation_recall == pytest.approx((2 / 3 + 1 / 2) / 2)


# What it took


def timed(*times):
    return [replace(ANSWERED, timings={"total": time}) for time in times]


def test_times_are_the_middle_and_the_slowest_of_all_attempts():
    done = run(attempts(*timed(30.0, 10.0), expect="x"), attempts(*timed(20.0, 40.0), refuse=True))
    twenty = run(attempts(*timed(*map(float, range(1, 21))), expect="x"))
    told = [measured(each) for each in (done, twenty, replace(done, replayed=True))]
    assert [(each.p50_ms, each.p95_ms) for each in told] == [
        (25.0, 40.0),
        (10.5, 19.0),
        (None, None),
    ]


def test_tokens_and_costs_are_added_up_where_a_server_tells_them():
    one = replace(ANSWERED, usage={"prompt_tokens": 900.0, "completion_tokens": 20.0, "cost": 0.25})
    other = replace(ANSWERED, usage={"prompt_tokens": 100.0, "completion_tokens": 5.0})
    told = measured(
        run(attempts(one, other, None, expect="x"), attempts(ANSWERED, one, refuse=True))
    )
    assert (told.tokens, told.cost) == ({"prompt_tokens": 1900, "completion_tokens": 45}, 0.5)
