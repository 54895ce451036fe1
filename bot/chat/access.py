"""Who may ask, who may change the collection, and how often a person may press buttons."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.store import DAY, MINUTE, Store

FOR_EACH_QUESTION = 5
"""Presses, or inline questions, that a person may make for each question that they may ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may do what: everyone may ask, unless some are `allowed` by their ids.

    `per_minute` and `per_day` are how many questions a person may ask.
    """

    allowed: frozenset[str] = frozenset()
    editors: frozenset[str] = frozenset()
    per_minute: int = 6
    per_day: int = 100
    log_questions: bool = False


class Access:
    """Open to everyone, or to the persons and chats that are allowed, editors and guests.

    Guests came by an invitation. `clock` returns seconds.
    """

    def __init__(
        self, policy: Policy, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._store = store
        self._clock = clock
        self._guests = store.guests()
        self._told: dict[str, float] = {}

    def admits(self, person: str, chat: str | None) -> bool:
        """Return whether a person may ask in a chat."""
        allowed = self._policy.allowed
        return not allowed or bool({person, chat} & (allowed | self._policy.editors | self._guests))

    def look_up(self) -> None:
        """Learn of the guests that another process has let in."""
        self._guests = self._store.guests()

    def is_editor(self, person: str) -> bool:
        """Return whether a person may change the collection."""
        return person in self._policy.editors

    def welcome(self, guest: str, code: str) -> bool:
        """Let a person or a group in by an invitation; return whether it was open."""
        if not self._store.welcome(guest, code):
            return False
        self._guests = self._store.guests()
        return True

    def moved(self, chat: str, to: str) -> None:
        """Let a group in that has another id, if it was let in before."""
        if chat in self._policy.allowed:
            self._store.admit(to)
        self._guests = self._store.guests()

    def to_be_told(self, stranger: str) -> bool:
        """Return whether a stranger was not told within a day that the bot is not for everyone."""
        now = self._clock()
        self._told = {who: when for who, when in self._told.items() if now - when < DAY}
        if stranger in self._told:
            return False
        self._told[stranger] = now
        return True


class Allowance:
    """Five acts of a person for each question that they may ask in a minute, and in a day.

    They are counted since the bot started. `clock` returns seconds.
    """

    def __init__(self, policy: Policy, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = (
            (FOR_EACH_QUESTION * policy.per_minute, MINUTE),
            (FOR_EACH_QUESTION * policy.per_day, DAY),
        )
        self._clock = clock
        self._acts: dict[str, deque[float]] = {}
        self._swept = clock()

    def take(self, person: str) -> float:
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
