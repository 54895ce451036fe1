import asyncio
import json
import os
import signal

import pytest

from bot.questions.run_json import read_run
from fake_chat import FakeChat
from newsroom import BRIDGE, MARKET, WordReader
from question_house import BRIDGED, FLOODED, GOODS, SET, TICKET, UNKNOWN, Newsroom, written
from rag.errors import ModelError
from rag.pages.formats import KINDS

WRONG = SET.replace("On Monday", "on Tuesday")
"""One of the five fails."""


class CountingReader(WordReader):
    """Remembers what it was asked, once each; breaks off before the n-th question."""

    def __init__(self, *, stops_at=None, fails_for=()):
        self.asked = []
        self.stops_at = stops_at
        self.fails_for = fails_for

    def read(self, question, passages, *, several=False):
        if question not in self.asked:
            self.asked.append(question)
        if len(self.asked) == self.stops_at:
            os.kill(os.getpid(), signal.SIGINT)
        if question in self.fails_for:
            raise ModelError("the reader cannot be run; install griot again")
        return super().read(question, passages)


class Meeting:
    """A chat model that answers once so many ask it at a time."""

    name = "scripted"

    def __init__(self, together):
        self._together = asyncio.Barrier(together)

    async def stream(self, messages, *, max_tokens):
        async with asyncio.timeout(20):
            await self._together.wait()
        yield "NOT_ANSWERED"


@pytest.fixture
def room(tmp_path, capsys):
    """A newsroom with two articles and a set that holds."""
    made = Newsroom(tmp_path, capsys.readouterr, reader=CountingReader())
    written(made.corpus)
    made.write(SET)
    return made


def fared(said):
    return {event["id"]: event["verdict"] for event in said["results"]}


# How it ends


def test_a_set_that_holds_ends_with_0(room):
    """By default it is the corpus's own; nothing is said beside the table."""
    status, out, err = room.check()
    assert (status, err, out.splitlines()[-1]) == (0, "", "Passed: 5 questions.")


def test_a_set_that_falls_short_ends_with_1_and_says_where(room):
    """Here with a question that has no answer."""
    path = room.write(WRONG, "other.questions.yaml")
    room.reader = CountingReader(fails_for={UNKNOWN})
    status, out, err = room.check(path)
    assert (status, err) == (1, "")
    assert out.splitlines()[3:7] == [
        "failed  flooded",
        f"        {FLOODED}  {path}:2",
        "        expect: lacks “on Tuesday”",
        "        answer: on Monday [1]",
    ]
    assert out.splitlines()[-1] == "Not passed: 1 failed, 1 error of 5 questions."


def test_a_wrong_set_ends_with_2_and_a_line_for_each_mistake(room):
    room.write("questions:\n- ask: Who?\n- ask: When?\n  refuse: perhaps\n  expct: x\n")
    room.set.write_text(room.set.read_text() + "  cites: gao\n")
    status, out, err = room.check()
    lines = err.splitlines()
    assert (status, out, len(lines)) == (2, "", 3)
    assert [line.removeprefix(f"griot: {room.set}:")[:12] for line in lines] == [
        "2: this ques",
        "4: `refuse` ",
        "5: `expct` i",
    ]
    assert room.reader.asked == []


def test_of_many_mistakes_the_first_are_told_and_the_rest_is_counted(room):
    room.write("questions:\n" + "".join(f"- ask: {n}?\n" for n in range(30)))
    status, _, err = room.check()
    assert (status, len(err.splitlines()), err.splitlines()[-1]) == (2, 21, "griot: and 10 more")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "none.yaml"], "none.yaml: does not exist; check the path"),
        (["check", "--tag", "x"], "no question of the set fits --tag x; its tags are: gao, places"),
        (["check", "--resume"], "there is no run to continue; run griot check without --resume"),
        (["compare", "a", "b"], "a cannot be read: No such file or directory; check the path"),
    ],
)
def test_what_cannot_be_used_is_told_with_status_2(words, message, room):
    assert room.run(*words) == (2, "", f"griot: {message}\n")


def test_without_articles_it_ends_with_3(room):
    for article in room.corpus.glob("*.json"):
        article.unlink()
    status, out, err = room.check()
    assert (status, out) == (3, "")
    assert err == f"griot: {room.corpus} holds no article; put some in it ({KINDS})\n"


def test_where_no_question_has_an_answer_it_ends_with_3(room):
    room.reader = CountingReader(fails_for={FLOODED, GOODS, BRIDGED, UNKNOWN, TICKET})
    status, out, _ = room.check()
    assert (status, out.splitlines()[-1]) == (3, "Could not run: no question had an answer.")
    assert out.count("error: the reader cannot be run; install griot again") == 5


