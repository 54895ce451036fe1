"""The chat client against llama.cpp's own server, with a model made by hand.

The server's program is looked for at LLAMA_SERVER and in .cache/llama-server/.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time

import httpx
import pytest

import tiny_gguf
from paths import ROOT
from ports import free_port
from rag.errors import ContextOverflow, ModelError, TextCut
from rag.models.chat import Message, Usage
from rag.models.openai.model import OpenAIModel, Timeouts

BUILT = ROOT / ".cache" / "llama-server" / "llama-server"


class LlamaServer:
    """A running server of the tiny model."""

    def __init__(self, program, model):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = f"--host 127.0.0.1 --port {port} --alias tiny --parallel 1 --threads 1"
        self._process = subprocess.Popen(
            [program, "--model", model, *settings.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        while not self._ready():
            assert self._process.poll() is None, "llama-server ended before it was ready"
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.send(signal.SIGKILL)
        self._process.wait()

    def _ready(self):
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def send(self, number):
        self._process.send_signal(number)


@pytest.fixture(scope="module")
def program():
    named = os.environ.get("LLAMA_SERVER", str(BUILT))
    if not shutil.which(named):
        pytest.skip(f"no llama-server at LLAMA_SERVER or {BUILT}")
    return named


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    tiny_gguf.write(path)
    return path


@pytest.fixture(scope="module")
def server(program, model):
    with LlamaServer(program, model) as server:
        yield server


async def ask(server, question, *, max_tokens=100, after_first=None, **timeouts):
    """The pieces, and last the error if there is one; once a piece has come, `after_first` acts."""
    chat = OpenAIModel(server.url, "tiny", timeouts=Timeouts(**timeouts))
    given = []
    try:
        async for piece in chat.stream([Message("user", question)], max_tokens=max_tokens):
            if not given and after_first is not None:
                server.send(after_first)
            given.append(piece)
    except ModelError as error:
        given.append(error)
    finally:
        await chat.close()
    return given


def asked(*questions, **more):
    return asyncio.run(ask(*questions, **more))


def test_an_answer_is_streamed(server):
    """The words come one by one, the usage last: the prompt's bytes and its start are tokens."""
    question = "Who accompanied Goïta?"
    *pieces, usage = asked(server, question)
    assert "".join(pieces) == tiny_gguf.REPLY
    assert len(pieces) == len(tiny_gguf.REPLY.split())
    assert usage == Usage(1 + len(question.replace(" ", "▁").encode()), 6)


def test_the_models_are_listed(server):
    """The server names the model that it was started with."""
    assert asyncio.run(OpenAIModel(server.url, "tiny").models()) == ("tiny",)


def test_a_limit_cuts_the_text(server):
    """The server stops at the limit, and says so."""
    *pieces, usage, error = asked(server, "Go on!", max_tokens=3)
    assert ("".join(pieces), usage.completion_tokens, type(error)) == ("on and on", 3, TextCut)


def test_a_prompt_that_is_too_long_is_told_apart(server):
    """The server's words for a context that is too small are understood."""
    (error,) = asked(server, "long " * tiny_gguf.CONTEXT + "?")
    assert isinstance(error, ContextOverflow)
    assert "cannot read that much at once (400: " in str(error)


def test_a_server_that_stalls_is_not_waited_for(program, model):
    """A server that is stopped in the middle of its answer is given up."""
    with LlamaServer(program, model) as server:
        *pieces, error = asked(
            server, "Go on!", max_tokens=4000, after_first=signal.SIGSTOP, between_tokens=0.5
        )
        server.send(signal.SIGCONT)
    assert "".join(pieces).startswith("on")
    assert "has said nothing for 0.5 s" in str(error)


def test_a_server_that_dies_cuts_its_answer(program, model):
    """A server that is killed in the middle of its answer has not answered."""
    with LlamaServer(program, model) as server:
        *pieces, error = asked(server, "Go on!", max_tokens=4000, after_first=signal.SIGKILL)
    assert "".join(pieces).startswith("on")
    assert "broke off before its answer was whole" in str(error)


def test_closing_a_stream_stops_the_writing(server):
    """The server is free for the next question as soon as the iterator is closed."""

    async def main():
        chat = OpenAIModel(server.url, "tiny")
        pieces = chat.stream([Message("user", "Go on!")], max_tokens=4000)
        first = await anext(pieces)
        await pieces.aclose()
        await chat.close()
        return first, await ask(server, "Who?")

    first, (*pieces, _) = asyncio.run(main())
    assert (first.strip(), "".join(pieces)) == ("on", tiny_gguf.REPLY)
