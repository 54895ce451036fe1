import json
import re
import tracemalloc
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paths import GOLDEN, SHARED
from processor import processor_seconds
from rag.errors import SourceError
from rag.pages import furniture, html, markdown, records, sources, text
from rag.pages.characters import normalise
from rag.pages.dates import address_date, parse_date
from rag.pages.extract import canonical_url, edge_lines, extract, record_of
from rag.pages.formats import FORMATS, Format
from rag.types import Article, RawPage

GIVEN = SHARED / "articles"

LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
FIRST_WORDS = "The council voted on Tuesday to reopen the fish market that burned…"
NEXT = "Traders have been selling from the roadside since, which the police tolerated."


def text_page(content: str, **fields: str) -> RawPage:
    return text.page(content, "market.txt", {name: [value] for name, value in fields.items()})


def markdown_page(content: str) -> RawPage:
    (page,) = markdown.read(content.encode(), "market.md")
    return page


def html_page(head: str, body: str = f"<article><p>{LEAD}</p><p>{NEXT}</p></article>") -> RawPage:
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    (found,) = html.read(page.encode(), "market.html")
    return found


def text_of(*lines: str) -> list[str]:
    return extract(text_page("\n\n".join(lines))).text.split("\n\n")


def shown(article: Article) -> dict[str, object]:
    published = article.published.isoformat() if article.published else None
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "outlet": article.outlet,
        "published": published,
        "text": article.text.split("\n"),
    }


# Golden pairs


@pytest.mark.parametrize("expected", sorted(GOLDEN.glob("*.expected.json")), ids=lambda p: p.name)
def test_golden(expected: Path) -> None:
    """Each page of the golden pairs becomes exactly the article beside it."""
    stem = expected.name.removesuffix(".expected.json")
    (page,) = [p for p in GOLDEN.glob(f"{stem}.*") if p != expected]
    pages, skipped = sources.read_file(page, page.name)
    actual = [shown(extract(page)) for page in pages]
    assert (actual, skipped) == (json.loads(expected.read_text("utf-8")), [])


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the shared articles are not beside this checkout")
def test_given_articles() -> None:
    """The two given articles keep their every paragraph and lose their furniture and headline."""
    files = list(sources.walk(GIVEN))
    pages = [sources.read_file(file.path, file.path.name)[0][0] for file in files]
    articles = [extract(page) for page in pages]
    paragraphs = [[line for line in a.text.split("\n") if line] for a in articles]
    kept = [[line for line in page.text.split("\n") if line] for page in pages]
    assert paragraphs == [kept[0][2:-4], kept[1]]
    assert [a.title for a in articles] == [kept[0][0], " ".join(kept[1][0].split()[:12]) + "…"]
    assert [(a.id, a.published) for a in articles] == [(f.path.name, None) for f in files]


# Text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc\u2028d\u2029e\u0085f", "a\nb\nc\nd\ne\nf"),
        ("a\u00a0\u2009\t b", "a b"),
        ("\ufeffGo\u200bi\u0308ta\u00ad\u202e", "Goïta"),
        ("a\x00\x07b\x9fc\ufffe\uffff", "abc"),
        ("\ud83d\ude00 and \ud800", "😀 and \ufffd"),
        ("  a  \n  b  ", "a\nb"),
        ("\n\na\n \n\t\n\nb\n", "a\n\nb"),
        ("\U000e0049hid\U000e007fden", "hidden"),
    ],
)
def test_normalise(raw: str, expected: str) -> None:
    """Newlines, spaces, invisible characters and broken surrogates come out in one form."""
    assert normalise(raw) == expected


ODD = st.characters() | st.sampled_from("\ud800\udfff\u200b\u00a0\u2028\r\n\t \u0301\ufeff")


@given(st.text(ODD))
def test_what_is_normal_stays_so_and_holds_nothing_forbidden(raw: str) -> None:
    """It is in NFC, encodes, and holds no control, odd space or blank run."""
    found = normalise(raw)
    found.encode("utf-8")
    forbidden = re.compile("[^\\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\ufeff\u00ad]|\n{3}|  | \n")
    assert (forbidden.findall(found), normalise(found)) == ([], found)
    assert found == unicodedata.normalize("NFC", found.strip())


MARKUP = st.text("<>/p!-[]{}#*_`\"'&;:= \nab", max_size=80)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.SUFFIXES[0])
@settings(deadline=None, max_examples=60)
@given(
    content=st.text(ODD).map(lambda odd: odd.encode("utf-8", "replace")) | MARKUP.map(str.encode)
)
def test_a_file_gives_normal_articles_or_a_reason(kind: Format, content: bytes) -> None:
    """Whatever a file holds, there is an article with normal text or a source error."""
    try:
        articles = [
            extract(page) for page in kind.read(content, "any") if isinstance(page, RawPage)
        ]
    except SourceError:
        return
    for article in articles:
        assert article.text == normalise(article.text)
        assert "" not in {article.text, article.title}


