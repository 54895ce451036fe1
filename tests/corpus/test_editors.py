import asyncio
import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

import pytest

from bot.corpus.editors import Editors, safe_name
from desk import Desk, story
from fake_embedder import FakeEmbedder
from fake_reader import FakeReader
from fake_web import FakeWeb
from rag.errors import ArticleNotFound, CorpusError, IndexLocked, SourceError, Stopped
from rag.index.answers import Version
from rag.index.ingest import IngestReport
from rag.library import Library
from rag.pages.extract import extract
from rag.reading.answerer import Extractive
from rag.reasons import Reason
from rag.types import Noted, Skipped

URL = "https://www.news.example/2025/06/24/market-of-gao.html"
NO_FEED = "names no feed and no sitemap there; send the address of a feed or an article"
NAME = "news.example-market-of-gao-"


def html(body: str, *, title: str = "The market of Gao", head: str = "") -> str:
    return (
        f"<html><head><title>{title}</title>{head}"
        '<meta property="og:site_name" content="Niger Courier">'
        '<meta property="article:published_time" content="2025-06-24T08:00:00Z">'
        f"</head><body><article><h1>{title}</h1>{body}</article></body></html>"
    )


def paragraphs(text: str) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def desk(tmp_path) -> Desk:
    made = Desk(tmp_path)
    made.put("kidal.txt", story("Kidal"))
    made.index()
    return made


@pytest.fixture
def library(desk):
    with desk.open() as opened:
        yield opened


@pytest.fixture
def editors(library, web) -> Editors:
    return Editors(library, visitor=web.visitor)


def files(desk: Desk, folder: str = "corpus") -> list[str]:
    root = desk.folder / folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def ids(library: Library) -> list[str]:
    return [article.id for article in library.articles()]


# Links


def test_a_link_becomes_an_article(desk, library, web, editors):
    """Under its address, with what its page says of itself, in a file of the corpus."""
    web.put(URL, html(paragraphs(story("Gao"))))
    assert asyncio.run(editors.add_link(URL)) == IngestReport(new=(URL,))
    found = library.article(URL)
    assert (found.title, found.outlet, found.published, found.text) == (
        "The market of Gao",
        "Niger Courier",
        date(2025, 6, 24),
        story("Gao").replace("\n\n", "\n"),
    )
    (name,) = [file for file in files(desk) if file != "kidal.txt"]
    assert name.startswith(f"added/{NAME}")
    assert name.endswith(".json")


def test_an_encoding_that_was_recognised_is_noted(web, editors):
    """Though the record that is kept is UTF-8."""
    text = "После пожара совет решил снова открыть рынок на берегу реки, где торговали рыбой."
    web.put(URL, html(f"<p>{text}</p>").encode("cp1251"))
    read_as = Noted(URL, Reason.READ_AS(encoding="CP1251"))
    assert asyncio.run(editors.add_link(URL)) == IngestReport(new=(URL,), noted=(read_as,))


def test_a_link_that_was_added_before_is_not_added_twice(desk, library, web, editors):
    """Unchanged, it is said to be; changed, it takes the place of what was there."""
    content = html(paragraphs(story("Gao")))
    web.put(URL, content)
    web.put(f"{URL}?utm_source=chat", content)
    first = asyncio.run(editors.add_link(URL))
    same = [asyncio.run(editors.add_link(url)) for url in web.held]
    web.put(URL, html(paragraphs(story("Gao", event="burned"))))
    changed = asyncio.run(editors.add_link(URL))
    assert (first, same, changed) == (
        IngestReport(new=(URL,)),
        [IngestReport(unchanged=1)] * 2,
        IngestReport(changed=(URL,)),
    )
    assert len(files(desk)) == 2
    assert "burned" in library.article(URL).text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html", html(paragraphs(story("Gao")))),
        ("text/html", html(paragraphs(f"Rain in Gao.\n\n{story('Gao')}"), title="Rain in Gao")),
        ("text/html", html(paragraphs(f"Share this\n\n{story('Gao')}\n\nRelated articles"))),
        (
            "text/html",
            html("<p>“Quoted” – Goïta’s \u00a0words, 1.5 % \\ / &lt;b&gt; \U0001f327.</p>"),
        ),
        ("text/plain", f"Rain in Gao\n\n{story('Gao')}"),
        ("text/plain", story("Gao")),
    ],
)
def test_the_text_is_the_pages_own(library, web, editors, kind, content):
    """The record's text is indexed as it was extracted from the page; its address has the day."""
    page = web.put(URL, content, kind).page()
    asyncio.run(editors.add_link(URL))
    expected = extract(page)
    found = library.article(URL)
    known = {"id": URL, "url": URL, "published": date(2025, 6, 24), "content_hash": ""}
    assert replace(found, content_hash="") == replace(expected, **known)


