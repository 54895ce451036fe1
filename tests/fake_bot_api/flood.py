"""Telegram's flood limits, as windows that slide."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from fake_bot_api.errors import Refuse

PER_CHAT = 1
CHAT_SECONDS = 1 - 0.05  # two messages sent a second apart may arrive a little closer
PER_GROUP = 20
GROUP_SECONDS = 60
OVERALL = 30
OVERALL_SECONDS = 1

_Key = tuple[str, int] | str


class Flood:
    """Counts what is sent: 1 a second to a chat, 20 a minute to a group, 30 a second in all.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: defaultdict[_Key, deque[float]] = defaultdict(deque)

    def admit(self, chat: int, *, group: bool) -> None:
        """Count one message; refused, it is not counted, and the answer says how long to wait.

        Raises:
            Refuse: A window is full.
        """
        now = self._clock()
        limits = list(_limits(chat, group=group))
        wait = max(self._wait(now, *limit) for limit in limits)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refuse(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        for key, *_ in limits:
            self._sent[key].append(now)

    def _wait(self, now: float, key: _Key, most: int, seconds: float) -> float:
        """For how long the window is still full."""
        sent = self._sent[key]
        while sent and sent[0] + seconds <= now:
            sent.popleft()
        return sent[0] + seconds - now if len(sent) >= most else 0


def _limits(chat: int, *, group: bool) -> Iterator[tuple[_Key, int, float]]:
    """The windows that a message counts in: of what, how many messages, in how many seconds."""
    yield ("chat", chat), PER_CHAT, CHAT_SECONDS
    yield "all", OVERALL, OVERALL_SECONDS
    if group:
        yield ("group", chat), PER_GROUP, GROUP_SECONDS
