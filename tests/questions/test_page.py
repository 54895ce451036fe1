import base64
import hashlib
import re
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from lxml import html

from bot.questions.comparison import compare
from bot.questions.format import CannedQuestion
from bot.questions.history import PastRun
from bot.questions.reports.page import WITH_DETAILS, page
from bot.questions.results import Attempt, CheckResult
from chromium import BROWSER, Chromium
from question_runs import (
    ANSWERED,
    CORPS,
    DIFFERING,
    FELL,
    REFUSED,
    SLOW,
    TEXTS,
    UNJUDGED,
    VISIT,
    WHEN,
    asked,
    erred,
    every_kind,
    failed,
    flaky,
    passed,
    retrieved,
    run,
)
from rag.library import Library
from rag.reasons import Reason
from rag.types import Citation, Claim


def drawn(done, *, texts=TEXTS.get, **more):
    return html.document_fromstring(page(done, texts=texts, **more))


def text(node):
    return " ".join(node.text_content().split())


def texts(node, selector):
    return [text(element) for element in node.xpath(selector)]


def having(name):
    return f"contains(concat(' ', @class, ' '), ' {name} ')"


QUESTIONS = f"//*[{having('q')}]"


def shown_question(done, **more):
    """The only question of a run, as it is drawn."""
    (one,) = drawn(done, **more).xpath(QUESTIONS)
    return one


def past(days, **told):
    return replace(PastRun.of(every_kind()), when=WHEN - timedelta(days=days), **told)


# The summary


def test_the_summary_says_whether_the_run_holds_of_what_it_was_and_what_became_of_questions():
    told = drawn(every_kind(seconds=83.2))
    assert told.findtext("head/title") == (
        "corpus/questions.yaml · Not passed: 2 failed, 1 flaky, 1 error of 9 questions."
    )
    assert texts(told, "//header/h1 | //header/p") == [
        "Griot · question set",
        "corpus/questions.yaml",
        "Not passed: 2 failed, 1 flaky, 1 error of 9 questions.",
        "0 to 2 of 2 questions passed in each of 3 rounds.",
    ]
    assert texts(told, "//header/ul/li") == [
        "2 passed",
        "1 fixed",
        "1 known failure",
        "2 flaky",
        "2 failed",
        "1 error",
    ]
    assert texts(told, "//header/dl/div") == [
        "When2025-07-01 09:30 UTC",
        "Answered bythe embedded reader",
        "From2 articles",
        "Griot0.1.0",
        "Took83 s",
    ]


def test_a_run_without_questions_or_without_answers_says_so():
    assert texts(drawn(run()), "//main//p") == [
        "No run of the whole set is kept yet.",
        "No question was asked.",
    ]
    told = drawn(run(erred("Who?", "no disk <space>")))
    assert texts(told, f"//p[{having('state')} or {having('problem')}]") == [
        "Could not run: no question had an answer.",
        "no disk <space>",
    ]


# The trend


def curves(told):
    return [
        [(float(at.get("cx")[:-1]), float(at.get("cy")[:-1])) for at in curve.xpath("circle")]
        for curve in told.xpath(f"//svg[{having('chart')}]/g")
    ]


def test_the_trend_draws_the_runs_up_to_this_one_and_tells_them_as_a_table():
    done = run(passed("one"), failed("two"))
    earlier = [
        past(2, questions=4, passed=4, errors=0, false_answers=0.0, false_refusals=0.5),
        past(1, questions=4, passed=0, errors=1, false_answers=None, false_refusals=0.5),
    ]
    told = drawn(done, past=earlier)
    assert curves(told) == [
        [(2.0, 6.0), (50.0, 94.0), (98.0, 50.0)],
        [(2.0, 94.0)],
        [(2.0, 50.0), (50.0, 50.0), (98.0, 94.0)],
    ]
    assert [len(curve.xpath("line")) for curve in told.xpath("//svg[title]/g")] == [2, 0, 2]
    assert texts(told, "//svg/title | //svg/desc") == [
        "Shares over 3 runs of the whole set",
        "passed: 100.0% → 50.0%. false answers: 0.0%. false refusals: 50.0% → 0.0%.",
    ]
    assert [texts(row, "th | td") for row in told.xpath("//details//table//tr")] == [
        ["run", "passed", "errors", "false answers", "false refusals", "p50", "by"],
        ["2025-07-01 09:30", "1 of 2", "0", "–", "0.0%", "80 ms", "reader"],
        ["2025-06-30 09:30", "0 of 4", "1", "–", "50.0%", "80 ms", "reader"],
        ["2025-06-29 09:30", "4 of 4", "0", "0.0%", "50.0%", "80 ms", "reader"],
    ]


