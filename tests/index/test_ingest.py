import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import FOOTER, PLACES, Desk, catalogued, story, with_footer
from fake_embedder import FakeEmbedder
from paths import ROOT
from plain_article import plain_article
from rag.errors import ArticleNotFound, CorpusError, EmbeddingError, Stopped
from rag.index.catalog import Catalog
from rag.index.ingest import IngestReport
from rag.index.progress import READING, Work
from rag.index.tables import FILE
from rag.library import Library, Origin
from rag.models.embedder import EndpointEmbedder, PassageVectors
from rag.reasons import Reason
from rag.types import Article, Noted, Skipped, Span

THREE = ("gao.txt", "kidal.txt", "mopti.txt")


def settled(desk: Desk, *paths: Path) -> IngestReport:
    """Return the report of a run, after which a second one has nothing to do."""
    report = desk.index(*paths)
    assert desk.index(*paths) == IngestReport(
        unchanged=report.indexed, skipped=report.skipped, others=report.others
    )
    return report


def test_first_run_indexes_all(desk: Desk) -> None:
    """A first run tells every article as new, and each is found."""
    assert desk.index() == IngestReport(new=THREE)
    assert [desk.found(place) for place in PLACES[:3]] == [[name] for name in THREE]
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


def test_all_articles_removed(tmp_path: Path) -> None:
    """A corpus that is empty, or was emptied, gives an empty index, not a broken one."""
    desk = Desk(tmp_path)
    desk.corpus.mkdir()
    assert (desk.index(), desk.found("Gao")) == (IngestReport(), [])
    path = desk.put("gao.txt", story("Gao"))
    desk.index()
    path.unlink()
    assert desk.index() == IngestReport(removed=("gao.txt",))
    assert (desk.found("Gao"), desk.agrees()) == ([], True)


def test_a_missing_path(desk: Desk) -> None:
    """A path that is not there is refused by name; one that was indexed is removed."""
    with pytest.raises(CorpusError, match=r"nowhere: no such file or directory; "):
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
    (desk.corpus / "link.txt").symlink_to("nowhere")
    os.mkfifo(desk.corpus / "pipe.txt")
    with (desk.corpus / "big.txt").open("wb") as big:
        big.truncate(200 * 2**20)
    desk.put("two.jsonl", json.dumps({"text": story("Kayes")}) + '\n{"text": ""}\nnot json\n')
    report = desk.index()
    assert [file.location for file in report.skipped] == (
        "big.txt binary.txt empty.txt link.txt two.jsonl#2 two.jsonl#3".split()
    )
    assert report.new == ("gao.txt", "kidal.txt", "mopti.txt", "two.jsonl#1")


def test_an_older_encoding_is_named_once(desk: Desk) -> None:
    """A text in an older encoding is indexed, and the run that read it names the encoding."""
    (desk.corpus / "latin.txt").write_bytes("Où est-ce ? À Gao.".encode("cp1252"))
    reports = [desk.index(), desk.index()]
    noted = Noted("latin.txt", Reason.READ_AS(encoding="CP1252"))
    assert [report.noted for report in reports] == [(noted,), ()]
    assert desk.texts()["latin.txt"] == "Où est-ce ? À Gao."


def test_a_path_that_is_too_long_is_skipped(desk: Desk) -> None:
    """A folder past the longest path is named, shortened, and the others are indexed."""
    desk.put_deep("north" * 40, 25)
    deep = Skipped(f"{'north' * 16}…{('north' * 16)[1:]}", Reason.LONG_PATH())
    assert settled(desk) == IngestReport(new=THREE, skipped=(deep,))


def test_files_of_other_kinds_are_counted(desk: Desk) -> None:
    """Unread files are counted by kind, in each run; question sets and hidden files are not."""
    for name in ("a.rtf", "b.RTF", "c/c.odt", "README", "questions.yaml", ".d.rtf", ".e/f.rtf"):
        desk.put(name, "%PDF")
    others = ((".rtf", 2), ("", 1), (".odt", 1))
    assert settled(desk) == IngestReport(new=THREE, others=others)


