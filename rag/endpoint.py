"""A server that is asked over HTTP, in the manner of OpenAI's; synchronous, safe to share."""

import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import ModelError

if TYPE_CHECKING:
    import httpx

TRIES = 3
TIMEOUT = 60.0  # seconds
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After asks for
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500  # the statuses that pass, and those above the last


class Endpoint:
    """Posts to one address; `fault` makes the error that is raised, of a phrase that says what.

    A refusal for load (429), a server error or a lost connection is tried three times in all, after
    the wait that the server asks for or one that grows with jitter.
    """

    def __init__(
        self,
        address: str,
        key: str | None,
        *,
        fault: Callable[[str], ModelError],
        transport: "httpx.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address
        self._key = key
        self._fault = fault
        self._transport = transport
        self._sleep = sleep
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def post(self, payload: dict[str, Any]) -> "httpx.Response":
        """Give the server's first success, in at most `TRIES` tries."""
        import httpx

        for tried in range(1, TRIES + 1):
            last = tried == TRIES
            wait = 2**tried * random.uniform(0.25, 0.75)  # noqa: S311 - jitter is no secret
            try:
                response = self._connected().post(self._address, json=payload)
            except httpx.TransportError as error:
                if last:
                    raise self._fault(f"cannot be reached ({type(error).__name__})") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._fault(f"cannot be asked ({type(error).__name__})") from error
            else:
                status = response.status_code
                if response.is_success:
                    return response
                if last or not (status == TOO_MANY_REQUESTS or status >= SERVER_ERROR):
                    raise self._fault(f"answered {status} {response.reason_phrase}".rstrip())
                wait = _retry_after(response.headers, otherwise=wait)
            self._sleep(wait)
        raise AssertionError

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _connected(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
                self._client = httpx.Client(
                    headers=headers, timeout=TIMEOUT, transport=self._transport
                )
            return self._client


def checked_key(key: str | None) -> str | None:
    """Give a key without white space around it.

    Raises:
        ValueError: it holds a character that cannot stand in a header.
    """
    bare = key.strip() if key else None
    if bare and not (bare.isascii() and bare.isprintable()):
        raise ValueError("a character that no key has")
    return bare


def address(url: str, path: str) -> str:
    """Give the address to post to, from a base address with or without `/v1` or `/v1` and `path`.

    Raises:
        ValueError: it is not the address of a server.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("not the address of a server")
    base = parts.path.rstrip("/")
    if not base.endswith(path):
        base = f"{base}{path}" if base.endswith("/v1") else f"{base}/v1{path}"
    return parts._replace(path=base).geturl()


def server(address: str) -> str:
    """Give the server of an address, without what stands before an @, which may be secret."""
    return urlsplit(address).netloc.rpartition("@")[2]


def _retry_after(headers: "httpx.Headers", *, otherwise: float) -> float:
    """Give the seconds that the server asks for, at most `LONGEST_WAIT`."""
    asked = headers.get("retry-after", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdecimal() else otherwise