def test_the_trend_has_each_run_of_the_whole_set_once():
    told = drawn(run(passed("one"), whole=False), past=[past(2), past(1)])
    assert [len(curve) for curve in curves(told)] == [2, 2, 2]
    done = run(passed("one"))
    assert "the trend begins with the next one" in text(drawn(done, past=[PastRun.of(done)]))


# The questions


def test_what_falls_short_comes_first_then_what_else_is_worth_telling():
    told = drawn(every_kind())
    assert [
        (text(shown.xpath(".//h3")[0]), shown.get("data-verdict"))
        for shown in told.xpath(QUESTIONS)
    ] == [
        ("two", "failed"),
        ("three", "flaky"),
        ("five", "error"),
        ("nine", "failed"),
        ("six", "known"),
        ("four", "flaky"),
        ("seven", "fixed"),
        ("one", "passed"),
        ("eight", "passed"),
    ]
    opened = told.xpath(f"{QUESTIONS}[@open]//h3")
    assert [text(heading) for heading in opened] == ["two", "three", "five", "nine"]


def test_a_question_shows_its_checks_its_answer_and_each_quote_marked_in_its_paragraph():
    asked_for = CannedQuestion.model_validate(
        {
            "id": "who",
            "conversation": ["Who came?", "With whom?"],
            "expect": ["Camara", ["Lavrov", "minister"]],
            "max_ms": "500",
            "judge": "names the general",
            "tags": ["names", "follow-up"],
        }
    )
    answer = replace(
        ANSWERED,
        standalone_question="With whom did Goïta come?",
        claims=(*ANSWERED.claims, Claim(text="He smiled.", support=0.1, citations=())),
        unanswered=("why",),
        remarks=(Reason.OTHER(text="One sentence was left out."),),
        mode="model",
        model="small-chat",
        usage={"prompt_tokens": 900, "cost": 0.01},
    )
    attempt = Attempt(given=answer, checks=(FELL, SLOW, UNJUDGED))
    one = shown_question(run(replace(passed("x"), question=asked_for, attempts=(attempt,))))
    assert texts(one, "summary") == [
        "With whom? failed names follow-up after: Who came?",
    ]
    assert [
        (one_check.xpath("svg/use")[0].get("href"), texts(one_check, "span"))
        for one_check in one.xpath(f".//ul[{having('checks')}]/li")
    ] == [
        (
            "#i-failed",
            ["expect: Camara, Lavrov or minister failed", "lacks “Lavrov”"],
        ),
        ("#i-failed", ["max_ms: 500 failed", "took 900 ms, at most 500 (advisory)"]),
        (
            "#i-known",
            [
                "judge: names the general was not checked",
                "no chat model to ask (advisory)",
            ],
        ),
    ]
    assert texts(one, f".//p[{having('id')}]") == ["who · link"]
    assert texts(one, f".//ol[{having('claims')}]/li") == [
        "General Sadio Camara [1]",
        "He smiled. (not supported by the articles)",
    ]
    assert "The articles do not say: why" in text(one)
    quote = one.xpath(".//figure")[0]
    assert text(quote.xpath("figcaption")[0]) == "[1] Goïta in Moscow"
    paragraph = quote.xpath("blockquote")[0]
    assert (paragraph.text, paragraph[0].text, paragraph[0].tail) == (
        "Assimi Goïta came for five days. ",
        "General Sadio Camara accompanied him.",
        " They met Putin.",
    )
    assert texts(one, f".//dl[{having('tells')}]/*") == [
        *("searched", "With whom did Goïta come?"),
        *("written by", "model, small-chat"),
        *("confidence", "0.87"),
        *("took", "search 9 ms, read 71 ms, total 80 ms"),
        *("used", "prompt tokens 900, cost 0.0100"),
        *("remark", "One sentence was left out."),
    ]


