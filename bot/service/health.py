"""The state of the bot: `/healthz`, and `/metrics` for Prometheus.

They are served on an address of their own, and only where one is set. Neither shows a question, an
answer, a chat or a secret.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from tornado.web import RequestHandler

from bot.service.listening import Routes, served
from bot.settings import Address
from rag.types import Answer

LATELY = 90.0
"""Seconds within which updates have to be fetched; they are asked for all the time."""

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)

Ill = Callable[[], str | None]
"""Returns the reason why the bot is not well, or None where it is."""

_log = logging.getLogger(__name__)


class Health:
    """The reasons that keep parts of the bot from their work.

    A reason is logged when it comes up, and once more when the last one is over.
    """

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def ill(self, part: str, reason: str) -> None:
        """Note that a part cannot do its work."""
        if reason not in self._reasons.values():
            _log.error("%s", reason)
        self._reasons[part] = reason

    def well(self, part: str) -> None:
        """Note that a part works, or that nothing is asked of it any more."""
        if self._reasons.pop(part, None) and not self._reasons:
            _log.info("everything works again")

    @property
    def reason(self) -> str | None:
        """The first reason that is not over yet."""
        return next(iter(self._reasons.values()), None)


class Metrics:
    """The counters and gauges, in a registry of their own.

    Args:
        clock: Returns seconds from any moment on.
        today: Returns seconds since 1970.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._today = today
        self._last_fetch = clock()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry, buckets=SECONDS)
        labels = ("outcome", "mode")
        self.questions = counter("griot_questions", "Questions answered.", labels)
        about = "From the question's arrival to its answer."
        self._seconds = histogram("griot_answer_seconds", about)
        about = "What a chat model took of it."
        self._model_seconds = histogram("griot_model_seconds", about)
        self.queued = gauge("griot_jobs_queued", "Questions that wait.")
        self.working = gauge("griot_jobs_working", "Questions in work.")
        about = "Calls that the messenger refused."
        self._refused = counter("griot_calls_refused", about, ("kind",))
        about = "Calls that the network or the messenger's servers failed."
        self._unanswered = counter("griot_calls_unanswered", about, ("kind",))
        self._failures = counter("griot_model_failures", "Answers that the chat model failed.")
        self.feedback = counter("griot_feedback", "Judgements by readers.", ("verdict",))
        self.updates = counter("griot_updates", "Updates received from the messenger.")
        self.unreadable = counter("griot_updates_unreadable", "Updates that could not be read.")
        about = "When updates were last fetched, or brought by a webhook; 0 for never."
        self._fetched = gauge("griot_last_fetch_timestamp_seconds", about)

    def answered(self, answer: Answer, seconds: float) -> None:
        """Count an answer and its time, and the chat model's part of it if one wrote."""
        self.questions.labels(answer.outcome.value, answer.mode).inc()
        self._seconds.observe(seconds)
        if "write" in answer.timings:
            self._model_seconds.observe(answer.timings["write"] / 1000)
        if answer.model_failed:
            self._failures.inc()

    def call_failed(self, kind: str, *, refused: bool) -> None:
        """Count a call by the kind of its error, apart whether the messenger refused it."""
        (self._refused if refused else self._unanswered).labels(kind).inc()

    def fetched(self) -> None:
        """Note that the messenger answered with updates or with none, or brought one itself."""
        self._last_fetch = self._clock()
        self._fetched.set(self._today())

    def not_fetching(self) -> str | None:
        """Return why a bot that asks for its updates is not well: it got no answer lately.

        Before the first answer, the time counts from the start.
        """
        age = self._clock() - self._last_fetch
        return None if age <= LATELY else f"no updates could be fetched for {age:.0f} s"


@asynccontextmanager
async def serving(address: Address | None, metrics: Metrics, ill: Ill) -> AsyncIterator[int | None]:
    """Serve `/healthz` and `/metrics` at an address, and yield the port; do nothing at None.

    Raises:
        GriotError: nothing can listen there.
    """
    if address is None:
        yield None
        return
    routes: Routes = (
        ("/healthz", _Health, {"ill": ill}),
        ("/metrics", _Metrics, {"registry": metrics.registry}),
    )
    remedy = "Name another, or leave it empty."
    async with served(routes, address, setting="GRIOT_METRICS", remedy=remedy) as port:
        yield port


class _Page(RequestHandler):
    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")


class _Health(_Page):
    """Answers 200 where the bot is well, else 503 with the reason."""

    def initialize(self, ill: Ill) -> None:
        self._ill = ill

    def get(self) -> None:
        reason = self._ill()
        self.set_status(HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"ok": False, "reason": reason} if reason else {"ok": True}))


class _Metrics(_Page):
    """Answers with all metrics, in the format that is asked for."""

    def initialize(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def get(self) -> None:
        encode, content_type = choose_encoder(self.request.headers.get("Accept", ""))
        self.set_header("Content-Type", content_type)
        self.finish(encode(self._registry))
