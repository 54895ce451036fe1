import json

import pytest

from bot.questions import sets
from bot.questions.import_commands import app
from bot.questions.imports.promptfoo import promptfoo
from bot.questions.imports.promptfoo_checks import Note
from bot.questions.imports.writing import Imported, ImportFailed, LeftOut

CONFIG = """\
prompts: ['Answer briefly: {{question}}']
providers: [openai:gpt-4.1]
defaultTest:
  vars: {tone: calm}
  assert:
    - {type: similar, value: x}
    - {type: latency, threshold: 5000}
templates:
  polite: {type: llm-rubric, value: 'is {{tone}}'}
tests:
  - description: The bridge
    vars:
      question: Who opened the bridge in {{town}}?
      town: Saint-Louis
      context: Awa Diop opened the new bridge in Saint-Louis. It had been shut for a year.
    assert:
      - {type: contains, value: Awa Diop}
      - {type: contains-any, value: 'Monday, "lundi, le 3"'}
      - {type: not-icontains, value: as an AI}
      - $ref: '#/templates/polite'
      - {type: javascript, value: output.length < 10}
  - vars: {query: [What did it cost?, When was it built?], document: file://docs/ferry.md}
    assert:
      - {type: is-refusal}
      - {type: icontains, value: sorry}
"""

FERRY = """\
---
title: The ferry
published: 2003-05-01
---

The ferry crosses the river twice a day, at dawn and at dusk.
"""


def quiet(done, total, what):
    pass


@pytest.fixture
def read(tmp_path):
    """Imports a config and gives what was made."""

    def import_(content, name="promptfooconfig.yaml"):
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        return promptfoo(file, tmp_path / "made", quiet)

    return import_


def questions_of(made):
    """Gives the questions of a set with what is set in each."""
    return [
        one.model_dump(exclude_unset=True, exclude={"id"})
        for one in sets.load(made.set_path).questions
    ]


def one_test(*assertions, question="Who?", **more):
    """A config with a test of these assertions."""
    test = {"vars": {"question": question}, "assert": [*assertions], **more}
    return json.dumps({"tests": [test]})


