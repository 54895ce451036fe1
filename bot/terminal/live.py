"""The progress of an answer, shown on a terminal while it is made."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING, TextIO

from bot.terminal.render import Style, printable
from rag.types import Answer, Event, Reading, Searching, TextDelta

if TYPE_CHECKING:
    from rich.live import Live


async def watched(events: AsyncGenerator[Event, None], stream: TextIO) -> Answer:
    """Show the stage, then the text as it is written; wipe both and return the answer.

    Where the stream is no terminal, nothing is shown.
    """
    async with aclosing(events):
        with _live(stream) if stream.isatty() else nullcontext() as live:
            text = ""
            async for event in events:
                match event:
                    case Answer():
                        return event
                    case Searching():
                        _show(live, "Searching …", Style.FAINT)
                    case Reading(articles):
                        plural = "" if articles == 1 else "s"
                        _show(live, f"Reading {articles} article{plural} …", Style.FAINT)
                    case TextDelta(delta):
                        text += delta
                        _show(live, text, Style.PLAIN)
    raise AssertionError("a stream ends with its answer")


def _live(stream: TextIO) -> "Live":
    from rich.console import Console
    from rich.live import Live

    return Live(console=Console(file=stream, highlight=False), transient=True)


def _show(live: "Live | None", text: str, style: Style) -> None:
    if live:
        from rich.text import Text

        shown = "\n".join(printable(one) for one in text.splitlines())
        live.update(Text(shown, style=style.value))
