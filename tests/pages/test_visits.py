import asyncio
from functools import partial

import httpx
import pytest

import virtual_time
from fake_web import FakeWeb
from rag.errors import Refused
from rag.pages.robots import MAX_BYTES
from rag.pages.visits import LONGEST_DELAY, REMEMBERED, Visitor
from rag.pages.web import get
from rag.reasons import Reason

SITE = "https://news.example"
TYPES = ("text/html",)


class Timed(FakeWeb):
    """Notes when it was asked, in seconds from the first time; each answer takes some."""

    def __init__(self, takes=0.25):
        super().__init__()
        self.takes, self.times = takes, []

    async def get(self, url, *, types, headers=None):
        self.times.append((round(virtual_time.now() - 1000.0, 2), url))
        await asyncio.sleep(self.takes)
        return await super().get(url, types=types, headers=headers)


@pytest.fixture
def web():
    made = Timed()
    for name in ("a", "b", "c"):
        made.put(f"{SITE}/{name}", "Rain")
        made.put(f"https://other.example/{name}", "Rain")
    return made


def visited(web, *urls, found=False, after=0.0):
    """What becomes of the requests, all made at once; a later one `after` so many seconds."""

    async def run():
        visitor = Visitor(web.get, clock=virtual_time.now)
        get = visitor.get_found if found else visitor.get
        calls = [get(url, types=TYPES) for url in urls]
        first = await asyncio.gather(*calls, return_exceptions=True)
        if after:
            await asyncio.sleep(after)
            first += [await visitor.get_found(urls[0], types=TYPES)]
        return first

    return virtual_time.run(run())


def test_a_host_is_asked_once_a_second(web):
    """One request at a time, a second after the last answer; other hosts do not wait for it."""
    visited(web, f"{SITE}/a", f"{SITE}/b", "https://other.example/a", f"{SITE}/c")
    assert [(round(when), url) for when, url in web.times] == [
        (0, f"{SITE}/a"),
        (0, "https://other.example/a"),
        (1, f"{SITE}/b"),
        (2, f"{SITE}/c"),
    ]


def test_a_host_that_is_busy_is_left_alone(web):
    """For as long as it asks; a long wait is told instead of waited for."""
    web.refuse(f"{SITE}/a", 503, retry_after="30")
    visited(web, f"{SITE}/a", f"{SITE}/b")
    assert [round(when) for when, _ in web.times] == [0, 30]
    web.times.clear()
    web.refuse(f"{SITE}/a", 429, retry_after=str(LONGEST_DELAY + 1))
    _, refused = visited(web, f"{SITE}/a", f"{SITE}/b")
    assert (str(refused), refused.passes, len(web.times)) == (
        "news.example asks to be left alone for now; try again later",
        True,
        1,
    )


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ("User-agent: *\nDisallow: /b", ["a", "c"]),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Griot\nAllow: /a\nDisallow: /", ["a"]),
        (404, ["a", "b", "c"]),
        ("\ufeffUser-agent: *\nDisallow: /b", ["a", "c"]),
        ("User-agent: *\nDisallow: /*b$\nDisallow: /*x", ["a", "c"]),
        ("User-agent: *\nDisallow: /\nAllow: /c", ["c"]),
        ("User-agent: *\nDisallow: /b\n" + "#" * MAX_BYTES + "\nDisallow: /a", ["a", "c"]),
        (401, ["a", "b", "c"]),
        (500, []),
    ],
)
def test_what_robots_txt_forbids_is_not_read(web, robots, allowed):
    """It is asked for once; while a server is not well, nothing is read that was only found."""
    place = f"{SITE}/robots.txt"
    if isinstance(robots, int):
        web.refuse(place, robots)
    else:
        web.put(place, robots, "text/plain")
    outcomes = visited(web, *(f"{SITE}/{name}" for name in "abc"), found=True)
    refused = [each for each in outcomes if isinstance(each, Refused)]
    assert [url for _, url in web.times if url != place] == [f"{SITE}/{name}" for name in allowed]
    assert len(refused) == 3 - len(allowed)


def test_a_redirect_is_a_visit_too(web):
    """The host that it leads to is asked for its robots.txt, and waits between requests."""
    other = "https://other.example"
    web.put(f"{other}/robots.txt", "User-agent: *\nDisallow: /b", "text/plain")
    web.move(f"{SITE}/a", f"{other}/a")
    web.move(f"{SITE}/b", f"{other}/b")
    fetched, refused = visited(web, f"{SITE}/a", f"{SITE}/b", found=True)
    robots = Reason.ROBOTS(host="other.example")
    assert (fetched.url, refused.remark) == (f"{other}/a", robots)
    times = [when for when, url in web.times if url.startswith(other)]
    assert [url for _, url in web.times if url.startswith(other)] == [
        f"{other}/robots.txt",
        f"{other}/a",
    ]
    assert times[1] - times[0] > 1


def test_a_page_that_a_person_named_may_be_moved(web):
    """Then no robots.txt is asked for, as for the page itself; a circle is left."""
    web.move(f"{SITE}/a", f"{SITE}/b")
    web.move(f"{SITE}/c", f"{SITE}/c")
    fetched, refused = visited(web, f"{SITE}/a", f"{SITE}/c")
    assert (fetched.url, str(refused)) == (
        f"{SITE}/b",
        "news.example redirects more than 5 times; send the address that it ends at",
    )
    assert not any(url.endswith("robots.txt") for _, url in web.times)


def test_robots_txt_may_be_of_any_kind():
    """Servers send it under any media type, and under none."""

    def handle(request):
        if request.url.path == "/robots.txt":
            return httpx.Response(200, stream=httpx.ByteStream(b"User-agent: *\nDisallow: /b"))
        stream = httpx.ByteStream(b"<p>Rain</p>")
        return httpx.Response(200, stream=stream, headers={"content-type": "text/html"})

    async def resolve(host, port):
        return ("93.184.215.14",)

    async def run():
        transport = httpx.MockTransport(handle)
        visitor = Visitor(partial(get, transport=transport, resolve=resolve), delay=0.0)
        calls = [visitor.get_found(f"{SITE}/{name}", types=TYPES) for name in "ab"]
        return await asyncio.gather(*calls, return_exceptions=True)

    fetched, refused = asyncio.run(run())
    assert (fetched.content, type(refused)) == (b"<p>Rain</p>", Refused)


def test_a_host_is_the_same_however_it_is_written(web):
    """With a user name, in capitals, with a final dot, with its port, or over another scheme."""
    spellings = (
        "https://me:secret@news.example/a",
        "https://NEWS.example/b",
        "https://news.example./c",
        "https://news.example:443/a",
        "http://news.example/a",
    )
    visited(web, f"{SITE}/a", *spellings)
    assert [round(when) for when, _ in web.times] == [0, 1, 2, 4, 5, 6]


def test_robots_txt_is_asked_for_once_a_day(web):
    """And the delay that it asks for is kept."""
    web.put(f"{SITE}/robots.txt", "User-agent: *\nCrawl-delay: 7", "text/plain")
    visited(web, f"{SITE}/a", f"{SITE}/b", found=True, after=REMEMBERED)
    assert [url.rpartition("/")[2] for _, url in web.times].count("robots.txt") == 2
    first, second, _ = (when for when, url in web.times if not url.endswith("robots.txt"))
    assert second - first > 7
