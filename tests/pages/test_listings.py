import asyncio
import gzip
import json
import zipfile
from io import BytesIO

import pytest

from fake_web import FakeWeb
from rag.errors import Refused, SourceError
from rag.pages import listings
from rag.pages.entries import Entry, Listing
from rag.pages.extract import extract
from rag.pages.formats import KINDS
from rag.pages.listings import SentFile, find, listed, page_of, page_or_reason
from rag.reasons import Reason
from rag.types import RawPage

SITE = "https://news.example"
FEED = f"{SITE}/feed"
RSS = "application/rss+xml"
MAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
DAY = "Tue, 24 Jun 2025 08:00:00 GMT"
PAGE = "<html><body><article><p>Rain fell in Gao on Monday, they said.</p></article></body></html>"


def rss(*items, head='<?xml version="1.0" encoding="utf-8"?>'):
    return f'{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


def item(title="Rain", link="/rain", date=DAY):
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate></item>"


RAIN = Entry(
    link=f"{SITE}/rain",
    title="Rain",
    published=(DAY, "2025-06-24T08:00:00Z"),
    outlet="News",
    stamp=DAY,
)


@pytest.fixture
def web():
    return FakeWeb()


def found(web, url=FEED):
    return asyncio.run(find(url, web.get))


def word_file(title, text):
    file = BytesIO()
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    style = '<w:pPr><w:pStyle w:val="Title"/></w:pPr>'
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr(
            "word/document.xml",
            f"<w:document {space}><w:body><w:p>{style}<w:r><w:t>{title}</w:t></w:r></w:p>"
            f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
        )
    return file.getvalue()


def refused(web, url=FEED):
    with pytest.raises(SourceError) as told:
        found(web, url)
    return str(told.value)


NITF = (
    "<nitf><head/><body><body.head><hedline><hl1>Rain</hl1></hedline></body.head>"
    "<body.content><p>Rain fell in Gao on Monday.</p></body.content></body></nitf>"
)
SENT = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}"
WARC = (
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
    "WARC-Date: 2025-06-24T08:00:00Z\r\nWARC-Target-URI: https://e.org/rain\r\n"
    f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(SENT)}\r\n\r\n"
    f"{SENT}\r\n\r\n"
).encode()
SGML = "<REUTERS><TITLE>Rain</TITLE><BODY>Rain fell in Gao.</BODY></REUTERS>\n"


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("rain.nitf", "application/octet-stream", NITF),
        ("rain.xml", "text/xml", NITF),
        ("rain", "application/xml", NITF),
        ("rain.json?download", "application/json", '{"title": "Rain", "text": "Rain fell."}'),
        ("rain.jsonl", "text/plain", '{"title": "Rain", "text": "Rain fell."}\n'),
        ("rain.sgm", "application/octet-stream", SGML),
        ("rain.md", "text/plain", "# Rain\n\nRain fell."),
        ("rain.docx", "application/octet-stream", word_file("Rain", "Rain fell.")),
        ("rain", "application/zip", word_file("Rain", "Rain fell.")),
    ],
)
def test_a_file_of_one_article_is_a_page(web, name, kind, content):
    """Its format is told by the address, or else by the content, where the media type says none."""
    url = f"{SITE}/{name}"
    web.put(url, content, kind)
    page = found(web, url)
    article = extract(page)
    assert (page.location, article.url, article.title) == (url, url, "Rain")
    assert article.text.startswith("Rain fell")


@pytest.mark.parametrize(
    ("name", "kind", "content", "suffix"),
    [
        ("rain.sgm", "text/sgml", SGML * 2, ".sgm"),
        ("rain.jsonl", "application/octet-stream", '{"text": "a"}\n{"text": "b"}', ".jsonl"),
        ("rain", "application/x-ndjson", '{"text": "a"}\n{"text": "b"}', ".jsonl"),
        ("rain", "application/json", '[{"text": "a"}, {"text": "b"}]', ".json"),
        ("rain.json", "application/json", '{"text": "a", "url": "https://e.org/a"}', ".json"),
        ("rain.warc", "application/warc", WARC, ".warc"),
        ("rain.warc.gz", "application/gzip", gzip.compress(WARC), ".warc.gz"),
    ],
)
def test_a_file_of_articles_with_their_own_addresses_stays_one(web, name, kind, content, suffix):
    """So does one of several articles."""
    url = f"{SITE}/{name}"
    web.put(url, content, kind)
    sent = content.encode() if isinstance(content, str) else content
    assert found(web, url) == SentFile(url, suffix, sent)


