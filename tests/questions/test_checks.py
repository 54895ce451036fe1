from dataclasses import replace

import pytest

from bot.questions.checks import CheckRules, examine
from question_runs import (
    ANSWERED,
    CORPS,
    DIFFERING,
    REFUSED,
    TEXTS,
    UNSURE,
    VISIT,
    question,
    quoted,
    quoting,
)
from rag.reasons import Reason
from rag.types import Outcome

(CLAIM,) = ANSWERED.claims
PARTLY = replace(ANSWERED, outcome=Outcome.PARTLY_ANSWERED, unanswered=("who else?",))
FAILED = replace(REFUSED, outcome=Outcome.FAILED)
FRENCH = replace(
    ANSWERED,
    mode="model",
    claims=(replace(CLAIM, text="Le général a accompagné le président à Moscou lundi."),),
)
NAMED = replace(ANSWERED, claims=(replace(CLAIM, text="Sadio Camara"),))
"""A name is of no language, though it is likelier Spanish."""

LONG = replace(ANSWERED, claims=(replace(CLAIM, text="a long " * 40),))

DOUBLED = replace(ANSWERED, claims=ANSWERED.claims * 2)

REPLY = replace(REFUSED, outcome=Outcome.REPLY, said=(Reason.HELLO(),))

RULES = CheckRules()


def told(answer, rules=RULES, **expected):
    """The name of each check, whether it held, and the detail."""
    checks = examine(question("Who accompanied Goïta?", **expected), answer, rules)
    return [(check.name, check.held, check.detail) for check in checks]


@pytest.mark.parametrize(
    ("expected", "answer", "check"),
    [
        # What stands in the answer or its quotes.
        ({"expect": "Camara General"}, ANSWERED, ("expect", False, "lacks “Camara General”")),
        ({"expect": "CÁMARA"}, ANSWERED, ("expect", True, "says all of it")),
        ({"expect": "accompanied him"}, ANSWERED, ("expect", True, "says all of it")),
        ({"expect": "Cam"}, ANSWERED, ("expect", False, "lacks “Cam”")),
        ({"expect": ["Camara", "Lavrov"]}, ANSWERED, ("expect", False, "lacks “Lavrov”")),
        ({"expect": [["Lavrov", "Camara"]]}, ANSWERED, ("expect", True, "says all of it")),
        (
            {"expect": [["Lavrov", "Putin"], "Diop"]},
            ANSWERED,
            ("expect", False, "lacks “Lavrov” or “Putin”, “Diop”"),
        ),
        ({"expect": "Camara"}, REFUSED, ("expect", False, "lacks “Camara”")),
        # In the answer itself.
        ({"claims": "general sadio camara"}, ANSWERED, ("claims", True, "says all of it")),
        ({"claims": "accompanied"}, ANSWERED, ("claims", False, "lacks “accompanied”")),
        # Nowhere.
        ({"reject": "Putin"}, ANSWERED, ("reject", True, "says none of it")),
        (
            {"reject": ["Putin", "Camara", "accompanied"]},
            ANSWERED,
            ("reject", False, "says “Camara”, “accompanied”"),
        ),
        # By a pattern, as it stands.
        ({"matches": r"Sadio\s+C\w+a"}, ANSWERED, ("matches", True, "matches")),
        (
            {"matches": ["General", "camara"]},
            ANSWERED,
            ("matches", False, "nothing matches “camara”"),
        ),
        # In a quote.
        ({"quote": "Accompanied"}, ANSWERED, ("quote", True, "is quoted")),
        ({"quote": ["Sadio", "Putin"]}, ANSWERED, ("quote", False, "no quote has “Putin”")),
        ({"quote": "Camara"}, REFUSED, ("quote", False, "no quote has “Camara”")),
        # Articles.
        ({"cites": VISIT.id}, ANSWERED, ("cites", True, "cites them")),
        ({"cites": [VISIT.id, CORPS.id]}, DIFFERING, ("cites", True, "cites them")),
        (
            {"cites": [VISIT.id, CORPS.id]},
            ANSWERED,
            ("cites", False, f"does not cite “{CORPS.id}” (cited: {VISIT.id})"),
        ),
        ({"retrieves": [VISIT.id, CORPS.id]}, ANSWERED, ("retrieves", True, "reads them")),
        (
            {"retrieves": {VISIT.id: 1, CORPS.id: 1}},
            ANSWERED,
            ("retrieves", False, f"does not read “{CORPS.id} within the first 1”"),
        ),
        ({"retrieves": CORPS.id}, REFUSED, ("retrieves", True, "reads them")),
        # Whether it is an answer.
        ({"refuse": True}, REFUSED, ("refuse", True, "refused")),
        ({"refuse": True}, ANSWERED, ("refuse", False, "answered “General Sadio Camara”")),
        ({"refuse": True}, PARTLY, ("refuse", False, "answered “General Sadio Camara”")),
        ({"refuse": False}, REFUSED, ("refuse", False, "refused")),
        ({"refuse": True}, LONG, ("refuse", False, f"answered “{'a long ' * 22}a…”")),
        ({"answerable": True}, PARTLY, ("answerable", True, "answered “General Sadio Camara”")),
        ({"answerable": False}, REFUSED, ("answerable", True, "refused")),
        ({"answerable": True}, FAILED, ("answerable", False, "refused")),
        ({"refuse": True}, UNSURE, ("refuse", True, "unsure, with “Wagner has left Mali.”")),
        ({"unsure": True}, UNSURE, ("unsure", True, "unsure, with “Wagner has left Mali.”")),
        ({"unsure": True}, REFUSED, ("unsure", False, "refused")),
        ({"reply": True}, REPLY, ("reply", True, "answered “Hello.”")),
        ({"reply": False}, REFUSED, ("reply", True, "refused")),
        ({"expect": "hello"}, REPLY, ("expect", True, "says all of it")),
        ({"unsure": False}, ANSWERED, ("unsure", True, "answered “General Sadio Camara”")),
        ({"quote": "left Mali"}, UNSURE, ("quote", False, "no quote has “left Mali”")),
        ({"expect": "left Mali"}, UNSURE, ("expect", False, "lacks “left Mali”")),
        ({"reject": "left Mali"}, UNSURE, ("reject", False, "says “left Mali”")),
        # Whether articles differ.
        ({"disagree": True}, DIFFERING, ("disagree", True, "the articles differ on Wagner")),
        ({"disagree": False}, DIFFERING, ("disagree", False, "the articles differ on Wagner")),
        ({"disagree": True}, ANSWERED, ("disagree", False, "no disagreement is shown")),
        ({"disagree": False}, ANSWERED, ("disagree", True, "no disagreement is shown")),
        # Its form.
        ({"max_claims": 1}, REFUSED, ("max_claims", True, "has 0 claims, at most 1")),
        ({"max_claims": 1}, DOUBLED, ("max_claims", False, "has 2 claims, at most 1")),
        ({"mode": "reader"}, ANSWERED, ("mode", True, "written by the reader")),
        ({"mode": "reader"}, FRENCH, ("mode", False, "written by the model")),
        ({"language": "fr"}, FRENCH, ("language", True, "written in fr")),
        ({"language": "en"}, FRENCH, ("language", False, "written in fr")),
        ({"language": "en"}, NAMED, ("language", True, "written in en")),
        ({"language": "fr"}, REFUSED, ("language", False, "nothing is written")),
        ({"language": "fr", "refuse": True}, REFUSED, ("refuse", True, "refused")),
        # Its time.
        ({"max_ms": 80}, ANSWERED, ("max_ms", True, "took 80 ms, at most 80")),
        ({"max_ms": 79.5}, ANSWERED, ("max_ms", False, "took 80 ms, at most 80")),
    ],
)
def test_an_answer_is_held_to_what_is_expected(expected, answer, check):
    """Each check says what was found, or is missing."""
    assert told(answer, **expected) == [check]


