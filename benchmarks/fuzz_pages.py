"""Fuzz the readers of all formats: look for crashes, hangs and broken offsets.

    python benchmarks/fuzz_pages.py MINUTES [--seed N] [--samples FILE…]

Each case has a number, from which it can be made anew: it picks a sample, spoils it, and reads it
as a file is read for the index. The samples are made here, one or more a format, and the files that
are named. A run goes on where the last one ended (its line says with which seed) and adds up in the
table. `--case N` runs one case and shows its traceback.

A case hangs if it takes more than 20 seconds of the processor's time, or five minutes in all;
what it was at is shown. A broken offset is a page's start, a passage or a sentence that is not a
range of the article's normalised text.
"""

import faulthandler
import gzip
import json
import random
import re
import signal
import subprocess
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from io import BytesIO
from itertools import count, pairwise
from pathlib import Path

from command_line import parser

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from printed import column, pdf  # noqa: E402
from rag.errors import SourceError  # noqa: E402
from rag.pages import records  # noqa: E402
from rag.pages.characters import normalise  # noqa: E402
from rag.pages.extract import extract, record_of  # noqa: E402
from rag.pages.formats import SUFFIXES, recognised, suffix_of  # noqa: E402
from rag.text.passages import cut  # noqa: E402
from rag.types import Article, RawPage, Skipped  # noqa: E402

LIMIT = 20  # seconds of the processor's time
LIMIT_IN_ALL = 300  # seconds, for a case that waits
MOST = 2**16  # bytes of a sample
LONGEST = 2**20  # bytes of a spoilt one
COLUMNS = ("cases", "articles", "skipped", "refused", "crashes", "hangs", "broken offsets")

LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."
THIRD = "“We are glad”, said Aïssata Touré, 34, who sells 20 kg of Nile perch a day."
PARAGRAPHS = f"<p>{LEAD}</p><p>{NEXT}</p><p>{THIRD}</p>"
PAGE = f"""<!doctype html><html><head><meta charset="utf-8"><title>Market | Courier</title>
<meta property="article:published_time" content="2025-06-23T10:00:00Z">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Market"}}</script></head>
<body><nav><ul><li><a href="/">Home</a></li></ul></nav><article><h1>Market</h1>{PARAGRAPHS}
<table><tr><th>Stall</th><th>kg</th></tr><tr><td>A</td><td>14</td></tr></table></article></body>
</html>"""
NITF = f"""<?xml version="1.0"?><nitf><head><title>Market</title><docdata>
<date.issue norm="20250623T1000Z"/></docdata></head><body><body.head><hedline><hl1>Market</hl1>
</hedline></body.head><body.content>{PARAGRAPHS}</body.content></body></nitf>"""
NEWSML = f"""<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>
<newsItem guid="urn:1"><itemMeta><provider literal="Wire"/>
<firstCreated>2025-06-23T10:00:00Z</firstCreated></itemMeta>
<contentMeta><headline>Market</headline></contentMeta><contentSet><inlineXML>
<html xmlns="http://www.w3.org/1999/xhtml"><body>{PARAGRAPHS}</body></html></inlineXML>
</contentSet></newsItem>
<newsItem guid="urn:2"><contentSet><inlineData>{LEAD}</inlineData></contentSet></newsItem>
</itemSet></newsMessage>"""
NEWSML_1 = f"""<NewsML><NewsItem><NewsComponent><NewsLines><HeadLine>Market</HeadLine></NewsLines>
<ContentItem><DataContent>{PARAGRAPHS}</DataContent></ContentItem></NewsComponent></NewsItem>
</NewsML>"""
STORY = f"""<REUTERS NEWID="1"><DATE>23-JUN-2025 15:01:01.79</DATE><TEXT>
<TITLE>MARKET &lt;M></TITLE>
<BODY>    {LEAD}
    {NEXT}
 Reuter
&#3;</BODY></TEXT></REUTERS>
"""
DOCUMENT = f"""<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:body><w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Market</w:t></w:r></w:p>
<w:p><w:r><w:t>{LEAD}</w:t></w:r></w:p><w:p><w:r><w:t>{NEXT}</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>{THIRD}</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body>
</w:document>"""
HTTP = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{PAGE}"
RECORD = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://news.example/{n}\r\n"
    "WARC-Record-ID: <urn:uuid:6f1b9c1e-0000-4000-8000-000000000000>\r\n"
    "WARC-Date: 2025-06-23T12:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
    f"Content-Length: {len(HTTP.encode())}\r\n\r\n{HTTP}\r\n\r\n"
)
PRINTED = pdf(
    [(50, 760, 22, "Market to open again"), *column(50, 700, LEAD[:40], LEAD[40:], NEXT[:45])],
    [(50, 800, 9, "Courier 2"), *column(310, 700, NEXT[45:], "A half-", "broken line", "goes on.")],
    info="/Title (Market)",
)
MARKS = tuple(
    mark.encode("utf-8", "surrogatepass")
    for mark in (
        *"\0\n\f\r\x85\u2028\u200b\u202e\ufeff\ud800\u0301-|<>&\"'[]{}()%#",
        *("<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE x [", "&#0;", "&a;", "\n---\n", "\n\n\n"),
        *("<div>", "</p>", "<table>", "<tr>", "<p>", "endobj", "stream\n", " 0 R", "<<", ">>"),
        *(
            "0",
            "-1",
            "99999999999",
            "1e999",
            "\\",
            "\r\n\r\n",
            "=?utf-8?b?",
            "xmlns=",
            "٣",
            "中文。",
        ),
    )
)


