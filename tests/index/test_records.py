import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from fake_library import ANSWER, CAMARA, CLOSEST, CORPS, GOITA, REFUSAL, WAGNER
from rag.errors import IndexMismatch
from rag.index.records import (
    VERSION,
    Differing,
    Edition,
    Quoted,
    Record,
    Retrieved,
    Stated,
    Version,
    from_json,
    new_id,
    numbered,
    record,
    to_json,
    version_of,
)
from rag.reasons import Reason
from rag.types import Claim, Conflict, Outcome

WHEN = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
GOITA_THEN = Edition(
    id="goita.txt",
    url=None,
    title="Goïta in Moscow",
    outlet=None,
    published=None,
    content_hash="1",
)
CORPS_THEN = Edition(
    id="https://news.example/corps",
    url="https://news.example/corps",
    title="Africa Corps",
    outlet="Sahel Post",
    published=date(2025, 6, 24),
    content_hash="2",
)
TOLD = replace(
    ANSWER,
    model="small-chat",
    mode="chat",
    claims=(ANSWER.claims[0], replace(ANSWER.claims[1], part="Who left?")),
    evidence=(CLOSEST,),
    unanswered=("when?",),
    remarks=(Reason.LEFT_OUT(n=2), Reason.NOT_KEPT(error=Reason.LOCKED(home=".griot"))),
    usage={"prompt": 900, "completion": 40},
)
RECORD = Record(
    when=WHEN,
    question="who accompanied Goïta?",
    standalone_question="who accompanied Goïta?",
    outcome=Outcome.ANSWERED,
    claims=(
        Stated(text="General Sadio Camara accompanied Goïta.", support=0.9, marks=(1,)),
        Stated(text="Wagner has left.", support=0.5, marks=(2, 1), part="Who left?"),
    ),
    citations=(
        Quoted(edition=GOITA_THEN, start=21, end=60, quote=CAMARA.quote),
        Quoted(edition=CORPS_THEN, start=0, end=21, quote=WAGNER.quote),
    ),
    disagreements=(Differing(topic="Wagner", kind=Conflict.CONTRADICTORY, marks=(1, 2)),),
    unanswered=("when?",),
    confidence=0.87,
    mode="chat",
    model="small-chat",
    evidence=(
        Retrieved(
            edition=CORPS_THEN,
            start=22,
            end=41,
            score=0.25,
            lexical=0.5,
            similarity=0.125,
            coverage=0.75,
            found_by=("lexical", "dense"),
        ),
    ),
    remarks=(Reason.LEFT_OUT(n=2), Reason.NOT_KEPT(error=Reason.LOCKED(home=".griot"))),
    timings={"search": 12.0},
    usage={"prompt": 900, "completion": 40},
)


def test_a_record_keeps_what_was_answered_and_which_version_of_each_article_said_so():
    assert record(TOLD, WHEN) == RECORD


def test_a_record_comes_back_from_json():
    assert from_json(to_json(RECORD)) == RECORD


def test_a_time_is_kept_as_utc():
    bamako = WHEN.astimezone(timezone(timedelta(hours=2)))

    assert record(TOLD, bamako).when.isoformat() == "2025-07-01T09:30:00+00:00"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs its zone"):
        record(TOLD, WHEN.replace(tzinfo=None))


def test_a_refusal_keeps_the_passages_that_came_closest():
    refusal = record(REFUSAL, WHEN)

    assert (refusal.citations, refusal.evidence) == ((), RECORD.evidence)


def test_a_record_from_before_a_field_was_added_has_its_default():
    said = json.loads(to_json(RECORD))
    for name in ("model", "usage", "remarks"):
        del said[name]

    assert from_json(json.dumps(said)) == replace(RECORD, model=None, usage={}, remarks=())


def test_remarks_of_an_earlier_or_a_later_griot_are_kept_as_texts():
    said = json.loads(to_json(RECORD))
    later = {"kind": "MELTED", "values": {}, "text": "The model melted."}
    said |= {"remarks": ["Two sentences were left out.", later]}

    assert from_json(json.dumps(said)).remarks == (
        Reason.OTHER(text="Two sentences were left out."),
        Reason.OTHER(text="The model melted."),
    )


def test_a_field_that_is_not_known_is_passed_over():
    said = json.loads(to_json(RECORD)) | {"mood": "good"}

    assert from_json(json.dumps(said)) == RECORD


def test_a_record_in_a_newer_form_is_refused_with_the_remedy():
    said = json.loads(to_json(RECORD)) | {"version": VERSION + 1}

    with pytest.raises(IndexMismatch, match="recorded by a newer Griot; upgrade Griot"):
        from_json(json.dumps(said))


def test_each_article_is_named_once():
    assert RECORD.editions == (GOITA_THEN, CORPS_THEN)


@pytest.mark.parametrize(
    ("current", "version"),
    [("2", Version.CURRENT), ("3", Version.CHANGED), (None, Version.GONE)],
)
def test_an_article_is_as_it_was_or_changed_or_gone(current, version):
    assert version_of(CORPS_THEN, current) is version


def test_citations_are_numbered_by_their_first_mark_then_those_that_only_differ():
    camara_alone = (Claim(text=CAMARA.quote, citations=(CAMARA,), support=1.0),)

    assert numbered(replace(ANSWER, claims=camara_alone)) == {CAMARA: 1, WAGNER: 2}


def test_an_id_is_short_and_hard_to_misread():
    assert all(re.fullmatch("[2-9a-hjkmnp-z]{6}", new_id()) for _ in range(50))


def test_an_edition_is_the_article_but_for_its_text():
    kept = {quoted.edition for quoted in record(ANSWER, WHEN).citations}

    assert {one.content_hash for one in kept} == {GOITA.content_hash, CORPS.content_hash}