WORD = st.text("abcdefghij", min_size=2, max_size=8)
TITLE = st.lists(WORD, min_size=2, max_size=8).map(lambda words: " ".join(words).title())


@given(title=TITLE, times=st.integers(1, 3), gap=st.sampled_from(["\n", "\n\n"]))
def test_headline_is_not_text(title: str, times: int, gap: str) -> None:
    """However often the headline stands above the article, it is the title and no text."""
    article = extract(text_page(gap.join([title] * times) + f"\n\n{LEAD}\n\n{NEXT}"))
    assert (article.title, article.text) == (title, f"{LEAD}\n\n{NEXT}")


# Titles


@pytest.mark.parametrize(
    ("content", "given", "title", "text"),
    [
        (f"GOITA — IN MOSCOW!\n\n{LEAD}", "Goïta in Moscow", "Goïta in Moscow", LEAD),
        (
            f"{LEAD}\n{NEXT}",
            "",
            FIRST_WORDS,
            f"{LEAD}\n{NEXT}",
        ),
        *[("Fish market to reopen",) * 4],
    ],
)
def test_title(content: str, given: str, title: str, text: str) -> None:
    """A headline may differ in accents, case and dashes; without one, the first words are it."""
    article = extract(text_page(content, title=given))
    assert (article.title, article.text) == (title, text)


@pytest.mark.parametrize(
    "content",
    [
        "The market reopened.",
        "Fish market",
        "“We will not leave,” he said.",
        "1. Paris\n\n2. Rome\n\n3. Oslo",
        f"1. Facebook\n\n2. WhatsApp\n\n{LEAD}",
        "Low tide\n\nNo boat\n\nNo sound",
        f"The council of the town\nsaid no more about it on Tuesday. {LEAD}",
    ],
)
def test_whole_text_stays(content: str) -> None:
    """One line, a quotation, a list, a poem and a broken sentence lose nothing to the title."""
    assert extract(text_page(content)).text == content


# Furniture


@pytest.mark.parametrize(
    "furniture_lines",
    [
        ["Comments", "No comments yet. Why don’t you start the discussion?", "Leave a Reply"],
        ["Your email address will not be published. Required fields are marked *"],
        ["Share on Facebook", "Tweet", "WhatsApp"],
        ["Share on Facebook / Tweet / WhatsApp"],
        ["Share this:", "Facebook", "X"],
        ["Facebook", "Twitter", "LinkedIn"],
        ["We use cookies to improve your experience. Accept"],
        ["This website uses cookies. By continuing to browse you agree to their use.", "Accept"],
        ["Sign up for our daily newsletter and get the best stories in your inbox."],
        ["Subscribe to our newsletter", "Enter your email address"],
        ["Related articles", "Rain in the north", "Who owns the ferry?", "12 Comments"],
        ["Tags:", "Mopti", "Fish"],
        ["You must be logged in to post a comment."],
        ["Please enable JavaScript to view the comments."],
        ["Log in", "Register", "Newsletter"],
        ["© 2023 The Quay. All rights reserved."],
        ["Name *", "Email *", "Post Comment", "Cancel reply"],
    ],
)
def test_furniture_goes(furniture_lines: list[str]) -> None:
    """Forms, bars, notices, boxes and lists of headlines under an article are not its text."""
    assert text_of(LEAD, NEXT, *furniture_lines) == [LEAD, NEXT]


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "- ADVERTISEMENT -",
        "Story continues below advertisement",
        "Share this:",
        "Read more: Rain in the north",
        "Subscribe to our newsletter",
        "Read more »",
    ],
)
def test_furniture_in_the_middle_goes(line: str) -> None:
    """An advertisement's label, a pointer elsewhere and a command go where they stand alone."""
    assert text_of(LEAD, line, NEXT) == [LEAD, NEXT]


