"""Chroma's server behind a proxy that wants a header, with a tenant and a database of its own."""

import socket
import threading
import time
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import numpy as np
import pytest

from desk import PLACES, Desk, story
from engines import schema
from rag.errors import EngineGone
from rag.index.chroma_server import ChromaServer, ServedChroma
from rag.index.engines import GRAPH, ChromaAddress, Engines

pytestmark = pytest.mark.engines

HEADER = "X-Chroma-Token: ck-1234"
TENANT, DATABASE = "courier", "news"


class Guard(BaseHTTPRequestHandler):
    """Hands calls with the header on to the server, and refuses others."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status, content = 401, b"{}"
        name, _, value = HEADER.partition(": ")
        if self.headers[name] == value:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            told = self.server.client.request(
                self.command,
                self.path,
                content=body,
                headers={"Content-Type": "application/json"},
            )
            status, content = told.status_code, told.content
            self.server.paths.append(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("Connection", "close")  # its body was not read
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def guard(chroma_server):
    """A proxy before a server that has a tenant with a database."""
    with httpx.Client(base_url=f"{chroma_server.url}/api/v2", timeout=60) as client:
        client.post("/tenants", json={"name": TENANT})
        client.post(f"/tenants/{TENANT}/databases", json={"name": DATABASE})
    with ThreadingHTTPServer(("127.0.0.1", 0), Guard) as server:
        server.client = httpx.Client(base_url=chroma_server.url, timeout=60)
        server.paths = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        server.client.close()


@pytest.fixture
def address(guard):
    url = f"http://127.0.0.1:{guard.server_port}"
    return ChromaAddress(url=url, header=HEADER, tenant=TENANT, database=DATABASE)


def test_a_library_lives_in_a_tenants_database(address, guard, cluster, chroma_server, tmp_path):
    """All that it asks has the header, and nothing of it is in the database of the start."""
    desk = Desk(tmp_path, engines=Engines(schema(cluster), address))
    for place in PLACES[:3]:
        desk.put(f"{place.lower()}.txt", story(place))
    desk.index()
    desk.put("gao.txt", story("Gao", "was rebuilt"))
    desk.index()
    assert (desk.found("rebuilt"), desk.agrees()) == (["gao.txt"], True)
    own = f"/api/v2/tenants/{TENANT}/databases/{DATABASE}"
    assert {path.startswith(own) for path in guard.paths} == {True}
    with (
        closing(ChromaServer(address)) as inside,
        closing(ChromaServer(ChromaAddress(url=chroma_server.url))) as outside,
    ):
        here, there = inside.collections("griot-"), outside.collections("griot-")
    assert (bool(here), {*here} & {*there}) == (True, set())


def test_a_collection_is_searched_as_widely_as_a_folder(address):
    """The server keeps as many passages in view, not its own number."""
    with closing(ChromaServer(address)) as server:
        server.create("griot-test")
        told = server.asked("GET", "/griot-test")["configuration_json"]["hnsw"]
    assert {name: told[name] for name in GRAPH["hnsw"]} == GRAPH["hnsw"]


def test_long_vectors_are_sent_in_parts(address):
    """The server refuses what is too large for it."""
    made = np.random.default_rng(1).random((1_100, 3_072), dtype=np.float32)
    with closing(ChromaServer(address)) as server:
        server.create("griot-long")
        store = ServedChroma(server, "griot-long")
        store.apply(dict(enumerate(made, 1)), ())
        assert (store.count(), store.search(made[999], 1)[0][0]) == (1_100, 1_000)


def test_a_server_that_hangs_holds_a_question_up_for_seconds():
    """It takes the call, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        began = time.monotonic()
        with (
            closing(ChromaServer(ChromaAddress(url=url))) as server,
            pytest.raises(EngineGone, match=r"it does not answer"),
        ):
            ServedChroma(server, "griot-test").search(np.ones(3), 1)
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"header": None}, "it answers with status 401"),
        ({"header": "X-Chroma-Token: ck-4321"}, "it answers with status 401"),
        ({"database": "sports"}, "it has no database sports, or no tenant courier"),
        ({"tenant": "herald"}, "it has no database news, or no tenant herald"),
    ],
)
def test_who_is_not_let_in_is_told_why(address, wrong, said):
    """Without the header's value."""
    with closing(ChromaServer(replace(address, **wrong))) as server:
        for asking in (server.check, lambda: server.create("griot-test")):
            with pytest.raises(EngineGone) as refused:
                asking()
            assert str(refused.value) == (
                f"Chroma’s server {server.name} cannot be used ({said}); see that it runs, and "
                "check GRIOT_CHROMA_URL, _HEADER, _TENANT and _DATABASE"
            )
