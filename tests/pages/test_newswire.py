from datetime import date
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.pages import news_xml, sgml
from rag.pages.extract import extract
from rag.pages.formats import recognised
from rag.reasons import Reason
from rag.types import RawPage, Skipped

LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."
TEXT = f"{LEAD}\n\n{NEXT}"
DAY = date(2025, 6, 23)

NITF = f"""<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">
<nitf><head><title>Market</title>
<docdata><date.issue norm="20250623T233000-0400"/></docdata>
<pubdata name="The Courier" date.publication="20250624"
 ex-ref="https://courier.example/market"/></head><body>
<body.head><hedline><hl1>Marché aux poissons</hl1></hedline><byline>By A. Writer</byline>
</body.head>
<body.content><block class="lead_paragraph"><p>{LEAD}</p></block>
<block class="full_text"><p>{LEAD}</p><p>{NEXT.replace(" ", "&nbsp;", 1)}</p>
<media><media-caption><p>The hall.</p></media-caption></media>
<table><tr><th>Stall</th><th>Kilos</th></tr><tr><td>A</td><td>14</td></tr></table>
<ul><li>One</li><li>Two</li></ul></block></body.content>
<body.end><tagline>Ends</tagline></body.end></body></nitf>"""

PARAGRAPHS = f"<p>{LEAD}</p><p>{NEXT}</p>"
NEWSML_1 = f"""<NewsML><NewsEnvelope><DateAndTime>20250624T100000Z</DateAndTime></NewsEnvelope>
<NewsItem><Identification><NewsIdentifier><DateId>20250623</DateId></NewsIdentifier>
</Identification><NewsManagement><FirstCreated>20250623T200000+0200</FirstCreated>
<Status FormalName="Usable"/></NewsManagement><NewsComponent>
<NewsLines><HeadLine>Market reopens</HeadLine></NewsLines>
<AdministrativeMetadata><Provider><Party FormalName="Wire"/></Provider></AdministrativeMetadata>
<ContentItem><DataContent><p>The hall.</p></DataContent></ContentItem>
<ContentItem><DataContent>{PARAGRAPHS}</DataContent></ContentItem>
</NewsComponent></NewsItem></NewsML>"""

RCV1 = f"""<newsitem itemid="1" date="2025-06-23"><title>MALI: Market reopens.</title>
<headline>Market reopens.</headline><text>{PARAGRAPHS}</text></newsitem>"""

G2 = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'


def item(content: str, *, guid: str = "urn:1", status: str = "usable") -> str:
    return f"""<newsItem guid="{guid}"><itemMeta>
    <provider qcode="nprov:W"><name>Wire</name></provider>
    <versionCreated>2025-06-24T09:00:00Z</versionCreated>
    <firstCreated>2025-06-23T20:00:00+02:00</firstCreated><pubStatus qcode="stat:{status}"/>
    </itemMeta><contentMeta><headline>Market reopens</headline></contentMeta>
    <contentSet>{content}</contentSet></newsItem>"""


XHTML = f"""<inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><head><title>M</title></head>
<body>{PARAGRAPHS}</body></html></inlineXML>"""
MESSAGE = f"""<newsMessage {G2}><itemSet>{item(XHTML)}
{item(f"<inlineData>{TEXT}</inlineData>", guid="https://wire.example/2")}
{item("<inlineData>No.</inlineData>", status="canceled")}
{item('<remoteContent href="hall.jpg"/>')}</itemSet></newsMessage>"""


def read(content: str | bytes) -> list[RawPage | Skipped]:
    return list(news_xml.read(content if isinstance(content, bytes) else content.encode(), "a.xml"))


def known(page: RawPage | Skipped) -> tuple[object, ...]:
    assert isinstance(page, RawPage)
    found = extract(page)
    return found.id, found.title, found.outlet, found.published, found.text


def test_nitf() -> None:
    """Text without captions and a repeated lead; title, outlet, day and address as stated."""
    (page,) = read(NITF.encode("iso-8859-1"))
    text = f"{TEXT}\n\nStall | Kilos\n\nA | 14\n\n- One\n\n- Two"
    url = "https://courier.example/market"
    assert known(page) == (url, "Marché aux poissons", "The Courier", DAY, text)


@pytest.mark.parametrize(
    ("content", "title", "outlet"),
    [
        (NEWSML_1, "Market reopens", "Wire"),
        (RCV1, "Market reopens.", None),
        (f"<newsMessage {G2}>{item(XHTML)}</newsMessage>", "Market reopens", "Wire"),
        (item(XHTML).replace("newsItem", f"newsItem {G2}", 1), "Market reopens", "Wire"),
        (
            item(f"<inlineXML>{NITF[NITF.index('<nitf>') :]}</inlineXML>".replace("&nbsp;", " ")),
            None,
            None,
        ),
    ],
)
def test_newsml(content: str, title: str | None, outlet: str | None) -> None:
    """An item of any NewsML is an article; its date is the first one's; a caption is no text."""
    (page,) = read(content)
    if title is None:
        assert known(page)[1:4] == ("Market reopens", "The Courier", DAY)
    else:
        assert known(page) == ("a.xml", title, outlet, DAY, TEXT)