def test_a_file_of_no_format_is_named(web):
    web.put(f"{SITE}/rain", b"\x00\x01", "application/octet-stream")
    assert refused(web, f"{SITE}/rain") == (
        "news.example sent application/octet-stream, which is not read from a link; send the "
        f"article as a file ({KINDS})"
    )


@pytest.mark.parametrize(
    ("content", "kind", "charset", "title"),
    [
        (rss(item()), RSS, None, "Rain"),
        (rss(item()), "text/html", "utf-8", "Rain"),
        (f"<!-- {'x' * 99} -->\n{rss(item(), head='')}", "text/plain", None, "Rain"),
        (rss(item("Goïta")).encode("utf-16"), "application/xml", None, "Goïta"),
        (rss(item("Goïta"), head="").encode("cp1252"), RSS, "windows-1252", "Goïta"),
        (
            rss(item("Дождь"), head='<?xml version="1.0" encoding="koi8-r"?>').encode("koi8-r"),
            RSS,
            None,
            "Дождь",
        ),
    ],
)
def test_a_feed_is_told_by_its_content(web, content, kind, charset, title):
    """Whatever its media type and its encoding, with the addresses of its entries in full."""
    web.put(FEED, content, kind, charset)
    listing = found(web)
    assert [(entry.link, entry.title) for entry in listing.entries] == [(f"{SITE}/rain", title)]


def test_rss_atom_and_json_feed_say_the_same(web):
    """Each entry with its address, title, dates, and its content where the feed has it."""
    web.put(FEED, rss(item(), item("Twice", "/rain?utm_source=x"), "<item/>"), RSS)
    assert found(web) == Listing(location=FEED, entries=(RAIN,))
    instant = "2025-06-24T08:00:00Z"
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><entry><title>Rain</title>'
        f'<link href="/rain"/><published>{instant}</published><updated>2025-06-25</updated>'
        '<content type="html">&lt;p&gt;Rain fell.&lt;/p&gt;</content></entry></feed>'
    )
    json_feed = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "News", '
        '"items": [7, {"url": "/rain", '
        f'"title": "Rain", "date_published": "{instant}", "date_modified": "2025-06-25", '
        '"content_html": "<p>Rain fell.</p>"}]}'
    )
    for content, kind, dates in (
        (atom, "application/atom+xml", (instant, instant)),
        (json_feed, "application/json", (instant,)),
    ):
        web.put(FEED, content, kind)
        assert found(web).entries == (
            Entry(
                link=f"{SITE}/rain",
                title="Rain",
                published=dates,
                outlet="News",
                stamp="2025-06-25",
                content="<p>Rain fell.</p>",
            ),
        )


@pytest.mark.parametrize(
    ("items", "outlets"),
    [
        ((item(), item(link="https://www.news.example/dry")), ["News", "News"]),
        ((item(), item(link="https://other.example/dry")), ["", ""]),
        (
            (item(), item().replace("/rain", "/dry") + "<item/>", item(link="https://[")),
            ["News"] * 2,
        ),
        ((item().replace("</item>", "<source url='/x'>Wire</source></item>"),), ["Wire"]),
    ],
)
def test_the_title_of_a_feed_is_an_outlet(web, items, outlets):
    """Unless an entry names another, or the entries lead to several sites: a collection's."""
    web.put(FEED, rss(*items), RSS)
    assert [entry.outlet for entry in found(web).entries] == outlets


