import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from rag.errors import ModelError
from rag.models.endpoint import Endpoint, checked_address, retry_after, wait

SECRET = "http://me:secret@server/v1/embeddings?key=secret"


def endpoint(answer):
    transport = httpx.MockTransport(lambda _: answer)
    return Endpoint(SECRET, None, fault=ModelError, transport=transport)


def test_requests_are_not_logged(caplog):
    """An address, which may hold a secret, stands in no log."""
    for logger in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger)
    assert endpoint(httpx.Response(200, json={})).post({}).json() == {}
    assert [one.name for one in caplog.records] == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("", None),
        ("later", None),
        ("-1", None),
        ("٣", None),
        (f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(said, seconds):
    """What is neither counts as nothing, and a date that is past as no wait."""
    assert retry_after(httpx.Headers({"Retry-After": said.encode()})) == seconds


def test_a_date_to_come_is_waited_for():
    """The seconds until then are given."""
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    assert 86_000 < retry_after(httpx.Headers({"Retry-After": tomorrow})) <= 86_400


def test_a_wait_is_what_the_server_asks_for_up_to_a_limit():
    """Nobody waits for a day."""
    assert [wait(1, asked, first=1, longest=30) for asked in (0.0, 7.0, 86_400.0)] == [0, 7, 30]


def test_waits_that_nobody_asks_for_grow():
    """Each is about twice the one before."""
    waits = [wait(tried, None, first=0.5, longest=30) for tried in (1, 2, 3)]
    assert [0.25 <= waits[0] <= 0.75, 0.5 <= waits[1] <= 1.5, 1 <= waits[2] <= 3] == [True] * 3


@pytest.mark.parametrize("url", ["", "server", "ftp://server", "http://[::1", "http://a:secret"])
def test_an_address_that_is_none_is_not_repeated(url):
    """What was set by mistake may be a key."""
    with pytest.raises(
        ValueError, match=r"^is not the address of a server, as http://localhost:11434/v1 is\.$"
    ):
        checked_address(url)