def test_a_config_becomes_articles_and_questions(read, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ferry.md").write_text(FERRY, encoding="utf-8")
    file = tmp_path / "promptfooconfig.yaml"

    made = read(CONFIG)

    assert made == Imported(
        folder=tmp_path / "made",
        articles=2,
        questions=3,
        refusals=2,
        left_out=(
            LeftOut(where=f"{file}:6: defaultTest, similar", why="a set has no such check"),
            LeftOut(
                where=f"{file}:21: test 1 (“The bridge”), javascript", why="a set has no such check"
            ),
            LeftOut(
                where=f"{file}:22: test 2, expect",
                why="it is to be refused, and a refusal has no answer that this could hold for",
            ),
        ),
        remarks=(Note.WORDS, Note.TIMES, Note.JUDGED, Note.TOGETHER),
    )
    assert (
        made.set_path.read_text("utf-8")
        == """\
corpus: articles

questions:
  - ask: Who opened the bridge in Saint-Louis?
    max_ms: 5000
    expect: [Awa Diop, [Monday, 'lundi, le 3']]
    reject: [as an AI]
    judge: is calm
  - ask: What did it cost?
    max_ms: 5000
    refuse: true
  - ask: When was it built?
    max_ms: 5000
    refuse: true
"""
    )
    articles = sorted((made.folder / "articles").iterdir())
    assert {one.name: json.loads(one.read_text("utf-8")) for one in articles} == {
        "awa-diop-opened-the-new-bridge.json": {
            "title": "Awa Diop opened the new bridge in Saint-Louis. It had been shut…",
            "text": "Awa Diop opened the new bridge in Saint-Louis. It had been shut for a year.",
        },
        "ferry.json": {
            "title": "The ferry",
            "published": "2003-05-01",
            "text": "The ferry crosses the river twice a day, at dawn and at dusk.",
        },
    }
    assert len(sets.load(made.set_path).questions) == made.questions


@pytest.mark.parametrize(
    ("assertion", "checks"),
    [
        ({"type": "contains", "value": "Awa"}, {"expect": (("Awa",),)}),
        ({"type": "icontains", "value": 511}, {"expect": (("511",),)}),
        ({"type": "contains-any", "value": ["a", "b"]}, {"expect": (("a", "b"),)}),
        ({"type": "icontains-any", "value": "a, b"}, {"expect": (("a", "b"),)}),
        ({"type": "contains-all", "value": ["a", "b"]}, {"expect": (("a",), ("b",))}),
        ({"type": "icontains-all", "value": ["a"]}, {"expect": (("a",),)}),
        ({"type": "not-contains", "value": True}, {"reject": ("true",)}),
        ({"type": "not-icontains-any", "value": ["a", "b"]}, {"reject": ("a", "b")}),
        ({"type": "regex", "value": "(?<year>[0-9]+)"}, {"matches": ("(?P<year>[0-9]+)",)}),
        ({"type": "llm-rubric", "value": "is short"}, {"judge": "is short"}),
        ({"type": "model-graded-closedqa", "value": "is short"}, {"judge": "is short"}),
        ({"type": "g-eval", "value": ["is short", "is kind"]}, {"judge": "is short\nis kind"}),
        ({"type": "latency", "threshold": 1.5}, {"max_ms": 1.5}),
        ({"type": "is-refusal"}, {"refuse": True}),
        ({"type": "not-is-refusal"}, {"answerable": True}),
        (
            {"type": "assert-set", "assert": [{"type": "contains", "value": "a"}]},
            {"expect": (("a",),)},
        ),
    ],
)
def test_an_assertion_becomes_a_check(assertion, checks, read):
    made = read(one_test(assertion), "config.json")

    assert (questions_of(made), made.left_out) == ([{"ask": "Who?", **checks}], ())


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        ({"type": "equals", "value": "Awa"}, "a set has no such check"),
        ({"type": "not-contains-all", "value": ["a"]}, "a set has no such check"),
        ({"type": "contains"}, "its value is no text"),
        ({"type": "contains", "value": "{{who}}"}, "{{who}} stands for nothing here"),
        ({"type": "contains", "value": "{% if a %}"}, "{% if a %} stands for nothing here"),
        ({"type": "contains", "value": "a", "weight": 0}, "it weighs nothing"),
        ({"type": "contains", "value": "a", "transform": "x"}, "its transform is not run"),
        ({"type": "contains", "value": "file://a.py"}, "a.py is a program, which is not run"),
        ({"type": "contains", "value": "file://*.md"}, "there is no file like file://*.md"),
        ({"type": "contains-any", "value": []}, "its value is no list of texts"),
        (
            {"type": "regex", "value": "("},
            (
                "it is no regular expression of Python's: missing ), "
                "unterminated subpattern at position 0"
            ),
        ),
        (
            {"type": "regex", "value": "a{99999999999}"},
            ("it is no regular expression of Python's: the repetition number is too large"),
        ),
        ({"type": "latency"}, "its threshold is no number"),
        ({"type": "latency", "threshold": 0}, "its threshold is no time"),
        ({"type": "assert-set", "threshold": 0.5, "assert": []}, "only some of it need hold"),
    ],
)
def test_an_assertion_that_has_no_place_in_a_set_is_left_out_and_told(
    assertion, why, read, tmp_path
):
    kept = {"type": "contains", "value": "Awa"}

    made = read(one_test(assertion, kept), "config.json")

    assert (questions_of(made), made.left_out) == (
        [{"ask": "Who?", "expect": (("Awa",),)}],
        (LeftOut(where=f"{tmp_path / 'config.json'}: test 1, {assertion['type']}", why=why),),
    )


def test_what_holds_for_a_test_as_a_whole_and_is_not_kept_is_told(read, tmp_path):
    kept = {"type": "contains", "value": "Awa"}
    config = json.loads(one_test(kept, threshold=0.5, options={"transform": "output.trim()"}))

    made = read(json.dumps(config | {"scenarios": [], "prompts": ["a", "b"]}), "config.json")

    file = tmp_path / "config.json"
    assert made.left_out == (
        LeftOut(where=f"{file}: scenarios", why="only `tests` are read"),
        LeftOut(where=f"{file}: test 1, threshold", why="all checks of a question must hold"),
        LeftOut(where=f"{file}: test 1, transform", why="the answer is checked as it is"),
    )
    assert made.remarks == (Note.WORDS, Note.PROMPTS, Note.NO_ARTICLES)


@pytest.mark.parametrize(
    ("variables", "question"),
    [
        ("{prompt: d, input: c, query: b, question: a}", "a"),
        ("{prompt: d, input: c, query: b}", "b"),
        ("{topic: 'the {{place}}'}", "the {{place}} stands for nothing"),
        ("{topic: rivers, context: The Senegal floods.}", "rivers"),
        ("{topic: rivers, place: Mali}", "Which rivers are in Mali?"),
        ("file://vars.yaml", "Which lakes are in Chad?"),
        ("{question: file://ask.txt}", "Who, then?"),
    ],
)
def test_the_variables_become_the_question(variables, question, read, tmp_path):
    (tmp_path / "vars.yaml").write_text("{topic: lakes, place: Chad}", encoding="utf-8")
    (tmp_path / "ask.txt").write_text("Who,\n  then?\n", encoding="utf-8")
    assertion = "[{type: is-refusal}]"

    made = read(
        "prompts: ['Which {{topic}} are in {{ place }}?']\n"
        "defaultTest: {vars: {tone: calm}}\n"
        f"tests: [{{vars: {variables}, assert: {assertion}}},"
        f" {{vars: {{question: Last?}}, assert: {assertion}}}]\n"
    )

    expected = [one.text for one in sets.load(made.set_path).questions]
    told = [
        one.why.removesuffix(" here").replace("{{place}}", "the {{place}}") for one in made.left_out
    ]
    assert [*told, *expected] == [question, "Last?"]


