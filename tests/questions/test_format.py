import json

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.folding import fold, stands_in
from bot.questions.format import CannedQuestion, Wanted, schema
from bot.questions.sets import slug
from paths import ROOT
from rag.types import PASSAGES

SHIPPED = ROOT / "bot" / "questions" / "schema.json"
SET = ROOT / "corpus" / "questions.yaml"


def question(**given: object) -> CannedQuestion:
    return CannedQuestion.model_validate({"ask": "Who?"} | given)


# Folding


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Goïta", "goita"),
        ("GOI\u0308TA", "goita"),
        ("Mali’s ‘army’ – “so”", "mali's 'army' - \"so\""),
        ("Russia\u2011Africa \u2212 Summit", "russia-africa - summit"),
        ("two\u00a0\n\t words  ", "two words"),
        ("co\u00adoperation\u200b", "cooperation"),
        ("Straße, ﬁnal…", "strasse, final..."),
        ("Łódź, Ørsted, Đặng, Işık, Œuvre", "lodz, orsted, dang, isik, oeuvre"),
        ("Ёлкин и Чайковский", "елкин и чаиковскии"),
        ("غويتا غُويتَا", "غويتا غويتا"),
        ("５ ％", "5 %"),
        ("パリ", "パリ"),
        ("माली", "माली"),
        ("한국", "한국"),
        (" \u200b´", "'"),
        ("\u200b", ""),
    ],
)
def test_a_text_is_folded(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text(), st.text())
def test_a_text_that_can_be_seen_stands_between_any_two_lines(before, text, after):
    assert stands_in(text, fold(f"{before}\n{text}\n{after}")) is bool(fold(text))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("Goita", "General Goïta’s visit"),
        ("GOÏTA", "goita"),
        ("Mali's", "in Mali’s north"),
        ("foreign minister", "its foreign\n minister."),
        ("Yunnus-bek", "Yunnus\u2011bek Yevkurov"),
        ("bek", "Yunnus-bek"),
        ("5", "five (5) days"),
        ("5", "In 2020, 5 came."),
        ("2021", "in 2020 and 2021."),
        ("1.5", "1.5 million"),
        ("-", "Russia – Africa"),
        ("5 %", "by 5 % a year"),
        ("马里", "马里总统访问莫斯科"),
        ("总统", "马里总统访问莫斯科"),
        ("5", "访问5天"),
        ("Goita", "马里总统Goita访问"),
        ("プーチン", "プーチン大統領"),
        ("มาลี", "ประธานาธิบดีมาลีเยือน"),
        ("말리", "말리의 대통령"),
        ("푸틴", "푸틴이 말했다"),
        ("مالي", "زعيم مالي"),
        ("مالي", "روسيا ومالي"),
        ("روسيا", "بروسيا"),
        ("رئيس", "والرئيس"),
        ("माली", "माली के नेता"),
    ],
)
def test_a_text_stands_in_another_one(wanted, text):
    assert stands_in(wanted, fold(text))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("5", "2025"),
        ("5", "5.2 million"),
        ("5", "0.5 million"),
        ("2", "5,2 Millionen"),
        ("1", "1,200 men"),
        ("200", "1,200 men"),
        ("5", "G5"),
        ("June 2", "June 23"),
        ("Mali", "Malian"),
        ("Mali", "Somali"),
        ("bek", "Uzbek"),
        ("minister", "ministers"),
        ("Goita", "Gaita"),
        ("Mali Niger", "Mali, Niger"),
        ("", "anything"),
        ("\u200b", "anything"),
        ("パリ", "ハリ"),
        ("말리", "말린"),
        ("말리", "소말리"),
        ("مالي", "شمالي"),
        ("مال", "مالي"),
        ("क", "का"),
        ("क", "काक"),
    ],
)
def test_a_part_of_a_word_or_of_a_number_does_not_stand_in_another_text(wanted, text):
    assert not stands_in(wanted, fold(text))


# Questions


@pytest.mark.parametrize(
    ("checks", "wanted"),
    [
        ({"refuse": "true"}, Wanted.REFUSAL),
        ({"refuse": "no"}, Wanted.ANSWER),
        ({"answerable": "true"}, Wanted.ANSWER),
        ({"answerable": "false"}, Wanted.REFUSAL),
        ({"answerable": "false", "refuse": "true"}, Wanted.REFUSAL),
        ({"expect": "x"}, Wanted.ANSWER),
        ({"claims": "x"}, Wanted.ANSWER),
        ({"matches": "x"}, Wanted.ANSWER),
        ({"cites": "x"}, Wanted.ANSWER),
        ({"quote": "x"}, Wanted.ANSWER),
        ({"disagree": "true"}, Wanted.ANSWER),
        ({"disagree": "false"}, None),
        ({"reject": "x"}, None),
        ({"retrieves": "x"}, None),
        ({"max_claims": "1"}, None),
        ({"mode": "reader"}, None),
        ({"language": "en"}, None),
        ({"max_ms": "100"}, None),
        ({"judge": "x"}, None),
    ],
)
def test_what_is_to_become_of_a_question_is_told_by_its_checks(checks, wanted):
    assert question(**checks).wanted is wanted


