"""An address becomes a response, and a response a raw page.

An address may come from anybody, so it is never followed into the server's own network: the name is
resolved once, every address that it has is looked at, and the connection goes to one of these.
"""

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from email.message import Message
from importlib import metadata
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from rag.errors import Refused, SourceError
from rag.models.endpoint import backoff, quieten
from rag.pages.addresses import is_public
from rag.pages.formats import KINDS, MEDIA_TYPES
from rag.pages.links import without_credentials
from rag.reasons import Reason
from rag.types import RawPage

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 5 * 2**20
LISTING_BYTES = 50 * 2**20
"""Of a feed or a sitemap, as the protocol of sitemaps allows."""

TIMEOUT = 10.0  # seconds that nothing may come
LIMIT = 30.0  # seconds that all of a response may take
LONGEST_WAIT = 24 * 3600.0  # seconds, whatever Retry-After asks for

ANY = "*/*"
"""Stands for every media type, and for none."""

_REDIRECTED = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_PORT = range(1, 2**16)  # the system takes a greater one modulo 65,536

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host and port; raises `OSError` if it has none."""


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A server's response.

    `media_type` is as declared, "" if nothing is; `content` is empty unless `status` is a success.
    `moved` is the address that it redirects to, "" if it does not.
    """

    url: str
    status: int
    headers: "httpx.Headers"
    media_type: str = ""
    charset: str | None = None
    content: bytes = b""
    moved: str = ""

    @property
    def host(self) -> str:
        """The name of the server."""
        return urlsplit(self.url).hostname or ""

    @property
    def wait(self) -> float:
        """The seconds that the server asks to wait, 0 if it asks for none."""
        asked = backoff(self.headers, longest=LONGEST_WAIT)
        return 0.0 if asked is True else float(asked)

    def check(self, reason: Reason = Reason.REFUSED) -> None:
        """Raise `Refused`, for this reason, unless the server sent what it was asked for."""
        if not 200 <= self.status < 300:  # noqa: PLR2004 - as HTTP has them
            said = reason(host=self.host, status=str(self.status))
            raise Refused(said, self.status, self.wait)

    def page(self) -> RawPage:
        """Return the page that was sent.

        Its location, and the last `url` among its fields, are the address that it came from.

        Raises:
            SourceError: the server refused, or sent nothing that can be an article.
        """
        self.check()
        if self.media_type not in MEDIA_TYPES:
            raise SourceError(Reason.NOT_A_PAGE(host=self.host, kind=self.media_type, kinds=KINDS))
        if not self.content.strip():
            raise SourceError(Reason.EMPTY_PAGE(host=self.host))
        found = MEDIA_TYPES[self.media_type].read(self.content, self.url, self.charset)
        (page,) = (page for page in found if isinstance(page, RawPage))
        return page.with_more(url=[self.url])


