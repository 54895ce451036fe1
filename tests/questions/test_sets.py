import hashlib
import os

import pytest

from bot.questions import is_set
from bot.questions.sets import SetError, load

Q = "questions:\n"
WHO = "  - ask: Who?\n"
REFUSE = "    refuse: true\n"
ONE = Q + WHO + REFUSE


def read(folder, content):
    path = folder / "questions.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path)


def mistakes(folder, content):
    """The lines and messages of all that is wrong with a set."""
    with pytest.raises(SetError) as caught:
        read(folder, content)
    assert all(each.path == folder / "questions.yaml" for each in caught.value.mistakes)
    assert not any("\n" in each.message for each in caught.value.mistakes)
    return [(each.line, each.message) for each in caught.value.mistakes]


FORM = "is not YAML at column"
OPEN = "not closed, or lacks a comma inside; mend it, as in `expect: [one, 'two']`"
DEEP = "is nested too deeply"
WRITE_OUT = "a list or a mapping is a key, or within itself; write it out"
BEGIN = "there is no `questions:`; begin with a line `questions:` and, under it, `- ask: …`"
LIST = "expected: a list in which each question begins with `- ask: …`, its checks under it"
NO_CHECK = "this question checks nothing; add `expect:`, `cites:`, `refuse: true` or another check"
NO_ASK = "needs `ask:` or `conversation:`; what belongs to the question above begins without `- `"
BOTH = "“Putin” is both expected and rejected; remove it from `reject:`"
OWN_ID = "the id `who` is that of line 3 already; ask something else, or give the question an `id:`"
QUOTES = "; a text with a colon needs quotes"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # No YAML: the line and the column are the library's, whose own words are not shown.
        (f"{Q}\t- ask: Who?\n", [(2, FORM)]),
        (f"{Q}{WHO}    expect: Putin: he\n", [(3, f"{FORM} 18; expected: `key: value`")]),
        (f"{ONE} - ask: When?\n", [(4, FORM)]),
        (f'{Q}  - ask: "Who?\n{REFUSE}\n\n', [(2, f'the `"` at column 10 is {OPEN}')]),
        (f"{Q}{WHO}    expect: [a, b\n{REFUSE}", [(3, f"the `[` at column 13 is {OPEN}")]),
        ("[" * 60 + "]" * 60, [(1, DEEP)]),
        (f"{Q}  - &a [*a]\n", [(2, WRITE_OUT)]),
        (f"{ONE}    [a]: b\n", [(4, WRITE_OUT)]),
        (f"{Q}  - ask: Ünd\x07?\n", [(2, "has the invisible character U+0007; delete it")]),
        (f"{ONE}  - ask: Goïta?\n".encode("latin-1"), [(4, "is not UTF-8 text; save it as UTF-8")]),
        # No set.
        ("", [(1, BEGIN)]),
        (f"{Q}  - Who?\n", [(2, f"`questions` cannot be used; {LIST}")]),
        ("questions: []\n", [(1, f"`questions` is empty; {LIST}")]),
        (f"question:\n{WHO}{REFUSE}", [(1, "`question` is not known here. Did you mean `quest")]),
        (f"{Q}{WHO}  - refuse: true\n", [(2, NO_CHECK), (3, NO_ASK)]),
        (f"{ONE}    conversation: [Who?]\n", [(2, "`ask` and `conversation` are both given")]),
        (
            f"{Q}- ask: Who?\nrefuse: true\n",
            [(2, NO_CHECK), (3, "`refuse` belongs to a question; put it under `- ask:`")],
        ),
        (
            f"repeat: 3\n{ONE}    corpus: .\n",
            [
                (1, "`repeat` does not belong here; put it under `defaults:`, or under a question"),
                (5, "`corpus` belongs to the whole set; begin its line without spaces"),
            ],
        ),
        (
            f"{ONE}    refuse: false\n{Q}",
            [
                (4, "`refuse` is given here and on line 3; keep one, or begin the next question"),
                (5, "`questions` is given here and on line 1"),
            ],
        ),
        (f"{Q}  - ask: !secret Who?\n{REFUSE}", [(2, "`!secret` is a tag, which has no meaning")]),
        (
            f"corpus: nowhere\n{ONE}{WHO}{REFUSE}  - id: who\n    ask: Whom?\n{REFUSE}",
            [(1, "`corpus` is no folder: {}/nowhere; name it as"), (5, OWN_ID), (7, OWN_ID)],
        ),
        (f"{ONE}    expect: x\n", [(2, "a refusal cannot pass `expect`; remove it, or expect an")]),
        (f"{ONE}    answerable: true\n", [(2, "`answerable` and `refuse` contradict each other")]),
        (f"{Q}{WHO}    expect: Vladimir Putin\n    reject: [x, Putin]\n", [(2, BOTH)]),
        (f"{Q}{WHO}    claims: [[Putin, Mr PUTIN]]\n    reject: Putin\n", [(2, BOTH)]),
        (
            f'{Q}{WHO}    matches: [a, (]\n  - ask: A\n    matches: "\\b5"\n    quote: "\\u200b"\n',
            [
                (3, "`matches` is no regular expression; mend it, or put \\ before a sign"),
                (5, "`matches` has a backspace where \\b was meant; write it in '…'"),
                (6, "`quote` is nothing that could be seen in an answer; remove it"),
            ],
        ),
        (
            f"{Q}{WHO}    tags: [a: b]\n    refuse: maybe\n    cites:\n",
            [
                (3, f"`tags` cannot be used; expected: names for --tag, such as [visit]{QUOTES}"),
                (4, "`refuse` cannot be used; expected: whether the articles do not say, true or"),
                (5, "`cites` is empty; expected: articles that must be cited, by id or a unique"),
            ],
        ),
        (
            f"defaults: {{colour: red}}\n{ONE}    aks: x\n    answer: x\n",
            [
                (1, "`colour` is not known here; there are: repeat, share, mode, language, max_cl"),
                (5, "`aks` is not known here. Did you mean `ask`?"),
                (6, "`answer` is not known here. Did you mean `expect`?"),
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_set_is_told_with_its_lines_and_remedies(content, expected, tmp_path):
    """All that is wrong in a step of reading is told at once."""
    found = mistakes(tmp_path, content)
    assert [line for line, _ in found] == [line for line, _ in expected]
    for (_, message), (_, part) in zip(found, expected, strict=True):
        assert part.replace("{}", str(tmp_path)) in message


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("conversation", ["[]", "{a: b}"]),
        ("id", ["[a]"]),
        ("expect", ["", "~", "[]", "[[]]", "[a, '']", "[a, [b, [c]]]"]),
        ("matches", ["[[a]]"]),
        ("quote", ["[a, ' ']"]),
        ("retrieves", ["{}", "{a: 0}", "{a: x}", "[a: 3]"]),
        ("answerable", ["", "maybe", "[true]"]),
        ("max_claims", ["0", "1.5"]),
        ("max_ms", ["0", "fast"]),
        ("mode", ["Reader"]),
        ("language", ["[en]"]),
        ("share", ["0", "1.1"]),
        ("tags", ["[[a]]"]),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_key_and_what_is_expected(key, values, tmp_path):
    for value in values:
        [(line, message)] = mistakes(tmp_path, f"{Q}{WHO}    {key}: {value}\n")
        assert line == 3
        assert message.startswith(
            (f"`{key}` cannot be used; expected: ", f"`{key}` is empty; expected: ")
        )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.yaml", "does not exist; check the path"),
        (".", "is a folder; name the set in it: {}/questions.yaml"),
    ],
)
def test_a_set_that_is_not_there_is_told(name, message, tmp_path):
    with pytest.raises(SetError) as caught:
        load(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {message.replace('{}', str(tmp_path))}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_set_that_may_not_be_read_is_told(tmp_path):
    path = tmp_path / "questions.yaml"
    path.touch(mode=0)
    with pytest.raises(SetError, match=r": cannot be read: .*; check the path$"):
        load(path)


# What is a set


def test_a_set_is_read_with_its_folder_its_lines_and_its_defaults(tmp_path):
    (tmp_path / "articles").mkdir()
    content = (
        "corpus: articles\n"
        "defaults: {repeat: 3, share: 0.5, mode: model, language: en, tags: [a]}\n"
        f"{ONE}  - ask: When?\n{REFUSE}    repeat: 1\n    share: 1\n    tags: b\n"
    )
    made = read(tmp_path, content)
    assert (made.path, made.corpus, made.digest) == (
        tmp_path / "questions.yaml",
        tmp_path / "articles",
        hashlib.sha256(content.encode()).hexdigest(),
    )
    assert [
        (each.id, each.line, each.repeat, each.share, each.mode, each.language, each.tags)
        for each in made.questions
    ] == [
        ("who", 4, 3, 0.5, "model", "en", ("a",)),
        ("when", 6, 1, 1.0, "model", "en", ("b",)),
    ]


def test_numbers_dates_and_truths_are_texts_as_they_are_written(tmp_path):
    texts = "2021-05-24 5 1.50 007 1_000 12:30 no True 0x1f 'null'".split()
    content = f"{Q}{WHO}    expect: [{', '.join(texts)}]\n"
    [question] = read(tmp_path, content).questions
    assert [text for (text,) in question.expect] == [*texts[:-1], "null"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ONE.encode(),
        ONE.replace("\n", "\r\n").encode(),
        ONE.replace("\n", "\r").encode(),
        b"---\n" + ONE.encode() + b"...\n",
        b'{"questions": [{"ask": "Who?", "refuse": true}]}',
    ],
    ids=["BOM", "CRLF", "CR", "one document", "JSON"],
)
def test_a_set_is_read_however_its_lines_end_and_its_text_begins(content, tmp_path):
    assert [(each.id, each.refuse) for each in read(tmp_path, content).questions] == [("who", True)]


