from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from desk import Desk
from fake_library import ANSWER
from rag.errors import AnswerNotFound
from rag.index.answers import Disliked, Rating
from rag.index.catalog import Catalog
from rag.index.tables import Place

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def catalog(place: Place):
    with closing(Catalog(place)) as made:
        yield made


def answered(catalog: Catalog) -> str:
    return catalog.put_answer(replace(ANSWER, when=NOON)).id


def test_the_newest_ratings_come_first(catalog: Catalog) -> None:
    """Whoever rated, and whichever answer, the last one said comes first."""
    one, other = answered(catalog), answered(catalog)
    said = (
        Rating(one, "amina", good=True, at=NOON),
        Rating(other, "amina", good=False, at=NOON + HOUR),
        Rating(one, "boubacar", good=False, at=NOON + 2 * HOUR),
    )
    for rating in said:
        catalog.put_rating(rating)
    assert catalog.ratings() == said[::-1]


def test_a_later_rating_replaces_an_earlier_one(catalog: Catalog) -> None:
    """Each person has one opinion of an answer: the last."""
    answer = answered(catalog)
    for hours, good in enumerate((True, True, False)):
        catalog.put_rating(Rating(answer, "amina", good=good, at=NOON + hours * HOUR))
    assert catalog.ratings() == (Rating(answer, "amina", good=False, at=NOON + 2 * HOUR),)


def test_an_answer_that_is_not_kept_cannot_be_rated(catalog: Catalog) -> None:
    """An id that no answer has is told, with how to list them; the beginning of one is no id."""
    answer = answered(catalog)
    for name in ("", answer[:-1], "nobody"):
        with pytest.raises(AnswerNotFound, match=r"^no answer is kept under '.*'; "):
            catalog.put_rating(Rating(name, "amina", good=True, at=NOON))
    assert catalog.ratings() == ()


def test_answers_that_were_found_bad_are_counted_once_each(catalog: Catalog) -> None:
    """The last one that somebody found bad comes first; one that nobody did is left out."""
    often, once, never, mended = (answered(catalog) for _ in range(4))
    said = (
        Rating(often, "amina", good=False, at=NOON),
        Rating(often, "boubacar", good=True, at=NOON + 3 * HOUR),
        Rating(often, "coumba", good=False, at=NOON + 2 * HOUR),
        Rating(once, "amina", good=False, at=NOON + HOUR),
        Rating(never, "amina", good=True, at=NOON),
        Rating(mended, "amina", good=False, at=NOON),
        Rating(mended, "amina", good=True, at=NOON + HOUR),
    )
    for rating in said:
        catalog.put_rating(rating)
    of_often = Disliked(answer=often, bad=2, good=1, at=NOON + 2 * HOUR)
    of_once = Disliked(answer=once, bad=1, good=0, at=NOON + HOUR)
    assert catalog.disliked() == (of_often, of_once)
    assert catalog.disliked(NOON + HOUR) == (of_often, of_once)
    assert catalog.disliked(NOON + 2 * HOUR) == (of_often,)
    assert catalog.disliked(NOON + 3 * HOUR) == ()


def test_answers_can_be_forgotten(catalog: Catalog) -> None:
    """Answers before a time are gone with their ratings; the rest is there."""
    old = catalog.put_answer(replace(ANSWER, when=NOON - timedelta(microseconds=1))).id
    kept = answered(catalog)
    for answer in (old, kept):
        catalog.put_rating(Rating(answer, "amina", good=False, at=NOON + HOUR))
    catalog.forget_answers(NOON.astimezone(timezone(3 * HOUR)))
    assert [answer.id for answer in catalog.answers()] == [kept]
    assert catalog.ratings() == (Rating(kept, "amina", good=False, at=NOON + HOUR),)


def test_a_library_keeps_what_people_think(tmp_path: Path) -> None:
    """Rated in one run, an answer is rated in the next; the time is when it was said."""
    desk = Desk(tmp_path)
    desk.home.mkdir()
    with closing(Catalog(desk.home / "catalog.sqlite")) as catalog:
        answer = answered(catalog)
    before = datetime.now(UTC)
    with desk.open() as library:
        library.rate(answer, "amina", good=False)
    with desk.open() as library:
        (said,) = library.ratings()
        assert said == Rating(answer, "amina", good=False, at=said.at)
        assert library.disliked(before) == (Disliked(answer=answer, bad=1, good=0, at=said.at),)


def test_a_time_without_its_zone_is_refused(catalog: Catalog) -> None:
    """Since when is a moment, and not what a clock somewhere shows."""
    with pytest.raises(ValueError, match="zone"):
        catalog.disliked(NOON.replace(tzinfo=None))
