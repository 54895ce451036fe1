import hashlib
import os
import re

import pytest

from bot.questions import is_set
from bot.questions.mistakes import SetError
from bot.questions.sets import load

Q = "questions:\n"
WHO = "  - ask: Who?\n"
REFUSE = "    refuse: true\n"
ONE = Q + WHO + REFUSE

BEGIN = "begin with a line `questions:` and, under it, `- ask: …`"
NO_QUESTIONS = f"there is no `questions:`; {BEGIN}"
NO_LIST = (
    "`questions` must be a list in which each question begins with `- ask: …`, its checks under it"
)
NO_CHECK = "this question checks nothing; add `expect:`, `cites:`, `refuse: true` or another check"
NO_ASK = (
    "a question needs `ask:` or `conversation:`; what belongs to the question above begins without "
    "`- `"
)
CONTRADICTION = "`answerable` and `refuse` contradict each other; remove one"
BOTH = "“Putin” is both expected and rejected; remove it from `reject:`"
OWN = "ask something else, or give the question an `id:` of its own"
KEEP = "keep one, or begin the next question with `- `"
NO_REGEX = (
    "`matches` is no regular expression; mend it, or put \\ before a sign that is "
    "meant as itself, as in 'about 5\\.2 %'"
)
BACKSPACE = (
    "`matches` has a backspace where \\b was meant; write it in '…', as YAML reads "
    '\\ in "…" itself'
)
NO_TAGS = "`tags` must be a name or a list of names, such as [visit]; a text with a colon needs '…'"
NO_ARTICLE = "`cites` is empty; it must be an article's id, or a list of them, such as [visit.md]"
NO_DEFAULT = (
    "`colour` is not known here; there are: repeat, share, mode, language, max_claims, max_ms, tags"
)
NO_FOLDER = "`corpus` is no folder: {}/nowhere; name it as seen from the folder of the set"
PLACE = "put it under `- ask:`, in the column of `ask`"


def read(folder, content):
    path = folder / "questions.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path)


def mistakes(folder, content):
    """The lines and messages of all that is wrong with a set."""
    with pytest.raises(SetError) as caught:
        read(folder, content)
    assert all(one.path == folder / "questions.yaml" for one in caught.value.mistakes)
    assert not any("\n" in one.message for one in caught.value.mistakes)
    return [(one.line, one.message) for one in caught.value.mistakes]


# What is no YAML

FORM = r"is not YAML at column \d+: expected is .*, as in `expect: 'Mali: 5 %'`"
BRACKET = r"\["
DEEP = "is nested too deeply; .*"


def unclosed(sign):
    return rf"the `{sign}` at column \d+ is not closed, or lacks a comma .*, as in `expect: .*"


def unseen(sign):
    return rf"has the invisible character U\+{sign}; delete it"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (f"{Q}\t- ask: Who?\n", 2, FORM),
        (f"{Q}{WHO}    expect: Putin: he\n", 3, FORM),
        (f"{Q}{WHO}   refuse: true\n", 3, FORM),
        (f"{ONE} - ask: When?\n", 4, FORM),
        (f"{Q}  - ask: @who\n", 2, FORM),
        (f"{Q}  - ask: *who\n", 2, FORM),
        (f"{ONE}---\n{ONE}", 4, FORM),
        (f'{Q}  - ask: "Who?\n{REFUSE}\n\n', 2, unclosed('"')),
        (f"{Q}  - ask: 'Who?\r\n{REFUSE}", 2, unclosed("'")),
        (f"{Q}{WHO}    expect: [a, b\n{REFUSE}", 3, unclosed(BRACKET)),
        (f"{Q}{WHO}    retrieves: {{a: 1\n{REFUSE}", 3, unclosed("{")),
        ("[" * 60 + "]" * 60, 1, DEEP),
        ("- " * 100_000, 1, DEEP),
        ("[" * 100_000, 1, f"{DEEP}|{unclosed(BRACKET)}"),
        (f"{Q}  - &a [*a]\n", 2, "a list or a mapping stands as a key, or within itself; .*"),
        (f"{ONE}    [a]: b\n", 4, "a list or a mapping stands as a key, or within itself; .*"),
        (f"{Q}  - ask: Ünd\x07?\n", 2, unseen("0007")),
        (f"{ONE}\x00", 4, unseen("0000")),
        (f"{ONE}  - ask: Goïta?\n".encode("latin-1"), 4, "is not UTF-8 text; save it as UTF-8"),
    ],
)
def test_what_is_no_yaml_is_told_in_one_line(content, line, message, tmp_path):
    """The line and the column are the library's, whose own words are not shown."""
    [(at, told)] = mistakes(tmp_path, content)
    assert (at, bool(re.fullmatch(message, told))) == (line, True), told