def test_strange_names_and_times(desk: Desk) -> None:
    """Names with spaces, line breaks or bytes that are no UTF-8 are taken, and times after 2262."""
    for name in ("a b.txt", "a\nb.txt", os.fsdecode(b"\xff.txt")):
        desk.put(name, story("Kayes"))
    os.utime(desk.corpus / "gao.txt", ns=(2**63 + 10**15, 2**63 + 10**15))
    assert settled(desk) == IngestReport(new=("\\udcff.txt", "a\nb.txt", "a b.txt", *THREE))


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
    assert settled(desk, link) == IngestReport(new=THREE)


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
    """The embedded part of a page is within its length; of a run of one symbol, a small part."""
    desk = Desk(tmp_path, Counting())
    desk.put("long.html", symbol * (50_000 // len(symbol)))
    assert desk.index().indexed == 1
    assert desk.embedder.characters <= most * 50_000


# How far it is


def progress_of(desk: Desk) -> list[tuple[int, int, str]]:
    shown: list[tuple[int, int, str]] = []
    with desk.open() as library:
        library.refresh(progress=lambda *seen: shown.append(seen))
    return shown


def test_one_count_goes_over_all_of_the_work(desk: Desk) -> None:
    """Articles are counted once, from the first file read to the last passage written."""
    for number in range(70):
        desk.put(f"{number}.txt", story(f"Town{number}"))
    shown = progress_of(desk)
    counts = [done for done, _, _ in shown]
    assert {(total, what) for _, total, what in shown} == {(73, "articles")}
    assert (counts[0], counts[-1], counts) == (0, 73, sorted(counts))
    assert {7, 70} < set(counts)  # all are read, all are embedded


def test_the_count_does_not_fall_when_files_are_read_again() -> None:
    """Files that turned stale in a run are read in a further pass, which starts from 0."""
    shown: list[tuple[int, int, str]] = []
    work = Work(lambda *seen: shown.append(seen), 100)
    for done in (50, 100, 0, 100):
        work.at(READING, done, 100)
    assert shown == [(done, 100, "articles") for done in (5, 10, 10, 10)]


def test_the_records_of_a_file_are_counted_as_it_is_read(tmp_path: Path) -> None:
    """A file stands for one article until it is opened, and for its records from then on."""
    desk = Desk(tmp_path)
    desk.put("all.jsonl", "\n".join(json.dumps({"text": story(f"Town{n}")}) for n in range(40)))
    shown = progress_of(desk)
    assert (shown[0], shown[-1]) == ((0, 1, "articles"), (40, 40, "articles"))
    assert shown[1:] == sorted(shown[1:], key=lambda seen: seen[0])
    assert {(2, 40, "articles"), (4, 40, "articles")} < set(shown)  # half of them read, and all


def test_one_long_article_is_counted_by_its_passages(tmp_path: Path) -> None:
    """Of an article as long as a book, the passages are counted as they are embedded."""
    desk = Desk(tmp_path)
    desk.put("book.txt", "\n\n".join(story(f"Town{n}") for n in range(1000)))
    shown = progress_of(desk)
    with desk.open() as library:
        total = library.status().passages
    assert (shown[0], shown[-1]) == ((0, 1, "articles"), (total, total, "passages"))
    assert len({done for done, _, what in shown if what == "passages"}) > total / 100


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


def test_a_server_that_fails_is_asked_for_the_rest_alone(tmp_path: Path) -> None:
    """What it embedded before is kept; the next run sends the other passages."""
    sent: list[str] = []

    def answers(request: httpx.Request) -> httpx.Response:
        texts = json.loads(request.content)["input"]
        if refuses and any("Town199 " in text for text in texts):
            return httpx.Response(400)
        sent.extend(texts)
        vectors = FakeEmbedder().texts(texts).tolist()
        return httpx.Response(200, json={"data": [{"embedding": vector} for vector in vectors]})

    def towns() -> set[int]:
        return {int(number) for text in sent for number in re.findall(r"Town(\d+)", text)}

    server = EndpointEmbedder("http://server", "small", transport=httpx.MockTransport(answers))
    desk = Desk(tmp_path, server)
    for number in range(200):
        desk.put(f"{number:03}.txt", story(f"Town{number}"))
    refuses = True
    with pytest.raises(EmbeddingError, match="answered 400"):
        desk.index()
    assert towns() == {*range(192)}
    refuses = False
    sent.clear()
    desk.index()
    assert (towns(), desk.agrees()) == ({*range(192, 200)}, True)


# What files owe each other


def test_a_copy_waits_for_its_turn(desk: Desk) -> None:
    """The second copy of an article is skipped, and taken once the first is gone."""
    first = desk.record("a.json", "Segou", "https://n.example/segou")
    desk.index(first)
    second = desk.record("b/b.json", "Kayes", "https://n.example/segou")
    copy = Reason.COPY(article="https://n.example/segou", where="corpus/a.json")
    assert desk.index().skipped == (Skipped("b/b.json#1", copy),)
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


# Articles that a program adds


def news(place: str, name: str = "", event: str = "was flooded") -> Article:
    text = story(place, event)
    return replace(plain_article(name or place, text), content_hash=text)


def test_added_articles_are_indexed_and_kept(desk: Desk) -> None:
    """A program's articles are found beside the files, after a refresh and a rebuild as well."""
    desk.index()
    with desk.open() as library:
        report = library.add(news(place) for place in PLACES[3:5])
        assert report == IngestReport(new=("Bamako", "Segou"))
        assert library.refresh() == IngestReport(unchanged=3)
        library.rebuild()
        assert library.origin("Segou") == Origin(None, ("Bamako", "Segou"))
    assert [desk.found(place) for place in ("Segou", "Gao")] == [["Segou"], ["gao.txt"]]
    assert desk.agrees()


def test_added_articles_are_reported_as_files_are(desk: Desk) -> None:
    """Each is new, changed or unchanged; of two with one id, the first counts."""
    given = [news("Segou"), news("Kita", "Bamako"), news("Kayes"), news("Gao", "Kayes")]
    with desk.open() as library:
        library.add([news("Segou"), news("Bamako")])
        before = desk.state()
        assert library.add([news("Segou")]) == IngestReport(unchanged=1)
        assert desk.state() == before
        assert library.add(given) == IngestReport(
            new=("Kayes",),
            changed=("Bamako",),
            unchanged=1,
            skipped=(Skipped("Kayes", Reason.COPY_OF_ADDED(article="Kayes")),),
        )
    assert [desk.found(place) for place in ("Kita", "Bamako")] == [["Bamako"], []]


def test_added_articles_are_removed_by_their_ids(desk: Desk) -> None:
    """Added articles can be removed, all of them or none; a file's cannot."""
    desk.index()
    with desk.open() as library:
        library.add([news("Segou"), news("Kita")])
        for name in ("gao.txt", "Timbuktu"):
            with pytest.raises(ArticleNotFound, match=f"^'{name}' is no article that a program"):
                library.remove(["Segou", name])
        assert library.remove(["Segou"]) == IngestReport(removed=("Segou",))
    assert (desk.found("Segou"), desk.found("Kita"), desk.agrees()) == ([], ["Kita"], True)


def test_an_added_article_takes_the_place_of_a_files(desk: Desk) -> None:
    """The file is skipped as a copy while it is there, and gives its article again after that."""
    copy = Skipped("gao.txt", Reason.COPY_OF_ADDED(article="gao.txt"))
    desk.index()
    with desk.open() as library:
        assert library.add([news("Kita", "gao.txt")]) == IngestReport(changed=("gao.txt",))
        for _ in range(2):
            assert library.refresh() == IngestReport(unchanged=2, skipped=(copy,))
        assert desk.found("Kita") == ["gao.txt"]
        library.remove(["gao.txt"])
        assert library.refresh() == IngestReport(new=("gao.txt",), unchanged=2)
    assert (desk.found("Gao"), desk.found("Kita")) == (["gao.txt"], [])


def test_a_files_article_that_is_added_outlives_the_file(desk: Desk) -> None:
    """It is unchanged, and from then on the program's."""
    desk.index()
    with desk.open() as library:
        assert library.add([library.article("gao.txt")]) == IngestReport(unchanged=1)
        (desk.corpus / "gao.txt").unlink()
        assert library.refresh() == IngestReport(unchanged=2)
    assert desk.found("Gao") == ["gao.txt"]


def test_what_an_earlier_version_stored_is_made_anew(desk: Desk) -> None:
    """Files are read again wherever they lie, and what was added is cut again."""
    desk.index()
    with desk.open() as library:
        library.add([news("Segou")])
    with closing(sqlite3.connect(desk.home / FILE)) as db, db:
        db.execute("UPDATE meta SET value = 'old' WHERE key = 'recipe'")
        db.execute("UPDATE passages SET start = start + 1")
    assert desk.index(desk.corpus / "gao.txt") == IngestReport(changed=("gao.txt",))
    assert desk.index() == IngestReport(changed=("kidal.txt", "mopti.txt"), unchanged=1)
    with desk.open() as library:
        assert library.add([news("Segou")]) == IngestReport(unchanged=1)
        assert {hit.passage.start for hit in library.search("market", 50)} == {0}


# Others at work


def test_a_writer_waits_for_another(desk: Desk) -> None:
    """A second writer says that it waits, and goes on when the first is done."""
    desk.home.mkdir()
    said: set[str] = set()
    with closing(Catalog(desk.home / FILE)) as catalog, ExitStack() as first:
        first.enter_context(catalog.writing(list, patience=0))

        def progress(done: int, total: int, what: str) -> None:
            said.add(what)
            first.close()

        with desk.open() as library:
            assert library.ingest([desk.corpus], progress=progress).indexed == 3
    assert "waiting for another griot to finish writing" in said


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
            return sorted({hit.article.id for hit in hits if place in hit.text})

        before = (found("Gao"), found("Segou"))
        desk.put("segou.txt", story("Segou"))
        (desk.corpus / "gao.txt").unlink()
        subprocess.run([sys.executable, "-c", code, str(desk.folder)], check=True)
        after = (found("Gao"), found("Segou"))
    assert (before, after) == ((["gao.txt"], []), ([], ["segou.txt"]))


def test_searching_while_indexing(desk: Desk) -> None:
    """Threads search one library without a failure while it is brought up to date."""
    desk.index()
    stop = threading.Event()

    with desk.open() as library, ThreadPoolExecutor(3) as pool:

        def search() -> set[int]:
            counts = set()
            while not stop.is_set():
                found = library.search("Kidal", 5)
                counts.add(sum("Kidal" in hit.text for hit in found))
            return counts

        searches = [pool.submit(search) for _ in range(3)]
        for place in PLACES[3:]:
            desk.put(f"{place.lower()}.txt", story(place))
            library.refresh()
        stop.set()
        assert [search.result() for search in searches] == [{1}] * 3
