import asyncio
import gzip
import socket
import threading
import tracemalloc
import zlib
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from rag.errors import SourceError
from rag.pages.formats import KINDS, MEDIA_TYPES
from rag.pages.visits import Visitor
from rag.pages.web import MAX_BYTES, get
from rag.reasons import Reason
from rag.types import RawPage

PUBLIC = "93.184.215.14"
PAGE = "<html><body><p>Rain fell in Gao, the café said.</p></body></html>"
AS_FILE = "send the article as a file"
AS_KIND = f"{AS_FILE} ({KINDS})"
LATER = f"try again later, or {AS_FILE}"


def named(**addresses):
    """Resolves these names, a dot for each underscore; all others have no address."""
    known = {name.replace("_", "."): found for name, found in addresses.items()}

    async def resolve(host, port):
        if host not in known:
            raise OSError("unknown")
        found = known[host]
        return (found,) if isinstance(found, str) else found

    return resolve


NAMES = named(news_example=PUBLIC, other_example=PUBLIC)


def web(**pages):
    """Serves these responses by path; `asked` are the requests in turn."""
    asked = []

    def handle(request):
        asked.append(request)
        answer = pages[request.url.path.strip("/")]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(handle), asked


def html(content, kind="text/html; charset=utf-8", **headers):
    said = content.encode() if isinstance(content, str) else content
    stream = httpx.ByteStream(said)
    return httpx.Response(200, stream=stream, headers={"content-type": kind, **headers})


def to(location):
    return httpx.Response(302, headers={"location": location, "set-cookie": "seen=1"})


async def fetch(url, **more):
    """Fetches a page; servers are asked for nothing else."""
    visitor = Visitor(partial(get, **more), delay=0.0)
    return (await visitor.get(url, types=MEDIA_TYPES)).page()


def got(url, transport, *, resolve=NAMES, **more):
    return asyncio.run(fetch(url, transport=transport, resolve=resolve, **more))


def refused(url, **pages):
    transport, _ = web(**pages)
    with pytest.raises(SourceError) as told:
        got(url, transport)
    return str(told.value)


def test_a_page_comes_with_its_address():
    """The page is decoded; it is asked of the address that was looked at, under the page's name."""
    transport, asked = web(rain=html(PAGE))
    url = "https://news.example:8443/rain?id=7"
    fields = {"url": [url], "title": [], "outlet": [], "published": []}
    page = RawPage(location=url, text="Rain fell in Gao, the café said.", fields=fields)
    assert got(f" {url}#top ", transport) == page
    (request,) = asked
    assert (request.url.host, request.headers["host"]) == (PUBLIC, "news.example:8443")
    assert request.extensions["sni_hostname"] == "news.example"
    assert request.headers["user-agent"].startswith("Griot")
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["accept"].split(", ") == [*MEDIA_TYPES]


def test_what_is_declared_as_text_is_not_taken_for_html():
    """The media type decides; Markdown is read as such too."""
    transport, _ = web(rain=html("Rain *fell*. <b>", "text/plain"))
    assert got("http://news.example/rain", transport).text == "Rain *fell*. <b>"
    transport, _ = web(rain=html("Rain *fell*.", "text/markdown"))
    assert got("http://news.example/rain", transport).text == "Rain fell."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("\ufeff<p>café</p>".encode("utf-16"), "text/html"),
        ("<p>café</p>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<meta charset=latin-1><p>café</p>".encode("latin-1"), "text/html"),
        ("<meta charset=koi8-r><p>café</p>".encode("latin-1"), 'text/html; charset="latin1"'),
        ("<p>café</p>".encode(), "text/html; charset=latin-1"),
        ("<p>café</p>".encode(), "text/html; charset=nonsense"),
    ],
)
def test_a_page_is_decoded_as_it_is_declared(content, kind):
    """By its byte order mark, the server's charset, or its own; plain UTF-8 is taken for that."""
    transport, _ = web(rain=html(content, kind))
    assert "café" in got("http://news.example/rain", transport).text


def test_redirects_are_followed_without_cookies():
    """The page's address is the one that it came from in the end; nothing is remembered."""
    transport, asked = web(a=to("/b"), b=to("https://user:word@other.example/c"), c=html(PAGE))
    page = got("http://news.example/a", transport)
    assert page.location == "https://other.example/c"
    assert [(request.headers["host"], request.headers.get("cookie")) for request in asked] == [
        ("news.example", None),
        ("news.example", None),
        ("other.example", None),
    ]
    assert not any("authorization" in request.headers for request in asked)


def test_five_redirects_are_enough():
    """The fifth is followed, and the sixth is not."""
    pages = {f"r{n}": to(f"/r{n + 1}") for n in range(6)} | {"r6": html(PAGE)}
    transport, _ = web(**pages)
    assert got("http://news.example/r1", transport).location == "http://news.example/r6"
    assert refused("http://news.example/r0", **pages) == (
        "news.example redirects more than 5 times; send the address that it ends at"
    )