def test_what_a_page_names_goes_before_the_feed(web):
    """For its outlet as for its title and its date."""
    site = '<meta property="og:site_name" content="The Quay">'
    for page, outlet in ((PAGE, "News"), (PAGE.replace("<body>", f"{site}<body>"), "The Quay")):
        web.put(RAIN.link, page)
        assert extract(asyncio.run(page_of(RAIN, web.get))).outlet == outlet


def test_a_broken_feed_gives_what_can_be_read(web):
    """It is marked as broken; one of which nothing can be read is refused."""
    web.put(FEED, rss(item(), "<item><title>cut o")[:-30], RSS)
    assert found(web) == Listing(location=FEED, entries=(RAIN,), broken=True)
    web.put(FEED, "<rss><channel><item><tit", RSS)
    assert refused(web) == "news.example sent a feed that cannot be read; try again later"


BAD = ("http://[::1/x", "http://xn--/x", "http://news.example:99999/x", "http://a\u2100.example/x")


def json_feed(*links):
    items = [{"url": link, "title": "Rain"} for link in links]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})


def sitemap(*links):
    return f"<urlset {MAPS}>{''.join(f'<url><loc>{link}</loc></url>' for link in links)}</urlset>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (rss(*(item(link=link) for link in (*BAD, "/rain"))), RSS),
        (json_feed(*BAD, "/rain"), "application/json"),
        (sitemap(*BAD, f"{SITE}/rain"), "text/xml"),
    ],
)
def test_a_malformed_address_costs_its_entry_alone(web, content, kind):
    """It is left out, or skipped with the reason."""
    web.put(FEED, content, kind)
    web.put(RAIN.link, PAGE)
    visitor = web.visitor

    async def pages():
        entries = (await find(FEED, visitor.get)).entries
        return [await page_or_reason(entry, visitor.get_found) for entry in entries]

    *skipped, page = asyncio.run(pages())
    assert page.location == RAIN.link
    assert {each.reason.kind for each in skipped} == {Reason.NOT_A_LINK}


def test_a_malformed_address_of_a_feed_is_passed_over(web):
    """Whether a page names it, robots.txt, or an index of sitemaps."""
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    head = "".join(link.format(address) for address in BAD)
    web.put(f"{SITE}/", f"<html><head>{head}</head><body>News</body></html>")
    named = "".join(f"Sitemap: {address}\n" for address in (*BAD, f"{SITE}/map.xml"))
    web.put(f"{SITE}/robots.txt", f"\ufeff{named}", "text/plain")
    locations = "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in (*BAD, FEED))
    web.put(f"{SITE}/map.xml", f"<sitemapindex {MAPS}>{locations}</sitemapindex>", "text/xml")
    web.put(FEED, sitemap(RAIN.link), "text/xml")
    listing = asyncio.run(find(f"{SITE}/", web.visitor.get))
    assert [entry.link for entry in listing.entries] == [RAIN.link]


def test_a_feed_that_is_refused_is_no_page(web):
    """It cannot be sent as a file; the remedy is another."""
    said = "try again later, or check the address of the feed"
    for status in (410, 500):
        web.refuse(FEED, status)
        with pytest.raises(Refused, match=said):
            asyncio.run(listed(FEED, web.get))


def test_entities_lead_nowhere(web, tmp_path):
    """Neither to a file, nor to a text that grows with each of them."""
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    declared = f'<!DOCTYPE x [<!ENTITY f SYSTEM "{secret.as_uri()}"><!ENTITY e0 "lol">{grown}]>'
    web.put(FEED, rss(item("&f;&e11;"), head=declared), RSS)
    assert all(
        len(entry.title) < 20 and "secret" not in entry.title for entry in found(web).entries
    )
    sitemap = f"{declared}<urlset {MAPS}><url><loc>{SITE}/&f;&e11;</loc></url></urlset>"
    web.put(FEED, sitemap, "application/xml")
    assert all(len(entry.link) < 40 and "secret" not in entry.link for entry in found(web).entries)


