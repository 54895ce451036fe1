"""Small HTTP servers on the running event loop."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tornado.httpserver import HTTPServer
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
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server(address, family=family)
    except OSError as error:
        raise GriotError(
            f"{setting}: {address.host}:{address.port} is taken, or is no address of this "
            f"machine. {remedy}"
        ) from error
    listening.setblocking(False)  # noqa: FBT003 - socket's own signature
    server = HTTPServer(Application([*routes], log_function=lambda _: None))
    server.add_socket(listening)
    try:
        yield listening.getsockname()[1]
    finally:
        server.stop()
        await server.close_all_connections()