def test_a_file_at_an_address_is_kept_whole(desk, web, editors):
    """Its articles have their own addresses; sent anew, it takes the place of what was there."""
    url = "https://data.example/wire.jsonl"
    addresses = [f"https://news.example/{name}" for name in ("gao", "mopti")]
    for event in ("opened", "burned"):
        records = [
            {"url": address, "text": story(name, event=event)}
            for address, name in zip(addresses, ("Gao", "Mopti"), strict=True)
        ]
        web.put(url, "\n".join(map(json.dumps, records)), "application/x-ndjson")
        report = asyncio.run(editors.add_link(url))
    assert report == IngestReport(changed=tuple(addresses))
    assert [name for name in files(desk) if "wire" in name] == [
        f"added/data.example-wire-{sha256(url.encode()).hexdigest()[:8]}.jsonl"
    ]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("https://news.example/rain", "https://news.example/rain"),
        ("https://amp.news.example/rain", "https://amp.news.example/rain"),
        ("https://other.example/rain", URL),
        ("https://news.example/", URL),
    ],
)
def test_a_page_speaks_for_its_own_site_only(library, web, editors, own, expected):
    """Its own address is taken from it, but not that of a page elsewhere."""
    head = f'<link rel="canonical" href="{own}">'
    web.put(URL, html(paragraphs(story("Gao")), head=head))
    assert asyncio.run(editors.add_link(URL)) == IngestReport(new=(expected,))
    assert library.article(expected).url == expected


def test_a_link_without_an_article_leaves_no_file(desk, web, editors):
    """The reason is told, with what to do."""
    front, by_file = "https://news.example/", "send the article as a file"
    web.put(URL, "<html><body></body></html>")
    web.put(front, html(paragraphs(story("Gao"))))
    web.refuse(f"{front}sitemap.xml", 404)
    for url, expected in (
        (URL, f"{URL}: no article text; {by_file}"),
        (
            front,
            f"news.example {NO_FEED}",
        ),
        ("https://gone.example/", "https://gone.example/ cannot be found; check the address"),
    ):
        with pytest.raises(SourceError) as told:
            asyncio.run(editors.add_link(url))
        assert str(told.value) == expected
    assert files(desk) == ["kidal.txt"]


def test_a_link_to_what_the_corpus_has_is_not_kept_twice(desk, library, web, editors):
    """The file that has the article already is named, and no other one is made."""
    desk.record("gao.json", "Gao", URL)
    library.refresh()
    web.put(URL, html(paragraphs(story("Gao", event="burned"))))
    with pytest.raises(SourceError, match=r"another copy of .*, which comes from corpus/gao\.json"):
        asyncio.run(editors.add_link(URL))
    assert (files(desk), ids(library)) == (["gao.json", "kidal.txt"], [URL, "kidal.txt"])


RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<item><title>Gao</title><link>{url}?utm_source=rss</link></item>
<item><title>Mopti</title><link>https://news.example/mopti</link>
<pubDate>Tue, 24 Jun 2025 08:00:00 GMT</pubDate>
<content:encoded><![CDATA[{held}]]></content:encoded></item>
<item><title>Segou</title><link>https://news.example/segou</link></item>
<item><title>Kayes</title><link>https://news.example/kayes</link></item></channel></rss>"""


