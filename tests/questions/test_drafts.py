from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.checks import CheckRules, examine
from bot.questions.drafts import BadAnswer, as_set, draft, merged, reported
from bot.questions.format import CannedQuestion
from bot.questions.sets import SetError, load
from fake_library import CLOSEST, REFUSAL, kept
from rag.index.answers import Version
from rag.reasons import Reason
from rag.types import Answer, Citation, Claim, Outcome

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
LATER = datetime(2025, 7, 2, 9, 30, tzinfo=UTC)

ANSWERED = kept(when=NOON)
REFUSED = kept(REFUSAL, when=NOON, id="abc234")
FIRST, SECOND = ANSWERED.articles

NASTY = (
    *("- a", "? a", ": a", "# a", "a # b", "a: b", "a:", "&a", "*a", "!a", "|", ">", "%YAML 1.2"),
    *("@a", "`a`", "'a'", '"a"', "{a: b}", "[a, b]", "a, b", "---", "...", "<<", "=", "~", "No"),
    *("true", "null", "1_000", "0x1f", "2021-05-24", "12:30:45", "\\n", "a\\", "\ttab", "x" * 3000),
    *("two\nlines", "a\r\nb", "a\x85b", "a\u2028b", "a\u2029b", "a\x00b", "a\x1b[31mb", "a\x7fb"),
    *(
        "من رافق غويتا؟",
        "\u202eمن",
        "谁陪同戈伊塔?",
        "👩\u200d🚀 😀?",
        "\ufeffa",
        "a\ufffeb",
        "e\u0301?",
    ),
    *("]", "}", "\n  - ask: b\n    refuse: true", "x\nquestions: []", "Who’s “Goïta”?"),
)
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=60),
    st.tuples(st.sampled_from(NASTY), st.text(max_size=20)).map("".join),
    st.tuples(st.text(max_size=20), st.sampled_from(NASTY)).map("".join),
)
FILLED = TEXTS.filter(str.strip)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Answers of anything to anything, cited from anywhere."""
    ids = draw(st.lists(FILLED.map(str.strip), min_size=1, max_size=3))
    citations = tuple(Citation(replace(FIRST, id=each), 0, 1, draw(FILLED)) for each in ids)
    claims = draw(st.lists(TEXTS, max_size=3))
    return replace(
        ANSWERED,
        question=draw(FILLED),
        standalone_question=draw(FILLED),
        claims=tuple(
            Claim(text=each, support=1.0, citations=citations) for each in (draw(FILLED), *claims)
        ),
        unanswered=tuple(draw(st.lists(TEXTS, max_size=2))),
        remarks=tuple(Reason.OTHER(text=remark) for remark in draw(st.lists(TEXTS, max_size=2))),
        disagreements=tuple(
            replace(disagreement, topic=draw(TEXTS)) for disagreement in ANSWERED.disagreements
        ),
        model=draw(TEXTS),
    )


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("set") / "questions.yaml"


def read(path: Path, text: str) -> tuple[CannedQuestion, ...]:
    path.write_text(text, encoding="utf-8")
    return load(path).questions


def report(answer: Answer, *versions: Version, **more: object) -> BadAnswer:
    given = {"bad": 1, "good": 0, "at": LATER} | more
    states = dict(zip(answer.articles, versions, strict=True))
    return BadAnswer(answer=answer, versions=states, **given)


# Drafts


def test_a_draft_shows_the_answer_and_holds_for_it() -> None:
    """Above the checks stand the answer with its marks, and the quotes with their places."""
    assert draft(ANSWERED) == (
        "  # General Sadio Camara accompanied Goïta. [1]\n"
        "  # Wagner has left. [2][1]\n"
        "  # The articles differ on Wagner: [1][2]\n"
        "  # [1] goita.txt, characters 21 to 60: “General Sadio Camara accompanied Goïta.”\n"
        "  # [2] https://news.example/corps, characters 0 to 21: “Wagner has left Mali.”\n"
        "  - ask: who accompanied Goïta?\n"
        "    expect: [General Sadio Camara accompanied Goïta., Wagner has left.]\n"
        "    cites: [goita.txt, 'https://news.example/corps']\n"
        "    quote: [General Sadio Camara accompanied Goïta., Wagner has left Mali.]\n"
        "    disagree: true\n"
    )


def test_a_draft_of_a_refusal_expects_a_refusal() -> None:
    """The closest passages are named, so that the editor can see whether it is right."""
    assert draft(REFUSED) == (
        "  # The articles do not say.\n"
        "  # Closest 1: https://news.example/corps, characters 22 to 41, score 0.250\n"
        "  - ask: who won?\n"
        "    refuse: true\n"
    )


@given(answer=answers())
def test_whatever_was_asked_and_answered_a_draft_is_read_back_and_holds(
    answer: Answer, written: Path
) -> None:
    """The question comes back as it was asked, alone, and each check holds for the answer."""
    (question,) = read(written, f"questions:\n{draft(answer)}")
    assert question.ask == answer.question.strip()
    assert set(question.cites) == {each.article.id for each in answer.citations}
    held = {check.name: check.held for check in examine(question, answer, CheckRules())}
    assert held == dict.fromkeys(("expect", "cites", "quote", "disagree"), True)


# Reports


def test_a_reported_refusal_should_have_been_an_answer() -> None:
    """The closest passages stand there in their own words, as long as their articles do."""
    said = report(REFUSED, Version.CURRENT, passages={1: CLOSEST.text})
    assert (
        f"\n{reported(said)}"
        == """
  # 1 bad, 0 good; last rated bad on 2025-07-02 09:30 UTC
  # Answer abc234 of 2025-07-01 12:00 UTC, by the embedded reader, confidence 0.00
  # The articles do not say.
  # Closest 1: https://news.example/corps, characters 22 to 41, score 0.250: “Africa Corps stays.”
  - ask: who won?
    tags: [reported]
    answerable: true