@pytest.mark.parametrize(
    ("address", "redirect"),
    [
        ("127.0.0.1", False),
        ("192.0.0.192", False),
        ("fe80::1%eth0", False),
        ((PUBLIC, "10.0.0.1"), False),
        ("10.0.0.7", True),
    ],
)
def test_the_own_network_is_not_read_from(address, redirect):
    """Where one of a host's addresses is not public, none is asked, after a redirect neither."""
    transport, asked = web(go=to("http://inner.example/rain"), rain=html(PAGE))
    resolve = named(news_example=PUBLIC, inner_example=address)
    link = "http://news.example/go" if redirect else "http://inner.example/rain"
    with pytest.raises(SourceError) as told:
        got(link, transport, resolve=resolve)
    assert (str(told.value), [request.headers["host"] for request in asked]) == (
        f"inner.example is in a private network, which is not read from; {AS_FILE}",
        ["news.example"] * redirect,
    )


PRIVATE = """
127.0.0.1 127.1 127.0.1 127.255.255.254 0 0.0.0.0 10.1 192.168.257 172.16.1 169.254.169.254
2130706433 017700000001 0x7f000001 0X7F000001 0x7f.0.0.1 0x7f.1 0177.0x0.1 00000177.1
2852039166 0xa9fea9fe 169.254.43518 0xA9.0xFE.43518 3232235521 167772161
127.0.0.1:80 127.0.0.1:65535 127。0。0。1 127．0．0．1 127｡0｡0｡1 localhost LOCALHOST
[::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:0a00:0001]
[::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2001:0:7f00:1::] [fe80::1] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1]
me@127.0.0.1 me:word@127.0.0.1 news.example@127.0.0.1 news.example:80@127.0.0.1 @127.0.0.1
news.example%2f@127.0.0.1 news.example%40@127.0.0.1 news.example\\@127.0.0.1 me@[::1]
""".split()
MALFORMED = """
127.0.0.1. 127.0.0.1.. 0x7f000001. 2130706433. 127.0.0.256 4294967296 0x100000000 08.0.0.1 127..1
0177.0.0.1 0251.0376.0251.0376
１２７.0.0.1 １２７．０．０．１ ①②⑦.0.0.1 ２１３０７０６４３３ ⓛⓞⓒⓐⓛⓗⓞⓢⓣ localhost.
127.0.0.1%2f 127.0.0.1%2e 127%2e0%2e0%2e1 %31%32%37.0.0.1 127.0.0.1%00 127.0.0.1%2fnews.example
127.0.0.1%23 127.0.0.1%20 127.0.0.1\\@ 127.0.0.1:80\\news.example 127.0.0.1:65616 127.0.0.1:x
[::1 ::1 [::1]] [127.0.0.1] [::1%25lo] [fe80::1%eth0] [::ffff:127.1] [::ffff:0x7f000001] [::g]
/127.0.0.1 //127.0.0.1 \\127.0.0.1 \\\\127.0.0.1 :80 @
""".split()


async def numeric(host, port):
    """Asks the system what an address in numbers means; no server of names is asked."""
    if host == "localhost":
        return ("127.0.0.1",)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [address[0] for *_, address in found]


def reached(link):
    """Why a link is not read, and the hosts that were asked."""
    transport, asked = web(rain=html(PAGE))
    with pytest.raises(SourceError) as told:
        got(link, transport, resolve=numeric)
    return told.value.remark.kind, [request.url.host for request in asked]


@pytest.mark.parametrize("place", PRIVATE)
def test_an_address_of_the_own_network_is_looked_at_however_it_is_written(place):
    """The system's own resolver tells what it means."""
    assert reached(f"http://{place}/rain") == (Reason.PRIVATE_HOST, [])


@pytest.mark.parametrize("place", MALFORMED)
def test_what_only_looks_like_an_address_is_asked_of_nobody(place):
    """What other programs may take for an address of the own network is none here."""
    kind, asked = reached(f"http://{place}/rain")
    assert asked == []
    assert kind in {Reason.NOT_A_LINK, Reason.UNKNOWN_HOST, Reason.PRIVATE_HOST}


@pytest.mark.parametrize("before", ["127.0.0.1@", "127.0.0.1%2f@", "127.0.0.1:80@", "[::1]@"])
def test_what_stands_before_the_host_is_not_asked(before):
    """A user name that looks like an address leads nowhere: it is left out."""
    transport, asked = web(rain=html(PAGE))
    assert got(f"http://{before}news.example/rain", transport).location == (
        "http://news.example/rain"
    )
    assert [request.url.host for request in asked] == [PUBLIC]