def test_a_feed_becomes_its_articles(desk, library, web, editors):
    """Each by its page, or else by what the feed holds of it; what cannot be had is named."""
    feed, kayes = "https://news.example/feed", "https://news.example/kayes"
    web.put(feed, RSS.format(url=URL, held=paragraphs(story("Mopti"))), "application/rss+xml")
    web.put(f"{URL}?utm_source=rss", html(paragraphs(story("Gao"))))
    web.refuse("https://news.example/mopti", 500)
    web.refuse("https://news.example/segou", 404)
    desk.record("kayes.json", "Kayes", kayes)
    library.refresh()
    web.put(kayes, html(paragraphs(story("Kayes"))))
    report = asyncio.run(editors.add_link(feed))
    assert report == IngestReport(
        new=("https://news.example/mopti", URL),
        unchanged=1,
        skipped=(
            Skipped(
                "https://news.example/segou", Reason.REFUSED(host="news.example", status="404")
            ),
        ),
    )
    mopti = library.article("https://news.example/mopti")
    assert (mopti.title, mopti.published, mopti.text) == (
        "Mopti",
        date(2025, 6, 24),
        story("Mopti").replace("\n\n", "\n"),
    )
    again = asyncio.run(editors.add_link(feed))
    assert (again.new, again.changed, again.unchanged, library.refresh()) == (
        (),
        (),
        3,
        IngestReport(unchanged=4),
    )


def test_an_editor_gets_the_first_entries_of_a_long_feed(library, web):
    """The rest is counted."""
    feed = "https://news.example/feed"
    web.put(feed, RSS.format(url=URL, held=""), "application/rss+xml")
    web.put(f"{URL}?utm_source=rss", html(paragraphs(story("Gao"))))
    report = asyncio.run(Editors(library, visitor=web.visitor, most=1).add_link(feed))
    assert report == IngestReport(new=(URL,), skipped=(Skipped(feed, Reason.MORE_LISTED(n=3)),))


# Files


def test_a_file_becomes_an_article(desk, library, editors):
    """In the folder of what was added; its id is the one that indexing everything anew gives."""
    report = asyncio.run(editors.add_file("Gao, 24 June.TXT", story("Gao").encode()))
    assert report == IngestReport(new=("added/Gao-24-June.txt",))
    assert files(desk) == ["added/Gao-24-June.txt", "kidal.txt"]
    with Library.open(desk.folder / "anew", corpus=desk.corpus, embedder=desk.embedder) as anew:
        anew.refresh()
        assert ids(anew) == ids(library)


def test_a_file_of_several_articles_tells_of_those_that_are_none(editors):
    """The readable records are kept, and the others are named."""
    lines = [{"url": URL, "text": story("Gao")}, {"text": " "}]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    report = asyncio.run(editors.add_file("news.jsonl", content))
    assert (report.new, [file.reason for file in report.skipped]) == ((URL,), [Reason.NO_TEXT()])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b" ", "gao.jsonl: empty"),
        (b"\xff\xfeodd", "gao.jsonl: not UTF-16-LE (byte 0x64 at 2); save it as UTF-8"),
        (b"{}\n[]", "gao.jsonl: no text (and 1 more)"),
    ],
)
def test_a_file_of_which_nothing_comes_is_not_kept(desk, library, editors, content, expected):
    """The reason is told; neither the corpus nor the index changes, also where one was there."""
    for before in (["kidal.txt"], ["added/gao.jsonl", "kidal.txt"]):
        with pytest.raises(SourceError) as told:
            asyncio.run(editors.add_file("gao.jsonl", content))
        assert str(told.value) == expected
        assert (files(desk), library.refresh()) == (before, IngestReport(unchanged=len(before)))
        record = json.dumps({"text": story("Gao")}).encode()
        asyncio.run(editors.add_file("gao.jsonl", record))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gao.txt", "gao.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\gao.md", "gao.md"),
        ("/gao.html", "gao.html"),
        (".hidden.txt", "hidden.txt"),
        ("...txt", "article.txt"),
        ("a b\n\x00c*?.JSON", "a-b-c.json"),
        ("Goi\u0308ta – Москва.txt", "Goïta-Москва.txt"),
        ("\udcff.txt", "article.txt"),
        ("ï" * 200 + ".txt", "ï" * 75 + ".txt"),
    ],
)
def test_a_name_is_made_safe(name, expected):
    """No folder, no dot before it, nothing odd in it, and not too long."""
    assert safe_name(name) == expected


