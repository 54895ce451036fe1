import zipfile
from datetime import date
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from io import BytesIO
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.pages import docx, eml
from rag.pages.extract import extract
from rag.pages.sources import read_file
from rag.types import Article

LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."


def article(path: Path, content: bytes) -> Article:
    path.write_bytes(content)
    ((page,), _) = read_file(path, path.name)
    return extract(page)


def known(found: Article) -> tuple[object, ...]:
    return found.title, found.outlet, found.published, found.text


# E-mails


def message(*, plain: str = "", page: str = "") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Marché aux poissons rouvert"
    mail["From"] = "Le Quai <news@quai.example>"
    mail["Date"] = "Mon, 23 Jun 2025 23:30:00 -0400"
    if plain:
        mail.set_content(plain)
        if page:
            mail.add_alternative(page, subtype="html")
    else:
        mail.set_content(page, subtype="html", charset="iso-8859-1")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    return mail.as_bytes()


PAGE = f"<html><body><p>{LEAD} Où ?</p><p>{NEXT}</p></body></html>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (message(plain=f"{LEAD}\n\n{NEXT}", page=PAGE), f"{LEAD}\n\n{NEXT}"),
        (message(page=PAGE), f"{LEAD} Où ?\n{NEXT}"),
        (message(plain="View this e-mail in your browser.", page=PAGE), f"{LEAD} Où ?\n{NEXT}"),
        (message(plain=" ", page=PAGE), f"{LEAD} Où ?\n{NEXT}"),
        (message(plain=f"{LEAD}\n\n{NEXT}", page="<p>Rain."), f"{LEAD}\n\n{NEXT}"),
    ],
)
def test_an_email(tmp_path: Path, content: bytes, text: str) -> None:
    """An e-mail's fuller text is read under its subject, sender and own day: plain, or a page."""
    title, day = "Marché aux poissons rouvert", date(2025, 6, 23)
    assert known(article(tmp_path / "a.eml", content)) == (title, "Le Quai", day, text)


@pytest.mark.parametrize(
    ("name", "header"),
    [("a.mht", "X-Other"), ("a.eml", "Snapshot-Content-Location")],
)
def test_a_page_that_a_browser_saved(tmp_path: Path, name: str, header: str) -> None:
    """It is read as HTML under its own address; the day on which it was saved is not its own."""
    saved = MIMEMultipart("related")
    saved["From"], saved["Subject"] = "<Saved by Blink>", "Fish market | Quay"
    saved["Date"] = "Mon, 23 Jun 2025 23:30:00 -0400"
    saved[header] = "https://quai.example/market"
    page = MIMEText(f"<title>Fish market</title><body>{PAGE}", "html", "utf-8")
    page["Content-Location"] = "https://quai.example/market"
    saved.attach(page)
    saved.attach(MIMEText("p {}", "css"))
    found = article(tmp_path / name, saved.as_bytes())
    text = f"{LEAD} Où ?\n{NEXT}"
    assert (found.id, *known(found)) == (
        "https://quai.example/market",
        "Fish market",
        None,
        None,
        text,
    )


def test_xhtml_is_html(tmp_path: Path) -> None:
    """The suffix .xhtml is known."""
    content = f'<?xml version="1.0"?><html><title>Market</title>{PAGE}'
    found = article(tmp_path / "a.xhtml", content.encode())
    assert known(found) == ("Market", None, None, f"{LEAD} Où ?\n{NEXT}")


# Documents

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DOCUMENT = f"""<w:document {W}><w:body>
<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Fish market </w:t></w:r>
<w:r><w:t>to reopen</w:t></w:r></w:p>
<w:p><w:r><w:t>{LEAD}</w:t></w:r><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>
<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Two wells</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>For</w:t></w:r></w:p></w:tc>
<w:tc><w:p><w:r><w:t>21</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:r><w:t>{NEXT}</w:t></w:r></w:p>
</w:body></w:document>"""


def packed(**parts: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(
                {"document": "word/document.xml", "core": "docProps/core.xml"}[name], content
            )
    return file.getvalue()


def test_a_document(tmp_path: Path) -> None:
    """A document's paragraphs, items and rows are its text, without what was deleted."""
    found = article(tmp_path / "a.docx", packed(document=DOCUMENT))
    text = f"{LEAD}\n\n- Two wells\n\nFor | 21\n\n{NEXT}"
    assert known(found) == ("Fish market to reopen", None, None, text)


def test_the_title_of_a_document_without_one_in_its_text(tmp_path: Path) -> None:
    """Where no paragraph is styled as the title, the document's own properties have it."""
    core = '<p xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Market</dc:title></p>'
    found = article(
        tmp_path / "a.docx", packed(document=DOCUMENT.replace("Title", "Lead"), core=core)
    )
    assert found.title == "Market"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (eml, b"No headers, only a text."),
        (docx, b"PK\x03\x04 not a package"),
        (docx, packed(core="<a/>")),
        (docx, packed(document="<w:document")),
    ],
)
def test_a_broken_file_is_named(kind: object, content: bytes) -> None:
    """What is no e-mail or no document is refused in one line."""
    with pytest.raises(SourceError, match=r"^not a \.\w+ file that can be read; save it anew"):
        list(kind.read(content, "a"))


def test_a_document_that_unpacks_without_end(tmp_path: Path) -> None:
    """A document of 65 MiB of spaces is refused by its size."""
    content = packed(document=" " * (65 * 2**20))
    with pytest.raises(SourceError, match=r"^65 MiB is over the 64 MiB limit; split it$"):
        article(tmp_path / "a.docx", content)
