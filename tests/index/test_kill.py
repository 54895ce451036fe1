"""Kill an indexing process at each of its steps, and see that the next run mends all."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import PLACES, Desk, catalogued, story, with_footer
from fake_embedder import FakeEmbedder

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["pytest", "rag.library", "rag.index.tantivy", "rag.pages.extract", "chromadb"]
)


def die_at(step: int, functions: frozenset[tuple[str, str]]) -> None:
    """Have this process killed when it enters one of the functions for the n-th time."""
    entered = 0
    names = {name for _, name in functions}

    def watch(frame, event, arg):
        nonlocal entered
        if event == "call" and frame.f_code.co_name in names:
            entered += (Path(frame.f_code.co_filename).name, frame.f_code.co_name) in functions
            if entered == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def work(desk: Desk, step: int, functions: frozenset[tuple[str, str]], job: Callable) -> None:
    die_at(step, functions)
    job(desk)
    sys.setprofile(None)


def killed(desk: Desk, step: int, functions: frozenset[tuple[str, str]], job: Callable) -> bool:
    """Do the job in another process that is killed at a step; say whether it came that far."""
    process = FORKS.Process(target=work, args=(desk, step, functions, job))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


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


CATALOG = frozenset({("sqlite.py", "_run"), ("sqlite.py", "_many"), ("ingest.py", "_settle")})


def test_killed_in_the_catalog(template: Desk) -> None:
    """Killed before a statement to the catalog, the next run has the articles that are there."""
    step = 1
    while killed(desk := copied(template, step), step, CATALOG, catalogued):
        assert catalogued(desk)[1:] == (catalogued(desk)[0], AFTER)
        step += 3
    assert step > 30


STORES = frozenset(
    {
        ("search_index.py", "_embed"),
        ("search_index.py", "_write"),
        ("search_index.py", "_add"),
        ("generations.py", "_number"),
        ("generations.py", "_flush"),
        ("generations.py", "_sweep"),
        ("sqlite_catalog.py", "clear_outbox"),
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
