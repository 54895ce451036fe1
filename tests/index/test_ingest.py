import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import FOOTER, PLACES, Desk, catalogued, silent, story, with_footer
from fake_embedder import FakeEmbedder
from paths import ROOT
from rag.errors import (
    CorpusError,
    EmbeddingError,
    GriotError,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    Stopped,
)
from rag.index.derived import Derived
from rag.index.ingest import (
    Found,
    Ingestion,
    IngestReport,
    Plan,
    compare,
    located,
    plan,
    writer_lock,
)
from rag.index.sqlite_catalog import Identity, Source, SqliteCatalog
from rag.library import Library
from rag.models.embedder import PassageVectors
from rag.pages.sources import Skipped, SourceFile
from rag.reasons import Reason
from rag.text.terms import VERSION
from rag.types import Span


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    for place in PLACES[:3]:
        made.put(f"{place.lower()}.txt", story(place))
    return made


# The plan


def file(key: str, size: int = 1, mtime_ns: int = 1) -> Found:
    return Found(key, key, SourceFile(Path(key), size, mtime_ns))


def source(key: str, **known: object) -> Source:
    return Source(**{"path": key, "location": key, "size": 1, "mtime_ns": 1, **known})


def test_a_plan() -> None:
    """New, stale and touched files are read, missing ones removed, the rest left."""
    known = {key: source(key) for key in ("same", "size", "time", "gone")}
    known["stale"] = source("stale", stale=True)
    found = [file("new"), file("same"), file("size", size=2), file("stale"), file("time", 1, 2)]
    assert plan(known, found) == Plan(
        read=(found[0], found[2], found[3], found[4]), unchanged=("same",), removed=("gone",)
    )


def test_what_cannot_be_listed_is_not_removed() -> None:
    """The files of a folder that cannot be listed stay, and so does a namesake's neighbour."""
    known = {key: source(key) for key in ("shut/a", "shut/b/c", "shutter/a", "empty.txt/a")}
    found = [file("shut", 0, 0), file("empty.txt", 0, 5)]
    assert plan(known, found) == Plan(
        read=tuple(found), unchanged=("shut/a", "shut/b/c"), removed=("empty.txt/a", "shutter/a")
    )


