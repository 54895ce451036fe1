"""Chat models: the protocol, and any OpenAI-compatible server over httpx."""

import asyncio
import json
import math
import random
import re
import time
import unicodedata
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self
from urllib.parse import urlsplit

from rag.errors import ContextOverflow, ModelError, TextCut

if TYPE_CHECKING:
    import httpx

TRIES = 3
LONGEST_WAIT = 20.0  # seconds, whatever Retry-After asks for
FAILURES = 2  # in a row, after which a server is left alone
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 300.0  # seconds
ENDING = 2.0  # seconds for what follows a finished reply: its usage, and the end of the stream
KEPT = 8  # connections that stay open unused; httpcore goes through them for every request
READ = 20_000  # characters of an error that are looked at
QUOTED, SHOWN = 2_000, 160  # characters of it that are cleaned, and that are shown


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a call took, as the server counted them."""

    prompt_tokens: int
    completion_tokens: int

    @classmethod
    def told(cls, usage: object) -> Self | None:
        """Read what a server tells as `usage`; None where that is not two counts."""
        if not isinstance(usage, Mapping):
            return None
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if not (isinstance(prompt, int) and isinstance(completion, int)):
            return None
        return cls(prompt, completion)


class ChatModel(Protocol):
    """Writes text after messages."""

    @property
    def name(self) -> str:
        """What the model is called, as `Answer.model` tells it."""
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Give the text as it is written, piece by piece, and the usage last where it is told.

        Closing the iterator stops the writing and frees the connection.

        Raises:
            ContextOverflow: the messages are too long for the model; send less.
            TextCut: the text reached `max_tokens`; what was given is its beginning.
            ModelError: the model cannot be reached, refuses, or breaks off; the message names the
                remedy.
        """
        ...

    async def close(self) -> None:
        """Release the connections; the next use opens new ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a server may take, in seconds.

    `first_token` runs from the request on: a local model reads its whole prompt before it writes.
    Thinking counts as writing; a comment that only keeps the connection open does not.
    """

    connect: float = 5.0
    first_token: float = 60.0
    between_tokens: float = 20.0


