import hashlib
import os
from pathlib import Path

import pytest

from bot.questions import is_set
from bot.questions.sets import Mistake, SetError, load

Q = "questions:\n"
WHO = "  - ask: Who?\n"
REFUSE = "    refuse: true\n"
ONE = Q + WHO + REFUSE

BEGIN = "begin with a line `questions:` and, under it, `- ask: …`"
QUOTE = "put quotation marks around the text"
TAB = "a tab indents this line; indent it with spaces"
COLON = f"a colon with a space after it stands inside a text; {QUOTE}"
MARK = "a quotation mark is opened here and not closed; close it"
AFTER_MARK = (
    "a text goes on after its closing quotation mark, or one above it is not closed; write '' for "
    "a ' within '…'"
)
LIST = "a [ is not closed, or lacks a comma; mend the list"
UNEVEN = "this line is not indented as those around it; line its key up with the others"
DASH = "this `- ` does not stand below the others; begin each question in the same column"
PART = (
    "this line is taken for a part of the one above; line it up with the other keys, and see that "
    "there is a space after the `-` and the `:` above"
)
NO_COLON = "this line has no `: ` after its key; write `key: value`"
SECOND = "a second document begins at this line; keep one `questions:`, and no `---`"
NO_LIST = "`questions` must be a list, each of it beginning with `- ask: …`"
NO_QUESTION = "a question must be `- ask: …` with its checks under it"
NO_QUESTIONS = f"no `questions:` stands above this; {BEGIN}"
EMPTY = f"is empty; {BEGIN}"
DEEP = "is nested too deeply; close the brackets that are open"
NO_CHECK = "this question checks nothing; add `expect:`, `cites:`, `refuse: true` or another check"
NO_ASK = (
    "a question needs `ask:` or `conversation:`; what goes on with the question above begins "
    "without `- `"
)
AGAIN = "this is asked on line 2 too; change one, or give one an `id:` of its own"
TEXTS = "a text or a list of texts"
EXPECTED = "a text or a list of texts; in the list, a list means any of its texts"
RANKS = "an article's id, a list of them, or ids with the rank that is enough: {id: 3}"
WITH_COLON = "; a text with a colon needs '…'"


def mistakes(tmp_path: Path, content: str | bytes) -> list[tuple[int, str]]:
    """The lines and messages of all that is wrong with a set."""
    path = tmp_path / "questions.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SetError) as caught:
        load(path)
    assert all(one.path == path for one in caught.value.mistakes)
    return [(one.line, one.message) for one in caught.value.mistakes]


def own(text: str, sign: str) -> str:
    return f"a text begins with `{sign}`{text}; {QUOTE}"


def twice(key: str, line: int) -> str:
    told = f"`{key}` stands here and on line {line}"
    return f"{told}; put both into one, or begin the next question with `- `"


def tagged(tag: str) -> str:
    remedy = "take it out, or put quotation marks around the text that begins with it"
    return f"the tag `{tag}` means nothing here; {remedy}"


def unfit(reason: str) -> str:
    remedy = "mend it, or put \\ before a sign that is meant as itself"
    return f"is no regular expression, {reason}; {remedy}"


def no_folder(folder: str) -> str:
    return f"`corpus` is no folder: {folder}; name it as seen from the folder of the set"


