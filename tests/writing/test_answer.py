import asyncio
import shutil
from contextlib import aclosing
from dataclasses import replace
from datetime import date

import pytest

from fake_chat import FakeChat, named, passages
from fake_verifier import FakeVerifier
from paths import ROOT
from rag.errors import ModelError, TextCut
from rag.library import Library
from rag.models.chat import Usage
from rag.models.embedder import EmbeddedModel
from rag.models.reader import EmbeddedReader
from rag.reading.answerer import Extractive
from rag.reasons import Reason
from rag.types import Outcome, TextDelta
from rag.understanding.conversation import Turn
from rag.understanding.questions import understand
from rag.writing.answer import FEW, Chat, Unsupported

pytestmark = pytest.mark.models

CORPUS = ROOT / "corpus"
TODAY = date(2025, 6, 25)

WHO = "Who accompanied Goïta to Moscow?"
DOWN = ModelError("localhost:11434 cannot be reached; start the server")

EMBEDDER, READER = EmbeddedModel(), EmbeddedReader()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The index over corpus/, made once."""
    made = tmp_path_factory.mktemp("chat") / ".griot"
    with Library.open(made, corpus=CORPUS, embedder=EMBEDDER) as library:
        library.refresh()
    return made


@pytest.fixture
def opened(home):
    """Opens the library with a chat model."""

    def opening(model, *, home=home, corpus=CORPUS, answerer=Extractive(READER), **settings):  # noqa: B008
        settings = {"verifier": FakeVerifier(), "today": lambda: TODAY, **settings}
        return Library.open(
            home,
            corpus=corpus,
            embedder=EMBEDDER,
            answerer=answerer,
            chat=Chat(model=model, embedder=EMBEDDER, **settings),
        )

    return opening


@pytest.fixture
def ask(opened):
    """Asks a question of a library with a chat model: what was shown, and the answer."""

    def asking(question, model, *, history=(), **settings):
        with opened(model, **settings) as library:
            return asyncio.run(told(library, question, history))

    return asking


class Doubtful(Extractive):
    """A reader that finds the same, and is never sure of it."""

    def draft(self, question, evidence):
        return replace(super().draft(question, evidence), confidence=0.3)


class Monoglot(Extractive):
    """A reader that is never sure of another language than English."""

    def draft(self, question, evidence):
        drafted = super().draft(question, evidence)
        return drafted if question.language == "en" else replace(drafted, confidence=0.0)


class Polyglot(Extractive):
    """A reader that understands any language, and is sure."""

    def draft(self, question, evidence):
        return replace(super().draft(understand(WHO), evidence), confidence=0.9)


async def told(library, question, history=()):
    events = [event async for event in library.stream(question, history=history)]
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    return shown, events[-1]


def sentences(*said):
    """A reply of sentences, each with the number of the passage that has those words."""

    def reply(request):
        return " ".join(f"{text} [{named(request, words)}]" for text, words in said)

    return reply


CAMARA = ("Goita was accompanied by Sadio Camara, Mali's defence minister.", "Sadio Camara")
WREATH = ("On June 23 Goita laid a wreath at the Tomb of the Unknown Soldier.", "laid a wreath")
POPE = ("Goita also met the Pope in Rome.", "Sadio Camara")
BEFORE = (Turn(WHO, WHO, CAMARA[:1]),)
QUI = "Qui a accompagné Goïta à Moscou ?"


def test_each_sentence_is_cited_by_what_bears_it_out(ask):
    """Text comes with numbers that stay; the answer tells who wrote it, and every quote is true."""
    model = FakeChat([sentences(CAMARA, WREATH, CAMARA)], usage=Usage(900, 60))
    shown, answer = ask(WHO, model)
    assert shown == f"{CAMARA[0]} [1] {WREATH[0]} [2] {CAMARA[0]} [1]"
    assert [claim.text for claim in answer.claims] == [CAMARA[0], WREATH[0], CAMARA[0]]
    assert [answer.citations.index(claim.citations[0]) for claim in answer.claims] == [0, 1, 0]
    assert all(
        one.article.text[one.start : one.end] == one.quote and words in one.quote
        for one, (_, words) in zip(answer.citations, (CAMARA, WREATH), strict=True)
    )
    assert (answer.outcome, answer.mode, answer.model) == (Outcome.ANSWERED, "model", "scripted")
    assert answer.usage == {"prompt_tokens": 900, "completion_tokens": 60}
    assert {"search", "read", "first_text", "write", "total"} <= {*answer.timings}


def test_the_model_reads_the_question_and_the_passages_that_the_reader_quotes(ask):
    """One call if nothing leans on another question; few passages where the reader is sure."""
    model = FakeChat([sentences(CAMARA)])
    _, answer = ask(WHO, model, history=BEFORE)
    ((system, user),) = model.requests
    sent = [*passages(user.content).values()]
    assert len(sent) == FEW < len(answer.evidence)
    assert CAMARA[1] in sent[0]
    assert user.content.endswith(f"<question>\n{WHO}\n</question>")
    assert system.role == "system"


def then(text):
    return lambda request: f"{sentences(CAMARA)(request)} {text}"


@pytest.mark.parametrize(
    ("reply", "shown", "outcome", "remarks"),
    [
        (sentences(CAMARA, POPE), f" {POPE[0]}", Outcome.ANSWERED, (Reason.LEFT_OUT(n=1),)),
        (then("NOT_ANSWERED"), "", Outcome.PARTLY_ANSWERED, ()),
        ((then("He also went"), TextCut("too long")), " He also", Outcome.ANSWERED, ()),
    ],
)
def test_what_is_borne_out_stays(ask, reply, shown, outcome, remarks):
    """Beside a sentence that is not, a refusal of the rest, and one that a limit cuts."""
    seen, answer = ask(WHO, FakeChat([reply]))
    assert seen == f"{CAMARA[0]} [1]{shown}"
    assert [claim.text for claim in answer.claims] == [CAMARA[0]]
    assert (answer.mode, answer.outcome, answer.remarks) == ("model", outcome, remarks)


def test_what_no_article_supports_is_kept_where_that_is_wanted(ask):
    """It stands without a citation, for a person to see."""
    model = FakeChat([sentences(POPE, CAMARA)])
    _, answer = ask(WHO, model, unsupported=Unsupported.FLAG)
    assert [bool(claim.citations) for claim in answer.claims] == [False, True]
    assert answer.remarks == ()


def test_the_reader_answers_what_the_model_refuses(ask):
    """The reader is sure: a model that sees no answer in the passages is overruled."""
    shown, answer = ask(WHO, FakeChat(["NOT_ANSWERED"]))
    assert (shown, answer.outcome, answer.mode) == ("", Outcome.ANSWERED, "reader")
    assert answer.citations[0].quote.startswith("Accompanying Goita from Bamako")
    assert answer.remarks == (Reason.MODEL_REFUSED(model="scripted"),)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("NOT_ANSWERED", Outcome.UNSURE), (sentences(CAMARA), Outcome.ANSWERED)],
)
def test_the_model_may_refuse_where_the_reader_is_unsure(ask, reply, outcome):
    """It is told so then alone; what it writes and the articles support is an answer."""
    model = FakeChat([reply])
    _, answer = ask(WHO, model, answerer=Doubtful(READER))
    assert "write NOT_ANSWERED" in model.requests[0][-1].content
    assert (answer.outcome, bool(answer.closest)) == (outcome, outcome is Outcome.UNSURE)


@pytest.mark.parametrize(
    ("reply", "verifier", "shown"),
    [
        (DOWN, FakeVerifier(), ""),
        ((sentences(CAMARA, WREATH), DOWN), FakeVerifier(), f"{CAMARA[0]} [1]"),
        (sentences(CAMARA), FakeVerifier(DOWN), CAMARA[0]),
    ],
)
def test_the_reader_answers_where_the_model_or_the_verifier_fails(ask, reply, verifier, shown):
    """The shown text is replaced by the articles' words, and the remark says why."""
    model = FakeChat([reply])
    seen, answer = ask(WHO, model, verifier=verifier)
    assert seen.startswith(shown)
    assert (answer.outcome, answer.mode, answer.model) == (Outcome.ANSWERED, "reader", None)
    assert "Sadio Camara" in answer.claims[0].citations[0].quote
    assert answer.remarks == (Reason.MODEL_FAILED(error=DOWN.remark),)
    assert (answer.model_failed, model.open) == (True, 0)