@pytest.mark.parametrize(
    "line",
    [
        "The paper closed its comment sections in May.",
        "Facebook and Twitter declined to comment.",
        "“You can turn off cookies in your browser,” she said.",
        "Cookies are small files that a website leaves on your computer.",
        "Every subscriber gets the newsletter by email.",
        "You should read every comment before you reply, the guide advises.",
        "The company did not reply to emails.",
        "Privacy is a right, not a privilege.",
        "Tweets by the president are public records, the court ruled.",
        "“We will not leave,” he said.",
        "Shares closed lower.",
        "We share a border, a river and a language.",
        "Home",
        "By Awa Cissé",
    ],
)
def test_sentences_about_furniture_stay(line: str) -> None:
    """A last line about comments, cookies or newsletters, or one that is just short, is text."""
    assert text_of(LEAD, NEXT, line) == [LEAD, NEXT, line]


def test_broken_line_stays() -> None:
    """A last line that goes on from the line before is no label, whatever its words."""
    content = f"{LEAD}\nThe owner asked to be quoted by name and left without a\ncomment"
    assert extract(text_page(content)).text == content


def test_repeated_lines() -> None:
    """A line that other articles have too goes from the edges, and stays amid the text."""
    page = text_page(f"The Quay\n\n{LEAD}\n\nThe Quay\n\n{NEXT}\n\nThe Quay, Mopti")
    repeated = edge_lines(page) & {"The Quay", "The Quay, Mopti", LEAD + NEXT}
    assert extract(page, repeated=repeated).text == f"{LEAD}\n\nThe Quay\n\n{NEXT}"


def test_edge_lines() -> None:
    """Edge lines are the short ones near both ends; a paragraph never is one."""
    long = f"{LEAD} {NEXT}"
    assert edge_lines(text_page(f"The\u00a0Quay\n{long}\n— \nMopti")) == {"The Quay", "Mopti"}


@pytest.mark.parametrize("content", ["", " \n\u200b", "Comments\n\nLeave a Reply"])
def test_no_article(content: str) -> None:
    """A page of nothing but blanks or furniture is no article."""
    with pytest.raises(SourceError, match=r"^no article text$"):
        extract(text_page(content))


# Wrapped lines

WRAPPED = """\
The council of Mopti voted on Tuesday to reopen the fish
market, which burned down in April, and to pay for a
second well beside it."""
JOINED = WRAPPED.replace("\n", " ")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (WRAPPED, JOINED),
        (f"{WRAPPED}\n\n{WRAPPED}", f"{JOINED}\n\n{JOINED}"),
        (f"{WRAPPED}\n    {WRAPPED}", f"{JOINED}\n    {JOINED}"),
        (f"{WRAPPED}\n{WRAPPED}", f"{JOINED}\n{JOINED}"),
        (WRAPPED.replace("\n", "\n\n").upper(), JOINED.upper()),
        (f"{WRAPPED}\n- One.\n- Two.", f"{JOINED}\n- One.\n- Two."),
        (f"{LEAD}\n{NEXT}", f"{LEAD}\n{NEXT}"),
        ("Low tide\nno boat\nno sound", "Low tide\nno boat\nno sound"),
    ],
)
def test_unwrap(raw: str, expected: str) -> None:
    """Lines broken at a width are joined; paragraphs, items and verses keep their own lines."""
    assert text.unwrap(raw) == expected


# URLs and dates


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("HTTP://Example.ORG:80/A/b/#top", "http://example.org/A/b"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org:8443/?", "https://example.org:8443/"),
        ("https://e.org/a?utm_source=x&id=2&fbclid=y&b=", "https://e.org/a?id=2&b="),
        ("https://user:secret@e.org/a", "https://e.org/a"),
        ("https://[::1]:443/a", "https://[::1]/a"),
        ("ftp://example.org/a", None),
        ("/relative", None),
        ("https://[broken/a", None),
        ("https://e.org:port/a", None),
        ("https://e.org/a b", None),
        ("", None),
    ],
)
def test_canonical_url(raw: str, expected: str | None) -> None:
    """A web address has one form without tracking; anything else has none."""
    assert canonical_url(raw) == expected


SAID = (
    "2025-06-23|2025/6/23|20250623|2025-06-23T23:59:00-11:00|2025-06-23 10:00|23 June 2025"
    "|June 23, 2025| 23\u00a0Jun. 2025 |Mon, 23 Jun 2025 10:00:00 GMT"
    "|Monday, June 23rd, 2025 at 10:04 am|Mon 6:45 PM, Jun 23, 2025|June 23, 2025 3 p.m. ET"
    "|Mon Jun 23 10:00:00 CEST 2025|June 23, 2025 at 3 PM Eastern Time|23-Jun-2025 10:00 UTC+2"
    "|lundi 23 juin 2025 à 18h45|Montag, 23. Juni 2025, 18:45 Uhr|23 de junio de 2025"
    "|23.06.2025|23. 6. 2025|23.06.2025, 18:45 Uhr"
    "|23/06/2025|06/23/2025|23/06/2025, 18:45"
    "|23 июня 2025 г., 18:45 МСК|2025年6月23日 18:45|2025년 6월 23일|23 يونيو 2025"
)
UNSAID = (
    "|03/04/2025|31/02/2025|June 2025|2025|2025-02-30|0001-01-01|yesterday|1750672800"
    "|On 23 June 2025 he left|²025-06-23|23 June or July 2025|23 มิถุนายน 2568|9999-06-23"
    "|2 killed in 1999 fire in May|06.23.2025|1.2.3.2025"
)


