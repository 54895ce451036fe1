"""Measure fifty streams of a chat model at once against one, as a ratio within one run.

    python benchmarks/concurrency.py > benchmarks/concurrency.md

The server is a process of its own, which writes each answer at the same pace however many there
are. What fifty take beyond one is therefore what the client adds, and what both processes wait for
each other on the machine's cores. Of whole questions it is what searching, reading and verifying
take, fifty times over, on those cores.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.grounding.support import EmbeddedVerifier
from rag.library import Library
from rag.models.chat import Message
from rag.models.embedder import EmbeddedModel
from rag.models.openai.model import OpenAIModel
from rag.writing.answer import Chat

AT_ONCE = 50
DELAY = 0.02  # seconds between tokens: fifty a second, as a fast model writes
ROUNDS, QUESTION_ROUNDS = 9, 5
ASKED = "Who accompanied Goïta?"
QUESTION = [Message("user", ASKED)]
CORPUS = Path(__file__).resolve().parents[1] / "corpus"
WRITTEN = (
    "Accompanying Goita from Bamako were Sadio Camara, Mali's defence minister, and its foreign "
    "minister. On June 23 Goita laid a wreath at the Tomb of the Unknown Soldier, which stands "
    "beside the Kremlin wall. Critics fear that so much reliance on one power costs Mali oversight "
    "and isolates it from Western institutions. Elections in Mali have been delayed, and the north "
    "and the centre of the country are still not safe. Goita met President Putin in Moscow."
)
TOKENS = [f" {word}" for word in WRITTEN.split()]
SERVE = "--serve"


@dataclass(frozen=True, slots=True)
class Took:
    """What some streams at once took, in seconds: all of them, one on the mean, and the processor.

    `first` is the longest wait for a first piece.
    """

    wall: float
    mean: float
    first: float
    processor: float


def main() -> None:
    """Print the report."""
    with subprocess.Popen([sys.executable, __file__, SERVE], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            model = OpenAIModel(url, "paced")
            streams = asyncio.run(measured(lambda: stream(model), ROUNDS))
            questions = asked(model)
        finally:
            server.terminate()
    report(*streams)
    report_questions(*questions)


def asked(model: OpenAIModel) -> tuple[list[Took], list[Took]]:
    """Take turns between one question of a library and many."""
    embedder = EmbeddedModel()
    chat = Chat(model=model, verifier=EmbeddedVerifier(embedder), embedder=embedder)
    with (
        tempfile.TemporaryDirectory() as home,
        Library.open(home, corpus=CORPUS, embedder=embedder, chat=chat) as library,
    ):
        library.refresh()
        return asyncio.run(measured(lambda: question(library), QUESTION_ROUNDS))


Do = Callable[[], Awaitable[float]]


async def measured(do: Do, rounds: int) -> tuple[list[Took], list[Took]]:
    """Take turns between one and many; what comes first is not counted."""
    await at_once(do, AT_ONCE)
    one, many = [], []
    for _ in range(rounds):
        one.append(await at_once(do, 1))
        many.append(await at_once(do, AT_ONCE))
    return one, many


async def at_once(do: Do, count: int) -> Took:
    """Do something so many times at once, each of which gives its wait for a first piece."""
    began, processor = time.perf_counter(), time.process_time()
    took = await asyncio.gather(*(timed(do) for _ in range(count)))
    wall = time.perf_counter() - began
    mean = statistics.mean(seconds for _, seconds in took)
    return Took(wall, mean, max(first for first, _ in took), time.process_time() - processor)


async def timed(do: Do) -> tuple[float, float]:
    """Do something, and give its wait for a first piece and the seconds that it took."""
    began = time.perf_counter()
    return await do(), time.perf_counter() - began


async def question(library: Library) -> float:
    """Ask, and give the seconds until the first text."""
    answer = await library.ask(ASKED)
    assert answer.model, answer.remarks
    return answer.timings["first_text"] / 1000


async def stream(model: OpenAIModel) -> float:
    """Read one answer, and give the seconds that its first piece took."""
    began, pieces, first = time.perf_counter(), 0, 0.0
    async for _ in model.stream(QUESTION, max_tokens=len(TOKENS)):
        first = first or time.perf_counter() - began
        pieces += 1
    assert pieces == len(TOKENS), pieces
    return first


def medians(took: Sequence[Took]) -> list[float]:
    """Give the medians of the times, the first piece's and the processor's, in milliseconds."""
    rows = ((each.wall, each.mean, each.first, each.processor) for each in took)
    return [1000 * statistics.median(times) for times in zip(*rows, strict=True)]


def report(one: Sequence[Took], many: Sequence[Took]) -> None:
    """Print the table and the ratio."""
    print("# Concurrency\n\nMade by `python benchmarks/concurrency.py`, on", platform.machine())
    print(f"with {os.cpu_count()} cores, Python {platform.python_version()}. A server in a process")
    print(f"of its own writes {len(TOKENS)} tokens, {1000 * DELAY:.0f} ms apart, to every request;")
    print(f"`OpenAIModel` reads. Medians of {ROUNDS} rounds, in turns.\n")
    head("streams at once", "longest wait for a first piece, ms", "client's processor, ms")
    for count, took in {1: one, AT_ONCE: many}.items():
        print(f"| {count} | {' | '.join(f'{value:,.0f}' for value in medians(took))} |")
    ratio = statistics.median(each.wall for each in many) / statistics.median(
        each.wall for each in one
    )
    work = statistics.median(each.processor for each in many) / (AT_ONCE * len(TOKENS))
    print(
        f"\n{AT_ONCE} streams take {ratio:.2f} times as long as one, and a token costs the client"
    )
    print(f"{1_000_000 * work:.0f} µs of the processor.")


def report_questions(one: Sequence[Took], many: Sequence[Took]) -> None:
    """Print the second table."""
    print("\nWhole questions: searched for, read, written by the same server, verified sentence by")
    print(f"sentence, and kept. Medians of {QUESTION_ROUNDS} rounds, in turns.\n")
    head("questions at once", "longest wait for text, ms", "processor, ms")
    for count, took in {1: one, AT_ONCE: many}.items():
        row = medians(took)
        print(f"| {count} | {' | '.join(f'{value:,.0f}' for value in row)} |")


def head(what: str, wait: str, processor: str) -> None:
    """Print the head of a table."""
    print(f"| {what} | all, ms | one on the mean, ms | {wait} | {processor} |")
    print("|---|---|---|---|---|")


async def serve() -> None:
    """Answer every request at the same pace, and print the port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2 * AT_ONCE)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of a connection."""
    end = event({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"
    while head := await reader.read(1):
        head += await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        began = asyncio.get_running_loop().time()
        for number, token in enumerate(TOKENS, 1):
            await asyncio.sleep(began + number * DELAY - asyncio.get_running_loop().time())
            writer.write(chunk(event({"choices": [{"delta": {"content": token}}]})))
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
