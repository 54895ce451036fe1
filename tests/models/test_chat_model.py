import asyncio
import itertools
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_chat_server import DONE, WHOLE, event, finished, line
from rag.errors import ContextOverflow, GriotError, ModelError, TextCut
from rag.models.chat import Message, Usage
from rag.models.openai.model import OpenAIModel, Timeouts
from rag.models.openai.redact import one_line
from virtual_time import run

KEY = "sk-test-0123456789abcdef"
ASKED = [Message("system", "Be brief."), Message("user", "Who accompanied Goïta?")]
USAGE = line({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})
SOON = Timeouts(connect=5, first_token=0.02, between_tokens=0.02)


def answered(*parts):
    return httpx.Response(200, content=b"".join(parts))


def refused(status, body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=named)


def openai_error(message, **more):
    return {"error": {"message": message, **more}}


class Broken(httpx.AsyncByteStream):
    """Gives its parts, then what an interrupted connection gives: an error, or nothing more."""

    def __init__(self, *parts, error=None):
        self.parts = parts
        self.error = error

    async def __aiter__(self):
        for part in self.parts:
            yield part
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error


def cut(*parts):
    stream = Broken(*parts, error=httpx.RemoteProtocolError("peer closed connection"))
    return lambda _: httpx.Response(200, stream=stream)


def stalled(*parts):
    return lambda _: httpx.Response(200, stream=Broken(*parts))


class Server:
    """Answers each request with the next of its answers, and the last for ever."""

    def __init__(self, *answers, now=(0.0,)):
        self.answers = answers
        self.requests = []
        self.waits = []
        self.now = list(now)

    async def __call__(self, request):
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    async def sleep(self, seconds):
        self.waits.append(seconds)

    def clock(self):
        return self.now[0]

    def model(self, url="http://localhost:8080", key=KEY, timeouts=Timeouts()):  # noqa: B008
        return OpenAIModel(
            *(url, "small", key),
            transport=httpx.MockTransport(self),
            sleep=self.sleep,
            clock=self.clock,
            timeouts=timeouts,
        )

    def pieces(self, **settings):
        return run(pieces(self.model(**settings)))

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]


async def pieces(model, max_tokens=100):
    """What is given, and last the error that ends it, if one does."""
    given = []
    try:
        async for piece in model.stream(ASKED, max_tokens=max_tokens):
            given.append(piece)  # noqa: PERF401 - what came before an error counts
    except GriotError as error:
        given.append(error)
    return given


def told(given):
    """The same with the error as its kind and its line."""
    *text, error = given
    return (*text, type(error), str(error))


def fault(kind, what):
    return kind, f"The chat server localhost:8080 {what}"


# Asking


def test_a_request_asks_for_a_stream_that_tells_its_usage():
    """The server is asked as OpenAI's is, with the key in a header."""
    server = Server(answered(event(content="Camara"), WHOLE))
    server.pieces()
    (request,) = server.requests
    assert (request.method, str(request.url)) == (
        "POST",
        "http://localhost:8080/v1/chat/completions",
    )
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert server.bodies == [
        {
            "model": "small",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Who accompanied Goïta?"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "max_tokens": 100,
        }
    ]


def test_without_a_key_no_header_names_one():
    """A local server is asked without a key."""
    server = Server(answered(event(content="Camara"), WHOLE))
    server.pieces(key=None)
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1/chat/completions"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ("http://server/v1/chat/completions", "http://server/v1/chat/completions"),
        ("https://server/v1?version=2", "https://server/v1/chat/completions?version=2"),
    ],
)
def test_v1_is_added_where_the_address_has_no_path(url, asked):
    """The address may stop before /v1, after it, at a path of its own, or be whole."""
    server = Server(answered(event(content="Camara"), WHOLE))
    server.pieces(url=url)
    assert str(server.requests[0].url) == asked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"The key {KEY} and its head {KEY[:9]}...", "The key [key] and its head [key]"),
        ("Bearer abc, ?api_key=abc&n=1", "[key], ?[key]&n=1"),
        ("gsk_0123456789 or hf_abcdefghij", "[key] or [key]"),
        ("tok****wxyz", "[key]"),
        ("skyscrapers and skeletons", "skyscrapers and skeletons"),
        ("one\ttwo\r\n\x1b[2Jthree\u202e", "one two [2Jthree"),
        ("word " * 100, "word " * 31 + "word …"),
    ],
)
def test_foreign_words_are_shown_on_one_line_without_keys(said, shown):
    """Control characters, keys, parts of the own key and what looks like one are taken out."""
    assert one_line(said, KEY) == shown


