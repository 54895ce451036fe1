"""Measure the Telegram bot, as a process of its own, while 200 chats ask it within ten seconds.

    python benchmarks/telegram_crowd.py > benchmarks/telegram_crowd.md

The bot talks to a strict Bot API server, which refuses calls that come too fast, and to a chat
server that writes at the same pace however many ask. Both share the machine's cores with the bot.

Four questions about two articles are asked in turns; or each chat has a question of its own, about
the held titles of squad2.
"""

import os
import platform
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from command_line import parser  # noqa: E402
from data import held_squad2  # noqa: E402
from libraries import write_articles  # noqa: E402
from memory import peak  # noqa: E402

from fake_bot_api import FakeBotApi  # noqa: E402
from telegram_bot.bots import BotProcess  # noqa: E402
from telegram_bot.crowd import QUESTIONS, Answered, ask_all, refused, scripted  # noqa: E402

CHATS, SECONDS = 200, 10.0
ALONE, APART = 20, 3.0
WRITING = 1.0
"""Seconds that the chat server takes to write an answer."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Chats that asked at once: how many, how many different questions, and the answers' times."""

    chats: int
    each: int
    different: int
    writing: float
    answers: list[Answered]
    megabytes: float
    refused: int

    @property
    def waits(self) -> list[float]:
        """The seconds that each answer took beyond the chat server's, sorted."""
        return sorted(answer.answered - answer.asked - self.writing for answer in self.answers)

    @property
    def rate(self) -> float:
        """Answers a second, from the first question to the last answer."""
        began = min(answer.asked for answer in self.answers)
        ended = max(answer.answered for answer in self.answers)
        return len(self.answers) / (ended - began)


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        collection = held_squad2()
        write_articles(collection, corpus)
        own = dict.fromkeys(question.text for question in collection.questions)
        questions = chance().sample([*own], CHATS)
        crowds = [
            measure(ALONE, ALONE * APART, writing=WRITING),
            measure(CHATS, SECONDS, writing=0.0),
            measure(CHATS, SECONDS, writing=WRITING),
            measure(CHATS, SECONDS, each=2, writing=WRITING),
            measure(CHATS, SECONDS, writing=0.0, corpus=corpus, questions=questions),
            measure(CHATS, SECONDS, writing=WRITING, corpus=corpus, questions=questions),
        ]
    report(crowds)


def chance() -> random.Random:
    """Return a source of the same numbers each time."""
    return random.Random(1)  # noqa: S311 - nothing secret


def measure(  # noqa: PLR0913 - a row of the table
    chats: int,
    seconds: float,
    *,
    each: int = 1,
    writing: float,
    corpus: Path = ROOT / "corpus",
    questions: Sequence[str] = QUESTIONS,
) -> Crowd:
    """Have `chats` chats ask within `seconds`; with no `writing`, the embedded reader answers."""
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeBotApi() as api,
        scripted(writing) as server,
    ):
        settings = model(server.url, writing)
        process = BotProcess(api, Path(folder) / "home", corpus=corpus, **settings)
        process.run("index")
        with process as bot:
            answers = ask_all(api, chats, seconds, each=each, questions=questions)
            return Crowd(
                chats, each, len(questions), writing, answers, peak(bot.pid) / 1e6, refused(api)
            )


def model(url: str, writing: float) -> dict[str, str]:
    """Return the bot's settings for the chat server; none if it does not write."""
    return {"llm_url": f"{url}/v1", "llm_model": "scripted"} if writing else {}


def report(crowds: list[Crowd]) -> None:
    """Print the table and the ratios."""
    print("# Telegram\n\nMade by `python benchmarks/telegram_crowd.py`, on", end=" ")
    print(platform.machine(), "with")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Times do not include the")
    print(f"{WRITING:g} s that the chat server takes to write an answer. Telegram accepts 30")
    print("messages a second. Each chat asks once; where there are 400 questions, twice in")
    print("succession. Four different questions are about two articles, 200 about 178.\n")
    print("| chats | questions | different | within, s | written by | answers a second | p50, s "
          "| p95, s |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for crowd in crowds:
        within = ALONE * APART if crowd.chats == ALONE else SECONDS
        writer = "chat server" if crowd.writing else "embedded reader"
        print(
            f"| {crowd.chats} | {crowd.chats * crowd.each} | {crowd.different} | {within:g} | "
            f"{writer} | "
            f"{crowd.rate:.1f} | {statistics.median(crowd.waits):.2f} | "
            f"{percentile_95(crowd.waits):.2f} |"
        )
    alone, together = (statistics.median(crowd.waits) for crowd in (crowds[0], crowds[2]))
    print(f"\nWithout the writing, an answer takes {together / alone:.1f} times as long in a crowd")
    print("as for a person who asks alone. Row by row, the bot's peak memory is")
    print(f"{', '.join(f'{crowd.megabytes:.0f}' for crowd in crowds)} MB, and")
    print(f"{', '.join(str(crowd.refused) for crowd in crowds)} calls were refused as too fast.")


def percentile_95(values: list[float]) -> float:
    """Return the smallest of the sorted values that 95% of them do not exceed."""
    return values[-(-95 * len(values) // 100) - 1]


if __name__ == "__main__":
    main()
