"""Measure how well libraries read the columns of PDFs: the share of sentences that come out whole.

    pip install pdfplumber reportlab typst
    python benchmarks/pdf.py ARTICLES > benchmarks/pdf.md

ARTICLES is a file of records with `bestTitle` and `content`, such as Wikinews'. Each article is
drawn in several layouts. A sentence counts if its letters and digits stand together, in order; in
the last column also its punctuation, spaces, and hyphens must be right.
"""

import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pdfplumber
import typst
from command_line import parser
from pdfminer.high_level import extract_text as pdfminer_text
from pdfminer.layout import LAParams
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from rag.pages import pdf
from rag.text.passages import sentences
from rag.types import RawPage

WIDTH, HEIGHT = A4
MARGIN, GAP, SIZE, LEADING = 50, 18, 10, 12.5
TOP, BOTTOM = HEIGHT - 130, 70
FONT, BOLD = "Times-Roman", "Times-Bold"
FEWEST, MOST = 200, 1500  # words of an article


TYPST = """
#set page(paper: "a4", columns: COLUMNS, numbering: "1",
  header: [The Example Courier #h(1fr) Monday, 3 June 2024])
#set par(justify: true, first-line-indent: 1em, spacing: 0.65em)
#set text(size: 9pt, hyphenate: true, lang: "en")
#place(top, scope: "parent", float: true, text(size: 22pt, weight: "bold", TITLE))
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on its page, and whether a paragraph begins with it."""

    page: int
    x: float
    y: float
    width: float
    text: str
    last: bool


def lines(paragraphs: Sequence[str], columns: int) -> list[Line]:
    """Return the lines of paragraphs set in columns, words hyphenated where they do not fit."""
    width = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
    rows = int((TOP - BOTTOM) / LEADING)
    found = []
    for paragraph in paragraphs:
        broken = hyphenated(simpleSplit(paragraph, FONT, SIZE, width - 8))
        for number, text in enumerate(broken):
            place = len(found)
            column, row = divmod(place, rows)
            page, column = divmod(column, columns)
            x, y = MARGIN + column * (width + GAP), TOP - row * LEADING
            found.append(Line(page, x, y, width, text, number == len(broken) - 1))
    return found


def hyphenated(broken: list[str]) -> list[str]:
    """Return lines whose first words, where they are long, begin on the line before."""
    for number in range(1, len(broken), 3):
        word, _, rest = broken[number].partition(" ")
        if len(word) > 8 and word.isalpha() and rest:
            broken[number - 1] += f" {word[:3]}-"
            broken[number] = f"{word[3:]} {rest}"
    return broken


def drawn(title: str, paragraphs: Sequence[str], columns: int, *, by_row: bool) -> bytes:
    """Return a PDF: a masthead, a headline over all columns, justified columns, page numbers.

    `by_row` draws the first lines of all columns first, as some programs do.
    """
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    found = lines(paragraphs, columns)
    for page in range(found[-1].page + 1):
        canvas.setFont(FONT, 9)
        canvas.drawString(MARGIN, HEIGHT - 40, "The Example Courier")
        canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 40, "Monday, 3 June 2024")
        if not page:
            canvas.setFont(BOLD, 22)
            for number, text in enumerate(simpleSplit(title, BOLD, 22, WIDTH - 2 * MARGIN)):
                canvas.drawString(MARGIN, HEIGHT - 75 - 24 * number, text)
        here = [line for line in found if line.page == page]
        for line in sorted(here, key=lambda line: (-line.y, line.x)) if by_row else here:
            draw(canvas, line)
        canvas.setFont(FONT, 9)
        canvas.drawCentredString(WIDTH / 2, 30, str(page + 1))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def draw(canvas: Canvas, line: Line) -> None:
    """Draw a line, justified by wider spaces unless it is the last one of a paragraph."""
    text = canvas.beginText(line.x, line.y)
    text.setFont(FONT, SIZE)
    spaces = line.text.count(" ")
    if spaces and not line.last:
        free = line.width - canvas.stringWidth(line.text, FONT, SIZE)
        text.setWordSpace(max(0.0, free / spaces))
    text.textLine(line.text)
    canvas.drawText(text)


def typeset(title: str, paragraphs: Sequence[str], columns: int) -> bytes:
    """Return a PDF set by Typst, which hyphenates and kerns as publishing programs do."""
    head = TYPST.replace("COLUMNS", str(columns)).replace("TITLE", quoted(title))
    body = "\n\n".join(f"#{quoted(paragraph)}" for paragraph in paragraphs)
    return typst.compile((head + body).encode())


