import asyncio
import socket
from dataclasses import replace

import httpx
import pytest

from bot.service.health import Metrics, serving
from bot.settings import Address
from fake_library import ANSWER, REFUSAL
from rag.errors import GriotError

HERE = "127.0.0.1"


class Clock:
    """Stands still until it is set on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def looked(path, metrics, ill, *, port=0, **headers):
    """The response at a path."""

    async def look():
        async with (
            serving(Address(HERE, port), metrics, ill) as served,
            httpx.AsyncClient(base_url=f"http://{HERE}:{served}") as client,
        ):
            return await client.get(path, headers=headers)

    return asyncio.run(look())


def samples(text):
    """The lines that hold a number other than 0, without when they were first counted."""
    lines = [line for line in text.splitlines() if line[0] != "#" and "_created" not in line]
    return [line for line in lines if float(line.split()[-1]) and "_bucket" not in line]


def test_a_bot_that_fetches_its_updates_is_well():
    """Also when the last time is a while ago."""
    clock = Clock()
    metrics = Metrics(clock)
    clock.now += 500
    metrics.fetched()
    clock.now += 90
    reply = looked("/healthz", metrics, metrics.not_fetching)
    assert (reply.status_code, reply.json()) == (200, {"ok": True})


def test_a_bot_that_fetches_no_updates_is_ill():
    """From the start on, and the reason is told."""
    clock = Clock()
    metrics = Metrics(clock)
    clock.now += 91
    reply = looked("/healthz", metrics, metrics.not_fetching)
    assert (reply.status_code, reply.json()) == (
        503,
        {"ok": False, "reason": "no updates could be fetched for 91 s"},
    )


def test_what_happened_is_counted():
    """Each with its labels."""
    clock = Clock()
    metrics = Metrics(clock, clock)
    written = replace(ANSWER, mode="model", timings={"write": 1500.0})
    metrics.answered(written, 2.0)
    metrics.answered(replace(written, timings={"write": 2000.0}, model_failed=True), 3.0)
    metrics.answered(REFUSAL, 0.25)
    metrics.queued.set_function(lambda: 3)
    metrics.working.set_function(lambda: 2)
    metrics.call_failed("TimedOut", refused=False)
    metrics.call_failed("Forbidden", refused=True)
    metrics.feedback.labels("good").inc()
    metrics.updates.inc(4)
    metrics.unreadable.inc()
    metrics.fetched()
    clock.now += 7

    reply = looked("/metrics", metrics, lambda: None)

    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    assert samples(reply.text) == [
        'griot_questions_total{mode="model",outcome="answered"} 2.0',
        'griot_questions_total{mode="reader",outcome="not_in_corpus"} 1.0',
        "griot_answer_seconds_count 3.0",
        "griot_answer_seconds_sum 5.25",
        "griot_model_seconds_count 2.0",
        "griot_model_seconds_sum 3.5",
        "griot_jobs_queued 3.0",
        "griot_jobs_working 2.0",
        'griot_calls_refused_total{kind="Forbidden"} 1.0',
        'griot_calls_unanswered_total{kind="TimedOut"} 1.0',
        "griot_model_failures_total 1.0",
        'griot_feedback_total{verdict="good"} 1.0',
        "griot_updates_total 4.0",
        "griot_updates_unreadable_total 1.0",
        "griot_last_fetch_timestamp_seconds 1000.0",
    ]


def test_without_an_address_nothing_is_served():
    """It is off unless asked for."""

    async def served():
        async with serving(None, Metrics(), lambda: None) as port:
            return port

    assert asyncio.run(served()) is None


def test_the_port_is_free_again_afterwards():
    """Also when a connection is still open."""

    async def twice():
        async with httpx.AsyncClient() as client:
            async with serving(Address(HERE, 0), Metrics(), lambda: None) as port:
                await client.get(f"http://{HERE}:{port}/healthz")
            async with serving(Address(HERE, port), Metrics(), lambda: None) as again:
                return port, again, (await client.get(f"http://{HERE}:{port}/healthz")).status_code

    port, again, status = asyncio.run(twice())
    assert (again, status) == (port, 200)


def test_a_port_that_is_taken_is_told_with_the_setting():
    """In one line, with what to do."""
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GriotError) as raised:
            looked("/healthz", Metrics(), lambda: None, port=port)

    assert str(raised.value) == (
        f"GRIOT_METRICS: {HERE}:{port} is taken, or is no address of this machine. "
        "Name another, or leave it empty."
    )