"""
    )


def test_a_set_of_bad_answers_is_refused_until_somebody_says_what_is_expected(
    tmp_path: Path,
) -> None:
    """Each question that says nothing yet is named with its line, and what to write there."""
    said = report(ANSWERED, Version.CURRENT, Version.CURRENT)
    text = as_set([said, report(REFUSED, Version.CURRENT)])
    with pytest.raises(SetError) as refused:
        read(tmp_path / "questions.yaml", text)
    (mistake,) = refused.value.mistakes
    assert text.splitlines()[mistake.line - 1].strip().startswith("expect: []  # write what")
    assert mistake.message.startswith("`expect` is empty; expected: texts in the answer")


def test_the_same_answer_to_the_same_question_is_one_report(tmp_path: Path) -> None:
    """The latest stays, with everybody counted; another answer is another report, with its id."""
    again = replace(REFUSED, id="xyz789", standalone_question="Who won")
    answered = report(
        replace(ANSWERED, standalone_question="who won?"), Version.CURRENT, Version.CURRENT
    )
    first = report(REFUSED, Version.CURRENT, bad=2, good=1)
    found = (first, answered, report(again, Version.CURRENT, bad=1, good=3, at=NOON))
    assert merged(found) == (replace(first, bad=3, good=4, same=("xyz789",)), answered)
    read_back = read(tmp_path / "questions.yaml", as_set([found[0], found[2]]))
    assert [(reported.id, reported.ask) for reported in read_back] == [
        ("who-won", "who won?"),
        ("reported-xyz789", "Who won"),
    ]


@given(answer=answers(), remark=TEXTS)
def test_whatever_was_asked_and_said_a_report_is_read_back(
    answer: Answer, remark: str, written: Path
) -> None:
    """No text of a question, an answer or an article breaks out of where it stands."""
    refused = replace(answer, outcome=Outcome.NOT_IN_CORPUS, remarks=(Reason.OTHER(text=remark),))
    said = report(refused, *(Version.GONE for _ in refused.articles))
    (question,) = read(written, as_set([said]))
    assert (question.ask, question.tags, question.answerable) == (
        answer.standalone_question.strip(),
        ("reported",),
        True,
    )