@pytest.mark.parametrize(
    ("said", "day"),
    [*((s, date(2025, 6, 23)) for s in SAID.split("|")), *((s, None) for s in UNSAID.split("|"))],
)
def test_date(said: str, day: date | None) -> None:
    """A date is read where it was written, unless it is open, impossible or merely mentioned."""
    assert parse_date(said) == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2025/06/23/market", date(2025, 6, 23)),
        ("gao/2025/jun/23", date(2025, 6, 23)),
        ("2025-06-23-market", date(2025, 6, 23)),
        ("market_20250623.html", date(2025, 6, 23)),
        ("2025/6/3/market", date(2025, 6, 3)),
        ("2025/06/market", None),
        ("market-2025062312", None),
        ("2025/13/23", None),
        ("2025/06/23/from-2025-06-24", None),
        ("market?day=2025-06-23", None),
        ("market-2025-06-23", date(2025, 6, 23)),
        ("1865/04/15/archives/market", date(1865, 4, 15)),
        ("2025/06/23/fair-2031-05-01", date(2025, 6, 23)),
        ("event-2031-05-01-programme", None),
        ("event-2025-05-01-programme", None),
        ("2031/05/01/market", None),
        ("1604/05/01/market", None),
        ("1900/01/01/market", None),
        ("article/19991231", None),
        ("article/19991231/market", None),
        ("news/africa-20121231", None),
    ],
)
def test_address_date(path: str, day: date | None) -> None:
    """An address has a day where its path holds one, whole, that may be a newspaper's, alone."""
    assert address_date(f"https://news.example/{path}") == day


# Markdown


def test_broken_front_matter() -> None:
    """Broken front matter is refused with its line and what to do."""
    with pytest.raises(SourceError) as caught:
        extract(markdown_page(f"---\noutlet: The Quay\ntitle: Fish: a market\n---\n{LEAD}"))
    assert str(caught.value) == (
        "front matter, line 3: not valid YAML; put a value with a colon in quotes"
    )


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (f"---\ntitle: 1984\noutlet: No\nurl: ~\n---\n\n{LEAD}", ("1984", "No", None, LEAD)),
        (f"---\n{LEAD}\n---\n{NEXT}", (FIRST_WORDS, None, None, f"{LEAD}\n\n{NEXT}")),
    ],
)
def test_front_matter(content: str, known: tuple[str | None, ...]) -> None:
    """Its values are what is written there, not what YAML makes of them; a rule is none."""
    article = extract(markdown_page(content))
    assert (article.title, article.outlet, article.url, article.text) == known


def test_markdown_reduces_to_text() -> None:
    """Headings, emphasis, links, images, tables, code and HTML become their words."""
    article = extract(
        markdown_page(
            f"# Fish *market*\n\n{LEAD}\n\n| For | Against |\n|--|--|\n| 21 | 4 |\n\n"
            f"```\ncode\n```\n\n<div>boxed</div>\n\n![alt](a.png) [link](b) <b>bold</b> &amp; `x`"
            f"\\\nnext\n\n2. two\n3. three\n\n{NEXT}"
        )
    )
    assert (article.title, article.text.split("\n\n")) == (
        "Fish market",
        [
            LEAD,
            "For | Against",
            "21 | 4",
            "code",
            "boxed",
            "link bold & x\nnext",
            "2. two",
            "3. three",
            NEXT,
        ],
    )


# HTML

LINKED = '<script type="application/ld+json">%s</script>'
SITE = '<meta property="og:site_name" content="The Quay">'
NOW = '<time datetime="2025-06-23">now</time>'
ADDRESS = '<link rel="canonical" href="https://e.org/2025/06/%s/market">'
HERE = '<link rel="canonical" href="https://www.e.org/market">'
STORY = '{"@type": "NewsArticle", "url": "%s", "datePublished": "%s"}'
OTHER = STORY % ("https://e.org/rain", "2025-06-20")
TALE = f"<p>{LEAD}</p><p>{NEXT}</p>"
THEN = '<time datetime="2025-06-20">then</time>'


