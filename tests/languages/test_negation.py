import pytest

from rag.languages.english.negation import denies

TEXT = (
    "The minister did not attend the talks in Moscow, the ministry said. Mali has signed the "
    "agreement. Goita denied that he had met Putin."
)


@pytest.mark.parametrize(
    "claim",
    [
        "The minister attended the talks",
        "Mali has not signed the agreement",
        "Mali never signed the agreement",
        "Goita met Putin",
        "Mali rejected the agreement",
    ],
)
def test_denied(claim):
    """A claim that denies what is told, or tells what is denied, does not agree."""
    assert denies(claim, TEXT)


@pytest.mark.parametrize(
    "claim",
    [
        "The minister did not attend",
        "The minister didn’t attend the talks",
        "Mali signed the agreement",
        "Goita never met Putin",
        "Mali has signed the agreement, and not only that",
        "The ministry said so",
    ],
)
def test_agreed(claim):
    """A denial elsewhere in the text, or the same one in other words, does not count."""
    assert not denies(claim, TEXT)


def test_aligned():
    """A denial between words that both share in one order is seen wherever it stands."""
    text = "Police admit that the new system is not as secure as other options."
    assert denies("Police admit the new system is as secure as other options.", text)
    assert not denies("Police admit the system is not as secure as other options.", text)


def test_opposites():
    """The opposite of a word in its place is a denial; both words together are none."""
    assert denies("Exports increased in May", "Exports decreased in May")
    assert not denies("Exports decreased in May", "Exports increased and decreased in May")


@pytest.mark.parametrize("text", ["", "Not.", "He did not. He did.", TEXT])
def test_itself(text):
    """No text denies itself."""
    assert not denies(text, text)
