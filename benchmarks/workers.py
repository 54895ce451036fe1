"""Have 1,000 chats ask two workers behind one webhook, and kill one of them in between.

    python benchmarks/workers.py > benchmarks/workers.md

Both are the whole Telegram bot as a process of its own, which share a database of PostgreSQL; what
they know is scripted, so that this tells nothing of how fast answers are read. A proxy brings each
update to either in turn, and to the other one where one is gone. The Bot API is the strict one of
the tests, with Telegram's limits. Each chat asks two questions, the second before the first is
answered.
"""

import asyncio
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from command_line import parser  # noqa: E402

from fake_bot_api import TOKEN, FakeBotApi  # noqa: E402
from fake_judge import FakeJudge  # noqa: E402
from fake_library import ANSWER, WAGNER, FakeLibrary, kept  # noqa: E402
from rag.index.postgres import connect  # noqa: E402
from rag.types import Claim  # noqa: E402
from tools.engines import LOCAL, free_port, postgres  # noqa: E402

CHATS, EACH, SECONDS = 1000, 2, 60.0
KILLED_AFTER = 300
"""Answers that are shown when one worker is killed."""

LIMIT = 1800.0
"""Seconds after which the run counts as failed."""

PUBLIC = "https://bot.example"
TABLE = "CREATE TABLE told (number serial PRIMARY KEY, worker int, question text)"


class Scripted(FakeLibrary):
    """Answers each question with itself, and notes in the database who was asked."""

    is_searchable = True

    def __init__(self, url: str, worker: int) -> None:
        super().__init__()
        self._connection, self._worker = connect(url), worker

    def last_found(self) -> int:
        """Return that nothing is new."""
        return 0

    def newest(self, limit: int) -> tuple[()]:  # noqa: ARG002 - as in FakeLibrary
        """Return no examples."""
        return ()

    async def stream(self, question, *, history=()):  # noqa: ANN001, ANN201, ARG002
        """Yield the answer."""
        note = "INSERT INTO told (worker, question) VALUES (%s, %s) RETURNING number"
        row = await asyncio.to_thread(
            lambda: self._connection.execute(note, (self._worker, question)).fetchone()
        )
        yield answer(row[0], question)

    def trace(self, name: str):  # noqa: ANN201
        """Return an answer by its id, whichever worker gave it."""
        row = self._connection.execute("SELECT question FROM told WHERE number = %s", (name[1:],))
        return answer(int(name[1:]), row.fetchone()[0]), {}


def answer(number: int, question: str):  # noqa: ANN201
    """Return an answer that repeats its question."""
    claim = Claim(text=f"Told: {question}", citations=(WAGNER,), support=0.9)
    return kept(ANSWER, id=f"a{number}", question=question, claims=(claim,), disagreements=())


def work(worker: int, port: int, api: str, url: str, home: str) -> None:
    """Be a worker."""
    from bot.settings import Settings
    from bot.telegram_bot.app import TelegramBot

    settings = Settings(
        _env_file=None,
        home=home,
        telegram_api_url=api,
        telegram_token=TOKEN,
        telegram_per_minute=1000,
        telegram_per_day=100_000,
        webhook_url=PUBLIC,
        webhook_listen=f"{LOCAL}:{port}",
        database_url=url,
        chroma_url=f"http://{LOCAL}:1",
    )

    async def run() -> None:
        await TelegramBot(settings, Scripted(url, worker), FakeJudge()).run()

    asyncio.run(run())


