from dataclasses import replace

import pytest

from fake_embedder import FakeEmbedder
from rag.languages import language
from rag.models.embedder import EmbeddedModel
from rag.understanding.conversation import Turn
from rag.understanding.followups import Followups, features, is_nameless, past, substituted
from rag.understanding.questions import meant, understand

PRICE = "How much is a tyre change for a Corva Model 3?"


def turn(question, *claims, quotes=()):
    return Turn(question, question, claims, quotes)


def ways(typed, before, *, languages=("en",)):
    question = understand(typed, [before], languages=languages)
    return Followups(FakeEmbedder()).ways(question, [before])


@pytest.mark.models
@pytest.mark.parametrize(
    ("before", "typed", "code", "alone"),
    [
        (
            "Who won the marathon in Oslo?",
            "What about the high jump?",
            "en",
            "Who won the high jump in Oslo?",
        ),
        (PRICE, "And for a Brixton Mini?", "en", "How much is a tyre change for a Brixton Mini?"),
        (
            "Qui a dirigé le musée de Gao en 2019 ?",
            "Et en 2023 ?",
            "fr",
            "Qui a dirigé le musée de Gao en 2023 ?",
        ),
        (
            "Сколько стоит билет для взрослых в музей?",
            "А для детей?",
            "ru",
            "Сколько стоит билет для детей в музей?",
        ),
    ],
)
def test_an_ellipsis_takes_the_place_of_what_it_varies(before, typed, code, alone):
    """In any language that goes on with a word that is known."""
    history = [turn(before)]
    question = understand(typed, history, languages=[code])
    assert Followups(EmbeddedModel()).ways(question, history)[0] == alone