@pytest.mark.parametrize("url", ["", "localhost:11434", "ftp://server", "http://[::1", KEY])
def test_an_address_that_is_none_is_refused(url):
    """What cannot be the address of a server is refused at once, and not repeated."""
    with pytest.raises(ModelError) as caught:
        OpenAIModel(url, "small")
    assert str(caught.value) == (
        "GRIOT_LLM_URL is not the address of a server, as http://localhost:11434/v1 is."
    )


def test_a_host_that_is_none_is_refused_when_it_is_asked():
    """What only a look at each character shows is found when the server is asked."""
    (error,) = Server().pieces(url="http://xn--a\u2024b/v1")
    assert str(error) == (
        "GRIOT_LLM_URL is not the address of a server, as http://localhost:11434/v1 is."
    )


def test_a_key_that_cannot_stand_in_a_header_is_refused():
    """The key is not repeated in the error."""
    with pytest.raises(ModelError) as caught:
        OpenAIModel("http://server", "small", "schlüssel\n2")
    assert str(caught.value) == "GRIOT_LLM_KEY holds a character that no key has; set it again."


def test_half_a_character_is_sent_as_a_question_mark():
    """A lone surrogate, which UTF-8 cannot hold, does not keep a question from being sent."""
    server = Server(answered(event(content="Camara"), WHOLE))

    async def main():
        model = server.model()
        return [one async for one in model.stream([Message("user", "Who\udcff")], max_tokens=9)]

    assert asyncio.run(main()) == ["Camara"]
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Who?"}]


def test_the_key_stands_in_no_repr():
    """A model that is printed does not tell its key."""
    model = OpenAIModel("http://server", "small", KEY)
    assert KEY not in repr(vars(model)) + repr(model)


def test_event_loops_that_were_closed_in_haste_do_no_harm():
    """A loop that ended without closing its generators leaves the model usable in the next."""
    model = Server(answered(event(content="Camara"), WHOLE)).model()
    given = []
    for _ in range(3):
        loop = asyncio.new_event_loop()
        given.append(loop.run_until_complete(pieces(model)))
        loop.close()
    assert given == [["Camara"]] * 3


# Parameters that a server refuses


@pytest.mark.parametrize(
    ("status", "body", "without", "instead"),
    [
        (
            400,
            openai_error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
            "max_tokens",
            {"max_completion_tokens": 100},
        ),
        (
            400,
            openai_error(
                "Unsupported value: 'temperature' does not support 0 with this model. "
                "Only the default (1) value is supported.",
                param="temperature",
            ),
            "temperature",
            {},
        ),
        (
            422,
            {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "stream_options"],
                        "msg": "Extra inputs are not permitted",
                        "input": {"include_usage": True},
                    }
                ]
            },
            "stream_options",
            {},
        ),
        (400, {"detail": "max_tokens: unknown field"}, "max_tokens", {}),
    ],
)
def test_a_parameter_that_is_refused_is_left_out_from_then_on(status, body, without, instead):
    """The call goes on without it at once, and later calls do not send it again."""
    server = Server(refused(status, body), answered(event(content="Camara"), WHOLE))
    model = server.model()
    assert [run(pieces(model)) for _ in range(2)] == [["Camara"], ["Camara"]]
    first, *later = server.bodies
    del first[without]
    assert later == [{**first, **instead}] * 2
    assert server.waits == []