KEEPS = ", which YAML keeps for itself"
IN_YAML = {
    "tab before a question": (f"{Q}\t- ask: Who?\n\t  refuse: true\n", 2, TAB),
    "tab before a key": (f"{Q}{WHO}\trefuse: true\n", 3, TAB),
    "tab after spaces": (f"{Q}{WHO}    \trefuse: true\n", 3, TAB),
    "tab after the dash": (f"{Q}  -\task: Who?\n{REFUSE}", 2, TAB),
    "unclosed double quote": (f'{Q}  - ask: "Who?\n{REFUSE}\n\n', 2, MARK),
    "unclosed single quote": (f"{Q}  - ask: 'Who?\n{REFUSE}", 2, MARK),
    "unclosed quote before ---": ("questions: 'x\n---\na: 'y'\n", 1, MARK),
    "unclosed quote, closed by the next": (
        f'{Q}  - ask: "Who?\n    expect: "x"\n',
        3,
        AFTER_MARK,
    ),
    "apostrophe in single quotes": (f"{Q}  - ask: 'Who's it?'\n{REFUSE}", 2, AFTER_MARK),
    "text after the quote": (f'{Q}  - ask: "Who" is it?\n{REFUSE}', 2, AFTER_MARK),
    "unclosed [": (f"{Q}{WHO}    expect: [a, b\n", 3, LIST),
    "unclosed [ before a key": (f"{Q}{WHO}    expect: [a, b\n{REFUSE}", 3, LIST),
    "unclosed [ before a question": (f"{Q}{WHO}    expect: [a, b\n  - ask: B\n", 3, LIST),
    "comma forgotten": (f'{Q}{WHO}    expect: ["a" "b"]\n', 3, LIST),
    "unclosed {": (
        f"{Q}{WHO}    retrieves: {{a: 1\n{REFUSE}",
        3,
        "a { is not closed, or lacks a comma; mend it",
    ),
    "] without [": (f"{Q}{WHO}    expect: ]\n", 3, own(KEEPS, "]")),
    "colon in a question": (f"{Q}  - ask: Who: Putin?\n{REFUSE}", 2, COLON),
    "colon in a check": (f"{Q}{WHO}    expect: Putin: he\n", 3, COLON),
    "no space after ask:": (f"{Q}  - ask:Who?\n{REFUSE}", 3, PART),
    "no space after -": (f"{Q}  -ask: Who?\n{REFUSE}", 3, PART),
    "no space after refuse:": (f"{Q}{WHO}    refuse:true\n", 3, NO_COLON),
    "no colon": (f"{Q}{WHO}    refuse true\n", 3, NO_COLON),
    "one space too many": (f"{Q}{WHO}     refuse: true\n", 3, PART),
    "one space too few": (f"{Q}{WHO}   refuse: true\n", 3, UNEVEN),
    "two spaces too few": (f"{Q}{WHO}  refuse: true\n", 3, UNEVEN),
    "question too far right": (f"{Q} - ask: A\n   refuse: true\n  - ask: B\n", 4, DASH),
    "question too far left": (f"{ONE} - ask: B\n", 4, DASH),
    "@": (f"{Q}  - ask: @who\n", 2, own(KEEPS, "@")),
    "`": (f"{Q}  - ask: `who`\n", 2, own(KEEPS, "`")),
    "%": (f"{Q}  - ask: %who\n", 2, own(KEEPS, "%")),
    ",": (f"{Q}  - ask: ,who\n", 2, own(KEEPS, ",")),
    "*": (f"{Q}  - ask: *who\n", 2, own("", "*")),
    "!": (f"{Q}  - ask: !who!x\n", 2, own("", "!")),
    "?": (f"{Q}  - ask: ? who\n", 2, own("", "? ")),
    ">": (
        f"{Q}  - ask: > who\n",
        2,
        "a text begins with > or |; put quotation marks around it, or begin it on the next line",
    ),
    "- after a key": (
        f"{Q}{WHO}    expect: - a\n",
        3,
        "a list begins on the line of its key; begin it on the next line, or write [one, other]",
    ),
    "\\ in double quotes": (
        f'{Q}{WHO}    matches: "\\d"\n',
        3,
        "in \"…\" YAML reads \\ itself; put the text into '…'",
    ),
    "two documents": (f"{ONE}---\n{ONE}", 4, SECOND),
    "old directive": (
        "%YAML 9.9\n---\na: b\n",
        1,
        "is no YAML: found incompatible YAML document; compare the line with those around it",
    ),
    "control character": (
        f"{Q}  - ask: Ünd\x07?\n",
        2,
        "a character that cannot be seen, U+0007; take it out",
    ),
    "zero byte": (
        f"{ONE}\x00",
        4,
        "a character that cannot be seen, U+0000; take it out",
    ),
    "sixty lists": ("[" * 60 + "]" * 60, 1, DEEP),
    "a hundred thousand lists": ("[" * 100_000, 1, DEEP),
    "alias inside itself": (
        f"{Q}  - &a [*a]\n",
        2,
        "`*a` stands inside what it means; write out what it should be",
    ),
    "UTF-16": ((ONE).encode("utf-16"), 1, "is not UTF-8 text; save it as UTF-8"),
    "Latin-1": (
        f"{ONE}  - ask: Goïta?\n".encode("latin-1"),
        4,
        "is not UTF-8 text; save it as UTF-8",
    ),
    "empty file": ("", 1, EMPTY),
    "only comments": ("# later\n\n", 1, EMPTY),
    "only ---": ("---\n", 1, EMPTY),
}