def test_a_glance_leaves_the_model_alone(opened):
    """It is the embedded reader's answer, at once, and nothing of it failed."""
    model = FakeChat([])
    with opened(model) as library:
        answer = asyncio.run(library.glance(WHO))
    assert (answer.outcome, answer.mode, answer.id) == (Outcome.ANSWERED, "reader", "")
    assert (answer.remarks, answer.model_failed, model.requests) == ((), False, [])


def test_failures_of_the_model_are_counted(opened, home, tmp_path):
    """Where the model answered, or wrote what no article supports, it did not fail."""
    shutil.copytree(home, tmp_path / ".griot")
    model = FakeChat([sentences(CAMARA), DOWN, sentences(POPE)])
    with opened(model, home=tmp_path / ".griot") as library:
        before = library.statistics()
        for _ in range(3):
            asyncio.run(library.ask(WHO))
        found = library.statistics()
    assert found.questions - before.questions == 3
    assert (found.model_failures - before.model_failures, model.replies) == (1, [])


@pytest.mark.parametrize("piece", [7, 100_000])
def test_a_model_that_heeds_no_limit_is_stopped(ask, piece):
    """The text until then is kept, and the connection freed."""
    endless = FakeChat([then("And so " * 9_000)], piece)
    shown, answer = ask(WHO, endless)
    assert len(shown) < 9_000
    assert [claim.text for claim in answer.claims] == [CAMARA[0]]
    assert endless.open == 0