class Workers:
    """Two workers, and the proxy before them."""

    def __init__(self, api: str, url: str, folder: Path) -> None:
        self.ports = [free_port(), free_port()]
        self._log = (folder / "log").open("ab")
        self._told = [api, url, str(folder / "home")]
        self.processes = [self._start(number) for number in range(2)]
        self._turns = itertools.count()

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        told = ["--work", str(number), str(self.ports[number]), *self._told]
        return subprocess.Popen(
            [sys.executable, __file__, *told], stdout=self._log, stderr=self._log
        )

    def bring(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Hand an update to the worker whose turn it is, or to the other one; return the status."""
        turn = next(self._turns)
        for port in (self.ports[turn % 2], self.ports[(turn + 1) % 2]):
            try:
                url = f"http://{LOCAL}:{port}{path}"
                return httpx.post(url, headers=headers, content=body, timeout=60).status_code
            except httpx.TransportError:
                continue
        return 503

    def wait(self) -> None:
        """Wait until both listen."""
        for port in self.ports:
            while True:
                try:
                    httpx.get(f"http://{LOCAL}:{port}", timeout=60)
                    break
                except httpx.TransportError:
                    assert all(process.poll() is None for process in self.processes)
                    time.sleep(0.2)

    def end(self) -> None:
        """End both."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


@contextmanager
def proxied(workers: Workers) -> Iterator[str]:
    """Yield the address of a proxy before two workers."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            named = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")
            headers = {name: self.headers[name] for name in named}
            self.send_response(workers.bring(self.path, headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((LOCAL, 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOCAL}:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the questions: how many were answered how often, and how it went."""

    seconds: float
    counts: dict[int, int]
    in_order: int
    by_worker: dict[int, int]
    again: int
    others: int
    refused: int


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--work", nargs=5, help="be a worker (the benchmark starts two)")
    arguments.add_argument("--chats", type=int, default=CHATS)
    told = arguments.parse_args()
    if told.work:
        worker, port, *others = told.work
        work(int(worker), int(port), *others)
        return
    report(told.chats, measured(told.chats))


def measured(chats: int) -> Told:
    """Have the chats ask; return what they were told."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() as cluster,
        closing(connect(cluster.url())) as connection,
        FakeBotApi() as api,
    ):
        connection.execute(TABLE)
        workers = Workers(api.url, cluster.url(), Path(folder))
        try:
            with proxied(workers) as address:
                api.proxy[PUBLIC] = address
                workers.wait()
                people = [api.person(1000 + number) for number in range(chats)]
                began = time.monotonic()
                asking = threading.Thread(target=ask, args=(api, people, began))
                asking.start()
                until(lambda: shown(api, chats) >= min(KILLED_AFTER, chats // 3))
                workers.processes[0].kill()
                asking.join()
                until(lambda: shown(api, chats) >= chats * EACH)
                seconds = time.monotonic() - began
        finally:
            workers.end()
        rows = connection.execute("SELECT worker, question FROM told ORDER BY number").fetchall()
        return result(api, people, rows, seconds)


def question(chat: int, number: int) -> str:
    """Return a chat's question."""
    return f"What happened to shipment {chat} on day {number}?"


def ask(api: FakeBotApi, people: list, began: float) -> None:
    """Have everybody ask, evenly over `SECONDS`, once each and then once more."""
    for number in range(EACH):
        for place, person in enumerate(people):
            due = began + (number * len(people) + place) * SECONDS / (EACH * len(people))
            time.sleep(max(0.0, due - time.monotonic()))
            api.say(person, question(person.id, number))


def told_of(api: FakeBotApi, chat: int) -> list[int]:
    """Return the numbers of a chat's questions that its messages answer, in their order."""
    found = []
    for message in api.messages(chat):
        found += [n for n in range(EACH) if f"Told: {question(chat, n)}" in message.text]
    return found


def shown(api: FakeBotApi, chats: int) -> int:
    """Return how many questions have an answer."""
    return sum(len({*told_of(api, 1000 + chat)}) for chat in range(chats))


def until(there) -> None:  # noqa: ANN001 - a function without arguments
    """Wait for something."""
    deadline = time.monotonic() + LIMIT
    while not there():
        assert time.monotonic() < deadline, "not all was answered in time"
        time.sleep(3)


def result(api: FakeBotApi, people: list, rows: list, seconds: float) -> Told:
    """Count what came of the questions."""
    counts: dict[int, int] = {}
    in_order = 0
    for person in people:
        found = told_of(api, person.id)
        in_order += found == sorted(found)
        for number in range(EACH):
            times = found.count(number)
            counts[times] = counts.get(times, 0) + 1
    first = [row[1] for row in rows]
    by_worker = {number: sum(row[0] == number for row in rows) for number in range(2)}
    again = len(first) - len({*first})
    refused = sum(call.status == 429 for call in api.calls)
    others = sum(len(api.messages(person.id)) - len(told_of(api, person.id)) for person in people)
    return Told(seconds, counts, in_order, by_worker, again, others, refused)


def report(chats: int, told: Told) -> None:
    """Print the table."""
    print(f"# Two workers\n\nMade by `python benchmarks/workers.py`: {chats:,} chats ask {EACH}")
    print(
        f"questions each within {SECONDS:.0f} s, at the strict Bot API of the tests; one worker is"
    )
    print(f"killed by SIGKILL after {min(KILLED_AFTER, chats // 3)} answers. What is answered is")
    print("scripted, on a machine that other work shared.\n")
    print("| | |\n|---|---|")
    rows = {
        "questions answered once": told.counts.get(1, 0),
        "not answered": told.counts.get(0, 0),
        "answered twice": sum(n for times, n in told.counts.items() if times > 1),
        "chats answered in the order of their questions": told.in_order,
        "read by the worker that is killed": told.by_worker[0],
        "read by the other one": told.by_worker[1],
        "of these, read for the second time": told.again,
        "messages beside the answers": told.others,
        "calls refused for their pace": told.refused,
        "seconds, from the first question to the last answer": round(told.seconds),
    }
    for name, value in rows.items():
        print(f"| {name} | {value:,} |")


if __name__ == "__main__":
    main()
