import pytest

from rag.pages import html, markdown
from rag.text.passages import sentences
from rag.text.tables import readable, row_read
from rag.types import Span

MEDALS = (
    "Torvia won most.\n\n"
    "Country | Gold | Silver\n\n"
    "Torvia | 14 | 9\n\n"
    "Maroon Isles | | 2\n\n"
    "Rain fell | on all."
)
BARS = "| Country | Gold |\n|---|---|\n| Torvia | 14 |\n| Kessland | |\n"
HEAD = "<tr><th>Country</th><th>Gold</th></tr>"
ROWS = "<tr><td>Torvia</td><td>14</td></tr><tr><td>Kessland</td><td></td></tr>"
TOLD = "The Games closed on Sunday, and Torvia won most of the medals of the week."
PRICES = "| Adults | Children\nBus | 2 | 1\nTram | 3 | 2"


def lines(text):
    read = readable(text, sentences(text))
    return [read.text[start:end] for start, end in read.sentences]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (markdown, f"{TOLD}\n\n{BARS}"),
        (html, f"<article><p>{TOLD}</p><table>{HEAD}{ROWS}</table><p>{TOLD}</p></article>"),
    ],
)
def test_the_rows_of_a_page_are_read_with_their_header(kind, content):
    (page,) = kind.read(content.encode(), "games")
    assert lines(page.text)[1:4] == ["Country | Gold", "Torvia: Gold 14", "Kessland"]


def test_a_row_is_read_with_its_header():
    """An empty cell is left out, and a line with other bars is no row of the table."""
    assert lines(MEDALS) == [
        "Torvia won most.",
        "Country | Gold | Silver",
        "Torvia: Gold 14, Silver 9",
        "Maroon Isles: Silver 2",
        "Rain fell | on all.",
    ]
    assert lines(PRICES)[1:] == ["Bus: Adults 2, Children 1", "Tram: Adults 3, Children 2"]


def test_a_row_far_from_its_header_is_read_with_it():
    row = MEDALS.index("Torvia | 14")
    read = readable(MEDALS, [Span(row, row + len("Torvia | 14 | 9"))])
    assert read.text == "Torvia: Gold 14, Silver 9"


def test_what_is_read_is_known_by_its_place_in_the_article():
    read = readable(MEDALS, sentences(MEDALS))

    def origin(words):
        start = read.text.index(words)
        found = read.origin(Span(start, start + len(words)))
        return found and MEDALS[slice(*found)]

    assert origin("Gold 14") == "14"
    assert origin("14, Silver 9") == "14 | 9"
    assert origin("won most") == "won most"
    assert origin(": Gold") is None


def test_text_without_tables_is_read_as_it_stands():
    text = "One came.\n\nTwo | three left."
    read = readable(text, sentences(text))
    assert (read.text, read.sentences) == (text, sentences(text))


def test_a_row_alone_is_read_with_its_header_and_no_other_line_is():
    torvia, told = (
        Span(MEDALS.index(line), MEDALS.index(line) + len(line))
        for line in ("Torvia | 14 | 9", "Rain fell | on all.")
    )

    assert row_read(MEDALS, torvia) == "Torvia: Gold 14, Silver 9"
    assert row_read(MEDALS, told) is None
