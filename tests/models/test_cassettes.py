import asyncio
import gzip
import json

import httpx
import pytest

from fake_chat_server import DONE, WHOLE, event, finished
from fake_server import FakeServer
from rag.errors import CassetteError, ModelError
from rag.models.cassettes import Recorder, Replayer
from rag.models.chat import Message
from rag.models.openai.model import OpenAIModel
from virtual_time import run

KEY = "sk-test-0123456789abcdef"
ADDRESS = "http://localhost:8080/v1/chat/completions"


def streamed(*parts, **headers):
    typed = {"Content-Type": "text/event-stream", **headers}

    async def chunks():
        for part in parts:
            yield part

    return lambda _: httpx.Response(200, headers=typed, content=chunks())


def said(text):
    return streamed(event(content=text), WHOLE)


def recorder(folder, *answers):
    return Recorder(folder, httpx.MockTransport(FakeServer(*answers)))


def ask(transport, *questions, key=KEY, url="http://localhost:8080"):
    """The answers to the questions, each as its pieces or its error."""
    model = OpenAIModel(url, "small", key, transport=transport)

    async def answer(question):
        try:
            messages = [Message("user", question)]
            return [piece async for piece in model.stream(messages, max_tokens=9)]
        except ModelError as error:
            return [type(error)]

    async def main():
        return [await answer(question) for question in questions]

    return run(main())


def files(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))}


def test_what_was_recorded_is_replayed(tmp_path):
    """The same questions get the same answers without the server, whatever its host and key."""
    stream = recorder(tmp_path, said("General Camara 🙂\u2028"), said("On Monday"))
    recorded = ask(stream, "Who?", "When?")
    assert recorded == [["General Camara 🙂\u2028"], ["On Monday"]]
    replayed = ask(Replayer(tmp_path), "When?", "Who?", key=None, url="https://elsewhere")
    assert replayed == recorded[::-1]


def test_a_cassette_can_be_read(tmp_path):
    """A file holds the request and the answer as it was streamed, and nothing else."""
    ask(recorder(tmp_path, said("Camara")), "Who?")
    ((name, text),) = files(tmp_path).items()
    assert name.endswith("-1.json")
    assert json.loads(text) == {
        "request": {
            "method": "POST",
            "path": "/v1/chat/completions",
            "body": {
                "model": "small",
                "messages": [{"role": "user", "content": "Who?"}],
                "stream": True,
                "stream_options": {"include_usage": True},
                "temperature": 0,
                "max_tokens": 9,
            },
        },
        "response": {
            "status": 200,
            "content_type": "text/event-stream",
            "body": b"".join([event(content="Camara"), WHOLE]).decode().split("\n"),
        },
    }


def test_equal_requests_are_takes_in_their_order(tmp_path):
    """The last take is given again and again, and the tenth comes after the ninth."""
    takes = [f"take {number}" for number in range(1, 12)]
    ask(recorder(tmp_path, *map(said, takes)), *["Who?"] * 11)
    expected = [[take] for take in [*takes, takes[-1]]]
    assert ask(Replayer(tmp_path), *["Who?"] * 12) == expected


def test_the_order_of_fields_and_the_headers_tell_nothing_apart(tmp_path):
    """A request is known by what it says: method, path and JSON."""

    async def main(transport, content, **headers):
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.post(ADDRESS, content=content, headers=headers)).text

    recording = recorder(tmp_path, httpx.Response(200, text="yes"))
    asyncio.run(main(recording, b'{"a": 1, "b": [2]}', accept="x"))
    assert asyncio.run(main(Replayer(tmp_path), b'{"b":[2],"a":1}', accept="y")) == "yes"
    with pytest.raises(CassetteError):
        asyncio.run(main(Replayer(tmp_path), b'{"b":[2,2],"a":1}'))


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": f"Bearer {KEY}"}, ""),
        ({"x-api-key": KEY}, "?version=1"),
        ({}, f"?version=1&key={KEY}&access_token={KEY}"),
    ],
)
def test_secrets_are_not_kept(tmp_path, headers, query):
    """A key stands in no file, though the question and the answer repeat it."""

    async def main():
        body = {"content": f"My key is {KEY}"}
        async with httpx.AsyncClient(transport=recorder(tmp_path, said(f"It is {KEY}."))) as client:
            await client.post(ADDRESS + query, json=body, headers=headers)

    asyncio.run(main())
    ((name, text),) = files(tmp_path).items()
    kept = json.loads(text)
    assert KEY not in name + text
    assert kept["request"]["body"] == {"content": "My key is [key]"}
    path = "/v1/chat/completions" + ("?version=1" if query else "")
    assert kept["request"]["path"] == path