# What is no set


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [(1, NO_QUESTIONS)]),
        ("Who?\n", [(1, NO_QUESTIONS)]),
        ("corpus: .\n", [(1, NO_QUESTIONS)]),
        (Q, [(1, NO_LIST)]),
        (f"{Q}  - Who?\n", [(2, NO_LIST)]),
        ("questions: []\n", [(1, NO_LIST.replace("must", "is empty; it must"))]),
        (
            f"question:\n{WHO}{REFUSE}",
            [(1, "`question` is not known here. Did you mean `questions`?")],
        ),
        (f"{Q}{WHO}  - refuse: true\n", [(2, NO_CHECK), (3, NO_ASK)]),
        (
            f"{ONE}    conversation: [Who?]\n",
            [(2, "`ask` and `conversation` are both given; remove one")],
        ),
        (
            f"{Q}- ask: Who?\nrefuse: true\n",
            [(2, NO_CHECK), (3, f"`refuse` belongs to a question; {PLACE}")],
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
                (4, f"`refuse` is given here and on line 3; {KEEP}"),
                (5, f"`questions` is given here and on line 1; {KEEP}"),
            ],
        ),
        (
            f"{Q}  - {{ask: Who?, ask: When?, refuse: true}}\n",
            [(2, f"`ask` is given here and on line 2; {KEEP}")],
        ),
        (
            f"{Q}  - ask: !secret Who?\n{REFUSE}",
            [(2, "`!secret` is a tag, which has no meaning here; put quotes around the text")],
        ),
        (
            f"corpus: nowhere\n{ONE}{WHO}{REFUSE}  - id: who\n    ask: Whom?\n{REFUSE}",
            [
                (
                    1,
                    "`corpus` is no folder: {}/nowhere; name it as seen from the folder of the set",
                ),
                (5, f"the id `who` is that of line 3 already; {OWN}"),
                (7, f"the id `who` is that of line 3 already; {OWN}"),
            ],
        ),
        (
            f"{ONE}    expect: x\n",
            [(2, "a refusal cannot pass `expect`; remove it, or expect an answer")],
        ),
        (f"{ONE}    answerable: true\n", [(2, CONTRADICTION)]),
        (f"{Q}{WHO}    expect: Vladimir Putin\n    reject: [x, Putin]\n", [(2, BOTH)]),
        (f"{Q}{WHO}    claims: [[Putin, Mr PUTIN]]\n    reject: Putin\n", [(2, BOTH)]),
        (f"{Q}{WHO}    quote: by Putin\n    reject: Putin\n", [(2, BOTH)]),
        (
            f"{Q}{WHO}    matches: [a, (]\n",
            [(3, NO_REGEX)],
        ),
        (
            f'{Q}{WHO}    matches: "\\b5\\b"\n    quote: "\\u200b"\n',
            [
                (3, BACKSPACE),
                (4, "`quote` is nothing that could be seen in an answer; remove it"),
            ],
        ),
        (
            f"{Q}{WHO}    tags: [a: b]\n    refuse: maybe\n    cites:\n",
            [
                (3, NO_TAGS),
                (4, "`refuse` must be true or false"),
                (5, NO_ARTICLE),
            ],
        ),
        (
            f"defaults: {{colour: red}}\n{ONE}    aks: x\n    answer: x\n",
            [
                (1, NO_DEFAULT),
                (5, "`aks` is not known here. Did you mean `ask`?"),
                (6, "`answer` is not known here. Did you mean `expect`?"),
            ],
        ),
    ],
)
def test_what_is_no_set_is_told_with_its_lines_and_remedies(content, expected, tmp_path):
    told = [(line, message.replace("{}", str(tmp_path))) for line, message in expected]
    assert mistakes(tmp_path, content) == told


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("conversation", ["[]", "{a: b}", "[[a]]"]),
        ("id", ["[a]", "''"]),
        ("expect", ["", "~", "[]", "[[]]", "[a, '']", "{a: b}", "[a, [b, [c]]]"]),
        ("claims", ["[]", "[a, [b, [c]]]"]),
        ("reject", ["[]", "[[a]]"]),
        ("matches", ["[]", "[[a]]"]),
        ("cites", ["[]", "{a: b}"]),
        ("quote", ["[]", "[a, ' ']"]),
        ("retrieves", ["[]", "{}", "{a: 0}", "{a: x}", "[a: 3]"]),
        ("answerable", ["", "maybe", "[true]"]),
        ("disagree", ["2"]),
        ("max_claims", ["0", "1.5", "two"]),
        ("max_ms", ["0", "fast"]),
        ("mode", ["Reader", "[reader]"]),
        ("language", ["english", "EN", "[en]"]),
        ("judge", ["[a]"]),
        ("repeat", ["0", "1.5"]),
        ("share", ["0", "1.1", "50%"]),
        ("tags", ["[]", "[[a]]"]),
        ("known_failure", ["[a]"]),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_key(key, values, tmp_path):
    for value in values:
        [(line, message)] = mistakes(tmp_path, f"{Q}{WHO}    {key}: {value}\n")
        assert line == 3
        assert message.startswith((f"`{key}` must be ", f"`{key}` is empty; it must be "))


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
    assert str(caught.value) == f"{tmp_path / name}:1: {message.replace('{}', str(tmp_path))}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_set_that_may_not_be_read_is_told(tmp_path):
    path = tmp_path / "questions.yaml"
    path.touch(mode=0)
    with pytest.raises(SetError, match=r":1: cannot be read: .*; check the path$"):
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
        (one.id, one.line, one.repeat, one.share, one.mode, one.language, one.tags)
        for one in made.questions
    ] == [
        ("who", 4, 3, 0.5, "model", "en", ("a",)),
        ("when", 6, 1, 1.0, "model", "en", ("b",)),
    ]


