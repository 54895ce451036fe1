import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from bot.cli import commands, main, usage
from bot.corpus.store import SourceState, WatchTables
from bot.progress import Bar
from desk import Desk
from fake_chat import FakeChat
from fake_library import ANSWER, CLOSEST, GOITA, REFUSAL, FakeAssembly, FakeLibrary
from fake_verifier import FakeVerifier
from paths import ROOT
from rag.errors import CorpusError, IndexDamaged, IndexLocked, ModelError, StorageFull
from rag.index.ingest import IngestReport
from rag.index.tables import FILE
from rag.pages.formats import KINDS
from rag.pages.sources import Skipped
from rag.reasons import Reason
from rag.types import Outcome


@pytest.fixture
def griot(tmp_path, capsys):
    """Runs a command on a library and gives its status, output and remarks."""

    def run(*words, library=None):
        assembly = FakeAssembly(tmp_path / "home", library or FakeLibrary(), tmp_path / "corpus")
        status = main(words, assemble=lambda: assembly)
        return status, *capsys.readouterr()

    return run


def typed(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ANSWERED, 0),
        (Outcome.PARTLY_ANSWERED, 0),
        (Outcome.UNSURE, 3),
        (Outcome.NOT_IN_CORPUS, 3),
        (Outcome.FAILED, 1),
    ],
)
def test_words_are_one_question_the_index_is_refreshed_and_the_status_tells_the_outcome(
    outcome, expected, griot
):
    library = FakeLibrary([replace(ANSWER, outcome=outcome)])

    status, out, err = griot("ask", "who", "is", "--json", "x", library=library)

    assert (status, json.loads(out)["outcome"], err) == (expected, outcome.value, "")
    assert library.calls == ["open", "refresh", ("stream", "who is x"), "close"]


def test_questions_are_read_from_standard_input(griot, monkeypatch):
    typed(monkeypatch, "who\n is x?\n")
    library = FakeLibrary()

    griot("ask", "-", library=library)

    assert ("stream", "who is x?") in library.calls
    typed(monkeypatch, "who?\nwho won?\n")
    status, out, _ = griot("chat", library=FakeLibrary([ANSWER, REFUSAL]))
    assert (status, out.count("> who")) == (0, 2)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["ask"], "Missing"),
        (["ask", " \n\x1b"], "the question is empty."),
        (["ask", "x" * 2001], "the question has 2,001 characters; at most 2,000 are read."),
        (["search", ""], "the question is empty."),
        (["search", "x", "-k", "0"], "-k"),
        (["ask", "--jsno", "x"], "--jsno"),
        (["aks", "x"], "aks"),
        ([], "Usage: griot COMMAND"),
    ],
)
def test_wrong_usage_is_told_with_status_2_before_anything_is_opened(words, complaint, griot):
    library = FakeLibrary()

    status, out, err = griot(*words, library=library)

    assert (status, out, complaint in err, library.calls) == (2, "", True, [])


def test_skipped_files_are_mentioned_on_standard_error(griot):
    report = IngestReport(
        unchanged=1, skipped=(Skipped("a\x1b.bin", Reason.OTHER(text="not text")),)
    )

    _, out, err = griot("ask", "who?", library=FakeLibrary(report=report))

    assert (err, "skipped" in out) == ("griot: skipped a.bin (not text)\n", False)


def test_index_without_a_path_reads_the_corpus(griot, tmp_path):
    (tmp_path / "corpus").mkdir()
    library = FakeLibrary(report=IngestReport(new=("a.txt",)))

    status, out, _ = griot("index", library=library)

    assert (status, library.calls) == (0, ["open", ("ingest", tmp_path / "corpus"), "close"])
    assert out == ("new      a.txt\n1 new, 0 changed, 0 unchanged, 0 removed, 0 skipped\n")


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (["a", "b.txt"], [("ingest", Path("a"), Path("b.txt"))]),
        (["--rebuild"], ["rebuild", "refresh"]),
    ],
)
def test_index_reads_the_given_paths_and_rebuilds_first(words, calls, griot):
    library = FakeLibrary()

    griot("index", *words, library=library)

    assert library.calls == ["open", *calls, "close"]


