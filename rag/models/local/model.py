"""A chat model in a GGUF file: a child process serves it on loopback."""

import asyncio
import json
import secrets
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.models.chat import Message, Usage
from rag.models.openai.model import OpenAIModel

PATIENCE = 60.0
"""Seconds for which a question waits for the model to load, before the embedded reader answers."""

ENDING = 5.0
"""Seconds in which the child process ends once its standard input is closed."""

SERVER = (sys.executable, "-m", "rag.models.local.server")


@dataclass(frozen=True, slots=True)
class Child:
    """A running child process, and the model that it serves; `memory` is in bytes."""

    process: subprocess.Popen[str]
    model: OpenAIModel
    memory: int


class LocalModel:
    """A chat model in a file. The child process starts when the first question needs it.

    It ends with `close`, and with this process, however that ends: its standard input is a pipe of
    this process. One that has died is started anew. Threads and event loops share it.

    `server` is the command of the child process, without the file and the context.
    """

    def __init__(
        self,
        file: Path,
        *,
        context: int,
        server: Sequence[str] = SERVER,
        patience: float = PATIENCE,
    ) -> None:
        self._file = file
        self._command = (*server, str(file), str(context))
        self._patience = patience
        self._lock = threading.Lock()
        self._loading: Future[Child] | None = None

    @property
    def name(self) -> str:
        """See `ChatModel`."""
        return self._file.stem

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """See `ChatModel`; a model that is still being loaded after a while raises `ModelError`."""
        child = await self._child(self._patience)
        async with aclosing(child.model.stream(messages, max_tokens=max_tokens)) as pieces:
            async for piece in pieces:
                yield piece

    async def models(self) -> tuple[str, ...]:
        """See `ChatModel`; the model is loaded."""
        await self._child(None)
        return (self.name,)

    async def memory(self) -> int:
        """Return how many bytes of memory the child process takes; the model is loaded.

        Raises:
            ModelError: as `stream` does.
        """
        return (await self._child(None)).memory

    async def close(self) -> None:
        """See `ChatModel`; the child process ends."""
        with self._lock:
            loading, self._loading = self._loading, None
        if loading is None:
            return
        with suppress(ModelError):
            child = await asyncio.wrap_future(loading)
            await child.model.close()
            await asyncio.to_thread(_end, child.process)

    async def _child(self, patience: float | None) -> Child:
        loading = self._started()
        if loading.done():
            return loading.result()
        waiting = asyncio.shield(asyncio.wrap_future(loading))
        try:
            return await asyncio.wait_for(waiting, patience)
        except TimeoutError as error:
            raise ModelError(
                f"{self._file.name} ({_size(self._file)}) is being loaded. Ask again in a moment."
            ) from error

    def _started(self) -> "Future[Child]":
        """Return the child process that runs or is being started; start one if none is."""
        with self._lock:
            if self._loading is None or _has_ended(self._loading):
                self._loading = Future()
                threading.Thread(target=self._start, args=(self._loading,), daemon=True).start()
            return self._loading

    def _start(self, loading: "Future[Child]") -> None:
        try:
            loading.set_result(self._load())
        except ModelError as error:
            loading.set_exception(error)

    def _load(self) -> Child:
        """Start the child process, and return it when it serves."""
        if not self._file.is_file():
            raise ModelError(f"{self._file} is no file. Check GRIOT_LLM_FILE.")
        process = subprocess.Popen(  # noqa: S603 - our own program, without a shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C stops an answer, not the model
        )
        assert process.stdin
        assert process.stdout
        key = secrets.token_urlsafe()
        with suppress(BrokenPipeError):
            process.stdin.write(f"{key}\n")
            process.stdin.flush()
        line = process.stdout.readline()
        told: dict[str, Any] = {"error": "the process that loads it ended"}
        if line:
            told = json.loads(line)
        if "url" not in told:
            _end(process)
            raise ModelError(
                f"{self._file.name} cannot be loaded: {told['error']}. "
                "Check GRIOT_LLM_FILE, or choose a smaller model."
            )
        model = OpenAIModel(f"{told['url']}/v1", self.name, key)
        return Child(process, model, told["memory"])


def _has_ended(loading: "Future[Child]") -> bool:
    """Return whether loading failed, or the child process is dead; its pipes are closed then."""
    if not loading.done():
        return False
    if loading.exception() is not None:
        return True
    process = loading.result().process
    if process.poll() is None:
        return False
    _end(process)
    return True


def _end(process: "subprocess.Popen[str]") -> None:
    """End a child process: its standard input is closed, and it is killed if that is not enough."""
    assert process.stdin
    assert process.stdout
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e9:.1f} GB"
