from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rag.index.catalog import MIGRATIONS, Catalog
from rag.index.stores import Extent, Identity, StoredPassage, StoredSource
from rag.index.tables import FILE, PATIENCE, Place, opened
from rag.reasons import Reason
from rag.text.passages import Cut
from rag.types import Article, Passage, Period, Span


def article(
    name: str = "a.txt", text: str = "Rain fell. It stopped.", digest: str = "1"
) -> Article:
    return Article(
        id=name,
        url=None,
        title="Rain",
        outlet="Post",
        published=date(2025, 6, 24),
        text=text,
        content_hash=digest,
    )


CUTS = (
    Cut(Passage("a.txt", 0, 10), (Span(0, 10),)),
    Cut(Passage("a.txt", 11, 22), (Span(11, 22),)),
)


def stored(number: int, cut: Cut, vectors: bytes | None = None) -> StoredPassage:
    return StoredPassage(number, cut.passage, cut.sentences, vectors)


def source(path: str, **known: object) -> StoredSource:
    return StoredSource(path=path, location=path, size=1, mtime_ns=2, **known)


@pytest.fixture
def catalog(place: Place):
    with closing(Catalog(place)) as made:
        yield made


def test_an_article_comes_back(catalog: Catalog) -> None:
    """An article is returned as it was stored, passages and sentences included."""
    catalog.put_article(article(), "a.txt", CUTS)
    assert catalog.article("a.txt") == article()
    assert catalog.identity("a.txt") == Identity("a.txt", "1")
    assert catalog.passages([2, 3, 1]) == {2: stored(2, CUTS[1]), 1: stored(1, CUTS[0])}


def test_pages_come_back(catalog: Catalog) -> None:
    """The pages of a printed document are stored with it, and are listed with it."""
    printed = replace(article(), pages=(0, 11))
    catalog.put_article(printed, "a.txt", CUTS)
    assert catalog.article("a.txt") == printed
    assert [each.pages for each in catalog.newest(1)] == [(0, 11)]


def test_replacing_gives_new_passages(catalog: Catalog) -> None:
    """Storing an article again replaces its passages; no id is given twice, after all are gone."""
    catalog.put_article(article(), "a.txt", CUTS)
    catalog.put_article(article(digest="2"), "a.txt", CUTS[:1])
    assert (catalog.counts(), catalog.passage_ids()) == ((1, 1, 3), (3,))
    assert catalog.outbox() == ((3,), (1, 2))
    catalog.remove_article("a.txt")
    catalog.clear_outbox()
    catalog.put_article(article(), "a.txt", CUTS)
    assert catalog.outbox() == ((4, 5), ())


def test_a_quoted_text_stays_when_its_article_changes(catalog: Catalog) -> None:
    """The text that was quoted is there until its answers are forgotten, no other earlier one."""
    first, second, third = (article(text=f"Rain {n}.", digest=n) for n in "123")
    catalog.put_article(first, "a.txt", ())
    catalog.put_quoted([first, second])
    catalog.put_article(second, "a.txt", ())
    catalog.put_article(third, "a.txt", ())
    told = [catalog.text_of(each) for each in (first, second, third)]
    catalog.forget_texts(datetime.now(UTC) - timedelta(hours=1))
    kept = catalog.text_of(first)
    catalog.forget_texts(datetime.now(UTC) + timedelta(hours=1))
    assert (told, kept, catalog.text_of(first)) == (["Rain 1.", None, "Rain 3."], "Rain 1.", None)


def test_a_quoted_text_goes_with_its_article(catalog: Catalog) -> None:
    """Nothing of an article that was removed stays."""
    catalog.put_article(article(), "a.txt", ())
    catalog.put_quoted([article()])
    catalog.put_article(article(text="Snow.", digest="2"), "a.txt", ())
    catalog.outdate()
    catalog.remove_article("a.txt")
    assert catalog.text_of(article()) is None


def test_the_catalog_is_asked_about_very_many_at_once(catalog: Catalog) -> None:
    """More than an engine takes as values of a statement, as when a large collection arrives."""
    catalog.put_article(article(), "a.txt", CUTS)
    catalog.put_cluster("a.txt", (), ())
    ids, clusters = range(300_000), catalog.clusters([*map(str, range(299_999)), "a.txt"])
    assert (
        clusters.keys(),
        catalog.known_clusters({*ids, *clusters.values()}, 1),
        len(catalog.passages(ids)),
    ) == ({"a.txt"}, {*clusters.values()}, 2)


