import random

from tools.multilingual.exchange import exchanged

MARKET = "The market of Kidal was opened in 1980. Camara paid 1200 francs for the largest stall."


def all_exchanged(question, context):
    chance = random.Random(1)
    return {exchanged(question, context, chance) for _ in range(300)}


def test_names_numbers_and_opposites_are_exchanged():
    """A question gets a name or a number of its paragraph, an opposite, or a not."""
    assert all_exchanged("What is the largest town near Gao?", "Kidal is larger than Mopti.") == {
        "What is the smallest town near Gao?",
        "What is the largest town near Mopti?",
        "What is not the largest town near Gao?",
    }
    assert "Who came in 1980?" in all_exchanged("Who came in 1972?", "It was in 1980, not 7.")


def test_nothing_to_exchange():
    """A question without a name, a number or a word that has an opposite stays unused."""
    assert all_exchanged("Why rain?", MARKET) == {None}