def test_index_fails_where_nothing_could_be_indexed(griot):
    report = IngestReport(skipped=(Skipped("a.bin", Reason.OTHER(text="it is not text")),))

    status, out, err = griot("index", "a.bin", "--json", library=FakeLibrary(report=report))

    assert err == f"griot: nothing could be indexed; give it articles as files ({KINDS})\n"
    skipped = [{"location": "a.bin", "reason": "it is not text"}]
    assert (status, json.loads(out)["skipped"]) == (1, skipped)


GONE = "https://gone.example/rain"
NO_ADDRESS = "is no http or https address; check it, and begin it with https://"


@pytest.mark.parametrize(
    ("link", "shown", "reason"),
    [
        (GONE, GONE, f"{GONE} cannot be found; check the address"),
        ("ftp://me:secret@a.example/", "ftp://a.example/", f"'ftp://a.example/' {NO_ADDRESS}"),
        ("http://[::1/", "http://[::1/", f"'http://[::1/' {NO_ADDRESS}"),
        ("http://xn--/", "http://xn--/", f"'http://xn--/' {NO_ADDRESS}"),
    ],
)
def test_index_reads_addresses_beside_paths(griot, link, shown, reason):
    """What is at an address is kept in the corpus; one that cannot be had is skipped."""
    told = griot("index", "a.txt", link, "--json")

    skipped = [{"location": shown, "reason": reason}]
    assert (told[0], json.loads(told[1])["skipped"]) == (0, skipped)


def test_index_of_an_address_alone_fails_with_its_reason(griot):
    """It is not told to give a file, which the reason does where that helps."""
    status, out, err = griot("index", GONE)

    skipped = f"skipped  {GONE}: {GONE} cannot be found; check the address"
    assert (status, out.splitlines()[0]) == (1, skipped)
    assert err == "griot: nothing could be indexed\n"