def test_vectors_are_asked_for_once(catalog: Catalog) -> None:
    """Passages without vectors are told until they have some, and again when all are dropped."""
    catalog.put_article(article(), "a.txt", CUTS)
    catalog.put_vectors([(1, b"one")])
    first = (catalog.unembedded(9), catalog.unembedded_counts())
    catalog.drop_vectors()
    assert [first, (catalog.unembedded(1), catalog.unembedded_counts())] == [
        ((stored(2, CUTS[1]),), (1, 1)),
        ((stored(1, CUTS[0]),), (2, 1)),
    ]


def test_sources_come_back(catalog: Catalog) -> None:
    """A file comes back as it was recorded last, whatever its time and the reasons in it."""
    reason = Reason.COPY(article="a", where="b")
    known = {"a": source("a"), "b": source("b", skipped=(("b#1", reason),), stale=True)}
    known["b"] = replace(known["b"], location="l", mtime_ns=2**65)
    for each in (source("a", stale=True), *known.values()):
        catalog.put_source(each, copies=(), lines=())
    assert catalog.sources() == known


def test_what_is_under_a_path_comes_back(catalog: Catalog) -> None:
    """Files at a path and under it, and their articles and lines, come back without the others."""
    for path in ("a", "a/b.txt", "a/c/d.txt", "a.txt", "a0", "b"):
        catalog.put_source(source(path), copies=(), lines={(f"of {path}", "1")})
        catalog.put_article(article(f"id {path}"), path, ())
    under = ["a", "a/b.txt", "a/c/d.txt"]
    assert [*catalog.sources(["a"])] == under
    assert [*catalog.sources(["a/c", "b", "none"])] == ["a/c/d.txt", "b"]
    assert sorted(catalog.identities(under)) == [f"id {path}" for path in under]
    assert catalog.lines_of(under) == {f"of {path}" for path in under}
    assert len(catalog.locations()) == len(catalog.sources()) == len(catalog.identities())


def test_removing_an_article_wakes_its_copies(catalog: Catalog) -> None:
    """A file with a copy is read again once the article it lost to is removed."""
    catalog.put_article(article(), "first", CUTS)
    for path, copies in (("first", []), ("second", ["a.txt"]), ("third", [])):
        catalog.put_source(source(path), copies=copies, lines=())
    catalog.remove_source("first")
    assert catalog.sources() == {"second": source("second", stale=True), "third": source("third")}


def test_lines_are_counted_over_pages_that_differ(catalog: Catalog) -> None:
    """A line is repeated where pages that differ have it; copies of a page count once."""
    for path, body in (("a", "1"), ("b", "2"), ("c", "2")):
        lines = {("Share", body), (f"{path}!", body)}
        catalog.put_source(source(path), copies=(), lines=lines)
    assert (catalog.repeated_lines(pages=2), catalog.repeated_lines(pages=3)) == ({"Share"}, set())
    assert catalog.repeated_lines(pages=1, among={"Share", "a!", "none"}) == {"Share", "a!"}
    catalog.put_source(source("b"), copies=(), lines=())
    catalog.mark_stale({"Share", "b!"})
    assert [name for name, known in catalog.sources().items() if known.stale] == ["a", "c"]


def test_beginnings_come_from_all_over_the_catalog(catalog: Catalog) -> None:
    """A few articles' first characters, spread evenly; all of them where there are few."""
    for number in range(40):
        catalog.put_article(article(f"{number:02}.txt", f"Text {number:02}. More."), "a.txt", ())
    assert catalog.beginnings(4, 7) == ("Text 00", "Text 10", "Text 20", "Text 30")
    assert len(catalog.beginnings(100, 7)) == 40
    for number in range(40):
        catalog.remove_article(f"{number:02}.txt")
    assert catalog.beginnings(4, 7) == ()


def test_the_passages_of_a_period_are_those_of_its_articles(catalog: Catalog) -> None:
    days = {"a.txt": date(2025, 6, 24), "b.txt": None, "c.txt": date(2025, 7, 1)}
    for name, day in days.items():
        cut = Cut(Passage(name, 0, 5), (Span(0, 5),))
        catalog.put_article(replace(article(name, "Text."), published=day), name, [cut])

    assert catalog.passage_ids(Period(date(2025, 6, 25), date(2025, 7, 1))) == (3,)


def test_a_period_is_looked_up_without_reading_other_articles(tmp_path: Path) -> None:
    """Among 100,000 passages that took a tenth of a second."""
    with closing(opened(tmp_path / FILE, MIGRATIONS, name=None, patience=PATIENCE)) as tables:
        query = "EXPLAIN QUERY PLAN SELECT id FROM articles WHERE published BETWEEN '1' AND '2'"
        [(*_, plan)] = tables.all(query)
    assert plan.startswith("SEARCH articles USING INDEX articles_published")