def test_several_parameters_may_be_refused_one_after_another():
    """A server that refuses all of them is asked for a stream and nothing more."""
    names = ("temperature", "max_tokens", "stream_options")
    refusals = [refused(400, openai_error(f"Unknown name: {name}")) for name in names]
    server = Server(*refusals, answered(event(content="Camara"), WHOLE))
    assert server.pieces() == ["Camara"]
    assert server.bodies[-1].keys() == {"model", "messages", "stream"}


def test_a_refusal_that_goes_on_is_an_error():
    """A server that refuses what is no longer sent is not asked for ever."""
    server = Server(refused(400, openai_error("temperature and max_tokens are out of range")))
    assert told(server.pieces()) == fault(
        ModelError,
        "refuses the request (400: temperature and max_tokens are out of range). "
        "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small).",
    )
    assert len(server.requests) == 3


# Reading


def test_text_comes_in_pieces_and_the_usage_last():
    """Each delta is given as it is; the usage follows from the chunk without choices."""
    server = Server(
        answered(
            b": OPENROUTER PROCESSING\n\n",
            event(role="assistant", content=None),
            event(role="assistant"),
            event(content="General "),
            event(content=""),
            event(content="Sadio\u2028Camara"),
            line({"id": "1", "object": "chat.completion.chunk"}),
            finished(),
            USAGE,
            DONE,
        )
    )
    assert server.pieces() == ["General ", "Sadio\u2028Camara", Usage(7, 2)]


def test_half_a_character_is_not_given_out():
    """What JSON can escape and nothing else can hold is shown as a replacement."""
    halves = [
        event(content="").replace(b'""', piece) for piece in (rb'"\ud83d\ude42"', rb'"a\ud83d"')
    ]
    assert Server(answered(*halves, WHOLE)).pieces() == ["🙂", "a\ufffd"]


@given(st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_chunks_may_be_cut_anywhere(places, carriage_returns):
    """Wherever the bytes are parted, within a character too, the text is the same."""
    stream = b"".join(
        [
            b": waiting\n\n",
            event(content="Goïta und 政府 "),
            event(content="🙂\u2028\u0085 met").replace(b"data: ", b"data:"),
            b"event: message\nid: 3\nretry: 10\n",
            event(content=" Putin"),
            WHOLE,
        ]
    )
    if carriage_returns:
        stream = stream.replace(b"\n", b"\r\n")
    ends = sorted({min(place, len(stream)) for place in places} | {0, len(stream)})
    parts = [stream[start:end] for start, end in itertools.pairwise(ends)]

    async def chunks():
        for part in parts:
            yield part

    server = Server(lambda _: httpx.Response(200, content=chunks()))
    assert server.pieces() == ["Goïta und 政府 ", "🙂\u2028\u0085 met", " Putin"]


@pytest.mark.parametrize(
    "answer",
    [
        answered(event(content="Camara"), finished()),
        answered(event(content="Camara"), DONE),
        answered(event(content="Camara"), finished().rstrip()),
        cut(event(content="Camara"), finished()),
        stalled(event(content="Camara"), finished()),
        stalled(event(content="Camara"), WHOLE),
        answered(line({"choices": [{"delta": {"content": "Camara"}, "finish_reason": "stop"}]})),
    ],
)
def test_a_stream_is_whole_once_it_has_said_so(answer):
    """A reason to finish or [DONE] ends an answer, whatever becomes of the connection."""
    assert Server(answer).pieces(timeouts=SOON) == ["Camara"]


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"role": "assistant", "content": "Camara"}, "finish_reason": "stop"},
        {"message": {"content": [{"type": "text", "text": "Camara"}]}},
        {"message": {"content": "Camara", "reasoning": "Who was it?"}},
    ],
)
def test_a_server_that_does_not_stream_is_understood(choice):
    """One JSON body gives its text in one piece, and its usage."""
    body = {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    pretty = httpx.Response(200, content=b"\n" + json.dumps(body, indent=2).encode())
    assert Server(pretty).pieces() == ["Camara", Usage(7, 2)]


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (["<think>Who?</think>Camara"], ["Camara"]),
        (["<th", "ink>Who", "? </thi", "nk>\n", "\nCamara", " did"], ["Camara", " did"]),
        ([" \n<think></think> ", "Camara"], ["Camara"]),
        (["<", "b>"], ["<b>"]),
        (["<th"], ["<th"]),
        (["Camara <think>", "x</think>"], ["Camara <think>", "x</think>"]),
        (["\n\nCamara"], ["Camara"]),
    ],
)
def test_thinking_that_leads_the_text_is_not_given_out(written, given):
    """What stands in a leading <think> is kept back, however it is parted."""
    server = Server(answered(*(event(content=one) for one in written), WHOLE))
    assert server.pieces() == given


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning": "Who was it?"},
        {"reasoning_content": "Who was it?", "content": None},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Who?"}]}]},
    ],
)
def test_thinking_in_a_field_of_its_own_is_not_given_out(delta):
    """Only the answer's text is."""
    server = Server(answered(event(**delta), event(content="Camara"), WHOLE))
    assert server.pieces() == ["Camara"]


