"""A chat model behind any OpenAI-compatible server, streamed over httpx."""

import asyncio
import json
import math
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models import endpoint
from rag.models.chat import Message, ThoughtFilter, Usage
from rag.models.endpoint import MISFITS, NO_ADDRESS, TRIES, Server
from rag.models.openai.connection import Breaker, Clients
from rag.models.openai.faults import Failure, Fault, Faults, Refusal, is_error
from rag.models.openai.stream import DONE, Delta, Reply, events
from rag.models.redact import one_line

if TYPE_CHECKING:
    import httpx

FIRST_WAIT, LONGEST_WAIT = 0.5, 20.0  # seconds, the latter whatever Retry-After asks for
ENDING = 2.0  # seconds for what follows a finished reply: its usage, and the end of the stream
KEPT = 8  # connections that stay open unused; httpcore goes through them for every request

_OPTIONAL = ("stream_options", "temperature", "max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a server may take, in seconds.

    `first_token` runs from the request on, and is longer by `per_thousand` characters of the
    prompt: a local model reads all of it before it writes, a slow one some ten tokens a second.
    Thinking counts as writing; a comment that only keeps the connection open does not.
    """

    connect: float = 5.0
    first_token: float = 60.0
    per_thousand: float = 25.0
    between_tokens: float = 20.0

    def until_first_token(self, messages: Sequence[Message]) -> float:
        """Return the seconds that a server may take to begin, given its prompt."""
        size = sum(len(message.content) for message in messages)
        return self.first_token + self.per_thousand * size / 1000


class OpenAIModel:
    """Any server that answers `POST …/chat/completions` as OpenAI's does, streamed.

    `url` is the server's base; `/v1` is added where it has no path. `model` is the name under
    which the server knows the model.

    Load (429), a server error and a lost connection are retried twice, after the wait that the
    server asks for or one that grows with jitter, but never once text was yielded. A parameter that
    the server refuses by name is left out from then on. Thinking, in `<think>` or in fields of its
    own, is left out.

    Each event loop has its own connections, closed with the loop by `asyncio.run`.
    """

    def __init__(  # noqa: PLR0913 - where the model is, and the seams that tests use
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.AsyncBaseTransport | None" = None,
        clock: Callable[[], float] = time.monotonic,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        self._server = Server.of(url, model, key, prefix="GRIOT_LLM")
        self._transport = transport
        self._timeouts = timeouts
        self._breaker = Breaker(clock)
        self._faults = Faults(self._server)
        self._renamed: dict[str, str | None] = {}
        self._clients = Clients(self._client)

    @property
    def name(self) -> str:
        """See `ChatModel`."""
        return self._server.model

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """See `ChatModel`."""
        import stamina

        if left := self._breaker.seconds_left():
            raise self._faults(Fault.LEFT_ALONE, seconds=math.ceil(left)).error
        begun = False

        def retried(error: Exception) -> bool | float:
            return isinstance(error, Failure) and not begun and error.retry

        attempts = stamina.retry_context(
            retried, TRIES, None, FIRST_WAIT, LONGEST_WAIT, wait_jitter=FIRST_WAIT
        )
        try:
            with self._breaker.call():
                async for attempt in attempts:
                    with attempt:
                        async with aclosing(self._attempt(messages, max_tokens)) as pieces:
                            async for piece in pieces:
                                begun = True
                                yield piece
        except Failure as failure:
            raise failure.error from failure.__cause__

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that the server lists, in its order.

        Raises:
            ModelError: as `stream` does.
        """
        try:
            wait = self._timeouts.between_tokens
            with self._translating(lambda: Reply(begun=True), wait):
                async with asyncio.timeout(wait):
                    client = await self._clients.current()
                    response = await client.get(self._server.address("/models"))
        except Failure as failure:
            raise failure.error from failure.__cause__
        if not response.is_success:
            raise self._faults.refusal(Refusal.of(response.status_code, response.text)).error
        try:
            body = response.json()
            listed = body if isinstance(body, list) else body["data"]
            return tuple(str(model["id"]) for model in listed)
        except MISFITS as error:
            raise self._faults(Fault.NO_LIST, body=response.text).error from error

    async def close(self) -> None:
        """See `ChatModel`; those of other event loops are closed with them."""
        await self._clients.close()

    async def _attempt(
        self, messages: Sequence[Message], max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """Ask once, and yield the text and the usage; raise `Failure`."""
        text, reply = ThoughtFilter(), Reply()
        wait = self._timeouts.until_first_token(messages)
        with self._translating(lambda: reply, wait):
            async with AsyncExitStack() as stack:
                deadline = _now() + wait
                async with asyncio.timeout_at(deadline):
                    response = await self._response(stack, messages, max_tokens)
                deltas = await stack.enter_async_context(aclosing(self._deltas(response)))
                while delta := await _next(deltas, deadline):
                    reply = reply.after(delta)
                    left = ENDING if reply.finish else self._timeouts.between_tokens
                    deadline = _now() + min(left, self._timeouts.between_tokens)
                    if piece := text.shown(delta.text):
                        yield piece
        if rest := text.rest():
            yield rest
        fault = _unfinished(reply, written=text.given)
        if reply.usage and fault in {None, Fault.LENGTH}:
            yield reply.usage
        if fault:
            raise self._faults(fault, max_tokens=max_tokens)

    async def _response(
        self, stack: AsyncExitStack, messages: Sequence[Message], max_tokens: int
    ) -> "httpx.Response":
        """Return the response to the request, once no parameter of it is refused by name."""
        client = await self._clients.current()
        address = self._server.address("/chat/completions")
        while True:
            payload = self._payload(messages, max_tokens)
            response = await stack.enter_async_context(
                client.stream("POST", address, content=_json(payload))
            )
            if response.is_success:
                return response
            await response.aread()
            refusal = Refusal.of(response.status_code, response.text)
            if not self._leaves_out(payload, refusal):
                retry = endpoint.backoff(response.headers, longest=LONGEST_WAIT)
                raise self._faults.refusal(refusal, retry=retry)

    def _payload(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        """Return the body of a request, without the parameters that the server has refused."""
        optional: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "max_tokens": max_tokens,
        }
        for name, instead in list(self._renamed.items()):
            value = optional.pop(name, None)
            if instead and value is not None:
                optional[instead] = value
        sent = [{"role": message.role, "content": message.content} for message in messages]
        return {"model": self.name, "messages": sent, "stream": True, **optional}

    def _leaves_out(self, payload: Mapping[str, Any], refusal: Refusal) -> bool:
        """Leave out the parameter that the refusal names from now on; False if it names none."""
        if not refusal.invalid:
            return False
        for name in _OPTIONAL:
            if name in payload and re.search(rf"\b{name}\b", refusal.words):
                renames = name == "max_tokens" and "max_completion_tokens" in refusal.words
                self._renamed[name] = "max_completion_tokens" if renames else None
                return True
        return False

    async def _deltas(self, response: "httpx.Response") -> AsyncGenerator[Delta, None]:
        """Yield what the events of a stream add, up to its end."""
        chunks = response.aiter_bytes()
        async with aclosing(events(chunks)) as stream:
            async for event in stream:
                if event == DONE:
                    yield Delta(finish="done")
                    break
                if delta := self._delta(event):
                    yield delta
        await _drain(chunks)

    def _delta(self, event: str) -> Delta:
        try:
            body = json.loads(event)
            if not is_error(body):
                return Delta.of(body)
        except MISFITS as error:
            raise self._faults(Fault.NO_COMPLETION, body=event) from error
        raise self._faults.refusal(Refusal.within(body, event))

    @contextmanager
    def _translating(self, reply: Callable[[], Reply], wait: float) -> Iterator[None]:
        """Turn foreign errors into a `Failure`, but for those that follow a finished reply.

        `wait` is how many seconds the server may take to begin.
        """
        import httpx

        try:
            yield
        except (TimeoutError, httpx.TransportError) as error:
            if not reply().finish:
                raise self._failure(error, wait, begun=reply().begun) from error
        except (OverflowError, httpx.DecodingError) as error:
            raise self._faults(Fault.NO_COMPLETION, body=str(error)) from error
        except httpx.InvalidURL as error:
            raise Failure(ModelError(f"{self._server.prefix}_URL {NO_ADDRESS}")) from error

    def _failure(self, error: Exception, wait: float, *, begun: bool) -> Failure:
        import httpx

        if isinstance(error, TimeoutError):
            if begun:
                return self._faults(Fault.STALLED, seconds=self._timeouts.between_tokens)
            return self._faults(Fault.SLOW, seconds=wait)
        if isinstance(error, httpx.ConnectTimeout):
            return self._faults(Fault.NO_CONNECTION, seconds=self._timeouts.connect)
        if isinstance(error, httpx.ConnectError):
            reason = one_line(str(error), self._server.key)
            return self._faults(Fault.UNREACHABLE, reason=reason)
        return self._faults(Fault.CUT if begun else Fault.LOST, reason=type(error).__name__)

    def _client(self) -> "httpx.AsyncClient":
        import httpx

        endpoint.quieten()
        return httpx.AsyncClient(
            headers={"Content-Type": "application/json", **self._server.headers},
            timeout=httpx.Timeout(None, connect=self._timeouts.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT),
            transport=self._transport,
        )


def _unfinished(reply: Reply, *, written: bool) -> Fault | None:
    """Return what is wrong with a stream that has ended, if anything is."""
    if not reply.finish:
        return Fault.CUT if reply.begun else Fault.NO_COMPLETION
    if reply.broken:
        return Fault.CUT
    if reply.withheld:
        return Fault.WITHHELD
    if not written:
        return Fault.EMPTY_AT_LENGTH if reply.at_limit else Fault.EMPTY
    return Fault.LENGTH if reply.at_limit else None


async def _next(deltas: AsyncIterator[Delta], deadline: float) -> Delta | None:
    async with asyncio.timeout_at(deadline):
        return await anext(deltas, None)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read a stream to its end, so that the connection can be used again."""
    import httpx

    with suppress(TimeoutError, httpx.TransportError):
        async with asyncio.timeout(ENDING):
            async for _ in chunks:
                pass


def _json(payload: Mapping[str, Any]) -> bytes:
    """Return the body; a character that UTF-8 cannot hold becomes a question mark."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def _now() -> float:
    return asyncio.get_running_loop().time()
