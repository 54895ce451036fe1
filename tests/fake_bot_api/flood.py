"""Telegram's flood limits, as windows that slide."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from fake_bot_api.errors import Refuse

CHAT = (1, 1 - 0.05)  # two messages sent a second apart may arrive a little closer
GROUP = (20, 60)
ALL = (30, 1)
"""How many messages in how many seconds."""


class Flood:
    """Counts what is sent: 1 a second to a chat, 20 a minute to a group, 30 a second in all.

    `clock` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: defaultdict[object, deque[float]] = defaultdict(deque)

    def admit(self, chat: int, *, group: bool) -> None:
        """Count one message; refused, it is not counted, and the answer says how long to wait.

        Raises:
            Refuse: A window is full.
        """
        now, wait = self._clock(), 0.0
        limits = {("chat", chat): CHAT, "all": ALL} | ({("group", chat): GROUP} if group else {})
        for key, (most, seconds) in limits.items():
            sent = self._sent[key]
            while sent and sent[0] + seconds <= now:
                sent.popleft()
            if len(sent) >= most:
                wait = max(wait, sent[0] + seconds - now)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refuse(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        for key in limits:
            self._sent[key].append(now)
