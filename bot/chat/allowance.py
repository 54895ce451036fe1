"""How often a person may press buttons and ask inline; `intake` limits all other questions."""

import time
from collections import deque
from collections.abc import Callable

from bot.chat.store import DAY

MINUTE = 60.0

FOR_EACH_QUESTION = 5
"""Presses, or inline questions, that a person may make for each question that they may ask."""


class Allowance:
    """Five acts of a person for each question that they may ask in a minute, and in a day.

    They are counted since the bot started. `clock` returns seconds.
    """

    def __init__(
        self, per_minute: int, per_day: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = (
            (FOR_EACH_QUESTION * per_minute, MINUTE),
            (FOR_EACH_QUESTION * per_day, DAY),
        )
        self._clock = clock
        self._acts: dict[int, deque[float]] = {}
        self._swept = clock()

    def take(self, person: int) -> float:
        """Count an act of a person, or return the seconds until they may act again."""
        now = self._clock()
        self._sweep(now)
        acts = self._acts.get(person, ())
        waits = (acts[-most] + seconds - now for most, seconds in self._limits if len(acts) >= most)
        if (wait := max(waits, default=0.0)) > 0:
            return wait
        longest = max(most for most, _ in self._limits)
        self._acts.setdefault(person, deque(maxlen=longest)).append(now)
        return 0.0

    def _sweep(self, now: float) -> None:
        """Forget, once a minute, whoever did nothing for a day."""
        if now - self._swept >= MINUTE:
            self._acts = {who: acts for who, acts in self._acts.items() if now - acts[-1] < DAY}
            self._swept = now
