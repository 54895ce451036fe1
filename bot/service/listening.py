"""Small HTTP servers on the running event loop."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.settings import Address
from rag.errors import GriotError

Routes = Sequence[tuple[str, type[RequestHandler], dict[str, Any]]]
"""Paths, each with what answers its requests and the arguments to make that with."""


@asynccontextmanager
async def served(
    routes: Routes, address: Address, *, setting: str, remedy: str
) -> AsyncIterator[int]:
    """Serve the routes at an address, and yield the port. Requests are not logged.

    Raises:
        GriotError: nothing can listen there; the message names the setting and the remedy.
    """
    try:
        sockets = bind_sockets(address.port, address.host)
    except OSError as error:
        raise GriotError(
            f"{setting}: {address.host}:{address.port} is taken, or is no address of this "
            f"machine. {remedy}"
        ) from error
    server = HTTPServer(Application([*routes], log_function=lambda _: None))
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.stop()
        await server.close_all_connections()