def test_sources_lists_each_and_how_it_is_doing(griot, tmp_path):
    read, due = (
        datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        for seconds in (1_750_000_000, 1_750_000_900)
    )
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "sources.txt").write_text("https://me:secret@a.example/feed\nhttps://b.example/\n")
    status, out, err = griot("sources")
    assert (status, out.splitlines()[2:4], err.startswith("griot: nothing has been read")) == (
        0,
        ["https://a.example/feed", "  0 articles; not read yet; next as soon as it is watched"],
        True,
    )
    (tmp_path / "home").mkdir()
    with closing(WatchTables(tmp_path / "home" / FILE)) as store:
        feed = SourceState(
            name="https://a.example/feed",
            succeeded=1_750_000_000.0,
            due=1_750_000_900.0,
            articles=3,
            newest="2025-06-15",
        )
        store.put_state(feed)
        store.put_state(
            SourceState(
                name="https://b.example/", due=None, error=Reason.OTHER(text="gone"), failures=1
            )
        )
    assert griot("sources")[1].splitlines()[2:] == [
        "https://a.example/feed",
        f"  3 articles, the newest of 2025-06-15; read {read}; next {due}",
        "https://b.example/",
        "  0 articles; not read yet; not read again, it is gone",
        "  gone",
    ]
    assert json.loads(griot("sources", "--json")[1])[1] == {
        "name": "https://a.example/feed",
        "succeeded": "2025-06-15T15:06:40+00:00",
        "due": "2025-06-15T15:21:40+00:00",
        "failures": 0,
        "error": "",
        "articles": 3,
        "newest": "2025-06-15",
    }


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"The market opened.", "txt"),
        (b"<!doctype html><p>The market opened.", "html"),
        (b'{"text": "The market opened."}\n{"text": "It closed."}\n', "jsonl"),
    ],
)
def test_index_reads_standard_input_and_keeps_it_as_a_file(
    content, suffix, griot, monkeypatch, tmp_path
):
    """Its format is told by its content, and its name by that, so that it is known again."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    library = FakeLibrary(report=IngestReport(new=("stdin",)), corpus=tmp_path / "corpus")

    status, out, err = griot("index", "-", library=library)

    (kept,) = (tmp_path / "corpus" / "added").iterdir()
    assert (status, out.splitlines()[0], err) == (0, "new      stdin", "")
    assert (kept.read_bytes(), kept.name) == (content, f"stdin-{sha256(content)[:8]}.{suffix}")
    assert library.calls == ["open", ("ingest", kept), "close"]


def test_index_of_an_empty_standard_input_fails(griot, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b" \n")))

    status, out, _ = griot("index", "-")

    assert (status, out.splitlines()[0]) == (1, "skipped  standard input: empty")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_index_of_an_empty_corpus_is_done_where_a_program_added_articles(griot, tmp_path):
    (tmp_path / "corpus").mkdir()
    library = FakeLibrary(stored=(GOITA,), report=IngestReport())

    assert griot("index", library=library) == (
        0,
        "0 new, 0 changed, 0 unchanged, 0 removed, 0 skipped\n",
        "",
    )


def test_search_gives_ranked_passages(griot):
    library = FakeLibrary()

    status, out, _ = griot("search", "africa", "corps", "-k", "3", "--json", library=library)

    assert (status, ("search", "africa corps", 3) in library.calls) == (0, True)
    assert json.loads(out) == {
        "question": "africa corps",
        "passages": [
            {
                "rank": 1,
                "article_id": CLOSEST.article.id,
                "title": "Africa Corps",
                "outlet": "Sahel Post",
                "url": "https://news.example/corps",
                "published": "2025-06-24",
                "page": None,
                "text": "Africa Corps stays.",
                "start": 22,
                "end": 41,
                "score": 0.25,
                "lexical": 0.5,
                "similarity": 0.125,
                "coverage": 0.75,
                "found_by": ["lexical", "dense"],
            }
        ],
    }


def test_show_prints_the_stored_text_or_all_of_an_article_as_json(griot):
    assert griot("show", "goita") == (0, GOITA.text, "")
    _, out, _ = griot("show", "goita", "--json")

    assert json.loads(out) == {
        "article_id": "goita.txt",
        "title": "Goïta in Moscow",
        "outlet": None,
        "url": None,
        "published": None,
        "text": GOITA.text,
        "content_hash": "1",
    }


def test_answers_lists_past_answers_with_their_ids(griot):
    library = FakeLibrary([ANSWER, REFUSAL])

    assert griot("answers", "-n", "5", library=library) == (
        0,
        (
            "7k3fq2  2025-06-25 12:00 UTC  answered         who accompanied Goïta?\n"
            "7k3fq2  2025-06-25 12:00 UTC  not in corpus    who won?\n"
        ),
        "",
    )
    assert ("last_answers", 5) in library.calls
    assert json.loads(griot("answers", "--json")[1]) == [
        {
            "id": "7k3fq2",
            "when": "2025-06-25T12:00:00+00:00",
            "question": "who accompanied Goïta?",
            "outcome": "answered",
        }
    ]


def test_where_there_is_nothing_to_list_it_is_said_what_to_do(griot, tmp_path):
    library = FakeLibrary([], stored=())

    assert griot("answers", library=library) == (
        0,
        "",
        "griot: no answer is kept yet; ask a question: griot ask QUESTION\n",
    )
    assert griot("show", library=library) == (
        0,
        "",
        (
            f"griot: no article is indexed yet; put some into the folder {tmp_path / 'corpus'} "
            "and run: griot index\n"
        ),
    )


def test_why_shows_how_an_answer_came_about(griot):
    library = FakeLibrary()

    status, out, _ = griot("why", "7k3fq2", library=library)

    assert (status, ("trace", "7k3fq2") in library.calls) == (0, True)
    assert ANSWER.question in out
    assert all(citation.quote in out for citation in ANSWER.citations)
    assert json.loads(griot("why", "--json", "7k3fq2")[1])["question"] == ANSWER.question


def test_show_without_an_id_lists_the_articles(griot):
    assert griot("show")[1] == (
        "goita.txt  Goïta in Moscow\n"
        "https://news.example/corps  Africa Corps · Sahel Post · 2025-06-24\n"
    )
    assert [each["article_id"] for each in json.loads(griot("show", "--json")[1])] == [
        "goita.txt",
        "https://news.example/corps",
    ]


@pytest.mark.parametrize(
    ("failing", "end"),
    [
        ({"refresh": CorpusError("corpus is empty")}, (1, "", "griot: corpus is empty\n")),
        (
            {"open": OSError(28, "No space left on device")},
            (1, "", "griot: No space left on device\n"),
        ),
        (
            {"open": ValueError("the key is sesame")},
            (
                1,
                "",
                "griot: a bug, ValueError. Run it again with --debug and report what it prints.\n",
            ),
        ),
        ({"refresh": KeyboardInterrupt()}, (130, "", "")),
    ],
)
def test_what_fails_is_one_line_and_a_bug_keeps_its_words_to_itself(failing, end, griot):
    assert griot("ask", "who?", library=FakeLibrary(failing=failing, stored=())) == end


def test_a_locked_index_still_answers(griot):
    library = FakeLibrary(failing={"refresh": IndexLocked("another griot is writing")})

    status, _, err = griot("ask", "who?", library=library)

    assert (status, err) == (
        0,
        "griot: another griot is writing; using the articles indexed so far\n",
    )


@pytest.mark.parametrize("words", [("--debug", "ask", "x"), ("ask", "x", "--debug")])
def test_debug_shows_the_traceback(words, griot):
    _, _, err = griot(*words, library=FakeLibrary(failing={"open": ValueError("why")}))

    assert err.startswith("Traceback")
    assert "ValueError: why" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ask", "-"], "griot: type the question; Ctrl-D ends it\n"),
        (["chat", "--json"], "griot: each line is a question; Ctrl-D ends the conversation\n"),
    ],
)
def test_a_person_at_a_terminal_is_told_what_is_waited_for(words, said, griot, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Tty("who?\n"))

    assert griot(*words)[2] == said


# Runs griot, and presses Ctrl-C as soon as a module is looked for, or as Python ends.
PRESSED = """
import atexit, os, runpy, signal, sys