class Get(Protocol):
    """Asks servers for what is at their addresses."""

    async def __call__(
        self, url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Return the response, whatever its status, if it is of one of the media types.

        A visitor's is that of the address that redirects lead to; any other may be a redirect.

        Raises:
            SourceError: there is none, or it is of another type or too long.
        """
        ...


async def get(  # noqa: PLR0913 - the last three are for tests
    url: str,
    *,
    types: Collection[str],
    headers: Mapping[str, str] | None = None,
    transport: "httpx.AsyncBaseTransport | None" = None,
    resolve: Resolve = resolve,
    private: bool = False,
) -> Fetched:
    """See `Get`. No redirect is followed.

    `private` allows addresses of loopback and of private networks.
    """
    import httpx

    quieten()
    address = parsed(url)
    verify = await asyncio.to_thread(httpx.create_ssl_context) if transport is None else True
    try:
        async with (
            asyncio.timeout(LIMIT),
            httpx.AsyncClient(
                headers={
                    "User-Agent": user_agent(),
                    "Accept": ", ".join(types),
                    "Accept-Encoding": "gzip",
                    **(headers or {}),
                },
                timeout=TIMEOUT,
                transport=transport,
                limits=httpx.Limits(max_keepalive_connections=0),  # names may share an address
                trust_env=False,
                verify=verify,
            ) as client,
        ):
            return await _Fetching(client, resolve, types, private=private).fetched(address)
    except TimeoutError as error:
        raise SourceError(Reason.TOO_SLOW(link=str(address), seconds=round(LIMIT))) from error


@dataclass(frozen=True, slots=True)
class _Fetching:
    """One page on its way."""

    client: "httpx.AsyncClient"
    resolve: Resolve
    types: Collection[str]
    private: bool

    async def fetched(self, url: "httpx.URL") -> Fetched:
        response = await self._answered(url)
        async with aclosing(response):
            if response.status_code not in _REDIRECTED:
                return await _received(url, response, self.types)
        moved = parsed(response.headers.get("location", ""), url)
        return Fetched(str(url), response.status_code, response.headers, moved=str(moved))

    async def _answered(self, url: "httpx.URL") -> "httpx.Response":
        """Return the response of the first address that can be connected to, its body unread."""
        import httpx

        fault: httpx.TransportError | None = None
        for address in await self._addresses(url):
            try:
                return await self._sent(url, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                fault = error
            except (httpx.HTTPError, ValueError) as error:  # of an address to redirect to, too
                raise _unreachable(url, error) from error
        raise _unreachable(url, fault) from fault

    async def _sent(self, url: "httpx.URL", address: str) -> "httpx.Response":
        self.client.cookies.clear()
        request = self.client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": _host(url)},
        )
        return await self.client.send(request, stream=True, follow_redirects=False)

    async def _addresses(self, url: "httpx.URL") -> Sequence[str]:
        try:
            found = await self.resolve(_host(url), url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise SourceError(Reason.UNKNOWN_HOST(host=url.host)) from error
        if not self.private and not all(is_public(address) for address in found):
            raise SourceError(Reason.PRIVATE_HOST(host=url.host))
        return found


def parsed(link: str, base: "httpx.URL | None" = None) -> "httpx.URL":
    """Return an address without user name, password and fragment.

    Raises:
        SourceError: it is none of a web server.
    """
    import httpx

    refused = SourceError(Reason.NOT_A_LINK(link=without_credentials(link)))
    try:
        url = base.join(link) if base else httpx.URL(link.strip())
        url = url.copy_with(userinfo=b"", fragment=None)
        named = url.host and b"%" not in url.raw_host
        known = url.scheme in _PORTS and (url.port or _PORTS[url.scheme]) in _PORT
    except (httpx.InvalidURL, ValueError) as error:
        raise refused from error
    if not (named and known):
        raise refused
    return url


def _host(url: "httpx.URL") -> str:
    return url.raw_host.decode("ascii")


async def _received(
    url: "httpx.URL", response: "httpx.Response", types: Collection[str]
) -> Fetched:
    """Return a response and, if it is a success, its body up to the limit of its kind."""
    import httpx

    declared = response.headers.get("content-type", "")
    header = Message()
    header["content-type"] = declared
    media_type = header.get_content_type() if declared else ""
    received = Fetched(
        str(url), response.status_code, response.headers, media_type, header.get_content_charset()
    )
    if not response.is_success:
        return received
    if not media_type and ANY not in types:
        raise SourceError(Reason.UNDECLARED(host=url.host, kinds=KINDS))
    if not {media_type, ANY} & {*types}:
        raise SourceError(Reason.NOT_A_PAGE(host=url.host, kind=media_type, kinds=KINDS))
    most = MAX_BYTES if media_type in MEDIA_TYPES else LISTING_BYTES
    content = bytearray()
    try:
        unpack = _unpacking(response.headers.get("content-encoding", ""))
        async for piece in response.aiter_raw():
            content += unpack(piece, most + 1 - len(content))
            if len(content) > most:
                raise SourceError(Reason.LARGE_PAGE(host=url.host, most=most // 2**20))
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from error
    except zlib.error as error:
        raise _unreachable(url, httpx.DecodingError(str(error))) from error
    return replace(received, content=bytes(content))


def _unpacking(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks the pieces of a body, each to at most so many bytes.

    httpx would unpack a piece whole, and one encoding inside another, whatever that takes.

    Raises:
        httpx.DecodingError: it is in another encoding than was asked for, or in several.
    """
    import httpx

    if encoding.lower() in {"", "identity"}:
        return lambda piece, most: piece[:most]
    if encoding.lower() not in {"gzip", "x-gzip"}:
        raise httpx.DecodingError(encoding)
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress


def _unreachable(url: "httpx.URL", error: Exception | None) -> SourceError:
    words = type(error).__name__ if error else "no address"
    return SourceError(Reason.UNREACHABLE(host=url.host, error=words))


def user_agent() -> str:
    """Return the name by which servers know Griot."""
    try:
        return f"Griot/{metadata.version('griot')}"
    except metadata.PackageNotFoundError:
        return "Griot"
