"""What is a change of an answer, and what only another wording of it."""

from dataclasses import replace

import pytest

from fake_judge import FakeJudge
from fake_library import CAMARA, CORPS, GOITA, WAGNER, cited
from rag.grounding.change import Change, Changes, Novelty, Said, says_again
from rag.types import Answer, Claim, Conflict, Disagreement, Outcome
from rag.understanding.questions import understand

WHO = "Who accompanied Goïta?"
COPY = replace(GOITA, id="copy.txt", content_hash="3")
AGAIN = cited(COPY, "General Sadio Camara accompanied Goïta.")
CORRECTED = cited(
    replace(GOITA, id="new.txt", text="General Abdoulaye Diop accompanied Goïta."),
    "General Abdoulaye Diop accompanied Goïta.",
)


def answer(*claims, disagreements=()):
    return Answer(
        question=WHO,
        standalone_question=WHO,
        outcome=Outcome.ANSWERED if claims else Outcome.NOT_IN_CORPUS,
        claims=claims,
        disagreements=disagreements,
    )


def claim(text, *citations):
    return Claim(text=text, citations=citations, support=0.9)


TOLD = answer(claim("Sadio Camara", CAMARA))
OTHER = claim("Wagner", WAGNER)


def between(told, now, *arrived, earlier=(), supported=()):
    return Changes(FakeJudge(*supported)).between(told, now, {*arrived}, earlier=earlier)


def test_another_answer_of_a_new_article_is_a_change():
    assert between(TOLD, answer(OTHER), CORPS.id) == Change(Novelty.OTHER, (OTHER,))


def test_an_answer_where_there_was_none_is_a_change():
    assert between(answer(), answer(OTHER), CORPS.id) == Change(Novelty.FIRST, (OTHER,))


def test_an_answer_that_articles_now_dispute_is_a_change():
    sides = Disagreement(topic="x", citations=(CAMARA, WAGNER), kind=Conflict.CONTRADICTORY)
    now = answer(*TOLD.claims, OTHER, disagreements=(sides,))
    assert between(TOLD, now, CORPS.id) == Change(Novelty.DISPUTED, (OTHER,))


def test_what_another_article_than_a_new_one_says_is_none():
    assert between(TOLD, answer(OTHER), GOITA.id) is None


def test_the_same_in_other_words_is_none():
    """Where the judge finds that a sentence bears the other answer out."""
    assert between(TOLD, answer(OTHER), CORPS.id, supported=["Wagner"]) is None


def test_a_repost_is_none_and_no_answer_any_more_is_none():
    assert between(TOLD, answer(claim("Camara", AGAIN)), COPY.id) is None
    assert between(TOLD, answer(), CORPS.id) is None


def test_a_sentence_that_was_told_earlier_is_none():
    assert between(TOLD, answer(OTHER), CORPS.id, earlier=[WAGNER.quote]) is None


def test_a_corrected_copy_is_a_change_once():
    """It contradicts the answer without being one."""
    sides = Disagreement(topic="x", citations=(CAMARA, CORRECTED), kind=Conflict.OUTDATED)
    now = answer(*TOLD.claims, disagreements=(sides,))
    found = between(TOLD, now, "new.txt")
    assert found is not None
    assert (found.novelty, [each.text for each in found.claims]) == (
        Novelty.DISPUTED,
        [CORRECTED.quote],
    )
    assert between(now, now, "new.txt") is None


@pytest.mark.parametrize(
    ("question", "told", "new", "expected"),
    [
        (
            "Who leads Nerev?",
            ("Karim Selde", "Karim Selde leads Nerev."),
            ("Selde", "Selde leads Nerev now."),
            True,
        ),
        (
            "How many died?",
            ("40", "At least 40 people died."),
            ("forty", "It cost forty lives."),
            True,
        ),
        ("How many died?", ("40", "40 people died."), ("43", "43 people died."), False),
        (
            "Combien coûte le billet ?",
            ("12 euros", "Le billet de train coûte 12 euros."),
            ("douze euros", "Il faut payer douze euros pour le billet de train."),
            True,
        ),
        (
            "¿Cuántos heridos hubo?",
            ("23 heridos", "El incendio dejó 23 heridos en la ciudad."),
            ("veinticuatro", "Resultaron heridas veinticuatro personas en el incendio."),
            False,
        ),
        (
            "When does it open?",
            ("in May", "It opens in May."),
            ("June", "It opens in June."),
            False,
        ),
        (
            "Who won?",
            ("Mira Stahl", "Mira Stahl won."),
            ("Мира Шталь", "Гонку выиграла Мира Шталь."),
            True,
        ),
        ("Who won?", ("Mira Stahl", "Mira Stahl won."), ("Ева Линд", "Победила Ева Линд."), None),
        (
            "Is it open?",
            ("It is open.", "It is open."),
            ("It has reopened.", "It has reopened."),
            None,
        ),
        ("Why?", ("a strike", "It closed after a strike."), ("a leak", "It closed: a leak."), None),
    ],
)
def test_rules_come_before_the_judge(question, told, new, expected):
    assert says_again(understand(question), Said(*told), Said(*new)) is expected


@pytest.mark.parametrize(
    ("told", "new", "sentence", "expected"),
    [
        ("à Brenne", "à l’étranger", "Le siège n’est plus à Brenne mais à l’étranger.", False),
        ("in Selmen", "im Ausland", "Das Werk steht nicht in Selmen, sondern im Ausland.", False),
        ("in Selmen", "auf dem Land", "Das Werk steht auf dem Land statt in Selmen.", False),
        ("in Kelm", "abroad", "The plant is no longer in Kelm but abroad.", False),
        # One phrase, one word, and what the sentence does not name
        ("à Brenne", "rue Haute", "Le siège est à Brenne, rue Haute.", True),
        ("in Kelm", "near the port of Kelm", "It is near the port of Kelm, not in Orda.", True),
        ("in Kelm", "abroad", "The plant is abroad.", True),
    ],
)
def test_an_answer_beside_another_is_not_borne_out(told, new, sentence, *, expected):
    """A sentence with a new answer in the place of the told one, whatever the judge says of it."""
    question = understand("Where is it?")
    before = Said(told, f"It is {told}, they said.")
    found = Changes(FakeJudge(told)).repeated(question, [before], Said(new, sentence))
    assert found is expected