class OpenAIModel:
    """Any server that answers `POST …/chat/completions` as OpenAI's does, streamed.

    `url` is the server's base; `/v1` is added where it has no path. `model` is the name under
    which the server knows the model.

    A refusal for load (429), a server error and a lost connection are tried three times in all,
    after the wait that the server asks for or one that grows with jitter, but never once text was
    given. A parameter that the server refuses by name is left out from then on. Thinking, in
    `<think>` or in fields of its own, is not given out.

    Each event loop has its own connections, closed with the loop by `asyncio.run`.
    """

    def __init__(  # noqa: PLR0913 - where the model is, and the seams that tests use
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.AsyncBaseTransport | None" = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        self._base = _base(url)
        self._model = model
        self._transport = transport
        self._sleep = sleep
        self._timeouts = timeouts
        self._breaker = Breaker(clock)
        host = urlsplit(self._base).netloc.rpartition("@")[2]
        self._faults = _Faults(host, model, _usable(key))
        self._renamed: dict[str, str | None] = {}
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    @property
    def name(self) -> str:
        """See `ChatModel`."""
        return self._model

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """See `ChatModel`."""
        if left := self._breaker.seconds_left():
            raise self._faults.left_alone(left)
        try:
            with self._breaker.call():
                async with aclosing(self._tried(messages, max_tokens)) as pieces:
                    async for piece in pieces:
                        yield piece
        except _Failure as failure:
            raise failure.error from failure.__cause__

    async def models(self) -> tuple[str, ...]:
        """Give the names of the models that the server lists, in its order.

        Raises:
            ModelError: as `stream` does.
        """
        try:
            with self._translating(lambda: _Reply(begun=True)):
                async with asyncio.timeout(self._timeouts.between_tokens):
                    response = await (await self._client()).get(self._address("models"))
        except _Failure as failure:
            raise failure.error from failure.__cause__
        if not response.is_success:
            raise self._faults.refusal(_refusal(response.status_code, response.text)).error
        try:
            return _names(response.json())
        except _MISFITS as error:
            wrong = self._faults.malformed(response.text, instead_of="a list of models")
            raise wrong.error from error

    async def close(self) -> None:
        """See `ChatModel`; those of other event loops are closed with them."""
        opened = self._opened.get(asyncio.get_running_loop())
        if opened is not None:
            await opened.closing.aclose()

    async def _tried(
        self, messages: Sequence[Message], max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Give the pieces of the first attempt that gives any, of at most `TRIES`."""
        for tried in range(1, TRIES + 1):
            given = False
            try:
                async with aclosing(self._attempt(messages, max_tokens)) as pieces:
                    async for piece in pieces:
                        given = True
                        yield piece
            except _Failure as failure:
                if given or tried == TRIES or not failure.passes:
                    raise
                wait = failure.wait
            else:
                return
            jittered = 2**tried * random.uniform(0.125, 0.375)  # noqa: S311 - jitter is no secret
            await self._sleep(jittered if wait is None else min(wait, LONGEST_WAIT))

    async def _attempt(
        self, messages: Sequence[Message], max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Ask once, and give the text and the usage; raise `_Failure`."""
        text, reply = ThoughtFilter(), _Reply()
        with self._translating(lambda: reply):
            async with AsyncExitStack() as stack:
                deadline = _now() + self._timeouts.first_token
                async with asyncio.timeout_at(deadline):
                    response = await self._asked(stack, messages, max_tokens)
                deltas = await stack.enter_async_context(aclosing(self._deltas(response)))
                while delta := await _next(deltas, deadline):
                    reply = reply.after(delta)
                    left = ENDING if reply.finish else self._timeouts.between_tokens
                    deadline = _now() + min(left, self._timeouts.between_tokens)
                    if piece := text.shown(delta.text):
                        yield piece
        if rest := text.rest():
            yield rest
        if failure := self._unfinished(reply, max_tokens, written=text.given):
            raise failure
        if reply.usage:
            yield reply.usage
        if reply.finish in _AT_LIMIT:
            raise self._faults.length(max_tokens)

    def _unfinished(self, reply: "_Reply", max_tokens: int, *, written: bool) -> "_Failure | None":
        """Give what is wrong with a stream that has ended, if anything is."""
        if not reply.finish:
            return self._faults.cut() if reply.begun else self._faults.malformed("")
        if reply.finish in _BROKEN:
            return self._faults.cut()
        if reply.finish == "content_filter":
            return self._faults.withheld()
        if not written:
            return self._faults.empty(max_tokens if reply.finish in _AT_LIMIT else None)
        return None

    async def _asked(
        self, stack: AsyncExitStack, messages: Sequence[Message], max_tokens: int
    ) -> "httpx.Response":
        """Give the answer to the request, once no parameter of it is refused by name."""
        client = await self._client()
        while True:
            payload = self._payload(messages, max_tokens)
            response = await stack.enter_async_context(
                client.stream("POST", self._address("chat/completions"), content=_json(payload))
            )
            if response.is_success:
                return response
            await response.aread()
            refusal = _refusal(response.status_code, response.text)
            if not self._adapted(payload, refusal):
                raise self._faults.refusal(refusal, _retry_after(response.headers))

    def _payload(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        """Give the body of a request, without the parameters that the server has refused."""
        wanted = {"stream_options": {"include_usage": True}, "temperature": 0}
        optional = {**wanted, "max_tokens": max_tokens}
        for name, instead in list(self._renamed.items()):
            value = optional.pop(name, None)
            if instead and value is not None:
                optional[instead] = value
        listed = [{"role": one.role, "content": one.content} for one in messages]
        return {"model": self._model, "messages": listed, "stream": True, **optional}

    def _adapted(self, payload: Mapping[str, Any], refusal: "_Refusal") -> bool:
        """Say whether the refusal names a parameter that need not be sent, and remember that."""
        if refusal.status not in _INVALID or refusal.overflows or refusal.knows_no_model:
            return False
        for name in _OPTIONAL:
            if name in payload and re.search(rf"\b{name}\b", refusal.words):
                renames = name == "max_tokens" and "max_completion_tokens" in refusal.words
                self._renamed[name] = "max_completion_tokens" if renames else None
                return True
        return False

    async def _deltas(self, response: "httpx.Response") -> AsyncGenerator["_Delta", None]:
        """Give what the events of a stream say, up to its end; comments say nothing."""
        chunks = response.aiter_bytes()
        async with aclosing(_events(chunks)) as events:
            async for event in events:
                if event == _DONE:
                    yield _Delta(finish="done")
                    break
                if delta := self._delta(event):
                    yield delta
        await _drained(chunks)

    def _delta(self, event: str) -> "_Delta | None":
        try:
            body = json.loads(event)
            if not _is_error(body):
                return _delta(body)
        except _MISFITS as error:
            raise self._faults.malformed(event) from error
        raise self._faults.refusal(_refusal(_status(body), event))

    @contextmanager
    def _translating(self, reply: Callable[[], "_Reply"]) -> Iterator[None]:
        """Turn what httpx raises into a `_Failure`, but for what comes after a finished reply."""
        import httpx

        try:
            yield
        except (TimeoutError, httpx.TransportError) as error:
            if not reply().finish:
                raise self._failure(error, begun=reply().begun) from error
        except httpx.DecodingError as error:
            raise self._faults.malformed(str(error)) from error
        except httpx.InvalidURL as error:
            raise _Failure(ModelError(_NO_ADDRESS)) from error

    def _failure(self, error: Exception, *, begun: bool) -> "_Failure":
        import httpx

        if isinstance(error, TimeoutError):
            return self._faults.silent(self._timeouts, begun=begun)
        if isinstance(error, httpx.ConnectTimeout):
            return self._faults.no_connection(self._timeouts.connect)
        if isinstance(error, httpx.ConnectError):
            return self._faults.unreachable(str(error))
        return self._faults.cut() if begun else self._faults.lost(error)

    async def _client(self) -> "httpx.AsyncClient":
        """Give the client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._opened:
            for closed in [one for one in list(self._opened) if one.is_closed()]:
                self._opened.pop(closed, None)
            closing = self._open(loop)
            self._opened[loop] = _Opened(await anext(closing), closing)
        return self._opened[loop].client

    async def _open(
        self, loop: asyncio.AbstractEventLoop
    ) -> AsyncGenerator["httpx.AsyncClient", None]:
        """Give a client, which `asyncio.run` closes: it closes the generators that are left open.

        A client whose event loop is gone can neither be used nor closed.
        """
        import httpx

        headers = {"Content-Type": "application/json"}
        if key := self._faults.key:
            headers["Authorization"] = f"Bearer {key}"
        client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(None, connect=self._timeouts.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT),
            transport=self._transport,
        )
        try:
            yield client
        finally:
            self._opened.pop(loop, None)
            await client.aclose()

    def _address(self, what: str) -> str:
        parts = urlsplit(self._base)
        return parts._replace(path=f"{parts.path}/{what}").geturl()


class Breaker:
    """Keeps a server that is down from costing every call its timeout: a circuit breaker.

    After two failures in a row that are the server's, calls are not let through for 15 seconds,
    and twice as long after each further failure, at most 5 minutes; then one call tries it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._trying = False

    def seconds_left(self) -> float:
        """Give the seconds until a call is let through again, 0 where one is now."""
        if self._failures < FAILURES:
            return 0.0
        left = self._until - self._clock()
        return max(left, 1.0) if self._trying or left > 0 else 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count how a call ends; one that is given up by its caller counts for nothing."""
        trial = self._failures >= FAILURES
        self._trying |= trial
        try:
            yield
        except _Failure as failure:
            self._count(down=failure.down, trial=trial)
            raise
        else:
            self._failures = 0
        finally:
            self._trying &= not trial

    def _count(self, *, down: bool, trial: bool) -> None:
        if not down:
            self._failures = 0
        elif trial or self._failures < FAILURES:
            self._failures += 1
            pause = FIRST_PAUSE * 2.0 ** (self._failures - FAILURES)
            self._until = self._clock() + min(pause, LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An event loop's client, and the generator whose end closes it."""

    client: "httpx.AsyncClient"
    closing: AsyncGenerator["httpx.AsyncClient", None]


class _Failure(Exception):
    """An attempt that failed: with what error, and what may be done about it.

    `passes` says that another try may succeed, after `wait` seconds where the server said so;
    `down` that the server itself is to blame.
    """

    def __init__(
        self,
        error: ModelError,
        *,
        passes: bool = False,
        down: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.passes = passes
        self.down = down
        self.wait = wait


# What a server says


@dataclass(frozen=True, slots=True)
class _Delta:
    """What one event of a stream adds; `thinks` where it is thinking that is not given out."""

    text: str = ""
    thinks: bool = False
    finish: str | None = None
    usage: Usage | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.thinks or self.finish or self.usage)


@dataclass(frozen=True, slots=True)
class _Reply:
    """How far a reply has come: whether it has begun, how it finished, and what it took."""

    begun: bool = False
    finish: str | None = None
    usage: Usage | None = None

    def after(self, delta: _Delta) -> "_Reply":
        """Give the reply after what came next. The first reason to finish stands."""
        return _Reply(
            self.begun or bool(delta.text) or delta.thinks,
            self.finish or delta.finish,
            delta.usage or self.usage,
        )


class ThoughtFilter:
    """The text that is given out: what is written without a leading `<think>…</think>`."""

    def __init__(self) -> None:
        self.given = False
        self._held: str | None = ""

    def shown(self, written: str) -> str:
        """Give what of the text so far can be given out now."""
        if self._held is None:
            return self._giving(written)
        self._held += written
        head = self._held.lstrip()
        if head.startswith(_OPEN):
            _, closed, rest = head.partition(_CLOSE)
            if not closed or not rest.strip():
                return ""
            head = rest.lstrip()
        elif _OPEN.startswith(head):
            return ""
        self._held = None
        return self._giving(head)

    def rest(self) -> str:
        """Give what was held back and turned out to be text."""
        held, self._held = (self._held or "").strip(), None
        return "" if held.startswith(_OPEN) else self._giving(held)

    def _giving(self, text: str) -> str:
        self.given = self.given or bool(text)
        return text


_OPEN, _CLOSE = "<think>", "</think>"


async def _events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    r"""Give the data of a stream's events, or the whole of a body that is no stream of events.

    Lines end at \n or \r\n alone: U+2028 and its like may stand within JSON. Text that is cut
    within a character joins up, as the lines are decoded whole. Server-sent events as the HTML
    standard has them (https://html.spec.whatwg.org/multipage/server-sent-events.html), with
    `error:` for `data:` as llama.cpp writes it.
    """
    data: list[str] = []
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            name, _, value = line.partition(":")
            if name in {"data", "error"}:
                data.append(value.removeprefix(" "))
            elif line.lstrip()[:1] in _NO_EVENTS:
                yield "\n".join([line, *[one async for one in lines]])
            elif not line and data:
                yield "\n".join(data)
                data = []
    if _parses("\n".join(data)):
        yield "\n".join(data)


def _parses(event: str) -> bool:
    """Say whether the last event, which no empty line has ended, is there as a whole."""
    try:
        return event == _DONE or json.loads(event) is not None
    except (ValueError, RecursionError):
        return False


_DONE = "[DONE]"
_AT_LIMIT = frozenset({"length", "model_length"})  # the latter is Mistral's
_BROKEN = frozenset({"error", "abort"})  # OpenRouter's and vLLM's
_NO_EVENTS = frozenset("{[<")


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    held = b""
    async for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
    yield held.removesuffix(b"\r").decode("utf-8", "replace")


async def _drained(chunks: AsyncIterator[bytes]) -> None:
    """Read a stream to its end, so that the connection can be used again."""
    import httpx

    with suppress(TimeoutError, httpx.TransportError):
        async with asyncio.timeout(ENDING):
            async for _ in chunks:
                pass


async def _next(deltas: AsyncIterator[_Delta], deadline: float) -> _Delta | None:
    async with asyncio.timeout_at(deadline):
        return await anext(deltas, None)


_MISFITS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading JSON raises where it is not of the form that is expected."""


def _delta(body: dict[str, Any]) -> _Delta:
    """Give what an event says, or a whole body that was sent in one piece.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: it is no chat completion.
    """
    choices, usage = body.get("choices"), Usage.told(body.get("usage"))
    if not choices:
        if choices is None and usage is None and not _STREAMED.intersection(body):
            raise KeyError("choices")
        return _Delta(usage=usage)
    whole = "message" in choices[0]
    said = choices[0].get("message" if whole else "delta") or {}
    return _Delta(
        text=_text(said.get("content")),
        thinks=any(said.get(name) for name in ("reasoning", "reasoning_content")),
        finish=choices[0].get("finish_reason") or ("stop" if whole else None),
        usage=usage,
    )


_STREAMED = frozenset({"id", "object", "created"})


def _text(content: Any) -> str:  # noqa: ANN401 - whatever the server sent
    """Give the text of a content, which may be in parts of several types, or null."""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is a {type(content).__name__}")
    # JSON can escape half a character, which nothing else can hold.
    return (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _names(body: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    return tuple(str(one["id"]) for one in (body if isinstance(body, list) else body["data"]))


# What a server refuses


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An error that a server answers: what it says to people, and all its words."""

    status: int
    said: str
    words: str

    @property
    def overflows(self) -> bool:
        """Whether the messages are too long for the model."""
        return self.status == _TOO_LARGE or bool(_OVERFLOW.search(self.words))

    @property
    def knows_no_model(self) -> bool:
        """Whether the server has no model of that name."""
        return self.status not in {*_CLOSED, _TOO_MANY} and bool(_NO_MODEL.search(self.words))

    @property
    def exhausted(self) -> bool:
        """Whether no quota or credit is left."""
        return self.status == _PAYMENT or bool(_NO_QUOTA.search(self.words))


_INVALID, _CLOSED = frozenset({400, 422}), frozenset({401, 403})
_PAYMENT, _NOT_FOUND, _TOO_LARGE, _TOO_MANY, _SERVER_ERROR = 402, 404, 413, 429, 500
_OPTIONAL = ("stream_options", "temperature", "max_tokens", "max_completion_tokens")

# As OpenAI, llama.cpp, vLLM, Ollama, Mistral, Groq, LM Studio, Gemini and Anthropic word it.
_OVERFLOW = re.compile(
    r"context[ _-]?(?:length|size|window)|exceed_context|maximum model length"
    r"|input (?:token count|length)\b.*exceed|prompt is too long"
    r"|reduce (?:the length|your message)",
    re.IGNORECASE | re.DOTALL,
)
_NO_MODEL = re.compile(
    r"model_not_(?:found|supported)|(?:invalid|unknown|no such|not a valid) model\b"
    r"|no models? loaded"
    r"|\bmodels?\b.{0,120}?(?:not found|not exist|n't exist)",
    re.IGNORECASE | re.DOTALL,
)
_NO_QUOTA = re.compile(r"insufficient[_ ](?:quota|credit|balance|funds)", re.IGNORECASE)
_STATUS = re.compile(r"[45][0-9][0-9]")
_STATUS_WORDS = {
    401: re.compile(r"invalid_api_key|authentication", re.IGNORECASE),
    429: re.compile(r"rate[_ ]limit", re.IGNORECASE),
    400: re.compile(r"invalid_request", re.IGNORECASE),
}
_SAID = ("error", "detail", "message", "msg", "metadata", "raw")
_WORDS = (*_SAID, "code", "type", "param", "loc")


def _refusal(status: int, text: str) -> _Refusal:
    """Read an error's body, which may be JSON of many shapes, a page, or nothing."""
    try:
        body = json.loads(text)
        said, words = " ".join(_strings(body, _SAID)), " ".join(_strings(body, _WORDS))
    except (ValueError, RecursionError):
        said = words = re.sub(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>", " ", text[:READ])
    return _Refusal(status, said[:READ], words[:READ])


def _strings(body: Any, names: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """Give the strings that stand under these names, however deep."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for one in body:
            yield from _strings(one, names)
    elif isinstance(body, dict):
        for name in names:
            yield from _strings(body.get(name), names)


def _is_error(body: Any) -> bool:  # noqa: ANN401 - as above
    told = body.get("error") or body.get("object") == "error"
    return bool(told or (body.get("detail") and "choices" not in body))


def _status(body: Mapping[str, Any]) -> int:
    """Give the status that an error within a stream amounts to; a server error where none is."""
    error = body.get("error")
    code = str((error if isinstance(error, dict) else body).get("code"))
    if _STATUS.fullmatch(code):
        return int(code)
    words = " ".join(_strings(body, _WORDS))
    return next((one for one, named in _STATUS_WORDS.items() if named.search(words)), _SERVER_ERROR)


def _retry_after(headers: "httpx.Headers") -> float | None:
    """Give the seconds that the server asks to wait, told as such or as a date, if it does."""
    asked = headers.get("retry-after", "").strip()
    if asked.replace(".", "", 1).isdecimal() and asked.isascii():
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((zoned - datetime.now(UTC)).total_seconds(), 0.0)


_MEND = "Check GRIOT_LLM_URL, which for most servers ends in /v1."
_PICK = "Set GRIOT_LLM_MODEL to one that griot doctor lists;"


@dataclass(frozen=True, slots=True)
class _Faults:
    """What can go wrong with one model of one server, each a line that names the remedy."""

    host: str
    model: str
    key: str | None = field(repr=False)

    def left_alone(self, left: float) -> ModelError:
        return self._error(
            "has failed repeatedly",
            f"It is tried again in {math.ceil(left)} s; griot doctor says what is wrong.",
        )

    def unreachable(self, reason: str) -> _Failure:
        what = f"cannot be reached ({one_line(reason, self.key)})"
        remedy = "Start the server, or set GRIOT_LLM_URL to one that runs."
        return _Failure(self._error(what, remedy), passes=True, down=True)

    def no_connection(self, seconds: float) -> _Failure:
        what = f"took no connection within {seconds:g} s"
        return _Failure(self._error(what, "Check that it runs, and GRIOT_LLM_URL."), down=True)

    def lost(self, error: Exception) -> _Failure:
        what = f"closed the connection without an answer ({type(error).__name__})"
        remedy = "Look into the server's log, and check GRIOT_LLM_URL."
        return _Failure(self._error(what, remedy), passes=True, down=True)

    def silent(self, timeouts: Timeouts, *, begun: bool) -> _Failure:
        if begun:
            what = f"has said nothing for {timeouts.between_tokens:g} s"
            remedy = "Ask again; if it stays so, restart the server."
        else:
            what = f"wrote nothing within {timeouts.first_token:g} s"
            remedy = (
                "A local model reads long prompts slowly: lower GRIOT_LLM_CONTEXT, or set "
                "GRIOT_LLM_MODEL to a smaller one."
            )
        return _Failure(self._error(what, remedy), down=True)

    def cut(self) -> _Failure:
        what = "broke off before its answer was whole"
        return _Failure(self._error(what, "Ask again, and look into the server's log."))

    def malformed(self, body: str, *, instead_of: str = "a chat completion") -> _Failure:
        what = f"answered without {instead_of}{self._quoted(_refusal(0, body).said)}"
        return _Failure(self._error(what, _MEND))

    def empty(self, max_tokens: int | None) -> _Failure:
        within = f" within {max_tokens} tokens" if max_tokens else ""
        remedy = f"Ask again, or set GRIOT_LLM_MODEL (now {self.model}) to another model."
        return _Failure(self._error(f"wrote no text{within}", remedy))

    def withheld(self) -> _Failure:
        remedy = f"Set GRIOT_LLM_MODEL (now {self.model}) to another model."
        return _Failure(self._error("withheld its answer (content_filter)", remedy))

    def length(self, max_tokens: int) -> _Failure:
        what = f"reached {max_tokens} tokens before its answer was whole"
        return _Failure(self._error(what, "Ask a narrower question.", TextCut))

    def refusal(self, refusal: _Refusal, wait: float | None = None) -> _Failure:
        """Give the failure that an error of the server amounts to."""
        status, said = refusal.status, f"{refusal.status}{self._quoted(refusal.said)}"
        if refusal.overflows:
            what = f"cannot read that much at once ({said})"
            remedy = "Set GRIOT_LLM_CONTEXT to the tokens that the model takes."
            return _Failure(self._error(what, remedy, ContextOverflow))
        what, remedy = self._refused(refusal, said)
        passes = (status == _TOO_MANY and not refusal.exhausted) or status >= _SERVER_ERROR
        down = status >= _SERVER_ERROR
        return _Failure(self._error(what, remedy), passes=passes, down=down, wait=wait)

    def _refused(self, refusal: _Refusal, said: str) -> tuple[str, str]:
        """Give what happened and the remedy: the first case that holds."""
        status, model = refusal.status, self.model
        pull = f"with Ollama, run: ollama pull {model}"
        elsewhere = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
        cases = (
            (refusal.knows_no_model, f"knows no model {model}", f"{_PICK} {pull}"),
            (refusal.exhausted, "has no quota left for this key", f"Add credit, or {elsewhere}"),
            (status in _CLOSED and not self.key, "asks for a key", "Set GRIOT_LLM_KEY."),
            (status in _CLOSED, "refuses the key", "Set GRIOT_LLM_KEY to one that it accepts."),
            (status == _TOO_MANY, "takes no more for now", f"Wait a while, or {elsewhere}"),
            (status == _NOT_FOUND, "has nothing at that address", _MEND),
            (status >= _SERVER_ERROR, "failed", "Ask again, and look into the server's log."),
            (True, "refuses the request", f"Check GRIOT_LLM_URL and GRIOT_LLM_MODEL ({model})."),
        )
        what, remedy = next((what, remedy) for holds, what, remedy in cases if holds)
        return f"{what} ({said})", remedy

    def _error(self, what: str, remedy: str, kind: type[ModelError] = ModelError) -> ModelError:
        return kind(f"The chat server {self.host} {what}. {remedy}")

    def _quoted(self, text: str) -> str:
        line = one_line(text, self.key)
        return f": {line}" if line else ""


def one_line(text: str, key: str | None) -> str:
    """Give foreign words in one short line, without the key and what looks like one."""
    printable = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[:QUOTED])
    for secret in _secrets(key):
        printable = secret.sub("[key]", printable)
    line = " ".join(printable.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()} …"


_KEY_LIKE = (
    re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"),
    re.compile(r"(?i)(?<=[?&])[\w-]*(?:key|token)=[^\s&\"']+"),
    re.compile(r"\b(?:(?:sk|gsk|pk|hf|xai|nvapi)[-_]|AIza)[\w*.-]{8,}"),
    re.compile(r"[\w-]*\*{3,}[\w*-]*"),
)
_TELLING = 12  # characters that a key must have for a part of it to be telling


def _secrets(key: str | None) -> tuple[re.Pattern[str], ...]:
    """Give what matches a key, a part of it, and what looks like one."""
    if not key:
        return _KEY_LIKE
    own = [re.compile(re.escape(key))]
    if len(key) >= _TELLING:
        start, end = re.escape(key[:6]), re.escape(key[-4:])
        own.append(re.compile(rf"{start}[\w.*…-]*|[\w.*…-]+{end}\b"))
    return (*own, *_KEY_LIKE)


# What a client is given


_NO_ADDRESS = "GRIOT_LLM_URL is not the address of a server, as http://localhost:11434/v1 is."


def _base(url: str) -> str:
    """Give the address that `/chat/completions` is put after.

    Raises:
        ModelError: it is not the address of a server.
    """
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ModelError(_NO_ADDRESS)
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return parts._replace(path=path or "/v1").geturl()


def _usable(key: str | None) -> str | None:
    key = key.strip() if key else None
    if key and not (key.isascii() and key.isprintable()):
        raise ModelError("GRIOT_LLM_KEY holds a character that no key has; set it again.")
    return key


def _json(payload: Mapping[str, Any]) -> bytes:
    """Give the body; a character that UTF-8 cannot hold becomes a question mark."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def _now() -> float:
    return asyncio.get_running_loop().time()
