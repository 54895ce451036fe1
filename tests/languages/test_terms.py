import pytest

from rag.languages import language
from rag.languages.terms import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Goïta GOITA goita’s", ["goita", "goita", "goita"]),
        ("The U.S. Army’s U.N. envoys", ["the", "us", "armi", "un", "envoy"]),
        ("accompanied accompanying", ["accompani", "accompani"]),
        ("马里 2025", ["马", "里", "2025"]),
        ("باماكو", ["باماكو"]),
        ("—", []),
        ("x" * 100, []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    """Words become comparable: folded, stemmed, initials joined, CJK by the character."""
    assert terms(text) == expected


def test_content_terms() -> None:
    """A question's content terms keep their order; a question of nothing else keeps it all."""
    assert language("en").content("Who accompanied Goïta, and who met him?") == [
        "accompani",
        "goita",
        "met",
    ]
    assert language("en").content("who is who?") == ["who", "is", "who"]
