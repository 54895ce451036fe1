"""A library on servers: it does what one in a folder does, and goes on with what is left."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from threading import Barrier

import pytest

from bot.terminal.transfer import sets
from desk import PLACES, Desk, story
from engines import schema
from fake_embedder import FakeEmbedder, NoEmbedder
from rag.errors import EngineGone, IndexLocked
from rag.index.catalog import Catalog
from rag.index.chroma_server import ChromaServer
from rag.index.engines import ChromaAddress, Engines
from rag.index.tables import Server
from rag.reasons import Reason
from tools.engines import NotInstalled, chroma, free_port, postgres

pytestmark = pytest.mark.engines


@pytest.fixture
def served(served_engines, tmp_path):
    """A desk whose index is on servers."""
    return Desk(tmp_path, engines=served_engines)


def put_all(desk, places=PLACES):
    for place in places:
        desk.put(f"{place.lower()}.txt", story(place))


def test_a_library_on_servers_follows_its_folder(served):
    """New, changed and removed files; the two stores hold what the catalog holds."""
    put_all(served)
    reports = [served.index()]
    served.put("gao.txt", story("Gao", "was rebuilt"))
    (served.corpus / "kidal.txt").unlink()
    reports += [served.index(), served.index()]
    assert [(len(each.new), len(each.changed), len(each.removed)) for each in reports] == [
        (8, 0, 0),
        (0, 1, 1),
        (0, 0, 0),
    ]
    assert served.agrees()
    assert (served.found("Mopti"), served.found("Kidal")) == (["mopti.txt"], [])
    assert not (served.home / "catalog.sqlite").exists()


def test_an_index_is_made_anew_beside_the_one_that_answers(served):
    put_all(served)
    served.index()
    with served.open() as library, served.open() as other:
        assert other.search("Gao", 1)
        library.rebuild()
        assert [each.article.id for each in other.search("market of Gao", 1)] == ["gao.txt"]
    assert served.agrees()


def test_words_of_an_earlier_layout_are_made_anew(served):
    """By the next run, which embeds nothing; a later one deletes the earlier tables."""
    from rag.index.postgres import connect

    put_all(served)
    served.index()
    with closing(connect(served.engines.database.url)) as connection:
        found = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^words_' "
        found += "AND relnamespace = current_schema()::regnamespace"
        for (name,) in connection.execute(found).fetchall():
            connection.execute(f"ALTER TABLE {name} RENAME TO words_1{name.removeprefix('words')}")
        served.embedder = NoEmbedder()
        served.index()
        assert (served.agrees(), served.found("Gao")) == (True, ["gao.txt"])
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'published'")
        served.embedder = FakeEmbedder()
        served.put("gao.txt", story("Gao", "was rebuilt"))
        served.index()
        names = [name for (name,) in connection.execute(found)]
        assert not [name for name in names if name.startswith("words_1_")]
    assert served.agrees()


def test_words_alone_answer_where_the_vectors_are_lost(served):
    """They say so, until the next run makes the vectors anew, and embeds nothing."""
    put_all(served)
    served.index()
    with (
        closing(ChromaServer(served.engines.chroma)) as server,
        closing(Catalog(served.engines.database)) as catalog,
    ):
        for name in server.collections(f"griot-{catalog.get('library')}-"):
            server.drop(name)
    served.embedder = NoEmbedder()
    with served.open() as library:
        given = answer(library, "What happened to the market of Gao?")
        assert [remark.kind for remark in given.remarks] == [Reason.WORDS_ALONE]
        library.refresh()
    assert served.agrees()


def test_two_libraries_in_one_database_are_strangers(served, cluster, tmp_path):
    put_all(served)
    served.index()
    engines = replace(served.engines, database=schema(cluster))
    other = Desk(tmp_path / "other", engines=engines)
    other.put("only.txt", story("Only"))
    other.index()
    assert (other.found("Gao"), other.found("Only"), len(served.texts())) == ([], ["only.txt"], 8)


@pytest.fixture
def own_servers():
    """Servers that a test may stop."""
    with ExitStack() as started:
        try:
            database = started.enter_context(postgres())
        except (NotInstalled, RuntimeError) as error:
            pytest.skip(str(error))
        yield database, started.enter_context(chroma())


def answer(library, question):
    return asyncio.run(library.ask(question, keep=False))


def test_servers_come_and_go(own_servers, tmp_path):
    """Words alone answer, and say so; what is indexed meanwhile is searched for once all is back.

    A database that restarts is waited for.
    """
    database, vectors = own_servers
    engines = Engines(Server(database.url()), ChromaAddress(url=vectors.url))
    desk = Desk(tmp_path, engines=engines)
    put_all(desk, PLACES[:6])
    desk.index()
    with desk.open() as library:
        whole = library.search("the market of Gao", 3)
        vectors.stop()
        assert library.search("the market of Gao", 1)[0].article == whole[0].article
        said = answer(library, "What happened to the market of Gao?").remarks
        assert [remark.kind for remark in said] == [Reason.WORDS_ALONE]
        assert library.refresh().unchanged == 6
        desk.put("kayes.txt", story("Kayes"))
        with pytest.raises(EngineGone, match=r"^Chroma’s server 127.0.0.1:\d+ cannot be used"):
            library.refresh()
        assert [each.article.id for each in library.search("Kayes", 1)] == ["kayes.txt"]
        database.stop()
        database.start()
        assert len(library.article_ids()) == 7
        vectors.start()
        library.refresh()
        assert answer(library, "What happened to the market of Kayes?").remarks == ()
    assert desk.agrees()


class Disturbing(FakeEmbedder):
    """A model, in the middle of whose work something happens, once."""

    def __init__(self):
        super().__init__()
        self.meanwhile = []

    def texts(self, texts):
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().texts(texts)


@pytest.fixture
def disturbed(own_servers, tmp_path):
    """A desk on servers of its own, and what happens at them while its model works."""
    database, vectors = own_servers
    engines = Engines(Server(database.url()), ChromaAddress(url=vectors.url))
    desk = Desk(tmp_path, Disturbing(), engines)
    put_all(desk, PLACES[:6])
    desk.index()
    return desk


def restart(database):
    def do():
        database.stop()
        database.start()

    return do


def test_a_database_restarts_in_the_middle_of_a_question(own_servers, disturbed):
    """The question waits for it."""
    database, _ = own_servers
    with disturbed.open() as library:
        whole = library.search("the market of Gao", 3)
        disturbed.embedder.meanwhile = [restart(database)]
        assert library.search("the market of Gao", 3) == whole


def test_a_database_restarts_in_the_middle_of_an_update(own_servers, disturbed):
    """The update goes on or is told of; after the next run nothing is lost, and nothing twice."""
    database, _ = own_servers
    with disturbed.open() as library:
        disturbed.put("kayes.txt", story("Kayes"))
        (disturbed.corpus / "gao.txt").unlink()
        disturbed.embedder.meanwhile = [restart(database)]
        with suppress(EngineGone):
            library.refresh()
        library.refresh()
    assert (disturbed.agrees(), len(disturbed.texts())) == (True, 6)
    assert (disturbed.found("Kayes"), disturbed.found("Gao")) == (["kayes.txt"], [])


def test_chroma_goes_in_the_middle_of_a_question_and_of_an_update(own_servers, disturbed):
    """Words alone answer, and say so; a run once it is back brings the vectors that it lacks."""
    _, vectors = own_servers
    with disturbed.open() as library:
        disturbed.embedder.meanwhile = [vectors.stop]
        given = answer(library, "What happened to the market of Gao?")
        assert [remark.kind for remark in given.remarks] == [Reason.WORDS_ALONE]
        assert {each.article.id for each in given.citations} <= {"gao.txt"}
        vectors.start()
        assert answer(library, "What happened to the market of Gao?").remarks == ()
        disturbed.put("kayes.txt", story("Kayes"))
        disturbed.embedder.meanwhile = [vectors.stop]
        with pytest.raises(EngineGone):
            library.refresh()
        assert [each.article.id for each in library.search("Kayes", 1)] == ["kayes.txt"]
        vectors.start()
        library.refresh()
    assert (disturbed.agrees(), len(disturbed.texts())) == (True, 7)


def test_an_address_is_told_without_its_password(own_servers):
    """Nor is it told where the database refuses it, or is not there."""
    database, _ = own_servers
    wrong = database.url().replace("griot-pass", "another-pass")
    nowhere = database.url().replace(str(database.port), str(free_port()))
    for url in (wrong, nowhere):
        with pytest.raises(
            EngineGone, match=r"the database postgres at 127.0.0.1 cannot"
        ) as raised:
            Catalog(Server(url)).close()
        assert "pass-1234" not in str(raised.value)
        assert "pass-1234" not in repr(Server(url))


@pytest.mark.parametrize(
    ("user", "options", "told"),
    [
        ("guest", "", r"permission denied for .*\); in GRIOT_DATABASE_URL, name a user who owns"),
        (None, "?options=-csearch_path%3Dnowhere", r"no schema .* or a schema that is there$"),
        (
            None,
            "?wrong=1",
            r"^the database postgres at 127.0.0.1 cannot be reached \(invalid URI query ",
        ),
    ],
)
def test_a_database_without_room_for_tables_is_told_of(own_servers, user, options, told):
    """A user who may make none, a schema that is not there, an address with a wrong option."""
    from rag.index.postgres import connect

    database, _ = own_servers
    with closing(connect(database.url())) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'griot-pass-1234'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # as from version 15 on
    url = database.url().replace("//griot:", f"//{user or 'griot'}:") + options
    with pytest.raises(EngineGone, match=told) as raised:
        Catalog(Server(url)).close()
    assert "pass-1234" not in str(raised.value)


def test_modules_that_a_database_lacks_are_told_of(cluster):
    from rag.index.postgres import PostgresDatabase

    said = r"reports: .*nosuch.*: install PostgreSQL’s contrib modules there; its log says more$"
    place = schema(cluster)
    with (
        closing(PostgresDatabase(place.url, (), name="words", patience=30)) as database,
        pytest.raises(EngineGone, match=said),
    ):
        database.run("CREATE EXTENSION nosuch")


def test_workers_may_start_at_once_in_an_empty_database(cluster):
    """Sets of tables in one schema, and the words of several, are made beside each other."""
    from rag.index.postgres import PostgresDatabase, connect
    from rag.index.postgres_words import PostgresWords

    def made(place, tables, together):
        together.wait()
        with closing(
            PostgresDatabase(place.url, tables.migrations, name=tables.name, patience=30)
        ) as database:
            together.wait()
            PostgresWords(database, f"{id(tables)}").create()

    with closing(connect(cluster.url())) as connection, ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            connection.execute("DROP EXTENSION IF EXISTS fuzzystrmatch")
            together = Barrier(8, timeout=30)
            started = [
                pool.submit(made, place, tables, together)
                for place in (schema(cluster), schema(cluster))
                for tables in sets()
            ]
            assert [each.result() for each in started] == [None] * 8


def test_who_is_no_longer_the_only_one_who_writes_publishes_nothing(served, cluster):
    """So that nothing is taken for written that another one is about to write."""
    from rag.index.postgres import connect

    def lose():
        with closing(connect(cluster.url())) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND objsubid = 1 AND pid <> pg_backend_pid()"
            )

    served.embedder = Disturbing()
    put_all(served)
    served.index()
    served.put("gao.txt", story("Gao", "was rebuilt"))
    served.embedder.meanwhile = [lose]
    with pytest.raises(EngineGone):
        served.index()
    served.embedder = NoEmbedder()
    served.index()
    assert (served.agrees(), served.found("rebuilt")) == (True, ["gao.txt"])


def test_one_writes_at_a_time(cluster):
    """Across connections; the lock ends with the connection."""
    place = schema(cluster)
    with closing(Catalog(place)) as one, closing(Catalog(place)) as other:
        with (
            one.writing(list, patience=0),
            pytest.raises(IndexLocked, match=r"^another griot is writing to"),
        ):
            other.writing(list, patience=0).__enter__()
        with other.writing(list, patience=0):
            pass
