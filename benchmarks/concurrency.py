"""Measure fifty streams of a chat model at once against one, as a ratio within one run.

    python benchmarks/concurrency.py > benchmarks/concurrency.md

The server is a process of its own, which writes each answer at the same pace however many there
are. What fifty take beyond one is therefore what the client adds, and what both processes wait for
each other on the machine's cores.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rag.models import Message, OpenAIModel

AT_ONCE = 50
TOKENS = 100
DELAY = 0.02  # seconds between tokens: fifty a second, as a fast model writes
ROUNDS = 9
QUESTION = [Message("user", "who accompanied Goïta?")]
SERVE = "--serve"


@dataclass(frozen=True, slots=True)
class Took:
    """What some streams at once took, in seconds: all of them, the slowest, and of the processor.

    `first` is the longest wait for a first piece.
    """

    wall: float
    first: float
    processor: float


def main() -> None:
    """Print the report."""
    with subprocess.Popen([sys.executable, __file__, SERVE], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            one, many = asyncio.run(measured(OpenAIModel(url, "paced")))
        finally:
            server.terminate()
    report(one, many)


async def measured(model: OpenAIModel) -> tuple[list[Took], list[Took]]:
    """Take turns between one stream and many; what comes first is not counted."""
    await streams(model, AT_ONCE)
    one, many = [], []
    for _ in range(ROUNDS):
        one.append(await streams(model, 1))
        many.append(await streams(model, AT_ONCE))
    return one, many


async def streams(model: OpenAIModel, count: int) -> Took:
    """Ask so many times at once, and read every answer to its end."""
    began, processor = time.perf_counter(), time.process_time()
    firsts = await asyncio.gather(*(stream(model) for _ in range(count)))
    took = time.perf_counter() - began
    return Took(took, max(firsts), time.process_time() - processor)


async def stream(model: OpenAIModel) -> float:
    """Read one answer, and give the seconds that its first piece took."""
    began, pieces, first = time.perf_counter(), 0, 0.0
    async for _ in model.stream(QUESTION, max_tokens=TOKENS):
        first = first or time.perf_counter() - began
        pieces += 1
    assert pieces == TOKENS, pieces
    return first


def report(one: Sequence[Took], many: Sequence[Took]) -> None:
    """Print the table and the ratio."""
    print("# Concurrency\n\nMade by `python benchmarks/concurrency.py`, on", platform.machine())
    print(f"with {os.cpu_count()} cores, Python {platform.python_version()}. A server in a process")
    print(f"of its own writes {TOKENS} tokens, {1000 * DELAY:.0f} ms apart, to every request;")
    print(f"`OpenAIModel` reads. Medians of {ROUNDS} rounds, in turns.\n")
    print("| streams at once | ms | longest wait for a first piece, ms | client's processor, ms |")
    print("|---|---|---|---|")
    for count, took in {1: one, AT_ONCE: many}.items():
        wall, first, processor = (
            1000 * statistics.median(times)
            for times in zip(
                *((each.wall, each.first, each.processor) for each in took), strict=True
            )
        )
        print(f"| {count} | {wall:,.0f} | {first:,.0f} | {processor:,.0f} |")
    ratio = statistics.median(each.wall for each in many) / statistics.median(
        each.wall for each in one
    )
    work = statistics.median(each.processor for each in many) / (AT_ONCE * TOKENS)
    print(
        f"\n{AT_ONCE} streams take {ratio:.2f} times as long as one, and a token costs the client"
    )
    print(f"{1_000_000 * work:.0f} µs of the processor.")


async def serve() -> None:
    """Answer every request at the same pace, and print the port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2 * AT_ONCE)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of a connection."""
    token = event({"choices": [{"delta": {"content": " word"}}]})
    end = event({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"
    while head := await reader.read(1):
        head += await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        began = asyncio.get_running_loop().time()
        for number in range(1, TOKENS + 1):
            await asyncio.sleep(began + number * DELAY - asyncio.get_running_loop().time())
            writer.write(chunk(token))
        writer.write(chunk(end) + b"0\r\n\r\n")
        await writer.drain()


def event(body: object) -> bytes:
    """Write an event of a stream."""
    return f"data: {json.dumps(body)}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """Write a chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


if __name__ == "__main__":
    if SERVE in sys.argv:
        asyncio.run(serve())
    else:
        main()