def test_a_short_key_is_a_word_like_others(tmp_path):
    """A placeholder key, as for servers without keys, does not change texts."""
    ask(recorder(tmp_path, said("none of them")), "Who, if none?", key="none")
    assert ask(Replayer(tmp_path), "Who, if none?", key=None) == [["none of them"]]


def test_a_compressed_answer_is_kept_as_text(tmp_path):
    """A recording can be read whatever the connection's encoding was."""
    packed = gzip.compress(event(content="Camara") + WHOLE)
    answer = streamed(packed[:20], packed[20:], **{"Content-Encoding": "gzip"})
    assert ask(recorder(tmp_path, answer), "Who?") == [["Camara"]]
    assert ask(Replayer(tmp_path), "Who?") == [["Camara"]]


def test_half_a_character_is_kept(tmp_path):
    """A lone surrogate that JSON escapes is recorded and found again."""

    async def main(transport):
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.post(ADDRESS, content=rb'{"text": "\udcff"}')).text

    asyncio.run(main(recorder(tmp_path, httpx.Response(200, text="yes"))))
    assert asyncio.run(main(Replayer(tmp_path))) == "yes"


def test_a_refused_parameter_is_learnt_from_again(tmp_path):
    """A refusal of the request is part of a recording: the client asks anew without it."""
    refusal = httpx.Response(400, json={"error": {"message": "no temperature here"}})
    assert ask(recorder(tmp_path, refusal, said("Camara")), "Who?") == [["Camara"]]
    assert ask(Replayer(tmp_path), "Who?") == [["Camara"]]
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": {"message": "wrong key"}}),
        httpx.Response(429, json={"error": {"message": "slow down"}}),
        httpx.Response(503, json={"error": {"message": "busy"}}),
        streamed(event(content="Cam")),
        streamed(),
    ],
)
def test_what_went_wrong_is_not_kept(tmp_path, answer):
    """Passing failures and streams that were cut leave no file."""
    *_, ended = ask(recorder(tmp_path, answer), "Who?")[0]
    assert (ended, files(tmp_path)) == (ModelError, {})


def test_a_stream_that_is_closed_early_is_not_kept(tmp_path):
    """Only what was read to its end is recorded."""

    async def main():
        transport = recorder(tmp_path, said("Camara"))
        model = OpenAIModel("http://localhost:8080", "small", transport=transport)
        pieces = model.stream([Message("user", "Who?")], max_tokens=9)
        first = await anext(pieces)
        await pieces.aclose()
        return first

    assert (asyncio.run(main()), files(tmp_path)) == ("Camara", {})


@pytest.mark.parametrize("end", [finished(), DONE])
def test_either_end_of_a_stream_makes_it_whole(tmp_path, end):
    """A reason to finish is enough, and so is [DONE]."""
    ask(recorder(tmp_path, streamed(event(content="Camara"), end)), "Who?")
    assert ask(Replayer(tmp_path), "Who?") == [["Camara"]]


def test_an_unknown_request_shows_the_nearest_one(tmp_path):
    """The error names the file and shows what differs, on one line."""
    passages = "\n".join(f"Passage {number} of the articles" for number in range(20))
    ask(recorder(tmp_path, said("x")), "Something else", f"{passages}\nWho accompanied Goïta?")
    nearest = next(name for name, text in files(tmp_path).items() if "Goïta" in text)
    with pytest.raises(CassetteError) as caught:
        ask(Replayer(tmp_path), f"{passages}\nWho accompanied Camara?")
    assert str(caught.value) == (
        f"{tmp_path} holds no answer to this POST /v1/chat/completions; the nearest, {nearest}, "
        'differs: recorded “Who accompanied Goïta?",”, asked “Who accompanied Camara?",”; '
        "record it anew"
    )


def test_an_empty_folder_says_how_it_is_filled(tmp_path):
    """Without any recording the error names what makes one."""
    with pytest.raises(CassetteError) as caught:
        ask(Replayer(tmp_path / "absent"), "Who?")
    assert str(caught.value) == (
        f"{tmp_path / 'absent'} holds no answer to this POST /v1/chat/completions, nor any other; "
        "record it with: griot check --record"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"request": {}, "response": {}}'])
def test_a_damaged_file_is_named(tmp_path, text):
    """A file that is no recording is not passed over."""
    (tmp_path / "0123-1.json").write_text(text, encoding="utf-8")
    with pytest.raises(CassetteError) as caught:
        ask(Replayer(tmp_path), "Who?")
    assert str(caught.value) == (
        f"{tmp_path / '0123-1.json'} is no recorded answer; record it anew"
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    """A file where the folder should be is an error for a person."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CassetteError) as caught:
        ask(recorder(tmp_path / "file", said("x")), "Who?")
    assert str(caught.value) == (
        f"cannot write to {tmp_path / 'file'} (File exists); check its permissions and the disk"
    )
