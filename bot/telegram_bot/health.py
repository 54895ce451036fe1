"""Whether the bot is well, and how it fares: `/healthz` and Prometheus' `/metrics`.

They are served on an address of their own, and only where one is set. Neither shows a question, an
answer, a chat or a secret.
"""

import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from bot.settings import Address
from rag.errors import GriotError

LATELY = 90.0
"""Seconds within which updates have to be fetched; Telegram is asked for them all the time."""

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)

Ill = Callable[[], str | None]
"""Gives the reason why the bot is not well, or None where it is."""


class Metrics:
    """What is counted and measured, in a registry of its own.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = registry = CollectorRegistry()
        self._clock = clock
        self._fetched = clock()
        self._questions = Counter(
            "griot_questions", "Questions answered.", ("outcome", "mode"), registry=registry
        )
        self._seconds = Histogram(
            "griot_answer_seconds",
            "From the question's arrival to its answer.",
            buckets=SECONDS,
            registry=registry,
        )
        self._model_seconds = Histogram(
            "griot_model_seconds",
            "What a chat model took of it.",
            buckets=SECONDS,
            registry=registry,
        )
        self._queued = Gauge("griot_jobs_queued", "Questions that wait.", registry=registry)
        self._working = Gauge("griot_jobs_working", "Questions in work.", registry=registry)
        self._errors = Counter(
            "griot_telegram_errors", "Calls that Telegram refused.", ("kind",), registry=registry
        )
        self._failures = Counter(
            "griot_model_failures", "Answers that the chat model failed.", registry=registry
        )
        self._feedback = Counter(
            "griot_feedback", "Judgements by readers.", ("verdict",), registry=registry
        )
        self._updates = Counter(
            "griot_updates", "Updates received from Telegram.", registry=registry
        )
        age = Gauge(
            "griot_last_fetch_age_seconds", "Since updates were fetched.", registry=registry
        )
        age.set_function(self.since_fetch)

    def answered(
        self, *, outcome: str, mode: str, seconds: float, model_seconds: float | None = None
    ) -> None:
        """Count an answer, with what it took, and what a chat model took of it where one wrote."""
        self._questions.labels(outcome, mode).inc()
        self._seconds.observe(seconds)
        if model_seconds is not None:
            self._model_seconds.observe(model_seconds)

    def watch(self, *, queued: Callable[[], int], working: Callable[[], int]) -> None:
        """Tell what counts the questions that wait, and those in work."""
        self._queued.set_function(queued)
        self._working.set_function(working)

    def telegram_error(self, error: Exception) -> None:
        """Count a call that failed, under the error's kind."""
        self._errors.labels(type(error).__name__).inc()

    def model_failure(self) -> None:
        """Count an answer that the chat model failed."""
        self._failures.inc()

    def feedback(self, verdict: str) -> None:
        """Count a reader's judgement."""
        self._feedback.labels(verdict).inc()

    def updates(self, number: int) -> None:
        """Count updates that were received."""
        self._updates.inc(number)

    def fetched(self) -> None:
        """Tell that Telegram was asked for updates and answered, with some or with none."""
        self._fetched = self._clock()

    def since_fetch(self) -> float:
        """Seconds since then; before the first time, since the start."""
        return self._clock() - self._fetched

    def not_fetching(self) -> str | None:
        """Why a bot that asks for its updates is not well: it got no answer lately."""
        age = self.since_fetch()
        return None if age <= LATELY else f"no updates could be fetched for {age:.0f} s"


@asynccontextmanager
async def serving(address: Address | None, metrics: Metrics, ill: Ill) -> AsyncIterator[int | None]:
    """Serve `/healthz` and `/metrics` at an address, on the running event loop; nowhere at None.

    Gives the port that is listened on.

    Raises:
        GriotError: nothing can listen there.
    """
    if address is None:
        yield None
        return
    application = Application(
        [("/healthz", _Health, {"ill": ill}), ("/metrics", _Metrics, {"metrics": metrics})],
        log_function=_unlogged,
    )
    server = HTTPServer(application)
    listening = _listening(address)
    server.add_socket(listening)
    try:
        yield listening.getsockname()[1]
    finally:
        server.stop()
        await server.close_all_connections()


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server(address, family=family)
    except OSError as error:
        raise GriotError(
            f"GRIOT_METRICS: {address.host}:{address.port} is taken, or is no address of this "
            "machine. Name another, or leave it empty."
        ) from error
    listening.setblocking(False)  # noqa: FBT003 - socket's own signature
    return listening


def _unlogged(_: RequestHandler) -> None:
    """That somebody looked is not logged."""


class _Page(RequestHandler):
    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")


class _Health(_Page):
    """200 where the bot is well, else 503, with the reason."""

    def initialize(self, ill: Ill) -> None:
        self._ill = ill

    def get(self) -> None:
        reason = self._ill()
        self.set_status(HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"ok": False, "reason": reason} if reason else {"ok": True}))


class _Metrics(_Page):
    """All metrics, in the format that is asked for."""

    def initialize(self, metrics: Metrics) -> None:
        self._registry = metrics.registry

    def get(self) -> None:
        encode, content_type = choose_encoder(self.request.headers.get("Accept", ""))
        self.set_header("Content-Type", content_type)
        self.finish(encode(self._registry))
