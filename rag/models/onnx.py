"""An ONNX graph and its tokenizer from `rag/models/`, loaded when first used, shared by threads."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError

if TYPE_CHECKING:
    import tokenizers
    from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

MODELS = Path(__file__).parent / "data"
TOKENIZER_FILE = MODELS / "all-MiniLM-L6-v2.tokenizer.json"

BATCH_TOKENS = 192  # padding included; of 128 to 768, the fastest on two cores

Rows = Sequence[Sequence[int]]
Output = npt.NDArray[np.float32]


class OnnxModel:
    """Token rows in, arrays out.

    The tokenizer cuts texts to `most_tokens`, if given. `fault` makes the error that is raised
    where a file is missing or damaged, or the graph cannot run, of a phrase that says so.
    """

    def __init__(
        self,
        graph: Path,
        tokenizer: Path,
        *,
        threads: int | None,
        most_tokens: int | None = None,
        fault: Callable[[str], ModelError],
    ) -> None:
        self._files = (graph, tokenizer)
        self._threads = threads or _cores()
        self._most_tokens = most_tokens
        self._fault = fault
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, tokenizers.Tokenizer] | None = None

    def load(self) -> None:
        """Load both files now rather than when they are first used."""
        self._parts()

    @property
    def tokenizer(self) -> "tokenizers.Tokenizer":
        """The tokenizer, shared: it is not to be changed."""
        return self._parts()[1]

    def run(self, inputs: Iterable[Mapping[str, Rows]]) -> Iterator[list[Output]]:
        """Run the graph on batches, in order, their rows padded with zeros to the longest.

        Every output's first axis is the batch. The mask is made here, of the rows' lengths. As many
        batches are run side by side as there are threads, each on one of them, whoever asks.
        """
        waiting = iter(inputs)
        running = deque(map(self._submit, islice(waiting, self._threads)))
        while running:
            outputs = running.popleft().result()
            running.extend(map(self._submit, islice(waiting, 1)))
            yield outputs

    def _submit(self, inputs: Mapping[str, Rows]) -> "Future[list[Output]]":
        return _pool(self._threads).submit(self._run, inputs)

    def _run(self, inputs: Mapping[str, Rows]) -> list[Output]:
        lengths = [len(row) for row in next(iter(inputs.values()))]
        feed = {name: _padded(rows, max(lengths)) for name, rows in inputs.items()}
        feed["attention_mask"] = _padded([[1] * length for length in lengths], max(lengths))
        try:
            outputs: Sequence[Any] = self._parts()[0].run(None, feed)
        except Exception as error:  # onnxruntime raises bare Exception
            raise self._fault("cannot run") from error
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def _parts(self) -> "tuple[InferenceSession, tokenizers.Tokenizer]":
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> "tuple[InferenceSession, tokenizers.Tokenizer]":
        for file in self._files:
            if not file.is_file():
                raise self._fault(f"cannot be loaded: its file {file} is missing")
        graph, vocabulary = self._files
        try:
            import tokenizers
            from onnxruntime import (  # type: ignore[attr-defined]
                GraphOptimizationLevel,
                InferenceSession,
                SessionOptions,
            )

            options = SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            # The further levels fuse int8 products into slower ones: 14.6 ms a passage, not 11.5.
            options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
            session = InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
            tokenizer = tokenizers.Tokenizer.from_file(str(vocabulary))
            tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text
            if self._most_tokens:
                tokenizer.enable_truncation(self._most_tokens)
        except Exception as error:  # both libraries raise bare Exception for a damaged file
            raise self._fault(f"cannot be loaded: {graph} or {vocabulary} is damaged") from error
        return session, tokenizer


def batches(lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the indexes of rows by length, longest first, in batches of `BATCH_TOKENS` tokens."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place], reverse=True)
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // lengths[order[start]])
        yield order[start : start + size]
        start += size


def readable(text: str) -> str:
    """Replace each lone surrogate, which UTF-8 cannot hold, by a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return the threads that all models share, so that they use no more cores than given."""
    return ThreadPoolExecutor(threads, thread_name_prefix="onnx")


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _padded(rows: Rows, length: int) -> npt.NDArray[np.int64]:
    padded = np.zeros((len(rows), length), dtype=np.int64)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
