from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plain_article import plain_article
from rag.errors import AnswerNotFound
from rag.index.answers import Version, as_kept
from rag.index.catalog import Catalog
from rag.index.tables import FILE, Place
from rag.library import Library
from rag.types import Answer, Citation, Claim, Outcome

RAIN = plain_article("a.txt", "Rain fell. It stopped.")


@pytest.fixture
def catalog(place: Place):
    with closing(Catalog(place)) as made:
        yield made


def answered(question: str = "Did it rain?") -> Answer:
    rain = Citation(RAIN, 0, 10, "Rain fell.")
    answer = Answer(
        when=datetime(2025, 7, 1, 9, 30, tzinfo=UTC),
        question=question,
        standalone_question=question,
        outcome=Outcome.ANSWERED,
        claims=(Claim(text="Rain fell.", citations=(rain,), support=1.0),),
    )
    return as_kept(answer)


def test_an_answer_comes_back(catalog: Catalog) -> None:
    """An answer is kept under an id of its own, and found by it or by how it begins."""
    kept = catalog.put_answer(answered())
    assert kept == replace(answered(), id=kept.id)
    assert [catalog.answer(name) for name in (kept.id, kept.id[:3], f" {kept.id.upper()} ")] == [
        kept
    ] * 3


def test_the_last_answers_come_first(catalog: Catalog) -> None:
    """As many as are wanted, whole, newest first."""
    first, second, third = (catalog.put_answer(answered(f"{n}?")) for n in range(3))
    assert (catalog.last_answers(2), catalog.last_answers(9)) == (
        (third, second),
        (third, second, first),
    )


def test_an_answer_that_is_not_there_is_named(catalog: Catalog) -> None:
    """An id that no answer has is told, with what lists the ids."""
    with pytest.raises(AnswerNotFound, match=r"^no answer is kept under '%'; griot answers lists"):
        catalog.answer("%")


def test_an_id_that_several_begin_with_is_not_enough(catalog: Catalog) -> None:
    """Where several ids begin so, some of them are told, newest first, and what to do."""
    ids = [catalog.put_answer(answered()).id for _ in range(6)][::-1]
    said = f"6 answers' ids begin with '': {', '.join(ids[:5])}, …; give more of the id"
    with pytest.raises(AnswerNotFound) as told:
        catalog.answer("")
    assert str(told.value) == said


def test_threads_keep_answers_at_once(catalog: Catalog) -> None:
    """Answers that are kept at once each get an id of their own, and none is lost."""
    with ThreadPoolExecutor(4) as pool:
        ids = {kept.id for kept in pool.map(catalog.put_answer, [answered()] * 40)}
    assert (len(ids), {kept.id for kept in catalog.last_answers(50)}) == (40, ids)


def test_an_answer_knows_what_became_of_its_articles(tmp_path: Path) -> None:
    """An article that was cited is as it was, or has changed, or is gone; the quote stays."""
    with Library.open(tmp_path) as library, closing(Catalog(tmp_path / FILE)) as catalog:
        kept = catalog.put_answer(answered())
        seen = [library.trace(kept.id)]
        for digest in (RAIN.content_hash, "2"):
            catalog.put_article(replace(RAIN, content_hash=digest), "a.txt", ())
            seen.append(library.trace(kept.id))
    (edition,) = kept.articles
    assert seen == [
        (kept, {edition: version}) for version in (Version.GONE, Version.CURRENT, Version.CHANGED)
    ]