def test_a_news_message_has_several_articles() -> None:
    """Each has its place or its address; what was withdrawn and what has no text is named."""
    first, second, *others = read(MESSAGE)
    assert [known(first)[0], known(second)[0]] == ["a.xml#1", "https://wire.example/2"]
    assert known(first)[1:] == known(second)[1:] == ("Market reopens", "Wire", DAY, TEXT)
    assert others == [Skipped("a.xml#3", Reason.WITHDRAWN()), Skipped("a.xml#4", Reason.NO_TEXT())]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<rss><channel/></rss>", Reason.LISTING_FILE()),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", Reason.LISTING_FILE()),
        ("<urlset><url/></urlset>", Reason.LISTING_FILE()),
        ("<svg/>", Reason.NOT_NEWS_XML(root="svg")),
        ("no XML", Reason.BROKEN_FILE(kind=".xml")),
    ],
)
def test_other_xml_is_named(content: str, reason: Reason) -> None:
    """By its root, with what to do."""
    with pytest.raises(SourceError) as caught:
        read(content)
    assert caught.value.remark == reason


def test_no_entity_is_resolved(tmp_path: Path) -> None:
    """Neither one of a file nor one that grows; what is cut off is read as far as it goes."""
    (tmp_path / "secret.txt").write_text("secret")
    entities = f'<!DOCTYPE nitf [<!ENTITY f SYSTEM "{tmp_path}/secret.txt"><!ENTITY a "ha">]>'
    (page,) = read(f"{entities}<nitf><body><p>{LEAD} &f;&a;</p><p>{NEXT}</p>")
    assert known(page)[-1] == f"{LEAD} &f;&a;\n\n{NEXT}"


def test_a_name_with_an_unknown_prefix_is_read_without_it() -> None:
    """As a broken file may have one."""
    (page,) = read(f"<nitf><w:body.content><w:p>{LEAD}</w:p><x:p>{NEXT}</x:p></w:body.content>")
    assert known(page)[-1] == TEXT


# SGML

STORIES = f"""<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" NEWID="1">
<DATE>23-JUN-2025 15:01:01.79</DATE>
<UNKNOWN>&#5;&#5;f0704</UNKNOWN>
<TEXT>&#2;
<TITLE>MARKET &lt;M> REOPENS</TITLE>
<DATELINE>    GAO, June 23 - </DATELINE><BODY>The council voted on Tuesday to reopen
the fish market that burned down in April.
    Traders have been selling from the roadside since, which
the police tolerated.
    Stall   Kilos
    A          14
 Reuter
&#3;</BODY></TEXT>
</REUTERS>
<REUTERS NEWID="2"><DATE>23-JUN-2025</DATE><TEXT TYPE="BRIEF">&#2;
******<TITLE>FERRY FARES RISE BY TEN PCT, COMPANY SAYS
</TITLE>Blah blah blah.
&#3;
</TEXT></REUTERS>
<REUTERS NEWID="3"><TEXT TYPE="UNPROC">&#2;
{LEAD}
 Reuter
&#3;</TEXT></REUTERS>
<REUTERS NEWID="4"><TEXT></TEXT></REUTERS>
"""


def test_reuters_sgml() -> None:
    """Each story is an article: wrapped lines are joined, rows stay, the signature goes."""
    whole, brief, raw, empty = sgml.read(STORIES.encode(), "a.sgm")
    text = f"{LEAD}\n{NEXT}\nStall Kilos\nA 14"
    assert known(whole) == ("a.sgm#1", "MARKET <M> REOPENS", "Reuters", DAY, text)
    line = "FERRY FARES RISE BY TEN PCT, COMPANY SAYS"
    assert known(brief) == ("a.sgm#2", line, "Reuters", DAY, line)
    assert known(raw)[-1] == LEAD
    assert empty == Skipped("a.sgm#4", Reason.NO_TEXT())
    with pytest.raises(SourceError, match=r"^no stories as Reuters distributed them"):
        list(sgml.read(b"<html>", "a.sgm"))


def test_newswire_is_recognised() -> None:
    """By its first elements."""
    contents = (NITF, NEWSML_1, RCV1, MESSAGE, STORIES, "<html><p>A page.</p></html>")
    found = [recognised(content.encode("iso-8859-1")) for content in contents]
    assert found == [".xml", ".xml", ".xml", ".xml", ".sgm", ".html"]