def quoted(text: str) -> str:
    """Return a text as a string of Typst."""
    return json.dumps(text, ensure_ascii=False)


LAYOUTS: dict[str, Callable[[str, Sequence[str]], bytes]] = {
    "one column": lambda title, text: drawn(title, text, 1, by_row=False),
    "two columns": lambda title, text: drawn(title, text, 2, by_row=False),
    "three columns": lambda title, text: drawn(title, text, 3, by_row=False),
    "two columns, by Typst": lambda title, text: typeset(title, text, 2),
    "three columns, by Typst": lambda title, text: typeset(title, text, 3),
    "two columns, drawn by rows": lambda title, text: drawn(title, text, 2, by_row=True),
    "three columns, drawn by rows": lambda title, text: drawn(title, text, 3, by_row=True),
}


def of_pypdf(content: bytes) -> str:
    """Return the text as pypdf reads it."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def of_pdfplumber(content: bytes) -> str:
    """Return the text as pdfplumber reads it."""
    with pdfplumber.open(io.BytesIO(content)) as file:
        return "\n".join(page.extract_text() for page in file.pages)


def of_pdfminer(content: bytes) -> str:
    """Return the text as pdfminer.six, which pdfplumber builds on, lays it out."""
    return pdfminer_text(io.BytesIO(content), laparams=LAParams())


def of_griot(content: bytes) -> str:
    """Return the text as Griot reads it, by pypdf."""
    (page,) = pdf.read(content, "page.pdf")
    assert isinstance(page, RawPage)
    return page.text


READERS: dict[str, Callable[[bytes], str]] = {
    "pypdf": of_pypdf,
    "pdfplumber": of_pdfplumber,
    "pdfminer.six": of_pdfminer,
    "Griot": of_griot,
}
LETTER = "Griot, to the letter"


def folded(text: str) -> str:
    """Return the letters and digits of a text alone: hyphens and white space do not count."""
    return re.sub(r"[\W_]+", "", text).casefold()


@dataclass
class Row:
    """How many sentences came out whole, by reader, of how many."""

    whole: Counter[str]
    of: int = 0

    def line(self, name: str) -> str:
        """Return a row of the table."""
        shares = (f"{self.whole[reader] / self.of:.3f}" for reader in (*READERS, LETTER))
        return f"| {name} | {' | '.join(shares)} |"


def main() -> None:
    """Print a table, and how long each took beside pypdf."""
    arguments = parser(__doc__)
    arguments.add_argument("articles", type=Path)
    given = json.loads(arguments.parse_args().articles.read_text(encoding="utf-8"))
    rows = {name: Row(Counter()) for name in LAYOUTS}
    took: Counter[str] = Counter()
    articles = 0
    for record in given:
        text = "".join(c for c in record["content"] if c.isascii())
        paragraphs = [" ".join(each.split()) for each in text.split("\n") if each.strip()]
        if not FEWEST < len(text.split()) < MOST:
            continue
        articles += 1
        whole = "\n".join(paragraphs)
        wanted = [whole[span.start : span.end] for span in sentences(whole)]
        for name, layout in LAYOUTS.items():
            content = layout(record["bestTitle"], paragraphs)
            row = rows[name]
            row.of += len(wanted)
            for reader, read in READERS.items():
                start = time.perf_counter()
                found = read(content)
                took[reader] += time.perf_counter() - start
                had = folded(found)
                row.whole[reader] += sum(folded(each) in had for each in wanted)
                if reader == "Griot":
                    row.whole[LETTER] += sum(each in found for each in wanted)
    print("# Columns of PDFs\n\nMade by `python benchmarks/pdf.py ARTICLES`.", end=" ")
    print(f"Share of the sentences that come out whole, of {rows['one column'].of} in", end=" ")
    print(f"{articles} articles, by layout.\n")
    print(f"| layout | {' | '.join((*READERS, LETTER))} |")
    print("|---|" + "---|" * (len(READERS) + 1))
    for name, row in rows.items():
        print(row.line(name))
    print("\nTime beside pypdf’s:", end=" ")
    print(", ".join(f"{name} {took[name] / took['pypdf']:.1f}" for name in READERS))


if __name__ == "__main__":
    main()