# What is asked


def test_words_and_tags_select_what_is_asked_so_often_and_so_many_at_a_time(room):
    status, said = room.checked("--tag", "gao", "-k", "GOODS", "-k", "mopti", "--repeat", 3)
    assert (status, room.reader.asked, said["whole"]) == (0, [GOODS], False)
    assert [(event["held"], len(event["attempts"])) for event in said["results"]] == [(3, 3)]
    room.model = Meeting(2)
    status, said = room.checked("--tag", "gao", "--jobs", 2)
    assert (status, list(fared(said).items())) == (0, [("flooded", "passed"), ("goods", "passed")])


def test_what_failed_is_asked_again(room):
    """Until it holds; then all is asked, and that is said."""
    room.write(WRONG)
    room.check()
    room.reader.asked.clear()
    assert (room.check("--failed")[0], room.reader.asked) == (1, [FLOODED])
    room.write(SET)
    assert room.check("--failed")[0] == 0
    room.reader.asked.clear()
    status, _, err = room.check("--failed")
    assert (status, len(room.reader.asked)) == (0, 5)
    assert err == "griot: nothing failed when it was last asked; asking all of it\n"


def test_articles_that_changed_are_read_anew(room):
    room.check()
    written(room.corpus, MARKET | {"text": MARKET["text"].replace("Monday", "Tuesday")}, BRIDGE)
    assert fared(room.checked()[1])["flooded"] == "failed"


def test_the_index_of_a_set_is_its_own_and_keeps_no_answers(room):
    """The index that people ask stays as it is."""
    room.check()
    home = room.folder / "home"
    assert [path.name for path in home.iterdir()] == ["checks"]
    assert (home / "checks" / ".gitignore").read_text() == "*\n"
    assert room.run("ask", FLOODED)[0] == 0
    before = room.run("search", FLOODED)[1]
    room.check()
    assert room.run("search", FLOODED)[1] == before


def test_a_file_that_cannot_be_read_is_mentioned(room):
    (room.corpus / "broken.json").write_text("{")
    status, _, err = room.check()
    assert (status, err.count("\n"), err.startswith("griot: skipped broken.json")) == (0, 1, True)


# Drafts


def test_a_question_is_drafted_for_a_set(room):
    """The answer stands above it; with the set's own checks it holds."""
    status, out, err = room.check("--draft", GOODS)
    assert (status, err, "the school of Gao [1]" in out) == (0, "", True)
    room.write("questions:\n" + out)
    assert room.check()[0] == 0


# Reports


def test_reports_are_written_in_the_form_of_their_ending(room):
    room.write(WRONG)
    paths = [room.folder / "reports" / f"run.{end}" for end in ("html", "json", "md")]
    options = [word for path in paths for word in ("--report", path)]
    status, out, err = room.check("--json", *options)
    assert (status, err) == (1, "")
    html, run, markdown = (path.read_text(encoding="utf-8") for path in paths)
    assert (html[:15], FLOODED in markdown, run) == ("<!doctype html>", True, out)


def test_a_report_that_cannot_be_written_takes_nothing_from_the_run(room):
    """It is shown, and what fell short is known."""
    room.write(WRONG)
    path = room.folder / "run.json"
    path.mkdir()
    status, out, err = room.check("--report", path)
    assert (status, out.splitlines()[-1]) == (2, "Not passed: 1 failed of 5 questions.")
    assert (
        err == f"griot: {path} cannot be written: Is a directory; check its folder and the disk\n"
    )
    room.reader.asked.clear()
    room.check("--failed")
    assert room.reader.asked == [FLOODED]


@pytest.mark.parametrize("option", ["--report", "--baseline", "--record"])
def test_nothing_is_written_among_the_articles(option, room):
    """The next run would read it as one of them."""
    path = room.corpus / "page.md"
    status, out, err = room.check(option, path)
    assert (status, out, room.reader.asked) == (2, "", [])
    assert err == (
        f"griot: {path} lies among the articles and would be read as one; put it elsewhere\n"
    )