def test_the_reader_answers_where_nothing_is_borne_out(ask):
    """A model that makes everything up is not heard."""
    shown, answer = ask(WHO, FakeChat([sentences(POPE)]))
    assert (shown, answer.mode, answer.outcome) == (POPE[0], "reader", Outcome.ANSWERED)
    assert answer.remarks == (Reason.NOTHING_BORNE_OUT(model="scripted"),)


def test_no_model_is_asked_what_the_articles_cannot_answer(ask):
    """Evidence is judged before anything is written from it."""
    model = FakeChat([])
    _, answer = ask("Who won the 2018 World Cup?", model)
    assert (answer.outcome, model.requests) == (Outcome.NOT_IN_CORPUS, [])


def test_a_follow_up_is_completed_for_the_search(ask):
    """It is searched for as it stands alone; the person's own words are answered."""
    whole = "When did Goita lay a wreath at the Tomb of the Unknown Soldier?"
    model = FakeChat([whole, sentences(WREATH)])
    _, answer = ask("When did he lay a wreath?", model, history=BEFORE)
    rewriting, answering = (request[-1].content for request in model.requests)
    assert f"Question: {WHO}\nAnswer: {CAMARA[0]}" in rewriting
    assert f"it means: {whole}" in answering
    assert "<question>\nWhen did he lay a wreath?\n</question>" in answering
    assert (answer.question, answer.standalone_question) == ("When did he lay a wreath?", whole)


def test_dates_are_counted_from_today(ask):
    """Last week is a date to search for."""
    whole = "What did Goita do on 18 June 2025?"
    model = FakeChat([whole, "NOT_ANSWERED"])
    _, answer = ask("What did Goita do last week?", model)
    assert "counted from today, 2025-06-25" in model.requests[0][0].content
    assert answer.standalone_question == whole


@pytest.mark.parametrize("written", ["", "x" * 501])
def test_a_model_that_completes_nothing_leaves_it_to_the_rule(written, ask):
    """The question before is asked with these words in their place, as without a model."""
    model = FakeChat([written, sentences(CAMARA)])
    _, answer = ask("And from Bamako?", model, history=BEFORE)
    assert answer.standalone_question == "Who accompanied Goïta from Bamako?"


def test_a_model_that_cannot_complete_a_question_is_not_asked_again(ask):
    """One failure is enough for one question."""
    model = FakeChat([DOWN])
    _, answer = ask("When did he lay a wreath?", model, history=BEFORE)
    assert (len(model.requests), answer.mode) == (1, "reader")
    assert answer.remarks == (Reason.MODEL_FAILED(error=DOWN.remark),)