@pytest.mark.parametrize("now", [None, "It says something else."])
def test_a_quote_whose_article_is_not_as_it_was_stands_without_its_paragraph(now):
    one = shown_question(run(passed("Who?")), texts=lambda _: now)
    assert texts(one, ".//figure/*[not(self::figcaption)]") == [
        "General Sadio Camara accompanied him.",
        "Its paragraph is not shown: the article is no longer as it was.",
    ]
    gone = f"Characters 0 to {len(TEXTS[CORPS])} of an article that is no longer as it was."
    assert (texts(one, f".//ol[{having('read')}]/li[2]/small[last()]") == [gone]) is (now is None)


def test_of_many_questions_that_hold_the_last_ones_have_a_line_each():
    held = [
        passed(f"held {number}", REFUSED, expect="Camara", tags=["many"])
        for number in range(WITH_DETAILS + 2)
    ]
    told = drawn(run(*held, failed("fell")))
    assert [element.tag for element in told.xpath(QUESTIONS)] == [
        *["details"] * (WITH_DETAILS + 1),
        *["div"] * 2,
    ]
    assert texts(told, f"//main//section/p[{having('note')}]") == [
        (
            "The last 2 questions, which passed, have one line each: their details are left out "
            "here, and stand in the JSON report (griot check --report FILE.json)."
        )
    ]
    last = told.xpath(QUESTIONS)[-1]
    assert (text(last), last.get("data-tags")) == (f"held {WITH_DETAILS + 1} passed many", "many")


# The comparison


def compared():
    before = run(passed("lost"), failed("gained"), passed("same"), passed("gone"), when=WHEN)
    after = run(
        failed("lost", REFUSED),
        passed("gained"),
        passed("same"),
        failed("new"),
        when=WHEN + timedelta(days=1),
    )
    return drawn(after, comparison=compare(before, after))


def test_the_comparison_links_what_was_gained_lost_and_is_new_and_names_what_is_missing():
    told = compared()
    part = told.xpath("//section[h2/@id='comparison']")[0]
    assert texts(part, "p") == [
        "1 gained, 1 lost: too few to say.",
        "The baseline: 2025-07-01 09:30 UTC, the embedded reader, Griot 0.1.0",
    ]
    assert [texts(section, "h3 | ul/li") for section in part.xpath("div/section")] == [
        ["Lost: 1", "lost"],
        ["Missing now: 1", "gone"],
        ["Gained: 1", "gained"],
        ["New: 1", "new"],
    ]
    asked_for = [told.get_element_by_id(link.get("href")[1:]) for link in part.xpath(".//li/a")]
    assert [text(shown.xpath(".//h3")[0]) for shown in asked_for] == ["lost", "gained", "new"]
    assert [texts(row, "th | td") for row in part.xpath(".//tr")] == [
        ["what", "before", "after", "change"],
        ["false refusals", "0.0%", "33.3%", "+33.3 points worse"],
        ["citation recall", "100.0%", "66.7%", "-33.3 points worse"],
    ]
    assert "1 question of the baseline missing" in text(told.xpath("//header")[0])


def test_a_question_shows_how_it_fared_before_and_its_two_answers_where_they_differ():
    told = {text(shown.xpath(".//h3")[0]): shown for shown in compared().xpath(QUESTIONS)}
    since = {
        name: texts(shown, "div/h4[.='Since the baseline']/following-sibling::*")
        for name, shown in told.items()
    }
    assert since == {
        "lost": [
            "Lost: passed before, failed now.",
            "Answered beforeGeneral Sadio Camara [1] Answered nowThe articles do not say.",
        ],
        "gained": [
            "Gained: failed before, passed now.",
            "The answer is the same.",
        ],
        "same": ["Passed before, too.", "The answer is the same."],
        "new": [],
    }
    assert {name: shown.get("data-change") for name, shown in told.items()} == {
        "lost": "lost",
        "gained": "gained",
        "same": None,
        "new": "new",
    }


# What is safe


HARMLESS = "<script>alert(1)</script></style></script>\"'&{{ 7 * 7 }}\u202e"
TYPED = f"{HARMLESS}\x1b\x00\x85"  # no set can hold a lone surrogate
EVIL = f"{TYPED}\ud800"