def test_an_alias_means_what_its_anchor_does(tmp_path):
    """Aliases of aliases are not written out: nine lists, each ten times in the next one."""
    content = f"{Q}{WHO}    expect: &names [Sadio Camara, Putin]\n  - ask: B\n    expect: *names\n"
    first, second = read(tmp_path, content).questions
    assert first.expect == second.expect == (("Sadio Camara",), ("Putin",))
    lists = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    [(line, message)] = mistakes(tmp_path, f"defaults:\n  - &a0 [x]\n{lists}{ONE}")
    assert (line, message[:28]) == (1, "`defaults` cannot be used; e")


@pytest.mark.parametrize(
    ("given", "known_by"),
    [
        ("ask: Who accompanied Goïta?", "who-accompanied-goita"),
        ("ask: Who is Mali’s foreign minister?", "who-is-malis-foreign-minister"),
        ("ask: '  5 %, or  6?  '", "5-or-6"),
        ("ask: 谁陪同戈伊塔?", "谁陪同戈伊塔"),
        ("ask: '???'", "a03b"),
        ("ask: " + "word " * 30, "word-" * 12 + "d726"),
        ("ask: " + "谁" * 80, "谁" * 60 + "-2d95"),
        ('ask: Who?\n    id: "Überfall\\n№ 1 "', "Überfall № 1"),
    ],
)
def test_a_question_has_its_own_id_or_a_readable_one(given, known_by, tmp_path):
    questions = read(tmp_path, f"{Q}  - {given}\n{REFUSE}").questions
    assert [each.id for each in questions] == [known_by]


def test_a_set_is_known_by_its_name(tmp_path):
    names = "questions.yaml mali.questions.yaml myquestions.yaml questions.yml questions.yaml.bak"
    assert [name for name in names.split() if is_set(tmp_path / name)] == names.split()[:2]
