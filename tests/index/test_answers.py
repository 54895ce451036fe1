import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fake_library import ANSWER, CAMARA, CLOSEST, COPIES, CORPS, GOITA, WAGNER
from rag.errors import IndexMismatch
from rag.index.answers import VERSION, Version, as_kept, from_json, new_id, to_json, version_of
from rag.reasons import Reason
from rag.types import Article, Claim, Conflict, Disagreement, Edition

WHEN = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
TOLD = replace(
    ANSWER,
    id="7k3fq2",
    when=WHEN,
    model="small-chat",
    mode="chat",
    claims=(ANSWER.claims[0], replace(ANSWER.claims[1], part="Who left?")),
    evidence=(CLOSEST,),
    unanswered=("when?",),
    closest=(WAGNER,),
    also={CORPS.id: COPIES[:2]},
    left_out=(Claim(text="No.", citations=(), support=0.2, reason=Reason.OFF_TOPIC()),),
    remarks=(Reason.LEFT_OUT(n=2), Reason.NOT_KEPT(error=Reason.LOCKED(home=".griot"))),
    usage={"prompt": 900, "completion": 40},
)


def edition(article: Article) -> Edition:
    return Edition(
        id=article.id,
        url=article.url,
        title=article.title,
        outlet=article.outlet,
        published=article.published,
        content_hash=article.content_hash,
    )


CAMARA_THEN = replace(CAMARA, article=edition(GOITA))
WAGNER_THEN = replace(WAGNER, article=edition(CORPS))
KEPT = replace(
    TOLD,
    claims=(
        Claim(text=CAMARA.quote, citations=(CAMARA_THEN,), support=0.9),
        Claim(
            text="Wagner has left.",
            citations=(WAGNER_THEN, CAMARA_THEN),
            support=0.5,
            part="Who left?",
        ),
    ),
    disagreements=(
        Disagreement(
            topic="Wagner", citations=(CAMARA_THEN, WAGNER_THEN), kind=Conflict.CONTRADICTORY
        ),
    ),
    closest=(WAGNER_THEN,),
    also={CORPS.id: tuple(map(edition, COPIES[:2]))},
    evidence=(replace(CLOSEST, article=edition(CORPS)),),
)


def test_an_answer_is_kept_with_the_editions_of_its_articles_and_without_their_texts():
    assert as_kept(TOLD) == KEPT
    assert "They met Putin" not in to_json(TOLD)


def test_what_is_kept_comes_back_from_json():
    assert from_json(to_json(KEPT)) == KEPT


def test_an_answer_of_an_earlier_version_is_read_and_its_new_fields_have_their_defaults():
    written = json.loads(to_json(KEPT)) | {"remarks": ["The model was slow."]}
    for name in ("closest", "listed", "mode", "model_failed", "said"):
        del written[name]
    del written["claims"][1]["part"]

    assert from_json(json.dumps(written)) == replace(
        KEPT,
        claims=(KEPT.claims[0], replace(KEPT.claims[1], part="")),
        closest=(),
        mode="reader",
        remarks=(Reason.OTHER(text="The model was slow."),),
    )


def test_a_remark_and_a_field_of_a_later_version_are_passed_over():
    later = {"kind": "MELTED", "values": {}, "text": "The model melted."}
    written = json.loads(to_json(KEPT)) | {"mood": "good", "remarks": [later]}

    assert from_json(json.dumps(written)) == replace(
        KEPT, remarks=(Reason.OTHER(text="The model melted."),)
    )


def test_an_answer_in_a_newer_form_is_refused_with_the_remedy():
    written = json.loads(to_json(KEPT)) | {"version": VERSION + 1}

    with pytest.raises(IndexMismatch, match="recorded by a newer Griot; upgrade Griot"):
        from_json(json.dumps(written))


def test_a_time_is_kept_as_utc():
    bamako = WHEN.astimezone(timezone(timedelta(hours=2)))

    assert as_kept(replace(TOLD, when=bamako)).when.isoformat() == "2025-07-01T09:30:00+00:00"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs its zone"):
        to_json(replace(TOLD, when=WHEN.replace(tzinfo=None)))


def test_each_article_is_named_once():
    assert KEPT.articles == (edition(GOITA), edition(CORPS))


@pytest.mark.parametrize(
    ("current", "version"),
    [("2", Version.CURRENT), ("3", Version.CHANGED), (None, Version.GONE)],
)
def test_an_article_is_as_it_was_or_changed_or_gone(current, version):
    assert version_of(edition(CORPS), current) is version


def test_citations_are_numbered_by_their_first_mark_then_those_that_only_differ():
    camara_alone = (Claim(text=CAMARA.quote, citations=(CAMARA,), support=1.0),)

    assert replace(ANSWER, claims=camara_alone).marks == {CAMARA: 1, WAGNER: 2}


def test_an_id_is_short_and_hard_to_misread():
    assert all(re.fullmatch("[2-9a-hjkmnp-z]{6}", new_id()) for _ in range(50))
