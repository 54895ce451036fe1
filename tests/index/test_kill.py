"""Kill an indexing process at each of its steps, and see that the next run mends all."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from desk import PLACES, Desk, catalogued, silent, story, with_footer
from fake_embedder import FakeEmbedder
from killing import killed
from rag.index.catalog import Catalog
from rag.index.generations import Generations
from rag.index.ingest import Ingestion
from rag.index.search_index import SearchIndex
from rag.index.tables import FILE


def before(desk: Desk) -> None:
    """A corpus as it is indexed first: two articles share a line, and two are one."""
    for place in PLACES[:2]:
        desk.put(f"{place.lower()}.txt", with_footer(place))
    desk.put("kayes.txt", story("Kayes"))
    desk.record("one.json", "Segou", "https://n.example/1")
    desk.record("two.json", "Segou", "https://n.example/1")


def edited(desk: Desk) -> None:
    """An edit, a removal that a copy waited for, and a third article with the line."""
    desk.put("kayes.txt", story("Sikasso"))
    (desk.corpus / "one.json").unlink()
    desk.put("mopti.txt", with_footer("Mopti"))


AFTER = {
    "https://n.example/1": story("Segou"),
    "kayes.txt": story("Sikasso"),
    **{f"{place.lower()}.txt": story(place) for place in PLACES[:3]},
}


@pytest.fixture
def template(tmp_path: Path) -> Desk:
    """An index, and a corpus that has changed since."""
    desk = Desk(tmp_path / "template")
    before(desk)
    desk.index()
    edited(desk)
    return desk


def copied(desk: Desk, step: int) -> Desk:
    folder = shutil.copytree(desk.folder, desk.folder.with_name(f"killed-{step}"))
    return Desk(folder, desk.embedder)


CATALOG = frozenset({("sqlite.py", "run"), ("sqlite.py", "many"), ("ingest.py", "_settle")})


def test_killed_in_the_catalog(template: Desk) -> None:
    """Killed before a statement to the catalog, the next run has the articles that are there."""
    step = 1
    while killed(desk := copied(template, step), step, CATALOG, catalogued):
        assert catalogued(desk)[1:] == (catalogued(desk)[0], AFTER)
        step += 3
    assert step > 30


STORES = frozenset(
    {
        ("search_index.py", "_keep"),
        ("search_index.py", "_write"),
        ("search_index.py", "_add"),
        ("generations.py", "_number"),
        ("generations.py", "_flush"),
        ("generations.py", "_sweep"),
        ("catalog.py", "clear_outbox"),
        ("generations.py", "_written"),
        ("layers.py", "save"),
        ("layers.py", "_merge"),
        ("tantivy.py", "share"),
        ("tantivy.py", "apply"),
        ("chroma.py", "apply"),
        ("chroma.py", "copy"),
        ("chroma.py", "close"),
    }
)


def mended(desk: Desk) -> bool:
    desk.index()
    return desk.agrees() and desk.texts() == AFTER and desk.found("Sikasso") == ["kayes.txt"]


def test_killed_in_the_stores(template: Desk) -> None:
    """Killed at any step of the stores, the next run has each passage once in each of them."""
    step = 1
    while killed(desk := copied(template, step), step, STORES, Desk.index):
        assert mended(desk), step
        step += 1
    assert step > 10


def small_change(desk: Desk) -> Desk:
    """Index more articles, then change one: little enough to be added to what there is."""
    for number in range(6):
        desk.put(f"more-{number}.txt", story(PLACES[number]))
    desk.index()
    desk.put("more-0.txt", story("Sikasso", "burned"))
    return desk


def merged(desk: Desk) -> None:
    """Index as a library does whose changes all go into a copy of Chroma's folder."""
    with closing(Catalog(desk.home / FILE)) as catalog:
        stores = Generations(desk.home, catalog, recent=0)
        index = SearchIndex(catalog, stores, desk.embedder)
        Ingestion(desk.home, catalog, index).run([desk.corpus], silent)
        stores.close()


@pytest.mark.parametrize("job", [Desk.index, merged])
def test_killed_in_a_small_change(tmp_path: Path, job: Callable) -> None:
    """Killed while a change is added to the stores or merged, the next run has it, once."""
    desk = small_change(Desk(tmp_path / "small"))
    step = 1
    while killed(again := copied(desk, step), step, STORES, job):
        for each in (job, Desk.index):
            each(again)
            assert again.agrees(), step
            assert "burned" in again.texts()["more-0.txt"], step
            assert again.found("burned") == ["more-0.txt"], step
        step += 1
    assert step > 8


def test_killed_in_a_first_run(tmp_path: Path) -> None:
    """Killed while the stores are made, the next run makes them."""
    step = 2
    desk = Desk(tmp_path / "first")
    before(desk)
    edited(desk)
    while killed(copied(desk, step), step, STORES, Desk.index):
        assert mended(Desk(desk.folder.with_name(f"killed-{step}"))), step
        step += 4
    assert step > 8


def test_killed_in_a_rebuild(template: Desk) -> None:
    """Killed while another model's vectors replace the old ones, the next run goes on."""
    template.index()
    step, other = 1, FakeEmbedder("fake/2", 24)
    template.embedder = other
    while killed(desk := copied(template, step), step, STORES, rebuild):
        if step == 1:
            rebuild(desk)
        assert mended(desk), step
        step += 4
    assert step > 4


def rebuild(desk: Desk) -> None:
    with desk.open() as library:
        library.rebuild()