def test_a_question_is_asked_once_and_holds_whole_unless_it_says_otherwise():
    one = question(refuse="true")
    assert one.model_dump(exclude={"ask", "refuse"}) == {
        "repeat": 1,
        "share": 1.0,
        "mode": None,
        "language": None,
        "max_claims": None,
        "max_ms": None,
        "tags": (),
        "id": "",
        "conversation": None,
        "expect": (),
        "claims": (),
        "reject": (),
        "matches": (),
        "cites": (),
        "quote": (),
        "retrieves": {},
        "answerable": None,
        "disagree": None,
        "judge": None,
        "known_failure": None,
    }
    assert (one.line, one.turns, one.text) == (0, ("Who?",), "Who?")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a", (("a",),)),
        (["a", "b"], (("a",), ("b",))),
        (["a", ["b", "c"]], (("a",), ("b", "c"))),
        ([["a", "b"]], (("a", "b"),)),
        ([" a "], (("a",),)),
    ],
)
def test_all_of_a_list_is_expected_and_any_of_a_list_in_it(written, read):
    assert (question(expect=written).expect, question(claims=written).claims) == (read, read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a", {"a": PASSAGES}),
        (["a", "b"], {"a": PASSAGES, "b": PASSAGES}),
        ({"a": "1", "b": "3"}, {"a": 1, "b": 3}),
    ],
)
def test_an_article_is_read_among_all_passages_unless_a_rank_is_given(written, read):
    assert question(retrieves=written).retrieves == read


def test_of_a_conversation_the_last_question_counts():
    one = CannedQuestion.model_validate({"conversation": ["Who?", "And when?"], "refuse": "true"})
    assert (one.turns, one.text, slug(one)) == (("Who?", "And when?"), "And when?", "who-and-when")


def test_a_conversation_may_be_a_single_question():
    one = CannedQuestion.model_validate({"conversation": "Who?", "refuse": "true"})
    assert one.turns == ("Who?",)


@pytest.mark.parametrize(
    "checks",
    [
        {"expect": "Malians", "reject": "Mali"},
        {"expect": [["Putin", "Goita"]], "reject": "Putin"},
        {"expect": "Putin", "reject": "Vladimir Putin"},
    ],
)
def test_what_may_stand_there_without_it_can_be_rejected(checks):
    assert question(**checks).reject


def test_a_question_is_read_back_from_what_is_written_of_it():
    one = question(
        expect=["a", ["b", "c"]], retrieves={"a": "2"}, reject="x", tags=["t"], share="0.5"
    )
    assert CannedQuestion.model_validate(one.model_dump(mode="json", exclude_defaults=True)) == one


# The schema


@pytest.fixture(scope="module")
def validator():
    """What an editor holds a set to."""
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_schema_that_is_shipped_is_that_of_the_format():
    """Made anew by writing `json.dumps(schema(), indent=2, ensure_ascii=False)`."""
    written = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    assert SHIPPED.read_text(encoding="utf-8") == written


def test_the_projects_own_set_names_the_schema_and_is_accepted(validator):
    text = SET.read_text(encoding="utf-8")
    told = text.split("\n", 1)[0].removeprefix("# yaml-language-server: $schema=")
    assert (SET.parent / told).resolve() == SHIPPED
    assert [*validator.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    "question",
    [
        "ask: 5, expect: 5",
        "ask: Who, expect: [a, [b, 1.5], true]",
        "ask: Who, claims: [[a, b]], reject: a, matches: ['(a|b)', c]",
        "conversation: [Who, When], cites: a, quote: [b]",
        "ask: Who, retrieves: a",
        "ask: Who, retrieves: {a: 1}",
        "ask: Who, mode: reader, language: en, max_claims: 1, max_ms: 0.5, judge: x",
        "ask: Who, refuse: false, repeat: 5, share: 0.5, tags: a, known_failure: x, id: y",
    ],
)
def test_an_editor_accepts_what_a_set_may_have(question, validator):
    assert [*validator.iter_errors(yaml.safe_load(f"questions: [{{{question}}}]"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "- {ask: Who, refuse: true}",
        "corpus: .",
        "questions: []",
        "questions: [Who]",
        "{defaults: {expect: x}, questions: [{ask: Who, refuse: true}]}",
        "questions: [{refuse: true}]",
        "questions: [{ask: Who, conversation: [Who], refuse: true}]",
        "questions: [{ask: Who, refused: true}]",
        "questions: [{ask: Who, refuse: maybe}]",
        "questions: [{ask: Who, expect: [a, [b, [c]]]}]",
        "questions: [{ask: Who, retrieves: {a: 0}}]",
        "questions: [{ask: Who, language: English}]",
    ],
)
def test_an_editor_underlines_what_is_no_set(text, validator):
    assert not validator.is_valid(yaml.safe_load(text))
