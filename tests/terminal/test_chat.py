import asyncio
import io
import json
from dataclasses import replace

import pytest

from bot import console
from bot.terminal import render
from bot.terminal.chat import COMMANDS, Conversation, Pipe, converse
from fake_library import ANSWER, GOITA, REFUSAL, FakeLibrary
from rag.errors import EmbeddingError
from rag.index.ingest import IngestReport
from rag.pages.sources import Skipped
from rag.reasons import Reason
from rag.types import Outcome
from rag.understanding.conversation import Turn

NO_ANSWER = "There is no answer yet; ask a question first.\n"


class FakePerson:
    """Types the given lines; an exception among them is a key that was struck."""

    interactive = True

    def __init__(self, *typed):
        self.typed = list(typed)
        self.seen = []

    def read(self):
        if not self.typed:
            raise EOFError
        typed = self.typed.pop(0)
        if isinstance(typed, BaseException):
            raise typed
        return typed

    def show(self, lines):
        self.seen.append(console.plain(lines))

    def show_answer(self, answer):
        self.seen.append(answer)

    def say(self, message):
        self.seen.append(f"griot: {message}")


def chatting(library, person):
    with asyncio.Runner() as runner:
        chat = Conversation(
            library, run=runner.run, say=person.say, stream=io.StringIO(), screen=io.StringIO()
        )
        return converse(chat, person)


def test_questions_are_answered_until_the_end_of_the_input_each_from_what_is_there_now():
    library, person = FakeLibrary([ANSWER, REFUSAL]), FakePerson("who went\tto? ", "", "who won?")

    assert chatting(library, person)
    assert person.seen == [ANSWER, REFUSAL]
    assert library.calls[:3] == ["refresh", ("stream", "who went to?"), "refresh"]


def test_a_follow_up_is_asked_with_the_turns_before_it():
    answer = replace(ANSWER, standalone_question="who went with Goïta?")
    library = FakeLibrary([answer, REFUSAL])

    chatting(library, FakePerson("who went?", "and then?"))

    turn = Turn.of(answer)
    assert library.calls[-1] == ("stream", "and then?", turn)


def test_all_asks_the_last_question_again_of_all_dates():
    answer = replace(ANSWER, standalone_question="who went in June?")
    library, person = FakeLibrary([answer, answer, answer]), FakePerson("/all", "who?", "/all")

    chatting(library, FakePerson("/all who came in May?"))
    chatting(library, person)

    asked = [call[1] for call in library.calls if call[0] == "stream"]
    assert asked == ["/all who came in May?", "who?", "/all who went in June?"]
    assert person.seen == [NO_ANSWER, answer, answer]


def test_new_forgets_the_turns():
    library = FakeLibrary([ANSWER, ANSWER])
    person = FakePerson("who?", "/new", "and then?")

    chatting(library, person)

    assert library.calls[-1] == ("stream", "and then?")
    assert person.seen[1] == "A new conversation.\n"


def test_show_gives_the_paragraph_around_a_source_of_the_last_answer():
    person = FakePerson("who?", "/show 1", "/show [2]")

    chatting(FakeLibrary(), person)

    assert person.seen[1:] == [
        ("Goïta in Moscow\n»General Sadio Camara accompanied Goïta.« They met Putin.\n"),
        "Africa Corps · Sahel Post · 2025-06-24\n»Wagner has left Mali.« Africa Corps stays.\n",
    ]


def test_show_is_of_the_last_answer_before_a_reply():
    reply = replace(ANSWER, outcome=Outcome.REPLY, claims=(), said=(Reason.WELCOME(),))
    person = FakePerson("who?", "thanks", "/show 1", "and when?", "/show 1")

    chatting(FakeLibrary([ANSWER, reply, REFUSAL]), person)

    assert person.seen[2::2] == [
        "Goïta in Moscow\n»General Sadio Camara accompanied Goïta.« They met Putin.\n",
        "The last answer has no sources.\n",
    ]


def test_show_says_which_sources_there_are():
    person = FakePerson("/show 1", "who?", "/show", "/show 0", "/show 3", "/show ²")

    chatting(FakeLibrary(), person)

    none, _, *others = person.seen
    assert none == "There is no answer with sources yet.\n"
    assert others == ["Which source? /show 1 to /show 2.\n"] * 4

    claim = replace(ANSWER.claims[0], citations=ANSWER.claims[0].citations[:1])
    person = FakePerson("who?", "/show 2")
    chatting(FakeLibrary([replace(ANSWER, claims=(claim,), disagreements=())]), person)
    assert person.seen[1] == "Which source? /show 1.\n"


