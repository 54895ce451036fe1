"""The search stores follow the catalog; damage is noticed, and healed from the catalog."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from weakref import ref

import pytest

from desk import PLACES, Desk, story
from fake_embedder import FakeEmbedder
from paths import ROOT
from plain_article import plain_article
from rag.errors import EmbeddingError, IndexDamaged, IndexMismatch
from rag.index.catalog import Catalog
from rag.index.generations import Generations
from rag.index.ingest import IngestReport
from rag.index.search_index import headed
from rag.index.stores import StoredPassage
from rag.index.tables import FILE
from rag.languages.terms import VERSION
from rag.types import Passage, Span


class Idle(FakeEmbedder):
    """A model that cannot embed passages."""

    def passages(self, passages):
        raise EmbeddingError("no model")


def test_a_passage_is_embedded_under_its_title_and_date() -> None:
    """Its sentences are found again in what is embedded, runs of marks shortened."""
    text = "Rain fell.\n\nIt went on -------------------------- for long."
    sentences = (Span(0, 10), Span(12, len(text)))
    stored = StoredPassage(1, Passage("a", 0, len(text)), sentences, None)
    article = plain_article("a", text, title="Rain in Gao", published=date(2025, 6, 24))
    shown, spans = headed(article, stored)
    assert (
        shown == "Rain in Gao (24 June 2025). Rain fell.\n\nIt went on ---------------- for long."
    )
    assert [shown[start:end] for start, end in spans] == shown.split(". ", 1)[1].split("\n\n")


def test_rebuild_keeps_the_vectors(desk: Desk) -> None:
    """Both stores are made anew from the catalog, without embedding again."""
    desk.index()
    with Desk(desk.folder, Idle()).open() as library:
        library.rebuild()
    assert (desk.found("Gao"), desk.agrees()) == (["gao.txt"], True)


def test_a_failing_model_loses_nothing(desk: Desk) -> None:
    """Where embedding fails, the articles are kept, and the next run makes them findable."""
    with pytest.raises(EmbeddingError):
        Desk(desk.folder, Idle()).index()
    with pytest.raises(IndexDamaged, match=r"not complete; run: griot index$"):
        desk.found("Gao")
    assert desk.index() == IngestReport(unchanged=3)
    assert desk.found("Gao") == ["gao.txt"]


def test_another_embedding_model(desk: Desk) -> None:
    """Another embedding model is refused with its remedy, which works."""
    desk.index()
    other = Desk(desk.folder, FakeEmbedder("fake/2", 24))
    for attempt in (other.index, lambda: other.found("Gao")):
        with pytest.raises(IndexMismatch, match=r"made with the embedding model fake/1.*--rebuild"):
            attempt()
    with other.open() as library:
        library.rebuild()
    assert (other.found("Gao"), other.agrees()) == (["gao.txt"], True)
    with pytest.raises(IndexMismatch):
        desk.index()


def store(desk: Desk, kind: str) -> Path:
    (folder,) = desk.home.glob(f"{kind}-*")
    return folder


def spoil(folder: Path, name: str) -> None:
    for path in folder.glob(name):
        path.write_bytes(b"spoilt" * 50)


HARM: dict[str, Callable[[Desk], None]] = {
    "no words": lambda desk: shutil.rmtree(store(desk, "lexical")),
    "no vectors": lambda desk: shutil.rmtree(store(desk, "vectors")),
    "empty words": lambda desk: [path.unlink() for path in store(desk, "lexical").iterdir()],
    "damaged words": lambda desk: spoil(store(desk, "lexical"), "meta.json"),
    "damaged postings": lambda desk: spoil(store(desk, "lexical"), "*.term"),
    "damaged vectors": lambda desk: spoil(store(desk, "vectors"), "chroma.sqlite3"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_store_heals(desk: Desk, harm: str) -> None:
    """A search in a harmed store names the remedy, which works; so does the next run by itself."""
    desk.index()
    HARM[harm](desk)
    with pytest.raises(IndexDamaged, match=r"griot index( --rebuild)?$"):
        desk.found("Gao")
    twin = Desk(shutil.copytree(desk.folder, desk.folder.with_name("twin")))
    with twin.open() as library:
        library.rebuild()
    desk.put("gao.txt", story("Kayes"))
    desk.index()
    assert [(each.found("Kayes"), each.agrees()) for each in (desk, twin)] == [
        (["gao.txt"], True),
        ([], True),
    ]


def flip(folder: Path, name: str) -> None:
    """Change a bit in each of a file's first bytes."""
    for path in folder.rglob(name):
        content = path.read_bytes()
        path.write_bytes(bytes(byte ^ 4 for byte in content[:8]) + content[8:])


def scores(desk: Desk) -> list[tuple[str, float]]:
    with desk.open() as library:
        return [(hit.article.id, hit.score) for hit in library.search("The market of Gao", 9)]


FLIPPED = pytest.mark.parametrize("name", ["*.fast", "*.fieldnorm"])


