"""Measure the Telegram bot as its own process while two hundred chats ask it within ten seconds.

    python benchmarks/telegram_bot.py > benchmarks/telegram_bot.md

It runs against a strict Bot API server, which refuses what goes out too fast, and a chat server
that writes at the same pace however many ask. Both share the machine's cores with the bot.
"""

import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from command_line import parser  # noqa: E402

from fake_bot_api import FakeBotApi  # noqa: E402
from telegram_bots import BotProcess  # noqa: E402
from telegram_crowd import Answered, ask_all, refused, scripted  # noqa: E402

CHATS, SECONDS = 200, 10.0
ALONE, APART = 20, 3.0
WRITING = 1.0
"""Seconds that the chat server takes to write an answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One crowd: how many asked, what wrote the answers, and how it went."""

    chats: int
    each: int
    writing: float
    told: list[Answered]
    megabytes: float
    refused: int

    @property
    def over(self) -> list[float]:
        """Seconds that each answer took beyond what the chat server took."""
        return sorted(one.answered - one.asked - self.writing for one in self.told)

    @property
    def rate(self) -> float:
        """Answers a second, from the first question to the last answer."""
        began = min(one.asked for one in self.told)
        return len(self.told) / (max(one.answered for one in self.told) - began)


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    rows = [
        measured(ALONE, ALONE * APART, writing=WRITING),
        measured(CHATS, SECONDS, writing=0.0),
        measured(CHATS, SECONDS, writing=WRITING),
        measured(CHATS, SECONDS, each=2, writing=WRITING),
    ]
    report(rows)


def measured(chats: int, seconds: float, *, each: int = 1, writing: float) -> Row:
    """Have so many chats ask within that time; the embedded reader answers where nothing writes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeBotApi() as api,
        scripted(writing) as server,
        BotProcess(api, Path(folder) / "home", **model(server.url, writing)) as bot,
    ):
        told = ask_all(api, chats, seconds, each=each)
        return Row(chats, each, writing, told, peak(bot.pid), refused(api))


def model(url: str, writing: float) -> dict[str, str]:
    """Give the settings of a bot whose answers are written, if they are."""
    return {"llm_url": f"{url}/v1", "llm_model": "scripted"} if writing else {}


def peak(process: int) -> float:
    """Give the most memory that a process ever had, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def report(rows: list[Row]) -> None:
    """Print the table and the ratios."""
    print("# Telegram\n\nMade by `python benchmarks/telegram_bot.py`,", platform.machine(), "with")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}. Times are those beyond the")
    print(f"{WRITING:g} s that the chat server takes to write an answer; Telegram lets 30 messages")
    print("a second out. Each chat asks once, but in the last row twice in a row.\n")
    print("| chats | questions | within, s | written by | answers a second | p50, s | p95, s |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        within = ALONE * APART if row.chats == ALONE else SECONDS
        writer = "chat server" if row.writing else "embedded reader"
        print(
            f"| {row.chats} | {row.chats * row.each} | {within:g} | {writer} | {row.rate:.1f} | "
            f"{statistics.median(row.over):.2f} | {percentile(row.over):.2f} |"
        )
    alone, crowd = (statistics.median(row.over) for row in (rows[0], rows[2]))
    print(
        f"\nBeyond the writing, an answer in the crowd takes {crowd / alone:.1f} times as long as"
    )
    print("one of a person who asks alone. In the order of the rows, the bot's peak memory is")
    print(f"{', '.join(f'{row.megabytes:.0f}' for row in rows)} MB, and")
    print(f"{', '.join(str(row.refused) for row in rows)} calls were refused for their pace.")


def percentile(values: list[float]) -> float:
    """Give the smallest value that 95 % of them do not exceed."""
    return values[-(-95 * len(values) // 100) - 1]


if __name__ == "__main__":
    main()
