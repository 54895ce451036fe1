from dataclasses import replace
from datetime import timedelta

import pytest

from bot.questions.history import HISTORY, PastRun, SetHistory
from bot.questions.run_json import RunError, write
from question_runs import WHEN, erred, every_kind, failed, fixed, flaky, known, passed, run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checks" / "set"


@pytest.fixture
def kept(folder):
    return SetHistory(folder)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(do):
    """The message that a person sees."""
    with pytest.raises(RunError) as told:
        do()
    return str(told.value)


# What past runs came to


def test_a_run_of_the_whole_set_is_summed_up(kept, folder):
    done = every_kind(model="small")
    kept.add(done)
    assert kept.past() == (
        PastRun(
            when=WHEN,
            griot="0.1.0",
            model="small",
            questions=9,
            passed=3,
            short=4,
            errors=1,
            false_answers=0.5,
            false_refusals=2 / 11,
            p50_ms=80.0,
        ),
    )
    assert files(folder) == ["failed.json", "history.jsonl"]


def test_a_run_of_a_part_is_no_past(kept):
    kept.add(run(failed("one"), whole=False))
    assert (kept.past(), kept.failed()) == ((), {"one"})


def test_the_last_hundred_runs_are_told_of(kept, folder):
    """The oldest is left out, also of the file."""
    for number in range(HISTORY + 2):
        kept.add(run(passed("one"), when=WHEN + timedelta(days=number)))
    told = kept.past()
    assert [past.when for past in (told[0], told[-1])] == [
        WHEN + timedelta(days=2),
        WHEN + timedelta(days=HISTORY + 1),
    ]
    assert (len(told), len((folder / "history.jsonl").read_text().splitlines())) == (100, 100)


# What fell short


def test_what_fell_short_is_remembered_until_it_is_asked_again(kept):
    """A part of the set says nothing of the rest; what does not gate did not fall short."""
    often = flaky("five", 2, 1, expect="x", share=0.5)
    fell = failed("one"), erred("two"), flaky("three", 1, 1)
    kept.add(run(*fell, passed("four"), often, known("six"), fixed("seven")))
    assert kept.failed() == {"one", "two", "three"}
    kept.add(run(passed("one"), erred("two"), whole=False))
    assert kept.failed() == {"two", "three"}
    kept.add(run(failed("four"), whole=False))
    assert kept.failed() == {"two", "three", "four"}
    kept.add(run(passed("two"), passed("three"), passed("four")))
    assert kept.failed() == set()


# The journal


def test_a_run_that_did_not_end_is_there_with_its_results(kept, folder):
    """As far as it came, and gone once it has ended."""
    begun = run(model="small", when=WHEN - timedelta(hours=1))
    kept.begin(run(model="large"))
    kept.note(passed("one"))
    kept.begin(begun)
    assert SetHistory(folder).begun() == begun
    for result in every_kind().results:
        kept.note(result)
    done = replace(begun, results=every_kind().results)
    assert SetHistory(folder).resumed(run(model="small")) == done
    kept.begin(done)
    kept.add(replace(done, whole=False))
    assert SetHistory(folder).begun() == done
    kept.add(done)
    assert (kept.begun(), files(folder)) == (None, ["failed.json", "history.jsonl"])


def test_a_last_line_that_was_cut_off_is_asked_again(kept, folder):
    """Also where the run that goes on is cut off in its turn."""
    kept.begin(run())
    for result in (passed("one"), passed("two")):
        kept.note(result)
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    again = SetHistory(folder)
    assert again.resumed(run()) == run(passed("one"))
    again.note(failed("two"))
    assert SetHistory(folder).resumed(run()) == run(passed("one"), failed("two"))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"digest": "0ff"}, "version of the set"),
        ({"griot": "0.2.0"}, "version of Griot"),
        ({"model": "small"}, "model"),
        ({"replayed": True}, "source of answers"),
        ({"corpus": "another"}, "version of the articles"),
        ({"repeat": 3}, "--repeat"),
        ({"gate_times": True}, "choice of --gate-times"),
    ],
)
def test_a_run_of_something_else_does_not_go_on(other, what, kept):
    kept.begin(run())
    kept.note(passed("one"))
    assert refused(lambda: kept.resumed(run(**other))) == (
        f"the run that did not end had another {what}; run griot check without --resume"
    )
    assert kept.begun() == run(passed("one"))


def test_of_two_runs_at_once_the_later_has_the_journal(folder):
    """The other run's results are kept all the same, and it takes nothing from it."""
    one, other = SetHistory(folder), SetHistory(folder)
    one.begin(run(model="small"))
    other.begin(run(model="large"))
    one.note(passed("one"))
    other.note(failed("two"))
    one.add(run(passed("one"), model="small"))
    assert other.begun() == run(failed("two"), model="large")
    other.add(run(failed("two"), model="large"))
    assert [past.model for past in other.past()] == ["small", "large"]
    assert (other.failed(), other.begun()) == ({"two"}, None)


def test_a_run_whose_journal_is_taken_away_makes_none_anew(folder):
    """Without its beginning it could not be read."""
    one, other = SetHistory(folder), SetHistory(folder)
    one.begin(run())
    other.begin(run())
    other.add(run(passed("one")))
    one.note(passed("one"))
    assert one.begun() is None


# What cannot be read or written


BROKEN = [b'"a\n', b"\xff\n", b"null\n"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("failed.json", content) for content in [*BROKEN, b"[{}]\n"]),
        *(("history.jsonl", content) for content in [*BROKEN, b"{}\n"]),
        *(("journal.jsonl", content) for content in [*BROKEN, b"{}\n"]),
    ],
)
def test_what_is_damaged_is_to_be_deleted(name, content, kept, folder):
    folder.mkdir(parents=True)
    path = folder / name
    path.write_bytes(content)
    read = {"history.jsonl": kept.past, "failed.json": kept.failed, "journal.jsonl": kept.begun}
    assert refused(read[name]) == f"{path} is damaged; delete it"


def test_where_no_folder_can_be_made_that_is_said(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "checks").write_text("")
    kept = SetHistory(tmp_path / "checks" / "set")
    for what, name in ((kept.begin, "journal.jsonl"), (kept.add, "failed.json")):
        path = tmp_path / "checks" / "set" / name
        assert refused(lambda what=what: what(run())) == (
            f"{path} cannot be written: Not a directory; check its folder and the disk"
        )


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    """The file that was there stays as it was."""
    target = tmp_path / "report.json"
    target.mkdir()
    assert refused(lambda: write(target, "text")) == (
        f"{target} cannot be written: Is a directory; check its folder and the disk"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