@FLIPPED
def test_a_flipped_bit_is_named(desk: Desk, name: str) -> None:
    """Damage that a store would read without an error is named by `verify`; a rebuild mends it."""
    desk.index()
    before = scores(desk)
    flip(store(desk, "lexical"), name)
    with desk.open() as library:
        with pytest.raises(IndexDamaged, match=r"is not as it was written; .*index --rebuild$"):
            library.verify()
        library.rebuild()
        library.verify()
    assert scores(desk) == before


@FLIPPED
def test_a_flipped_bit_is_seen_after_an_unclean_end(desk: Desk, name: str) -> None:
    """A search in it is refused, and the next run makes the stores anew by itself."""
    desk.index()
    before = scores(desk)
    killed_while_open(desk)
    flip(store(desk, "lexical"), name)
    with desk.open() as library:
        for _ in range(2):
            with pytest.raises(IndexDamaged, match="is not as it was written"):
                library.search("Gao")
        assert library.refresh() == IngestReport(unchanged=3)
    assert scores(desk) == before


def killed_while_open(desk: Desk) -> None:
    """Open the index in a process that is killed."""
    code = (
        f"import os, signal, sys; sys.path[:0] = [{str(ROOT / 'tests')!r}]\n"
        "from pathlib import Path; from desk import Desk\n"
        "Desk(Path(sys.argv[1])).open().article_ids(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(desk.folder)], check=False)


def test_a_flipped_bit_is_not_copied(desk: Desk) -> None:
    """A change of the corpus makes the stores anew where those there were are damaged."""
    for place in PLACES[3:]:
        desk.put(f"{place.lower()}.txt", story(place))
    desk.index()
    flip(store(desk, "lexical"), "*.fieldnorm")
    desk.put("kita.txt", story("Kita"))
    desk.index()
    anew = Desk(desk.folder / "anew")
    shutil.copytree(desk.corpus, anew.corpus)
    anew.index()
    assert sorted(scores(desk)) == sorted(scores(anew))


def test_a_damaged_catalog(desk: Desk) -> None:
    """A damaged catalog is named with its remedy, which works."""
    desk.index()
    spoil(desk.home, "catalog.sqlite")
    with pytest.raises(IndexDamaged, match=r"delete the folder .* and run: griot index$"):
        desk.index()
    shutil.rmtree(desk.home)
    assert desk.index().indexed == 3


def test_old_generations_are_swept(desk: Desk) -> None:
    """The published stores stay, and of those before them what was in use just now."""
    for place in PLACES[:4]:
        desk.put("gao.txt", story(place))
        desk.index()
        if place != PLACES[2]:
            for folder in desk.home.iterdir():
                os.utime(folder, (1, 1))
    kept = {path.name for path in desk.home.iterdir() if path.is_dir()}
    assert kept == {
        f"{name}{number}" for name in (f"lexical-{VERSION}.", "vectors-") for number in (2, 3, 4)
    }


def test_a_small_change_shares_what_there_is(desk: Desk) -> None:
    """It copies neither Chroma's folder nor Tantivy's files, and what it adds is found."""
    for place in PLACES[3:]:
        desk.put(f"{place.lower()}.txt", story(place))
    desk.index()
    before = {path.name: path.stat().st_ino for path in store(desk, "lexical").iterdir()}
    for name, event in (("kita.txt", "burned"), ("kayes.txt", "was sold")):
        desk.put(name, story("Kita", event))
        desk.index()
    assert {path.name for path in desk.home.glob("vectors-*")} == {"vectors-1"}
    after = {path.name: path.stat().st_ino for path in desk.home.glob("lexical-*.3/*")}
    shared = [name for name in before if name.endswith((".term", ".idx", ".store"))]
    assert [before[name] for name in shared] == [after[name] for name in shared]
    assert (desk.found("Kita"), desk.found("Kayes")) == (["kayes.txt", "kita.txt"], [])
    assert desk.agrees()


def test_a_copied_base_is_let_go(desk: Desk) -> None:
    """While the copy is written to, what it was copied from is not in memory, if nobody uses it."""
    desk.index()
    with closing(Catalog(desk.home / FILE)) as catalog:
        stores = Generations(desk.home, catalog, recent=0)
        base = ref(stores.open()[1].base)
        with stores.change(anew=False) as (_, dense):
            dense.apply({99: desk.embedder.texts(["Gao"])[0]}, ())
            assert base() is None
        assert stores.open()[1].count() == dense.count()
        stores.close()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"spoilt" * 50)])
def test_harmed_recent_vectors_heal(desk: Desk, harm: Callable[[Path], None]) -> None:
    """A search names the remedy, and the next run makes the stores anew by itself."""
    for place in PLACES[3:]:
        desk.put(f"{place.lower()}.txt", story(place))
    desk.index()
    desk.put("kita.txt", story("Kita"))
    desk.index()
    harm(desk.home / "recent-2.npz")
    with pytest.raises(IndexDamaged, match=r"griot index( --rebuild)?$"):
        desk.found("Kita")
    desk.index()
    assert (desk.found("Kita"), desk.agrees()) == (["kita.txt"], True)