@pytest.mark.parametrize("name", ["", "gao", "gao.odt", ".txt", "gao.txt.exe", "gao.txt/"])
def test_a_file_of_another_kind_is_refused(desk, editors, name):
    """The kinds that can be read are named."""
    with pytest.raises(SourceError, match=r"is not a \.txt, .* file; save it as one of these$"):
        asyncio.run(editors.add_file(name, b"Rain"))
    assert files(desk) == ["kidal.txt"]


class Looking(FakeEmbedder):
    """Notes which files are in the corpus while passages are embedded."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.seen: list[list[str]] = []
        self.killed = False

    def passages(self, passages):
        self.seen.append([name for name in files(self.desk) if "/." not in name])
        if self.killed:
            raise KeyboardInterrupt
        return super().passages(passages)


@pytest.fixture
def looking(desk) -> Looking:
    desk.embedder = Looking(desk)
    return desk.embedder


def test_a_file_is_indexed_before_it_is_in_the_corpus(desk, looking, library, editors):
    """Nobody finds a file there that is not indexed, and what is moved there is not read again."""
    asyncio.run(editors.add_file("gao.txt", story("Gao").encode()))
    assert (looking.seen, files(desk)) == ([["kidal.txt"]], ["added/gao.txt", "kidal.txt"])
    assert library.refresh() == IngestReport(unchanged=2)
    assert len(looking.seen) == 1


def test_a_kill_while_a_file_is_indexed_leaves_no_work_behind(desk, looking, library, editors):
    """The next start neither has the file nor embeds anything of it."""
    looking.killed = True
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(editors.add_file("gao.txt", story("Gao").encode()))
    assert library.refresh() == IngestReport(unchanged=1, removed=("added/gao.txt",))
    assert len(looking.seen) == 1
    assert [name for name in files(desk) if not name.startswith("added/.")] == ["kidal.txt"]


def test_a_file_that_takes_too_long_is_not_added(desk, library):
    """The limit is told, what was there before stays, and no work is left for the next start."""
    asyncio.run(Editors(library).add_file("gao.txt", story("Gao").encode()))
    texts = "\n".join(json.dumps({"text": story(f"Town{n}")}) for n in range(200)).encode()
    seconds = iter(range(0, 10_000, 70))
    slow = Editors(library, clock=lambda: next(seconds))
    for name, content in (("towns.jsonl", texts), ("gao.txt", story("Gao", "burned").encode())):
        with pytest.raises(Stopped) as told:
            asyncio.run(slow.add_file(name, content))
        assert str(told.value) == (
            "indexing it takes more than 120 s, so it is not added; send it in parts, or have it "
            "put into the folder of articles"
        )
    assert files(desk) == ["added/gao.txt", "kidal.txt"]
    assert library.refresh() == IngestReport(unchanged=2)
    assert library.article("added/gao.txt").text == story("Gao")
    assert desk.agrees()


def test_two_files_at_once_come_one_after_the_other(library, editors):
    """Each writer waits for the one before."""

    async def both():
        names = ("Gao", "Mopti", "Kayes")
        adding = (editors.add_file(f"{name}.txt", story(name).encode()) for name in names)
        return await asyncio.gather(*adding)

    reports = asyncio.run(both())
    assert [report.new for report in reports] == [
        ("added/Gao.txt",),
        ("added/Mopti.txt",),
        ("added/Kayes.txt",),
    ]
    assert len(ids(library)) == 4


# Removal


def test_what_is_removed_is_kept_elsewhere(desk, library, editors):
    """The article is gone from the index, and its file is beside it, whatever lies there."""
    removed = []
    for event in ("was flooded", "burned", "opened"):
        asyncio.run(editors.add_file("gao.txt", story("Gao", event).encode()))
        removed.append(asyncio.run(editors.remove("GAO")).id)
    assert removed == ["added/gao.txt"] * 3
    assert files(desk, ".griot/removed") == ["gao-2.txt", "gao-3.txt", "gao.txt"]
    assert "burned" in (desk.home / "removed" / "gao-2.txt").read_text(encoding="utf-8")
    assert (files(desk), ids(library)) == (["kidal.txt"], ["kidal.txt"])


@pytest.mark.parametrize("name", ["paris", "a"])
def test_a_name_that_is_not_one_articles_removes_nothing(desk, library, editors, name):
    """None or several: it is said, as everywhere."""
    desk.put("gao.txt", story("Gao"))
    library.refresh()
    with pytest.raises(ArticleNotFound):
        asyncio.run(editors.remove(name))
    assert files(desk) == ["gao.txt", "kidal.txt"]


def test_a_file_with_other_articles_stays(desk, library, editors):
    """One of several cannot be removed with its file; what to do is said."""
    records = [{"url": f"https://n.example/{p}", "text": story(p)} for p in ("Gao", "Mopti")]
    desk.put("both.json", json.dumps(records))
    library.refresh()
    with pytest.raises(CorpusError) as told:
        asyncio.run(editors.remove("Mopti"))
    assert str(told.value) == (
        "https://n.example/Mopti comes from both.json, which holds 2 articles; take it out of that "
        "file, then /reindex"
    )
    assert (files(desk), len(ids(library))) == (["both.json", "kidal.txt"], 3)


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_outside_of_the_corpus_stays(desk, library, editors, linked):
    """A file elsewhere, or behind a link in the corpus, is not the editors' to move."""
    path = desk.folder / "elsewhere" / "gao.txt"
    path.parent.mkdir()
    path.write_text(story("Gao"), encoding="utf-8")
    if linked:
        (desk.corpus / "linked").symlink_to(path.parent)
        library.refresh()
    else:
        library.ingest([path])
    with pytest.raises(CorpusError, match=r"outside of .*; delete that file and run: griot index"):
        asyncio.run(editors.remove("gao"))
    assert (path.exists(), len(ids(library))) == (True, 2)


