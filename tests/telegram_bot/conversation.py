"""The conversation of docs/telegram.md, and how a message of the bot's is written there.

What a reader writes stands behind `> `. What the bot says follows as it is read, then its buttons
in brackets, each row of them in a line of its own.
"""

import re

from paths import ROOT

PAGE = ROOT / "docs" / "telegram.md"
BLOCK = re.compile(r"^# The Telegram bot$.*?^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def conversation():
    """The block of docs/telegram.md."""
    return BLOCK.search(PAGE.read_text(encoding="utf-8"))[1]


def questions(block):
    """The reader's questions in it."""
    return re.findall(r"^> (.*)$", block, re.MULTILINE)


def written(asked, said):
    """A conversation as the page has it; what is said are messages as (text, rows of buttons)."""
    turns = (
        f"> {question}\n{_written(*reply)}" for question, reply in zip(asked, said, strict=True)
    )
    return "\n".join(turns)


def _written(text, rows):
    lines = (text, *(" ".join(f"[{label}]" for label in row) for row in rows))
    return "".join(f"{line}\n" for line in lines)


def labels(rows):
    """The labels of a keyboard's buttons."""
    return [[button["text"] for button in row] for row in rows]
