"""Questions about the bot or its collection are replied to from the catalog, and claim nothing."""

import asyncio
from datetime import date

import pytest

from rag.index.stores import Extent
from rag.library import Library
from rag.reasons import Reason
from rag.replying import known
from rag.types import Answer, Outcome
from rag.understanding.conversation import Turn

pytestmark = pytest.mark.models

BRIDGE = (
    "---\ntitle: Bridge opens in Torvik\noutlet: Torvik Post\npublished: 2024-03-04\n---\n"
    "The bridge over the Lang opened on Monday. Mayor Eva Lind walked over it first. "
    "It cost 40 million crowns. Ferries stop in May."
)
SCHOOL = (
    "---\ntitle: School closes in Halm\noutlet: Halm News\npublished: 2025-01-22\n---\n"
    "The village school of Halm closes in June. Only nine pupils are left there."
)
DAYS = {
    "first": Reason.DAY(day="2024-03-04"),
    "last": Reason.DAY(day="2025-01-22"),
}
INTRODUCTION = (
    Reason.I_AM(),
    Reason.KNOWN(n=2, **DAYS),
    Reason.OUTLETS(outlets="Halm News (1), Torvik Post (1)"),
)


APRIL = date(2024, 4, 3)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replies") / "corpus"
    folder.mkdir()
    (folder / "bridge.md").write_text(BRIDGE, encoding="utf-8")
    (folder / "school.md").write_text(SCHOOL, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def library(corpus):
    with Library.open(corpus.parent / ".griot", corpus=corpus) as opened:
        opened.refresh()
        yield opened


def ask(library: Library, question: str, *before: Answer) -> Answer:
    history = [Turn.of(answer) for answer in before]
    return asyncio.run(library.ask(question, history=history, keep=False))


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("hi", (Reason.HELLO(), *INTRODUCTION)),
        ("who are you?", INTRODUCTION),
        ("thanks", (Reason.WELCOME(),)),
        ("bye", (Reason.GOODBYE(),)),
        ("What do you think about Putin?", (Reason.NO_OPINION(),)),
        ("¿Qué opinas de la huelga?", (Reason.NO_OPINION(),)),
        ("Что ты думаешь о мосте?", (Reason.NO_OPINION(),)),
        ("how many articles do you have?", (Reason.KNOWN(n=2, **DAYS),)),
        ("which newspapers do you have?", INTRODUCTION[2:]),
    ],
)
def test_small_talk_and_the_collection_get_a_reply_that_claims_nothing(library, message, said):
    answer = ask(library, message)

    assert (answer.outcome, answer.said, answer.claims, answer.citations) == (
        Outcome.REPLY,
        said,
        (),
        (),
    )


def test_the_latest_articles_and_those_about_a_topic_are_listed(library):
    latest = ask(library, "what is the latest article?")
    about = ask(library, "what articles do you have about the bridge?")

    assert latest.reply == (
        "The latest articles:\n"
        "School closes in Halm (2025-01-22)\n"
        "Bridge opens in Torvik (2024-03-04)"
    )
    assert [each.title for each in about.listed] == ["Bridge opens in Torvik"]


def test_a_summary_is_the_lead_and_what_carries_the_article_each_quoted(library):
    answer = ask(library, "summarise the article about the bridge")

    assert answer.claims[0].text == "The bridge over the Lang opened on Monday."
    assert [claim.text for claim in answer.claims] == [each.quote for each in answer.citations]
    assert {each.article.title for each in answer.citations} == {"Bridge opens in Torvik"}


def test_a_bare_topic_is_answered_by_the_sentence_that_tells_most_of_it(library):
    answer = ask(library, "bridge")

    assert [claim.text for claim in answer.claims] == ["The bridge over the Lang opened on Monday."]


def test_what_happened_in_a_month_is_told_by_its_articles_alone(library):
    answer = ask(library, "What happened in March 2024?")

    assert {each.article.title for each in answer.citations} == {"Bridge opens in Torvik"}
    assert answer.remarks == (
        Reason.IN_PERIOD(first=Reason.DAY(day="2024-03-01"), last=Reason.DAY(day="2024-03-31")),
    )


LAST_MONTH = {"first": Reason.DAY(day="2024-03-01"), "last": Reason.DAY(day="2024-03-31")}


