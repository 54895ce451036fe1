"""A server that is asked over HTTP, in the manner of OpenAI's: what it is given and what it asks.

`Endpoint` is a client of one address; it is synchronous, and safe to share.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from rag.errors import ModelError

if TYPE_CHECKING:
    import httpx

TRIES = 3
TIMEOUT = 60.0  # seconds
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds, the latter whatever Retry-After asks for
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
            last, asked = tried == TRIES, None
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
                asked = retry_after(response.headers)
            self._sleep(wait(tried, asked, first=FIRST_WAIT, longest=LONGEST_WAIT))
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
                quieten()
                self._client = httpx.Client(
                    headers=authorization(self._key), timeout=TIMEOUT, transport=self._transport
                )
            return self._client


def checked_key(key: str | None) -> str | None:
    """Give a key without white space around it.

    Raises:
        ValueError: it holds a character that cannot stand in a header; the message says so, and
            goes on from the name of the setting.
    """
    bare = key.strip() if key else None
    if bare and not (bare.isascii() and bare.isprintable()):
        raise ValueError("holds a character that no key has; set it again.")
    return bare


def authorization(key: str | None) -> dict[str, str]:
    """Give the header that holds a key; none where there is no key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def checked_address(url: str) -> SplitResult:
    """Give the parts of a server's address.

    Raises:
        ValueError: it is not the address of a server; the message says so without repeating it,
            and goes on from the name of the setting.
    """
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(NO_ADDRESS)
    return parts


NO_ADDRESS = "is not the address of a server, as http://localhost:11434/v1 is."


def address(url: str, path: str) -> str:
    """Give the address to post to, from a base address with or without `/v1` or `/v1` and `path`.

    Raises:
        ValueError: see `checked_address`.
    """
    parts = checked_address(url)
    base = parts.path.rstrip("/")
    if not base.endswith(path):
        base = f"{base}{path}" if base.endswith("/v1") else f"{base}/v1{path}"
    return parts._replace(path=base).geturl()


def server(address: str) -> str:
    """Give the server of an address, without what stands before an @, which may be secret."""
    return urlsplit(address).netloc.rpartition("@")[2]


def retry_after(headers: "httpx.Headers") -> float | None:
    """Give the seconds that a server asks to wait, told as such or as a date, if it does."""
    asked = headers.get("retry-after", "").strip()
    if asked.replace(".", "", 1).isdecimal() and asked.isascii():
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return None
    zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((zoned - datetime.now(UTC)).total_seconds(), 0.0)


def wait(tried: int, asked: float | None, *, first: float, longest: float) -> float:
    """Give the seconds to wait after so many tries: what the server asks for, at most `longest`.

    Where it asks for none, `first` after the first try, twice as long after each further one, and
    up to half of that more or less, so that those who failed together do not ask together again.
    """
    if asked is not None:
        return min(asked, longest)
    return first * 2.0 ** (tried - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter is no secret


def quieten() -> None:
    """Keep httpx and httpcore from logging requests, whose addresses may hold a secret."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
