from dataclasses import replace

from fake_library import ANSWER, CAMARA, COPIES, CORPS, REFUSAL, UNSURE, WAGNER
from rag.reasons import Reason
from rag.types import Claim, Conflict, Outcome
from rag.view import Note, Source, Statement, View, view

FIRST, SECOND = Source(1, CAMARA, stated=True), Source(2, WAGNER)


def test_an_answer_is_statements_and_notes_over_numbered_sources():
    assert view(ANSWER) == View(
        lead=None,
        statements=(
            Statement(text=CAMARA.quote, sources=(FIRST,), support=0.9, part=""),
            Statement(text="Wagner has left.", sources=(SECOND, FIRST), support=0.5, part=""),
        ),
        running=False,
        notes=(Note(Reason.CONTRADICTORY(topic="Wagner"), (FIRST, SECOND)),),
        sources=(FIRST, SECOND),
        remarks=(),
    )


def test_an_answer_in_part_leads_with_that_and_notes_what_is_missing():
    partly = replace(
        ANSWER,
        outcome=Outcome.PARTLY_ANSWERED,
        disagreements=(replace(ANSWER.disagreements[0], kind=Conflict.OUTDATED),),
        unanswered=("Who won?",),
        model="small-chat",
        remarks=(Reason.LEFT_OUT(n=1),),
    )
    shown = view(partly)

    assert (shown.lead, shown.running, shown.remarks) == (
        Reason.IN_PART(),
        True,
        (Reason.LEFT_OUT(n=1),),
    )
    assert shown.notes == (
        Note(Reason.PART_NOT_SAID(part="Who won?")),
        Note(Reason.OUTDATED(topic="Wagner"), (FIRST, SECOND)),
    )


def test_a_part_is_named_before_the_first_claim_that_answers_it():
    parts = ("Who?", "Who?", "Where?")
    claims = tuple(Claim(text="x", citations=(), support=0.0, part=part) for part in parts)

    assert [each.part for each in view(replace(ANSWER, claims=claims)).statements] == [
        "Who?",
        "",
        "Where?",
    ]


def test_an_unsure_answer_has_sources_and_states_nothing_and_a_refusal_has_its_lead_alone():
    bare = View(lead=None, statements=(), running=False, notes=(), sources=(), remarks=())

    assert view(UNSURE) == replace(
        bare, lead=Reason.UNSURE(), sources=(Source(1, WAGNER), Source(2, CAMARA))
    )
    assert view(REFUSAL) == replace(bare, lead=Reason.NOT_SAID())
    assert view(replace(REFUSAL, outcome=Outcome.FAILED)) == replace(bare, lead=Reason.FAILED())


def test_as_text_the_statements_are_one_paragraph_and_unsupported_ones_say_so():
    loose = Claim(text="Putin smiled.", citations=(), support=0.1, part="Who smiled?")

    assert view(replace(ANSWER, claims=(*ANSWER.claims, loose))).text == (
        "General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1] "
        "Who smiled? Putin smiled. (not supported by the articles)"
    )
    assert view(REFUSAL).text == ""


def test_the_sources_of_an_article_have_its_copies():
    (camara, wagner) = view(replace(ANSWER, also={CORPS.id: COPIES})).sources

    assert (camara, wagner) == (FIRST, replace(SECOND, also=COPIES))
    assert str(wagner.also_in) == "also in 4 others"


def test_a_source_that_only_a_disagreement_cites_is_numbered_last():
    assert view(replace(ANSWER, claims=ANSWER.claims[:1])).sources == (FIRST, SECOND)
