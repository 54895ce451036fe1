import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import stamina

from fake_server import FakeServer
from rag.errors import EmbeddingError, ModelError
from rag.models.endpoint import Endpoint, Server, backoff
from rag.models.redact import one_line

SECRET = "http://me:secret-key@server:8080/v1?key=secret-key"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://server", "http://server/v1/embeddings"),
        ("http://server/v1/", "http://server/v1/embeddings"),
        ("https://server/api/v1", "https://server/api/v1/embeddings"),
        ("https://server/v1beta/openai/", "https://server/v1beta/openai/embeddings"),
        ("https://server/openai/embeddings", "https://server/openai/embeddings"),
        ("http://server/chat/completions", "http://server/embeddings"),
        ("https://server/v1?version=2", "https://server/v1/embeddings?version=2"),
    ],
)
def test_v1_is_added_where_the_address_has_no_path(url, address):
    """The address may stop before /v1, after it, at a path of its own, or be a call's."""
    assert Server.of(url, "small", None, prefix="GRIOT_EMBED").address("/embeddings") == address


@pytest.mark.parametrize(
    "url", ["", "server:1", "ftp://server", "http://", "http://[::1", "secret"]
)
def test_an_address_that_is_none_is_not_repeated(url):
    """A value that was set by mistake may be a key."""
    with pytest.raises(EmbeddingError) as caught:
        Server.of(url, "small", None, prefix="GRIOT_EMBED", error=EmbeddingError)
    assert str(caught.value) == (
        "GRIOT_EMBED_URL is not the address of a server, as http://localhost:11434/v1 is."
    )


def test_a_key_that_cannot_stand_in_a_header_is_not_repeated():
    """A key of the clipboard may hold anything; white space around it does no harm."""
    assert Server.of("http://server", "small", " key\n", prefix="GRIOT_LLM").key == "key"
    with pytest.raises(ModelError) as caught:
        Server.of("http://server", "small", "schlüssel\n2", prefix="GRIOT_LLM")
    assert str(caught.value) == "GRIOT_LLM_KEY holds a character that no key has; set it again."


class Fake(FakeServer):
    """A server that is posted to."""

    def post(self):
        server = Server.of(SECRET, "small", "secret-key", prefix="GRIOT_VERIFY")
        transport = httpx.MockTransport(self)
        endpoint = Endpoint(server, "/embeddings", kind="verifying", transport=transport)
        with stamina.set_testing(True, attempts=3, cap=True):
            given = endpoint.post({"a": 1}, lambda body: body["b"], otherwise="without b")
        endpoint.close()
        return given


def test_requests_are_not_logged(caplog):
    """An address, which may hold a secret, stands in no log, and a retry in none either."""
    for logger in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger)
    assert Fake(httpx.Response(503), httpx.Response(200, json={"b": 2})).post() == 2
    assert [record.name for record in caplog.records] == []


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(429),
        httpx.Response(503),
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_what_passes_is_tried_again(passing):
    """Load, a server error and a lost connection are not noticed if they pass."""
    server = Fake(passing, passing, httpx.Response(200, json={"b": 2}))
    assert (server.post(), len(server.requests)) == (2, 3)


@pytest.mark.parametrize(
    ("answer", "tries", "what"),
    [
        (httpx.Response(503), 3, "answered 503 Service Unavailable"),
        (httpx.Response(429), 3, "answered 429 Too Many Requests"),
        (httpx.Response(401, text="bad key secret-key"), 1, "answered 401 Unauthorized"),
        (httpx.Response(307, headers={"location": "/"}), 1, "answered 307 Temporary Redirect"),
        (httpx.ConnectError("secret-key"), 3, "cannot be reached (ConnectError)"),
        (httpx.DecodingError("gzip"), 1, "cannot be asked (DecodingError)"),
        (httpx.Response(200, text="<html>"), 1, "answered without b"),
        (httpx.Response(200, content=b"\xff\xfe\xff"), 1, "answered without b"),
        (httpx.Response(200, json={"a": 1}), 1, "answered without b"),
    ],
)
def test_a_failure_says_what_happened_and_which_settings_to_check(answer, tries, what):
    """The line names the server, and not the key; nothing that it comes from does either."""
    server = Fake(answer)
    with pytest.raises(ModelError) as caught:
        server.post()
    assert str(caught.value) == (
        f"The verifying server server:8080 {what}. Check GRIOT_VERIFY_URL, "
        "GRIOT_VERIFY_MODEL (now small) and GRIOT_VERIFY_KEY (set)."
    )
    assert len(server.requests) == tries


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("86400", 30.0),
        ("Fri, 21 Oct 2095 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("", True),
        ("later", True),
        ("-1", True),
        ("٣", True),
        (f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}", True),
        ("Wed, 21 Oct 99999 07:28:00 GMT", True),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(asked, seconds):
    """Any other value leaves the wait to the client; nobody waits for a day."""
    assert backoff(httpx.Headers({"Retry-After": asked.encode()}), longest=30) == seconds


def test_a_date_to_come_is_waited_for():
    """The seconds until then are given."""
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    wait = backoff(httpx.Headers({"Retry-After": tomorrow}), longest=100_000)
    assert 86_000 < wait <= 86_400


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The key sk-0123456789abcdef, its head sk-01234...", "The key [key], its head [key]"),
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
    assert one_line(said, "sk-0123456789abcdef") == shown