# Faults


_ENDS_IN_V1 = "Check GRIOT_LLM_URL, which for most servers ends in /v1."
_ANOTHER = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
_PULL = "Set GRIOT_LLM_MODEL to one that griot doctor lists; with Ollama, run: ollama pull small"


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (
            401,
            openai_error(f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
            (
                "refuses the key (401: Incorrect API key provided: [key].). "
                "Set GRIOT_LLM_KEY to one that it accepts."
            ),
        ),
        (
            401,
            openai_error("Incorrect API key provided: sk-test*********cdef. See the console."),
            (
                "refuses the key (401: Incorrect API key provided: [key] See the console.). "
                "Set GRIOT_LLM_KEY to one that it accepts."
            ),
        ),
        (
            403,
            {"detail": "Forbidden"},
            "refuses the key (403: Forbidden). Set GRIOT_LLM_KEY to one that it accepts.",
        ),
        (
            404,
            openai_error("model 'small' not found"),
            f"knows no model small (404: model 'small' not found). {_PULL}",
        ),
        (
            404,
            openai_error("The model `small` does not exist or you do not have access to it."),
            (
                "knows no model small (404: The model `small` does not exist or you do not have "
                f"access to it.). {_PULL}"
            ),
        ),
        (
            400,
            openai_error("small is not a valid model ID", code=400),
            f"knows no model small (400: small is not a valid model ID). {_PULL}",
        ),
        (
            400,
            {"object": "error", "message": "Invalid model: small", "code": "1500"},
            f"knows no model small (400: Invalid model: small). {_PULL}",
        ),
        (
            404,
            {"detail": "Not Found"},
            f"has nothing at that address (404: Not Found). {_ENDS_IN_V1}",
        ),
        (
            402,
            openai_error("This request requires more credits", code=402),
            (
                f"has no quota left for this key (402: This request requires more credits). "
                f"Add credit, or {_ANOTHER}"
            ),
        ),
        (
            429,
            openai_error("You exceeded your current quota.", type="insufficient_quota"),
            (
                f"has no quota left for this key (429: You exceeded your current quota.). "
                f"Add credit, or {_ANOTHER}"
            ),
        ),
        (
            422,
            {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "input": {}}]},
            (
                "refuses the request (422: Field required). "
                "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."
            ),
        ),
        (
            400,
            {"error": "\x1b[31mtoo\nodd\u202e " + "x" * 300},
            (
                f"refuses the request (400: [31mtoo odd {'x' * 148} …). "
                "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."
            ),
        ),
        (
            400,
            json.loads('{"error": ' * 200 + "{}" + "}" * 200),
            "refuses the request (400). Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small).",
        ),
        (301, {}, "refuses the request (301). Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."),
    ],
)
def test_a_refusal_says_what_happened_and_the_remedy(status, body, what):
    """The server's own words are shown on one line, without the key, and asked for once."""
    server = Server(refused(status, body))
    assert told(server.pieces()) == fault(ModelError, what)
    assert (len(server.requests), server.waits) == (1, [])


def test_a_server_that_wants_a_key_says_which_setting():
    """Without a key, a refusal names the setting that gives one."""
    server = Server(refused(401, {"detail": "Not authenticated"}))
    assert told(server.pieces(key=None)) == fault(
        ModelError, "asks for a key (401: Not authenticated). Set GRIOT_LLM_KEY."
    )


