"""Measure fifty simultaneous streams of a chat model against one, as a ratio within one run.

    python benchmarks/concurrency.py > benchmarks/concurrency.md

The server is a separate process that writes each answer at the same pace, however many there are.
The time that fifty streams take beyond one is therefore the client's, or spent waiting for a core.
For whole questions it is the time to search, read and verify fifty times on those cores.
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

from command_line import parser

from rag.grounding.embedded import EmbeddedVerifier
from rag.library import Library
from rag.models.chat import Message
from rag.models.embedder import EmbeddedModel
from rag.models.judge import EmbeddedJudge
from rag.models.openai.model import OpenAIModel
from rag.writing.answer import Chat

AT_ONCE = 50
DELAY = 0.02  # seconds between tokens: fifty a second, as a fast model writes
ROUNDS, QUESTION_ROUNDS = 9, 5
QUESTION = "Who accompanied Goïta?"
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
class Times:
    """The seconds that simultaneous streams took: all of them, one on average, and the processor.

    `first` is the longest wait for a first piece.
    """

    wall: float
    mean: float
    first: float
    processor: float


def main() -> None:
    """Print the report, or be the server."""
    options = parser(__doc__)
    options.add_argument(SERVE, action="store_true", help="be the server, and print its port")
    if options.parse_args().serve:
        asyncio.run(serve())
        return
    with subprocess.Popen([sys.executable, __file__, SERVE], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            model = OpenAIModel(url, "paced")
            streams = asyncio.run(in_turns(lambda: stream(model), ROUNDS))
            questions = measure_questions(model)
        finally:
            server.terminate()
    report(*streams)
    report_questions(*questions)


def measure_questions(model: OpenAIModel) -> tuple[list[Times], list[Times]]:
    """Measure one question of a library and many, in turns."""
    embedder = EmbeddedModel()
    chat = Chat(
        model=model, verifier=EmbeddedVerifier(embedder, EmbeddedJudge()), embedder=embedder
    )
    with (
        tempfile.TemporaryDirectory() as home,
        Library.open(home, corpus=CORPUS, embedder=embedder, chat=chat) as library,
    ):
        library.refresh()
        return asyncio.run(in_turns(lambda: ask(library), QUESTION_ROUNDS))


Task = Callable[[], Awaitable[float]]
"""Returns the seconds until the first piece."""


async def in_turns(task: Task, rounds: int) -> tuple[list[Times], list[Times]]:
    """Measure a task alone and many times at once, in turns, after a first round to warm up."""
    await at_once(task, AT_ONCE)
    one, many = [], []
    for _ in range(rounds):
        one.append(await at_once(task, 1))
        many.append(await at_once(task, AT_ONCE))
    return one, many


async def at_once(task: Task, count: int) -> Times:
    """Run a task `count` times at once."""
    began, processor = time.perf_counter(), time.process_time()
    times = await asyncio.gather(*(timed(task) for _ in range(count)))
    wall = time.perf_counter() - began
    mean = statistics.mean(seconds for _, seconds in times)
    return Times(wall, mean, max(first for first, _ in times), time.process_time() - processor)


async def timed(task: Task) -> tuple[float, float]:
    """Run a task; return its wait for the first piece and its whole time, in seconds."""
    began = time.perf_counter()
    return await task(), time.perf_counter() - began


async def ask(library: Library) -> float:
    """Ask the question; return the seconds until the first text."""
    answer = await library.ask(QUESTION)
    assert answer.model, answer.remarks
    return answer.timings["first_text"] / 1000


async def stream(model: OpenAIModel) -> float:
    """Read one answer; return the seconds until its first piece."""
    began, pieces, first = time.perf_counter(), 0, 0.0
    async for _ in model.stream([Message("user", QUESTION)], max_tokens=len(TOKENS)):
        first = first or time.perf_counter() - began
        pieces += 1
    assert pieces == len(TOKENS), pieces
    return first


def medians(rounds: Sequence[Times]) -> list[float]:
    """Return the median of each of the four times, in milliseconds."""
    rows = ((times.wall, times.mean, times.first, times.processor) for times in rounds)
    return [1000 * statistics.median(column) for column in zip(*rows, strict=True)]


def report(one: Sequence[Times], many: Sequence[Times]) -> None:
    """Print the table of streams and the ratio."""
    print("# Concurrency\n\nMade by `python benchmarks/concurrency.py`, on", platform.machine())
    print(f"with {os.cpu_count()} cores, Python {platform.python_version()}. A server in a process")
    print(f"of its own writes {len(TOKENS)} tokens, {1000 * DELAY:.0f} ms apart, to every request;")
    print(f"`OpenAIModel` reads them. Medians of {ROUNDS} rounds, in turns.\n")
    print_table(
        ("streams at once", "longest wait for a first piece, ms", "client's processor, ms"),
        one,
        many,
    )
    ratio = medians(many)[0] / medians(one)[0]
    work = statistics.median(times.processor for times in many) / (AT_ONCE * len(TOKENS))
    print(
        f"\n{AT_ONCE} streams take {ratio:.2f} times as long as one, and a token costs the client"
    )
    print(f"{1_000_000 * work:.0f} µs of the processor.")


def report_questions(one: Sequence[Times], many: Sequence[Times]) -> None:
    """Print the table of questions."""
    print(
        "\nWhole questions: the articles are searched and read, the same server writes an answer,"
    )
    print("and its sentences are verified one by one, and kept. Medians of", end=" ")
    print(f"{QUESTION_ROUNDS} rounds, in turns.\n")
    print_table(("questions at once", "longest wait for text, ms", "processor, ms"), one, many)


def print_table(columns: tuple[str, str, str], one: Sequence[Times], many: Sequence[Times]) -> None:
    """Print a table with a row for one and a row for many."""
    count, wait, processor = columns
    print(f"| {count} | all, ms | one on average, ms | {wait} | {processor} |")
    print("|---|---|---|---|---|")
    for number, rounds in {1: one, AT_ONCE: many}.items():
        print(f"| {number} | {' | '.join(f'{value:,.0f}' for value in medians(rounds))} |")


async def serve() -> None:
    """Print the port, and answer every request at the same pace."""
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
    """Return an event of a stream."""
    return f"data: {json.dumps(body)}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


if __name__ == "__main__":
    main()
