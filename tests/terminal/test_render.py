import io
import json
from dataclasses import replace
from datetime import UTC, datetime

from bot import console
from bot.console import Style
from bot.terminal import index, render
from fake_library import (
    ANSWER,
    CAMARA,
    CLOSEST,
    COPIES,
    CORPS,
    GOITA,
    REFUSAL,
    REPLY,
    UNSURE,
    WAGNER,
    cited,
    kept,
)
from rag.grounding.change import Change, Novelty
from rag.index.answers import Version
from rag.index.ingest import IngestReport
from rag.reasons import Reason
from rag.types import Answer, Claim, Noted, Outcome, Passage, Sentence, Skipped


class Tty(io.StringIO):
    def isatty(self):
        return True


def shown(lines):
    stream = Tty()
    console.show(lines, stream)
    return stream.getvalue()


BARE = {"page": None, "also": []}
GOITA_JSON = {
    "article_id": "goita.txt",
    "title": "Goïta in Moscow",
    "outlet": None,
    "url": None,
    "published": None,
}
CORPS_JSON = {
    "article_id": "https://news.example/corps",
    "title": "Africa Corps",
    "outlet": "Sahel Post",
    "url": "https://news.example/corps",
    "published": "2025-06-24",
}


def citations_json(goita, corps):
    """The citations of ANSWER, with what is told of their articles."""
    common = {"page": None, "also": []}
    return [
        {"n": 1, **goita, **common, "quote": CAMARA.quote, "start": 21, "end": 60},
        {"n": 2, **corps, **common, "quote": WAGNER.quote, "start": 0, "end": 21},
    ]


def test_an_answer_is_its_claims_then_what_differs_then_each_source_with_its_quote():
    assert console.plain(render.answer_lines(ANSWER)) == (
        "General Sadio Camara accompanied Goïta. [1]\n"
        "Wagner has left. [2][1]\n"
        "\n"
        "The articles differ on Wagner\n"
        "[1] no date\n"
        "[2] Sahel Post · 2025-06-24\n"
        "\n"
        "Sources\n"
        "[1] Goïta in Moscow\n"
        "[2] Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps\n"
        "    “Wagner has left Mali.”\n"
    )


def test_copies_are_counted_and_the_first_are_named_and_in_the_trace_all():
    """Each copy keeps its address; the JSON has all that is known of each."""
    told = replace(ANSWER, also={CORPS.id: COPIES})
    at = [copy.url for copy in COPIES]
    lines = console.plain(render.answer_lines(told)).split("\n")
    assert f"    also in 4 others: {' · '.join(at[:3])} · …" in lines
    trace = render.trace_lines(told, dict.fromkeys(told.articles, Version.CURRENT))
    assert f"    also in 4 others: {' · '.join(at)}" in console.plain(trace).split("\n")
    also = [citation["also"] for citation in render.answer_dict(told)["citations"]]
    assert [[copy["url"] for copy in copies] for copies in also] == [[], at]


def test_an_answer_in_part_says_so_and_names_its_parts_and_what_is_missing():
    named = (
        replace(ANSWER.claims[0], part="Who came along?"),
        Claim(text="Putin smiled.", citations=(), support=0.1, part="Who smiled?"),
    )
    partly = replace(
        ANSWER,
        outcome=Outcome.PARTLY_ANSWERED,
        claims=named,
        disagreements=(),
        unanswered=("When did he leave?",),
    )

    assert render.answer_lines(partly)[:6] == (
        console.line(("The articles answer this in part.", Style.HEAD)),
        console.BLANK,
        console.line(("Who came along? ", Style.HEAD), CAMARA.quote, " ", ("[1]", Style.MARK)),
        console.line(
            ("Who smiled? ", Style.HEAD),
            "Putin smiled.",
            " ",
            ("(not supported by the articles)", Style.WARNING),
        ),
        console.line("The articles do not say: When did he leave?"),
        console.BLANK,
    )


def test_remarks_and_the_way_to_the_trace_come_last():
    remark = Reason.MODEL_FAILED(error="It is down.")
    for answer in (ANSWER, REFUSAL, replace(REFUSAL, outcome=Outcome.FAILED)):
        told = replace(answer, id="7k3fq2", remarks=(remark,))
        assert render.answer_lines(told) == (
            *render.answer_lines(answer),
            console.BLANK,
            console.line(("Answered by the embedded reader. It is down.", Style.FAINT)),
            console.line(("griot why 7k3fq2", Style.FAINT)),
        )


