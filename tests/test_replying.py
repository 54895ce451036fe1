"""Questions about the bot or its collection are replied to from the catalog, and claim nothing."""

import asyncio
from contextlib import contextmanager
from datetime import date

import pytest

from rag.index.stores import Extent
from rag.library import Library
from rag.reasons import Reason
from rag.replying import known
from rag.types import Answer, Outcome
from rag.understanding.conversation import Turn
from rag.view import view

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
PAGES = {"bridge.md": BRIDGE, "school.md": SCHOOL}
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


@contextmanager
def over(folder, pages, **settings):
    """Open a library over a corpus of pages, by their files' names."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in pages.items():
        (corpus / name).write_text(text, encoding="utf-8")
    with Library.open(folder / ".griot", corpus=corpus, **settings) as opened:
        opened.refresh()
        yield opened


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with over(tmp_path_factory.mktemp("replies"), PAGES) as opened:
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


@pytest.mark.parametrize(
    "message",
    [
        "are you a real person?",
        "is this a bot?",
        "who built this bot?",
        "tu es une intelligence artificielle ?",
        "¿estoy hablando con una máquina?",
        "quem desenvolveu este bot?",
        "أنت إنسان؟",
        "кто тебя сделал?",
    ],
)
def test_who_or_what_answers_is_said(library, message):
    """Also in words that no example has."""
    assert ask(library, message).said == INTRODUCTION


@pytest.mark.parametrize(
    "message",
    [
        "What's it about?",
        "how much is it?",
        "for how much?",
        "who made it?",
        "is he human?",
        "Who built the machine?",
        "De quoi ça parle ?",
        "¿De qué trata?",
        "quem o criou?",
        "кто он?",
        "من صنعه؟",
    ],
)
def test_what_goes_on_from_a_question_is_not_about_the_bot(library, message):
    """Though all of its words are such as are written to the bot."""
    told = ask(library, message, ask(library, "When did the bridge open?"))

    assert told.outcome is not Outcome.REPLY


@pytest.mark.parametrize(
    "message",
    [
        "what's this about?",
        "What are the articles about?",
        "list all articles",
        "De quoi parlent les articles ?",
        "¿De qué tratan los artículos?",
        "Do que falam os artigos?",
        "О чём статьи?",
        "عمّ تتحدث المقالات؟",
    ],
)
def test_what_the_articles_are_about_is_told_by_their_titles(library, message):
    answer = ask(library, message)

    assert (answer.outcome, answer.said) == (Outcome.REPLY, (Reason.KNOWN(n=2, **DAYS),))
    assert [each.title for each in answer.listed] == [
        "School closes in Halm",
        "Bridge opens in Torvik",
    ]


def test_the_latest_articles_and_those_about_a_topic_are_listed(library):
    latest = ask(library, "what is the latest article?")
    about = ask(library, "what articles do you have about the bridge?")

    assert latest.reply == (
        "The latest articles:\n"
        "School closes in Halm (2025-01-22)\n"
        "Bridge opens in Torvik (2024-03-04)"
    )
    assert [each.title for each in about.listed] == ["Bridge opens in Torvik"]


def test_the_closest_articles_are_listed_for_a_topic_in_another_language(library):
    """Whether they are about it is not told from so few words; of their own language it is."""
    foreign = ask(library, "Quels articles avez-vous sur les écoles ?")
    own = ask(library, "What articles do you have about football?")

    assert foreign.said == (Reason.CLOSEST_TO(topic="écoles"),)
    assert len(foreign.listed) == 2
    assert (own.said, own.listed) == ((Reason.NOTHING_ABOUT(topic="football"),), ())


@pytest.mark.parametrize(
    "message",
    [
        "Résumez l'article sur le pont de Torvik",
        "Résume-moi l'article sur Torvik, s'il te plaît",
        "Перескажите статью про Torvik",
        "¿Puedes resumir el artículo sobre Torvik?",
        "O que diz o artigo sobre Torvik?",
        "لخص المقال عن Torvik",
    ],
)
def test_a_summary_can_be_asked_for_in_many_words(library, message):
    answer = ask(library, message)

    assert answer.claims[0].text == "The bridge over the Lang opened on Monday."


def test_a_summary_is_of_the_article_whose_title_names_the_topic(tmp_path):
    """Also where the text of another one has more of its words."""
    pages = {
        "fire.txt": "Fire at the mill\n\nFlames took the roof on Sunday. Nobody was hurt.",
        "mill.txt": "Flour gets dearer\n\nThe mill had a fire. It raises its prices by a fifth.",
    }
    with over(tmp_path, pages) as opened:
        answer = ask(opened, "Summarise the article about the fire at the mill")

    assert {each.article.id for each in answer.citations} == {"fire.txt"}


def test_a_summary_is_the_lead_and_what_carries_the_article_each_quoted(library):
    answer = ask(library, "summarise the article about the bridge")

    assert answer.claims[0].text == "The bridge over the Lang opened on Monday."
    assert [claim.text for claim in answer.claims] == [each.quote for each in answer.citations]
    assert {each.article.title for each in answer.citations} == {"Bridge opens in Torvik"}


@pytest.mark.parametrize(
    "message",
    [
        "summarise the article",
        "Résume l'article",
        "resume el artículo",
        "resuma o artigo",
        "перескажи статью",
        "لخص المقال",
    ],
)
def test_the_article_is_the_one_quoted_before(library, message):
    told = ask(library, message, ask(library, "When did the bridge open?"))
    listed = ask(library, message)

    assert {each.article.title for each in told.citations} == {"Bridge opens in Torvik"}
    assert len(told.claims) > 1
    assert (listed.outcome, len(listed.listed)) == (Outcome.REPLY, 2)


@pytest.mark.parametrize("message", ["yes", "lol", "oui", "да", "نعم"])
def test_a_word_that_asks_nothing_gets_to_know_what_can_be_asked(library, message):
    assert ask(library, message).said == INTRODUCTION


@pytest.mark.parametrize(
    "message", ["¿De qué fecha son los artículos?", "from when to when are the articles?"]
)
def test_the_dates_of_the_articles_are_told(library, message):
    assert ask(library, message).said == (Reason.KNOWN(n=2, **DAYS),)


@pytest.mark.parametrize("message", ["ماذا لديك عن bridge؟", "что есть из Torvik Post?"])
def test_what_there_is_of_a_topic_or_an_outlet_is_listed(library, message):
    assert [each.title for each in ask(library, message).listed] == ["Bridge opens in Torvik"]


@pytest.mark.parametrize(
    "message",
    [
        "tell me everything about the school in Halm",
        "What is the latest on the school in Halm?",
        "¿qué sabes de la school de Halm?",
        "расскажи о Halm",
    ],
)
def test_a_topic_is_told_by_what_carries_the_article_about_it(library, message):
    answer = ask(library, message)

    assert [claim.text for claim in answer.claims] == [
        "The village school of Halm closes in June.",
        "Only nine pupils are left there.",
    ]


def test_articles_about_a_topic_that_are_to_be_counted_are_listed(library):
    answer = ask(library, "How many articles are there about the bridge?")

    assert [each.title for each in answer.listed] == ["Bridge opens in Torvik"]


def test_what_happened_since_an_event_is_told_by_the_leads_of_that_time(library):
    told = ask(library, "What happened since the school closes?")
    elsewhere = ask(library, "What happened since the bridge opened in Torvik?")

    assert [each.article.title for each in told.citations] == ["School closes in Halm"]
    assert told.citations != elsewhere.citations


def test_a_table_is_no_sentence_of_a_summary_and_is_told_with_its_header(tmp_path):
    table = "| Team | Goals | Wins |\n|---|---|---|\n| Torvik | 31 | 9 |\n| Halm | 12 | 4 |"
    told = "The rowing league of Orland ended on Sunday. Rain fell on the last day."
    with over(tmp_path, {"league.md": f"# The rowing league ends\n\n{told}\n\n{table}"}) as opened:
        summary, row = ask(opened, "summarise the article about rowing"), ask(opened, "Torvik")

    assert [claim.text for claim in summary.claims] == told.replace(". ", ".|").split("|")
    assert [claim.text for claim in row.claims] == ["Torvik: Goals 31, Wins 9"]
    assert [each.quote for each in row.citations] == ["Torvik | 31 | 9"]


def test_a_bare_topic_is_answered_by_the_sentence_that_tells_most_of_it(library):
    answer = ask(library, "bridge")

    assert [claim.text for claim in answer.claims] == ["The bridge over the Lang opened on Monday."]


def test_what_happened_in_a_month_is_told_by_the_leads_of_its_articles(library):
    answer = ask(library, "What happened in March 2024?")

    assert [each.quote for each in answer.citations] == [
        "The bridge over the Lang opened on Monday."
    ]
    assert answer.remarks == (
        Reason.IN_PERIOD(first=Reason.DAY(day="2024-03-01"), last=Reason.DAY(day="2024-03-31")),
    )


@pytest.mark.parametrize(
    "question",
    [
        "What was in the news in March 2024?",
        "Que s'est-il passé en mars 2024 ?",
        "¿Qué pasó en marzo de 2024?",
        "Что произошло в марте 2024 года?",
        "ماذا حدث في 2024؟",
    ],
)
def test_what_happened_can_be_asked_in_many_words(library, question):
    assert [each.quote for each in ask(library, question).citations] == [
        "The bridge over the Lang opened on Monday."
    ]


def test_what_happened_in_a_year_of_which_no_article_is_is_told_by_those_that_name_it(tmp_path):
    """Articles of unknown dates are from no period."""
    text = "The mill\n\nThe mill of Halm is for sale. It was closed in 2019. A miller ran it."
    with over(tmp_path, {"mill.txt": text}) as opened:
        told, untold = (ask(opened, f"What happened in {year}?") for year in (2019, 2020))
        closed = ask(opened, "What was closed in 2019?")

    assert [claim.text for claim in told.claims] == ["It was closed in 2019."]
    assert told.remarks == closed.remarks == untold.remarks == ()
    assert untold.claims == ()


def test_a_question_of_a_period_that_asks_for_something_is_read(library):
    answer = ask(library, "What is the name of the mayor in 2024?")

    assert "Eva Lind" in answer.claims[0].text


MARCH = {"first": Reason.DAY(day="2024-03-01"), "last": Reason.DAY(day="2024-03-31")}


@pytest.mark.parametrize(
    "message",
    [
        "show me articles of March 2024",
        "what do you have from March 2024?",
        "les articles de mars 2024",
        "¿qué tienes de marzo de 2024?",
        "o que você tem de março de 2024?",
        "статьи за март 2024",
        "مقالات مارس 2024",
    ],
)
def test_the_articles_of_a_period_are_listed(library, message):
    """Also in words that an example about a topic has."""
    answer = ask(library, message)

    assert answer.said == (Reason.KNOWN_OF_DAY(n=1, first=Reason.DAY(day="2024-03-04")),)
    assert [each.title for each in answer.listed] == ["Bridge opens in Torvik"]
    assert answer.remarks == (Reason.IN_PERIOD(**MARCH),)


@pytest.mark.parametrize(
    ("message", "said", "listed"),
    [
        ("what do you have about the bridge from 2024?", Reason.ABOUT(topic="bridge"), 1),
        ("what do you have about the bridge in 2025?", Reason.NOTHING_ABOUT(topic="bridge"), 0),
        ("articles of the Torvik Post in 2024", Reason.FROM_OUTLET(outlet="Torvik Post"), 1),
        ("articles of the Torvik Post in 2025", Reason.NOTHING_FROM(outlet="Torvik Post"), 0),
        (
            "how many articles do you have from 2025?",
            Reason.KNOWN_OF_DAY(n=1, first=Reason.DAY(day="2025-01-22")),
            0,
        ),
        (
            "how many articles are there of 2019?",
            Reason.NONE_IN_PERIOD(
                first=Reason.DAY(day="2019-01-01"), last=Reason.DAY(day="2019-12-31")
            ),
            0,
        ),
    ],
)
def test_what_is_asked_of_the_collection_may_be_of_a_period(library, message, said, listed):
    answer = ask(library, message)

    assert (answer.said, len(answer.listed)) == ((said,), listed)


def test_the_period_of_a_topic_is_lifted(library):
    answer = ask(library, "/all what do you have about the bridge in 2025?")

    assert [each.title for each in answer.listed] == ["Bridge opens in Torvik"]


def test_nothing_is_told_of_a_week_of_which_no_article_is(tmp_path):
    with over(tmp_path, PAGES, today=lambda: APRIL) as opened:
        told, listed = ask(opened, "What happened last week?"), ask(opened, "articles of yesterday")

    week = {"first": Reason.DAY(day="2024-03-25"), "last": Reason.DAY(day="2024-03-31")}
    assert (told.outcome, told.citations) == (Outcome.NOT_IN_CORPUS, ())
    assert told.remarks == (Reason.IN_PERIOD(**week),)
    assert listed.said == (Reason.NONE_OF_DAY(day=Reason.DAY(day="2024-04-02")),)


LAST_MONTH = {"first": Reason.DAY(day="2024-03-01"), "last": Reason.DAY(day="2024-03-31")}


def test_a_period_counted_from_today_limits_the_articles_until_it_is_lifted(tmp_path):
    with over(tmp_path, PAGES, today=lambda: APRIL) as opened:
        told = ask(opened, "What opened last month?")
        refused = ask(opened, "How many pupils were left last month?")
        lifted = ask(opened, "/all How many pupils were left last month?")

    assert {each.article.title for each in told.citations} == {"Bridge opens in Torvik"}
    assert told.remarks == (Reason.IN_PERIOD(**LAST_MONTH),)
    assert (refused.outcome, refused.remarks) == (Outcome.NOT_IN_CORPUS, told.remarks)
    assert {each.article.title for each in lifted.citations} == {"School closes in Halm"}
    assert lifted.remarks == ()


def test_an_article_of_another_year_that_does_not_name_the_one_asked_for_is_no_answer(library):
    answer = ask(library, "How many pupils are left in 2024?")

    assert answer.claims == ()
    assert answer.outcome in {Outcome.UNSURE, Outcome.NOT_IN_CORPUS}


def test_a_year_limits_nothing_where_other_articles_name_it(tmp_path):
    text = "---\ntitle: The mill\npublished: 2025-03-02\n---\nThe mill of Halm burned down in 2019."
    with over(tmp_path, {"mill.md": text}) as opened:
        answer = ask(opened, "What burned down in Halm in 2019?")

    assert "mill" in answer.claims[0].text
    assert answer.remarks == ()


def test_the_newest_article_answers_how_things_stand_and_the_oldest_what_was_first(tmp_path):
    head = "---\ntitle: Torvik votes\npublished"
    pages = {
        f"{year}.md": f"{head}: {year}-05-02\n---\nTorvik elected {mayor} mayor."
        for year, mayor in ((2022, "Ana Roth"), (2024, "Leo Falk"), (2023, "Ida Moen"))
    }
    with over(tmp_path, pages) as opened:
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
    pages = {
        f"{name}.txt": f"Torvik plans a {name}\n\n"
        f"The {name} costs {cost} million crowns and opens in {year}."
        for name, cost, year in (("bridge", 40, 2024), ("tunnel", 90, 2027))
    }
    with over(tmp_path, pages) as opened:
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
    assert compared.verdict == Reason.VERDICT(
        name="The tunnel",
        value="90 million crowns",
        other="the bridge",
        other_value="40 million crowns",
    )
    assert view(compared).lead == compared.verdict
    assert listed.verdict is None


def test_two_things_of_one_sentence_are_compared(tmp_path):
    text = "Ferry prices\n\nA ticket will cost 3 crowns, a monthly pass 45 crowns."
    with over(tmp_path, {"ferry.txt": text}) as opened:
        answer = ask(opened, "Which costs more, a ticket or a monthly pass?")

    assert [(claim.part, claim.text) for claim in answer.claims] == [
        ("a ticket", "3 crowns"),
        ("a monthly pass", "45 crowns"),
    ]


@pytest.mark.parametrize(
    ("question", "said", "winner"),
    [
        ("Which phone weighs less, the Lumo 5 or the Tarsk Neo?", ["182 grams", "205 grams"], 0),
        ("Is the Tarsk Neo heavier than the Lumo 5?", ["205 grams", "182 grams"], 0),
        ("Is the Tarsk Neo faster than the Lumo 5?", [], None),
        pytest.param(
            *("Which phone weighs less, the Lumo 5 or the Orm 2?", ["182 grams"], None),
            marks=pytest.mark.xfail(
                reason="of a phone that nothing tells of, it is unsure of both"
            ),
        ),
    ],
)
def test_each_of_two_things_has_the_amount_of_its_own_sentence(tmp_path, question, said, winner):
    """The amount is of the kind that is asked for; without a second one the answer is in part."""
    text = (
        "Two new phones\n\nTwo makers brought phones. The Lumo 5 has a brighter screen and "
        "weighs 182 grams. The Tarsk Neo has a larger battery and weighs 205 grams."
    )
    with over(tmp_path, {"phones.txt": text}) as opened:
        answer = ask(opened, question)

    assert [claim.text for claim in answer.claims] == said
    verdict = answer.verdict
    assert (verdict.values["value"] if verdict else None) == (
        None if winner is None else said[winner]
    )


def test_amounts_are_compared_of_sentences_that_have_what_is_asked_for(tmp_path):
    """What a firm was bought for is no turnover, though it names the firm and comes first."""
    pages = {
        "orla.txt": "Boat maker to close a yard\n\nSales at Orla & Berg fell to 31 million crowns "
        "last year.",
        "tegner.txt": "Sund buys the boat maker Tegner\n\nSund has bought the boat maker Tegner "
        "for 12 million crowns. Tegner had sales of 44 million crowns last year and 96 workers.",
    }
    with over(tmp_path, pages) as opened:
        answer = ask(opened, "Which company had higher sales last year, Orla & Berg or Tegner?")

    assert [claim.text for claim in answer.claims] == ["31 million crowns", "44 million crowns"]
    assert answer.verdict
    assert answer.verdict.values["name"] == "Tegner"


def test_what_names_no_year_does_not_answer_in_which_year(tmp_path):
    text = "Harbour wall\n\nA harbour wall in Skerry collapsed earlier this year, the port said."
    with over(tmp_path, {"wall.txt": text}) as opened:
        answer = ask(opened, "In which year did the harbour wall collapse?")

    assert answer.claims == ()


def test_an_ellipsis_is_asked_of_what_it_varies(tmp_path):
    """With the rest of the question before it, in its language."""
    pages = {
        f"{town}.txt": f"{town} votes\n\nThe town of {town} elected {mayor} as its mayor."
        for town, mayor in (("Torvik", "Ana Roth"), ("Halm", "Leo Falk"))
    }
    with over(tmp_path, pages) as opened:
        first = ask(opened, "Who was elected mayor of Torvik?")
        then = ask(opened, "And of Halm?", first)

    assert then.standalone_question == "Who was elected mayor of Halm?"
    assert [claim.text for claim in then.claims] == ["Leo Falk"]


def test_a_follow_up_that_is_a_clause_is_asked_by_itself(tmp_path):
    """It takes no place in the question before."""
    text = (
        "Granizo en Aldara\n\nUna tormenta de granizo destruyó el martes los viñedos de Aldara. "
        "Solo uno de cada tres agricultores tenía seguro."
    )
    with over(tmp_path, {"granizo.txt": text}) as opened:
        first = ask(opened, "¿Qué destruyó los viñedos de Aldara?")
        then = ask(opened, "¿Y los agricultores tenían seguro?", first)

    assert then.standalone_question == "los agricultores tenían seguro?"
    assert "uno de cada tres" in then.claims[0].text


def test_a_follow_up_that_only_repeats_the_answer_before_is_read_by_itself_too(tmp_path):
    text = (
        "Ferries run at night\n\nA ticket for the night ferry will cost 3 crowns. "
        "The operator expects 900 passengers a night."
    )
    with over(tmp_path, {"ferry.txt": text}) as opened:
        price = ask(opened, "How much is a ticket?")
        answer = ask(opened, "And how many passengers?", price)

    assert [claim.text for claim in answer.claims] == ["900"]


def test_an_event_dates_what_is_asked(tmp_path):
    """Its first article does; the period is shown, and lifted."""
    told = {
        "2022-05-11": "The minister Jan Oster opened a bridge in Torvik.",
        "2023-08-19": "Soldiers seized power in a coup in Torvik and arrested the president.",
        "2024-02-02": "The minister Lena Karst opened a school in Torvik.",
    }
    pages = {
        f"{day}.md": f"---\ntitle: News from Torvik\npublished: {day}\n---\n{text}"
        for day, text in told.items()
    }
    with over(tmp_path, pages, today=lambda: date(2024, 9, 4)) as opened:
        before = ask(opened, "Which minister opened something before the coup?")
        since = ask(opened, "Which minister opened something since the coup?")
        lifted = ask(opened, "/all Which minister opened something since the coup?")

    def dated(day):
        return Reason.DAY(day=day)

    assert before.remarks == (Reason.UNTIL(last=dated("2023-08-18")),)
    assert "Jan Oster" in before.claims[0].text
    assert since.remarks == (Reason.IN_PERIOD(first=dated("2023-08-19"), last=dated("2024-09-04")),)
    assert "Lena Karst" in since.claims[0].text
    assert lifted.remarks == ()


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("When did the bridge of Torwyk open?", "When did the bridge of Torvik open?"),
        ("Was geschah mit der Pupille in Torwyk?", "Was geschah mit der Pupille in Torvik?"),
    ],
)
def test_a_name_is_searched_for_as_the_articles_spell_it(library, question, searched):
    """A German noun is no misspelling of what only looks like it: "pupils"."""
    assert ask(library, question).standalone_question == searched


@pytest.mark.parametrize("message", ["tell me more", "plus de détails", "подробнее"])
def test_more_is_what_else_the_passages_say_that_were_quoted(library, message):
    asked = "When did the bridge open?"
    told = ask(library, message, ask(library, asked))

    assert told.standalone_question == asked
    assert [claim.text for claim in told.claims] == [
        "Mayor Eva Lind walked over it first.",
        "It cost 40 million crowns.",
        "Ferries stop in May.",
    ]


def test_more_of_nothing_says_what_can_be_asked(library):
    assert ask(library, "tell me more").said == INTRODUCTION


@pytest.mark.parametrize("message", ["what are they about?", "summarise it"])
def test_a_summary_of_it_is_of_the_article_that_was_quoted(library, message):
    """Without one before, all articles are listed."""
    asked = ask(library, "Who walked over the bridge first?")
    told, alone = ask(library, message, asked), ask(library, message)
    assert {each.article.title for each in told.citations} == {"Bridge opens in Torvik"}
    assert (alone.outcome, len(alone.listed)) == (Outcome.REPLY, 2)


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
