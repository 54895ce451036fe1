import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.questions.format import schema

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "bot" / "questions" / "schema.json"
SET = ROOT / "corpus" / "questions.yaml"


@pytest.fixture(scope="module")
def validator():
    """What an editor holds a set to."""
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def parsed(text: str) -> object:
    """A set as an editor parses it."""
    return yaml.safe_load(text)


def test_the_schema_that_is_shipped_is_that_of_the_format():
    """Made anew by writing `json.dumps(schema(), indent=2, ensure_ascii=False)`."""
    written = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    assert SHIPPED.read_text(encoding="utf-8") == written


def test_the_projects_own_set_names_the_schema_and_is_accepted(validator):
    text = SET.read_text(encoding="utf-8")
    told = text.split("\n", 1)[0].removeprefix("# yaml-language-server: $schema=")
    assert (SET.parent / told).resolve() == SHIPPED
    assert [*validator.iter_errors(parsed(text))] == []


@pytest.mark.parametrize(
    "question",
    [
        "{ask: Who, refuse: true}",
        "{ask: 5, expect: 5}",
        "{ask: Who, expect: [a, [b, 1.5], true]}",
        "{ask: Who, claims: [[a, b]], reject: a, matches: ['(a|b)', c]}",
        "{conversation: [Who, When], cites: a, quote: [b]}",
        "{ask: Who, retrieves: a}",
        "{ask: Who, retrieves: [a, b]}",
        "{ask: Who, retrieves: {a: 1}}",
        "{ask: Who, mode: reader, language: en, max_claims: 1, max_ms: 0.5, judge: x}",
        "{ask: Who, refuse: false, repeat: 5, share: 0.5, tags: a, known_failure: x, id: y}",
    ],
)
def test_what_a_set_may_have_is_accepted(question, validator):
    assert [*validator.iter_errors(parsed(f"questions: [{question}]"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Who",
        "- {ask: Who, refuse: true}",
        "corpus: .",
        "questions:",
        "questions: []",
        "questions: {ask: Who, refuse: true}",
        "questions: [Who]",
        "{question: [], questions: [{ask: Who, refuse: true}]}",
        "{defaults: {repat: 3}, questions: [{ask: Who, refuse: true}]}",
        "{defaults: {expect: x}, questions: [{ask: Who, refuse: true}]}",
        "{defaults:, questions: [{ask: Who, refuse: true}]}",
    ],
)
def test_what_is_no_set_is_refused(text, validator):
    assert not validator.is_valid(parsed(text))


@pytest.mark.parametrize(
    "question",
    [
        "{refuse: true}",
        "{ask: Who, conversation: [Who], refuse: true}",
        "{ask: , refuse: true}",
        "{ask: [Who], refuse: true}",
        "{conversation: [], refuse: true}",
        "{ask: Who, refused: true}",
        "{ask: Who, refuse: maybe}",
        "{ask: Who, refuse: }",
        "{ask: Who, expect: []}",
        "{ask: Who, expect: [[]]}",
        "{ask: Who, expect: [a, [b, [c]]]}",
        "{ask: Who, expect: {a: b}}",
        "{ask: Who, expect: null}",
        "{ask: Who, reject: [[a]]}",
        "{ask: Who, cites: }",
        "{ask: Who, retrieves: {a: 0}}",
        "{ask: Who, retrieves: {a: b}}",
        "{ask: Who, max_claims: 0}",
        "{ask: Who, max_claims: 1.5}",
        "{ask: Who, max_ms: 0}",
        "{ask: Who, mode: Reader}",
        "{ask: Who, language: English}",
        "{ask: Who, refuse: true, repeat: 0}",
        "{ask: Who, refuse: true, share: 0}",
        "{ask: Who, refuse: true, share: 2}",
        "{ask: Who, refuse: true, tags: [[a]]}",
        "{ask: Who, refuse: true, known_failure: }",
    ],
)
def test_a_common_mistake_is_refused(question, validator):
    assert not validator.is_valid(parsed(f"questions: [{question}]"))
