"""Servers that speak OpenAI's protocol: their settings, and a client for one call."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from rag.errors import ModelError

if TYPE_CHECKING:
    import httpx

TRIES = 3
TIMEOUT = 60.0  # seconds
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds, the latter whatever Retry-After asks for
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500  # the statuses that pass, and those above the last
NO_ADDRESS = "is not the address of a server, as http://localhost:11434/v1 is."

MISFITS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""The exceptions that reading JSON of an unexpected form raises."""

_CALLS = ("/chat/completions", "/embeddings")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Server:
    """A server, one of its models, and the key for it, as three settings give them.

    `base` is the address that calls such as `/embeddings` are put after. The settings' names begin
    with `prefix`, such as `GRIOT_EMBED`.
    """

    base: str
    model: str
    key: str | None = field(repr=False)
    prefix: str

    @classmethod
    def of(
        cls,
        url: str,
        model: str,
        key: str | None,
        *,
        prefix: str,
        error: type[ModelError] = ModelError,
    ) -> Self:
        """Return the server at a base address, or at the whole address of a call.

        `/v1` is added where the address has no path.

        Raises:
            ModelError, or its subclass `error`: the address or the key cannot be used. The message
                does not repeat it, as it may be secret.
        """
        key = key.strip() if key else None
        if key and not (key.isascii() and key.isprintable()):
            raise error(f"{prefix}_KEY holds a character that no key has; set it again.")
        try:
            parts = urlsplit(url.strip())
            sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            raise error(f"{prefix}_URL {NO_ADDRESS}")
        path = parts.path.rstrip("/")
        whole = next((call for call in _CALLS if path.endswith(call)), None)
        base = path.removesuffix(whole) if whole else path or "/v1"
        return cls(parts._replace(path=base).geturl(), model, key, prefix)

    @property
    def host(self) -> str:
        """The host and port, without a user name and password."""
        return urlsplit(self.base).netloc.rpartition("@")[2]

    @property
    def headers(self) -> dict[str, str]:
        """The header with the key, if there is one."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def address(self, call: str) -> str:
        """Return the address of a call, such as `/embeddings`."""
        parts = urlsplit(self.base)
        return parts._replace(path=parts.path + call).geturl()


class Endpoint:
    """Posts to one call of a server; threads may share it.

    `kind` and `error` are what errors call the server, and their class. Load (429), a server error
    and a lost connection are retried twice, after the wait that the server asks for, or one that
    grows with jitter.
    """

    def __init__(
        self,
        server: Server,
        call: str,
        *,
        kind: str,
        error: type[ModelError] = ModelError,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self._server = server
        self._address = server.address(call)
        self._kind = kind
        self._error = error
        self._transport = transport
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def post(self, payload: dict[str, Any], read: Callable[[Any], _T], *, otherwise: str) -> _T:
        """Return what `read` makes of the answer's JSON.

        Raises:
            ModelError, or its subclass: the call fails, or `read` raises one of `MISFITS`, which
                the message calls `otherwise`.
        """
        response = self._response(payload)
        try:
            return read(response.json())
        except MISFITS as error:
            raise self.fault(f"answered {otherwise}") from error

    def fault(self, what: str) -> ModelError:
        """Return the error that says what the server did, and which settings to check."""
        server, prefix = self._server, self._server.prefix
        return self._error(
            f"The {self._kind} server {server.host} {what}. Check {prefix}_URL, {prefix}_MODEL "
            f"(now {server.model}) and {prefix}_KEY ({'set' if server.key else 'not set'})."
        )

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _response(self, payload: dict[str, Any]) -> "httpx.Response":
        import httpx
        import stamina

        quieten()
        attempts = stamina.retry_context(
            _retried, TRIES, None, FIRST_WAIT, LONGEST_WAIT, wait_jitter=FIRST_WAIT
        )
        try:
            for attempt in attempts:
                with attempt:
                    return self._connected().post(self._address, json=payload).raise_for_status()
        except httpx.HTTPStatusError as error:  # its message has the address, which may be secret
            said = f"{error.response.status_code} {error.response.reason_phrase}".rstrip()
            raise self.fault(f"answered {said}") from None
        except httpx.TransportError as error:
            raise self.fault(f"cannot be reached ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.fault(f"cannot be asked ({type(error).__name__})") from error
        raise AssertionError

    def _connected(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    headers=self._server.headers, timeout=TIMEOUT, transport=self._transport
                )
            return self._client


def _retried(error: Exception) -> bool | float:
    """Return whether an error passes, or the wait that the server asks for."""
    import httpx

    if not isinstance(error, httpx.HTTPStatusError):
        return isinstance(error, httpx.TransportError)
    response = error.response
    passes = response.status_code == TOO_MANY_REQUESTS or response.status_code >= SERVER_ERROR
    return passes and backoff(response.headers, longest=LONGEST_WAIT)


def backoff(headers: "httpx.Headers", *, longest: float) -> bool | float:
    """Return the seconds that Retry-After asks for, or True if it asks for none."""
    asked = headers.get("retry-after", "").strip()
    if asked.replace(".", "", 1).isdecimal() and asked.isascii():
        return min(float(asked), longest)
    try:
        date = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return True
    zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max((zoned - datetime.now(UTC)).total_seconds(), 0.0), longest)


def quieten() -> None:
    """Keep libraries from logging requests, whose addresses may hold a secret, and retries."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("stamina").setLevel(logging.ERROR)