def made() -> Iterator[tuple[str, bytes]]:
    """Yield samples with their names."""
    plain = f"Market to open again\n\n{LEAD}\n\n{NEXT}\n\n{THIRD}\n"
    yield "a.txt", plain.encode()
    yield "b.txt", plain.encode("utf-16")
    yield "c.txt", "\n".join(plain[n : n + 60] for n in range(0, len(plain), 60)).encode("cp1252")
    rows = "| Stall | kg |\n|---|---|\n| A | 14 |\n"
    yield (
        "a.md",
        f"---\ntitle: Market\ndate: 2025-06-23\n---\n\n{plain}\n- One\n- Two\n\n{rows}".encode(),
    )
    yield "a.html", PAGE.encode()
    yield "a.pdf", PRINTED
    yield "a.docx", packed(DOCUMENT.encode())
    yield "packed.docx", DOCUMENT.encode()
    yield "a.eml", mail()
    record = {"title": "Market", "text": plain, "url": "https://news.example/1", "pages": [0, 90]}
    yield "a.json", json.dumps({"articles": [record, {"text": LEAD}]}).encode()
    yield "a.jsonl", b"".join(json.dumps(each).encode() + b"\n" for each in (record, record))
    for n, content in enumerate((NITF, NEWSML, NEWSML_1)):
        yield f"{n}.xml", content.encode()
    yield "a.sgm", (STORY * 3).encode()
    records = [RECORD.replace("{n}", str(n)).encode() for n in range(3)]
    yield "a.warc", b"".join(records)
    yield "a.warc.gz", b"".join(map(gzip.compress, records))
    yield "packed.warc.gz", b"".join(records)


def packed(document: bytes) -> bytes:
    """Return a .docx file with that document."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr(zipfile.ZipInfo("word/document.xml"), document)
    return file.getvalue()


def mail() -> bytes:
    """Return an e-mail."""
    message = EmailMessage()
    message["Subject"], message["From"] = "Marché", "Le Quai <news@quai.example>"
    message["Date"] = "Mon, 23 Jun 2025 23:30:00 -0400"
    message.set_content(f"{LEAD}\n\n{NEXT}\n\n{THIRD}")
    message.add_alternative(PAGE, subtype="html")
    return message.as_bytes()


def spoilt(content: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a content after one to eight mutations."""
    for _ in range(chance.randint(1, 8)):
        content = spoilt_once(content, others, chance)[:LONGEST]
    return content


def spoilt_once(  # noqa: C901, PLR0911 - a table of mutations
    content: bytes, others: Sequence[bytes], chance: random.Random
) -> bytes:
    """Return a content after a mutation: of bytes, of chunks, or of numbers in it."""
    start, end = sorted(chance.randint(0, len(content)) for _ in range(2))
    end = min(end, start + chance.choice((1, 4, 64, 4096)))
    chunk = content[start:end]
    match chance.randint(0, 9):
        case 0:
            return content[:start] + bytes([chance.randint(0, 255)]) + content[start + 1 :]
        case 1:
            return content[:start] + content[end:]
        case 2:
            return content[:start] + chance.randbytes(chance.randint(1, 8)) + content[start:]
        case 3:
            return content[:end] + chunk * chance.choice((1, 2, 10, 1000)) + content[end:]
        case 4:
            return content[:start]
        case 5:
            other = chance.choice(others)
            at = chance.randint(0, len(other))
            return content[:start] + other[at : at + 4096] + content[end:]
        case 6:
            numbers = list(re.finditer(rb"\d+", content))
            if not numbers:
                return content
            found, new = chance.choice(numbers), chance.choice((b"0", b"-1", b"7", b"4294967296"))
            return content[: found.start()] + new + content[found.end() :]
        case 7:
            mark = chance.choice(MARKS)
            return content[:start] + mark * chance.choice((1, 1, 3, 300, 30000)) + content[start:]
        case 8:
            return content[:start] + bytes(byte ^ 0x20 for byte in chunk) + content[end:]
        case _:
            return content[:start] + chance.choice(MARKS) + content[end:]


@dataclass(frozen=True, slots=True)
class Case:
    """A spoilt content and the name of the file that it stands in."""

    name: str
    content: bytes


def case_of(seed: int, samples: Sequence[tuple[str, bytes]]) -> Case:
    """Return the case of a number."""
    chance = random.Random(seed)  # noqa: S311 - cases are to be made anew
    name, content = samples[seed % len(samples)]
    content = spoilt(content, [other for _, other in samples], chance)
    return Case(name, PACKED[name](content) if name in PACKED else content)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "packed.docx": packed,
    "packed.warc.gz": gzip.compress,
}
"""What is packed after it was spoilt, as what is spoilt after it was packed is mostly refused."""