def test_every_combination_of_listed_variables_is_a_question_of_its_own(read):
    test = (
        "{vars: {question: 'Is {{a}} near {{b}}?', a: [Gao, Kidal], b: [Mopti, Ségou]}, "
        "assert: [{type: contains, value: '{{a}}'}]}"
    )

    made = read(f"tests: [{test}]")

    assert questions_of(made) == [
        {"ask": "Is Gao near Mopti?", "expect": (("Gao",),)},
        {"ask": "Is Gao near Ségou?", "expect": (("Gao",),)},
        {"ask": "Is Kidal near Mopti?", "expect": (("Kidal",),)},
        {"ask": "Is Kidal near Ségou?", "expect": (("Kidal",),)},
    ]


def test_several_contexts_are_several_articles_of_one_question(read):
    """The same text is one article, wherever it stands."""
    test = "{vars: {question: Who?, context: [&a The Senegal floods., *a, The Niger floods.]}, "

    made = read(f"tests: [{test} assert: [{{type: is-refusal}}]}}]")

    assert (made.articles, made.questions) == (2, 1)
    assert sorted(one.name for one in (made.folder / "articles").iterdir()) == [
        "the-niger-floods.json",
        "the-senegal-floods.json",
    ]


@pytest.mark.parametrize("place", ["../outside.txt", "linked.txt"])
def test_an_article_from_outside_the_folder_of_the_config_is_read_and_told(place, tmp_path):
    """As promptfoo reads it; a link may hide where it lies."""
    outside, folder = tmp_path / "outside.txt", tmp_path / "evals"
    outside.write_text("The Senegal floods every summer.", encoding="utf-8")
    folder.mkdir()
    (folder / "linked.txt").symlink_to(outside)
    file = folder / "promptfooconfig.yaml"
    test = (
        f"{{vars: {{question: Who?, context: 'file://{place}'}}, assert: [{{type: is-refusal}}]}}"
    )
    file.write_text(f"tests: [{test}]", encoding="utf-8")

    made = promptfoo(file, tmp_path / "made", quiet)

    assert (made.articles, made.left_out, made.remarks) == (1, (), (Note.OUTSIDE,))


def test_what_is_no_file_is_not_read(read):
    """A device gives zeros for ever."""
    kept = '{"type": "is-refusal"}'
    device = f'{{"vars": {{"question": "file:///dev/zero"}}, "assert": [{kept}]}}'
    other = f'{{"vars": {{"question": "Who?"}}, "assert": [{kept}]}}'

    made = read(f'{{"tests": [{device}, {other}]}}', "config.json")

    assert [one.why for one in made.left_out] == ["/dev/zero is no file"]


def test_tests_are_read_from_files_too(read, tmp_path):
    for number, name in enumerate(["a.yaml", "b.json", "c.jsonl"]):
        said = {"vars": {"question": f"{name}?"}, "assert": [{"type": "is-refusal"}]}
        content = json.dumps([said] if number < 2 else said)
        (tmp_path / name).write_text(content, encoding="utf-8")

    made = read("tests: ['file://[ab].*', file://c.jsonl, file://make.py, {path: file://x.js}]")

    file = tmp_path / "promptfooconfig.yaml"
    why = "only .yaml, .yml, .json, .jsonl, .csv tests are read"
    assert [one.text for one in sets.load(made.set_path).questions] == [
        "a.yaml?",
        "b.json?",
        "c.jsonl?",
    ]
    assert made.left_out == (
        LeftOut(where=f"{file}: file://make.py", why=why),
        LeftOut(where=f"{file}: file://x.js", why=why),
    )


def test_a_file_of_tests_that_is_not_there_is_told(read, tmp_path):
    with pytest.raises(ImportFailed) as caught:
        read("tests: file://none.yaml")

    assert str(caught.value) == (
        f"{tmp_path / 'none.yaml'} cannot be read: No such file or directory; check the path"
    )