@pytest.mark.parametrize(("content", "line", "message"), IN_YAML.values(), ids=IN_YAML)
def test_what_is_no_yaml_is_told_with_its_line_and_remedy(content, line, message, tmp_path):
    assert mistakes(tmp_path, content) == [(line, message)]


IN_SHAPE = {
    "a text at the top": ("Who?\n", [(1, NO_QUESTIONS)]),
    "a list at the top": ("- ask: Who?\n  refuse: true\n", [(1, NO_QUESTIONS)]),
    "no questions": ("corpus: .\n", [(1, f"there is no `questions:`; {BEGIN}")]),
    "questions: nothing": (Q, [(1, NO_LIST)]),
    "questions: {}": ("questions: {}\n", [(1, NO_LIST)]),
    "questions: []": ("questions: []\n", [(1, NO_LIST.replace("must", "is empty; it must"))]),
    "questions: text": ("questions: Who?\n", [(1, NO_LIST)]),
    "no dash": (f"{Q}  ask: Who?\n  refuse: true\n", [(1, NO_LIST)]),
    "question: for questions:": (
        f"question:\n{WHO}{REFUSE}",
        [(1, "`question` is not known here. Did you mean `questions`?")],
    ),
    "a text as a question": (f"{Q}  - Who?\n", [(2, NO_QUESTION)]),
    "a list as a question": (f"{Q}  - [Who?]\n", [(2, NO_QUESTION)]),
    "an empty question": (f"{Q}  -\n", [(2, NO_QUESTION)]),
    "no check": (f"{Q}{WHO}    tags: [a]\n", [(2, NO_CHECK)]),
    "no ask": (f"{Q}  - refuse: true\n", [(2, NO_ASK)]),
    "a dash too many": (f"{Q}{WHO}  - refuse: true\n", [(2, NO_CHECK), (3, NO_ASK)]),
    "ask and conversation": (
        f"{Q}{WHO}    conversation: [Who?, And when?]\n{REFUSE}",
        [(2, "`ask` and `conversation` stand in one question; leave one out")],
    ),
    "a check at the margin": (
        f"{Q}- ask: Who?\nrefuse: true\n",
        [
            (2, NO_CHECK),
            (3, "`refuse` is a question's; put it under its `- ask:`, indented as deep as that"),
        ],
    ),
    "a default at the top": (
        f"repeat: 3\n{ONE}",
        [(1, "`repeat` is not the set's; put it under `defaults:`, or under a question")],
    ),
    "a check as a default": (
        f"defaults:\n  expect: x\n{ONE}",
        [(2, "`expect` is a question's; put it under its `- ask:`, indented as deep as that")],
    ),
    "the corpus in a question": (
        f"{ONE}    corpus: .\n",
        [(4, "`corpus` is the whole set's; begin its line without spaces")],
    ),
    "a key twice": (
        f"{ONE}    tags: [a]\n    refuse: false\n",
        [(5, twice("refuse", 3))],
    ),
    "a dash forgotten": (
        f"{ONE}    ask: When?\n    expect: x\n",
        [
            (2, "a refusal has no answer that `expect` could hold for; leave one out"),
            (4, twice("ask", 2)),
        ],
    ),
    "a key twice on a line": (
        f"{Q}  - {{ask: Who?, ask: When?, refuse: true}}\n",
        [(2, "`ask` stands twice on this line; put both into one")],
    ),
    "questions twice": (
        f"{ONE}{Q}  - ask: When?\n{REFUSE}",
        [(4, twice("questions", 1))],
    ),
    "a list as a key": (
        f"{ONE}    [a]: b\n",
        [(4, "a list or a mapping stands where a key must; put quotation marks around it")],
    ),
    "a merge": (
        f"defaults: &all {{repeat: 2}}\n{ONE}    <<: *all\n",
        [(5, "`<<` means nothing here; write out what it should add")],
    ),
    "a tag": (
        f"{Q}  - ask: !secret Who?\n{REFUSE}",
        [(2, tagged("!secret"))],
    ),
    "a tag of Python's": (
        f"{Q}  - ask: !!python/name:os.system Who?\n{REFUSE}",
        [(2, tagged("!!python/name:os.system"))],
    ),
    "the same question twice": (f"{ONE}{WHO}{REFUSE}", [(4, AGAIN)]),
    "the same but for case and accents": (
        f"{Q}  - ask: Who is Goïta?\n{REFUSE}  - ask: who is GOITA\n{REFUSE}",
        [(4, AGAIN)],
    ),
    "three times": (f"{ONE}{WHO}{REFUSE}{WHO}{REFUSE}", [(4, AGAIN), (6, AGAIN)]),
    "the same conversation twice": (
        f"{Q}  - conversation: [Who?, When?]\n{REFUSE}  - conversation: [Who?, When?]\n{REFUSE}",
        [(4, AGAIN)],
    ),
    "an id twice": (
        f"{Q}  - id: one\n    ask: A\n{REFUSE}  - id: one\n    ask: B\n{REFUSE}",
        [(5, "the id `one` is that of line 2, too; choose another one")],
    ),
    "an id that another question has": (
        f"{ONE}  - id: who\n    ask: B\n{REFUSE}",
        [(4, "the id `who` is that of line 2, too; choose another one")],
    ),
    "refused and expected": (
        f"{ONE}    expect: x\n",
        [(2, "a refusal has no answer that `expect` could hold for; leave one out")],
    ),
    "not answerable and cited": (
        f"{Q}{WHO}    answerable: false\n    cites: x\n",
        [(2, "a refusal has no answer that `cites` could hold for; leave one out")],
    ),
    "refused and disagreeing": (
        f"{ONE}    disagree: true\n",
        [(2, "a refusal has no answer that `disagree` could hold for; leave one out")],
    ),
    "refused and answerable": (
        f"{ONE}    answerable: true\n",
        [(2, "`answerable` and `refuse` contradict each other; leave one out")],
    ),
    "neither refused nor answerable": (
        f"{Q}{WHO}    refuse: false\n    answerable: false\n",
        [(2, "`answerable` and `refuse` contradict each other; leave one out")],
    ),
    "expected and rejected": (
        f"{Q}{WHO}    expect: Vladimir Putin\n    reject: putin\n",
        [(2, "“putin” must stand there and must not; take it out of `reject:`")],
    ),
    "quoted and rejected": (
        f"{Q}{WHO}    quote: by Putin\n    reject: [Goita, Putin]\n",
        [(2, "“Putin” must stand there and must not; take it out of `reject:`")],
    ),
    "any of some, all of them rejected": (
        f"{Q}{WHO}    claims: [[Putin, Mr Putin]]\n    reject: Putin\n",
        [(2, "“Putin” must stand there and must not; take it out of `reject:`")],
    ),
    "no such corpus": (
        f"corpus: articles\n{ONE}",
        [(1, no_folder("{folder}/articles"))],
    ),
}