WHY = Reason.NOT_BORNE_OUT()
WHEN = datetime(2025, 7, 1, 9, 30, tzinfo=UTC)
KEPT = kept(
    when=WHEN,
    standalone_question="who accompanied Goïta to Moscow?",
    mode="chat",
    model="small-chat",
    unanswered=("when did he leave?",),
    evidence=(CLOSEST,),
    left_out=(Claim(text="He met Macron.", citations=(), support=0.21, reason=WHY),),
    remarks=(Reason.LEFT_OUT(n=1),),
    usage={"prompt": 1900, "completion": 40},
)
THEN = dict(zip(KEPT.articles, (Version.GONE, Version.CHANGED), strict=True))


def test_the_trace_of_an_answer_shows_old_quotes_and_which_version_they_come_from():
    assert console.plain(render.trace_lines(KEPT, THEN)) == (
        "answer     7k3fq2\n"
        "asked      who accompanied Goïta?\n"
        "searched   who accompanied Goïta to Moscow?\n"
        "when       2025-07-01 09:30:00 UTC\n"
        "outcome    answered, confidence 0.87\n"
        "written by chat, small-chat\n"
        "took       search 12 ms\n"
        "tokens     prompt 1,900, completion 40\n"
        "\n"
        "General Sadio Camara accompanied Goïta. [1]  support 0.90\n"
        "Wagner has left. [2][1]  support 0.50\n"
        "The articles do not say: when did he leave?\n"
        "\n"
        "The articles differ on Wagner\n"
        "[1] no date\n"
        "[2] Sahel Post · 2025-06-24\n"
        "\n"
        "Sources\n"
        "[1] Goïta in Moscow\n"
        "    from version 1; the article is gone\n"
        "[2] Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps\n"
        "    “Wagner has left Mali.”\n"
        "    from version 2 of 2025-06-24; the article has changed since\n"
        "\n"
        "Evidence\n"
        " 1  0.250  Africa Corps · Sahel Post · 2025-06-24\n"
        "    characters 22 to 41 of https://news.example/corps · lexical 0.500 · "
        "similarity 0.125 · coverage 0.750 · found by lexical, dense\n"
        "    from version 2 of 2025-06-24; the article has changed since\n"
        "\n"
        "Left out\n"
        "He met Macron.  support 0.21, the articles do not bear it out\n"
        "\n"
        "Remarks\n"
        "A sentence was left out, which the articles do not bear out.\n"
    )