# What makes no sense


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--report", "page.pdf"], "page.pdf must end in .html, .json, .md."),
        (["--record", "a", "--replay", "a"], "cannot be combined with --replay."),
        (["--replay", "a", "--gate-times"], "a replay has no times."),
        (["--bless"], "name its file with --baseline FILE."),
        (
            ["--bless", "--baseline", "b.json", "-k", "x"],
            "only a run of the whole set can be a baseline.",
        ),
        (["--resume", "--tag", "x"], "only a run of the whole set can be continued."),
        (["--draft", " "], "the question is empty."),
        (["--jobs", "0"], "--jobs"),
        (["--repeat", "0"], "--repeat"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(words, complaint, room):
    status, out, err = room.check(*words)
    assert (status, out, complaint in err, room.reader.asked) == (2, "", True, [])


# Baselines


@pytest.fixture
def baseline(room):
    """A baseline of the set as it holds."""
    path = room.folder / "baseline.json"
    status, _, err = room.check("--baseline", path, "--bless")
    assert (status, err) == (0, f"griot: {path} is the baseline now\n")
    return path


def test_what_was_lost_since_the_baseline_is_named(room, baseline):
    """The baseline stays, until another takes its place."""
    status, out, _ = room.check("--baseline", baseline)
    assert (status, "0 gained, 0 lost: too few to say." in out) == (0, True)
    before = baseline.read_bytes()
    room.write(WRONG)
    for options, kept in (([], True), (["--bless"], False)):
        status, out, _ = room.check("--baseline", baseline, *options)
        assert (status, "Lost (1)\n  flooded  passed → failed\n" in out) == (1, True)
        assert (baseline.read_bytes() == before) is kept
    assert [result.verdict.value for result in read_run(baseline).results][:2] == [
        "failed",
        "passed",
    ]


def test_a_question_of_the_baseline_that_is_gone_falls_short(room, baseline):
    """Though all that is left holds; nothing is said of what was only not selected."""
    assert room.check("--baseline", baseline, "-k", "goods")[0] == 0
    room.write(SET.partition("  - id: ticket")[0])
    status, out, _ = room.check("--baseline", baseline)
    assert (status, "Missing now (1)\n  ticket\n" in out) == (1, True)
    assert out.splitlines()[-1] == "Not passed: 1 question of the baseline missing."


def test_a_baseline_that_is_not_there_is_to_be_made(room):
    path = room.folder / "baseline.json"
    assert room.check("--baseline", path) == (
        2,
        "",
        f"griot: there is no {path}; make it with: griot check --baseline {path} --bless\n",
    )
    assert room.reader.asked == []


def test_a_run_with_errors_is_no_baseline(room, baseline):
    before = baseline.read_bytes()
    room.reader = CountingReader(fails_for={GOODS})
    status, out, err = room.check("--baseline", baseline, "--bless")
    assert (status, "error  goods" in out, baseline.read_bytes() == before) == (2, True, True)
    assert err == "griot: 1 error cannot be a baseline; mend what they name, and run again\n"


def test_two_results_are_shown_side_by_side(room, baseline):
    room.write(WRONG)
    other = room.folder / "other.json"
    room.check("--report", other)
    status, out, err = room.run("compare", baseline, other)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].startswith(f"baseline  {room.set} · 2 articles")
    assert "Lost (1)\n  flooded  passed → failed\n" in out
    _, out, _ = room.run("compare", baseline, other, "--json")
    said = json.loads(out)
    assert (said["lost"], said["gained"], said["verdict"]) == (
        ["flooded"],
        [],
        "too few to say",
    )


# Interrupted


def test_ctrl_c_shows_what_was_done_and_the_rest_can_be_asked(room):
    """All of it then counts as one run."""
    room.reader = CountingReader(stops_at=3)
    report, baseline = room.folder / "run.json", room.folder / "baseline.json"
    status, out, err = room.check("--report", report, "--baseline", baseline, "--bless")
    assert (status, err, baseline.exists()) == (
        130,
        "griot: interrupted, 3 questions were not asked; continue with --resume\n",
        False,
    )
    assert "part of the set · 2 articles" in out
    assert list(fared(json.loads(report.read_text()))) == ["flooded", "goods"]
    room.reader = CountingReader()
    status, said = room.checked("--resume")
    assert (status, said["whole"], len(said["results"])) == (0, True, 5)
    assert room.reader.asked == [BRIDGED, UNKNOWN, TICKET]
    room.reader = CountingReader(stops_at=2)
    assert room.check("--tag", "gao")[2] == "griot: interrupted, a question was not asked\n"


# Through a chat model


def test_a_rubric_is_judged_by_the_model_and_never_gates(room):
    room.write(f"questions:\n- ask: {UNKNOWN}\n  refuse: true\n  judge: It says so.\n")
    room.model = FakeChat(["FAIL\nIt does not."])
    status, out, _ = room.check()
    assert (status, "judge: scripted: It does not. (advisory)" in out) == (0, True)


def test_a_run_names_its_model_also_where_llamaindex_connects_it(room):
    room.settings, room.model = {"llm": "own:Model()"}, FakeChat(["NOT_ANSWERED"])
    assert room.checked("-k", "won")[1]["model"] == "Model"