def test_the_next_address_is_tried():
    """Where a host has several addresses, one that cannot be connected to is passed over."""
    asked = []

    def handle(request):
        asked.append(request.url.host)
        if len(asked) == 1:
            raise httpx.ConnectError("refused")
        return html(PAGE)

    resolve = named(news_example=("2606:2800:21f::1", PUBLIC))
    page = got("http://news.example/rain", httpx.MockTransport(handle), resolve=resolve)
    assert (page.text, asked) == ("Rain fell in Gao, the café said.", ["2606:2800:21f::1", PUBLIC])


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://news.example/rain", "file:///etc/passwd", "", "rain", "http://"),
        *(
            "http://e.org:port",
            "http://e.org:65616",
            "http://e.org:-1",
            "http://[::1/",
            "http://xn--/",
        ),
    ],
)
def test_what_is_no_web_address_is_refused(url):
    """Only http and https are read, and a page cannot redirect to anything else."""
    said = f"{url!r} is no http or https address; check it, and begin it with https://"
    assert refused(url) == said
    if url.startswith(("ftp:", "file:")):
        assert refused("http://news.example/rain", rain=to(url)) == said


@pytest.mark.parametrize("link", ["http://xn--/", "http://[::1/", "http://e.org:65616/"])
def test_a_redirect_to_no_address_is_refused(link):
    """And asked of nobody."""
    transport, asked = web(rain=to(link))
    with pytest.raises(SourceError):
        got("http://news.example/rain", transport)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(404), f"answered 404; check the address, or {AS_FILE}"),
        (html(b"", "a/pdf"), f"sent a/pdf, which is not read from a link; {AS_KIND}"),
        (httpx.Response(200, content=b"Rain"), f"sent something of no declared kind; {AS_KIND}"),
        (html(" \n"), f"sent an empty page; {LATER}"),
        (httpx.ReadTimeout("secret"), f"cannot be read from (ReadTimeout); {LATER}"),
        (httpx.ConnectError("secret"), f"cannot be read from (ConnectError); {LATER}"),
        (
            html(b"not gzip", **{"content-encoding": "gzip"}),
            f"cannot be read from (DecodingError); {LATER}",
        ),
    ],
)
def test_a_page_that_is_not_to_be_had_says_what_to_do(response, expected):
    """The failure is named in words, with the remedy."""
    assert refused("http://news.example/rain", rain=response) == f"news.example {expected}"


def test_a_page_or_a_name_that_is_not_to_be_had_in_time_says_so():
    """The time for all of it is limited, however steadily it comes; an unknown host is named."""
    url = "http://news.example/rain"
    assert refused(url, rain=TimeoutError()) == f"{url} took more than 30 s; {LATER}"
    assert refused("http://e.org/") == "e.org cannot be found; check the address"


def test_a_page_that_is_too_long_is_cut_off():
    """Reading stops at the limit."""
    sent = []

    async def endless():
        while True:
            sent.append(b"x" * 2**20)
            yield sent[-1]

    response = httpx.Response(200, content=endless(), headers={"content-type": "text/plain"})
    assert refused("http://news.example/rain", rain=response) == (
        f"news.example sent more than 5 MiB, which was not read; {AS_FILE}"
    )
    assert len(sent) == 6


def packed(content, encoding="gzip"):
    return html(content, "text/plain", **{"content-encoding": encoding})


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP", "identity"])
def test_a_page_may_be_packed(encoding):
    """In the one encoding that is asked for, as much of it as the limit is read."""
    text = b"x" * MAX_BYTES
    content = text if encoding == "identity" else gzip.compress(text)
    transport, _ = web(rain=packed(content, encoding))
    assert len(got("http://news.example/rain", transport).text) == MAX_BYTES


def test_unpacking_stops_at_the_limit():
    """However much is in it: nothing beyond the limit is made."""
    bomb = gzip.compress(b"x" * 16 * MAX_BYTES)
    tracemalloc.start()
    said = refused("http://news.example/rain", rain=packed(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said.startswith("news.example sent more than 5 MiB")
    assert peak < 4 * MAX_BYTES


@pytest.mark.parametrize(
    ("encoding", "packs"),
    [
        ("gzip, gzip", [gzip.compress] * 2),
        ("gzip, gzip, gzip", [gzip.compress] * 3),
        ("deflate", [zlib.compress]),
        ("br", []),
    ],
)
def test_what_is_packed_otherwise_is_not_unpacked(encoding, packs):
    """A few bytes in several encodings unpack to any size."""
    content = b"x" * (MAX_BYTES + 1)
    for pack in packs:
        content = pack(content)
    assert refused("http://news.example/rain", rain=packed(content, encoding)) == (
        f"news.example cannot be read from (DecodingError); {LATER}"
    )


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"Asked of {self.headers['Host']}.".encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_a_real_server_is_asked_by_its_name(server):
    """Over a real connection, to the address that was resolved, with the name that was given."""
    port = server.server_address[1]
    url = f"http://news.example:{port}/rain"
    resolve = named(news_example="127.0.0.1")
    page = asyncio.run(fetch(url, resolve=resolve, private=True))
    assert page.text == f"Asked of news.example:{port}."


def test_a_connection_that_is_not_encrypted_after_all_is_refused(server):
    """Where https is asked for, nothing else will do."""
    url = f"https://news.example:{server.server_address[1]}/rain"
    with pytest.raises(SourceError, match=r"cannot be read from \(ConnectError\)"):
        asyncio.run(fetch(url, resolve=named(news_example="127.0.0.1"), private=True))