@pytest.mark.parametrize(("content", "expected"), IN_SHAPE.values(), ids=IN_SHAPE)
def test_what_is_no_set_is_told_with_its_lines_and_remedies(content, expected, tmp_path):
    told = [(line, message.replace("{folder}", str(tmp_path))) for line, message in expected]
    assert mistakes(tmp_path, content) == told


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        *(("aks", "ask"), ("Ask", "ask"), ("ASK", "ask"), ("question", "ask")),
        *(("conversations", "conversation"), ("turns", "conversation")),
        *(("expected", "expect"), ("expects", "expect"), ("answer", "expect")),
        *(("contains", "expect"), ("claim", "claims"), ("rejects", "reject")),
        *(("match", "matches"), ("regex", "matches"), ("cite", "cites"), ("source", "cites")),
        *(("quotes", "quote"), ("retrieve", "retrieves"), ("answerible", "answerable")),
        *(("refused", "refuse"), ("disagrees", "disagree"), ("judgement", "judge")),
        *(("maxclaims", "max_claims"), ("max-ms", "max_ms"), ("lang", "language")),
        *(("tag", "tags"), ("repeats", "repeat"), ("known-failure", "known_failure")),
    ],
)
def test_a_key_that_is_not_known_is_told_with_what_was_likely_meant(key, meant, tmp_path):
    told = mistakes(tmp_path, f"{Q}{WHO}{REFUSE}    {key}: x\n")
    assert told == [(4, f"`{key}` is not known here. Did you mean `{meant}`?")]


