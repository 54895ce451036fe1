"""The engines that tests run on: the embedded ones always, the servers where they are installed.

A fixture that takes `place` is run on a file of SQLite and on a schema of PostgreSQL of its own.
"""

import itertools
import os
from contextlib import ExitStack, closing

import pytest

from rag.index.engines import ChromaAddress, Engines
from rag.index.tables import Server
from tools.engines import NotInstalled, chroma, postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def running():
    """What is started for this process is ended with it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def cluster(running):
    """A running PostgreSQL."""
    try:
        return running.enter_context(postgres())
    except (NotInstalled, RuntimeError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def chroma_server(running):
    """A running server of Chroma's."""
    return running.enter_context(chroma())


def schema(cluster):
    """The place of a new schema."""
    from rag.index.postgres import connect

    name = f"test_{os.getpid()}_{next(_numbers)}"
    with closing(connect(cluster.url())) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return Server(cluster.url(name))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.engines)])
def place(request, tmp_path):
    """Where tables are kept."""
    if request.param == "sqlite":
        return tmp_path / "catalog.sqlite"
    return schema(request.getfixturevalue("cluster"))


@pytest.fixture
def served_engines(cluster, chroma_server):
    """Servers for an index of its own."""
    return Engines(schema(cluster), ChromaAddress(url=chroma_server.url))


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.engines)])
def engines(request):
    """The servers that an index is kept on: none, or PostgreSQL and Chroma's."""
    return None if request.param == "embedded" else request.getfixturevalue("served_engines")
