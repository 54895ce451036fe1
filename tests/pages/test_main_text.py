import pytest

from processor import processor_seconds
from rag.pages import html
from rag.pages.extract import extract

LEAD = "The dam on the river Ilm opened on Monday after nine years of work, the ministry said."
COST = "It cost 40 million euros, twice the sum that was planned when the work began in 2010."
THANKS = "The minister thanked the workers, who came from six countries, and the valley."
SOIR = "Le barrage de l'Ilm a été inauguré lundi après neuf ans de travaux, a dit le ministère."
PRIX = "Il a coûté 40 millions d'euros, deux fois plus que prévu au début des travaux."


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def lines(body: str, head: str = "<title>Dam opens</title>") -> list[str]:
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    (found,) = html.read(page.encode(), "dam.html")
    return [line for line in extract(found).text.split("\n") if line]


# Tables

FACTS = (
    "<table><caption>Le coût</caption><thead><tr><th>Année<th>Coût<th>Part</thead><tbody>"
    "<tr><td>2018<td>12 millions<td>30 %<tr><td>2019<td><a href=/c>28 millions</a><td></table>"
)
MENU = "<table><tr><td><a href=/>Accueil</a><td><a href=/p>Politique</a></table>"
ROWS = ["Le coût", "Année | Coût | Part", "2018 | 12 millions | 30 %", "2019 | 28 millions |"]


@pytest.mark.parametrize(
    "body",
    [
        f"<div class=content>{paragraphs(SOIR)}{FACTS}{paragraphs(PRIX)}</div>",
        f"{MENU}<table><tr><td>{paragraphs(SOIR)}<figure>{FACTS}</figure>{paragraphs(PRIX)}</table>",
    ],
    ids=["in a text", "in a layout of tables"],
)
def test_a_table_of_facts_stays(body: str) -> None:
    """Its rows are lines, as in Markdown, in their place; tables of links or layout are none."""
    assert lines(body) == [SOIR, *ROWS, PRIX]


@pytest.mark.parametrize(
    "held",
    [
        f"<figure class=table>{FACTS}<figcaption>Source : AFP</figcaption></figure>",
        f"<div class=scroll>{FACTS}</div>",
        FACTS.replace("<td>2018", "<td><a href=/2018>2018</a>").replace(" millions", ""),
    ],
    ids=["in a figure", "in a frame", "with links"],
)
def test_facts_stay_wherever_their_table_stands(held: str) -> None:
    """A table in a figure or a frame, or with links in its cells, is one of facts."""
    rows = [row.replace(" millions", "") if " millions" not in held else row for row in ROWS]
    assert lines(f"<article>{paragraphs(SOIR)}{held}{paragraphs(PRIX)}</article>") == [
        SOIR,
        *rows,
        PRIX,
    ]


@pytest.mark.parametrize("cell", [THANKS, f"<p>{THANKS}</p>", f"<pre>{THANKS}</pre>"])
def test_a_table_of_one_column_is_text(cell: str) -> None:
    """What stands in a frame made of a table stays."""
    frame = f"<table><tr><td><tr><td>{cell}</table>"
    assert lines(f"<article>{paragraphs(LEAD)}{frame}{paragraphs(COST)}</article>") == [
        LEAD,
        THANKS,
        COST,
    ]


# Containers

BOXES = "<div class=promo><p>{}</p></div>"


@pytest.mark.parametrize("between", ["Werbung", "<a href=/abo>Jetzt das Abo testen</a>"])
@pytest.mark.parametrize("tag", ["p", "div"])
def test_containers_of_one_class(tag: str, between: str) -> None:
    """An article in several containers is kept whole, without the labels in others between them."""
    parts = [[LEAD * 2, COST], [THANKS, SOIR * 2], [PRIX]]
    sections = [
        "<section class=story>" + "".join(f"<{tag}>{text}</{tag}>" for text in part) + "</section>"
        for part in parts
    ]
    body = f"<main><h1>Dam opens</h1>{BOXES.format(between).join(sections)}</main>"
    assert lines(body) == [text for part in parts for text in part]


# Leads

BODY = f"<div class=body>{paragraphs(LEAD, COST, LEAD * 2, COST * 2)}</div>"


