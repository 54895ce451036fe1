"""The embedded models' files in `data/`: ONNX graphs and their tokenizer, loaded on first use.

Graphs share what they can: they run on the same threads, a graph and a tokenizer are loaded once
for all that use them, and the word table is mapped into memory once.
"""

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rag.errors import ModelError
from rag.text import readable

if TYPE_CHECKING:
    import tokenizers
    from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

MODELS = Path(__file__).parent / "data"
TOKENIZER_FILE = MODELS / "tokenizer.json"
READER_FILE = MODELS / "reader.int8.onnx"
"""The graph that reads passages and judges claims."""

WORDS_FILE = MODELS / "words.q4.bin"
"""The word table of all graphs, which they name as a file beside themselves."""

LANGUAGES = ("en", "es", "ru")
"""Those in which the models' answers were measured. They were trained on texts in 30 more."""

BOS, EOS = 0, 2
MOST_QUESTION_TOKENS = 48  # in training too; the rest of a question is dropped
REMEDY = "Install griot again, or in a clone run git checkout rag/models."

BATCH_TOKENS = 192  # padding included; of 128 to 768, the fastest on two cores

Rows = Sequence[Sequence[int]]
Encode = Callable[[Sequence[str]], "list[tokenizers.Encoding]"]
Output = npt.NDArray[np.float32]


class OnnxModel:
    """A graph and its tokenizer: texts to tokens, rows of tokens to arrays. Threads may share it.

    `error` is raised, in the model's `name`, if a file is missing or damaged, or the graph cannot
    run.
    """

    def __init__(
        self,
        graph: Path,
        tokenizer: Path,
        *,
        threads: int | None,
        name: str,
        error: type[ModelError],
    ) -> None:
        self._files = (graph, tokenizer)
        self._threads = threads or _cores()
        self._name, self._error = name, error
        self._lock = threading.Lock()
        self._loaded: tuple[InferenceSession, Encode] | None = None

    def load(self) -> None:
        """Load both files now rather than on first use."""
        self._parts()

    def encode(self, texts: Sequence[str]) -> "list[tokenizers.Encoding]":
        """Return the texts' tokens, without special ones."""
        readables = [readable(text) for text in texts]
        return self._parts()[1](readables)

    def run(
        self, rows: Rows, inputs: Callable[[Rows], Mapping[str, Rows]]
    ) -> Iterator[tuple[int, list[Output]]]:
        """Yield each row's index and its slice of every output, in batches of rows alike in length.

        `inputs` makes the graph's inputs of a batch of rows; they are padded with zeros, and the
        attention mask is added. As many batches are run side by side as there are threads, each on
        one of them, whoever asks.
        """
        batches = _batches([len(row) for row in rows])
        waiting = ((batch, inputs([rows[index] for index in batch])) for batch in batches)
        running = deque(map(self._submit, islice(waiting, self._threads)))
        while running:
            batch, outputs = running.popleft()
            of_rows = zip(*outputs.result(), strict=True)
            running.extend(map(self._submit, islice(waiting, 1)))
            yield from zip(batch, map(list, of_rows), strict=True)

    def _submit(
        self, batch: tuple[Sequence[int], Mapping[str, Rows]]
    ) -> "tuple[Sequence[int], Future[list[Output]]]":
        indexes, inputs = batch
        return indexes, _pool(self._threads).submit(self._run, inputs)

    def _run(self, inputs: Mapping[str, Rows]) -> list[Output]:
        lengths = [len(row) for row in next(iter(inputs.values()))]
        feed = {name: _padded(rows, max(lengths)) for name, rows in inputs.items()}
        feed["attention_mask"] = _padded([[1] * length for length in lengths], max(lengths))
        try:
            outputs: Sequence[Any] = self._parts()[0].run(None, feed)
        except Exception as error:  # onnxruntime raises bare Exception
            raise self._fault("cannot run") from error
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def _parts(self) -> "tuple[InferenceSession, Encode]":
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> "tuple[InferenceSession, Encode]":
        for file in (*self._files, WORDS_FILE):
            if not file.is_file():
                raise self._fault(f"cannot be loaded: its file {file} is missing")
        graph, vocabulary = self._files
        try:
            with _LOADING:
                return _session(graph), _tokenizer(vocabulary)
        except Exception as error:  # both libraries raise bare Exception for a damaged file
            raise self._fault(f"cannot be loaded: {graph} or {vocabulary} is damaged") from error

    def _fault(self, what: str) -> ModelError:
        return self._error(f"The {self._name} {what}. {REMEDY}")


_LOADING = threading.Lock()


@cache
def _session(graph: Path) -> "InferenceSession":
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
    # What they keep for each length that was ever read takes 35 MB and saves no time.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    return InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


@cache
def _tokenizer(vocabulary: Path) -> Encode:
    """Return what splits texts into the tokens of a file, without special ones."""
    import tokenizers

    from rag.models.unigram import Unigram

    told = vocabulary.read_text(encoding="utf-8")
    known = json.loads(told)
    if known["model"]["type"] == "Unigram":
        return Unigram(known).encode
    tokenizer = tokenizers.Tokenizer.from_str(told)
    tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text
    return partial(tokenizer.encode_batch, add_special_tokens=False)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return the threads that all models share, so that they use no more cores than given."""
    return ThreadPoolExecutor(threads, thread_name_prefix="onnx")


def _batches(lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the indexes of rows, longest first, in batches of `BATCH_TOKENS` tokens."""
    order = sorted(range(len(lengths)), key=lambda index: lengths[index], reverse=True)
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // lengths[order[start]])
        yield order[start : start + size]
        start += size


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _padded(rows: Rows, length: int) -> npt.NDArray[np.int64]:
    padded = np.zeros((len(rows), length), dtype=np.int64)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded
