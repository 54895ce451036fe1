import pytest

from rag.languages.english.negation import denies

TEXT = (
    "The minister did not attend the talks in Moscow, the ministry said. Mali has signed the "
    "agreement. Goita denied that he had met Putin."
)
POLICE = "Police admit that the new system is not as secure as other options."


@pytest.mark.parametrize(
    ("claim", "text", "denied"),
    [
        ("The minister attended the talks", TEXT, True),
        ("Mali has not signed the agreement", TEXT, True),
        ("Goita met Putin", TEXT, True),
        ("Mali rejected the agreement", TEXT, True),
        # The same denial in other words, or one of something else
        ("The minister didn’t attend the talks", TEXT, False),
        ("Mali signed the agreement", TEXT, False),
        ("Goita never met Putin", TEXT, False),
        ("Mali has signed the agreement, and not only that", TEXT, False),
        ("The ministry said so", TEXT, False),
        # A denial between words that both share in one order
        (POLICE.replace("not ", ""), POLICE, True),
        (POLICE.replace("new ", ""), POLICE, False),
        ("Gao never flooded despite the rain", "Gao flooded despite the rain", True),
        # Two denials, which are none, against one
        ("The army did not fail to reach Gao", "The army did not reach Gao", True),
        # The opposite of a word in its place; both words together are none
        ("Exports increased in May", "Exports decreased in May", True),
        ("Exports decreased in May", "Exports increased and decreased in May", False),
        # Three words of content are denied, and no more
        ("Gao reports floods", "No report of new floods in Gao came.", True),
        ("The town is dry", "No report of new floods came, and the town is dry.", False),
        # Itself
        (TEXT, TEXT, False),
        ("He did not. He did.", "He did not. He did.", False),
        ("", "", False),
    ],
)
def test_a_claim_denies_what_a_text_tells_or_tells_what_it_denies(claim, text, denied):
    """A denial reaches over the words that follow it."""
    assert denies(claim, text) is denied