@pytest.mark.parametrize(
    "top",
    [
        f"<header><h1>Dam opens</h1><p class=desc>{THANKS}</p><p>By Ada Reuss</p></header>",
        f"<header><div><h1>Dam opens</h1><h2>{THANKS}</h2></div><time>now</time></header>",
        f"<h1>Dam opens</h1><div class=subtitle>{THANKS}</div>",
        f"<div class=head><h1>Dam opens</h1><div><p class=teaser>{THANKS}</p></div></div>",
    ],
)
def test_a_lead_is_text(top: str) -> None:
    """What stands right under the heading is the first line, in whatever container it stands."""
    assert lines(f"<main><article>{top}{BODY}</article></main>")[:2] == [THANKS, LEAD]


@pytest.mark.parametrize(
    "under",
    [
        f"<figure><p>{THANKS}</p></figure>",
        f"<div class=gallery-caption>{THANKS}</div>",
        f"<div class=author-card><p>{THANKS}</p></div>",
        f"<p><a href=/thanks>{THANKS}</a></p>",
        "<p>Dam on the river</p>",
    ],
)
def test_what_is_no_lead(under: str) -> None:
    """A caption, what is said of the author, a link and a label under the heading are no text."""
    top = f"<header><h1>Dam opens</h1>{under}</header>"
    assert lines(f"<main><article>{top}{BODY}</article></main>")[0] == LEAD


# Headlines

AFTER = "After nine years and forty million euros, water"
SECOND = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "alternativeHeadline": '
    f'"{AFTER}"}}</script>'
)


@pytest.mark.parametrize(
    "head",
    [
        f'<title>Dam opens</title><meta name="twitter:title" content="{AFTER}">',
        f"<title>Dam opens</title>{SECOND}",
    ],
)
@pytest.mark.parametrize("tag", ["h2", "p"])
def test_a_headline_for_sharing_is_no_text(head: str, tag: str) -> None:
    """Whatever headline the metadata state, it is not a line of the text."""
    body = f"<main><h1>Dam opens</h1><{tag}>{AFTER}</{tag}>{paragraphs(LEAD, COST)}</main>"
    assert lines(body, head) == [LEAD, COST]


@pytest.mark.parametrize("second", [f"<h1>{AFTER}</h1>", "<h3>Dam opens after nine years</h3>"])
def test_a_second_headline_is_no_text(second: str) -> None:
    """Another main heading, or a heading that goes on from the title, is no line of the text."""
    body = (
        f"<article><h1>Dam opens</h1>{second}<p>{LEAD}</p><h3>The cost</h3><p>{COST}</p></article>"
    )
    assert lines(body) == [LEAD, "The cost", COST]


# Cards


@pytest.mark.parametrize(
    "name",
    [
        '<a href="/p">Irina Valk</a><span role="tooltip" aria-hidden="true">Irina Valk, 54</span>',
        '<a href="/p">Irina Valk</a><div class="pop" hidden>Irina Valk, 54, of Telma</div>',
        '<span class="e">Irina Valk<span class="f">Irina Valk since 2017 All of her</span></span>',
        '<span class="tooltip">Irina Valk<span class="tooltip-text">Of Telma, 54</span></span>',
        '<a href="/p">Irina Valk <span class="sr-only">(opens in a new window)</span></a>',
    ],
)
def test_a_card_is_not_read(name: str) -> None:
    """What shows only on hovering, or to a screen reader, is not in the middle of a sentence."""
    said = "opened the dam on the <b>river Ilm</b> on Monday after nine years, the ministry said."
    (first, second) = lines(f"<article><p>Governor {name} {said}</p><p>{COST}</p></article>")
    plain = said.replace("<b>", "").replace("</b>", "")
    assert (first, second) == (f"Governor Irina Valk {plain}", COST)


# Other stories and boxes

LINKS = [
    '<a href="/1">Mayor resigns after a vote in the night</a>',
    '<a href="/2">Storm reaches the coast on Friday</a>',
]
TEASERS = "".join(
    f"<div><h4><b>Opinion</b> {link}</h4><p>What happened there, in a few words.</p></div>"
    for link in LINKS
)
PLAIN = ["Le maire démissionne dans la nuit", "La tempête atteint la côte vendredi"]


