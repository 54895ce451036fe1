"""Visits to servers: one request at a time to each host, with the waits that it asks for."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING

from rag.errors import Refused, SourceError
from rag.pages import robots
from rag.pages.web import ANY, Fetched, Get, parsed, user_agent
from rag.reasons import Reason

if TYPE_CHECKING:
    import httpx
    from protego import Protego

DELAY, LONGEST_DELAY = 1.0, 60.0
"""Seconds between two requests to a host, and the most that a host is waited for."""

REMEMBERED = 24 * 3600.0
"""Seconds for which a robots.txt holds, as RFC 9309 recommends."""

REDIRECTS = 5

_BUSY, _FORBIDDEN, _SERVER_ERROR = {429, 503}, 403, 500

_Visited = Callable[[str, Collection[str], Mapping[str, str] | None], Awaitable[Fetched]]


class Visitor:
    """Asks servers for pages. Time and waiting are passed in."""

    def __init__(
        self,
        get: Get,
        *,
        delay: float = DELAY,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._get = get
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free: dict[str, float] = {}
        self._robots: dict[str, tuple[float, Protego]] = {}

    async def get(
        self, url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """See `Get`; for an address that a person named. At most five redirects are followed.

        Raises:
            Refused: the host asked before to be left alone for longer than it is waited for.
        """
        return await self._followed(url, types, headers, self._visited)

    async def get_found(
        self, url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """See `Get`; for an address that a feed or a sitemap lists.

        Raises:
            Refused: the robots.txt of its site, or of one that it redirects to, does not allow it.
        """
        return await self._followed(url, types, headers, self._visited_if_allowed)

    async def _followed(
        self,
        url: str,
        types: Collection[str],
        headers: Mapping[str, str] | None,
        visited: _Visited,
    ) -> Fetched:
        for _ in range(1 + REDIRECTS):
            fetched = await visited(url, types, headers)
            if not fetched.moved:
                return fetched
            url = fetched.moved
        raise SourceError(Reason.REDIRECTS(host=fetched.host, most=REDIRECTS))

    async def _visited_if_allowed(
        self, url: str, types: Collection[str], headers: Mapping[str, str] | None
    ) -> Fetched:
        address = parsed(url)
        rules = await self._rules(_site(address))
        if not rules.can_fetch(str(address), user_agent()):
            raise Refused(Reason.ROBOTS(host=address.host), _FORBIDDEN, 0.0)
        return await self._visited(url, types, headers)

    async def _visited(
        self, url: str, types: Collection[str], headers: Mapping[str, str] | None
    ) -> Fetched:
        address = parsed(url)
        host = _host(address)
        async with self._turns[host]:
            left = self._free.get(host, 0.0) - self._clock()
            if left > LONGEST_DELAY:
                raise Refused(Reason.BUSY(host=address.host), max(_BUSY), left)
            if left > 0:
                await self._sleep(left)
            self._free[host] = self._clock() + self._delay
            try:
                fetched = await self._get(url, types=types, headers=headers)
            finally:
                self._free[host] = self._clock() + self._delay_of(address)
            if fetched.status in _BUSY:
                self._free[host] = max(self._free[host], self._clock() + fetched.wait)
        return fetched

    def _delay_of(self, address: "httpx.URL") -> float:
        """Return the seconds after which a site may be asked again."""
        _, rules = self._robots.get(_site(address), (0.0, None))
        asked = rules.crawl_delay(user_agent()) if rules else None
        return max(self._delay, min(asked or 0.0, LONGEST_DELAY))

    async def _rules(self, site: str) -> "Protego":
        """Return the rules of a site; all is allowed where it has no robots.txt.

        Raises:
            SourceError: the server is not well; then nothing is allowed yet.
        """
        async with self._reading[site]:
            until, rules = self._robots.get(site, (0.0, None))
            if rules is None or until <= self._clock():
                fetched = await self.get(f"{site}/robots.txt", types=(ANY,))
                if fetched.status >= _SERVER_ERROR or fetched.status in _BUSY:
                    fetched.check()
                rules = await asyncio.to_thread(robots.read, fetched)
                self._robots[site] = (self._clock() + REMEMBERED, rules)
        return rules


def _host(address: "httpx.URL") -> str:
    """Return the one name of a host, which may be written with a final dot."""
    return address.raw_host.decode("ascii").rstrip(".")


def _site(address: "httpx.URL") -> str:
    host = _host(address)
    where = f"[{host}]" if ":" in host else host
    return f"{address.scheme}://{where}" + (f":{address.port}" if address.port else "")
