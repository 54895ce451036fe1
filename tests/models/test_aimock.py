"""The chat client against aimock, a stand-in for OpenAI's servers that knows their faults.

It is installed once into .cache/ where node and npm are there and a registry can be reached.
"""

import asyncio

import httpx
import pytest
import stamina

from npm import installed, serving
from paths import TESTS
from rag.errors import ContextOverflow, ModelError, TextCut
from rag.models.chat import Message, Usage
from rag.models.openai.model import OpenAIModel, Timeouts

pytestmark = pytest.mark.npm

VERSION = "1.43.0"
PACKAGE = "@copilotkit/aimock"
FAULTS = TESTS / "aimock" / "faults.json"
KEY = "sk-test-0123456789abcdef"


@pytest.fixture(scope="module")
def server():
    """The address of a running aimock that answers as tests/aimock/faults.json says."""
    program = installed(PACKAGE, VERSION) / "node_modules" / PACKAGE / "dist" / "cli.js"
    with serving("aimock", program, "--port", "0", "--fixtures", FAULTS) as address:
        yield address


class Counting(httpx.AsyncHTTPTransport):
    """Counts the requests."""

    def __init__(self):
        super().__init__()
        self.requests = 0

    async def handle_async_request(self, request):
        self.requests += 1
        return await super().handle_async_request(request)


class Asked:
    """The text, the usage, the error, and the number of requests of one question."""

    def __init__(self, server, question, **timeouts):
        self.text, self.usage, self.kind, self.error = "", None, None, ""
        transport = Counting()
        self.model = OpenAIModel(
            server, "small", KEY, transport=transport, timeouts=Timeouts(**timeouts)
        )
        with stamina.set_testing(True, attempts=3, cap=True):  # without waits
            asyncio.run(self.ask(question))
        self.requests = transport.requests

    async def ask(self, question):
        try:
            async for piece in self.model.stream([Message("user", question)], max_tokens=100):
                if isinstance(piece, Usage):
                    self.usage = piece
                else:
                    self.text += piece
        except ModelError as error:
            self.kind, self.error = type(error), str(error)


SENTENCE = "General Sadio Camara accompanied Goïta."


def test_an_answer_is_streamed(server):
    """The text is whole, and the usage is told."""
    asked = Asked(server, "plain")
    assert (asked.text, asked.kind, asked.requests) == (SENTENCE, None, 1)
    assert asked.usage.completion_tokens > 0


@pytest.mark.parametrize("question", ["busy once", "down once"])
def test_a_fault_that_passes_is_not_noticed(server, question):
    """A server that is busy, or just starting, is asked a second time."""
    asked = Asked(server, question)
    assert (asked.text, asked.kind, asked.requests) == ("Camara.", None, 2)


@pytest.mark.parametrize(
    ("question", "kind", "what", "requests"),
    [
        ("busy always", ModelError, "takes no more for now (429: Too busy)", 3),
        ("down always", ModelError, "failed (500: Out of memory)", 3),
        ("dropped", ModelError, "closed the connection without an answer", 3),
        ("wrong key", ModelError, "refuses the key (401: Incorrect API key provided: [key])", 1),
        ("wrong model", ModelError, "knows no model small (404: The model `small`", 1),
        ("too long", ContextOverflow, "cannot read that much at once (400: This model's", 1),
        ("malformed", ModelError, "answered without a chat completion: {malformed json", 1),
        ("empty", ModelError, "wrote no text", 1),
        ("nobody knows this", ModelError, "has nothing at that address (404: ", 1),
    ],
)
def test_a_fault_that_lasts_is_told(server, question, kind, what, requests):
    """No text is given, and the line names the server and what happened."""
    asked = Asked(server, question)
    assert (asked.text, asked.kind, asked.requests) == ("", kind, requests)
    host = server.removeprefix("http://")
    assert asked.error.startswith(f"The chat server {host} {what}")
    assert KEY not in asked.error


@pytest.mark.parametrize("question", ["cut by chunks", "cut by time"])
def test_a_stream_that_is_cut_is_not_taken_for_whole(server, question):
    """The beginning of the text is returned, and nothing is tried again."""
    asked = Asked(server, question)
    assert (asked.kind, asked.requests) == (ModelError, 1)
    assert "broke off before its answer was whole" in asked.error
    assert SENTENCE.startswith(asked.text)
    assert asked.text != SENTENCE


def test_a_text_that_reached_its_limit_is_told_apart(server):
    """The text is returned, and the error says that it is a beginning."""
    asked = Asked(server, "too short a limit")
    assert (asked.text, asked.kind) == ("General Sadio", TextCut)


def test_a_server_that_starts_slowly_is_not_waited_for(server):
    """The first token has a limit of its own."""
    asked = Asked(server, "slow start", first_token=0.2, per_thousand=0)
    assert (asked.text, asked.kind, asked.requests) == ("", ModelError, 1)
    assert "wrote nothing within 0.2 s" in asked.error


def test_the_models_are_listed(server):
    """A server's list of models is read."""
    assert "gpt-4o" in asyncio.run(OpenAIModel(server, "small").models())