@pytest.mark.parametrize(
    "between",
    [
        f"<h3>À LIRE AUSSI</h3><ul><li>{LINKS[0]}</li><li>{LINKS[1]}</li></ul>",
        paragraphs("<b>More from the valley</b>", *LINKS),
        paragraphs("VOIR AUSSI", *PLAIN),
        paragraphs("ЧИТАЙТЕ ТАКЖЕ", "Мэр уходит в отставку [ВИДЕО]"),
        paragraphs("[Lire - Ce que coûtent les barrages]", "[Related: Ten dams that failed]"),
        paragraphs("Follow the paper on <a href=https://www.instagram.com/paper>Instagram</a>"),
        "<div><h4>The morning newsletter</h4><p>Every day at six, free of any charge.</p></div>",
        "<p>Newsletter bestellen</p>",
        paragraphs("Lire aussi : Le maire démissionne", "Lesen Sie auch: Der Sturm ist da"),
        paragraphs("Lea también: Dimite el alcalde", "Читайте также: Мэр уходит в отставку"),
        f"<h3>Weitere Artikel</h3><div>{TEASERS}</div>",
        f"<h2>Más noticias</h2>{TEASERS.replace('<div>', '').replace('</div>', '')}",
        f"<aside-list>{TEASERS.replace('h4', 'h3').replace('div', 'li')}</aside-list>",
    ],
)
def test_other_stories_and_boxes_go(between: str) -> None:
    """Lists of other stories, pointers in brackets and boxes in the middle are no text."""
    assert lines(f"<article>{paragraphs(LEAD)}{between}{paragraphs(COST, THANKS)}</article>") == [
        LEAD,
        COST,
        THANKS,
    ]


@pytest.mark.parametrize(
    "between",
    [
        ["WHAT IT COST", "Twelve million in 2018", "28 million in 2019"],
        ["Water for the valley", "Light for the town", "Not a drop for Neuwied."],
        ["[The minister laughs.]"],
        ["“Ask the minister [Valk],” he said."],
    ],
)
def test_lists_and_brackets_of_the_text_stay(between: list[str]) -> None:
    """A list with numbers, short lines without a head, and a remark in brackets are text."""
    assert lines(f"<article>{paragraphs(LEAD, *between, COST)}</article>") == [LEAD, *between, COST]


@pytest.mark.parametrize("href", ["#1", "/report"])
def test_sections_of_the_text_stay(href: str) -> None:
    """Headings that link to themselves, or stand over more than a few words, are text."""
    parts = [[f"In {year} {LEAD}" for year in years] for years in (range(2000, 2006), range(9))]
    sections = [f"<h3><a href={href}>Years</a></h3>{paragraphs(*part)}" for part in parts]
    found = lines(f"<article>{paragraphs(COST)}{''.join(sections)}</article>")
    assert [line for line in found if line != "Years"] == [COST, *parts[0], *parts[1]]


@pytest.mark.parametrize(
    "about",
    [
        ["Von Ada Reuß und Jo Stein", "19.11.2019, 18:45", "Lesezeit: 3 Minuten"],
        ["By Ada Reuss", "3 min read", "Follow us on Instagram"],
        ["Автор: Ада Ройс", "4 мин. чтения", "Мы в Telegram"],
        ["19 ноября 2019, 10:31", "Подписывайтесь на наш Telegram-канал"],
        ["19 de noviembre de 2019", "Síguenos en nuestro WhatsApp canal"],
    ],
)
def test_what_is_about_the_article_goes(about: list[str]) -> None:
    """A byline, a date, the time to read and where to follow are no text, at the top."""
    assert lines(f"<article><h1>Dam opens</h1>{paragraphs(*about, LEAD, COST)}</article>") == [
        LEAD,
        COST,
    ]


# Sparse pages


def test_a_page_that_the_precise_way_empties() -> None:
    """Where precision leaves next to nothing of a page, the usual extraction is taken."""
    text = "<br>".join([LEAD, COST, THANKS] * 5)
    body = f"<p>By Ada Reuss</p><center><table><tr><td><font>{text}</font></table></center>"
    assert " ".join(lines(body)).count(THANKS) == 5


LONG = 50_000


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (f"<p>By {'A' * 40}!</p>", ""),
        (f"<p>[{'a-' * LONG}</p>", ""),
        (f"<p>{'a [A' * LONG}</p>", ""),
        (f"<p>a<span class='{'tooltip ' * LONG}trigger'>b</span></p>", ""),
        (f"<p><a href='{'//a.' * LONG}'>a</a></p>", ""),
        ("", f"<meta property='og:site_name' content='{'a_' * LONG}!'>"),
    ],
)
def test_a_page_costs_no_more_than_it_is_long(body: str, head: str) -> None:
    """Names, classes, addresses and brackets without end are read in a few seconds of work."""
    with processor_seconds(20):
        assert (
            lines(f"<article>{paragraphs(LEAD)}{body}{paragraphs(COST)}</article>", head)[0] == LEAD
        )