def attacked():
    edition = replace(VISIT, title=EVIL, outlet=EVIL, id=EVIL, url=f"https://news.example/{EVIL}")
    body = f"{EVIL} {EVIL}"
    citation = Citation(edition, 0, 4, body[:4])
    answer = replace(
        ANSWERED,
        standalone_question=EVIL,
        claims=(Claim(text=EVIL, support=1.0, citations=(citation,)),),
        unanswered=(EVIL,),
        disagreements=(
            replace(DIFFERING.disagreements[0], topic=EVIL, citations=(citation, citation)),
        ),
        also={EVIL: (edition,)},
        evidence=(replace(retrieved(VISIT), article=edition, found_by=(EVIL,)),),
        remarks=(Reason.OTHER(text=EVIL),),
        mode=EVIL,
        model=EVIL,
        timings={EVIL: 1.0},
        usage={EVIL: 1.0},
    )
    evil = CannedQuestion.model_validate(
        {
            "id": TYPED,
            "conversation": [TYPED, TYPED],
            "expect": TYPED,
            "tags": [TYPED],
            "known_failure": TYPED,
        }
    )
    check = CheckResult(name="expect", held=False, detail=EVIL)
    attempts = (Attempt(given=answer, checks=(check,)), Attempt(error=EVIL))
    result = replace(passed("x"), question=evil, attempts=attempts)
    done = run(result, set_path=EVIL, model=EVIL, griot=EVIL)
    before = run(replace(result, attempts=(Attempt(given=REFUSED),)), model=EVIL, griot=EVIL)
    return page(
        done,
        texts=lambda _: body,
        past=[past(1, model=EVIL, griot=EVIL)],
        comparison=compare(before, done),
    )


def test_nothing_of_what_is_shown_becomes_part_of_the_page():
    source = attacked()
    told = html.document_fromstring(source)
    assert len(told.xpath("//script")) == len(told.xpath("//style")) == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", source)
    assert {option.get("value").strip() for option in told.xpath("//option[@value!='']")} == {
        HARMLESS
    }
    assert set(texts(told, f"{QUESTIONS}//h3")) == {HARMLESS}
    assert "49" not in text(told)
    assert source.encode()


def test_what_turns_the_direction_of_letters_turns_nothing_of_the_page():
    told = html.document_fromstring(attacked())
    turned = told.xpath("//body//text()[contains(., '\u202e')]")
    assert len(turned) > 40
    assert [words for words in turned if not isolated(words)] == []


def isolated(words):
    """Whether the browser sets it apart, or nothing of the page follows in its paragraph."""
    node = words.getparent()
    if words.is_tail or node.tag in {"bdi", "mark", "blockquote"} or node.get("class") == "excerpt":
        return not words.is_tail or node.getparent().tag == "blockquote"
    last = not node.xpath("node()[position() > 1]") and words.strip().endswith("\u202e")
    return last or "\u2069" in words


def test_the_pages_policy_lets_only_its_own_script_and_style_run():
    told = drawn(every_kind())
    code = {name: told.xpath(f"//{name}")[0].text for name in ("script", "style")}
    digests = {
        name: base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        for name, source in code.items()
    }
    (policy,) = told.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests['style']}'; "
        f"script-src 'sha256-{digests['script']}'; base-uri 'none'; form-action 'none'"
    )
    assert not told.xpath("//*[@style]")
    assert not [name for element in told.iter() for name in element.attrib if name.startswith("on")]


def test_the_page_needs_nothing_from_anywhere():
    source = page(every_kind(), texts=TEXTS.get, past=[past(1)])
    assert set(re.findall(r"https?://[^\s\"'<]+", source)) == {CORPS.url}
    assert not re.search(r"\ssrc=|@import|url\(|<link|<iframe|<object|<embed|fetch\(|data:", source)


