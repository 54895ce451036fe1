import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.assembly import Assembly
from bot.cli import main
from bot.settings import Settings
from bot.tape import recording, replaying
from fake_chat import named
from fake_chat_server import WHOLE, FakeChatServer, event, line
from newsroom import BRIDGE, FLOODED, MARKET
from question_house import GOODS, Newsroom, SmallHouse, written
from rag.errors import GriotError
from rag.models.cassettes import Session

KEY = "sk-test-0123456789abcdef"
SPENT = {"prompt_tokens": 300, "completion_tokens": 20}

MARKET_SENTENCE = (
    "The market of Gao was flooded on Monday after a week of rain, Mayor Aminata Diallo said."
)
GOODS_SENTENCE = "Traders moved their goods to the school of Gao, and nobody was hurt in the town."

TWO = f"""\
questions:
  - id: flooded
    ask: {FLOODED}
    expect: market of Gao
    cites: gao-flood
    mode: model
    judge: It names the market.
  - id: goods
    ask: {GOODS}
    expect: school of Gao
    cites: gao-flood
    mode: model
  - id: won
    ask: Who won the World Cup?
    refuse: true
"""


class Scribe:
    """A chat server that says the sentence that answers, and remembers what it was asked."""

    def __init__(self, *others):
        self.asked = []
        self.others = [*others]

    def said(self, request):
        if "<rubric>" in request:
            return "PASS\nIt does."
        if "<conversation>" in request:
            return FLOODED
        if self.others:
            return self.others.pop(0)
        sentence = (
            MARKET_SENTENCE
            if "flooded" in request.rpartition("<question>")[2]
            else (GOODS_SENTENCE)
        )
        return f"{sentence} [{named(request, 'Gao')}]"

    async def __call__(self, body):
        request = body["messages"][-1]["content"]
        self.asked.append(request)
        yield event(content=self.said(request))
        yield line({"id": "1", "choices": [], "usage": SPENT})
        yield WHOLE


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
def server(scribe):
    with FakeChatServer(scribe) as server:
        yield server


@pytest.fixture
def room(tmp_path, capsys):
    """A newsroom without a chat model."""
    made = Newsroom(tmp_path, capsys.readouterr)
    written(made.corpus)
    made.write(TWO)
    return made


@pytest.fixture
def connected(room, server):
    """The same newsroom, with one."""
    told = {"llm_url": f"{server.url}/v1", "llm_model": "small", "llm_key": KEY}
    return replace(room, settings=told)


@pytest.fixture
def tape(room):
    return room.folder / "tape"


def answers(said):
    """All of a run that must be the same when it is replayed."""
    return [
        [
            ({**at["answer"], "timings": None, "when": None}, at["error"], at["checks"])
            for at in event["attempts"]
        ]
        for event in said["results"]
    ]


def errors(said):
    return {event["id"]: at["error"] for event in said["results"] for at in event["attempts"]}


def test_what_was_recorded_is_replayed_without_settings_and_server(tmp_path, capsys, scribe):
    """By the whole program: the same answers and the same status, and nothing of times."""
    corpus = written(tmp_path / "corpus")
    (corpus / "questions.yaml").write_text(TWO.replace("market of Gao", "market of Mopti"))

    def checked(settings, *words):
        house = Assembly(Settings(home=tmp_path / "home", corpus=corpus, **settings))
        status = main(["check", "--json", *map(str, words)], assemble=lambda: house)
        return status, json.loads(capsys.readouterr().out)

    alone = {"llm_url": None, "llm_model": None, "llm_key": None, "verify_url": None}
    with FakeChatServer(scribe) as server:
        told = alone | {"llm_url": f"{server.url}/v1", "llm_model": "small", "llm_key": KEY}
        status, recorded = checked(told, "--record", tmp_path / "tape")
    asked = len(scribe.asked)
    again, replayed = checked(alone, "--replay", tmp_path / "tape", "--jobs", 3)
    assert (status, again, asked, len(scribe.asked)) == (1, 1, 3, 3)
    assert answers(replayed) == answers(recorded)
    assert [result["verdict"] for result in replayed["results"]] == ["failed", "passed", "passed"]
    assert (replayed["replayed"], replayed["model"]) == (True, "small")
    assert (replayed["measures"]["p50_ms"], recorded["measures"]["p50_ms"] > 0) == (None, True)
    assert {
        str(at["answer"]["timings"]) for result in replayed["results"] for at in result["attempts"]
    } == {"{}"}
    assert replayed["measures"]["tokens"] == {"prompt_tokens": 600, "completion_tokens": 40}


def test_the_key_is_in_no_file(connected, tape):
    assert connected.check("--record", tape, "--report", connected.folder / "run.json")[0] == 0
    written_there = [path for path in connected.folder.rglob("*") if path.is_file()]
    assert len([*tape.iterdir()]) == 4
    assert [path for path in written_there if KEY.encode() in path.read_bytes()] == []


def test_a_day_is_replayed_as_it_was(room, connected, tape):
    """A relative date is the same day whenever it is asked again."""
    path = room.write("questions:\n- ask: What was flooded yesterday?\n  expect: market\n")
    day = date(2025, 6, 3)
    settings = Settings(home=room.folder / "home", corpus=room.corpus, **connected.settings)

    class OnThatDay(SmallHouse):
        def over(self, corpus, *, home, tape=None):
            at = recording(room.folder / "tape", self.settings, today=day)
            return super().over(corpus, home=home, tape=at)

    assert main(["check", str(path)], assemble=lambda: OnThatDay(settings)) == 0
    room.captured()
    assert replaying(tape).today() == day
    status, said = room.checked(path, "--replay", tape)
    assert (status, errors(said)) == (0, {"what-was-flooded-yesterday": ""})
    replace(Session.read(tape), today=day + timedelta(days=1)).write(tape)
    (error,) = errors(room.checked(path, "--replay", tape)[1]).values()
    assert ("2025-06-03" in error, "2025-06-04" in error) == (True, True)