@pytest.mark.parametrize(
    "page",
    [
        '<meta property="article:published_time" content="2025-06-23T10:00:00Z">',
        '<meta itemprop="datePublished" content="2025-06-23">',
        '<meta name="DC.date" content="2025-06-23">',
        LINKED
        % '[{"@type": "Person"}, {"@graph": [{"@type": "Report", "datePublished": "2025-06-23"}]}]',
        LINKED % "{broken" + '<meta name="date" content="2025-06-23">',
        '<body><time pubdate datetime="2025-06-23">Monday</time>',
        '<body><time itemprop="datePublished" datetime="2025-06-23">Monday</time>',
        '<meta name="x:date" itemprop="dateModified datePublished" content="23 juin 2025 à 8h05">',
        LINKED % '{"@type": "LiveBlogPosting", "datePublished": "2025-06-23"}',
        LINKED % '{"@type": ["MedicalWebPage"], "datePublished": "2025-06-23"}',
        LINKED
        % '{"@type": "Review", "comment": {"@type": "Comment", "datePublished": "2025-06-24"}'
        ', "datePublished": "2025-06-23", "itemReviewed": {"datePublished": "2025-06-20"}}',
        '<body><time datetime="2025-06-23T09:00">now</time><time datetime="2025-06-23">now</time>',
        '<body><time datetime="2025-06-22">then</time><article><h1>A</h1>' + NOW + "</article>",
        LINKED % '//<![CDATA[\n{"@type": "NewsArticle", "datePublished": "2025-06-23"}\n//]]>',
        LINKED % '<!-- {"@type": "NewsArticle", "datePublished": "2025-06-23",} -->',
        ADDRESS % "23",
        '<meta property="og:url" content="https://e.org/market-2025-06-23.html">',
        ADDRESS % "23" + '<meta name="date" content="0001-01-01T00:00:00">',
        ADDRESS % "23" + '<meta name="date" content="1970-01-01T00:00:00Z">',
        ADDRESS % "23" + '<meta name="date" content="2025-06-24T02:10:00+00:00">',
        ADDRESS % "22" + '<meta name="date" content="2025-06-23T02:10:00+02:00">',
        ADDRESS % "20" + '<meta name="date" content="2025-06-23T02:10:00Z">',
        *(
            ADDRESS % "23" + f'<meta name="date" content="{absurd}">'
            for absurd in ("1000-01-01", "1604-12-31", "1900-01-01", "2199-01-01", "2031-05-01")
        ),
        # The page's own story, among others
        LINKED % f'{{"@type": "ItemList", "itemListElement": [{OTHER}]}}'
        + LINKED % '{"@type": "NewsArticle", "datePublished": "2025-06-23"}',
        HERE + LINKED % f"[{OTHER}, {STORY % ('http://e.org/market/#top', '2025-06-23')}]",
        HERE
        + LINKED
        % f'[{OTHER}, {{"@type": "Article", "mainEntityOfPage": {{"@id": "https://e.org/market"}},'
        '"datePublished": "2025-06-23"}]',
        LINKED % f'{{"@type": "WebPage", "mainEntity": {STORY % ("", "2025-06-23")}}}',
        HERE + LINKED % (STORY % ("https://m.e.org/market", "2025-06-23")),
        # The head of the article
        f"<body><header>{THEN}</header><article><h1>A</h1><div>{NOW}</div>{TALE}</article>",
        f"<body><h1>A</h1><div>{NOW}</div><div class='related'>{THEN}</div><div>{TALE}</div>",
        f"<body><main><h1>A</h1><p class='a__standfirst'>{LEAD}</p>{NOW}{TALE}</main>",
        f"<body><article class='card'><h1>A</h1><div class='card__meta'>{NOW}</div>{TALE}",
        f"<body><main><h1>A</h1><div><p>{NEXT}</p></div><ul><li>{NOW}</li></ul><div>{TALE}</div>",
        f"<body><article><h1>A</h1>{NOW}<time class='updated' datetime='2025-06-24'></time>{TALE}",
        f"<body><article>{NOW}<h1>A</h1>{TALE}</article><footer>{THEN}</footer>",
    ],
)
def test_html_date(page: str) -> None:
    """The date is what the metadata state, the article's head, or the address, in that order.

    Of a time in UTC and the address, the address has the outlet's own day.
    """
    assert extract(html_page(page)).published == date(2025, 6, 23)


