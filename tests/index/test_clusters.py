import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from plain_article import plain_article
from rag.index.catalog import Catalog
from rag.index.clusters import SAME, SHARED, alike, bands, cluster, shingles
from rag.index.progress import Work
from rag.index.stores import ADDED
from rag.index.tables import Place

WORDS = [f"{start}{end}" for start in ("ba", "ke", "mo", "ru", "si") for end in range(100)]


def prose(seed: int, paragraphs: int = 6) -> list[str]:
    """Paragraphs of thirty words, other ones for each seed."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=30)) + "." for _ in range(paragraphs)]


def written(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def corrected(paragraphs: list[str]) -> list[str]:
    first, *rest = paragraphs
    return [first.replace(first.split()[4], "4711"), *rest]


COPIES: dict[str, Callable[[list[str]], list[str]]] = {
    "under another headline": lambda told: ["Quite another headline", *told],
    "shortened": lambda told: told[:3],
    "with two paragraphs moved": lambda told: [told[4], *told[:4], told[5]],
    "with a number corrected": corrected,
    "as an update": lambda told: [*prose(99, 2), *told],
}


class Clustered:
    """A catalog whose articles are clustered after every change."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def put(self, name: str, paragraphs: list[str], **known: object) -> None:
        article = replace(plain_article(name, written(*paragraphs)), **known)
        self.catalog.put_article(article, ADDED, ())
        self.cluster()

    def cluster(self) -> None:
        cluster(self.catalog, Work(lambda *_: None, 1))

    def with_(self, name: str) -> list[str]:
        return [article.id for article in self.catalog.members(name, 9)]


@pytest.fixture
def clustered(place: Place):
    with closing(Catalog(place)) as catalog:
        yield Clustered(catalog)


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_joins_its_original(clustered: Clustered, change) -> None:
    """A copy is in one cluster with its original, whichever came first, and nothing else is."""
    told = prose(1)
    for name, paragraphs in (("a", told), ("b", change(told)), ("c", prose(2))):
        clustered.put(name, paragraphs)
    assert [clustered.with_(name) for name in "abc"] == [["a", "b"], ["a", "b"], ["c"]]


NOTICE = (
    "The bank is issuing a {} mln dlr bond due April 27, 1992, with an indicated coupon of {} pct "
    "and priced at par, its lead manager said. The issue is guaranteed, and final terms will be "
    "set on May {}. It is available in denominations of 5,000 dlrs and will be listed in "
    "Luxembourg. The selling concession is 1.5 pct while management and underwriting combined pay "
    "0.75 pct. The warrants are exercisable from May {} on, and the payment date is April 27."
)


@pytest.mark.parametrize(
    ("numbers", "together"),
    [
        (("40", "2.25", "9", "19"), ["a", "b"]),
        (("45", "2.25", "9", "19"), ["a", "b"]),
        (("25", "2.5", "8", "18"), ["b"]),
    ],
)
def test_reports_in_one_form(
    clustered: Clustered, numbers: tuple[str], together: list[str]
) -> None:
    """What differs in many of its numbers tells of something else; a corrected copy does not."""
    clustered.put("a", [NOTICE.format("40", "2.25", "9", "19")])
    clustered.put("b", ["Another headline", NOTICE.format(*numbers)])
    assert clustered.with_("b") == together


def test_an_article_joins_clusters(clustered: Clustered) -> None:
    """What two articles were cut from makes them one cluster; without it, they are two again."""
    told = prose(1, 8)
    clustered.put("begin", told[:4])
    clustered.put("end", told[4:])
    apart = clustered.with_("begin")
    clustered.put("whole", told)
    joined = clustered.with_("begin")
    clustered.catalog.remove_article("whole")
    clustered.cluster()
    assert (apart, joined) == (["begin"], ["begin", "end", "whole"])
    assert (clustered.with_("begin"), clustered.with_("end")) == (["begin"], ["end"])


def test_a_changed_article_changes_its_cluster(clustered: Clustered) -> None:
    """An article that tells something else leaves its cluster, and joins that of what it tells."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        clustered.put(name, prose(seed))
    clustered.put("b", prose(2))
    assert [clustered.with_(name) for name in "ac"] == [["a"], ["b", "c"]]


def test_the_newest_of_a_cluster_comes_first(clustered: Clustered) -> None:
    """A cluster's articles come by date, the newest first, undated ones last; at most so many."""
    from datetime import date

    for name, day in (("old", date(2024, 5, 1)), ("none", None), ("new", date(2024, 5, 3))):
        clustered.put(name, prose(1), published=day)
    ids = [article.id for article in clustered.catalog.members("none", 2)]
    assert (clustered.with_("old"), ids) == (["new", "old", "none"], ["new", "old"])


def test_clusters_are_kept(place: Place) -> None:
    """Clusters are read back from the catalog, and another sketch finds them anew."""
    with closing(Catalog(place)) as catalog:
        first = Clustered(catalog)
        for name in "ab":
            first.put(name, prose(1))
    with closing(Catalog(place)) as catalog:
        kept, waiting = catalog.clusters(["a", "b", "c"]), catalog.unclustered_count()
        catalog.put("sketch", "an earlier one")
        Clustered(catalog).cluster()
        assert (kept, waiting, catalog.clusters("ab")) == ({"a": 1, "b": 1}, 0, {"a": 1, "b": 1})


def test_short_texts_are_alike_if_they_are_the_same() -> None:
    """A notice is alike to the same one only, and what is shorter than that to nothing."""
    words = prose(1, 2)[0].split()
    few, notice = (shingles(" ".join(part)) for part in (words[: SAME - 1], words))
    other = shingles(" ".join([*words[:-1], "elsewhere"]))
    assert len(notice) < SHARED
    assert (alike(notice, notice), alike(notice, other)) == (True, False)
    assert (alike(few, few), bands(few)) == (False, ())


def test_texts_without_spaces_are_compared() -> None:
    """Chinese is compared by its characters."""
    chance = random.Random(1)
    text = "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(200))
    assert alike(shingles(text), shingles(f"{text[100:]}{text[:100]}"))
    assert not alike(shingles(text), shingles(text[::-1]))