def test_a_key_that_is_like_no_other_is_told_with_all_that_there_are(tmp_path):
    of_defaults = "repeat, share, mode, language, max_claims, max_ms, tags"
    of_questions = (
        f"{of_defaults}, id, ask, conversation, expect, claims, reject, matches, cites, quote, "
        "retrieves, answerable, refuse, disagree, judge, known_failure"
    )
    assert mistakes(tmp_path, f"notes: x\ndefaults: {{colour: red}}\n{ONE}    zzz: x\n") == [
        (1, "`notes` is not known here; there are: corpus, defaults, questions"),
        (2, f"`colour` is not known here; there are: {of_defaults}"),
        (6, f"`zzz` is not known here; there are: {of_questions}"),
    ]


VALUES = {
    "a question": ("ask", ["[a, b]", "{a: b}"], [""]),
    "a list of questions": ("conversation", ["{a: b}", "[[a]]"], ["", "[]", "[a, '']"]),
    "a short name": ("id", ["[a]", "{a: b}"], ["", "' '"]),
    EXPECTED: (
        "expect claims",
        ["{a: b}", "[a: b]", "[a, [b, [c]]]"],
        ["", "''", "~", "null", "[]", "[[]]", "[a, '']", "[[a, '']]"],
    ),
    TEXTS: ("reject quote", ["{a: b}", "[[a]]"], ["", "[]", "[a, ' ']"]),
    "a regular expression or a list of them": ("matches", ["{a: b}", "[[a]]"], ["", "[]"]),
    "an article's id, or a list of them": ("cites", ["{a: b}", "[[a]]"], ["", "[]"]),
    RANKS: ("retrieves", ["{a: 0}", "{a: x}", "{ask: 0}", "[[a]]", "[a: 3]"], ["", "[]", "{}"]),
    "true or false": ("answerable refuse disagree", ["", "maybe", "2", "[true]"], []),
    "a whole number from 1": (
        "max_claims repeat",
        ["", "0", "-1", "1.5", "two", "[1]"],
        [],
    ),
    "a number of milliseconds above 0": ("max_ms", ["", "0", "-1", "fast", "inf", "nan"], []),
    "above 0 and at most 1": ("share", ["", "0", "-1", "1.1", "half", "50%", "nan"], []),
    "`reader` or `model`": ("mode", ["", "Reader", "gpt", "[reader]"], []),
    "a language by its two letters, such as en": (
        "language",
        ["", "english", "EN", "xx", "en-GB", "[en]"],
        [],
    ),
    "a rubric, as text": ("judge", ["[a]", "{a: b}"], [""]),
    "a name or a list of names": ("tags", ["{a: b}", "[[a]]"], ["", "[]"]),
    "the reason, as text": ("known_failure", ["[a]", "{a: b}"], [""]),
}
WRONG = [
    (key, value, f"must be {form}")
    for form, (keys, values, _) in VALUES.items()
    for key in keys.split()
    for value in values
] + [
    (key, value, f"is empty; it must be {form}")
    for form, (keys, _, values) in VALUES.items()
    for key in keys.split()
    for value in values
]


@pytest.mark.parametrize(("key", "value", "told"), WRONG)
def test_a_value_that_cannot_be_is_told_with_what_can(key, value, told, tmp_path):
    asked = "" if key in {"ask", "conversation"} else "    ask: Who?\n"
    content = f"{Q}  - tags: [a]\n{asked}    {key}: {value}\n"
    if key == "tags":
        content = f"{Q}  - ask: Who?\n    refuse: true\n    tags: {value}\n"
    [(line, message)] = mistakes(tmp_path, content)
    assert (line, message.removesuffix(WITH_COLON)) == (
        content.split("\n").index(f"    {key}: {value}") + 1,
        f"`{key}` {told}",
    )