@pytest.mark.parametrize(
    "page",
    [
        LINKED % f'{{"@type": "ItemList", "itemListElement": [{{"item": {OTHER}}}]}}',
        LINKED % f'{{"@type": "NewsArticle", "isBasedOn": {OTHER}, "video": {OTHER}}}',
        LINKED % '{"@type": "VideoObject", "datePublished": "2025-06-20"}',
        LINKED % f"[{OTHER}, {STORY % ('https://e.org/snow', '2025-06-20')}]",
        f"<body><article><h1>A</h1>{TALE}</article><aside>{THEN}</aside>",
        f"<body><aside>{THEN}</aside><article><h1>A</h1>{TALE}</article>",
        f"<body><h1>A</h1><div class='related-news'>{THEN}</div>{TALE}",
        f"<body><div>Today: {THEN}</div><div><h1>A</h1></div>{TALE}",
        f"<body><header>{THEN}</header><article><h1>A</h1>{TALE}</article>",
        f"<body><article><h1>A</h1>{TALE}</article><footer>{THEN}</footer>",
        f"<body><article><h1>A</h1>{TALE}<ol class='comments'><li>{THEN}</li></ol></article>",
        f"<body><article><h1>A</h1><p>{LEAD} On {THEN} it rained.</p>{TALE}</article>",
        f"<body><article><h1>A</h1><p>{LEAD}</p><p>{THEN}</p><p>{NEXT}</p></article>",
        f"<body><article><h1>A</h1><ul><li><a href='/rain'>Rain</a> {THEN}</li></ul>{TALE}",
        (
            "<body><article><h1>A</h1><time itemprop='dateModified' datetime='2025-06-20'>"
            f"then</time>{TALE}</article>"
        ),
        (
            f"<body><article><h1>A</h1>{TALE}</article><div class='comment'>"
            "<meta itemprop='datePublished' content='2025-06-20'></div>"
        ),
        (
            f"<body><article><h1>A</h1>{TALE}<div itemprop='video' itemscope>"
            "<time itemprop='datePublished' datetime='2025-06-20'>then</time></div></article>"
        ),
    ],
)
def test_the_date_of_another_thing_is_not_the_articles(page: str) -> None:
    """Of a list's items, what is embedded or related, comments, and times amid the text."""
    assert extract(html_page(page, TALE)).published is None


@pytest.mark.parametrize(("days", "kept"), [(1, True), (2, False)])
def test_an_article_may_be_of_tomorrow(days: int, *, kept: bool) -> None:
    """That day has begun somewhere; a later one has not."""
    day = datetime.now(UTC).date() + timedelta(days=days)
    found = extract(html_page(f'<meta name="date" content="{day}">')).published
    assert found == (day if kept else None)


@pytest.mark.parametrize(
    ("stamps", "agree"),
    [
        # One instant in two zones: the day is that of the place, whatever the order
        (["2025-06-22T23:30:00Z", "2025-06-23T01:30:00+02:00"], True),
        (["2025-06-22T21:10:07-05:00", "2025-06-23T02:10Z"], False),
        (["2025-06-23T21:10:07-05:00", "2025-06-24T02:10Z", "2025-06-23"], True),
        (["2025-06-24T02:10Z", "2025-06-24T02:10Z"], False),
        # Another precision, and what tells no day at all
        (["2025-06", "2025-06-23", "2025"], True),
        (["2025-06-23", "09:30", "PT4M", " "], True),
        (["2025-05", "2025-06-23"], False),
        # Other instants, two places, and what cannot be read
        (["2025-06-22T23:30Z", "2025-06-23T01:31+02:00"], False),
        (["2025-06-23T01:30+02:00", "2025-06-22T18:30-05:00"], False),
        (["2025-06-22T23:30Z", "2025-06-23"], False),
        (["2025-06-23", "03/04/2025"], False),
        (["2025-06-23", "0001-01-01T00:00+02:00"], False),
        (["2025-06", "PT4M"], False),
    ],
)
def test_time_elements_agree_on_a_day(stamps: list[str], *, agree: bool) -> None:
    """If they are one instant, or one day, in other zones or precisions."""
    times = "".join(f'<time datetime="{stamp}">now</time>' for stamp in stamps)
    found = extract(html_page(f"<body>{times}")).published
    assert (found == date(2025, 6, 23)) is agree


def test_html_date_is_not_guessed() -> None:
    """A modification, times that differ, a month in the address and the text are no date.

    Nor is a time amid the text.
    """
    head = '<meta property="article:modified_time" content="2025-06-23">'
    head += '<link rel="canonical" href="https://e.org/2025/06/market">'
    head += LINKED % '{"@type": "Comment", "datePublished": "2025-06-23"}'
    body = f'<p>Mopti, 23 June 2025. {LEAD}</p><time datetime="2025-06-23">now</time>'
    body += '<time datetime="2025-06-22">then</time>'
    body += f"<article><h1>Market</h1>{body}</article>"
    assert extract(html_page(head, body)).published is None


