from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk import Desk
from fake_library import ANSWER
from rag.index.answer_tables import PAGE
from rag.index.answers import Rating
from rag.index.catalog import Catalog
from rag.index.statistics import Statistics, tally
from rag.index.tables import Place
from rag.types import Answer, Outcome

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOTHING = Statistics(
    questions=0,
    answered=0,
    partly=0,
    refused=0,
    failed=0,
    median_ms=None,
    p95_ms=None,
    model_failures=0,
    good=0,
    bad=0,
)


def kept(outcome: Outcome = Outcome.ANSWERED, **more: object) -> Answer:
    return replace(ANSWER, when=NOON, outcome=outcome, **more)


def rated(who: str, *, good: bool) -> Rating:
    return Rating("abcdef", who, good=good, at=NOON)


def test_outcomes_and_ratings_are_counted() -> None:
    """Each answer counts once by its outcome, and as a failure of the model where it was one."""
    records = (
        kept(),
        kept(model_failed=True),
        kept(Outcome.PARTLY_ANSWERED),
        *[kept(Outcome.NOT_IN_CORPUS)] * 3,
        kept(Outcome.FAILED),
    )
    ratings = (rated("a", good=True), rated("b", good=True), rated("c", good=False))
    assert tally(iter(records), iter(ratings)) == replace(
        NOTHING,
        questions=7,
        answered=2,
        partly=1,
        refused=3,
        failed=1,
        model_failures=1,
        good=2,
        bad=1,
    )


def test_nothing_asked_is_nothing_counted() -> None:
    """Without an answer there are no times."""
    assert tally((), ()) == NOTHING


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ([7.0], (7.0, 7.0)),
        ([4.0, 2.0], (3.0, 4.0)),
        ([float(n) for n in range(100, 0, -1)], (50.5, 95.0)),
        ([float(n) for n in range(1, 22)], (11.0, 20.0)),
    ],
)
def test_times_are_told_by_the_middle_and_the_slowest_but_few(totals, expected) -> None:
    """In whatever order they come; an answer of which the time is not known is left out."""
    records = [kept(timings={"total": total, "search": 1.0}) for total in totals]
    found = tally([kept(), *records], ())
    assert (found.median_ms, found.p95_ms) == expected


def test_all_answers_are_gone_through(place: Place) -> None:
    """More than are read at once, in the order in which they were kept."""
    minutes = [*range(2 * PAGE, 0, -1), *range(2 * PAGE + 1, 3 * PAGE)]
    with closing(Catalog(place)) as catalog:
        for number in minutes:
            catalog.put_answer(replace(kept(), when=NOON + number * MINUTE))
        found = [answer.when for answer in catalog.answers()]
    assert found == [NOON + number * MINUTE for number in minutes]


def test_a_library_counts_what_it_keeps(tmp_path: Path) -> None:
    """All answers and ratings."""
    desk = Desk(tmp_path)
    desk.home.mkdir()
    with closing(Catalog(desk.home / "catalog.sqlite")) as catalog:
        for hours, total in enumerate((10.0, 20.0, 30.0)):
            when = NOON + hours * 60 * MINUTE
            one = catalog.put_answer(replace(kept(), when=when, timings={"total": total}))
            catalog.put_rating(Rating(one.id, "amina", good=hours > 0, at=when))
    with desk.open() as library:
        found = library.statistics()
    counts = {"questions": 3, "answered": 3, "good": 2, "bad": 1}
    assert found == replace(NOTHING, **counts, median_ms=20.0, p95_ms=30.0)
