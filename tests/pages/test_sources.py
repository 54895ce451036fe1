import codecs
import json
import os
from pathlib import Path

import pytest

from rag.errors import CorpusError, SourceError
from rag.pages.formats import EVERY_KIND, recognised
from rag.pages.sources import MAX_BYTES, SourceFile, read_file, walk
from rag.reasons import Reason
from rag.types import RawPage, Skipped


def put(path: Path, content: bytes | str = "Rain fell in Gao.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def names(folder: Path) -> list[str]:
    return [file.path.relative_to(folder).as_posix() for file in walk(folder)]


OF_NO_KIND = (
    f"not a {EVERY_KIND} file; save it as .html, .docx or .txt, or in Python pass what a "
    "LlamaIndex reader makes of it to rag.llamaindex.articles_from"
)


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read_file(path, path.name)
    return str(caught.value)


# Walking


def test_walk_sorts_and_passes_over(tmp_path: Path) -> None:
    """The files come sorted by path, without hidden names, other kinds and the list of sources."""
    for name in [
        "sources.txt",
        "b.TXT",
        "a/z.md",
        "a/b/c.html",
        "a.json",
        ".hidden.txt",
        ".git/x.txt",
        "p.odt",
    ]:
        put(tmp_path / name)
    assert names(tmp_path) == ["a/b/c.html", "a/z.md", "a.json", "b.TXT"]


def test_walk_gives_size_and_time(tmp_path: Path) -> None:
    """A file comes with its size and time of change; itself, it is given whatever its suffix."""
    path = put(tmp_path / "a.txt")
    os.utime(path, ns=(1, 2_000_000_000))
    named = path.rename(tmp_path / ".notes.pdf")
    assert list(walk(named)) == [SourceFile(named, 17, 2_000_000_000)]
    path = named.rename(path)
    assert list(walk(tmp_path)) == [SourceFile(path, 17, 2_000_000_000)]
    with pytest.raises(
        CorpusError,
        match=r"missing: no such file or directory; if it is an address, begin it with https://$",
    ):
        list(walk(tmp_path / "missing"))


def test_walk_links(tmp_path: Path) -> None:
    """Links that lead round are walked once, and one that leads nowhere is given, to be named."""
    put(tmp_path / "a" / "x.txt")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    assert names(tmp_path) == ["a/x.txt", "gone.txt", "loop.txt"]
    assert refused(tmp_path / "gone.txt") == "cannot be read: no such file or directory"


def test_walk_passes_over_pipes(tmp_path: Path) -> None:
    """A pipe is not waited for, even when it is named."""
    os.mkfifo(tmp_path / "pipe.txt")
    assert (names(tmp_path), refused(tmp_path / "pipe.txt")) == ([], "not a regular file")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable(tmp_path: Path) -> None:
    """A file or folder without permission is given by the walk, and reading it says so."""
    file, folder = put(tmp_path / "a.txt"), put(tmp_path / "b" / "c.txt").parent
    file.chmod(0)
    folder.chmod(0)
    found = names(tmp_path)
    folder.chmod(0o700)
    assert (found, refused(file)) == (["a.txt", "b"], "cannot be read: permission denied")


# Reading


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "<b>Rain</b> fell in *Gao*."),
        ("a.text", "<b>Rain</b> fell in *Gao*."),
        ("a.MD", "Rain fell in Gao."),
        ("a.markdown", "Rain fell in Gao."),
        ("a.html", "Rain fell in *Gao*."),
        ("a.htm", "Rain fell in *Gao*."),
    ],
)
def test_read(tmp_path: Path, name: str, text: str) -> None:
    """A file of text is one page, read as its suffix names it."""
    ((page,), skipped) = read_file(put(tmp_path / name, "<b>Rain</b> fell in *Gao*."), "x/y")
    assert (page.location, page.text, skipped) == ("x/y", text, [])


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "Goïta".encode("utf-8-sig"), "Goïta"),
        ("a.txt", codecs.BOM_UTF16_LE + "Goïta".encode("utf-16-le"), "Goïta"),
        ("a.txt", codecs.BOM_UTF16_BE + "Goïta".encode("utf-16-be"), "Goïta"),
        ("a.txt", codecs.BOM_UTF32_LE + "Goïta".encode("utf-32-le"), "Goïta"),
        ("a.html", "<meta charset=iso-8859-1><p>“Goïta”".encode("windows-1252"), "“Goïta”"),
        ("a.html", "<meta charset='windows-1251'><p>Слово".encode("windows-1251"), "Слово"),
        ("a.html", "<meta charset=iso-8859-1><p>“Goïta”".encode(), "“Goïta”"),
        ("a.html", "<meta charset=no-such-charset><p>“Goïta”".encode(), "“Goïta”"),
        ("a.html", "<meta charset=base64><p>“Goïta”".encode(), "“Goïta”"),
        ("a.html", "<meta charset=idna><p>Le blé, l’été".encode("windows-1252"), "Le blé, l’été"),
        ("a.html", "<meta charset=koi8-r><p>Где, 5 мая?".encode("cp1251"), "цДЕ, 5 ЛЮЪ?"),
    ],
)
def test_encodings(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    """A byte order mark decides, or a page's own charset, unless its bytes are plainly UTF-8."""
    ((page,), _) = read_file(put(tmp_path / name, content), name)
    assert page.text == text


SENTENCES = [
    ("cp1252", "Zoë Lefebvre, wier café “Havn” heet, noemde de belasting ‘bescheiden’."),
    ("cp1252", "Según el alcalde, la presa costó 40 millones y se abrirá mañana."),
    ("cp1250", "Łódzka rada zdecydowała we wtorek, że targ będzie otwarty jeszcze w źle."),
    ("cp1250", "Zastupitelstvo schválilo rozšíření přístavu, který je příliš úzký."),
    ("iso8859_2", "Zastupitelstvo schválilo rozšíření přístavu, který je příliš úzký."),
    ("iso8859_2", "Łódzka rada zdecydowała we wtorek, że targ będzie otwarty jeszcze wcześniej."),
    ("cp1251", "Плотина на реке открылась в понедельник, сообщило министерство."),
    ("koi8_r", "Плотина на реке открылась в понедельник, сообщило министерство."),
    ("cp1253", "Το φράγμα άνοιξε τη Δευτέρα, ανακοίνωσε το υπουργείο."),
    ("cp1254", "Baraj pazartesi günü açıldı, bakanlık yaptığı açıklamada böyle söyledi."),
    ("cp1256", "افتتح السد يوم الاثنين بعد تسع سنوات من العمل، حسبما قالت الوزارة."),
    ("cp932", "ダムは月曜日に開通したと、水道省が発表した。費用は四千万ユーロだった。"),
    ("gb18030", "水利部在一份声明中说，大坝经过九年的建设于周一启用。耗资四千万欧元。"),
    ("cp949", "수자원부는 9년간의 공사 끝에 댐이 월요일에 개통되었다고 밝혔다."),
]


@pytest.mark.parametrize(("encoding", "sentence"), SENTENCES, ids=lambda value: value[:12])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_older_encodings(tmp_path: Path, name: str, encoding: str, sentence: str) -> None:
    """An encoding that nothing declares is recognised, and the page's remark names it."""
    ((page,), _) = read_file(put(tmp_path / name, sentence.encode(encoding)), name)
    remark = Reason.READ_AS(encoding=encoding.upper())
    assert (page.text, page.remark) == (sentence, remark)


GOITA = (
    "General Goïta was received in Moscow on Monday, and with him Minister Sadio Camara, the "
    "spokesman of the presidency said in the evening."
)
PLAIN = GOITA.replace("ï", "i")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", GOITA.encode().replace(b".", b"\xe9."), GOITA.replace(".", "\ufffd.")),
        ("a.html", f"<meta charset=utf-8><p>{PLAIN}".encode() + b"\xff", f"{PLAIN}\ufffd"),
        ("a.txt", f"\ufeff{GOITA}".encode("utf-16-le") + b"a", f"{GOITA}\ufffd"),
        ("a.txt", b"\0" + GOITA.encode() + b"\0\0", GOITA),
        ("a.html", f"<p>{GOITA}</p>\0".encode(), GOITA),
    ],
)
def test_stray_bytes(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    """Some bytes that stand for nothing, or NULs, cost neither the page nor the letters around."""
    ((page,), _) = read_file(put(tmp_path / name, content), name)
    assert (page.text, page.remark) == (text, None)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"\xef\xbb\xbf \r\n", "empty"),
        ("a.txt", b"\xff\xfea", "not UTF-16-LE (byte 0x61 at 0); save it as UTF-8"),
        ("a.txt", b"GIF89a\x00", "binary, not text; save it as plain text"),
        ("a.txt", b"\x01\x02\x03abc", "binary, not text; save it as plain text"),
        ("a.json", b"[1,", "not valid JSON at line 1, column 4"),
        ("a.json", b'[\n "a\n"]', "not valid JSON at line 2, column 4"),
        ("a.json", b"[" * 99_999, "not valid JSON"),
        ("a.json", b"9" * 9_999, "not valid JSON"),
        ("a.json", b"3", 'not an array of records, one record, or {"articles": [...]}'),
        ("a.json", b"[]", "no records"),
        (
            "a.json",
            b'{"text": "a"}\n{"text": "b"}',
            "more than one JSON value; put each on a line of its own, in a .jsonl file",
        ),
        ("a.odt", b"text", OF_NO_KIND),
        ("a.rtf", b"{\\rtf1 Rain fell.}", OF_NO_KIND),
        ("a.txt", b"{\\rtf1 Rain fell.}", "rich text (RTF); save it as .docx, .html or .txt"),
        *(
            (
                "a.txt",
                rows.encode(),
                "a table (CSV); save its articles as records in a .jsonl file, or each as .txt",
            )
            for rows in (
                "id,title,text\n1,Rain,It rained.\n",
                'title;text\n"Rain";"It rained; then\n\nit stopped."\nSnow;It snowed.\n',
            )
        ),
        (
            "a.json",
            b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"content_text": "a"}]}',
            "a list of articles, such as a feed; give the address that it came from instead",
        ),
    ],
)
def test_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """A file that cannot be used as a whole says why, with the remedy where there is one."""
    assert refused(put(tmp_path / name, content)) == reason


