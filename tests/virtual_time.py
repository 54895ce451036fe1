"""A loop where a minute takes no time."""

import asyncio
import selectors


class Time(selectors.DefaultSelector):
    """Passes as soon as nothing is left to do, and a little whenever it is looked at.

    Work in threads takes none of it: while there is some, it is waited for.
    """

    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.threads = 0

    def select(self, timeout=None):
        found = super().select(timeout if self.threads else 0)
        waits = not (found or self.threads)
        self.now += max(timeout or 0, 1e-6) if waits else 1e-6
        return found


class Loop(asyncio.SelectorEventLoop):
    """A loop where a minute takes no time."""

    def __init__(self):
        self._own = Time()
        super().__init__(self._own)

    def time(self):
        return self._own.now

    def run_in_executor(self, executor, func, *args):
        working = super().run_in_executor(executor, func, *args)
        self._own.threads += 1
        working.add_done_callback(self._ended)
        return working

    def _ended(self, _):
        self._own.threads -= 1


def run(coroutine):
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(coroutine)


def now():
    return asyncio.get_running_loop().time()
