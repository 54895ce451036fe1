"""An index is moved as it is: to files and back, and to servers."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from bot.assembly import Assembly
from bot.settings import Settings
from bot.terminal.transfer import app, sets
from desk import Desk, silent, story
from fake_embedder import NoEmbedder
from rag.errors import CorpusError, EngineGone
from rag.index import generations, served
from rag.index.catalog import Catalog
from rag.index.stores import ADDED
from rag.index.tables import FILE
from rag.index.transfer import copied, exported, imported
from rag.text.passages import cut
from rag.types import Article
from tools.engines import free_port

TEXT = story("Kayes")
CUTS = cut("kayes", TEXT)


def article() -> Article:
    return Article(
        id="kayes",
        url=None,
        title="Kayes",
        outlet=None,
        published=None,
        text=TEXT,
        content_hash="1",
    )


def filled(folder: Path) -> Desk:
    """A desk whose articles, copies and vectors went through some changes."""
    desk = Desk(folder)
    for place in ("Gao", "Kidal", "Mopti"):
        desk.put(f"{place.lower()}.txt", story(place))
    desk.record("one.json", "Segou", "https://n.example/1")
    desk.record("two.json", "Segou", "https://n.example/1")
    desk.index()
    desk.put("gao.txt", story("Gao", "was rebuilt"))
    (desk.corpus / "kidal.txt").unlink()
    desk.index()
    return desk


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_index_comes_back_from_files(tmp_path: Path, engines) -> None:
    """Written again it is the same, byte by byte; it is searched, and nothing is embedded anew."""
    desk = filled(tmp_path / "desk")
    rows = exported(desk.home / FILE, sets(), tmp_path / "out", silent)
    other = Desk(tmp_path / "other", embedder=NoEmbedder(), engines=engines)
    other.home.mkdir(parents=True)
    place = engines.database if engines else other.home / FILE
    assert imported(tmp_path / "out", place, sets(), silent) == rows
    exported(place, sets(), tmp_path / "again", silent)
    assert files(tmp_path / "again") == files(tmp_path / "out")
    with other.open() as library:
        library.add(())
    assert (other.agrees(), other.texts()) == (True, desk.texts())
    with pytest.raises(CorpusError, match=r"^there are articles in the index already"):
        imported(tmp_path / "out", place, sets(), silent)


def test_what_is_known_of_one_place_s_stores_stays_there(tmp_path: Path) -> None:
    desk = filled(tmp_path / "desk")
    exported(desk.home / FILE, sets(), tmp_path / "out", silent)
    lines = (tmp_path / "out" / "meta.jsonl").read_text(encoding="utf-8").splitlines()
    keys = {json.loads(line)["key"] for line in lines}
    assert keys
    assert keys.isdisjoint({*generations.KEYS, *served.KEYS})


@pytest.mark.engines
def test_an_index_moves_to_servers(tmp_path: Path, served_engines) -> None:
    desk = filled(tmp_path / "desk")
    assert sum(copied(desk.home / FILE, served_engines.database, sets(), silent).values()) > 20
    other = Desk(tmp_path / "other", embedder=NoEmbedder(), engines=served_engines)
    with other.open() as library:
        library.add(())
    assert (other.agrees(), other.texts()) == (True, desk.texts())
    other.embedder = desk.embedder
    other.put("new.txt", story("Kayes"))
    other.index()
    assert other.found("Kayes") == ["new.txt"]


def test_an_import_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    desk = filled(tmp_path / "desk")
    rows = exported(desk.home / FILE, sets(), tmp_path / "out", silent)
    place = tmp_path / "other.sqlite"

    def cut(done: int, total: int, what: str) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imported(tmp_path / "out", place, sets(), cut)
    assert imported(tmp_path / "out", place, sets(), silent) == rows


def test_an_export_without_its_last_lines_is_refused(tmp_path: Path) -> None:
    """What was read of it does not count as an index: a whole one may be read in its place."""
    desk = filled(tmp_path / "desk")
    rows = exported(desk.home / FILE, sets(), tmp_path / "out", silent)
    shutil.copytree(tmp_path / "out", tmp_path / "part")
    articles = tmp_path / "part" / "articles.jsonl"
    first = articles.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    articles.write_text(first, encoding="utf-8")
    place = tmp_path / "other.sqlite"
    with pytest.raises(CorpusError, match=r"part was written by another version .* or not to its"):
        imported(tmp_path / "part", place, sets(), silent)
    assert imported(tmp_path / "out", place, sets(), silent) == rows


def test_numbers_go_on_in_another_place(tmp_path: Path, place) -> None:
    """After those of rows that are gone, too: what was seen up to one has not seen the next."""
    desk = filled(tmp_path / "desk")
    (desk.corpus / "mopti.txt").unlink()
    (desk.corpus / "gao.txt").unlink()
    desk.index()
    with closing(Catalog(desk.home / FILE)) as catalog:
        catalog.put_article(article(), ADDED, CUTS)
        last = catalog.last_found()
        catalog.remove_article(article().id)
    copied(desk.home / FILE, place, sets(), silent)
    exported(place, sets(), tmp_path / "out", silent)
    imported(tmp_path / "out", tmp_path / "back.sqlite", sets(), silent)
    for each in (place, tmp_path / "back.sqlite"):
        with closing(Catalog(each)) as catalog:
            catalog.put_article(article(), ADDED, CUTS)
            assert min(catalog.passage_ids()[-len(CUTS) :]) > last


@pytest.mark.engines
def test_nothing_is_copied_where_the_vectors_have_no_place(tmp_path: Path, served_engines) -> None:
    desk = filled(tmp_path / "desk")
    served = {"--to": served_engines.database.url, "--chroma": f"http://127.0.0.1:{free_port()}"}
    asked = [part for option in served.items() for part in option]
    assembly = Assembly(Settings(home=desk.home, corpus=desk.corpus))
    with pytest.raises(EngineGone, match=r"^Chroma’s server .* cannot be used"):
        app(["migrate", *asked], obj=lambda: assembly, standalone_mode=False)
    with closing(Catalog(served_engines.database)) as catalog:
        assert catalog.article_ids() == ()


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    """As is one that is not empty, to write to, and one that lacks a part."""
    desk = filled(tmp_path / "desk")
    out = tmp_path / "out"
    exported(desk.home / FILE, sets(), out, silent)
    with pytest.raises(CorpusError, match=r"out is not empty; name a new folder$"):
        exported(desk.home / FILE, sets(), out, silent)
    with pytest.raises(CorpusError, match=r"holds no library that griot export wrote$"):
        imported(desk.corpus, tmp_path / "a.sqlite", sets(), silent)
    (out / "articles.jsonl").unlink()
    with pytest.raises(CorpusError, match=r"articles.jsonl cannot be read; write the folder anew"):
        imported(out, tmp_path / "b.sqlite", sets(), silent)
