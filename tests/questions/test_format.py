import json

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.folding import Endless, fold, matches, stands_in
from bot.questions.format import CannedQuestion, schema
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
        ("Mali’s ‘army’ – “so”", "mali's 'army' - \"so\""),
        ("Russia\u2011Africa \u2212 Summit", "russia-africa - summit"),
        ("two\u00a0\n\t words  ", "two words"),
        ("co\u00adoperation\u200b", "cooperation"),
        ("Straße, ﬁnal…", "strasse, final..."),
        ("Łódź, Ørsted, Đặng, Işık, Œuvre", "lodz, orsted, dang, isik, oeuvre"),
        ("Ёлкин и Чайковский", "елкин и чаиковскии"),
        ("غويتا غُويتَا", "غويتا غويتا"),
        ("パリ", "パリ"),
        ("माली", "माली"),
        (" \u200b´", "'"),
    ],
)
def test_a_text_is_folded(text, folded):
    assert fold(text) == folded


@given(st.text(), st.text(), st.text())
def test_a_text_that_can_be_seen_stands_between_any_two_lines(before, text, after):
    assert fold(fold(text)) == fold(text)
    assert stands_in(text, fold(f"{before}\n{text}\n{after}")) is bool(fold(text))


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("General Goïta’s visit", ["Goita", "GOÏTA"], ["Gaita", "General visit", "", "\u200b"]),
        ("in Mali’s north", ["Mali's"], ["Malian"]),
        ("its foreign\n ministers.", ["foreign ministers"], ["minister"]),
        ("Yunnus\u2011bek Yevkurov, an Uzbek", ["Yunnus-bek", "bek"], []),
        ("Uzbek, Somali and Malian", [], ["bek", "Mali"]),
        ("In 2020, five (5) days", ["5", "2020"], ["2", "20"]),
        ("in 2020 and 2025.", ["2025"], ["5"]),
        ("5.2 million", ["5.2"], ["5", "2"]),
        ("5,2 Millionen, 1,200 men", ["1,200"], ["2", "1", "200"]),
        ("Russia – Africa, by 5 % a year", ["-", "5 %"], []),
        ("马里总统Goita访问5天", ["马里", "总统", "5", "Goita"], []),
        ("プーチン大統領", ["プーチン"], []),
        ("ประธานาธิบดีมาลีเยือน", ["มาลี"], []),
        ("말리의 대통령 푸틴이 말했다", ["말리", "푸틴"], []),
        ("말린 소말리", [], ["말리"]),
        ("روسيا ومالي", ["مالي"], ["مال"]),
        ("شمالي", [], ["مالي"]),
        ("का काक", [], ["क"]),
    ],
)
def test_words_and_numbers_stand_in_a_text_only_whole(text, there, not_there):
    assert [wanted for wanted in there + not_there if stands_in(wanted, fold(text))] == there


def test_a_regular_expression_that_never_ends_is_stopped():
    """A later one has its own time."""
    assert matches(r"Ca\w+a", "Sadio Camara")
    with pytest.raises(Endless) as stopped:
        matches(r"^(a|aa)+$", "a" * 60 + "b", seconds=0.05)
    assert str(stopped.value) == (
        "`matches: ^(a|aa)+$` took too long; write it without a repetition in a repetition, such "
        "as (a+)+"
    )
    assert not matches(r"^Camara", "Sadio Camara")


# Questions


@pytest.mark.parametrize(
    ("checks", "wanted"),
    [
        ({"refuse": "true"}, False),
        ({"refuse": "no"}, True),
        ({"answerable": "true"}, True),
        ({"answerable": "false", "refuse": "true"}, False),
        ({"unsure": "true", "quote": "x"}, False),
        ({"unsure": "false"}, None),
        *(({key: "x"}, True) for key in ("expect", "claims", "matches", "cites", "quote")),
        ({"disagree": "true"}, True),
        ({"disagree": "false"}, None),
        *(({key: "x"}, None) for key in ("reject", "retrieves", "judge")),
        *(({key: "1"}, None) for key in ("max_claims", "max_ms")),
        ({"mode": "reader", "language": "en"}, None),
    ],
)
def test_the_checks_tell_whether_an_answer_or_a_refusal_is_wanted(checks, wanted):
    assert question(**checks).wants_answer is wanted


@pytest.mark.parametrize(
    ("key", "written", "read"),
    [
        *((key, "a", (("a",),)) for key in ("expect", "claims")),
        ("expect", ["a", "b"], (("a",), ("b",))),
        ("expect", ["a", ["b", "c"]], (("a",), ("b", "c"))),
        ("retrieves", "a", {"a": PASSAGES}),
        ("retrieves", ["a", "b"], {"a": PASSAGES, "b": PASSAGES}),
        ("retrieves", {"a": "1", "b": "3"}, {"a": 1, "b": 3}),
    ],
)
def test_a_list_is_all_of_it_a_list_in_it_any_and_an_article_may_have_a_rank(key, written, read):
    assert getattr(question(**{key: written}), key) == read


@pytest.mark.parametrize(
    ("written", "turns"), [(["Who?", "And when?"], ("Who?", "And when?")), ("Who?", ("Who?",))]
)
def test_of_a_conversation_the_last_question_counts(written, turns):
    asked = CannedQuestion.model_validate({"conversation": written, "refuse": "true"})
    assert (asked.turns, asked.text, asked.line) == (turns, turns[-1], 0)


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


# The schema


@pytest.fixture(scope="module")
def validator():
    """The schema by which an editor checks a set."""
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
        "{defaults: {expect: x}, questions: [{ask: Who, refuse: true}]}",
        "questions: [{ask: Who, conversation: [Who], refuse: true}]",
        "questions: [{ask: Who, refused: true}]",
        "questions: [{ask: Who, expect: [a, [b, [c]]]}]",
        "questions: [{ask: Who, retrieves: {a: 0}}]",
        "questions: [{ask: Who, language: English}]",
    ],
)
def test_an_editor_underlines_what_is_no_set(text, validator):
    assert not validator.is_valid(yaml.safe_load(text))
