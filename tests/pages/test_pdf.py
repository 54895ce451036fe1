from io import BytesIO

import pytest
from pypdf import PdfWriter

from printed import column, pdf
from rag.errors import SourceError
from rag.pages import pdf as reader
from rag.pages.extract import extract
from rag.pages.formats import recognised
from rag.reasons import Reason
from rag.types import RawPage, Skipped

LEFT = column(
    50,
    700,
    "The council voted on Tuesday to reopen the",
    "fish market that burned down in April. A repre-",
    "sentative of the twenty-two traders said that they",
    "would come back.",
)
RIGHT = column(
    310,
    700,
    "   The mayor promised to rebuild the old hall, and",
    "the traders, who have been selling from the road-",
    "side since, want it to be done before the winter,",
)
OVERLEAF = column(
    50,
    700,
    "when the roads are bad. Nobody knows yet what it",
    "will cost.",
)
HEADLINE = (50, 760, 22, "Fish market to open again")


def running(number: int) -> list[tuple[float, float, float, str]]:
    return [(50, 810, 9, f"The Courier, page {number}"), (300, 30, 9, str(number))]


PRINTED = pdf(
    [*running(1), HEADLINE, *LEFT, *RIGHT],
    [*running(2), *OVERLEAF],
    [*running(3)],
)
TEXT = (
    "The council voted on Tuesday to reopen the fish market that burned down in April. A "
    "representative of the twenty-two traders said that they would come back.\n\n"
    "The mayor promised to rebuild the old hall, and the traders, who have been selling from the "
    "roadside since, want it to be done before the winter, when the roads are bad. Nobody knows "
    "yet what it will cost."
)


def read(content: bytes) -> list[RawPage | Skipped]:
    return list(reader.read(content, "a.pdf"))


def test_columns_become_paragraphs_and_pages_are_kept() -> None:
    """Columns are read one after another and over pages, without running heads and hyphens."""
    (page,) = read(PRINTED)
    found = extract(page)
    assert (found.title, found.text) == ("Fish market to open again", TEXT)
    assert found.pages == (0, TEXT.index("when the roads"), len(TEXT))
    quote = "Nobody knows yet what it will cost."
    assert found.page(found.text.index(quote)) == 2


def test_the_stated_title_counts_where_it_stands_in_the_text() -> None:
    """A title in the metadata is believed if the page has it; a file's name never is."""
    stated = pdf([*LEFT], info="/Title (The council voted on Tuesday)")
    named = pdf([HEADLINE, *LEFT], info="/Title (Microsoft Word - market.doc)")
    other = pdf([HEADLINE, *LEFT], info="/Title (Template of the Courier)")
    titles = [extract(read(content)[0]).title for content in (stated, named, other)]
    assert titles == [
        "The council voted on Tuesday",
        "Fish market to open again",
        "Fish market to open again",
    ]


def test_the_publishers_metadata_are_read() -> None:
    """XMP's names of PRISM give the date, the outlet and the address."""
    writer = PdfWriter(clone_from=BytesIO(PRINTED))
    xmp = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><rdf:Description rdf:about="">
        <prism:publicationDate>2025-06-23</prism:publicationDate>
        <prism:publicationName>The Courier</prism:publicationName>
        <prism:url>https://courier.example/market</prism:url>
        </rdf:Description></rdf:RDF></x:xmpmeta>"""
    writer.xmp_metadata = xmp.encode()
    file = BytesIO()
    writer.write(file)
    found = extract(read(file.getvalue())[0])
    assert (str(found.published), found.outlet, found.id) == (
        "2025-06-23",
        "The Courier",
        "https://courier.example/market",
    )


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=BytesIO(PRINTED))
    writer.encrypt(user_password=password, owner_password="other", algorithm="AES-256")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def test_what_cannot_be_read_is_named_with_the_remedy() -> None:
    """A locked file, one of pictures, and a broken one are told apart."""
    refused = {
        encrypted("secret"): Reason.LOCKED_FILE(),
        pdf([], []): Reason.PICTURES(),
        b"%PDF-1.7 and nothing else": Reason.BROKEN_FILE(kind=".pdf"),
        PRINTED[:300]: Reason.BROKEN_FILE(kind=".pdf"),
    }
    found = {}
    for content in refused:
        with pytest.raises(SourceError) as caught:
            read(content)
        found[content] = caught.value.remark
    assert found == refused


def test_a_file_locked_against_changes_alone_is_read() -> None:
    """An owner's password does not matter."""
    assert extract(read(encrypted(""))[0]).text == TEXT


def test_pages_without_text_are_noted_and_broken_ones_are_named() -> None:
    """The others are read."""
    (pictured,) = read(pdf([*LEFT], [], []))
    length = len(pictured.text)
    assert (pictured.remark, pictured.pages) == (Reason.PICTURED(n=2), (0, length, length))
    first, at, second = pdf([*LEFT], [*OVERLEAF]).rpartition(b"<< /Length")
    page, broken = read(first + b"<< /Filter /NoSuch " + at[3:] + second)
    assert extract(page).text.endswith("would come back.")
    assert broken == Skipped("a.pdf#page=2", Reason.BROKEN_PAGE())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (("said Mr Traore, who leads the anti-", "corruption police"), "anti-corruption"),
        (("he had seen no govern-", "ment like it"), "government"),
        (("on the Paris-", "Dakar road they saw, long"), "Paris-Dakar"),
        (("a long word like extra\u00ad", "ordinary was broken"), "extraordinary"),
    ],
)
def test_hyphens(written: tuple[str, str], said: str) -> None:
    """A hyphen at the end of a line stays where both parts are words and the whole is none."""
    (page,) = read(pdf(column(50, 700, *written)))
    assert said in page.text


def test_a_pdf_is_recognised() -> None:
    """By its beginning, before which something may stand."""
    assert [recognised(PRINTED), recognised(b"\n\n" + PRINTED)] == [".pdf", ".pdf"]
