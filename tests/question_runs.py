"""Runs of question sets: made by hand, and by really asking the articles of `corpus/`."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.questions.checks import CheckRules, examine
from bot.questions.format import CannedQuestion
from bot.questions.measures import Confusion, Measures
from bot.questions.results import Attempt, CheckResult, QuestionResult, SetRun
from rag.index.answers import as_kept
from rag.types import (
    Answer,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Edition,
    Evidence,
    Outcome,
    Passage,
)
from rag.understanding.conversation import Turn

WHEN = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)

VISIT_TEXT = (
    "He landed in Moscow.\n"
    "Assimi Goïta came for five days. General Sadio Camara accompanied him. They met Putin.\n"
    "The visit ends on Friday."
)
CORPS_TEXT = "Wagner has left Mali. Africa Corps stays."
VISIT = Edition(
    id="visit.txt",
    url=None,
    title="Goïta in Moscow",
    outlet=None,
    published=None,
    content_hash="1",
)
CORPS = Edition(
    id="https://news.example/corps",
    url="https://news.example/corps",
    title="Africa Corps",
    outlet="Sahel Post",
    published=date(2025, 6, 24),
    content_hash="2",
)
TEXTS = {VISIT: VISIT_TEXT, CORPS: CORPS_TEXT}


def quoted(edition, quote, text=None):
    start = (text or TEXTS[edition]).index(quote)
    return Citation(edition, start, start + len(quote), quote)


def retrieved(edition, *, score=1.0, start=0, end=None):
    end = len(TEXTS[edition]) if end is None else end
    return Evidence(
        passage=Passage(edition.id, start, end),
        article=edition,
        score=score,
        lexical=1.0,
        similarity=0.5,
        coverage=0.75,
        sentences=(),
        found_by=("lexical", "dense"),
    )


CAMARA = quoted(VISIT, "General Sadio Camara accompanied him.")
ANSWERED = Answer(
    when=WHEN,
    question="Who accompanied Goïta?",
    standalone_question="Who accompanied Goïta?",
    outcome=Outcome.ANSWERED,
    claims=(Claim(text="General Sadio Camara", support=0.9, citations=(CAMARA,)),),
    confidence=0.87,
    evidence=(retrieved(VISIT), retrieved(CORPS, score=0.25)),
    timings={"search": 9.0, "read": 71.0, "total": 80.0},
)
APART = (quoted(CORPS, "Wagner has left Mali."), quoted(VISIT, "They met Putin."))
DIFFERING = replace(
    ANSWERED,
    question="Is Wagner still in Mali?",
    standalone_question="Is Wagner still in Mali?",
    claims=(Claim(text="Wagner has left Mali.", support=0.5, citations=APART),),
    disagreements=(Disagreement(topic="Wagner", kind=Conflict.OUTDATED, citations=APART),),
)
REFUSED = Answer(
    when=WHEN,
    question="Who won?",
    standalone_question="Who won?",
    outcome=Outcome.NOT_IN_CORPUS,
    confidence=0.02,
    evidence=(retrieved(CORPS, score=0.1),),
    timings={"search": 5.0, "total": 60.0},
)

UNSURE = replace(REFUSED, outcome=Outcome.UNSURE, closest=APART, confidence=0.2)


def quoting(*citations, answer=ANSWERED):
    """An answer whose one claim rests on these."""
    claim = replace(ANSWERED.claims[0], citations=citations)
    return replace(answer, claims=(claim,), disagreements=())


NOTHING = Measures(
    questions=0,
    passed=0,
    failed=0,
    flaky=0,
    errors=0,
    known=0,
    fixed=0,
    short=0,
    answerable=Confusion(),
    refusable=Confusion(),
    recall=None,
    mrr=None,
    citation_precision=None,
    citation_recall=None,
    p50_ms=None,
    p95_ms=None,
)
"""The measures of a run without questions."""

HELD = CheckResult(name="expect", held=True, detail="says all of it")
FELL = CheckResult(name="expect", held=False, detail="lacks “Lavrov”")
SLOW = CheckResult(name="max_ms", held=False, detail="took 900 ms, at most 500", gates=False)
UNJUDGED = CheckResult(name="judge", held=None, detail="no chat model to ask", gates=False)


def question(ask, **expected):
    given = expected or {"expect": "Camara"}
    return CannedQuestion.model_validate({"id": ask.lower().replace(" ", "-"), "ask": ask} | given)


def passed(ask, answer=ANSWERED, **expected):
    return QuestionResult(
        question=question(ask, **expected), attempts=(Attempt(given=answer, checks=(HELD,)),)
    )


def failed(ask, answer=ANSWERED, **expected):
    return QuestionResult(
        question=question(ask, **expected), attempts=(Attempt(given=answer, checks=(FELL,)),)
    )


def flaky(ask, held, fell, **expected):
    good, bad = Attempt(given=ANSWERED, checks=(HELD,)), Attempt(given=REFUSED, checks=(FELL,))
    return QuestionResult(
        question=question(ask, **expected), attempts=(good,) * held + (bad,) * fell
    )


def erred(ask, error="the chat model did not answer", **expected):
    return QuestionResult(question=question(ask, **expected), attempts=(Attempt(error=error),))


def known(ask):
    return failed(ask, expect="Lavrov", known_failure="a pronoun")


def fixed(ask):
    return passed(ask, expect="Camara", known_failure="a pronoun")


def every_kind(**told):
    """A run with a question of every kind."""
    refusing, answering = (
        CheckResult(name="refuse", held=held, detail=detail)
        for held, detail in ((True, "refused"), (False, "answered “General Sadio Camara”"))
    )
    return run(
        passed("one"),
        failed("two"),
        flaky("three", 2, 1),
        flaky("four", 2, 1, expect="Camara", share=0.6),
        erred("five"),
        known("six"),
        fixed("seven"),
        replace(
            passed("eight", refuse=True),
            attempts=(Attempt(given=REFUSED, checks=(refusing,)),),
        ),
        replace(
            failed("nine", refuse=True),
            attempts=(Attempt(given=ANSWERED, checks=(answering,)),),
        ),
        **told,
    )


def run(*results, **told):
    given = {
        "set_path": "corpus/questions.yaml",
        "digest": "5e7",
        "griot": "0.1.0",
        "when": WHEN,
        "seconds": 4.2,
        "articles": 2,
    }
    return SetRun(results=results, **(given | told))


def asked(library, *questions):
    """Ask for real, and hold the answers to what is expected of them."""
    return tuple(_asked(library, question) for question in questions)


def _asked(library, one):
    history = []
    for turn in one.turns:
        answer = asyncio.run(library.ask(turn, history=history))
        history.append(Turn.of(answer))
    told = as_kept(answer)
    return QuestionResult(
        question=one, attempts=(Attempt(given=told, checks=examine(one, told, CheckRules())),)
    )
