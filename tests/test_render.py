import io
import json
from dataclasses import replace

from bot import render
from bot.doctor import Check, State
from fake_library import ANSWER, CAMARA, CLOSEST, CORPS, GOITA, REFUSAL, WAGNER, cited
from rag.ingest import IngestReport
from rag.sources import Skipped
from rag.types import Answer, Claim, Outcome


class Tty(io.StringIO):
    def isatty(self):
        return True


def shown(lines):
    stream = Tty()
    render.show(lines, stream)
    return stream.getvalue()


def test_an_answer_is_its_claims_then_what_differs_then_each_source_with_its_quote():
    assert render.plain(render.answer_lines(ANSWER)) == (
        "General Sadio Camara accompanied Goïta. [1]\n"
        "Wagner has left. [2][1]\n"
        "\n"
        "The articles differ on Wagner\n"
        "[1] goita.txt · no date\n"
        "[2] Sahel Post · 2025-06-24\n"
        "\n"
        "Sources\n"
        "[1] goita.txt · Goïta in Moscow · no date\n"
        "    “General Sadio Camara accompanied Goïta.”\n"
        "[2] Sahel Post · Africa Corps · 2025-06-24\n"
        "    https://news.example/corps\n"
        "    “Wagner has left Mali.”\n"
    )


def test_a_partial_answer_says_so_first():
    partly = replace(
        ANSWER,
        outcome=Outcome.PARTLY_ANSWERED,
        disagreements=(),
        unanswered=("when did he leave?",),
    )

    assert render.plain(render.answer_lines(partly)).splitlines()[:7] == [
        "The articles answer this in part.",
        "",
        "General Sadio Camara accompanied Goïta. [1]",
        "Wagner has left. [2][1]",
        "The articles do not say: when did he leave?",
        "",
        "Sources",
    ]


def test_a_refusal_shows_the_closest_passages_as_no_answer_and_without_marks():
    assert render.plain(render.answer_lines(REFUSAL)) == (
        "The articles do not say.\n"
        "\n"
        "Closest passages (they do not answer the question):\n"
        "  Sahel Post · Africa Corps · 2025-06-24\n"
        "    Africa Corps stays.\n"
    )


def test_a_refusal_with_nothing_close_is_one_line():
    bare = replace(REFUSAL, closest=())

    assert render.plain(render.answer_lines(bare)) == "The articles do not say.\n"


def test_an_unknown_outlet_is_shown_by_the_host_of_the_address():
    article = replace(CORPS, outlet=None)

    assert render.plain(render.article_list([article])) == (
        "news.example · Africa Corps · 2025-06-24\n"
    )


def test_the_json_of_an_answer_holds_everything_numbered_by_the_citations():
    camara = {
        "article_id": "goita.txt",
        "title": "Goïta in Moscow",
        "outlet": None,
        "url": None,
        "published": None,
    }
    corps = {
        "article_id": "https://news.example/corps",
        "title": "Africa Corps",
        "outlet": "Sahel Post",
        "url": "https://news.example/corps",
        "published": "2025-06-24",
    }
    assert json.loads(render.json_line(render.answer_dict(ANSWER))) == {
        "question": "who accompanied Goïta?",
        "standalone_question": "who accompanied Goïta?",
        "outcome": "answered",
        "confidence": 0.87,
        "text": "General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1]",
        "claims": [
            {
                "text": "General Sadio Camara accompanied Goïta.",
                "support": 0.9,
                "citations": [1],
            },
            {"text": "Wagner has left.", "support": 0.5, "citations": [2, 1]},
        ],
        "citations": [
            {"n": 1, **camara, "quote": CAMARA.quote, "start": CAMARA.start, "end": CAMARA.end},
            {"n": 2, **corps, "quote": WAGNER.quote, "start": 0, "end": 21},
        ],
        "closest": [],
        "unanswered": [],
        "disagreements": [{"topic": "Wagner", "citations": [1, 2]}],
        "mode": "reader",
        "timings_ms": {"search": 12.0},
        "usage": {},
    }


def test_the_json_of_a_refusal_holds_no_citation_but_the_closest_passages():
    refusal = render.answer_dict(REFUSAL)

    assert (refusal["text"], refusal["claims"], refusal["citations"]) == ("", [], [])
    assert refusal["closest"] == [
        {
            "article_id": "https://news.example/corps",
            "title": "Africa Corps",
            "outlet": "Sahel Post",
            "url": "https://news.example/corps",
            "published": "2025-06-24",
            "text": "Africa Corps stays.",
            "start": 22,
            "end": 41,
            "score": 0.25,
        }
    ]