def test_a_text_that_yaml_takes_for_a_mapping_is_told_to_be_put_into_quotation_marks(tmp_path):
    assert mistakes(tmp_path, f"{Q}{WHO}    expect:\n      - a\n      - Putin: he\n") == [
        (5, f"`expect` must be {EXPECTED}; a text with a colon needs '…'")
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            "(",
            unfit("missing ), unterminated subpattern at position 0"),
        ),
        (
            "'*a'",
            unfit("nothing to repeat at position 0"),
        ),
        (
            "a{99999999999}",
            unfit("the repetition number is too large"),
        ),
        (
            '"\\b5\\b"',
            (
                "has a backspace where \\b was meant; write it in '…', as YAML reads \\ in \"…\" "
                "itself"
            ),
        ),
    ],
)
def test_a_regular_expression_that_is_none_is_told_with_the_reason(value, told, tmp_path):
    content = f"{Q}{WHO}    matches:\n      - a\n      - {value}\n"
    assert mistakes(tmp_path, content) == [(5, f"`matches` {told}")]


@pytest.mark.parametrize("key", ["expect", "claims", "reject", "quote"])
def test_a_text_that_nobody_could_see_is_told(key, tmp_path):
    assert mistakes(tmp_path, f'{Q}{WHO}    {key}: "\\u200b"\n') == [
        (3, f"`{key}` is nothing that could be seen in an answer; take it out")
    ]


def test_all_mistakes_of_a_set_come_at_once_by_their_lines(tmp_path):
    content = """\
corpus: nowhere
defaults: {repat: 3, share: 0}
questions:
  - ask: Who?
    refuse: perhaps
  - ask: When?
  - ask: Who?
    expect: [a, [], b]
    matches: (
    refuse: true
    refuse: false
  - aks: Where?
    tags: !x y
  - ask: Where?
    refuse: true
    answerable: true
"""
    assert mistakes(tmp_path, content) == [
        (
            1,
            no_folder(f"{tmp_path}/nowhere"),
        ),
        (2, "`repat` is not known here. Did you mean `repeat`?"),
        (2, "`share` must be above 0 and at most 1"),
        (5, "`refuse` must be true or false"),
        (6, NO_CHECK),
        (7, AGAIN.replace("2", "4")),
        (8, f"`expect` is empty; it must be {EXPECTED}"),
        (
            9,
            "`matches` " + unfit("missing ), unterminated subpattern at position 0"),
        ),
        (11, twice("refuse", 10)),
        (12, "`aks` is not known here. Did you mean `ask`?"),
        (13, tagged("!x")),
        (14, "`answerable` and `refuse` contradict each other; leave one out"),
    ]


def test_a_mistake_names_its_file_and_its_line(tmp_path):
    path = tmp_path / "questions.yaml"
    assert str(Mistake(path, 3, "is wrong; mend it")) == f"{path}:3: is wrong; mend it"


def test_a_set_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SetError) as caught:
        load(tmp_path / "questions.yaml")
    assert str(caught.value) == f"{tmp_path / 'questions.yaml'}:1: does not exist; check the path"


def test_a_folder_in_place_of_a_set_is_told_with_the_set_in_it(tmp_path):
    with pytest.raises(SetError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}:1: is a folder; name the set in it: {tmp_path / 'questions.yaml'}"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_set_that_may_not_be_read_is_told(tmp_path):
    path = tmp_path / "questions.yaml"
    path.touch(mode=0)
    with pytest.raises(SetError, match=r":1: cannot be read: Permission denied; check the path$"):
        load(path)


# What is no mistake


def asked(tmp_path: Path, content: str | bytes):
    path = tmp_path / "questions.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path)


def test_a_set_is_read_with_its_folder_and_the_digest_of_its_bytes(tmp_path):
    (tmp_path / "articles").mkdir()
    content = f"corpus: articles\n{ONE}\n# A comment.\n  - ask: When?\n    expect: x\n"
    read = asked(tmp_path, content)
    assert (read.path, read.corpus, read.digest) == (
        tmp_path / "questions.yaml",
        (tmp_path / "articles").resolve(),
        hashlib.sha256(content.encode()).hexdigest(),
    )
    assert [(one.id, one.line, one.turns) for one in read.questions] == [
        ("who", 3, ("Who?",)),
        ("when", 7, ("When?",)),
    ]