def test_a_period_counted_from_today_limits_the_articles_until_it_is_lifted(corpus):
    with Library.open(corpus.parent / "april", corpus=corpus, today=lambda: APRIL) as opened:
        opened.refresh()
        told = ask(opened, "What opened last month?")
        refused = ask(opened, "How many pupils were left last month?")
        lifted = ask(opened, "/all How many pupils were left last month?")

    assert {each.article.title for each in told.citations} == {"Bridge opens in Torvik"}
    assert told.remarks == (Reason.IN_PERIOD(**LAST_MONTH),)
    assert (refused.outcome, refused.remarks) == (Outcome.NOT_IN_CORPUS, told.remarks)
    assert {each.article.title for each in lifted.citations} == {"School closes in Halm"}
    assert lifted.remarks == ()


def test_a_year_limits_nothing_where_its_articles_do_not_answer(library):
    answer = ask(library, "How many pupils are left in 2024?")

    assert (answer.claims[0].text, answer.remarks) == ("nine", ())


def test_the_newest_article_answers_how_things_stand_and_the_oldest_what_was_first(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for year, mayor in ((2022, "Ana Roth"), (2024, "Leo Falk"), (2023, "Ida Moen")):
        text = (
            f"---\ntitle: Torvik votes\npublished: {year}-05-02\n---\nTorvik elected {mayor} mayor."
        )
        (corpus / f"{year}.md").write_text(text, encoding="utf-8")
    with Library.open(tmp_path / ".griot", corpus=corpus) as opened:
        opened.refresh()
        answers = [
            ask(opened, f"Who was elected {which} mayor of Torvik?")
            for which in ("the most recent", "the first")
        ]

    assert [answer.claims[0].text for answer in answers] == ["Leo Falk", "Ana Roth"]
    assert [answer.remarks for answer in answers] == [
        (Reason.AS_OF(day=Reason.DAY(day="2024-05-02")),),
        (),
    ]


def test_two_things_are_answered_side_by_side(tmp_path):
    """Both values of a comparison, and both of a list, each under its name with its quote."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, cost, year in (("bridge", 40, 2024), ("tunnel", 90, 2027)):
        text = (
            f"Torvik plans a {name}\n\nThe {name} costs {cost} million crowns and opens in {year}."
        )
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    with Library.open(tmp_path / ".griot", corpus=corpus) as opened:
        opened.refresh()
        compared = ask(opened, "Which costs more, the bridge or the tunnel?")
        listed = ask(opened, "When do the bridge and the tunnel open?")

    parts = ["the bridge", "the tunnel"]
    for answer, said in (
        (compared, ["40 million crowns", "90 million crowns"]),
        (listed, ["2024", "2027"]),
    ):
        assert [claim.part for claim in answer.claims] == parts
        assert [claim.text for claim in answer.claims] == said
        assert [each.article.id for each in answer.citations] == ["bridge.txt", "tunnel.txt"]


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("When did the bridge of Torwyk open?", "When did the bridge of Torvik open?"),
    ],
)
def test_a_name_is_searched_for_as_the_articles_spell_it(library, question, searched):
    assert ask(library, question).standalone_question == searched


def test_thanks_end_nothing(library):
    """The next question goes on from the one before."""
    opened = ask(library, "When did the bridge open?")
    thanked = ask(library, "thanks", opened)
    followed = ask(library, "And who walked over it first?", opened, thanked)

    assert followed.standalone_question == "who walked over it first? (When did the bridge open)"


@pytest.mark.parametrize(
    "question",
    [
        "What does the mayor think about ferries?",
        "How many pupils are left?",
        "What does the bridge cost?",
        "And when?",
        "Who is the mayor?",
    ],
)
def test_a_question_about_what_articles_report_is_none_of_it(library, question):
    assert ask(library, question).outcome is not Outcome.REPLY


@pytest.mark.parametrize(
    ("extent", "line"),
    [
        (Extent(0, None, None), "There are no articles yet."),
        (Extent(1, None, None), "I know 1 article."),
        (Extent(2, date(2024, 5, 1), date(2024, 5, 1)), "I know 2 articles, of 2024-05-01."),
    ],
)
def test_what_is_known_is_a_line(extent, line):
    assert str(known(extent)) == line