@pytest.mark.parametrize(
    ("status", "message", "more"),
    [
        (
            400,
            (
                "This model's maximum context length is 8192 tokens. However, your messages "
                "resulted in 9000 tokens."
            ),
            {"code": "context_length_exceeded", "param": "messages"},
        ),
        (
            400,
            "the request exceeds the available context size, try increasing it",
            {"type": "exceed_context_size_error", "n_prompt_tokens": 2000, "n_ctx": 1024},
        ),
        (500, "the request exceeds the available context size", {"type": "server_error"}),
        (
            400,
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 800. This model's maximum "
                "context length is 1024 tokens and your request has 900 input tokens."
            ),
            {},
        ),
        (400, "the prompt is longer than the maximum model length of 4096", {}),
        (400, "the input length exceeds the context length", {}),
        (
            400,
            "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
            {},
        ),
        (413, "Request too large for model `small` on tokens per minute", {"type": "tokens"}),
        (400, "The input token count (1200000) exceeds the maximum number of tokens", {}),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", {}),
    ],
)
def test_a_context_that_is_too_small_is_told_apart(status, message, more):
    """However a server words it, a caller can tell that it has to send less."""
    server = Server(refused(status, openai_error(message, **more)))
    *_, kind, said = told(server.pieces())
    assert kind is ContextOverflow
    assert said.startswith("The chat server localhost:8080 cannot read that much at once (")
    assert said.endswith("Set GRIOT_LLM_CONTEXT to the tokens that the model takes.")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (
            refused(503, openai_error("Overloaded")),
            "failed (503: Overloaded). Ask again, and look into the server's log.",
        ),
        (
            httpx.Response(
                502, html="<html><head><title>x</title></head><h1>502 Bad Gateway</h1>\n</html>"
            ),
            "failed (502: 502 Bad Gateway). Ask again, and look into the server's log.",
        ),
        (
            httpx.Response(500),
            "failed (500). Ask again, and look into the server's log.",
        ),
        (
            refused(429, openai_error("Rate limited", type="rate_limit_error")),
            f"takes no more for now (429: Rate limited). Wait a while, or {_ANOTHER}",
        ),
        (
            answered(line(openai_error("Upstream failed", code=502))),
            "failed (502: Upstream failed). Ask again, and look into the server's log.",
        ),
        (
            answered(b'error: {"error": {"message": "slot lost", "type": "server_error"}}\n\n'),
            "failed (500: slot lost). Ask again, and look into the server's log.",
        ),
        (
            answered(line(openai_error("slow down", type="rate_limit_exceeded"))),
            f"takes no more for now (429: slow down). Wait a while, or {_ANOTHER}",
        ),
        (
            httpx.ConnectError("[Errno 111] Connection refused"),
            (
                "cannot be reached ([Errno 111] Connection refused). "
                "Start the server, or set GRIOT_LLM_URL to one that runs."
            ),
        ),
        (
            httpx.ReadError(""),
            (
                "closed the connection without an answer (ReadError). "
                "Look into the server's log, and check GRIOT_LLM_URL."
            ),
        ),
        (
            cut(event(role="assistant")),
            (
                "closed the connection without an answer (RemoteProtocolError). "
                "Look into the server's log, and check GRIOT_LLM_URL."
            ),
        ),
    ],
)
def test_what_may_pass_is_tried_three_times(answer, what):
    """Load, a server error and a lost connection are tried again, with growing waits."""
    server = Server(answer)
    assert told(server.pieces()) == fault(ModelError, what)
    first, second = server.waits
    assert (len(server.requests), 0.25 <= first <= 0.75, 0.5 <= second <= 1.5) == (3, True, True)