def test_sources_lists_the_articles_and_counts_them_beyond_the_first():
    person = FakePerson("/sources")

    chatting(FakeLibrary(stored=(GOITA,) * 1020), person)

    assert person.seen[0].splitlines()[19:] == [
        "Goïta in Moscow",
        "and 1,000 more; griot show lists them all",
    ]


def test_why_gives_the_trace_of_the_last_answer():
    library = FakeLibrary([replace(ANSWER, id="7k3fq2")])
    person = FakePerson("/why", "who?", "/why")

    chatting(library, person)

    assert person.seen[0] == NO_ANSWER
    assert person.seen[2] == console.plain(render.trace_lines(*library.trace("7k3fq2")))


@pytest.mark.parametrize("command", ["/why", "/bad"])
def test_of_an_answer_that_was_not_kept_nothing_can_be_told_or_kept(command):
    library = FakeLibrary([replace(ANSWER, id="")])
    person = FakePerson("who?", command)

    chatting(library, person)

    assert person.seen[1] == "The last answer was not kept; its remarks say why.\n"
    assert library.calls == ["refresh", ("stream", "who?")]


def test_bad_keeps_that_the_last_answer_is_bad():
    library = FakeLibrary([replace(ANSWER, id="7k3fq2")])
    person = FakePerson("/bad", "who?", "/bad", "/new", "/bad")

    chatting(library, person)

    none, _, kept, _, again = person.seen
    assert none == again == NO_ANSWER
    assert kept == "Noted as bad. griot feedback export gives it as a question to be tested.\n"
    assert library.calls[-1] == ("rate", "7k3fq2", "terminal", False)


def test_an_unknown_command_suggests_the_one_it_resembles():
    person = FakePerson("/sourcse", "/xyzzy")

    chatting(FakeLibrary(), person)

    assert person.seen == [
        "/sourcse is not a command. Did you mean /sources?\n",
        "/xyzzy is not a command. /help lists the commands.\n",
    ]


def test_help_lists_every_command():
    person = FakePerson("/help")

    chatting(FakeLibrary(), person)

    assert [line.split("  ")[0] for line in person.seen[0].splitlines()] == list(COMMANDS)


def test_quit_leaves_what_follows_unread():
    person = FakePerson("/quit", "who?")

    assert chatting(FakeLibrary(), person)
    assert person.typed == ["who?"]


def test_an_interruption_stops_the_answer_and_not_the_program():
    person = FakePerson(KeyboardInterrupt(), "who?", "who?")

    assert chatting(FakeLibrary([KeyboardInterrupt(), ANSWER]), person)
    assert person.seen == ["Stopped.\n", ANSWER]


def test_an_interruption_of_a_pipe_ends_the_program():
    person = FakePerson("who?")
    person.interactive = False

    with pytest.raises(KeyboardInterrupt):
        chatting(FakeLibrary([KeyboardInterrupt()]), person)


def test_an_error_is_a_line_and_the_conversation_goes_on():
    person = FakePerson("who?", "who?")

    assert not chatting(FakeLibrary([EmbeddingError("the model is gone"), ANSWER]), person)
    assert person.seen == ["griot: the model is gone", ANSWER]


def test_a_skipped_file_is_mentioned_once_in_a_conversation():
    report = IngestReport(unchanged=1, skipped=(Skipped("a.bin", Reason.OTHER(text="not text")),))
    person = FakePerson("who?", "who?")

    chatting(FakeLibrary([ANSWER, ANSWER], report), person)

    assert person.seen == ["griot: skipped a.bin (not text)", ANSWER, ANSWER]


def piped(lines, *, as_json, answers):
    said, out = [], io.StringIO()
    pipe = Pipe(say=said.append, as_json=as_json, stdin=io.StringIO(lines), stdout=out)
    chatting(FakeLibrary(answers), pipe)
    return out.getvalue(), said


def test_a_pipe_gives_a_transcript_or_one_object_a_line_for_each_answer():
    out, _ = piped("a\n/help\nb", as_json=True, answers=[ANSWER, REFUSAL])
    outcomes = [json.loads(line)["outcome"] for line in out.splitlines()]
    assert outcomes == [Outcome.ANSWERED, Outcome.NOT_IN_CORPUS]

    out, _ = piped("who won?\n/new\n", as_json=False, answers=[REFUSAL])

    assert out == ("> who won?\nThe articles do not say.\n\nA new conversation.\n\n")
