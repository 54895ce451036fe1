"""A link becomes a raw page.

A link may come from anybody, so it is never followed into the server's own network: the name is
resolved once, every address that it has is looked at, and the connection goes to one of these.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from typing import TYPE_CHECKING

from rag.errors import SourceError
from rag.models.endpoint import quieten
from rag.pages.addresses import is_public
from rag.pages.sources import decode
from rag.reasons import Reason
from rag.types import Format, RawPage

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 5 * 2**20
REDIRECTS = 5
TIMEOUT = 10.0  # seconds that nothing may come
LIMIT = 30.0  # seconds that all of it may take

FORMATS = {
    "text/html": Format.HTML,
    "application/xhtml+xml": Format.HTML,
    "text/plain": Format.TEXT,
}
_SCHEMES = {"http", "https"}
_REDIRECTED = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host and port; raises `OSError` where there is none."""


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def fetch(
    url: str,
    *,
    transport: "httpx.AsyncBaseTransport | None" = None,
    resolve: Resolve = resolve,
    private: bool = False,
) -> RawPage:
    """Return the HTML page or plain text at an http(s) address, after five redirects at most.

    Its location, and the `url` among its fields, are the address that it came from in the end.
    `private` allows addresses of loopback and of private networks.

    Raises:
        SourceError: the page does not exist, cannot be fetched, or cannot be an article.
    """
    import httpx

    quieten()
    verify = await asyncio.to_thread(httpx.create_ssl_context) if transport is None else True
    try:
        async with (
            asyncio.timeout(LIMIT),
            httpx.AsyncClient(
                headers={"User-Agent": _user_agent(), "Accept": ", ".join(FORMATS)},
                timeout=TIMEOUT,
                transport=transport,
                limits=httpx.Limits(max_keepalive_connections=0),  # names may share an address
                trust_env=False,
                verify=verify,
            ) as client,
        ):
            return await _Fetching(client, resolve, private=private).page(url)
    except TimeoutError as error:
        raise SourceError(Reason.TOO_SLOW(link=url, seconds=round(LIMIT))) from error


@dataclass(frozen=True, slots=True)
class _Fetching:
    """One page on its way."""

    client: "httpx.AsyncClient"
    resolve: Resolve
    private: bool

    async def page(self, link: str) -> RawPage:
        url = _parsed(link)
        for _ in range(1 + REDIRECTS):
            response = await self._answered(url)
            async with aclosing(response):
                if response.status_code not in _REDIRECTED:
                    return await _read(url, response)
            url = _parsed(response.headers.get("location", ""), url)
        raise SourceError(Reason.REDIRECTS(host=url.host, most=REDIRECTS))

    async def _answered(self, url: "httpx.URL") -> "httpx.Response":
        """Return the response of the first address that can be connected to, its body unread."""
        import httpx

        fault: httpx.TransportError | None = None
        for address in await self._addresses(url):
            try:
                return await self._sent(url, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                fault = error
            except httpx.HTTPError as error:
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


def _parsed(link: str, base: "httpx.URL | None" = None) -> "httpx.URL":
    """Return an address without user name, password and fragment."""
    import httpx

    try:
        url = base.join(link) if base else httpx.URL(link.strip())
        url = url.copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(Reason.NOT_A_LINK(link=link)) from error
    if url.scheme not in _SCHEMES or not url.host:
        raise SourceError(Reason.NOT_A_LINK(link=link))
    return url


def _host(url: "httpx.URL") -> str:
    return url.raw_host.decode("ascii")


async def _read(url: "httpx.URL", response: "httpx.Response") -> RawPage:
    import httpx

    if not response.is_success:
        raise SourceError(Reason.REFUSED(host=url.host, status=str(response.status_code)))
    kind, charset = _declared(response.headers.get("content-type", ""))
    if kind not in FORMATS:
        if not kind:
            raise SourceError(Reason.UNDECLARED(host=url.host))
        raise SourceError(Reason.NOT_A_PAGE(host=url.host, kind=kind))
    try:
        content = await _content(url, response)
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from error
    text = decode(content, html=FORMATS[kind] is Format.HTML, charset=charset)
    if not text.strip():
        raise SourceError(Reason.EMPTY_PAGE(host=url.host))
    return RawPage(location=str(url), format=FORMATS[kind], content=text, fields={"url": str(url)})


async def _content(url: "httpx.URL", response: "httpx.Response") -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MAX_BYTES:
            raise SourceError(Reason.LARGE_PAGE(host=url.host, most=MAX_BYTES // 2**20))
    return bytes(content)


def _declared(content_type: str) -> tuple[str, str | None]:
    """Return the content type, and the charset if one is declared."""
    header = Message()
    header["content-type"] = content_type
    return (header.get_content_type() if content_type else ""), header.get_content_charset()


def _unreachable(url: "httpx.URL", error: Exception | None) -> SourceError:
    said = type(error).__name__ if error else "no address"
    return SourceError(Reason.UNREACHABLE(host=url.host, error=said))


def _user_agent() -> str:
    try:
        return f"Griot/{metadata.version('griot')}"
    except metadata.PackageNotFoundError:
        return "Griot"