def test_a_sitemap_for_news_says_when_and_where(web):
    """The newest come first; when a page was changed is not when it was published."""
    web.put(
        FEED,
        f"<urlset {MAPS} {NEWS}><url><loc>{SITE}/old</loc><lastmod>2025-06-01</lastmod></url>"
        f"<url><loc> {SITE}/rain </loc><news:news><news:publication><news:name>Niger Courier"
        "</news:name></news:publication><news:publication_date>2025-06-24</news:publication_date>"
        "<news:title>Rain</news:title></news:news></url></urlset>",
        "text/xml",
    )
    assert found(web).entries == (
        Entry(
            link=f"{SITE}/rain",
            title="Rain",
            published=("2025-06-24",),
            outlet="Niger Courier",
            stamp="2025-06-24",
        ),
        Entry(link=f"{SITE}/old", stamp="2025-06-01"),
    )


def index_of(*names):
    sitemaps = "".join(f"<sitemap><loc>{SITE}/{name}</loc></sitemap>" for name in names)
    return f"<sitemapindex {MAPS}>{sitemaps}</sitemapindex>"


def sitemap_of(*names):
    return f"<urlset {MAPS}>{''.join(f'<url><loc>{SITE}/{n}</loc></url>' for n in names)}</urlset>"


def test_an_index_leads_to_its_sitemaps(web):
    """To those for news alone where it has some; they may be packed, and one may be missing."""
    web.put(FEED, index_of("pages.xml", "news-1.xml.gz", "news-2.xml", "news-3.xml"), "text/xml")
    packed = gzip.compress(sitemap_of("a", "b").encode())
    web.put(f"{SITE}/news-1.xml.gz", packed, "application/octet-stream")
    web.put(f"{SITE}/news-3.xml", sitemap_of("b", "c"), "text/xml")
    assert [entry.link for entry in found(web).entries] == [f"{SITE}/{name}" for name in "abc"]
    assert f"{SITE}/pages.xml" not in web.asked


def test_a_sitemap_that_unpacks_without_end_is_refused(web):
    """Unpacking stops at the limit."""
    bomb = gzip.compress(b" " * (listings.LISTING_BYTES + 1))
    web.put(FEED, bomb, "application/gzip")
    assert refused(web).startswith("news.example sent more than 50 MiB")


def test_only_so_many_entries_are_taken(web):
    """The rest is counted."""
    web.put(FEED, sitemap_of(*range(listings.MOST + 2)), "text/xml")
    assert (len(found(web).entries), found(web).cut) == (listings.MOST, 2)


def test_the_front_page_of_a_site_leads_to_its_feed(web):
    """To the one that it names, else to its sitemap, by robots.txt or by custom."""
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    head = link.format("/comments/feed") + link.format("/feed")
    web.put(f"{SITE}/", f"<html><head>{head}</head><body>News</body></html>")
    web.put(FEED, rss(item()), RSS)
    assert found(web, f"{SITE}/").location == FEED
    del web.held[FEED]
    web.refuse(FEED, 404)
    web.put(f"{SITE}/robots.txt", f"User-agent: *\nSitemap: {SITE}/map.xml", "text/plain")
    web.put(f"{SITE}/map.xml", sitemap_of("rain"), "text/xml")
    assert found(web, f"{SITE}/").location == f"{SITE}/map.xml"
    del web.held[f"{SITE}/robots.txt"]
    web.put(f"{SITE}/sitemap.xml", sitemap_of("rain"), "text/xml")
    assert found(web, f"{SITE}/").location == f"{SITE}/sitemap.xml"
    web.refuse(f"{SITE}/sitemap.xml", 404)
    assert refused(web, f"{SITE}/") == (
        "news.example names no feed and no sitemap there; send the address of a feed or an article"
    )


def test_an_article_that_names_a_feed_is_an_article(web):
    """Unless a feed is looked for."""
    link = '<head><link rel="alternate" type="application/rss+xml" href="/feed"></head>'
    page = web.put(f"{SITE}/rain", PAGE.replace("<body>", f"{link}<body>")).page()
    assert isinstance(page, RawPage)
    assert found(web, f"{SITE}/rain") == page
    web.put(FEED, rss(item()), RSS)
    assert asyncio.run(listed(f"{SITE}/rain", web.get)) == Listing(location=FEED, entries=(RAIN,))