@pytest.mark.parametrize(
    "passing",
    [
        refused(429, openai_error("Rate limited")),
        refused(500, openai_error("boom")),
        httpx.ConnectError("refused"),
        answered(line(openai_error("Upstream failed", code=502))),
    ],
)
def test_what_has_passed_is_not_noticed(passing):
    """A second try that succeeds gives its text alone."""
    server = Server(passing, answered(event(content="Camara"), WHOLE))
    assert server.pieces() == ["Camara"]


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("3", [3.0, 3.0]),
        ("0.5", [0.5, 0.5]),
        ("86400", [20.0, 20.0]),
        ("Fri, 21 Oct 2095 07:28:00 GMT", [20.0, 20.0]),
        ("Wed, 21 Oct 2015 07:28:00 GMT", [0.0, 0.0]),
        ("Wed, 21 Oct 2015 07:28:00 -0000", [0.0, 0.0]),
    ],
)
def test_the_server_says_how_long_to_wait(asked, waits):
    """Retry-After is obeyed, in seconds or as a date, up to twenty seconds."""
    server = Server(refused(429, openai_error("Rate limited"), Retry_After=asked))
    server.pieces()
    assert server.waits == waits


@pytest.mark.parametrize("asked", ["later", f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}"])
def test_a_wait_that_cannot_be_read_is_chosen_instead(asked):
    """A Retry-After that is neither seconds nor a date counts as none."""
    server = Server(refused(429, openai_error("Rate limited"), Retry_After=asked))
    server.pieces()
    assert [wait < 2 for wait in server.waits] == [True, True]


_CUT = "broke off before its answer was whole. Ask again, and look into the server's log."


@pytest.mark.parametrize(
    ("rest", "what"),
    [
        ((), _CUT),
        ((finished("error"), DONE), _CUT),
        ((b'data: {"id": "1", "cho',), _CUT),
        (
            (b'data: {"id": "1", "cho\n\n',),
            f'answered without a chat completion: {{"id": "1", "cho. {_ENDS_IN_V1}',
        ),
        (
            (line(openai_error("Provider disconnected", code=502)),),
            "failed (502: Provider disconnected). Ask again, and look into the server's log.",
        ),
        (
            (line({"detail": "worker died"}),),
            "failed (500: worker died). Ask again, and look into the server's log.",
        ),
        (
            (line({"object": "error", "message": "engine died", "code": 400}),),
            (
                "refuses the request (400: engine died). "
                "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."
            ),
        ),
        (
            (finished("content_filter"), DONE),
            (
                "withheld its answer (content_filter). "
                "Set GRIOT_LLM_MODEL (now small) to another model."
            ),
        ),
    ],
)
def test_nothing_is_tried_again_once_text_was_given(rest, what):
    """What goes wrong after the first piece ends the stream with an error."""
    server = Server(answered(event(content="Camara"), *rest))
    assert told(server.pieces()) == ("Camara", *fault(ModelError, what))
    assert (len(server.requests), server.waits) == (1, [])


def test_a_connection_that_is_lost_in_the_middle_cuts_the_answer():
    """The error says that what was given is not the whole answer."""
    server = Server(cut(event(content="Camara")))
    assert told(server.pieces()) == ("Camara", *fault(ModelError, _CUT))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"Ollama is running",
        b"{}",
        b"[]",
        b'{"choices": [{"message": {"content": 3}}]}',
        b'{"choices": [3]}',
        b'{"data": []}',
        b"data: null\n\n",
        b'data: {"choices": "x"}\n\n',
        b": comment\n\n",
    ],
)
def test_an_answer_that_is_no_completion_is_refused(content):
    """A body that cannot be understood is an error, and is not asked for again."""
    server = Server(httpx.Response(200, content=content))
    assert told(server.pieces()) == fault(
        ModelError, f"answered without a chat completion. {_ENDS_IN_V1}"
    )
    assert len(server.requests) == 1


def test_a_page_in_place_of_an_answer_is_quoted():
    """What a login page or a proxy says is shown without its markup."""
    server = Server(httpx.Response(200, html="<!doctype html><p>Please <b>log in</b></p>"))
    assert told(server.pieces()) == fault(
        ModelError, f"answered without a chat completion: Please log in. {_ENDS_IN_V1}"
    )


