import pytest

from rag.languages.numerals import in_digits


@pytest.mark.parametrize(
    ("code", "words", "digits"),
    [
        ("fr", "Dix-sept blessés, un pont neuf", "17 blessés, un pont neuf"),
        ("es", "veintitrés personas", "23 personas"),
        ("de", "zwölf Häuser", "12 Häuser"),
        ("ru", "пятеро из двадцать", "5 из 20"),
        ("xx", "douze", "douze"),
    ],
)
def test_number_words_become_digits(code: str, words: str, digits: str) -> None:
    """Small numbers in words, but for words that are others as well; other text stays."""
    assert in_digits(words, code) == digits