def test_a_question_in_another_language_is_answered_in_it(ask):
    """It is searched for in the articles' language, and each sentence is checked in it."""
    pape, french = "Goïta était accompagné du pape.", "Sadio Camara l'accompagnait."
    english = f"Goita was accompanied by the Pope.\n{CAMARA[0]}"
    model = FakeChat([WHO, f"{pape} {french}", english])
    shown, answer = ask(QUI, model, answerer=Monoglot(READER))
    assert (shown, answer.standalone_question) == (f"{pape} {french}", WHO)
    assert [claim.text for claim in answer.claims] == [french]
    assert "Sadio Camara" in answer.citations[0].quote
    assert f"<text>\n{pape}\n{french}\n</text>" in model.requests[2][-1].content


def test_a_question_that_the_reader_answers_in_its_own_language_is_not_translated(ask):
    """One call writes the answer, and one translates it to be checked."""
    russian = "Гойту сопровождал Садио Камара."
    model = FakeChat([russian, CAMARA[0]])
    asked = "Кто сопровождал Goïta в Moscow?"
    _, answer = ask(asked, model, answerer=Polyglot(READER))
    assert (answer.standalone_question, answer.mode) == (asked, "model")
    assert [claim.text for claim in answer.claims] == [russian]


def test_a_bad_translation_takes_no_questions_place(ask):
    """It is searched for beside the question, and forgotten where it finds no more."""
    model = FakeChat(["Who won the 2018 World Cup?", sentences(CAMARA)])
    asked = "Кто сопровождал Goïta в Moscow?"
    _, answer = ask(asked, model, answerer=Doubtful(READER))
    assert (answer.standalone_question, answer.mode) == (asked, "model")


def test_a_translation_that_cannot_be_matched_checks_nothing(ask):
    """The reader answers in the articles' own words instead."""
    french = "Goïta était accompagné du ministre de la Défense. C'était Sadio Camara."
    _, answer = ask(QUI, FakeChat([WHO, french, CAMARA[0]]), answerer=Monoglot(READER))
    (remark,) = answer.remarks
    assert answer.mode == "reader"
    assert "scripted did not translate its answer line by line" in str(remark)


def test_two_questions_at_once_are_written_from_the_passages_of_both(ask):
    """One call, with what each part found."""
    model = FakeChat([sentences(CAMARA, WREATH)])
    ask("Who accompanied Goita, and when did Goita lay a wreath?", model)
    ((_, user),) = model.requests
    told_of = " ".join(passages(user.content).values())
    assert "Sadio Camara" in told_of
    assert "laid a wreath" in told_of


def test_only_what_the_context_has_room_for_is_sent(ask):
    """Passages are left out whole."""
    model = FakeChat([sentences(CAMARA)])
    _, answer = ask(WHO, model, context=2048)
    ((_, user),) = model.requests
    sent = [*passages(user.content).values()]
    assert {*sent} < {found.text for found in answer.evidence}
    assert sent


def test_a_person_who_leaves_stops_the_model(opened):
    """A stream that is closed early closes the model's."""
    model = FakeChat([sentences(CAMARA, WREATH)])

    async def leave(library):
        async with aclosing(library.stream(WHO)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    assert model.open == 1
                    return

    with opened(model) as library:
        asyncio.run(leave(library))
    assert model.open == 0


def test_fifty_questions_are_answered_at_once(opened):
    """Each gets its own answer, and the model is asked by all of them together."""
    model = FakeChat([sentences(CAMARA)] * 50)

    async def all_at_once(library):
        return await asyncio.gather(*(library.ask(WHO) for _ in range(50)))

    with opened(model) as library:
        answers = asyncio.run(all_at_once(library))
    assert len({answer.id for answer in answers}) == 50
    assert {answer.citations for answer in answers} == {answers[0].citations}
    assert answers[0].citations


def test_what_the_model_passes_over_is_shown_beside_it(opened, tmp_path):
    """Another article says otherwise; both are shown, with numbers of their own."""
    one, other = (
        f"The army said that {count} people were killed in Gao on Monday." for count in (12, 20)
    )
    for name, text in (("a.txt", one), ("b.txt", other)):
        (tmp_path / name).write_text(f"Attack in Gao\n\n{text}\n", encoding="utf-8")
    model = FakeChat([sentences((one, "12 people"))])
    with opened(model, home=tmp_path / ".griot", corpus=tmp_path) as library:
        library.refresh()
        _, answer = asyncio.run(told(library, "How many people were killed in Gao?"))
    (differing,) = answer.disagreements
    assert [citation.quote for citation in answer.citations] == [one, other]
    assert {*differing.citations} == {*answer.citations}