def test_the_json_of_a_trace_adds_the_evidence_and_what_became_of_each_article():
    goita = GOITA_JSON | {"content_hash": "1", "version": "gone"}
    corps = CORPS_JSON | {"content_hash": "2", "version": "changed"}
    told = json.loads(console.json_line(render.trace_dict(KEPT, THEN)))
    answer = json.loads(console.json_line(render.answer_dict(KEPT)))
    del answer["text"]
    assert told == answer | {
        "when": "2025-07-01T09:30:00+00:00",
        "left_out": [{"text": "He met Macron.", "support": 0.21, "reason": str(WHY)}],
        "citations": citations_json(goita, corps),
        "evidence": [
            {
                "rank": 1,
                **corps,
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


def test_a_citation_of_a_printed_document_names_its_page():
    """Beside a single quote's article, and beside each of several quotes of one article."""
    corps = replace(CORPS, pages=(0, 22))
    left, stays = cited(corps, WAGNER.quote), cited(corps, "Africa Corps stays.")
    claim = Claim(text="It stays.", citations=(stays,), support=1.0)
    one = replace(ANSWER, claims=(claim,), disagreements=())
    said = "Wagner has left Mali."
    two = replace(one, claims=(Claim(text=said, citations=(left, stays), support=1.0),))

    def below(answer):
        return console.plain(render.answer_lines(answer)).partition("Sources\n")[2]

    assert below(one) == (
        "[1] Africa Corps · Sahel Post · 2025-06-24 · p. 2\n"
        "    https://news.example/corps\n"
        "    “Africa Corps stays.”\n"
    )
    assert below(two) == (
        "[1][2] Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps\n"
        "    [1] p. 1\n"
        "    [2] p. 2: “Africa Corps stays.”\n"
    )
    assert [each["page"] for each in render.answer_dict(two)["citations"]] == [1, 2]
    assert render.around(stays)[0].text == "Africa Corps · Sahel Post · 2025-06-24 · p. 2"


def test_a_refusal_is_one_line():
    assert console.plain(render.answer_lines(REFUSAL)) == "The articles do not say.\n"


def test_a_reply_is_its_lines_over_the_articles_that_it_lists():
    assert console.plain(render.answer_lines(kept(REPLY, id=""))) == (
        "I know 1 article, of 2025-06-24.\n"
        "The latest articles:\n"
        "- Africa Corps · Sahel Post · 2025-06-24\n"
        "  https://news.example/corps\n"
    )


def test_an_unsure_answer_shows_the_closest_quotes_under_one_line():
    assert console.plain(render.answer_lines(kept(UNSURE, id=""))) == (
        "I’m not sure that the articles answer this. The closest:\n"
        "[1] Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps\n"
        "    “Wagner has left Mali.”\n"
        "[2] Goïta in Moscow\n"
        "    “General Sadio Camara accompanied Goïta.”\n"
    )


def test_news_have_the_closest_quotes_where_the_answer_before_was_unsure():
    change = Change(Novelty.FIRST, (Claim(text="Goïta", citations=(CAMARA,), support=1.0),))
    unsure = replace(UNSURE, closest=(WAGNER,))
    assert console.plain(render.news_lines("Who met Putin?", unsure, change)) == (
        "There is an answer now: Who met Putin?\n"
        "Before:\n"
        "I’m not sure that the articles answer this. The closest:\n"
        "Wagner has left Mali. [1]\n"
        "Now:\n"
        "Goïta [2]\n"
        "\n"
        "Sources\n"
        "[1] Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps\n"
        "[2] Goïta in Moscow\n"
        "    “General Sadio Camara accompanied Goïta.”\n"
    )


def test_the_json_of_an_answer_holds_everything_numbered_by_the_citations():
    assert json.loads(console.json_line(render.answer_dict(ANSWER))) == {
        "id": "",
        "question": "who accompanied Goïta?",
        "standalone_question": "who accompanied Goïta?",
        "outcome": "answered",
        "confidence": 0.87,
        "text": "General Sadio Camara accompanied Goïta. [1] Wagner has left. [2][1]",
        "claims": [
            {
                "part": "",
                "text": "General Sadio Camara accompanied Goïta.",
                "support": 0.9,
                "citations": [1],
            },
            {"part": "", "text": "Wagner has left.", "support": 0.5, "citations": [2, 1]},
        ],
        "citations": citations_json(GOITA_JSON, CORPS_JSON),
        "closest": [],
        "reply": "",
        "listed": [],
        "unanswered": [],
        "disagreements": [{"topic": "Wagner", "kind": "contradictory", "citations": [1, 2]}],
        "remarks": [],
        "mode": "reader",
        "model": None,
        "timings_ms": {"search": 12.0},
        "usage": {},
    }


def test_the_json_of_an_unsure_answer_names_the_closest_of_its_citations_and_claims_nothing():
    unsure, refusal = render.answer_dict(UNSURE), render.answer_dict(REFUSAL)

    assert [each["quote"] for each in unsure["citations"]] == [WAGNER.quote, CAMARA.quote]
    assert (unsure["text"], unsure["claims"], unsure["closest"]) == ("", [], [1, 2])
    assert (refusal["text"], refusal["citations"], refusal["closest"]) == ("", [], [])


def test_passages_are_shown_with_their_scores_and_what_found_them():
    assert console.plain(render.evidence_lines([CLOSEST])) == (
        " 1  0.250  Africa Corps · Sahel Post · 2025-06-24\n"
        "    https://news.example/corps · lexical 0.500 · similarity 0.125 · coverage 0.750 · "
        "found by lexical, dense\n"
        "    Africa Corps stays.\n"
    )


def test_a_passage_is_shown_from_its_best_sentence_on():
    spans = ((0, 21, 0.25), (22, 41, 0.5))
    sentences = tuple(
        Sentence(start=start, end=end, similarity=similarity, coverage=0.0)
        for start, end, similarity in spans
    )
    whole = replace(CLOSEST, passage=Passage(CORPS.id, 0, 41), sentences=sentences)

    assert render.evidence_lines([whole])[-1].text == "    …Africa Corps stays."


def test_a_source_is_shown_in_its_paragraph_with_the_quote_between_marks():
    assert console.plain(render.around(CAMARA)) == (
        "Goïta in Moscow\n»General Sadio Camara accompanied Goïta.« They met Putin.\n"
    )
    article = replace(GOITA, text="a" * 900 + "QUOTE" + "b" * 900)
    text = render.around(cited(article, "QUOTE"))[1].text
    assert text == "…" + "a" * 500 + "»QUOTE«" + "b" * 500 + "…"


def test_a_report_names_each_file_and_why_it_was_skipped():
    report = IngestReport(
        new=("a.txt",),
        changed=("b.txt",),
        unchanged=1234,
        removed=("c.txt",),
        skipped=(Skipped("d.bin", Reason.EMPTY()),),
        others=((".pdf", 1200), ("", 1)),
        noted=(Noted("a.txt", Reason.READ_AS(encoding="CP1252")),),
    )

    assert console.plain(index.report_lines(report)) == (
        "new      a.txt\n"
        "changed  b.txt\n"
        "removed  c.txt\n"
        "skipped  d.bin: empty\n"
        "noted    a.txt: not UTF-8; read as CP1252\n"
        "not read 1,200 .pdf, 1 without a suffix\n"
        "1 new, 1 changed, 1,234 unchanged, 1 removed, 1 skipped\n"
    )
    assert index.report_dict(report) == {
        "new": ["a.txt"],
        "changed": ["b.txt"],
        "unchanged": 1234,
        "removed": ["c.txt"],
        "skipped": [{"location": "d.bin", "reason": "empty"}],
        "noted": [{"location": "a.txt", "remark": "not UTF-8; read as CP1252"}],
        "other_kinds": {".pdf": 1200, "": 1},
        "indexed": 1236,
    }


def test_of_many_new_articles_the_first_are_named_and_the_rest_counted():
    report = IngestReport(new=tuple(f"{number:02}.txt" for number in range(25)))

    assert console.plain(index.report_lines(report)).splitlines()[19:] == [
        "new      19.txt",
        "         and 5 more",
        "25 new, 0 changed, 0 unchanged, 0 removed, 0 skipped",
    ]


def test_skipped_files_are_mentioned_in_one_line():
    skipped = [Skipped(f"{name}.bin", Reason.EMPTY()) for name in "abcde"]

    assert index.skipped_line(skipped) == (
        "skipped a.bin (empty), b.bin (empty), c.bin (empty) and 2 more; griot index names them all"
    )


def test_a_long_title_is_cut_between_words_where_there_are_any():
    assert console.shortened("马" * 50, 10) == "马" * 9 + "…"
    assert console.shortened("Mali’s military ruler, General Assimi Goïta", 37) == (
        "Mali’s military ruler, General…"
    )


def test_control_characters_and_halves_of_characters_never_reach_a_terminal():
    assert console.printable("a\x1b[31m\x07b\nc\td\ud800\x9be") == "a[31mb c de"
    assert console.printable("invoice\u202efdp.exe\u2066x\u2069") == "invoicefdp.exex"


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

    assert terminal.count("[bold]x[/bold] :smile: [link=y]z[/link]") == 1
    assert "[red]t" in terminal


def test_a_quote_stays_indented_where_a_terminal_wraps_it_and_a_pipe_gets_it_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    lines = [console.line("eleven chars and more", indent=4)]
    assert shown(lines) == "    eleven chars and\n    more\n"
    pipe = io.StringIO()
    console.show(lines, pipe)
    assert pipe.getvalue() == "    eleven chars and more\n"


def test_colours_are_for_terminals_that_want_them(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = shown(render.answer_lines(ANSWER))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = shown(render.answer_lines(ANSWER))

    assert ("\x1b[1;36m[1]" in coloured, "36m" in plain) == (True, False)


def test_articles_that_differ_without_outlet_or_date_are_marks_behind_what_they_differ_on():
    bare = tuple(
        replace(each, article=replace(each.article, url=None, outlet=None, published=None))
        for each in ANSWER.citations
    )
    [differing] = ANSWER.disagreements
    answer = replace(
        ANSWER, claims=ANSWER.claims[:0], disagreements=(replace(differing, citations=bare),)
    )

    assert "\nThe articles differ on Wagner [1][2]\n" in console.plain(render.answer_lines(answer))


def test_the_frame_speaks_the_questions_language_and_quotes_and_errors_stay_as_they_are():
    asked = "Qui a accompagné le président à Moscou ?"
    answer = kept(
        UNSURE,
        question=asked,
        id="",
        remarks=(Reason.LEFT_OUT(n=1), Reason.MODEL_FAILED(error="It is gone.")),
    )

    assert console.plain(render.answer_lines(answer)) == (
        "Je ne suis pas sûr que les articles y répondent. Les passages les plus proches\u202f:\n"
        "[1] Africa Corps · Sahel Post · 24 juin 2025\n"
        "    https://news.example/corps\n"
        "    “Wagner has left Mali.”\n"
        "[2] Goïta in Moscow\n"
        "    “General Sadio Camara accompanied Goïta.”\n"
        "\n"
        "Une phrase que les articles ne confirment pas a été écartée.\n"
        "Answered by the embedded reader. It is gone.\n"
    )