def test_a_copy_is_told(desk, library, editors):
    """An article that another file has as well is still there, which is said."""
    for name in ("one.json", "two.json"):
        desk.record(name, "Gao", URL)
    library.refresh()
    with pytest.raises(CorpusError, match=r"is in .*two\.json as well; remove it once more$"):
        asyncio.run(editors.remove(URL))
    asyncio.run(editors.remove(URL))
    assert ids(library) == ["kidal.txt"]


def test_a_file_that_is_gone_already_is_forgotten(desk, library, editors):
    """Where somebody deleted the file meanwhile, the index follows."""
    (desk.corpus / "kidal.txt").unlink()
    assert asyncio.run(editors.remove("kidal")).id == "kidal.txt"
    assert (ids(library), files(desk, ".griot/removed")) == ([], [])


@dataclass
class Locked:
    """A library whose index somebody else is writing to."""

    library: Library

    def __getattr__(self, name):
        return getattr(self.library, name)

    def ingest(self, paths, **more):
        raise IndexLocked("another griot is writing")


def test_a_change_that_cannot_be_indexed_is_undone(desk, library, web):
    """The corpus is as it was, and the reason is told."""
    editors = Editors(Locked(library), visitor=web.visitor)
    web.put(URL, html(paragraphs(story("Gao"))))
    changes = (
        lambda: editors.add_link(URL),
        lambda: editors.add_file("gao.txt", b"Rain."),
        lambda: editors.remove("kidal"),
    )
    for change in changes:
        with pytest.raises(IndexLocked):
            asyncio.run(change())
    assert (files(desk), files(desk, ".griot/removed")) == (["kidal.txt"], [])


def test_an_answer_outlives_its_article(desk, web):
    """Where an article that an answer cites is removed, the answer is still traced, with quotes."""
    with Library.open(
        desk.home,
        corpus=desk.corpus,
        embedder=desk.embedder,
        answerer=Extractive(FakeReader("the mayor")),
    ) as library:
        answer = asyncio.run(library.ask("Who said so in Kidal?"))
        asyncio.run(Editors(library, visitor=web.visitor).remove("kidal"))
        kept, versions = library.trace(answer.id)
        around = [library.around(citation) for citation in kept.citations]
    assert [citation.quote for citation in kept.citations] == [
        citation.quote for citation in answer.citations
    ]
    assert ({*versions.values()}, {*around}) == ({Version.GONE}, {None})
