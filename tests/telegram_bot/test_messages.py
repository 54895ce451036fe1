"""Answers and lists as Telegram shows them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.buttons import Button, Rate, ShowAnswer, ShowSource, ShowWhy
from bot.chat.messages import Drawing
from bot.chat.post import units
from bot.telegram_bot.buttons import decode, encode
from bot.telegram_bot.html import LIMITS, html
from bot.telegram_bot.inline import results
from fake_bot_api.markup import formatted, whole
from fake_library import (
    ANSWER,
    CAMARA,
    CLOSEST,
    COPIES,
    CORPS,
    GOITA,
    REFUSAL,
    REPLY,
    UNSURE,
    WAGNER,
    cited,
    kept,
)
from rag.grounding.change import Change, Novelty
from rag.index.answers import Version
from rag.reasons import Reason
from rag.text.passages import Around, around
from rag.types import (
    Answer,
    Citation,
    Claim,
    Edition,
    Outcome,
    ReadingArticles,
    Searching,
)
from spoken import ARABIC, ENGLISH, FRENCH, LANGUAGES

DRAWING = Drawing(ENGLISH, LIMITS)
IN_FRENCH = Drawing(FRENCH, LIMITS)
WHEN = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
ID = "7k3fq2"
AT = "https://news.example/corps#:~:text=Wagner%20has%20left%20Mali."
LINK = f'<a href="{AT}">[2]</a>'
GOITA_ORIGIN = "<b>Goïta in Moscow</b>"
SOURCES = (
    "[1] <b>Goïta in Moscow</b>\n"
    f'[2] <a href="{AT}">Africa Corps</a> · Sahel Post · 24 June 2025\n'
    "<blockquote expandable>Wagner has left Mali.</blockquote>"
)
DIFFER = f"<b>The articles differ on Wagner</b>\n[1] no date\n{LINK} Sahel Post · 24 June 2025"
BUTTONS = (
    Button("[1]", ShowSource(ID, 0, 1)),
    Button("[2]", ShowSource(ID, 0, 2)),
)
LAST = (
    Button("Why", ShowWhy(ID, 0)),
    Button("👍", Rate(ID, 0, good=True)),
    Button("👎", Rate(ID, 0, good=False)),
)


@dataclass
class Message:
    """A post as Telegram gets it."""

    html: str
    rows: tuple = ()


def sent(posts):
    """Posts, or one, as Telegram gets them."""
    if isinstance(posts, tuple):
        return tuple(map(sent, posts))
    return Message(html(posts.runs), posts.rows)


def parse(text):
    return formatted(text, mode="HTML")


def text_of(answer, drawing=DRAWING):
    """The one message of an answer."""
    (message,) = sent(drawing.answer(answer))
    return message.html


def test_an_answer_is_its_claims_then_what_differs_then_each_source_with_its_quote():
    assert sent(DRAWING.answer(kept())) == (
        Message(
            "General Sadio Camara accompanied Goïta. [1]\n"
            f"Wagner has left. {LINK}[1]\n\n"
            f"{DIFFER}\n\n{SOURCES}",
            ((*BUTTONS, *LAST),),
        ),
    )


def test_an_answer_in_part_says_so_and_what_is_missing_and_remarks_come_last():
    partly = kept(
        outcome=Outcome.PARTLY_ANSWERED,
        claims=ANSWER.claims[:1],
        disagreements=(),
        unanswered=("when did he <leave>?",),
        remarks=(
            Reason.LEFT_OUT(n=1),
            Reason.NOTHING_BORNE_OUT(model="this & that"),
            Reason.OTHER(text="What an earlier version said in English."),
        ),
    )

    assert text_of(partly) == (
        "<b>The articles answer this in part.</b>\n\n"
        "General Sadio Camara accompanied Goïta. [1]\n"
        "The articles do not say: when did he &lt;leave&gt;?\n\n"
        + SOURCES.partition("\n[2]")[0]
        + "\n\n<i>A sentence was left out, which the articles do not bear out.</i>\n"
        "<i>Answered by the embedded reader. The articles bear out nothing of what this &amp; that "
        "wrote.</i>"
    )


def test_a_reply_is_its_lines_over_linked_articles_in_the_readers_language():
    [reply] = sent(IN_FRENCH.answer(kept(REPLY, id="")))

    assert reply.html == (
        "Je connais 1 article, du 24 juin 2025.\n"
        "Les articles les plus récents :\n"
        '• <a href="https://news.example/corps">Africa Corps</a> · Sahel Post · 24 juin 2025'
    )


def test_a_citation_of_a_printed_document_names_its_page_and_its_link_leads_there():
    """Also as it is read back; of several quotes of one article, each has its own page."""
    corps = replace(CORPS, pages=(0, 22))
    stays = cited(corps, "Africa Corps stays.")
    said = Claim(text="It stays.", citations=(stays,), support=1.0)
    one = kept(claims=(said,), disagreements=())
    two = kept(
        claims=(
            Claim(text=WAGNER.quote, citations=(cited(corps, WAGNER.quote),), support=1.0),
            said,
        ),
        disagreements=(),
    )
    at = f"{CORPS.url}#page=2:~:text=Africa%20Corps%20stays."

    assert text_of(one) == (
        f'It stays. <a href="{at}">[1]</a>\n\n'
        f'[1] <a href="{at}">Africa Corps</a> · Sahel Post · 24 June 2025 · p. 2\n'
        "<blockquote expandable>Africa Corps stays.</blockquote>"
    )
    assert text_of(two, IN_FRENCH).partition("\n\n")[2] == (
        f'[1][2] <a href="{CORPS.url}">Africa Corps</a> · Sahel Post · 24 juin 2025\n'
        "<blockquote expandable>[1] p. 1\n[2] p. 2: Africa Corps stays.</blockquote>"
    )
    assert DRAWING.glimpse(one, 1) == "[1] Sahel Post, 24 June 2025, p. 2: “Africa Corps stays.”"


def test_a_refusal_is_one_line_and_an_unsure_answer_has_quotes_with_their_buttons():
    [refusal], [unsure] = (sent(DRAWING.answer(kept(each))) for each in (REFUSAL, UNSURE))

    assert refusal == Message("The articles do not say.", (LAST,))
    assert unsure.html.startswith(
        "I’m not sure that the articles answer this. The closest:\n\n[1] <a href="
    )
    assert [[each.text for each in row] for row in unsure.rows] == [
        ["[1]", "[2]", "Why", "👍", "👎"],
    ]


def test_how_an_answer_was_rated_is_marked_and_one_that_is_not_kept_has_no_buttons():
    rated = [DRAWING.answer(kept(), voted=voted)[0].rows[0][2:] for voted in (True, False)]
    assert [[button.text for button in row] for row in rated] == [
        ["Why", "👍 ✓", "👎"],
        ["Why", "👍", "👎 ✓"],
    ]
    assert [post.rows for post in DRAWING.answer(replace(kept(), id=""))] == [()]


def labels(count):
    """The labels of the buttons below an answer with so many sources, row by row."""
    (message,) = sent(DRAWING.answer(long_answer(count, 20)))
    return [[button.text for button in row] for row in message.rows]


def test_buttons_are_one_row_and_more_sources_than_fit_in_it_have_rows_of_their_own():
    last = ["Why", "👍", "👎"]

    assert [labels(count) for count in (1, 3, 4, 9)] == [
        [["[1]", *last]],
        [["[1]", "[2]", "[3]", *last]],
        [["[1]", "[2]", "[3]", "[4]"], last],
        [[f"[{mark}]" for mark in range(1, 9)], ["[9]"], last],
    ]


def quoting(*quotes, texts=(), article=CORPS):
    """An answer with a claim for each quote of an article, in its own words or in those."""
    citations = [Citation(article, at, at + 1, quote) for at, quote in enumerate(quotes)]
    claims = [
        Claim(text=text, citations=(citation,), support=1)
        for text, citation in zip(texts or quotes, citations, strict=True)
    ]
    return kept(claims=tuple(claims), disagreements=())


def test_an_article_is_named_once_and_no_quote_is_repeated_that_the_answer_states():
    one, two = "Wagner has left Mali.", "Africa Corps stays."
    origin = '<a href="https://news.example/corps">Africa Corps</a> · Sahel Post · 24 June 2025'

    assert text_of(quoting(one, two)).partition("\n\n")[2] == f"[1][2] {origin}"
    assert text_of(quoting(one, two, texts=("wagner  has left mali", "It stays."))).endswith(
        f"\n\n[1][2] {origin}\n<blockquote expandable>[2] {two}</blockquote>"
    )


def test_copies_of_an_article_are_counted_below_it_and_the_first_are_linked():
    """Each copy leads to its own address; in Arabic the line runs from the right."""
    corps = kept(claims=ANSWER.claims[1:], disagreements=(), also={CORPS.id: COPIES})
    links = [
        f'<a href="https://{name.split()[0].lower()}.example/corps">{name}</a>'
        for name in ("Gao Times", "Kayes News", "Mopti Post")
    ]
    line = f"also in 4 others: {' · '.join(links)} · …"
    assert line in text_of(corps).split("\n")
    in_arabic = text_of(corps, Drawing(ARABIC, LIMITS)).split("\n")
    assert any(each.startswith("\u200fورد أيضًا في 4 مقالات أخرى: ") for each in in_arabic)


def test_in_arabic_a_line_runs_from_the_right_and_names_of_the_other_direction_by_themselves():
    origin = f'<a href="{AT}">\u2068Africa Corps\u2069</a> · \u2068Sahel Post\u2069 · 24 يونيو 2025'

    assert text_of(kept(UNSURE), Drawing(ARABIC, LIMITS)).split("\n")[2:4] == [
        f"\u200f[1] {origin}",
        "<blockquote expandable>Wagner has left Mali.</blockquote>",
    ]


def test_news_have_the_closest_quotes_where_the_answer_before_was_unsure():
    """In the place of what was told; their sources stand below, as those of the new answer do."""
    change = Change(Novelty.FIRST, (Claim(text="Camara", citations=(CAMARA,), support=1.0),))
    (message,) = sent(DRAWING.news("Who left?", replace(UNSURE, closest=(WAGNER,)), change))
    before, now, sources = message.html.split("\n\n")[1:]
    assert before == (
        "<b>Before:</b>\nI’m not sure that the articles answer this. The closest:\n"
        f'Wagner has left Mali. <a href="{AT}">[1]</a>'
    )
    assert now == "<b>Now:</b>\nCamara [2]"
    assert sources == (
        f'[1] <a href="{AT}">Africa Corps</a> · Sahel Post · 24 June 2025\n'
        "[2] <b>Goïta in Moscow</b>\n"
        "<blockquote expandable>General Sadio Camara accompanied Goïta.</blockquote>"
    )


def test_sources_and_lists_that_are_long_fold_into_one_block():
    quotes = parse(text_of(long_answer(2, 500)))
    items = parse(text_of(quoting(*(f"Line {number}." for number in range(9)))))
    short, prose = (
        parse(text_of(replace(quoting(*(f"So {number}." for number in range(count))), model="m")))
        for count in (6, 7)
    )

    def folded(message):
        return [text for kind, text in message.marked if kind == "expandable_blockquote"]

    assert [text.count("[") for text in folded(quotes)] == [2]
    assert short.text.splitlines()[0].endswith("So 4. [5] So 5. [6]")
    assert prose.text.splitlines()[0].endswith("So 4. [5]")
    assert [text.split(" [")[0] for text in folded(prose)] == ["So 5."]
    assert [text.split(" [")[0] for text in folded(items)] == ["Line 5."]
    assert [text.count("\n") for text in folded(items)] == [3]


def long_answer(count, length, together=None):
    """An answer of so many claims, each with a quote of its own; or of one with all quotes."""
    citations = tuple(
        Citation(
            Edition(
                id=f"{number}",
                url="https://news.example/a",
                title=f"Title {number}",
                outlet="Sahel Post",
                published=None,
                content_hash="",
            ),
            start=0,
            end=length,
            quote=(f"q{number} " * length)[:length].strip(),
        )
        for number in range(1, count + 1)
    )
    claims = tuple(
        Claim(text=f"Claim number {number}.", support=1, citations=(citation,))
        for number, citation in enumerate(citations, 1)
    )
    if together:
        claims = (Claim(text=together, support=1, citations=citations),)
    return kept(claims=claims, disagreements=())


def test_a_long_answer_is_parted_between_claims_each_part_with_its_own_sources():
    parts = sent(DRAWING.answer(long_answer(6, 1500)))

    for number, (part, marks) in enumerate(zip(parts, ((1, 2), (3, 4), (5, 6)), strict=True)):
        parsed = parse(part.html)
        assert [mark for mark in range(1, 7) if f"Claim number {mark}." in parsed.text] == [*marks]
        assert [mark for mark in range(1, 7) if f"\n[{mark}] Title" in parsed.text] == [*marks]
        assert part.rows[0][:2] == tuple(
            Button(f"[{mark}]", ShowSource(ID, number, mark)) for mark in marks
        )
    assert [len(part.rows) for part in parts] == [1, 1, 1]
    assert parts[-1].rows[0][2] == Button("Why", ShowWhy(ID, 2))


def test_a_claim_with_huge_quotes_goes_on_in_further_messages_each_with_its_buttons():
    parts = sent(DRAWING.answer(long_answer(2, 5000, together="All of it.")))

    assert [[button.text for row in part.rows for button in row] for part in parts] == [
        [],
        ["[1]"],
        ["[1]"],
        ["[2]"],
        ["[2]", "Why", "👍", "👎"],
    ]
    assert [part.html.count("<blockquote") for part in parts] == [0, 1, 1, 1, 1]


def test_remarks_that_the_last_part_does_not_take_follow_it():
    remark = Reason.NOTHING_BORNE_OUT(model="long-name " * 30)
    parts = sent(DRAWING.answer(replace(long_answer(1, 3900), remarks=(remark,))))

    assert parts[1].html == f"<i>{ENGLISH.worded(remark)}</i>"
    assert [len(part.rows) for part in parts] == [1, 1]


NAMES = st.text(st.characters(), max_size=200)
EDITIONS = st.builds(
    Edition,
    id=NAMES,
    url=st.one_of(st.none(), NAMES, st.just("https://news.example/?a=1&b=<2>")),
    title=NAMES,
    outlet=st.one_of(st.none(), NAMES),
    published=st.one_of(st.none(), st.dates()),
    content_hash=st.just("1"),
)
LENGTHS = st.sampled_from([0, 1, 30, 300, 3000, 9000])
WRITTEN = st.builds(lambda text, times: (text * times)[:times], NAMES, LENGTHS)
QUOTES = st.builds(Citation, EDITIONS, st.just(0), st.just(1), WRITTEN)


@st.composite
def answers(draw):
    quotes = draw(st.lists(QUOTES, max_size=60))
    cited = st.lists(st.sampled_from(quotes), max_size=100) if quotes else st.just([])
    claim = st.builds(Claim, text=WRITTEN, support=st.just(1.0), citations=cited.map(tuple))
    return Answer(
        id=ID,
        when=WHEN,
        question=draw(WRITTEN),
        standalone_question=draw(WRITTEN),
        outcome=draw(st.sampled_from(Outcome)),
        claims=draw(st.lists(claim, min_size=1, max_size=20).map(tuple)),
        remarks=tuple(
            Reason.NOTHING_BORNE_OUT(model=name) for name in draw(st.lists(WRITTEN, max_size=2))
        ),
        model=draw(st.one_of(st.none(), NAMES)),
    )


def taken(message):
    """Whether Telegram takes a message."""
    parsed = parse(message.html)
    pressed = [button.press for row in message.rows for button in row if button.press]
    assert 0 < units(parsed.text) <= LIMITS.length
    assert whole(message.html, mode="HTML") == parsed
    assert len(parsed.entities) <= LIMITS.marked
    assert [decode(encode(press)) for press in pressed] == pressed


@given(answers(), st.sampled_from(list(LANGUAGES.values())))
@settings(max_examples=15)
def test_telegram_takes_every_message_of_every_answer(answer, spoken):
    drawing = Drawing(spoken, LIMITS)
    for message in sent(drawing.answer(answer)):
        taken(message)
    taken(sent(drawing.why(answer, dict.fromkeys(answer.articles, Version.GONE), part=0)))
    for mark in range(1, min(len(answer.citations), 5) + 1):
        beside = Around(answer.citations[-1].quote, answer.citations[0].quote, more=True)
        press = ShowSource(ID, 0, mark)
        taken(sent(drawing.source(answer, press, beside, Version.CURRENT)))
        assert units(drawing.glimpse(answer, mark)) <= LIMITS.alert


def shown(mark, version=Version.CURRENT, reach=0):
    quoted = kept().citations[mark - 1]
    article = (GOITA, CORPS)[mark - 1]
    beside = around(article.text, quoted.start, quoted.end, reach)
    if version is Version.GONE:
        beside = None
    return sent(DRAWING.source(kept(), ShowSource(ID, 0, mark, reach), beside, version))


BACK = Button("← Back", ShowAnswer(ID, 0))


def test_a_source_is_its_quote_in_its_paragraph_and_on_request_in_those_beside_it():
    said = "<b>General Sadio Camara accompanied Goïta.</b> They met Putin."
    assert shown(1) == Message(
        f"[1] {GOITA_ORIGIN}\n\n{said}",
        ((BACK, Button("More around it", ShowSource(ID, 0, 1, 1))),),
    )
    assert shown(1, reach=1) == Message(
        f"[1] {GOITA_ORIGIN}\n\nHe landed in Moscow.\n{said}\nThe end.", ((BACK,),)
    )


@pytest.mark.parametrize(
    ("version", "beside", "told"),
    [
        (
            Version.CHANGED,
            " Africa Corps stays.",
            "The article has changed since. The quote is as it was then.",
        ),
        (
            Version.GONE,
            "",
            "The article is no longer in the collection. The quote is as it was then.",
        ),
    ],
)
def test_where_the_article_is_not_as_it_was_the_quote_is_as_it_was_given(version, beside, told):
    """Of one that has changed its paragraph is as it was, too."""
    assert shown(2, version) == Message(
        f'[2] <a href="{AT}">Africa Corps</a> · Sahel Post · 24 June 2025\n\n'
        f"<b>Wagner has left Mali.</b>{beside}\n\n{told}",
        ((BACK,), (Button("Open the article", url=AT),)),
    )


@pytest.mark.parametrize(
    ("after", "end"), [(" after" * 1000, "after after…"), (" after.", " after.")]
)
def test_of_a_long_paragraph_as_much_is_shown_as_a_message_takes_around_the_whole_quote(after, end):
    """A side that is short leaves its room to the other."""
    beside = Around("before " * 1000, after, more=False)
    source = sent(DRAWING.source(kept(), ShowSource(ID, 0, 1), beside, Version.CURRENT))
    parsed = parse(source.html)

    assert LIMITS.length - 20 < units(parsed.text) <= LIMITS.length
    assert "before <b>General Sadio Camara accompanied Goïta.</b> after" in source.html
    assert "\n\n…before before" in parsed.text
    assert parsed.text.endswith(end)


def test_a_quote_longer_than_a_message_is_cut_with_an_ellipsis():
    press, answer = ShowSource(ID, 0, 1), long_answer(1, 5000)
    parsed = parse(sent(DRAWING.source(answer, press, None, Version.CURRENT)).html)

    assert LIMITS.length - 20 < units(parsed.text) <= LIMITS.length
    assert parsed.text.endswith("q1 q1…")


def test_why_tells_what_was_asked_by_what_answered_and_what_was_read():
    answer = kept(
        standalone_question="who accompanied Goïta to Moscow?",
        mode="chat",
        model="small-chat",
        evidence=(CLOSEST, replace(CLOSEST, article=GOITA, score=0.125)),
        timings={"search": 12.0, "total": 1234.0},
    )
    versions = dict(zip(answer.articles, (Version.GONE, Version.CURRENT), strict=True))

    assert sent(DRAWING.why(answer, versions, part=1)) == Message(
        "<b>How this answer came about</b>\n"
        "Asked: who accompanied Goïta?\n"
        "Searched for: who accompanied Goïta to Moscow?\n"
        "Outcome: answered, confidence 0.87\n"
        "Written by small-chat\n"
        "Took: 1.2 s\n\n"
        "Read, the best first:\n"
        '1. 0.25 · <a href="https://news.example/corps">Africa Corps</a>'
        " · Sahel Post · 24 June 2025\n"
        "2. 0.12 · <b>Goïta in Moscow</b><i> (gone since)</i>",
        ((Button("← Back", ShowAnswer(ID, 1)),),),
    )


def test_what_is_read_beyond_what_a_message_takes_is_counted():
    answer = kept(evidence=(CLOSEST,) * 200)
    told = sent(DRAWING.why(answer, dict.fromkeys(answer.articles, Version.CURRENT), part=0))

    assert told.html.splitlines()[-2].startswith("75. 0.25")
    assert told.html.splitlines()[-1] == "and 125 more"


def test_a_glimpse_is_the_beginning_of_the_quote_and_where_it_is_from():
    answer = kept()

    assert [DRAWING.glimpse(answer, 1), IN_FRENCH.glimpse(answer, 2)] == [
        "[1] Goïta in Moscow: “General Sadio Camara accompanied Goïta.”",
        "[2] Sahel Post, 24 juin 2025\u202f: «\u202fWagner has left Mali.\u202f»",
    ]
    assert DRAWING.glimpse(long_answer(1, 900), 1) == f"[1] Sahel Post: “{('q1 ' * 60).strip()}…”"


def test_while_it_works_the_stage_is_shown_and_then_the_end_of_what_is_written():
    stages = (Searching(), ReadingArticles(4), "", " <b>Goïta")
    assert [sent(DRAWING.working(stage)).html for stage in stages] == [
        "<i>Searching…</i>",
        "<i>Reading 4 articles…</i>",
        "<i>Writing…</i>",
        "&lt;b&gt;Goïta",
    ]
    long = parse(sent(DRAWING.working("word " * 1000)).html).text
    assert LIMITS.length - 10 < units(long) <= LIMITS.length
    assert long.startswith("…word word")


def test_inline_each_sentence_that_is_cited_is_a_result():
    at = f'<a href="{AT}">Africa Corps</a> · Sahel Post · 24 June 2025'
    shown = [
        (result.id, result.title, result.description, result.input_message_content.message_text)
        for result in results(ANSWER, DRAWING)
    ]
    assert shown == [
        (
            "1",
            CAMARA.quote,
            "Goïta in Moscow",
            f"<blockquote expandable>{CAMARA.quote}</blockquote>\n{GOITA_ORIGIN}",
        ),
        (
            "2",
            "Wagner has left Mali.",
            "Africa Corps · Sahel Post · 24 June 2025",
            f"<blockquote expandable>Wagner has left Mali.</blockquote>\n{at}",
        ),
    ]
    assert results(REFUSAL, DRAWING) == []


def test_the_articles_are_listed_and_those_beyond_are_counted():
    line = "<b>Goïta in Moscow</b>"

    assert sent(DRAWING.article_list((GOITA, CORPS), 2)) == (
        Message(
            f"{line}\n"
            '<a href="https://news.example/corps">Africa Corps</a> · Sahel Post · 24 June 2025'
        ),
    )
    assert sent(DRAWING.article_list((), 0)) == (Message("There are no articles yet."),)
    assert [
        splitline
        for message in sent(DRAWING.article_list((GOITA,) * 60, 1251))
        for splitline in message.html.splitlines()
    ] == [line] * 50 + ["and 1,201 more"]