def test_numbers_dates_and_truths_are_texts_as_they_are_written(tmp_path):
    content = (
        f"{Q}{WHO}    expect: [2021-05-24, 5, 1.50, 007, 1_000, 12:30, no, True, 0x1f, 'null']\n"
    )
    [question] = asked(tmp_path, content).questions
    assert [one for (one,) in question.expect] == [
        *("2021-05-24", "5", "1.50", "007", "1_000", "12:30", "no", "True", "0x1f", "null")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ONE.encode(),
        ONE.replace("\n", "\r\n").encode(),
        ONE.replace("\n", "\r").encode(),
        ONE.removesuffix("\n").encode(),
        b"---\n" + ONE.encode() + b"...\n",
        b'{"questions": [{"ask": "Who?", "refuse": true}]}',
        b"questions:\n- ask: >\n    Who?\n  refuse: yes\n",
    ],
    ids=["BOM", "CRLF", "CR", "no newline at the end", "one document", "JSON", "folded"],
)
def test_a_set_is_read_however_its_lines_end_and_its_text_begins(content, tmp_path):
    assert [(one.id, one.refuse) for one in asked(tmp_path, content).questions] == [("who", True)]


def test_an_alias_means_what_its_anchor_does(tmp_path):
    content = f"{Q}{WHO}    expect: &names [Sadio Camara, Putin]\n  - ask: B\n    expect: *names\n"
    one, other = asked(tmp_path, content).questions
    assert one.expect == other.expect == (("Sadio Camara",), ("Putin",))


def test_aliases_of_aliases_are_not_written_out(tmp_path):
    """Nine lists, each ten times in the next one, are told like any other wrong list."""
    lists = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    content = f"defaults:\n  - &a0 [x]\n{lists}{ONE}"
    assert mistakes(tmp_path, content) == [(1, "`defaults` must be a mapping, such as {repeat: 3}")]


def test_defaults_hold_where_a_question_says_nothing_itself(tmp_path):
    content = (
        "defaults: {repeat: 3, share: 0.5, mode: model, language: en, tags: [a]}\n"
        f"{ONE}  - ask: When?\n{REFUSE}    repeat: 1\n    share: 1\n    tags: b\n"
    )
    told = [
        (one.repeat, one.share, one.mode, one.language, one.tags)
        for one in asked(tmp_path, content).questions
    ]
    assert told == [(3, 0.5, "model", "en", ("a",)), (1, 1.0, "model", "en", ("b",))]


@pytest.mark.parametrize(
    ("given", "known_by"),
    [
        ("ask: Who accompanied Goïta?", "who-accompanied-goita"),
        ("ask: Who is Mali’s foreign minister?", "who-is-malis-foreign-minister"),
        ("ask: '  5 %, or  6?  '", "5-or-6"),
        ("ask: ¿Quién?", "quien"),
        ("ask: 谁陪同戈伊塔?", "谁陪同戈伊塔"),
        ("ask: من رافق غويتا؟", "من-رافق-غويتا"),
        ("ask: माली का नेता?", "माली-का-नेता"),
        ("conversation: [Who?, And when?]", "who-and-when"),
        ("ask: '???'", "a03b"),
        ("ask: " + "word " * 30, "word-" * 12 + "d726"),
        ("ask: " + "谁" * 80, "谁" * 60 + "-2d95"),
        ("{id: Überfall № 1, ask: Who?}", "Überfall № 1"),
        ('{id: "two\\nlines ", ask: Who?}', "two lines"),
    ],
)
def test_a_question_has_its_own_id_or_a_readable_one(given, known_by, tmp_path):
    content = f"{Q}  - {given}\n" + ("" if given[0] == "{" else REFUSE)
    content = content.replace("ask: Who?}", "ask: Who?, refuse: true}")
    assert [one.id for one in asked(tmp_path, content).questions] == [known_by]


def test_the_same_question_may_be_asked_twice_under_two_ids(tmp_path):
    content = f"{ONE}  - id: again\n    ask: Who?\n{REFUSE}"
    assert [one.id for one in asked(tmp_path, content).questions] == ["who", "again"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("questions.yaml", True),
        ("mali.questions.yaml", True),
        ("myquestions.yaml", False),
        ("questions.yml", False),
        ("questions.yaml.bak", False),
    ],
)
def test_a_set_is_known_by_its_name(name, expected):
    assert is_set(Path("corpus") / name) is expected
