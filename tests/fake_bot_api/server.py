"""The HTTP side of the fake Bot API: calls, long polling, webhooks, files, and faults."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from fake_bot_api.checks import decoded
from fake_bot_api.errors import Json, Refuse, conflict
from fake_bot_api.methods import METHODS
from fake_bot_api.state import Call, State
from ports import free_port

WEBHOOK_AGAIN = 0.2  # seconds; Telegram waits longer
TOKEN_FORM = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
GARBAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
HOOKED = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True)
class Lose:
    """The call is carried out, and the connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Break:
    """The connection is closed, and nothing is done."""


@dataclass(frozen=True, slots=True)
class Stall:
    """The call is carried out at once, and answered after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Garbage:
    """Nothing is done, and the answer is a page of HTML, or another text, with status 200."""

    text: str = GARBAGE


Fault = Break | Garbage | Lose | Refuse | Stall
"""What can go wrong with a call."""

_T = TypeVar("_T")


class Gone(Exception):
    """Whoever called has closed the connection."""


class Server:
    """Serves one state on loopback, in a thread of its own; calls need the bot's token.

    `proxy` maps the beginning of a public webhook address to one on loopback. `faults` are what is
    to go wrong, in order, with the calls of a method (in small letters), in all chats or in one.
    """

    def __init__(self, state: State, *, token: str) -> None:
        self.state = state
        self.token = token
        self.port = free_port()
        self.proxy: dict[str, str] = {}
        self.faults: list[tuple[str, int | None, list[Fault]]] = []
        self._poller: asyncio.Future[None] | None = None
        self._caller: object = None
        self._http: HTTPServer | None = None
        self._news = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def start(self) -> None:
        """Begin, and listen."""
        self._thread.start()
        self.up()
        asyncio.run_coroutine_threadsafe(self._deliver(), self._loop)
        self.state.wake = lambda: self._loop.call_soon_threadsafe(self._woken)

    def stop(self) -> None:
        """Close all connections, and end the thread."""
        self.state.wake = lambda: None
        self.down()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def up(self) -> None:
        """Listen, at the same port as before."""
        self._run(self._listen())

    def down(self) -> None:
        """Listen no more, and close every connection."""
        self._run(self._hang_up())

    def fault(self, method: str, params: Json) -> Fault | None:
        """The next thing that shall go wrong with such a call, if any."""
        with self.state.changed:
            for name, chat, faults in self.faults:
                if name == method.lower() and chat in (None, params.get("chat_id")) and faults:
                    return faults.pop(0)
        return None

    def record(self, method: str, params: Json, status: int, result: object) -> None:
        """Keep what was called, and with what it was answered."""
        with self.state.changed:
            self.state.calls.append(Call(method, params, status, result, time.monotonic()))
            self.state.changed.notify_all()

    async def get_updates(self, params: Json, caller: object) -> list[Json]:
        """The updates that wait, or those that come within the time of the call.

        A call that waits already is ended: there shall be one at a time.

        Raises:
            Gone: The caller has closed the connection meanwhile.
            Refuse: There is a webhook, or another call ended this one.
        """
        if waiting := self._waiting():
            waiting.set_exception(conflict(OTHER_POLLER))
        until = time.monotonic() + params.get("timeout", 0)
        while True:
            if self.state.webhook:
                raise conflict(HOOKED)
            with self.state.changed:
                self.state.allowed = params.get("allowed_updates", self.state.allowed)
                found = self.state.pending(params.get("offset", 0))
            left = until - time.monotonic()
            if found or left <= 0:
                return found
            self._caller = caller
            self._poller = waiting = self._loop.create_future()
            await asyncio.wait({waiting}, timeout=left)
            if waiting.done():
                waiting.result()
            else:
                waiting.cancel()

    @property
    def polling(self) -> bool:
        """Whether a call of getUpdates waits."""
        return self._waiting() is not None

    def gone(self, caller: object) -> None:
        """Nobody waits any more for what this call would have got."""
        if self._caller is caller and (waiting := self._waiting()):
            waiting.set_exception(Gone)

    def _waiting(self) -> asyncio.Future[None] | None:
        """The condition that a call of getUpdates waits for, if there is one."""
        poller = self._poller
        return poller if poller and not poller.done() else None

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self) -> None:
        routes = [
            (r"/bot([^/]*)/([^/]*)", _Calls, {"server": self}),
            (r"/file/bot([^/]*)/(.*)", _Files, {"server": self}),
        ]
        self._http = HTTPServer(Application(routes, log_function=lambda _: None))
        self._http.listen(self.port, "127.0.0.1")

    async def _hang_up(self) -> None:
        if self._http:
            self._http.stop()
            await self._http.close_all_connections()
            self._http = None

    def _woken(self) -> None:
        self._news.set()
        if waiting := self._waiting():
            waiting.set_result(None)

    async def _deliver(self) -> None:
        """Hand the updates to the webhook, if there is one, each until it is taken."""
        while True:
            hook, updates = self.state.webhook, self.state.updates
            if not hook or not updates:
                self._news.clear()
                await self._news.wait()
            elif await self._is_taken(hook, updates[0]):
                with self.state.changed:
                    self.state.updates = self.state.updates[1:]
                    self.state.changed.notify_all()
            else:
                await asyncio.sleep(WEBHOOK_AGAIN)

    async def _is_taken(self, hook: Json, update: Json) -> bool:
        url = hook["url"]
        for public, local in self.proxy.items():
            url = url.replace(public, local, 1)
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": hook.get("secret_token", ""),
        }
        request = HTTPRequest(url, method="POST", headers=headers, body=json.dumps(update))
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError):
            return False
        return answer.code == 200


class _Handler(RequestHandler):
    """The common part of calls and files."""

    def initialize(self, server: Server) -> None:
        self.server = server

    def answer(self, status: int, body: Json) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body))

    def check(self, token: str, *, known: bool) -> None:
        if not known or not TOKEN_FORM.fullmatch(token):
            raise Refuse(404, "Not Found")
        if token != self.server.token:
            raise Refuse(401, "Unauthorized")


class _Calls(_Handler):
    async def get(self, token: str, method: str) -> None:
        await self.post(token, method)

    async def post(self, token: str, method: str) -> None:
        params: Json = {}
        try:
            self.check(token, known=method.lower() in METHODS.keys() | {"getupdates"})
            given = self.request.query_arguments | self.request.body_arguments
            params = {name: decoded(name, values[-1]) for name, values in given.items()}
            await self._go_on(method, params)
        except Refuse as refused:
            self.server.record(method, params, refused.status, refused.body)
            self.answer(refused.status, refused.body)
        except Gone:
            return

    def on_connection_close(self) -> None:
        self.server.gone(self)

    async def _go_on(self, method: str, params: Json) -> None:
        """Do it and answer it, or let happen to it what was ordered."""
        fault = self.server.fault(method, params)
        if isinstance(fault, Refuse):
            raise fault
        if isinstance(fault, Break):
            self.server.record(method, params, 0, None)
            self.request.connection.stream.close()
            return
        if isinstance(fault, Garbage):
            self.server.record(method, params, 200, fault.text)
            self.finish(fault.text)
            return
        result = await self._done(method, params)
        if isinstance(fault, Lose):
            self.request.connection.stream.close()
            return
        if isinstance(fault, Stall):
            await asyncio.sleep(fault.seconds)
        self.answer(200, {"ok": True, "result": result})

    async def _done(self, method: str, params: Json) -> object:
        """The result; who waits for a change sees it together with its record."""
        if method.lower() == "getupdates":
            updates = await self.server.get_updates(params, self)
            self.server.record(method, params, 200, updates)
            return updates
        with self.server.state.changed:
            result = METHODS[method.lower()](self.server.state, params)
            self.server.record(method, params, 200, result)
        return result


class _Files(_Handler):
    def get(self, token: str, path: str) -> None:
        try:
            files = dict(self.server.state.files.values())
            self.check(token, known=path in files)
            self.finish(files[path])
        except Refuse as refused:
            self.answer(refused.status, refused.body)
