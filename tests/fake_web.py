"""A web written by hand: it has what is put there, and remembers what it was asked."""

from dataclasses import dataclass, field

import httpx

from rag.errors import SourceError
from rag.pages.visits import Visitor
from rag.pages.web import Fetched
from rag.reasons import Reason


@dataclass
class FakeWeb:
    """Responses, or errors, by address; what it does not have, it refuses."""

    held: dict[str, Fetched | SourceError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def visitor(self):
        return Visitor(self.get, delay=0.0)

    def put(self, url, content, kind="text/html", charset="utf-8", **headers):
        sent = content.encode() if isinstance(content, str) else content
        found = Fetched(url, 200, httpx.Headers(headers), kind, charset, sent)
        self.held[url] = found
        return found

    def refuse(self, url, status, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.held[url] = Fetched(url, status, httpx.Headers(named))

    def move(self, url, target):
        self.held[url] = Fetched(url, 301, httpx.Headers(), moved=target)

    async def get(self, url, *, types, headers=None):
        self.asked.append(url)
        missing = SourceError(Reason.UNKNOWN_HOST(host=url))
        if url.endswith("/robots.txt"):
            missing = Fetched(url, 404, httpx.Headers())
        found = self.held.get(url, missing)
        if isinstance(found, SourceError):
            raise found
        return found
