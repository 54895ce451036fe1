"""A chat server written by hand, in a thread of its own: it streams what a script says."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable


def event(**delta):
    """One event of a stream, as bytes, that adds the delta."""
    return line({"id": "1", "choices": [{"delta": delta, "finish_reason": None}]})


def finished(reason="stop"):
    return line({"id": "1", "choices": [{"delta": {}, "finish_reason": reason}]})


def line(body):
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"
WHOLE = finished() + DONE


class FakeChatServer:
    """Answers each request with the chunks that `script` gives for its body, as one stream.

    `connections` counts those ever made, `opened` those open now, `most` the streams that were
    under way at one time.
    """

    def __init__(self, script: Callable[[dict], AsyncIterator[bytes]], *, port: int = 0):
        self.script = script
        self.port = port
        self.connections = self.opened = self.streaming = self.most = 0
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        started = asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(started, self._loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def wait(self, until):
        """Wait until it holds, or fail after a time that no busy machine takes."""
        with self._changed:
            assert self._changed.wait_for(until, timeout=30)

    async def _stop(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _count(self, **more):
        with self._changed:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)
            self.most = max(self.most, self.streaming)
            self._changed.notify_all()

    async def _connected(self, reader, writer):
        self._count(connections=1, opened=1)
        try:
            while body := await self._request(reader):
                await self._stream(body, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._count(opened=-1)

    async def _request(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [
            header
            for header in head.lower().split(b"\r\n")
            if header.startswith(b"content-length:")
        ]
        return json.loads(await reader.readexactly(int(lengths[0].partition(b":")[2])))

    async def _stream(self, body, reader, writer):
        self._count(streaming=1)
        gone = asyncio.ensure_future(reader.read(1))
        sending = asyncio.ensure_future(self._send(body, writer))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ConnectionError
            await sending
        finally:
            gone.cancel()
            sending.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)
            self._count(streaming=-1)

    async def _send(self, body, writer):
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        async for chunk in self.script(body):
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