def test_what_was_not_recorded_is_an_error_that_names_the_nearest_and_the_difference(
    connected, room, tape
):
    """Here an article has changed; what needs no model is as before."""
    connected.check("--record", tape)
    text = MARKET["text"].replace("who sells millet", "who sells onions")
    written(room.corpus, MARKET | {"text": text}, BRIDGE)
    status, said = room.checked("--replay", tape)
    told = errors(said)
    assert (status, told["won"]) == (1, "")
    for name in ("flooded", "goods"):
        found = re.fullmatch(
            rf"{re.escape(str(tape))} holds no answer to this POST /v1/chat/completions; the "
            r"nearest, (\w+-1\.json), differs: (.*); record it anew",
            told[name],
        )
        assert (tape / found[1]).exists()
        assert ("millet" in found[2], "onions" in found[2]) == (True, True)


def test_a_question_that_is_new_is_recorded_to_the_rest(connected, room, tape):
    """On the day of the rest, so that all of it is replayed."""
    connected.check("--record", tape)
    session = Session.read(tape)
    before = replace(session, today=session.today - timedelta(days=30))
    before.write(tape)
    room.write(TWO + "  - id: hurt\n    ask: Was nobody hurt in Gao?\n    answerable: true\n")
    assert errors(room.checked("--replay", tape, "-k", "hurt")[1])["hurt"].startswith(str(tape))
    assert connected.check("--record", tape, "-k", "hurt")[0] == 0
    assert (Session.read(tape), len([*tape.iterdir()])) == (before, 5)
    assert room.check("--replay", tape, "-k", "hurt")[0] == 0


def test_a_part_is_not_recorded_to_answers_of_another_model(connected, tape):
    connected.check("--record", tape)
    connected.settings["llm_model"] = "large"
    status, _, err = connected.check("--record", tape, "-k", "goods")
    assert (status, err) == (
        3,
        (
            f"griot: {tape} holds answers of another model, address or GRIOT_LLM_CONTEXT; "
            "record the whole set anew, or into another folder\n"
        ),
    )
    assert connected.check("--record", tape)[0] == 0
    assert Session.read(tape).model == "large"


def test_a_folder_that_holds_nothing_says_how_to_record(room, tape):
    assert room.check("--replay", tape) == (
        3,
        "",
        f"griot: {tape} holds no recorded answers; record them with: griot check --record {tape}\n",
    )


def test_without_a_chat_model_there_is_nothing_to_record(room, tape):
    status, out, err = room.check("--record", tape)
    assert (status, out, tape.exists()) == (3, "", False)
    assert err == (
        "griot: there is no chat model to record; set GRIOT_LLM_URL and GRIOT_LLM_MODEL\n"
    )


def test_what_llamaindex_asks_cannot_be_recorded(tape):
    """Its connections are the provider's own."""
    with pytest.raises(GriotError, match="answers of GRIOT_LLM cannot be recorded; set GRIOT_LLM_"):
        recording(tape, Settings(llm="own:Model()"), today=date(2025, 6, 3))


def test_repeats_are_replayed_in_their_order(room, connected, tape, scribe):
    """And the last one again, where more is asked for."""
    room.write(TWO.replace("    judge: It names the market.\n", ""))
    scribe.others = ["NOT_ANSWERED", "NOT_ANSWERED"]

    def held(said):
        checks = [
            [all(check["held"] for check in at["checks"]) for at in event["attempts"]]
            for event in said["results"]
        ]
        return checks[0]

    status, said = connected.checked("--record", tape, "--repeat", 3)
    assert (status, held(said)) == (1, [False, False, True])
    assert held(room.checked("--replay", tape, "--repeat", 3)[1]) == [False, False, True]
    assert held(room.checked("--replay", tape)[1]) == [False]
    assert held(room.checked("--replay", tape, "--repeat", 4)[1]) == [False, False, True, True]


def test_a_server_that_fails_while_it_is_recorded_is_an_error(connected, tape, server):
    connected.settings["llm_url"] = "http://127.0.0.1:9/v1"
    status, said = connected.checked("--record", tape, "-k", "goods")
    assert (status, [path.name for path in tape.iterdir()]) == (3, ["session.json"])
    assert errors(said)["goods"].startswith("Answered by the embedded reader. ")


def test_a_replay_says_itself_what_its_settings_are(tmp_path):
    """The server's path among them, and no key."""
    Session(model="small", path="/api/v1", context=9000, today=date(2025, 6, 3)).write(tmp_path)
    assert replaying(tmp_path).settings == {
        "llm_url": "http://replayed.invalid/api/v1",
        "llm_model": "small",
        "llm_key": None,
        "llm": None,
        "llm_file": None,
        "llm_context": 9000,
    }


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"model": "small"}'])
def test_a_session_that_is_damaged_is_none(content, tmp_path):
    (tmp_path / "session.json").write_text(content)
    with pytest.raises(GriotError, match="holds no recorded answers; record them with"):
        replaying(tmp_path)