def test_every_check_is_made_of_one_answer():
    """In the order in which they are told."""
    everything = {
        "refuse": False,
        "answerable": True,
        "disagree": False,
        "expect": "Camara",
        "claims": "Camara",
        "reject": "Lavrov",
        "matches": "Camara",
        "quote": "Camara",
        "cites": VISIT.id,
        "retrieves": VISIT.id,
        "max_claims": 3,
        "mode": "reader",
        "language": "en",
        "max_ms": 100,
    }
    claim = replace(CLAIM, text="The general who came with the president was Camara.")
    checks = told(replace(ANSWERED, claims=(claim,)), CheckRules(texts=TEXTS.get), **everything)
    *names, took = everything
    assert [name for name, held, _ in checks if held] == [*names, "grounded", took]


@pytest.mark.parametrize(
    ("rules", "gates"), [({}, [False]), ({"gate_times": True}, [True]), ({"timed": False}, [])]
)
def test_times_gate_only_where_that_is_asked_for_and_never_in_a_replay(rules, gates):
    checks = examine(question("Who?", max_ms=79), ANSWERED, CheckRules(**rules))
    assert [(check.name, check.held, check.gates) for check in checks] == [
        ("max_ms", False, each) for each in gates
    ]


# Quotes are looked up


@pytest.mark.parametrize(
    ("answer", "held", "detail"),
    [
        (ANSWERED, True, "every quote is in its article"),
        (DIFFERING, True, "every quote is in its article"),
        (REFUSED, True, "a refusal cites nothing"),
        (
            quoting(*ANSWERED.citations, answer=REFUSED),
            False,
            "a refusal cites something",
        ),
        (
            quoting(replace(ANSWERED.citations[0], quote="He fled.")),
            False,
            "no article says “He fled.”",
        ),
        (
            quoting(replace(ANSWERED.citations[0], article=replace(VISIT, content_hash="9"))),
            False,
            "no article says “General Sadio Camara accompanied him.”",
        ),
        (
            quoting(quoted(VISIT, "They met Putin."), quoted(CORPS, "Africa", "Africa Co")),
            False,
            "no article says “Africa”",
        ),
    ],
)
def test_every_quote_is_looked_up_in_its_article(answer, held, detail):
    (check,) = examine(question("Who?", judge="x"), answer, CheckRules(texts=TEXTS.get))
    assert (check.name, check.held, check.detail, check.gates) == ("grounded", held, detail, True)
