"""Server-sent events: the data of each, from the bytes of a stream."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

DONE = "[DONE]"  # the data of the event that ends a stream, in the manner of OpenAI's

_NO_EVENTS = frozenset("{[<")


async def events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    r"""Give the data of a stream's events, or the whole of a body that is no stream of events.

    Lines end at \n or \r\n alone: U+2028 and its like may stand within JSON. Text that is cut
    within a character joins up, as the lines are decoded whole. Server-sent events as the HTML
    standard has them (https://html.spec.whatwg.org/multipage/server-sent-events.html), with
    `error:` for `data:` as llama.cpp writes it.
    """
    data: list[str] = []
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            name, _, value = line.partition(":")
            if name in {"data", "error"}:
                data.append(value.removeprefix(" "))
            elif line.lstrip()[:1] in _NO_EVENTS:
                yield "\n".join([line, *[one async for one in lines]])
            elif not line and data:
                yield "\n".join(data)
                data = []
    if _parses("\n".join(data)):
        yield "\n".join(data)


def _parses(event: str) -> bool:
    """Say whether the last event, which no empty line has ended, is there as a whole."""
    try:
        return event == DONE or json.loads(event) is not None
    except (ValueError, RecursionError):
        return False


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    held = b""
    async for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
    yield held.removesuffix(b"\r").decode("utf-8", "replace")
