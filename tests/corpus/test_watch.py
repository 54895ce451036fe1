"""A day of feeds in virtual time, from servers that misbehave."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest

import virtual_time
from bot.corpus.editors import Editors
from bot.corpus.sources import Source, sources, without_line
from bot.corpus.store import SourceState, WatchTables
from bot.corpus.watch import (
    BATCH,
    EVERY,
    LONGEST,
    TRIES,
    Watch,
    after_failure,
    after_success,
    landed,
)
from bot.terminal.watch import Printed
from desk import Desk, story
from paths import ROOT
from rag.errors import GriotError, IndexLocked, Refused
from rag.index.ingest import IngestReport
from rag.pages import web
from rag.pages.extract import extract
from rag.pages.visits import Visitor
from rag.reasons import Reason
from rag.types import RawPage

START = 1_750_000_000.0
HOUR = 3600.0
APART = 2 * HOUR
LISTED = 12
DAY = 24
NOT_THERE = "no such file or directory; if it is an address, begin it with https://"


def clock():
    return START + virtual_time.now() - 1000.0


def hours():
    return (clock() - START) / HOUR


async def resolve(host, port):
    return ("93.184.215.14",)


def text_of(host, number):
    return (
        f"Report {number} of {host}: the market was flooded on Monday, the mayor said there. "
        f"Traders moved their goods to school number {number}, and nobody was hurt in the town."
    )


def page(host, number, encoding="utf-8"):
    said = text_of(host, number)
    html = f"<html><body><article><h1>Report {number}</h1><p>{said}</p></article></body></html>"
    kind = f"text/html; charset={encoding}"
    return sent(html.encode(encoding), kind)


def sent(content, kind, **headers):
    stream = httpx.ByteStream(content)
    return httpx.Response(200, stream=stream, headers={"content-type": kind, **headers})


def feed(host, *, day="Mon, 16 Jun 2025 08:00:00 GMT", query="", held=False, guid=""):
    """The entries of a feed: one is published every two hours, the first when all begins."""
    last = int(hours() * HOUR // APART)
    items = "".join(
        f"<item><title>Report {n}</title><link>http://{host}/{n}{query}</link>"
        f"<guid isPermaLink='false'>{guid}{n}</guid><pubDate>{day}</pubDate>"
        + (f"<c:encoded><![CDATA[<p>{text_of(host, n)}</p>]]></c:encoded>" if held else "")
        + "</item>"
        for n in range(last, max(-1, last - LISTED), -1)
    )
    space = "xmlns:c='http://purl.org/rss/1.0/modules/content/'"
    return f"<rss version='2.0' {space}><channel>{items}</channel></rss>"


def xml(content, encoding="utf-8", **headers):
    said = content.encode(encoding) if isinstance(content, str) else content
    kind = f"application/rss+xml; charset={encoding}"
    return sent(said, kind, **headers)


def redirect(location):
    return httpx.Response(301, headers={"location": location})


async def endless():
    while True:
        await asyncio.sleep(1)
        yield b"<rss>"


@dataclass
class Newsstand:
    """Servers by name. Each serves a feed at /feed, and its articles by their numbers."""

    asked: Counter = field(default_factory=Counter)

    async def __call__(self, request):
        host, path = request.headers["host"], request.url.path.strip("/")
        self.asked[f"{host}/{path}"] += 1
        if path == "robots.txt":
            rules = "User-agent: griot\nDisallow: /3" if host == "robots" else ""
            return sent(rules.encode(), "text/plain") if rules else httpx.Response(404)
        return await getattr(self, host)(path, self.asked[f"{host}/{path}"], request)

    async def well(self, path, time, request):
        if path != "feed":
            return page("well", path)
        tag = f'"{int(hours() * HOUR // APART)}"'
        if request.headers.get("if-none-match") == tag:
            return httpx.Response(304)
        return xml(feed("well"), etag=tag)

    async def slow(self, path, time, request):
        if time % 3 == 1:
            await asyncio.sleep(HOUR)
        return xml(feed("slow")) if path == "feed" else page("slow", path)

    async def endless(self, path, time, request):
        if time == 1:
            kind = {"content-type": "text/html"}
            return httpx.Response(200, content=endless(), headers=kind)
        return xml(feed("endless")) if path == "feed" else page("endless", path)

    async def gone(self, path, time, request):
        if hours() > 5:
            return httpx.Response(410)
        return xml(feed("gone")) if path == "feed" else page("gone", path)

    async def down(self, path, time, request):
        if 3 < hours() < 7:
            return httpx.Response(503, headers={"retry-after": "3600"})
        return xml(feed("down")) if path == "feed" else page("down", path)

    async def cut(self, path, time, request):
        if path != "feed" and time == 1:
            raise httpx.RemoteProtocolError("peer closed connection")
        if path != "feed":
            return page("cut", path)
        whole = feed("cut")
        tag = f'"{int(hours() * HOUR // APART)}"'
        if request.headers.get("if-none-match") == tag:
            return httpx.Response(304)
        return xml(whole[: len(whole) // 3] if time % 2 else whole, etag=tag)

    async def moved(self, path, time, request):
        if path == "feed":
            return redirect("http://moved/new/feed")
        if path == "new/feed":
            return xml(feed("moved"))
        return page("moved", path[4:]) if path.startswith("new/") else redirect(f"/new/{path}")

    async def bomb(self, path, time, request):
        if path == "feed":
            return xml(feed("bomb", held=True))
        packed = gzip.compress(b" " * (web.MAX_BYTES + 1))
        return sent(packed, "text/html", **{"content-encoding": "gzip"})

    async def future(self, path, time, request):
        late = "Mon, 16 Jun 2099 08:00:00 GMT"
        return xml(feed("future", day=late)) if path == "feed" else page("future", path)

    async def guids(self, path, time, request):
        if path == "feed":
            return xml(feed("guids", guid=f"{time}-", query=f"?utm_source={time}"))
        return page("guids", path)

    async def koi8(self, path, time, request):
        if path == "feed":
            return xml(feed("koi8").replace("Report", "Отчёт"), "koi8-r")
        return page("koi8", path, "koi8-r")

    async def robots(self, path, time, request):
        return xml(feed("robots")) if path == "feed" else page("robots", path)


HOSTS = "well slow endless gone down cut moved bomb future guids koi8 robots".split()
LIST = tuple(Source(f"http://{host}/feed") for host in HOSTS)


@dataclass
class FakeDesk:
    """Counts how often each article came in. Between two hours, somebody else writes."""

    added: Counter = field(default_factory=Counter)
    dates: dict = field(default_factory=dict)
    locked: tuple[float, float] = (9, 9.5)

    async def add_pages(self, pages):
        if self.locked[0] < hours() < self.locked[1]:
            raise IndexLocked(Reason.LOCKED(home=".griot"))
        articles = [extract(found) for found in pages if isinstance(found, RawPage)]
        self.added.update(article.id for article in articles)
        self.dates.update({article.id: article.published for article in articles})
        skipped = tuple(found for found in pages if not isinstance(found, RawPage))
        return IngestReport(new=tuple(article.id for article in articles), skipped=skipped)

    async def add_paths(self, paths):
        return IngestReport(unchanged=2)


@dataclass
class Told:
    skipped: list = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)

    def brought(self, source, report):
        self.skipped += [each.location for each in report.skipped]

    def failed(self, name, error):
        self.errors[name] += 1


def watching(newsstand, desk, store, told, listed=lambda: LIST):
    get = partial(web.get, transport=httpx.MockTransport(newsstand), resolve=resolve)
    visitor = Visitor(get, clock=virtual_time.now)
    return Watch(listed, desk, store, visitor, told, clock=clock)


async def for_hours(count, watch):
    with suppress(TimeoutError):
        async with asyncio.timeout(count * HOUR):
            await watch.run()


@pytest.fixture
def store(place):
    with closing(WatchTables(place)) as made:
        yield made


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """What a day brought, with a restart in the middle."""
    newsstand, desk, told = Newsstand(), FakeDesk(), Told()

    async def run(store):
        await for_hours(11, watching(newsstand, desk, store, told))
        await for_hours(DAY - 11, watching(newsstand, desk, store, told))

    with closing(WatchTables(tmp_path_factory.mktemp("day") / "catalog.sqlite")) as store:
        virtual_time.run(run(store))
        yield newsstand, desk, told, store.states()


def published(host):
    """The articles that are published while there is still time to fetch them."""
    last = {"gone": 2, "slow": 10, "cut": 10}.get(host, 11)
    place = "moved/new" if host == "moved" else host
    numbers = (number for number in range(last + 1) if (host, number) != ("robots", 3))
    return {f"http://{place}/{number}" for number in numbers}


def test_nothing_is_lost_and_nothing_comes_twice(day):
    """Each article of each server comes in, once, whatever the server does."""
    _, desk, _, _ = day
    wanted = set().union(*map(published, HOSTS))
    assert wanted - desk.added.keys() == set()
    assert {name: count for name, count in desk.added.items() if count > 1} == {}


def test_servers_are_asked_no_more_than_they_like(day):
    """Pages once where they are well, and robots.txt once a day; one that is gone, once more."""
    newsstand, _, told, states = day
    assert {newsstand.asked[f"well/{number}"] for number in range(12)} == {1}
    assert newsstand.asked["robots/robots.txt"] == 2  # once by each of the two runs
    assert (newsstand.asked["robots/3"], told.skipped) == (0, ["http://robots/3"])
    assert (states["http://gone/feed"].due, told.errors["http://gone/feed"]) == (None, 1)
    polls = newsstand.asked["down/feed"]
    assert polls < newsstand.asked["well/feed"] < DAY * HOUR / EVERY + 4


def test_the_state_tells_how_each_source_is_doing(day):
    """Of one that is well, no error; a date in the future is none."""
    _, desk, _, states = day
    well = states["http://well/feed"]
    assert (well.failures, well.error, well.articles, well.newest) == (0, None, 12, "2025-06-16")
    assert states["http://future/feed"].newest == ""
    assert {desk.dates[name] for name in published("future")} == {None}
    assert str(states["http://gone/feed"].error).startswith("gone answered 410")


def test_what_is_taken_off_the_list_is_forgotten(store):
    """And what is put on it is followed, also while it runs; a list that is broken changes none."""
    newsstand, desk, told = Newsstand(), FakeDesk(), Told()
    lists = [LIST[:1], LIST[:1], LIST[6:7]]

    def listed():
        if len(lists) == 2:
            lists.pop(0)
            raise GriotError("not UTF-8")
        return lists.pop(0) if len(lists) > 1 else lists[0]

    virtual_time.run(for_hours(0.1, watching(newsstand, desk, store, told, listed)))
    assert (set(desk.added), set(store.states()), told.errors) == (
        {"http://well/0", "http://moved/new/0"},
        {"http://moved/feed"},
        {"sources.txt": 1},
    )


def test_a_changed_entry_is_read_again(store):
    """Where its title or its date changes, and no more often than that."""
    desk, told, titles = FakeDesk(), Told(), iter(["a", "a", "b", "b", "b", "b"])

    async def handle(request):
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        if request.url.path == "/feed":
            return xml(feed("well").replace("Report 0<", f"Report {next(titles)}<"))
        return page("well", 0)

    virtual_time.run(for_hours(1, watching(handle, desk, store, told, lambda: LIST[:1])))
    assert desk.added == {"http://well/0": 2}


def test_a_page_that_never_comes_is_given_up(store):
    """After some tries what the feed holds is taken, or else it is told."""
    desk, told = FakeDesk(), Told()

    async def handle(request):
        if request.url.path == "/feed":
            return xml(feed(request.headers["host"], held=request.headers["host"] == "bomb"))
        return httpx.Response(404 if request.url.path == "/robots.txt" else 500)

    listed = (Source("http://bomb/feed"), Source("http://well/feed"))
    virtual_time.run(for_hours(1.9, watching(handle, desk, store, told, lambda: listed)))
    assert (desk.added, told.skipped) == ({"http://bomb/0": 1}, ["http://well/0"])


def test_waits_grow_after_failures():
    """They double up to six hours, are as long as the server asks, and end with a success."""
    refused = [Refused(Reason.BUSY(host="a"), 503, wait) for wait in (0.0, 0.0, 9000.0)]
    state, waits = SourceState(name="a"), []
    for error in [*refused, *[GriotError("no")] * TRIES]:
        state = after_failure(state, error, 0.0)
        waits.append(state.due)
    assert waits == [EVERY, 2 * EVERY, 9000.0, 8 * EVERY, 16 * EVERY, *[LONGEST] * 4]
    assert after_success(state, 5.0) == SourceState(name="a", succeeded=5.0, due=5.0 + EVERY)


def test_the_list_of_sources_names_addresses_and_folders(tmp_path):
    """One a line, each once, beside the corpus itself."""
    (tmp_path / "sources.txt").write_text(
        "# feeds\nhttps://news.example/feed#top  # the best\n\nwire\nwire\n", encoding="utf-8"
    )
    assert sources(tmp_path) == (
        Source(str(tmp_path), tmp_path),
        Source("https://news.example/feed#top"),
        Source("wire", tmp_path / "wire"),
    )


def test_credentials_are_no_part_of_the_name_of_a_source(tmp_path):
    """They are not sent to the server either; the line is found without them."""
    line = "https://me:se@cret@news.example/feed?to=a@b\n"
    (tmp_path / "sources.txt").write_text(line, encoding="utf-8")
    source = Source("https://news.example/feed?to=a@b")
    assert sources(tmp_path)[1:] == (source,)
    assert without_line(line, source.name) == ""


# With a library


def watch_of(library, store, **options):
    """Return what watches the sources of a library, over the newsstand, in virtual time."""
    get = partial(web.get, transport=httpx.MockTransport(Newsstand()), resolve=resolve)
    editors = Editors(library, visitor=Visitor(get, clock=virtual_time.now))
    return Watch(editors.followed, editors, store, editors.visitor, Told(), clock=clock, **options)


def states_after(library, run):
    """Return how each source of a library is doing after a run over its tables."""
    library.status()
    with closing(WatchTables(library.home / "catalog.sqlite")) as store:
        virtual_time.run(run(store))
        return store.states()


NO_ADDRESS = "is no http or https address; check it, and begin it with https://"


def test_a_bad_line_costs_itself_alone(desk):
    """Whatever it is, it is told with a remedy, and the other sources are read."""
    malformed = ["http://[::1/", "http://xn--/", "http://a:70000/", "ftp://me:secret@well/feed"]
    nowhere = ["well/feed", "~nobody-known/wire", "nul\0"]
    desk.put("sources.txt", "\n".join((*malformed, *nowhere, "http://well/feed")))

    with desk.open() as library:
        states = states_after(library, lambda store: for_hours(0.1, watch_of(library, store)))
    shown = [name.replace("me:secret@", "") for name in malformed]
    assert {name: str(state.error or "") for name, state in states.items()} == {
        str(desk.corpus): "",
        "http://well/feed": "",
        **{name: f"{name!r} {NO_ADDRESS}" for name in shown},
        **{name: f"{desk.corpus / name}: {NOT_THERE}" for name in nowhere},
    }
    assert states["http://well/feed"].articles == 1


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_feed_and_a_folder_are_kept_current(desk):
    """What they bring can be searched at once; the list itself is no article."""
    desk.put("sources.txt", "http://well/feed\nwire\nnowhere\n")
    desk.put("wire/kidal.txt", story("Kidal"))
    came = asyncio.Event()

    async def changes(folder):
        if folder.name == "wire":
            await came.wait()
            yield [folder / "gao.txt"]
        await asyncio.Event().wait()

    async def run(store):
        watch = watch_of(library, store, changes=changes)
        await for_hours(0.1, watch)
        desk.put("wire/gao.txt", story("Gao"))
        came.set()
        await for_hours(0.1, watch)

    with desk.open() as library:
        states = states_after(library, run)
        ids = library.article_ids()
    assert ids == ("http://well/0", "wire/gao.txt", "wire/kidal.txt")
    told = {name: (state.articles, str(state.error or "")) for name, state in states.items()}
    assert told == {
        str(desk.corpus): (3, ""),
        "http://well/feed": (1, ""),
        "wire": (2, ""),
        "nowhere": (0, f"{desk.corpus / 'nowhere'}: {NOT_THERE}"),
    }


def test_files_that_land_are_all_that_is_looked_at(tmp_path):
    """But where anything else has changed, or many files, the whole folder is."""
    names = [*(f"{n}.txt" for n in range(BATCH + 1)), ".hidden.txt", "a.png", "sources.txt"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_text("Rain fell.", encoding="utf-8")
    first, second, *_ = paths
    assert landed(tmp_path, [second, first]) == [first, second]
    for others in (
        [tmp_path],
        [tmp_path / "gone.txt"],
        [tmp_path.parent],
        *([each] for each in paths[-3:]),
    ):
        assert landed(tmp_path, [first, *others]) == []
    assert landed(tmp_path, paths[: BATCH + 1]) == []
    assert landed(tmp_path, ()) == []


@pytest.mark.process
@pytest.mark.parametrize(("asked", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_command_runs_until_it_is_ended(asked, status, tmp_path):
    """A file that is put into the corpus is reported; the end is clean."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "sources.txt").write_text("nowhere\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "watch"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        error = next(line for line in running.stderr if "nowhere" in line)
        (corpus / "gao.txt").write_text(story("Gao"), encoding="utf-8")
        assert [running.stdout.readline().strip() for _ in range(2)] == [
            str(corpus),
            "new      gao.txt",
        ]
        running.send_signal(asked)
        out, err = running.communicate(timeout=60)
    assert error == f"griot: nowhere: {corpus / 'nowhere'}: {NOT_THERE}\n"
    assert (running.returncode, out, err) == (status, "", "")


def test_a_failure_names_its_source_once(capsys):
    """Whether the error begins with the name or not."""
    for said in ("/wire: no such file or directory", "it is too slow"):
        Printed().failed("/wire", GriotError(said))
    assert capsys.readouterr().err.splitlines() == [
        "griot: /wire: no such file or directory",
        "griot: /wire: it is too slow",
    ]
