"""A loop where a minute takes no time."""

import asyncio
import selectors


class Time(selectors.DefaultSelector):
    """Passes as soon as nothing is left to do, and a little whenever it is looked at."""

    def __init__(self):
        super().__init__()
        self.now = 1000.0

    def select(self, timeout=None):
        found = super().select(0)
        self.now += 1e-6 if found else max(timeout or 0, 1e-6)
        return found


class Loop(asyncio.SelectorEventLoop):
    """A loop where a minute takes no time."""

    def __init__(self):
        self._own = Time()
        super().__init__(self._own)

    def time(self):
        return self._own.now


def run(coroutine):
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(coroutine)


def now():
    return asyncio.get_running_loop().time()