def press():
    os.kill(os.getpid(), signal.SIGINT)

class Pressing:
    def find_spec(self, name, *_):
        if name == moment:
            press()

moment = sys.argv.pop(1)
if moment == "the end":
    atexit.register(press)
sys.meta_path.insert(0, Pressing())
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("moment", "status"),
    [("bot.cli", -signal.SIGINT), ("typer", 130), ("the end", -signal.SIGINT)],
)
def test_ctrl_c_shows_no_traceback_from_the_first_import_to_the_end(moment, status):
    done = subprocess.run(
        [sys.executable, "-c", PRESSED, moment, "ask", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (status, "")


def test_doctor_says_how_each_part_is(griot, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("An article.", encoding="utf-8")

    status, out, _ = griot("doctor")

    places = out.replace(str(tmp_path), "…")
    embedded, languages = "embedded, 47 MB", "measured in en, es, ru"
    assert status == 0
    assert re.sub(r"\d+ ms", "N ms", places).splitlines()[2:] == [
        "ok   home      …/home",
        "ok   corpus    …/corpus, 1 file",
        "ok   index     2 articles, 5 passages, 1.2 MB, made with fake/1",
        f"ok   embedder  fake/1, {embedded}, {languages}, 4 dimensions, a line in N ms",
        f"ok   reader    embedded, 71 MB, {languages}, judges too, a line in N ms",
        "ok   model     no chat model: the embedded reader answers",
    ]


def test_doctor_names_what_of_the_corpus_is_not_read(griot, tmp_path):
    desk = Desk(tmp_path)
    for name in ("a.txt", "b.rtf", "c.rtf", "d.jpg"):
        desk.put(name, "An article.")
    desk.put_deep("north" * 40, 25)

    _, out, _ = griot("doctor", "--json")

    corpus = next(check for check in json.loads(out) if check["name"] == "corpus")
    deep = f"{'north' * 16}…{('north' * 16)[1:]}: its path is too long to be opened; shorten it"
    assert (corpus["state"], corpus["detail"].removeprefix(str(tmp_path))) == (
        "warn",
        f"/corpus, 1 file; of kinds that are not read: 2 .rtf, 1 .jpg; {deep}",
    )


def test_doctor_asks_a_chat_model_and_a_verifier(tmp_path, capsys):
    """The server's list and one call each; a model that is not listed is told."""
    assembly = FakeAssembly(tmp_path / "home", model=FakeChat(["yes"]), support=FakeVerifier())
    main(["doctor"], assemble=lambda: assembly)
    absent_from_list = "2 models listed, not this one: scripted, another"
    absent = FakeAssembly(tmp_path / "home", model=FakeChat(["yes"], name="llama"))
    main(["doctor"], assemble=lambda: absent)
    lines = re.sub(r"\d+ ms", "N ms", capsys.readouterr().out).splitlines()
    assert [line for line in lines if re.match(r"\w+ +(?:model|verifier)", line)] == [
        "ok   model     scripted, at localhost, 2 models listed, a word in N ms",
        "ok   verifier  counting, at localhost, a claim in N ms",
        f"ok   model     llama, at localhost, {absent_from_list}, a word in N ms",
    ]


def test_doctor_fails_where_the_chat_model_does(tmp_path, capsys):
    """The server's answer stands there, with its remedy."""
    fault = ModelError("localhost:11434 has no model scripted; ollama pull scripted")
    assembly = FakeAssembly(
        tmp_path / "home", model=FakeChat([fault]), support=FakeVerifier(ModelError("It is down."))
    )
    assert main(["doctor"], assemble=lambda: assembly) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"fail model     {fault} (2 models listed)" in lines
    assert "fail verifier  It is down." in lines


def test_doctor_fails_with_the_remedy_where_there_is_nothing_to_read(griot):
    status, out, _ = griot("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(out)}
    assert status == 1
    assert (checks["corpus"]["state"], checks["corpus"]["remedy"]) == (
        "fail",
        "Put articles there, or set GRIOT_CORPUS.",
    )


@pytest.mark.parametrize(
    ("failing", "fault"),
    [
        ("verify", IndexDamaged(Reason.CHANGED_STORE(file=".griot/lexical-3.1/a.fast"))),
        ("status", StorageFull(Reason.UNWRITABLE(home="home", error="File exists"))),
    ],
)
def test_doctor_fails_where_the_index_cannot_be_used(failing, fault, griot, tmp_path):
    (tmp_path / "home").mkdir()

    status, out, _ = griot("doctor", "--json", library=FakeLibrary(failing={failing: fault}))

    index = next(check for check in json.loads(out) if check["name"] == "index")
    assert (status, index["state"], index["detail"]) == (1, "fail", str(fault))


def test_doctor_warns_of_articles_that_cannot_be_searched_yet(griot, tmp_path):
    (tmp_path / "home").mkdir()

    _, out, _ = griot("doctor", "--json", library=FakeLibrary(pending=1))

    index = next(check for check in json.loads(out) if check["name"] == "index")
    assert (index["state"], index["remedy"]) == ("warn", "Run griot index.")


def test_the_help_names_every_command():
    listed = re.findall(r"^  ([a-z]+) .*  ", usage(), re.MULTILINE)

    assert sorted(listed) == sorted(typer.main.get_command(commands()).commands)


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_the_help_is_printed(words, capsys):
    assert (main(words), capsys.readouterr().out) == (0, usage())


EXEMPLIFIED = [
    *"ask chat index watch sources search show answers why check compare doctor".split(),
    *("feedback export", "import squad"),
]


@pytest.mark.parametrize("command", EXEMPLIFIED)
def test_the_help_of_each_command_has_an_example(command, capsys):
    assert main([*command.split(), "--help"]) == 0
    assert f"Examples:\n    griot {command}" in capsys.readouterr().out


def test_the_help_imports_nothing_heavy():
    program = "import sys; from bot.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    heavy = {"typer", "rich", "pydantic", "rag.types", "chromadb", "onnxruntime", "asyncio"}
    assert heavy & set(done.stdout.split()) == set()


def test_a_reader_that_goes_away_is_met_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--help"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


def test_a_pipe_is_utf_8_whatever_the_locale():
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    assert done.stdout.decode("utf-8") == usage()


def test_a_shell_completes_commands_and_options(tmp_path):
    """Once it was installed, also where griot is typed with its path."""
    griot = Path(sys.executable).parent / "griot"
    script = f"""
        {griot} --install-completion >/dev/null && source ~/.bashrc
        completed() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _griot_completion "$1"
                      echo "${{COMPREPLY[@]}}"; }}
        complete -p griot; completed griot s; completed {griot} index --re
    """
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == (
        "complete -o default -F _griot_completion griot\nsources search show\n--rebuild\n",
        "",
    )


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "seconds", "drawn"),
    [(Tty(), 2.0, True), (Tty(), 0.5, False), (io.StringIO(), 2.0, False)],
)
def test_a_bar_is_drawn_on_a_terminal_once_a_second_has_passed(stream, seconds, drawn, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    clock = iter([0.0, seconds])

    with Bar(stream, lambda: next(clock)) as bar:
        bar(1, 4, "[reading] articles")

    assert ("[reading] articles" in stream.getvalue()) is drawn
