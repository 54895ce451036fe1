import asyncio
import io
import re

import pytest

from bot.terminal.ask import watched
from fake_library import ANSWER
from rag.types import ReadingArticles, Searching, TextDelta


class Screen(io.StringIO):
    """A terminal that keeps all that is written to it."""

    encoding = "utf-8"

    def isatty(self):
        return True


async def events(*then):
    yield Searching()
    yield ReadingArticles(4)
    for event in then:
        yield event


TEXT = (TextDelta("Sadio\x1b[5m Camara"), TextDelta(" came. [1]"), ANSWER)


def test_what_happens_is_shown_on_a_terminal_and_wiped_away():
    """The stages and the text as it is written; afterwards the cursor is where it was.

    A model's control characters never reach it.
    """
    screen = Screen()
    assert asyncio.run(watched(events(*TEXT), screen)) == ANSWER
    written = screen.getvalue()
    assert ("Sadio[5m Camara came. [1]" in written, "\x1b[5m" in written) == (True, False)
    assert re.search(r"\x1b\[(?:1A|2K)[^a-zA-Z]*", written[written.rindex("[1]") :])


def test_nothing_is_shown_where_there_is_no_terminal():
    """A pipe gets the answer alone."""
    stream = io.StringIO()
    assert asyncio.run(watched(events(*TEXT), stream)) == ANSWER
    assert stream.getvalue() == ""


def test_a_stream_without_an_answer_is_a_bug():
    """The last event is the answer, always."""
    with pytest.raises(AssertionError, match="ends with its answer"):
        asyncio.run(watched(events(), io.StringIO()))


def test_the_stream_is_closed_when_the_answer_is_there():
    """Nothing is left running behind."""
    closed = []

    async def closing():
        try:
            yield ANSWER
            yield Searching()
        finally:
            closed.append(True)

    asyncio.run(watched(closing(), io.StringIO()))
    assert closed == [True]
