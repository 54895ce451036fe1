"""A memory of the models' latest results, so that the same texts are not run again.

Several people ask the same, a question is embedded to be told from small talk and again to be
searched for, and a standing question is read again over passages that have not changed.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Kept(Generic[_K, _V]):
    """The results of a pure function for the keys used last, `most` of them. Threads may share it.

    Results are not to be changed.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[_K, _V] = OrderedDict()

    def of(self, keys: Sequence[_K], make: Callable[[Sequence[_K]], Sequence[_V]]) -> list[_V]:
        """Return each key's result; `make` returns those of the keys that are not known, if any."""
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            found.update(zip(missing, make(missing), strict=True))
        with self._lock:
            for key in keys:
                self._known[key] = found[key]
                self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return [found[key] for key in keys]