def test_numbers_dates_and_truths_are_texts_as_they_are_written(tmp_path):
    content = (
        f"{Q}{WHO}    expect: [2021-05-24, 5, 1.50, 007, 1_000, 12:30, no, True, 0x1f, 'null']\n"
    )
    [question] = read(tmp_path, content).questions
    assert [one for (one,) in question.expect] == [
        *("2021-05-24", "5", "1.50", "007", "1_000", "12:30", "no", "True", "0x1f", "null")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ONE.encode(),
        ONE.replace("\n", "\r\n").encode(),
        ONE.replace("\n", "\r").encode(),
        b"---\n" + ONE.encode() + b"...\n",
        b'{"questions": [{"ask": "Who?", "refuse": true}]}',
        b"questions:\n- ask: >\n    Who?\n  refuse: yes\n",
    ],
    ids=["BOM", "CRLF", "CR", "one document", "JSON", "folded"],
)
def test_a_set_is_read_however_its_lines_end_and_its_text_begins(content, tmp_path):
    assert [(one.id, one.refuse) for one in read(tmp_path, content).questions] == [("who", True)]


def test_an_alias_means_what_its_anchor_does(tmp_path):
    content = f"{Q}{WHO}    expect: &names [Sadio Camara, Putin]\n  - ask: B\n    expect: *names\n"
    one, other = read(tmp_path, content).questions
    assert one.expect == other.expect == (("Sadio Camara",), ("Putin",))


def test_aliases_of_aliases_are_not_written_out(tmp_path):
    """Nine lists, each ten times in the next one, are told like any other wrong list."""
    lists = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    content = f"defaults:\n  - &a0 [x]\n{lists}{ONE}"
    assert mistakes(tmp_path, content) == [(1, "`defaults` must be a mapping, such as {repeat: 3}")]


@pytest.mark.parametrize(
    ("given", "known_by"),
    [
        ("ask: Who accompanied Goïta?", "who-accompanied-goita"),
        ("ask: Who is Mali’s foreign minister?", "who-is-malis-foreign-minister"),
        ("ask: '  5 %, or  6?  '", "5-or-6"),
        ("ask: 谁陪同戈伊塔?", "谁陪同戈伊塔"),
        ("ask: माली का नेता?", "माली-का-नेता"),
        ("conversation: [Who?, And when?]", "who-and-when"),
        ("ask: '???'", "a03b"),
        ("ask: " + "word " * 30, "word-" * 12 + "d726"),
        ("ask: " + "谁" * 80, "谁" * 60 + "-2d95"),
        ('ask: Who?\n    id: "Überfall\\n№ 1 "', "Überfall № 1"),
    ],
)
def test_a_question_has_its_own_id_or_a_readable_one(given, known_by, tmp_path):
    questions = read(tmp_path, f"{Q}  - {given}\n{REFUSE}").questions
    assert [one.id for one in questions] == [known_by]


def test_a_set_is_known_by_its_name(tmp_path):
    names = "questions.yaml mali.questions.yaml myquestions.yaml questions.yml questions.yaml.bak"
    assert [one for one in names.split() if is_set(tmp_path / one)] == names.split()[:2]
