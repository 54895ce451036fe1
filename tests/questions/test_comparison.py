import pytest

from bot.questions.comparison import Change, compare, exact
from question_runs import erred, failed, fixed, flaky, known, passed, run


def runs(gained: int, lost: int, *, same: int = 3):
    """Two runs between which so many questions were gained and lost."""
    before = [*map(str, range(gained))]
    after = [*map(str, range(gained, gained + lost))]
    both = [f"both-{number}" for number in range(same)]
    return (
        run(*map(failed, before), *map(passed, after), *map(passed, both)),
        run(*map(passed, before), *map(failed, after), *map(passed, both)),
    )


@pytest.mark.parametrize(
    ("gained", "lost", "expected"),
    [
        (0, 0, 1.0),
        (6, 0, 0.03125),
        (1, 9, 0.021484375),
        (3, 12, 0.03515625),
        (700, 700, 1.0),  # where 2 to the power of them is beyond a float
        (0, 1400, 0.0),
    ],
)
def test_the_exact_test_gives_known_values(gained, lost, expected):
    assert exact(gained, lost) == expected


@pytest.mark.parametrize(
    ("gained", "lost", "verdict", "sentence"),
    [
        (0, 0, "too few to say", "0 gained, 0 lost: too few to say."),
        (2, 3, "too few to say", "2 gained, 3 lost: too few to say."),
        (6, 0, "better", "6 gained, 0 lost: better (McNemar's exact test, p = 0.031)."),
        (1, 9, "worse", "1 gained, 9 lost: worse (McNemar's exact test, p = 0.021)."),
        (
            4,
            2,
            "may be chance",
            "4 gained, 2 lost: may be chance (McNemar's exact test, p = 0.688).",
        ),
        (0, 20, "worse", "0 gained, 20 lost: worse (McNemar's exact test, p < 0.001)."),
    ],
)
def test_a_verdict_is_given_where_the_counts_allow_one(gained, lost, verdict, sentence):
    found = compare(*runs(gained, lost))

    assert (found.verdict, found.sentence) == (verdict, sentence)
    assert (found.p is None) is (verdict == "too few to say")


def test_questions_are_gained_lost_missing_and_new_by_their_ids():
    """Known failures and errors as any other question."""
    before = run(failed("won"), fixed("fell"), passed("stays"), passed("gone"), erred("back"))
    after = run(passed("back"), passed("added"), known("fell"), passed("won"), passed("stays"))

    found = compare(before, after)

    assert (found.gained, found.lost) == (("back", "won"), ("fell",))
    assert (found.missing, found.new) == (("gone",), ("added",))


def test_what_was_not_selected_is_neither_missing_nor_compared():
    before = run(passed("asked"), passed("unasked"), passed("gone"))
    after = run(failed("asked"))

    within = compare(before, after, known={"asked", "unasked"})
    whole = compare(before, after, known={"asked", "unasked", "gone"})

    assert (within.lost, within.missing) == (("asked",), ("gone",))
    assert (whole.lost, whole.missing) == (("asked",), ())


def test_a_repeated_question_is_lost_where_it_holds_less_often_than_its_share():
    often, seldom = (flaky("who", held, 3 - held, expect="Camara", share=0.6) for held in (2, 1))

    assert compare(run(often), run(seldom)).lost == ("who",)
    assert compare(run(often), run(often)).lost == ()


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("passed", 1, 2, True),
        ("passed", 2, 1, False),
        ("passed", 2, 2, None),
        ("recall@3", 90.0, 80.0, False),
        ("false answers", 10.0, 0.0, True),
        ("p95", 100.0, 200.0, False),
        ("questions", 1, 2, None),
        ("cost", None, 0.5, None),
    ],
)
def test_a_change_is_for_the_better_or_not_by_what_it_is_of(name, before, after, expected):
    assert Change(name=name, before=before, after=after, unit="").better is expected
