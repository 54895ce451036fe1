"""Visits to servers: one request at a time to each host, with the waits that it asks for."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from rag.errors import Refused
from rag.pages.web import Fetched, Get, user_agent
from rag.reasons import Reason

DELAY, LONGEST_DELAY = 1.0, 60.0
"""Seconds between two requests to a host, and the most that a host is waited for."""

REMEMBERED = 24 * 3600.0
"""Seconds for which a robots.txt holds, as RFC 9309 recommends."""

_TEXT = ("text/plain", "text/html")
_BUSY, _FORBIDDEN, _SERVER_ERROR = {429, 503}, 403, 500


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
        self._robots: dict[str, tuple[float, RobotFileParser]] = {}

    async def get(
        self, url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """See `Get`; for an address that a person named.

        Raises:
            Refused: the host asked before to be left alone for longer than it is waited for.
        """
        host = urlsplit(url).netloc
        async with self._turns[host]:
            left = self._free.get(host, 0.0) - self._clock()
            if left > LONGEST_DELAY:
                raise Refused(Reason.BUSY(host=host), max(_BUSY), left)
            if left > 0:
                await self._sleep(left)
            self._free[host] = self._clock() + self._delay
            try:
                fetched = await self._get(url, types=types, headers=headers)
            finally:
                self._free[host] = self._clock() + self._delay_of(url)
            if fetched.status in _BUSY:
                self._free[host] = max(self._free[host], self._clock() + fetched.wait)
        return fetched

    async def get_found(
        self, url: str, *, types: Collection[str], headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """See `Get`; for an address that a feed or a sitemap lists.

        Raises:
            Refused: the robots.txt of its site does not allow it.
        """
        robots = await self._rules(_site(url))
        if not robots.can_fetch(user_agent(), url):
            raise Refused(Reason.ROBOTS(host=urlsplit(url).netloc), _FORBIDDEN, 0.0)
        return await self.get(url, types=types, headers=headers)

    def _delay_of(self, url: str) -> float:
        """Return the seconds after which a site may be asked again."""
        _, robots = self._robots.get(_site(url), (0.0, None))
        asked = robots.crawl_delay(user_agent()) if robots else None
        return max(self._delay, min(float(asked or 0), LONGEST_DELAY))

    async def _rules(self, site: str) -> RobotFileParser:
        """Return the rules of a site; all is allowed where it has no robots.txt.

        Raises:
            SourceError: the server is not well; then nothing is allowed yet.
        """
        async with self._reading[site]:
            until, robots = self._robots.get(site, (0.0, None))
            if robots is None or until <= self._clock():
                fetched = await self.get(urljoin(site, "/robots.txt"), types=_TEXT)
                if fetched.status >= _SERVER_ERROR or fetched.status in _BUSY:
                    fetched.check()
                robots = RobotFileParser()
                robots.parse(fetched.content.decode("utf-8", "replace").splitlines())
                self._robots[site] = (self._clock() + REMEMBERED, robots)
        return robots


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
