"""Who may ask, and who may change the collection."""

from collections.abc import Callable
from datetime import timedelta

from bot.chat.store import Store

ONCE_IN = timedelta(days=1).total_seconds()
"""Seconds within which a stranger is told once that the bot is not for everyone."""


class Access:
    """Open to everyone, or to the persons and chats that are allowed, editors and guests.

    Guests came by an invitation. `clock` returns seconds.
    """

    def __init__(
        self,
        allowed: frozenset[int],
        editors: frozenset[int],
        store: Store,
        clock: Callable[[], float],
    ) -> None:
        self._allowed = allowed
        self._editors = editors
        self._store = store
        self._clock = clock
        self._guests = store.guests()
        self._told: dict[int, float] = {}

    def admits(self, person: int, chat: int | None) -> bool:
        """Return whether a person may ask in a chat."""
        if not self._allowed:
            return True
        return bool({person, chat} & (self._allowed | self._editors | self._guests))

    def is_editor(self, person: int) -> bool:
        """Return whether a person may change the collection."""
        return person in self._editors

    def welcome(self, guest: int, code: str) -> bool:
        """Let a person or a group in by an invitation; return whether it was open."""
        if not self._store.welcome(guest, code):
            return False
        self._guests = self._store.guests()
        return True

    def is_open(self, code: str) -> bool:
        """Return whether an invitation can let somebody in."""
        return self._store.is_open(code)

    def is_used(self, code: str) -> bool:
        """Return whether an invitation has let somebody in."""
        return self._store.is_used(code)

    def moved(self, chat: int, to: int) -> None:
        """Let a group in that has another ID, if it was let in before."""
        if chat in self._allowed:
            self._store.admit(to)
        self._guests = self._store.guests()

    def to_be_told(self, stranger: int) -> bool:
        """Return whether a stranger has not been told lately that the bot is not for everyone."""
        now = self._clock()
        self._told = {one: when for one, when in self._told.items() if now - when < ONCE_IN}
        if stranger in self._told:
            return False
        self._told[stranger] = now
        return True