@pytest.mark.parametrize(
    "page",
    [
        "<title>Fish market to reopen | The Quay</title>" + SITE,
        '<meta property="og:title" content="Fish market to reopen - the quay">' + SITE,
        LINKED % '{"@type": "Article", "headline": "Fish market to reopen"}' + SITE,
        "<title>Fish market to reopen | Some desk</title><body><h1>Fish market to reopen</h1>",
    ],
)
def test_html_title(page: str) -> None:
    """A page's title comes without the outlet's name; the heading that begins it is no text."""
    article = extract(html_page(page))
    assert (article.title, article.text) == ("Fish market to reopen", f"{LEAD}\n{NEXT}")


PUBLISHER = '{"publisher": {"name": "The Quay"}}'


@pytest.mark.parametrize(
    ("site", "linked", "outlet"),
    [
        ("https://quay.example", PUBLISHER, "The Quay"),
        (
            "@thequay",
            '{"@graph": [{"publisher": [{"@id": "#q"}]}, {"@id": "#q", "name": "The Quay"}]}',
            "The Quay",
        ),
        ("www.quay.example", PUBLISHER, "The Quay"),
        ("quay.example", PUBLISHER, "The Quay"),
        ("TheQuay.com", PUBLISHER, "The Quay"),
        ("the_quay", PUBLISHER, "The Quay"),
        ("Quay.ml", '{"publisher": {"name": "Quay Press Group"}}', "Quay.ml"),
        ("quay.example", "{}", "quay.example"),
        ("Quay Weekly", PUBLISHER, "Quay Weekly"),
    ],
)
def test_html_outlet(site: str, linked: str, outlet: str) -> None:
    """A site's name is the outlet's; one that is an address or a handle yields to a publisher."""
    head = f'<meta property="og:site_name" content="{site}">' + LINKED % linked
    assert extract(html_page(head)).outlet == outlet


def test_html_root_is_no_article() -> None:
    """A canonical link to the site's root does not name the article."""
    head = '<link rel="canonical" href="https://e.org/"><meta property="og:url" content="/x">'
    article = extract(html_page(head))
    assert (article.id, article.url) == ("market.html", None)


@pytest.mark.parametrize(
    "body", ["<p>Rain fell in Gao.</p>", "Rain fell in Gao.", "<b>Rain</b> fell in Gao."]
)
def test_html_short(body: str) -> None:
    """A page too short for a guess at its main part still gives its words."""
    assert extract(html_page("", body)).text.replace("\n", " ") == "Rain fell in Gao."


# Hash


def test_hash_covers_the_article() -> None:
    """The hash is versioned, blind to where and how the page was kept, and to no field."""
    fields = {"title": "Fish", "outlet": "The Quay", "published": "2025-06-23"}
    page = text_page(LEAD, **fields)
    same = replace(text_page(f"\ufeff{LEAD}\r\n", **fields), location="elsewhere")
    others = [
        text_page(LEAD + " More.", **fields),
        *(text_page(LEAD, **{**fields, name: "1 May 2025"}) for name in fields),
        text_page(LEAD, **fields, url="https://e.org/a"),
    ]
    hashes = {extract(other).content_hash for other in [page, same, *others]}
    assert re.fullmatch("3:[0-9a-f]{64}", extract(page).content_hash)
    assert (len(hashes), extract(same).content_hash) == (6, extract(page).content_hash)


def test_surrogates_in_a_record() -> None:
    """Lone surrogates in any field of a record come out as a character that can be stored."""
    article = extract(
        text_page(f"\ud800 {LEAD}", title="\udfff", outlet="\ud800", url="https://e.org/\ud800")
    )
    assert (
        json.dumps(shown(article), ensure_ascii=False).encode("utf-8").count(b"\xef\xbf\xbd") == 5
    )


# As a record


def recorded(record: dict[str, str]) -> Article:
    return extract(text_page(record["text"], **{k: v for k, v in record.items() if k != "text"}))


@pytest.mark.parametrize(
    "page",
    [
        text_page(f"Fish market reopens\n\n{LEAD}\n\n{NEXT}"),
        text_page(f"{LEAD}\n\n{NEXT}"),
        text_page("Rain fell in Gao."),
        text_page(f"Rain fell.\n\n{LEAD}\n\n{NEXT}"),
        text_page(
            LEAD,
            title="Market",
            outlet="Niger Courier",
            published="2025-06-24",
            url="https://news.example/market",
        ),
        markdown_page(f"# Fish market\n\n{LEAD}\n\n- one\n- two"),
        html_page("<title>Fish market</title>"),
    ],
)
def test_a_record_gives_the_article_again(page: RawPage) -> None:
    """The record of an article gives that article."""
    article = extract(page)
    assert replace(recorded(record_of(article)), id=article.id) == article


