"""What the programs that are compared share."""

import json
import time
from collections.abc import Callable, Sequence

K = 8
"""Passages that are searched for."""

TOKENS, WORDS = 256, 190
"""How long a passage is at most."""


def found(words: Sequence[str], search: Callable[[str], list[str]], count: int) -> str:
    """Return as JSON what is found for each question, the milliseconds, and how many passages are.

    Milliseconds are by the clock and of the processor.
    """
    rows = []
    for word in words:
        began, before = time.perf_counter(), time.process_time()
        texts = search(word)
        taken = time.perf_counter() - began, time.process_time() - before
        rows.append({"texts": texts, "ms": [1000 * each for each in taken]})
    return json.dumps({"count": count, "found": rows})