def test_too_large(tmp_path: Path) -> None:
    """A file over the limit is refused with its size, and not read whole; so is a folder."""
    path = put(tmp_path / "a.txt")
    os.truncate(path, 200 * 2**20)
    assert (MAX_BYTES, refused(path)) == (64 * 2**20, "200 MiB is over the 64 MiB limit; split it")
    assert refused(put(tmp_path / "b.txt" / "c.txt").parent) == "a folder, not a file"


@pytest.mark.parametrize(
    "content",
    [
        "Rain,snow\n\nMore,less",
        "It cost 1,000 euros.\n\nIt holds 2,000 tons.\n\nIt has 3,000 lamps.",
        "Rain, wind\nSnow, ice\nSun, heat",
    ],
)
def test_commas_make_no_table(tmp_path: Path, content: str) -> None:
    """Verses and paragraphs may have as many of them."""
    (page,), _ = read_file(put(tmp_path / "a.txt", content), "a.txt")
    assert page.text == content


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Rain fell “again”.", "Снова пошёл дождь."])
def test_utf16_needs_no_mark(tmp_path: Path, text: str, encoding: str) -> None:
    """It is told by the zeros of ASCII's characters."""
    (page,), _ = read_file(put(tmp_path / "a.txt", text.encode(encoding)), "a.txt")
    assert (page.text, page.remark) == (text, Reason.READ_AS(encoding="UTF-16"))


