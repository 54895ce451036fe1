import pytest

from rag.grounding.support import SUPPORTED, Pair, choose, is_supported

SENTENCES = (
    "The weather in Gao was dry.",
    "Sadio Camara met Andrei Belousov in Moscow on Monday.",
    "The two ministers signed a treaty on nuclear energy.",
    "Talks between the ministers went on for three hours.",
)
MET = SENTENCES[1:2]


@pytest.mark.parametrize(
    ("claim", "sentences", "chosen"),
    [
        ("Camara met Belousov in Moscow.", SENTENCES, (1,)),
        ("The ministers signed a treaty on energy after Camara met Belousov.", SENTENCES, (1, 2)),
        ("Elephants swim to Gao at night, look for green grass and wild fruit", SENTENCES, (0,)),
        (f"{SENTENCES[1]} He ate fish, fruit, beans, goat, rice, dry bread", SENTENCES, (1,)),
        # A name weighs more than another word
        ("Two ministers signed a treaty on nuclear energy in Gao", SENTENCES, (0, 2)),
        ("The two ministers signed a treaty on nuclear energy, on weather", SENTENCES, (2,)),
        ("Elephants swim.", SENTENCES, ()),
        ("Elephants swim.", (), ()),
        ("", SENTENCES, ()),
    ],
)
def test_as_few_sentences_are_chosen_as_hold_a_claim(claim, sentences, chosen):
    """One that holds all of it, or several together, in their order; none that shares no word."""
    assert choose(claim, sentences) == chosen


def test_at_most_three_sentences_are_chosen():
    """Though a fourth would add to them."""
    claim = "Dry weather, Camara and Belousov, a treaty on energy, talks for three hours"
    assert len(choose(claim, SENTENCES)) == 3


@pytest.mark.parametrize(
    ("claim", "probability", "known", "supported"),
    [
        ("Camara met Belousov in Moscow.", SUPPORTED, "", True),
        ("Camara met Belousov in Moscow.", SUPPORTED - 0.01, "", False),
        ("Camara met Putin in Moscow.", 1.0, "", False),
        ("Camara never met Belousov.", 1.0, "", False),
        ("General Camara met Belousov on 23 June 2025.", 1.0, "", False),
        ("General Camara met Belousov on 23 June 2025.", 1.0, "General Camara? 2025-06-24", True),
    ],
)
def test_a_likely_claim_without_a_fact_that_lacks_or_is_denied_is_borne_out(
    claim, probability, known, supported
):
    """A known fact, as one of the question, need not be cited."""
    assert is_supported(Pair(claim, MET), probability, known=known) is supported


def test_what_rests_on_nothing_is_not_borne_out():
    """As it tells a fact."""
    assert not is_supported(Pair("Camara met Belousov.", ()), 1.0)