def test_passages_are_shown_with_their_scores_and_what_found_them():
    assert render.plain(render.evidence_lines([CLOSEST])) == (
        " 1  0.250  Sahel Post · Africa Corps · 2025-06-24\n"
        "    lexical 0.500 · similarity 0.125 · coverage 0.750 · found by lexical, dense\n"
        "    Africa Corps stays.\n"
    )


def test_a_source_is_shown_in_its_paragraph_with_the_quote_between_marks():
    assert render.plain(render.around(CAMARA)) == (
        "goita.txt · Goïta in Moscow · no date\n"
        "»General Sadio Camara accompanied Goïta.« They met Putin.\n"
    )


def test_a_paragraph_without_end_is_cut_around_the_quote():
    article = replace(GOITA, text="a" * 900 + "QUOTE" + "b" * 900)

    text = render.around(cited(article, "QUOTE"))[1].text

    assert text == "…" + "a" * 500 + "»QUOTE«" + "b" * 500 + "…"


def test_a_report_names_each_file_and_why_it_was_skipped():
    report = IngestReport(
        new=("a.txt",),
        changed=("b.txt",),
        unchanged=1234,
        removed=("c.txt",),
        skipped=(Skipped("d.bin", "it is not text"),),
    )

    assert render.plain(render.report_lines(report)) == (
        "new      a.txt\n"
        "changed  b.txt\n"
        "removed  c.txt\n"
        "skipped  d.bin: it is not text\n"
        "1 new, 1 changed, 1,234 unchanged, 1 removed, 1 skipped\n"
    )
    assert render.report_dict(report) == {
        "new": ["a.txt"],
        "changed": ["b.txt"],
        "unchanged": 1234,
        "removed": ["c.txt"],
        "skipped": [{"location": "d.bin", "reason": "it is not text"}],
        "indexed": 1236,
    }


def test_of_many_new_articles_the_first_are_named_and_the_rest_counted():
    report = IngestReport(new=tuple(f"{number:02}.txt" for number in range(25)))

    assert render.plain(render.report_lines(report)).splitlines()[19:] == [
        "new      19.txt",
        "         and 5 more",
        "25 new, 0 changed, 0 unchanged, 0 removed, 0 skipped",
    ]


def test_skipped_files_are_mentioned_in_one_line():
    skipped = [Skipped(f"{name}.bin", "not text") for name in "abcde"]

    assert render.skipped_line(skipped) == (
        "skipped a.bin (not text), b.bin (not text), c.bin (not text) and 2 more; "
        "griot index names them all"
    )


def test_a_check_has_its_remedy_under_it():
    checks = [
        Check("python", State.OK, "3.11.7"),
        Check("corpus", State.FAIL, "corpus is not a folder", "Put articles there."),
    ]

    assert render.plain(render.check_lines(checks)) == (
        "ok   python    3.11.7\n"
        "fail corpus    corpus is not a folder\n"
        "               Put articles there.\n"
    )


def test_a_long_title_is_cut_between_words():
    assert render.shortened("Mali’s military ruler, General Assimi Goïta", 37) == (
        "Mali’s military ruler, General…"
    )


def test_a_text_without_spaces_is_cut_anyway():
    assert render.shortened("马" * 50, 10) == "马" * 9 + "…"


def test_control_characters_and_halves_of_characters_never_reach_a_terminal():
    assert render.printable("a\x1b[31m\x07b\nc\td\ud800\x9be") == "a[31mb c de"


def test_words_that_look_like_markup_are_printed_literally_on_a_terminal():
    hostile = replace(GOITA, text="[bold]x[/bold] :smile: [link=y]z[/link]", title="[red]t")
    quote = cited(hostile, hostile.text)
    answer = Answer(
        question="q",
        standalone_question="q",
        outcome=Outcome.ANSWERED,
        claims=(Claim(text=hostile.text, citations=(quote,), support=1.0),),
    )

    terminal = shown(render.answer_lines(answer))

    assert terminal.count("[bold]x[/bold] :smile: [link=y]z[/link]") == 2
    assert "[red]t" in terminal


def test_a_quote_stays_indented_where_a_terminal_wraps_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    assert shown([render.line("eleven chars and more", indent=4)]) == (
        "    eleven chars and\n    more\n"
    )


def test_a_pipe_gets_long_lines_whole():
    stream = io.StringIO()
    render.show([render.line("word " * 100 + "end", indent=4)], stream)

    assert stream.getvalue() == "    " + "word " * 100 + "end\n"


def test_colours_are_for_terminals_that_want_them(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = shown(render.answer_lines(ANSWER))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = shown(render.answer_lines(ANSWER))

    assert ("\x1b[1;36m[1]" in coloured, "36m" in plain) == (True, False)