_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
_NAMES = st.sampled_from(
    "choices delta message content finish_reason usage error code detail text type".split()
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from([200, 400, 404, 503]), st.lists(_JSON | st.binary(max_size=30), max_size=4))
def test_nothing_that_a_server_sends_is_a_surprise(status, events):
    """Whatever comes, what is given is text and usage, or ends with an error for a person."""
    content = b"".join(
        one if isinstance(one, bytes) else b"data: " + json.dumps(one).encode() + b"\n\n"
        for one in events
    )
    *given, last = Server(httpx.Response(status, content=content)).pieces()
    assert all(isinstance(one, str | Usage) for one in given)
    assert isinstance(last, str | Usage | ModelError)
    assert len(str(last).splitlines()) <= 1 or not isinstance(last, ModelError)


@pytest.mark.parametrize("status", [200, 400])
def test_a_body_that_is_nested_too_deep_is_refused(status):
    """What no parser can follow is quoted, shortened, and not followed."""
    (error,) = Server(httpx.Response(status, content=b"[" * 100_000)).pieces()
    assert f"{'[' * 160} …" in str(error)


def test_a_body_that_does_not_unpack_is_refused():
    """A wrong content encoding is no completion."""
    headers = {"Content-Encoding": "gzip"}

    async def chunks():
        yield b"not gzip"

    server = Server(lambda _: httpx.Response(200, headers=headers, content=chunks()))
    *_, kind, said = told(server.pieces())
    assert kind is ModelError
    assert said.startswith("The chat server localhost:8080 answered without a chat completion: ")


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ((WHOLE,), "wrote no text."),
        ((DONE,), "wrote no text."),
        ((event(content=""), WHOLE), "wrote no text."),
        ((event(content="<think>Who?"), WHOLE), "wrote no text."),
        ((event(reasoning="Who?"), finished("length"), DONE), "wrote no text within 100 tokens."),
    ],
)
def test_an_answer_without_text_is_an_error(parts, what):
    """An empty answer is not given out as one."""
    assert told(Server(answered(*parts)).pieces()) == fault(
        ModelError, f"{what} Ask again, or set GRIOT_LLM_MODEL (now small) to another model."
    )


@pytest.mark.parametrize("reason", ["length", "model_length"])
def test_text_that_reaches_its_limit_is_told_apart(reason):
    """All that was written is given, with the usage; the error says that it is a beginning."""
    server = Server(answered(event(content="Camara acc"), finished(reason), USAGE, DONE))
    assert told(server.pieces()) == (
        *("Camara acc", Usage(7, 2)),
        *fault(TextCut, "reached 100 tokens before its answer was whole. Ask a narrower question."),
    )


# Time


@pytest.mark.parametrize(
    ("answer", "given", "what"),
    [
        (
            httpx.ConnectTimeout(""),
            (),
            "took no connection within 5 s. Check that it runs, and GRIOT_LLM_URL.",
        ),
        *(
            (
                stalled(*parts),
                (),
                (
                    "wrote nothing within 0.02 s. A local model reads long prompts slowly: lower "
                    "GRIOT_LLM_CONTEXT, or set GRIOT_LLM_MODEL to a smaller one."
                ),
            )
            for parts in [(), (b": waiting\n\n", event(role="assistant", content=""))]
        ),
        *(
            (
                stalled(*parts),
                given,
                "has said nothing for 0.02 s. Ask again; if it stays so, restart the server.",
            )
            for parts, given in [
                ([event(content="Camara")], ("Camara",)),
                ([event(reasoning="Who?"), b": waiting\n\n"], ()),
            ]
        ),
    ],
)
def test_a_server_that_takes_too_long_is_not_waited_for(answer, given, what):
    """Each wait has its limit; what keeps a connection open is no token, thinking is one."""
    server = Server(answer)
    assert told(server.pieces(timeouts=SOON)) == (*given, *fault(ModelError, what))
    assert len(server.requests) == 1