LINES = st.sampled_from([LEAD, NEXT, "", "Rain in Gao", "Rain.", "Share", "Related articles", "1"])


@given(st.lists(LINES, min_size=1, max_size=9))
def test_a_record_settles(lines: list[str]) -> None:
    """Whatever a page is made of, the article of its record is kept as that record."""
    try:
        record = record_of(extract(text_page("\n".join(lines))))
    except SourceError:
        return
    assert recorded(record).text == record["text"]


@pytest.mark.parametrize("line", ["---", "Share", "Rain in Gao", "Title"])
def test_a_record_of_many_lines_costs_no_more_than_they_are_long(line: str) -> None:
    """A page of one line, over and over, is kept as a record, or refused, in a few seconds."""
    page = text_page("\n\n".join(["Market", *[line] * 10_000, NEXT]), title="Title")
    with processor_seconds(20), suppress(SourceError):
        record_of(extract(page))


@pytest.mark.parametrize("reference", ["&#1;", "&#0001", "&#x1;", "&#X1B;", "&#xFFFE;", "\uffff"])
@pytest.mark.parametrize("place", ["<p>{}  {}</p>", "<table><tr><th>a<th>b<tr><td>{}<td>1</table>"])
def test_what_stands_for_no_character_is_left_out(reference: str, place: str) -> None:
    """A control character in a page does not cost the page."""
    held = place.replace("{}", f"Rain{reference}fell")
    article = extract(html_page("<title>Rain</title>", f"<p>{LEAD}</p>{held}<p>{NEXT}</p>"))
    assert "Rainfell" in article.text


@pytest.mark.parametrize("opening", ["<!-- ", "<a ", "<a"])
def test_markup_that_nothing_closes_costs_no_more_than_it_is_long(opening: str) -> None:
    """A page of tags and comments that never end is read in a few seconds of processor work."""
    with processor_seconds(20), pytest.raises(SourceError):
        extract(markdown_page(f"<div>\n{opening * 200_000}"))


@pytest.mark.parametrize("between", [" ", " - "])
def test_a_long_title_costs_no_more_than_it_is_long(between: str) -> None:
    """A title of spaces and dashes is read in a few seconds of processor work."""
    head = f'<meta property="og:title" content="Rain{between * 100_000}fell"><title>Rain</title>'
    with processor_seconds(20):
        assert extract(html_page(head)).title.startswith("Rain")


def test_a_long_line_is_not_kept_to_compare_by() -> None:
    """Only short lines are remembered folded, so that long ones do not fill the memory."""
    tracemalloc.start()
    for number in range(20):
        furniture.fold(f"{number} " * 20_000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2**20


# Pages of printed documents

PRINTED = (
    "The Courier\n\nMarket to open in May\n\nThe council voted on Tuesday to open the fish market "
    "again.\n\nTraders have been selling from the roadside since April, which the police tolerated."
)


def test_pages_keep_their_places() -> None:
    """A page begins where its first words stand in the article, though lines above are gone."""
    starts = tuple(PRINTED.index(word) for word in ("The Courier", "again", "Traders"))
    page = RawPage(
        location="a.pdf",
        text=PRINTED,
        fields={"title": ["Market to open in May"]},
        pages=(*starts, len(PRINTED)),
    )
    found = extract(page, repeated=["The Courier"])
    first = [found.text[start:].split(maxsplit=1)[:1] for start in found.pages]
    assert first == [["The"], ["again."], ["Traders"], []]
    assert found.text.startswith("The council")
    assert [found.page(at) for at in (0, found.pages[1] - 1, found.pages[1], 120)] == [1, 1, 2, 3]
    assert found.content_hash != extract(replace(page, pages=())).content_hash


def test_a_record_keeps_pages() -> None:
    """The record of an article has its pages; where they can't be places in its text, none."""
    page = RawPage(location="a.pdf", text=PRINTED, fields={}, pages=(0, 40))
    found = extract(page)
    record = record_of(found)
    assert extract(records.page(record, "a.pdf")) == found
    bad = ["no", [True], [5, 1], [-1]]
    assert {records.page({**record, "pages": each}, "a").pages for each in bad} == {()}
    assert records.page({**record, "text": f" {found.text}"}, "a").pages == ()
