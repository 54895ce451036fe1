import asyncio
import itertools
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_chat_server import DONE, WHOLE, event, finished, line
from fake_server import FakeServer
from rag.errors import ContextOverflow, GriotError, ModelError, TextCut
from rag.models.chat import Message, Usage
from rag.models.openai.model import OpenAIModel, Timeouts
from rag.models.openai.stream import MOST_BYTES
from virtual_time import now, run

KEY = "sk-test-0123456789abcdef"
ASKED = [Message("system", "Be brief."), Message("user", "Who accompanied Goïta?")]
USAGE = line({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})
SOON = Timeouts(connect=5, first_token=0.02, per_thousand=0, between_tokens=0.02)


def answered(*parts):
    return httpx.Response(200, content=b"".join(parts))


def refused(status, body, **headers):
    return httpx.Response(status, json=body, headers=dashed(headers))


def dashed(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def openai_error(message, **more):
    return {"error": {"message": message, **more}}


def streamed(*parts, error=None, **headers):
    """Send the parts, then end as a broken connection does: by an error, or silently if None."""

    async def chunks():
        for part in parts:
            yield part
        if error is None:
            await asyncio.Event().wait()
        if error:
            raise error

    return lambda _: httpx.Response(200, content=chunks(), headers=dashed(headers))


def cut(*parts):
    return streamed(*parts, error=httpx.RemoteProtocolError("peer closed connection"))


class Server(FakeServer):
    """A chat server, which keeps when it was asked; `now` is what the model's clock shows."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.times = []
        self.now = 0.0

    def __call__(self, request):
        self.times.append(now())
        return super().__call__(request)

    def model(self, url="http://localhost:8080", key=KEY, timeouts=Timeouts()):  # noqa: B008
        transport = httpx.MockTransport(self)
        clock = lambda: self.now  # noqa: E731
        return OpenAIModel(url, "small", key, transport=transport, clock=clock, timeouts=timeouts)

    def pieces(self, **settings):
        return run(pieces(self.model(**settings)))

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]

    @property
    def waits(self):
        """The seconds between a request and the next."""
        return [round(after - before, 2) for before, after in itertools.pairwise(self.times)]


async def pieces(model, max_tokens=100, asked=ASKED):
    """The pieces of an answer, and last the error that ends it, if one does."""
    given = []
    try:
        async for piece in model.stream(asked, max_tokens=max_tokens):
            given.append(piece)  # noqa: PERF401 - what came before an error counts
    except GriotError as error:
        given.append(error)
    return given


def told(given):
    """The same with the error as its kind and its line."""
    *text, error = given
    return (*text, type(error), str(error))


def fault(what, kind=ModelError):
    return kind, f"The chat server localhost:8080 {what}"


# Asking


def test_a_request_asks_for_a_stream_that_tells_its_usage():
    """The server is asked as OpenAI's is, with the key in a header."""
    server = Server(answered(event(content="Camara"), WHOLE))
    server.pieces()
    (request,) = server.requests
    address = "http://localhost:8080/v1/chat/completions"
    assert (request.method, str(request.url)) == ("POST", address)
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


def test_a_host_that_is_none_is_refused_when_it_is_asked():
    """A host that only a look at each character refuses is refused when the server is asked."""
    (error,) = Server().pieces(url="http://xn--a\u2024b/v1")
    assert str(error) == (
        "GRIOT_LLM_URL is not the address of a server, as http://localhost:11434/v1 is."
    )


def test_half_a_character_is_sent_as_a_question_mark():
    """A lone surrogate, which UTF-8 cannot hold, does not keep a question from being sent."""
    server = Server(answered(event(content="Camara"), WHOLE))

    async def main():
        model = server.model()
        return [piece async for piece in model.stream([Message("user", "Who\udcff")], max_tokens=9)]

    assert run(main()) == ["Camara"]
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Who?"}]


def test_the_key_stands_in_no_repr():
    """A model that is printed does not tell its key."""
    model = OpenAIModel("http://server", "small", KEY)
    assert KEY not in repr(vars(model)) + repr(model)


# Parameters that a server refuses

_NO_MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
    "'max_completion_tokens' instead."
)
_NO_TEMPERATURE = "Unsupported value: 'temperature' does not support 0 with this model."
_EXTRA = {"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}


@pytest.mark.parametrize(
    ("status", "body", "without", "instead"),
    [
        (400, openai_error(_NO_MAX_TOKENS), "max_tokens", {"max_completion_tokens": 100}),
        (400, openai_error(_NO_TEMPERATURE, param="temperature"), "temperature", {}),
        (422, {"detail": [_EXTRA]}, "stream_options", {}),
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


def test_several_parameters_may_be_refused_one_after_another():
    """A server that refuses all of them is asked for a stream and nothing more, at once."""
    names = ("temperature", "max_tokens", "stream_options")
    refusals = [refused(400, openai_error(f"Unknown name: {name}")) for name in names]
    server = Server(*refusals, answered(event(content="Camara"), WHOLE))
    assert server.pieces() == ["Camara"]
    assert server.bodies[-1].keys() == {"model", "messages", "stream"}
    assert server.waits == [0, 0, 0]


def test_a_refusal_that_goes_on_is_an_error():
    """A server that refuses what is no longer sent is not asked for ever."""
    server = Server(refused(400, openai_error("temperature and max_tokens are out of range")))
    assert told(server.pieces()) == fault(
        "refuses the request (400: temperature and max_tokens are out of range). "
        "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."
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
    """Half a character, which JSON can escape and UTF-8 cannot hold, becomes a replacement."""
    halves = [
        event(content="").replace(b'""', piece) for piece in (rb'"\ud83d\ude42"', rb'"a\ud83d"')
    ]
    assert Server(answered(*halves, WHOLE)).pieces() == ["🙂", "a\ufffd"]


@given(st.lists(st.integers(0, 400), max_size=12), st.booleans(), st.booleans())
def test_chunks_may_be_cut_anywhere(places, carriage_returns, mark):
    """Wherever the bytes are parted, the text is the same, also after a byte order mark."""
    stream = b"".join(
        [
            event(content="Goïta und 政府 "),
            b": waiting\n\n",
            event(content="🙂\u2028\u0085 met").replace(b"data: ", b"data:"),
            b"event: message\nid: 3\nretry: 10\n",
            event(content=" Putin"),
            WHOLE,
        ]
    )
    if carriage_returns:
        stream = stream.replace(b"\n", b"\r\n")
    if mark:
        stream = b"\xef\xbb\xbf" + stream
    ends = sorted({min(place, len(stream)) for place in places} | {0, len(stream)})
    parts = [stream[start:end] for start, end in itertools.pairwise(ends)]
    server = Server(streamed(*parts, error=False))
    assert server.pieces() == ["Goïta und 政府 ", "🙂\u2028\u0085 met", " Putin"]


@pytest.mark.parametrize(
    "answer",
    [
        answered(event(content="Camara"), finished()),
        answered(event(content="Camara"), DONE),
        answered(event(content="Camara"), finished().rstrip()),
        cut(event(content="Camara"), finished()),
        streamed(event(content="Camara"), finished()),
        streamed(event(content="Camara"), WHOLE),
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
    """The text of a leading <think> is kept back, however it is parted."""
    server = Server(answered(*(event(content=piece) for piece in written), WHOLE))
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

_CHECK_BOTH = "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL (small)."
_ENDS_IN_V1 = "Check GRIOT_LLM_URL, which for most servers ends in /v1."
_ANOTHER = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
_ANOTHER_MODEL = "GRIOT_LLM_MODEL (now small) to another model."
_ANOTHER_KEY = "Set GRIOT_LLM_KEY to one that it accepts."
_PULL = "Set GRIOT_LLM_MODEL to one that griot doctor lists; with Ollama, run: ollama pull small"
_NO_QUOTA = f"Add credit, or {_ANOTHER}"
_LOG = "Ask again, and look into the server's log."
_CREDITS = "This request requires more credits"
_QUOTA = "You exceeded your current quota."
_NEITHER = "The model `small` does not exist or you do not have access to it."


@pytest.mark.parametrize(
    ("status", "body", "what", "remedy"),
    [
        (
            401,
            openai_error(f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
            "refuses the key (401: Incorrect API key provided: [key].)",
            _ANOTHER_KEY,
        ),
        (403, {"detail": "Forbidden"}, "refuses the key (403: Forbidden)", _ANOTHER_KEY),
        (
            404,
            openai_error("model 'small' not found"),
            "knows no model small (404: model 'small' not found)",
            _PULL,
        ),
        (404, openai_error(_NEITHER), f"knows no model small (404: {_NEITHER})", _PULL),
        (
            400,
            openai_error("small is not a valid model ID", code=400),
            "knows no model small (400: small is not a valid model ID)",
            _PULL,
        ),
        (
            400,
            {"object": "error", "message": "Invalid model: small", "code": "1500"},
            "knows no model small (400: Invalid model: small)",
            _PULL,
        ),
        (404, {"detail": "Not Found"}, "has nothing at that address (404: Not Found)", _ENDS_IN_V1),
        (
            402,
            openai_error(_CREDITS, code=402),
            f"has no quota left for this key (402: {_CREDITS})",
            _NO_QUOTA,
        ),
        (
            429,
            openai_error(_QUOTA, type="insufficient_quota"),
            f"has no quota left for this key (429: {_QUOTA})",
            _NO_QUOTA,
        ),
        (
            422,
            {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "input": {}}]},
            "refuses the request (422: Field required)",
            _CHECK_BOTH,
        ),
        (
            400,
            {"error": "\x1b[31mtoo\nodd\u202e " + "x" * 300},
            f"refuses the request (400: [31mtoo odd {'x' * 148} …)",
            _CHECK_BOTH,
        ),
        (
            400,
            json.loads('{"error": ' * 200 + "{}" + "}" * 200),
            "refuses the request (400)",
            _CHECK_BOTH,
        ),
        (301, {}, "refuses the request (301)", _CHECK_BOTH),
    ],
)
def test_a_refusal_says_what_happened_and_the_remedy(status, body, what, remedy):
    """The server's own words are shown on one line, without the key, and asked for once."""
    server = Server(refused(status, body))
    assert told(server.pieces()) == fault(f"{what}. {remedy}")
    assert len(server.requests) == 1


def test_a_server_that_wants_a_key_says_which_setting():
    """Without a key, none is sent, and a refusal names the setting that gives one."""
    server = Server(refused(401, {"detail": "Not authenticated"}))
    assert told(server.pieces(key=None)) == fault(
        "asks for a key (401: Not authenticated). Set GRIOT_LLM_KEY."
    )
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model's maximum context length is 8192 tokens. However, you sent 9000."),
        (400, "the request exceeds the available context size, try increasing it"),
        (500, "the request exceeds the available context size"),
        (400, "'max_tokens' is too large: 800. The model's maximum context length is 1024."),
        (400, "the prompt is longer than the maximum model length of 4096"),
        (400, "the input length exceeds the context length"),
        (400, "Prompt contains 40000 tokens, too large for 32768 maximum context length"),
        (413, "Request too large for model `small` on tokens per minute"),
        (400, "The input token count (1200000) exceeds the maximum number of tokens"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    ],
)
def test_a_context_that_is_too_small_is_told_apart(status, message):
    """However a server words it, a caller can tell that it has to send less."""
    server = Server(refused(status, openai_error(message)))
    *_, kind, said = told(server.pieces())
    assert kind is ContextOverflow
    assert said.startswith("The chat server localhost:8080 cannot read that much at once (")
    assert said.endswith("Set GRIOT_LLM_CONTEXT to the tokens that the model takes.")
    assert len(server.requests) == 1


_BAD_GATEWAY = "<html><head><title>x</title></head><h1>502 Bad Gateway</h1>\n</html>"
_LOOK = "Look into the server's log, and check GRIOT_LLM_URL."


@pytest.mark.parametrize(
    ("answer", "what", "remedy"),
    [
        (refused(503, openai_error("Overloaded")), "failed (503: Overloaded)", _LOG),
        (httpx.Response(502, html=_BAD_GATEWAY), "failed (502: 502 Bad Gateway)", _LOG),
        (httpx.Response(500), "failed (500)", _LOG),
        (
            refused(429, openai_error("Rate limited", type="rate_limit_error")),
            "takes no more for now (429: Rate limited)",
            f"Wait a while, or {_ANOTHER}",
        ),
        (
            answered(line(openai_error("Upstream failed", code=502))),
            "failed (502: Upstream failed)",
            _LOG,
        ),
        (
            answered(b'error: {"error": {"message": "slot lost", "type": "server_error"}}\n\n'),
            "failed (500: slot lost)",
            _LOG,
        ),
        (
            answered(line(openai_error("slow down", type="rate_limit_exceeded"))),
            "takes no more for now (429: slow down)",
            f"Wait a while, or {_ANOTHER}",
        ),
        (
            httpx.ConnectError("[Errno 111] Connection refused"),
            "cannot be reached ([Errno 111] Connection refused)",
            "Start the server, or set GRIOT_LLM_URL to one that runs.",
        ),
        (
            httpx.ReadError(""),
            "closed the connection without an answer (ReadError)",
            _LOOK,
        ),
        (
            cut(event(role="assistant")),
            "closed the connection without an answer (RemoteProtocolError)",
            _LOOK,
        ),
    ],
)
def test_what_may_pass_is_tried_three_times(answer, what, remedy):
    """Load, a server error and a lost connection are tried again, with growing waits."""
    server = Server(answer)
    assert told(server.pieces()) == fault(f"{what}. {remedy}")
    first, second = server.waits
    assert (0.5 <= first <= 1, 1 <= second <= 1.5) == (True, True)


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


@pytest.mark.parametrize(("asked", "waits"), [("3", [3, 3]), ("0", [0, 0]), ("86400", [20, 20])])
def test_the_server_says_how_long_to_wait(asked, waits):
    """Retry-After is obeyed, up to twenty seconds."""
    server = Server(refused(429, openai_error("Rate limited"), Retry_After=asked))
    server.pieces()
    assert server.waits == waits


_CUT = f"broke off before its answer was whole. {_LOG}"


@pytest.mark.parametrize(
    ("rest", "what"),
    [
        ((), _CUT),
        (None, _CUT),
        ((finished("error"), DONE), _CUT),
        ((b'data: {"id": "1", "cho',), _CUT),
        (
            (b'data: {"id": "1", "cho\n\n',),
            f'answered without a chat completion: {{"id": "1", "cho. {_ENDS_IN_V1}',
        ),
        (
            (line(openai_error("Provider disconnected", code=502)),),
            f"failed (502: Provider disconnected). {_LOG}",
        ),
        ((line({"detail": "worker died"}),), f"failed (500: worker died). {_LOG}"),
        (
            (line({"object": "error", "message": "engine died", "code": 400}),),
            f"refuses the request (400: engine died). {_CHECK_BOTH}",
        ),
        (
            (finished("content_filter"), DONE),
            f"withheld its answer (content_filter). Set {_ANOTHER_MODEL}",
        ),
    ],
)
def test_nothing_is_tried_again_once_text_was_given(rest, what):
    """A failure after the first piece, such as a lost connection, ends it with an error."""
    first = event(content="Camara")
    server = Server(cut(first) if rest is None else answered(first, *rest))
    assert told(server.pieces()) == ("Camara", *fault(what))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("content", "quoted"),
    [
        *(
            (content, "")
            for content in (
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
            )
        ),
        (b"<!doctype html><p>Please <b>log in</b></p>", ": Please log in"),
        (b"[" * 100_000, f": {'[' * 160} …"),
    ],
)
def test_an_answer_that_is_no_completion_is_refused(content, quoted):
    """A body that cannot be understood is quoted without its markup, and not asked for again."""
    server = Server(httpx.Response(200, content=content))
    assert told(server.pieces()) == fault(
        f"answered without a chat completion{quoted}. {_ENDS_IN_V1}"
    )
    assert len(server.requests) == 1


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
        sent if isinstance(sent, bytes) else b"data: " + json.dumps(sent).encode() + b"\n\n"
        for sent in events
    )
    *given, last = Server(httpx.Response(status, content=content)).pieces()
    assert all(isinstance(piece, str | Usage) for piece in given)
    assert isinstance(last, str | Usage | ModelError)
    assert len(str(last).splitlines()) <= 1 or not isinstance(last, ModelError)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (streamed(b"not gzip", Content_Encoding="gzip"), "Error -3 while decompressing data"),
        (streamed(*[b"data: " + b"x" * 2**20] * (MOST_BYTES // 2**20)), "more than 16 MiB"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(answer, what):
    """A wrong content encoding and a stream without end are no completion."""
    *_, kind, said = told(Server(answer).pieces())
    start = "The chat server localhost:8080 answered without a chat completion: "
    assert (kind, said.startswith(start + what)) == (ModelError, True)


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
        f"{what} Ask again, or set {_ANOTHER_MODEL}"
    )


@pytest.mark.parametrize("reason", ["length", "model_length"])
def test_text_that_reaches_its_limit_is_told_apart(reason):
    """All that was written is given, with the usage; the error says that it is a beginning."""
    server = Server(answered(event(content="Camara acc"), finished(reason), USAGE, DONE))
    what = "reached 100 tokens before its answer was whole. Ask a narrower question."
    assert told(server.pieces()) == ("Camara acc", Usage(7, 2), *fault(what, TextCut))


# Time

_NOTHING = (
    "wrote nothing within 0.02 s. A local model reads long prompts slowly: lower "
    "GRIOT_LLM_CONTEXT, or set GRIOT_LLM_MODEL to a smaller one."
)
_NO_MORE = "has said nothing for 0.02 s. Ask again; if it stays so, restart the server."


@pytest.mark.parametrize(
    ("answer", "given", "what"),
    [
        (
            httpx.ConnectTimeout(""),
            (),
            "took no connection within 5 s. Check that it runs, and GRIOT_LLM_URL.",
        ),
        (streamed(), (), _NOTHING),
        (streamed(b": waiting\n\n", event(role="assistant", content="")), (), _NOTHING),
        (streamed(event(content="Camara")), ("Camara",), _NO_MORE),
        (streamed(event(reasoning="Who?"), b": waiting\n\n"), (), _NO_MORE),
    ],
)
def test_a_server_that_takes_too_long_is_not_waited_for(answer, given, what):
    """Each wait has its limit; what keeps a connection open is no token, thinking is one."""
    server = Server(answer)
    assert told(server.pieces(timeouts=SOON)) == (*given, *fault(what))
    assert len(server.requests) == 1


@pytest.mark.parametrize(("size", "given"), [(9_000, ["Camara"]), (90, [])])
def test_a_server_is_given_time_to_read_a_long_prompt(size, given):
    """Four minutes are enough to read 9,000 characters, and too long for a line."""

    async def slow(_):
        await asyncio.sleep(240)
        return answered(event(content="Camara"), WHOLE)

    server = Server(slow)
    found = run(pieces(server.model(), asked=[Message("user", "x" * size)]))
    assert [piece for piece in found if isinstance(piece, str)] == given


def test_a_server_that_is_down_is_left_alone():
    """After two failures calls fail at once, ever longer, until one that succeeds."""
    down, up = httpx.ConnectError("refused"), answered(event(content="Camara"), WHOLE)
    server = Server(down, *[down] * 8, up)
    model = server.model()
    heard = []
    for server.now in (0, 1, 2, 15.5, 16, 17, 45.9, 46, 47):
        said = str(run(pieces(model))[-1]).removeprefix("The chat server localhost:8080 ")
        heard.append((server.now, said[:21], len(server.requests)))
    assert heard == [
        (0, "cannot be reached (re", 3),
        (1, "cannot be reached (re", 6),
        (2, "has failed repeatedly", 6),
        (15.5, "has failed repeatedly", 6),
        (16, "cannot be reached (re", 9),
        (17, "has failed repeatedly", 9),
        (45.9, "has failed repeatedly", 9),
        (46, "Camara", 10),
        (47, "Camara", 11),
    ]


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
    model = Server(answer).model()
    said = [str(run(pieces(model))[-1]) for _ in range(4)]
    assert "failed repeatedly" not in " ".join(said)


def test_a_pause_doubles_up_to_five_minutes():
    """Each failure of the call that tries the server doubles the pause, and each line tells it."""
    server = Server(httpx.ConnectTimeout(""))
    model = server.model()
    pauses = [15, 30, 60, 120, 240, 300, 300]
    run(pieces(model))
    said = []
    for pause in pauses:
        run(pieces(model))
        said.append(told(run(pieces(model))))
        server.now += pause
    assert said == [
        fault(
            f"has failed repeatedly. It is tried again in {pause} s; griot doctor says what is "
            "wrong."
        )
        for pause in pauses
    ]


def test_only_one_call_tries_a_server_that_was_down():
    """While one call finds out, others are not let through."""
    asked = asyncio.Event()

    def stays_silent(request):
        asked.set()
        return streamed()(request)

    server = Server(httpx.ConnectTimeout(""), httpx.ConnectTimeout(""), stays_silent)
    model = server.model()

    async def main():
        await pieces(model)
        await pieces(model)
        server.now = 15.0
        trial = asyncio.create_task(pieces(model))
        await asked.wait()
        others = [str(error) for _ in range(2) for error in await pieces(model)]
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
    assert run(server.model().models()) == names
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
        run(Server(answer).model().models())
    assert str(caught.value).startswith(f"The chat server localhost:8080 {what} ")