KEYS = st.sampled_from(["a", "b", "d/a", "d/b", "d"])
FILES = st.dictionaries(KEYS, st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(FILES, FILES)
def test_a_plan_leaves_nothing_to_do(before: dict, after: dict) -> None:
    """What is recorded when a plan was followed needs no further one."""
    known = {key: source(key, size=size, mtime_ns=time) for key, (size, time) in before.items()}
    found = [file(key, *state) for key, state in after.items()]
    todo = plan(known, found)
    for key in todo.removed:
        del known[key]
    for item in todo.read:
        known[item.key] = source(item.key, size=item.file.size, mtime_ns=item.file.mtime_ns)
    assert plan(known, found).empty


def test_locations_are_kept_and_told_apart() -> None:
    """A file keeps its first location; a new one whose location is taken gets its key."""
    known = {"a/x": source("a/x", location="x"), "gone": source("gone", location="y")}
    found = [
        Found("a/x", "a/x", file("a/x").file),
        Found("b/x", "x", file("b/x").file),
        Found("b/z", "z", file("b/z").file),
        Found("c/z", "z", file("c/z").file),
        Found("c/y", "y", file("c/y").file),
    ]
    assert [item.location for item in located(found, known)] == ["x", "b/x", "z", "c/z", "c/y"]


def test_a_comparison() -> None:
    """Articles are new, changed, unchanged or removed by what their files held before."""
    before = {
        "same": Identity("a", "1"),
        "changed": Identity("a", "1"),
        "gone": Identity("a", "1"),
        "moved": Identity("b", "1"),
        "elsewhere": Identity("z", "1"),
    }
    after = {
        "same": Identity("a", "1"),
        "changed": Identity("a", "2"),
        "moved": Identity("a", "1"),
        "new": Identity("b", "1"),
        "elsewhere": Identity("z", "2"),
    }
    assert compare(before, after, frozenset({"a", "b"})) == IngestReport(
        new=("new",), changed=("changed",), unchanged=2, removed=("gone",)
    )


# Runs


def test_first_run_indexes_all(desk: Desk) -> None:
    """A first run tells every article as new, and each is found."""
    assert desk.index() == IngestReport(new=("gao.txt", "kidal.txt", "mopti.txt"))
    assert [desk.found(place) for place in PLACES[:3]] == [
        ["gao.txt"],
        ["kidal.txt"],
        ["mopti.txt"],
    ]
    assert desk.agrees()


def test_an_unchanged_run_writes_nothing(desk: Desk) -> None:
    """A run over an unchanged corpus leaves every file of the index as it was."""
    desk.put("bad.txt", "")
    (desk.corpus / "link.txt").symlink_to("nowhere")
    skipped = (
        Skipped("bad.txt", Reason.EMPTY()),
        Skipped("link.txt", Reason.UNREADABLE(error="no such file or directory")),
    )
    desk.index()
    before = desk.state()
    assert desk.index() == IngestReport(unchanged=3, skipped=skipped)
    assert desk.state() == before


def test_a_touched_file_writes_no_article(desk: Desk) -> None:
    """A file with a new time and the same words changes no article and no store."""
    desk.index()
    before = [path for path in desk.state() if "lexical" in path]
    os.utime(desk.corpus / "gao.txt", ns=(1, 1))
    assert desk.index() == IngestReport(unchanged=3)
    assert [path for path in desk.state() if "lexical" in path] == before


def test_edits_and_deletions_follow(desk: Desk) -> None:
    """An edited article is replaced, a deleted one disappears, a new one comes."""
    desk.index()
    desk.put("gao.txt", story("Kayes", "burned"))
    (desk.corpus / "kidal.txt").unlink()
    desk.put("sikasso.txt", story("Sikasso"))
    assert desk.index() == IngestReport(
        new=("sikasso.txt",), changed=("gao.txt",), unchanged=1, removed=("kidal.txt",)
    )
    expected = {"Gao": [], "Kidal": [], "Kayes": ["gao.txt"], "Sikasso": ["sikasso.txt"]}
    assert {place: desk.found(place) for place in expected} == expected
    assert desk.agrees()


def test_all_articles_removed(desk: Desk) -> None:
    """A corpus that was emptied leaves an empty index, not a broken one."""
    desk.index()
    shutil.rmtree(desk.corpus)
    desk.corpus.mkdir()
    assert desk.index() == IngestReport(removed=("gao.txt", "kidal.txt", "mopti.txt"))
    assert (desk.found("Gao"), desk.agrees()) == ([], True)


def test_nothing_to_index(tmp_path: Path) -> None:
    """A search in a library without articles finds nothing."""
    desk = Desk(tmp_path)
    desk.corpus.mkdir()
    assert (desk.index(), desk.found("Gao")) == (IngestReport(), [])


def test_a_missing_path(desk: Desk) -> None:
    """A path that is not there is refused by name; one that was indexed is removed."""
    with pytest.raises(CorpusError, match=r"nowhere: no such file or directory$"):
        desk.index(desk.folder / "nowhere")
    path = desk.corpus / "gao.txt"
    desk.index(path)
    path.unlink()
    assert desk.index(path) == IngestReport(removed=("gao.txt",))


def test_only_what_lies_under_the_paths_is_touched(desk: Desk) -> None:
    """Indexing one folder leaves the articles of others alone."""
    desk.put("one/a.txt", story("Kayes"))
    desk.put("two/a.txt", story("Segou"))
    assert desk.index(desk.corpus / "one") == IngestReport(new=("a.txt",))
    assert desk.index(desk.corpus / "two") == IngestReport(new=("corpus/two/a.txt",))
    assert desk.index(desk.corpus / "one") == IngestReport(unchanged=1)
    assert set(desk.texts()) == {"a.txt", "corpus/two/a.txt"}


def test_a_file_of_a_folder_keeps_its_place_in_it(desk: Desk) -> None:
    """Indexed alone, but under its folder, a file's article has the id that the folder gives it."""
    path = desk.put("north/sikasso.txt", story("Sikasso"))
    with desk.open() as library:
        alone = library.ingest([path], under=desk.corpus)
        outside = library.ingest([path], under=desk.home)
        whole = library.ingest([desk.corpus])
    assert alone == IngestReport(new=("north/sikasso.txt",))
    assert outside == IngestReport(unchanged=1)
    assert (whole.unchanged, whole.removed) == (1, ())
    assert "north/sikasso.txt" in desk.texts()


def test_files_that_cannot_be_used_are_named(desk: Desk) -> None:
    """Bad files are skipped, each with its reason, and the others indexed."""
    desk.put("empty.txt", " \n")
    (desk.corpus / "binary.txt").write_bytes(bytes(range(256)))
    (desk.corpus / "latin.txt").write_bytes("Où est-ce ? À Gao.".encode("latin-1"))
    (desk.corpus / "link.txt").symlink_to("nowhere")
    os.mkfifo(desk.corpus / "pipe.txt")
    with (desk.corpus / "big.txt").open("wb") as big:
        big.truncate(200 * 2**20)
    desk.put("two.jsonl", json.dumps({"text": story("Kayes")}) + '\n{"text": ""}\nnot json\n')
    report = desk.index()
    assert [one.location for one in report.skipped] == [
        "big.txt",
        "binary.txt",
        "empty.txt",
        "latin.txt",
        "link.txt",
        "two.jsonl#2",
        "two.jsonl#3",
    ]
    assert report.new == ("gao.txt", "kidal.txt", "mopti.txt", "two.jsonl#1")


def test_a_path_that_is_too_long_is_skipped(desk: Desk) -> None:
    """A folder past the longest path is named, shortened, and the others are indexed."""
    desk.put_deep("north" * 40, 25)
    deep = Skipped(f"{'north' * 16}…{('north' * 16)[1:]}", Reason.LONG_PATH())
    assert desk.index() == IngestReport(new=("gao.txt", "kidal.txt", "mopti.txt"), skipped=(deep,))
    assert desk.index() == IngestReport(unchanged=3, skipped=(deep,))


def test_files_of_other_kinds_are_counted(desk: Desk) -> None:
    """What is not read is counted by kind, in each run; question sets and hidden files are not."""
    for name in (
        "a.pdf",
        "b.PDF",
        "north/c.docx",
        "README",
        "questions.yaml",
        ".d.pdf",
        ".e/f.pdf",
    ):
        desk.put(name, "%PDF")
    others = ((".pdf", 2), ("", 1), (".docx", 1))
    assert desk.index() == IngestReport(new=("gao.txt", "kidal.txt", "mopti.txt"), others=others)
    assert desk.index() == IngestReport(unchanged=3, others=others)


def test_strange_names(desk: Desk) -> None:
    """Names with spaces, line breaks or bytes that are no UTF-8 are indexed and told."""
    for name in ("a b.txt", "a\nb.txt", os.fsdecode(b"\xff.txt")):
        desk.put(name, story("Kayes"))
    expected = ("\\udcff.txt", "a\nb.txt", "a b.txt", "gao.txt", "kidal.txt", "mopti.txt")
    assert desk.index() == IngestReport(new=tuple(sorted(expected)))
    assert desk.index() == IngestReport(unchanged=6)


def test_a_far_future_time(desk: Desk) -> None:
    """A file dated after 2262 is indexed once, as any other."""
    os.utime(desk.corpus / "gao.txt", ns=(2**63 + 10**15, 2**63 + 10**15))
    desk.index()
    assert desk.index() == IngestReport(unchanged=3)


def test_an_index_within_the_corpus(desk: Desk) -> None:
    """An index kept among the articles is not read as one."""
    home = desk.corpus / "index"
    with Library.open(home, corpus=desk.corpus, embedder=desk.embedder) as library:
        first = library.refresh()
        assert (len(first.new), first.skipped) == (3, ())
        assert library.refresh() == IngestReport(unchanged=3)


def test_an_index_moved_with_its_corpus(desk: Desk) -> None:
    """Corpus and index moved together need nothing read again."""
    desk.index()
    moved = Desk(desk.folder.rename(desk.folder.with_name("elsewhere")))
    before = moved.state()
    assert (moved.index(), moved.found("Gao")) == (IngestReport(unchanged=3), ["gao.txt"])
    assert moved.state() == before


def test_a_linked_corpus(desk: Desk) -> None:
    """A corpus reached by a link is followed, and its articles keep their ids."""
    link = desk.folder / "link"
    link.symlink_to(desk.corpus)
    assert desk.index(link) == IngestReport(new=("gao.txt", "kidal.txt", "mopti.txt"))
    assert desk.index(link) == IngestReport(unchanged=3)


AS_NOBODY = os.geteuid() == 0 and shutil.which("setpriv") is not None


def as_nobody(desk: Desk, code: str) -> str:
    """Run a program over the desk's folder as a user who owns nothing, and give what it says."""
    program = (
        "import sys; from pathlib import Path\n"
        f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"
        "from desk import Desk, catalogued\nfrom rag.errors import GriotError\n"
        f"desk = Desk(Path({str(desk.folder)!r}))\n"
        f"try:\n    print({code})\nexcept GriotError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            sys.executable,
            "-c",
            program,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.strip() or done.stderr


@pytest.fixture
def open_desk() -> Desk:
    """A desk that every user may reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        made = Desk(Path(folder))
        made.put("gao.txt", story("Gao"))
        made.put("shut/kidal.txt", story("Kidal"))
        yield made


@pytest.mark.skipif(not AS_NOBODY, reason="only the superuser can become another user")
def test_what_may_not_be_read(open_desk: Desk) -> None:
    """What may not be read is named, is not taken for removed, and is tried again by each run."""
    script = (
        "(lambda r: (r.new, r.changed, r.unchanged, r.removed, r.skipped))(catalogued(desk)[0])"
    )
    assert as_nobody(open_desk, script) == "(('gao.txt', 'shut/kidal.txt'), (), 0, (), ())"
    (open_desk.corpus / "shut").chmod(0)
    open_desk.put("mopti.txt", story("Mopti")).chmod(0)
    said = as_nobody(open_desk, script)
    assert said.startswith(
        "((), (), 2, (), (Skipped(location='mopti.txt', reason=Reason.UNREADABLE("
    )
    (open_desk.corpus / "shut").chmod(0o755)
    (open_desk.corpus / "mopti.txt").chmod(0o644)
    assert as_nobody(open_desk, script) == "(('mopti.txt',), (), 2, (), ())"


@pytest.mark.skipif(not AS_NOBODY, reason="only the superuser can become another user")
def test_a_home_that_may_not_be_written(open_desk: Desk) -> None:
    """An index folder that may not be written says so in a line, before and after it is made."""
    open_desk.folder.chmod(0o755)
    assert as_nobody(open_desk, "desk.index()").startswith("cannot write to ")
    open_desk.index()
    open_desk.put("mopti.txt", story("Mopti"))
    assert as_nobody(open_desk, "desk.index()").startswith("cannot write to ")


@dataclass
class Counting(FakeEmbedder):
    """Counts the characters that it is given to embed."""

    characters: int = 0

    def passages(self, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[PassageVectors]:
        self.characters += sum(len(text) for text, _ in passages)
        return super().passages(passages)


@pytest.mark.parametrize(
    ("symbol", "most"),
    [("<", 0.2), ("< ", 0.2), ("a", 0.2), ("!a", 0.2), ("世", 1.5), ("ก", 1.5), ("a ", 1.5)],
)
def test_a_text_costs_no_more_than_it_is_long(tmp_path: Path, symbol: str, most: float) -> None:
    """What is embedded of a page is within its length; of a run of one symbol, a small part."""
    desk = Desk(tmp_path, Counting())
    desk.put("long.html", symbol * (50_000 // len(symbol)))
    assert desk.index().indexed == 1
    assert desk.embedder.characters <= most * 50_000


# How far it is


def test_one_count_goes_over_all_of_the_work(desk: Desk) -> None:
    """Articles are counted once, from the first file read to the last passage written."""
    for number in range(70):
        desk.put(f"{number}.txt", story(f"Town{number}"))
    shown: list[tuple[int, int, str]] = []
    with desk.open() as library:
        library.refresh(progress=lambda *seen: shown.append(seen))
    counts = [done for done, _, _ in shown]
    assert {(total, what) for _, total, what in shown} == {(73, "articles")}
    assert (counts[0], counts[-1], counts) == (0, 73, sorted(counts))
    assert {7, 70} < set(counts)  # all are read, all are embedded


def test_what_is_done_before_a_stop_is_kept(desk: Desk) -> None:
    """A progress callback that raises stops the work, and the next run goes on from there."""
    for number in range(200):
        desk.put(f"{number}.txt", story(f"Town{number}"))
    desk.embedder = Counting()

    def stopping(done: int, total: int, what: str) -> None:
        if done > total // 2:
            raise Stopped(Reason.OTHER(text="enough"))

    with desk.open() as library:
        with pytest.raises(Stopped, match="enough"):
            library.refresh(progress=stopping)
        before = desk.embedder.characters
        report = library.refresh()
    whole = Desk(desk.folder / "whole", Counting())
    shutil.copytree(desk.corpus, whole.corpus)
    whole.index()
    assert (report, before > 0) == (IngestReport(unchanged=203), True)
    assert desk.embedder.characters == whole.embedder.characters
    assert desk.agrees()


# What files owe each other


def test_a_copy_waits_for_its_turn(desk: Desk) -> None:
    """The second copy of an article is skipped, and taken once the first is gone."""
    first = desk.record("a.json", "Segou", "https://n.example/segou")
    desk.index(first)
    second = desk.record("b/b.json", "Kayes", "https://n.example/segou")
    skipped = Skipped(
        "b/b.json#1",
        Reason.COPY(article="https://n.example/segou", where="corpus/a.json"),
    )
    assert desk.index().skipped == (skipped,)
    first.unlink()
    desk.index(first)
    assert desk.index(second).indexed == 1
    assert desk.found("Kayes") == ["https://n.example/segou"]


def test_an_owner_that_changes_keeps_its_article(desk: Desk) -> None:
    """An article stays with its file, also when a copy that sorts before it changes too."""
    desk.record("b.json", "Segou", "https://n.example/segou")
    desk.index()
    desk.record("a.json", "Kayes", "https://n.example/segou")
    desk.record("b.json", "Segou", "https://n.example/segou", event="reopened")
    report = desk.index()
    assert (report.changed, report.removed) == (("https://n.example/segou",), ())
    assert desk.found("Segou") == ["https://n.example/segou"]


def test_a_copy_within_one_file(desk: Desk) -> None:
    """Of two records of one article, the first is taken."""
    records = [{"url": "https://n.example/1", "text": story(place)} for place in PLACES[3:5]]
    desk.put("two.json", json.dumps(records))
    assert desk.index().skipped == (
        Skipped("two.json#2", Reason.COPY(article="https://n.example/1", where="two.json#1")),
    )
    assert (desk.found("Segou"), desk.found("Bamako")) == (["https://n.example/1"], [])


def test_repeated_lines_vanish_and_return(desk: Desk) -> None:
    """A line that three pages share leaves all of them, and returns when only two have it."""
    for place in PLACES[:2]:
        desk.put(f"{place.lower()}.txt", with_footer(place))
    desk.index()
    assert desk.found("harvest") == ["gao.txt", "kidal.txt"]
    desk.put("mopti.txt", with_footer("Mopti"))
    assert desk.index() == IngestReport(changed=("gao.txt", "kidal.txt"), unchanged=1)
    assert desk.found("harvest") == []
    (desk.corpus / "mopti.txt").unlink()
    assert desk.index() == IngestReport(changed=("gao.txt", "kidal.txt"), removed=("mopti.txt",))
    assert desk.found("harvest") == ["gao.txt", "kidal.txt"]


def test_copies_repeat_nothing(desk: Desk) -> None:
    """Three copies of one article keep their last line, which no other page has."""
    for name in ("gao.txt", "kidal.txt", "mopti.txt"):
        desk.put(name, with_footer("Gao"))
    desk.index()
    assert all(FOOTER in text for text in desk.texts().values())


CONTENTS = st.sampled_from(
    [
        *(story(place) for place in PLACES[:3]),
        *(with_footer(place) for place in PLACES[:4]),
        *(json.dumps({"url": f"https://n.example/{url}", "text": with_footer(place)})
          for url in (1, 2) for place in PLACES[4:6]),
        "",
    ]
)  # fmt: skip
CORPORA = st.dictionaries(st.sampled_from("abcd"), CONTENTS, min_size=1)


def written(desk: Desk, corpus: dict[str, str]) -> None:
    desk.corpus.mkdir(exist_ok=True)
    for path in desk.corpus.iterdir():
        if path.stem not in corpus or path.read_text() != corpus[path.stem]:
            path.unlink()
    for name, text in corpus.items():
        path = desk.corpus / (name + (".json" if text.startswith("{") else ".txt"))
        if not path.exists():
            desk.put(path.name, text)


@settings(max_examples=25)
@given(st.lists(CORPORA, min_size=2, max_size=4))
def test_history_leaves_no_trace(tmp_path_factory, corpora: list[dict[str, str]]) -> None:
    """After any changes, an index has the articles that a first run over the corpus gives."""
    desk = Desk(tmp_path_factory.mktemp("history"))
    for corpus in corpora:
        written(desk, corpus)
        first, second, texts = catalogued(desk)
        assert second == IngestReport(unchanged=len(texts), skipped=first.skipped)
    fresh = Desk(tmp_path_factory.mktemp("fresh"))
    written(fresh, corpora[-1])
    _, _, expected = catalogued(fresh)
    shared = [json.loads(text)["url"] for text in corpora[-1].values() if text.startswith("{")]
    differing = {url for url in shared if shared.count(url) > 1}  # any of the copies may be kept
    assert texts.keys() == expected.keys()
    assert {key: text for key, text in texts.items() if key not in differing} == {
        key: text for key, text in expected.items() if key not in differing
    }


# Healing


def test_rebuild_keeps_the_vectors(desk: Desk) -> None:
    """Both stores are made anew from the catalog, without embedding again."""
    desk.index()

    class Idle(FakeEmbedder):
        def passages(self, passages):
            raise AssertionError

    with Library.open(desk.home, embedder=Idle()) as library:
        library.rebuild()
    assert (desk.found("Gao"), desk.agrees()) == (["gao.txt"], True)


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


def test_another_recipe(desk: Desk) -> None:
    """What an earlier version made of the files is made anew, wherever they lie."""
    desk.index()
    with sqlite3.connect(desk.home / "catalog.sqlite") as db:
        db.execute("UPDATE meta SET value = 'old' WHERE key = 'recipe'")
    db.close()
    assert desk.index(desk.corpus / "gao.txt") == IngestReport(changed=("gao.txt",))
    assert desk.index() == IngestReport(changed=("kidal.txt", "mopti.txt"), unchanged=1)


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
    """A search in a harmed store names the remedy, or the next run heals it by itself."""
    desk.index()
    HARM[harm](desk)
    with pytest.raises(IndexDamaged, match=r"griot index( --rebuild)?$"):
        desk.found("Gao")
    desk.put("gao.txt", story("Kayes"))
    desk.index()
    assert (desk.found("Kayes"), desk.agrees()) == (["gao.txt"], True)


@pytest.mark.parametrize("harm", HARM)
def test_the_remedy_helps(desk: Desk, harm: str) -> None:
    """A rebuild mends every harmed store."""
    desk.index()
    HARM[harm](desk)
    with desk.open() as library:
        library.rebuild()
    assert (desk.found("Gao"), desk.agrees()) == (["gao.txt"], True)


def flip(folder: Path, name: str) -> None:
    """Change a bit in each of a file's first bytes."""
    for path in folder.rglob(name):
        content = path.read_bytes()
        path.write_bytes(bytes(byte ^ 4 for byte in content[:8]) + content[8:])


def scores(desk: Desk) -> list[tuple[str, float]]:
    with desk.open() as library:
        return [(one.article.id, one.score) for one in library.search("The market of Gao", 9)]


def killed_while_open(desk: Desk) -> None:
    """Open the index in a process that is killed."""
    code = (
        f"import os, signal, sys; sys.path[:0] = [{str(ROOT / 'tests')!r}]\n"
        "from pathlib import Path; from desk import Desk\n"
        "Desk(Path(sys.argv[1])).open().article_ids(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(desk.folder)], check=False)


FLIPPED = ["*.fast", "*.fieldnorm"]


@pytest.mark.parametrize("name", FLIPPED)
def test_a_flipped_bit_is_named(desk: Desk, name: str) -> None:
    """What a store would read without a word is named when it is verified; a rebuild mends it."""
    desk.index()
    before = scores(desk)
    flip(store(desk, "lexical"), name)
    with desk.open() as library:
        with pytest.raises(IndexDamaged, match=r"is not as it was written; .*index --rebuild$"):
            library.verify()
        library.rebuild()
        library.verify()
    assert scores(desk) == before


@pytest.mark.parametrize("name", FLIPPED)
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


def test_a_failing_model_loses_nothing(desk: Desk) -> None:
    """Where embedding fails, the articles are kept, and the next run makes them findable."""

    class Failing(FakeEmbedder):
        def passages(self, passages):
            raise EmbeddingError("no model")

    with pytest.raises(EmbeddingError):
        Desk(desk.folder, Failing()).index()
    with pytest.raises(IndexDamaged, match=r"not complete; run: griot index$"):
        desk.found("Gao")
    assert desk.index() == IngestReport(unchanged=3)
    assert desk.found("Gao") == ["gao.txt"]


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


# Others at work


def test_a_writer_waits_for_another(desk: Desk) -> None:
    """A second writer waits, says so, and goes on when the first is done."""
    desk.home.mkdir()
    said: set[str] = set()
    held, waiting = threading.Event(), threading.Event()

    def first() -> None:
        with writer_lock(desk.home, silent, patience=0):
            held.set()
            waiting.wait(10)

    def progress(done: int, total: int, what: str) -> None:
        said.add(what)
        waiting.set()

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(10)
    with desk.open() as library:
        report = library.ingest([desk.corpus], progress=progress)
    thread.join()
    assert report.indexed == 3
    assert "waiting for another griot to finish writing" in said


def test_a_writer_does_not_wait_for_ever(desk: Desk) -> None:
    """A second writer whose patience ends says who is writing."""
    desk.home.mkdir()
    catalog = SqliteCatalog(desk.home / "catalog.sqlite")
    derived = Derived(desk.home, catalog, desk.embedder)
    code = (
        "import sys; from pathlib import Path; from rag.index.ingest import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), print, patience=0): print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(desk.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=r"^another griot is writing to .*; try again"):
            Ingestion(desk.home, catalog, derived, patience=0).run([desk.corpus], silent)
        other.kill()
    report = Ingestion(desk.home, catalog, derived, patience=0).run([desk.corpus], silent)
    assert report.indexed == 3
    derived.close()
    catalog.close()


def test_an_open_library_sees_what_another_process_adds(desk: Desk) -> None:
    """A library that is open finds what another process indexed, and no longer what it removed."""
    desk.index()
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'tests')!r}]; from pathlib import Path\n"
        "from desk import Desk\nDesk(Path(sys.argv[1])).index()"
    )
    with desk.open() as library:

        def found(place: str) -> list[str]:
            hits = library.search(place, 50)
            return sorted({one.article.id for one in hits if place in one.text})

        before = (found("Gao"), found("Segou"))
        desk.put("segou.txt", story("Segou"))
        (desk.corpus / "gao.txt").unlink()
        subprocess.run([sys.executable, "-c", code, str(desk.folder)], check=True)
        assert (before, (found("Gao"), found("Segou"))) == (
            (["gao.txt"], []),
            ([], ["segou.txt"]),
        )


def test_searching_while_indexing(desk: Desk) -> None:
    """Threads search one library without a failure while it is brought up to date."""
    desk.index()
    stop = threading.Event()
    problems: list[GriotError] = []
    counts: list[int] = []

    with desk.open() as library:

        def search() -> None:
            while not stop.is_set():
                try:
                    counts.append(len([1 for e in library.search("Kidal", 5) if "Kidal" in e.text]))
                except GriotError as error:
                    problems.append(error)
                    return

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for place in PLACES[3:]:
            desk.put(f"{place.lower()}.txt", story(place))
            library.refresh()
        stop.set()
        for thread in threads:
            thread.join()
    assert (problems, set(counts)) == ([], {1})