def test_a_run_of_words_is_described():
    """By its cosine, its first word, its names, what it cuts, its length, and where it stands.

    None begins with the word that says what is asked for.
    """
    rows = features("Who won in Gao Town?", "in Mali", FakeEmbedder(), language("en"))
    assert {run: row[1:] for run, row in rows.items()} == {
        (2, 3): (1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
        (2, 4): (1.0, 1.0, 0.0, 0.25, 0.0, 1.0),
    }


def test_a_word_is_not_said_twice():
    """Where what is replaced stood behind the same word."""
    assert substituted("Was it for Gao?", (3, 3), "for Kidal?") == "Was it for Kidal?"


def test_adding_to_the_question_before_is_always_tried():
    """After, or before, the likeliest words that may be replaced."""
    tried = ways("And for a Brixton Mini?", turn(PRICE))
    assert len(tried) == 3
    assert f"{PRICE[:-1]}, for a Brixton Mini?" in tried


def test_a_pronoun_may_stand_for_what_the_answer_named():
    """If the answer is a few words; a name is tried first."""
    before = turn("Which country won most medals?", "Torvia")
    ways_to_ask = [
        "How many golds did it win? (Which country won most medals; Torvia)",
        "How many golds did it win? (Which country won most medals)",
    ]
    assert ways("How many golds did it win?", before) == ways_to_ask
    assert ways("How big was it?", turn("What did the ship carry?", "grain")) == [
        "How big was it? (What did the ship carry)",
        "How big was it? (What did the ship carry; grain)",
    ]
    long = turn("Which country won?", "Torvia won, in the end, by far most of the medals.")
    assert ways("How did it win?", long) == ["How did it win? (Which country won)"]


def test_what_names_nothing_may_be_about_what_was_quoted():
    """After a refusal it is not."""
    question, before = "What did the mayor say?", "Who rode on the tram in Varnsk?"
    assert ways(question, turn(before, "Ilse Brandt", quotes=("Ilse Brandt did.",))) == [
        question,
        f"{question} (Who rode on the tram in Varnsk)",
    ]
    assert ways(question, turn(before)) == [question]
    assert ways("What did Ilse Brandt say?", turn(before, quotes=("Yes.",))) == [
        "What did Ilse Brandt say?"
    ]


def test_a_follow_up_as_it_is_meant_names_its_own_period():
    """Not that of the question before."""
    before = turn("Who spoke in Tolmin in 2023?")
    question = understand("And in 2024?", [before])
    again = meant(question, "Who spoke in Tolmin in 2024?")
    assert (again.typed, again.depends_on_context, again.ellipsis) == (
        "And in 2024?",
        True,
        "in 2024?",
    )
    assert again.period is not None
    assert again.period.first.year == 2024


CAME = "Sadio Camara came from Mali; on the Russian side, Sergei Tsivilev attended."


@pytest.mark.models
@pytest.mark.parametrize(
    ("before", "typed", "code"),
    [
        ("Qui accompagnait le général ?", "Et du côté russe ?", "fr"),
        ("Кто сопровождал генерала?", "А с российской стороны?", "ru"),
        ("¿Quién acompañó al general?", "¿Y por parte rusa?", "es"),
        ("Wer begleitete den General?", "Und auf russischer Seite?", "de"),
        ("Quem acompanhou o general?", "E do lado russo?", "pt"),
        ("من رافق الجنرال؟", "ومن الجانب الروسي؟", "ar"),
    ],
)
def test_an_ellipsis_is_put_into_the_words_of_an_article_in_another_language(before, typed, code):
    question = understand(typed, [turn(before)], languages=[code])
    sentences = ["He spoke of energy.", CAME, "They met on Monday."]
    own = Followups(EmbeddedModel()).in_their_words(question, sentences)
    assert own.ellipsis == "on the Russian side"


@pytest.mark.models
def test_an_ellipsis_that_no_words_mean_stays():
    """So does one in the article's own language, whose words are compared with it as they are."""
    asked = [
        understand("Et du côté iranien ?", [turn("Qui était là ?")], languages=["fr"]),
        understand("And on the side of Russia?", [turn("Who came?")]),
    ]
    followups = Followups(EmbeddedModel())
    assert [followups.in_their_words(each, [CAME]) for each in asked] == asked


def test_what_answered_before_answers_no_more_nor_does_what_stands_beside_it():
    """In the sentence that has both that and the words of the ellipsis."""
    history = [turn("Who came?", "Camara", quotes=(CAME,))]
    question = understand("And on the Russian side?", history)
    own = past(replace(question, ellipsis="on the Russian side"), "Camara")
    assert own.answered == {"sadio", "camara", "came", "from", "mali"}


def test_german_nouns_are_no_names():
    before = turn("Wer gewann die Wahl?", "Ekdahl", quotes=("Ekdahl won.",))
    asked = ("Was versprach der neue Bürgermeister?", "Was versprach Ekdahl?")
    assert [is_nameless(understand(each, [before], languages=["de"])) for each in asked] == [
        True,
        False,
    ]
    then = understand("Und wie viele Stimmen bekam er?", [before], languages=["de"])
    assert then.text == "wie viele Stimmen bekam er? (Wer gewann die Wahl)"


def test_small_words_are_told_by_lists_and_else_by_their_length():
    """Where a phrase may begin, and does not end; a name or a number is none."""
    words = {
        "fr": ["pour", "mer", "Lyon"],
        "de": ["über", "Zoo", "2021"],
        "ru": ["с", "зоопарк", "в"],
        "ar": ["في", "المتحف"],
    }
    assert {code: [*map(language(code).is_small, each)] for code, each in words.items()} == {
        "fr": [True, False, False],
        "de": [True, False, False],
        "ru": [True, False, True],
        "ar": [True, False],
    }


def test_an_il_that_means_nobody_points_back_to_nothing():
    """What happened, and that there is something, is asked by itself."""
    before, carried = [turn("Qui dirige le Mali ?", "Goïta")], "Qui dirige le Mali"
    asked = {
        "Que s'est-il passé en 2022 ?": "",
        "Y a-t-il des élections ?": "",
        "Quand est-il arrivé ?": carried,
    }
    assert {each: understand(each, before, languages=["fr"]).carried for each in asked} == asked