def test_a_server_that_is_down_is_left_alone():
    """After two failures calls fail at once, ever longer, until one that succeeds."""
    down, up = httpx.ConnectError("refused"), answered(event(content="Camara"), WHOLE)
    server = Server(down, *[down] * 8, up)
    model = server.model()
    heard = []
    for now in (0, 1, 2, 15.5, 16, 17, 45.9, 46, 47):
        server.now = [now]
        heard.append((now, str(run(pieces(model))[-1])[30:58], len(server.requests)))
    assert heard == [
        (0, " cannot be reached (refused)", 3),
        (1, " cannot be reached (refused)", 6),
        (2, " has failed repeatedly. It i", 6),
        (15.5, " has failed repeatedly. It i", 6),
        (16, " cannot be reached (refused)", 9),
        (17, " has failed repeatedly. It i", 9),
        (45.9, " has failed repeatedly. It i", 9),
        (46, "", 10),
        (47, "", 11),
    ]


def test_a_call_that_is_not_let_through_says_when_it_is():
    """The line tells the seconds that are left."""
    server = Server(refused(500, {}))
    model = server.model()
    for _ in range(2):
        run(pieces(model))
    server.now = [4.2]
    assert told(run(pieces(model))) == fault(
        ModelError,
        "has failed repeatedly. It is tried again in 11 s; griot doctor says what is wrong.",
    )


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, openai_error("Incorrect API key")),
        refused(404, openai_error("model 'small' not found")),
        refused(429, openai_error("Rate limited")),
        refused(400, openai_error("This model's maximum context length is 8192 tokens")),
        answered(b"{}"),
    ],
)
def test_a_server_that_answers_is_not_left_alone(answer):
    """A wrong key or model, load, or a long prompt is no reason not to ask again."""
    server = Server(answer)
    model = server.model()
    said = [str(run(pieces(model))[-1]) for _ in range(4)]
    assert "failed repeatedly" not in " ".join(said)


def test_a_pause_doubles_up_to_five_minutes():
    """Each failure of the call that tries the server doubles the pause."""
    server = Server(httpx.ConnectTimeout(""))
    model = server.model()
    pauses = []
    run(pieces(model))
    for _ in range(7):
        run(pieces(model))
        said = str(run(pieces(model))[-1])
        pauses.append(int(said.partition("tried again in ")[2].partition(" s;")[0]))
        server.now = [server.now[0] + pauses[-1]]
    assert pauses == [15, 30, 60, 120, 240, 300, 300]


def test_only_one_call_tries_a_server_that_was_down():
    """While one call finds out, others are not let through."""
    asked = asyncio.Event()

    def stays_silent(request):
        asked.set()
        return stalled()(request)

    server = Server(httpx.ConnectTimeout(""), httpx.ConnectTimeout(""), stays_silent)
    model = server.model()

    async def main():
        await pieces(model)
        await pieces(model)
        server.now = [15.0]
        trial = asyncio.create_task(pieces(model))
        await asked.wait()
        others = [str(one) for _ in range(2) for one in await pieces(model)]
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
        return others, len(server.requests)

    others, requests = asyncio.run(main())
    assert ("tried again in 1 s" in others[0], len(others), requests) == (True, 2, 3)


# What the server has


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"object": "list", "data": [{"id": "small"}, {"id": "large:7b"}]}, ("small", "large:7b")),
        ({"data": []}, ()),
        ([{"id": "small", "type": "chat"}], ("small",)),
    ],
)
def test_the_models_of_a_server_are_listed(body, names):
    """The names come in the server's order."""
    server = Server(httpx.Response(200, json=body))
    assert asyncio.run(server.model().models()) == names
    assert str(server.requests[0].url) == "http://localhost:8080/v1/models"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (httpx.Response(200, json={"data": None}), "answered without a list of models."),
        (httpx.Response(200, html="<p>Hello"), "answered without a list of models: Hello."),
        (refused(404, {"detail": "Not Found"}), "has nothing at that address (404: Not Found)."),
        (httpx.ConnectError("refused"), "cannot be reached (refused)."),
    ],
)
def test_a_list_that_cannot_be_had_is_an_error(answer, what):
    """The error names the server and the remedy, as those of asking do."""
    with pytest.raises(ModelError) as caught:
        asyncio.run(Server(answer).model().models())
    assert str(caught.value).startswith(f"The chat server localhost:8080 {what} ")