# Records

RECORD = {
    "url": "https://e.org/a",
    "title": "Rain",
    "outlet": "The Quay",
    "published": "2025-06-23",
}


@pytest.mark.parametrize(
    "held", [[{**RECORD, "text": "Rain fell."}], {**RECORD, "text": "Rain fell."}], ids=type
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_json(tmp_path: Path, held: object, *, wrapped: bool) -> None:
    """A JSON file holds an array of records, one record, or an array under "articles"."""
    content = {"articles": held} if wrapped and isinstance(held, list) else held
    fields = {name: [value] for name, value in RECORD.items()}
    page = RawPage(location="a.json#1", text="Rain fell.", fields=fields)
    assert read_file(put(tmp_path / "a.json", json.dumps(content)), "a.json") == ([page], [])


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson"])
def test_bad_records(tmp_path: Path, name: str) -> None:
    """A bad line of a file of lines is named by its number, and the other records are kept."""
    lines = [
        '{"text": "One\u2028line", "title": null, "published": 20250623, "outlet": " "}',
        "",
        '{"text": ',
        '["text"]',
        '{"text": "  "}',
        '{"text": 7}',
        "[" * 99_999,
        '{"text": "\\ud800"}\r',
    ]
    pages, skipped = read_file(put(tmp_path / name, "\n".join(lines)), name)
    assert (pages, skipped) == (
        [
            RawPage(location=f"{name}#1", text="One\nline", fields={"outlet": [" "]}),
            RawPage(location=f"{name}#8", text="\ufffd"),
        ],
        [
            Skipped(
                f"{name}#3",
                Reason.NOT_JSON_AT(line="3", column="10"),
            ),
            Skipped(f"{name}#4", Reason.NOT_A_RECORD()),
            Skipped(f"{name}#5", Reason.NO_TEXT()),
            Skipped(f"{name}#6", Reason.NO_TEXT()),
            Skipped(f"{name}#7", Reason.NOT_JSON()),
        ],
    )


def test_bad_records_of_an_array(tmp_path: Path) -> None:
    """A bad record of an array is named by its number."""
    path = put(tmp_path / "a.json", '[{"title": "Rain"}, {"text": "Rain fell."}]')
    page = RawPage(location="a.json#2", text="Rain fell.")
    assert read_file(path, "a.json") == ([page], [Skipped("a.json#1", Reason.NO_TEXT())])


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ("Rain fell.", ".txt"),
        ("", ".txt"),
        ("[Update] Rain fell.", ".txt"),
        ("Note: rain fell.\n\nIt stopped.", ".txt"),
        ("---\ntitle: Rain\n---\nRain fell.", ".md"),
        ("# Rain\n\nRain fell.", ".md"),
        (codecs.BOM_UTF8 + b"<!-- saved --><!DOCTYPE html><p>Rain", ".html"),
        ("<p>Rain fell.</p>".encode("utf-16"), ".html"),
        ("From: a@b.example\nSubject: Rain\n\nRain fell.", ".eml"),
        ('[{"text": "Rain"}]', ".json"),
        ('{"text": "Rain"}\n{"text": "Sun"}', ".jsonl"),
        (b"{\x00\x01\x02\x03", ".txt"),
        (b"PK\x03\x04", ".docx"),
        (b"\x1f\x8b\x08", ".txt"),
        ("<p>Rain fell.</p>".encode("utf-16-be"), ".html"),
        ('<?xml version="1.0"?>\n<rss><channel/></rss>', ".xml"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"/>', ".xml"),
        ('<?xml version="1.0"?><!-- map --><urlset/>', ".xml"),
        ('<?xml version="1.0"?><!DOCTYPE html><html/>', ".html"),
        (
            "From: <Saved by Blink>\nSnapshot-Content-Location: https://e.org/a\nSubject: Rain\n\n",
            ".mhtml",
        ),
    ],
)
def test_a_format_is_recognised_by_its_content(content: bytes | str, suffix: str) -> None:
    """Text that is of no other is plain."""
    assert recognised(content.encode() if isinstance(content, str) else content) == suffix


def test_a_suffix_may_have_two_dots(tmp_path: Path) -> None:
    """Of packed files, web archives alone are read."""
    others: set[str] = set()
    for name in ("a.warc.gz", "b.WARC.GZ", "c.tar.gz", "d.gz"):
        put(tmp_path / name)
    assert [file.path.name for file in walk(tmp_path, others=others)] == ["a.warc.gz", "b.WARC.GZ"]
    assert refused(tmp_path / "c.tar.gz") == OF_NO_KIND