def test_the_newest_come_first_and_undated_ones_last(catalog: Catalog) -> None:
    """Articles are listed by their dates without their texts; the extent names the outermost."""
    assert catalog.extent() == Extent(0, None, None)
    days = {"a.txt": date(2025, 6, 24), "b.txt": None, "c.txt": date(2025, 7, 1)}
    for name, day in days.items():
        catalog.put_article(replace(article(name, "Text."), published=day), name, ())
    assert [each.id for each in catalog.newest(3)] == ["c.txt", "a.txt", "b.txt"]
    assert [each.published for each in catalog.newest(1)] == [date(2025, 7, 1)]
    assert catalog.extent() == Extent(3, date(2025, 6, 24), date(2025, 7, 1))


def test_the_articles_of_a_period_are_listed_and_counted(catalog: Catalog) -> None:
    days = {"a.txt": date(2025, 6, 24), "b.txt": None, "c.txt": date(2025, 7, 1)}
    for name, day in days.items():
        found = replace(article(name, "Text."), published=day, outlet="Post")
        catalog.put_article(found, name, ())
    july = Period(date(2025, 7, 1), date(2025, 7, 31))

    assert [each.id for each in catalog.newest(3, period=july)] == ["c.txt"]
    assert [each.id for each in catalog.newest(3, outlet="Post", period=july)] == ["c.txt"]
    assert catalog.newest(3, outlet="Times", period=july) == ()
    assert catalog.extent(july) == Extent(1, date(2025, 7, 1), date(2025, 7, 1))


def test_articles_arrive_when_the_search_stores_hold_all_their_passages(place):
    """Each once; one that says more arrives again, one that is gone does not."""
    with closing(Catalog(place)) as catalog:
        last, found = [catalog.last_found()], [catalog.arrivals(0)]
        catalog.put_article(article(), "a.txt", CUTS)
        last.append(catalog.last_found())
        found.append(catalog.arrivals(0))
        catalog.clear_outbox()
        last.append(catalog.last_found())
        other = [Cut(Passage("b.txt", 0, 10), (Span(0, 10),))]
        catalog.put_article(article("b.txt"), "b.txt", other)
        catalog.put_article(article(text="Rain fell. It goes on.", digest="2"), "a.txt", CUTS)
        last.append(catalog.last_found())
        found.append(catalog.arrivals(2))
        catalog.clear_outbox()
        last.append(catalog.last_found())
        found += [catalog.arrivals(each) for each in (0, 3, 5)]
        catalog.remove_article("a.txt")
        found.append(catalog.arrivals(2))
    assert last == [0, 0, 2, 2, 5]
    assert found == [
        ((), 0),
        ((), 0),
        ((), 2),
        (("b.txt", "a.txt"), 5),
        (("a.txt",), 5),
        ((), 5),
        (("b.txt",), 3),
    ]


def test_an_article_does_not_arrive_again_without_a_line_or_with_one_of_its_file(catalog):
    """Until the search stores hold it again, neither it nor what came later arrives."""
    lines = {("Rain.", "1"), ("Follow us.", "1")}
    put = lambda text: catalog.put_article(article(text=text, digest=text), "a.txt", CUTS[:1])  # noqa: E731
    put("Rain.\nIt stopped.\nFollow us.")
    catalog.put_source(source("a.txt"), copies=(), lines=lines)
    catalog.clear_outbox()
    found = []
    for text in ("Rain.\nIt stopped.", "Rain.\nIt stopped.\nFollow us.", "Rain.\nIt goes on."):
        put(text)
        found += [catalog.arrivals(0), catalog.arrivals(1)]
        catalog.clear_outbox()
        found += [catalog.arrivals(0), catalog.arrivals(1)]
    catalog.outdate()
    put("It fell.")
    catalog.clear_outbox()
    found.append(catalog.arrivals(4))
    waiting, there, old = ((), 0), ("a.txt",), [2, 3]
    assert found == [
        *(each for to in old for each in (waiting, ((), to), (there, to), ((), to))),
        *(((), 3), ((), 3), (there, 4), (there, 4)),
        ((), 5),
    ]


def test_articles_of_an_earlier_version_came_with_their_passages(place):
    earlier = opened(place, MIGRATIONS[:-2], name=None, patience=PATIENCE)
    earlier.run(
        "INSERT INTO articles (id, source, title, text, content_hash) "
        "VALUES ('a', 'a', 'Rain', 'Rain.', '1'), ('b', 'b', 'Rain', 'Rain.', '2')"
    )
    passage = "INSERT INTO passages (article_id, start, \"end\", sentences) VALUES (?, 0, 5, '[]')"
    earlier.many(passage, [("b",), ("a",), ("b",)])
    earlier.close()
    with closing(Catalog(place)) as catalog:
        assert catalog.arrivals(0) == (("b", "a"), 3)
        assert catalog.arrivals(1) == (("a",), 3)