@pytest.mark.parametrize(
    ("url", "links"),
    [
        ("https://news.example/a?b=1&c", ["https://news.example/a?b=1&c"]),
        ("javascript:alert(1)", []),
        ("data:text/html,x", []),
        ("file:///etc/passwd", []),
        ("http://[", []),
        ("https:", []),
        (None, []),
    ],
)
def test_an_article_is_a_link_only_where_its_address_is_one_of_the_web(url, links):
    edition = replace(VISIT, url=url)
    citation = replace(ANSWERED.citations[0], article=edition)
    claim = replace(ANSWERED.claims[0], citations=(citation,))
    answer = replace(ANSWERED, claims=(claim,), evidence=())
    one = shown_question(run(passed("Who?", answer)), texts=lambda _: TEXTS[VISIT])
    assert one.xpath(".//figcaption//a/@href") == links
    assert set(one.xpath(".//figcaption//a/@rel")) <= {"noopener noreferrer"}


# What everybody can read


def test_headings_are_in_order_and_tables_fields_and_links_are_named():
    told = drawn(every_kind(), past=[past(1)], comparison=compare(every_kind(), every_kind()))
    levels = [int(heading.tag[1]) for heading in told.xpath("//h1 | //h2 | //h3 | //h4 | //h5")]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert told.get("lang") == "en"
    assert not told.xpath("//th[not(@scope)]")
    assert not told.xpath("//input[not(ancestor::label)] | //select[not(ancestor::label)]")
    ids = told.xpath("//@id")
    assert len(ids) == len(set(ids))
    anchors = {href[1:] for href in told.xpath("//a/@href") if href[0] == "#" and "=" not in href}
    uses = {href[1:] for href in told.xpath("//use/@href")}
    assert anchors | uses <= set(ids)
    assert all(
        picture.get("aria-hidden") or picture.get("role")
        for picture in told.xpath("//svg[not(symbol)]")
    )
    assert told.xpath("//body/a")[0].get("href") == "#questions"


def palette(css):
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", css))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_every_colour_has_the_contrast_that_wcag_asks_for_by_day_and_by_night():
    css = drawn(run()).xpath("//style")[0].text
    day, night = css.partition("* { box-sizing")[0].split("@media")
    for colours in (palette(day), palette(night)):
        words = set(colours) - {"paper", "card", "rule", "edge", "mark"}
        pairs = {(word, under): 4.5 for word in words for under in ("paper", "card")}
        pairs |= {("ink", "mark"): 4.5, ("edge", "paper"): 3.0, ("edge", "card"): 3.0}
        low = [
            (one, other)
            for (one, other), least in pairs.items()
            if contrast(colours[one], colours[other]) < least
        ]
        assert (len(pairs), low) == (21, [])


# In a browser


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    with Chromium() as chromium:
        yield chromium


