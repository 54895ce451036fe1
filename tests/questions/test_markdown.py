import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from bot.console import LISTED
from bot.questions.comparison import compare
from bot.questions.format import CannedQuestion
from bot.questions.reports.markdown import MOST, markdown
from bot.questions.results import Attempt
from question_runs import (
    ANSWERED,
    FELL,
    VISIT,
    failed,
    known,
    passed,
    run,
)
from rag.types import Citation, Claim

OURS = set("h2 p strong table thead tbody tr th td details summary b br".split())
WILD = (
    "<script>alert(1)</script> <!-- </td></table></details> | a | b | `c` **d** __e__ ~~f~~ "
    "[g](https://evil.example) ![h](//i.example) <https://j.example> https://k.example "
    "www.l.example @someone someone@m.example owner/repo#12 GH-12 &lt; &#64; \\ \\| $n$ &"
)


class Page(HTMLParser):
    """A page as a browser reads it: its text, and the elements, each opened and closed."""

    def __init__(self, text):
        super().__init__()
        self.opened, self.closed, self.attributes, self.text = Counter(), Counter(), [], ""
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.opened[tag] += 1
        self.attributes += [attr for attr in attrs if attr[0] != "style"]

    def handle_endtag(self, tag):
        self.closed[tag] += 1

    def handle_data(self, data):
        self.text += data


def sound(page):
    """Whether there is nothing but what the report itself sets, all of it closed."""
    opened = page.opened - Counter(br=page.opened["br"])
    return set(page.opened) <= OURS and opened == page.closed and page.attributes == []


def test_a_run_is_a_heading_its_numbers_and_what_falls_short():
    assert markdown(run(passed("one"), failed("Who came?", cites=["visit.txt"]))) == (
        "## Not passed: 1 failed of 2 questions.\n"
        "\n"
        "Question set corpus/questions.yaml · 2 articles · embedded reader · Griot 0.1.0 · "
        "2025-07-01 09:30 UTC\n"
        "\n"
        "|  | now |\n"
        "| --- | --: |\n"
        "| questions | 2 |\n"
        "| passed | 1 |\n"
        "| failed | 1 |\n"
        "| unexpected failures | 1 |\n"
        "| false refusals | 0.0% |\n"
        "| recall@&#8203;1 | 100.0% |\n"
        "| recall@&#8203;3 | 100.0% |\n"
        "| recall@&#8203;8 | 100.0% |\n"
        "| MRR | 1.000 |\n"
        "| citation precision | 100.0% |\n"
        "| citation recall | 100.0% |\n"
        "| p50 | 80 ms |\n"
        "| p95 | 80 ms |\n"
        "\n"
        "<details>\n"
        "<summary><b>failed</b>: Who came?</summary>\n"
        "<table>\n"
        "<tr><td>id</td><td>who-came?</td></tr>\n"
        "<tr><td>failed checks</td><td>expect: lacks “Lavrov”</td></tr>\n"
        "<tr><td>expected</td><td>cites: visit.txt</td></tr>\n"
        "<tr><td>got</td><td>General Sadio Camara &#91;1&#93;</td></tr>\n"
        "<tr><td>&#91;1&#93; visit.txt</td><td>“General Sadio Camara accompanied him.”</td></tr>\n"
        "</table>\n"
        "</details>\n"
    )


def wild_result(text):
    edition = replace(VISIT, id=text)
    record = replace(
        ANSWERED,
        claims=(Claim(text=text, support=0.9, citations=(Citation(edition, 0, len(text), text),)),),
    )
    asked = CannedQuestion.model_validate({"id": text, "ask": text, "expect": [text]})
    return replace(
        failed("one"),
        question=asked,
        attempts=(Attempt(given=record, checks=(replace(FELL, detail=text),)),),
    )


def plain(text):
    return text.replace("\u200b", "")


def test_words_of_others_are_shown_as_they_are_and_make_nothing_else():
    """No markup, no links, no mentions: in lists, in tables, and in what is folded up."""
    done = replace(run(wild_result(WILD), model=WILD), set_path=WILD)
    before = run(replace(wild_result(WILD), attempts=passed("one").attempts), passed("gone"))

    page = Page(markdown(done, compare(before, done)))

    assert sound(page)
    assert plain(page.text).count(WILD) == 7
    assert not re.search(r"@\w|#\d|://|www\.|GH-", page.text)


@pytest.mark.parametrize(
    "breaks", ["\n\n", "\r\n", "\u2028", "\n\n# h\n\n- li\n\n```\n", "\x00\x1b[0m"]
)
def test_what_breaks_lines_elsewhere_breaks_none_here(breaks):
    done = replace(run(wild_result(f"a{breaks}b"), model=f"a{breaks}b"), set_path=f"a{breaks}b")

    assert sound(Page(markdown(done)))


def test_a_comment_is_no_longer_than_it_may_be_and_says_what_is_left_out():
    ids = [f"{number}{'@' * 500}" for number in range(LISTED + 3)]
    many = [failed(f"Question {number}? {'|' * 1000}") for number in range(400)]
    after = run(*many, *map(known, ids))

    told = markdown(after, compare(run(*map(passed, ids)), after))
    shown = told.count("<details>")

    assert 0 < shown < 400
    assert re.search(r"\*\*Known failures \(23\):\*\* 0@.* and 3 more\n", told)
    assert MOST - 10_000 < len(told) <= MOST
    assert sound(Page(told))
    assert told.endswith(
        f"Cut to fit a comment: {shown} of 400 questions that did not pass are shown. "
        "The other reports have all of them.\n"
    )