def test_a_table_is_read_row_by_row(read, tmp_path):
    (tmp_path / "tests.csv").write_text(
        "question,town,__expected1,__expected2,__description\n"
        '"Who lives in\n{{town}}?",Gao,"contains-any: Awa, ""Diop, A.""",not-contains:  nobody,\n'
        "How far?,,is-refusal,latency(500),\n"
        "When?,,May,regex: \\d+,Dates\n",
        encoding="utf-8",
    )

    made = read("tests: file://tests.csv")

    assert questions_of(made) == [
        {"ask": "Who lives in Gao?", "expect": (("Awa", "Diop, A."),), "reject": ("nobody",)},
        {"ask": "How far?", "refuse": True, "max_ms": 500.0},
        {"ask": "When?", "matches": ("\\d+",)},
    ]
    assert made.left_out == (
        LeftOut(
            where=f"{tmp_path / 'tests.csv'}: test 3 (“Dates”), equals",
            why="a set has no such check",
        ),
    )


def test_anchors_and_merges_are_followed_and_no_text_is_taken_for_anything_else(read):
    made = read(
        "shared: &said {type: contains, value: no}\n"
        "defaultTest: {assert: [{type: contains, value: unwanted}]}\n"
        "tests:\n"
        "  - vars: {question: When?}\n"
        "    options: {disableDefaultAsserts: true}\n"
        "    assert: [*said, {<<: *said, value: 2003-05-01}]\n"
    )

    assert questions_of(made) == [{"ask": "When?", "expect": (("no",), ("2003-05-01",))}]


def test_a_test_with_nothing_left_gets_no_question(read, tmp_path):
    made = read(
        "tests:\n"
        "  - {vars: {question: Who?}}\n"
        "  - {vars: {question: Who?}, assert: [{type: is-refusal}, {type: not-is-refusal}]}\n"
        "  - {vars: {question: Who?, context: file://none.txt}, assert: [{type: is-refusal}]}\n"
    )

    file = tmp_path / "promptfooconfig.yaml"
    assert (made.questions, made.left_out) == (
        1,
        (
            LeftOut(
                where=f"{file}:2: test 1", why="nothing is left of it that could be checked here"
            ),
            LeftOut(
                where=f"{file}:3: test 2",
                why="`answerable` and `refuse` contradict each other; leave one out",
            ),
            LeftOut(
                where=f"{file}:4: test 3, context",
                why="cannot be read: no such file or directory",
            ),
        ),
    )


FORM = "expected is a promptfoo config, with `tests:` that have `vars:` and `assert:`"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.yaml", "", f" is not of the form; {FORM}"),
        ("a.yaml", "- ask: x", f" is not of the form; {FORM}"),
        ("a.yaml", "prompts: [x]", f" is not of the form; {FORM}"),
        (
            "a.yaml",
            "tests:\n  - vars: a: b",
            (
                ":2: a colon with a space after it stands inside a text; put quotation marks "
                "around the text"
            ),
        ),
        (
            "a.yaml",
            "tests: &a [*a]",
            (
                ":1: is no YAML: found unconstructable recursive node; compare the line with those "
                "around it"
            ),
        ),
        (
            "a.yaml",
            "tests: !make x",
            (
                ":1: is no YAML: could not determine a constructor for the tag '!make'; compare "
                "the line with those around it"
            ),
        ),
        ("a.json", '{"tests":\n [}', f":2: is no JSON: expecting value at column 3; {FORM}"),
        ("a.json", "[" * 100_000, f" is nested too deeply; {FORM}"),
        ("a.yaml", "tests: " + "[" * 9_000 + "]" * 9_000, f" is nested too deeply; {FORM}"),
        (
            "a.csv",
            "x" * 200_000,
            " is no table: field larger than field limit (131072); save it as CSV anew",
        ),
        (
            "a.yaml",
            "{tests: [], defaultTest: [x]}",
            ": `defaultTest` is no mapping; give it `vars:` or `assert:`",
        ),
        ("a.yaml", "tests: []", " holds no question that can be asked here."),
        (
            "a.yaml",
            "tests: [{vars: {question: x}}]",
            (
                " holds no question that can be asked here. {file}:1: test 1: nothing is left of "
                "it that could be checked here"
            ),
        ),
    ],
)
def test_a_file_that_is_no_config_says_what_was_expected(name, content, complaint, read, tmp_path):
    with pytest.raises(ImportFailed) as caught:
        read(content, name)

    file = tmp_path / name
    assert str(caught.value) == f"{file}{complaint.replace('{file}', str(file))}"


def test_the_command_tells_what_was_left_out(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rivers.yaml").write_text(
        "tests:\n  - vars: {question: Who?}\n    assert: [{type: is-refusal}, {type: is-json}]\n",
        encoding="utf-8",
    )

    app(["promptfoo", "rivers.yaml"], standalone_mode=False)

    assert capsys.readouterr().out == (
        "made rivers: 0 articles, 1 question, 1 of them to be refused\n"
        f"{Note.NO_ARTICLES}\n"
        "left out  rivers.yaml:3: test 1, is-json: a set has no such check\n"
        "next: griot check rivers/questions.yaml\n"
    )