def examined(case: Case) -> Counter[str]:
    """Read a case as the index would; return what came of it.

    Raises:
        Exception: whatever a reader should not raise.
    """
    recognised(case.content)
    found: Counter[str] = Counter(cases=1)
    try:
        pages = list(SUFFIXES[suffix_of(case.name)].read(case.content, case.name))
    except SourceError as error:
        return found + Counter(refused=int(bool(str(error))))
    for page in pages:
        if isinstance(page, Skipped):
            found["skipped"] += bool(str(page.reason))
            continue
        try:
            article = extract(page)
        except SourceError as error:
            found["skipped"] += bool(str(error))
            continue
        found["articles"] += 1
        found["broken offsets"] += not is_whole(page, article)
    return found


def is_whole(page: RawPage, article: Article) -> bool:
    """True if all offsets of an article are right, also of one that was kept as a record."""
    text, pages = article.text, article.pages
    spans = [span for each in cut(article.id, text) for span in each.sentences]
    kept = extract(records.page(json.loads(json.dumps(record_of(article))), "a.json"))
    return (
        text == normalise(text) != ""
        and page.text == normalise(page.text)
        and len(pages) == len(page.pages)
        and all(a <= b for a, b in pairwise((0, *pages, len(text))))
        and all(a.end <= b.start for a, b in pairwise(spans))
        and all(0 <= span.start < span.end <= len(text) for span in spans)
        and all(text[a:b] == text[a:b].strip() for a, b in spans)
        and len(kept.pages) == len(pages)
        and all(a <= b for a, b in pairwise((0, *kept.pages, len(kept.text))))
    )


def work(first: int, samples: Sequence[tuple[str, bytes]]) -> None:
    """Run one case after another, each result a line; one that hangs is ended, and shown."""
    faulthandler.register(signal.SIGPROF, chain=True)
    for seed in count(first):
        print(json.dumps({"seed": seed, "name": samples[seed % len(samples)][0]}), flush=True)
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        faulthandler.dump_traceback_later(LIMIT_IN_ALL, exit=True)
        case = case_of(seed, samples)
        try:
            result = dict(examined(case))
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            result = {"cases": 1, "crashes": 1, "error": repr(error)[:200]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(result), flush=True)


def fuzz(first: int, until: float, files: Sequence[str]) -> tuple[int, dict[str, Counter[str]]]:
    """Return the next seed, and what came of the cases by format."""
    totals: dict[str, Counter[str]] = {}
    seed = first
    while time.monotonic() < until:
        command = [sys.executable, __file__, "0", "--work", f"--seed={seed}", "--samples", *files]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            name = ""
            for line in process.stdout:
                said = json.loads(line)
                if "seed" in said:
                    seed, name = said["seed"] + 1, suffix_of(said["name"])
                    continue
                if error := said.pop("error", ""):
                    print(f"case {seed - 1} ({name}) crashed: {error}", file=sys.stderr)
                if said.get("broken offsets"):
                    print(f"case {seed - 1} ({name}) has broken offsets", file=sys.stderr)
                totals.setdefault(name, Counter()).update(said)
                name = ""
                if time.monotonic() > until:
                    break
            process.kill()
        assert totals, "the other process did nothing"
        if name:
            print(f"case {seed - 1} ({name}) hangs", file=sys.stderr)
            totals.setdefault(name, Counter()).update(cases=1, hangs=1)
    return seed, totals


def table(totals: dict[str, Counter[str]]) -> str:
    """Return a table, a row for each format."""
    whole: Counter[str] = sum(totals.values(), Counter())
    rows = [*sorted(totals.items()), ("all", whole)]
    lines = [f"| format | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    for name, found in rows:
        lines.append(f"| {name} | {' | '.join(f'{found[column]:,}' for column in COLUMNS)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fuzz for so many minutes, and print the table and the next seed."""
    arguments = parser(__doc__)
    arguments.add_argument("minutes", type=float)
    arguments.add_argument("--samples", nargs="*", default=[], metavar="FILE")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--case", type=int)
    arguments.add_argument("--work", action="store_true", help="what the other process does")
    given = arguments.parse_args()
    files = [(Path(file).name, Path(file).read_bytes()[:MOST]) for file in given.samples]
    samples = [*made(), *files]
    if given.work:
        work(given.seed, samples)
    elif given.case is not None:
        case = case_of(given.case, samples)
        Path(f"case-{given.case}-{case.name}").write_bytes(case.content)
        try:
            print(dict(examined(case)))
        except Exception:  # noqa: BLE001 - as in `work`
            traceback.print_exc()
    else:
        until = time.monotonic() + 60 * given.minutes
        following, totals = fuzz(given.seed, until, given.samples)
        print(table(totals))
        print(f"{given.minutes:g} minutes from seed {given.seed}; go on with --seed {following}.")


if __name__ == "__main__":
    main()