ASKED = (
    {"ask": "Who accompanied Goïta?", "expect": "Sadio Camara", "tags": ["names"]},
    {"ask": "Who won the 2018 World Cup?", "refuse": True, "tags": ["refusal"]},
    {"ask": "Is Wagner still in Mali?", "disagree": True},
    {"ask": "Who came with Goïta?", "expect": "Lavrov", "tags": ["names"]},
    {
        "conversation": ["Who is Russia's defence minister?", "Whom did he meet?"],
        "expect": "Lavrov",
        "known_failure": "nobody says so",
    },
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a run that really asked, with a trend, a baseline and repeats."""
    folder = tmp_path_factory.mktemp("page")
    given = [
        CannedQuestion.model_validate({"id": f"n{n}"} | asked) for n, asked in enumerate(ASKED)
    ]
    with Library.open(folder / "home", corpus="corpus") as library:
        library.refresh()
        results = asked(library, *given)
        texts = {article.id: article.text for article in library.articles()}
    done = run(*results, flaky("How often?", 2, 1), erred("a" * 200), when=datetime.now(UTC))
    before = run(*results[:3], passed("How often?"), failed("gone"))
    file = folder / "report.html"
    file.write_text(
        page(
            done,
            texts=lambda edition: texts.get(edition.id),
            past=[past(3), past(2, false_answers=None), past(1)],
            comparison=compare(before, done),
        ),
        encoding="utf-8",
    )
    return file.as_uri()


VISIBLE = (
    "[...document.querySelectorAll('.q')].filter(one => one.checkVisibility())"
    ".map(one => one.querySelector('h3').textContent)"
)


def size(png):
    return struct.unpack(">II", png.read_bytes()[16:24])


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_fits_a_phone_and_a_desk_by_day_and_by_night(browser, report, tmp_path, width, dark):
    browser.show(report, width=width, dark=dark)
    browser.js("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.js("document.documentElement.scrollWidth <= innerWidth && innerWidth") == width
    paper = browser.js("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(19, 21, 27)" if dark else "rgb(250, 248, 244)")
    browser.photograph(tmp_path / "page.png")
    assert size(tmp_path / "page.png") == (width, 900)
    assert browser.complaints() == []


@pytest.mark.browser
def test_the_address_says_what_is_shown_and_what_is_chosen_is_written_into_it(browser, report):
    for fragment, shown in {
        "tag=names": ["Who came with Goïta?", "Who accompanied Goïta?"],
        "verdict=failed,error": ["a" * 200, "Who came with Goïta?"],
        "change=lost": ["How often?"],
        "q=GOITA+accompanied": ["Who accompanied Goïta?"],
        "q=nothing+of+it": [],
        "tag=unknown&verdict=known": ["Whom did he meet?"],
    }.items():
        browser.show(f"{report}#{fragment}")
        assert (fragment, sorted(browser.js(VISIBLE))) == (fragment, sorted(shown))
    assert browser.js("document.getElementById('count').textContent") == "1 of 7 shown"
    browser.show(report)
    browser.js("document.querySelector('option[value=names]').selected = true")
    browser.js("document.querySelector('input[value=passed]').click()")
    assert browser.js("location.hash") == "#tag=names&verdict=passed"
    assert browser.js(VISIBLE) == ["Who accompanied Goïta?"]
    browser.js("document.querySelector('[name=clear]').click()")
    assert browser.js("[location.hash, document.querySelectorAll('.q[hidden]').length]") == ["", 0]
    browser.js("document.querySelector('header .legend .failed a').click()")
    browser.js("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert browser.js(VISIBLE) == ["Who came with Goïta?"]


@pytest.mark.browser
def test_keys_go_from_question_to_question_open_them_and_search(browser, report):
    focus = "document.activeElement.closest('.q')?.querySelector('h3').textContent"
    browser.show(report)
    first, second = browser.js(VISIBLE)[:2]
    browser.press("j")
    assert browser.js(focus) == first
    browser.press("j")
    assert browser.js(focus) == second
    browser.press("k", "ArrowDown")
    assert browser.js(focus) == second
    was = browser.js("document.activeElement.parentElement.open")
    browser.press("Enter")
    assert browser.js("document.activeElement.parentElement.open") is not was
    browser.press("/", *"wagner", "Enter")
    assert browser.js(VISIBLE) == ["Is Wagner still in Mali?"]
    assert browser.js("location.hash") == "#q=wagner"
    assert browser.js("document.activeElement.textContent.includes('Wagner')")


@pytest.mark.browser
def test_a_link_to_a_question_opens_it_and_an_excerpt_becomes_its_passage(browser, report):
    browser.show(f"{report}#q1")
    assert browser.js("document.getElementById('q1').open")
    browser.js("document.querySelector('#q1 .all details').open = true")
    browser.js("document.querySelector('#q1 .excerpt').click()")
    told = browser.js(
        "(() => { const link = document.querySelector('#q1 .excerpt'); return link.textContent "
        "=== document.querySelector(link.getAttribute('href') + ' .text').textContent; })()"
    )
    assert (told, browser.js("location.hash")) == (True, "#q1")


@pytest.mark.browser
def test_without_scripts_and_in_print_everything_is_there_without_the_form(browser, report):
    browser.show(f"{report}#tag=names", scripts=False)
    assert len(browser.js(VISIBLE)) == len(ASKED) + 2
    assert browser.js("document.getElementById('filter').checkVisibility()") is False
    browser.show(report, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    told = browser.js(
        "[document.getElementById('filter').checkVisibility(), "
        "getComputedStyle(document.documentElement).getPropertyValue('--paper')]"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
    assert told == [False, "#faf8f4"]


@pytest.mark.browser
def test_an_attack_does_nothing_in_a_browser(browser, tmp_path):
    file = tmp_path / "attacked.html"
    file.write_text(attacked(), encoding="utf-8")
    browser.show(file.as_uri())
    browser.js("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    told = "[document.scripts.length, document.documentElement.scrollWidth <= innerWidth]"
    assert (browser.js(told), browser.complaints()) == ([1, True], [])
